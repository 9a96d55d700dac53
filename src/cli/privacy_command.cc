// crm erase, redact, erasures, certificate: erasing a customer or what an event
// says, and proving it.

#include <cstdio>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/person_report.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/privacy.h"

namespace crm::cli {
namespace {

// The file of a certificate: made before anything is erased.
class CertificateFile final {
 public:
  ~CertificateFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::remove(path_.c_str());  // Nothing came of it.
  }
  Status Make(const std::string& path) {
    path_ = path;
    if (path.empty()) return Status();
    file_ = std::fopen(path.c_str(), "wx");
    if (file_ != nullptr) return Status();
    return Status(StatusCode::kAlreadyExists,
                  "--certificate: cannot make " + path);
  }
  Status Write(const std::string& certificate) {
    if (file_ == nullptr) return Status();
    const std::string text = certificate + "\n";
    const bool written =
        std::fwrite(text.data(), 1, text.size(), file_) == text.size();
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (written && closed) return Status();
    return Status(StatusCode::kIoError,
                  "cannot write " + path_ +
                      "; the erasure is done: crm erasures --json has its "
                      "certificate");
  }

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
};

std::string NameOf(ErasureMode mode) {
  switch (mode) {
    case ErasureMode::kShred:
      return "shred";
    case ErasureMode::kAnonymise:
      return "anonymise";
    case ErasureMode::kHard:
      return "hard";
  }
  return {};
}

void Add(const ErasureReport& report, JsonWriter* json) {
  json->Text("request", report.request);
  json->Number("position", report.position);
  json->Number("customer", report.customer);
  json->Boolean("complete", report.complete);
  json->Text("at", FormatInstant(report.at));
  json->Text("by", report.by);
  json->Text("why", report.why);
  json->Number("events", report.events);
  json->Number("identifiers", report.identifiers);
  json->Text("mode", NameOf(report.mode));
  json->Number("bytes", report.bytes);
  json->Number("removed_bytes", report.removed_bytes);
  json->Number("files_searched", report.files_searched);
  json->Number("fenced", report.fenced);
  json->Number("counted", report.counted);
  json->BeginArray("counted_fields");
  for (const std::string& field : report.counted_fields) json->Text({}, field);
  json->EndArray();
  json->BeginArray("anonymised");
  for (const std::string& event : report.anonymised) json->Raw({}, event);
  json->EndArray();
  json->Number("waiting_sums", report.waiting_sums);
  json->BeginArray("records");
  for (const RecordId record : report.records) json->Number({}, record);
  json->EndArray();
  json->BeginArray("retired");
  for (const CustomerId id : report.retired) json->Number({}, id);
  json->EndArray();
  json->BeginArray("doubtful");
  for (const std::string& name : report.doubtful) json->Text({}, name);
  json->EndArray();
  json->BeginArray("holds");
  for (const HoldId hold : report.holds) json->Number({}, hold);
  json->EndArray();
  json->Raw("certificate", report.certificate);
}

void PrintJson(const ErasureReport& report,
               const PersonExportReport& exported = {}) {
  JsonWriter json;
  json.BeginObject();
  Add(report, &json);
  if (exported.lines > 0) {
    json.BeginObject("exported");
    AddPersonExport(exported, &json);
    json.EndObject();
  }
  json.EndObject();
  json.PrintLine();
}

void PrintAnonymised(const ErasureReport& report) {
  PrintField("counted", ShowCount(report.counted) + " events");
  for (const std::string& field : report.counted_fields) {
    PrintField("counted field", field);
  }
  for (const std::string& event : report.anonymised) {
    PrintField("event of nobody", event);
  }
  PrintField("waiting sums", ShowCount(report.waiting_sums));
}

void Print(const ErasureReport& report, bool dry_run) {
  PrintField("customer", std::to_string(report.customer));
  PrintField("records", ShowCount(report.records.size()));
  PrintField("events", ShowCount(report.events));
  PrintField("identifiers", ShowCount(report.identifiers));
  PrintField("sealed bytes", ShowBytes(report.bytes));
  if (report.mode == ErasureMode::kHard && !dry_run) {
    PrintField("removed", ShowBytes(report.removed_bytes));
    PrintField("files searched", ShowCount(report.files_searched));
  }
  PrintField("fenced", ShowCount(report.fenced));
  if (report.mode == ErasureMode::kAnonymise) PrintAnonymised(report);
  for (const std::string& name : report.doubtful) {
    std::printf("She has several values of %s, and may be several people%s.\n",
                name.c_str(), dry_run ? ": see --confirm" : "");
  }
  for (const HoldId hold : report.holds) {
    PrintField("held by hold", std::to_string(hold));
  }
  if (dry_run) {
    std::printf("Nothing was erased.\n");
    return;
  }
  if (!report.holds.empty()) {
    std::printf("Nothing was erased: it waits for the release.\n");
    return;
  }
  PrintField("request", report.request);
  PrintField("position", std::to_string(report.position));
  std::printf("Erased.\n");
}

Result<ErasureReport> EraseExported(const std::string& path, CustomerId who,
                                    const ErasureOptions& options,
                                    Tenant& tenant,
                                    PersonExportReport* exported) {
  PersonExportOptions how;
  Result<Timestamp> now = ParseInstantOrNow("", "");
  if (!now.ok()) return now.status();
  how.at = *now;
  Result<ExportedErasure> both =
      ExportAndErase(tenant, who, path, how, options);
  if (!both.ok()) return both.status();
  *exported = std::move(both->exported);
  return std::move(both->erasure);
}

Status Erase(const PrivacyCommand& command, Tenant& tenant) {
  const Result<CustomerId> who = FindWho(tenant, command.who);
  if (!who.ok()) return who.status();
  if (command.dry_run && !command.file.empty()) {
    return Status(StatusCode::kInvalidArgument,
                  "--certificate: a dry run has none");
  }
  if (command.dry_run && !command.export_file.empty()) {
    return Status(StatusCode::kInvalidArgument,
                  "--export: a dry run has nothing to export");
  }
  CertificateFile file;
  Status status = file.Make(command.file);
  if (!status.ok()) return status;
  ErasureOptions options;
  options.dry_run = command.dry_run;
  options.confirm = command.confirm;
  options.wait_for_release = command.wait_for_release;
  if (command.mode == "anonymise") options.mode = ErasureMode::kAnonymise;
  if (command.mode == "hard") options.mode = ErasureMode::kHard;
  options.by = command.by;
  options.why = command.why;
  PersonExportReport exported;
  const Result<ErasureReport> report =
      command.export_file.empty() ? tenant.Erase(*who, options)
                                  : EraseExported(command.export_file, *who,
                                                  options, tenant, &exported);
  if (!report.ok()) return report.status();
  status = file.Write(report->certificate);
  if (command.store.json) {
    PrintJson(*report, exported);
    return status;
  }
  if (exported.lines > 0) {
    PrintField("exported", ShowCount(exported.events) + " events");
    PrintField("sha256", exported.sha256);
  }
  Print(*report, command.dry_run);
  return status;
}

Status Redact(const PrivacyCommand& command, Tenant& tenant) {
  RedactOptions options;
  options.dry_run = command.dry_run;
  options.by = command.by;
  options.why = command.why;
  const Result<RedactReport> report = tenant.Redact(command.event, options);
  if (!report.ok()) return report.status();
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("event", report->event);
    json.Number("position", report->position);
    json.Number("record", report->record);
    json.Number("customer", report->customer);
    json.Number("bytes", report->bytes);
    json.Number("files_searched", report->files_searched);
    json.EndObject();
    json.PrintLine();
    return Status();
  }
  PrintField("event", std::to_string(report->event));
  if (report->customer != 0) {
    PrintField("customer", std::to_string(report->customer));
  }
  PrintField("sealed bytes", ShowBytes(report->bytes));
  if (command.dry_run) {
    std::printf("Nothing was redacted.\n");
    return Status();
  }
  PrintField("files searched", ShowCount(report->files_searched));
  PrintField("position", std::to_string(report->position));
  std::printf("Redacted.\n");
  return Status();
}

