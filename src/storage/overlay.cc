#include "storage/overlay.h"

#include <algorithm>
#include <utility>

#include "base/give_way.h"

namespace crm {
namespace {

// What a row costs in its table, slack of the table included.
constexpr size_t kRowSlotBytes = 80;
// Places of a generation at first; it grows with its groups.
constexpr size_t kFirstPlaces = 1024;
constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
// So many rows ahead memory is asked for.
constexpr size_t kAhead = 8;
// So many rows are asked of the disk at once.
constexpr size_t kLoadedTogether = 256;
// Every so many rows a checkpoint looks at what must not wait for it.
constexpr size_t kRowsBetweenPauses = 8192;

}  // namespace

// --- View --------------------------------------------------------------------

View::~View() { overlay_->CloseView(this); }

Result<Row> View::Get(size_t family, const RowKey& key) const {
  const size_t shard_index = Overlay::ShardOf(key);
  Overlay::Shard& shard = overlay_->shards_[shard_index];
  const RowRef saved_key{static_cast<uint32_t>(family), key};
  {
    MutexLock lock(shard.mutex);
    auto saved = saved_[shard_index].find(saved_key);
    if (saved != saved_[shard_index].end()) return saved->second;
    Overlay::Slot* slot = shard.tables[family].Find(key);
    if (slot != nullptr) {
      slot->used = true;
      return slot->row;
    }
  }
  Result<Row> row = overlay_->Load(family, key, shard_index);
  if (!row.ok()) return row;
  // It may have been replaced while the disk was read: then it was saved.
  MutexLock lock(shard.mutex);
  auto saved = saved_[shard_index].find(saved_key);
  if (saved != saved_[shard_index].end()) return saved->second;
  return row;
}

// --- Generation --------------------------------------------------------------

Generation::Generation(Overlay* overlay)
    : overlay_(overlay), places_(kFirstPlaces) {}

size_t Generation::PlaceOf(const RowRef& ref) const {
  const size_t mask = places_.size() - 1;
  const uint64_t mixed =
      (ref.key.a ^ (ref.key.b * kMultiplier) ^
       (uint64_t{ref.key.tenant} << 40) ^ (uint64_t{ref.family} << 56)) *
      kMultiplier;
  size_t place = (mixed >> 32) & mask;
  while (places_[place].stamp == stamp_ &&
         !(entries_[places_[place].index].key == ref)) {
    place = (place + 1) & mask;
  }
  return place;
}

const Generation::Entry* Generation::Known(const RowRef& ref) const {
  const Place& place = places_[PlaceOf(ref)];
  return place.stamp == stamp_ ? &entries_[place.index] : nullptr;
}

void Generation::Grow() {
  places_.assign(places_.size() * 2, Place());
  stamp_ = 1;
  for (uint32_t index = 0; index < entries_.size(); ++index) {
    places_[PlaceOf(entries_[index].key)] = Place{stamp_, index};
  }
}

Result<uint32_t> Generation::Find(size_t family, const RowKey& key, bool load) {
  const RowRef ref{static_cast<uint32_t>(family), key};
  const Place& known = places_[PlaceOf(ref)];
  if (known.stamp == stamp_) return known.index;
  Row base;
  if (load) {
    Result<Row> row = Base(family, key);
    if (!row.ok()) return std::move(row).status();
    base = std::move(row).value();
  }
  if ((entries_.size() + 1) * 2 > places_.size()) Grow();
  const auto index = static_cast<uint32_t>(entries_.size());
  places_[PlaceOf(ref)] = Place{stamp_, index};
  Row row = base;
  entries_.push_back(Entry{ref, std::move(base), std::move(row), false});
  return index;
}

Result<Row> Generation::Get(size_t family, const RowKey& key) {
  const Entry* known = Known(RowRef{static_cast<uint32_t>(family), key});
  if (known != nullptr) return known->row;
  return Base(family, key);
}

Result<Row> Generation::Base(size_t family, const RowKey& key) const {
  if (below_ != nullptr) {
    const Entry* known =
        below_->Known(RowRef{static_cast<uint32_t>(family), key});
    if (known != nullptr) return known->row;
  }
  return overlay_->Get(family, key);
}

Result<Row> Generation::GetForChange(size_t family, const RowKey& key) {
  Result<uint32_t> index = Find(family, key, true);
  if (!index.ok()) return std::move(index).status();
  return entries_[*index].row;
}

bool Generation::Holds(size_t family, uint64_t seen) const {
  const uint64_t replaced =
      replaced_ | (below_ == nullptr ? 0 : below_->replaced_);
  return (replaced >> family & 1) == 0 && overlay_->Replaced(family) == seen;
}

Row Generation::GetOwn(size_t family, const RowKey& key) const {
  const RowRef ref{static_cast<uint32_t>(family), key};
  const Entry* known = Known(ref);
  if (known == nullptr && below_ != nullptr) known = below_->Known(ref);
  return known == nullptr ? Row() : known->row;
}

void Generation::Change(uint32_t index, Row row) {
  Entry& entry = entries_[index];
  if (entry.row.exists()) replaced_ |= uint64_t{1} << entry.key.family;
  undo_.push_back(Undo{index, std::move(entry.row), entry.changed});
  entry.row = std::move(row);
  if (!entry.changed) {
    entry.changed = true;
    changed_.push_back(index);
  }
}

Status Generation::Put(size_t family, const RowKey& key,
                       std::string_view value) {
  Result<uint32_t> index = Find(family, key, !blind_);
  if (!index.ok()) return std::move(index).status();
  Change(*index, Row(value));
  return Status::Ok();
}

void Generation::Insert(size_t family, const RowKey& key,
                        std::string_view value) {
  // Cannot fail: nothing is loaded.
  Result<uint32_t> index = Find(family, key, false);
  Change(*index, Row(value));
}

Status Generation::Delete(size_t family, const RowKey& key) {
  Result<uint32_t> index = Find(family, key, true);
  if (!index.ok()) return std::move(index).status();
  Change(*index, Row());
  return Status::Ok();
}

void Generation::BeginRequest() { undo_.clear(); }

void Generation::RollbackRequest() {
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
    Entry& entry = entries_[undo->index];
    entry.row = std::move(undo->row);
    if (entry.changed && !undo->changed) {
      entry.changed = false;
      // Changes are undone newest first, so it is the last one.
      changed_.pop_back();
    }
  }
  undo_.clear();
}

