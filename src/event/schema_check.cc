// A payload against a compiled schema: one pass over the text, in which every
// value is held against the node for it. What has to be held against a value
// a second time (allOf, enum, ...) reads that stretch of text again.

#include <re2/re2.h>

#include <algorithm>

#include "event/schema_checker.h"

namespace crm {
namespace {

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

uint8_t TypeOf(std::string_view token) {
  switch (token.front()) {
    case '"':
      return kStringBit;
    case '{':
      return kObjectBit;
    case '[':
      return kArrayBit;
    case 't':
    case 'f':
      return kBooleanBit;
    case 'n':
      return kNullBit;
    default:
      return ReadNumber(token).IsInteger() ? kIntegerBit : kFractionBit;
  }
}

bool Matches(const re2::RE2& expression, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()),
                                expression);
}

}  // namespace

bool Schema::Validate(std::string_view payload, SchemaViolation* first) const {
  return SchemaChecker(*compiled_, first == nullptr ? 0 : 1)
      .Run(payload,
           [&](SchemaViolation violation) { *first = std::move(violation); });
}

std::vector<SchemaViolation> Schema::ValidateAll(std::string_view payload,
                                                 size_t limit) const {
  std::vector<SchemaViolation> all;
  if (limit == 0) return all;
  SchemaChecker(*compiled_, limit).Run(payload, [&](SchemaViolation violation) {
    all.push_back(std::move(violation));
  });
  return all;
}

bool SchemaChecker::RunText(std::string_view payload) {
  JsonScanner at(payload, kMaxJsonDepth, nullptr);
  at.SkipBlanks();
  const bool valid = Check(schema_.root, nullptr, &at, 0);
  if (!broken_ && !out_of_steps_ && valid) {
    at.SkipBlanks();
    if (!at.AtEnd()) broken_ = true;
  }
  if (broken_ || out_of_steps_) {
    quiet_ = 0;
    Report(nullptr, broken_ ? "json" : "steps",
           broken_ ? "not JSON, or nested too deep"
                   : "too costly to check against this schema");
    return false;
  }
  return valid;
}

bool SchemaChecker::TakeAny(JsonScanner* at, size_t depth) {
  if (!at->TakeValue(depth)) broken_ = true;
  return !broken_;
}

bool SchemaChecker::Check(NodeId id, const Frame* frame, JsonScanner* at,
                          size_t depth) {
  if (id == kAnyValue) return TakeAny(at, depth);
  if (!Spend(1)) return false;
  const SchemaNode& node = schema_.nodes[id];
  const char* const begin = at->at();
  bool valid = false;
  switch (at->Peek()) {
    case '"':
      valid = CheckText(node, frame, at);
      break;
    case '{':
      valid = CheckObject(node, frame, at, depth);
      break;
    case '[':
      valid = CheckArray(node, frame, at, depth);
      break;
    case 't':
    case 'f':
    case 'n':
      if (!TakeAny(at, depth)) return false;
      valid = CheckType(node, *begin == 'n' ? kNullBit : kBooleanBit, frame,
                        {begin, static_cast<size_t>(at->at() - begin)});
      break;
    default:
      valid = CheckNumber(node, frame, at);
  }
  if (!valid && Stop()) return false;
  if (!node.values.empty() || node.in_place != nullptr) {
    const std::string_view text(begin, static_cast<size_t>(at->at() - begin));
    valid = CheckWhole(node, frame, text, depth) && valid;
  }
  return valid;
}

bool SchemaChecker::CheckSub(NodeId id, const Frame* frame,
                             std::string_view text, size_t depth) {
  // Text that is read again costs, too.
  if (!Spend(text.size() / kSchemaStepBytes)) return false;
  JsonScanner at(text, kMaxJsonDepth, nullptr);
  return Check(id, frame, &at, depth);
}

bool SchemaChecker::Spend(size_t steps) {
  if (steps_ < steps) {
    out_of_steps_ = true;
    return false;
  }
  steps_ -= steps;
  return true;
}

bool SchemaChecker::IsValid(NodeId id, std::string_view text, size_t depth) {
  ++quiet_;
  const bool valid = CheckSub(id, nullptr, text, depth);
  --quiet_;
  return valid;
}

bool SchemaChecker::CheckType(const SchemaNode& node, uint8_t type,
                              const Frame* frame, std::string_view text) {
  if ((node.types & type) != 0) return true;
  if (quiet_ == 0) ReportType(node, frame, text);
  return false;
}

