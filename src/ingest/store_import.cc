// ImportStore: the file is read twice. First every line is checked, then the
// events are appended, and what the store says is compared.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "crm/export.h"
#include "ingest/choice_import.h"
#include "ingest/export_lines.h"
#include "ingest/guarded.h"
#include "ingest/message_mapper.h"

namespace crm {
namespace ingest {
namespace {

constexpr size_t kKeptDifferences = 100;
constexpr size_t kBatchEvents = 1000;
constexpr size_t kBatchBytes = size_t{8} << 20;
constexpr uint64_t kLinesPerStep = 1024;

// What the file says of a tenant.
struct FileTenant {
  uint64_t events = 0;
  uint64_t records = 0;
  uint64_t customers = 0;
  uint64_t seen = 0;  // Events so far.
  std::vector<ProjectionChecksum> checksums;
};

// The line of an event, of a definition or of a choice, read.
struct EventLine {
  uint64_t line = 0;
  std::optional<DefinitionLine> definition;  // Then the rest says nothing.
  std::optional<ChoiceLine> choice;          // The same.
  bool erased = false;
  std::string tenant;
  Timestamp recorded_at;
  bool backfill = false;
  bool warned = false;
  bool redacted = false;
  uint64_t record = 0;
  uint64_t customer = 0;
  uint64_t revision = 0;
  std::string json;
};

// Goes through the lines in their order and sees that all of them are there.
class Lines final {
 public:
  explicit Lines(ExportReader* reader) : reader_(*reader) {}

  // Up to the first event line or what follows them.
  Status ReadBeginning();
  // The next event, definition or choice; false: there is none, and the end is
  // as it must be.
  Result<bool> Next(EventLine* out);

