// Made-up schemas and values for property tests, from one seed: small
// alphabets, so that schemas and values meet.

#ifndef CRM_TESTS_EVENT_RANDOM_SCHEMA_H_
#define CRM_TESTS_EVENT_RANDOM_SCHEMA_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace crm {

class RandomJson final {
 public:
  explicit RandomJson(uint64_t seed) : state_(seed) {}

  uint64_t Below(uint64_t bound) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return ((z ^ (z >> 31)) >> 32) * bound >> 32;
  }
  bool Percent(uint64_t chance) { return Below(100) < chance; }

  // With draft-07's spelling, in the vocabulary that valijson knows too. A
  // `$ref` leads to one of two definitions, which have none.
  std::string Schema() {
    const std::string a = Object(2, false);
    const std::string b = Object(2, false);
    std::string schema = Object(3, true);
    schema.pop_back();
    if (schema.size() > 1) schema += ",";
    return schema + R"("definitions":{"a":)" + a + R"(,"b":)" + b + "}}";
  }

  std::string Value(int depth) {
    switch (Below(depth > 0 ? 10 : 5)) {
      case 0:
        return Percent(50) ? "null" : Percent(50) ? "true" : "false";
      case 1:
      case 2:
        return Number();
      case 3:
      case 4:
        return Text();
      case 5:
      case 6: {
        std::string array = "[";
        for (uint64_t i = Below(4); i > 0; --i) {
          if (array.size() > 1) array += ",";
          array += Value(depth - 1);
        }
        return array + "]";
      }
      default:
        return Members(depth - 1);
    }
  }

  std::string Members(int depth) {
    std::string object = "{";
    for (const std::string_view name : kNames) {
      if (!Percent(45)) continue;
      if (object.size() > 1) object += ",";
      object.append("\"").append(name).append("\":").append(Value(depth));
    }
    return object + "}";
  }

 private:
  static constexpr std::string_view kNames[] = {"a", "b", "c", "ab", "x"};

  std::string Number() {
    // Halves are exact in a double, which the oracle has.
    std::string number = std::to_string(static_cast<int64_t>(Below(9)) - 3);
    return Percent(25) ? number + ".5" : number;
  }
  std::string Text() {
    static constexpr std::string_view kTexts[] = {"",    "a", "b", "ab",
                                                  "abc", "x", "1"};
    return "\"" + std::string(kTexts[Below(7)]) + "\"";
  }
  std::string Name() { return "\"" + std::string(kNames[Below(5)]) + "\""; }
  std::string Names() {
    return Percent(50) ? "[" + Name() + "]" : R"(["a","b"])";
  }
  std::string Type() {
    static constexpr std::string_view kTypes[] = {
        "null", "boolean", "integer", "number", "string", "array", "object"};
    return "\"" + std::string(kTypes[Below(7)]) + "\"";
  }
  std::string Pattern() {
    static constexpr std::string_view kPatterns[] = {"^a", "b$", "^[a-b]+$",
                                                     "x", "c"};
    return "\"" + std::string(kPatterns[Below(5)]) + "\"";
  }
  std::string Count() { return std::to_string(Below(4)); }

  std::string Any(int depth, bool refs) {
    if (Percent(8)) return Percent(70) ? "true" : "false";
    if (refs && Percent(10)) {
      return Percent(50) ? R"({"$ref":"#/definitions/a"})"
                         : R"({"$ref":"#/definitions/b"})";
    }
    return Object(depth, refs);
  }

  std::string List(int depth, bool refs) {
    std::string list = "[" + Any(depth, refs);
    while (Percent(50)) list += "," + Any(depth, refs);
    return list + "]";
  }

  void Add(std::string_view keyword, const std::string& value) {
    if (out_->find("\"" + std::string(keyword) + "\":") != std::string::npos) {
      return;
    }
    if (out_->size() > 1) out_->push_back(',');
    out_->append("\"").append(keyword).append("\":").append(value);
  }

  std::string Object(int depth, bool refs) {
    std::string schema = "{";
    for (uint64_t i = 1 + Below(3); i > 0; --i) {
      const std::string value = Keyword(depth, refs);
      out_ = &schema;
      if (schema.find("\"" + keyword_ + "\":") == std::string::npos) {
        Add(keyword_, value);
        if (keyword_ == "items" && value[0] == '[' && Percent(50)) {
          const std::string more = Any(depth - 1, refs);
          out_ = &schema;
          Add("additionalItems", more);
        }
      }
    }
    return schema + "}";
  }

  std::string Say(std::string_view keyword, std::string value) {
    keyword_ = keyword;
    return value;
  }

  std::string Simple() {
    switch (Below(16)) {
      case 0:
      case 1:
        return Say("type", Percent(70) ? Type() : "[" + Type() + "]");
      case 2:
        return Say("enum",
                   "[" + Value(1) + "," + Value(0) + "," + Text() + "]");
      case 3:
        return Say("const", Value(1));
      case 4:
        return Say("minimum", Number());
      case 5:
        return Say("maximum", Number());
      case 6:
        return Say("minLength", Count());
      case 7:
        return Say("maxLength", Count());
      case 8:
        return Say("pattern", Pattern());
      case 9:
        return Say("minItems", Count());
      case 10:
        return Say("maxItems", Count());
      case 11:
        return Say("uniqueItems", Percent(80) ? "true" : "false");
      case 12:
        return Say("required", Names());
      case 13:
        return Say("minProperties", Count());
      case 14:
        return Say("maxProperties", Count());
      default:
        return Say("multipleOf", std::to_string(1 + Below(3)));
    }
  }

  std::string Keyword(int depth, bool refs) {
    if (depth <= 0 || Percent(40)) return Simple();
    const int less = depth - 1;
    switch (Below(15)) {
      case 0:
      case 1:
      case 2:
        return Map("properties", less, refs, false);
      case 3:
        return Map("patternProperties", less, refs, true);
      case 4: {
        std::string value = Percent(50) ? "false" : Any(less, refs);
        return Say("additionalProperties", std::move(value));
      }
      case 5:
        return Named("propertyNames", less, refs);
      case 6:
        return Named("items", less, refs);
      case 7: {
        std::string value = List(less, refs);
        return Say("items", std::move(value));
      }
      case 8:
        return Named("contains", less, refs);
      case 9:
        if (Percent(50)) {
          return Say("dependencies", "{" + Name() + ":" + Names() + "}");
        }
        return Map("dependencies", less, refs, false);
      case 10: {
        std::string value = List(less, refs);
        return Say("allOf", std::move(value));
      }
      case 11: {
        std::string value = List(less, refs);
        return Say("anyOf", std::move(value));
      }
      case 12: {
        std::string value = List(less, refs);
        return Say("oneOf", std::move(value));
      }
      case 13:
        return Named("not", less, refs);
      default: {
        static constexpr std::string_view kWords[] = {"if", "then", "else"};
        return Named(kWords[Below(3)], less, refs);
      }
    }
  }

  std::string Named(std::string_view keyword, int depth, bool refs) {
    std::string value = Any(depth, refs);
    return Say(keyword, std::move(value));
  }

  std::string Map(std::string_view keyword, int depth, bool refs,
                  bool patterns) {
    const std::string first = patterns ? Pattern() : Name();
    const std::string second = patterns ? Pattern() : Name();
    std::string map = "{" + first + ":" + Any(depth, refs);
    if (second != first) map += "," + second + ":" + Any(depth, refs);
    return Say(keyword, map + "}");
  }

  uint64_t state_;
  std::string keyword_;
  std::string* out_ = nullptr;
};

}  // namespace crm

#endif  // CRM_TESTS_EVENT_RANDOM_SCHEMA_H_
