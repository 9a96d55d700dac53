// crm identity: what needs no store. Files of persons, linked and trained on.

#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/encoding_option.h"
#include "cli/json_writer.h"
#include "cli/model_option.h"
#include "cli/progress_line.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/link_file.h"

namespace crm::cli {

Result<MatchModel> ReadModel(const std::string& path) {
  if (path == "default") return MatchModel::Default();
  Result<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  return MatchModel::FromJson(*text);
}

namespace {

Status WriteModel(const MatchModel& model, const std::string& path) {
  const std::string text = model.ToJson();
  if (path == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return Status();
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return Status();
  return Status(StatusCode::kIoError, "model: cannot write " + path);
}

std::string Bits(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return text;
}

void PrintJson(const LinkFileReport& report, double seconds) {
  JsonWriter json;
  json.BeginObject();
  json.Number("records", report.records);
  json.Number("clusters", report.clusters);
  json.Number("largest", report.largest);
  json.Number("linked", report.linked);
  json.Number("without_values", report.without_values);
  json.Number("unreadable_dates", report.unreadable_dates);
  json.Number("pairs", report.pairs);
  json.Number("cut_pairs", report.cut_pairs);
  json.Number("review_total", report.review_total);
  json.Raw("prior", Bits(report.prior));
  json.Boolean("trained", report.trained);
  json.Text("not_trained_because", report.not_trained_because);
  json.BeginArray("kept_default");
  for (const std::string& name : report.kept_default) json.Text("", name);
  json.EndArray();
  json.Seconds("seconds", seconds);
  json.EndObject();
  json.PrintLine();
}

std::string Names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

void PrintReport(const IdentityLinkFileCommand& command,
                 const LinkFileReport& report, double seconds) {
  // The clusters themselves are on standard output.
  if (command.output == "-") return;
  std::printf("Linked\n");
  PrintField("records", ShowCount(report.records));
  PrintField("persons", ShowCount(report.clusters));
  PrintField("largest cluster", ShowCount(report.largest));
  PrintField("records not alone", ShowCount(report.linked));
  PrintField("pairs compared", ShowCount(report.pairs));
  PrintField("for review", ShowCount(report.review_total));
  PrintField("model", report.trained          ? "trained on the file"
                      : command.model.empty() ? "default"
                                              : command.model);
  if (!report.not_trained_because.empty()) {
    PrintField("not trained", report.not_trained_because);
  }
  if (!report.kept_default.empty()) {
    PrintField("fields by default", Names(report.kept_default));
  }
  if (report.without_values > 0) {
    PrintField("without any value", ShowCount(report.without_values));
  }
  if (report.unreadable_dates > 0) {
    PrintField("unreadable dates", ShowCount(report.unreadable_dates));
  }
  PrintField("seconds", Bits(seconds));
}

}  // namespace

int Run(const IdentityLinkFileCommand& command) {
  Result<PersonMap> map = PersonMap::FromFile(command.map);
  if (!map.ok()) return Fail(map.status());
  LinkFileOptions options;
  options.link_weight = command.threshold;
  options.review_weight = command.review_from;
  options.review = command.review;
  options.seed = command.seed;
  options.threads = command.threads;
  options.encoding = EncodingOf(command.encoding);
  if (!command.model.empty()) {
    Result<MatchModel> model = ReadModel(command.model);
    if (!model.ok()) return Fail(model.status());
    options.model = *std::move(model);
  }
  double seconds = 0;
  Result<LinkFileReport> report = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    options.progress = ShowSteps(&line);
    Result<LinkFileReport> linked =
        LinkFile(command.file, *map, command.output, options);
    seconds = line.seconds();
    return linked;
  }();
  if (!report.ok()) return Fail(report.status());
  if (!command.save_model.empty()) {
    if (!report->trained) {
      return Fail(Status(
          StatusCode::kFailedPrecondition,
          "save-model: no model was trained: " + report->not_trained_because));
    }
    const Status status = WriteModel(report->model, command.save_model);
    if (!status.ok()) return Fail(status);
  }
  if (command.json) {
    PrintJson(*report, seconds);
  } else {
    PrintReport(command, *report, seconds);
  }
  return kExitOk;
}

int Run(const IdentityTrainCommand& command) {
  Result<PersonMap> map = PersonMap::FromFile(command.map);
  if (!map.ok()) return Fail(map.status());
  LinkFileOptions options;
  options.seed = command.seed;
  options.encoding = EncodingOf(command.encoding);
  Result<Training> training = [&] {
    ProgressLine line;
    const InterruptGuard guard;
    options.progress = ShowSteps(&line);
    return TrainModelOnFile(command.file, *map, options);
  }();
  if (!training.ok()) return Fail(training.status());
  const Status status = WriteModel(training->model, command.output);
  if (!status.ok()) return Fail(status);
  if (command.output == "-") return kExitOk;
  if (command.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("records", training->model.trained_on());
    json.Number("pairs", training->pairs);
    json.Number("sessions", training->sessions);
    json.BeginArray("kept_default");
    for (const std::string& name : training->kept_default) json.Text("", name);
    json.EndArray();
    json.EndObject();
    json.PrintLine();
    return kExitOk;
  }
  std::printf("Trained\n");
  PrintField("records", ShowCount(training->model.trained_on()));
  PrintField("pairs", ShowCount(training->pairs));
  PrintField("sessions", ShowCount(training->sessions));
  if (!training->kept_default.empty()) {
    PrintField("fields by default", Names(training->kept_default));
  }
  return kExitOk;
}

}  // namespace crm::cli