  const std::string& region() const { return region_; }
  uint64_t events() const { return events_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::map<std::string, FileTenant>& tenants() const { return tenants_; }

 private:
  // The next line; at the end of the file it is an error.
  Status Advance();
  Status ReadHeader();
  Status ReadTenant();
  Status ReadEvent(EventLine* out);
  Status ReadDefinition(EventLine* out);
  Status ReadChoice(EventLine* out);
  // From the line on that was read.
  Status ReadEnding();
  Status ReadChecksums(const std::string& name);
  Status Bad(const std::string& what) const {
    return reader_.Error(StatusCode::kMalformed, what);
  }
  Status UnknownKind() const { return Bad("kind: not what has to stand here"); }

  ExportReader& reader_;
  std::string region_;
  uint64_t tenant_count_ = 0;
  // What the header promises, and what has come of it.
  uint64_t events_ = 0;
  uint64_t seen_ = 0;
  uint64_t definitions_ = 0;
  uint64_t definitions_seen_ = 0;
  uint64_t choices_ = 0;
  uint64_t erased_ = 0;
  Timestamp last_recorded_ = Timestamp::min();
  std::vector<std::string> names_;
  std::map<std::string, FileTenant> tenants_;
};

Status Lines::Advance() {
  Result<bool> more = reader_.Next();
  if (!more.ok()) return more.status();
  if (*more) return Status::Ok();
  return Status(StatusCode::kMalformed, "after line " +
                                            std::to_string(reader_.line()) +
                                            ": the file was cut off");
}

Status Lines::ReadHeader() {
  Status status = Advance();
  if (!status.ok()) return status;
  if (reader_.kind() != "libcrm-export") {
    return Bad("not the beginning of an export of libcrm");
  }
  const uint64_t version = reader_.Number("version");
  if (reader_.status().ok() && version != kExportVersion) {
    return reader_.Error(version > kExportVersion ? StatusCode::kFormatTooNew
                                                  : StatusCode::kMalformed,
                         "version " + std::to_string(version) +
                             " of the export; this libcrm " + "reads version " +
                             std::to_string(kExportVersion));
  }
  region_ = TextOfJson(reader_.members().TakeString("region"));
  tenant_count_ = reader_.Number("tenants");
  events_ = reader_.Number("events");
  definitions_ = reader_.Number("definitions");
  return reader_.status();
}

Status Lines::ReadTenant() {
  Status status = Advance();
  if (!status.ok()) return status;
  if (reader_.kind() != "tenant") return UnknownKind();
  const std::string name = reader_.Text("tenant");
  FileTenant tenant;
  tenant.events = reader_.Number("events");
  tenant.records = reader_.Number("records");
  tenant.customers = reader_.Number("customers");
  if (!reader_.status().ok()) return reader_.status();
  if (!tenants_.emplace(name, tenant).second) {
    return Bad("tenant: is there twice");
  }
  names_.push_back(name);
  return status;
}

Status Lines::ReadBeginning() {
  Status status = ReadHeader();
  for (uint64_t i = 0; status.ok() && i < tenant_count_; ++i) {
    status = ReadTenant();
  }
  return status;
}

Status Lines::ReadEvent(EventLine* out) {
  JsonMembers& members = reader_.members();
  out->line = reader_.line();
  out->erased = reader_.kind() == "erased";
  out->tenant = reader_.Text("tenant");
  const uint64_t n = reader_.Number("n");
  const std::string_view time = members.TakeString("recorded_at");
  out->backfill = members.Take("backfill") == "true";
  out->warned = members.Take("warned") == "true";
  out->redacted = members.Take("redacted") == "true";
  const bool bound = members.Has("record");
  out->record = bound ? reader_.Number("record") : 0;
  out->customer = bound ? reader_.Number("customer") : 0;
  out->revision = bound ? reader_.Number("revision") : 0;
  const std::string_view event = members.TakeObject("event");
  if (!reader_.status().ok()) return reader_.status();
  const auto tenant = tenants_.find(out->tenant);
  if (tenant == tenants_.end()) return Bad("tenant: was not announced");
  if (n != ++tenant->second.seen) return Bad("n: does not go on by one");
  Result<Timestamp> recorded = ReadTimeToken(time);
  if (!recorded.ok()) return Bad("recorded_at: not a time");
  if (*recorded < last_recorded_) return Bad("recorded_at: goes backward");
  last_recorded_ = *recorded;
  out->recorded_at = *recorded;
  if (!out->erased && event.empty()) return Bad("event: missing");
  if (event.size() > kMaxEventBytes) return Bad("event: too large");
  out->json.assign(event);
  return Status::Ok();
}

Status Lines::ReadDefinition(EventLine* out) {
  if (definitions_seen_ == definitions_) {
    return Bad("definition: one more than announced");
  }
  out->line = reader_.line();
  out->definition.emplace();
  Status status = reader_.ReadDefinition(&*out->definition);
  if (!status.ok()) return status;
  const auto tenant = tenants_.find(out->definition->tenant);
  if (tenant == tenants_.end()) return Bad("tenant: was not announced");
  if (out->definition->after != tenant->second.seen) {
    return Bad("after: not the number of events before it");
  }
  ++definitions_seen_;
  return status;
}

Status Lines::ReadChoice(EventLine* out) {
  out->line = reader_.line();
  out->choice.emplace();
  Status status = reader_.ReadChoice(&*out->choice);
  if (!status.ok()) return status;
  const auto tenant = tenants_.find(out->choice->tenant);
  if (tenant == tenants_.end()) return Bad("tenant: was not announced");
  if (out->choice->after != tenant->second.seen) {
    return Bad("after: not the number of events before it");
  }
  ++choices_;
  return status;
}

Result<bool> Lines::Next(EventLine* out) {
  out->definition.reset();
  out->choice.reset();
  Status status = Advance();
  if (!status.ok()) return status;
  const std::string& kind = reader_.kind();
  if (kind == "definition") {
    status = ReadDefinition(out);
  } else if (kind == "choice") {
    status = ReadChoice(out);
  } else if (seen_ == events_ && definitions_seen_ == definitions_) {
    status = ReadEnding();
    if (!status.ok()) return status;
    return false;
  } else if ((kind != "event" && kind != "erased") || seen_ == events_) {
    status = UnknownKind();
  } else {
    status = ReadEvent(out);
    ++seen_;
    if (out->erased) ++erased_;
  }
  if (!status.ok()) return status;
  return true;
}

Status Lines::ReadChecksums(const std::string& name) {
  if (reader_.kind() != "checksums") return UnknownKind();
  const std::string found = reader_.Text("tenant");
  FileTenant& tenant = tenants_[name];
  if (reader_.status().ok() && found != name) {
    return Bad("tenant: not the one whose turn it is");
  }
  if (tenant.seen != tenant.events) {
    return Bad("events of the tenant: not as many as announced");
  }
  for (const std::string_view projection :
       {"log", "definitions", "choices", "counters", "identity", "identifiers",
        "profile", "timeline", "times"}) {
    const std::string_view sum = reader_.members().TakeString(projection);
    if (sum.empty()) continue;
    tenant.checksums.push_back({std::string(projection), TextOfJson(sum)});
  }
  if (!reader_.status().ok()) return reader_.status();
  if (reader_.members().HasRest()) {
    return reader_.Error(StatusCode::kUnsupported,
                         "a checksum that this version does not know");
  }
  return Advance();
}

Status Lines::ReadEnding() {
  for (const std::string& name : names_) {
    Status status = ReadChecksums(name);
    if (!status.ok()) return status;
  }
  if (reader_.kind() != "end") return UnknownKind();
  const uint64_t events = reader_.Number("events");
  const uint64_t erased = reader_.Number("erased");
  const uint64_t definitions = reader_.Number("definitions");
  const uint64_t choices = reader_.Number("choices");
  if (!reader_.status().ok()) return reader_.status();
  if (events != seen_ || erased != erased_ ||
      definitions != definitions_seen_ || choices != choices_) {
    return Bad("its counts are not those of the lines");
  }
  Result<bool> more = reader_.Next();
  if (!more.ok()) return more.status();
  return *more ? Bad("something follows behind the end") : Status::Ok();
}

// --- The import --------------------------------------------------------------

// Makes a definition again.
Status Define(const EventLine& line, crm::Tenant* tenant) {
  using Kind = DefinitionView::Kind;
  const DefinitionLine& definition = *line.definition;
  Status status;
  switch (definition.kind) {
    case Kind::kSchema:
      status = tenant
                   ->RegisterSchema({.type = definition.type,
                                     .version = definition.version,
                                     .json = definition.json,
                                     .compatibility = definition.compatibility})
                   .status();
      break;
    case Kind::kUpcaster:
      status = tenant->RegisterUpcaster(definition.json).status();
      break;
    case Kind::kValidation:
      status = tenant->SetValidation(definition.type, definition.mode);
      break;
    case Kind::kIdentity:
      status = tenant->SetIdentitySettings(definition.json);
      break;
    case Kind::kConsent:
      status = tenant->SetConsentSettings(definition.json);
      break;
    case Kind::kPrivacy:
      status = tenant->SetPrivacySettings(definition.json);
      break;
  }
  if (status.ok()) return status;
  return Status(status.code(), "line " + std::to_string(line.line) + ": " +
                                   std::string(status.message()));
}

// Tries definitions on a store that nobody else sees, so that one that is
// refused is found before anything is written.
class Rehearsal final {
 public:
  Status Try(const EventLine& line) {
    if (!store_.has_value()) {
      Result<Store> made = Store::OpenInMemory({.background_threads = 0});
      if (!made.ok()) return made.status();
      store_.emplace(*std::move(made));
    }
    Result<crm::Tenant> tenant = store_->Tenant(line.definition->tenant);
    if (!tenant.ok()) return tenant.status();
    return Define(line, &*tenant);
  }

