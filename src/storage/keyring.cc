#include "storage/keyring.h"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <utility>

#include "base/coding.h"
#include "base/mutex.h"
#include "storage/database.h"

namespace crm {
namespace {

enum Family : size_t {
  kTenants = 0,
  kRecords,
  kMonths,
  kBuckets,
  kErasures,
};

constexpr size_t kPageKeys = 256;
constexpr size_t kCacheShards = 16;
constexpr size_t kCachePages =
    (size_t{64} << 20) / (kPageKeys * kKeyBytes) / kCacheShards;
// So many keys of a page are read one by one; then the others are likely to be
// wanted, too, and all of them come at once.
constexpr uint8_t kMissesOfPage = 4;
constexpr std::string_view kTombstone = "erased";
// Of a bucket's number: the key that it had before.
constexpr uint64_t kRetiringBit = uint64_t{1} << 63;
// Rows of the journal: an erasure; the mark of one that is not complete.
constexpr char kJournalRow = 'j';
constexpr char kOpenRow = 'p';
constexpr size_t kRequestBytes = 16;

Status NoTenant() {
  return Status(StatusCode::kKeyMissing,
                "keyring: the keys of a tenant are not there");
}

std::string RowName(uint32_t tenant, uint64_t number) {
  std::string key;
  PutBe32(&key, tenant);
  PutBe64(&key, number);
  return key;
}

std::string ErasureRow(char kind, uint32_t tenant, std::string_view request) {
  std::string row(1, kind);
  PutBe32(&row, tenant);
  row += request;
  return row;
}

std::string EncodeNote(const ErasureNote& note) {
  std::string value(1, 1);
  value.push_back(static_cast<char>(note.step));
  PutBe64(&value, note.position);
  PutBytes(&value, note.choice);
  PutBytes(&value, note.certificate);
  return value;
}

Status DecodeNote(std::string_view row, std::string_view value,
                  ErasureNote* note) {
  ByteReader reader(value);
  const uint8_t version = reader.U8();
  const uint8_t step = reader.U8();
  note->position = reader.Be64();
  note->choice = std::string(reader.Bytes());
  note->certificate = std::string(reader.Bytes());
  if (row.size() != 5 + kRequestBytes || version != 1 || step < 1 ||
      step > static_cast<uint8_t>(ErasureStep::kViewsPurged) ||
      !reader.AtEnd()) {
    return Status(StatusCode::kCorruption, "keyring: malformed erasure");
  }
  note->tenant = GetBe32(row.data() + 1);
  note->request = std::string(row.substr(5));
  note->step = static_cast<ErasureStep>(step);
  return Status::Ok();
}

void PutNote(const ErasureNote& note, Batch* batch) {
  batch->Put(kErasures, ErasureRow(kJournalRow, note.tenant, note.request),
             EncodeNote(note));
  const std::string open = ErasureRow(kOpenRow, note.tenant, note.request);
  if (note.step == ErasureStep::kComplete) {
    batch->Delete(kErasures, open);
  } else {
    batch->Put(kErasures, open, {});
  }
}

std::string_view AsText(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

bool AsKey(std::string_view bytes, Key* key) {
  if (bytes.size() != key->size()) return false;
  std::memcpy(key->data(), bytes.data(), key->size());
  return true;
}

// What a provider answers, for callers to whom these two mean something else:
// that a row is not there, that a person was erased.
Status OfProvider(const Status& status) {
  if (status.code() != StatusCode::kNotFound &&
      status.code() != StatusCode::kErased) {
    return status;
  }
  return Status(StatusCode::kKeyMissing, std::string(status.message()));
}

HashKey Derive(std::string_view secret, std::string_view purpose) {
  const Digest digest = Blake2b(purpose, secret);
  HashKey key;
  std::memcpy(key.data(), digest.data(), key.size());
  return key;
}

}  // namespace

Nonce NonceSource::Next() {
  if (used_ + kNonceBytes > buffer_.size()) {
    buffer_.resize(kNonceBytes * 256);
    RandomBytes(buffer_.data(), buffer_.size());
    used_ = 0;
  }
  Nonce nonce;
  std::memcpy(nonce.data(), buffer_.data() + used_, kNonceBytes);
  used_ += kNonceBytes;
  return nonce;
}

struct KeyRing::Impl {
  struct TenantSecrets {
    std::string name;
    SecretKey wrapping;
    SecretKey data;
    SecretKey signing;
    IndexKeys index;
    std::atomic<uint64_t> pool_end{1};  // Grows under pool_mutex.
  };
  struct Page {
    std::array<uint64_t, kPageKeys / 64> present{};
    bool used = false;
    uint8_t misses = 0;
    std::array<Key, kPageKeys> keys;
    ~Page() { Wipe(keys.data(), sizeof(keys)); }
  };
  struct PageName {
    uint32_t tenant;
    uint64_t page;
    bool operator==(const PageName&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const PageName& name) {
      return H::combine(std::move(h), name.tenant, name.page);
    }
  };
  struct CacheShard {
    Mutex mutex;
    // Keys that were forgotten: who read one before that must not bring it
    // back.
    uint64_t forgotten CRM_GUARDED_BY(mutex) = 0;
    absl::flat_hash_map<PageName, std::unique_ptr<Page>> pages
        CRM_GUARDED_BY(mutex);
  };

