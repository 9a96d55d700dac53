// Export: stores, events and profiles as files, and a store's way back.

#include "crm/export.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/queries.h"

namespace crm::capi {
namespace {

constexpr uint32_t kStoreExportFlags =
    CRM_EXPORT_NO_VIEWS | CRM_EXPORT_ONLY_CHECKSUMS;

// `checksums` must not move afterwards.
void Fill(const std::vector<TenantExport>& from,
          std::vector<std::vector<crm_projection_checksum>>* checksums,
          std::vector<crm_tenant_export>* tenants) {
  checksums->reserve(from.size());
  for (const TenantExport& tenant : from) {
    std::vector<crm_projection_checksum>& own = checksums->emplace_back();
    for (const ProjectionChecksum& one : tenant.checksums) {
      own.push_back({Slice(one.projection), Slice(one.checksum), {}});
    }
    crm_tenant_export out = {};
    out.tenant = Slice(tenant.tenant);
    out.events = tenant.events;
    out.erased = tenant.erased;
    out.records = tenant.records;
    out.customers = tenant.customers;
    out.checksums = own.data();
    out.checksum_count = own.size();
    tenants->push_back(out);
  }
}

void Fill(StoreExportState* state) {
  const StoreExportReport& from = state->report;
  Fill(from.tenants, &state->checksums, &state->tenants);
  crm_store_export_report_view& view = state->view;
  view.events = from.events;
  view.erased = from.erased;
  view.bytes = from.bytes;
  view.tenants = state->tenants.data();
  view.tenant_count = state->tenants.size();
}

void Fill(StoreImportState* state) {
  const StoreImportReport& from = state->report;
  Fill(from.tenants, &state->checksums, &state->tenants);
  for (const StoreDifference& one : from.differences) {
    state->differences.push_back(
        {Slice(one.tenant), one.line, Slice(one.what), {}});
  }
  crm_store_import_report_view& view = state->view;
  view.events = from.events;
  view.erased = from.erased;
  view.redacted = from.redacted;
  view.identical = from.identical() ? 1 : 0;
  view.differences_total = from.differences_total;
  view.differences = state->differences.data();
  view.difference_count = state->differences.size();
  view.tenants = state->tenants.data();
  view.tenant_count = state->tenants.size();
}

Result<StoreExportReport> Export(StoreState& state, crm_slice path,
                                 const crm_store_export_options& in,
                                 void* user_data) {
  const bool no_text = (in.flags & CRM_EXPORT_ONLY_CHECKSUMS) != 0;
  Status status = CheckSlice(in.tenant, "options.tenant");
  if (status.ok() && !no_text && in.write == nullptr) {
    status = CheckPath(path, "path");
  }
  if (!status.ok()) return status;
  if (!no_text && in.write != nullptr && path.size != 0) {
    return Invalid("path: must be empty with options.write");
  }
  int32_t stopped = 0;
  StoreExportOptions options;
  options.tenant = View(in.tenant);
  options.views = (in.flags & CRM_EXPORT_NO_VIEWS) == 0;
  options.progress = ProgressOf(in.progress, user_data, &stopped);
  const ExportWriter writer = [&](std::string_view text) {
    stopped = in.write(user_data, Slice(text));
    return stopped == 0 ? Status::Ok() : StoppedBy(stopped, "export");
  };
  auto report =
      no_text ? ChecksumStore(state.store, options)
      : in.write != nullptr
          ? ExportStore(state.store, writer, options)
          : ExportStore(state.store, std::string(View(path)), options);
  if (stopped != 0) return StoppedBy(stopped, "export");
  return report;
}

Result<StoreImportReport> Import(StoreState& state, crm_slice path,
                                 const crm_store_import_options& in,
                                 void* user_data) {
  StoreImportOptions options;
  std::optional<Durability> durability;
  Status status = CheckPath(path, "path");
  if (status.ok()) status = ReadDurability(in.durability, &durability);
  if (!status.ok()) return status;
  if (durability.has_value()) options.durability = durability;
  int32_t stopped = 0;
  options.progress = ProgressOf(in.progress, user_data, &stopped);
  auto report = Change(state, false, [&](StoreState& own) {
    return ImportStore(own.store, std::string(View(path)), options);
  });
  if (stopped != 0) return StoppedBy(stopped, "import");
  return report;
}

Status ExportProfilesTo(const Tenant& tenant, const std::string& path,
                        const crm_export_options& in, Progress progress,
                        crm_export_counts* out) {
  if (in.query != nullptr || in.source_count != 0) {
    return Invalid("options: profiles take no query and no sources");
  }
  ProfileExportOptions options;
  Status status = ReadTexts(in.columns, in.column_count, "options.columns",
                            &options.columns);
  if (!status.ok()) return status;
  options.formula_safe = (in.flags & CRM_EXPORT_FORMULA_SAFE) != 0;
  options.progress = std::move(progress);
  auto report = ExportProfiles(tenant, path, options);
  if (!report.ok()) return report.status();
  out->written = report->written;
  return status;
}

Status ExportEventsTo(const Tenant& tenant, const std::string& path,
                      const crm_export_options& in, Progress progress,
                      crm_export_counts* out) {
  EventExportOptions options;
  switch (in.format) {
    case 0:
    case CRM_EXPORT_NATIVE:
      break;
    case CRM_EXPORT_SEGMENT:
      options.format = ExportFormat::kSegment;
      break;
    case CRM_EXPORT_CSV:
      options.format = ExportFormat::kCsv;
      break;
    default:
      return Invalid("options.format: " + std::to_string(in.format) +
                     " is none of CRM_EXPORT_...");
  }
  Status status = ReadQuery(in.query, &options.query);
  if (status.ok()) {
    status = ReadTexts(in.sources, in.source_count, "options.sources",
                       &options.sources);
  }
  if (status.ok()) {
    status = ReadTexts(in.columns, in.column_count, "options.columns",
                       &options.columns);
  }
  if (!status.ok()) return status;
  options.formula_safe = (in.flags & CRM_EXPORT_FORMULA_SAFE) != 0;
  options.progress = std::move(progress);
  auto report = ExportEvents(tenant, path, options);
  if (!report.ok()) return report.status();
  out->written = report->written;
  out->erased = report->erased;
  out->left_out = report->left_out;
  out->substituted = report->substituted;
  return status;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_store_export(crm_store* store, crm_slice path,
                            const crm_store_export_options* options,
                            crm_store_export_report** out,
                            crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_store_export_options own = CRM_STORE_EXPORT_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read =
        ReadOptions(options, "options", kStoreExportFlags, &own);
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(store, "store");
    if (status.ok()) status = read;
    if (!status.ok()) return status;
    auto report = Export(StateOf(store), path, own, held.get());
    if (!report.ok() || out == nullptr) return report.status();
    auto state = std::make_unique<StoreExportState>(
        StoreExportState{*std::move(report)});
    Fill(state.get());
    *out = Adopt<crm_store_export_report>(std::move(state));
    return status;
  });
}

const crm_store_export_report_view* crm_store_export_report_read(
    const crm_store_export_report* report) noexcept {
  return ReadView(report);
}

void crm_store_export_report_free(crm_store_export_report* report) noexcept {
  Free(report);
}

crm_status crm_store_import(crm_store* store, crm_slice path,
                            const crm_store_import_options* options,
                            crm_store_import_report** out,
                            crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_store_import_options own = CRM_STORE_IMPORT_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(store, "store");
    if (status.ok()) status = read;
    if (!status.ok()) return status;
    auto report = Import(StateOf(store), path, own, held.get());
    if (!report.ok() || out == nullptr) return report.status();
    auto state = std::make_unique<StoreImportState>(
        StoreImportState{*std::move(report)});
    Fill(state.get());
    *out = Adopt<crm_store_import_report>(std::move(state));
    return status;
  });
}

const crm_store_import_report_view* crm_store_import_report_read(
    const crm_store_import_report* report) noexcept {
  return ReadView(report);
}

void crm_store_import_report_free(crm_store_import_report* report) noexcept {
  Free(report);
}

crm_status crm_tenant_export_file(crm_tenant* tenant, crm_slice path,
                                  const crm_export_options* options,
                                  crm_export_counts* out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_export_options own = CRM_EXPORT_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read =
        ReadOptions(options, "options", CRM_EXPORT_FORMULA_SAFE, &own);
    crm_export_counts counts = {};
    if (out != nullptr) *out = counts;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = read;
    if (status.ok()) status = CheckPath(path, "path");
    if (!status.ok()) return status;
    int32_t stopped = 0;
    crm::Progress progress = ProgressOf(own.progress, held.get(), &stopped);
    const auto write =
        own.format == CRM_EXPORT_PROFILES ? &ExportProfilesTo : &ExportEventsTo;
    status = write(StateOf(tenant).tenant, std::string(View(path)), own,
                   std::move(progress), &counts);
    if (stopped != 0) return StoppedBy(stopped, "export");
    if (status.ok() && out != nullptr) *out = counts;
    return status;
  });
}
