// Where an import of a file stands, kept in the store itself.
//
// Each batch writes, in the same atomic request as its events, a host offset
// with its own number and with the counters of all batches before the first
// one that is not finished. Batches that run side by side use different names
// ("import/<fingerprint>/<slot>"), so that none overwrites the other. The last
// batch waits for all others and writes "done" under "import/<fingerprint>";
// from then on an import of the file begins at its beginning and writes no
// offsets: it will find nothing but duplicates.

#ifndef CRM_INGEST_RESUME_H_
#define CRM_INGEST_RESUME_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "crm/event.h"
#include "crm/store.h"
#include "ingest/batch_appender.h"
#include "ingest/content_hash.h"

namespace crm::ingest {

// How many batches may be under way at once.
inline constexpr size_t kSlots = 32;

// One thread: the one that reads and merges.
class ImportProgressLog final {
 public:
  // `fingerprint` tells file, map and batch name; absent: the file cannot be
  // recognised, nothing is stored and nothing resumed.
  ImportProgressLog(const crm::Tenant& tenant,
                    std::optional<ContentHash> fingerprint);

  // Reads what the store knows. Not ok: it could not be read.
  Status Load();

  // Batches below this one are finished, with these counters.
  uint64_t finished() const { return finished_; }
  const Counters& counters() const { return counters_; }

  // Not null: the batch was appended before the import was cut off, but is
  // not in the counters; its events lie behind this position.
  const Position* AppendedBefore(uint64_t batch) const;

  // The offset to store with a batch; none: it is not to be stored.
  std::optional<HostOffset> OffsetOf(uint64_t batch, bool last) const;

  // All batches up to `batch` are finished; `result` is its own.
  void Finish(uint64_t batch, const BatchResult& result);

 private:
  bool ParseSlot(const std::string& value);

  crm::Tenant tenant_;
  std::string name_;  // Empty: nothing is stored.
  uint64_t finished_ = 0;
  Counters counters_;
  Position head_ = 0;  // A position behind which later batches will lie.
  std::map<uint64_t, Position> appended_before_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_RESUME_H_
