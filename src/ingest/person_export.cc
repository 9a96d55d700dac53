// ExportPerson and ExportAndErase.

#include "crm/person_export.h"

#include <memory>
#include <utility>

#include "ingest/export_file.h"
#include "ingest/guarded.h"
#include "ingest/person_parts.h"

namespace crm {
namespace ingest {
namespace {

constexpr int kAttempts = 3;

Status Bad(std::string_view what) {
  return Status(StatusCode::kInvalidArgument, std::string(what));
}

Status CheckOptions(const PersonExportOptions& options) {
  if (PersonModeText(options.mode).empty()) return Bad("mode: unknown");
  if (options.at == Timestamp()) {
    return Bad("at: missing; decisions need an instant");
  }
  if (options.mode == PersonExportMode::kAccess && !options.leave_out.empty()) {
    return Bad("leave_out: an access export has all events");
  }
  return Status::Ok();
}

Result<PersonExportReport> Write(const crm::Tenant& tenant, CustomerId customer,
                                 const ExportWriter& writer,
                                 const PersonExportOptions& options) {
  Status status = CheckOptions(options);
  if (!status.ok()) return status;
  Result<crm::Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  PersonExportReport report;
  PersonParts parts(tenant, *snapshot, options, writer, &report);
  status = parts.Write(customer);
  if (!status.ok()) return status;
  return report;
}

Result<PersonExportReport> WriteFile(const crm::Tenant& tenant,
                                     CustomerId customer,
                                     const std::string& path,
                                     const PersonExportOptions& options) {
  Status status = CheckOptions(options);
  // Nobody of that id: no file is begun.
  if (status.ok()) status = tenant.GetCustomer(customer).status();
  if (!status.ok()) return status;
  Result<std::unique_ptr<ExportFile>> file = ExportFile::Create(path);
  if (!file.ok()) return std::move(file).status();
  const ExportWriter writer = [&](std::string_view text) {
    return (*file)->Write(text);
  };
  Result<PersonExportReport> report = Write(tenant, customer, writer, options);
  if (!report.ok()) return report;
  status = (*file)->Finish();
  if (!status.ok()) return status;
  return report;
}

// What a refused erasure would say, before a file is made for it.
Status CheckErasure(crm::Tenant& tenant, CustomerId customer,
                    const std::string& path, const ErasureOptions& erasure) {
  if (erasure.dry_run) return Bad("dry_run: has nothing to export");
  if (path == "-") return Bad("path: must be a file, not standard output");
  ErasureOptions dry = erasure;
  dry.dry_run = true;
  Result<ErasureReport> plan = tenant.Erase(customer, dry);
  if (!plan.ok()) return std::move(plan).status();
  if (plan->doubtful.empty() || erasure.confirm) return Status::Ok();
  return Status(StatusCode::kFailedPrecondition,
                "confirm: she has several values of " + plan->doubtful.front() +
                    ", and may be several people");
}

Result<ExportedErasure> WriteAndErase(crm::Tenant& tenant, CustomerId customer,
                                      const std::string& path,
                                      const PersonExportOptions& options,
                                      const ErasureOptions& erasure) {
  Status status = CheckErasure(tenant, customer, path, erasure);
  if (!status.ok()) return status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Result<Customer> before = tenant.GetCustomer(customer);
    if (!before.ok()) return std::move(before).status();
    Result<PersonExportReport> exported =
        WriteFile(tenant, customer, path, options);
    if (!exported.ok()) return std::move(exported).status();
    Result<Customer> after = tenant.GetCustomer(customer);
    if (!after.ok()) return std::move(after).status();
    if (after->version != before->version || after->id != before->id) continue;
    Result<ErasureReport> erased = tenant.Erase(customer, erasure);
    if (!erased.ok()) return std::move(erased).status();
    return ExportedErasure{*std::move(exported), *std::move(erased)};
  }
  return Status(StatusCode::kConflict,
                "export: she got events while it was written, three times; "
                "nothing was erased");
}

}  // namespace
}  // namespace ingest

Result<PersonExportReport> ExportPerson(const Tenant& tenant,
                                        CustomerId customer,
                                        const std::string& path,
                                        const PersonExportOptions& options) {
  return ingest::Guarded(
      [&] { return ingest::WriteFile(tenant, customer, path, options); });
}

Result<PersonExportReport> ExportPerson(const Tenant& tenant,
                                        CustomerId customer,
                                        const ExportWriter& writer,
                                        const PersonExportOptions& options) {
  return ingest::Guarded(
      [&] { return ingest::Write(tenant, customer, writer, options); });
}

Result<ExportedErasure> ExportAndErase(Tenant& tenant, CustomerId customer,
                                       const std::string& path,
                                       const PersonExportOptions& options,
                                       const ErasureOptions& erasure) {
  return ingest::Guarded([&] {
    return ingest::WriteAndErase(tenant, customer, path, options, erasure);
  });
}

}  // namespace crm
