#include "storage/row_table.h"

#include <bit>
#include <cassert>
#include <cstring>
#include <new>

namespace crm {
namespace {

constexpr uintptr_t kLowBits = HugePages::kAlignment - 1;

// Where a hash says that a row lies, and the tag it has there. The directory
// uses the highest bits.
size_t HomeOf(uint64_t hash, size_t capacity) {
  return (hash >> 16) & (capacity - 1);
}
uint8_t TagOf(uint64_t hash) { return static_cast<uint8_t>(hash | 0x80); }

// Eight tags as one number, the first in the lowest byte.
constexpr uint64_t kLowOfEach = 0x0101010101010101;
constexpr uint64_t kHighOfEach = 0x8080808080808080;

uint64_t LoadGroup(const uint8_t* tags) {
  uint64_t group;
  std::memcpy(&group, tags, sizeof(group));
  if constexpr (std::endian::native == std::endian::big) {
    group = __builtin_bswap64(group);
  }
  return group;
}
// High bits of the bytes that are free: exact, because tags have it set.
uint64_t FreeOf(uint64_t group) { return ~group & kHighOfEach; }
// High bits of the bytes that may equal `tag`: never too few.
uint64_t MatchesOf(uint64_t group, uint8_t tag) {
  const uint64_t difference = group ^ (kLowOfEach * tag);
  return (difference - kLowOfEach) & ~difference & kHighOfEach;
}
size_t FirstOf(uint64_t bits) {
  return static_cast<size_t>(std::countr_zero(bits)) / 8;
}

}  // namespace

RowTable::~RowTable() {
  // The memory itself belongs to the pages.
  EraseIf([](const Slot&) { return true; });
}

uint64_t RowTable::Hash(const RowKey& key) {
  uint64_t hash =
      key.a ^ (key.b * 0x9e3779b97f4a7c15) ^ (uint64_t{key.tenant} << 40);
  hash *= 0x9e3779b97f4a7c15;
  hash ^= hash >> 32;
  return hash * 0xd6e8feb86659fd93;
}

size_t RowTable::PlaceIn(const Directory& directory, uint64_t hash) {
  return hash >> 1 >> (63 - directory.depth);
}

uintptr_t RowTable::Pack(Segment* segment) {
  return reinterpret_cast<uintptr_t>(segment) |
         static_cast<uintptr_t>(std::countr_zero(segment->capacity));
}

uintptr_t RowTable::PackedOf(uint64_t hash) const {
  const Directory& directory = *directory_.load(std::memory_order_relaxed);
  return directory.places[PlaceIn(directory, hash)].load(
      std::memory_order_relaxed);
}

RowTable::Segment* RowTable::SegmentOf(uint64_t hash) const {
  return reinterpret_cast<Segment*>(PackedOf(hash) & ~kLowBits);
}

// Looks at the tags and at the slot, and nowhere else: each other line of
// memory would be another wait.
RowTable::Slot* RowTable::FindIn(uintptr_t packed, const RowKey& key,
                                 uint64_t hash) {
  auto* const segment = reinterpret_cast<Segment*>(packed & ~kLowBits);
  const size_t capacity = size_t{1} << (packed & kLowBits);
  const size_t mask = capacity - 1;
  const uint8_t tag = TagOf(hash);
  uint8_t* const tags = segment->tags();
  Slot* const slots = segment->slots(capacity);
  for (size_t index = HomeOf(hash, capacity);;
       index = (index + kGroup) & mask) {
    const uint64_t group = LoadGroup(tags + index);
    const uint64_t free = FreeOf(group);
    uint64_t matches = MatchesOf(group, tag);
    // What lies behind a free slot is not of this chain.
    if (free != 0) matches &= (free & -free) - 1;
    for (; matches != 0; matches &= matches - 1) {
      Slot& slot = slots[(index + FirstOf(matches)) & mask];
      if (slot.a == key.a && slot.b == key.b && slot.tenant == key.tenant) {
        return &slot;
      }
    }
    if (free != 0) return nullptr;
  }
}

RowTable::Slot* RowTable::TakeSlot(Segment* segment, uint64_t hash) {
  const size_t mask = segment->capacity - 1;
  size_t index = HomeOf(hash, segment->capacity);
  uint64_t free;
  while ((free = FreeOf(LoadGroup(segment->tags() + index))) == 0) {
    index = (index + kGroup) & mask;
  }
  index = (index + FirstOf(free)) & mask;
  segment->SetTag(index, TagOf(hash));
  ++segment->count;
  return &segment->slots()[index];
}

// The bytes move: a Row does not know where it lies.
void RowTable::MoveInto(Segment* segment, Slot* slot, uint64_t hash) {
  std::memcpy(static_cast<void*>(TakeSlot(segment, hash)), slot, sizeof(*slot));
}

RowTable::Slot* RowTable::Find(const RowKey& key) {
  if (directory_.load(std::memory_order_relaxed) == nullptr) return nullptr;
  const uint64_t hash = Hash(key);
  return FindIn(PackedOf(hash), key, hash);
}

std::pair<RowTable::Slot*, bool> RowTable::Insert(const RowKey& key,
                                                  HugePages& pages) {
  pages_ = &pages;
  if (directory_.load(std::memory_order_relaxed) == nullptr) {
    auto directory = std::make_unique<Directory>(0);
    directory->places[0].store(Pack(NewSegment(kFirstSlots, 0)));
    Use(std::move(directory));
  }
  const uint64_t hash = Hash(key);
  Slot* slot = FindIn(PackedOf(hash), key, hash);
  if (slot != nullptr) return {slot, false};
  Segment* segment = SegmentOf(hash);
  // At most seven eighths full: beyond, looking for absent rows gets long.
  while (segment->count * 8 >= segment->capacity * 7) {
    Enlarge(segment, hash);
    segment = SegmentOf(hash);
  }
  slot = new (TakeSlot(segment, hash))
      Slot{key.a, key.b, key.tenant, 0, false, Row()};
  ++size_;
  return {slot, true};
}

void RowTable::Erase(Slot* slot) {
  Segment* segment = SegmentOf(Hash(slot->key()));
  EraseAt(segment, static_cast<size_t>(slot - segment->slots()));
  --size_;
}

// Rows behind move up, so that invariant 2 holds without marks for the dead.
void RowTable::EraseAt(Segment* segment, size_t index) {
  Slot* slots = segment->slots();
  const uint8_t* tags = segment->tags();
  const size_t mask = segment->capacity - 1;
  assert(tags[index] != 0);
  slots[index].row = Row();
  size_t hole = index;
  for (size_t next = (hole + 1) & mask; tags[next] != 0;
       next = (next + 1) & mask) {
    const size_t home = HomeOf(Hash(slots[next].key()), segment->capacity);
    // It may move only if that does not bring it before its home.
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    std::memcpy(static_cast<void*>(&slots[hole]), &slots[next], sizeof(Slot));
    segment->SetTag(hole, tags[next]);
    hole = next;
  }
  segment->SetTag(hole, 0);
  --segment->count;
}

void RowTable::Prefetch(const RowKey& key) const {
  const Directory* directory = directory_.load(std::memory_order_acquire);
  if (directory == nullptr) return;
  const uint64_t hash = Hash(key);
  const uintptr_t packed = directory->places[PlaceIn(*directory, hash)].load(
      std::memory_order_relaxed);
  const size_t capacity = size_t{1} << (packed & kLowBits);
  // Of a segment that was replaced meanwhile: asking does no harm.
  const size_t home = HomeOf(hash, capacity);
  const uintptr_t tags = (packed & ~kLowBits) + sizeof(Segment);
  const uintptr_t slot = tags + TagBytes(capacity) + home * sizeof(Slot);
  __builtin_prefetch(reinterpret_cast<const void*>(tags + home));
  __builtin_prefetch(reinterpret_cast<const void*>(slot));
  __builtin_prefetch(reinterpret_cast<const void*>(slot + sizeof(Slot)));
}

RowTable::Segment* RowTable::NewSegment(size_t capacity, uint32_t depth) {
  auto* segment = new (pages_->Take(BytesOf(capacity)))
      Segment{static_cast<uint32_t>(capacity), 0, depth, 0};
  std::memset(segment->tags(), 0, TagBytes(capacity));
  return segment;
}

void RowTable::Enlarge(Segment* segment, uint64_t hash) {
  if (segment->capacity < kMaxSlots) {
    Double(segment, hash);
  } else {
    Split(segment, hash);
  }
}

void RowTable::Double(Segment* segment, uint64_t hash) {
  Segment* wider = NewSegment(segment->capacity * 2, segment->depth);
  for (size_t i = 0; i < segment->capacity; ++i) {
    if (segment->tags()[i] == 0) continue;
    Slot& slot = segment->slots()[i];
    MoveInto(wider, &slot, Hash(slot.key()));
  }
  SetPlaces(hash, wider->depth, wider);
  pages_->GiveBack(segment, BytesOf(segment->capacity));
}

void RowTable::Split(Segment* segment, uint64_t hash) {
  const uint32_t depth = segment->depth + 1;
  if (depth > directory_.load(std::memory_order_relaxed)->depth) Deepen();
  Segment* halves[2] = {NewSegment(kMaxSlots, depth),
                        NewSegment(kMaxSlots, depth)};
  for (size_t i = 0; i < segment->capacity; ++i) {
    if (segment->tags()[i] == 0) continue;
    Slot& slot = segment->slots()[i];
    const uint64_t slot_hash = Hash(slot.key());
    MoveInto(halves[slot_hash >> (64 - depth) & 1], &slot, slot_hash);
  }
  const uint64_t bit = uint64_t{1} << (64 - depth);
  SetPlaces(hash & ~bit, depth, halves[0]);
  SetPlaces(hash | bit, depth, halves[1]);
  pages_->GiveBack(segment, BytesOf(segment->capacity));
}

// All places of the segment of this depth to which `hash` belongs.
void RowTable::SetPlaces(uint64_t hash, uint32_t depth, Segment* segment) {
  Directory& directory = *directory_.load(std::memory_order_relaxed);
  const size_t count = size_t{1} << (directory.depth - depth);
  const size_t first = PlaceIn(directory, hash) & ~(count - 1);
  for (size_t i = 0; i < count; ++i) {
    directory.places[first + i].store(Pack(segment), std::memory_order_relaxed);
  }
}

void RowTable::Deepen() {
  const Directory& old = *directory_.load(std::memory_order_relaxed);
  auto deeper = std::make_unique<Directory>(old.depth + 1);
  for (size_t i = 0; i < deeper->places.size(); ++i) {
    deeper->places[i].store(old.places[i / 2].load(std::memory_order_relaxed),
                            std::memory_order_relaxed);
  }
  Use(std::move(deeper));
}

void RowTable::Use(std::unique_ptr<Directory> directory) {
  // Kept first: that may find no memory.
  directories_.push_back(std::move(directory));
  directory_.store(directories_.back().get(), std::memory_order_release);
}

}  // namespace crm
