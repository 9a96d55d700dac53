// ExportStore: one pass over the log, then what the views say.

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "crm/export.h"
#include "ingest/export_file.h"
#include "ingest/export_lines.h"
#include "ingest/guarded.h"
#include "ingest/json_text.h"
#include "ingest/message_mapper.h"
#include "ingest/view_checksums.h"

namespace crm {
namespace ingest {
namespace {

constexpr uint64_t kStoreEventsPerStep = 1024;

// What is gathered of one tenant.
struct Gathered {
  crm::Snapshot snapshot;
  uint64_t total = 0;
  uint64_t definitions_total = 0;
  uint64_t definitions_seen = 0;
  TenantExport result;
  RunningHash log;
  RunningHash definitions;
  RunningHash choices;
  Ordinals ordinals;
  IdentifierOwners owners;
};

class StoreExport final {
 public:
  StoreExport(const ExportWriter* writer, const StoreExportOptions& options)
      : writer_(writer), options_(options) {}

  Status Run(Store& store);
  const StoreExportReport& report() const { return report_; }

 private:
  Status Choose(const StoreSnapshot& snapshot);
  Status WriteBeginning(const std::string& region);
  Status WriteEvents(const StoreSnapshot& snapshot);
  Status WriteEvent(const EventView& event, Gathered* tenant);
  Status WriteDefinition(const DefinitionView& definition, Gathered* tenant);
  Status WriteChoice(const ChoiceView& choice, Gathered* tenant);
  Status WriteChecksums(Gathered* tenant);
  Status WriteEnd();
  // Completes the line that body_ holds, and writes it.
  Status WriteLine();
  bool Step() const {
    return !options_.progress || options_.progress(report_.events, total_);
  }

