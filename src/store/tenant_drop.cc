#include "store/tenant_drop.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/coding.h"
#include "base/instant.h"
#include "base/mutex.h"
#include "base/utf8.h"
#include "store/erased.h"
#include "store/removal.h"
#include "store/sequencer.h"

namespace crm {
namespace {

constexpr size_t kMaxTextBytes = 256;

Result<TenantCounts> CountsOf(const StoreCore& core, uint32_t tenant) {
  return core.views->event().Counts(tenant, *core.views->overlay().OpenView());
}

// What the record at this position says. `value` holds it.
Status ReadDrop(const StoreCore& core, Position position, std::string* value,
                DropReason* reason) {
  Status status = core.log_view->Read(position, value);
  LogRecordReader reader;
  LogRecord record;
  if (status.ok()) status = reader.Read(*value, &record);
  if (!status.ok()) return status;
  if (record.kind != LogKind::kDrop) {
    return Status(StatusCode::kCorruption,
                  "log record " + std::to_string(position) +
                      ": does not say that a tenant was dropped");
  }
  // The reader's buffer goes; the views are wanted.
  *value = record.drop.Encode();
  return reason->Decode(*value) ? Status::Ok()
                                : Status(StatusCode::kCorruption, "drop");
}

// Rows of family ops that are the tenant's: of offsets, of subscriptions, of
// what was refused, of what was anonymised.
Status PurgeOps(StoreCore& core, uint32_t tenant) {
  Batch batch;
  for (const char* kind :
       {"anonymised/", "offset/", "refused/", "subscription/"}) {
    std::string lower(kind);
    std::string upper(kind);
    PutBe32(&lower, tenant);
    PutBe32(&upper, tenant + 1);
    Status status = core.log->ScanBackward(
        kLogOps, lower, upper, [&](std::string_view row, std::string_view) {
          batch.Delete(kLogOps, row);
          return true;
        });
    if (!status.ok()) return status;
  }
  Status status = ForgetRemovalsOf(core, tenant, &batch);
  return status.ok() ? core.sequencer->WriteBeside(batch, true) : status;
}

// The steps behind the record. REQUIRES: it is in the log, and folded.
Status Advance(StoreCore& core, const TenantTombstone& tombstone) {
  Status status = core.keyring->DestroyTenant(tombstone);
  // What was in memory only goes as well.
  if (status.ok()) status = core.Checkpoint();
  if (status.ok()) status = core.views->PurgeTenant(tombstone.tenant);
  if (status.ok()) status = PurgeOps(core, tombstone.tenant);
  return status.ok() ? core.keyring->CompleteDrop(tombstone) : status;
}

// What the keys know of a tenant that was dropped.
Status FinishOne(StoreCore& core, const TenantTombstone& tombstone) {
  const uint32_t tenant = tombstone.tenant;
  const bool known =
      core.names.Text(NameKind::kTenant, tenant) == tombstone.name;
  if (!known) {
    // The log was set back to before it: there is nothing but its keys.
    if (tombstone.complete) return Status::Ok();
    Status status = core.keyring->DestroyTenant(tombstone);
    return status.ok() ? core.keyring->CompleteDrop(tombstone) : status;
  }
  Result<TenantCounts> counts = CountsOf(core, tenant);
  if (!counts.ok()) return std::move(counts).status();
  if (counts->dropped != 0) {
    return tombstone.complete ? Status::Ok() : Advance(core, tombstone);
  }
  core.Log(LogLevel::kWarning,
           "the log is older than a drop: dropped again, tenant \"" +
               tombstone.name + "\"");
  TenantTombstone again = tombstone;
  again.complete = false;
  Result<Position> position =
      core.sequencer->Drop(tenant, [&](DropReason* reason) {
        reason->at = tombstone.at;
        reason->by = tombstone.by;
        reason->why = tombstone.why;
        return Status::Ok();
      });
  if (!position.ok()) return std::move(position).status();
  return Advance(core, again);
}

// Of a tenant whom the log knows as dropped: its keys, too, must go.
Status FinishByLog(StoreCore& core, uint32_t tenant, const std::string& name) {
  Result<TenantCounts> counts = CountsOf(core, tenant);
  if (!counts.ok()) return std::move(counts).status();
  if (counts->dropped == 0) return Status::Ok();
  std::string value;
  DropReason reason;
  Status status = ReadDrop(core, counts->dropped, &value, &reason);
  if (!status.ok()) return status;
  return Advance(core, {tenant, name, false, reason.at, std::string(reason.by),
                        std::string(reason.why)});
}

// Makes the plan, and the record with it.
class Dropping {
 public:
  Dropping(StoreCore& core, const std::string& name,
           const DropTenantOptions& options)
      : core_(core),
        tenant_(core.names.Find(NameKind::kTenant, name)),
        options_(options) {
    drop_.tenant = name;
  }

  Status Plan() {
    std::shared_ptr<View> view = core_.views->overlay().OpenView();
    Result<TenantCounts> counts = core_.views->event().Counts(tenant_, *view);
    if (!counts.ok()) return std::move(counts).status();
    drop_.events = counts->events;
    drop_.customers = counts->customers - counts->retired - counts->erased;
    drop_.records = counts->records;
    Result<HoldsRow> holds = core_.views->identity().Holds(tenant_, *view);
    if (!holds.ok()) return std::move(holds).status();
    drop_.holds = holds->open.size();
    return Status::Ok();
  }

