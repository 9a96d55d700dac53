// Snapshot: its handle and counters. What it is asked for is in the files of
// the nouns, beside the same calls of a tenant.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_get_snapshot(crm_tenant* tenant,
                                   const crm_read_options* options,
                                   crm_snapshot** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    const crm::Tenant& of = StateOf(tenant).tenant;
    auto snapshot = of.GetSnapshot();
    if (!snapshot.ok()) return snapshot.status();
    *out = Make<crm_snapshot>(*std::move(snapshot), of.name());
    return status;
  });
}

uint64_t crm_snapshot_position(const crm_snapshot* snapshot) noexcept {
  return GuardValue(uint64_t{0}, [&]() -> uint64_t {
    if (!Check(snapshot, "snapshot").ok()) return 0;
    return StateOf(snapshot).snapshot.position();
  });
}

crm_status crm_snapshot_get_stats(crm_snapshot* snapshot,
                                  const crm_read_options* options,
                                  crm_tenant_stats* out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = crm_tenant_stats();
    crm::Status status = Check(snapshot, "snapshot");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    const SnapshotState& state = StateOf(snapshot);
    const auto stats = state.snapshot.GetStats();
    if (!stats.ok()) return stats.status();
    out->tenant = Slice(state.tenant);
    out->events = stats->events;
    out->customers = stats->customers;
    out->records = stats->records;
    out->unattributed = stats->unattributed;
    out->contested = stats->contested;
    out->schema_warnings = stats->schema_warnings;
    out->last_customer = stats->last_customer;
    out->open_reviews = stats->open_reviews;
    out->erased_customers = stats->erased_customers;
    return status;
  });
}

void crm_snapshot_free(crm_snapshot* snapshot) noexcept { Free(snapshot); }