bool SchemaChecker::CheckNumber(const SchemaNode& node, const Frame* frame,
                                JsonScanner* at) {
  const char* const begin = at->at();
  if (!at->TakeNumber()) {
    broken_ = true;
    return false;
  }
  const std::string_view token(begin, static_cast<size_t>(at->at() - begin));
  const bool plain = (node.types & kNumberBits) == kNumberBits;
  if (plain && node.number == nullptr) return true;
  const NumberToken value = ReadNumber(token);
  const uint8_t type = value.IsInteger() ? kIntegerBit : kFractionBit;
  if (!CheckType(node, type, frame, token)) return false;
  if (node.number == nullptr) return true;
  const NumberRules& rules = *node.number;
  bool valid = true;
  const auto check = [&](const std::unique_ptr<NumberLimit>& limit,
                         std::string_view keyword, std::string_view words,
                         auto&& holds) {
    if (limit == nullptr || (!valid && Stop()) ||
        holds(CompareNumbers(value, limit->value))) {
      return;
    }
    valid = false;
    ReportLimit(frame, keyword, words, limit->token, token);
  };
  check(rules.minimum, "minimum", "must be at least ",
        [](int order) { return order >= 0; });
  check(rules.maximum, "maximum", "must be at most ",
        [](int order) { return order <= 0; });
  check(rules.above, "exclusiveMinimum", "must be more than ",
        [](int order) { return order > 0; });
  check(rules.below, "exclusiveMaximum", "must be less than ",
        [](int order) { return order < 0; });
  if (rules.multiple_mantissa == 0 || (!valid && Stop()) ||
      IsMultipleOf(value, rules.multiple_mantissa, rules.multiple_scale)) {
    return valid;
  }
  ReportLimit(frame, "multipleOf", "must be a multiple of ",
              rules.multiple_token, token);
  return false;
}

bool SchemaChecker::CheckText(const SchemaNode& node, const Frame* frame,
                              JsonScanner* at) {
  std::string_view raw;
  bool escaped = false;
  if (!at->TakeString(&raw, &escaped)) {
    broken_ = true;
    return false;
  }
  const std::string_view token(raw.data() - 1, raw.size() + 2);
  if (!CheckType(node, kStringBit, frame, token)) return false;
  if (node.text == nullptr) return true;
  const TextRules& rules = *node.text;
  Room room;
  const std::string_view text = escaped ? room.Unescape(raw) : raw;
  bool valid = true;
  const auto report = [&](std::string_view keyword, std::string_view words,
                          const std::string& limit) {
    valid = false;
    ReportLimit(frame, keyword, words, limit, token);
  };
  // Only where the bytes do not settle it are code points counted.
  if (text.size() > rules.max_length && CodePoints(text) > rules.max_length) {
    if (quiet_ > 0) return false;
    report("maxLength", "longest is ", std::to_string(rules.max_length));
  }
  if (text.size() / 4 < rules.min_length &&
      CodePoints(text) < rules.min_length && (valid || !Stop())) {
    if (quiet_ > 0) return false;
    report("minLength", "shortest is ", std::to_string(rules.min_length));
  }
  if (rules.format != TextFormat::kNone && (valid || !Stop()) &&
      !IsOfFormat(text, rules.format)) {
    report("format", "must be of the format ",
           std::string(NameOf(rules.format)));
  }
  if (rules.pattern != nullptr && (valid || !Stop()) &&
      !Matches(*rules.pattern, text)) {
    report("pattern", "must match ", rules.pattern_text);
  }
  return valid;
}

bool SchemaChecker::CheckObject(const SchemaNode& node, const Frame* frame,
                                JsonScanner* at, size_t depth) {
  const char* const begin = at->at();
  if ((node.types & kObjectBit) == 0 || node.object == nullptr) {
    return TakeAny(at, depth) && CheckType(node, kObjectBit, frame, "{}");
  }
  const ObjectRules& rules = *node.object;
  NameSet seen;
  uint64_t count = 0;
  bool valid = true;
  const bool taken = at->TakeObject(depth, [&](const JsonScanner::Key& key) {
    ++count;
    valid = CheckMember(rules, key, frame, at, depth, &seen) && valid;
    return valid || !Stop();
  });
  if (!taken) {
    if (!Stop()) broken_ = true;
    return false;
  }
  if (count < rules.min_members) {
    valid = false;
    ReportLimit(frame, "minProperties", "fewest members are ",
                std::to_string(rules.min_members), "");
  }
  if (count > rules.max_members && (valid || !Stop())) {
    valid = false;
    ReportLimit(frame, "maxProperties", "most members are ",
                std::to_string(rules.max_members), "");
  }
  for (const uint16_t tracked : rules.required) {
    if (seen.Has(tracked)) continue;
    if (!valid && Stop()) return false;
    valid = false;
    ReportMissing(frame, "required", rules.tracked_names[tracked], "");
  }
  if (rules.dependents.empty() || (!valid && Stop())) return valid;
  const std::string_view text(begin, static_cast<size_t>(at->at() - begin));
  return CheckDependents(rules, seen, frame, text, depth) && valid;
}

