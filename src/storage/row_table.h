// RowTable: rows by key, in memory, without a pause when it grows.
//
// Extendible hashing: a directory of segments of at most 512 slots, and in a
// segment the row lies at the place its key's hash says, or as near behind as
// there was room (open addressing). Each slot has a tag of one byte, so that
// a row that is not there costs one line of memory. A full segment is doubled,
// or split in two; nothing ever moves all rows at once.
//
// Thread safety: Prefetch from any thread at any time; everything else under
// one lock of the owner. A slot stays where it is until the next Insert, Erase
// or EraseIf.
//
// Invariants:
//  1. A directory of depth d has 2^d places; a segment of depth s <= d has
//     2^(d - s) of them, side by side.
//  2. Between the place of a key and where it lies no slot is free.
//  3. Directories that were replaced live as long as the table: Prefetch may
//     still be reading them.

#ifndef CRM_STORAGE_ROW_TABLE_H_
#define CRM_STORAGE_ROW_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "storage/huge_pages.h"
#include "storage/row.h"
#include "storage/row_key.h"

namespace crm {

class RowTable final {
 public:
  // A row with what the overlay knows about it. `epoch` zero: clean.
  struct Slot {
    RowKey key() const { return RowKey{a, b, tenant}; }

    uint64_t a;
    uint64_t b;
    uint32_t tenant;
    uint8_t epoch;
    bool used;
    Row row;
  };

  RowTable() = default;
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;
  ~RowTable();

  // Null: no such row.
  Slot* Find(const RowKey& key);
  // The row's slot, and whether it is new: clean, unused and without a value.
  // Memory for it is taken from `pages`, always the same.
  std::pair<Slot*, bool> Insert(const RowKey& key, HugePages& pages);
  void Erase(Slot* slot);
  // Erases where `drop(slot)` says so. A slot may be asked about twice.
  template <typename F>
  void EraseIf(F drop);
  // Asks the processor for the row's place in memory.
  void Prefetch(const RowKey& key) const;
  size_t size() const { return size_; }

 private:
  static constexpr size_t kFirstSlots = 8;
  static constexpr size_t kMaxSlots = 512;
  static constexpr size_t kGroup = 8;  // Tags that are compared at once.

  // Then the tags, 0 where a slot is free, the first kGroup of them once more
  // behind the last; then the slots.
  struct Segment {
    uint8_t* tags() { return reinterpret_cast<uint8_t*>(this + 1); }
    Slot* slots() { return slots(capacity); }
    // For who knows the capacity without looking here.
    Slot* slots(size_t known_capacity) {
      return reinterpret_cast<Slot*>(tags() + TagBytes(known_capacity));
    }
    void SetTag(size_t index, uint8_t tag) {
      tags()[index] = tag;
      if (index < kGroup) tags()[capacity + index] = tag;
    }

    uint32_t capacity;  // A power of two.
    uint32_t count;
    uint32_t depth;
    uint32_t padding;
  };

  // A segment and, in the low bits that its alignment leaves free, the
  // logarithm of its capacity: Prefetch then need not read the segment.
  struct Directory {
    explicit Directory(uint32_t bits)
        : depth(bits), places(size_t{1} << bits) {}
    const uint32_t depth;
    std::vector<std::atomic<uintptr_t>> places;
  };

  static uint64_t Hash(const RowKey& key);
  static size_t PlaceIn(const Directory& directory, uint64_t hash);
  static uintptr_t Pack(Segment* segment);
  static size_t TagBytes(size_t capacity) { return capacity + kGroup; }
  static size_t BytesOf(size_t capacity) {
    return sizeof(Segment) + TagBytes(capacity) + capacity * sizeof(Slot);
  }
  static Slot* FindIn(uintptr_t packed, const RowKey& key, uint64_t hash);
  // In the first free slot for `hash`, whose fields the caller fills in.
  static Slot* TakeSlot(Segment* segment, uint64_t hash);
  static void MoveInto(Segment* segment, Slot* slot, uint64_t hash);
  static void EraseAt(Segment* segment, size_t index);

  uintptr_t PackedOf(uint64_t hash) const;  // As in the directory.
  Segment* SegmentOf(uint64_t hash) const;
  Segment* NewSegment(size_t capacity, uint32_t depth);
  void Enlarge(Segment* segment, uint64_t hash);
  void Double(Segment* segment, uint64_t hash);
  void Split(Segment* segment, uint64_t hash);
  void SetPlaces(uint64_t hash, uint32_t depth, Segment* segment);
  void Deepen();
  void Use(std::unique_ptr<Directory> directory);

  std::atomic<Directory*> directory_{nullptr};
  HugePages* pages_ = nullptr;
  size_t size_ = 0;
  std::vector<std::unique_ptr<Directory>> directories_;  // The last is in use.
};

template <typename F>
void RowTable::EraseIf(F drop) {
  const Directory* directory = directory_.load(std::memory_order_relaxed);
  if (directory == nullptr) return;
  for (size_t place = 0; place < directory->places.size();) {
    Segment* segment =
        SegmentOf(uint64_t{place} << (63 - directory->depth) << 1);
    for (size_t i = 0; i < segment->capacity;) {
      if (segment->tags()[i] != 0 && drop(segment->slots()[i])) {
        EraseAt(segment, i);
        --size_;
      } else {
        ++i;
      }
    }
    place += size_t{1} << (directory->depth - segment->depth);
  }
}

}  // namespace crm

#endif  // CRM_STORAGE_ROW_TABLE_H_
