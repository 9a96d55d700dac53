// Re-resolve: who is who decided anew, or what would come of it.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

Status Read(const crm_re_resolve_options& in, ReResolveOptions* out) {
  Status status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (!status.ok()) return status;
  out->dry_run = (in.flags & CRM_RE_RESOLVE_APPLY) == 0;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

void Fill(ReResolveState* state) {
  const ReResolveReport& from = state->from;
  for (const IdentityChange& change : from.changes) {
    state->changes.push_back(ShowChange(change));
  }
  crm_re_resolve_report_view& view = state->view;
  view.records = from.records;
  view.customers_before = from.customers_before;
  view.customers_after = from.customers_after;
  view.records_moved = from.records_moved;
  view.changes = state->changes.data();
  view.change_count = state->changes.size();
  view.position = from.position;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_re_resolve(crm_tenant* tenant,
                                 const crm_re_resolve_options* options,
                                 crm_re_resolve_report** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_re_resolve_options own = CRM_RE_RESOLVE_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read =
        ReadOptions(options, "options", CRM_RE_RESOLVE_APPLY, &own);
    crm::ReResolveOptions how;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    if (status.ok()) status = Read(own, &how);
    if (status.ok()) status = Check(tenant, "tenant");
    if (!status.ok()) return status;
    auto report = ChangeLong(
        StateOf(tenant), std::move(how), own.progress, held.get(), "re-resolve",
        [](crm::Tenant& of, const crm::ReResolveOptions& in) {
          return of.ReResolve(in);
        });
    if (!report.ok()) return report.status();
    auto state =
        std::make_unique<ReResolveState>(ReResolveState{*std::move(report)});
    Fill(state.get());
    *out = Adopt<crm_re_resolve_report>(std::move(state));
    return status;
  });
}

const crm_re_resolve_report_view* crm_re_resolve_report_read(
    const crm_re_resolve_report* report) noexcept {
  return ReadView(report);
}

void crm_re_resolve_report_free(crm_re_resolve_report* report) noexcept {
  Free(report);
}
