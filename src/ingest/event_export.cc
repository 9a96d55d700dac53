// ExportEvents and ExportProfiles.

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "crm/export.h"
#include "ingest/csv_writer.h"
#include "ingest/export_file.h"
#include "ingest/guarded.h"
#include "ingest/message_mapper.h"
#include "ingest/segment_writer.h"

namespace crm {
namespace ingest {
namespace {

constexpr uint64_t kStep = 1024;
constexpr size_t kMaxColumns = 2000;

// An instant without its quotes; empty: none.
std::string CellOf(const std::optional<Timestamp>& time) {
  if (!time.has_value()) return {};
  const std::string token = TimeToken(*time);
  return token.substr(1, token.size() - 2);
}

std::string CellOf(uint64_t number) {
  return number == 0 ? std::string() : std::to_string(number);
}

// --- Events as CSV -----------------------------------------------------------

constexpr std::string_view kDefaultColumns[] = {
    "position",    "id",       "type",   "source",   "version", "occurred_at",
    "recorded_at", "customer", "record", "identity", "payload"};
constexpr std::string_view kOtherColumns[] = {"revision", "correlation_id",
                                              "causation_id", "metadata"};

class EventTable final {
 public:
  explicit EventTable(bool formula_safe) : csv_(formula_safe) {}

  Status Choose(const std::vector<std::string>& columns);
  const std::string& Header();
  const std::string& Row(const EventView& event);

 private:
  void Cell(const std::string& column, const EventView& event);

  std::vector<std::string> columns_;
  CsvWriter csv_;
};

Status EventTable::Choose(const std::vector<std::string>& columns) {
  columns_ = columns;
  if (columns.empty()) {
    columns_.assign(std::begin(kDefaultColumns), std::end(kDefaultColumns));
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& column = columns_[i];
    const auto is = [&](std::string_view name) { return name == column; };
    if (std::any_of(std::begin(kDefaultColumns), std::end(kDefaultColumns),
                    is) ||
        std::any_of(std::begin(kOtherColumns), std::end(kOtherColumns), is)) {
      continue;
    }
    const bool path = column.starts_with("/payload/") ||
                      column.starts_with("/identity/") ||
                      column.starts_with("/metadata/");
    if (!path) {
      return Status(StatusCode::kInvalidArgument,
                    "columns: number " + std::to_string(i + 1) +
                        " is neither a name nor a path into payload, identity "
                        "or metadata");
    }
    Status status = CheckJsonPath(column);
    if (!status.ok()) return status;
  }
  return columns_.size() <= kMaxColumns
             ? Status::Ok()
             : Status(StatusCode::kInvalidArgument, "columns: too many");
}

const std::string& EventTable::Header() {
  for (const std::string& column : columns_) csv_.Cell(column);
  return csv_.EndRow();
}

void EventTable::Cell(const std::string& column, const EventView& event) {
  if (column.front() == '/') {
    const std::string_view path = column;
    const size_t end = path.find('/', 1);
    const std::string_view whole = path.substr(1, end - 1);
    csv_.JsonCell(FindInJson(whole == "payload"    ? event.payload
                             : whole == "identity" ? event.identity
                                                   : event.metadata,
                             path.substr(end)));
    return;
  }
  if (column == "position") return csv_.Cell(CellOf(event.position));
  if (column == "id") return csv_.Cell(event.id);
  if (column == "type") return csv_.Cell(event.type);
  if (column == "source") return csv_.Cell(event.source);
  if (column == "version") return csv_.Cell(event.version);
  if (column == "occurred_at") return csv_.Cell(CellOf(event.occurred_at));
  if (column == "recorded_at") return csv_.Cell(CellOf(event.recorded_at));
  if (column == "customer") return csv_.Cell(CellOf(event.customer));
  if (column == "record") return csv_.Cell(CellOf(event.record));
  if (column == "revision") return csv_.Cell(std::to_string(event.revision));
  if (column == "correlation_id") return csv_.Cell(event.correlation_id);
  if (column == "causation_id") return csv_.Cell(event.causation_id);
  if (column == "identity") return csv_.Cell(event.identity);
  if (column == "metadata") return csv_.Cell(event.metadata);
  csv_.Cell(event.payload);
}

const std::string& EventTable::Row(const EventView& event) {
  for (const std::string& column : columns_) Cell(column, event);
  return csv_.EndRow();
}

// --- Events ------------------------------------------------------------------

class EventExport final {
 public:
  EventExport(const crm::Tenant& tenant, const EventExportOptions& options)
      : tenant_(tenant), options_(options), table_(options.formula_safe) {}

