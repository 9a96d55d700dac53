// The overlay: rows in memory over the rows on disk.
//
// Every room keeps its state as rows, and every row that is hot, or newer than
// the disk, lies here. There is one writer (the sequencer), who works on a
// private Generation and publishes it whole; any number of readers; and the
// checkpoint, which writes what has changed.
//
// Thread safety: Get, OpenView and View are for any thread. Generation and
// Publish are for the sequencer. Freeze, Capture, Written and Evict are for
// the checkpoint, one at a time.
//
// Invariants:
//  1. A row in memory is never older than the one on disk.
//  2. A row that is newer than the disk is in the dirty list of the current
//     epoch or of the frozen one, and is never evicted.
//  3. A View sees, for every row, the value at its position: whoever replaces
//     a row first gives the old value to every live view that lacks it.
//  4. Publish is atomic for views: OpenView waits for it.

#ifndef CRM_STORAGE_OVERLAY_H_
#define CRM_STORAGE_OVERLAY_H_

#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "crm/status.h"
#include "crm/types.h"
#include "storage/database.h"
#include "storage/huge_pages.h"
#include "storage/row.h"
#include "storage/row_key.h"
#include "storage/row_table.h"

namespace crm {

// How a row differs on disk (sealing); Encode kErased: it is not kept there.
class RowCodec {
 public:
  virtual ~RowCodec() = default;
  virtual Status Encode(const RowKey& key, std::string_view row,
                        std::string* stored) const = 0;
  // kCorruption when `stored` is damaged or belongs to another key.
  virtual Status Decode(const RowKey& key, std::string_view stored,
                        std::string* row) const = 0;
};

// How a family of rows behaves.
struct RowFamily {
  std::string name;
  FamilyKind kind = FamilyKind::kPoint;
  int words = 1;  // Of the key: 1 or 2.
  // Kept in memory once seen: absence in memory means absence when the whole
  // family has been loaded (WarmUp).
  bool resident = false;
  // Never in memory: written by rooms at checkpoints only.
  bool packed = false;
  // Not kept in memory once it is on the disk: seldom read again.
  bool passing = false;
  // Null: the same bytes. Not for resident families.
  std::shared_ptr<const RowCodec> codec;
};

// A row of a family.
struct RowRef {
  uint32_t family;
  RowKey key;
  bool operator==(const RowRef&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const RowRef& ref) {
    const RowKey& row = ref.key;
    return H::combine(std::move(h), row.a ^ (row.b * 0x9e3779b97f4a7c15) ^
                                        (uint64_t{row.tenant} << 40) ^
                                        (uint64_t{ref.family} << 56));
  }
};

class Overlay;

// A state of all rows at one position.
class View final {
 public:
  ~View();
  Position position() const { return position_; }
  // kCorruption, kIoError. A row that is not there does not exist().
  Result<Row> Get(size_t family, const RowKey& key) const;

 private:
  friend class Overlay;
  explicit View(Overlay* overlay) : overlay_(overlay) {}

  Overlay* const overlay_;
  // Set when the overlay takes the view in, and constant from then on.
  Position position_ = 0;
  // Not zero: a checkpoint's own view, which reads only rows that were dirty
  // in this epoch; other rows need not be kept for it.
  uint8_t epoch_ = 0;
  static constexpr size_t kShards = 64;
  // Old values of rows that changed after position_; guarded by the shard's
  // mutex in the overlay.
  std::array<absl::flat_hash_map<RowRef, Row>, kShards> saved_;
};

// What one group of requests would change. Rows read through it show its own
// changes first. A request that is refused is rolled back alone.
class Generation final {
 public:
  explicit Generation(Overlay* overlay);

  // What is not changed here is read from `below`, a generation that will be
  // published before this one, and then from the overlay. Null: none. Nobody
  // may change `below` while this one reads.
  void set_below(const Generation* below) { below_ = below; }
  // With no view open, and none opened while this lives, the old values of
  // rows that are put need not be read.
  void set_blind() { blind_ = true; }

