// Compatibility is a proof: what it allows is tried with values that were
// made up without knowing of it.

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "event/random_schema.h"
#include "event/schema.h"

namespace crm {
namespace {

Schema Compiled(std::string_view json) {
  Result<Schema> schema = Schema::Compile(json);
  INFO(std::string(json));
  INFO(schema.status().ToString());
  REQUIRE(schema.ok());
  return std::move(schema).value();
}

bool Compatible(std::string_view before, std::string_view next,
                Compatibility mode = Compatibility::kBackward) {
  return CheckCompatible(Compiled(before), Compiled(next), mode).ok();
}

struct Case {
  std::string_view narrow;
  std::string_view wide;
};

// All that `narrow` allows is allowed by `wide`, and not the other way round.
TEST_CASE("compatible: what is wider") {
  const Case cases[] = {
      {R"({"type":"integer"})", R"({"type":"number"})"},
      {R"({"type":"string"})", R"({"type":["string","null"]})"},
      {R"({"minimum":5})", R"({"minimum":4.5})"},
      {R"({"exclusiveMinimum":5})", R"({"minimum":5})"},
      {R"({"maximum":5})", R"({"exclusiveMaximum":6})"},
      {R"({"multipleOf":6})", R"({"multipleOf":3})"},
      {R"({"minLength":2})", R"({"minLength":1})"},
      {R"({"maxLength":2})", "{}"},
      {R"({"pattern":"^a"})", "true"},
      {R"({"enum":["a","b"]})", R"({"enum":["a","b","c"]})"},
      {R"({"enum":["a","bb"]})", R"({"type":"string","maxLength":2})"},
      {R"({"const":1})", R"({"minimum":1})"},
      {R"({"required":["a","b"]})", R"({"required":["a"]})"},
      {R"({"properties":{"a":{"type":"integer"}}})",
       R"({"properties":{"a":{"type":["integer","string"]}}})"},
      {R"({"properties":{"a":true},"additionalProperties":false})",
       R"({"properties":{"a":true,"b":{"type":"string"}},
           "additionalProperties":false})"},
      {R"({"additionalProperties":{"type":"integer"}})",
       R"({"additionalProperties":{"type":"number"}})"},
      {R"({"patternProperties":{"^a":{"minimum":2}}})",
       R"({"patternProperties":{"^a":{"minimum":1}}})"},
      {R"({"items":{"minimum":2}})", R"({"items":{"minimum":1}})"},
      {R"({"minItems":2})", R"({"minItems":1})"},
      {R"({"uniqueItems":true})", "{}"},
      {R"({"prefixItems":[{"type":"null"}],"items":false})",
       R"({"items":{"type":"null"}})"},
      {R"({"contains":{"const":1}})", R"({"contains":{"const":1},
                                          "minContains":0})"},
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", R"({"maximum":3})"},
      {R"({"minimum":2})", R"({"anyOf":[{"minimum":1},{"type":"null"}]})"},
      {R"({"anyOf":[{"const":1},{"const":2}]})", R"({"type":"integer"})"},
      {R"({"dependentRequired":{"a":["b","c"]}})",
       R"({"dependentRequired":{"a":["b"]}})"},
      {R"({"propertyNames":{"maxLength":2}})",
       R"({"propertyNames":{"maxLength":3}})"},
      {R"({"minProperties":2})", R"({"minProperties":1})"},
      {R"({"format":"date","minLength":1})", R"({"format":"date"})"},
      {R"({"properties":{"n":{"$ref":"#"},"v":{"type":"integer"}}})",
       R"({"properties":{"n":{"$ref":"#"},"v":{"type":"number"}}})"},
      {"false", R"({"type":"string"})"},
  };
  for (const Case& c : cases) {
    INFO(std::string(c.narrow), "  ", std::string(c.wide));
    CHECK(Compatible(c.narrow, c.narrow, Compatibility::kFull));
    CHECK(Compatible(c.wide, c.wide, Compatibility::kFull));
    CHECK(Compatible(c.narrow, c.wide, Compatibility::kBackward));
    CHECK_FALSE(Compatible(c.wide, c.narrow, Compatibility::kBackward));
    CHECK(Compatible(c.wide, c.narrow, Compatibility::kForward));
    CHECK_FALSE(Compatible(c.narrow, c.wide, Compatibility::kForward));
    CHECK_FALSE(Compatible(c.narrow, c.wide, Compatibility::kFull));
    CHECK(Compatible(c.wide, c.narrow, Compatibility::kNone));
  }
}

TEST_CASE("compatible: annotations and layout do not count") {
  CHECK(Compatible(R"({"type":"string","title":"a"})",
                   R"({"description":"b","type":["string"]})",
                   Compatibility::kFull));
  CHECK(Compatible(R"({"properties":{"a":{"$ref":"#/$defs/t"}},
                       "$defs":{"t":{"type":"integer"}}})",
                   R"({"properties":{"a":{"type":"integer"}}})",
                   Compatibility::kFull));
}

