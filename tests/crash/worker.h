// The process that is killed: opens the store, checks what earlier ones left,
// and works until it dies.

#ifndef CRM_TESTS_CRASH_WORKER_H_
#define CRM_TESTS_CRASH_WORKER_H_

#include <string>

#include "crash/messages.h"
#include "crash/oracle.h"
#include "crm/store.h"

namespace crm::crash {

struct Plan {
  enum class Work : uint8_t {
    kUntilKilled,  // `phase` over and over.
    kBuild,        // The base store, then a clean end.
    kVerify,       // Everything is compared, then a clean end.
  };
  Work work = Work::kUntilKilled;
  Phase phase = Phase::kAny;
  uint64_t seed = 0;
  uint64_t base_events = 0;
  std::string directory;  // The store is "<directory>/store".
  int pipe = -1;
};

// Never returns; exit code 0 when all was well.
[[noreturn]] void RunWorker(const Plan& plan, const Oracle& oracle);

// Ends the process with `what` on the error output.
[[noreturn]] void Fail(const std::string& what);

// Compares what is newer than the last check, and samples of the rest.
// Messages go to the pipe.
void CheckNews(Store& store, const Oracle& oracle, uint64_t seed, int pipe);
// Compares everything, and verifies.
void CheckAll(Store& store, const Oracle& oracle);

}  // namespace crm::crash

#endif  // CRM_TESTS_CRASH_WORKER_H_
