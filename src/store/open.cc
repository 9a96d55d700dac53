#include "store/open.h"

#include <date/date.h>

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "base/mutex.h"
#include "store/erasure.h"
#include "store/recovery.h"
#include "store/sequencer.h"
#include "store/tenant_drop.h"

namespace crm {
namespace {

constexpr std::string_view kSuperblockFile = "STORE";
constexpr std::string_view kViewsFolder = "views";
constexpr std::string_view kViewsAside = "views.verify";
// What a store's directory may hold; anything else is not ours.
constexpr std::string_view kOwnNames[] = {
    "STORE", "LOCK", "ANCHOR", "log", "keys", "views", "views.verify"};

Status CheckOptions(const StoreOptions& options) {
  const auto invalid = [](const char* what) {
    return Status(StatusCode::kInvalidArgument, what);
  };
  if (options.background_threads != 0 && options.background_threads != 1) {
    return invalid("background_threads: must be 0 or 1");
  }
  if (options.checkpoint_bytes < (size_t{1} << 20) ||
      options.checkpoint_bytes > (size_t{4} << 30)) {
    return invalid("checkpoint_bytes: must be 1 MiB to 4 GiB");
  }
  if (options.checkpoint_records < 1000 ||
      options.checkpoint_records > 10'000'000) {
    return invalid("checkpoint_records: must be 1,000 to 10,000,000");
  }
  if (options.block_cache_bytes < (size_t{8} << 20) ||
      options.block_cache_bytes > (size_t{64} << 30)) {
    return invalid("block_cache_bytes: must be 8 MiB to 64 GiB");
  }
  if (options.resident_bytes < (size_t{16} << 20) ||
      options.resident_bytes > (size_t{1} << 40)) {
    return invalid("resident_bytes: must be 16 MiB to 1 TiB");
  }
  if (!options.seal && !options.insecure_for_tests) {
    return invalid("seal: may only be off with insecure_for_tests");
  }
  return Normaliser::CheckRegion(options.default_region);
}

// One opening, step by step.
class Opener {
 public:
  Opener(StoreCore& core, std::shared_ptr<Disk> disk) : core_(core) {
    core_.disk = std::move(disk);
  }

  Status Run() {
    Status status = CheckOptions(core_.options);
    if (status.ok()) status = InitCrypto();
    if (status.ok()) status = FindDirectory();
    if (status.ok()) status = ReadSuperblock();
    if (status.ok()) status = OpenKeys();
    if (status.ok()) status = OpenLog();
    if (status.ok()) status = FindHead();
    if (status.ok()) status = CheckAnchor();
    if (status.ok()) status = OpenViews();
    if (status.ok()) status = CatchUp();
    if (status.ok()) status = CheckKeys();
    if (status.ok() && creating_) status = WriteSuperblock();
    if (!status.ok()) return status;
    core_.sequencer =
        std::make_unique<Sequencer>(&core_, head_, chain_, last_recorded_at_);
    status = core_.sequencer->LoadRefused();
    if (core_.unreadable) return status;
    // What was asked for and cut off is done before anybody can read.
    if (status.ok()) status = FinishDrops(core_);
    if (status.ok()) status = ReplayErasures(core_);
    if (status.ok()) status = FinishErasures(core_);
    if (!status.ok()) return status;
    return core_.StartMaintenance();
  }

 private:
  Status FindDirectory();
  Status ReadSuperblock();
  Status CheckRegion() const;
  Status WriteSuperblock();
  Status OpenKeys();
  Status OpenLog();
  Status FindHead();
  Status CheckAnchor();
  Status OpenViews();
  Status OpenTenants();
  Status LoadDefinitions(const Views& views);
  Status ReadCounts(Views& views);
  Status RemoveViews(const Status& why);
  Status CatchUp();
  Status CheckKeys();
  Status MustBeThere(const Status& status) const;

