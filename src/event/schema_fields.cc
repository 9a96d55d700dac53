// Which fields a schema names, and which of them are personal.

#include <re2/re2.h>

#include <algorithm>

#include "event/schema_nodes.h"
#include "format/json.h"

namespace crm {
namespace {

bool IsIndex(std::string_view token) {
  return !token.empty() &&
         token.find_first_not_of("0123456789") == std::string_view::npos;
}

bool Contains(const std::vector<NodeId>& nodes, NodeId id) {
  return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
}

// Walks down from a place, and tells every field on the way.
class FieldWalk final {
 public:
  FieldWalk(const CompiledSchema& schema, std::vector<SchemaField>* fields)
      : schema_(schema), fields_(fields) {}

  void Visit(const SchemaPlace& place, const std::string& pointer) {
    // A schema that contains itself ends here; so does one that names the
    // same fields in very many places.
    for (const NodeId id : place.nodes()) {
      if (id > kNoValue && Contains(path_, id)) return;
    }
    const size_t depth = path_.size();
    path_.insert(path_.end(), place.nodes().begin(), place.nodes().end());
    VisitMembers(place, pointer);
    VisitElements(place, pointer);
    path_.resize(depth);
  }

 private:
  void VisitMembers(const SchemaPlace& place, const std::string& pointer) {
    std::vector<std::string_view> names;
    bool others = false;
    for (const NodeId id : place.nodes()) {
      const ObjectRules* const rules = schema_.at(id).object.get();
      if (rules == nullptr) continue;
      others =
          others || !rules->patterns.empty() || rules->additional > kNoValue;
      for (size_t i = 0; i < rules->names.size(); ++i) {
        const std::string& name = rules->index.key(i);
        if (rules->names[i].property != kNoNode &&
            std::find(names.begin(), names.end(), name) == names.end()) {
          names.push_back(name);
        }
      }
    }
    for (const std::string_view name : names) {
      SchemaPlace child = place;
      child.Step(name);
      Tell(child, name, pointer, IsRequired(place, name));
    }
    if (!others) return;
    SchemaPlace child = place;
    child.StepToOther();
    Tell(child, "*", pointer, false);
  }

  void VisitElements(const SchemaPlace& place, const std::string& pointer) {
    const bool any =
        std::any_of(place.nodes().begin(), place.nodes().end(),
                    [&](NodeId id) { return schema_.at(id).array != nullptr; });
    if (!any) return;
    SchemaPlace child = place;
    child.StepToElement();
    if (!child.nodes().empty()) Tell(child, "*", pointer, false);
  }

  bool IsRequired(const SchemaPlace& place, std::string_view name) const {
    return std::any_of(
        place.sure().begin(), place.sure().end(), [&](NodeId id) {
          const ObjectRules* const rules = schema_.at(id).object.get();
          if (rules == nullptr) return false;
          const size_t i = rules->index.Find(name);
          return i != KeyIndex::kAbsent &&
                 std::count(rules->required.begin(), rules->required.end(),
                            rules->names[i].tracked) > 0;
        });
  }

  void Tell(const SchemaPlace& place, std::string_view token,
            const std::string& parent, bool required) {
    if (fields_->size() >= kMaxSchemaNodes) return;
    SchemaField& field = fields_->emplace_back();
    field.pointer = parent;
    AppendPointerToken(token, &field.pointer);
    field.required = required;
    field.personal = place.personal();
    uint8_t types = kAllTypes;
    for (const NodeId id : place.sure()) {
      const SchemaNode& node = schema_.at(id);
      types &= node.types;
      if (node.text != nullptr && field.format.empty()) {
        field.format = NameOf(node.text->format);
      }
    }
    if (types != kAllTypes) field.types = TypeNames(types);
    const std::string pointer = field.pointer;  // `field` moves.
    Visit(place, pointer);
  }

  const CompiledSchema& schema_;
  std::vector<SchemaField>* fields_;
  std::vector<NodeId> path_;
};

}  // namespace

SchemaPlace::SchemaPlace(const CompiledSchema& schema) : schema_(&schema) {
  Enter({schema.root});
}

void SchemaPlace::Enter(std::vector<NodeId> direct) {
  sure_ = std::move(direct);
  for (size_t i = 0; i < sure_.size(); ++i) {
    ForEachSure(schema_->at(sure_[i]), [&](NodeId id) {
      if (!Contains(sure_, id)) sure_.push_back(id);
    });
  }
  nodes_ = sure_;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    ForEachInPlace(schema_->at(nodes_[i]), [&](NodeId id) {
      if (!Contains(nodes_, id)) nodes_.push_back(id);
    });
  }
  bool yes = false;
  bool no = false;
  for (const NodeId id : nodes_) {
    const std::optional<bool>& personal = schema_->at(id).personal;
    yes = yes || (personal.has_value() && *personal);
    no = no || (personal.has_value() && !*personal);
  }
  said_ = yes || no;
  // Nobody says anything: as what is around it, or personal without a name.
  if (said_) {
    personal_ = yes;
  } else if (!named_) {
    personal_ = true;
  }
}

