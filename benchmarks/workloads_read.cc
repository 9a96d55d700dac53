// Replay, one customer's history, and a reader beside a writer.

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/raw_rocksdb.h"
#include "benchmarks/stores.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

// Walks over everything twice: what the first pass finds cold - blocks, keys -
// is warm in the second.
Status ReplayTwice(const std::string& path, bool open_parts_only,
                   Figures* figures) {
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  for (const char* rate : {"first_rate", "rate"}) {
    const StopWatch watch;
    Result<EventCursor> cursor =
        tenant->Replay({.open_parts_only = open_parts_only});
    if (!cursor.ok()) return cursor.status();
    EventView event;
    double events = 0;
    for (;;) {
      const Result<bool> more = cursor->Next(&event);
      if (!more.ok()) return more.status();
      if (!*more) break;
      if (event.opened == open_parts_only) {
        return Status(StatusCode::kInternal, "not opened as it should be");
      }
      events += 1;
    }
    (*figures)["events"] = events;
    (*figures)[rate] = events / watch.seconds();
  }
  return store->Close();
}

Result<Timing> RunReplay(const Flags& flags, Results& results) {
  const Result<std::string> store = SharedStore(flags, Of1M100k());
  if (!store.ok()) return store.status();
  const Result<Figures> raw =
      RunInChild([&](Figures* f) { return RawIterate(*store, f); });
  if (!raw.ok()) return raw.status();
  const Result<Figures> shut =
      RunInChild([&](Figures* f) { return ReplayTwice(*store, true, f); });
  if (!shut.ok()) return shut.status();
  const Result<Figures> opened =
      RunInChild([&](Figures* f) { return ReplayTwice(*store, false, f); });
  if (!opened.ok()) return opened.status();
  results.Ratio("replay/1M_100k/open_parts", shut->at("rate"), "events/s",
                RawIteratorOptions(), raw->at("rate"), 0.5);
  results.Plain("replay/1M_100k/opened_cold", opened->at("first_rate"),
                "events/s");
  results.AtLeast("replay/1M_100k/opened", opened->at("rate"), "events/s",
                  450'000);
  return Timing{opened->at("events") / opened->at("rate"),
                opened->at("events")};
}

// --- One customer ------------------------------------------------------------

constexpr uint64_t kHistoryEvents = 200'000;
constexpr uint64_t kHistoryCustomers = 2'000;
constexpr int kHistoryCheckpoints = 10;

// A stream into a tenant, some events at a time.
class Feed final {
 public:
  Feed(Tenant tenant, uint64_t events, uint64_t customers, uint64_t seed)
      : tenant_(std::move(tenant)),
        generator_({.events = events,
                    .customers = customers,
                    .seed = seed,
                    .shape = examples::StreamShape::kBench}) {}

  Status Append(uint64_t count) {
    for (uint64_t done = 0; done < count; done += kBatch) {
      std::vector<std::string> lines(kBatch);
      std::vector<std::string_view> views;
      for (std::string& line : lines) {
        if (!generator_.Next(&line)) break;
        views.push_back(line);
      }
      const Result<AppendResult> result =
          tenant_.AppendJson(views, {.ignore_tenant = true});
      if (!result.ok()) return result.status();
    }
    return Status::Ok();
  }

 private:
  static constexpr uint64_t kBatch = 500;
  Tenant tenant_;
  examples::EventGenerator generator_;
};

// A store in which the history of a customer lies in ten checkpoints, between
// those of another tenant.
Status WriteHistories(Store& store, const Flags& flags, Tenant tenant) {
  Result<Tenant> other = store.Tenant("other");
  if (!other.ok()) return other.status();
  const uint64_t events = Scaled(flags, kHistoryEvents);
  const uint64_t customers =
      std::max<uint64_t>(1, events * kHistoryCustomers / kHistoryEvents);
  Feed feed(std::move(tenant), events, customers, 1);
  Feed other_feed(*other, events, customers * 10, 2);
  for (int i = 0; i < kHistoryCheckpoints; ++i) {
    Status status = feed.Append(events / kHistoryCheckpoints);
    if (status.ok()) status = other_feed.Append(events / kHistoryCheckpoints);
    if (status.ok()) status = store.Flush();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status ReadTimelines(const Tenant& tenant, uint64_t customers, double* events) {
  *events = 0;
  for (CustomerId customer = 1; customer <= customers; ++customer) {
    const Result<TimelinePage> page =
        tenant.GetTimeline(customer, {.limit = 100});
    if (!page.ok()) return page.status();
    *events += static_cast<double>(page->entries.size());
  }
  return Status::Ok();
}

Status ReplayCustomers(const Tenant& tenant, uint64_t customers,
                       double* events) {
  *events = 0;
  for (CustomerId customer = 1; customer <= customers; ++customer) {
    Result<EventCursor> cursor = tenant.Replay({.customer = customer});
    if (!cursor.ok()) return cursor.status();
    EventView event;
    for (;;) {
      const Result<bool> more = cursor->Next(&event);
      if (!more.ok()) return more.status();
      if (!*more) break;
      *events += 1;
    }
  }
  return Status::Ok();
}

Status MeasureHistories(const std::string& path, const Flags& flags,
                        Figures* figures) {
  RemovePath(path);
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  Status status = WriteHistories(*store, flags, *tenant);
  if (status.ok()) status = store->Close();
  if (!status.ok()) return status;

  store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  const Result<StoreStats> stats = store->GetStats();
  if (!stats.ok()) return stats.status();
  uint64_t customers = 0;
  for (const TenantStats& one : stats->tenants) {
    if (one.tenant == kTenant) customers = one.customers;
  }
  // The first round warms, the second counts.
  for (int round = 0; status.ok() && round < 2; ++round) {
    double events = 0;
    StopWatch watch;
    status = ReadTimelines(*tenant, customers, &events);
    (*figures)["timeline_us"] = watch.seconds() * 1e6 / events * 100;
    (*figures)["seconds"] = watch.seconds();
    (*figures)["events"] = events;
    if (!status.ok()) break;
    watch = StopWatch();
    status = ReplayCustomers(*tenant, customers, &events);
    (*figures)["replay_us"] = watch.seconds() * 1e6 / events * 100;
  }
  tenant = Status(StatusCode::kNotFound, "done");
  return status.ok() ? store->Close() : status;
}

Result<Timing> RunHistories(const Flags& flags, Results& results) {
  const std::string path = ScratchPath(flags, "store_histories");
  const Result<Figures> f = RunInChild(
      [&](Figures* child) { return MeasureHistories(path, flags, child); });
  RemovePath(path);
  if (!f.ok()) return f.status();
  results.AtMost("history/100_events/timeline", f->at("timeline_us"), "us",
                 250);
  results.Plain("history/100_events/replay", f->at("replay_us"), "us");
  return Timing{f->at("seconds"), f->at("events")};
}

// --- A reader beside a writer ------------------------------------------------

// Reads profiles of random customers until told to stop.
Status ReadStates(const Tenant& tenant, uint64_t customers,
                  const std::atomic<bool>& stop, uint64_t* reads) {
  examples::Random random(7);
  Profile profile;
  while (!stop.load(std::memory_order_relaxed)) {
    for (int i = 0; i < 100; ++i) {
      Status status = tenant.GetProfile(1 + random.Below(customers), &profile);
      if (!status.ok()) return status;
    }
    *reads += 100;
  }
  return Status::Ok();
}

// Writes a fifth, then times the rest, with or without a reader.
Status WriteBesideReader(const AppendPlan& plan, bool with_reader,
                         Figures* figures) {
  Result<Stream> stream = Stream::Open(plan.input);
  if (!stream.ok()) return stream.status();
  RemovePath(plan.store);
  SettleDisk();
  Result<Store> store = Store::Open(plan.store, plan.options);
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  const uint64_t first = stream->lines() / 5 / 500 * 500;
  Status status = AppendLines(*store, *stream, plan, 0, first, figures);
  if (!status.ok()) return status;
  const Result<StoreStats> stats = store->GetStats();
  if (!stats.ok()) return stats.status();

  std::atomic<bool> stop{false};
  uint64_t reads = 0;
  Status read_status;
  std::thread reader;
  const StopWatch watch;
  if (with_reader) {
    reader = std::thread([&] {
      read_status = ReadStates(*tenant, stats->customers, stop, &reads);
    });
  }
  status = AppendLines(*store, *stream, plan, first, stream->lines(), figures);
  const double seconds = watch.seconds();
  stop.store(true);
  if (reader.joinable()) reader.join();
  if (status.ok()) status = read_status;
  if (!status.ok()) return status;
  (*figures)["seconds"] = seconds;
  (*figures)["events"] = static_cast<double>(stream->lines() - first);
  (*figures)["reads"] = static_cast<double>(reads);
  return store->Close();
}

Result<Timing> RunReader(const Flags& flags, Results& results) {
  const Result<std::string> input = MakeInput(flags, Of1M100k());
  if (!input.ok()) return input.status();
  const AppendPlan plan = {.input = *input,
                           .store = ScratchPath(flags, "store_reader"),
                           .threads = 1,
                           .options = MakeOptions()};
  double rates[2] = {0, 0};
  double seconds = 0;
  double reads = 0;
  // Twice each, in turn: a machine that drifts then tells on both.
  for (int round = 0; round < 4; ++round) {
    const bool with_reader = round % 2 == 1;
    const Result<Figures> f = RunInChild([&](Figures* child) {
      return WriteBesideReader(plan, with_reader, child);
    });
    if (!f.ok()) return f.status();
    rates[with_reader] += f->at("events") / f->at("seconds") / 2;
    if (with_reader) {
      seconds += f->at("seconds");
      reads += f->at("reads");
    }
  }
  RemovePath(plan.store);
  results.Ratio("reader/one_busy/writer", rates[1], "events/s",
                "one writing thread without the reader; mean of 2 runs in "
                "turn, Close not in it",
                rates[0], 0.85);
  results.AtLeast("reader/one_busy/reads", reads / seconds, "states/s",
                  3'000'000);
  return Timing{seconds, reads};
}

}  // namespace

std::vector<Workload> ReadWorkloads() {
  return {
      {"replay/1M_100k", "the whole log, shut and opened", false, RunReplay},
      {"history/100_events", "one customer's 100 events, warm", false,
       RunHistories},
      {"reader/one_busy", "profiles in a loop beside a writing thread", false,
       RunReader}};
}

}  // namespace crm::bench