  StoreCore& core_;
  bool creating_ = false;
  Position head_ = 0;
  Digest chain_{};
  int64_t last_recorded_at_ = 0;
};

Status Opener::FindDirectory() {
  Disk& disk = *core_.disk;
  const std::string& directory = core_.directory;
  if (!disk.Exists(directory)) {
    if (!core_.options.create_if_missing) {
      return Status(StatusCode::kNotFound, "no store at " + directory);
    }
    Status status = disk.MakeDirectory(directory);
    if (!status.ok()) return status;
  }
  Status status = disk.CheckDirectory(directory);
  if (!status.ok()) return status;
  Result<std::vector<std::string>> names = disk.List(directory);
  if (!names.ok()) return std::move(names).status();
  for (const std::string& name : *names) {
    // A whole write leaves a temporary name behind when it is interrupted.
    const std::string_view stem =
        std::string_view(name).substr(0, name.find(".tmp"));
    if (std::find(std::begin(kOwnNames), std::end(kOwnNames), stem) ==
        std::end(kOwnNames)) {
      return Status(StatusCode::kInvalidArgument,
                    directory + " is not a libcrm store: it holds other files");
    }
  }
  if (names->empty() && !core_.options.create_if_missing) {
    return Status(StatusCode::kNotFound, "no store at " + directory);
  }
  Result<std::unique_ptr<StoreLock>> lock = StoreLock::Take(directory, disk);
  if (!lock.ok()) return std::move(lock).status();
  core_.lock = std::move(lock).value();
  return Status::Ok();
}

Status Opener::ReadSuperblock() {
  const std::string path = core_.Path(kSuperblockFile);
  if (!core_.disk->Exists(path)) {
    // New, or a making that was interrupted: OpenLog tells which.
    creating_ = true;
    core_.superblock.store_id.resize(16);
    RandomBytes(core_.superblock.store_id.data(), 16);
    core_.superblock.sealed = core_.options.seal;
    core_.superblock.region = core_.options.default_region;
    if (!Normaliser::ReadsPhones()) {
      core_.superblock.features |= kFeaturePlainPhones;
    }
    if (!core_.options.create_if_missing) {
      return Status(
          core_.disk->Exists(core_.Path("log")) ? StatusCode::kCorruption
                                                : StatusCode::kNotFound,
          "no store at " + core_.directory + ": the superblock is missing");
    }
    return Status::Ok();
  }
  if (core_.options.error_if_exists) {
    return Status(StatusCode::kAlreadyExists,
                  "there is a store at " + core_.directory);
  }
  Result<std::string> bytes = core_.disk->ReadFile(path);
  if (!bytes.ok()) return std::move(bytes).status();
  Result<Superblock> superblock = DecodeSuperblock(*bytes);
  if (!superblock.ok()) return std::move(superblock).status();
  core_.superblock = std::move(superblock).value();
  if (!core_.ReadsPhones() || Normaliser::ReadsPhones()) {
    return CheckRegion();
  }
  return Status(StatusCode::kUnsupported,
                "the store reads phone numbers in any spelling; this libcrm "
                "is built without libphonenumber");
}

Status Opener::CheckRegion() const {
  if (!core_.options.default_region.empty() &&
      core_.options.default_region != core_.superblock.region) {
    return Status(StatusCode::kInvalidArgument,
                  "default_region: the store was made with another one");
  }
  return Status::Ok();
}

Status Opener::WriteSuperblock() {
  return core_.disk->WriteFile(core_.Path(kSuperblockFile),
                               EncodeSuperblock(core_.superblock));
}

Status Opener::OpenKeys() {
  if (core_.unreadable) {
    Result<std::unique_ptr<KeyRing>> none = KeyRing::OpenUnreadable();
    if (!none.ok()) return std::move(none).status();
    core_.keyring = std::move(none).value();
    return Status::Ok();
  }
  if (!creating_ && !core_.disk->Exists(core_.Path("keys"))) {
    return Status(StatusCode::kKeyMissing,
                  core_.directory +
                      " has no keys, and nothing that is sealed can be read "
                      "without them (allow_unreadable shows the rest)");
  }
  std::shared_ptr<KeyProvider> provider = core_.options.key_provider;
  if (provider == nullptr && core_.disk->in_memory()) {
    provider = NewEphemeralKeyProvider();
  }
  if (provider == nullptr) {
    core_.key_file = core_.options.key_file;
    if (core_.key_file.empty()) core_.key_file = core_.directory + ".key";
    if (core_.key_file.starts_with(core_.directory + "/")) {
      return Status(StatusCode::kInvalidArgument,
                    "key_file: must lie outside the store");
    }
    Result<std::shared_ptr<KeyProvider>> file =
        FileKeyProvider::Open(core_.key_file, creating_);
    if (!file.ok()) return std::move(file).status();
    provider = std::move(file).value();
  }
  Result<std::unique_ptr<KeyRing>> keyring =
      KeyRing::Open(core_.Path("keys"), core_.disk, std::move(provider),
                    !creating_, core_.superblock.sealed, core_.options.log);
  if (!keyring.ok()) return MustBeThere(keyring.status());
  core_.keyring = std::move(keyring).value();
  Result<bool> rotating = core_.keyring->IsRotating();
  if (!rotating.ok()) return std::move(rotating).status();
  if (*rotating) {
    core_.Log(LogLevel::kWarning,
              "keys: a rotation is not complete; rotate them again");
  }
  return Status::Ok();
}

Status Opener::OpenLog() {
  DatabaseOptions options;
  options.families = {{"default", FamilyKind::kLog},
                      {"ops", FamilyKind::kPoint}};
  options.cache = core_.cache;
  options.memtable_bytes = size_t{32} << 20;
  options.compress = core_.options.compress_blocks;
  options.must_exist = !creating_;
  options.log = core_.options.log;
  Result<std::unique_ptr<Database>> log =
      Database::Open(core_.Path("log"), core_.disk, options);
  if (!log.ok()) return MustBeThere(log.status());
  core_.log = std::move(log).value();
  core_.log_view =
      std::make_unique<LogView>(core_.log.get(), core_.keyring.get());
  return Status::Ok();
}

Status Opener::FindHead() {
  Status sound;
  int looked_at = 0;
  Status status = core_.log->ScanBackward(
      kLogEvents, {}, {}, [&](std::string_view key, std::string_view value) {
        LogRecordReader reader;
        LogRecord record;
        if (key.size() != 8) {
          sound = Status(StatusCode::kCorruption, "log: malformed key");
          return false;
        }
        const Position position = GetBe64(key.data());
        sound = reader.Read(value, &record);
        if (sound.ok() && head_ == 0) {
          head_ = position;
          if (!record.ends_batch) {
            sound = Status(StatusCode::kCorruption, "the last batch is torn");
          }
        }
        if (!sound.ok()) {
          sound =
              Status(sound.code(), "log record " + std::to_string(position) +
                                       ": " + std::string(sound.message()));
          return false;
        }
        last_recorded_at_ =
            std::max(last_recorded_at_, record.event.recorded_at);
        return last_recorded_at_ == 0 && ++looked_at < 1000;
      });
  if (status.ok()) status = sound;
  if (!status.ok()) return status;
  if (creating_ && head_ > 0) {
    return Status(StatusCode::kCorruption,
                  core_.directory + ": the superblock is missing");
  }
  Result<Digest> chain = ChainAt(*core_.log_view, head_);
  if (!chain.ok()) return std::move(chain).status();
  chain_ = *chain;
  return Status::Ok();
}

Status Opener::CheckAnchor() {
  if (core_.disk->in_memory()) return Status::Ok();
  Result<std::unique_ptr<AnchorFile>> anchor =
      AnchorFile::Open(core_.Path("ANCHOR"), *core_.disk);
  if (!anchor.ok()) return std::move(anchor).status();
  core_.anchor = std::move(anchor).value();
  const Anchor& last = core_.anchor->last();
  if (last.head > head_) {
    const std::string lost =
        "the log ends at " + std::to_string(head_) + ", but " +
        std::to_string(last.head) +
        " was acknowledged: " + std::to_string(last.head - head_) +
        " records are lost";
    if (!core_.options.accept_rollback) {
      return Status(StatusCode::kRolledBack, lost);
    }
    core_.Log(LogLevel::kWarning, "rollback accepted: " + lost);
    return core_.anchor->Write(
        head_, {reinterpret_cast<const char*>(chain_.data()), chain_.size()});
  }
  if (last.head == 0) return Status::Ok();
  Result<Digest> chain = ChainAt(*core_.log_view, last.head);
  if (!chain.ok()) return std::move(chain).status();
  if (last.chain !=
      std::string_view(reinterpret_cast<const char*>(chain->data()),
                       chain->size())) {
    return Status(StatusCode::kCorruption,
                  "log record " + std::to_string(last.head) +
                      ": is not the one that was acknowledged");
  }
  return Status::Ok();
}

Status Opener::OpenViews() {
  core_.normaliser = std::make_unique<Normaliser>(core_.superblock.region,
                                                  core_.ReadsPhones());
  // Made without keys they would be others: aside, and gone with the store.
  const std::string path =
      core_.Path(core_.unreadable ? kViewsAside : kViewsFolder);
  if (core_.unreadable) {
    Status removed = core_.disk->RemoveTree(path);
    if (!removed.ok()) return removed;
  }
  for (int attempt = 0;; ++attempt) {
    Result<std::unique_ptr<Views>> views =
        Views::Open(path, core_.MakeViewsOptions(), core_.keyring.get(),
                    &core_.names, core_.normaliser.get());
    Status status = views.status();
    if (status.ok() && (*views)->on_disk() > head_) {
      status = Status(StatusCode::kCorruption, "views are ahead of the log");
    }
    if (status.ok() && (*views)->on_disk() > 0) {
      // They must end where a batch ends.
      status = ChainAt(*core_.log_view, (*views)->on_disk()).status();
    }
    if (status.ok()) {
      status = OpenTenants();
      if (!status.ok()) return status;
      status = LoadDefinitions(**views);
    }
    if (status.ok()) status = ReadCounts(**views);
    if (status.ok()) {
      core_.views = std::move(views).value();
      return status;
    }
    const bool disposable = status.code() == StatusCode::kCorruption ||
                            status.code() == StatusCode::kFormatTooNew;
    if (attempt > 0 || !disposable) return status;
    if (views.ok()) views = Status(status);
    status = RemoveViews(status);
    if (!status.ok()) return status;
  }
}

Status Opener::OpenTenants() {
  for (const std::string& name : core_.names.All(NameKind::kTenant)) {
    const uint32_t tenant = core_.names.Find(NameKind::kTenant, name);
    Status status = core_.keyring->OpenTenant(tenant, name, false);
    if (status.ok()) continue;
    if (status.code() == StatusCode::kErased) continue;  // It was dropped.
    if (status.code() != StatusCode::kKeyMissing) return status;
    Result<bool> there = core_.keyring->HasTenant(tenant);
    if (!there.ok()) return std::move(there).status();
    if (*there) return status;  // Wrapped with a key that is not there.
  }
  return Status::Ok();
}

// The rows say where; what they say is in the log.
Status Opener::LoadDefinitions(const Views& views) {
  std::vector<Position> positions;
  Status status = views.event().ReadDefinitions(&positions);
  std::string value;
  for (const Position position : positions) {
    LogRecordReader reader;
    LogRecord record;
    if (status.ok()) status = core_.log_view->Read(position, &value);
    if (status.ok()) status = reader.Read(value, &record);
    if (status.ok() && record.kind != LogKind::kDefinition) {
      status = Status(
          StatusCode::kCorruption,
          "log record " + std::to_string(position) + ": is no definition");
    }
    if (status.ok() && !core_.keyring->IsDropped(record.tenant)) {
      status =
          core_.definitions.Add(*core_.log_view, core_.names, position, record);
    }
    if (!status.ok()) return status;
  }
  return status;
}

// What every open needs of a tenant. Where it was dropped, the row says; that
// it was, the log.
Status Opener::ReadCounts(Views& views) {
  std::shared_ptr<View> view = views.overlay().OpenView();
  std::string value;
  for (const std::string& name : core_.names.All(NameKind::kTenant)) {
    const Result<TenantCounts> counts =
        views.event().Counts(core_.names.Find(NameKind::kTenant, name), *view);
    if (!counts.ok()) return counts.status();
    if (counts->dropped == 0) continue;
    LogRecordReader reader;
    LogRecord record;
    Status status = core_.log_view->Read(counts->dropped, &value);
    if (status.ok()) status = reader.Read(value, &record);
    if (!status.ok()) return status;
    if (record.kind != LogKind::kDrop) {
      return Status(StatusCode::kCorruption,
                    "log record " + std::to_string(counts->dropped) +
                        ": does not say that a tenant was dropped");
    }
  }
  return Status::Ok();
}

// Views are disposable: what cannot be used is made again from the log.
Status Opener::RemoveViews(const Status& why) {
  core_.Log(LogLevel::kWarning,
            "views are built anew: " + std::string(why.message()));
  core_.names.Clear();
  core_.definitions.Clear();
  return core_.disk->RemoveTree(core_.Path(kViewsFolder));
}

Status Opener::CatchUp() {
  if (!core_.unreadable) {
    Status removed = core_.disk->RemoveTree(core_.Path(kViewsAside));
    if (!removed.ok()) return removed;
  }
  const Position on_disk = core_.views->on_disk();
  if (on_disk == head_) return Status::Ok();
  FoldLogOptions options;
  options.first = on_disk + 1;
  options.last = head_;
  options.parallel = core_.options.background_threads > 0;
  // A tail stays in memory, as it was; a rebuild writes what it has.
  const uint64_t budget =
      std::max<uint64_t>(core_.options.checkpoint_records * 2, 500'000);
  const bool rebuild = head_ - on_disk > 2 * budget;
  options.checkpoint_records = rebuild ? budget : 2 * budget;
  Result<Digest> chain = ChainAt(*core_.log_view, on_disk);
  if (!chain.ok()) return std::move(chain).status();
  options.chain = *chain;
  return FoldLog(core_, *core_.views, options);
}

// An older copy of the keys must not pass: new keys would be made in the place
// of those that are missing, and known events would not be known any more.
Status Opener::CheckKeys() {
  if (core_.unreadable) return Status::Ok();
  std::shared_ptr<View> view = core_.views->overlay().OpenView();
  for (const std::string& name : core_.LivingTenants()) {
    const uint32_t tenant = core_.names.Find(NameKind::kTenant, name);
    Result<TenantCounts> counts = core_.views->event().Counts(tenant, *view);
    if (!counts.ok()) return std::move(counts).status();
    if (counts->events == 0 || counts->dropped != 0) continue;
    Status status = core_.keyring->OpenTenant(tenant, name, false);
    if (!status.ok()) return status;
    if (counts->records < core_.keyring->PoolEnd(tenant)) continue;
    return Status(
        StatusCode::kKeyMissing,
        "keyring: older than the log: " + std::to_string(counts->records) +
            " records, keys below " +
            std::to_string(core_.keyring->PoolEnd(tenant)));
  }
  return Status::Ok();
}

// What a store must have, and has not, is damage; it is not "no store here".
Status Opener::MustBeThere(const Status& status) const {
  if (creating_ || status.code() != StatusCode::kNotFound) return status;
  return Status(StatusCode::kCorruption, std::string(status.message()));
}

Status StillOpen(const StoreCore& core) {
  return Status(StatusCode::kFailedPrecondition,
                std::to_string(core.open_handles.load()) +
                    " cursors or snapshots are still open");
}

}  // namespace

ViewsOptions StoreCore::MakeViewsOptions() const {
  return ViewsOptions{disk, cache, options.resident_bytes,
                      options.compress_blocks, options.log};
}

StoreCore::~StoreCore() { StopMaintenance(); }

Status StoreCore::CheckOpen() const {
  if (!closed) return Status::Ok();
  return Status(StatusCode::kFailedPrecondition, "the store is closed");
}

Status StoreCore::CheckReadable() const {
  if (!unreadable) return Status::Ok();
  return Status(StatusCode::kKeyMissing,
                "unreadable: the store is open without keys");
}

namespace {

Result<std::shared_ptr<StoreCore>> OpenOnce(const std::string& directory,
                                            const StoreOptions& options,
                                            std::shared_ptr<Disk> disk,
                                            bool unreadable) {
  auto core = std::make_shared<StoreCore>();
  core->unreadable = unreadable;
  core->directory = directory;
  while (core->directory.size() > 1 && core->directory.back() == '/') {
    core->directory.pop_back();
  }
  core->options = options;
  core->clock = options.clock != nullptr ? options.clock : SystemClock();
  core->cache = NewBlockCache(options.block_cache_bytes);
  Status status = Opener(*core, std::move(disk)).Run();
  if (!status.ok()) return status;
  return core;
}

}  // namespace

Result<std::shared_ptr<StoreCore>> OpenCore(const std::string& directory,
                                            const StoreOptions& options,
                                            std::shared_ptr<Disk> disk) {
  Result<std::shared_ptr<StoreCore>> core =
      OpenOnce(directory, options, disk, false);
  // Keys that are damaged, or of another store, are none. What else is damaged
  // stops the second try as well, which then says so.
  const StatusCode code = core.status().code();
  if (core.ok() || !options.allow_unreadable ||
      (code != StatusCode::kKeyMissing && code != StatusCode::kCorruption)) {
    return core;
  }
  Result<std::shared_ptr<StoreCore>> without =
      OpenOnce(directory, options, std::move(disk), true);
  if (!without.ok()) return without;
  (*without)->Log(LogLevel::kWarning, "opened without keys, read-only: " +
                                          std::string(core.status().message()));
  return without;
}

Status CloseCore(StoreCore& core) {
  {
    ReaderLock open(core.lifecycle);
    if (core.closed) return Status::Ok();
    // Before anybody is woken for nothing.
    if (core.open_handles.load() > 0) return StillOpen(core);
    // Whoever waits for events keeps the store open as long as he waits.
    core.sequencer->StopWaiting(true);
  }
  WriterLock alone(core.lifecycle);
  if (core.closed) return Status::Ok();
  if (core.open_handles.load() > 0) {
    core.sequencer->StopWaiting(false);
    return StillOpen(core);
  }
  core.closed = true;
  core.StopMaintenance();
  Status status;
  if (!core.unreadable && !core.failed.happened() &&
      !core.sequencer->failed()) {
    status = core.Checkpoint();
    if (status.ok()) status = core.sequencer->Sync();
    if (status.ok()) status = core.WriteAnchor();
    if (status.ok()) status = core.log->FlushMemtables();
    if (status.ok()) status = core.keyring->Flush();
  }
  core.sequencer.reset();
  core.views.reset();
  core.log_view.reset();
  core.log.reset();
  core.keyring.reset();
  core.anchor.reset();
  if (core.unreadable) status = core.disk->RemoveTree(core.Path(kViewsAside));
  core.lock.reset();
  return status;
}

uint32_t MonthOf(int64_t us) {
  const date::year_month_day day{
      date::floor<date::days>(Timestamp(std::chrono::microseconds(us)))};
  return static_cast<uint32_t>(static_cast<int>(day.year()) * 100) +
         static_cast<unsigned>(day.month());
}

std::string OffsetKey(uint32_t tenant, std::string_view name) {
  std::string key = "offset/";
  PutBe32(&key, tenant);
  key += name;
  return key;
}

}  // namespace crm
