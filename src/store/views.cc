#include "store/views.h"

#include <set>
#include <utility>

#include "base/coding.h"
#include "base/hash.h"

namespace crm {
namespace {

constexpr size_t kMetaFamily = 0;
constexpr std::string_view kMetaKey = "position";

// A position, the versions of what made the views, and a checksum.
std::string MetaValue(Position position, uint64_t versions) {
  std::string value;
  PutBe64(&value, position);
  PutBe64(&value, versions);
  PutBe64(&value, StableHash64(value));
  return value;
}

Status DamagedMeta() {
  return Status(StatusCode::kCorruption, "views: the meta row is damaged");
}

uint64_t VersionsOf(const std::vector<Room*>& rooms) {
  std::string all;
  for (const Room* room : rooms) {
    all += room->name();
    PutVarint(&all, room->version());
  }
  return StableHash64(all);
}

}  // namespace

Result<std::unique_ptr<Views>> Views::Open(const std::string& path,
                                           const ViewsOptions& options,
                                           KeyRing* keyring, Names* names,
                                           const Normaliser* normaliser) {
  std::unique_ptr<Views> views(new Views());
  // The one list: a new room is added here.
  views->event_ = std::make_unique<EventRoom>();
  views->identity_ = std::make_unique<IdentityRoom>(normaliser);
  views->profile_ =
      std::make_unique<ProfileRoom>(keyring, views->identity_.get());
  views->consent_ = std::make_unique<ConsentRoom>(views->identity_.get(),
                                                  views->profile_.get());
  views->ledger_ = std::make_unique<LedgerRoom>();
  views->rooms_ = {views->event_.get(), views->identity_.get(),
                   views->profile_.get(), views->consent_.get(),
                   views->ledger_.get()};

  std::vector<RowFamily> families;
  families.push_back({.name = "default", .packed = true});
  std::vector<size_t> first_families;
  views->room_of_.push_back(nullptr);
  for (Room* room : views->rooms_) {
    first_families.push_back(families.size());
    for (RowFamily& family : room->families()) {
      families.push_back(std::move(family));
      views->room_of_.push_back(room);
    }
  }
  DatabaseOptions database;
  for (const RowFamily& family : families) {
    database.families.push_back({family.name, family.kind});
  }
  database.cache = options.cache;
  database.compress = options.compress;
  database.log = options.log;
  // Nothing ever enters a memtable.
  database.memtable_bytes = size_t{1} << 20;
  Result<std::unique_ptr<Database>> opened =
      Database::Open(path, options.disk, database);
  if (!opened.ok()) return std::move(opened).status();
  views->database_ = std::move(opened).value();
  views->overlay_ = std::make_unique<Overlay>(
      std::move(families), views->database_.get(), options.resident_bytes);
  const RoomServices services{views->overlay_.get(), views->database_.get(),
                              &views->tail_, keyring, names};
  for (size_t i = 0; i < views->rooms_.size(); ++i) {
    views->rooms_[i]->Bind(i, first_families[i], services);
  }
  Status status = views->ReadMeta();
  if (status.ok()) status = views->event_->LoadNames(names);
  if (status.ok()) status = views->event_->LoadFilter();
  if (!status.ok()) return status;
  if (views->on_disk() == 0) views->overlay_->SetEmpty();
  return views;
}

Views::~Views() = default;

Status Views::ReadMeta() {
  std::string value;
  Result<bool> found = database_->Get(kMetaFamily, kMetaKey, &value);
  if (!found.ok()) return std::move(found).status();
  if (!*found) return Status::Ok();
  if (value.size() != 24 ||
      value != MetaValue(GetBe64(value.data()), GetBe64(value.data() + 8))) {
    return DamagedMeta();
  }
  if (GetBe64(value.data() + 8) != VersionsOf(rooms_)) {
    return Status(StatusCode::kCorruption, "views: made by another version");
  }
  on_disk_.store(GetBe64(value.data()));
  overlay_->SetPosition(on_disk_.load());
  return Status::Ok();
}

Status Views::CheckMeta() const {
  std::string value;
  Result<bool> found = database_->Get(kMetaFamily, kMetaKey, &value);
  if (!found.ok()) return std::move(found).status();
  if (!*found && on_disk() == 0) return Status::Ok();
  if (!*found || value != MetaValue(on_disk(), VersionsOf(rooms_))) {
    return DamagedMeta();
  }
  return Status::Ok();
}

const std::string& Views::family_name(size_t family) const {
  return overlay_->families()[family].name;
}

Room* Views::RoomOf(size_t family) const { return room_of_[family]; }

size_t Views::family_count() const { return room_of_.size(); }

Status Views::Load(std::span<const Fact> facts) const {
  if (!overlay_->cold()) return Status::Ok();
  std::vector<std::pair<uint32_t, RecordId>> records;
  for (const Fact& fact : facts) {
    if (fact.header.record == 0 || (fact.header.flags & kEventNewRecord) != 0) {
      continue;
    }
    records.emplace_back(fact.header.tenant, fact.header.record);
  }
  return profile_->Load(records);
}

void Views::Prefetch(uint32_t tenant, RecordId record) const {
  if (record == 0) return;
  identity_->Prefetch(tenant, record);
  profile_->Prefetch(tenant, record);
}

Status Views::Fold(const Fact& fact, FoldContext& context,
                   std::vector<TailEntry>* tail) const {
  for (const Room* room : rooms_) {
    Status status = room->Fold(fact, context);
    if (!status.ok()) return status;
  }
  TailEntry entry;
  entry.position = fact.position;
  entry.record = fact.header.record;
  entry.revision = fact.header.revision;
  entry.occurred_at = fact.header.occurred_at;
  entry.tenant = fact.header.tenant;
  entry.type = fact.header.type;
  if (fact.header.record != 0) entry.content = fact.entry;
  tail->push_back(entry);
  return Status::Ok();
}

Status Views::FoldChoice(const IdentityChoice& choice,
                         FoldContext& context) const {
  if (choice.kind != ChoiceKind::kErasure) {
    return identity_->FoldChoice(choice, context);
  }
  Result<std::vector<IdentityRoom::ErasedOne>> erased =
      identity_->ErasedBy(choice, context.rows);
  if (!erased.ok()) return std::move(erased).status();
  for (const IdentityRoom::ErasedOne& one : *erased) {
    for (const Room* room : rooms_) {
      Status status =
          room->Erase(choice.tenant, one.customer, one.records, context);
      if (!status.ok()) return status;
    }
  }
  // Whoever has one of her addresses later is not written to as before.
  for (const IdentityChoice::Mark& mark : choice.erasure.marks) {
    if (!mark.fenced || !mark.address) continue;
    Status status = consent_->SuppressErased(
        choice.tenant, mark.hash, choice.position,
        Timestamp(std::chrono::microseconds(choice.erasure.at)), context);
    if (!status.ok()) return status;
  }
  return identity_->FoldChoice(choice, context);
}

Status Views::RenewBuckets(uint32_t tenant, std::span<const RecordId> records) {
  // What a checkpoint writes meanwhile would be older than what is read here.
  MutexLock lock(checkpoint_mutex_);
  std::set<uint64_t> buckets;
  for (const RecordId record : records) {
    buckets.insert(record / kRecordsPerBucket);
  }
  for (const uint64_t bucket : buckets) {
    Status status = profile_->RenewBucket(tenant, bucket);
    if (!status.ok()) return status;
  }
  return database_->MergeSmallFiles();
}

Status Views::PurgeTimelines(uint32_t tenant, std::span<const RecordId> records,
                             bool all) {
  MutexLock lock(checkpoint_mutex_);
  {
    Ingestion out(*database_);
    for (const RecordId record : records) {
      Status status = profile_->RewriteTimeline(tenant, record, out);
      if (!status.ok()) return status;
    }
    Status status = out.Commit();
    if (!status.ok()) return status;
  }
  const size_t timeline = profile_->first_family() + ProfileRoom::kTimeline;
  for (size_t family = 0; family < family_count(); ++family) {
    if (!all && family != timeline) continue;
    Status status = database_->Compact(family);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

void Views::Publish(Generation& rows, std::vector<TailEntry>& tail,
                    std::span<const Fact> facts, Position position) {
  overlay_->Publish(rows, position, [&] {
    for (Room* room : rooms_) room->Published(facts);
    tail_.Append(tail);
  });
  tail.clear();
}

Status Views::Checkpoint(const std::function<Status()>& sync_log,
                         const std::function<void()>& between) {
  MutexLock lock(checkpoint_mutex_);
  if (overlay_->position() == on_disk()) return Status::Ok();
  std::shared_ptr<const Tail::Part> part;
  std::shared_ptr<Tail::Part> next = tail_.NextPart();
  FrozenRows frozen =
      overlay_->Freeze([&] { part = tail_.Freeze(std::move(next)); });
  Status status = sync_log();
  if (status.ok()) status = overlay_->Capture(frozen, between);
  if (status.ok()) status = WriteRows(frozen, *part, between);
  if (!status.ok()) {
    // What was frozen stays in memory and readable; the store stops writing.
    return status;
  }
  on_disk_.store(frozen.position);
  between();
  overlay_->Written(frozen);
  between();
  tail_.DropFrozen();
  overlay_->Evict();
  return database_->MergeSmallFiles();
}

Status Views::WriteRows(FrozenRows& frozen, const Tail::Part& part,
                        const std::function<void()>& between) {
  Ingestion out(*database_);
  out.set_between(between);
  Status status = out.Put(kMetaFamily, kMetaKey,
                          MetaValue(frozen.position, VersionsOf(rooms_)));
  for (Room* room : rooms_) {
    if (status.ok()) status = room->WritePacked(part, frozen, out);
  }
  std::string stored;
  for (size_t family = 0; family < family_count(); ++family) {
    const RowFamily& spec = overlay_->families()[family];
    const std::vector<RowKey>& keys = frozen.keys[family];
    for (size_t i = 0; status.ok() && i < keys.size(); ++i) {
      // What is written is not needed twice in memory.
      const Row row = std::move(frozen.rows[family][i]);
      const EncodedKey encoded(keys[i], spec.words);
      const std::string_view key = encoded.view();
      if (!row.exists()) {
        status = out.Delete(family, key);
      } else if (spec.codec != nullptr) {
        status = spec.codec->Encode(keys[i], row.value(), &stored);
        if (status.ok()) status = out.Put(family, key, stored);
      } else {
        status = out.Put(family, key, row.value());
      }
    }
  }
  if (status.ok()) status = out.Commit();
  return status;
}

}  // namespace crm
