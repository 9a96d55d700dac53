// Whether every value that one schema allows is allowed by another: a proof
// by rules, one for each keyword. Where no rule proves it the answer is no.

#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "event/schema_checker.h"

namespace crm {
namespace {

// A proof that needs more is given up: nobody could follow it either.
constexpr size_t kMaxProofSteps = 50'000;
constexpr size_t kMaxProofDepth = 200;

using Nodes = std::vector<NodeId>;

// Does `left` (all of some schemas of the one definition) imply `right` (a
// schema of the other)?
class Proof final {
 public:
  Proof(const CompiledSchema& left, const CompiledSchema& right)
      : left_(left), right_(right) {}

  bool Run() { return Implies({left_.root}, right_.root); }

  // The rule that could not be proved.
  const std::string& pointer() const { return pointer_; }
  const std::string& why() const { return why_; }

 private:
  bool Implies(Nodes left, NodeId right);
  bool ImpliesNode(const Nodes& left, NodeId id);
  bool ImpliesTypes(const Nodes& left, const SchemaNode& right);
  bool ImpliesValues(const Nodes& left, const SchemaNode& right);
  bool ImpliesNumber(const Nodes& left, const SchemaNode& right);
  bool ImpliesText(const Nodes& left, const SchemaNode& right);
  bool ImpliesArray(const Nodes& left, const SchemaNode& right);
  bool ImpliesContains(const Nodes& left, const SchemaNode& right);
  bool ImpliesObject(const Nodes& left, const SchemaNode& right);
  bool ImpliesMembers(const Nodes& left, const SchemaNode& right);
  bool ImpliesPattern(const Nodes& left, const SchemaNode& right,
                      const ObjectRules::Pattern& pattern);
  bool ImpliesAdditional(const Nodes& left, const SchemaNode& right);
  bool ImpliesNames(const Nodes& left, const SchemaNode& right);
  bool ImpliesDependents(const Nodes& left, const SchemaNode& right);
  bool ImpliesInPlace(const Nodes& left, const SchemaNode& right);

  bool Fail(const SchemaNode& right, std::string_view keyword,
            std::string_view why) {
    if (quiet_ == 0 && why_.empty()) {
      pointer_ = right.pointer;
      if (!keyword.empty()) pointer_.append("/").append(keyword);
      why_ = why;
    }
    return false;
  }
  bool Quietly(Nodes left, NodeId right) {
    ++quiet_;
    const bool implied = Implies(std::move(left), right);
    --quiet_;
    return implied;
  }

  // The classes of values that may be there at all.
  uint8_t TypesOf(const Nodes& left) const;
  // The values that it is limited to, or null.
  const ValueRules* ValuesOf(const Nodes& left) const;
  Nodes MemberOf(const Nodes& left, std::string_view name) const;
  Nodes ElementOf(const Nodes& left, size_t i) const;
  bool Requires(const Nodes& left, std::string_view name) const;
  std::set<std::string> NamesOf(const Nodes& left) const;
  bool Equal(NodeId left, NodeId right);
  bool Equal(const Nodes& left, const Nodes& right);
  bool SameText(const JsonTree& a, const JsonTree& b);

  template <typename F>
  bool Any(const Nodes& left, F&& holds) const {
    return std::any_of(left.begin(), left.end(),
                       [&](NodeId id) { return holds(left_.at(id)); });
  }

  const CompiledSchema& left_;
  const CompiledSchema& right_;
  // What is being proved, or was: a value is finite, so that a proof may
  // lean on itself further down. In order, too, so that what leant on a
  // proof that then failed is taken back.
  using Claim = std::pair<Nodes, NodeId>;
  std::set<Claim> assumed_;
  std::vector<std::set<Claim>::iterator> order_;
  size_t steps_ = 0;
  size_t depth_ = 0;
  size_t quiet_ = 0;
  std::string pointer_;
  std::string why_;
};

bool MatchesName(const re2::RE2& expression, std::string_view name) {
  return re2::RE2::PartialMatch(re2::StringPiece(name.data(), name.size()),
                                expression);
}

// The strictest of the lower (upper) limits that any of the schemas has.
struct Bound {
  const NumberLimit* limit = nullptr;
  bool open = false;

