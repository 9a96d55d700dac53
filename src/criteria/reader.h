// From JSON to nodes: what parser.cc (nodes) and reader.cc (what stands in
// them) share. Each method reads one part, and says whether it could; the first
// one that could not has left the reason.

#ifndef CRM_CRITERIA_READER_H_
#define CRM_CRITERIA_READER_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "criteria/node.h"
#include "format/json_tree.h"

namespace crm {

class CriteriaReader final {
 public:
  // What a test may be about.
  enum class About : uint8_t { kValue, kNumber, kInstant };

  bool ReadNode(const JsonTree& tree, const std::string& place, size_t depth,
                bool of_event, std::unique_ptr<const CriteriaNode>* out);
  Status status() && { return std::move(status_); }

 private:
  bool Fail(const std::string& place, std::string_view why,
            StatusCode code = StatusCode::kInvalidArgument);
  // The members that an object may have.
  bool Only(const JsonTree& tree, const std::string& place,
            std::initializer_list<std::string_view> members);
  // A member that has to be there.
  bool Need(const JsonTree& tree, const std::string& place,
            std::string_view name, const JsonTree** out);
  bool ReadText(const JsonTree& tree, const std::string& place,
                std::string* out);
  // One of these words: its index.
  bool ReadWord(const JsonTree& tree, const std::string& place,
                std::initializer_list<std::string_view> words, size_t* out);
  bool ReadNumber(const JsonTree& tree, const std::string& place, int64_t least,
                  int64_t most, int64_t* out);

  bool ReadGroup(const JsonTree& tree, const std::string& place, size_t depth,
                 bool of_event, const JsonTree& list, std::string_view member,
                 CriteriaNode* node);
  bool ReadRules(const JsonTree& tree, const std::string& place, size_t depth,
                 bool of_event, CriteriaNode* node);
  bool ReadKind(const JsonTree& tree, const std::string& place, size_t depth,
                bool of_event, CriteriaNode* node);
  bool ReadLeaf(const JsonTree& tree, const std::string& place,
                std::string_view member, CriteriaNode* node);
  bool ReadEvent(const JsonTree& tree, const std::string& place, size_t depth,
                 CriteriaNode* node);
  bool ReadPick(const JsonTree& tree, const std::string& place, size_t depth,
                CriteriaNode* node);
  bool ReadAggregate(const JsonTree& tree, const std::string& place,
                     CriteriaNode* node);
  bool ReadSequence(const JsonTree& tree, const std::string& place,
                    size_t depth, CriteriaNode* node);
  bool ReadConsent(const JsonTree& tree, const std::string& place,
                   CriteriaNode* node);
  bool ReadBucket(const JsonTree& tree, const std::string& place,
                  CriteriaNode* node);
  bool ReadSelector(const JsonTree& tree, const std::string& place,
                    size_t depth, EventSelector* out);

  bool ReadPath(const JsonTree& tree, const std::string& place,
                CriteriaPath* out);
  bool ReadTest(const JsonTree& tree, const std::string& place, About about,
                ValueTest* out);
  bool ReadOperands(const JsonTree& value, const std::string& place,
                    About about, ValueTest* out);
  bool ReadScalar(const JsonTree& tree, const std::string& place,
                  CriteriaOperand* out);
  bool ReadOrdered(const JsonTree& tree, const std::string& place, About about,
                   CriteriaOperand* out);
  bool ReadBounds(const JsonTree& value, const std::string& place, About about,
                  ValueTest* out);
  bool ReadList(const JsonTree& value, const std::string& place,
                ValueTest* out);
  bool ReadExpression(const JsonTree& value, const std::string& place,
                      ValueTest* out);
  bool ReadNear(const JsonTree& value, const std::string& place,
                ValueTest* out);
  bool ReadDegrees(const JsonTree& tree, const std::string& place, double most,
                   double* out);
  bool ReadDuration(const JsonTree& tree, const std::string& place,
                    CriteriaDuration* out);
  bool ReadInstant(const JsonTree& tree, const std::string& place,
                   CriteriaInstant* out);
  // A unit, and the offset beside it.
  bool ReadPiece(const JsonTree& tree, const std::string& place,
                 std::string_view member, CriteriaInstant* out);
  bool ReadWindow(const JsonTree& tree, const std::string& place,
                  CriteriaWindow* out);

  Status status_;
  size_t nodes_ = 0;
};

// A pointer to a member, or to an element, of what lies at `place`.
std::string CriteriaPlace(const std::string& place, std::string_view token);

}  // namespace crm

#endif  // CRM_CRITERIA_READER_H_
