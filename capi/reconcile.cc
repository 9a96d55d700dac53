// Reconcile: a file against the store.

#include "crm/reconcile.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/queries.h"

namespace crm::capi {
namespace {

crm_reconcile_count Show(const ReconcileCount& from) {
  crm_reconcile_count out = {};
  out.source = Slice(from.source);
  out.type = Slice(from.type);
  out.file = from.file;
  out.stored = from.stored;
  out.found = from.found;
  out.missing = from.missing;
  out.conflicting = from.conflicting;
  out.extra = from.extra;
  return out;
}

void Fill(ReconcileState* state) {
  const ReconcileReport& from = state->report;
  for (const ReconcileCount& count : from.counts) {
    state->counts.push_back(Show(count));
  }
  for (const ReconcileCustomer& one : from.customers) {
    state->customers.push_back(
        {one.customer, one.file, one.found, one.stored, {}});
  }
  for (const ReconcileDifference& one : from.differences) {
    crm_reconcile_difference out = {};
    out.kind = static_cast<int32_t>(one.kind);
    out.line = one.line;
    out.position = one.position;
    out.source = Slice(one.source);
    out.type = Slice(one.type);
    out.customer = one.customer;
    out.message = Slice(one.message);
    state->differences.push_back(out);
  }
  crm_reconcile_report_view& view = state->view;
  view.read = from.read;
  view.repeated = from.repeated;
  view.rejected = from.rejected;
  view.total = Show(from.total);
  view.counts = state->counts.data();
  view.count_count = state->counts.size();
  view.new_customers = from.new_customers;
  view.customers_total = from.customers_total;
  view.customers = state->customers.data();
  view.customer_count = state->customers.size();
  view.differences_total = from.differences_total;
  view.differences = state->differences.data();
  view.difference_count = state->differences.size();
}

Result<ReconcileReport> Reconcile(TenantState& tenant, crm_slice path,
                                  const crm_reconcile_options& in,
                                  const crm_import_options& import_in,
                                  void* user_data) {
  ImportOptions import;
  Status status = CheckPath(path, "path");
  if (status.ok()) status = ReadImportOptions(import_in, &import);
  if (!status.ok()) return status;
  Stopped stopped = 0;
  SetCallbacks(import_in, user_data, &stopped, &import);
  ReconcileOptions options;
  options.partial = (in.flags & CRM_RECONCILE_PARTIAL) != 0;
  if (in.max_listed != 0) options.max_listed = in.max_listed;
  auto report =
      ReconcileFile(tenant.tenant, std::string(View(path)), import, options);
  if (stopped == 0) return report;
  return StoppedBy(stopped, "reconcile");
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_reconcile_file(crm_tenant* tenant, crm_slice path,
                                     const crm_reconcile_options* options,
                                     crm_reconcile_report** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_reconcile_options own = CRM_RECONCILE_OPTIONS_INIT;
    crm::Status read =
        ReadOptions(options, "options", CRM_RECONCILE_PARTIAL, &own);
    crm_import_options import = CRM_IMPORT_OPTIONS_INIT;
    const PassingUserData held(import.user_data, import.destroy);
    if (read.ok()) {
      read = ReadOptions(own.import, "options.import", kImportFlags, &import);
    }
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(tenant, "tenant");
    if (status.ok()) status = read;
    if (!status.ok()) return status;
    auto report = Reconcile(StateOf(tenant), path, own, import, held.get());
    if (!report.ok()) return report.status();
    auto state =
        std::make_unique<ReconcileState>(ReconcileState{*std::move(report)});
    Fill(state.get());
    *out = Adopt<crm_reconcile_report>(std::move(state));
    return status;
  });
}

const crm_reconcile_report_view* crm_reconcile_report_read(
    const crm_reconcile_report* report) noexcept {
  return ReadView(report);
}

void crm_reconcile_report_free(crm_reconcile_report* report) noexcept {
  Free(report);
}
