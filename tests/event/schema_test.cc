// What a schema allows, refuses and tells, keyword by keyword.

#include "event/schema.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "event/schema_nodes.h"

namespace crm {
namespace {

Schema Compiled(std::string_view json) {
  Result<Schema> schema = Schema::Compile(json);
  INFO(std::string(json));
  INFO(schema.status().ToString());
  REQUIRE(schema.ok());
  return std::move(schema).value();
}

// Values are held against the schema of the member "v".
std::string Wrapped(std::string_view schema) {
  return R"({"properties":{"v":)" + std::string(schema) + "}}";
}

// "" when valid, else the keyword that refuses.
std::string Refusal(const Schema& schema, std::string_view payload) {
  SchemaViolation violation;
  const bool valid = schema.Validate(payload, &violation);
  CHECK(schema.Validate(payload, nullptr) == valid);
  CHECK(schema.ValidateAll(payload, 100).empty() == valid);
  return valid ? "" : violation.keyword;
}

struct Case {
  std::string_view schema;
  std::string_view value;
  std::string_view keyword;  // Empty: valid.
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    INFO(std::string(c.schema), "  ", std::string(c.value));
    const Schema schema = Compiled(Wrapped(c.schema));
    const std::string payload = "{\"v\":" + std::string(c.value) + "}";
    CHECK(Refusal(schema, payload) == std::string(c.keyword));
  }
}

Status Refused(std::string_view json) { return Schema::Compile(json).status(); }

TEST_CASE("schema: types") {
  Check({{R"({"type":"string"})", R"("a")", ""},
         {R"({"type":"string"})", "1", "type"},
         {R"({"type":"integer"})", "1.0", ""},
         {R"({"type":"integer"})", "1e2", ""},
         {R"({"type":"integer"})", "10e-1", ""},
         {R"({"type":"integer"})", "1e-1", "type"},
         {R"({"type":"integer"})", "1e400", ""},
         {R"({"type":"number"})", "0.5", ""},
         {R"({"type":"number"})", "true", "type"},
         {R"({"type":"null"})", "null", ""},
         {R"({"type":"null"})", "0", "type"},
         {R"({"type":"boolean"})", "false", ""},
         {R"({"type":["object","null"]})", "{}", ""},
         {R"({"type":["object","null"]})", "[]", "type"},
         {R"({"type":["array"]})", "[1]", ""},
         {R"({"type":"array"})", R"({"a":[1]})", "type"},
         {"true", "1", ""},
         {"false", "1", "false"},
         {"{}", "[{}]", ""}});
}

TEST_CASE("schema: numbers are compared exactly") {
  Check({{R"({"minimum":0})", "-0", ""},
         {R"({"minimum":0})", "-1e-400", "minimum"},
         {R"({"maximum":9007199254740993})", "9007199254740993", ""},
         {R"({"maximum":9007199254740993})", "9007199254740994", "maximum"},
         {R"({"maximum":1e400})", "9.99e399", ""},
         {R"({"maximum":1e400})", "1.0000000000000000000001e400", "maximum"},
         {R"({"exclusiveMinimum":1.5})", "1.50", "exclusiveMinimum"},
         {R"({"exclusiveMinimum":1.5})", "1.500000000000000000001", ""},
         {R"({"exclusiveMaximum":-1})", "-1.0", "exclusiveMaximum"},
         {R"({"exclusiveMaximum":-1})", "-10e-1", "exclusiveMaximum"},
         {R"({"exclusiveMaximum":-1})", "-11e-1", ""},
         {R"({"multipleOf":0.01})", "0.07", ""},
         {R"({"multipleOf":0.01})", "0.075", "multipleOf"},
         {R"({"multipleOf":0.1})", "1e1000", ""},
         {R"({"multipleOf":3})", "1e1000", "multipleOf"},
         {R"({"multipleOf":3})", "111111111111111111111111", ""},
         {R"({"multipleOf":2.5})", "-7.5", ""},
         {R"({"multipleOf":7})", "0.0", ""},
         {R"({"minimum":5})", R"("1")", ""}});
}

TEST_CASE("schema: texts are counted in code points") {
  Check({{R"({"minLength":2})", R"("a")", "minLength"},
         {R"({"minLength":2})", R"("ab")", ""},
         {R"({"maxLength":2})", "\"\xc3\xa9\xf0\x9f\x98\x80\"", ""},
         {R"({"maxLength":2})", R"("\u00e9\ud83d\ude00")", ""},
         {R"({"maxLength":1})", R"("\u00e9\ud83d\ude00")", "maxLength"},
         {R"({"minLength":2})", R"("\ud83d\ude00")", "minLength"},
         {R"({"maxLength":2.0})", R"("abc")", "maxLength"},
         {R"({"pattern":"^[A-Z]{3}$"})", R"("ZAR")", ""},
         {R"({"pattern":"^[A-Z]{3}$"})", R"("ZARA")", "pattern"},
         {R"({"pattern":"b"})", R"("abc")", ""},
         {R"({"pattern":"^.$"})", "\"\xc3\xa9\"", ""},
         {R"({"pattern":"^a\\.b$"})", R"("a\u002eb")", ""}});
}

TEST_CASE("schema: formats are asserted") {
  const auto format = [](std::string_view name) {
    return R"({"format":")" + std::string(name) + R"("})";
  };
  const struct {
    std::string_view format;
    std::vector<std::string_view> good;
    std::vector<std::string_view> bad;
  } cases[] = {
      {"date-time",
       {"2026-02-02T09:15:00Z", "2026-02-02t09:15:00.123+02:00"},
       {"2026-02-02", "2026-02-02 09:15:00Z", "2026-02-30T09:15:00Z",
        "2026-02-02T09:15:00", "2026-02-02T09:15:00+0200", ""}},
      {"date",
       {"2024-02-29", "1999-12-31", "0001-01-01"},
       {"2023-02-29", "2023-13-01", "2023-00-10", "23-01-01", "2023-1-01"}},
      {"email",
       {"a@b", "jane.doe+x@shop.example", "j\xc3\xb6rg@m\xc3\xbcller.example"},
       {"", "a", "@b", "a@", "a b@c", "a@b@c", ".a@b", "a@b..c", "a@-b"}},
      {"uuid",
       {"123e4567-e89b-12d3-a456-426614174000",
        "123E4567-E89B-12D3-A456-426614174000"},
       {"123e4567e89b12d3a456426614174000",
        "123e4567-e89b-12d3-a456-42661417400g"}},
      {"uri",
       {"https://shop.example/a?b=c#d", "urn:isbn:1", "mailto:a@b"},
       {"/a/b", "shop.example", ":a", "http://a b", "http://a%2", "1a:b"}},
  };
  for (const auto& c : cases) {
    const Schema schema = Compiled(Wrapped(format(c.format)));
    for (const std::string_view text : c.good) {
      INFO(std::string(c.format), " ", std::string(text));
      CHECK(Refusal(schema, "{\"v\":\"" + std::string(text) + "\"}").empty());
    }
    for (const std::string_view text : c.bad) {
      INFO(std::string(c.format), " ", std::string(text));
      CHECK(Refusal(schema, "{\"v\":\"" + std::string(text) + "\"}") ==
            "format");
    }
    CHECK(Refusal(schema, R"({"v":5})").empty());
  }
}

TEST_CASE("schema: arrays") {
  Check(
      {{R"({"items":{"type":"integer"}})", "[1,2]", ""},
       {R"({"items":{"type":"integer"}})", "[1,\"2\"]", "type"},
       {R"({"items":false})", "[]", ""},
       {R"({"items":false})", "[1]", "false"},
       {R"({"prefixItems":[{"type":"null"}],"items":{"type":"string"}})",
        R"([null,"a"])", ""},
       {R"({"prefixItems":[{"type":"null"}],"items":{"type":"string"}})",
        R"(["a"])", "type"},
       {R"({"items":[{"type":"null"}],"additionalItems":false})", "[null]", ""},
       {R"({"items":[{"type":"null"}],"additionalItems":false})", "[null,1]",
        "false"},
       {R"({"minItems":2})", "[1]", "minItems"},
       {R"({"maxItems":1})", "[1,2]", "maxItems"},
       {R"({"contains":{"const":1}})", "[2,1.0]", ""},
       {R"({"contains":{"const":1}})", "[2]", "contains"},
       {R"({"contains":{"const":1},"minContains":0})", "[]", ""},
       {R"({"contains":{"const":1},"minContains":2})", "[1]", "minContains"},
       {R"({"contains":{"const":1},"maxContains":1})", "[1,1]", "maxContains"},
       {R"({"uniqueItems":true})", "[1,\"1\",[1],{\"a\":1}]", ""},
       {R"({"uniqueItems":true})", "[1,2,1.00]", "uniqueItems"},
       {R"({"uniqueItems":true})", R"([{"a":1,"b":2},{"b":2.0,"a":1}])",
        "uniqueItems"},
       {R"({"uniqueItems":true})", R"(["a","\u0061"])", "uniqueItems"},
       {R"({"uniqueItems":true})", R"([[1,2],[2,1],false,0,null,""])", ""},
       {R"({"uniqueItems":false})", "[1,1]", ""}});
}

TEST_CASE("schema: objects") {
  Check(
      {{R"({"required":["a"]})", R"({"a":null})", ""},
       {R"({"required":["a"]})", R"({"A":1})", "required"},
       {R"({"required":["a"]})", R"({"\u0061":1})", ""},
       {R"({"properties":{"a":{"type":"null"}}})", R"({"\u0061":1})", "type"},
       {R"({"properties":{"a":true},"additionalProperties":false})",
        R"({"a":1})", ""},
       {R"({"properties":{"a":true},"additionalProperties":false})",
        R"({"a":1,"b":2})", "additionalProperties"},
       {R"({"additionalProperties":{"type":"string"}})", R"({"x":1})", "type"},
       {R"({"patternProperties":{"^x":{"type":"integer"}}})", R"({"xa":"1"})",
        "type"},
       {R"({"patternProperties":{"^x":{"type":"integer"}},
           "additionalProperties":false})",
        R"({"xa":1,"ya":1})", "additionalProperties"},
       {R"({"properties":{"xa":{"minimum":5}},
           "patternProperties":{"^x":{"type":"integer"},"a$":{"maximum":7}}})",
        R"({"xa":8})", "maximum"},
       {R"({"propertyNames":{"maxLength":3}})", R"({"abcd":1})",
        "propertyNames"},
       {R"({"propertyNames":{"pattern":"^[a-z]*$"}})", R"({"\u0061b":1})", ""},
       {R"({"minProperties":1})", "{}", "minProperties"},
       {R"({"maxProperties":1})", R"({"a":1,"b":1})", "maxProperties"},
       {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})",
        "dependentRequired"},
       {R"({"dependentRequired":{"a":["b"]}})", R"({"b":1})", ""},
       {R"({"dependencies":{"a":["b"]}})", R"({"a":1})", "dependentRequired"},
       {R"({"dependencies":{"a":{"minProperties":2}}})", R"({"a":1})",
        "minProperties"},
       {R"({"dependentSchemas":{"a":{"required":["c"]}}})", R"({"a":1,"c":2})",
        ""},
       {R"({"dependentSchemas":{"a":false}})", R"({"b":1})", ""}});
}

