// Private to Schema::Compile: from the JSON tree of a definition to nodes.

#ifndef CRM_EVENT_SCHEMA_COMPILER_H_
#define CRM_EVENT_SCHEMA_COMPILER_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "event/schema_nodes.h"

namespace crm {

class SchemaCompiler final {
 public:
  explicit SchemaCompiler(CompiledSchema* schema) : schema_(schema) {}

  // Of schema->tree.
  Status Run();

 private:
  enum class Dialect : uint8_t { kEither, kDraft7, k2020 };

  // A keyword: what it does with its value, of the node that is compiled. All
  // return false after Fail.
  struct Site {
    NodeId id;
    const JsonTree& schema;  // With the keyword's neighbours.
    std::string_view keyword;
    const JsonTree& value;
    std::string pointer;  // Of the value.
  };
  using Handler = bool (SchemaCompiler::*)(const Site&);
  struct Keyword {
    std::string_view name;
    Handler handler;
  };
  static const Keyword* FindKeyword(std::string_view name);

  bool Fail(StatusCode code, const std::string& pointer, std::string_view why);
  bool Wrong(const Site& site, std::string_view why) {
    return Fail(StatusCode::kInvalidArgument, site.pointer, why);
  }

  // The node of a schema; kNoNode after Fail.
  NodeId Compile(const JsonTree& tree, const std::string& pointer);
  bool CompileKeyword(NodeId id, const JsonTree& tree, size_t i,
                      const std::string& pointer);
  bool CheckRefNeighbours(const JsonTree& tree, const std::string& pointer);
  bool CompileInto(const Site& site, NodeId* node);
  bool CompileList(const Site& site, std::vector<NodeId>* nodes);
  // Calls take(key, value, pointer) for each member of an object.
  template <typename F>
  bool ForEachMemberOf(const Site& site, F&& take);

  bool TakeCount(const Site& site, uint64_t* count);
  bool TakeBool(const Site& site, bool* value);
  bool TakeLimit(const Site& site, std::unique_ptr<NumberLimit>* limit);
  bool TakeNames(const JsonTree& value, const std::string& pointer,
                 std::vector<std::string_view>* names);
  bool TakeExpression(std::string_view text, const std::string& pointer,
                      std::shared_ptr<const re2::RE2>* expression);
  bool Track(ObjectRules* rules, std::string_view name,
             const std::string& pointer, uint16_t* number);

  bool OnIgnored(const Site& site);
  bool OnText(const Site& site);
  bool OnFlag(const Site& site);
  bool OnUnsupported(const Site& site);
  bool OnDialect(const Site& site);
  bool OnId(const Site& site);
  bool OnDefinitions(const Site& site);
  bool OnRef(const Site& site);
  bool OnPersonal(const Site& site);
  bool OnType(const Site& site);
  bool OnEnum(const Site& site);
  bool OnConst(const Site& site);
  bool OnNumberLimit(const Site& site);
  bool OnMultipleOf(const Site& site);
  bool OnLength(const Site& site);
  bool OnPattern(const Site& site);
  bool OnFormat(const Site& site);
  bool OnItems(const Site& site);
  bool OnPrefixItems(const Site& site);
  bool OnAdditionalItems(const Site& site);
  bool OnContains(const Site& site);
  bool OnArrayCount(const Site& site);
  bool OnUniqueItems(const Site& site);
  bool OnProperties(const Site& site);
  bool OnPatternProperties(const Site& site);
  bool OnAdditionalProperties(const Site& site);
  bool OnPropertyNames(const Site& site);
  bool OnMemberCount(const Site& site);
  bool OnRequired(const Site& site);
  bool OnDependent(const Site& site);
  bool OnInPlaceList(const Site& site);
  bool OnInPlace(const Site& site);

  void AddLiteral(const JsonTree& value, ValueRules* rules);
  ObjectRules::Dependent* DependentOf(ObjectRules* rules, std::string_view name,
                                      const std::string& pointer);
  bool AddDependentNames(ObjectRules* rules, std::string_view name,
                         const JsonTree& value, const std::string& pointer);

  SchemaNode& node(NodeId id) { return schema_->nodes[id]; }
  template <typename T>
  static T& Make(std::unique_ptr<T>& rules) {
    if (rules == nullptr) rules = std::make_unique<T>();
    return *rules;
  }

  const JsonTree* Resolve(std::string_view pointer) const;
  bool LinkRefs();
  // Schemas that lead to themselves at the same value would never end.
  bool CheckInPlaceDepth();
  bool Measure(NodeId id, std::vector<uint8_t>* heights);
  // A node that is nothing but a $ref is stepped over.
  void SkipPlainRefs();
  NodeId Behind(NodeId id) const;

  struct Ref {
    NodeId from;
    const JsonTree* target;
    std::string pointer;
  };

  CompiledSchema* schema_;
  Dialect dialect_ = Dialect::kEither;
  std::map<const JsonTree*, NodeId> done_;
  std::vector<Ref> refs_;
  size_t expressions_ = 0;
  Status status_;
};

}  // namespace crm

#endif  // CRM_EVENT_SCHEMA_COMPILER_H_
