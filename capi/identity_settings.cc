// Settings of identity: what a tenant says about whose events are whose.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

static_assert(static_cast<int>(crm::DefinitionView::Kind::kIdentity) ==
              CRM_DEFINITION_IDENTITY);

crm_status crm_tenant_set_identity_settings(crm_tenant* tenant, crm_slice json,
                                            crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckSlice(json, "json");
    if (!status.ok()) return status;
    return Write(StateOf(tenant), [&](TenantState& state) {
      return state.tenant.SetIdentitySettings(View(json));
    });
  });
}

crm_status crm_tenant_get_identity_settings(crm_tenant* tenant,
                                            const crm_read_options* options,
                                            crm_buffer** out,
                                            crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto json = StateOf(tenant).tenant.GetIdentitySettings();
    if (!json.ok()) return json.status();
    GiveBuffer(*std::move(json), out);
    return status;
  });
}