Status Erasures(const PrivacyCommand& command, Tenant& tenant) {
  const Result<std::vector<ErasureReport>> reports = tenant.ListErasures();
  if (!reports.ok()) return reports.status();
  Table table({{"POSITION", Table::Align::kRight},
               {"CUSTOMER", Table::Align::kRight},
               {"WHEN"},
               {"EVENTS", Table::Align::kRight},
               {"STATE"},
               {"WHY"}});
  for (const ErasureReport& report : *reports) {
    if (command.store.json) {
      PrintJson(report);
      continue;
    }
    table.Add({std::to_string(report.position), std::to_string(report.customer),
               ShowInstant(report.at), ShowCount(report.events),
               report.complete ? "done" : "open", report.why});
  }
  if (command.store.json) return Status();
  if (reports->empty()) {
    std::printf("Nobody was erased.\n");
  } else {
    table.Print();
  }
  return Status();
}

Status Apply(const PrivacyCommand& command, Tenant& tenant) {
  const Result<std::string> text = ReadText(command.file);
  if (!text.ok()) return text.status();
  const Result<ErasureReport> report = tenant.ApplyCertificate(*text);
  if (!report.ok()) return report.status();
  if (command.store.json) {
    PrintJson(*report);
  } else {
    Print(*report, false);
  }
  return Status();
}

Status ShowKey(const PrivacyCommand& command, Tenant& tenant) {
  const Result<std::string> key = tenant.GetSigningKey();
  if (!key.ok()) return key.status();
  if (!command.store.json) {
    std::printf("%s\n", key->c_str());
    return Status();
  }
  JsonWriter json;
  json.BeginObject();
  json.Text("public_key", *key);
  json.EndObject();
  json.PrintLine();
  return Status();
}

}  // namespace

int Run(const PrivacyCommand& command) {
  static constexpr Status (*kVerbs[])(const PrivacyCommand&, Tenant&) = {
      &Erase, &Erasures, &Apply, &ShowKey, &Redact};
  return RunVerb(command, false, kVerbs);
}

int Run(const CertificateVerifyCommand& command) {
  const Result<std::string> text = ReadText(command.file);
  if (!text.ok()) return Fail(text.status());
  const Result<CertificateInfo> info = VerifyCertificate(*text, command.key);
  if (!info.ok()) return Fail(info.status());
  if (command.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("tenant", info->tenant);
    json.Number("customer", info->customer);
    json.Text("request", info->request);
    json.Number("position", info->position);
    json.Text("public_key", info->public_key);
    json.EndObject();
    json.PrintLine();
    return kExitOk;
  }
  PrintField("tenant", info->tenant);
  PrintField("customer", std::to_string(info->customer));
  PrintField("request", info->request);
  PrintField("position", std::to_string(info->position));
  PrintField("signed by", info->public_key);
  std::printf("The signature is right.\n");
  return kExitOk;
}

}  // namespace crm::cli
