// Recomputes what the ledgers of a log say of themselves, record by record:
// links, leaves, roots, and that none is missing. Needs no key.

#ifndef CRM_CONSENT_LEDGER_CHECK_H_
#define CRM_CONSENT_LEDGER_CHECK_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>

#include "base/merkle.h"
#include "consent/ledger_entry.h"
#include "crm/status.h"
#include "event/names.h"
#include "format/log_record.h"

namespace crm {

// One thread at a time.
class LedgerCheck final {
 public:
  // Every record of the log, from the first on. kCorruption: the record is one
  // of a ledger and not what it should be; the rest is held against what
  // stands in it.
  Status Add(Position position, const LogRecord& record);

  // How many records of ledgers came: in all, and of a tenant.
  uint64_t records() const { return records_; }
  uint64_t SizeOf(uint32_t tenant) const;
  // Of a tenant: its tree, after the last record.
  Digest RootOf(uint32_t tenant) const;

 private:
  struct Stream {
    uint64_t count = 0;
    Position position = 0;
    Digest link{};
  };
  struct Ledger {
    MerkleFrontier tree;
    bool broken = false;  // What its tree is cannot be said any more.
    absl::flat_hash_map<RecordId, Stream> streams;
  };

  Status CheckHashes(const LedgerFacts& facts, const LogRecord& record,
                     Stream* stream);
  Status CheckTree(const LedgerEntry& entry, Ledger* ledger);

  Names names_;
  absl::flat_hash_map<uint32_t, Ledger> ledgers_;
  uint64_t records_ = 0;
};

}  // namespace crm

#endif  // CRM_CONSENT_LEDGER_CHECK_H_
