// crm segment preview, explain, describe: who is meant, and why.

#include <cstdio>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/criteria.h"

namespace crm::cli {
namespace {

using Verb = SegmentCommand::Verb;

// JSON itself, which begins with a brace, or a file of it.
Result<Criteria> ReadCriteria(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') {
    return Criteria::Parse(text);
  }
  const Result<std::string> file = ReadText(text);
  if (!file.ok()) return file.status();
  return Criteria::Parse(*file);
}

std::string ShowShare(uint64_t part, uint64_t of) {
  if (of == 0) return ShowCount(part);
  char text[64];
  std::snprintf(text, sizeof(text), "  (%.1f %%)",
                100.0 * static_cast<double>(part) / static_cast<double>(of));
  return ShowCount(part) + text;
}

void PrintPreview(const SegmentCommand& command, const Criteria& criteria,
                  const CriteriaPreview& preview) {
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("criteria", criteria.Describe());
    json.Text("as_of", FormatInstant(preview.as_of));
    json.Number("position", preview.position);
    json.Number("customers", preview.customers);
    json.Number("matching", preview.matching);
    json.Number("unknown", preview.unknown);
    json.BeginArray("sample");
    for (const CustomerId customer : preview.sample) json.Number({}, customer);
    json.EndArray();
    json.EndObject();
    return json.PrintLine();
  }
  std::printf("%s\n", Showable(criteria.Describe(), 1'000).c_str());
  PrintField("as of", ShowInstant(preview.as_of));
  PrintField("customers", ShowCount(preview.customers));
  PrintField("meant", ShowShare(preview.matching, preview.customers));
  PrintField("not known", ShowShare(preview.unknown, preview.customers));
  std::string sample;
  for (const CustomerId customer : preview.sample) {
    sample += (sample.empty() ? "" : ", ") + std::to_string(customer);
  }
  if (preview.matching > preview.sample.size()) sample += " ...";
  if (!preview.sample.empty()) PrintField("who", sample);
}

Result<int> Preview(const SegmentCommand& command, const Criteria& criteria,
                    const Tenant& tenant) {
  const Result<std::optional<Timestamp>> as_of =
      ParseInstant(command.as_of, "--as-of");
  if (!as_of.ok()) return as_of.status();
  PreviewOptions options;
  options.as_of = *as_of;
  options.time_zone = command.zone;
  options.sample = command.sample;
  InterruptGuard guard;
  ProgressLine line;
  options.progress = [&](uint64_t done, uint64_t total) {
    line.Show(done, "customers", done, total);
    return !InterruptGuard::interrupted();
  };
  const Result<CriteriaPreview> preview = tenant.Preview(criteria, options);
  if (!preview.ok()) return preview.status();
  PrintPreview(command, criteria, *preview);
  return int{kExitOk};
}

Result<int> Explain(const SegmentCommand& command, const Criteria& criteria,
                    const Tenant& tenant) {
  const Result<std::optional<Timestamp>> as_of =
      ParseInstant(command.as_of, "--as-of");
  if (!as_of.ok()) return as_of.status();
  const Result<Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  const Result<CustomerId> who = FindWho(*snapshot, command.who);
  if (!who.ok()) return who.status();
  CriteriaOptions options;
  options.as_of = *as_of;
  options.time_zone = command.zone;
  const Result<CriteriaAnswer> answer =
      snapshot->Evaluate(*who, criteria, options);
  if (!answer.ok()) return answer.status();
  if (command.store.json) {
    std::printf("%s\n", CriteriaAnswerToJson(*answer).c_str());
  } else {
    // Line by line: what could steer a terminal is not shown.
    std::string text = CriteriaAnswerToText(*answer);
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      std::printf("%s\n", Showable(text.substr(at, end - at), 1'000).c_str());
      at = end + 1;
    }
  }
  return int{answer->truth == Truth::kTrue ? kExitOk : kExitRefused};
}

int Describe(const SegmentCommand& command) {
  if (command.schema) {
    std::printf("%s", std::string(CriteriaSchema()).c_str());
    return kExitOk;
  }
  if (command.criteria.empty()) {
    return Fail(Status(StatusCode::kInvalidArgument, "CRITERIA: is missing"));
  }
  const Result<Criteria> criteria = ReadCriteria(command.criteria);
  if (!criteria.ok()) return Fail(criteria.status());
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("description", criteria->Describe());
    json.Raw("criteria", criteria->json());
    json.EndObject();
    json.PrintLine();
  } else {
    std::printf("%s\n", Showable(criteria->Describe(), 100'000).c_str());
  }
  return kExitOk;
}

}  // namespace

int Run(const SegmentCommand& command) {
  if (command.verb == Verb::kDescribe) return Describe(command);
  // Before the store is opened: it may be wrong.
  const Result<Criteria> criteria = ReadCriteria(command.criteria);
  if (!criteria.ok()) return Fail(criteria.status());
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  const Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  const Result<int> code = command.verb == Verb::kPreview
                               ? Preview(command, *criteria, *tenant)
                               : Explain(command, *criteria, *tenant);
  // The snapshot has gone by now.
  return Finish(&*store, code.ok() ? *code : Fail(code.status()));
}

}  // namespace crm::cli