void Generation::Clear() {
  entries_.clear();
  if (++stamp_ == 0) {  // Stamps have come round: old ones must not match.
    places_.assign(places_.size(), Place());
    stamp_ = 1;
  }
  changed_.clear();
  undo_.clear();
  replaced_ = 0;
}

// --- Overlay -----------------------------------------------------------------

Overlay::Overlay(std::vector<RowFamily> families, Database* database,
                 size_t resident_bytes)
    : families_(std::move(families)),
      database_(database),
      resident_bytes_(resident_bytes),
      warm_(families_.size()),
      replaced_(families_.size()),
      dirty_(families_.size()) {
  for (Shard& shard : shards_) {
    shard.tables = std::make_unique<RowTable[]>(families_.size());
  }
  for (auto& warm : warm_) warm.store(false);
  for (auto& replaced : replaced_) replaced.store(0);
}

Overlay::~Overlay() = default;

size_t Overlay::ShardOf(const RowKey& key) {
  // Hashed keys are random already; ordinals differ in their low bits.
  return (key.a ^ key.b ^ (key.a >> 32)) % kShards;
}

Result<Row> Overlay::Get(size_t family, const RowKey& key) {
  const size_t shard_index = ShardOf(key);
  Shard& shard = shards_[shard_index];
  {
    MutexLock lock(shard.mutex);
    Overlay::Slot* slot = shard.tables[family].Find(key);
    if (slot != nullptr) {
      // A store that changes nothing would take the line from other threads.
      if (!slot->used) slot->used = true;
      // Its lines together, before the count of references waits for one.
      slot->row.Prefetch();
      return slot->row;
    }
  }
  return Load(family, key, shard_index);
}

void Overlay::Prefetch(size_t family, const RowKey& key) const {
  shards_[ShardOf(key)].tables[family].Prefetch(key);
}

