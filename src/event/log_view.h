// The log as it is read: records by position, their keys, dictionaries and
// epochs, and the way from a sealed body to its text.
//
// Thread safety: all methods, from any thread.

#ifndef CRM_EVENT_LOG_VIEW_H_
#define CRM_EVENT_LOG_VIEW_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "crm/status.h"
#include "crm/types.h"
#include "format/dictionary.h"
#include "format/event_body.h"
#include "format/log_record.h"
#include "storage/database.h"
#include "storage/keyring.h"

namespace crm {

// Families of the log database.
enum LogFamily : size_t { kLogEvents = 0, kLogOps = 1 };

std::string LogKey(Position position);

class LogView final {
 public:
  LogView(const Database* log, KeyRing* keyring);

  // The stored value of a log record. kCorruption when it is not there.
  Status Read(Position position, std::string* value) const;

  // The 16 random bytes of the epoch record at this position.
  Result<std::string> Epoch(Position position) const;
  // Position zero: the empty dictionary.
  Result<std::shared_ptr<const Dictionary>> DictionaryAt(
      Position position) const;
  // What a dictionary, a definition or a choice says: sealed with the tenant's
  // key. `salt` (may be null): of a record of the ledger.
  Status OpenOfTenant(Position position, const LogRecord& record,
                      std::string* body, Digest* salt = nullptr) const;
  // For records that are not in the log yet or were just written.
  void RememberEpoch(Position position, std::string_view random) const;
  void RememberDictionary(Position position,
                          std::shared_ptr<const Dictionary> dictionary) const;

  // The key that seals an event's body. kErased, kKeyMissing. Only the writer
  // of the event may `make` it.
  Result<Key> KeyOf(const EventHeader& header, bool make) const;
  // Unseals the body into `*body`, as it was compressed; of a redacted event
  // what is left of it. kErased: the key is destroyed, or the sealed part was
  // removed. kCorruption: it does not open. `salt` as above.
  Status Unseal(Position position, const LogRecord& record, std::string* body,
                Digest* salt = nullptr) const;
  // Seals a packed body that is to stand in the place of an event's own one:
  // see RemoveSealed. Errors as KeyOf.
  Status SealRemnant(Position position, const LogRecord& record,
                     std::string_view packed, std::string* remnant) const;
  // From a compressed body to its plain text.
  Status Expand(const EventHeader& header, std::string_view body,
                std::string* plain) const;

 private:
  // A record with what it views.
  struct StoredRecord {
    std::string value;
    LogRecordReader reader;
    LogRecord record;
  };
  Status OpenRemnant(Position position, const LogRecord& record, const Key& key,
                     std::string* body) const;
  // kCorruption when the record at this position is of another kind.
  Status ReadAs(LogKind kind, Position position, StoredRecord* stored) const;

  const Database* const log_;
  KeyRing* const keyring_;
  mutable SharedMutex mutex_;
  mutable absl::flat_hash_map<Position, std::string> epochs_
      CRM_GUARDED_BY(mutex_);
  mutable absl::flat_hash_map<Position, std::shared_ptr<const Dictionary>>
      dictionaries_ CRM_GUARDED_BY(mutex_);
};

}  // namespace crm

#endif  // CRM_EVENT_LOG_VIEW_H_
