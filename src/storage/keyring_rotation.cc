// Rotation: every key wrapped anew, while the store is in use.
//
//   1. the provider begins: what it wraps from now on it wraps with a new key;
//   2. each tenant gets a new wrapping key, beside the one before, and its rows
//      are wrapped with it, some at a time; then the one before goes;
//   3. all of it is in files, and the provider forgets its old key.
//
// Whoever reads tries both keys of a tenant, and the provider opens what either
// of its own has wrapped. So every point between is one at which a store opens.

#include <string>
#include <utility>
#include <vector>

#include "storage/keyring_impl.h"

namespace crm {
namespace {

// Rows that are wrapped under one lock: a few milliseconds.
constexpr size_t kRowsPerWrite = 1024;
constexpr KeyFamily kWrapped[] = {kRecords, kMonths, kBuckets};

Status Cancelled() {
  return Status(StatusCode::kCancelled,
                "rotation: cancelled; do it again to complete it");
}

SecretKey CopyOf(const SecretKey& key) { return SecretKey(key.get()); }

}  // namespace

// The tenants that have keys. Whoever comes later is wrapped by the new key.
Status KeyRing::Impl::BeginRotation(std::vector<uint32_t>* found) {
  MutexLock lock(tenant_mutex);
  Status status = OfProvider(provider->BeginRotation());
  if (!status.ok()) return status;
  Batch batch;
  batch.Put(kTenants, kRotationRow, std::string(1, 1));
  status = database->Write(batch, true);
  if (!status.ok()) return status;
  const auto visit = [&](std::string_view row, std::string_view value) {
    // A tombstone is no key.
    if (row != kRotationRow && !value.empty() &&
        static_cast<uint8_t>(value[0]) != kDroppedVersion) {
      found->push_back(GetBe32(row.data()));
    }
    return true;
  };
  return database->ScanBackward(kTenants, {}, {}, visit);
}

Status KeyRing::Impl::BeginTenant(uint32_t tenant, TenantSecrets* secrets) {
  const auto now = secrets->wrapping();
  if (now->before.has_value()) return Status::Ok();  // Was cut off.
  auto next = std::make_shared<WrappingKeys>();
  next->current = SecretKey(RandomKey());
  next->before = CopyOf(now->current);
  Result<std::string> row = TenantRow(*secrets, *next);
  if (!row.ok()) return std::move(row).status();
  Batch batch;
  batch.Put(kTenants, RowName(tenant, 0), *row);
  MutexLock writing(write_mutex);
  Status status = database->Write(batch, true);
  if (status.ok()) secrets->SetWrapping(std::move(next));
  return status;
}

// Its write is behind those of the rows, and makes them durable, too.
Status KeyRing::Impl::EndTenant(uint32_t tenant, TenantSecrets* secrets) {
  auto next = std::make_shared<WrappingKeys>();
  next->current = CopyOf(secrets->wrapping()->current);
  Result<std::string> row = TenantRow(*secrets, *next);
  if (!row.ok()) return std::move(row).status();
  Batch batch;
  batch.Put(kTenants, RowName(tenant, 0), *row);
  MutexLock writing(write_mutex);
  Status status = database->Write(batch, true);
  if (status.ok()) secrets->SetWrapping(std::move(next));
  return status;
}

Result<size_t> KeyRing::Impl::WrapSome(KeyFamily family, std::string_view lower,
                                       const TenantSecrets& secrets,
                                       std::string* upper) {
  std::vector<std::pair<std::string, std::string>> rows;
  Batch batch;
  NonceSource nonces;
  MutexLock writing(write_mutex);
  Status status = database->ScanBackward(
      family, lower, *upper, [&](std::string_view row, std::string_view value) {
        rows.emplace_back(row, value);
        return rows.size() < kRowsPerWrite;
      });
  if (!status.ok()) return status;
  const auto wrapping = secrets.wrapping();
  Key key;
  for (const auto& [row, value] : rows) {
    if (value == kTombstone) continue;
    status = UnwrapKey(*wrapping, family, row, value, &key);
    if (!status.ok()) break;
    batch.Put(family, row, WrapKey(*wrapping, family, row, key, nonces.Next()));
  }
  Wipe(key.data(), key.size());
  // The end of the tenant waits for the disk.
  if (status.ok()) status = database->Write(batch, false);
  if (!status.ok()) return status;
  if (!rows.empty()) *upper = rows.back().first;
  return rows.size();
}

Status KeyRing::Impl::WrapTenant(uint32_t tenant, const TenantSecrets& secrets,
                                 const std::function<bool(uint64_t)>& more) {
  const uint64_t records = secrets.pool_end - 1;
  for (const KeyFamily family : kWrapped) {
    const std::string lower = RowName(tenant, 0);
    std::string upper = RowName(tenant + 1, 0);
    uint64_t seen = 0;
    for (size_t got = kRowsPerWrite; got == kRowsPerWrite;) {
      Result<size_t> wrapped = WrapSome(family, lower, secrets, &upper);
      if (!wrapped.ok()) return std::move(wrapped).status();
      got = *wrapped;
      seen += got;
      if (!more(got)) return Cancelled();
    }
    // A key that was passed over would be lost for good.
    if (family == kRecords && seen < records) {
      return Status(StatusCode::kCorruption,
                    "keyring: " + std::to_string(records - seen) + " of " +
                        std::to_string(records) +
                        " keys of records are "
                        "not there");
    }
  }
  return Status::Ok();
}

// Keys of a tenant that the log does not know: a log that was set back, or was
// restored from before. They have sealed nothing that is there.
Status KeyRing::Impl::DropTenant(uint32_t tenant) {
  const std::string lower = RowName(tenant, 0);
  const std::string upper = RowName(tenant + 1, 0);
  for (const KeyFamily family : {kRecords, kMonths, kBuckets, kTenants}) {
    for (size_t got = kRowsPerWrite; got == kRowsPerWrite;) {
      Batch batch;
      got = 0;
      Status status = database->ScanBackward(
          family, lower, upper, [&](std::string_view row, std::string_view) {
            batch.Delete(family, row);
            return ++got < kRowsPerWrite;
          });
      if (status.ok()) status = database->Write(batch, true);
      if (!status.ok()) return status;
    }
  }
  return Status::Ok();
}

Status KeyRing::Rotate(const RotationPlan& plan, uint64_t* tenants,
                       uint64_t* keys) {
  std::vector<uint32_t> all;
  Status status = impl_->BeginRotation(&all);
  if (!status.ok()) return status;
  std::vector<uint32_t> unknown;
  uint64_t total = 0;
  std::vector<uint32_t> known;
  for (const uint32_t tenant : all) {
    // Asked for after the rows were seen: names come before them.
    const std::string name = plan.name_of(tenant);
    if (name.empty()) {
      unknown.push_back(tenant);
      continue;
    }
    status = OpenTenant(tenant, name, false);
    if (!status.ok()) return status;
    known.push_back(tenant);
    total += PoolEnd(tenant);
  }
  const auto more = [&](uint64_t got) {
    *keys += got;
    return !plan.progress || plan.progress(std::min(*keys, total), total);
  };
  for (const uint32_t tenant : known) {
    Impl::TenantSecrets* const secrets = impl_->Find(tenant);
    status = impl_->BeginTenant(tenant, secrets);
    if (status.ok()) status = impl_->WrapTenant(tenant, *secrets, more);
    if (status.ok()) status = impl_->EndTenant(tenant, secrets);
    if (!status.ok()) return status;
    ++*tenants;
  }
  if (!plan.keep_old) {
    for (const uint32_t tenant : unknown) {
      status = impl_->DropTenant(tenant);
      if (!status.ok()) return status;
    }
  }
  status = impl_->database->FlushMemtables();
  // What was wrapped before is noise; this takes it out of the files.
  for (const KeyFamily family : {kTenants, kRecords, kMonths, kBuckets}) {
    if (status.ok()) status = impl_->database->Compact(family);
  }
  if (status.ok() && !plan.keep_old) {
    status = OfProvider(impl_->provider->EndRotation());
  }
  if (!status.ok()) return status;
  Batch batch;
  batch.Delete(kTenants, kRotationRow);
  return impl_->database->Write(batch, true);
}

Result<bool> KeyRing::IsRotating() const {
  std::string value;
  return impl_->database->Get(kTenants, kRotationRow, &value);
}

}  // namespace crm
