// Export of a person, with an erasure behind it, and its check.

#include "crm/person_export.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/privacy.h"

namespace crm::capi {
namespace {

static_assert(static_cast<int>(PersonExportMode::kAccess) ==
              CRM_PERSON_EXPORT_ACCESS);
static_assert(static_cast<int>(PersonExportMode::kPortability) ==
              CRM_PERSON_EXPORT_PORTABILITY);

crm_person_export_report* Give(PersonExportReport report) {
  auto state =
      std::make_unique<PersonExportState>(PersonExportState{std::move(report)});
  const PersonExportReport& from = state->from;
  for (const PersonExportPart& part : from.parts) {
    state->parts.push_back(
        {Slice(part.name), part.lines, part.bytes, Slice(part.sha256), {}});
  }
  crm_person_export_report_view& view = state->view;
  view.customer = from.customer;
  view.position = from.position;
  view.at_us = Microseconds(from.at);
  view.mode = static_cast<int32_t>(from.mode);
  view.events = from.events;
  view.left_out = from.left_out;
  view.redacted = from.redacted;
  view.lines = from.lines;
  view.bytes = from.bytes;
  view.sha256 = Slice(from.sha256);
  view.parts = state->parts.data();
  view.part_count = state->parts.size();
  return Adopt<crm_person_export_report>(std::move(state));
}

// `in` has been read by ReadOptions.
Status ReadPersonOptions(const crm_person_export_options& in,
                         PersonExportOptions* out) {
  if (in.mode < 0 || in.mode > CRM_PERSON_EXPORT_PORTABILITY) {
    return Invalid("options.mode: no such one");
  }
  if (in.mode != 0) out->mode = static_cast<PersonExportMode>(in.mode);
  out->at = Time(in.at_us);
  Status status =
      ReadTexts(in.redact, in.redact_count, "options.redact", &out->redact);
  if (!status.ok()) return status;
  return ReadTexts(in.leave_out, in.leave_out_count, "options.leave_out",
                   &out->leave_out);
}

Result<PersonExportReport> Export(TenantState& state, uint64_t customer,
                                  crm_slice path,
                                  const crm_person_export_options& in,
                                  void* user_data) {
  PersonExportOptions options;
  Status status = ReadPersonOptions(in, &options);
  if (status.ok() && in.write == nullptr) status = CheckPath(path, "path");
  if (!status.ok()) return status;
  if (in.write != nullptr && path.size != 0) {
    return Invalid("path: must be empty with options.write");
  }
  int32_t stopped = 0;
  options.progress = ProgressOf(in.progress, user_data, &stopped);
  const ExportWriter writer = [&](std::string_view text) {
    stopped = in.write(user_data, Slice(text));
    return stopped == 0 ? Status::Ok() : StoppedBy(stopped, "export");
  };
  auto report = in.write != nullptr
                    ? ExportPerson(state.tenant, customer, writer, options)
                    : ExportPerson(state.tenant, customer,
                                   std::string(View(path)), options);
  if (stopped != 0) return StoppedBy(stopped, "export");
  return report;
}

Result<ExportedErasure> ExportFirst(TenantState& state, uint64_t customer,
                                    crm_slice path,
                                    const crm_person_export_options& in,
                                    const ErasureOptions& erasure,
                                    void* user_data) {
  PersonExportOptions options;
  Status status = ReadPersonOptions(in, &options);
  if (status.ok()) status = CheckPath(path, "path");
  if (!status.ok()) return status;
  if (in.write != nullptr) {
    return Invalid("options.write: an erasure wants a file before it");
  }
  int32_t stopped = 0;
  options.progress = ProgressOf(in.progress, user_data, &stopped);
  auto both = Change(state, erasure.dry_run, [&](TenantState& own) {
    return ExportAndErase(own.tenant, customer, std::string(View(path)),
                          options, erasure);
  });
  if (stopped != 0) return StoppedBy(stopped, "export");
  return both;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_export_person(crm_tenant* tenant, uint64_t customer,
                                    crm_slice path,
                                    const crm_person_export_options* options,
                                    crm_person_export_report** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_person_export_options own = CRM_PERSON_EXPORT_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = read;
    if (!status.ok()) return status;
    auto report = Export(StateOf(tenant), customer, path, own, held.get());
    if (!report.ok() || out == nullptr) return report.status();
    *out = Give(*std::move(report));
    return status;
  });
}

const crm_person_export_report_view* crm_person_export_report_read(
    const crm_person_export_report* report) noexcept {
  return ReadView(report);
}

void crm_person_export_report_free(crm_person_export_report* report) noexcept {
  Free(report);
}

crm_status crm_check_person_export(crm_slice path,
                                   const crm_read_options* options,
                                   crm_person_export_report** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::Status status = CheckPath(path, "path");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    auto report = crm::CheckPersonExport(std::string(View(path)));
    if (!report.ok() || out == nullptr) return report.status();
    *out = Give(*std::move(report));
    return status;
  });
}

crm_status crm_tenant_export_and_erase(
    crm_tenant* tenant, uint64_t customer, crm_slice path,
    const crm_person_export_options* options,
    const crm_erasure_options* erasure_options,
    crm_person_export_report** exported, crm_erasure_report** erasure,
    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_person_export_options own = CRM_PERSON_EXPORT_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    if (exported != nullptr) *exported = nullptr;
    if (erasure != nullptr) *erasure = nullptr;
    crm::ErasureOptions how;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = read;
    if (status.ok()) status = ReadErasureOptions(erasure_options, &how);
    if (!status.ok()) return status;
    auto both =
        ExportFirst(StateOf(tenant), customer, path, own, how, held.get());
    if (!both.ok()) return both.status();
    if (exported != nullptr) *exported = Give(std::move(both->exported));
    if (erasure != nullptr) *erasure = GiveErasure(std::move(both->erasure));
    return status;
  });
}
