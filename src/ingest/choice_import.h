// Makes the choices of an export again, by the public calls that made them.
//
// A call may have left several lines, one after the other: a merge leaves a
// must-link before it, an unmerge its cannot-links, an answer what it said. So
// lines are gathered until something else comes, and told apart then.

#ifndef CRM_INGEST_CHOICE_IMPORT_H_
#define CRM_INGEST_CHOICE_IMPORT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/status.h"
#include "crm/store.h"
#include "ingest/export_lines.h"

namespace crm::ingest {

// kUnsupported: a choice that no public call makes; known before any is made.
Status CheckChoice(const ChoiceLine& choice);

class ChoiceImport final {
 public:
  // Called when something came out otherwise than the line says.
  using Differs = std::function<void(const std::string& tenant, uint64_t line,
                                     const std::string& what)>;
  ChoiceImport(Store& store, Differs differs)
      : store_(store), differs_(std::move(differs)) {}

  // A choice that is not an event's. May wait for the lines that follow.
  Status Add(crm::Tenant* tenant, uint64_t line, ChoiceLine choice);
  // Makes what was added. To be called before anything else is appended.
  Status Flush();

 private:
  struct Line {
    uint64_t number = 0;
    ChoiceLine choice;
  };
  using Pair = std::pair<RecordId, RecordId>;

  bool IsOther(const ChoiceLine& choice) const;
  // Makes the call that begins at `at`, and goes behind its lines.
  Status MakeNext(size_t* at);
  Status MakeAssertion(size_t* at);
  Status MakeMustLink(size_t* at);
  Status MakeMerge(const Line& said, const Line& merge);
  Status MakeAnswer(const Line& line, CustomerId keep);
  Status MakeUnmerge(const Line& line);
  Status FindTarget(const Line& line, UnmergeTarget* target);
  Status MakeHold(const Line& line);
  Status MakeWaiting(const Line& line);
  Status MakeHousehold(const Line& line);
  Status ReResolveAll();
  Status ApplyMatches();
  Status FindReview(const ChoiceLine& choice, Position* position);
  Status WalkReviews(std::string_view tenant);
  // Where the partition lies to which the cannot-link at `at` belongs; the end
  // of the lines: it stands for itself.
  size_t PartitionBehind(size_t at) const;
  bool IsAnswerTo(size_t at, const ChoiceLine& said, ReviewAnswer answer) const;
  Status Failed(const Line& line, const Status& status) const;

  Store& store_;
  const Differs differs_;
  crm::Tenant* tenant_ = nullptr;
  std::vector<Line> lines_;
  // Questions that were found, of tenant_name_.
  std::string tenant_name_;
  std::map<Pair, Position> reviews_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_CHOICE_IMPORT_H_
