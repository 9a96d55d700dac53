// crm export, and the way back of an export of a whole store.

#include <cstdio>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/person_report.h"
#include "cli/progress_line.h"
#include "cli/reconcile_command.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/export.h"
#include "crm/person_export.h"

namespace crm::cli {
namespace {

void WriteTenants(const std::vector<TenantExport>& tenants, JsonWriter* json) {
  json->BeginArray("tenants");
  for (const TenantExport& tenant : tenants) {
    json->BeginObject();
    json->Text("tenant", tenant.tenant);
    json->Number("events", tenant.events);
    json->Number("erased", tenant.erased);
    json->Number("records", tenant.records);
    json->Number("customers", tenant.customers);
    json->BeginObject("checksums");
    for (const ProjectionChecksum& one : tenant.checksums) {
      json->Text(one.projection, one.checksum);
    }
    json->EndObject();
    json->EndObject();
  }
  json->EndArray();
}

void PrintChecksums(const std::vector<TenantExport>& tenants) {
  Table table({{"TENANT"}, {"PROJECTION"}, {"CHECKSUM"}});
  for (const TenantExport& tenant : tenants) {
    for (const ProjectionChecksum& one : tenant.checksums) {
      table.Add({tenant.tenant, one.projection, one.checksum});
    }
  }
  if (table.rows() == 0) return;
  std::printf("\n");
  table.Print();
}

int ExportWhole(const ExportCommand& command, Store* store) {
  Result<StoreExportReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    StoreExportOptions options;
    if (command.one_tenant) options.tenant = command.store.tenant;
    options.views = !command.no_views;
    options.progress = ShowOn(&line, "events");
    return ExportStore(*store, command.output, options);
  }();
  if (!report.ok()) return Fail(report.status());
  if (command.output == "-") return kExitOk;
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("events", report->events);
    json.Number("erased", report->erased);
    json.Number("bytes", report->bytes);
    WriteTenants(report->tenants, &json);
    json.EndObject();
    json.PrintLine();
    return kExitOk;
  }
  std::printf("Exported to %s\n", command.output.c_str());
  PrintField("events", ShowCount(report->events));
  if (report->erased > 0) PrintField("erased", ShowCount(report->erased));
  PrintField("text", ShowBytes(report->bytes));
  PrintChecksums(report->tenants);
  return kExitOk;
}

int ReportWritten(const ExportCommand& command, const EventExportReport& report,
                  const char* what) {
  // Events that could not be written are no error, but not nothing either.
  const int code = report.erased + report.left_out > 0 ? kExitRefused : kExitOk;
  if (command.output == "-") return code;
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("written", report.written);
    json.Number("erased", report.erased);
    json.Number("left_out", report.left_out);
    json.Number("substituted", report.substituted);
    json.EndObject();
    json.PrintLine();
    return code;
  }
  std::printf("Exported to %s\n", command.output.c_str());
  PrintField(what, ShowCount(report.written));
  if (report.erased > 0) PrintField("erased", ShowCount(report.erased));
  if (report.left_out > 0) PrintField("left out", ShowCount(report.left_out));
  if (report.substituted > 0) {
    PrintField("userId made up", ShowCount(report.substituted));
  }
  return code;
}

Result<EventExportOptions> MakeOptions(const ExportCommand& command) {
  EventExportOptions options;
  options.format = command.format == "segment" ? ExportFormat::kSegment
                   : command.format == "csv"   ? ExportFormat::kCsv
                                               : ExportFormat::kNative;
  Result<std::optional<Timestamp>> since =
      ParseInstant(command.since, "--since");
  if (!since.ok()) return since.status();
  Result<std::optional<Timestamp>> until =
      ParseInstant(command.until, "--until");
  if (!until.ok()) return until.status();
  options.query.from = *since;
  options.query.until = *until;
  options.query.types = command.types;
  options.query.customer = command.customer;
  if (command.by_time) options.query.order = ReplayQuery::Order::kOccurredAt;
  options.sources = command.sources;
  options.columns = command.columns;
  options.formula_safe = command.formula_safe;
  return options;
}

