// Taking what is sealed of events out of the log and its files, for good: what
// an erasure of mode kHard, a redaction and a retention have in common.

#ifndef CRM_STORE_REMOVAL_H_
#define CRM_STORE_REMOVAL_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "crm/status.h"
#include "format/log_record.h"
#include "identity/choice.h"
#include "store/core.h"

namespace crm {

// Rows of family ops: redactions and retentions that are not complete, by the
// position of their choice. Their values: what is to be done.
inline constexpr std::string_view kOpenRedactions = "redaction/";
inline constexpr std::string_view kOpenRetentions = "retention/";
inline constexpr std::string_view kViewsToDo = "1";
inline constexpr std::string_view kFilesToDo = "2";

std::string OpenRemovalRow(std::string_view kind, Position position);
// Goes on with all of one kind, in the order of the log. kBusy: those for which
// somebody keeps a file are open still, and the others done.
Status FinishOpenRemovals(
    StoreCore& core, std::string_view kind,
    const std::function<Status(const IdentityChoice& choice,
                               std::string_view to_do)>& finish);
// Takes the rows of a tenant who is dropped away: nobody can read the choices.
Status ForgetRemovalsOf(const StoreCore& core, uint32_t tenant, Batch* batch);

// What a removal has done so far; it may be done again, and counts the same.
struct Removed {
  uint64_t bytes = 0;  // That were sealed.
  uint64_t files = 0;  // Of the log, looked into.
};

// Takes the sealed parts of events, in the order of their positions, out of
// their rows, remnants included; those that `is_meant` says are not, stay. The
// chain stays as it is. REQUIRES: the events are at rest, and nobody can read
// what goes (its keys are destroyed).
Status RemoveFromLog(StoreCore& core, std::span<const Position> events,
                     const std::function<bool(const LogRecord&)>& is_meant,
                     Removed* removed);

// When these rows are replaced: rewrites the files that held the old ones, and
// looks into all of them. kBusy: somebody who reads keeps a file that holds one
// still; it can be done again. kCorruption: a file is damaged.
Status PurgeLog(StoreCore& core, std::span<const Position> events,
                Removed* removed);

}  // namespace crm

#endif  // CRM_STORE_REMOVAL_H_
