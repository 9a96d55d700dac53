// What a Store is behind its handles: the parts, wired. Internal to store/.

#ifndef CRM_STORE_CORE_H_
#define CRM_STORE_CORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/failure.h"
#include "base/mutex.h"
#include "consent/settings.h"
#include "crm/store.h"
#include "event/definitions.h"
#include "event/dictionaries.h"
#include "event/log_view.h"
#include "event/names.h"
#include "format/superblock.h"
#include "identity/normalise.h"
#include "identity/settings.h"
#include "privacy/settings.h"
#include "storage/database.h"
#include "storage/disk.h"
#include "storage/keyring.h"
#include "store/head_signal.h"
#include "store/views.h"

namespace crm {

class Sequencer;

// Where the time of appends goes, in nanoseconds.
struct Timings {
  std::atomic<uint64_t> prepare{0};
  std::atomic<uint64_t> sequence{0};
  std::atomic<uint64_t> write{0};
  std::atomic<uint64_t> checkpoint{0};
  std::atomic<uint64_t> longest_pause{0};
};

// Record keys that are made ahead, per tenant.
inline constexpr uint64_t kPoolKeys = 16384;

// The key of a host's offset in the log's ops family.
std::string OffsetKey(uint32_t tenant, std::string_view name);
// yyyymm of an instant.
uint32_t MonthOf(int64_t us);

struct TenantInfo {
  uint32_t id = 0;
  std::string name;
  const IndexKeys* keys = nullptr;
  const std::atomic<bool>* dropped = nullptr;  // Null: it is nobody.

  bool is_dropped() const { return dropped != nullptr && dropped->load(); }
};

// Members are in the order in which they are made; destroyed the other way.
struct StoreCore {
  std::string directory;
  StoreOptions options;
  std::string key_file;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Disk> disk;
  std::unique_ptr<StoreLock> lock;
  std::unique_ptr<AnchorFile> anchor;  // Null in memory.
  Superblock superblock;
  std::shared_ptr<BlockCache> cache;
  std::unique_ptr<KeyRing> keyring;
  std::unique_ptr<Database> log;
  std::unique_ptr<LogView> log_view;
  std::unique_ptr<Normaliser> normaliser;
  Names names;
  Dictionaries dictionaries;
  Definitions definitions{&IdentitySettings::Parse, &ConsentSettings::Parse,
                          &PrivacySettings::Parse};
  std::unique_ptr<Views> views;
  std::unique_ptr<Sequencer> sequencer;
  Timings timings;

  // Every call holds it shared; Close takes it alone.
  mutable SharedMutex lifecycle;
  bool closed CRM_GUARDED_BY(lifecycle) = false;
  std::atomic<int> open_handles{0};  // Cursors and snapshots.

  HeadSignal head_signal;     // The head moved, or waiting ends.
  Mutex subscriptions_mutex;  // Checkpoints made and dropped.
  // Keys of those that are open.
  std::set<std::string> subscribed CRM_GUARDED_BY(subscriptions_mutex);

  // Open without keys, and read-only: see StoreOptions::allow_unreadable.
  bool unreadable = false;

  // Maintenance.
  Mutex maintenance_mutex;
  ConditionVariable maintenance_wake;
  bool maintenance_stop CRM_GUARDED_BY(maintenance_mutex) = false;
  bool maintenance_due CRM_GUARDED_BY(maintenance_mutex) = false;
  std::atomic<bool> warm_stop{false};
  std::atomic<bool> keys_low{false};  // FillPools is due.
  std::atomic<bool> warmed{false};
  Failure failed;  // A checkpoint failed: read-only.
  Mutex maintain_one;
  // One erasure at a time; taken before everything but `lifecycle`. Who replays
  // the log and compares takes it, too: keys must not go meanwhile.
  Mutex erasure_mutex;
  std::atomic<bool> erasures_open{false};  // Some are not complete.
  std::atomic<int> erasures_wait{0};       // For so many rounds yet.
  Mutex anchor_mutex;
  std::thread maintenance;

  ~StoreCore();

  void Log(LogLevel level, std::string_view message) const {
    if (options.log) options.log(level, message);
  }
  // Whether libphonenumber decides what a phone number is.
  bool ReadsPhones() const {
    return (superblock.features & kFeaturePlainPhones) == 0;
  }
  // Ok while the store is open.
  Status CheckOpen() const CRM_REQUIRES_SHARED(lifecycle);
  // kKeyMissing: it is open without keys.
  Status CheckReadable() const;
  // The names of tenants that were not dropped, in the order of their numbers.
  std::vector<std::string> LivingTenants() const;
  // Null: the tenant has defined nothing. Costs next to nothing where nobody
  // ever did.
  std::shared_ptr<const TenantDefinitions> DefinitionsOf(
      uint32_t tenant) const {
    return definitions.generation() == 0 ? nullptr : definitions.Of(tenant);
  }
  // Tenants by name. REQUIRES: CheckOpen.
  Result<TenantInfo> OpenTenant(std::string_view name);
  ViewsOptions MakeViewsOptions() const;
  std::string Path(std::string_view part) const {
    return directory + "/" + std::string(part);
  }

  // Maintenance, in maintenance.cc.
  // kIoError: the operating system has no thread to give.
  Status StartMaintenance();
  void MaintainUntilStopped();
  void StopMaintenance();
  void WakeMaintenance();
  // What is due; true: more is to do. Any one thread at a time.
  Result<bool> MaintainOnce(bool idle);
  bool MaintainQuietly(bool idle);
  Status Checkpoint();
  Status WriteAnchor();
  bool CheckpointDue() const;
  bool CheckpointOverdue() const;
  Status FillPools();
};

// A stopwatch for Timings; the only clock below the API, never in an answer.
class Stopwatch final {
 public:
  Stopwatch() : start_(std::chrono::steady_clock::now()) {}
  uint64_t Nanoseconds() const {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::steady_clock::now() - start_)
            .count());
  }

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace crm

#endif  // CRM_STORE_CORE_H_
