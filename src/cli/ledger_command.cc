// crm ledger: heads, checkpoints, proofs, and their checks.

#include <cstdio>
#include <string>

#include "cli/command.h"
#include "cli/findings.h"
#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/export.h"
#include "crm/ledger.h"

namespace crm::cli {
namespace {

using LedgerVerb = LedgerCommand::Verb;

// What stands behind the last line of a text is of no interest.
void PrintDocument(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
}

std::string Hex(const LedgerHash& hash) {
  std::string text;
  char two[3];
  for (const uint8_t byte : hash) {
    std::snprintf(two, sizeof(two), "%02x", byte);
    text += two;
  }
  return text;
}

Result<int> PrintHead(const LedgerCommand& command, const Tenant& tenant) {
  const Result<LedgerHead> head = tenant.GetLedgerHead();
  if (!head.ok()) return head.status();
  const Result<std::string> key = tenant.GetLedgerKey();
  if (!key.ok()) return key.status();
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("origin", head->origin);
    json.Number("size", head->size);
    json.Text("root", Hex(head->root));
    json.Text("key", *key);
    json.EndObject();
    json.PrintLine();
  } else {
    std::printf("Ledger  %s\nSize    %llu\nRoot    %s\nKey     %s\n",
                head->origin.c_str(),
                static_cast<unsigned long long>(head->size),
                Hex(head->root).c_str(), key->c_str());
  }
  return kExitOk;
}

Result<int> PrintCheckpoint(const LedgerCommand& command,
                            const Tenant& tenant) {
  const Result<std::string> note = tenant.GetLedgerCheckpoint(command.size);
  if (!note.ok()) return note.status();
  if (!command.store.json) {
    PrintDocument(*note);
    return kExitOk;
  }
  const Result<std::string> key = tenant.GetLedgerKey();
  if (!key.ok()) return key.status();
  JsonWriter json;
  json.BeginObject();
  json.Text("checkpoint", *note);
  json.Text("key", *key);
  json.EndObject();
  json.PrintLine();
  return kExitOk;
}

LedgerTarget TargetOf(const LedgerCommand& command) {
  LedgerTarget target;
  target.position = command.position;
  target.source = command.source;
  target.id = command.id;
  return target;
}

Result<int> PrintProof(const LedgerCommand& command, const Tenant& tenant) {
  const bool of_record = command.position != 0 || !command.id.empty();
  if (of_record == (command.since != 0)) {
    return Status(StatusCode::kInvalidArgument,
                  "either --since, or --position, or --source and --id");
  }
  if (command.since != 0) {
    const Result<ConsistencyProof> proof =
        tenant.ProveConsistency(command.since, command.size);
    if (!proof.ok()) return proof.status();
    PrintDocument(ToJson(*proof));
    return kExitOk;
  }
  const Result<InclusionProof> proof =
      tenant.ProveInclusion(TargetOf(command), command.size);
  if (!proof.ok()) return proof.status();
  PrintDocument(ToJson(*proof));
  return kExitOk;
}

Result<int> PrintOpening(const LedgerCommand& command, const Tenant& tenant) {
  const Result<LedgerOpening> opening =
      tenant.OpenLedgerRecord(TargetOf(command));
  if (!opening.ok()) return opening.status();
  PrintDocument(ToJson(*opening));
  return kExitOk;
}

void PrintReport(const VerifyReport& report, double seconds) {
  std::printf("%s: %s records of the ledger, %s of the log in %.1f s\n",
              report.sound() ? "Sound" : "DAMAGED",
              ShowCount(report.ledger_records).c_str(),
              ShowCount(report.log_records).c_str(), seconds);
  if (report.opened + report.erased > 0) {
    std::printf("%s compared with what they say; the key of %s is destroyed\n",
                ShowCount(report.opened).c_str(),
                ShowCount(report.erased).c_str());
  }
  if (report.sound()) return;
  std::printf("%s findings, the first ones:\n\n",
              ShowCount(report.findings_total).c_str());
  PrintFindings(report);
}

Result<int> Verify(const LedgerCommand& command, const Tenant& tenant) {
  LedgerVerifyOptions options;
  options.key = command.key;
  options.open = command.open;
  for (const std::string& file : command.checkpoints) {
    Result<std::string> note = ReadText(file);
    if (!note.ok()) return note.status();
    options.checkpoints.push_back(*std::move(note));
  }
  double seconds = 0;
  const Result<VerifyReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    options.progress = ShowOn(&line, "records");
    Result<VerifyReport> result = tenant.VerifyLedger(options);
    seconds = line.seconds();
    return result;
  }();
  if (!report.ok()) return report.status();
  if (command.store.json) {
    PrintVerifyJson(*report, seconds);
  } else {
    PrintReport(*report, seconds);
  }
  return report->sound() ? kExitOk : kExitRefused;
}

Result<int> Export(const LedgerCommand& command, const Tenant& tenant) {
  const bool to_file = command.output != "-";
  const Result<LedgerHead> head = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    return ExportLedger(tenant, command.output,
                        [&](uint64_t done, uint64_t total) {
                          if (to_file) line.Show(done, "records", done, total);
                          return !InterruptGuard::interrupted();
                        });
  }();
  if (!head.ok()) return head.status();
  if (!to_file) return kExitOk;
  if (command.store.json) {
    PrintDocument(ToJson(*head));
  } else {
    std::printf("Wrote %s records to %s\n", ShowCount(head->size).c_str(),
                command.output.c_str());
  }
  return kExitOk;
}

Result<int> CheckProof(const LedgerCommand& command) {
  Result<std::string> proof = ReadText(command.proof);
  if (!proof.ok()) return proof.status();
  std::string note;
  std::string opening;
  if (!command.checkpoints.empty()) {
    Result<std::string> read = ReadText(command.checkpoints.front());
    if (!read.ok()) return read.status();
    note = *std::move(read);
  }
  if (!command.opening.empty()) {
    Result<std::string> read = ReadText(command.opening);
    if (!read.ok()) return read.status();
    opening = *std::move(read);
  }
  const Status status = VerifyLedgerProof(*proof, note, command.key, opening);
  if (!status.ok()) return status;
  std::printf("It is shown%s.\n",
              note.empty() ? "; of a tree that nobody has signed" : "");
  return kExitOk;
}

Result<int> Do(const LedgerCommand& command, const Tenant& tenant) {
  switch (command.verb) {
    case LedgerVerb::kHead:
      return PrintHead(command, tenant);
    case LedgerVerb::kCheckpoint:
      return PrintCheckpoint(command, tenant);
    case LedgerVerb::kProve:
      return PrintProof(command, tenant);
    case LedgerVerb::kOpen:
      return PrintOpening(command, tenant);
    case LedgerVerb::kVerify:
      return Verify(command, tenant);
    case LedgerVerb::kExport:
      return Export(command, tenant);
    case LedgerVerb::kCheck:
    case LedgerVerb::kCount:
      break;
  }
  return kExitUsage;
}

}  // namespace

int Run(const LedgerCommand& command) {
  if (command.verb == LedgerVerb::kCheck) {
    const Result<int> code = CheckProof(command);
    return code.ok() ? *code : Fail(code.status());
  }
  return WithTenant(command.store, false, [&](const Tenant& tenant) {
    const Result<int> code = Do(command, tenant);
    return code.ok() ? *code : Fail(code.status());
  });
}

}  // namespace crm::cli
