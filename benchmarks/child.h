// A measurement in a process of its own.

#ifndef CRM_BENCHMARKS_CHILD_H_
#define CRM_BENCHMARKS_CHILD_H_

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "crm/status.h"

namespace crm::bench {

using Figures = std::map<std::string, double>;

enum class ChildEnd {
  kExit,
  kKill,  // With SIGKILL, as soon as `body` is done: nothing is closed.
};

// Runs `body` in a child and answers with the figures that it left, and
// "peak_bytes" (VmHWM). REQUIRES: this process has no thread but this one.
// Errors: those of `body`; kInternal when the child died otherwise.
Result<Figures> RunInChild(const std::function<Status(Figures*)>& body,
                           ChildEnd end = ChildEnd::kExit);

// Seconds since it was made.
class StopWatch final {
 public:
  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// Of this process, all threads, user and system.
double CpuSeconds();

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_CHILD_H_