TEST_CASE("schema: values and combinations") {
  Check({{R"({"enum":["a",1,null,[1],{"x":[]}]})", R"("\u0061")", ""},
         {R"({"enum":["a",1,null,[1],{"x":[]}]})", "1.0", ""},
         {R"({"enum":["a",1,null,[1],{"x":[]}]})", "[1]", ""},
         {R"({"enum":["a",1,null,[1],{"x":[]}]})", R"({"x":[]})", ""},
         {R"({"enum":["a",1,null,[1],{"x":[]}]})", "2", "enum"},
         {R"({"enum":["a",1,null,[1],{"x":[]}]})", "false", "enum"},
         {R"({"const":{"a":1,"b":[true]}})", R"({"b":[true],"a":1.0})", ""},
         {R"({"const":0})", "false", "const"},
         {R"({"const":false})", "0", "const"},
         {R"({"const":""})", "null", "const"},
         {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "2", ""},
         {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "4", "maximum"},
         {R"({"anyOf":[{"type":"null"},{"minimum":3}]})", "4", ""},
         {R"({"anyOf":[{"type":"null"},{"minimum":3}]})", "2", "anyOf"},
         {R"({"oneOf":[{"minimum":1},{"minimum":3}]})", "2", ""},
         {R"({"oneOf":[{"minimum":1},{"minimum":3}]})", "4", "oneOf"},
         {R"({"oneOf":[{"minimum":1},{"minimum":3}]})", "0", "oneOf"},
         {R"({"not":{"type":"string"}})", "1", ""},
         {R"({"not":{"type":"string"}})", R"("1")", "not"},
         {R"({"if":{"type":"string"},"then":{"minLength":2},
           "else":{"minimum":2}})",
          R"("a")", "minLength"},
         {R"({"if":{"type":"string"},"then":{"minLength":2},
           "else":{"minimum":2}})",
          "1", "minimum"},
         {R"({"if":{"type":"string"},"then":{"minLength":2}})", "1", ""},
         {R"({"then":false})", "1", ""}});
}