  const ExportWriter* const writer_;  // Null: nobody reads it.
  const StoreExportOptions& options_;
  StoreExportReport report_;
  uint64_t total_ = 0;
  uint64_t definitions_ = 0;
  uint64_t choices_ = 0;
  // In the order in which they were made.
  std::vector<std::unique_ptr<Gathered>> tenants_;
  std::map<std::string, Gathered*, std::less<>> by_name_;
  CheckChain chain_;
  std::string body_;
};

Status StoreExport::WriteLine() {
  chain_.Close(&body_);
  report_.bytes += body_.size();
  return writer_ == nullptr ? Status::Ok() : (*writer_)(body_);
}

Status StoreExport::Choose(const StoreSnapshot& snapshot) {
  const std::vector<std::string>& names = snapshot.tenants();
  Result<std::vector<uint64_t>> definitions = snapshot.CountDefinitions();
  if (!definitions.ok()) return definitions.status();
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (!options_.tenant.empty() && options_.tenant != name) continue;
    Result<crm::Snapshot> own = snapshot.Tenant(name);
    if (!own.ok()) return own.status();
    Result<TenantStats> stats = own->GetStats();
    if (!stats.ok()) return stats.status();
    auto tenant = std::make_unique<Gathered>(Gathered{*std::move(own)});
    tenant->total = stats->events;
    tenant->definitions_total = (*definitions)[i];
    definitions_ += (*definitions)[i];
    tenant->result.tenant = name;
    tenant->result.records = stats->records;
    tenant->result.customers = stats->customers;
    total_ += stats->events;
    by_name_[name] = tenant.get();
    tenants_.push_back(std::move(tenant));
  }
  if (tenants_.empty() && !options_.tenant.empty()) {
    return snapshot.Tenant(options_.tenant).status();  // There is none.
  }
  return Status::Ok();
}

Status StoreExport::WriteBeginning(const std::string& region) {
  body_ = R"({"kind":"libcrm-export")";
  AppendNumberMember("version", kExportVersion, &body_);
  AppendTextMember("region", region, &body_);
  AppendNumberMember("definitions", definitions_, &body_);
  AppendNumberMember("tenants", tenants_.size(), &body_);
  AppendNumberMember("events", total_, &body_);
  Status status = WriteLine();
  for (const auto& tenant : tenants_) {
    if (!status.ok()) return status;
    body_ = R"({"kind":"tenant")";
    AppendTextMember("tenant", tenant->result.tenant, &body_);
    AppendNumberMember("events", tenant->total, &body_);
    AppendNumberMember("records", tenant->result.records, &body_);
    AppendNumberMember("customers", tenant->result.customers, &body_);
    status = WriteLine();
  }
  return status;
}

Status StoreExport::WriteEvent(const EventView& event, Gathered* tenant) {
  TenantExport& result = tenant->result;
  ++result.events;
  ++report_.events;
  body_ = event.opened ? R"({"kind":"event")" : R"({"kind":"erased")";
  AppendTextMember("tenant", result.tenant, &body_);
  AppendNumberMember("n", result.events, &body_);
  AppendMember("recorded_at", TimeToken(event.recorded_at), &body_);
  if (event.backfill) AppendMember("backfill", "true", &body_);
  if (event.warned) AppendMember("warned", "true", &body_);
  if (event.redacted) AppendMember("redacted", "true", &body_);
  AppendTextMember("source", event.source, &body_);
  if (event.record != 0) {
    AppendNumberMember("record", event.record, &body_);
    AppendNumberMember("customer", event.customer, &body_);
    AppendNumberMember("revision", event.revision, &body_);
  }
  tenant->ordinals.Add(event.position);
  if (event.opened) {
    AppendMember("event", EventToJson(event, "", true), &body_);
    if (options_.views) {
      Status status =
          tenant->owners.Add(tenant->snapshot, result.events, event.identity);
      if (!status.ok()) {
        return Status(status.code(), "event " + std::to_string(event.position) +
                                         ": " + std::string(status.message()));
      }
    }
  } else {
    ++result.erased;
    ++report_.erased;
    AppendTextMember("type", event.type, &body_);
    AppendTextMember("version", event.version, &body_);
    AppendMember("occurred_at", TimeToken(event.occurred_at), &body_);
  }
  tenant->log.Add(body_);
  return WriteLine();
}

Status StoreExport::WriteDefinition(const DefinitionView& definition,
                                    Gathered* tenant) {
  AppendDefinition(tenant->result.tenant, tenant->result.events, definition,
                   &body_);
  ++tenant->definitions_seen;
  tenant->definitions.Add(body_);
  return WriteLine();
}

Status StoreExport::WriteChoice(const ChoiceView& choice, Gathered* tenant) {
  AppendChoice(tenant->result.tenant, tenant->result.events, choice, &body_);
  ++choices_;
  tenant->choices.Add(body_);
  return WriteLine();
}

Status StoreExport::WriteEvents(const StoreSnapshot& snapshot) {
  Result<StoreCursor> cursor = snapshot.Replay();
  if (!cursor.ok()) return cursor.status();
  StoreEvent event;
  Gathered* tenant = nullptr;
  while (true) {
    if (report_.events % kStoreEventsPerStep == 0 && !Step())
      return ExportCancelled();
    Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    if (tenant == nullptr || tenant->result.tenant != event.tenant) {
      const auto found = by_name_.find(event.tenant);
      if (found == by_name_.end()) {
        // Of a tenant that is not wanted.
        if (!options_.tenant.empty()) continue;
        return Status(StatusCode::kInternal, "export: an unknown tenant");
      }
      tenant = found->second;
    }
    Status status = event.is_definition
                        ? WriteDefinition(event.definition, tenant)
                    : event.is_choice ? WriteChoice(event.choice, tenant)
                                      : WriteEvent(event.event, tenant);
    if (!status.ok()) return status;
  }
}

Status StoreExport::WriteChecksums(Gathered* tenant) {
  if (tenant->result.events != tenant->total ||
      tenant->definitions_seen != tenant->definitions_total) {
    return Status(StatusCode::kCorruption,
                  "export: the log does not hold as many events and "
                  "definitions as were counted");
  }
  std::vector<ProjectionChecksum>& checksums = tenant->result.checksums;
  checksums.push_back({"log", tenant->log.Finish()});
  checksums.push_back({"definitions", tenant->definitions.Finish()});
  checksums.push_back({"choices", tenant->choices.Finish()});
  if (options_.views) {
    Result<std::vector<ProjectionChecksum>> views =
        ChecksumViews(tenant->snapshot, tenant->ordinals,
                      tenant->owners.Finish(), [this] { return Step(); });
    if (!views.ok()) return views.status();
    for (ProjectionChecksum& view : *views) {
      checksums.push_back(std::move(view));
    }
  }
  body_ = R"({"kind":"checksums")";
  AppendTextMember("tenant", tenant->result.tenant, &body_);
  for (const ProjectionChecksum& one : checksums) {
    AppendTextMember(one.projection, one.checksum, &body_);
  }
  return WriteLine();
}

Status StoreExport::WriteEnd() {
  for (const auto& tenant : tenants_) {
    Status status = WriteChecksums(tenant.get());
    if (!status.ok()) return status;
    report_.tenants.push_back(tenant->result);
  }
  body_ = R"({"kind":"end")";
  AppendNumberMember("events", report_.events, &body_);
  AppendNumberMember("erased", report_.erased, &body_);
  AppendNumberMember("definitions", definitions_, &body_);
  AppendNumberMember("choices", choices_, &body_);
  return WriteLine();
}

Status StoreExport::Run(Store& store) {
  Result<StoreSnapshot> snapshot = store.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  Status status = Choose(*snapshot);
  if (status.ok()) status = WriteBeginning(store.default_region());
  if (status.ok()) status = WriteEvents(*snapshot);
  if (status.ok()) status = WriteEnd();
  if (status.ok() && !Step()) status = ExportCancelled();
  return status;
}

Result<StoreExportReport> Run(Store& store, const ExportWriter* writer,
                              const StoreExportOptions& options) {
  StoreExport pass(writer, options);
  Status status = pass.Run(store);
  if (!status.ok()) return status;
  return pass.report();
}

Result<StoreExportReport> RunToFile(Store& store, const std::string& path,
                                    const StoreExportOptions& options) {
  Result<std::unique_ptr<ExportFile>> file = ExportFile::Create(path);
  if (!file.ok()) return file.status();
  const ExportWriter writer = [&](std::string_view text) {
    return (*file)->Write(text);
  };
  Result<StoreExportReport> report = Run(store, &writer, options);
  if (!report.ok()) return report;
  Status status = (*file)->Finish();
  if (!status.ok()) return status;
  return report;
}

}  // namespace
}  // namespace ingest

Result<StoreExportReport> ExportStore(Store& store, const std::string& path,
                                      const StoreExportOptions& options) {
  return ingest::Guarded(
      [&] { return ingest::RunToFile(store, path, options); });
}

Result<StoreExportReport> ExportStore(Store& store, const ExportWriter& writer,
                                      const StoreExportOptions& options) {
  return ingest::Guarded([&] { return ingest::Run(store, &writer, options); });
}

Result<StoreExportReport> ChecksumStore(Store& store,
                                        const StoreExportOptions& options) {
  return ingest::Guarded([&] { return ingest::Run(store, nullptr, options); });
}

}  // namespace crm