int ReportPerson(const PersonExportReport& report, const std::string& title,
                 bool as_json) {
  if (as_json) {
    JsonWriter json;
    json.BeginObject();
    AddPersonExport(report, &json);
    json.EndObject();
    json.PrintLine();
    return kExitOk;
  }
  std::printf("%s\n", title.c_str());
  PrintField("customer", std::to_string(report.customer));
  PrintField("events", ShowCount(report.events));
  if (report.left_out > 0) PrintField("left out", ShowCount(report.left_out));
  if (report.redacted > 0) PrintField("redacted", ShowCount(report.redacted));
  PrintField("text", ShowBytes(report.bytes));
  PrintField("sha256", report.sha256);
  Table table({{"PART"},
               {"LINES", Table::Align::kRight},
               {"BYTES", Table::Align::kRight},
               {"SHA-256"}});
  for (const PersonExportPart& part : report.parts) {
    table.Add(
        {part.name, ShowCount(part.lines), ShowCount(part.bytes), part.sha256});
  }
  std::printf("\n");
  table.Print();
  return kExitOk;
}

int ExportOne(const ExportCommand& command, const Tenant& tenant) {
  Result<Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return Fail(snapshot.status());
  const Result<CustomerId> who = FindWho(*snapshot, command.person);
  if (!who.ok()) return Fail(who.status());
  const Result<Timestamp> at = ParseInstantOrNow(command.at, "--at");
  if (!at.ok()) return Fail(at.status());
  Result<PersonExportReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    PersonExportOptions options;
    if (command.mode == "portability") {
      options.mode = PersonExportMode::kPortability;
    }
    options.at = *at;
    options.redact = command.redact;
    options.leave_out = command.leave_out;
    options.progress = ShowOn(&line, "events");
    return ExportPerson(tenant, *who, command.output, options);
  }();
  if (!report.ok()) return Fail(report.status());
  if (command.output == "-") return kExitOk;
  return ReportPerson(*report, "Exported to " + command.output,
                      command.store.json);
}

int ExportTenant(const ExportCommand& command, const Tenant& tenant) {
  Result<EventExportOptions> options = MakeOptions(command);
  if (!options.ok()) return Fail(options.status());
  ProgressLine line;
  const InterruptGuard guard;
  if (command.format == "profiles") {
    ProfileExportOptions people;
    people.columns = command.columns;
    people.formula_safe = command.formula_safe;
    people.progress = ShowOn(&line, "customers");
    Result<ProfileExportReport> report =
        ExportProfiles(tenant, command.output, people);
    if (!report.ok()) return Fail(report.status());
    EventExportReport sums;
    sums.written = report->written;
    return ReportWritten(command, sums, "customers");
  }
  options->progress = ShowOn(&line, "events");
  Result<EventExportReport> report =
      ExportEvents(tenant, command.output, *options);
  if (!report.ok()) return Fail(report.status());
  return ReportWritten(command, *report, "events");
}

// Options that the format has no use for.
Status CheckFormat(const ExportCommand& command) {
  const bool filtered = !command.types.empty() || !command.sources.empty() ||
                        !command.since.empty() || !command.until.empty() ||
                        command.customer != 0 || command.by_time;
  if (!command.person.empty()) {
    if (!filtered && command.columns.empty() && !command.formula_safe &&
        !command.no_views) {
      return Status::Ok();
    }
    return Status(StatusCode::kInvalidArgument,
                  "--person takes no filters and no columns");
  }
  const bool csv = command.format == "csv" || command.format == "profiles";
  const bool whole = command.format == "libcrm";
  if (filtered && (whole || command.format == "profiles")) {
    return Status(StatusCode::kInvalidArgument,
                  "--format " + command.format + " takes no filters");
  }
  if (!csv && (!command.columns.empty() || command.formula_safe)) {
    return Status(StatusCode::kInvalidArgument,
                  "--column and --formula-safe go with csv and profiles");
  }
  if (!whole && command.no_views) {
    return Status(StatusCode::kInvalidArgument,
                  "--no-views goes with --format libcrm");
  }
  return Status::Ok();
}

