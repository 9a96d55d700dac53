#include "format/json_writer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "format/json.h"

namespace crm {
namespace {

TEST_CASE("json writer: commas stand between, whatever is opened and closed") {
  JsonWriter out;
  out.BeginObject();
  out.BeginArray("none");
  out.EndArray();
  out.BeginArray("some");
  out.Number({}, 1);
  out.BeginObject();
  out.EndObject();
  out.BeginObject();
  out.Flag("yes", true);
  out.Flag("no", false);
  out.EndObject();
  out.BeginArray();
  out.Raw({}, "null");
  out.EndArray();
  out.Text({}, "");
  out.EndArray();
  out.BeginObject("last");
  out.Number("largest", std::numeric_limits<uint64_t>::max());
  out.EndObject();
  out.EndObject();
  CHECK(out.Take() ==
        R"({"none":[],"some":[1,{},{"yes":true,"no":false},[null],""],)"
        R"("last":{"largest":18446744073709551615}})");
}

TEST_CASE("json writer: names and texts are escaped, and begin anew") {
  JsonWriter out;
  out.BeginObject();
  out.Text("a \"name\"", "line\nand \\ and \x01");
  out.TextIfAny("left out", "");
  out.TextIfAny("there", "x");
  out.NumberIfAny("left out", 0);
  out.NumberIfAny("there", 7);
  out.EndObject();
  std::string expected = "{";
  AppendJsonString("a \"name\"", &expected);
  expected += ':';
  AppendJsonString("line\nand \\ and \x01", &expected);
  expected += R"(,"there":"x","there":7})";
  CHECK(out.Take() == expected);
  CHECK(out.Take().empty());
  out.BeginArray();
  out.EndArray();
  CHECK(out.Take() == "[]");
}

}  // namespace
}  // namespace crm
