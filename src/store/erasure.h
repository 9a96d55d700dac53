// Erasing a customer: the steps behind Tenant::Erase, and finishing what was
// cut off. See crm/privacy.h.
//
// The order, each step durable before the next:
//   1. a note in the journal of the keyring, beside the choice that is about to
//      be written;
//   2. the choice in the log, with its fold: she is fenced. Of mode kAnonymise
//      in the same write the pool with what she adds, and the events that come
//      out of it (store/anonymise.h); never again by what follows;
//   3. her keys become tombstones and the note says so, in one write;
//   4. a checkpoint, and new keys for the buckets that held her rows; of mode
//      kAnonymise the pool as it was before out of the files; of mode
//      kHard also timelines without anything sealed, her events' sealed parts
//      taken out of the log, and the note says so;
//   5. of mode kHard: files of the log rewritten and looked into;
//   6. the note gets the certificate and is complete.
// Whoever opens the store finds the note: without a choice at its place nothing
// was acknowledged and it goes; otherwise the steps from 3 on are done again,
// each of which may be.

#ifndef CRM_STORE_ERASURE_H_
#define CRM_STORE_ERASURE_H_

#include <string>

#include "crm/privacy.h"
#include "identity/choice.h"
#include "store/core.h"

namespace crm {

// Erases again what the journal holds and the log does not, because it was set
// back to before it: a restored store does not bring anybody back. When the
// store is opened, before anybody can read.
Status ReplayErasures(StoreCore& core);

// Does what remains of all erasures and redactions that are not complete. One
// at a time with Erase: REQUIRES core.erasure_mutex. kBusy: all of it but files
// that somebody keeps (see PurgeLog); no key that is to go is there any more.
Status FinishErasures(StoreCore& core);

}  // namespace crm

#endif  // CRM_STORE_ERASURE_H_
