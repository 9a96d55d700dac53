// What all workloads share: the flags, and the list of workloads.
//
// The process that runs Google Benchmark never opens a store or a database:
// each measurement is a child of its own (child.h), so that memory, caches
// and background threads of one do not tell on the next.

#ifndef CRM_BENCHMARKS_BENCH_H_
#define CRM_BENCHMARKS_BENCH_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/results.h"
#include "crm/status.h"

namespace crm::bench {

struct Flags {
  double scale = 1;  // All numbers of events and customers times this.
  bool run_long = false;
  bool keep = false;  // Leave the files where they are.
  bool help = false;
  bool list = false;
  std::string out;      // ratios.json.
  std::string scratch;  // Where inputs and stores are made.
  std::string data;     // Public data sets, for imports.
};

// Takes its own flags out of `argv`; the others are Google Benchmark's.
// Errors: kInvalidArgument.
Status ParseFlags(int* argc, char** argv, Flags* flags);

// How many events or people a size of the real run has in this one.
uint64_t Scaled(const Flags& flags, uint64_t size);

// How long the part under measurement took, and how many items it did.
struct Timing {
  double seconds = 0;
  double items = 0;
};

struct Workload {
  std::string name;
  std::string about;  // One line for --help.
  bool is_long = false;
  std::function<Result<Timing>(const Flags&, Results&)> run;
};

std::vector<Workload> WriteWorkloads();
std::vector<Workload> DurableWorkloads();
std::vector<Workload> RecoveryWorkloads();
std::vector<Workload> ReadWorkloads();
std::vector<Workload> IdentityWorkloads();
std::vector<Workload> LedgerWorkloads();
std::vector<Workload> SubscribeWorkloads();
std::vector<Workload> ExportWorkloads();
std::vector<Workload> PythonWorkloads();
std::vector<Workload> CapiWorkloads();
std::vector<Workload> SchemaWorkloads();
std::vector<Workload> ConsentWorkloads();
std::vector<Workload> EraseWorkloads();

// Google Benchmark's own kind, over a small store in memory. They start
// threads in this process, and so must be registered last.
void RegisterSmallBenchmarks();

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_BENCH_H_
