// Maintenance: checkpoints, keys ahead, the anchor, warming up. By the
// maintenance thread, or by the host through Store::Maintain.

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/contain.h"
#include "base/mutex.h"
#include "store/core.h"
#include "store/erasure.h"
#include "store/sequencer.h"

namespace crm {
namespace {

constexpr std::chrono::milliseconds kIdle(250);
// Until files that somebody kept are looked into again, in rounds.
constexpr int kBusyRounds = 40;

}  // namespace

Status StoreCore::StartMaintenance() {
  if (options.background_threads == 0) return Status::Ok();
  try {
    maintenance = std::thread([this] { MaintainUntilStopped(); });
  } catch (const std::system_error& error) {
    return Status(StatusCode::kIoError,
                  "background_threads: the operating system refused: " +
                      error.code().message());
  }
  return Status::Ok();
}

void StoreCore::MaintainUntilStopped() {
  maintenance_mutex.Lock();
  while (!maintenance_stop) {
    const bool due = std::exchange(maintenance_due, false);
    maintenance_mutex.Unlock();
    const bool more = MaintainQuietly(!due);
    maintenance_mutex.Lock();
    if (more) continue;
    const auto deadline = std::chrono::steady_clock::now() + kIdle;
    while (!maintenance_stop && !maintenance_due &&
           maintenance_wake.WaitUntil(maintenance_mutex, deadline)) {
    }
  }
  maintenance_mutex.Unlock();
}

// Nobody calls it who could be told, and an exception would end the process.
bool StoreCore::MaintainQuietly(bool idle) {
  bool again = false;
  const StatusCode lost = Contain([&] {
    Result<bool> more = MaintainOnce(idle);
    if (!more.ok()) {
      Log(LogLevel::kError, "maintenance: " + more.status().ToString());
    }
    again = more.ok() && *more;
  });
  if (lost == StatusCode::kOk || !failed.Set(lost)) return again;
  const StatusCode told = Contain([&] {
    Log(LogLevel::kError, "maintenance failed, the store is read-only: " +
                              std::string(StatusCodeName(lost)));
  });
  (void)told;  // Then the next append says so.
  return false;
}

void StoreCore::StopMaintenance() {
  warm_stop.store(true);
  {
    MutexLock wait(maintenance_mutex);
    maintenance_stop = true;
  }
  maintenance_wake.NotifyAll();
  if (maintenance.joinable()) maintenance.join();
}

void StoreCore::WakeMaintenance() {
  {
    MutexLock wait(maintenance_mutex);
    if (maintenance_due) return;
    maintenance_due = true;
  }
  maintenance_wake.NotifyOne();
}

bool StoreCore::CheckpointDue() const {
  return views->tail().count() >= options.checkpoint_records ||
         views->overlay().dirty_bytes() + views->tail().bytes() >=
             options.checkpoint_bytes;
}

bool StoreCore::CheckpointOverdue() const {
  return views->tail().count() >= 3 * options.checkpoint_records ||
         views->overlay().dirty_bytes() >= 3 * options.checkpoint_bytes;
}

Status StoreCore::Checkpoint() {
  Status status = failed.Check(
      "an earlier checkpoint failed; close the store and open it again");
  if (!status.ok()) return status;
  Stopwatch watch;
  // Cut off midway it must not be begun again: what it had taken out of the
  // rows in memory would be missing on the disk.
  const StatusCode lost = Contain([&] {
    // An append must not wait for keys until all is written. What fails here
    // is tried again, and told, by the next round of maintenance.
    status = views->Checkpoint([this] { return sequencer->Sync(); },
                               [this] {
                                 if (keys_low.load()) (void)FillPools().ok();
                               });
  });
  if (lost != StatusCode::kOk) {
    failed.Set(lost);
    status = Status(lost, "checkpoint: cut off midway");
  }
  timings.checkpoint.fetch_add(watch.Nanoseconds());
  if (!status.ok()) {
    failed.Set(status.code());
    Log(LogLevel::kError,
        "checkpoint failed, the store is read-only: " + status.ToString());
    return status;
  }
  return WriteAnchor();
}

Status StoreCore::WriteAnchor() {
  if (anchor == nullptr) return Status::Ok();
  MutexLock one(anchor_mutex);
  Position head = 0;
  Digest chain;
  sequencer->LastDurable(&head, &chain);
  if (head <= anchor->last().head) return Status::Ok();
  return anchor->Write(
      head, {reinterpret_cast<const char*>(chain.data()), chain.size()});
}

Status StoreCore::FillPools() {
  keys_low.store(false);
  for (const std::string& name : LivingTenants()) {
    const uint32_t tenant = names.Find(NameKind::kTenant, name);
    std::shared_ptr<View> view = views->overlay().OpenView();
    Result<TenantCounts> counts = views->event().Counts(tenant, *view);
    if (!counts.ok()) return std::move(counts).status();
    if (counts->records == 0) continue;
    if (keyring->PoolEnd(tenant) > counts->records + kPoolKeys / 2) continue;
    Status status = keyring->FillPool(tenant, counts->records + 1 + kPoolKeys);
    if (status.code() == StatusCode::kErased) continue;  // Dropped meanwhile.
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Result<bool> StoreCore::MaintainOnce(bool idle) {
  if (unreadable) return false;
  MutexLock one(maintain_one);
  if (failed.happened() || sequencer->failed()) return false;  // Said already.
  Status status = FillPools();
  if (!status.ok()) return status;
  if (erasures_open.load() &&
      (options.background_threads == 0 || --erasures_wait < 0)) {
    // Whoever holds it is at it, or compares; then it is the next round's.
    if (erasure_mutex.TryLock()) {
      const MutexLock alone(erasure_mutex, std::adopt_lock);
      status = FinishErasures(*this);
    }
    // A cursor may be there for long.
    erasures_wait.store(status.code() == StatusCode::kBusy ? kBusyRounds : 0);
    if (!status.ok() && status.code() != StatusCode::kBusy) return status;
  }
  if (CheckpointDue()) {
    status = Checkpoint();
    if (!status.ok()) return status;
    return CheckpointDue();
  }
  if (!warmed.load()) {
    for (size_t family = 0; family < views->family_count(); ++family) {
      if (!views->overlay().families()[family].resident) continue;
      status = views->overlay().WarmUp(family, warm_stop);
      if (!status.ok()) return status;
    }
    warmed.store(true);
  }
  if (idle) status = WriteAnchor();
  if (!status.ok()) {
    failed.Set(status.code());
    return status;
  }
  return false;
}

}  // namespace crm
