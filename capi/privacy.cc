// Privacy: erasing a customer, redacting an event, certificates.

#include "capi/privacy.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

constexpr uint32_t kErasureFlags =
    CRM_ERASURE_DRY_RUN | CRM_ERASURE_CONFIRM | CRM_ERASURE_WAIT_FOR_RELEASE;

static_assert(static_cast<int>(ErasureMode::kShred) == CRM_ERASURE_SHRED);
static_assert(static_cast<int>(ErasureMode::kAnonymise) ==
              CRM_ERASURE_ANONYMISE);
static_assert(static_cast<int>(ErasureMode::kHard) == CRM_ERASURE_HARD);

}  // namespace

Status ReadRedactOptions(const crm_redact_options* options,
                         RedactOptions* out) {
  crm_redact_options in = CRM_REDACT_OPTIONS_INIT;
  Status status =
      ReadOptions(options, "options", uint32_t{CRM_REDACT_DRY_RUN}, &in);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (status.ok() && in.reserved != 0) {
    status = Invalid("options.reserved: must be 0");
  }
  if (!status.ok()) return status;
  out->dry_run = (in.flags & CRM_REDACT_DRY_RUN) != 0;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

crm_erasure_report_view ShowErasure(const ErasureReport& from,
                                    const ErasureTexts& texts) {
  crm_erasure_report_view out = {};
  out.request = Slice(from.request);
  out.position = from.position;
  out.customer = from.customer;
  out.mode = static_cast<int32_t>(from.mode);
  out.flags = from.complete ? uint32_t{CRM_ERASURE_COMPLETE} : 0;
  out.at_us = Microseconds(from.at);
  out.by = Slice(from.by);
  out.why = Slice(from.why);
  out.retired = from.retired.data();
  out.retired_count = from.retired.size();
  out.records = from.records.data();
  out.record_count = from.records.size();
  out.events = from.events;
  out.identifiers = from.identifiers;
  out.bytes = from.bytes;
  out.removed_bytes = from.removed_bytes;
  out.files_searched = from.files_searched;
  out.fenced = from.fenced;
  out.counted = from.counted;
  out.counted_fields = texts.counted_fields.data();
  out.counted_field_count = texts.counted_fields.size();
  out.anonymised = texts.anonymised.data();
  out.anonymised_count = texts.anonymised.size();
  out.waiting_sums = from.waiting_sums;
  out.doubtful = texts.doubtful.data();
  out.doubtful_count = texts.doubtful.size();
  out.holds = from.holds.data();
  out.hold_count = from.holds.size();
  out.certificate = Slice(from.certificate);
  return out;
}

namespace {

// What `erase` answers, as a handle that nobody need want.
template <typename Erase>
Status GiveReport(crm_tenant* tenant, bool dry_run, crm_erasure_report** out,
                  Erase erase) {
  Result<ErasureReport> report =
      Change(StateOf(tenant), dry_run,
             [&](TenantState& state) { return erase(state.tenant); });
  if (!report.ok() || out == nullptr) return report.status();
  *out = GiveErasure(*std::move(report));
  return Status::Ok();
}

}  // namespace

Status ReadErasureOptions(const crm_erasure_options* options,
                          ErasureOptions* out) {
  crm_erasure_options in = CRM_ERASURE_OPTIONS_INIT;
  Status status = ReadOptions(options, "options", kErasureFlags, &in);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (status.ok() && (in.mode < 0 || in.mode > CRM_ERASURE_HARD)) {
    status = Invalid("options.mode: no such one");
  }
  if (!status.ok()) return status;
  if (in.mode != 0) out->mode = static_cast<ErasureMode>(in.mode);
  out->dry_run = (in.flags & CRM_ERASURE_DRY_RUN) != 0;
  out->confirm = (in.flags & CRM_ERASURE_CONFIRM) != 0;
  out->wait_for_release = (in.flags & CRM_ERASURE_WAIT_FOR_RELEASE) != 0;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

crm_erasure_report* GiveErasure(ErasureReport report) {
  auto held = std::make_unique<ErasureReportState>(
      ErasureReportState{std::move(report)});
  held->texts = ErasureTexts(held->from);
  held->view = ShowErasure(held->from, held->texts);
  return Adopt<crm_erasure_report>(std::move(held));
}

}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_erase(crm_tenant* tenant, uint64_t customer,
                            const crm_erasure_options* options,
                            crm_erasure_report** out,
                            crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::ErasureOptions own;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = ReadErasureOptions(options, &own);
    if (!status.ok()) return status;
    return GiveReport(tenant, own.dry_run, out,
                      [&](crm::Tenant& of) { return of.Erase(customer, own); });
  });
}

