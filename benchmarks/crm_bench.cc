// crm_bench: see README.md, or --help.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/bench.h"
#include "benchmarks/machine.h"
#include "benchmarks/stores.h"

namespace {

using crm::bench::Flags;
using crm::bench::Results;
using crm::bench::Timing;
using crm::bench::Workload;

constexpr char kUsage[] =
    "usage: crm_bench [flags]\n"
    "  --benchmark_filter=REGEX  only workloads whose name it matches, long\n"
    "                            ones too; any --benchmark_* flag of Google\n"
    "                            Benchmark works\n"
    "  --long        the workloads of 10 M events as well (needs 12 GB of\n"
    "                disk, and takes minutes more)\n"
    "  --scale=X     events and customers times X, e.g. 0.01 to try it out;\n"
    "                goals are for 1\n"
    "  --out=FILE    instead of " CRM_BENCH_OUTPUT
    "\n"
    "  --scratch=DIR where inputs and stores are made; a disk, not a tmpfs\n"
    "                (" CRM_BENCH_SCRATCH
    ")\n"
    "  --data=DIR    public data sets (" CRM_BENCH_SOURCE
    "/../shared/data)\n"
    "  --keep        do not remove inputs and stores\n"
    "  --list        the names of the workloads\n"
    "Without a filter it takes about ten minutes. A goal that is missed is no\n"
    "failure: the exit code is 1 only when a workload could not be run.\n";

std::vector<Workload> AllWorkloads() {
  std::vector<Workload> all;
  for (auto* make : {crm::bench::WriteWorkloads, crm::bench::DurableWorkloads,
                     crm::bench::RecoveryWorkloads, crm::bench::ReadWorkloads,
                     crm::bench::SubscribeWorkloads,
                     crm::bench::SchemaWorkloads, crm::bench::ConsentWorkloads,
                     crm::bench::ExportWorkloads, crm::bench::CapiWorkloads,
                     crm::bench::PythonWorkloads, crm::bench::IdentityWorkloads,
                     crm::bench::LedgerWorkloads, crm::bench::EraseWorkloads}) {
    for (Workload& workload : make()) all.push_back(std::move(workload));
  }
  return all;
}

void PrintList(const std::vector<Workload>& workloads) {
  for (const Workload& workload : workloads) {
    std::printf("  %-38s %s%s\n", workload.name.c_str(), workload.about.c_str(),
                workload.is_long ? " (long)" : "");
  }
  std::printf("  %-38s %s\n", "small/...", "single calls, in memory");
}

// One iteration, and the time is what the workload says.
void Register(const Workload& workload, const Flags& flags, Results& results,
              bool* failed) {
  benchmark::RegisterBenchmark(
      workload.name.c_str(),
      [workload, &flags, &results, failed](benchmark::State& state) {
        for (auto _ : state) {
          const crm::Result<Timing> timing = workload.run(flags, results);
          if (timing.ok()) {
            state.SetIterationTime(timing->seconds);
            state.counters["per_second"] = timing->items / timing->seconds;
            continue;
          }
          // A data set that is not there is no failure.
          if (timing.status().code() != crm::StatusCode::kNotFound) {
            *failed = true;
          }
          state.SkipWithError(timing.status().ToString().c_str());
        }
      })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

bool HasFilter(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]).starts_with("--benchmark_filter")) {
      return true;
    }
  }
  return false;
}

int Finish(const Flags& flags, const Results& results, bool failed) {
  results.PrintTable();
  if (flags.scale != 1) {
    std::printf("--scale=%g: the goals are for 1\n", flags.scale);
  }
  std::printf("on %s\n", crm::bench::MachineLine().c_str());
  const crm::Status written = results.WriteJson(flags.out);
  if (written.ok()) {
    std::printf("ratios: %s\n", flags.out.c_str());
  } else {
    std::fprintf(stderr, "crm_bench: %s\n", written.ToString().c_str());
    failed = true;
  }
  std::printf("Goals that are missed do not change the exit code.\n");
  std::fflush(stdout);
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  const bool has_filter = HasFilter(argc, argv);
  const crm::Status parsed = crm::bench::ParseFlags(&argc, argv, &flags);
  if (!parsed.ok()) {
    std::fprintf(stderr, "crm_bench: %s\n", parsed.ToString().c_str());
    return 2;
  }
  const std::vector<Workload> workloads = AllWorkloads();
  if (flags.help || flags.list) {
    if (flags.help) std::fputs(kUsage, stdout);
    PrintList(workloads);
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;

  benchmark::AddCustomContext("machine", crm::bench::MachineLine());
  Results results;
  bool failed = false;
  for (const Workload& workload : workloads) {
    if (workload.is_long && !flags.run_long && !has_filter) continue;
    Register(workload, flags, results, &failed);
  }
  crm::bench::RegisterSmallBenchmarks();
  benchmark::RunSpecifiedBenchmarks();
  if (!flags.keep) crm::bench::RemoveScratch(flags);
  // Not by returning: the small store in memory has no end.
  std::_Exit(Finish(flags, results, failed));
}
