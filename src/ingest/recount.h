// Counting again what a run that was cut off had appended.
//
// A batch and the offset that covers it are one atomic write, but how many of
// its rows were new is known only after it. So for the few batches that were
// under way when an import died, the resumed import appends them again and
// tells, from the positions at which the store has them already, which rows
// were appended then.

#ifndef CRM_INGEST_RECOUNT_H_
#define CRM_INGEST_RECOUNT_H_

#include <mutex>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "crm/store.h"

namespace crm::ingest {

// Positions, both ends included; zero: none.
struct PositionRange {
  Position first = 0;
  Position last = 0;
};

// Any thread.
class Recount final {
 public:
  struct Event {
    bool new_customer = false;
    bool unattributed = false;
  };

  explicit Recount(const crm::Tenant& tenant) : tenant_(tenant) {}

  // Where the events of batches lie that are in the counters already. Before
  // the first Take.
  void SetCounted(std::vector<PositionRange> counted) {
    counted_ = std::move(counted);
  }

  // The event at `position`, once: false when it is counted already, was
  // taken before (two rows with one id) or cannot be read.
  bool Take(Position position, Event* event);

 private:
  const crm::Tenant tenant_;
  std::vector<PositionRange> counted_;
  std::mutex mutex_;
  absl::flat_hash_set<Position> taken_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_RECOUNT_H_