  std::unique_ptr<Database> database;
  std::shared_ptr<KeyProvider> provider;
  bool seal = true;

  Mutex tenant_mutex;  // Held while secrets are made or read.
  mutable SharedMutex tenants_mutex;
  absl::flat_hash_map<uint32_t, std::unique_ptr<TenantSecrets>> tenants
      CRM_GUARDED_BY(tenants_mutex);
  mutable Mutex pool_mutex;  // One maker of keys at a time.
  std::array<CacheShard, kCacheShards> cache;
  // Month and bucket keys; few.
  struct NamedKeyName {
    size_t family;
    uint32_t tenant;
    uint64_t number;
    bool operator==(const NamedKeyName&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const NamedKeyName& name) {
      return H::combine(std::move(h), name.family, name.tenant, name.number);
    }
  };
  SharedMutex named_mutex;
  absl::flat_hash_map<NamedKeyName, Key> named CRM_GUARDED_BY(named_mutex);

  TenantSecrets* Find(uint32_t tenant) const {
    ReaderLock lock(tenants_mutex);
    auto found = tenants.find(tenant);
    return found == tenants.end() ? nullptr : found->second.get();
  }

  CacheShard& ShardOf(uint32_t tenant, uint64_t page) {
    return cache[(tenant * 31 + page) % kCacheShards];
  }

  uint64_t Forgotten(uint32_t tenant, uint64_t page) {
    CacheShard& shard = ShardOf(tenant, page);
    MutexLock lock(shard.mutex);
    return shard.forgotten;
  }

  // Keeps a key. `forgotten`: what it was when the key was read; unless it is
  // the same still, nothing is kept. Null: a key that was just made. True:
  // this was a miss of its page, and one too many.
  bool Remember(uint32_t tenant, uint64_t record, const Key& key,
                const uint64_t* forgotten) {
    const uint64_t page = record / kPageKeys;
    CacheShard& shard = ShardOf(tenant, page);
    MutexLock lock(shard.mutex);
    if (forgotten != nullptr && shard.forgotten != *forgotten) return false;
    const bool full = shard.pages.size() >= kCachePages;
    if (full) EvictOne(shard);
    std::unique_ptr<Page>& slot = shard.pages[PageName{tenant, page}];
    if (slot == nullptr) slot = std::make_unique<Page>();
    slot->used = true;
    const size_t index = record % kPageKeys;
    slot->keys[index] = key;
    slot->present[index / 64] |= uint64_t{1} << (index % 64);
    if (forgotten == nullptr || full) return false;
    slot->misses = static_cast<uint8_t>(
        std::min<int>(slot->misses + 1, kMissesOfPage + 1));
    return slot->misses == kMissesOfPage;
  }

  // Brings what a page lacks into memory. What cannot be read or unwrapped is
  // left out: who asks for it is told.
  void LoadPage(const TenantSecrets& secrets, uint32_t tenant, uint64_t page) {
    const uint64_t forgotten = Forgotten(tenant, page);
    const uint64_t first = page * kPageKeys;
    uint64_t record = 0;
    Key key;
    static_cast<void>(database->ScanForwardUnproven(
        kRecords, RowName(tenant, first), RowName(tenant, first + kPageKeys),
        [&](std::string_view row, std::string_view value) {
          record = GetBe64(row.data() + 4);
          if (!Recall(tenant, record, &key) &&
              UnwrapKey(secrets, kRecords, row, value, &key).ok()) {
            Remember(tenant, record, key, &forgotten);
          }
          return true;
        }));
    Wipe(key.data(), key.size());
  }

