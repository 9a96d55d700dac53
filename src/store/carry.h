// The remnant of an event whose time is over: what the rooms need of it, in its
// place in the log, so that a replay comes to the same rows.

#ifndef CRM_STORE_CARRY_H_
#define CRM_STORE_CARRY_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "event/room.h"
#include "format/log_record.h"
#include "store/core.h"

namespace crm {

// The identity of an event whose time is over, as far as it stays; empty: it
// does not, or nobody can read it any more.
Status ReadCarriedIdentity(const StoreCore& core, Position position,
                           std::string* identity);

// One thread. Events in the order of their positions.
class Carrier final {
 public:
  explicit Carrier(const StoreCore& core) : core_(core) {}

  // As RemoveSealed takes it; empty: nothing of it is needed.
  Status MakeRemnant(const Fact& fact, const LogRecord& record,
                     std::string* remnant);

 private:
  // Whether the record was never called so before, by event time: that is what
  // a re-resolve goes by.
  bool SaysFirst(const Fact& fact);

  const StoreCore& core_;
  using Place = std::tuple<int64_t, uint64_t, Position>;
  absl::flat_hash_map<std::pair<RecordId, uint64_t>, Place> said_;
  std::string packed_;
  std::string payload_;
};

}  // namespace crm

#endif  // CRM_STORE_CARRY_H_
