// Folding a stretch of the log into a set of views: after a crash, when the
// views were lost, and aside for verify.

#ifndef CRM_STORE_RECOVERY_H_
#define CRM_STORE_RECOVERY_H_

#include <functional>

#include "consent/ledger_check.h"
#include "store/core.h"

namespace crm {

struct FoldLogOptions {
  Position first = 1;
  Position last = 0;
  // The chain head before `first`; checked from there on.
  Digest chain{};
  // A checkpoint each so many records; also at the end when `flush`.
  uint64_t checkpoint_records = 200'000;
  bool flush = false;
  // Decode the next stretch in a second thread meanwhile.
  bool parallel = false;
  Progress progress;
  // Where the names of the log go; null: the store's.
  Names* names = nullptr;
  // The same of the definitions.
  Definitions* definitions = nullptr;
  // Checks the ledgers, and that a choice says why something was removed; null:
  // nobody does.
  LedgerCheck* ledger = nullptr;
};

// Folds the log records first..last of `core` into `views`. kCorruption names
// the position.
Status FoldLog(StoreCore& core, Views& views, const FoldLogOptions& options);

// The chain head that a batch ending at `position` left; zeroes for 0.
// kCorruption when no batch ends there.
Result<Digest> ChainAt(const LogView& log, Position position);

}  // namespace crm

#endif  // CRM_STORE_RECOVERY_H_