  // Clock: drops the first page that was not used since the last look.
  static void EvictOne(CacheShard& shard) CRM_REQUIRES(shard.mutex) {
    auto victim = shard.pages.begin();
    for (auto page = shard.pages.begin(); page != shard.pages.end(); ++page) {
      if (!std::exchange(page->second->used, false)) {
        victim = page;
        break;
      }
    }
    shard.pages.erase(victim);
  }

  bool Recall(uint32_t tenant, uint64_t record, Key* key) {
    const uint64_t page = record / kPageKeys;
    CacheShard& shard = ShardOf(tenant, page);
    MutexLock lock(shard.mutex);
    auto found = shard.pages.find(PageName{tenant, page});
    if (found == shard.pages.end()) return false;
    const size_t index = record % kPageKeys;
    Page& keys = *found->second;
    if ((keys.present[index / 64] >> (index % 64) & 1) == 0) return false;
    keys.used = true;
    *key = keys.keys[index];
    return true;
  }

  void Forget(uint32_t tenant, uint64_t record) {
    const uint64_t page = record / kPageKeys;
    CacheShard& shard = ShardOf(tenant, page);
    MutexLock lock(shard.mutex);
    ++shard.forgotten;
    auto found = shard.pages.find(PageName{tenant, page});
    if (found == shard.pages.end()) return;
    const size_t index = record % kPageKeys;
    Wipe(&found->second->keys[index], sizeof(Key));
    found->second->present[index / 64] &= ~(uint64_t{1} << (index % 64));
  }

  // A stored key is nonce, then the key sealed with the tenant's wrapping key;
  // the row's own name is authenticated, so rows cannot be swapped.
  std::string WrapKey(const TenantSecrets& secrets, size_t family,
                      std::string_view row, const Key& key,
                      const Nonce& nonce) const {
    std::string value(reinterpret_cast<const char*>(nonce.data()),
                      nonce.size());
    std::string associated(1, static_cast<char>(family));
    associated += row;
    crm::Seal(secrets.wrapping.get(), nonce, AsText(key), associated, &value);
    return value;
  }

  Status UnwrapKey(const TenantSecrets& secrets, size_t family,
                   std::string_view row, std::string_view value,
                   Key* key) const {
    if (value == kTombstone) {
      return Status(StatusCode::kErased, "the key of this record is destroyed");
    }
    std::string plain;
    std::string associated(1, static_cast<char>(family));
    associated += row;
    Nonce nonce;
    bool sound = value.size() > kNonceBytes;
    if (sound) {
      std::memcpy(nonce.data(), value.data(), kNonceBytes);
      sound = Unseal(secrets.wrapping.get(), nonce, value.substr(kNonceBytes),
                     associated, &plain) &&
              AsKey(plain, key);
    }
    Wipe(plain.data(), plain.size());
    if (!sound) {
      return Status(StatusCode::kCorruption, "keyring: a key does not open");
    }
    return Status::Ok();
  }

