#include "crm/store.h"

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "base/utf8.h"
#include "store/open.h"
#include "store/sequencer.h"
#include "store/snapshot.h"
#include "store/tenant_drop.h"
#include "store/tenant_impl.h"
#include "store/verify.h"

namespace crm {

struct Store::Impl {
  std::shared_ptr<StoreCore> core;

  ~Impl() {
    if (core == nullptr) return;
    Status status = CloseCore(*core);
    if (!status.ok()) core->Log(LogLevel::kError, status.ToString());
  }
};

namespace {

// Runs `call` while the store is open.
template <typename F>
auto WhileOpen(StoreCore& core, F call) -> decltype(call()) {
  ReaderLock open(core.lifecycle);
  Status status = core.CheckOpen();
  if (!status.ok()) return status;
  return call();
}

}  // namespace

Store::Store(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::Open(const std::string& directory,
                          const StoreOptions& options) {
  if (directory.empty()) {
    return Status(StatusCode::kInvalidArgument, "directory: empty");
  }
  return OpenOn(directory, options, Disk::Machine());
}

Result<Store> Store::OpenInMemory(const StoreOptions& options) {
  StoreOptions own = options;
  own.create_if_missing = true;
  return OpenOn("/store", own, Disk::Memory());
}

Result<Store> Store::OpenOn(const std::string& directory,
                            const StoreOptions& options,
                            std::shared_ptr<Disk> disk) {
  Result<std::shared_ptr<StoreCore>> core =
      OpenCore(directory, options, std::move(disk));
  if (!core.ok()) return std::move(core).status();
  auto impl = std::make_shared<Impl>();
  impl->core = std::move(core).value();
  return Store(std::move(impl));
}

Status Store::Close() { return CloseCore(*impl_->core); }

Result<crm::Tenant> Store::Tenant(std::string_view name) {
  return WhileOpen(*impl_->core, [&]() -> Result<crm::Tenant> {
    Status status = CheckName("tenant", name, 128);
    if (!status.ok()) return status;
    Result<TenantInfo> info = impl_->core->OpenTenant(name);
    if (!info.ok()) return std::move(info).status();
    auto tenant = std::make_shared<crm::Tenant::Impl>();
    tenant->core = impl_->core;
    tenant->info = std::move(info).value();
    return crm::Tenant(std::move(tenant));
  });
}

Result<TenantInfo> StoreCore::OpenTenant(std::string_view name) {
  uint32_t id = names.Find(NameKind::kTenant, name);
  if (id == 0) {
    Result<uint32_t> added = sequencer->AddName(NameKind::kTenant, name);
    if (!added.ok()) return std::move(added).status();
    id = *added;
  }
  Status status = keyring->OpenTenant(id, name, true);
  if (!status.ok()) return status;
  return TenantInfo{id, std::string(name), &keyring->index_keys(id),
                    &keyring->dropped_flag(id)};
}

std::vector<std::string> StoreCore::LivingTenants() const {
  std::vector<std::string> all = names.All(NameKind::kTenant);
  std::erase_if(all, [this](const std::string& name) {
    return keyring->IsDropped(names.Find(NameKind::kTenant, name));
  });
  return all;
}

std::vector<std::string> Store::TenantNames() const {
  return impl_->core->LivingTenants();
}

Result<std::vector<TenantEntry>> Store::ListTenants() const {
  return WhileOpen(*impl_->core, [&] { return ListTenantsOf(*impl_->core); });
}

Result<TenantDrop> Store::DropTenant(std::string_view name,
                                     const DropTenantOptions& options) {
  return WhileOpen(*impl_->core,
                   [&] { return DropTenantOf(*impl_->core, name, options); });
}

bool Store::unreadable() const { return impl_->core->unreadable; }

Result<StoreSnapshot> Store::GetSnapshot() const {
  return WhileOpen(*impl_->core,
                   [&] { return MakeStoreSnapshot(impl_->core); });
}

Status Store::Sync() {
  return WhileOpen(*impl_->core, [&]() -> Status {
    Status status = impl_->core->sequencer->Sync();
    if (!status.ok()) return status;
    return impl_->core->WriteAnchor();
  });
}

Result<bool> Store::Maintain(std::chrono::microseconds budget) {
  return WhileOpen(*impl_->core, [&]() -> Result<bool> {
    Stopwatch watch;
    const auto limit =
        static_cast<uint64_t>(std::max<int64_t>(budget.count(), 0)) * 1000;
    while (true) {
      Result<bool> more = impl_->core->MaintainOnce(true);
      if (!more.ok() || !*more || watch.Nanoseconds() >= limit) return more;
    }
  });
}

Status Store::Flush() {
  return WhileOpen(*impl_->core, [&]() -> Status {
    // Views made without keys are not to stay.
    if (impl_->core->unreadable) return Status::Ok();
    return impl_->core->Checkpoint();
  });
}

Result<KeyRotation> Store::RotateKeys(const KeyRotationOptions& options) {
  return WhileOpen(*impl_->core, [&]() -> Result<KeyRotation> {
    StoreCore& core = *impl_->core;
    Status readable = core.CheckReadable();
    if (!readable.ok()) return readable;
    MutexLock no_erasure(core.erasure_mutex);
    RotationPlan plan;
    plan.keep_old = options.keep_old;
    plan.progress = options.progress;
    plan.name_of = [&](uint32_t tenant) {
      return std::string(core.names.Text(NameKind::kTenant, tenant));
    };
    KeyRotation done;
    Status status = core.keyring->Rotate(plan, &done.tenants, &done.keys);
    if (!status.ok()) return status;
    done.old_destroyed = !options.keep_old;
    return done;
  });
}

Status Store::Checkpoint(const std::string& directory) {
  return WhileOpen(*impl_->core, [&]() -> Status {
    StoreCore& core = *impl_->core;
    Disk& disk = *core.disk;
    if (disk.in_memory()) {
      return Status(StatusCode::kUnsupported,
                    "an in-memory store cannot be copied");
    }
    if (disk.Exists(directory)) {
      return Status(StatusCode::kAlreadyExists, directory + " exists");
    }
    Status status = core.CheckReadable();
    if (status.ok()) status = core.Checkpoint();
    if (status.ok()) status = disk.MakeDirectory(directory);
    // Nobody appends and no checkpoint is written meanwhile, so that log, keys
    // and views agree; hard links make it short.
    if (status.ok()) {
      const MutexLock paused(core.views->checkpoint_mutex());
      status = core.sequencer->RunAlone([&]() -> Status {
        Status copied = core.log->CopyTo(directory + "/log");
        if (copied.ok()) copied = core.keyring->CopyTo(directory + "/keys");
        if (copied.ok()) {
          copied = core.views->CopyTo(directory + "/views");
        }
        return copied;
      });
    }
    // Last: without it the copy is not a store.
    if (status.ok()) {
      status = disk.WriteFile(directory + "/STORE",
                              EncodeSuperblock(core.superblock));
    }
    if (!status.ok()) {
      Status removed = disk.RemoveTree(directory);
      (void)removed;
    }
    return status;
  });
}

Result<VerifyReport> Store::Verify(const Progress& progress) {
  return WhileOpen(*impl_->core,
                   [&] { return VerifyStore(*impl_->core, progress); });
}

Result<StoreStats> Store::GetStats() const {
  return WhileOpen(*impl_->core, [&]() -> Result<StoreStats> {
    StoreCore& core = *impl_->core;
    StoreStats stats;
    std::shared_ptr<View> view = core.views->overlay().OpenView();
    stats.head = view->position();
    for (const std::string& name : core.names.All(NameKind::kTenant)) {
      const uint32_t id = core.names.Find(NameKind::kTenant, name);
      Result<TenantCounts> counts = core.views->event().Counts(id, *view);
      if (!counts.ok()) return std::move(counts).status();
      // Its events are in the log; it is no tenant any more.
      if (counts->dropped != 0) stats.events += counts->events;
      if (counts->dropped != 0) continue;
      TenantStats tenant = StatsOf(name, *counts);
      tenant.refused_events = core.sequencer->Refused(id);
      stats.events += tenant.events;
      stats.customers += tenant.customers;
      stats.records += tenant.records;
      stats.unattributed += tenant.unattributed;
      stats.contested += tenant.contested;
      stats.tenants.push_back(std::move(tenant));
    }
    stats.derived = stats.head - stats.events;
    stats.checkpoint = core.views->on_disk();
    stats.log_bytes = core.log->FileBytes();
    stats.keys_bytes = core.keyring->FileBytes();
    stats.views_bytes = core.views->database().FileBytes();
    stats.memory_bytes = core.views->overlay().memory_bytes() +
                         core.views->tail().bytes() +
                         core.views->event().filter().bytes();
    stats.prepare_ns = core.timings.prepare.load();
    stats.sequence_ns = core.timings.sequence.load();
    stats.write_ns = core.timings.write.load();
    stats.checkpoint_ns = core.timings.checkpoint.load();
    stats.longest_pause_ns = core.timings.longest_pause.load();
    return stats;
  });
}

const std::string& Store::default_region() const {
  return impl_->core->superblock.region;
}

const std::string& Store::key_file() const { return impl_->core->key_file; }

}  // namespace crm
