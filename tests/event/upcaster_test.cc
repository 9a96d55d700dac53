// Upcasters: payloads of older versions in the shape of newer ones.

#include "event/upcaster.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "event/schema.h"

namespace crm {
namespace {

Upcaster Made(std::string_view from, std::string_view to,
              std::string_view steps, std::string_view type = "T") {
  std::string json = "{\"type\":\"";
  json.append(type).append("\",\"from\":\"").append(from);
  json.append("\",\"to\":\"").append(to).append("\",\"steps\":");
  json.append(steps).append("}");
  Result<Upcaster> upcaster = Upcaster::FromJson(json);
  INFO(json);
  INFO(upcaster.status().ToString());
  REQUIRE(upcaster.ok());
  return std::move(upcaster).value();
}

// What becomes of a payload; or the name of the code.
std::string After(std::string_view steps, std::string_view payload) {
  std::string text(payload);
  const Status status = Made("1", "2", steps).Apply(&text);
  if (status.ok()) return text;
  CHECK(text == payload);  // An error changes nothing.
  return std::string(StatusCodeName(status.code()));
}

TEST_CASE("upcaster: rename keeps place, token and order") {
  CHECK(After(R"([{"rename":"/b","to":"/z"}])",
              R"({"a":1.50,"b":1e400,"c":{"x":18446744073709551616}})") ==
        R"({"a":1.50,"z":1e400,"c":{"x":18446744073709551616}})");
  CHECK(After(R"([{"rename":"/b","to":"/n/m"}])",
              R"({"b":[1,{"k":0.10}],"c":2})") ==
        R"({"c":2,"n":{"m":[1,{"k":0.10}]}})");
  CHECK(After(R"([{"rename":"/n/m","to":"/m"}])", R"({"n":{"m":1,"o":2}})") ==
        R"({"n":{"o":2},"m":1})");
  CHECK(After(R"([{"rename":"/b","to":"/z"}])", R"({"a":1})") == R"({"a":1})");
  CHECK(After(R"([{"rename":"/b/c","to":"/z"}])", R"({"b":[1]})") ==
        R"({"b":[1]})");
  CHECK(After(R"([{"rename":"/b","to":"/a"}])", R"({"a":1,"b":2})") ==
        "CONFLICT");
  CHECK(After(R"([{"rename":"/b","to":"/a/x"}])", R"({"a":1,"b":2})") ==
        "INVALID_ARGUMENT");
  CHECK(After(R"([{"rename":"/a~1b","to":"/c~0d"}])", R"({"a/b":1})") ==
        R"({"c~d":1})");
  CHECK(After(R"([{"rename":"/\u00e9","to":"/e"}])", R"({"\u00e9":1})") ==
        R"({"e":1})");
}

TEST_CASE("upcaster: split and combine") {
  const std::string_view split =
      R"([{"split":"/name","by":" ","to":["/firstName","/lastName"]}])";
  CHECK(After(split, R"({"a":1,"name":"Ada King Lovelace","b":2})") ==
        R"({"a":1,"firstName":"Ada","lastName":"King Lovelace","b":2})");
  CHECK(After(split, R"({"name":"Ada"})") == R"({"firstName":"Ada"})");
  CHECK(After(split, R"({"name":"\u0041da \"x\""})") ==
        R"({"firstName":"Ada","lastName":"\"x\""})");
  CHECK(After(split, R"({"x":1})") == R"({"x":1})");
  CHECK(After(split, R"({"name":7})") == "INVALID_ARGUMENT");
  CHECK(After(split, R"({"name":"a b","lastName":"c"})") == "CONFLICT");
  const std::string_view combine =
      R"([{"combine":["/street","/number"],"with":" ","to":"/line"}])";
  CHECK(After(combine, R"({"a":1,"street":"Kloof","b":2,"number":7.0})") ==
        R"({"a":1,"line":"Kloof 7.0","b":2})");
  CHECK(After(combine, R"({"number":7,"street":"Kloof","b":2})") ==
        R"({"line":"Kloof 7","b":2})");
  CHECK(After(combine, R"({"b":2,"number":7})") == R"({"b":2,"line":"7"})");
  CHECK(After(combine, R"({"b":2})") == R"({"b":2})");
  CHECK(After(combine, R"({"street":null})") == "INVALID_ARGUMENT");
}