Status Overlay::Touch(size_t family, const RowKey& key) {
  const size_t shard_index = ShardOf(key);
  Shard& shard = shards_[shard_index];
  {
    MutexLock lock(shard.mutex);
    Overlay::Slot* slot = shard.tables[family].Find(key);
    if (slot != nullptr) {
      if (!slot->used) slot->used = true;
      slot->row.Prefetch();
      return Status::Ok();
    }
  }
  return Load(family, key, shard_index).status();
}

Result<Row> Overlay::Load(size_t family, const RowKey& key,
                          size_t shard_index) {
  if (warm_[family].load(std::memory_order_acquire)) return Row();
  const uint64_t removals = RemovalsOf(shard_index);
  std::string value;
  for (int attempt = 0;; ++attempt) {
    Result<bool> found = database_->Get(
        family, EncodedKey(key, families_[family].words).view(), &value);
    if (!found.ok()) return std::move(found).status();
    if (!*found) return Keep(family, key, Row(), removals);
    Result<Row> row = Decode(family, key, value);
    if (row.ok()) return Keep(family, key, std::move(row).value(), removals);
    // It may have been sealed anew, and its old key be gone, since it was read.
    const bool again = attempt == 0 && families_[family].codec != nullptr &&
                       row.status().code() == StatusCode::kCorruption;
    if (!again) return row;
  }
}

Result<Row> Overlay::Decode(size_t family, const RowKey& key,
                            std::string_view stored) const {
  const RowCodec* codec = families_[family].codec.get();
  if (codec == nullptr) return Row(stored);
  std::string plain;
  Status status = codec->Decode(key, stored, &plain);
  if (!status.ok()) return status;
  return Row(plain);
}

uint64_t Overlay::RemovalsOf(size_t shard) const {
  MutexLock lock(shards_[shard].mutex);
  return shards_[shard].removals;
}

Row Overlay::Keep(size_t family, const RowKey& key, Row row,
                  uint64_t removals) {
  Shard& shard = shards_[ShardOf(key)];
  MutexLock lock(shard.mutex);
  const Slot* again = shard.tables[family].Find(key);
  if (again != nullptr) return again->row;
  if (row.exists() && shard.removals == removals) {
    memory_bytes_.fetch_add(kRowSlotBytes + row.heap_bytes(),
                            std::memory_order_relaxed);
    Slot* slot = shard.tables[family].Insert(key, pages_).first;
    slot->row = row;
    slot->used = true;
  }
  return row;
}