TEST_CASE("schema: references within") {
  const Schema tree = Compiled(
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object",
          "required":["n"],"properties":{"n":{"type":"integer"},
          "next":{"$ref":"#/$defs/node"}}}}})");
  CHECK(Refusal(tree, R"({"n":1,"next":{"n":2,"next":{"n":3}}})").empty());
  SchemaViolation violation;
  CHECK_FALSE(tree.Validate(R"({"n":1,"next":{"n":2,"next":{}}})", &violation));
  CHECK(violation.path == "/next/next/n");
  CHECK(violation.keyword == "required");
  const Schema other = Compiled(
      R"({"properties":{"a":{"type":"integer"},"b":{"$ref":"#/properties/a"},
          "c":{"$ref":"#/definitions/x%20y~1z"}},
          "definitions":{"x y/z":{"type":"null"}}})");
  CHECK(Refusal(other, R"({"b":1,"c":null})").empty());
  CHECK(Refusal(other, R"({"b":"1"})") == "type");
  CHECK(Refusal(other, R"({"c":1})") == "type");
}

TEST_CASE("schema: what is refused, and where it says so") {
  const struct {
    std::string_view json;
    StatusCode code;
    std::string_view place;
  } cases[] = {
      {"", StatusCode::kMalformed, "schema"},
      {"{", StatusCode::kMalformed, "schema"},
      {"[]", StatusCode::kInvalidArgument, "schema"},
      {"1", StatusCode::kInvalidArgument, "schema"},
      {R"({"type":"string","type":"null"})", StatusCode::kMalformed, "twice"},
      {R"({"requierd":["a"]})", StatusCode::kInvalidArgument, "/requierd"},
      {R"({"properties":{"a":{"typ":"x"}}})", StatusCode::kInvalidArgument,
       "/properties/a/typ"},
      {R"({"properties":{"a/b":{"minimum":"1"}}})",
       StatusCode::kInvalidArgument, "/properties/a~1b/minimum"},
      {R"({"type":"text"})", StatusCode::kInvalidArgument, "/type"},
      {R"({"type":[]})", StatusCode::kInvalidArgument, "/type"},
      {R"({"minLength":-1})", StatusCode::kInvalidArgument, "/minLength"},
      {R"({"minLength":1.5})", StatusCode::kInvalidArgument, "/minLength"},
      {R"({"multipleOf":0})", StatusCode::kInvalidArgument, "/multipleOf"},
      {R"({"pattern":"("})", StatusCode::kInvalidArgument, "/pattern"},
      {R"x({"pattern":"(?=a)"})x", StatusCode::kInvalidArgument, "/pattern"},
      {R"({"enum":[]})", StatusCode::kInvalidArgument, "/enum"},
      {R"({"required":"a"})", StatusCode::kInvalidArgument, "/required"},
      {R"({"required":["a","a"]})", StatusCode::kInvalidArgument, "/required"},
      {R"({"x-personal":"yes"})", StatusCode::kInvalidArgument, "/x-personal"},
      {R"({"allOf":[]})", StatusCode::kInvalidArgument, "/allOf"},
      {R"({"items":[{}],"prefixItems":[{}]})", StatusCode::kInvalidArgument,
       "/items"},
      {R"({"format":"hostname"})", StatusCode::kUnsupported, "/format"},
      {R"({"unevaluatedProperties":false})", StatusCode::kUnsupported,
       "/unevaluatedProperties"},
      {R"({"$ref":"https://a.example/b"})", StatusCode::kUnsupported, "/$ref"},
      {R"({"$ref":"#anchor"})", StatusCode::kUnsupported, "/$ref"},
      {R"({"$ref":"#/$defs/a"})", StatusCode::kInvalidArgument, "/$ref"},
      {R"({"$ref":"#"})", StatusCode::kInvalidArgument, "itself"},
      {R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"not":{"$ref":"#"}}}})",
       StatusCode::kInvalidArgument, "itself"},
      {R"({"$schema":"http://json-schema.org/draft-04/schema#"})",
       StatusCode::kUnsupported, "/$schema"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#",
           "$ref":"#/definitions/a","minimum":1,"definitions":{"a":{}}})",
       StatusCode::kUnsupported, "minimum"},
  };
  for (const auto& c : cases) {
    INFO(std::string(c.json));
    const Status status = Refused(c.json);
    CHECK(status.code() == c.code);
    INFO(std::string(status.message()));
    CHECK(status.message().find(c.place) != std::string_view::npos);
  }
  CHECK(Refused(std::string(70'000, ' ')).code() == StatusCode::kTooLarge);
  std::string deep;
  for (int i = 0; i < 70; ++i) deep += R"({"not":)";
  CHECK(Refused(deep + "{}" + std::string(70, '}')).code() ==
        StatusCode::kTooLarge);
  std::string chain = R"({"$ref":"#/$defs/a0","$defs":{)";
  for (int i = 0; i < 40; ++i) {
    chain += "\"a" + std::to_string(i) +
             "\":{\"allOf\":[{\"$ref\":\"#/$defs/a" + std::to_string(i + 1) +
             "\"}]},";
  }
  CHECK(Refused(chain + R"("a40":{}}})").code() == StatusCode::kTooLarge);
}

TEST_CASE("schema: annotations and names of one's own are kept") {
  const Schema schema = Compiled(
      R"({"$schema":"http://json-schema.org/draft-07/schema#","$id":"a",
          "title":"t","description":"d","default":{"a":[1]},"examples":[1],
          "$comment":"c","deprecated":true,"readOnly":false,"x-owner":[1],
          "contentEncoding":"base64"})");
  CHECK(Refusal(schema, "{}").empty());
}

TEST_CASE("schema: equal definitions have equal canonical text") {
  const Schema a = Compiled(R"({"type": "object", "required": ["b", "a"]})");
  const Schema b =
      Compiled("{\"required\":[\"b\",\"a\"],\n\"type\":\"object\"}");
  CHECK(a.Canonical() == R"({"required":["b","a"],"type":"object"})");
  CHECK(a.Canonical() == b.Canonical());
}

TEST_CASE("schema: violations name the place, and no personal value") {
  const Schema schema = Compiled(
      R"({"type":"object","required":["id"],"additionalProperties":
            {"type":"integer"},
          "properties":{"id":{"type":"string"},
            "price":{"type":"number","minimum":0},
            "email":{"type":"string","maxLength":3,"x-personal":true},
            "items":{"type":"array","items":{"properties":{
              "kind":{"enum":["a","b"]}}}}}})");
  const auto all = schema.ValidateAll(
      R"({"price":-5,"email":"jane@shop.example","items":[{"kind":"a"},
          {"kind":"c"}],"jane@shop.example":"x"})",
      10);
  REQUIRE(all.size() == 5);
  CHECK(all[0] ==
        SchemaViolation{"/price", "minimum", "must be at least 0, not -5"});
  CHECK(all[1].path == "/email");
  CHECK(all[1].message.find("jane") == std::string::npos);
  CHECK(all[2] == SchemaViolation{"/items/1/kind", "enum",
                                  R"(must be one of "a", "b", not "c")"});
  CHECK(all[3] == SchemaViolation{"/*", "type", "must be of type integer"});
  CHECK(all[4] == SchemaViolation{"/id", "required", "is required"});
  CHECK(schema.ValidateAll("{}", 0).empty());
  CHECK(schema.ValidateAll(R"({"price":-5,"email":"jane@shop.example"})", 2)
            .size() == 2);
}