  // A walk over all of them: nobody waits for it.
  Status CountKeys() {
    Result<uint64_t> keys = core_.keyring->CountKeys(tenant_);
    if (!keys.ok()) return std::move(keys).status();
    drop_.keys = *keys;
    return Status::Ok();
  }

  // Once more while nobody else decides: what came meanwhile counts.
  Status Choose(DropReason* reason) {
    Status status = Plan();
    if (!status.ok()) return status;
    if (!options_.confirm) {
      return Status(StatusCode::kFailedPrecondition,
                    "confirm: there is no way back from dropping a tenant");
    }
    if (drop_.holds != 0) {
      return Status(StatusCode::kFailedPrecondition,
                    "tenant \"" + drop_.tenant +
                        "\": " + std::to_string(drop_.holds) +
                        " legal holds are open; release them first");
    }
    reason->by = options_.by;
    reason->why = options_.why;
    drop_.at = Instant(reason->at);
    return status;
  }

  Result<TenantDrop> Run() {
    Status status = CountKeys();
    if (!status.ok()) return status;
    Result<Position> position = core_.sequencer->Drop(
        tenant_, [this](DropReason* reason) { return Choose(reason); });
    if (!position.ok()) return std::move(position).status();
    drop_.position = *position;
    status = Advance(core_, {tenant_, drop_.tenant, false,
                             drop_.at.time_since_epoch().count(), options_.by,
                             options_.why});
    if (!status.ok()) core_.erasures_open.store(true);
    if (!status.ok()) return status;
    return drop_;
  }

  const TenantDrop& drop() const { return drop_; }

 private:
  StoreCore& core_;
  const uint32_t tenant_;
  const DropTenantOptions& options_;
  TenantDrop drop_;
};

Status CheckText(const char* field, const std::string& text) {
  return text.empty() ? Status::Ok() : CheckName(field, text, kMaxTextBytes);
}

}  // namespace

Result<std::vector<TenantEntry>> ListTenantsOf(const StoreCore& core) {
  std::vector<TenantEntry> all;
  std::shared_ptr<View> view = core.views->overlay().OpenView();
  std::string value;
  for (const std::string& name : core.names.All(NameKind::kTenant)) {
    const uint32_t tenant = core.names.Find(NameKind::kTenant, name);
    Result<TenantCounts> counts = core.views->event().Counts(tenant, *view);
    if (!counts.ok()) return std::move(counts).status();
    TenantEntry& entry = all.emplace_back();
    entry.name = name;
    entry.events = counts->events;
    entry.customers = counts->customers - counts->retired - counts->erased;
    entry.records = counts->records;
    entry.dropped_position = counts->dropped;
    if (counts->dropped == 0) continue;
    DropReason reason;
    Status status = ReadDrop(core, counts->dropped, &value, &reason);
    if (!status.ok()) return status;
    entry.dropped_at = Instant(reason.at);
    entry.dropped_by = reason.by;
    entry.dropped_why = reason.why;
  }
  return all;
}

Result<TenantDrop> DropTenantOf(StoreCore& core, std::string_view name,
                                const DropTenantOptions& options) {
  Status status = CheckName("tenant", name, 128);
  if (status.ok()) status = CheckText("by", options.by);
  if (status.ok()) status = CheckText("why", options.why);
  if (status.ok()) status = core.CheckReadable();
  if (!status.ok()) return status;
  const std::string text(name);
  const uint32_t tenant = core.names.Find(NameKind::kTenant, text);
  if (tenant == 0) {
    return Status(StatusCode::kNotFound, "no tenant \"" + text + "\"");
  }
  MutexLock one(core.erasure_mutex);
  if (core.keyring->IsDropped(tenant)) return DroppedTenant(text);
  // One that was never used has a name only; then its keys are made, to be
  // destroyed in the same way.
  status = core.OpenTenant(text).status();
  if (!status.ok()) return status;
  Dropping dropping(core, text, options);
  if (!options.dry_run) return dropping.Run();
  status = dropping.Plan();
  if (status.ok()) status = dropping.CountKeys();
  if (!status.ok()) return status;
  return dropping.drop();
}

Status FinishDrops(StoreCore& core) {
  if (core.unreadable) return Status::Ok();
  Result<std::vector<TenantTombstone>> dropped = core.keyring->DroppedTenants();
  if (!dropped.ok()) return std::move(dropped).status();
  for (const TenantTombstone& tombstone : *dropped) {
    Status status = FinishOne(core, tombstone);
    if (!status.ok()) return status;
  }
  for (const std::string& name : core.names.All(NameKind::kTenant)) {
    const uint32_t tenant = core.names.Find(NameKind::kTenant, name);
    const bool tombstone =
        std::any_of(dropped->begin(), dropped->end(),
                    [&](const auto& one) { return one.name == name; });
    if (tombstone) continue;
    Status status = FinishByLog(core, tenant, name);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace crm
