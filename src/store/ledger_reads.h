// A tenant's ledger as it is read: records, heads and targets, at one position.

#ifndef CRM_STORE_LEDGER_READS_H_
#define CRM_STORE_LEDGER_READS_H_

#include <memory>

#include "base/merkle.h"
#include "base/mutex.h"
#include "crm/ledger.h"
#include "store/tenant_impl.h"

namespace crm {

// One call: keeps the store open and the view in place. One thread at a time.
class LedgerReader final {
 public:
  explicit LedgerReader(const Tenant::Impl& tenant);

  // Not ok: the store is closed, and nothing else may be asked.
  const Status& status() const { return status_; }
  StoreCore& core() const { return core_; }
  const View& view() const { return *view_; }
  uint32_t tenant() const { return tenant_.id; }
  uint64_t size() const { return size_; }
  std::string origin() const;
  // The key that signs this ledger.
  Result<Key> SigningKey() const;

  // The tree of the first `size` leaves. kInvalidArgument: there are fewer.
  Result<LedgerHead> HeadAt(uint64_t size) const;
  MerkleNodes nodes() const;
  // kNotFound, kInvalidArgument: see LedgerTarget.
  Result<Position> Find(const LedgerTarget& target) const;
  // A record of this ledger as it lies in the log. kNotFound: none lies there.
  struct Stored {
    std::string value;
    LogRecordReader reader;
    LogRecord record;
  };
  Status Read(Position position, Stored* stored) const;
  Result<LedgerRecord> RecordAt(Position position) const;
  Result<Position> PositionOf(uint64_t index) const;
  // Of the records of a chain those from `first` on, at most `limit`.
  Result<std::vector<Position>> ChainOf(RecordId record, uint64_t first,
                                        size_t limit) const;
  // What it says, and its salt. kErased: its key is destroyed.
  Status Open(Position position, const LogRecord& record, Digest* salt,
              std::string* plain) const;

 private:
  ReaderLock open_;
  StoreCore& core_;
  const TenantInfo& tenant_;
  Status status_;
  std::shared_ptr<View> view_;
  uint64_t size_ = 0;
};

}  // namespace crm

#endif  // CRM_STORE_LEDGER_READS_H_
