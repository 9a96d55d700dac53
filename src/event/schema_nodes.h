// The compiled form of a schema: nodes that name each other by number. Made
// by schema_compile.cc, walked by schema_check.cc (payloads), schema_fields.cc
// (what is personal) and schema_compat.cc (two schemas).

#ifndef CRM_EVENT_SCHEMA_NODES_H_
#define CRM_EVENT_SCHEMA_NODES_H_

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/number_token.h"
#include "event/key_index.h"
#include "event/schema.h"
#include "format/json_tree.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace crm {

using NodeId = uint32_t;
inline constexpr NodeId kAnyValue = 0;  // The schema `true`.
inline constexpr NodeId kNoValue = 1;   // The schema `false`.
inline constexpr NodeId kNoNode = std::numeric_limits<NodeId>::max();

// Classes of values; no value is in two. "number" is both of the two.
enum TypeBit : uint8_t {
  kNullBit = 1,
  kBooleanBit = 2,
  kIntegerBit = 4,
  kFractionBit = 8,
  kStringBit = 16,
  kArrayBit = 32,
  kObjectBit = 64,
  kNumberBits = kIntegerBit | kFractionBit,
  kAllTypes = 127,
};

enum class TextFormat : uint8_t {
  kNone,
  kDateTime,
  kDate,
  kEmail,
  kUuid,
  kUri,
};
// kNone: there is no such format.
TextFormat TextFormatOf(std::string_view name);
std::string_view NameOf(TextFormat format);
bool IsOfFormat(std::string_view text, TextFormat format);

struct NumberLimit {
  std::string token;
  NumberToken value;  // Views `token`.
};

struct NumberRules {
  std::unique_ptr<NumberLimit> minimum;
  std::unique_ptr<NumberLimit> maximum;
  std::unique_ptr<NumberLimit> above;  // exclusiveMinimum
  std::unique_ptr<NumberLimit> below;  // exclusiveMaximum
  std::string multiple_token;          // multipleOf; empty: none.
  int64_t multiple_mantissa = 0;
  int multiple_scale = 0;
};

inline constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

struct TextRules {
  uint64_t min_length = 0;
  uint64_t max_length = kNoLimit;
  TextFormat format = TextFormat::kNone;
  std::string pattern_text;
  std::shared_ptr<const re2::RE2> pattern;
};

struct ArrayRules {
  std::vector<NodeId> prefix;
  NodeId items = kAnyValue;
  NodeId contains = kNoNode;
  uint64_t min_contains = 1;
  uint64_t max_contains = kNoLimit;
  uint64_t min_items = 0;
  uint64_t max_items = kNoLimit;
  bool unique = false;
};

// Which of the tracked names are there.
struct NameSet {
  std::array<uint64_t, kMaxSchemaTracked / 64> words = {};

  void Add(size_t i) { words[i / 64] |= uint64_t{1} << (i % 64); }
  bool Has(size_t i) const { return (words[i / 64] >> (i % 64) & 1) != 0; }
};

inline constexpr uint16_t kNotTracked = 0xffff;

struct ObjectRules {
  struct Name {
    NodeId property = kNoNode;       // kNoNode: `properties` has it not.
    uint16_t tracked = kNotTracked;  // Its number among the tracked names.
  };
  struct Pattern {
    std::string text;
    std::shared_ptr<const re2::RE2> expression;
    NodeId value = kAnyValue;
  };
  struct Dependent {
    uint16_t tracked = 0;
    std::string name;
    std::vector<uint16_t> required;
    std::vector<NodeId> schemas;
  };

  KeyIndex index;  // Of all names that a rule speaks of, to `names`.
  std::vector<Name> names;
  std::vector<std::string> tracked_names;
  std::vector<uint16_t> required;  // Tracked numbers.
  std::vector<Pattern> patterns;
  NodeId additional = kAnyValue;
  bool says_additional = false;
  NodeId property_names = kAnyValue;
  uint64_t min_members = 0;
  uint64_t max_members = kNoLimit;
  std::vector<Dependent> dependents;
};

