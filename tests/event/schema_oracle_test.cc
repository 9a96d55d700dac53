// Schemas against valijson, an implementation of others: thousands of made-up
// schemas of draft-07, each with made-up values.
//
// Where the two are known to differ, libcrm goes by the specification, and the
// generator stays away from it:
// - 1.0 is an integer (valijson goes by the type that the parser gave it);
// - numbers beyond a double, and multipleOf of fractions;
// - format: valijson knows other ones, and takes all unknown ones;
// - lone surrogates, which no payload has.
// What remains is in Excused().

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "event/random_schema.h"
#include "event/schema.h"

namespace crm {
namespace {

using nlohmann::json;

// What valijson gets wrong.
bool Excused(const std::string& schema, const std::string& value) {
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  // It rounds the value when the divisor is whole, and reads texts as numbers.
  if (has(schema, "\"multipleOf\"") &&
      (has(value, ".5") || has(value, "\"1\""))) {
    return true;
  }
  // A name passes for whatever type is asked for.
  return has(schema, "\"propertyNames\"");
}

class Oracle final {
 public:
  // False: valijson does not take the schema.
  bool Compile(const std::string& text) {
    document_ = json::parse(text);
    try {
      valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
      parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document_),
                            schema_);
    } catch (const std::exception&) {
      return false;
    }
    return true;
  }
  bool Validate(const std::string& text) {
    const json value = json::parse(text);
    valijson::Validator validator;
    return validator.validate(
        schema_, valijson::adapters::NlohmannJsonAdapter(value), nullptr);
  }

 private:
  json document_;
  valijson::Schema schema_;
};

TEST_CASE("schema: the same answers as valijson") {
  constexpr uint64_t kSchemas = 10'000;
  constexpr uint64_t kValues = 40;
  uint64_t valid = 0;
  uint64_t invalid = 0;
  uint64_t skipped = 0;
  uint64_t differences = 0;
  for (uint64_t seed = 0; seed < kSchemas; ++seed) {
    RandomJson random(seed);
    const std::string text = random.Schema();
    const Result<Schema> schema = Schema::Compile(text);
    INFO(text);
    INFO(schema.status().ToString());
    REQUIRE(schema.ok());
    Oracle oracle;
    if (!oracle.Compile(text)) {
      ++skipped;
      continue;
    }
    for (uint64_t i = 0; i < kValues; ++i) {
      const std::string value =
          i % 4 == 0 ? random.Value(3) : random.Members(3);
      INFO(value);
      if (Excused(text, value)) continue;
      const bool expected = oracle.Validate(value);
      SchemaViolation violation;
      const bool answer = schema->Validate(value, &violation);
      ++(answer ? valid : invalid);
      CHECK((schema->Validate(value, nullptr) == answer &&
             schema->ValidateAll(value, 100).empty() == answer));
      if (answer != expected) ++differences;
      INFO(violation.path, " ", violation.keyword);
      CHECK(answer == expected);
      if (differences > 5) return;
    }
  }
  CHECK(valid > 10'000);
  CHECK(invalid > 10'000);
  CHECK(skipped < kSchemas / 50);
}

}  // namespace
}  // namespace crm
