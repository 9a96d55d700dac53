// Where inputs and stores lie, and how large they are.

#ifndef CRM_BENCHMARKS_FILES_H_
#define CRM_BENCHMARKS_FILES_H_

#include <cstdint>
#include <string>

#include "benchmarks/bench.h"
#include "crm/status.h"

namespace crm::bench {

// A stream of events, and its name: "1M_100k".
struct Size {
  std::string name;
  uint64_t events = 0;
  uint64_t customers = 0;
};

// Before scaling.
inline constexpr uint64_t kMillion = 1'000'000;
Size Of1M100k();
Size Of1M1M();
Size Of10M1M();

// A path in the scratch directory, which is made when it is missing.
std::string ScratchPath(const Flags& flags, const std::string& name);

// The NDJSON file of this size, made by a child when it is not there yet.
Result<std::string> MakeInput(const Flags& flags, const Size& size);

// Removes a file or a directory with all that is in it, and a store's key.
void RemovePath(const std::string& path);

// What the files below `directory` hold, in bytes.
double TreeBytes(const std::string& directory);

// Waits until everything is on the disk, so that what one workload left to be
// written does not slow the next.
void SettleDisk();

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_FILES_H_
