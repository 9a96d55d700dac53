// KeyRing: a tenant that is dropped, whole; and a ring without any key.
//
// Its row, which held the wrapping key, becomes a tombstone, and in the same
// write its journal of erasures goes, which nobody could open any more: from
// that write on every other key of the tenant is noise. The rows of those keys
// are taken out afterwards, some at a time.

#include <utility>

#include "storage/keyring_impl.h"

namespace crm {
namespace {

constexpr size_t kRowsAtOnce = 4096;
constexpr KeyFamily kSealing[] = {kRecords, kMonths, kBuckets};

Status Dropped() {
  return Status(StatusCode::kErased, "the tenant was dropped");
}

std::string EncodeTombstone(const TenantTombstone& tombstone) {
  std::string value(1, static_cast<char>(kDroppedVersion));
  PutBytes(&value, tombstone.name);
  value.push_back(tombstone.complete ? 1 : 0);
  PutSigned(&value, tombstone.at);
  PutBytes(&value, tombstone.by);
  PutBytes(&value, tombstone.why);
  return value;
}

}  // namespace

Status KeyRing::Impl::CheckUsable(const TenantSecrets* tenant) const {
  if (unreadable) {
    return Status(StatusCode::kKeyMissing,
                  "unreadable: the store is open without keys");
  }
  if (tenant == nullptr) {
    return Status(StatusCode::kKeyMissing,
                  "keyring: the keys of a tenant are not there");
  }
  return tenant->dropped.load() ? Dropped() : Status::Ok();
}

Status KeyRing::Impl::CheckOpened(const TenantSecrets* tenant) {
  if (!tenant->dropped.load()) return Status::Ok();
  return Status(StatusCode::kErased,
                "tenant \"" + tenant->name +
                    "\" was dropped, and its name is not given again");
}

Status KeyRing::Impl::Open(uint32_t tenant,
                           std::unique_ptr<TenantSecrets> secrets) {
  WriterLock lock(tenants_mutex);
  tenants.try_emplace(tenant, std::move(secrets));
  return Status::Ok();
}

Status KeyRing::Impl::OpenDropped(const TenantTombstone& tombstone) {
  auto secrets = std::make_unique<TenantSecrets>();
  secrets->name = tombstone.name;
  secrets->dropped.store(true);
  Status status = CheckOpened(secrets.get());
  Status opened = Open(tombstone.tenant, std::move(secrets));
  return opened.ok() ? status : opened;
}

Result<TenantTombstone> KeyRing::Impl::ReadTombstone(std::string_view row,
                                                     std::string_view value) {
  ByteReader reader(value);
  const uint8_t version = reader.U8();
  TenantTombstone tombstone;
  tombstone.name = std::string(reader.Bytes());
  const uint8_t complete = reader.U8();
  tombstone.at = reader.Signed();
  tombstone.by = std::string(reader.Bytes());
  tombstone.why = std::string(reader.Bytes());
  if (!reader.ok() || !reader.AtEnd() || version != kDroppedVersion ||
      complete > 1 || row.size() != 12) {
    return Status(StatusCode::kCorruption, "keyring: malformed tenant row");
  }
  tombstone.tenant = GetBe32(row.data());
  tombstone.complete = complete != 0;
  return tombstone;
}

void KeyRing::Impl::ForgetTenant(uint32_t tenant) {
  for (CacheShard& shard : cache) {
    MutexLock lock(shard.mutex);
    ++shard.forgotten;
    absl::erase_if(shard.pages, [&](const auto& page) {
      return page.first.tenant == tenant;
    });
  }
  WriterLock lock(named_mutex);
  absl::erase_if(named, [&](auto& entry) {
    if (entry.first.tenant != tenant) return false;
    Wipe(entry.second.data(), entry.second.size());
    return true;
  });
}

Result<std::unique_ptr<KeyRing>> KeyRing::OpenUnreadable() {
  Result<std::unique_ptr<KeyRing>> none =
      Open("/keys", Disk::Memory(), nullptr, false, true, {});
  if (none.ok()) (*none)->impl_->unreadable = true;
  return none;
}

bool KeyRing::unreadable() const { return impl_->unreadable; }

void KeyRing::FenceTenant(uint32_t tenant) {
  Impl::TenantSecrets* const secrets = impl_->Find(tenant);
  if (secrets != nullptr) secrets->dropped.store(true);
}

bool KeyRing::IsDropped(uint32_t tenant) const {
  const Impl::TenantSecrets* const secrets = impl_->Find(tenant);
  return secrets != nullptr && secrets->dropped.load();
}

const std::atomic<bool>& KeyRing::dropped_flag(uint32_t tenant) const {
  return impl_->Find(tenant)->dropped;
}

Result<uint64_t> KeyRing::CountKeys(uint32_t tenant) const {
  uint64_t count = 0;
  for (const KeyFamily family : kSealing) {
    Status status = impl_->database->ScanBackward(
        family, RowName(tenant, 0), RowName(tenant + 1, 0),
        [&](std::string_view, std::string_view value) {
          if (value != kTombstone) ++count;
          return true;
        });
    if (!status.ok()) return status;
  }
  return count;
}

Status KeyRing::DestroyTenant(const TenantTombstone& tombstone) {
  const uint32_t tenant = tombstone.tenant;
  FenceTenant(tenant);
  Batch batch;
  batch.Put(kTenants, RowName(tenant, 0), EncodeTombstone(tombstone));
  // Rows of its erasures: a letter, the tenant, a name.
  for (const char* kind : {"j", "p"}) {
    std::string lower(kind);
    std::string upper(kind);
    PutBe32(&lower, tenant);
    PutBe32(&upper, tenant + 1);
    Status status = impl_->database->ScanBackward(
        kErasures, lower, upper, [&](std::string_view row, std::string_view) {
          batch.Delete(kErasures, row);
          return true;
        });
    if (!status.ok()) return status;
  }
  {
    // Whoever makes keys of the tenant is done by then, and begins no more.
    MutexLock pool(impl_->pool_mutex);
    MutexLock writing(impl_->write_mutex);
    Status status = impl_->database->Write(batch, true);
    if (!status.ok()) return status;
  }
  Impl::TenantSecrets* const secrets = impl_->Find(tenant);
  if (secrets != nullptr) secrets->WipeSecrets();
  impl_->ForgetTenant(tenant);
  const std::string lower = RowName(tenant, 0);
  for (const KeyFamily family : kSealing) {
    std::string upper = RowName(tenant + 1, 0);
    std::string last;
    for (size_t got = kRowsAtOnce; got == kRowsAtOnce; upper = last) {
      Batch some;
      got = 0;
      Status status = impl_->database->ScanBackward(
          family, lower, upper, [&](std::string_view row, std::string_view) {
            some.Delete(family, row);
            last = std::string(row);
            return ++got < kRowsAtOnce;
          });
      if (status.ok()) status = impl_->database->Write(some, false);
      if (!status.ok()) return status;
    }
  }
  Status status = impl_->database->FlushMemtables();
  for (const KeyFamily family : {kTenants, kErasures}) {
    if (status.ok()) status = impl_->database->Compact(family);
  }
  for (const KeyFamily family : kSealing) {
    if (!status.ok()) break;
    status = impl_->database->Compact(family, lower, RowName(tenant + 1, 0));
  }
  return status;
}

Status KeyRing::CompleteDrop(const TenantTombstone& tombstone) {
  TenantTombstone whole = tombstone;
  whole.complete = true;
  Batch batch;
  batch.Put(kTenants, RowName(tombstone.tenant, 0), EncodeTombstone(whole));
  MutexLock writing(impl_->write_mutex);
  return impl_->database->Write(batch, true);
}

Result<std::vector<TenantTombstone>> KeyRing::DroppedTenants() const {
  std::vector<TenantTombstone> all;
  Status sound;
  Status status = impl_->database->ScanBackward(
      kTenants, {}, {}, [&](std::string_view row, std::string_view value) {
        if (value.empty() ||
            static_cast<uint8_t>(value[0]) != kDroppedVersion) {
          return true;
        }
        Result<TenantTombstone> one = Impl::ReadTombstone(row, value);
        sound = one.status();
        if (one.ok()) all.push_back(*std::move(one));
        return sound.ok();
      });
  if (status.ok()) status = sound;
  if (!status.ok()) return status;
  return all;
}

}  // namespace crm
