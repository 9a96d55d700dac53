// The tail: the events since the last checkpoint, in order of position, with a
// chain per record. What the packed families hold on disk for older events,
// the tail holds for the newest; the checkpoint writes it out and drops it.
//
// Thread safety: all methods, from any thread.
//
// Invariant: a reader who looks at the tail first and at the disk afterwards
// misses nothing; what it then meets twice has one position.

#ifndef CRM_STORAGE_TAIL_H_
#define CRM_STORAGE_TAIL_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/mutex.h"
#include "crm/types.h"

namespace crm {

struct TailEntry {
  Position position = 0;
  uint64_t record = 0;  // 0: unattributed.
  uint64_t revision = 0;
  int64_t occurred_at = 0;
  uint32_t tenant = 0;
  uint32_t type = 0;
  uint32_t previous = 0;  // 1 + index of the record's entry before; 0: none.
  // For the timeline; empty when unattributed, or folded without a key.
  std::string_view content;
};

class Tail final {
 public:
  struct Part {
    std::deque<TailEntry> entries;  // Grows without moving.
    Arena contents;                 // Of the entries.
    // 1 + index of the last entry of (tenant, record).
    absl::flat_hash_map<std::pair<uint32_t, uint64_t>, uint32_t> last;
    size_t bytes = 0;
  };

  Tail();

  // In order of position. Contents are copied.
  void Append(std::span<const TailEntry> entries);

  // An empty part with room for as many records as the current one has, so
  // that it need not pause to grow.
  std::shared_ptr<Part> NextPart() const;
  // What there is becomes the frozen part, and `next` the current one.
  // REQUIRES: none is frozen.
  std::shared_ptr<const Part> Freeze(std::shared_ptr<Part> next);
  // The frozen part is on disk now.
  void DropFrozen();

  // Copies the entries of a record up to `last`, oldest first. Their contents
  // live as long as what is returned.
  using Parts = std::vector<std::shared_ptr<const Part>>;
  Parts ReadRecord(uint32_t tenant, uint64_t record, Position last,
                   std::vector<TailEntry>* out) const;
  // Copies the entries of a tenant that `match` accepts, without content,
  // oldest first.
  template <typename F>
  void ReadTenant(uint32_t tenant, Position last, F match,
                  std::vector<TailEntry>* out) const {
    for (const auto& part : AllParts()) {
      MutexLock lock(mutex_);
      for (const TailEntry& entry : part->entries) {
        if (entry.position > last) break;
        if (entry.tenant != tenant || !match(entry)) continue;
        out->push_back(TailEntry{entry.position,
                                 entry.record,
                                 entry.revision,
                                 entry.occurred_at,
                                 entry.tenant,
                                 entry.type,
                                 0,
                                 {}});
      }
    }
  }

  // How many events of a tenant it holds behind `after`, up to `last`.
  // `*first`: the position from which on it holds all events up to `last`.
  uint64_t CountTenant(uint32_t tenant, Position after, Position last,
                       Position* first) const;

  size_t bytes() const;
  uint64_t count() const;

 private:
  // Frozen first, if there is one.
  Parts AllParts() const;

  mutable Mutex mutex_;
  // Its contents are guarded, too: the analysis knows that of plain pointers
  // alone.
  std::shared_ptr<Part> current_ CRM_GUARDED_BY(mutex_);
  std::shared_ptr<const Part> frozen_ CRM_GUARDED_BY(mutex_);
};

}  // namespace crm

#endif  // CRM_STORAGE_TAIL_H_
