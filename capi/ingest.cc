// Ingest: maps, and imports of files with their reports.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/queries.h"

namespace crm::capi {
namespace {

crm_rejected_row ShowRow(const RejectedRow& from) {
  crm_rejected_row out = {};
  out.line = from.line;
  out.code = static_cast<crm_status>(from.code);
  out.reason = static_cast<int32_t>(from.reason);
  out.message = Slice(from.message);
  out.column = Slice(from.column);
  return out;
}

}  // namespace

void SetCallbacks(const crm_import_options& in, void* user_data,
                  Stopped* stopped, ImportOptions* out) {
  if (in.rejected != nullptr) {
    out->on_rejected = [=](const RejectedRow& from) {
      if (*stopped != 0) return;
      const crm_rejected_row row = ShowRow(from);
      *stopped = in.rejected(user_data, &row);
    };
  }
  if (in.progress == nullptr && in.rejected == nullptr) return;
  out->progress = [=](const ImportProgress& from) {
    if (*stopped == 0 && in.progress != nullptr) {
      crm_import_progress progress = {};
      progress.bytes = from.bytes;
      progress.total_bytes = from.total_bytes;
      progress.read = from.read;
      progress.appended = from.appended;
      *stopped = in.progress(user_data, &progress);
    }
    return *stopped == 0;
  };
}

namespace {

Status ReadFormat(const crm_import_options& in, ImportFormat* out) {
  switch (in.format) {
    case CRM_FORMAT_NATIVE:
      *out = ImportFormat::kNative;
      return Status::Ok();
    case CRM_FORMAT_SEGMENT:
      *out = ImportFormat::kSegment;
      return Status::Ok();
    case CRM_FORMAT_CLOUDEVENTS:
      *out = ImportFormat::kCloudEvents;
      return Status::Ok();
    case CRM_FORMAT_POSTHOG:
      *out = ImportFormat::kPostHog;
      return Status::Ok();
    default:
      return Status(StatusCode::kInvalidArgument,
                    "options.format: " + std::to_string(in.format) +
                        " is none of CRM_FORMAT_...");
  }
}

Status ReadEncoding(const crm_import_options& in, TextEncoding* out) {
  if (in.encoding < CRM_ENCODING_DEFAULT ||
      in.encoding > CRM_ENCODING_MAC_ROMAN) {
    return Status(StatusCode::kInvalidArgument,
                  "options.encoding: " + std::to_string(in.encoding) +
                      " is none of CRM_ENCODING_...");
  }
  *out = static_cast<TextEncoding>(in.encoding);
  return Status::Ok();
}

}  // namespace

Status ReadImportOptions(const crm_import_options& in, ImportOptions* out) {
  Status status = ReadDurability(in.durability, &out->durability);
  if (status.ok()) status = CheckSlice(in.source, "options.source");
  if (status.ok()) status = CheckSlice(in.batch, "options.batch");
  if (status.ok() && in.map != nullptr) {
    status = Check(in.map, "options.map");
    if (status.ok()) out->map = StateOf(in.map);
  }
  if (status.ok()) status = ReadFormat(in, &out->format);
  if (status.ok()) status = ReadEncoding(in, &out->encoding);
  if (!status.ok()) return status;
  out->source = View(in.source);
  out->batch = View(in.batch);
  out->strict = (in.flags & CRM_IMPORT_STRICT) != 0;
  out->dry_run = (in.flags & CRM_IMPORT_DRY_RUN) != 0;
  out->ignore_tenant = (in.flags & CRM_IMPORT_IGNORE_TENANT) != 0;
  out->backfill = (in.flags & CRM_IMPORT_NEW_DATA) == 0;
  // What is too much stays too much.
  constexpr uint32_t kTooMany = 1'000'000;
  if (in.threads != 0) {
    out->threads = static_cast<int>(std::min(in.threads, kTooMany));
  }
  if (in.max_rejected != 0) out->max_rejected = in.max_rejected;
  return status;
}

namespace {

void Fill(ImportReportState* state) {
  const ImportReport& from = state->report;
  for (const RejectedRow& row : from.rejected_rows) {
    state->rows.push_back(ShowRow(row));
  }
  crm_import_report_view& view = state->view;
  view.read = from.read;
  view.appended = from.appended;
  view.duplicates = from.duplicates;
  view.rejected = from.rejected;
  view.customers_created = from.customers_created;
  view.unattributed = from.unattributed;
  view.contested = from.contested;
  view.resumed_rows = from.resumed_rows;
  view.rejected_rows = state->rows.data();
  view.rejected_row_count = state->rows.size();
}

Result<ImportReport> Import(TenantState& tenant, crm_slice path,
                            const crm_import_options& in, void* user_data) {
  Status status = CheckPath(path, "path");
  ImportOptions options;
  if (status.ok()) status = ReadImportOptions(in, &options);
  if (!status.ok()) return status;
  Stopped stopped = 0;
  SetCallbacks(in, user_data, &stopped, &options);
  auto report = Change(tenant, false, [&](TenantState& state) {
    return ImportFile(state.tenant, std::string(View(path)), options);
  });
  if (stopped != 0) return StoppedBy(stopped, "import");
  return report;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_import_map_from_json(crm_slice json, crm_import_map** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckSlice(json, "json");
    if (!status.ok()) return status;
    auto map = crm::ImportMap::FromJson(View(json));
    if (!map.ok()) return map.status();
    *out = Make<crm_import_map>(*std::move(map));
    return status;
  });
}

crm_status crm_import_map_from_file(crm_slice path, crm_import_map** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckPath(path, "path");
    if (!status.ok()) return status;
    auto map = crm::ImportMap::FromFile(std::string(View(path)));
    if (!map.ok()) return map.status();
    *out = Make<crm_import_map>(*std::move(map));
    return status;
  });
}

