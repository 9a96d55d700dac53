#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "format/json.h"
#include "json_value.h"

namespace crm {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

Members MembersOf(std::string_view object, Status* status) {
  Members members;
  *status =
      ForEachMember(object, [&](std::string_view key, std::string_view value) {
        members.emplace_back(key, value);
        return true;
      });
  return members;
}

TEST_CASE("json: members in order, unescaped keys, minified values") {
  Status status;
  const Members members = MembersOf(
      " { \"a\" : 1.50 , \"\\u0062\\n\":[ 1 , { \"x y\" : \" z \" } ],"
      "\"\": \"q\\u0041\" } ",
      &status);
  CHECK(status.ok());
  CHECK(members == Members{{"a", "1.50"},
                           {"b\n", "[1,{\"x y\":\" z \"}]"},
                           {"", "\"q\\u0041\""}});
  CHECK(MembersOf("{}", &status).empty());
  CHECK(status.ok());
}

TEST_CASE("json: a visit may stop, and may look inside") {
  size_t seen = 0;
  CHECK(ForEachMember("{\"a\":1,\"b\":2} nonsense", [&](auto, auto) {
          ++seen;
          return false;
        }).ok());
  CHECK(seen == 1);
  std::string inner;
  CHECK(ForEachMember("{ \"a\" : { \"b\" : { \"c\" : 1 } } }",
                      [&](auto, std::string_view a) {
                        return ForEachMember(a,
                                             [&](auto, std::string_view b) {
                                               inner = b;
                                               return true;
                                             })
                            .ok();
                      })
            .ok());
  CHECK(inner == "{\"c\":1}");
}

TEST_CASE("json: what is not an object is malformed") {
  Status status;
  for (const char* text : {"",
                           " ",
                           "[]",
                           "1",
                           "\"a\"",
                           "null",
                           "{",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1}}",
                           "{\"a\":1}x",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{\"a\":1 2}",
                           "{\"a\":tr ue}",
                           "{\"a\":nul}",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\\udc00\"}",
                           "{\"a\":\"\\u12\"}",
                           "{\"a\":\"\\ud800\\u0041\"}",
                           "{\"a\":\"\\",
                           "{\"a\":\"b",
                           "{\"a\":[1,]}",
                           "{\"a\":[}",
                           "{\"a\":-}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1e}",
                           "{\"a\":+1}",
                           "{\"a\":NaN}",
                           "{\"\xff\":1}",
                           "\xef\xbb\xbf{\"a\":1}",
                           "{\"a\":\f1}"}) {
    CAPTURE(text);
    MembersOf(text, &status);
    CHECK(status.code() == StatusCode::kMalformed);
    CHECK_FALSE(ParseJson(text).value_or(JsonValue{}).kind == '{');
  }
}

TEST_CASE("json: elements as they are") {
  std::vector<std::string> elements;
  const auto visit = [&](std::string_view element) {
    elements.emplace_back(element);
    return true;
  };
  CHECK(ForEachElement(" [ {\"a\": 1} , {} ,[ 2 ], 3] ", visit).ok());
  CHECK(elements == std::vector<std::string>{"{\"a\": 1}", "{}", "[ 2 ]", "3"});
  elements.clear();
  CHECK(ForEachElement("[]", visit).ok());
  CHECK(elements.empty());
  for (const char* text :
       {"", "{}", "[", "[1", "[1,]", "[1 2]", "[1]]", "[1] x", "[1][2]"}) {
    CHECK(ForEachElement(text, visit).code() == StatusCode::kMalformed);
  }
  elements.clear();
  CHECK(ForEachElement("[{\"a\":1},{\"b\":", visit).code() ==
        StatusCode::kMalformed);
  CHECK(elements.size() == 1);
}

TEST_CASE("json: nesting without end does not overflow the stack") {
  const std::string deep(1'000'000, '[');
  CHECK(ForEachElement(deep, [](auto) { return true; }).code() ==
        StatusCode::kMalformed);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  Status status;
  MembersOf(objects, &status);
  CHECK(status.code() == StatusCode::kMalformed);
}

TEST_CASE("json: scalar text") {
  CHECK(JsonScalarText("\"a\\u0041\\n\\\"\"") == "aA\n\"");
  CHECK(JsonScalarText("\"\\ud83d\\ude00\"") == "\xf0\x9f\x98\x80");
  CHECK(JsonScalarText("\"plain\"") == "plain");
  CHECK(JsonScalarText("\"\"") == "");
  CHECK(JsonScalarText("1e400") == "1e400");
  CHECK(JsonScalarText("true") == "true");
  CHECK(JsonScalarText("null") == "null");
  CHECK(JsonScalarText("{\"a\":1}") == "{\"a\":1}");
  CHECK(JsonScalarText("\"broken") == "\"broken");
  CHECK(JsonScalarText("\"a\" \"b\"") == "\"a\" \"b\"");
  CHECK(JsonScalarText("\"") == "\"");
  CHECK(JsonScalarText("") == "");
}

TEST_CASE("json: strings are escaped no more than needed") {
  const auto text = [](std::string_view in) {
    std::string out;
    AppendJsonString(in, &out);
    return out;
  };
  CHECK(text("a/b \xc3\xbc \x7f") == "\"a/b \xc3\xbc \x7f\"");
  CHECK(text("\"\\") == "\"\\\"\\\\\"");
  CHECK(text("\b\f\n\r\t") == "\"\\b\\f\\n\\r\\t\"");
  CHECK(text(std::string_view("\0\x1f", 2)) == "\"\\u0000\\u001f\"");
}

TEST_CASE("json: writing and reading strings are inverse") {
  std::mt19937 random(4);
  for (int round = 0; round < 5000; ++round) {
    const std::string token = RandomString(random);
    const std::string text = JsonScalarText(token);
    CHECK(text == ParseJson(token)->text);
    std::string again;
    AppendJsonString(text, &again);
    CHECK(JsonScalarText(again) == text);
  }
}

TEST_CASE("json: both parsers agree on random objects") {
  std::mt19937 random(5);
  for (int round = 0; round < 5000; ++round) {
    const std::string object = RandomObject(random, 4);
    const JsonValue expected = ParseJson(object).value();
    JsonValue rebuilt;
    rebuilt.kind = '{';
    CHECK(ForEachMember(object, [&](std::string_view key,
                                    std::string_view value) {
            rebuilt.members[std::string(key)] = ParseJson(value).value();
            CHECK(value.find("\n") == std::string_view::npos);
            return true;
          }).ok());
    CHECK(rebuilt == expected);
  }
}

}  // namespace
}  // namespace crm