// It is what most changes are, so its answer is worth a test of its own.
TEST_CASE("compatible: a new optional field where others are allowed") {
  const std::string_view before = R"({"properties":{"a":{"type":"string"}}})";
  const std::string_view next =
      R"({"properties":{"a":{"type":"string"},"b":{"type":"string"}}})";
  CHECK(Compatible(before, next, Compatibility::kForward));
  CHECK_FALSE(Compatible(before, next, Compatibility::kBackward));
  CHECK(Compatible(before,
                   R"({"properties":{"a":{"type":"string"},
                       "b":{"title":"B","x-personal":true}}})",
                   Compatibility::kFull));
}

TEST_CASE("compatible: the refusal names the place and the rule") {
  const Status status = CheckCompatible(
      Compiled(R"({"properties":{"items":{"items":{"properties":{
                   "price":{"type":"number"}}}}}})"),
      Compiled(R"({"properties":{"items":{"items":{"properties":{
                   "price":{"type":"number","minimum":0}}}}}})"),
      Compatibility::kBackward);
  CHECK(status.code() == StatusCode::kConflict);
  CHECK(status.message().find(
            "/properties/items/items/properties/price/minimum") !=
        std::string_view::npos);
  CHECK(status.message().find("backward") != std::string_view::npos);
}

// A change of one place in the text of a schema.
std::string Changed(std::string text, RandomJson* random) {
  static constexpr std::pair<std::string_view, std::string_view> kChanges[] = {
      {"\"minimum\"", "\"maximum\""},
      {"\"integer\"", "\"number\""},
      {"\"number\"", "\"integer\""},
      {"false", "true"},
      {"true", "false"},
      {"\"allOf\"", "\"anyOf\""},
      {"\"anyOf\"", "\"allOf\""},
      {"\"oneOf\"", "\"anyOf\""},
      {"[\"a\",\"b\"]", "[\"a\"]"},
      {":2", ":1"},
      {":1", ":2"},
      {":3", ":0"},
      {"\"minLength\"", "\"x-a\""},
      {"\"required\"", "\"x-b\""},
      {"\"const\"", "\"x-c\""},
      {"\"contains\"", "\"items\""},
      {"\"maxItems\"", "\"minItems\""},
      {"\"pattern\"", "\"x-d\""},
      {"\"not\"", "\"x-e\""},
      {"\"type\"", "\"x-f\""},
  };
  for (int i = 0; i < 40; ++i) {
    const auto& [from, to] = kChanges[random->Below(std::size(kChanges))];
    const size_t at = text.find(from, random->Below(text.size()));
    if (at != std::string::npos) return text.replace(at, from.size(), to);
  }
  return text;
}

TEST_CASE("compatible: what was valid stays valid, for any schemas") {
  uint64_t proved = 0;
  uint64_t valid = 0;
  for (uint64_t seed = 0; seed < 12'000; ++seed) {
    RandomJson random(seed + 1'000'000);
    const std::string before = random.Schema();
    const std::string after =
        seed % 8 == 0 ? random.Schema() : Changed(before, &random);
    if (after == before) continue;
    const Result<Schema> first = Schema::Compile(before);
    const Result<Schema> next = Schema::Compile(after);
    if (!first.ok() || !next.ok()) continue;
    const bool backward =
        CheckCompatible(*first, *next, Compatibility::kBackward).ok();
    const bool forward =
        CheckCompatible(*first, *next, Compatibility::kForward).ok();
    CHECK(CheckCompatible(*first, *next, Compatibility::kFull).ok() ==
          (backward && forward));
    if (!backward && !forward) continue;
    ++proved;
    for (int i = 0; i < 60; ++i) {
      const std::string value =
          i % 3 == 0 ? random.Value(3) : random.Members(3);
      const bool was = first->Validate(value, nullptr);
      const bool is = next->Validate(value, nullptr);
      INFO(before, "\n", after, "\n", value);
      if (was) ++valid;
      if (backward) REQUIRE((!was || is));
      if (forward) REQUIRE((!is || was));
    }
  }
  CHECK(proved > 500);
  CHECK(valid > 10'000);
}

}  // namespace
}  // namespace crm