bool SchemaChecker::CheckMember(const ObjectRules& rules,
                                const JsonScanner::Key& key, const Frame* frame,
                                JsonScanner* at, size_t depth, NameSet* seen) {
  Room room;
  const std::string_view name =
      key.escaped ? room.Unescape(key.text) : key.text;
  const Frame child{frame, name, 0};
  NodeId property = kNoNode;
  if (const size_t i = rules.index.Find(name); i != KeyIndex::kAbsent) {
    property = rules.names[i].property;
    if (rules.names[i].tracked != kNotTracked) {
      seen->Add(rules.names[i].tracked);
    }
  }
  bool valid = true;
  if (rules.property_names != kAnyValue) {
    const std::string_view token(key.text.data() - 1, key.text.size() + 2);
    if (!IsValid(rules.property_names, token, depth)) {
      valid = false;
      Report(&child, "propertyNames", "a member may not have this name");
      if (Stop()) return false;
    }
  }
  if (!rules.patterns.empty()) {
    return CheckByPattern(rules, property, child, at, depth) && valid;
  }
  if (property == kNoNode) {
    return CheckAdditional(rules, child, at, depth) && valid;
  }
  return Check(property, &child, at, depth + 1) && valid;
}

bool SchemaChecker::CheckAdditional(const ObjectRules& rules,
                                    const Frame& child, JsonScanner* at,
                                    size_t depth) {
  if (rules.additional != kNoValue) {
    return Check(rules.additional, &child, at, depth + 1);
  }
  if (!TakeAny(at, depth + 1)) return false;
  return Report(&child, "additionalProperties",
                "only fields that the schema names are allowed");
}

bool SchemaChecker::CheckByPattern(const ObjectRules& rules, NodeId property,
                                   const Frame& child, JsonScanner* at,
                                   size_t depth) {
  if (!Spend(rules.patterns.size())) return false;
  const JsonScanner before = *at;
  bool any = property != kNoNode;
  bool valid = !any || Check(property, &child, at, depth + 1);
  for (const ObjectRules::Pattern& pattern : rules.patterns) {
    if (!valid && Stop()) return false;
    if (!Matches(*pattern.expression, child.name)) continue;
    any = true;
    *at = before;
    valid = Check(pattern.value, &child, at, depth + 1) && valid;
  }
  if (!any) return CheckAdditional(rules, child, at, depth);
  return valid;
}

bool SchemaChecker::CheckDependents(const ObjectRules& rules,
                                    const NameSet& seen, const Frame* frame,
                                    std::string_view text, size_t depth) {
  bool valid = true;
  for (const ObjectRules::Dependent& rule : rules.dependents) {
    if (!seen.Has(rule.tracked)) continue;
    for (const uint16_t other : rule.required) {
      if (seen.Has(other)) continue;
      valid = false;
      ReportMissing(frame, "dependentRequired", rules.tracked_names[other],
                    rule.name);
      if (Stop()) return false;
    }
    for (const NodeId id : rule.schemas) {
      valid = CheckSub(id, frame, text, depth) && valid;
      if (!valid && Stop()) return false;
    }
  }
  return valid;
}

bool SchemaChecker::CheckArray(const SchemaNode& node, const Frame* frame,
                               JsonScanner* at, size_t depth) {
  const char* const begin = at->at();
  if ((node.types & kArrayBit) == 0 || node.array == nullptr) {
    return TakeAny(at, depth) && CheckType(node, kArrayBit, frame, "[]");
  }
  const ArrayRules& rules = *node.array;
  uint64_t count = 0;
  uint64_t matching = 0;
  bool valid = true;
  const bool taken = at->TakeArray(depth, [&] {
    const Frame child{frame, {}, count};
    const char* const first = at->at();
    const NodeId id =
        count < rules.prefix.size() ? rules.prefix[count] : rules.items;
    ++count;
    valid = Check(id, &child, at, depth + 1) && valid;
    if (!valid && Stop()) return false;
    if (rules.contains != kNoNode) {
      const std::string_view text(first, static_cast<size_t>(at->at() - first));
      if (IsValid(rules.contains, text, depth + 1)) ++matching;
    }
    return true;
  });
  if (!taken) {
    if (!Stop()) broken_ = true;
    return false;
  }
  const auto check = [&](bool holds, std::string_view keyword,
                         std::string_view words, uint64_t limit) {
    if (holds || (!valid && Stop())) return;
    valid = false;
    ReportLimit(frame, keyword, words, std::to_string(limit), "");
  };
  check(count >= rules.min_items, "minItems", "fewest elements are ",
        rules.min_items);
  check(count <= rules.max_items, "maxItems", "most elements are ",
        rules.max_items);
  if (rules.contains != kNoNode) {
    check(matching >= rules.min_contains,
          rules.min_contains == 1 ? "contains" : "minContains",
          "fewest elements of the kind it is to contain are ",
          rules.min_contains);
    check(matching <= rules.max_contains, "maxContains",
          "most elements of the kind it is to contain are ",
          rules.max_contains);
  }
  if (!rules.unique || count < 2 || (!valid && Stop())) return valid;
  const std::string_view text(begin, static_cast<size_t>(at->at() - begin));
  return CheckUnique(frame, text, depth) && valid;
}