void PrintImport(const StoreImportReport& report) {
  std::printf("%s\n", report.identical()
                          ? "Imported: the store says what the exported one "
                            "said"
                          : "Imported, but not all of it is the same");
  PrintField("events", ShowCount(report.events));
  if (report.erased > 0)
    PrintField("erased, left out", ShowCount(report.erased));
  if (report.redacted > 0) PrintField("redacted", ShowCount(report.redacted));
  PrintField("differences", ShowCount(report.differences_total));
  PrintChecksums(report.tenants);
  if (report.differences.empty()) return;
  Table table({{"TENANT"}, {"LINE", Table::Align::kRight}, {"WHAT DIFFERS"}});
  for (const StoreDifference& one : report.differences) {
    table.Add(
        {one.tenant, one.line == 0 ? "-" : std::to_string(one.line), one.what});
  }
  std::printf("\n");
  table.Print();
}

void PrintImportJson(const StoreImportReport& report) {
  JsonWriter json;
  json.BeginObject();
  json.Boolean("identical", report.identical());
  json.Number("events", report.events);
  json.Number("erased", report.erased);
  json.Number("redacted", report.redacted);
  json.Number("differences_total", report.differences_total);
  WriteTenants(report.tenants, &json);
  json.BeginArray("differences");
  for (const StoreDifference& one : report.differences) {
    json.BeginObject();
    json.Text("tenant", one.tenant);
    json.Number("line", one.line);
    json.Text("what", one.what);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  json.PrintLine();
}

}  // namespace

int Run(const ExportCommand& command) {
  Status status = CheckFormat(command);
  if (!status.ok()) return Fail(status);
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  if (command.person.empty() && command.format == "libcrm") {
    return Finish(&*store, ExportWhole(command, &*store));
  }
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  return Finish(&*store, command.person.empty() ? ExportTenant(command, *tenant)
                                                : ExportOne(command, *tenant));
}

int Run(const CheckExportCommand& command) {
  const Result<PersonExportReport> report = CheckPersonExport(command.file);
  if (!report.ok()) return Fail(report.status());
  return ReportPerson(*report, "The file is whole.", command.json);
}

void AddPersonExport(const PersonExportReport& report, JsonWriter* json) {
  json->Number("customer", report.customer);
  json->Text("mode", report.mode == PersonExportMode::kAccess ? "access"
                                                              : "portability");
  json->Number("position", report.position);
  json->Text("at", FormatInstant(report.at));
  json->Number("events", report.events);
  json->Number("left_out", report.left_out);
  json->Number("redacted", report.redacted);
  json->Number("lines", report.lines);
  json->Number("bytes", report.bytes);
  json->Text("sha256", report.sha256);
  json->BeginArray("parts");
  for (const PersonExportPart& part : report.parts) {
    json->BeginObject();
    json->Text("name", part.name);
    json->Number("lines", part.lines);
    json->Number("bytes", part.bytes);
    json->Text("sha256", part.sha256);
    json->EndObject();
  }
  json->EndArray();
}

int ImportExport(const ImportCommand& command) {
  if (!command.map.empty() || !command.source.empty() ||
      !command.batch.empty() || !command.report.empty() || command.strict ||
      command.dry_run || command.ignore_tenant || command.live ||
      command.reconcile) {
    return Fail(Status(StatusCode::kInvalidArgument,
                       "--format libcrm takes none of the options of other "
                       "imports"));
  }
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<StoreImportReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    StoreImportOptions options;
    if (command.sync) options.durability = Durability::kSync;
    options.progress = ShowOn(&line, "lines");
    return ImportStore(*store, command.file, options);
  }();
  if (!report.ok()) return Finish(&*store, Fail(report.status()));
  if (command.store.json) {
    PrintImportJson(*report);
  } else {
    PrintImport(*report);
  }
  return Finish(&*store, report->identical() ? kExitOk : kExitRefused);
}

}  // namespace crm::cli