void SchemaPlace::Step(std::string_view token) {
  std::vector<NodeId> next;
  bool named = false;
  for (const NodeId id : nodes_) {
    const SchemaNode& node = schema_->at(id);
    if (node.object != nullptr) {
      named = AddMember(*node.object, token, &next) || named;
    }
    const bool array = node.array != nullptr ||
                       (node.says_types && (node.types & kArrayBit) != 0);
    if (!array || !IsIndex(token)) continue;
    named = named || named_;
    if (node.array == nullptr) continue;
    const ArrayRules& rules = *node.array;
    const size_t i =
        token.size() > 9 ? rules.prefix.size() : std::stoul(std::string(token));
    Add(i < rules.prefix.size() ? rules.prefix[i] : rules.items, &next);
    if (rules.contains != kNoNode) Add(rules.contains, &next);
  }
  named_ = named;
  Enter(std::move(next));
}

bool SchemaPlace::AddMember(const ObjectRules& rules, std::string_view name,
                            std::vector<NodeId>* next) {
  const size_t i = rules.index.Find(name);
  const bool named =
      i != KeyIndex::kAbsent && rules.names[i].property != kNoNode;
  bool any = named;
  if (named) Add(rules.names[i].property, next);
  for (const ObjectRules::Pattern& pattern : rules.patterns) {
    if (re2::RE2::PartialMatch(re2::StringPiece(name.data(), name.size()),
                               *pattern.expression)) {
      any = true;
      Add(pattern.value, next);
    }
  }
  if (!any) Add(rules.additional, next);
  return named;
}

void SchemaPlace::StepToElement() {
  std::vector<NodeId> next;
  for (const NodeId id : nodes_) {
    const ArrayRules* const rules = schema_->at(id).array.get();
    if (rules == nullptr) continue;
    for (const NodeId element : rules->prefix) Add(element, &next);
    Add(rules->items, &next);
    if (rules->contains != kNoNode) Add(rules->contains, &next);
  }
  Enter(std::move(next));
}

void SchemaPlace::StepToOther() {
  std::vector<NodeId> next;
  for (const NodeId id : nodes_) {
    const ObjectRules* const rules = schema_->at(id).object.get();
    if (rules == nullptr) continue;
    for (const ObjectRules::Pattern& pattern : rules->patterns) {
      Add(pattern.value, &next);
    }
    Add(rules->additional, &next);
  }
  named_ = false;
  Enter(std::move(next));
}

void SchemaPlace::Add(NodeId id, std::vector<NodeId>* next) {
  // Those that say nothing of what lies below.
  if (id > kNoValue && !Contains(*next, id)) next->push_back(id);
}

bool Schema::IsPersonal(std::string_view pointer) const {
  std::vector<std::string> tokens;
  if (!SplitPointer(pointer, &tokens)) return true;
  SchemaPlace place(*compiled_);
  for (const std::string& token : tokens) place.Step(token);
  return place.personal() || (tokens.empty() && !place.said());
}

std::vector<std::string> Schema::TextsOf(std::string_view pointer) const {
  using Kind = JsonTree::Kind;
  std::vector<std::string> tokens;
  std::vector<std::string> texts;
  if (!SplitPointer(pointer, &tokens)) return texts;
  SchemaPlace place(*compiled_);
  for (const std::string& token : tokens) place.Step(token);
  for (const NodeId id : place.sure()) {
    for (const std::unique_ptr<ValueRules>& rules : compiled_->at(id).values) {
      texts.clear();
      for (const ValueRules::Literal& literal : rules->all) {
        if (literal.kind == Kind::kNull) continue;
        if (literal.kind != Kind::kString) {
          texts.clear();
          break;
        }
        texts.push_back(JsonScalarText(literal.json));
      }
      if (!texts.empty()) return texts;
    }
  }
  return texts;
}

std::vector<SchemaField> Schema::Fields() const {
  std::vector<SchemaField> fields;
  FieldWalk(*compiled_, &fields).Visit(SchemaPlace(*compiled_), "");
  return fields;
}

}  // namespace crm
