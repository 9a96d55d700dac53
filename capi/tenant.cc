// Tenant: its handle, offsets of the host, waiting for events.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_open(crm_store* store, crm_slice name,
                           const crm_tenant_options* options, crm_tenant** out,
                           crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(store, "store");
    if (status.ok()) status = CheckSlice(name, "name");
    crm_tenant_options in = CRM_TENANT_OPTIONS_INIT;
    if (status.ok()) status = ReadOptions(options, "options", 0, &in);
    if (status.ok()) status = CheckReserved(in.reserved);
    if (!status.ok()) return status;
    StoreState& state = StateOf(store);
    const Writing writing(*state.health);
    status = writing.Begin();
    if (!status.ok()) return status;
    auto tenant = state.store.Tenant(View(name));
    if (!tenant.ok()) return writing.End(tenant.status());
    *out = Make<crm_tenant>(*std::move(tenant), state.health);
    return status;
  });
}

crm_slice crm_tenant_name(const crm_tenant* tenant) noexcept {
  return GuardValue(crm_slice{nullptr, 0}, [&] {
    if (!Check(tenant, "tenant").ok()) return crm_slice{nullptr, 0};
    return Slice(StateOf(tenant).tenant.name());
  });
}

void crm_tenant_free(crm_tenant* tenant) noexcept { Free(tenant); }

crm_status crm_tenant_get_offset(crm_tenant* tenant, crm_slice name,
                                 const crm_read_options* options,
                                 crm_buffer** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (status.ok()) status = CheckSlice(name, "name");
    if (!status.ok()) return status;
    auto value = StateOf(tenant).tenant.GetOffset(View(name));
    if (!value.ok()) return value.status();
    GiveBuffer(*std::move(value), out);
    return status;
  });
}

crm_status crm_tenant_wait_for_events(crm_tenant* tenant, uint64_t after,
                                      uint64_t timeout_ms,
                                      const crm_read_options* options,
                                      uint64_t* head,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    constexpr uint64_t kYear = 31'536'000'000;
    if (head == nullptr) return Invalid("head: NULL");
    *head = 0;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    const auto timeout = std::chrono::milliseconds(
        static_cast<int64_t>(std::min(timeout_ms, kYear)));
    const auto reached = StateOf(tenant).tenant.WaitForEvents(after, timeout);
    if (reached.ok()) *head = *reached;
    return reached.status();
  });
}
