#include "identity/changes.h"

#include <algorithm>
#include <map>
#include <utility>

namespace crm {
namespace {

using Part = IdentityChoice::Part;

// Whether it is said by a merge already that `from` leads to `to` now.
bool LeadsTo(const std::vector<Part>& parts, CustomerId from, CustomerId to) {
  return std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
    return part.customer == from && part.members.moved_to == to;
  });
}

void AppendSplits(const IdentityChoice& choice, const Part& part,
                  std::vector<IdentityChange>* changes) {
  std::map<CustomerId, std::vector<RecordId>> by_origin;
  for (const IdentityChoice::Move& move : part.moved) {
    by_origin[move.from].push_back(move.record);
  }
  for (auto& [from, records] : by_origin) {
    if (LeadsTo(choice.parts, from, part.customer)) continue;
    std::sort(records.begin(), records.end());
    changes->push_back({IdentityChange::Kind::kSplit, choice.position, from,
                        part.customer, std::move(records)});
  }
}

}  // namespace

std::vector<IdentityChange> ChangesOf(const IdentityChoice& choice) {
  std::vector<IdentityChange> changes;
  if (choice.kind == ChoiceKind::kMerge) {
    changes.push_back({IdentityChange::Kind::kMerged,
                       choice.position,
                       choice.retired,
                       choice.customer,
                       {}});
  }
  if (choice.kind == ChoiceKind::kErasure) {
    changes.push_back({IdentityChange::Kind::kErased, choice.position,
                       choice.customer, 0, choice.erasure.records});
  }
  if (choice.kind != ChoiceKind::kPartition) return changes;
  // An id that comes back leads to nobody first, so that others can lead to it.
  for (const Part& part : choice.parts) AppendSplits(choice, part, &changes);
  // Also of those that led elsewhere before: their steps are others now.
  for (const Part& part : choice.parts) {
    if (part.members.moved_to == 0) continue;
    changes.push_back({IdentityChange::Kind::kMerged,
                       choice.position,
                       part.customer,
                       part.members.moved_to,
                       {}});
  }
  return changes;
}

}  // namespace crm
