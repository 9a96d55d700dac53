// Where an import of a file stands, kept in the store itself.
//
// Each batch writes, in the same atomic request as its events, a host offset
// with its own number and with the state of the import when it was sent off:
// which batches are counted, and the sums over them. Batches that run side by
// side use different names ("import/<fingerprint>/<slot>"), so that none
// overwrites the other. The last batch waits for all others and writes "done"
// under "import/<fingerprint>"; from then on an import of the file begins at
// its beginning and writes no offsets: it will find nothing but duplicates.
//
// A batch that is appended but not yet counted when an import dies is counted
// by the next one (see Recount), before that writes anything else; and the
// result of it is one write for all such batches. So every event is counted
// exactly once, however often an import is cut off.

#ifndef CRM_INGEST_RESUME_H_
#define CRM_INGEST_RESUME_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

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

  // Whether a batch is in the counters.
  bool IsCounted(uint64_t batch) const {
    return batch < counted_below_ || counted_.count(batch) > 0;
  }
  const Counters& counters() const { return counters_; }

  // Batches that were appended before the import was cut off and are not
  // counted, with a position behind which their events lie.
  const std::map<uint64_t, Position>& uncounted() const { return uncounted_; }
  // All of them are counted now.
  void ForgetUncounted() { uncounted_.clear(); }

  // Where the events of the batches lie that were counted last: those that
  // may have been under way together with an uncounted one.
  std::vector<PositionRange> CountedRanges() const {
    return {ranges_.begin(), ranges_.end()};
  }

  // Puts a batch into the counters.
  void Count(uint64_t batch, const BatchResult& result);

  // The offset to store with a batch; none: it is not to be stored.
  std::optional<HostOffset> OffsetOf(uint64_t batch, bool last) const;
  // The offset that stores the counters alone.
  std::optional<HostOffset> StateOffset() const;

 private:
  bool Parse(const std::string& value);
  std::string State() const;

  crm::Tenant tenant_;
  std::string name_;  // Empty: nothing is stored.
  uint64_t counted_below_ = 0;
  std::set<uint64_t> counted_;  // Those that are not below.
  Counters counters_;
  Position head_ = 0;  // A position behind which later batches will lie.
  std::map<uint64_t, Position> uncounted_;
  std::deque<PositionRange> ranges_;  // Of the last kSlots counted batches.
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_RESUME_H_