TEST_CASE("upcaster: default, convert and remove") {
  CHECK(After(R"([{"default":"/g/legalBasis","value":"unknown"}])",
              R"({"a":1})") == R"({"a":1,"g":{"legalBasis":"unknown"}})");
  CHECK(After(R"([{"default":"/g/x","value":{"b":1.0,"a":[]}}])",
              R"({"g":{"y":1}})") == R"({"g":{"y":1,"x":{"b":1.0,"a":[]}}})");
  CHECK(After(R"([{"default":"/a","value":1}])", R"({"a":null})") ==
        R"({"a":null})");
  CHECK(After(R"([{"default":"/a/b","value":1}])", R"({"a":[]})") ==
        "INVALID_ARGUMENT");
  CHECK(After(R"([{"convert":"/a","to":"string"}])", R"({"a":1.50})") ==
        R"({"a":"1.50"})");
  CHECK(After(R"([{"convert":"/a","to":"number"}])", R"({"a":"1.50"})") ==
        R"({"a":1.50})");
  CHECK(After(R"([{"convert":"/a","to":"number"}])", R"({"a":"1.5x"})") ==
        "INVALID_ARGUMENT");
  CHECK(After(R"([{"convert":"/a","to":"string"}])", R"({"a":true})") ==
        "INVALID_ARGUMENT");
  CHECK(After(R"([{"convert":"/a","to":"string"}])", R"({"a":"x"})") ==
        R"({"a":"x"})");
  CHECK(After(R"([{"remove":"/a/b"}])", R"({"a":{"b":1,"c":2}})") ==
        R"({"a":{"c":2}})");
  CHECK(After(R"([{"remove":"/z"}])", R"({"a":1})") == R"({"a":1})");
  CHECK(After("[]", R"({ "a" : 1 })") == R"({"a":1})");
  CHECK(After("[]", "[1]") == "MALFORMED");
}

TEST_CASE("upcaster: an error leaves the payload as it was") {
  std::string payload = R"({"a":1,"b":"x"})";
  const Upcaster upcaster = Made(
      "1", "2", R"([{"remove":"/a"},{"split":"/c","by":"-","to":["/d","/e"]},
                    {"rename":"/b","to":"/c"},
                    {"convert":"/c","to":"number"}])");
  const Status status = upcaster.Apply(&payload);
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(status.message() ==
        "upcaster T 1 to 2, step 4 (/c): the text is no "
        "number");
  CHECK(payload == R"({"a":1,"b":"x"})");
  std::string large =
      R"({"a":")" + std::string(kMaxPayloadBytes - 12, 'x') + R"("})";
  const Upcaster grow =
      Made("1", "2", R"([{"default":"/b","value":"0123456789"}])");
  CHECK(grow.Apply(&large).code() == StatusCode::kTooLarge);
}

TEST_CASE("upcaster: definitions that are refused say where") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "upcaster: not JSON"},
      {"[]", "must be an object"},
      {R"({"from":"1","to":"2","steps":[]})", "/type: is missing"},
      {R"({"type":"T","to":"2","steps":[]})", "/from: is missing"},
      {R"({"type":"T","from":"1","steps":[]})", "/to: is missing"},
      {R"({"type":"T","from":"1","to":"1","steps":[]})", "/to: is the same"},
      {R"({"type":"T","from":1,"to":"2","steps":[]})", "/from: must be"},
      {R"({"type":"T","from":"1","to":"2"})", "/steps: must be"},
      {R"({"type":"T","from":"1","to":"2","steps":[],"x":1})", "/x: is none"},
      {R"({"type":"T","from":"1","to":"2","steps":[{}]})", "/steps/0"},
      {R"({"type":"T","from":"1","to":"2","steps":[{"drop":"/a"}]})",
       "/steps/0: is none of"},
      {R"({"type":"T","from":"1","to":"2","steps":[{"remove":"a"}]})",
       "/steps/0/remove: must be a JSON pointer"},
      {R"({"type":"T","from":"1","to":"2","steps":[{"remove":""}]})",
       "/steps/0/remove"},
      {R"({"type":"T","from":"1","to":"2","steps":[{"rename":"/a"}]})",
       "/steps/0/to: is missing"},
      {R"({"type":"T","from":"1","to":"2",
           "steps":[{"rename":"/a","to":"/b","by":1}]})",
       "/steps/0/by: is no member"},
      {R"({"type":"T","from":"1","to":"2",
           "steps":[{"rename":"/a","to":"/a/b"}]})",
       "/steps/0/to: lies within"},
      {R"({"type":"T","from":"1","to":"2",
           "steps":[{"split":"/a","by":"","to":["/b","/c"]}]})",
       "/steps/0/by"},
      {R"({"type":"T","from":"1","to":"2",
           "steps":[{"split":"/a","by":",","to":["/b","/b"]}]})",
       "/steps/0/to: has a path twice"},
      {R"({"type":"T","from":"1","to":"2",
           "steps":[{"convert":"/a","to":"date"}]})",
       "/steps/0/to: must be"},
  };
  for (const auto& [json, words] : cases) {
    INFO(std::string(json));
    const Status status = Upcaster::FromJson(json).status();
    REQUIRE_FALSE(status.ok());
    INFO(std::string(status.message()));
    CHECK(status.message().find(words) != std::string_view::npos);
  }
}

