// Tenants: listed with their counts, and dropped; a store without keys.

#include "crm/tenants.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

constexpr uint32_t kDropFlags =
    CRM_DROP_TENANT_DRY_RUN | CRM_DROP_TENANT_CONFIRM;

Status ReadDropOptions(const crm_drop_tenant_options* options,
                       DropTenantOptions* out) {
  crm_drop_tenant_options in = CRM_DROP_TENANT_OPTIONS_INIT;
  Status status = ReadOptions(options, "options", kDropFlags, &in);
  if (status.ok()) status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (!status.ok()) return status;
  out->dry_run = (in.flags & CRM_DROP_TENANT_DRY_RUN) != 0;
  out->confirm = (in.flags & CRM_DROP_TENANT_CONFIRM) != 0;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

crm_tenant_entry ShowTenant(const TenantEntry& from) {
  crm_tenant_entry out = {};
  out.name = Slice(from.name);
  out.events = from.events;
  out.customers = from.customers;
  out.records = from.records;
  out.dropped_position = from.dropped_position;
  out.dropped_at_us = Microseconds(from.dropped_at);
  out.dropped_by = Slice(from.dropped_by);
  out.dropped_why = Slice(from.dropped_why);
  return out;
}

crm_tenant_drop ShowDrop(const TenantDrop& from) {
  crm_tenant_drop out = {};
  out.position = from.position;
  out.at_us = Microseconds(from.at);
  out.events = from.events;
  out.customers = from.customers;
  out.records = from.records;
  out.keys = from.keys;
  out.holds = from.holds;
  return out;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_store_list_tenants(crm_store* store,
                                  const crm_read_options* options,
                                  crm_tenant_list** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(store, options, out);
    if (!status.ok()) return status;
    auto tenants = StateOf(store).store.ListTenants();
    if (!tenants.ok()) return tenants.status();
    auto state =
        std::make_unique<TenantListState>(TenantListState{*std::move(tenants)});
    for (const crm::TenantEntry& one : state->from) {
      state->tenants.push_back(ShowTenant(one));
    }
    state->view.tenants = state->tenants.data();
    state->view.tenant_count = state->tenants.size();
    *out = Adopt<crm_tenant_list>(std::move(state));
    return status;
  });
}

const crm_tenant_list_view* crm_tenant_list_read(
    const crm_tenant_list* list) noexcept {
  return ReadView(list);
}

void crm_tenant_list_free(crm_tenant_list* list) noexcept { Free(list); }

crm_status crm_store_drop_tenant(crm_store* store, crm_slice name,
                                 const crm_drop_tenant_options* options,
                                 crm_tenant_drop* out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = {};
    crm::DropTenantOptions own;
    crm::Status status = Check(store, "store");
    if (status.ok()) status = CheckSlice(name, "name");
    if (status.ok()) status = ReadDropOptions(options, &own);
    if (!status.ok()) return status;
    const auto drop =
        Change(StateOf(store), own.dry_run, [&](StoreState& state) {
          return state.store.DropTenant(View(name), own);
        });
    if (drop.ok() && out != nullptr) *out = ShowDrop(*drop);
    return drop.status();
  });
}

crm_status crm_store_is_unreadable(crm_store* store, int32_t* out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = 0;
    crm::Status status = Check(store, "store");
    if (status.ok()) *out = StateOf(store).store.unreadable() ? 1 : 0;
    return status;
  });
}
