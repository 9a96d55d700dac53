// Verify: the proof, with progress and cancel, and its report.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {

void Fill(VerifyReportState* state) {
  const VerifyReport& report = state->report;
  for (const Finding& finding : report.findings) {
    crm_finding out = {};
    out.room = Slice(finding.room);
    out.tenant = Slice(finding.tenant);
    out.customer = finding.customer;
    out.position = finding.position;
    out.detail = Slice(finding.detail);
    state->findings.push_back(out);
  }
  crm_verify_report_view& view = state->view;
  view.log_records = report.log_records;
  view.view_rows = report.view_rows;
  view.unreadable = report.unreadable;
  view.ledger_records = report.ledger_records;
  view.opened = report.opened;
  view.erased = report.erased;
  view.findings_total = report.findings_total;
  view.findings = state->findings.data();
  view.finding_count = state->findings.size();
}

namespace {

Result<VerifyReport> Verify(Store& store, const crm_verify_options& options,
                            void* user_data) {
  int32_t stopped = 0;
  auto report = store.Verify(ProgressOf(options.progress, user_data, &stopped));
  if (stopped == 0) return report;
  return StoppedBy(stopped, "verify");
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_store_verify(crm_store* store, const crm_verify_options* options,
                            crm_verify_report** out,
                            crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_verify_options own = CRM_VERIFY_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    if (status.ok()) status = CheckReserved(own.reserved);
    if (status.ok()) status = Check(store, "store");
    if (!status.ok()) return status;
    auto report = Change(StateOf(store), false, [&](StoreState& state) {
      return Verify(state.store, own, held.get());
    });
    if (!report.ok()) return report.status();
    auto result = std::make_unique<VerifyReportState>(
        VerifyReportState{*std::move(report)});
    Fill(result.get());
    *out = Adopt<crm_verify_report>(std::move(result));
    return status;
  });
}

const crm_verify_report_view* crm_verify_report_read(
    const crm_verify_report* report) noexcept {
  return ReadView(report);
}

void crm_verify_report_free(crm_verify_report* report) noexcept {
  Free(report);
}
