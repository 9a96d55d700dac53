// Appends that are on the disk when they are acknowledged.

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/raw_rocksdb.h"
#include "benchmarks/raw_sqlite.h"
#include "benchmarks/stores.h"

namespace crm::bench {
namespace {

constexpr size_t kDurableBatch = 100;
constexpr size_t kClients = 64;
constexpr uint64_t kSingleEvents = 192'000;
// SQLite slows down as its indexes grow, so that fewer events favour it.
constexpr uint64_t kSqliteBatched = 300'000;
constexpr uint64_t kSqliteSingle = 10'000;

Result<Timing> RunBatches(const Flags& flags, Results& results) {
  const Result<std::string> input = MakeInput(flags, Of1M100k());
  if (!input.ok()) return input.status();
  const AppendPlan plan = {.input = *input,
                           .store = ScratchPath(flags, "store_durable"),
                           .batch = kDurableBatch,
                           .options = MakeOptions(Durability::kSync)};
  const Result<Figures> wrote =
      RunInChild([&](Figures* f) { return WriteStore(plan, f); });
  if (!wrote.ok()) return wrote.status();
  const double events = wrote->at("events");
  const double rate = events / wrote->at("seconds");
  const Result<Figures> raw = RunInChild([&](Figures* f) {
    return RawPuts(plan.store, ScratchPath(flags, "raw_puts"), kDurableBatch,
                   true, f);
  });
  RemovePath(plan.store);
  if (!raw.ok()) return raw.status();
  const Result<Figures> sqlite = RunInChild([&](Figures* f) {
    return SqliteInserts(*input, ScratchPath(flags, "raw_sqlite"),
                         Scaled(flags, kSqliteBatched), kDurableBatch, f);
  });
  if (!sqlite.ok()) return sqlite.status();

  const std::string name = "durable/batches_of_100/1M_100k";
  results.AtLeast(name + "/rate", rate, "events/s", 130'000);
  results.Ratio(name + "/rate_to_raw_puts", rate, "events/s",
                RawPutsOptions(kDurableBatch, true), raw->at("rate"), 0.45);
  results.Ratio(name + "/rate_to_sqlite", rate, "events/s",
                SqliteOptions(kDurableBatch), sqlite->at("rate"), 5);
  results.Plain(name + "/sequence", wrote->at("sequence_ns") / 1000 / events,
                "us/event");
  results.Plain(name + "/write", wrote->at("write_ns") / 1000 / events,
                "us/event");
  return Timing{wrote->at("seconds"), events};
}

// One client: lines one by one, each on the disk before the next.
Status AppendOneByOne(Tenant tenant, const std::string_view* lines,
                      size_t count, std::vector<float>* latencies) {
  latencies->reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const StopWatch watch;
    const Result<AppendResult> result = tenant.AppendJson({&lines[i], 1});
    if (!result.ok()) return result.status();
    if (result->appended != 1) {
      return Status(StatusCode::kInternal, "not every event was new");
    }
    latencies->push_back(static_cast<float>(watch.seconds() * 1e6));
  }
  return Status::Ok();
}

Status WriteSingles(const std::string& input, const std::string& path,
                    uint64_t events, Figures* figures) {
  Result<Stream> stream = Stream::Open(input);
  if (!stream.ok()) return stream.status();
  std::string buffer;
  std::vector<std::string_view> lines;
  Status status = stream->Read(0, events, &buffer, &lines);
  if (!status.ok()) return status;
  RemovePath(path);
  SettleDisk();
  Result<Store> store = Store::Open(path, MakeOptions(Durability::kSync));
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();

  const size_t each = lines.size() / kClients;
  std::vector<std::vector<float>> latencies(kClients);
  std::vector<Status> statuses(kClients);
  std::vector<std::thread> clients;
  StopWatch watch;
  for (size_t i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      statuses[i] =
          AppendOneByOne(*tenant, &lines[i * each], each, &latencies[i]);
    });
  }
  for (std::thread& client : clients) client.join();
  double seconds = watch.seconds();
  watch = StopWatch();
  status = store->Close();
  seconds += watch.seconds();
  for (const Status& one : statuses) {
    if (status.ok()) status = one;
  }
  if (!status.ok()) return status;

  std::vector<float> all;
  for (const auto& some : latencies) {
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  (*figures)["seconds"] = seconds;
  (*figures)["events"] = static_cast<double>(all.size());
  (*figures)["p50_us"] = all[all.size() / 2];
  (*figures)["p99_us"] = all[all.size() * 99 / 100];
  (*figures)["max_us"] = all.back();
  return Status::Ok();
}

Result<Timing> RunSingles(const Flags& flags, Results& results) {
  const Result<std::string> input = MakeInput(flags, Of1M100k());
  if (!input.ok()) return input.status();
  const std::string path = ScratchPath(flags, "store_singles");
  const Result<Figures> wrote = RunInChild([&](Figures* f) {
    return WriteSingles(*input, path, Scaled(flags, kSingleEvents), f);
  });
  RemovePath(path);
  if (!wrote.ok()) return wrote.status();
  const Result<Figures> sqlite = RunInChild([&](Figures* f) {
    return SqliteInserts(*input, ScratchPath(flags, "raw_sqlite"),
                         Scaled(flags, kSqliteSingle), 1, f);
  });
  if (!sqlite.ok()) return sqlite.status();

  const std::string name = "durable/singles/64_threads";
  const double rate = wrote->at("events") / wrote->at("seconds");
  results.Ratio(name + "/rate_to_sqlite", rate, "events/s", SqliteOptions(1),
                sqlite->at("rate"), 8);
  results.Plain(name + "/p50", wrote->at("p50_us"), "us");
  results.Plain(name + "/p99", wrote->at("p99_us"), "us");
  results.Plain(name + "/max", wrote->at("max_us"), "us");
  results.Plain(name + "/sqlite_p50", sqlite->at("p50_us"), "us");
  results.Plain(name + "/sqlite_p99", sqlite->at("p99_us"), "us");
  return Timing{wrote->at("seconds"), wrote->at("events")};
}

}  // namespace

std::vector<Workload> DurableWorkloads() {
  return {
      {"durable/batches_of_100/1M_100k",
       "fsync per 100 events, beside RocksDB and SQLite", false, RunBatches},
      {"durable/singles/64_threads",
       "64 clients, one event each at a time, beside SQLite", false,
       RunSingles}};
}

}  // namespace crm::bench
