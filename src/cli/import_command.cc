// crm import: a file of foreign data into the store.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/encoding_option.h"
#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/reconcile_command.h"
#include "cli/scratch_copy.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/ingest.h"

namespace crm::cli {
namespace {

// How many bad rows are shown when no report was asked for.
constexpr size_t kShownRows = 5;

// A header may hold tabs and line ends, which would be cells and rows here.
std::string InOneCell(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

// The file of bad rows: line, code, reason, column, message.
class RejectedFile final {
 public:
  // Empty path: there is none.
  Status Open(const std::string& path) {
    if (path.empty()) return Status::Ok();
    json_ = path.ends_with(".json") || path.ends_with(".ndjson") ||
            path.ends_with(".jsonl");
    file_.reset(std::fopen(path.c_str(), "w"));
    if (file_ == nullptr) {
      return Status(StatusCode::kIoError, "report: cannot write " + path);
    }
    if (!json_)
      std::fputs("line\tcode\treason\tcolumn\tmessage\n", file_.get());
    return Status::Ok();
  }

  void Add(const RejectedRow& row) {
    if (file_ == nullptr) return;
    std::string line;
    const std::string code(StatusCodeName(row.code));
    if (json_) {
      JsonWriter json;
      json.BeginObject();
      json.Number("line", row.line);
      json.Text("code", code);
      json.Text("reason", RejectReasonName(row.reason));
      json.Text("column", row.column);
      json.Text("message", row.message);
      json.EndObject();
      line = json.text();
    } else {
      line = std::to_string(row.line) + "\t" + code + "\t" +
             std::string(RejectReasonName(row.reason)) + "\t" +
             InOneCell(row.column) + "\t" + InOneCell(row.message);
    }
    line.push_back('\n');
    std::fwrite(line.data(), 1, line.size(), file_.get());
  }

  Status Close() {
    if (file_ == nullptr) return Status::Ok();
    const bool failed = std::ferror(file_.get()) != 0;
    if (std::fclose(file_.release()) == 0 && !failed) return Status::Ok();
    return Status(StatusCode::kIoError, "report: cannot be written");
  }

 private:
  struct Closer {
    void operator()(FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<FILE, Closer> file_;
  bool json_ = false;
};

ImportFormat FormatOf(const std::string& name) {
  if (name == "segment") return ImportFormat::kSegment;
  if (name == "cloudevents") return ImportFormat::kCloudEvents;
  if (name == "posthog") return ImportFormat::kPostHog;
  return ImportFormat::kNative;
}

Result<ImportOptions> MakeOptions(const ImportCommand& command) {
  ImportOptions options;
  if (!command.map.empty()) {
    Result<ImportMap> map = ImportMap::FromFile(command.map);
    if (!map.ok()) return map.status();
    options.map = *std::move(map);
  }
  if (!command.preset.empty()) {
    Result<ImportMap> map = ImportMap::Preset(command.preset);
    if (!map.ok()) return map.status();
    options.map = *std::move(map);
  }
  options.encoding = EncodingOf(command.encoding);
  options.format = FormatOf(command.format);
  options.source = command.source;
  options.batch = command.batch;
  options.strict = command.strict;
  options.dry_run = command.dry_run;
  options.ignore_tenant = command.ignore_tenant;
  options.backfill = !command.live;
  options.threads = command.threads;
  options.max_rejected = kShownRows;
  // One fsync at the end: what a power cut takes, the next import finds
  // missing and imports.
  options.durability = command.sync ? Durability::kSync : Durability::kOs;
  return options;
}

void PrintJson(const ImportReport& report, double seconds) {
  JsonWriter json;
  json.BeginObject();
  json.Number("read", report.read);
  json.Number("appended", report.appended);
  json.Number("duplicates", report.duplicates);
  json.Number("rejected", report.rejected);
  json.Number("customers_created", report.customers_created);
  json.Number("unattributed", report.unattributed);
  json.Number("contested", report.contested);
  json.Number("resumed_rows", report.resumed_rows);
  json.Seconds("seconds", seconds);
  json.EndObject();
  json.PrintLine();
}

void PrintReport(const ImportCommand& command, const ImportReport& report,
                 double seconds) {
  std::printf(
      "%s %s\n",
      command.dry_run ? "Nothing is written. An import would do:" : "Imported",
      command.file == "-" ? "standard input" : command.file.c_str());
  PrintField("read", ShowCount(report.read));
  PrintField("appended", ShowCount(report.appended));
  PrintField("duplicates", ShowCount(report.duplicates));
  PrintField("rejected", ShowCount(report.rejected));
  PrintField("customers created", ShowCount(report.customers_created));
  PrintField("unattributed", ShowCount(report.unattributed));
  PrintField("contested", ShowCount(report.contested));
  if (report.resumed_rows > 0) {
    PrintField("done before", ShowCount(report.resumed_rows));
  }
  const uint64_t rows = report.read - report.resumed_rows;
  char text[64];
  std::snprintf(text, sizeof(text), "%.2f", seconds);
  std::string rate;
  if (seconds > 0.001) {
    rate =
        " (" +
        ShowCount(static_cast<uint64_t>(static_cast<double>(rows) / seconds)) +
        " rows/s)";
  }
  PrintField("seconds", text + rate);
  if (report.rejected_rows.empty() || !command.report.empty()) return;
  std::printf("\nRejected rows (all of them: --report FILE):\n");
  Table table(
      {{"LINE", Table::Align::kRight}, {"REASON"}, {"COLUMN"}, {"MESSAGE"}});
  for (const RejectedRow& row : report.rejected_rows) {
    table.Add({std::to_string(row.line),
               std::string(RejectReasonName(row.reason)), InOneCell(row.column),
               row.message});
  }
  table.Print();
}

// Says what to do where the library can only say what is wrong.
Status WithHint(const ImportCommand& command, Status status) {
  std::string hint;
  if (status.code() == StatusCode::kCancelled) {
    hint = "; what was imported stays, the same command goes on there";
  } else if (command.format != "native" && command.source.empty() &&
             status.message().starts_with("source: ")) {
    hint = ": say with --source who sent them, such as --source website";
  } else if (command.map.empty() &&
             status.code() == StatusCode::kInvalidArgument &&
             status.message().find("need a map") != std::string_view::npos) {
    hint =
        ": give one with --map or --preset (examples/maps/ has some to begin "
        "with, and "
        "README.md there explains them)";
  }
  if (hint.empty()) return status;
  return Status(status.code(), std::string(status.message()) + hint);
}

}  // namespace

int Run(const PresetsCommand& command) {
  if (!command.name.empty()) {
    const Result<ImportMap> map = ImportMap::Preset(command.name);
    if (!map.ok()) return Fail(map.status());
    const std::string json(map->json());
    std::printf("%s\n", json.c_str());
    return kExitOk;
  }
  Table table({{"PRESET"}, {"FOR"}});
  for (const ImportPreset& preset : ImportMap::Presets()) {
    table.Add({std::string(preset.name), std::string(preset.about)});
  }
  table.Print();
  return kExitOk;
}

int Run(const ImportCommand& command) {
  if (command.format == "libcrm") return ImportExport(command);
  Result<ImportOptions> options = MakeOptions(command);
  if (!options.ok()) return Fail(options.status());
  if (command.reconcile) return Reconcile(command, *options);
  RejectedFile rejected;
  Status status = rejected.Open(command.report);
  if (!status.ok()) return Fail(status);
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  ScratchCopy copy;
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) {
    tenant = command.dry_run ? copy.Make(&*store, command.store)
                             : store->Tenant(command.store.tenant);
  }
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));

  double seconds = 0;
  Result<ImportReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    options->on_rejected = [&](const RejectedRow& row) { rejected.Add(row); };
    options->progress = [&](const ImportProgress& progress) {
      line.Show(progress.read, "rows", progress.bytes, progress.total_bytes);
      return !InterruptGuard::interrupted();
    };
    Result<ImportReport> result = ImportFile(*tenant, command.file, *options);
    if (result.ok() && !command.dry_run && !command.sync) {
      Status synced = store->Sync();
      if (!synced.ok()) result = Result<ImportReport>(std::move(synced));
    }
    seconds = line.seconds();
    return result;
  }();
  status = rejected.Close();
  if (!report.ok()) {
    const int code = Fail(WithHint(command, report.status()));
    return Finish(&*store, code);
  }
  if (!status.ok()) return Finish(&*store, Fail(status));
  if (command.store.json) {
    PrintJson(*report, seconds);
  } else {
    PrintReport(command, *report, seconds);
  }
  return Finish(&*store, report->rejected > 0 ? kExitRefused : kExitOk);
}

}  // namespace crm::cli