  Status Run(const std::string& path);
  const EventExportReport& report() const { return report_; }

 private:
  Status CheckOptions();
  Status WriteEvent(const EventView& event, ExportFile* file);
  bool IsWanted(const EventView& event) const {
    const std::vector<std::string>& wanted = options_.sources;
    return wanted.empty() || std::find(wanted.begin(), wanted.end(),
                                       event.source) != wanted.end();
  }

  const crm::Tenant& tenant_;
  const EventExportOptions& options_;
  EventExportReport report_;
  EventTable table_;
  SegmentWriter segment_;
  std::string line_;
};

Status EventExport::CheckOptions() {
  if (options_.format < ExportFormat::kNative ||
      options_.format > ExportFormat::kCsv) {
    return Status(StatusCode::kInvalidArgument, "format: there is no such one");
  }
  const bool csv = options_.format == ExportFormat::kCsv;
  if (!csv && (!options_.columns.empty() || options_.formula_safe)) {
    return Status(StatusCode::kInvalidArgument,
                  "columns and formula_safe go with CSV only");
  }
  return table_.Choose(options_.columns);
}

Status EventExport::WriteEvent(const EventView& event, ExportFile* file) {
  if (!event.opened) {
    ++report_.erased;
    return Status::Ok();
  }
  if (options_.format == ExportFormat::kCsv) {
    ++report_.written;
    return file->Write(table_.Row(event));
  }
  line_.clear();
  if (options_.format == ExportFormat::kNative) {
    line_ = EventToJson(event, tenant_.name());
  } else {
    const SegmentOutcome outcome = segment_.Write(event, &line_);
    if (outcome == SegmentOutcome::kLeftOut) {
      ++report_.left_out;
      return Status::Ok();
    }
    if (outcome == SegmentOutcome::kSubstituted) ++report_.substituted;
  }
  ++report_.written;
  line_.push_back('\n');
  return file->Write(line_);
}

Status EventExport::Run(const std::string& path) {
  Status status = CheckOptions();
  if (!status.ok()) return status;
  ReplayQuery query = options_.query;
  query.open_parts_only = false;
  if (options_.format != ExportFormat::kCsv) query.as_appended = true;
  Result<EventCursor> cursor = tenant_.Replay(query);
  if (!cursor.ok()) return cursor.status();
  Result<std::unique_ptr<ExportFile>> file = ExportFile::Create(path);
  if (!file.ok()) return file.status();
  if (options_.format == ExportFormat::kCsv) {
    status = (*file)->Write(table_.Header());
  }
  EventView event;
  for (uint64_t n = 0; status.ok(); ++n) {
    if (n % kStep == 0 && options_.progress &&
        !options_.progress(report_.written, 0)) {
      return ExportCancelled();
    }
    Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return (*file)->Finish();
    if (IsWanted(event)) status = WriteEvent(event, file->get());
  }
  return status;
}

// --- Profiles ----------------------------------------------------------------

constexpr std::string_view kTrait = "trait:";
constexpr std::string_view kProfileColumns[] = {"customer", "version", "events",
                                                "first_seen", "last_seen"};

class ProfileExport final {
 public:
  ProfileExport(const crm::Tenant& tenant, const ProfileExportOptions& options)
      : tenant_(tenant), options_(options), csv_(options.formula_safe) {}

  Status Run(const std::string& path);
  const ProfileExportReport& report() const { return report_; }

 private:
  Status Choose(const crm::Snapshot& snapshot, uint64_t customers);
  // Calls `take` with every profile. One that is merged away is none.
  template <typename Take>
  Status ForEach(const crm::Snapshot& snapshot, uint64_t customers, Take take);
  const std::string& Row(const Profile& profile);