bool SchemaChecker::CheckUnique(const Frame* frame, std::string_view text,
                                size_t depth) {
  struct Element {
    uint64_t hash;
    std::string_view json;
  };
  std::vector<Element> elements;
  JsonScanner at(text, kMaxJsonDepth, nullptr);
  at.TakeArray(depth, [&] {
    const char* const first = at.at();
    if (!at.TakeValue(depth + 1)) return false;
    const std::string_view json(first, static_cast<size_t>(at.at() - first));
    elements.push_back({JsonHash(json), json});
    return true;
  });
  std::sort(elements.begin(), elements.end(),
            [](const Element& a, const Element& b) { return a.hash < b.hash; });
  for (size_t i = 0; i < elements.size(); ++i) {
    for (size_t k = i + 1;
         k < elements.size() && elements[k].hash == elements[i].hash; ++k) {
      if (JsonEqual(elements[i].json, elements[k].json, &steps_)) {
        return Report(frame, "uniqueItems", "has two elements that are equal");
      }
      if (steps_ == 0) {
        out_of_steps_ = true;
        return false;
      }
    }
  }
  return true;
}

bool SchemaChecker::CheckWhole(const SchemaNode& node, const Frame* frame,
                               std::string_view text, size_t depth) {
  bool valid = true;
  for (const auto& rules : node.values) {
    if (IsOneOf(*rules, text)) continue;
    valid = false;
    if (quiet_ > 0 || out_of_steps_) return false;
    ReportValues(*rules, frame, text);
    if (Stop()) return false;
  }
  if (node.in_place == nullptr) return valid;
  return CheckInPlace(*node.in_place, frame, text, depth) && valid;
}

bool SchemaChecker::IsOneOf(const ValueRules& rules, std::string_view text) {
  if (text.front() == '"') {
    if (rules.texts.size() == 0) return false;
    const std::string_view raw = text.substr(1, text.size() - 2);
    const bool escaped = std::memchr(raw.data(), '\\', raw.size()) != nullptr;
    Room room;
    return rules.texts.Find(escaped ? room.Unescape(raw) : raw) !=
           KeyIndex::kAbsent;
  }
  if (rules.only_texts) return false;
  const uint8_t type = TypeOf(text);
  for (const ValueRules::Literal& literal : rules.all) {
    if (TypeOf(literal.json) != type) continue;
    if (JsonEqual(text, literal.json, &steps_)) return true;
    if (steps_ == 0) {
      out_of_steps_ = true;
      return false;
    }
  }
  return false;
}

bool SchemaChecker::CheckInPlace(const InPlaceRules& rules, const Frame* frame,
                                 std::string_view text, size_t depth) {
  bool valid = true;
  for (const NodeId id : rules.all_of) {
    valid = CheckSub(id, frame, text, depth) && valid;
    if (!valid && Stop()) return false;
  }
  const auto count = [&](const std::vector<NodeId>& ids, size_t enough) {
    size_t matching = 0;
    for (size_t i = 0; i < ids.size() && matching < enough; ++i) {
      if (IsValid(ids[i], text, depth)) ++matching;
    }
    return matching;
  };
  const auto fail = [&](std::string_view keyword, std::string_view words) {
    valid = Report(frame, keyword, words);
  };
  if (!rules.any_of.empty() && count(rules.any_of, 1) == 0) {
    fail("anyOf", "is none of the kinds that are allowed");
    if (Stop()) return false;
  }
  if (!rules.one_of.empty()) {
    const size_t matching = count(rules.one_of, 2);
    if (matching == 0) fail("oneOf", "is none of the kinds that are allowed");
    if (matching > 1) fail("oneOf", "is of more than one kind");
    if (!valid && Stop()) return false;
  }
  if (rules.no != kNoNode && IsValid(rules.no, text, depth)) {
    fail("not", "is of a kind that is not allowed");
    if (Stop()) return false;
  }
  if (rules.when == kNoNode) return valid;
  const NodeId next =
      IsValid(rules.when, text, depth) ? rules.then : rules.otherwise;
  if (next == kNoNode) return valid;
  return CheckSub(next, frame, text, depth) && valid;
}

}  // namespace crm
