// The published JSON Schema, by valijson: what Parse takes is valid, and what
// has not its shape is not.

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "crm/criteria.h"

namespace crm {
namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

bool IsValid(const std::string& text) {
  static const json document = json::parse(CriteriaSchema());
  static const valijson::Schema* const schema = [] {
    auto* const made = new valijson::Schema();
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(NlohmannJsonAdapter(document), *made);
    return made;
  }();
  const json value = json::parse(text);
  valijson::Validator validator;
  return validator.validate(*schema, NlohmannJsonAdapter(value), nullptr);
}

TEST_CASE("criteria schema: what is taken is valid by it") {
  for (const char* text : {
           R"({"field":"a","operator":"eq","value":"x"})",
           R"({"field":"a","operator":"eq","value":true})",
           R"({"field":"/a/b","operator":"isNull"})",
           R"({"field":"a","operator":"isNull","value":null})",
           R"({"field":"a","operator":"notIn","value":["x",1,false]})",
           R"({"field":"a","operator":"gt","value":1.5})",
           R"({"field":"a","operator":"gt","value":"2026-01-01"})",
           R"({"field":"a","operator":"lte","value":{"ago":{"months":2}}})",
           R"({"field":"a","operator":"lte","value":{"startOf":"week"}})",
           R"({"field":"a","operator":"between","value":[1,2]})",
           R"({"field":"a","operator":"between",
               "value":["2026-01-01T00:00:00Z",{"ahead":{"days":1}}]})",
           R"({"field":"a","operator":"matches","value":"^a"})",
           R"({"field":"a","operator":"hasAll","value":["x"]})",
           R"({"field":"a","operator":"near",
               "value":{"latitude":1,"longitude":-2.5,"meters":100}})",
           R"({"and":[{"or":[{"not":{"field":"a","operator":"exists"}}]}]})",
           R"({"combinator":"OR","rules":[{"field":"a","operator":"exists"}]})",
           R"({"event":"a"})",
           R"({"event":["a","b"],"operator":"gte","value":2,
               "window":{"last":{"days":30}}})",
           R"({"event":"*","where":{"or":[{"property":"p","operator":"eq",
               "value":1},{"not":{"property":"/q/r","operator":"exists"}}]},
               "window":{"calendar":"month","offset":-1}})",
           R"({"event":"a","aggregate":"sum","of":"total","operator":"between",
               "value":[1,2]})",
           R"({"event":"a","aggregate":"count","operator":"neq","value":2})",
           R"({"event":"a","aggregate":"first","operator":"lt",
               "value":{"ago":{"days":3}}})",
           R"({"event":"a","aggregate":"last","operator":"between",
               "value":["2026-01-01","2026-02-01"]})",
           R"({"event":"a","pick":"last","has":{"rules":[{"property":"p",
               "operator":"exists"}]},"window":{"from":"2026-01-01",
               "until":{"startOf":"day"}}})",
           R"({"sequence":[{"event":"a"},{"event":"b","where":{"property":"p",
               "operator":"eq","value":1}}],"within":{"hours":3},"join":"p",
               "window":{"last":{"years":1}}})",
           R"({"consent":"marketing","channel":"sms","class":"legal",
               "is":"defer"})",
           R"({"bucket":"x","of":100,"from":0,"until":50})",
       }) {
    INFO(text);
    const Status status = Criteria::Parse(text).status();
    INFO(status.ToString());
    CHECK(status.ok());
    CHECK(IsValid(text));
  }
}

TEST_CASE("criteria schema: the file that is installed is the same") {
  std::ifstream file(CRM_INSTALLED_SCHEMA, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  CHECK(text.str() == CriteriaSchema());
}

TEST_CASE("criteria schema: what is refused for its shape is not valid") {
  for (
      const char* text : {
          R"([])",
          R"({})",
          R"({"segment":"x"})",
          R"({"and":[]})",
          R"({"and":[{"field":"a","operator":"exists"}],"x":1})",
          R"({"combinator":"XOR","rules":[{"field":"a","operator":"exists"}]})",
          R"({"field":"","operator":"exists"})",
          R"({"field":"a","operator":"like","value":1})",
          R"({"field":"a","operator":"eq"})",
          R"({"field":"a","operator":"eq","value":[1]})",
          R"({"field":"a","operator":"exists","value":1})",
          R"({"field":"a","operator":"in","value":[]})",
          R"({"field":"a","operator":"gt","value":"soon"})",
          R"({"field":"a","operator":"gt","value":{"ago":{"days":0}}})",
          R"({"field":"a","operator":"between","value":[1]})",
          R"({"field":"a","operator":"near","value":{"latitude":1}})",
          R"({"event":"a","where":{"field":"a","operator":"exists"}})",
          R"({"event":"a","operator":"gt"})",
          R"({"event":"a","operator":"gt","value":"1"})",
          R"({"event":"a","operator":"gt","value":[1,2]})",
          R"({"event":"a","operator":"contains","value":1})",
          R"({"event":"a","of":"x"})",
          R"({"event":"a","aggregate":"sum","operator":"gt","value":1})",
          R"({"event":"a","aggregate":"last","operator":"eq",
               "value":"2026-01-01"})",
          R"({"event":"a","aggregate":"last"})",
          R"({"event":"a","pick":"last"})",
          R"({"event":"a","window":{}})",
          R"({"event":"a","window":{"last":{"days":1,"hours":1}}})",
          R"({"event":"a","window":{"last":{"days":1},"from":"2026-01-01"}})",
          R"({"sequence":[{"event":"a"}]})",
          R"({"sequence":[{"event":"a"},{"event":"b"}],"within":{"months":1}})",
          R"({"consent":"marketing"})",
          R"({"bucket":"a","of":0,"from":0,"until":1})",
      }) {
    INFO(text);
    CHECK_FALSE(Criteria::Parse(text).ok());
    CHECK_FALSE(IsValid(text));
  }
}

}  // namespace
}  // namespace crm
