// The keywords, and what each makes of its value.

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/decimal.h"
#include "event/schema_compiler.h"

namespace crm {
namespace {

using Kind = JsonTree::Kind;

constexpr std::array<std::pair<std::string_view, uint8_t>, 7> kTypes = {{
    {"null", kNullBit},
    {"boolean", kBooleanBit},
    {"integer", kIntegerBit},
    {"number", kNumberBits},
    {"string", kStringBit},
    {"array", kArrayBit},
    {"object", kObjectBit},
}};

// RE2's own state machines; an expression that needs more is refused.
constexpr int64_t kExpressionBytes = int64_t{1} << 19;

bool AsCount(const JsonTree& value, uint64_t* count) {
  if (!value.Is(Kind::kNumber)) return false;
  const NumberToken number = ReadNumber(value.text);
  if (number.negative || !number.IsInteger()) return false;
  if (number.first_power > 17) {
    *count = kNoLimit - 1;  // More than any payload has.
    return true;
  }
  *count = 0;
  int64_t power = number.first_power;
  for (const char c : number.digits) {
    if (c == '.') continue;
    *count = *count * 10 + static_cast<uint64_t>(c - '0');
    --power;
  }
  for (; !number.IsZero() && power >= 0; --power) *count *= 10;
  return true;
}

}  // namespace

const SchemaCompiler::Keyword* SchemaCompiler::FindKeyword(
    std::string_view name) {
  using C = SchemaCompiler;
  static constexpr Keyword kKeywords[] = {
      {"type", &C::OnType},
      {"enum", &C::OnEnum},
      {"const", &C::OnConst},
      {"properties", &C::OnProperties},
      {"required", &C::OnRequired},
      {"items", &C::OnItems},
      {"minimum", &C::OnNumberLimit},
      {"maximum", &C::OnNumberLimit},
      {"exclusiveMinimum", &C::OnNumberLimit},
      {"exclusiveMaximum", &C::OnNumberLimit},
      {"multipleOf", &C::OnMultipleOf},
      {"minLength", &C::OnLength},
      {"maxLength", &C::OnLength},
      {"pattern", &C::OnPattern},
      {"format", &C::OnFormat},
      {"prefixItems", &C::OnPrefixItems},
      {"additionalItems", &C::OnAdditionalItems},
      {"contains", &C::OnContains},
      {"minContains", &C::OnArrayCount},
      {"maxContains", &C::OnArrayCount},
      {"minItems", &C::OnArrayCount},
      {"maxItems", &C::OnArrayCount},
      {"uniqueItems", &C::OnUniqueItems},
      {"patternProperties", &C::OnPatternProperties},
      {"additionalProperties", &C::OnAdditionalProperties},
      {"propertyNames", &C::OnPropertyNames},
      {"minProperties", &C::OnMemberCount},
      {"maxProperties", &C::OnMemberCount},
      {"dependentRequired", &C::OnDependent},
      {"dependentSchemas", &C::OnDependent},
      {"dependencies", &C::OnDependent},
      {"allOf", &C::OnInPlaceList},
      {"anyOf", &C::OnInPlaceList},
      {"oneOf", &C::OnInPlaceList},
      {"not", &C::OnInPlace},
      {"if", &C::OnInPlace},
      {"then", &C::OnInPlace},
      {"else", &C::OnInPlace},
      {"$ref", &C::OnRef},
      {"$defs", &C::OnDefinitions},
      {"definitions", &C::OnDefinitions},
      {"x-personal", &C::OnPersonal},
      {"$schema", &C::OnIgnored},  // Read before the others.
      {"$id", &C::OnId},
      {"title", &C::OnText},
      {"description", &C::OnText},
      {"$comment", &C::OnText},
      {"default", &C::OnIgnored},
      {"examples", &C::OnIgnored},
      {"deprecated", &C::OnFlag},
      {"readOnly", &C::OnFlag},
      {"writeOnly", &C::OnFlag},
      {"contentEncoding", &C::OnText},
      {"contentMediaType", &C::OnText},
      {"contentSchema", &C::OnUnsupported},
      {"unevaluatedProperties", &C::OnUnsupported},
      {"unevaluatedItems", &C::OnUnsupported},
      {"$anchor", &C::OnUnsupported},
      {"$dynamicRef", &C::OnUnsupported},
      {"$dynamicAnchor", &C::OnUnsupported},
  };
  for (const Keyword& keyword : kKeywords) {
    if (keyword.name == name) return &keyword;
  }
  return nullptr;
}

template <typename F>
bool SchemaCompiler::ForEachMemberOf(const Site& site, F&& take) {
  if (!site.value.Is(Kind::kObject)) return Wrong(site, "must be an object");
  for (size_t i = 0; i < site.value.keys.size(); ++i) {
    std::string place = site.pointer;
    AppendPointerToken(site.value.keys[i], &place);
    if (!take(site.value.keys[i], site.value.elements[i], place)) return false;
  }
  return true;
}

bool SchemaCompiler::TakeCount(const Site& site, uint64_t* count) {
  return AsCount(site.value, count) ||
         Wrong(site, "must be a whole number, 0 or more");
}

bool SchemaCompiler::TakeBool(const Site& site, bool* value) {
  if (!site.value.IsBool()) return Wrong(site, "must be true or false");
  *value = site.value.Is(Kind::kTrue);
  return true;
}

bool SchemaCompiler::TakeLimit(const Site& site,
                               std::unique_ptr<NumberLimit>* limit) {
  if (!site.value.Is(Kind::kNumber)) return Wrong(site, "must be a number");
  *limit = std::make_unique<NumberLimit>();
  (*limit)->token = site.value.text;
  (*limit)->value = ReadNumber((*limit)->token);
  return true;
}

bool SchemaCompiler::TakeNames(const JsonTree& value,
                               const std::string& pointer,
                               std::vector<std::string_view>* names) {
  const bool fine =
      value.Is(Kind::kArray) &&
      std::all_of(value.elements.begin(), value.elements.end(),
                  [](const JsonTree& name) { return name.Is(Kind::kString); });
  if (!fine) {
    return Fail(StatusCode::kInvalidArgument, pointer,
                "must be an array of names");
  }
  for (const JsonTree& name : value.elements) names->push_back(name.text);
  return true;
}

bool SchemaCompiler::TakeExpression(
    std::string_view text, const std::string& pointer,
    std::shared_ptr<const re2::RE2>* expression) {
  if (++expressions_ > kMaxSchemaExpressions) {
    return Fail(StatusCode::kTooLarge, pointer,
                "over " + std::to_string(kMaxSchemaExpressions) +
                    " regular expressions");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionBytes);
  auto compiled = std::make_shared<re2::RE2>(
      re2::StringPiece(text.data(), text.size()), options);
  if (!compiled->ok()) {
    return Fail(StatusCode::kInvalidArgument, pointer,
                "not a regular expression of RE2: " + compiled->error());
  }
  *expression = std::move(compiled);
  return true;
}

bool SchemaCompiler::Track(ObjectRules* rules, std::string_view name,
                           const std::string& pointer, uint16_t* number) {
  const size_t i = rules->index.Add(name);
  rules->names.resize(rules->index.size());
  uint16_t& tracked = rules->names[i].tracked;
  if (tracked == kNotTracked) {
    if (rules->tracked_names.size() >= kMaxSchemaTracked) {
      return Fail(StatusCode::kTooLarge, pointer,
                  "the rules of one object name more than " +
                      std::to_string(kMaxSchemaTracked) + " members");
    }
    tracked = static_cast<uint16_t>(rules->tracked_names.size());
    rules->tracked_names.emplace_back(name);
  }
  *number = tracked;
  return true;
}

bool SchemaCompiler::OnIgnored(const Site&) { return true; }

bool SchemaCompiler::OnText(const Site& site) {
  return site.value.Is(Kind::kString) || Wrong(site, "must be a text");
}

bool SchemaCompiler::OnFlag(const Site& site) {
  return site.value.IsBool() || Wrong(site, "must be true or false");
}

bool SchemaCompiler::OnUnsupported(const Site& site) {
  return Fail(StatusCode::kUnsupported, site.pointer,
              "this keyword is not supported");
}

bool SchemaCompiler::OnDialect(const Site& site) {
  std::string_view name = site.value.text;
  if (!name.empty() && name.back() == '#') name.remove_suffix(1);
  Dialect dialect = Dialect::kEither;
  if (name == "https://json-schema.org/draft/2020-12/schema") {
    dialect = Dialect::k2020;
  } else if (name == "http://json-schema.org/draft-07/schema" ||
             name == "https://json-schema.org/draft-07/schema") {
    dialect = Dialect::kDraft7;
  } else {
    return Fail(StatusCode::kUnsupported, site.pointer,
                "neither JSON Schema 2020-12 nor draft-07");
  }
  if (dialect_ != Dialect::kEither && dialect_ != dialect) {
    return Wrong(site, "another than that of the whole");
  }
  dialect_ = dialect;
  return true;
}

bool SchemaCompiler::OnId(const Site& site) {
  if (&site.schema == &schema_->tree) return OnText(site);
  return Fail(StatusCode::kUnsupported, site.pointer,
              "an \"$id\" inside a schema is not supported");
}

bool SchemaCompiler::OnDefinitions(const Site& site) {
  return ForEachMemberOf(site, [&](const std::string&, const JsonTree& value,
                                   const std::string& pointer) {
    return Compile(value, pointer) != kNoNode;
  });
}

bool SchemaCompiler::OnRef(const Site& site) {
  if (!site.value.Is(Kind::kString)) return Wrong(site, "must be a text");
  std::string_view text = site.value.text;
  if (text.empty() || text.front() != '#') {
    return Fail(StatusCode::kUnsupported, site.pointer,
                "only references within the schema (\"#/...\") are supported");
  }
  text.remove_prefix(1);
  if (!text.empty() && text.front() != '/') {
    return Fail(StatusCode::kUnsupported, site.pointer,
                "anchors are not supported");
  }
  std::string pointer;  // As it stands in a fragment: percent-encoded.
  for (size_t i = 0; i < text.size(); ++i) {
    const auto hex = [&](size_t at) {
      constexpr std::string_view kHex = "0123456789abcdef";
      return at < text.size() ? kHex.find(static_cast<char>(text[at] | 0x20))
                              : std::string_view::npos;
    };
    if (text[i] != '%') {
      pointer.push_back(text[i]);
      continue;
    }
    const size_t high = hex(i + 1);
    const size_t low = hex(i + 2);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return Wrong(site, "must be a JSON pointer");
    }
    pointer.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  const JsonTree* target = Resolve(pointer);
  if (target == nullptr) return Wrong(site, "there is nothing at this place");
  refs_.push_back({site.id, target, std::move(pointer)});
  return true;
}

bool SchemaCompiler::OnPersonal(const Site& site) {
  bool personal = false;
  if (!TakeBool(site, &personal)) return false;
  node(site.id).personal = personal;
  return true;
}

bool SchemaCompiler::OnType(const Site& site) {
  const auto bits = [](const JsonTree& value) -> uint8_t {
    if (!value.Is(Kind::kString)) return 0;
    for (const auto& [name, bit] : kTypes) {
      if (name == value.text) return bit;
    }
    return 0;
  };
  uint8_t types = 0;
  bool fine = true;
  if (site.value.Is(Kind::kArray)) {
    for (const JsonTree& value : site.value.elements) {
      fine = fine && bits(value) != 0;
      types |= bits(value);
    }
  } else {
    types = bits(site.value);
  }
  if (!fine || types == 0) {
    return Wrong(site,
                 "must be one or several of null, boolean, integer, number, "
                 "string, array and object");
  }
  node(site.id).types = types;
  node(site.id).says_types = true;
  return true;
}

void SchemaCompiler::AddLiteral(const JsonTree& value, ValueRules* rules) {
  ValueRules::Literal& literal = rules->all.emplace_back();
  literal.kind = value.kind;
  AppendCanonicalJson(value, &literal.json);
  if (value.Is(Kind::kString)) {
    rules->texts.Add(value.text);
  } else {
    rules->only_texts = false;
  }
}

bool SchemaCompiler::OnEnum(const Site& site) {
  if (!site.value.Is(Kind::kArray) || site.value.elements.empty()) {
    return Wrong(site, "must be an array with one value at least");
  }
  auto rules = std::make_unique<ValueRules>();
  rules->keyword = "enum";
  rules->only_texts = true;
  for (const JsonTree& value : site.value.elements) {
    AddLiteral(value, rules.get());
  }
  node(site.id).values.push_back(std::move(rules));
  return true;
}

bool SchemaCompiler::OnConst(const Site& site) {
  auto rules = std::make_unique<ValueRules>();
  rules->keyword = "const";
  rules->only_texts = true;
  AddLiteral(site.value, rules.get());
  node(site.id).values.push_back(std::move(rules));
  return true;
}

bool SchemaCompiler::OnNumberLimit(const Site& site) {
  NumberRules& rules = Make(node(site.id).number);
  if (site.keyword == "minimum") return TakeLimit(site, &rules.minimum);
  if (site.keyword == "maximum") return TakeLimit(site, &rules.maximum);
  if (site.keyword == "exclusiveMinimum") return TakeLimit(site, &rules.above);
  return TakeLimit(site, &rules.below);
}

bool SchemaCompiler::OnMultipleOf(const Site& site) {
  const std::string_view rule =
      "must be a number above 0, of 18 digits at most";
  if (!site.value.Is(Kind::kNumber)) return Wrong(site, rule);
  const Result<Decimal> step = Decimal::Parse(site.value.text);
  if (!step.ok() || step->mantissa <= 0) return Wrong(site, rule);
  NumberRules& rules = Make(node(site.id).number);
  rules.multiple_token = site.value.text;
  rules.multiple_mantissa = step->mantissa;
  rules.multiple_scale = step->scale;
  return true;
}

bool SchemaCompiler::OnLength(const Site& site) {
  TextRules& rules = Make(node(site.id).text);
  return TakeCount(site, site.keyword == "minLength" ? &rules.min_length
                                                     : &rules.max_length);
}

bool SchemaCompiler::OnPattern(const Site& site) {
  if (!site.value.Is(Kind::kString)) return Wrong(site, "must be a text");
  TextRules& rules = Make(node(site.id).text);
  rules.pattern_text = site.value.text;
  return TakeExpression(site.value.text, site.pointer, &rules.pattern);
}

bool SchemaCompiler::OnFormat(const Site& site) {
  if (!site.value.Is(Kind::kString)) return Wrong(site, "must be a text");
  const TextFormat format = TextFormatOf(site.value.text);
  if (format == TextFormat::kNone) {
    return Fail(StatusCode::kUnsupported, site.pointer,
                "not one of date-time, date, email, uuid and uri");
  }
  Make(node(site.id).text).format = format;
  return true;
}

bool SchemaCompiler::OnItems(const Site& site) {
  ArrayRules& rules = Make(node(site.id).array);
  if (!site.value.Is(Kind::kArray)) return CompileInto(site, &rules.items);
  if (dialect_ == Dialect::k2020 ||
      site.schema.Find("prefixItems") != nullptr) {
    return Wrong(site, "must be a schema; a list of them is \"prefixItems\"");
  }
  if (site.value.elements.empty()) return true;
  return CompileList(site, &rules.prefix);
}

bool SchemaCompiler::OnPrefixItems(const Site& site) {
  return CompileList(site, &Make(node(site.id).array).prefix);
}

bool SchemaCompiler::OnAdditionalItems(const Site& site) {
  const JsonTree* items = site.schema.Find("items");
  if (dialect_ == Dialect::k2020 || items == nullptr ||
      !items->Is(Kind::kArray)) {
    return Wrong(site, "has a meaning beside \"items\" of draft-07 only");
  }
  return CompileInto(site, &Make(node(site.id).array).items);
}

bool SchemaCompiler::OnContains(const Site& site) {
  return CompileInto(site, &Make(node(site.id).array).contains);
}

bool SchemaCompiler::OnArrayCount(const Site& site) {
  ArrayRules& rules = Make(node(site.id).array);
  if (site.keyword == "minContains")
    return TakeCount(site, &rules.min_contains);
  if (site.keyword == "maxContains")
    return TakeCount(site, &rules.max_contains);
  if (site.keyword == "minItems") return TakeCount(site, &rules.min_items);
  return TakeCount(site, &rules.max_items);
}

bool SchemaCompiler::OnUniqueItems(const Site& site) {
  return TakeBool(site, &Make(node(site.id).array).unique);
}

bool SchemaCompiler::OnProperties(const Site& site) {
  ObjectRules& rules = Make(node(site.id).object);
  return ForEachMemberOf(site,
                         [&](const std::string& key, const JsonTree& value,
                             const std::string& pointer) {
                           const NodeId id = Compile(value, pointer);
                           if (id == kNoNode) return false;
                           const size_t i = rules.index.Add(key);
                           rules.names.resize(rules.index.size());
                           rules.names[i].property = id;
                           return true;
                         });
}

bool SchemaCompiler::OnPatternProperties(const Site& site) {
  ObjectRules& rules = Make(node(site.id).object);
  return ForEachMemberOf(
      site, [&](const std::string& key, const JsonTree& value,
                const std::string& pointer) {
        ObjectRules::Pattern pattern;
        pattern.text = key;
        pattern.value = Compile(value, pointer);
        if (pattern.value == kNoNode ||
            !TakeExpression(key, pointer, &pattern.expression)) {
          return false;
        }
        rules.patterns.push_back(std::move(pattern));
        return true;
      });
}

bool SchemaCompiler::OnAdditionalProperties(const Site& site) {
  ObjectRules& rules = Make(node(site.id).object);
  rules.says_additional = true;
  return CompileInto(site, &rules.additional);
}

bool SchemaCompiler::OnPropertyNames(const Site& site) {
  return CompileInto(site, &Make(node(site.id).object).property_names);
}

bool SchemaCompiler::OnMemberCount(const Site& site) {
  ObjectRules& rules = Make(node(site.id).object);
  return TakeCount(site, site.keyword == "minProperties" ? &rules.min_members
                                                         : &rules.max_members);
}

bool SchemaCompiler::OnRequired(const Site& site) {
  std::vector<std::string_view> names;
  if (!TakeNames(site.value, site.pointer, &names)) return false;
  ObjectRules& rules = Make(node(site.id).object);
  for (const std::string_view name : names) {
    uint16_t tracked = 0;
    if (!Track(&rules, name, site.pointer, &tracked)) return false;
    if (std::count(rules.required.begin(), rules.required.end(), tracked) > 0) {
      return Wrong(site, "has a name twice");
    }
    rules.required.push_back(tracked);
  }
  return true;
}

ObjectRules::Dependent* SchemaCompiler::DependentOf(
    ObjectRules* rules, std::string_view name, const std::string& pointer) {
  uint16_t tracked = 0;
  if (!Track(rules, name, pointer, &tracked)) return nullptr;
  for (ObjectRules::Dependent& rule : rules->dependents) {
    if (rule.tracked == tracked) return &rule;
  }
  ObjectRules::Dependent& rule = rules->dependents.emplace_back();
  rule.tracked = tracked;
  rule.name = name;
  return &rule;
}

bool SchemaCompiler::AddDependentNames(ObjectRules* rules,
                                       std::string_view name,
                                       const JsonTree& value,
                                       const std::string& pointer) {
  std::vector<std::string_view> others;
  ObjectRules::Dependent* const rule = DependentOf(rules, name, pointer);
  if (rule == nullptr || !TakeNames(value, pointer, &others)) return false;
  for (const std::string_view other : others) {
    uint16_t tracked = 0;
    if (!Track(rules, other, pointer, &tracked)) return false;
    rule->required.push_back(tracked);
  }
  return true;
}

bool SchemaCompiler::OnDependent(const Site& site) {
  ObjectRules& rules = Make(node(site.id).object);
  const bool names_only = site.keyword == "dependentRequired";
  const bool schemas_only = site.keyword == "dependentSchemas";
  return ForEachMemberOf(
      site, [&](const std::string& key, const JsonTree& value,
                const std::string& pointer) {
        if (names_only || (!schemas_only && value.Is(Kind::kArray))) {
          return AddDependentNames(&rules, key, value, pointer);
        }
        const NodeId id = Compile(value, pointer);
        ObjectRules::Dependent* const rule = DependentOf(&rules, key, pointer);
        if (id == kNoNode || rule == nullptr) return false;
        rule->schemas.push_back(id);
        return true;
      });
}

bool SchemaCompiler::OnInPlaceList(const Site& site) {
  InPlaceRules& rules = Make(node(site.id).in_place);
  if (site.keyword == "allOf") return CompileList(site, &rules.all_of);
  if (site.keyword == "anyOf") return CompileList(site, &rules.any_of);
  return CompileList(site, &rules.one_of);
}

bool SchemaCompiler::OnInPlace(const Site& site) {
  InPlaceRules& rules = Make(node(site.id).in_place);
  if (site.keyword == "not") return CompileInto(site, &rules.no);
  if (site.keyword == "if") return CompileInto(site, &rules.when);
  if (site.keyword == "then") return CompileInto(site, &rules.then);
  return CompileInto(site, &rules.otherwise);
}

}  // namespace crm
