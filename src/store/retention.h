// Removing what events say when it is older than it may be kept: the steps
// behind Tenant::Retain. See crm/retention.h.
//
// The order:
//   1. one write: the mark, which says exactly which events those are, and a
//      row of family ops, that it is not complete. From then on these events
//      are read as expired (ProfileRoom::Expire);
//   2. a checkpoint; in the log a remnant takes the place of each event's
//      sealed part: what folds need of it, which the rooms say (Room::Carry);
//      timeline blocks without what is gone. The row says so then;
//   3. files rewritten and looked into (store/removal.h); the row goes.
// Whoever opens the store finds that row and does what remains again.

#ifndef CRM_STORE_RETENTION_H_
#define CRM_STORE_RETENTION_H_

#include "crm/status.h"
#include "store/core.h"

namespace crm {

// Does what remains of all retentions that are not complete. kBusy: but for
// files that somebody who reads keeps. One at a time with erasures: REQUIRES
// core.erasure_mutex.
Status FinishRetentions(StoreCore& core);

}  // namespace crm

#endif  // CRM_STORE_RETENTION_H_
