#include "benchmarks/append.h"

#include <atomic>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "benchmarks/files.h"

namespace crm::bench {
namespace {

// What the threads of one run share.
struct Shared {
  const Tenant& tenant;
  const Stream& stream;
  const AppendPlan& plan;
  const uint64_t first;
  const uint64_t last;

  StopWatch watch;
  std::atomic<uint64_t> next;
  std::atomic<uint64_t> done{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Status status;
  Figures marks;
};

void NoteMillions(Shared& shared, uint64_t more) {
  const uint64_t before = shared.done.fetch_add(more);
  const uint64_t million = before / kMillion;
  if (million == (before + more) / kMillion) return;
  const double seconds = shared.watch.seconds();
  std::lock_guard<std::mutex> lock(shared.mutex);
  shared.marks["million_" + std::to_string(million)] = seconds;
}

Status AppendSome(Shared& shared) {
  Tenant tenant = shared.tenant;
  std::string buffer;
  std::vector<std::string_view> lines;
  const size_t batch = shared.plan.batch;
  while (!shared.failed.load(std::memory_order_relaxed)) {
    const uint64_t first = shared.next.fetch_add(batch);
    if (first >= shared.last) break;
    Status status = shared.stream.Read(first, batch, &buffer, &lines);
    if (!status.ok()) return status;
    const Result<AppendResult> result = tenant.AppendJson(lines);
    if (!result.ok()) return result.status();
    if (result->appended != lines.size()) {
      return Status(StatusCode::kInternal, "not every event was new");
    }
    NoteMillions(shared, lines.size());
  }
  return Status::Ok();
}

void RunThread(Shared& shared) {
  Status status = AppendSome(shared);
  if (status.ok()) return;
  shared.failed.store(true);
  std::lock_guard<std::mutex> lock(shared.mutex);
  if (shared.status.ok()) shared.status = std::move(status);
}

void NoteStats(const StoreStats& stats, Figures& figures) {
  figures["events"] = static_cast<double>(stats.events);
  figures["customers"] = static_cast<double>(stats.customers);
  figures["prepare_ns"] = static_cast<double>(stats.prepare_ns);
  figures["sequence_ns"] = static_cast<double>(stats.sequence_ns);
  figures["write_ns"] = static_cast<double>(stats.write_ns);
  figures["checkpoint_ns"] = static_cast<double>(stats.checkpoint_ns);
  figures["pause_ns"] = static_cast<double>(stats.longest_pause_ns);
}

}  // namespace

StoreOptions MakeOptions(Durability durability) {
  StoreOptions options;
  options.create_if_missing = true;
  options.durability = durability;
  options.default_region = "ZA";
  return options;
}

Status AppendLines(Store& store, const Stream& stream, const AppendPlan& plan,
                   uint64_t first, uint64_t last, Figures* figures) {
  const Result<Tenant> tenant = store.Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  Shared shared{.tenant = *tenant,
                .stream = stream,
                .plan = plan,
                .first = first,
                .last = last,
                .next = first};
  if (plan.threads == 1) {
    RunThread(shared);
  } else {
    std::vector<std::thread> threads;
    for (int i = 0; i < plan.threads; ++i) {
      threads.emplace_back([&shared] { RunThread(shared); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  figures->insert(shared.marks.begin(), shared.marks.end());
  return shared.status;
}

Status WriteStore(const AppendPlan& plan, Figures* figures) {
  Result<Stream> stream = Stream::Open(plan.input);
  if (!stream.ok()) return stream.status();
  RemovePath(plan.store);
  SettleDisk();
  Result<Store> store = Store::Open(plan.store, plan.options);
  if (!store.ok()) return store.status();

  const double cpu_before = CpuSeconds();
  const StopWatch appending;
  Status status =
      AppendLines(*store, *stream, plan, 0, stream->lines(), figures);
  double seconds = appending.seconds();
  (*figures)["append_seconds"] = seconds;
  if (!status.ok()) return status;
  const Result<StoreStats> stats = store->GetStats();
  if (!stats.ok()) return stats.status();
  const StopWatch closing;
  status = store->Close();
  if (!status.ok()) return status;
  seconds += closing.seconds();

  NoteStats(*stats, *figures);
  (*figures)["seconds"] = seconds;
  (*figures)["cpu_seconds"] = CpuSeconds() - cpu_before;
  (*figures)["log_bytes"] = TreeBytes(plan.store + "/log");
  (*figures)["all_bytes"] = TreeBytes(plan.store);
  if (stats->events != stream->lines()) {
    return Status(StatusCode::kInternal, "events are missing");
  }
  return Status::Ok();
}

}  // namespace crm::bench
