// The keyring: every key of a store, in a database of its own.
//
// Each tenant has a wrapping key (wrapped in turn by the host's KeyProvider),
// an index secret for look-up hashes, a data key for tenant-level records, a
// key per month for unattributed events, a key per record, and a key per
// bucket of 1,024 records for the views. Record keys are made ahead in
// durable pools, so that an append never waits for a second fsync: the key of
// record n is row n, and the pool is the rows beyond the last record.
//
// Thread safety: all methods, from any thread.
//
// Invariants:
//  1. A key is on the disk, synced, before anything is sealed with it.
//  2. A destroyed key leaves a tombstone and is never made again.
//  3. Keys in memory take at most about 64 MiB and are wiped when they go.
//  4. Every key that is not destroyed opens with what the provider has, at any
//     point of a rotation.

#ifndef CRM_STORAGE_KEYRING_H_
#define CRM_STORAGE_KEYRING_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/hash.h"
#include "crm/keys.h"
#include "crm/options.h"
#include "crm/status.h"
#include "storage/disk.h"

namespace crm {

inline constexpr uint64_t kRecordsPerBucket = 1024;

// How far an erasure has come. Numbers of the keyring's journal.
enum class ErasureStep : uint8_t {
  kRequested = 1,      // It is about to be written into the log.
  kKeysDestroyed = 2,  // It is in the log, and her keys are gone.
  kComplete = 3,       // So is what the views held.
  kViewsPurged = 4,    // Before that: files of the log are still to do.
};

// An erasure in the journal: a row of its own, so that it is found whatever
// log the keys are put beside.
struct ErasureNote {
  uint32_t tenant = 0;
  std::string request;  // 16 random bytes: its name.
  ErasureStep step = ErasureStep::kRequested;
  uint64_t position = 0;    // Where the choice lies in the log.
  std::string choice;       // The choice as the log has it, sealed.
  std::string certificate;  // Once it is complete.
};

// A tenant that was dropped: what stands in the place of its keys.
struct TenantTombstone {
  uint32_t tenant = 0;
  std::string name;
  bool complete = false;  // Nothing of it is left to be removed.
  int64_t at = 0;
  std::string by;
  std::string why;
};

// Keys of look-up hashes; derived from the tenant's index secret.
struct IndexKeys {
  HashKey dedupe{};
  HashKey content{};
  HashKey identity{};
};

struct RotationPlan {
  // The name of a tenant; empty: there is none of this number.
  std::function<std::string(uint32_t tenant)> name_of;
  // The provider keeps the wrapping key before.
  bool keep_old = false;
  std::function<bool(uint64_t done, uint64_t total)> progress = {};
};

class KeyRing final {
 public:
  // `seal` false: nothing is sealed (tests only).
  static Result<std::unique_ptr<KeyRing>> Open(
      const std::string& path, std::shared_ptr<Disk> disk,
      std::shared_ptr<KeyProvider> provider, bool must_exist, bool seal,
      LogCallback log);
  // One without any key, for a look at a store whose keys are not there: every
  // key is kKeyMissing, and nothing is written.
  static Result<std::unique_ptr<KeyRing>> OpenUnreadable();
  bool unreadable() const;
  ~KeyRing();

  // Unwraps the tenant's secrets; when they are not there, makes them,
  // durably, or (`make` false) answers kKeyMissing. Idempotent. kKeyMissing,
  // kErased (the tenant was dropped), kCorruption, kIoError.
  Status OpenTenant(uint32_t tenant, std::string_view name, bool make);
  // Whether the tenant has secrets, which need not open.
  Result<bool> HasTenant(uint32_t tenant) const;
  // REQUIRES: OpenTenant succeeded.
  const IndexKeys& index_keys(uint32_t tenant) const;
  Result<Key> TenantKey(uint32_t tenant) const;
  // What signs for the tenant, checkpoints of its ledger and certificates.
  // REQUIRES: OpenTenant succeeded.
  Result<Key> SigningSeed(uint32_t tenant) const;

  // kErased: destroyed. kKeyMissing: never made.
  Result<Key> RecordKey(uint32_t tenant, uint64_t record);
  // Records below this one have a key or a tombstone.
  uint64_t PoolEnd(uint32_t tenant) const;
  // Makes keys for all records below `end`; durable when it returns.
  Status FillPool(uint32_t tenant, uint64_t end);

