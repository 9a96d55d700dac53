// What the keyring is made of; for its own sources.

#ifndef CRM_STORAGE_KEYRING_IMPL_H_
#define CRM_STORAGE_KEYRING_IMPL_H_

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "base/mutex.h"
#include "storage/database.h"
#include "storage/keyring.h"

namespace crm {

// Families of keys/.
enum KeyFamily : size_t {
  kTenants = 0,
  kRecords,
  kMonths,
  kBuckets,
  kErasures,
};

// Of the first family: there while a rotation is not complete.
inline constexpr std::string_view kRotationRow = "rotation";

inline constexpr size_t kPageKeys = 256;
inline constexpr size_t kCacheShards = 16;
inline constexpr size_t kCachePages =
    (size_t{64} << 20) / (kPageKeys * kKeyBytes) / kCacheShards;
// So many keys of a page are read one by one; then the others are likely to be
// wanted, too, and all of them come at once.
inline constexpr uint8_t kMissesOfPage = 4;
inline constexpr std::string_view kTombstone = "erased";

inline std::string RowName(uint32_t tenant, uint64_t number) {
  std::string key;
  PutBe32(&key, tenant);
  PutBe64(&key, number);
  return key;
}

inline std::string_view AsText(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

inline bool AsKey(std::string_view bytes, Key* key) {
  if (bytes.size() != key->size()) return false;
  std::memcpy(key->data(), bytes.data(), key->size());
  return true;
}

// What a provider answers, for callers to whom these two mean something else:
// that a row is not there, that a person was erased.
inline Status OfProvider(const Status& status) {
  if (status.code() != StatusCode::kNotFound &&
      status.code() != StatusCode::kErased) {
    return status;
  }
  return Status(StatusCode::kKeyMissing, std::string(status.message()));
}

// A tenant's row of this version is a tombstone.
inline constexpr uint8_t kDroppedVersion = 3;

struct KeyRing::Impl {
  // What wraps the keys of a tenant: all that are written, and those that a
  // rotation has not come to yet.
  struct WrappingKeys {
    SecretKey current;
    std::optional<SecretKey> before = {};
  };
  struct TenantSecrets {
    std::string name;
    SecretKey data;
    SecretKey index_secret;
    SecretKey signing;
    IndexKeys index;
    std::atomic<uint64_t> pool_end{1};  // Grows under pool_mutex.
    std::atomic<bool> dropped{false};   // For good.

    Key Data() const {
      MutexLock lock(mutex);
      return data.get();
    }
    Key Signing() const {
      MutexLock lock(mutex);
      return signing.get();
    }
    // All but the keys of look-up hashes, to which requests under way point.
    void WipeSecrets() {
      SetWrapping(std::make_shared<WrappingKeys>());
      MutexLock lock(mutex);
      data = SecretKey();
      index_secret = SecretKey();
      signing = SecretKey();
    }

    std::shared_ptr<const WrappingKeys> wrapping() const {
      MutexLock lock(mutex);
      return wrapping_keys;
    }
    void SetWrapping(std::shared_ptr<const WrappingKeys> keys) {
      MutexLock lock(mutex);
      wrapping_keys = std::move(keys);
    }

   private:
    mutable Mutex mutex;
    std::shared_ptr<const WrappingKeys> wrapping_keys CRM_GUARDED_BY(mutex);
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
  bool unreadable = false;  // There is not one key.

  Mutex tenant_mutex;  // Held while secrets are made or read.
  mutable SharedMutex tenants_mutex;
  absl::flat_hash_map<uint32_t, std::unique_ptr<TenantSecrets>> tenants
      CRM_GUARDED_BY(tenants_mutex);
  mutable Mutex pool_mutex;  // One maker of keys at a time.
  // Held while rows of keys are made from what was read, and written: a key
  // that was destroyed meanwhile must not come back. The last one to be taken.
  Mutex write_mutex;
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

  // Whether it has keys that may be used. `tenant` may be null.
  Status CheckUsable(const TenantSecrets* tenant) const;
  // What OpenTenant answers of one that it knows.
  static Status CheckOpened(const TenantSecrets* tenant);
  // Takes a tenant in.
  Status Open(uint32_t tenant, std::unique_ptr<TenantSecrets> secrets);
  // The same of one in whose row is a tombstone. kErased.
  Status OpenDropped(const TenantTombstone& tombstone);
  static Result<TenantTombstone> ReadTombstone(std::string_view row,
                                               std::string_view value);
  // No key of the tenant is in memory from then on.
  void ForgetTenant(uint32_t tenant);

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
    const std::shared_ptr<const WrappingKeys> wrapping = secrets.wrapping();
    const uint64_t first = page * kPageKeys;
    uint64_t record = 0;
    Key key;
    static_cast<void>(database->ScanForwardUnproven(
        kRecords, RowName(tenant, first), RowName(tenant, first + kPageKeys),
        [&](std::string_view row, std::string_view value) {
          record = GetBe64(row.data() + 4);
          if (!Recall(tenant, record, &key) &&
              UnwrapKey(*wrapping, kRecords, row, value, &key).ok()) {
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
  static std::string WrapKey(const WrappingKeys& wrapping, size_t family,
                             std::string_view row, const Key& key,
                             const Nonce& nonce);
  static Status UnwrapKey(const WrappingKeys& wrapping, size_t family,
                          std::string_view row, std::string_view value,
                          Key* key);
  // The key that lies in a row; false: there is none. Also while rows are
  // wrapped anew.
  Result<bool> ReadKey(const TenantSecrets& secrets, size_t family,
                       std::string_view row, Key* key) const;
  Status ReadTenant(TenantSecrets* secrets, std::string_view stored);
  Result<std::string> MakeTenant(TenantSecrets* secrets);
  // The row of a tenant, with its wrapping keys wrapped by the provider.
  Result<std::string> TenantRow(const TenantSecrets& secrets,
                                const WrappingKeys& wrapping);
  Result<Key> NamedKey(KeyFamily family, uint32_t tenant, uint64_t number,
                       bool make);
  Status FindPoolEnd(uint32_t tenant, TenantSecrets* secrets);

  // Rotation, in keyring_rotation.cc.
  Status BeginRotation(std::vector<uint32_t>* found);
  Status DropTenant(uint32_t tenant);
  Status BeginTenant(uint32_t tenant, TenantSecrets* secrets);
  Status EndTenant(uint32_t tenant, TenantSecrets* secrets);
  Status WrapTenant(uint32_t tenant, const TenantSecrets& secrets,
                    const std::function<bool(uint64_t)>& more);
  // Wraps the last rows below `*upper` anew, and moves it to the first of them.
  // How many there were.
  Result<size_t> WrapSome(KeyFamily family, std::string_view lower,
                          const TenantSecrets& secrets, std::string* upper);
};

}  // namespace crm

#endif  // CRM_STORAGE_KEYRING_IMPL_H_