Status Overlay::Load(size_t family, std::vector<RowKey>& keys) {
  if (warm_[family].load(std::memory_order_acquire) || !cold()) {
    keys.clear();
    return Status::Ok();
  }
  std::erase_if(keys, [&](const RowKey& key) {
    Shard& shard = shards_[ShardOf(key)];
    MutexLock lock(shard.mutex);
    return shard.tables[family].Find(key) != nullptr;
  });
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (size_t i = 0; i < keys.size(); i += kLoadedTogether) {
    const size_t count = std::min(kLoadedTogether, keys.size() - i);
    Status status =
        LoadSome(family, std::span<const RowKey>(keys).subspan(i, count));
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status Overlay::LoadSome(size_t family, std::span<const RowKey> keys) {
  std::vector<EncodedKey> encoded;
  std::vector<std::string_view> names;
  std::vector<uint64_t> removals;
  std::vector<std::string> values(keys.size());
  encoded.reserve(keys.size());
  for (const RowKey& key : keys) {
    encoded.emplace_back(key, families_[family].words);
    names.push_back(encoded.back().view());
    removals.push_back(RemovalsOf(ShardOf(key)));
  }
  const auto found = std::make_unique<bool[]>(keys.size());
  Status status =
      database_->MultiGet(family, names, values, {found.get(), keys.size()});
  for (size_t i = 0; status.ok() && i < keys.size(); ++i) {
    if (!found[i]) continue;
    Result<Row> row = Decode(family, keys[i], values[i]);
    if (row.ok()) {
      Keep(family, keys[i], std::move(row).value(), removals[i]);
    } else {
      status = Load(family, keys[i], ShardOf(keys[i])).status();
    }
  }
  return status;
}

void Overlay::PublishEntry(Generation::Entry& entry,
                           const std::vector<View*>& views, Grown* grown) {
  const size_t shard_index = ShardOf(entry.key.key);
  const size_t family = entry.key.family;
  Shard& shard = shards_[shard_index];
  const size_t bytes = entry.row.heap_bytes();
  {
    MutexLock lock(shard.mutex);
    const auto [place, inserted] =
        shard.tables[family].Insert(entry.key.key, pages_);
    Slot& slot = *place;
    for (View* view : views) {
      if (view->epoch_ != 0 && slot.epoch != view->epoch_) continue;
      view->saved_[shard_index].try_emplace(entry.key, entry.base);
    }
    if (slot.epoch != epoch_) {
      slot.epoch = epoch_;
      dirty_[family].push_back(entry.key.key);
      grown->dirty += kRowSlotBytes + bytes;
    }
    slot.used = true;
    slot.row.Swap(entry.row);
    if (entry.base.exists()) {
      replaced_[family].fetch_add(1, std::memory_order_release);
    }
    if (inserted) grown->memory += kRowSlotBytes;
  }
  // entry.row holds the old value now; it is freed outside the lock.
  grown->memory += bytes - entry.row.heap_bytes();
}

void Overlay::PublishLocked(Generation& generation, Position position) {
  Grown grown;
  const std::vector<uint32_t>& changed = generation.changed_;
  for (size_t i = 0; i < changed.size(); ++i) {
    if (i + kAhead < changed.size()) {
      const RowRef& next = generation.entries_[changed[i + kAhead]].key;
      Prefetch(next.family, next.key);
    }
    PublishEntry(generation.entries_[changed[i]], views_, &grown);
  }
  dirty_bytes_.fetch_add(grown.dirty, std::memory_order_relaxed);
  memory_bytes_.fetch_add(grown.memory, std::memory_order_relaxed);
  position_.store(position, std::memory_order_release);
}

void Overlay::SetEmpty() {
  for (size_t family = 0; family < families_.size(); ++family) {
    // Others may be evicted, and are then on the disk alone.
    if (families_[family].resident) warm_[family].store(true);
  }
}

std::shared_ptr<View> Overlay::OpenView() {
  // Made before the lock is taken: should memory run out, it goes after it.
  std::shared_ptr<View> view(new View(this));
  MutexLock lock(publish_mutex_);
  OpenLocked(view.get(), 0);
  return view;
}

void Overlay::OpenLocked(View* view, uint8_t epoch) {
  views_.push_back(view);
  view->position_ = position_.load();
  view->epoch_ = epoch;
}

void Overlay::CloseView(View* view) {
  MutexLock lock(publish_mutex_);
  // One that was never taken in is not there.
  std::erase(views_, view);
}

size_t Overlay::live_views() const {
  MutexLock lock(publish_mutex_);
  size_t count = 0;
  for (const View* view : views_) count += view->epoch_ == 0 ? 1 : 0;
  return count;
}

FrozenRows Overlay::PrepareFreeze() {
  FrozenRows frozen;
  frozen.keys.resize(families_.size());
  frozen.view.reset(new View(this));
  return frozen;
}

void Overlay::FreezeLocked(FrozenRows& frozen) {
  OpenLocked(frozen.view.get(), epoch_);
  frozen.position = frozen.view->position_;
  frozen.epoch = epoch_;
  frozen.keys.swap(dirty_);
  epoch_ = epoch_ == 255 ? 1 : static_cast<uint8_t>(epoch_ + 1);
  dirty_bytes_.store(0);
}

Status Overlay::Capture(FrozenRows& frozen,
                        const std::function<void()>& between) {
  frozen.rows.resize(families_.size());
  GiveWay give_way;
  for (size_t family = 0; family < families_.size(); ++family) {
    std::vector<RowKey>& keys = frozen.keys[family];
    SortGivingWay(keys.begin(), keys.end());
    frozen.rows[family].reserve(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i + kAhead < keys.size()) Prefetch(family, keys[i + kAhead]);
      if (i % kRowsBetweenPauses == 0) between();
      give_way.Step();
      Result<Row> row = frozen.view->Get(family, keys[i]);
      if (!row.ok()) return std::move(row).status();
      frozen.rows[family].push_back(std::move(row).value());
    }
  }
  frozen.view.reset();
  return Status::Ok();
}

void Overlay::Written(FrozenRows& frozen) {
  GiveWay give_way;
  for (size_t family = 0; family < families_.size(); ++family) {
    const std::vector<RowKey>& keys = frozen.keys[family];
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i + kAhead < keys.size()) Prefetch(family, keys[i + kAhead]);
      give_way.Step();
      const RowKey& key = keys[i];
      Shard& shard = shards_[ShardOf(key)];
      MutexLock lock(shard.mutex);
      Slot* const found = shard.tables[family].Find(key);
      if (found == nullptr) continue;
      Slot& slot = *found;
      if (slot.epoch != frozen.epoch) continue;  // Dirty again.
      slot.epoch = 0;
      const bool stays = slot.row.exists() && !families_[family].passing;
      if (stays) continue;
      // A warm-up under way must not bring the deleted row back.
      if (families_[family].resident && !warm_[family].load()) continue;
      ++shard.removals;
      memory_bytes_.fetch_sub(kRowSlotBytes + slot.row.heap_bytes(),
                              std::memory_order_relaxed);
      shard.tables[family].Erase(found);
    }
  }
}

