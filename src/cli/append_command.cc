// crm append: events from standard input, as they come.

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/session.h"

namespace crm::cli {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;
// Lines of one request, at most.
constexpr size_t kRequestLines = 1000;

std::string_view NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAppended:
      return "appended";
    case Outcome::kDuplicate:
      return "duplicate";
    case Outcome::kInvalid:
      return "invalid";
    case Outcome::kConflict:
      return "conflict";
    case Outcome::kErased:
      return "erased";
  }
  return "unknown";
}

void PrintJson(uint64_t line, const EventOutcome& outcome) {
  JsonWriter json;
  json.BeginObject();
  json.Number("line", line);
  json.Text("outcome", NameOf(outcome.outcome));
  if (!outcome.status.ok()) {
    json.Text("code", StatusCodeName(outcome.status.code()));
    json.Text("message", outcome.status.message());
  } else {
    json.Number("position", outcome.position);
    json.Number("customer", outcome.customer);
    json.Number("record", outcome.record);
    json.Number("revision", outcome.revision);
  }
  if (outcome.outcome == Outcome::kAppended) {
    json.Boolean("new_customer", outcome.new_customer);
    json.Boolean("new_record", outcome.new_record);
    json.Text("matched_by", outcome.matched_by);
    json.Number("confidence", outcome.confidence);
    if (!outcome.warning.ok()) json.Text("warning", outcome.warning.message());
    json.BeginArray("contested");
    for (const WithheldIdentifier& contested : outcome.withheld) {
      json.BeginObject();
      json.Text("namespace", contested.name_space);
      json.Number("owner", contested.owner);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  json.PrintLine();
}

void PrintText(uint64_t line, const EventOutcome& outcome) {
  std::string text = std::to_string(line) + "  ";
  text += NameOf(outcome.outcome);
  if (!outcome.status.ok()) {
    text += "  ";
    text += outcome.status.message();
  } else {
    text += "  position " + std::to_string(outcome.position);
    text += outcome.customer == 0
                ? std::string("  unattributed")
                : "  customer " + std::to_string(outcome.customer);
    if (outcome.new_customer) text += " (new)";
    if (!outcome.warning.ok()) {
      text += "  warning: ";
      text += outcome.warning.message();
    }
  }
  text.push_back('\n');
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// Cuts standard input into lines and appends what is there, without waiting
// for more.
class Appender final {
 public:
  Appender(Tenant* tenant, const AppendCommand& command)
      : tenant_(tenant), command_(command) {
    options_.partial = true;
    options_.ignore_tenant = command.ignore_tenant;
    options_.backfill = command.backfill;
  }

  Status Run();
  bool refused() const { return refused_; }

 private:
  // False: the end.
  Result<bool> Read();
  Status AppendLines(bool at_end);
  Status Send();

  Tenant* const tenant_;
  const AppendCommand& command_;
  AppendOptions options_;
  std::string text_;
  std::vector<std::string_view> events_;
  std::vector<uint64_t> lines_;  // Of events_.
  uint64_t line_ = 0;
  bool refused_ = false;
};

Status Appender::Run() {
  for (;;) {
    Result<bool> more = Read();
    if (!more.ok()) return more.status();
    Status status = AppendLines(!*more);
    if (!status.ok() || !*more) return status;
    if (text_.size() > kMaxEventBytes) {
      return Status(StatusCode::kTooLarge,
                    "line " + std::to_string(line_ + 1) + ": more than " +
                        std::to_string(kMaxEventBytes) + " bytes");
    }
  }
}

Result<bool> Appender::Read() {
  const size_t size = text_.size();
  text_.resize(size + kReadBytes);
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, text_.data() + size, kReadBytes);
    if (n < 0 && errno == EINTR) continue;
    text_.resize(size + static_cast<size_t>(n < 0 ? 0 : n));
    if (n < 0) {
      return Status(StatusCode::kIoError, "standard input cannot be read");
    }
    return n > 0;
  }
}

Status Appender::AppendLines(bool at_end) {
  const std::string_view text = text_;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) {
      if (!at_end) break;
      end = text.size();
    }
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++line_;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    events_.push_back(line);
    lines_.push_back(line_);
    if (events_.size() < kRequestLines) continue;
    Status status = Send();
    if (!status.ok()) return status;
  }
  Status status = Send();
  text_.erase(0, begin);
  return status;
}

Status Appender::Send() {
  if (events_.empty()) return Status::Ok();
  const Result<AppendResult> result = tenant_->AppendJson(events_, options_);
  if (!result.ok()) return result.status();
  for (size_t i = 0; i < result->events.size(); ++i) {
    const EventOutcome& outcome = result->events[i];
    if (!outcome.status.ok()) refused_ = true;
    if (command_.store.json) {
      PrintJson(lines_[i], outcome);
    } else {
      PrintText(lines_[i], outcome);
    }
  }
  // Whoever waits at the other end of the pipe sees it now.
  std::fflush(stdout);
  events_.clear();
  lines_.clear();
  return Status::Ok();
}

}  // namespace

int Run(const AppendCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant = store->Tenant(command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  Appender appender(&*tenant, command);
  Status status = appender.Run();
  if (!status.ok()) return Finish(&*store, Fail(status));
  return Finish(&*store, appender.refused() ? kExitRefused : kExitOk);
}

}  // namespace crm::cli
