// Subscriptions: from an acknowledgement to its subscriber, catching up, and
// storing checkpoints.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/stores.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

using Clock = std::chrono::steady_clock;

// --- Live --------------------------------------------------------------------

constexpr uint64_t kLiveEvents = 200'000;
constexpr int kLiveRounds = 3;  // The median counts: one may be disturbed.
constexpr uint64_t kLiveCustomers = 50'000;
constexpr size_t kRequest = 50;
constexpr std::chrono::microseconds kPace{1000};  // Between requests.

// When the events up to a position were acknowledged, and when each was seen.
struct Acknowledged {
  Position first = 0;
  Position last = 0;
  Clock::time_point at;
};
struct Seen {
  Position position = 0;
  Clock::time_point at;
};

// Appends at a steady rate, or with no pace as fast as it goes.
Status AppendPaced(Tenant tenant, uint64_t events,
                   std::chrono::microseconds pace,
                   std::vector<Acknowledged>* acknowledged) {
  examples::EventGenerator generator({.events = events,
                                      .customers = kLiveCustomers,
                                      .shape = examples::StreamShape::kBench});
  std::vector<std::string> lines(kRequest);
  std::vector<std::string_view> views(kRequest);
  Clock::time_point next = Clock::now();
  for (uint64_t done = 0; done + kRequest <= events; done += kRequest) {
    for (size_t i = 0; i < kRequest; ++i) {
      generator.Next(&lines[i]);
      views[i] = lines[i];
    }
    if (pace.count() > 0) std::this_thread::sleep_until(next += pace);
    const Result<AppendResult> result =
        tenant.AppendJson(views, {.ignore_tenant = true});
    if (!result.ok()) return result.status();
    acknowledged->push_back({result->events.front().position,
                             result->events.back().position, Clock::now()});
  }
  return Status::Ok();
}

