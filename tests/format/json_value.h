// A second JSON parser for the tests: slow, simple, with a tree, sharing no
// code with the one that is tested. Numbers are compared by their token.

#ifndef CRM_TESTS_FORMAT_JSON_VALUE_H_
#define CRM_TESTS_FORMAT_JSON_VALUE_H_

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace crm {

struct JsonValue {
  char kind = 'n';   // n t f 0 " [ {
  std::string text;  // Of a number its token, of a string its content.
  std::vector<JsonValue> elements;
  std::map<std::string, JsonValue> members;

  bool operator==(const JsonValue&) const = default;
};

// Nothing when `text` is not one JSON value in UTF-8, or has a key twice.
std::optional<JsonValue> ParseJson(std::string_view text);
// How deep objects and arrays are nested.
size_t DepthOf(const JsonValue& value);

// Random JSON text, blanks and escapes included, of at most `depth` levels.
std::string RandomBlanks(std::mt19937& random);
std::string RandomString(std::mt19937& random);  // With quotes.
std::string RandomValue(std::mt19937& random, int depth);
std::string RandomObject(std::mt19937& random, int depth);

}  // namespace crm

#endif  // CRM_TESTS_FORMAT_JSON_VALUE_H_