const crm_erasure_report_view* crm_erasure_report_read(
    const crm_erasure_report* report) noexcept {
  return ReadView(report);
}

void crm_erasure_report_free(crm_erasure_report* report) noexcept {
  Free(report);
}

crm_status crm_tenant_redact(crm_tenant* tenant, uint64_t event,
                             const crm_redact_options* options,
                             crm_redact_report* out,
                             crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = crm_redact_report();
    crm::RedactOptions own;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = ReadRedactOptions(options, &own);
    if (!status.ok()) return status;
    auto report = Change(StateOf(tenant), own.dry_run, [&](TenantState& state) {
      return state.tenant.Redact(event, own);
    });
    if (!report.ok() || out == nullptr) return report.status();
    out->event = report->event;
    out->position = report->position;
    out->record = report->record;
    out->customer = report->customer;
    out->bytes = report->bytes;
    out->files_searched = report->files_searched;
    return crm::Status::Ok();
  });
}

crm_status crm_tenant_apply_certificate(crm_tenant* tenant,
                                        crm_slice certificate,
                                        const crm_read_options* options,
                                        crm_erasure_report** out,
                                        crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckSlice(certificate, "certificate");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    return GiveReport(tenant, false, out, [&](crm::Tenant& of) {
      return of.ApplyCertificate(View(certificate));
    });
  });
}

crm_status crm_tenant_list_erasures(crm_tenant* tenant,
                                    const crm_read_options* options,
                                    crm_erasure_list** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto list = Source(tenant).ListErasures();
    if (!list.ok()) return list.status();
    auto state =
        std::make_unique<ErasureListState>(ErasureListState{*std::move(list)});
    for (const crm::ErasureReport& one : state->from) {
      state->erasures.push_back(ShowErasure(one, ErasureTexts()));
    }
    state->view.erasures = state->erasures.data();
    state->view.erasure_count = state->erasures.size();
    *out = Adopt<crm_erasure_list>(std::move(state));
    return status;
  });
}

const crm_erasure_list_view* crm_erasure_list_read(
    const crm_erasure_list* list) noexcept {
  return ReadView(list);
}

void crm_erasure_list_free(crm_erasure_list* list) noexcept { Free(list); }

crm_status crm_tenant_get_signing_key(crm_tenant* tenant,
                                      const crm_read_options* options,
                                      crm_buffer** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto key = Source(tenant).GetSigningKey();
    if (!key.ok()) return key.status();
    GiveBuffer(*std::move(key), out);
    return status;
  });
}

crm_status crm_verify_certificate(crm_slice certificate, crm_slice public_key,
                                  const crm_read_options* options,
                                  crm_certificate_info** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckSlice(certificate, "certificate");
    if (status.ok()) status = CheckSlice(public_key, "public_key");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    auto info = crm::VerifyCertificate(View(certificate), View(public_key));
    if (!info.ok()) return info.status();
    auto state = std::make_unique<CertificateInfoState>(
        CertificateInfoState{*std::move(info)});
    crm_certificate_info_view& view = state->view;
    view.request = Slice(state->from.request);
    view.tenant = Slice(state->from.tenant);
    view.customer = state->from.customer;
    view.position = state->from.position;
    view.records = state->from.records.data();
    view.record_count = state->from.records.size();
    view.public_key = Slice(state->from.public_key);
    *out = Adopt<crm_certificate_info>(std::move(state));
    return status;
  });
}

const crm_certificate_info_view* crm_certificate_info_read(
    const crm_certificate_info* info) noexcept {
  return ReadView(info);
}

void crm_certificate_info_free(crm_certificate_info* info) noexcept {
  Free(info);
}
