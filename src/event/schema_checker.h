// Private to Schema::Validate: one walk of a payload through the nodes.

#ifndef CRM_EVENT_SCHEMA_CHECKER_H_
#define CRM_EVENT_SCHEMA_CHECKER_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "crm/event.h"
#include "event/schema_nodes.h"
#include "format/json_internal.h"

namespace crm {

// One use each. Collects up to `limit` violations, with 0 none: the answer is
// then yes or no. Every Check... returns whether the value is valid. When it
// is not and Stop() is false, the scanner stands behind the value all the
// same, so that the walk goes on.
class SchemaChecker final {
 public:
  SchemaChecker(const CompiledSchema& schema, size_t limit)
      : schema_(schema), room_(limit), quiet_(limit == 0 ? 1 : 0) {}

  template <typename F>
  bool Run(std::string_view payload, F&& take) {
    take_ = std::forward<F>(take);
    return RunText(payload);
  }

  // Whether one schema allows a value that is JSON for sure.
  bool IsValidAt(NodeId id, std::string_view text) {
    return IsValid(id, text, 0) && !broken_ && !out_of_steps_;
  }

 private:
  // Where in the payload we are: a member, or with an empty `name.data()` the
  // element of an array.
  struct Frame {
    const Frame* parent;
    std::string_view name;
    uint64_t index;
  };

  // Unescaped text of a token; on the stack as a rule.
  class Room final {
   public:
    std::string_view Unescape(std::string_view raw) {
      char* out = small_;
      if (raw.size() > sizeof(small_)) {
        large_.resize(raw.size());
        out = large_.data();
      }
      return {out, static_cast<size_t>(UnescapeTo(raw, out) - out)};
    }

   private:
    char small_[256];
    std::string large_;
  };

  bool RunText(std::string_view payload);
  bool Check(NodeId id, const Frame* frame, JsonScanner* at, size_t depth);
  // The same for text that was scanned before.
  bool CheckSub(NodeId id, const Frame* frame, std::string_view text,
                size_t depth);
  // The same, and nothing is reported.
  bool IsValid(NodeId id, std::string_view text, size_t depth);
  bool TakeAny(JsonScanner* at, size_t depth);

  bool CheckType(const SchemaNode& node, uint8_t type, const Frame* frame,
                 std::string_view text);
  bool CheckNumber(const SchemaNode& node, const Frame* frame, JsonScanner* at);
  bool CheckText(const SchemaNode& node, const Frame* frame, JsonScanner* at);
  bool CheckObject(const SchemaNode& node, const Frame* frame, JsonScanner* at,
                   size_t depth);
  bool CheckMember(const ObjectRules& rules, const JsonScanner::Key& key,
                   const Frame* frame, JsonScanner* at, size_t depth,
                   NameSet* seen);
  bool CheckAdditional(const ObjectRules& rules, const Frame& child,
                       JsonScanner* at, size_t depth);
  bool CheckByPattern(const ObjectRules& rules, NodeId property,
                      const Frame& child, JsonScanner* at, size_t depth);
  bool CheckDependents(const ObjectRules& rules, const NameSet& seen,
                       const Frame* frame, std::string_view text, size_t depth);
  bool CheckArray(const SchemaNode& node, const Frame* frame, JsonScanner* at,
                  size_t depth);
  bool CheckUnique(const Frame* frame, std::string_view text, size_t depth);
  // What is held against a value that was scanned: enum, const, in place.
  bool CheckWhole(const SchemaNode& node, const Frame* frame,
                  std::string_view text, size_t depth);
  bool IsOneOf(const ValueRules& rules, std::string_view text);
  bool CheckInPlace(const InPlaceRules& rules, const Frame* frame,
                    std::string_view text, size_t depth);

  // False: there are not so many left, and the check is over.
  bool Spend(size_t steps);

  // Nothing that is still to come can be of interest.
  bool Stop() const {
    return quiet_ > 0 || room_ == 0 || broken_ || out_of_steps_;
  }

  // All return false.
  bool Report(const Frame* frame, std::string_view keyword,
              std::string_view message, std::string_view value = {});
  void ReportType(const SchemaNode& node, const Frame* frame,
                  std::string_view value);
  void ReportLimit(const Frame* frame, std::string_view keyword,
                   std::string_view words, std::string_view limit,
                   std::string_view value);
  void ReportMissing(const Frame* frame, std::string_view keyword,
                     std::string_view name, std::string_view because_of);
  void ReportValues(const ValueRules& rules, const Frame* frame,
                    std::string_view value);
  // Where `frame` is, as far as it may be told.
  SchemaPlace PathOf(const Frame* frame, std::string* path) const;

  const CompiledSchema& schema_;
  std::function<void(SchemaViolation)> take_;
  size_t room_;
  size_t quiet_;
  size_t steps_ = kMaxSchemaSteps;
  bool broken_ = false;
  bool out_of_steps_ = false;
};

}  // namespace crm

#endif  // CRM_EVENT_SCHEMA_CHECKER_H_