 private:
  std::optional<Store> store_;
};

// Whether anybody has ever defined anything, also what does not count any more.
Result<bool> HasDefinitions(const Store& store) {
  Result<StoreSnapshot> snapshot = store.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  Result<std::vector<uint64_t>> counts = snapshot->CountDefinitions();
  if (!counts.ok()) return counts.status();
  return std::any_of(counts->begin(), counts->end(),
                     [](uint64_t count) { return count > 0; });
}

class StoreImport final {
 public:
  StoreImport(Store& store, const StoreImportOptions& options)
      : store_(store),
        options_(options),
        choices_(store, [this](const std::string& tenant, uint64_t line,
                               const std::string& what) {
          Differs(tenant, line, what);
        }) {}

  Status Run(const std::string& path);
  const StoreImportReport& report() const { return report_; }

 private:
  Status CheckFile(const std::string& path);
  Status CheckTarget(const Lines& lines);
  Status AppendAll(const std::string& path);
  Status Add(EventLine line);
  Status SendBatch();
  Status AddDefinition(const EventLine& line);
  Status AddChoice(EventLine line);
  void CompareEvent(const EventLine& line, const EventOutcome& outcome);
  Status CompareViews(const Lines& lines);
  void Differs(const std::string& tenant, uint64_t line,
               const std::string& what);
  bool Step() {
    return ++lines_ % kLinesPerStep != 0 || !options_.progress ||
           options_.progress(lines_, total_);
  }