crm_status crm_import_map_from_preset(crm_slice name, crm_import_map** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckSlice(name, "name");
    if (!status.ok()) return status;
    auto map = crm::ImportMap::Preset(View(name));
    if (!map.ok()) return map.status();
    *out = Make<crm_import_map>(*std::move(map));
    return status;
  });
}

int32_t crm_import_preset_at(size_t index, crm_slice* name,
                             crm_slice* about) noexcept {
  return GuardValue(int32_t{0}, [&]() -> int32_t {
    const auto presets = crm::ImportMap::Presets();
    const bool there = index < presets.size();
    const crm::ImportPreset preset =
        there ? presets[index] : crm::ImportPreset();
    if (name != nullptr) *name = Slice(preset.name);
    if (about != nullptr) *about = Slice(preset.about);
    return there ? 1 : 0;
  });
}

crm_slice crm_canonical_event_type(crm_slice type) noexcept {
  return GuardValue(type, [&] {
    if (!CheckSlice(type, "type").ok()) return type;
    const std::string_view given = View(type);
    const std::string_view name = crm::CanonicalEventType(given);
    return name.data() == given.data() ? type : Slice(name);
  });
}

crm_slice crm_import_map_json(const crm_import_map* map) noexcept {
  return GuardValue(crm_slice{nullptr, 0}, [&] {
    if (map == nullptr || !map->alive()) return crm_slice{nullptr, 0};
    return Slice(StateOf(map).json());
  });
}

crm_slice crm_reject_reason_name(int32_t reason) noexcept {
  return GuardValue(crm_slice{nullptr, 0}, [&] {
    const bool known = reason > CRM_REJECT_NONE && reason <= CRM_REJECT_ERASED;
    if (!known) return crm_slice{nullptr, 0};
    return Slice(crm::RejectReasonName(static_cast<crm::RejectReason>(reason)));
  });
}

void crm_import_map_free(crm_import_map* map) noexcept { Free(map); }

crm_status crm_tenant_import_file(crm_tenant* tenant, crm_slice path,
                                  const crm_import_options* options,
                                  crm_import_report** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_import_options own = CRM_IMPORT_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read =
        ReadOptions(options, "options", kImportFlags, &own);
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = read;
    if (!status.ok()) return status;
    auto report = Import(StateOf(tenant), path, own, held.get());
    if (!report.ok() || out == nullptr) return report.status();
    auto state = std::make_unique<ImportReportState>(
        ImportReportState{*std::move(report)});
    Fill(state.get());
    *out = Adopt<crm_import_report>(std::move(state));
    return status;
  });
}

const crm_import_report_view* crm_import_report_read(
    const crm_import_report* report) noexcept {
  return ReadView(report);
}

void crm_import_report_free(crm_import_report* report) noexcept {
  Free(report);
}