  Status ReadTenant(TenantSecrets* secrets, std::string_view stored);
  Result<std::string> MakeTenant(TenantSecrets* secrets);
  Result<Key> NamedKey(Family family, uint32_t tenant, uint64_t number,
                       bool make);
  Status FindPoolEnd(uint32_t tenant, TenantSecrets* secrets);
};

// A tenant's row: version, wrapped wrapping key, sealed index secret and data
// key.
Result<std::string> KeyRing::Impl::MakeTenant(TenantSecrets* secrets) {
  const Key wrapping = RandomKey();
  Result<std::string> wrapped = provider->Wrap(secrets->name, AsText(wrapping));
  if (!wrapped.ok()) return OfProvider(wrapped.status());
  const Key data = RandomKey();
  const Key index = RandomKey();
  const Nonce nonce = RandomNonce();
  std::string sealed;
  std::string both(AsText(data));
  both += AsText(index);
  crm::Seal(wrapping, nonce, both, secrets->name, &sealed);
  Wipe(both.data(), both.size());
  std::string row(1, 1);
  PutBytes(&row, *wrapped);
  row.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  PutBytes(&row, sealed);
  return row;
}

Status KeyRing::Impl::ReadTenant(TenantSecrets* secrets,
                                 std::string_view stored) {
  ByteReader reader(stored);
  const uint8_t version = reader.U8();
  const std::string_view wrapped = reader.Bytes();
  const std::string_view nonce_bytes = reader.Take(kNonceBytes);
  const std::string_view sealed = reader.Bytes();
  if (!reader.ok() || version != 1) {
    return Status(StatusCode::kCorruption, "keyring: malformed tenant row");
  }
  Result<std::string> wrapping = provider->Unwrap(secrets->name, wrapped);
  if (!wrapping.ok()) return OfProvider(wrapping.status());
  Key key;
  Nonce nonce;
  std::memcpy(nonce.data(), nonce_bytes.data(), nonce.size());
  std::string plain;
  if (!AsKey(*wrapping, &key) ||
      !Unseal(key, nonce, sealed, secrets->name, &plain) ||
      plain.size() != 2 * kKeyBytes) {
    return Status(StatusCode::kCorruption,
                  "keyring: the secrets of a tenant do not open");
  }
  secrets->wrapping = SecretKey(key);
  Key data;
  std::memcpy(data.data(), plain.data(), kKeyBytes);
  secrets->data = SecretKey(data);
  const std::string_view index(plain.data() + kKeyBytes, kKeyBytes);
  secrets->index.dedupe = Derive(index, "crm dedupe");
  secrets->index.content = Derive(index, "crm content");
  secrets->index.identity = Derive(index, "crm identity");
  Digest seed = Blake2b("crm signing", index);
  secrets->signing = SecretKey(seed);
  Wipe(&seed, sizeof(seed));
  Wipe(plain.data(), plain.size());
  Wipe(wrapping->data(), wrapping->size());
  Wipe(&key, sizeof(key));
  return Status::Ok();
}

Status KeyRing::Impl::FindPoolEnd(uint32_t tenant, TenantSecrets* secrets) {
  return database->ScanBackward(
      kRecords, RowName(tenant, 0), RowName(tenant, ~uint64_t{0}),
      [&](std::string_view key, std::string_view) {
        secrets->pool_end = GetBe64(key.data() + 4) + 1;
        return false;
      });
}

Result<Key> KeyRing::Impl::NamedKey(Family family, uint32_t tenant,
                                    uint64_t number, bool make) {
  TenantSecrets* secrets = Find(tenant);
  if (secrets == nullptr) return NoTenant();
  const NamedKeyName name{family, tenant, number};
  {
    ReaderLock lock(named_mutex);
    auto found = named.find(name);
    if (found != named.end()) return found->second;
  }
  const std::string row = RowName(tenant, number);
  WriterLock lock(named_mutex);
  auto found = named.find(name);
  if (found != named.end()) return found->second;
  std::string value;
  Result<bool> there = database->Get(family, row, &value);
  if (!there.ok()) return std::move(there).status();
  Key key;
  if (*there) {
    Status status = UnwrapKey(*secrets, family, row, value, &key);
    if (!status.ok()) return status;
  } else if (!make) {
    return Status(StatusCode::kKeyMissing, "keyring: a key is not there");
  } else {
    key = RandomKey();
    Batch batch;
    batch.Put(family, row, WrapKey(*secrets, family, row, key, RandomNonce()));
    Status status = database->Write(batch, true);
    if (!status.ok()) return status;
  }
  named.emplace(name, key);
  return key;
}

KeyRing::KeyRing(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyRing::~KeyRing() = default;

Result<std::unique_ptr<KeyRing>> KeyRing::Open(
    const std::string& path, std::shared_ptr<Disk> disk,
    std::shared_ptr<KeyProvider> provider, bool must_exist, bool seal,
    LogCallback log) {
  DatabaseOptions options;
  options.families = {{"default", FamilyKind::kPoint},
                      {"records", FamilyKind::kPoint},
                      {"months", FamilyKind::kPoint},
                      {"buckets", FamilyKind::kPoint},
                      {"erasures", FamilyKind::kPoint}};
  options.memtable_bytes = size_t{4} << 20;
  options.must_exist = must_exist;
  options.log = std::move(log);
  Result<std::unique_ptr<Database>> database =
      Database::Open(path, std::move(disk), options);
  if (!database.ok()) return std::move(database).status();
  auto impl = std::make_unique<Impl>();
  impl->database = std::move(database).value();
  impl->provider = std::move(provider);
  impl->seal = seal;
  return std::unique_ptr<KeyRing>(new KeyRing(std::move(impl)));
}

Status KeyRing::OpenTenant(uint32_t tenant, std::string_view name, bool make) {
  if (impl_->Find(tenant) != nullptr) return Status::Ok();
  // One at a time: two makers would each seal with secrets of their own.
  MutexLock one(impl_->tenant_mutex);
  if (impl_->Find(tenant) != nullptr) return Status::Ok();
  auto secrets = std::make_unique<Impl::TenantSecrets>();
  secrets->name = std::string(name);
  const std::string row = RowName(tenant, 0);
  std::string value;
  Result<bool> found = impl_->database->Get(kTenants, row, &value);
  if (!found.ok()) return std::move(found).status();
  if (!*found && !make) return NoTenant();
  if (!*found) {
    if (!make) {
      return Status(StatusCode::kKeyMissing, "keyring: the secrets of tenant " +
                                                 std::to_string(tenant) +
                                                 " are not there");
    }
    Result<std::string> made = impl_->MakeTenant(secrets.get());
    if (!made.ok()) return std::move(made).status();
    Batch batch;
    batch.Put(kTenants, row, *made);
    Status status = impl_->database->Write(batch, true);
    if (!status.ok()) return status;
    value = std::move(made).value();
  }
  Status status = impl_->ReadTenant(secrets.get(), value);
  if (status.ok()) status = impl_->FindPoolEnd(tenant, secrets.get());
  if (!status.ok()) return status;
  WriterLock lock(impl_->tenants_mutex);
  impl_->tenants.try_emplace(tenant, std::move(secrets));
  return Status::Ok();
}

const IndexKeys& KeyRing::index_keys(uint32_t tenant) const {
  return impl_->Find(tenant)->index;
}

Result<Key> KeyRing::TenantKey(uint32_t tenant) const {
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  if (secrets == nullptr) return NoTenant();
  return secrets->data.get();
}

Result<Key> KeyRing::RecordKey(uint32_t tenant, uint64_t record) {
  Key key;
  if (impl_->Recall(tenant, record, &key)) return key;
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  if (secrets == nullptr) return NoTenant();
  const uint64_t page = record / kPageKeys;
  const uint64_t forgotten = impl_->Forgotten(tenant, page);
  const std::string row = RowName(tenant, record);
  std::string value;
  Result<bool> found = impl_->database->Get(kRecords, row, &value);
  if (!found.ok()) return std::move(found).status();
  if (!*found) {
    return Status(StatusCode::kKeyMissing,
                  "record " + std::to_string(record) + " has no key");
  }
  Status status = impl_->UnwrapKey(*secrets, kRecords, row, value, &key);
  if (!status.ok()) return status;
  if (impl_->Remember(tenant, record, key, &forgotten)) {
    impl_->LoadPage(*secrets, tenant, page);
  }
  return key;
}

Result<Key> KeyRing::SigningSeed(uint32_t tenant) const {
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  if (secrets == nullptr) return NoTenant();
  return secrets->signing.get();
}

uint64_t KeyRing::PoolEnd(uint32_t tenant) const {
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  return secrets == nullptr ? 1 : secrets->pool_end.load();
}

Status KeyRing::FillPool(uint32_t tenant, uint64_t end) {
  Impl::TenantSecrets* secrets = impl_->Find(tenant);
  if (secrets == nullptr) return NoTenant();
  MutexLock lock(impl_->pool_mutex);
  if (secrets->pool_end >= end) return Status::Ok();
  std::vector<Key> keys(end - secrets->pool_end);
  RandomBytes(keys.data(), keys.size() * sizeof(Key));
  NonceSource nonces;
  Batch batch;
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string row = RowName(tenant, secrets->pool_end + i);
    batch.Put(kRecords, row,
              impl_->WrapKey(*secrets, kRecords, row, keys[i], nonces.Next()));
  }
  Status status = impl_->database->Write(batch, true);
  if (status.ok()) {
    for (size_t i = 0; i < keys.size(); ++i) {
      impl_->Remember(tenant, secrets->pool_end + i, keys[i], nullptr);
    }
    secrets->pool_end = end;
  }
  Wipe(keys.data(), keys.size() * sizeof(Key));
  return status;
}

Result<Key> KeyRing::MonthKey(uint32_t tenant, uint32_t year_month, bool make) {
  return impl_->NamedKey(kMonths, tenant, year_month, make);
}

Result<Key> KeyRing::BucketKey(uint32_t tenant, uint64_t bucket, bool make) {
  return impl_->NamedKey(kBuckets, tenant, bucket, make);
}

Status KeyRing::EnsureBuckets(uint32_t tenant,
                              std::span<const uint64_t> buckets) {
  Impl::TenantSecrets* secrets = impl_->Find(tenant);
  if (secrets == nullptr) return NoTenant();
  WriterLock lock(impl_->named_mutex);
  Batch batch;
  std::vector<std::pair<Impl::NamedKeyName, Key>> made;
  for (uint64_t bucket : buckets) {
    const std::string row = RowName(tenant, bucket);
    const Impl::NamedKeyName name{kBuckets, tenant, bucket};
    if (impl_->named.contains(name)) continue;
    std::string value;
    Result<bool> there = impl_->database->Get(kBuckets, row, &value);
    if (!there.ok()) return std::move(there).status();
    if (*there) continue;
    const Key key = RandomKey();
    batch.Put(kBuckets, row,
              impl_->WrapKey(*secrets, kBuckets, row, key, RandomNonce()));
    made.emplace_back(name, key);
  }
  if (made.empty()) return Status::Ok();
  Status status = impl_->database->Write(batch, true);
  if (!status.ok()) return status;
  for (const auto& [name, key] : made) impl_->named.emplace(name, key);
  return Status::Ok();
}

Status KeyRing::NoteErasure(const ErasureNote& note) {
  Batch batch;
  PutNote(note, &batch);
  return impl_->database->Write(batch, true);
}

Status KeyRing::DestroyRecords(const ErasureNote& note,
                               std::span<const uint64_t> records) {
  Batch batch;
  for (uint64_t record : records) {
    batch.Put(kRecords, RowName(note.tenant, record), kTombstone);
  }
  PutNote(note, &batch);
  Status status = impl_->database->Write(batch, true);
  for (uint64_t record : records) impl_->Forget(note.tenant, record);
  return status;
}

Status KeyRing::ScrubRecords(uint32_t tenant,
                             std::span<const uint64_t> records) {
  Status status = impl_->database->FlushMemtables();
  for (const uint64_t record : records) {
    if (!status.ok()) break;
    const std::string row = RowName(tenant, record);
    status = impl_->database->Compact(kRecords, row, row);
  }
  return status;
}

Status KeyRing::DropErasure(uint32_t tenant, std::string_view request) {
  Batch batch;
  batch.Delete(kErasures, ErasureRow(kJournalRow, tenant, request));
  batch.Delete(kErasures, ErasureRow(kOpenRow, tenant, request));
  return impl_->database->Write(batch, true);
}

Result<std::vector<ErasureNote>> KeyRing::OpenErasures() const {
  std::vector<std::string> open;
  Status status = impl_->database->ScanBackward(
      kErasures, std::string(1, kOpenRow), std::string(1, kOpenRow + 1),
      [&](std::string_view row, std::string_view) {
        open.emplace_back(row);
        return true;
      });
  if (!status.ok()) return status;
  std::vector<ErasureNote> notes;
  for (const std::string& row : open) {
    if (row.size() != 5 + kRequestBytes) {
      return Status(StatusCode::kCorruption, "keyring: malformed erasure");
    }
    Result<ErasureNote> note =
        Erasure(GetBe32(row.data() + 1), std::string_view(row).substr(5));
    if (!note.ok()) return std::move(note).status();
    notes.push_back(std::move(note).value());
  }
  return notes;
}

Result<std::vector<ErasureNote>> KeyRing::Erasures(uint32_t tenant) const {
  std::vector<ErasureNote> notes;
  Status sound;
  Status status = impl_->database->ScanBackward(
      kErasures, ErasureRow(kJournalRow, tenant, {}),
      ErasureRow(kJournalRow, tenant + 1, {}),
      [&](std::string_view row, std::string_view value) {
        sound = DecodeNote(row, value, &notes.emplace_back());
        return sound.ok();
      });
  if (status.ok()) status = sound;
  if (!status.ok()) return status;
  return notes;
}

Result<ErasureNote> KeyRing::Erasure(uint32_t tenant,
                                     std::string_view request) const {
  const std::string row = ErasureRow(kJournalRow, tenant, request);
  std::string value;
  Result<bool> found = impl_->database->Get(kErasures, row, &value);
  if (!found.ok()) return std::move(found).status();
  if (!*found) return Status(StatusCode::kNotFound, "no such erasure");
  ErasureNote note;
  Status status = DecodeNote(row, value, &note);
  if (!status.ok()) return status;
  return note;
}

Status KeyRing::RenewBucket(uint32_t tenant, uint64_t bucket) {
  const uint64_t retiring = bucket | kRetiringBit;
  Result<Key> before = BucketKey(tenant, retiring, false);
  if (before.ok()) return Status::Ok();  // Begun already.
  if (before.status().code() != StatusCode::kKeyMissing) {
    return std::move(before).status();
  }
  Result<Key> old_key = BucketKey(tenant, bucket, false);
  // Nothing was ever sealed with it.
  if (old_key.status().code() == StatusCode::kKeyMissing) return Status::Ok();
  if (!old_key.ok()) return std::move(old_key).status();
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  const Key new_key = RandomKey();
  const std::string row = RowName(tenant, bucket);
  const std::string old_row = RowName(tenant, retiring);
  Batch batch;
  batch.Put(
      kBuckets, old_row,
      impl_->WrapKey(*secrets, kBuckets, old_row, *old_key, RandomNonce()));
  batch.Put(kBuckets, row,
            impl_->WrapKey(*secrets, kBuckets, row, new_key, RandomNonce()));
  WriterLock lock(impl_->named_mutex);
  Status status = impl_->database->Write(batch, true);
  if (!status.ok()) return status;
  impl_->named[Impl::NamedKeyName{kBuckets, tenant, retiring}] = *old_key;
  impl_->named[Impl::NamedKeyName{kBuckets, tenant, bucket}] = new_key;
  return status;
}

Result<Key> KeyRing::RetiringKey(uint32_t tenant, uint64_t bucket) {
  return BucketKey(tenant, bucket | kRetiringBit, false);
}

Status KeyRing::RetireBucket(uint32_t tenant, uint64_t bucket) {
  const uint64_t retiring = bucket | kRetiringBit;
  const std::string row = RowName(tenant, retiring);
  Batch batch;
  batch.Delete(kBuckets, row);
  {
    WriterLock lock(impl_->named_mutex);
    const auto found =
        impl_->named.find(Impl::NamedKeyName{kBuckets, tenant, retiring});
    if (found != impl_->named.end()) {
      Wipe(found->second.data(), found->second.size());
      impl_->named.erase(found);
    }
    Status status = impl_->database->Write(batch, true);
    if (!status.ok()) return status;
  }
  // The old key lay in the row of the new one, too.
  const std::string first = RowName(tenant, bucket);
  Status status = impl_->database->FlushMemtables();
  if (status.ok()) status = impl_->database->Compact(kBuckets, first, first);
  if (status.ok()) status = impl_->database->Compact(kBuckets, row, row);
  return status;
}

void KeyRing::Seal(const Key& key, const Nonce& nonce, std::string_view plain,
                   std::string_view associated, std::string* out) const {
  if (impl_->seal) {
    crm::Seal(key, nonce, plain, associated, out);
    return;
  }
  out->append(plain);
  out->append(kTagBytes, '\0');
}

bool KeyRing::Open(const Key& key, const Nonce& nonce, std::string_view sealed,
                   std::string_view associated, std::string* plain) const {
  if (impl_->seal) return Unseal(key, nonce, sealed, associated, plain);
  plain->clear();
  if (sealed.size() < kTagBytes) return false;
  plain->assign(sealed.substr(0, sealed.size() - kTagBytes));
  return true;
}

Status KeyRing::Flush() { return impl_->database->FlushMemtables(); }

Status KeyRing::CopyTo(const std::string& directory) const {
  return impl_->database->CopyTo(directory);
}

uint64_t KeyRing::FileBytes() const { return impl_->database->FileBytes(); }

}  // namespace crm