void Overlay::Evict() {
  // One round over the shards gives every row a second chance.
  for (size_t step = 0; step < 2 * kShards; ++step) {
    if (memory_bytes_.load(std::memory_order_relaxed) <= resident_bytes_) {
      return;
    }
    cold_.store(true);
    Shard& shard = shards_[evict_shard_];
    evict_shard_ = (evict_shard_ + 1) % kShards;
    MutexLock lock(shard.mutex);
    size_t freed = 0;
    for (size_t family = 0; family < families_.size(); ++family) {
      if (families_[family].resident) continue;
      shard.tables[family].EraseIf([&](Slot& slot) {
        if (slot.epoch != 0) return false;
        if (std::exchange(slot.used, false)) return false;
        shard.mutex.AssertHeld();
        freed += kRowSlotBytes + slot.row.heap_bytes();
        ++shard.removals;
        return true;
      });
    }
    memory_bytes_.fetch_sub(freed, std::memory_order_relaxed);
  }
}

void Overlay::ForgetTenant(uint32_t tenant, size_t kept_family) {
  for (Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    size_t freed = 0;
    for (size_t family = 0; family < families_.size(); ++family) {
      if (family == kept_family) continue;
      shard.tables[family].EraseIf([&](Slot& slot) {
        if (slot.epoch != 0 || slot.tenant != tenant) return false;
        shard.mutex.AssertHeld();
        freed += kRowSlotBytes + slot.row.heap_bytes();
        return true;
      });
    }
    ++shard.removals;
    memory_bytes_.fetch_sub(freed, std::memory_order_relaxed);
  }
}

Status Overlay::WarmUp(size_t family, const std::atomic<bool>& stop) {
  if (warm_[family].load()) return Status::Ok();
  const int words = families_[family].words;
  bool malformed = false;
  // Backward, so that a damaged file is an error and not an absence.
  Status status = database_->ScanBackward(
      family, {}, {}, [&](std::string_view bytes, std::string_view value) {
        RowKey key;
        if (!DecodeRowKey(bytes, words, &key)) {
          malformed = true;
          return false;
        }
        Shard& shard = shards_[ShardOf(key)];
        MutexLock lock(shard.mutex);
        const auto [slot, inserted] = shard.tables[family].Insert(key, pages_);
        if (inserted) {
          slot->row = Row(value);
          slot->used = true;
          memory_bytes_.fetch_add(kRowSlotBytes, std::memory_order_relaxed);
        }
        return !stop.load(std::memory_order_relaxed);
      });
  if (!status.ok()) return status;
  if (malformed) {
    return Status(StatusCode::kCorruption,
                  "family " + families_[family].name + ": malformed key");
  }
  if (!stop.load()) warm_[family].store(true, std::memory_order_release);
  return Status::Ok();
}

}  // namespace crm
