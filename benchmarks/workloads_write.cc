// NDJSON through the whole path, without fsync, and importing files.

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/raw_rocksdb.h"
#include "benchmarks/stores.h"
#include "crm/ingest.h"

namespace crm::bench {
namespace {

// Zero: no goal.
struct WriteCase {
  Size size;
  int threads = 2;
  double rate_goal = 0;
  double raw_goal = 0;
  double cpu_goal = 0;   // Microseconds an event, all threads.
  double peak_goal = 0;  // GB.
  bool is_long = false;
};

std::string NameOf(const WriteCase& c) {
  return "ndjson/" + std::to_string(c.threads) +
         (c.threads == 1 ? "_thread/" : "_threads/") + c.size.name;
}

void AddAtMost(Results& results, std::string name, double value,
               std::string unit, double goal) {
  if (goal > 0) {
    results.AtMost(std::move(name), value, std::move(unit), goal);
  } else {
    results.Plain(std::move(name), value, std::move(unit));
  }
}

void AddStages(Results& results, const std::string& name, const Figures& f) {
  const double events = f.at("events");
  const auto stage = [&](const char* figure) {
    return f.at(figure) / 1000 / events;
  };
  results.Plain(name + "/prepare", stage("prepare_ns"), "us/event");
  results.Plain(name + "/sequence", stage("sequence_ns"), "us/event");
  results.Plain(name + "/write", stage("write_ns"), "us/event");
  results.Plain(name + "/checkpoint", stage("checkpoint_ns"), "us/event");
  results.AtMost(name + "/sequencer", stage("sequence_ns") + stage("write_ns"),
                 "us/event", 3);
  results.AtMost(name + "/longest_pause", f.at("pause_ns") / 1e6, "ms", 100);
}

void AddSteadiness(Results& results, const std::string& name,
                   const Figures& f) {
  std::vector<double> rates;
  double before = 0;
  for (int i = 0; f.count("million_" + std::to_string(i)) > 0; ++i) {
    const double at = f.at("million_" + std::to_string(i));
    rates.push_back(kMillion / (at - before));
    results.Plain(name + "/million_" + std::to_string(i + 1), rates.back(),
                  "events/s");
    before = at;
  }
  if (rates.size() < 4) return;
  const auto begin_of_last =
      f.at("million_" + std::to_string(rates.size() - 4));
  const double last = 3.0 * kMillion / (before - begin_of_last);
  std::sort(rates.begin(), rates.end());
  results.Ratio(name + "/last_3_million", last, "events/s",
                "the median million of the same run", rates[rates.size() / 2],
                0.85);
}

Result<Timing> RunWriteCase(const WriteCase& c, const Flags& flags,
                            Results& results) {
  const Result<std::string> input = MakeInput(flags, c.size);
  if (!input.ok()) return input.status();
  AppendPlan plan = {
      .input = *input, .threads = c.threads, .options = MakeOptions()};
  // The store of two threads is left for others to look at.
  plan.store = ScratchPath(
      flags, (c.threads == 2 ? "store_" : "store_other_") + c.size.name);
  const Result<Figures> wrote =
      c.threads == 2
          ? WriteSharedStore(flags, c.size)
          : RunInChild([&](Figures* f) { return WriteStore(plan, f); });
  if (!wrote.ok()) return wrote.status();
  const Figures& f = *wrote;
  const double events = f.at("events");
  const double rate = events / f.at("seconds");

  const std::string name = NameOf(c);
  results.AtLeast(name + "/rate", rate, "events/s", c.rate_goal);
  if (c.raw_goal > 0) {
    const Result<Figures> raw = RunInChild([&](Figures* child) {
      return RawPuts(plan.store, ScratchPath(flags, "raw_puts"), plan.batch,
                     false, child);
    });
    if (!raw.ok()) return raw.status();
    results.Ratio(name + "/rate_to_raw_puts", rate, "events/s",
                  RawPutsOptions(plan.batch, false), raw->at("rate"),
                  c.raw_goal);
    results.Plain(name + "/log_value",
                  raw->at("value_bytes") / raw->at("records"), "bytes/ev");
  }
  AddStages(results, name, f);
  AddSteadiness(results, name, f);
  AddAtMost(results, name + "/cpu", f.at("cpu_seconds") * 1e6 / events,
            "us/event", c.cpu_goal);
  AddAtMost(results, name + "/peak_memory", f.at("peak_bytes") / 1e9, "GB",
            c.peak_goal);
  results.AtMost(name + "/log", f.at("log_bytes") / events, "bytes/ev", 260);
  results.AtMost(name + "/all_files", f.at("all_bytes") / events, "bytes/ev",
                 550);
  if (c.threads != 2) RemovePath(plan.store);
  return Timing{f.at("seconds"), events};
}

// --- Files -------------------------------------------------------------------

Status Import(const std::string& store_path, const std::string& file,
              const std::string& map, Figures* figures) {
  ImportOptions options;
  options.durability = Durability::kOs;
  if (!map.empty()) {
    Result<ImportMap> read = ImportMap::FromFile(map);
    if (!read.ok()) return read.status();
    options.map = *std::move(read);
  }
  SettleDisk();
  Result<Store> store = Store::Open(store_path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  Result<StoreStats> before = store->GetStats();
  if (!before.ok()) return before.status();
  StopWatch watch;
  const Result<ImportReport> report = ImportFile(*tenant, file, options);
  double seconds = watch.seconds();
  if (!report.ok()) return report.status();
  Result<StoreStats> after = store->GetStats();
  if (!after.ok()) return after.status();
  watch = StopWatch();
  Status status = store->Close();
  if (!status.ok()) return status;
  seconds += watch.seconds();
  (*figures)["seconds"] = seconds;
  (*figures)["rows"] = static_cast<double>(report->read);
  (*figures)["appended"] = static_cast<double>(report->appended);
  (*figures)["duplicates"] = static_cast<double>(report->duplicates);
  (*figures)["written"] = static_cast<double>(after->head - before->head);
  return Status::Ok();
}

Result<Timing> RunReimport(const Flags& flags, Results& results) {
  const Result<std::string> input = MakeInput(flags, Of1M100k());
  if (!input.ok()) return input.status();
  const std::string store = ScratchPath(flags, "store_import");
  RemovePath(store);
  const auto import = [&](Figures* f) { return Import(store, *input, "", f); };
  const Result<Figures> first = RunInChild(import);
  if (!first.ok()) return first.status();
  const Result<Figures> again = RunInChild(import);
  RemovePath(store);
  if (!again.ok()) return again.status();
  if (again->at("duplicates") != first->at("rows")) {
    return Status(StatusCode::kInternal, "not every row was a duplicate");
  }
  const double rows = again->at("rows");
  const double seconds = again->at("seconds");
  results.Plain("import/1M_100k/rate", rows / first->at("seconds"), "rows/s");
  results.AtLeast("import/again/1M_100k/rate", rows / seconds, "rows/s",
                  130'000);
  results.AtMost("import/again/1M_100k/written", again->at("written"),
                 "records", 0);
  return Timing{seconds, rows};
}

// A public data set, when it is there.
Result<Timing> RunDataSet(const std::string& name, const std::string& file,
                          const Flags& flags, Results& results) {
  const std::string path = flags.data + "/" + file;
  if (!std::filesystem::exists(path)) {
    return Status(StatusCode::kNotFound, "there is no " + path);
  }
  const std::string map =
      std::string(CRM_BENCH_SOURCE "/examples/maps/") + name + ".json";
  const std::string store = ScratchPath(flags, "store_import");
  RemovePath(store);
  const Result<Figures> done =
      RunInChild([&](Figures* f) { return Import(store, path, map, f); });
  RemovePath(store);
  if (!done.ok()) return done.status();
  const double seconds = done->at("seconds");
  results.Plain("import/" + name + "/time", seconds, "s");
  results.Plain("import/" + name + "/rate", done->at("rows") / seconds,
                "rows/s");
  return Timing{seconds, done->at("rows")};
}

}  // namespace

std::vector<Workload> WriteWorkloads() {
  const std::vector<WriteCase> cases = {
      {.size = Of1M100k(),
       .rate_goal = 200'000,
       .raw_goal = 0.18,
       .cpu_goal = 9,
       .peak_goal = 0.8},
      {.size = Of1M1M(),
       .rate_goal = 150'000,
       .raw_goal = 0.18,
       .cpu_goal = 12},
      {.size = Of1M100k(),
       .threads = 1,
       .rate_goal = 130'000,
       .raw_goal = 0.11,
       .cpu_goal = 9,
       .peak_goal = 0.8},
      {.size = Of1M1M(),
       .threads = 1,
       .rate_goal = 90'000,
       .raw_goal = 0.11,
       .cpu_goal = 12},
      {.size = Of10M1M(),
       .rate_goal = 150'000,
       .peak_goal = 2,
       .is_long = true},
  };
  std::vector<Workload> all;
  for (const WriteCase& c : cases) {
    all.push_back({NameOf(c), "NDJSON without fsync, Close included", c.is_long,
                   [c](const Flags& flags, Results& results) {
                     return RunWriteCase(c, flags, results);
                   }});
  }
  all.push_back({"import/again/1M_100k", "a whole file for the second time",
                 false, RunReimport});
  const auto data_set = [&](const char* name, const char* file) {
    all.push_back({std::string("import/") + name,
                   "a public data set through its map", false,
                   [=](const Flags& flags, Results& results) {
                     return RunDataSet(name, file, flags, results);
                   }});
  };
  data_set("cdnow", "cdnow/CDNOW_master.txt");
  data_set("online-retail", "online-retail/online_retail.csv.gz");
  return all;
}

}  // namespace crm::bench