  void Take(const NumberLimit* other, bool other_open, int sign) {
    if (other == nullptr) return;
    const int order = limit == nullptr
                          ? 1
                          : sign * CompareNumbers(other->value, limit->value);
    if (order > 0 || (order == 0 && other_open)) {
      limit = other;
      open = other_open;
    }
  }
  // As strict as `other` at least.
  bool Covers(const NumberLimit* other, bool other_open, int sign) const {
    if (other == nullptr) return true;
    if (limit == nullptr) return false;
    const int order = sign * CompareNumbers(limit->value, other->value);
    return order > 0 || (order == 0 && (open || !other_open));
  }
};

uint8_t Proof::TypesOf(const Nodes& left) const {
  uint8_t types = kAllTypes;
  for (const NodeId id : left) types &= left_.at(id).types;
  if (const ValueRules* values = ValuesOf(left); values != nullptr) {
    uint8_t listed = 0;
    for (const ValueRules::Literal& literal : values->all) {
      switch (literal.kind) {
        case JsonTree::Kind::kNull:
          listed |= kNullBit;
          break;
        case JsonTree::Kind::kFalse:
        case JsonTree::Kind::kTrue:
          listed |= kBooleanBit;
          break;
        case JsonTree::Kind::kNumber:
          listed |= kNumberBits;
          break;
        case JsonTree::Kind::kString:
          listed |= kStringBit;
          break;
        case JsonTree::Kind::kArray:
          listed |= kArrayBit;
          break;
        case JsonTree::Kind::kObject:
          listed |= kObjectBit;
      }
    }
    types &= listed;
  }
  return types;
}

const ValueRules* Proof::ValuesOf(const Nodes& left) const {
  for (const NodeId id : left) {
    if (!left_.at(id).values.empty()) return left_.at(id).values[0].get();
  }
  return nullptr;
}

Nodes Proof::MemberOf(const Nodes& left, std::string_view name) const {
  Nodes member;
  for (const NodeId id : left) {
    const ObjectRules* const rules = left_.at(id).object.get();
    if (rules == nullptr) continue;
    bool any = false;
    const size_t i = rules->index.Find(name);
    if (i != KeyIndex::kAbsent && rules->names[i].property != kNoNode) {
      any = true;
      member.push_back(rules->names[i].property);
    }
    for (const ObjectRules::Pattern& pattern : rules->patterns) {
      if (!MatchesName(*pattern.expression, name)) continue;
      any = true;
      member.push_back(pattern.value);
    }
    if (!any) member.push_back(rules->additional);
  }
  return member;
}

Nodes Proof::ElementOf(const Nodes& left, size_t i) const {
  Nodes element;
  for (const NodeId id : left) {
    const ArrayRules* const rules = left_.at(id).array.get();
    if (rules == nullptr) continue;
    element.push_back(i < rules->prefix.size() ? rules->prefix[i]
                                               : rules->items);
  }
  return element;
}

bool Proof::Requires(const Nodes& left, std::string_view name) const {
  return Any(left, [&](const SchemaNode& node) {
    if (node.object == nullptr) return false;
    const ObjectRules& rules = *node.object;
    const size_t i = rules.index.Find(name);
    return i != KeyIndex::kAbsent &&
           std::count(rules.required.begin(), rules.required.end(),
                      rules.names[i].tracked) > 0;
  });
}

std::set<std::string> Proof::NamesOf(const Nodes& left) const {
  std::set<std::string> names;
  for (const NodeId id : left) {
    const ObjectRules* const rules = left_.at(id).object.get();
    if (rules == nullptr) continue;
    for (size_t i = 0; i < rules->names.size(); ++i) {
      if (rules->names[i].property != kNoNode)
        names.insert(rules->index.key(i));
    }
  }
  return names;
}

// The same keywords, but for those that check nothing; references lead to
// schemas that are equal.
bool Proof::SameText(const JsonTree& a, const JsonTree& b) {
  if (a.kind != b.kind || a.text != b.text ||
      a.elements.size() != b.elements.size()) {
    return false;
  }
  for (size_t i = 0; i < a.elements.size(); ++i) {
    if (a.Is(JsonTree::Kind::kObject)) {
      const JsonTree* other = b.Find(a.keys[i]);
      if (other == nullptr || !SameText(a.elements[i], *other)) return false;
    } else if (!SameText(a.elements[i], b.elements[i])) {
      return false;
    }
  }
  return true;
}

bool HasRef(const JsonTree& tree) {
  return tree.Find("$ref") != nullptr ||
         std::any_of(tree.elements.begin(), tree.elements.end(), HasRef);
}

bool Proof::Equal(NodeId left, NodeId right) {
  if (left == kNoNode || right == kNoNode) return left == right;
  if (left <= kNoValue || right <= kNoValue) return left == right;
  const JsonTree& a = *left_.at(left).tree;
  const JsonTree& b = *right_.at(right).tree;
  if (!SameText(a, b)) return false;
  // Where a reference leads is part of what it says.
  return !HasRef(a) || left_.canonical == right_.canonical;
}

bool Proof::Equal(const Nodes& left, const Nodes& right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [&](NodeId a, NodeId b) { return Equal(a, b); });
}

bool Proof::Implies(Nodes left, NodeId right) {
  if (right == kAnyValue) return true;
  // With everything that holds in any case.
  for (size_t i = 0; i < left.size(); ++i) {
    ForEachSure(left_.at(left[i]), [&](NodeId id) { left.push_back(id); });
  }
  std::sort(left.begin(), left.end());
  left.erase(std::unique(left.begin(), left.end()), left.end());
  if (TypesOf(left) == 0) return true;  // There is no such value.
  const auto [claim, is_new] = assumed_.insert({left, right});
  if (!is_new) return true;
  const size_t before = order_.size();
  order_.push_back(claim);
  bool implied = false;
  if (++steps_ > kMaxProofSteps || depth_ >= kMaxProofDepth) {
    Fail(right_.at(right), "", "too complex to compare");
  } else {
    ++depth_;
    implied = std::any_of(left.begin(), left.end(),
                          [&](NodeId id) { return Equal(id, right); }) ||
              ImpliesNode(left, right);
    --depth_;
  }
  while (!implied && order_.size() > before) {
    assumed_.erase(order_.back());
    order_.pop_back();
  }
  return implied;
}

// By the schemas themselves, or else by each of their alternatives.
bool Proof::ImpliesNode(const Nodes& left, NodeId id) {
  const SchemaNode& right = right_.at(id);
  const auto directly = [&] {
    if (const ValueRules* values = ValuesOf(left); values != nullptr) {
      // Each of them can simply be tried.
      return std::all_of(values->all.begin(), values->all.end(),
                         [&](const ValueRules::Literal& literal) {
                           SchemaChecker checker(right_, 0);
                           return checker.IsValidAt(id, literal.json);
                         }) ||
             Fail(right, "", "a value that was listed is not allowed");
    }
    return ImpliesTypes(left, right) && ImpliesValues(left, right) &&
           ImpliesNumber(left, right) && ImpliesText(left, right) &&
           ImpliesArray(left, right) && ImpliesObject(left, right) &&
           ImpliesInPlace(left, right);
  };
  const auto alternatives = [&](const std::vector<NodeId>& ids) {
    return !ids.empty() && std::all_of(ids.begin(), ids.end(), [&](NodeId one) {
      Nodes more = left;
      more.push_back(one);
      return more.size() < kMaxProofDepth &&
             !std::count(left.begin(), left.end(), one) &&
             Quietly(std::move(more), id);
    });
  };
  const bool splits = Any(left, [](const SchemaNode& node) {
    return node.in_place != nullptr &&
           (!node.in_place->any_of.empty() || !node.in_place->one_of.empty());
  });
  if (!splits) return directly();
  ++quiet_;
  const bool plain = directly();
  --quiet_;
  if (plain || Any(left, [&](const SchemaNode& node) {
        return node.in_place != nullptr &&
               (alternatives(node.in_place->any_of) ||
                alternatives(node.in_place->one_of));
      })) {
    return true;
  }
  return directly();  // For the reason.
}

bool Proof::ImpliesTypes(const Nodes& left, const SchemaNode& right) {
  const auto beyond = static_cast<uint8_t>(TypesOf(left) & ~right.types);
  if (beyond == 0) return true;
  if (right.types == 0) return Fail(right, "", "nothing is allowed here");
  // An integer and a fraction are told apart by names only.
  const std::string name = TypeNames(beyond).front();
  return Fail(right, "type", "does not allow " + name + ", as the other does");
}

bool Proof::ImpliesValues(const Nodes&, const SchemaNode& right) {
  // `left` lists none, or this would not be asked.
  for (const auto& rules : right.values) {
    return Fail(right, rules->keyword, "the other allows more values");
  }
  return true;
}

bool Proof::ImpliesNumber(const Nodes& left, const SchemaNode& right) {
  if (right.number == nullptr || (TypesOf(left) & kNumberBits) == 0) {
    return true;
  }
  const NumberRules& rules = *right.number;
  Bound lower;
  Bound upper;
  for (const NodeId id : left) {
    const NumberRules* const own = left_.at(id).number.get();
    if (own == nullptr) continue;
    lower.Take(own->minimum.get(), false, 1);
    lower.Take(own->above.get(), true, 1);
    upper.Take(own->maximum.get(), false, -1);
    upper.Take(own->below.get(), true, -1);
  }
  constexpr std::string_view kLess = "the other's limit is wider or absent";
  if (!lower.Covers(rules.minimum.get(), false, 1)) {
    return Fail(right, "minimum", kLess);
  }
  if (!lower.Covers(rules.above.get(), true, 1)) {
    return Fail(right, "exclusiveMinimum", kLess);
  }
  if (!upper.Covers(rules.maximum.get(), false, -1)) {
    return Fail(right, "maximum", kLess);
  }
  if (!upper.Covers(rules.below.get(), true, -1)) {
    return Fail(right, "exclusiveMaximum", kLess);
  }
  if (rules.multiple_mantissa == 0) return true;
  const bool multiple = Any(left, [&](const SchemaNode& node) {
    return node.number != nullptr && node.number->multiple_mantissa != 0 &&
           IsMultipleOf(ReadNumber(node.number->multiple_token),
                        rules.multiple_mantissa, rules.multiple_scale);
  });
  const bool whole = (TypesOf(left) & kFractionBit) == 0 &&
                     IsMultipleOf(ReadNumber("1"), rules.multiple_mantissa,
                                  rules.multiple_scale);
  return multiple || whole ||
         Fail(right, "multipleOf", "the other allows more numbers");
}

bool Proof::ImpliesText(const Nodes& left, const SchemaNode& right) {
  if (right.text == nullptr || (TypesOf(left) & kStringBit) == 0) return true;
  const TextRules& rules = *right.text;
  const auto some = [&](auto&& holds) {
    return Any(left, [&](const SchemaNode& node) {
      return node.text != nullptr && holds(*node.text);
    });
  };
  if (rules.min_length > 0 && !some([&](const TextRules& own) {
        return own.min_length >= rules.min_length;
      })) {
    return Fail(right, "minLength", "the other allows shorter texts");
  }
  if (rules.max_length != kNoLimit && !some([&](const TextRules& own) {
        return own.max_length <= rules.max_length;
      })) {
    return Fail(right, "maxLength", "the other allows longer texts");
  }
  if (rules.format != TextFormat::kNone &&
      !some([&](const TextRules& own) { return own.format == rules.format; })) {
    return Fail(right, "format", "the other has not this format");
  }
  if (rules.pattern != nullptr && !some([&](const TextRules& own) {
        return own.pattern != nullptr && own.pattern_text == rules.pattern_text;
      })) {
    return Fail(right, "pattern", "the other has not this pattern");
  }
  return true;
}

bool Proof::ImpliesArray(const Nodes& left, const SchemaNode& right) {
  if (right.array == nullptr || (TypesOf(left) & kArrayBit) == 0) return true;
  const ArrayRules& rules = *right.array;
  uint64_t min_items = 0;
  uint64_t max_items = kNoLimit;
  size_t prefix = rules.prefix.size();
  bool unique = false;
  for (const NodeId id : left) {
    const ArrayRules* const own = left_.at(id).array.get();
    if (own == nullptr) continue;
    min_items = std::max(min_items, own->min_items);
    max_items = std::min(max_items, own->max_items);
    prefix = std::max(prefix, own->prefix.size());
    unique = unique || own->unique;
  }
  if (min_items < rules.min_items) {
    return Fail(right, "minItems", "the other allows fewer elements");
  }
  if (max_items > rules.max_items) {
    return Fail(right, "maxItems", "the other allows more elements");
  }
  if (rules.unique && !unique && max_items > 1) {
    return Fail(right, "uniqueItems", "the other allows equal elements");
  }
  // Each place that either of them speaks of, and one beyond.
  for (size_t i = 0; i <= prefix && i < max_items; ++i) {
    const NodeId id = i < rules.prefix.size() ? rules.prefix[i] : rules.items;
    if (!Implies(ElementOf(left, i), id)) {
      return Fail(right, "items", "the other allows more in an element");
    }
  }
  return ImpliesContains(left, right);
}

bool Proof::ImpliesContains(const Nodes& left, const SchemaNode& right) {
  const ArrayRules& rules = *right.array;
  if (rules.contains == kNoNode ||
      (rules.min_contains == 0 && rules.max_contains == kNoLimit)) {
    return true;
  }
  const bool same = Any(left, [&](const SchemaNode& node) {
    return node.array != nullptr && node.array->contains != kNoNode &&
           Equal(node.array->contains, rules.contains) &&
           node.array->min_contains >= rules.min_contains &&
           node.array->max_contains <= rules.max_contains;
  });
  return same || Fail(right, "contains", "the other does not demand the same");
}

bool Proof::ImpliesObject(const Nodes& left, const SchemaNode& right) {
  if (right.object == nullptr || (TypesOf(left) & kObjectBit) == 0) return true;
  const ObjectRules& rules = *right.object;
  for (const uint16_t tracked : rules.required) {
    const std::string& name = rules.tracked_names[tracked];
    if (!Requires(left, name)) {
      return Fail(right, "required",
                  "\"" + name +
                      "\" is required here, and not by "
                      "the other");
    }
  }
  uint64_t fewest = 0;
  uint64_t most = kNoLimit;
  for (const NodeId id : left) {
    const ObjectRules* const own = left_.at(id).object.get();
    if (own == nullptr) continue;
    fewest = std::max({fewest, own->min_members, own->required.size()});
    most = std::min(most, own->max_members);
  }
  if (fewest < rules.min_members) {
    return Fail(right, "minProperties", "the other allows fewer members");
  }
  if (most > rules.max_members) {
    return Fail(right, "maxProperties", "the other allows more members");
  }
  return ImpliesMembers(left, right) && ImpliesAdditional(left, right) &&
         ImpliesNames(left, right) && ImpliesDependents(left, right);
}

bool Proof::ImpliesMembers(const Nodes& left, const SchemaNode& right) {
  const ObjectRules& rules = *right.object;
  for (size_t i = 0; i < rules.names.size(); ++i) {
    const NodeId id = rules.names[i].property;
    if (id == kNoNode) continue;
    const std::string& name = rules.index.key(i);
    if (!Implies(MemberOf(left, name), id)) {
      std::string keyword = "properties";
      AppendPointerToken(name, &keyword);
      return Fail(right, keyword, "the other allows more in this field");
    }
  }
  return std::all_of(rules.patterns.begin(), rules.patterns.end(),
                     [&](const auto& pattern) {
                       return ImpliesPattern(left, right, pattern);
                     });
}

// Whatever name matches is, on the other side: one that has a name there, one
// that some pattern matches, or another.
bool Proof::ImpliesPattern(const Nodes& left, const SchemaNode& right,
                           const ObjectRules::Pattern& pattern) {
  const auto fail = [&] {
    return Fail(right, "patternProperties",
                "the other allows more in a field of this kind");
  };
  Nodes same;
  for (const NodeId id : left) {
    const ObjectRules* const own = left_.at(id).object.get();
    if (own == nullptr) continue;
    for (const ObjectRules::Pattern& other : own->patterns) {
      if (other.text == pattern.text) same.push_back(other.value);
    }
  }
  if (!same.empty()) return Implies(same, pattern.value) || fail();
  for (const std::string& name : NamesOf(left)) {
    if (MatchesName(*pattern.expression, name) &&
        !Implies(MemberOf(left, name), pattern.value)) {
      return fail();
    }
  }
  Nodes others;
  for (const NodeId id : left) {
    const ObjectRules* const own = left_.at(id).object.get();
    if (own == nullptr) continue;
    others.push_back(own->additional);
    for (const ObjectRules::Pattern& other : own->patterns) {
      if (!Implies({other.value}, pattern.value)) return fail();
    }
  }
  return Implies(std::move(others), pattern.value) || fail();
}

bool Proof::ImpliesAdditional(const Nodes& left, const SchemaNode& right) {
  const ObjectRules& rules = *right.object;
  if (rules.additional == kAnyValue) return true;
  const auto named_here = [&](std::string_view name) {
    const size_t i = rules.index.Find(name);
    if (i != KeyIndex::kAbsent && rules.names[i].property != kNoNode) {
      return true;
    }
    return std::any_of(rules.patterns.begin(), rules.patterns.end(),
                       [&](const ObjectRules::Pattern& pattern) {
                         return MatchesName(*pattern.expression, name);
                       });
  };
  for (const std::string& name : NamesOf(left)) {
    if (!named_here(name) && !Implies(MemberOf(left, name), rules.additional)) {
      return Fail(right, "additionalProperties",
                  "does not allow \"" + name + "\" as the other does");
    }
  }
  constexpr std::string_view kMore = "the other allows more in other fields";
  Nodes others;
  for (const NodeId id : left) {
    const ObjectRules* const own = left_.at(id).object.get();
    if (own == nullptr) continue;
    others.push_back(own->additional);
    for (const ObjectRules::Pattern& other : own->patterns) {
      const bool same = std::any_of(
          rules.patterns.begin(), rules.patterns.end(),
          [&](const auto& here) { return here.text == other.text; });
      if (!same && !Implies({other.value}, rules.additional)) {
        return Fail(right, "additionalProperties", kMore);
      }
    }
  }
  return Implies(std::move(others), rules.additional) ||
         Fail(right, "additionalProperties", kMore);
}

bool Proof::ImpliesNames(const Nodes& left, const SchemaNode& right) {
  const NodeId names = right.object->property_names;
  if (names == kAnyValue) return true;
  Nodes own;
  for (const NodeId id : left) {
    const ObjectRules* const rules = left_.at(id).object.get();
    if (rules != nullptr) own.push_back(rules->property_names);
  }
  // A name is always a text, which the schema itself need not say.
  const bool same = std::any_of(own.begin(), own.end(),
                                [&](NodeId id) { return Equal(id, names); });
  return same || Quietly(own, names) ||
         Fail(right, "propertyNames", "the other allows more names");
}

bool Proof::ImpliesDependents(const Nodes& left, const SchemaNode& right) {
  const ObjectRules& rules = *right.object;
  for (const ObjectRules::Dependent& rule : rules.dependents) {
    const auto also = [&](std::string_view name) {
      return Requires(left, name) || Any(left, [&](const SchemaNode& node) {
               if (node.object == nullptr) return false;
               for (const ObjectRules::Dependent& own :
                    node.object->dependents) {
                 if (own.name != rule.name) continue;
                 for (const uint16_t tracked : own.required) {
                   if (node.object->tracked_names[tracked] == name) return true;
                 }
               }
               return false;
             });
    };
    for (const uint16_t tracked : rule.required) {
      if (!also(rules.tracked_names[tracked])) {
        return Fail(right, "dependentRequired", "is not demanded by the other");
      }
    }
    // With the member there, what depends on it holds over there, too.
    Nodes with = left;
    for (const NodeId id : left) {
      if (left_.at(id).object == nullptr) continue;
      for (const auto& own : left_.at(id).object->dependents) {
        if (own.name != rule.name) continue;
        with.insert(with.end(), own.schemas.begin(), own.schemas.end());
      }
    }
    for (const NodeId id : rule.schemas) {
      if (!Implies(with, id)) {
        return Fail(right, "dependentSchemas", "the other allows more");
      }
    }
  }
  return true;
}

bool Proof::ImpliesInPlace(const Nodes& left, const SchemaNode& right) {
  if (right.in_place == nullptr) return true;
  const InPlaceRules& rules = *right.in_place;
  const auto some = [&](auto&& holds) {
    return Any(left, [&](const SchemaNode& node) {
      return node.in_place != nullptr && holds(*node.in_place);
    });
  };
  for (const NodeId id : rules.all_of) {
    if (!Implies(left, id))
      return Fail(right, "allOf", "the other allows more");
  }
  if (!rules.any_of.empty() &&
      !some([&](const auto& own) { return Equal(own.any_of, rules.any_of); }) &&
      !std::any_of(rules.any_of.begin(), rules.any_of.end(),
                   [&](NodeId id) { return Quietly(left, id); })) {
    return Fail(right, "anyOf", "no alternative takes all the other allows");
  }
  if (!rules.one_of.empty() && !some([&](const InPlaceRules& own) {
        return Equal(own.one_of, rules.one_of);
      })) {
    return Fail(right, "oneOf", "is not the same in the other");
  }
  if (rules.no != kNoNode &&
      !some([&](const InPlaceRules& own) { return Equal(own.no, rules.no); })) {
    return Fail(right, "not", "is not the same in the other");
  }
  if (rules.when == kNoNode) return true;
  const auto follows = [&](NodeId id) {
    return id == kNoNode || Quietly(left, id);
  };
  if (follows(rules.then) && follows(rules.otherwise)) return true;
  return some([&](const InPlaceRules& own) {
           return Equal(own.when, rules.when) && Equal(own.then, rules.then) &&
                  Equal(own.otherwise, rules.otherwise);
         }) ||
         Fail(right, "if", "is not the same in the other");
}

Status Prove(const CompiledSchema& left, const CompiledSchema& right,
             std::string_view direction) {
  Proof proof(left, right);
  if (proof.Run()) return Status();
  std::string text = "schema";
  if (!proof.pointer().empty()) text.append(" ").append(proof.pointer());
  text.append(": ").append(proof.why()).append(" (").append(direction);
  return Status(StatusCode::kConflict, text.append(")"));
}

}  // namespace

Status CheckCompatible(const Schema& before, const Schema& next,
                       Compatibility mode) {
  const CompiledSchema& old = *before.compiled_;
  const CompiledSchema& now = *next.compiled_;
  if (mode == Compatibility::kBackward || mode == Compatibility::kFull) {
    const Status status =
        Prove(old, now, "not backward compatible: the other is the older one");
    if (!status.ok()) return status;
  }
  if (mode == Compatibility::kForward || mode == Compatibility::kFull) {
    return Prove(now, old,
                 "not forward compatible: of the older one, the other is the "
                 "new one");
  }
  return Status();
}

}  // namespace crm