  const crm::Tenant& tenant_;
  const ProfileExportOptions& options_;
  ProfileExportReport report_;
  std::vector<std::string> columns_;
  CsvWriter csv_;
};

template <typename Take>
Status ProfileExport::ForEach(const crm::Snapshot& snapshot, uint64_t customers,
                              Take take) {
  Profile profile;
  for (CustomerId id = 1; id <= customers; ++id) {
    if (id % kStep == 1 && options_.progress &&
        !options_.progress(report_.written, customers)) {
      return ExportCancelled();
    }
    Status status = snapshot.GetProfile(id, &profile);
    if (status.code() == StatusCode::kNotFound) continue;
    if (status.ok() && profile.customer != id) continue;  // Merged away.
    if (status.ok()) status = take(profile);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status ProfileExport::Choose(const crm::Snapshot& snapshot,
                             uint64_t customers) {
  columns_ = options_.columns;
  if (columns_.empty()) {
    std::set<std::string> names;
    Status status =
        ForEach(snapshot, customers, [&](const Profile& profile) -> Status {
          for (const Trait& trait : profile.traits) {
            names.insert(std::string(kTrait) + trait.name);
          }
          return names.size() <= kMaxColumns
                     ? Status::Ok()
                     : Status(StatusCode::kTooLarge,
                              "columns: there are too many traits; name those "
                              "that are wanted");
        });
    if (!status.ok()) return status;
    columns_.assign(std::begin(kProfileColumns), std::end(kProfileColumns));
    columns_.insert(columns_.end(), names.begin(), names.end());
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& column = columns_[i];
    const bool known =
        (column.starts_with(kTrait) && column.size() > kTrait.size()) ||
        std::find(std::begin(kProfileColumns), std::end(kProfileColumns),
                  column) != std::end(kProfileColumns);
    if (!known) {
      return Status(StatusCode::kInvalidArgument,
                    "columns: number " + std::to_string(i + 1) +
                        " is neither a name nor \"trait:\" and a name");
    }
  }
  return Status::Ok();
}

const std::string& ProfileExport::Row(const Profile& profile) {
  for (const std::string& column : columns_) {
    if (column.starts_with(kTrait)) {
      const Trait* trait =
          profile.Find(std::string_view(column).substr(kTrait.size()));
      csv_.JsonCell(trait == nullptr ? std::string_view() : trait->value);
    } else if (column == "customer") {
      csv_.Cell(CellOf(profile.customer));
    } else if (column == "version") {
      csv_.Cell(CellOf(profile.version));
    } else if (column == "events") {
      csv_.Cell(std::to_string(profile.events));
    } else {
      csv_.Cell(CellOf(column == "first_seen" ? profile.first_seen
                                              : profile.last_seen));
    }
  }
  return csv_.EndRow();
}

Status ProfileExport::Run(const std::string& path) {
  Result<crm::Snapshot> snapshot = tenant_.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  Result<TenantStats> stats = snapshot->GetStats();
  if (!stats.ok()) return stats.status();
  Status status = Choose(*snapshot, stats->last_customer);
  if (!status.ok()) return status;
  Result<std::unique_ptr<ExportFile>> file = ExportFile::Create(path);
  if (!file.ok()) return file.status();
  for (const std::string& column : columns_) csv_.Cell(column);
  status = (*file)->Write(csv_.EndRow());
  if (!status.ok()) return status;
  const auto write = [&](const Profile& profile) {
    ++report_.written;
    return (*file)->Write(Row(profile));
  };
  status = ForEach(*snapshot, stats->last_customer, write);
  return status.ok() ? (*file)->Finish() : status;
}

}  // namespace
}  // namespace ingest

Result<EventExportReport> ExportEvents(const Tenant& tenant,
                                       const std::string& path,
                                       const EventExportOptions& options) {
  return ingest::Guarded([&]() -> Result<EventExportReport> {
    ingest::EventExport pass(tenant, options);
    Status status = pass.Run(path);
    if (!status.ok()) return status;
    return pass.report();
  });
}

Result<ProfileExportReport> ExportProfiles(
    const Tenant& tenant, const std::string& path,
    const ProfileExportOptions& options) {
  return ingest::Guarded([&]() -> Result<ProfileExportReport> {
    ingest::ProfileExport pass(tenant, options);
    Status status = pass.Run(path);
    if (!status.ok()) return status;
    return pass.report();
  });
}

}  // namespace crm