  Store& store_;
  const StoreImportOptions& options_;
  StoreImportReport report_;
  uint64_t lines_ = 0;
  uint64_t total_ = 0;
  std::map<std::string, crm::Tenant> tenants_;
  std::vector<EventLine> batch_;
  size_t batch_bytes_ = 0;
  ChoiceImport choices_;
};

Status StoreImport::CheckFile(const std::string& path) {
  Result<std::unique_ptr<ExportReader>> reader = ExportReader::Open(path);
  if (!reader.ok()) return reader.status();
  Lines lines(reader->get());
  Status status = lines.ReadBeginning();
  if (!status.ok()) return status;
  total_ = lines.events() * 2;
  EventLine event;
  Rehearsal rehearsal;
  while (true) {
    Result<bool> more = lines.Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return CheckTarget(lines);
    if (event.definition.has_value()) status = rehearsal.Try(event);
    if (event.choice.has_value()) {
      status = CheckChoice(*event.choice);
      if (!status.ok()) {
        return reader->get()->Error(status.code(),
                                    std::string(status.message()));
      }
    }
    if (!status.ok()) return status;
    if (!Step()) {
      return Status(StatusCode::kCancelled, "cancelled by the caller");
    }
  }
}

Status StoreImport::CheckTarget(const Lines& lines) {
  Result<StoreStats> stats = store_.GetStats();
  if (!stats.ok()) return stats.status();
  if (stats->events != 0) {
    return Status(StatusCode::kFailedPrecondition,
                  "the store has events: an export of a store goes into an "
                  "empty one");
  }
  Result<bool> defined = HasDefinitions(store_);
  if (!defined.ok()) return defined.status();
  if (*defined) {
    return Status(StatusCode::kFailedPrecondition,
                  "the store has definitions: an export of a store goes into "
                  "an empty one");
  }
  if (store_.default_region() != lines.region()) {
    return Status(StatusCode::kInvalidArgument,
                  "region: the export comes from a store with \"" +
                      lines.region() + "\", this one has \"" +
                      store_.default_region() + "\"");
  }
  return Status::Ok();
}

void StoreImport::Differs(const std::string& tenant, uint64_t line,
                          const std::string& what) {
  ++report_.differences_total;
  if (report_.differences.size() >= kKeptDifferences) return;
  report_.differences.push_back({tenant, line, what});
}

void StoreImport::CompareEvent(const EventLine& line,
                               const EventOutcome& outcome) {
  // Without the events that are missing, numbers cannot be the same.
  if (report_.erased > 0) return;
  if (outcome.record != line.record) {
    Differs(line.tenant, line.line, "record");
  } else if (outcome.customer != line.customer) {
    Differs(line.tenant, line.line, "customer");
  } else if (outcome.revision != line.revision) {
    Differs(line.tenant, line.line, "revision");
  } else if (outcome.warning.ok() == line.warned && !line.redacted) {
    Differs(line.tenant, line.line, "warned");
  }
}

Status StoreImport::SendBatch() {
  if (batch_.empty()) return Status::Ok();
  const auto tenant = tenants_.find(batch_.front().tenant);
  if (tenant == tenants_.end()) {
    return Status(StatusCode::kMalformed,
                  "the file was changed while it was read");
  }
  AppendOptions append;
  append.backfill = batch_.front().backfill;
  append.durability = options_.durability;
  append.ignore_tenant = true;
  std::vector<std::string_view> texts;
  for (const EventLine& line : batch_) {
    texts.push_back(line.json);
    append.recorded_at.push_back(line.recorded_at);
  }
  append.partial = true;
  Result<AppendResult> result = tenant->second.AppendJson(texts, append);
  if (!result.ok()) return result.status();
  report_.events += result->appended;
  for (size_t i = 0; i < batch_.size(); ++i) {
    const EventOutcome& outcome = result->events[i];
    if (outcome.outcome == Outcome::kAppended) {
      if (batch_[i].redacted) ++report_.redacted;
      CompareEvent(batch_[i], outcome);
      continue;
    }
    if (batch_[i].redacted && outcome.outcome == Outcome::kInvalid) {
      ++report_.erased;
      continue;
    }
    const bool twice = outcome.outcome == Outcome::kDuplicate;
    return Status(twice ? StatusCode::kMalformed : outcome.status.code(),
                  "line " + std::to_string(batch_[i].line) + ": " +
                      (twice ? "the event is there twice"
                             : std::string(outcome.status.message())));
  }
  batch_.clear();
  batch_bytes_ = 0;
  return Status::Ok();
}

Status StoreImport::Add(EventLine line) {
  const bool fits =
      batch_.empty() || (batch_.front().tenant == line.tenant &&
                         batch_.front().backfill == line.backfill &&
                         batch_.size() < kBatchEvents &&
                         batch_bytes_ + line.json.size() <= kBatchBytes);
  Status status = choices_.Flush();
  if (status.ok() && !fits) status = SendBatch();
  if (!status.ok()) return status;
  if (line.erased) {
    ++report_.erased;
    return status;
  }
  batch_bytes_ += line.json.size();
  batch_.push_back(std::move(line));
  return status;
}

// At its place: behind all events that come before it in the file.
Status StoreImport::AddDefinition(const EventLine& line) {
  Status status = choices_.Flush();
  if (status.ok()) status = SendBatch();
  if (!status.ok()) return status;
  const auto tenant = tenants_.find(line.definition->tenant);
  if (tenant == tenants_.end()) {
    return Status(StatusCode::kMalformed,
                  "the file was changed while it was read");
  }
  return Define(line, &tenant->second);
}

// Those of events come of themselves, with the event. Without the events that
// are missing, numbers of records would mean others.
Status StoreImport::AddChoice(EventLine line) {
  if (line.choice->origin == ChoiceLine::Origin::kEvent) return Status::Ok();
  // Nothing of hers is in the file, nor what was taken out of an event.
  if (line.choice->kind == ChoiceLine::Kind::kErasure ||
      line.choice->kind == ChoiceLine::Kind::kRedaction ||
      line.choice->kind == ChoiceLine::Kind::kRetention) {
    return Status::Ok();
  }
  if (report_.erased > 0) {
    Differs(line.choice->tenant, line.line, "choice: left out");
    return Status::Ok();
  }
  Status status = SendBatch();
  if (!status.ok()) return status;
  const auto tenant = tenants_.find(line.choice->tenant);
  if (tenant == tenants_.end()) {
    return Status(StatusCode::kMalformed,
                  "the file was changed while it was read");
  }
  return choices_.Add(&tenant->second, line.line, *std::move(line.choice));
}

Status StoreImport::AppendAll(const std::string& path) {
  Result<std::unique_ptr<ExportReader>> reader = ExportReader::Open(path);
  if (!reader.ok()) return reader.status();
  Lines lines(reader->get());
  Status status = lines.ReadBeginning();
  if (!status.ok()) return status;
  for (const std::string& name : lines.names()) {
    Result<crm::Tenant> tenant = store_.Tenant(name);
    if (!tenant.ok()) return tenant.status();
    tenants_.emplace(name, *std::move(tenant));
  }
  while (true) {
    EventLine event;
    Result<bool> more = lines.Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) break;
    status = event.definition.has_value() ? AddDefinition(event)
             : event.choice.has_value()   ? AddChoice(std::move(event))
                                          : Add(std::move(event));
    if (!status.ok()) return status;
    if (!Step()) {
      return Status(StatusCode::kCancelled, "cancelled by the caller");
    }
  }
  status = choices_.Flush();
  if (status.ok()) status = SendBatch();
  if (status.ok()) status = store_.Sync();
  return status.ok() ? CompareViews(lines) : status;
}

Status StoreImport::CompareViews(const Lines& lines) {
  StoreExportOptions options;
  // An export without checksums of views is compared as far as it goes.
  options.views = std::any_of(
      lines.tenants().begin(), lines.tenants().end(), [](const auto& tenant) {
        const std::vector<ProjectionChecksum>& all = tenant.second.checksums;
        return !all.empty() && all.back().projection != "choices" &&
               all.back().projection != "definitions" &&
               all.back().projection != "log";
      });
  Result<StoreExportReport> now = ChecksumStore(store_, options);
  if (!now.ok()) return now.status();
  for (const TenantExport& tenant : now->tenants) {
    const auto found = lines.tenants().find(tenant.tenant);
    if (found == lines.tenants().end()) continue;  // Was there, without events.
    report_.tenants.push_back(tenant);
    if (report_.erased > 0 || report_.redacted > 0) continue;
    for (const ProjectionChecksum& before : found->second.checksums) {
      const bool same =
          std::find(tenant.checksums.begin(), tenant.checksums.end(), before) !=
          tenant.checksums.end();
      if (!same) Differs(tenant.tenant, 0, before.projection);
    }
  }
  return Status::Ok();
}

Status StoreImport::Run(const std::string& path) {
  if (path == "-") {
    return Status(StatusCode::kInvalidArgument,
                  "an export of a store is read twice: it needs a file, not "
                  "standard input");
  }
  Status status = CheckFile(path);
  if (!status.ok()) {
    return Status(status.code(),
                  std::string(status.message()) + "; nothing was appended");
  }
  status = AppendAll(path);
  if (status.ok()) return status;
  return Status(status.code(),
                std::string(status.message()) + "; " +
                    std::to_string(report_.events) +
                    " events have been appended: the store is incomplete");
}

}  // namespace
}  // namespace ingest

Result<StoreImportReport> ImportStore(Store& store, const std::string& path,
                                      const StoreImportOptions& options) {
  return ingest::Guarded([&]() -> Result<StoreImportReport> {
    ingest::StoreImport import(store, options);
    Status status = import.Run(path);
    if (!status.ok()) return status;
    return import.report();
  });
}

}  // namespace crm