  Result<Row> Get(size_t family, const RowKey& key);
  // As Get, for a row that will be put or deleted: the change then need not
  // look for it again.
  Result<Row> GetForChange(size_t family, const RowKey& key);
  // Whether a row that was read from the overlay when Replaced(family) was
  // `seen` is still the same, in the overlay and here.
  bool Holds(size_t family, uint64_t seen) const;
  // Only what is not published yet: of this generation and the one below.
  Row GetOwn(size_t family, const RowKey& key) const;
  // Replaces; reads the old value when it has not been read (views need it).
  Status Put(size_t family, const RowKey& key, std::string_view value);
  // As Put, for a row that is known to be new: spares the look-up.
  void Insert(size_t family, const RowKey& key, std::string_view value);
  Status Delete(size_t family, const RowKey& key);

  void BeginRequest();
  void RollbackRequest();
  void Clear();
  bool empty() const { return changed_.empty(); }

 private:
  friend class Overlay;
  struct Entry {
    RowRef key;
    Row base;  // As published.
    Row row;
    bool changed = false;
  };
  struct Undo {
    uint32_t index;
    Row row;
    bool changed;
  };
  // Entries by key: open addressing, at most half full. A place with another
  // stamp is free, so that the next group starts without freeing or clearing.
  struct Place {
    uint32_t stamp = 0;
    uint32_t index = 0;
  };

  // Index of the entry; makes it, with the row as it is when `load`.
  Result<uint32_t> Find(size_t family, const RowKey& key, bool load);
  // Null: this generation has not met the row.
  const Entry* Known(const RowRef& ref) const;
  // Where the row's place is, or would be.
  size_t PlaceOf(const RowRef& ref) const;
  void Grow();
  void Change(uint32_t index, Row row);

  // The row as it will be before this generation is published.
  Result<Row> Base(size_t family, const RowKey& key) const;

  Overlay* const overlay_;
  const Generation* below_ = nullptr;
  std::vector<Entry> entries_;
  std::vector<Place> places_;  // A power of two.
  uint32_t stamp_ = 1;
  std::vector<uint32_t> changed_;
  std::vector<Undo> undo_;
  bool blind_ = false;
  uint64_t replaced_ = 0;  // Bit f: a row of family f was replaced here.
};

// The rows that a checkpoint has to write: those dirty when it was frozen.
struct FrozenRows {
  Position position = 0;
  uint8_t epoch = 0;
  std::vector<std::vector<RowKey>> keys;  // By family.
  // By family, in the order of the keys: filled by Overlay::Capture.
  std::vector<std::vector<Row>> rows;
  std::shared_ptr<View> view;  // Until then.
};

class Overlay final {
 public:
  // `database` holds the families in this order, from family 0 on, and
  // outlives the overlay.
  Overlay(std::vector<RowFamily> families, Database* database,
          size_t resident_bytes);
  ~Overlay();

  const std::vector<RowFamily>& families() const { return families_; }

  // The published state.
  Result<Row> Get(size_t family, const RowKey& key);
  // Brings a row into memory, and asks the processor for its value.
  Status Touch(size_t family, const RowKey& key);
  // Brings rows into memory, those on the disk together: cheaper than one by
  // one. Orders `keys`, and leaves of them those that were not in memory.
  Status Load(size_t family, std::vector<RowKey>& keys);
  // Asks the processor for the row's place in memory.
  void Prefetch(size_t family, const RowKey& key) const;
  // How many rows of the family, other than new ones, were changed so far.
  // Who knows that none was can trust what was read before.
  uint64_t Replaced(size_t family) const {
    return replaced_[family].load(std::memory_order_acquire);
  }
  // Rows may be on the disk and not in memory.
  bool cold() const { return cold_.load(std::memory_order_relaxed); }

  // Makes the changes of `generation` visible, at `position`, and clears it.
  // `during` runs under the publish lock: what it does is of the same instant.
  template <typename F>
  void Publish(Generation& generation, Position position, F during) {
    {
      MutexLock lock(publish_mutex_);
      during();
      PublishLocked(generation, position);
    }
    generation.Clear();
  }
  // The last position published.
  Position position() const {
    return position_.load(std::memory_order_acquire);
  }
  // Says that the rows on disk are those at `position` (at open).
  void SetPosition(Position position) {
    position_.store(position);
    if (position > 0) cold_.store(true);
  }
  // Says that there are no rows on disk: absence is known from the start.
  void SetEmpty();

  std::shared_ptr<View> OpenView();

