#include <string>

#include "fixture.h"

namespace crm::ingest {
namespace {

// The message of a map that is refused.
std::string Refusal(const std::string& json) {
  const Result<ImportMap> map = ImportMap::FromJson(json);
  if (map.ok()) return "accepted";
  return std::string(map.status().message());
}

// A map with these members and an event of these.
std::string Map(const std::string& members, const std::string& event) {
  return "{\"format\":\"csv\"," + members + "\"event\":{\"source\":\"s\"," +
         event + "}}";
}

TEST_CASE("what a map does not know is refused by name") {
  CHECK(Refusal(Map("\"delimeter\":\";\",", "\"type\":\"t\"")) ==
        "map: delimeter: is not known here");
  CHECK(Refusal(Map("", "\"type\":\"t\",\"when\":1")) ==
        "map: event.when: is not known here");
  CHECK(Refusal(Map("",
                    "\"type\":\"t\",\"payload\":{\"a\":{\"column\":\"c\","
                    "\"typ\":1}}")) ==
        "map: event.payload.a.typ: is not known here");
  CHECK(Refusal(Map("\"trim\":true,\"trim\":false,", "\"type\":\"t\"")) ==
        "map: \"trim\" stands twice in one object");
  CHECK(Refusal("{\"format\":\"csv\",\n\"event\":}") ==
        "map: not JSON, line 2");
  CHECK(Refusal("[]") == "map: must be an object");
}

TEST_CASE("members of a map are checked") {
  CHECK(Refusal("{}") ==
        "map: format: must be \"csv\", \"fixed\" or "
        "\"json\"");
  CHECK(Refusal("{\"format\":\"csv\"}") == "map: event: is missing");
  CHECK(Refusal(Map("", "\"version\":\"1\"")) == "map: event.type: is missing");
  CHECK(Refusal(Map("\"delimiter\":\"ab\",", "\"type\":\"t\"")) ==
        "map: delimiter: must be one ASCII character");
  CHECK(Refusal(Map("\"delimiter\":\"\\\"\",", "\"type\":\"t\"")) ==
        "map: quote: must differ from the delimiter");
  CHECK(Refusal(Map("\"header\":false,", "\"type\":{\"column\":\"b\"}")) ==
        "map: columns: must name the columns when there is no header (or say "
        "the number of each, such as {\"column\": 3})");
  CHECK(Refusal(Map("\"header\":false,", "\"type\":{\"column\":0}")) ==
        "map: event.type.column: the first one is 1");
  CHECK(Refusal(Map("\"header\":false,", "\"type\":{\"column\":2}")) ==
        "accepted");
  CHECK(Refusal(Map("\"kind\":\"people\",", "\"type\":\"t\"")) ==
        "map: kind: must be \"events\" or \"contacts\"");
  CHECK(Refusal(Map("\"equal_rows\":1,", "\"type\":\"t\"")) ==
        "map: equal_rows: must be a string");
  CHECK(Refusal(Map("\"columns\":[\"a\",\"a\"],", "\"type\":\"t\"")) ==
        "map: columns: two have the same name");
  CHECK(Refusal(Map("\"columns\":[\"a\"],", "\"type\":{\"column\":\"b\"}")) ==
        "map: event: uses column \"b\", which \"columns\" does not name");
  CHECK(Refusal(Map("\"encoding\":\"ebcdic\",", "\"type\":\"t\"")) ==
        "map: encoding: must be \"utf-8\", \"utf-16\", \"utf-16le\", "
        "\"utf-16be\", \"windows-1252\" (or \"latin-1\") or \"mac-roman\"");
  CHECK(Refusal(Map("", "\"type\":\"t\",\"occurred_at\":{\"column\":\"d\"}")) ==
        "map: event.occurred_at.format: is missing, for example "
        "\"%Y-%m-%d\"");
  CHECK(Refusal(Map("",
                    "\"type\":{\"when\":[{\"column\":\"c\",\"then\":\"x\"}],"
                    "\"else\":\"y\"}")) ==
        "map: event.type.when[0]: needs one of \"equals\", \"starts_with\", "
        "\"ends_with\" and \"empty\"");
  CHECK(Refusal(Map("", "\"type\":\"t\",\"payload\":{\"a\":\"b\"}")) ==
        "map: event.payload.a: must be an object");
  CHECK(Refusal(Map("",
                    "\"type\":\"t\",\"identity\":{\"email\":{\"column\":"
                    "\"m\",\"as\":\"number\"}}")) ==
        "map: event.identity.email.as: only \"string\" makes sense here");
  CHECK(Refusal(Map("", "\"type\":\"t\"")) == "accepted");
}

TEST_CASE("a map may not be deep, large or odd") {
  std::string deep = "\"type\":\"t\",\"payload\":{\"a\":{\"value\":";
  deep += std::string(40, '[') + std::string(40, ']') + "}}";
  CHECK(Refusal(Map("", deep)) == "map: nested deeper than 16");
  CHECK(Refusal(std::string((1 << 20) + 1, ' ')) ==
        "map: more than 1048576 bytes");
  CHECK(Refusal(std::string(100000, '[')) == "map: not JSON, line 1");
  CHECK(Refusal(
            Map("", "\"type\":\"t\",\"payload\":{\"a\":{\"value\":1e999}}")) ==
        "map: a number is out of range");
}

TEST_CASE("a map is read from a file") {
  const Folder folder;
  const Result<ImportMap> none = ImportMap::FromFile(folder.Path("none.json"));
  CHECK(none.status().code() == StatusCode::kNotFound);
  const std::string bad = folder.Write("bad.json", "{");
  const Result<ImportMap> malformed = ImportMap::FromFile(bad);
  CHECK(malformed.status().code() == StatusCode::kMalformed);
  CHECK(malformed.status().message().starts_with(bad));
  const std::string good = folder.Write("good.json", Map("", "\"type\":\"t\""));
  Result<ImportMap> map = ImportMap::FromFile(good);
  REQUIRE(map.ok());
  const ImportMap copy = *map;
  const ImportMap moved = *std::move(map);
  CHECK(&copy.impl() != &moved.impl());
}

}  // namespace
}  // namespace crm::ingest