TEST_CASE("upcaster chain: gaps, cycles and duplicates are refused") {
  UpcasterChain chain;
  const auto add = [&](std::string_view from, std::string_view to) {
    return chain.Add(Made(from, to, "[]"));
  };
  CHECK(chain.empty());
  CHECK(chain.Path("1").empty());
  REQUIRE(add("2", "3").ok());
  REQUIRE(add("3", "4").ok());
  CHECK(chain.latest() == "4");
  REQUIRE(add("1", "2").ok());    // From the front.
  REQUIRE(add("1.5", "3").ok());  // Another way in.
  CHECK(chain.latest() == "4");
  CHECK(add("2", "4").code() == StatusCode::kAlreadyExists);
  CHECK(add("4", "2").code() == StatusCode::kConflict);
  CHECK(std::string(add("4", "1").message()).find("cycle") !=
        std::string::npos);
  const Status gap = add("6", "7");
  CHECK(gap.code() == StatusCode::kConflict);
  CHECK(std::string(gap.message()).find("gap") != std::string::npos);
  CHECK(chain.Add(Made("4", "5", "[]", "U")).code() ==
        StatusCode::kInvalidArgument);
  REQUIRE(chain.Path("1").size() == 3);
  CHECK(chain.Path("1")[2]->to() == "4");
  CHECK(chain.Path("4").empty());
  CHECK(chain.Path("9").empty());
}

TEST_CASE("upcaster chain: a payload goes all the way, or nowhere") {
  UpcasterChain chain;
  REQUIRE(chain.Add(Made("1", "2", R"([{"rename":"/a","to":"/b"}])")).ok());
  REQUIRE(
      chain.Add(Made("2", "3", R"([{"convert":"/b","to":"number"}])")).ok());
  std::string version = "1";
  std::string payload = R"({"a":"7"})";
  REQUIRE(chain.Apply(&version, &payload).ok());
  CHECK(version == "3");
  CHECK(payload == R"({"b":7})");
  version = "1";
  payload = R"({"a":"x"})";
  CHECK_FALSE(chain.Apply(&version, &payload).ok());
  CHECK(version == "1");
  CHECK(payload == R"({"a":"x"})");
  version = "unknown";
  REQUIRE(chain.Apply(&version, &payload).ok());
  CHECK(version == "unknown");
}

// What the sources call gdprContext is evidence, and none may be made up: what
// an old grant does not say is "unknown" in the new shape, and says so.
TEST_CASE("ConsentGranted from version 1 to 2 makes no evidence up") {
  const Upcaster upcaster =
      Made("1", "2",
           R"([{"default":"/gdprContext/legalBasis","value":"unknown"},
          {"default":"/gdprContext/dataController","value":null},
          {"default":"/gdprContext/retentionPeriod","value":null},
          {"default":"/gdprContext/inferred","value":true}])",
           "ConsentGranted");
  const std::string original =
      R"({"purpose":"marketing","channel":"email","ipAddress":"10.0.9.1"})";
  std::string payload = original;
  REQUIRE(upcaster.Apply(&payload).ok());
  CHECK(payload ==
        R"({"purpose":"marketing","channel":"email","ipAddress":"10.0.9.1",)"
        R"("gdprContext":{"legalBasis":"unknown","dataController":null,)"
        R"("retentionPeriod":null,"inferred":true}})");
  // A grant that does say it keeps what it says.
  std::string said =
      R"({"purpose":"marketing","gdprContext":{"legalBasis":"consent"}})";
  REQUIRE(upcaster.Apply(&said).ok());
  CHECK(said.find(R"("legalBasis":"consent")") != std::string::npos);
  CHECK(said.find("unknown") == std::string::npos);
  const Result<Schema> version_2 = Schema::Compile(
      R"({"required":["gdprContext"],"properties":{"gdprContext":{
            "required":["legalBasis"],"properties":{"legalBasis":{
              "enum":["unknown","consent","contract"]}}}}})");
  REQUIRE(version_2.ok());
  CHECK_FALSE(version_2->Validate(original, nullptr));
  CHECK(version_2->Validate(payload, nullptr));
}

}  // namespace
}  // namespace crm
