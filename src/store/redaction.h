// Taking what an event says out of a store, while its customer stays: the steps
// behind Tenant::Redact. See crm/privacy.h.
//
// The order:
//   1. one write: the choice; the event's row with a remnant in place of its
//      sealed part, which says the same but payload, metadata and extra; and a
//      row of family ops, that this is not complete. With it, in the same
//      instant: the profile, folded anew from the record's events;
//   2. a checkpoint; timeline blocks without what is gone, until then they are
//      read as if they were (ProfileRoom::Redact); a new key for the bucket of
//      the profile, and files rewritten;
//   3. the files of the log rewritten and looked into; the row of ops goes.
// Whoever opens the store finds that row and does 2 and 3 again.

#ifndef CRM_STORE_REDACTION_H_
#define CRM_STORE_REDACTION_H_

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "crm/privacy.h"
#include "identity/choice.h"
#include "store/core.h"
#include "store/sequencer.h"

namespace crm {

// Within one call of Sequencer::Choose: events are added, then all of them are
// redacted by one choice.
class Redaction final {
 public:
  Redaction(StoreCore& core, uint32_t tenant, Sequencer::Choosing& choosing)
      : core_(core), tenant_(tenant), choosing_(choosing) {}

  // Errors as Tenant::Redact. Ascending.
  Status Add(Position event, RedactReport* report);
  // With `by`, `why` and origin of `choice`. From then on the events are read
  // as they are to be: should the write fail, `redacted` is to be forgotten.
  Status Emit(bool dry, IdentityChoice* choice,
              ProfileRoom::RedactedEvents* redacted);

 private:
  Status CheckNotHeld(Position event, CustomerId customer, uint32_t type);
  Status MakeRemnant(Position event, const LogRecord& record,
                     std::string_view value);

  StoreCore& core_;
  const uint32_t tenant_;
  Sequencer::Choosing& choosing_;
  std::map<Position, std::string> rows_;  // As they are to be.
  std::map<RecordId, uint64_t> records_;  // Attributed ones.
};

// Steps 2 and 3 of a choice that is in the log. One at a time: REQUIRES
// core.erasure_mutex.
// `to_do`: as the row of ops says. Errors as PurgeLog.
Status FinishRedaction(StoreCore& core, const IdentityChoice& choice,
                       std::string_view to_do, uint64_t* files);
// Of all that are not complete.
Status FinishRedactions(StoreCore& core);

// Folds events of one record, in their order, into a state of a profile; rows
// of `replaced` stand for those that are in the log.
Status FoldEvents(StoreCore& core, Views& views,
                  std::span<const Position> positions,
                  const std::map<Position, std::string>& replaced,
                  std::string* state);

// Folds the profile of a record anew from its events in the log, up to `last`;
// rows of `replaced` stand for those that are there.
Status RefoldProfile(StoreCore& core, Views& views, uint32_t tenant,
                     RecordId record, Position last,
                     const std::map<Position, std::string>& replaced,
                     Generation& rows);

}  // namespace crm

#endif  // CRM_STORE_REDACTION_H_
