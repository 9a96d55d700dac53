// crm subscribe and subscriptions: what is new since the last time.

#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/event_line.h"
#include "cli/json_writer.h"
#include "cli/progress_line.h"
#include "cli/session.h"
#include "cli/table.h"

namespace crm::cli {
namespace {

// So many lines are written out before they are acknowledged.
constexpr uint64_t kLines = 500;

// "1/4": the second of four.
Status ParseConsumer(std::string_view text, SubscriptionOptions* options) {
  if (text.empty()) return Status::Ok();
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, options->consumer);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == '/') {
    const auto last = std::from_chars(first.ptr + 1, end, options->consumers);
    if (last.ec == std::errc() && last.ptr == end) return Status::Ok();
  }
  return Status(StatusCode::kInvalidArgument,
                "--consumer: two numbers such as 0/4, the first of four");
}

Result<SubscriptionOptions> MakeOptions(const SubscribeCommand& command) {
  SubscriptionOptions options;
  options.name = command.name;
  options.after = command.from_now ? kFromNow : command.after;
  options.types = command.types;
  options.sources = command.sources;
  options.skip_backfill = command.skip_backfill;
  options.skip_identity = command.skip_identity;
  options.open_parts_only = command.open_only;
  Status status = ParseConsumer(command.consumer, &options);
  if (!status.ok()) return status;
  return options;
}

// Lines on standard output, acknowledged when they have left this process.
class Printer {
 public:
  Printer(Subscription* subscription, const SubscribeCommand& command)
      : subscription_(subscription), command_(command) {}

  // False: standard output takes no more.
  Result<bool> Take(const Message& message) {
    const std::string line = LineOfMessage(message);
    if (!line.empty()) {
      if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) {
        return false;
      }
      ++printed_;
      if (printed_ % kLines != 0 && !full()) return true;
    }
    if (std::fflush(stdout) != 0) return false;
    if (command_.name.empty()) return true;
    Status status = subscription_->Acknowledge(message.position);
    if (!status.ok()) return status;
    return true;
  }

  // Empty: it is nothing but progress.
  std::string LineOfMessage(const Message& message) const {
    switch (message.kind) {
      case Message::Kind::kEvent:
        return LineOf(message.event, command_.store);
      case Message::Kind::kMerged:
      case Message::Kind::kSplit:
      case Message::Kind::kErased:
        return LineOf(message.change, command_.store);
      case Message::Kind::kCheckpoint:
      case Message::Kind::kCaughtUp:
        break;
    }
    return std::string();
  }

  bool full() const {
    return command_.limit != 0 && printed_ >= command_.limit;
  }

 private:
  Subscription* const subscription_;
  const SubscribeCommand& command_;
  uint64_t printed_ = 0;
};

// Everything that is there now: nobody else can append meanwhile.
Status PrintNew(Subscription* subscription, const SubscribeCommand& command) {
  const InterruptGuard guard;
  Printer printer(subscription, command);
  Message message;
  while (!printer.full()) {
    if (InterruptGuard::interrupted()) {
      return Status(StatusCode::kCancelled, "interrupted");
    }
    const Result<bool> got =
        subscription->Next(&message, std::chrono::milliseconds(0));
    if (!got.ok()) return got.status();
    if (!*got) break;
    const Result<bool> taken = printer.Take(message);
    if (!taken.ok()) return taken.status();
    if (!*taken) break;
  }
  return Status::Ok();
}

void PrintList(const std::vector<SubscriptionInfo>& list) {
  Table table({{"NAME"},
               {"CONSUMER", Table::Align::kRight},
               {"POSITION", Table::Align::kRight},
               {"EVENTS BEHIND", Table::Align::kRight},
               {"OLDEST"}});
  for (const SubscriptionInfo& info : list) {
    std::string oldest;
    if (info.rolled_back) {
      oldest = "the log was set back";
    } else if (info.lag.oldest.has_value()) {
      oldest = ShowInstant(*info.lag.oldest);
    }
    table.Add(
        {info.name,
         std::to_string(info.consumer) + "/" + std::to_string(info.consumers),
         ShowCount(info.position), ShowCount(info.lag.events), oldest});
  }
  table.Print();
}

void PrintJson(const std::vector<SubscriptionInfo>& list) {
  for (const SubscriptionInfo& info : list) {
    JsonWriter json;
    json.BeginObject();
    json.Text("name", info.name);
    json.Number("consumer", info.consumer);
    json.Number("consumers", info.consumers);
    json.Number("position", info.position);
    json.Boolean("rolled_back", info.rolled_back);
    json.Number("lag_positions", info.lag.positions);
    json.Number("lag_events", info.lag.events);
    json.Seconds("lag_seconds",
                 static_cast<double>(info.lag.time.count()) / 1e6);
    if (info.lag.oldest.has_value()) {
      json.Text("oldest", FormatInstant(*info.lag.oldest));
    }
    json.EndObject();
    json.PrintLine();
  }
}

}  // namespace

int Run(const SubscribeCommand& command) {
  const Result<SubscriptionOptions> options = MakeOptions(command);
  if (!options.ok()) return Fail(options.status());
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  Result<Subscription> subscription = tenant->Subscribe(*options);
  if (!subscription.ok()) {
    return Finish(&*store, Fail(subscription.status()));
  }
  PrintHeader(command.store);
  Status status = PrintNew(&*subscription, command);
  return Finish(&*store, status.ok() ? kExitOk : Fail(status));
}

int Run(const SubscriptionsCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  if (!command.drop.empty()) {
    Status status = tenant->DropSubscription(command.drop);
    return Finish(&*store, status.ok() ? kExitOk : Fail(status));
  }
  const Result<std::vector<SubscriptionInfo>> list =
      tenant->ListSubscriptions();
  if (!list.ok()) return Finish(&*store, Fail(list.status()));
  command.store.json ? PrintJson(*list) : PrintList(*list);
  return Finish(&*store, kExitOk);
}

}  // namespace crm::cli
