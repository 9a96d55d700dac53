// How long it takes until a store is open again.

#include <utility>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/stores.h"

namespace crm::bench {
namespace {

// Opens and closes. Leaves, of the open: seconds, cpu_seconds, events.
Status OpenStore(const std::string& path, const StoreOptions& options,
                 Figures* figures) {
  const double cpu_before = CpuSeconds();
  const StopWatch watch;
  Result<Store> store = Store::Open(path, options);
  (*figures)["seconds"] = watch.seconds();
  (*figures)["cpu_seconds"] = CpuSeconds() - cpu_before;
  if (!store.ok()) return store.status();
  const Result<StoreStats> stats = store->GetStats();
  if (!stats.ok()) return stats.status();
  (*figures)["events"] = static_cast<double>(stats->events);
  return store->Close();
}

Result<Timing> RunCleanOpen(const Size& size, const Flags& flags,
                            Results& results) {
  const Result<std::string> store = SharedStore(flags, size);
  if (!store.ok()) return store.status();
  const Result<Figures> opened = RunInChild(
      [&](Figures* f) { return OpenStore(*store, MakeOptions(), f); });
  if (!opened.ok()) return opened.status();
  const double seconds = opened->at("seconds");
  results.AtMost("open/clean/" + size.name, seconds, "s", 1);
  return Timing{seconds, 1};
}

// Appends everything and stays open, to be killed.
Status AppendAndStay(const AppendPlan& plan, Figures* figures) {
  Result<Stream> stream = Stream::Open(plan.input);
  if (!stream.ok()) return stream.status();
  RemovePath(plan.store);
  SettleDisk();
  Result<Store> opened = Store::Open(plan.store, plan.options);
  if (!opened.ok()) return opened.status();
  // Never destroyed: that would close it.
  Store* const store = new Store(*std::move(opened));
  Status status =
      AppendLines(*store, *stream, plan, 0, stream->lines(), figures);
  if (!status.ok()) return status;
  const Result<StoreStats> stats = store->GetStats();
  if (!stats.ok()) return stats.status();
  (*figures)["events"] = static_cast<double>(stats->events);
  (*figures)["tail"] = static_cast<double>(stats->head - stats->checkpoint);
  return Status::Ok();
}

struct KillCase {
  Size size;
  bool all_is_tail = false;
  double goal = 0;  // Seconds.
};

std::string NameOf(const KillCase& c) {
  return std::string("open/killed/") +
         (c.all_is_tail ? "tail_of_" : "default_budget_") + c.size.name;
}

Result<Timing> RunKilled(const KillCase& c, const Flags& flags,
                         Results& results) {
  const Result<std::string> input = MakeInput(flags, c.size);
  if (!input.ok()) return input.status();
  AppendPlan plan = {.input = *input,
                     .store = ScratchPath(flags, "store_killed"),
                     .options = MakeOptions()};
  if (c.all_is_tail) {
    plan.options.checkpoint_records = 10'000'000;
    plan.options.checkpoint_bytes = size_t{4} << 30;
  }
  const Result<Figures> killed = RunInChild(
      [&](Figures* f) { return AppendAndStay(plan, f); }, ChildEnd::kKill);
  if (!killed.ok()) return killed.status();
  const Result<Figures> opened = RunInChild(
      [&](Figures* f) { return OpenStore(plan.store, plan.options, f); });
  RemovePath(plan.store);
  if (!opened.ok()) return opened.status();
  if (opened->at("events") != killed->at("events")) {
    return Status(StatusCode::kInternal, "events are missing");
  }
  const double seconds = opened->at("seconds");
  results.AtMost(NameOf(c), seconds, "s", c.goal);
  results.Plain(NameOf(c) + "/cpu", opened->at("cpu_seconds"), "s");
  results.Plain(NameOf(c) + "/tail", killed->at("tail"), "records");
  return Timing{seconds, killed->at("tail")};
}

}  // namespace

std::vector<Workload> RecoveryWorkloads() {
  std::vector<Workload> all;
  for (const auto& [size, is_long] :
       {std::pair(Of1M100k(), false), std::pair(Of10M1M(), true)}) {
    const Size copy = size;
    all.push_back({"open/clean/" + size.name, "a store that was closed",
                   is_long, [copy](const Flags& flags, Results& results) {
                     return RunCleanOpen(copy, flags, results);
                   }});
  }
  const KillCase cases[] = {{Of1M100k(), true, 3},
                            {Of1M1M(), true, 6},
                            {Of1M100k(), false, 1},
                            {Of1M1M(), false, 2}};
  for (const KillCase& c : cases) {
    all.push_back({NameOf(c), "the first open after kill -9", false,
                   [c](const Flags& flags, Results& results) {
                     return RunKilled(c, flags, results);
                   }});
  }
  return all;
}

}  // namespace crm::bench