// Until it has seen so many events.
Status Follow(Tenant tenant, uint64_t events, std::vector<Seen>* seen) {
  Result<Subscription> subscription = tenant.Subscribe({.name = "bench"});
  if (!subscription.ok()) return subscription.status();
  Message message;
  while (seen->size() < events) {
    const Result<bool> got =
        subscription->Next(&message, std::chrono::seconds(30));
    if (!got.ok()) return got.status();
    if (!*got) return Status(StatusCode::kInternal, "an event did not come");
    if (message.kind == Message::Kind::kEvent) {
      seen->push_back({message.position, Clock::now()});
      continue;
    }
    Status status = subscription->Acknowledge(message.position);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// Microseconds from the acknowledgement to the delivery; zero: it was first.
std::vector<double> Delays(const std::vector<Acknowledged>& acknowledged,
                           const std::vector<Seen>& seen) {
  std::vector<double> delays;
  size_t request = 0;
  for (const Seen& event : seen) {
    while (acknowledged[request].last < event.position) ++request;
    const auto delay = event.at - acknowledged[request].at;
    delays.push_back(std::max(
        0.0, std::chrono::duration<double, std::micro>(delay).count()));
  }
  std::sort(delays.begin(), delays.end());
  return delays;
}

Status MeasureLive(const std::string& path, uint64_t events,
                   std::chrono::microseconds pace, Figures* figures) {
  RemovePath(path);
  SettleDisk();
  events = events / kRequest * kRequest;
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  std::vector<Acknowledged> acknowledged;
  std::vector<Seen> seen;
  acknowledged.reserve(events / kRequest);
  seen.reserve(events);
  Status followed;
  const StopWatch watch;
  std::thread follower([&] { followed = Follow(*tenant, events, &seen); });
  Status status = AppendPaced(*tenant, events, pace, &acknowledged);
  const double appending = watch.seconds();
  follower.join();
  if (status.ok()) status = followed;
  if (!status.ok()) return status;
  const std::vector<double> delays = Delays(acknowledged, seen);
  (*figures)["p50"] = delays[delays.size() / 2];
  (*figures)["p99"] = delays[delays.size() * 99 / 100];
  (*figures)["worst"] = delays.back();
  (*figures)["seconds"] = watch.seconds();
  (*figures)["events"] = static_cast<double>(events);
  (*figures)["rate"] = static_cast<double>(events) / appending;
  return store->Close();
}

// The round whose p99 is the median.
Result<Figures> MeasureRounds(const std::string& path, uint64_t events,
                              std::chrono::microseconds pace) {
  std::vector<Figures> rounds;
  for (int i = 0; i < kLiveRounds; ++i) {
    Result<Figures> round = RunInChild(
        [&](Figures* f) { return MeasureLive(path, events, pace, f); });
    if (!round.ok()) return round;
    rounds.push_back(std::move(round).value());
  }
  std::sort(rounds.begin(), rounds.end(), [](const auto& a, const auto& b) {
    return a.at("p99") < b.at("p99");
  });
  return rounds[rounds.size() / 2];
}

Result<Timing> RunLive(const Flags& flags, Results& results) {
  const std::string path = ScratchPath(flags, "store_live");
  const uint64_t events = Scaled(flags, kLiveEvents);
  const Result<Figures> paced = MeasureRounds(path, events, kPace);
  if (!paced.ok()) return paced.status();
  const Result<Figures> flat_out =
      MeasureRounds(path, events, std::chrono::microseconds(0));
  RemovePath(path);
  if (!flat_out.ok()) return flat_out.status();
  results.Plain("subscribe/live/rate", paced->at("rate"), "events/s");
  results.Plain("subscribe/live/p50", paced->at("p50"), "us");
  results.AtMost("subscribe/live/p99", paced->at("p99"), "us", 1000);
  results.Plain("subscribe/live/worst", paced->at("worst"), "us");
  results.Plain("subscribe/flat_out/rate", flat_out->at("rate"), "events/s");
  results.Plain("subscribe/flat_out/p50", flat_out->at("p50"), "us");
  results.Plain("subscribe/flat_out/p99", flat_out->at("p99"), "us");
  return Timing{paced->at("seconds"), paced->at("events")};
}

// --- Catching up -------------------------------------------------------------

Status ReplayAll(const Tenant& tenant, double* rate) {
  const StopWatch watch;
  Result<EventCursor> cursor = tenant.Replay({});
  if (!cursor.ok()) return cursor.status();
  EventView event;
  double events = 0;
  for (;;) {
    const Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) break;
    events += 1;
  }
  *rate = events / watch.seconds();
  return Status::Ok();
}

Status CatchUp(Tenant& tenant, double* events, double* rate) {
  const StopWatch watch;
  Result<Subscription> subscription = tenant.Subscribe();
  if (!subscription.ok()) return subscription.status();
  Message message;
  *events = 0;
  while (message.kind != Message::Kind::kCaughtUp) {
    const Result<bool> got =
        subscription->Next(&message, std::chrono::seconds(1));
    if (!got.ok()) return got.status();
    if (message.kind == Message::Kind::kEvent) *events += 1;
  }
  *rate = *events / watch.seconds();
  return Status::Ok();
}

// Both in turns; the first round warms.
Status MeasureCatchUp(const std::string& path, Figures* figures) {
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  double replay = 0;
  double catch_up = 0;
  double events = 0;
  for (int round = 0; round < 4; ++round) {
    double rate = 0;
    Status status = ReplayAll(*tenant, &rate);
    if (round > 0) replay = std::max(replay, rate);
    if (status.ok()) status = CatchUp(*tenant, &events, &rate);
    if (round > 0) catch_up = std::max(catch_up, rate);
    if (!status.ok()) return status;
  }
  (*figures)["replay"] = replay;
  (*figures)["catch_up"] = catch_up;
  (*figures)["events"] = events;
  return store->Close();
}

Result<Timing> RunCatchUp(const Flags& flags, Results& results) {
  const Result<std::string> store = SharedStore(flags, Of1M100k());
  if (!store.ok()) return store.status();
  const Result<Figures> f =
      RunInChild([&](Figures* child) { return MeasureCatchUp(*store, child); });
  if (!f.ok()) return f.status();
  results.Ratio("subscribe/catch_up", f->at("catch_up"), "events/s",
                "Replay of the same store, opened, in the same process; best "
                "of 3 each, in turns",
                f->at("replay"), 0.7);
  return Timing{f->at("events") / f->at("catch_up"), f->at("events")};
}

// --- Checkpoints -------------------------------------------------------------

constexpr uint64_t kCheckpoints = 100'000;
constexpr uint64_t kDurableCheckpoints = 500;

// One after the other, each behind one more event.
Status MeasureCheckpoints(const std::string& path, uint64_t count,
                          Durability durability, double* rate) {
  RemovePath(path);
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  std::vector<Acknowledged> acknowledged;
  Status status = AppendPaced(*tenant, count + kRequest,
                              std::chrono::microseconds(0), &acknowledged);
  if (!status.ok()) return status;
  Result<Subscription> subscription = tenant->Subscribe({.name = "bench"});
  if (!subscription.ok()) return subscription.status();
  Message message;
  double seconds = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const Result<bool> got =
        subscription->Next(&message, std::chrono::seconds(1));
    if (!got.ok()) return got.status();
    const StopWatch watch;
    status = subscription->Acknowledge(message.position, durability);
    seconds += watch.seconds();
    if (!status.ok()) return status;
  }
  *rate = static_cast<double>(count) / seconds;
  return store->Close();
}

Result<Timing> RunCheckpoints(const Flags& flags, Results& results) {
  const std::string path = ScratchPath(flags, "store_checkpoints");
  const uint64_t count = Scaled(flags, kCheckpoints);
  const Result<Figures> f = RunInChild([&](Figures* child) {
    Status status =
        MeasureCheckpoints(path, count, Durability::kOs, &(*child)["rate"]);
    if (!status.ok()) return status;
    return MeasureCheckpoints(path, kDurableCheckpoints, Durability::kSync,
                              &(*child)["durable"]);
  });
  RemovePath(path);
  if (!f.ok()) return f.status();
  results.AtLeast("subscribe/checkpoints", f->at("rate"), "1/s", 10'000);
  results.Plain("subscribe/checkpoints/durable", f->at("durable"), "1/s");
  return Timing{static_cast<double>(count) / f->at("rate"),
                static_cast<double>(count)};
}

}  // namespace

std::vector<Workload> SubscribeWorkloads() {
  return {{"subscribe/live",
           "from an acknowledgement to a live subscriber, under load", false,
           RunLive},
          {"subscribe/catch_up", "the whole log, beside a replay of it", false,
           RunCatchUp},
          {"subscribe/checkpoints", "one after every event", false,
           RunCheckpoints}};
}

}  // namespace crm::bench