  // Takes the dirty rows out; the next ones belong to a new epoch. `during`
  // runs under the publish lock, so that what it takes is of the same instant.
  template <typename F>
  FrozenRows Freeze(F during) {
    // What needs memory first: under the lock nothing may fail half way.
    FrozenRows frozen = PrepareFreeze();
    MutexLock lock(publish_mutex_);
    FreezeLocked(frozen);
    during();
    return frozen;
  }
  // Sorts the frozen keys and takes their values, off the sequencer. From then
  // on the frozen rows cost the writer nothing. `between` is called often.
  Status Capture(FrozenRows& frozen, const std::function<void()>& between);
  // The frozen rows are on disk now.
  void Written(FrozenRows& frozen);
  // Drops clean rows until about the resident budget is met.
  void Evict();

  // Drops the clean rows of a tenant, but for those of one family, which were
  // taken from the disk before.
  void ForgetTenant(uint32_t tenant, size_t kept_family);

  // Loads a resident family into memory, so that absence is known without the
  // disk. Stops early when `stop` turns true.
  Status WarmUp(size_t family, const std::atomic<bool>& stop);

  // Bytes newer than the disk, and bytes in all, about.
  size_t dirty_bytes() const { return dirty_bytes_.load(); }
  size_t memory_bytes() const { return memory_bytes_.load(); }
  size_t live_views() const;

 private:
  friend class View;
  friend class Generation;
  static constexpr size_t kShards = View::kShards;

  using Slot = RowTable::Slot;
  // On cache lines of its own: shards are locked by different threads.
  struct alignas(128) Shard {
    mutable Mutex mutex;
    // Rows that left memory. A reader whose row came from the disk keeps it in
    // memory only if none left meanwhile: it might be that very row, newer.
    uint64_t removals CRM_GUARDED_BY(mutex) = 0;
    // By family. What it points to is guarded, too: the analysis knows that
    // of plain pointers alone.
    std::unique_ptr<RowTable[]> tables;
  };

  static size_t ShardOf(const RowKey& key);
  FrozenRows PrepareFreeze();
  void FreezeLocked(FrozenRows& frozen) CRM_REQUIRES(publish_mutex_);
  void OpenLocked(View* view, uint8_t epoch) CRM_REQUIRES(publish_mutex_);
  void PublishLocked(Generation& generation, Position position)
      CRM_REQUIRES(publish_mutex_);
  Result<Row> Load(size_t family, const RowKey& key, size_t shard);
  Result<Row> Decode(size_t family, const RowKey& key,
                     std::string_view stored) const;
  Status LoadSome(size_t family, std::span<const RowKey> keys);
  uint64_t RemovalsOf(size_t shard) const;
  // Keeps a row that was read from the disk, unless memory has it, or the
  // shard lost a row since `removals`. The row that counts.
  Row Keep(size_t family, const RowKey& key, Row row, uint64_t removals);
  // Bytes that a publication adds: counted once, not row by row.
  struct Grown {
    size_t memory = 0;  // Wraps when rows shrink.
    size_t dirty = 0;
  };
  void PublishEntry(Generation::Entry& entry, const std::vector<View*>& views,
                    Grown* grown) CRM_REQUIRES(publish_mutex_);
  void CloseView(View* view);

  const std::vector<RowFamily> families_;
  Database* const database_;
  const size_t resident_bytes_;
  HugePages pages_;
  std::array<Shard, kShards> shards_;
  std::vector<std::atomic<bool>> warm_;          // By family.
  std::vector<std::atomic<uint64_t>> replaced_;  // By family.

  mutable Mutex publish_mutex_;
  std::vector<View*> views_ CRM_GUARDED_BY(publish_mutex_);
  // By family.
  std::vector<std::vector<RowKey>> dirty_ CRM_GUARDED_BY(publish_mutex_);
  uint8_t epoch_ CRM_GUARDED_BY(publish_mutex_) = 1;
  std::atomic<Position> position_{0};
  std::atomic<bool> cold_{false};
  std::atomic<size_t> dirty_bytes_{0};
  std::atomic<size_t> memory_bytes_{0};
  size_t evict_shard_ = 0;
};

}  // namespace crm

#endif  // CRM_STORAGE_OVERLAY_H_
