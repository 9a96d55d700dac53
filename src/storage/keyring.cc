#include "storage/keyring.h"

#include <utility>

#include "base/coding.h"
#include "base/mutex.h"
#include "storage/database.h"
#include "storage/keyring_impl.h"

namespace crm {
namespace {

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

std::string KeyRing::Impl::WrapKey(const WrappingKeys& wrapping, size_t family,
                                   std::string_view row, const Key& key,
                                   const Nonce& nonce) {
  std::string value(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  std::string associated(1, static_cast<char>(family));
  associated += row;
  crm::Seal(wrapping.current.get(), nonce, AsText(key), associated, &value);
  return value;
}

Status KeyRing::Impl::UnwrapKey(const WrappingKeys& wrapping, size_t family,
                                std::string_view row, std::string_view value,
                                Key* key) {
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
    const std::string_view sealed = value.substr(kNonceBytes);
    sound = Unseal(wrapping.current.get(), nonce, sealed, associated, &plain) ||
            (wrapping.before.has_value() &&
             Unseal(wrapping.before->get(), nonce, sealed, associated, &plain));
    sound = sound && AsKey(plain, key);
  }
  Wipe(plain.data(), plain.size());
  if (sound) return Status::Ok();
  return Status(StatusCode::kCorruption, "keyring: a key does not open");
}

Result<bool> KeyRing::Impl::ReadKey(const TenantSecrets& secrets, size_t family,
                                    std::string_view row, Key* key) const {
  std::string value;
  for (;;) {
    const std::shared_ptr<const WrappingKeys> wrapping = secrets.wrapping();
    Result<bool> found = database->Get(family, row, &value);
    if (!found.ok() || !*found) return found;
    const Status status = UnwrapKey(*wrapping, family, row, value, key);
    if (status.ok()) return true;
    // A rotation went by between the two.
    if (status.code() == StatusCode::kCorruption &&
        wrapping != secrets.wrapping()) {
      continue;
    }
    return status;
  }
}

// A tenant's row: version, wrapped wrapping key, and, sealed with that, the
// data key, the index secret and, in version 2, the wrapping key before.
Result<std::string> KeyRing::Impl::TenantRow(const TenantSecrets& secrets,
                                             const WrappingKeys& wrapping) {
  Result<std::string> wrapped =
      provider->Wrap(secrets.name, AsText(wrapping.current.get()));
  if (!wrapped.ok()) return OfProvider(wrapped.status());
  const Nonce nonce = RandomNonce();
  std::string sealed;
  std::string all(AsText(secrets.data.get()));
  all += AsText(secrets.index_secret.get());
  if (wrapping.before.has_value()) all += AsText(wrapping.before->get());
  crm::Seal(wrapping.current.get(), nonce, all, secrets.name, &sealed);
  Wipe(all.data(), all.size());
  std::string row(1, wrapping.before.has_value() ? 2 : 1);
  PutBytes(&row, *wrapped);
  row.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  PutBytes(&row, sealed);
  return row;
}

Result<std::string> KeyRing::Impl::MakeTenant(TenantSecrets* secrets) {
  secrets->data = SecretKey(RandomKey());
  secrets->index_secret = SecretKey(RandomKey());
  return TenantRow(*secrets, WrappingKeys{SecretKey(RandomKey())});
}

Status KeyRing::Impl::ReadTenant(TenantSecrets* secrets,
                                 std::string_view stored) {
  ByteReader reader(stored);
  const uint8_t version = reader.U8();
  const std::string_view wrapped = reader.Bytes();
  const std::string_view nonce_bytes = reader.Take(kNonceBytes);
  const std::string_view sealed = reader.Bytes();
  if (!reader.ok() || (version != 1 && version != 2)) {
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
      plain.size() != (version == 1 ? 2 : 3) * kKeyBytes) {
    return Status(StatusCode::kCorruption,
                  "keyring: the secrets of a tenant do not open");
  }
  const auto take = [&](size_t index) {
    Key part;
    std::memcpy(part.data(), plain.data() + index * kKeyBytes, kKeyBytes);
    SecretKey secret(part);
    Wipe(&part, sizeof(part));
    return secret;
  };
  auto wrapping_keys = std::make_shared<WrappingKeys>();
  wrapping_keys->current = SecretKey(key);
  if (version == 2) wrapping_keys->before = take(2);
  secrets->SetWrapping(std::move(wrapping_keys));
  secrets->data = take(0);
  secrets->index_secret = take(1);
  const std::string_view index = AsText(secrets->index_secret.get());
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

Result<Key> KeyRing::Impl::NamedKey(KeyFamily family, uint32_t tenant,
                                    uint64_t number, bool make) {
  TenantSecrets* secrets = Find(tenant);
  Status usable = CheckUsable(secrets);
  if (!usable.ok()) return usable;
  const NamedKeyName name{family, tenant, number};
  {
    ReaderLock lock(named_mutex);
    auto found = named.find(name);
    if (found != named.end()) return found->second;
  }
  const std::string row = RowName(tenant, number);
  WriterLock lock(named_mutex);
  usable = CheckUsable(secrets);
  if (!usable.ok()) return usable;
  auto found = named.find(name);
  if (found != named.end()) return found->second;
  Key key;
  Result<bool> there = ReadKey(*secrets, family, row, &key);
  if (!there.ok()) return std::move(there).status();
  if (!*there && !make) {
    return Status(StatusCode::kKeyMissing, "keyring: a key is not there");
  }
  if (!*there) {
    key = RandomKey();
    MutexLock writing(write_mutex);
    Batch batch;
    batch.Put(family, row,
              WrapKey(*secrets->wrapping(), family, row, key, RandomNonce()));
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
  const Impl::TenantSecrets* known = impl_->Find(tenant);
  if (known != nullptr) return impl_->CheckOpened(known);
  // One at a time: two makers would each seal with secrets of their own.
  MutexLock one(impl_->tenant_mutex);
  known = impl_->Find(tenant);
  if (known != nullptr) return impl_->CheckOpened(known);
  auto secrets = std::make_unique<Impl::TenantSecrets>();
  secrets->name = std::string(name);
  const std::string row = RowName(tenant, 0);
  std::string value;
  Result<bool> found = impl_->database->Get(kTenants, row, &value);
  if (!found.ok()) return std::move(found).status();
  bool there = *found;
  if (there && static_cast<uint8_t>(value[0]) == kDroppedVersion) {
    Result<TenantTombstone> dropped = Impl::ReadTombstone(row, value);
    if (!dropped.ok()) return std::move(dropped).status();
    if (dropped->name == name) return impl_->OpenDropped(*dropped);
    // The log was set back to before it, and its number is given again.
    there = false;
  }
  if (!there && impl_->unreadable)
    return impl_->Open(tenant, std::move(secrets));
  if (!there && !make) return NoTenant();
  if (!there) {
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
  return impl_->Open(tenant, std::move(secrets));
}

Result<bool> KeyRing::HasTenant(uint32_t tenant) const {
  std::string value;
  return impl_->database->Get(kTenants, RowName(tenant, 0), &value);
}

const IndexKeys& KeyRing::index_keys(uint32_t tenant) const {
  return impl_->Find(tenant)->index;
}

Result<Key> KeyRing::TenantKey(uint32_t tenant) const {
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  const Status usable = impl_->CheckUsable(secrets);
  if (!usable.ok()) return usable;
  return secrets->Data();
}

Result<Key> KeyRing::RecordKey(uint32_t tenant, uint64_t record) {
  Key key;
  if (impl_->Recall(tenant, record, &key)) return key;
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  const Status usable = impl_->CheckUsable(secrets);
  if (!usable.ok()) return usable;
  const uint64_t page = record / kPageKeys;
  const uint64_t forgotten = impl_->Forgotten(tenant, page);
  const std::string row = RowName(tenant, record);
  Result<bool> found = impl_->ReadKey(*secrets, kRecords, row, &key);
  if (!found.ok()) return std::move(found).status();
  if (!*found) {
    return Status(StatusCode::kKeyMissing,
                  "record " + std::to_string(record) + " has no key");
  }
  if (impl_->Remember(tenant, record, key, &forgotten)) {
    impl_->LoadPage(*secrets, tenant, page);
  }
  return key;
}

Result<Key> KeyRing::SigningSeed(uint32_t tenant) const {
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  const Status usable = impl_->CheckUsable(secrets);
  if (!usable.ok()) return usable;
  return secrets->Signing();
}

uint64_t KeyRing::PoolEnd(uint32_t tenant) const {
  const Impl::TenantSecrets* secrets = impl_->Find(tenant);
  return secrets == nullptr ? 1 : secrets->pool_end.load();
}

Status KeyRing::FillPool(uint32_t tenant, uint64_t end) {
  Impl::TenantSecrets* secrets = impl_->Find(tenant);
  MutexLock lock(impl_->pool_mutex);
  const Status usable = impl_->CheckUsable(secrets);
  if (!usable.ok()) return usable;
  if (secrets->pool_end >= end) return Status::Ok();
  std::vector<Key> keys(end - secrets->pool_end);
  RandomBytes(keys.data(), keys.size() * sizeof(Key));
  NonceSource nonces;
  Batch batch;
  Status status;
  {
    MutexLock writing(impl_->write_mutex);
    const auto wrapping = secrets->wrapping();
    for (size_t i = 0; i < keys.size(); ++i) {
      const std::string row = RowName(tenant, secrets->pool_end + i);
      batch.Put(
          kRecords, row,
          Impl::WrapKey(*wrapping, kRecords, row, keys[i], nonces.Next()));
    }
    status = impl_->database->Write(batch, true);
  }
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
  WriterLock lock(impl_->named_mutex);
  const Status usable = impl_->CheckUsable(secrets);
  if (!usable.ok()) return usable;
  MutexLock writing(impl_->write_mutex);
  const auto wrapping = secrets->wrapping();
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
              Impl::WrapKey(*wrapping, kBuckets, row, key, RandomNonce()));
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
  MutexLock writing(impl_->write_mutex);
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
  WriterLock lock(impl_->named_mutex);
  MutexLock writing(impl_->write_mutex);
  const auto wrapping = secrets->wrapping();
  Batch batch;
  batch.Put(
      kBuckets, old_row,
      Impl::WrapKey(*wrapping, kBuckets, old_row, *old_key, RandomNonce()));
  batch.Put(kBuckets, row,
            Impl::WrapKey(*wrapping, kBuckets, row, new_key, RandomNonce()));
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
    MutexLock writing(impl_->write_mutex);
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