// enum and const.
struct ValueRules {
  std::string_view keyword;  // "enum" or "const"
  KeyIndex texts;            // Those that are strings.
  struct Literal {
    std::string json;  // Canonical.
    JsonTree::Kind kind = JsonTree::Kind::kNull;
  };
  std::vector<Literal> all;
  bool only_texts = false;
};

// What is held against the same value again.
struct InPlaceRules {
  std::vector<NodeId> all_of;  // With $ref.
  std::vector<NodeId> any_of;
  std::vector<NodeId> one_of;
  NodeId no = kNoNode;  // not
  NodeId when = kNoNode;
  NodeId then = kNoNode;
  NodeId otherwise = kNoNode;
};

struct SchemaNode {
  uint8_t types = kAllTypes;
  bool says_types = false;
  std::optional<bool> personal;
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<TextRules> text;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<ObjectRules> object;
  // An enum, and a const.
  std::vector<std::unique_ptr<ValueRules>> values;
  std::unique_ptr<InPlaceRules> in_place;
  const JsonTree* tree = nullptr;
  std::string pointer;  // Within the definition.
};

struct CompiledSchema {
  JsonTree tree;
  std::string canonical;
  std::vector<SchemaNode> nodes;
  NodeId root = kAnyValue;

  const SchemaNode& at(NodeId id) const { return nodes[id]; }
};

// The names of the types, in the order that SchemaField has them.
std::vector<std::string> TypeNames(uint8_t types);

// Calls visit(NodeId) for the schemas that hold for the same value, directly.
// `sure` ones: those that hold in any case.
template <typename F>
void ForEachSure(const SchemaNode& node, F&& visit) {
  if (node.in_place == nullptr) return;
  for (const NodeId id : node.in_place->all_of) visit(id);
}
template <typename F>
void ForEachInPlace(const SchemaNode& node, F&& visit) {
  if (node.object != nullptr) {
    for (const ObjectRules::Dependent& rule : node.object->dependents) {
      for (const NodeId id : rule.schemas) visit(id);
    }
  }
  if (node.in_place == nullptr) return;
  const InPlaceRules& rules = *node.in_place;
  for (const NodeId id : rules.all_of) visit(id);
  for (const NodeId id : rules.any_of) visit(id);
  for (const NodeId id : rules.one_of) visit(id);
  for (const NodeId id : {rules.no, rules.when, rules.then, rules.otherwise}) {
    if (id != kNoNode) visit(id);
  }
}

// Whether two JSON values are equal as JSON Schema sees it. Both are valid.
// Each comparison of two values costs one of `*steps`; with none left: false.
bool JsonEqual(std::string_view a, std::string_view b, size_t* steps);
// Equal values have equal hashes.
uint64_t JsonHash(std::string_view json);

// One place of a payload on the way down to it: which schemas describe it, and
// what they say of it. Not for the hot path.
class SchemaPlace final {
 public:
  // At the payload itself. `schema` must outlive this.
  explicit SchemaPlace(const CompiledSchema& schema);
  // To the member of that name, or to the element of that number.
  void Step(std::string_view token);
  // To any element; to any member that has no name of its own.
  void StepToElement();
  void StepToOther();

  // A schema names it (elements: names their array).
  bool named() const { return named_; }
  // See Schema::IsPersonal.
  bool personal() const { return personal_; }
  bool said() const { return said_; }
  // All that may hold here; and those that hold in any case.
  const std::vector<NodeId>& nodes() const { return nodes_; }
  const std::vector<NodeId>& sure() const { return sure_; }

 private:
  void Enter(std::vector<NodeId> direct);
  bool AddMember(const ObjectRules& rules, std::string_view name,
                 std::vector<NodeId>* next);
  static void Add(NodeId id, std::vector<NodeId>* next);

  const CompiledSchema* schema_;
  std::vector<NodeId> sure_;
  std::vector<NodeId> nodes_;
  bool named_ = true;
  bool personal_ = false;
  bool said_ = false;
};

}  // namespace crm

#endif  // CRM_EVENT_SCHEMA_NODES_H_