  // With `make`, makes the key when it is new; durable when it returns. Those
  // who read never make one: kKeyMissing.
  Result<Key> MonthKey(uint32_t tenant, uint32_t year_month, bool make);
  Result<Key> BucketKey(uint32_t tenant, uint64_t bucket, bool make);
  // Makes all of them with one fsync.
  Status EnsureBuckets(uint32_t tenant, std::span<const uint64_t> buckets);

  // Erasures, durable when these return. Note: writes the row of one, or
  // writes it anew. Destroy: the same, and replaces each key by a tombstone at
  // the same instant, and forgets it. The files that held the keys are
  // rewritten by Scrub, which may be called again. Drop: it never was.
  Status NoteErasure(const ErasureNote& note);
  Status DestroyRecords(const ErasureNote& note,
                        std::span<const uint64_t> records);
  Status ScrubRecords(uint32_t tenant, std::span<const uint64_t> records);
  Status DropErasure(uint32_t tenant, std::string_view request);
  // Those that are not complete; those of a tenant, in no order. kNotFound: no
  // such erasure.
  Result<std::vector<ErasureNote>> OpenErasures() const;
  Result<std::vector<ErasureNote>> Erasures(uint32_t tenant) const;
  Result<ErasureNote> Erasure(uint32_t tenant, std::string_view request) const;

  // Dropping a tenant. Fence: from now on its keys are kErased, and IsDropped
  // says so, which it also does of those that were dropped before. Destroy:
  // durable, its wrapping key and its journal are replaced by a tombstone, and
  // all of its keys go, from memory and from files; may be called again.
  // Complete: says so in the tombstone.
  void FenceTenant(uint32_t tenant);
  bool IsDropped(uint32_t tenant) const;
  // The same as a flag that lives as long as this. REQUIRES: OpenTenant.
  const std::atomic<bool>& dropped_flag(uint32_t tenant) const;
  Status DestroyTenant(const TenantTombstone& tombstone);
  Status CompleteDrop(const TenantTombstone& tombstone);
  Result<std::vector<TenantTombstone>> DroppedTenants() const;
  // Keys of records, months and buckets.
  Result<uint64_t> CountKeys(uint32_t tenant) const;

  // Renews the key of a bucket. What is sealed from then on is sealed with the
  // new key; the old one is RetiringKey until RetireBucket destroys it, when
  // all rows of the bucket have been sealed anew. Both may be called again.
  Status RenewBucket(uint32_t tenant, uint64_t bucket);
  Result<Key> RetiringKey(uint32_t tenant, uint64_t bucket);
  Status RetireBucket(uint32_t tenant, uint64_t bucket);

  // Sealing as this store does it. Appends to `*out`.
  void Seal(const Key& key, const Nonce& nonce, std::string_view plain,
            std::string_view associated, std::string* out) const;
  [[nodiscard]] bool Open(const Key& key, const Nonce& nonce,
                          std::string_view sealed, std::string_view associated,
                          std::string* plain) const;

  // Wraps every key anew: the provider has a new wrapping key from then on, and
  // each tenant, too. Keys may be read, made and destroyed meanwhile. Cut off
  // at any point everything can be read, since nothing that is needed is
  // forgotten before nothing needs it; doing it again completes it. What
  // belongs to tenants of no name is dropped. `progress` may be empty; false
  // cancels (kCancelled). kUnsupported: the provider cannot, and nothing was
  // changed. One at a time.
  Status Rotate(const RotationPlan& plan, uint64_t* tenants, uint64_t* keys);
  // Whether a rotation was begun and is not complete.
  Result<bool> IsRotating() const;

  // Moves what the write-ahead log holds into files of their own checksums.
  Status Flush();
  Status CopyTo(const std::string& directory) const;
  uint64_t FileBytes() const;

 private:
  struct Impl;
  explicit KeyRing(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Nonces from a seeded stream: unique for good, without a system call each.
// One thread at a time.
class NonceSource final {
 public:
  Nonce Next();

 private:
  std::string buffer_;
  size_t used_ = 0;
};

}  // namespace crm

#endif  // CRM_STORAGE_KEYRING_H_