TEST_CASE("schema: text that is no JSON is refused, not trusted") {
  const Schema schema = Compiled(R"({"properties":{"a":{"type":"integer"}}})");
  for (const std::string_view text :
       {"", "{", "{\"a\":}", "{\"a\":1", "{\"a\":1}x", "nul", "\"", "[1,",
        "{\"a\":01}", "{\"a\"1}"}) {
    INFO(std::string(text));
    CHECK(Refusal(schema, text) == "json");
  }
  CHECK(Refusal(schema, std::string(40, '[') + std::string(40, ']')) == "json");
}

TEST_CASE("schema: a check that would take for ever is refused") {
  const Schema schema = Compiled(
      R"({"properties":{"a":{"allOf":[{"$ref":"#"},{"$ref":"#"},
          {"$ref":"#"}]}}})");
  std::string deep = "1";
  for (int i = 0; i < 25; ++i) deep = "{\"a\":" + deep + "}";
  CHECK(Refusal(schema, deep) == "steps");
  // Few schemas, but each of them reads all of a large text.
  std::string doubling = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 14; ++i) {
    const std::string next =
        R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + R"("})";
    doubling += "\"d" + std::to_string(i) + R"(":{"allOf":[)" + next + "," +
                next + "]},";
  }
  const std::string large = R"({"a":")" + std::string(200'000, 'x') + R"("})";
  CHECK(Refusal(Compiled(doubling + R"("d14":{"type":"object"}}})"), large) ==
        "steps");
  std::string patterns = R"({"patternProperties":{)";
  for (int i = 0; i < 129; ++i) {
    patterns += "\"a" + std::to_string(i) + "\":true,";
  }
  patterns.back() = '}';
  CHECK(Refused(patterns + "}").code() == StatusCode::kTooLarge);
  std::string list = "[";
  for (int i = 0; i < 40'000; ++i) list += std::to_string(i) + ",";
  list.back() = ']';
  CHECK(Refusal(Compiled(Wrapped(R"({"uniqueItems":true})")),
                "{\"v\":" + list + "}")
            .empty());
}

TEST_CASE("schema: what is personal") {
  const Schema schema = Compiled(
      R"({"properties":{
            "name":{"type":"string","x-personal":true},
            "price":{"type":"number"},
            "address":{"type":"object","x-personal":true,"properties":{
              "street":{"type":"string"},
              "country":{"type":"string","x-personal":false}}},
            "items":{"type":"array","items":{"properties":{
              "price":{"type":"number"},
              "note":{"type":"string","x-personal":true}}}},
            "tags":{"type":"array"},
            "either":{"anyOf":[{"x-personal":false},{"x-personal":true}]},
            "ref":{"$ref":"#/properties/name"},
            "open":{"type":"object","x-personal":false,
              "patternProperties":{"^n_":{"x-personal":false}}}}})");
  const std::pair<std::string_view, bool> cases[] = {
      {"/name", true},
      {"/price", false},
      {"/address", true},
      {"/address/street", true},
      {"/address/country", false},
      {"/address/zip", true},
      {"/items", false},
      {"/items/0/price", false},
      {"/items/17/note", true},
      {"/items/0/other", true},
      {"/tags/3", false},
      {"/either", true},
      {"/ref", true},
      {"/unknown", true},
      {"/unknown/a", true},
      {"/open", false},
      {"/open/n_a", false},
      {"/open/a", true},
      {"", true},
      {"no pointer", true}};
  for (const auto& [pointer, personal] : cases) {
    INFO(std::string(pointer));
    CHECK(schema.IsPersonal(pointer) == personal);
  }
}

TEST_CASE("schema: fields") {
  const Schema schema = Compiled(
      R"({"required":["id"],"properties":{
            "id":{"type":["integer","string"]},
            "items":{"type":"array","items":{"required":["at"],"properties":{
              "at":{"type":"string","format":"date-time"}}}},
            "who":{"$ref":"#/$defs/person"}},
          "$defs":{"person":{"type":"object","properties":{
            "name":{"type":"string","x-personal":true},
            "boss":{"$ref":"#/$defs/person"}}}}})");
  std::vector<std::string> told;
  for (const SchemaField& field : schema.Fields()) {
    std::string line = field.pointer;
    for (const std::string& type : field.types) line += " " + type;
    line += std::string(field.required ? " required" : "") +
            (field.personal ? " personal" : "") +
            (field.format.empty() ? "" : " " + field.format);
    told.push_back(line);
  }
  const std::vector<std::string> expected = {
      "/id integer string required",
      "/items array",
      "/items/*",
      "/items/*/at string required date-time",
      "/who object",
      "/who/name string personal",
      "/who/boss object"};
  CHECK(told == expected);
}

}  // namespace
}  // namespace crm
