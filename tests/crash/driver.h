// Starts workers, kills them, and keeps what they said.

#ifndef CRM_TESTS_CRASH_DRIVER_H_
#define CRM_TESTS_CRASH_DRIVER_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "crash/messages.h"
#include "crash/oracle.h"
#include "crash/worker.h"

namespace crm::crash {

struct Goals {
  uint64_t seed = 1;
  uint64_t cycles = 1000;
  uint64_t kills = 20;  // Inside each phase.
  uint64_t base_events = 200'000;
  uint64_t verify_every = 25;
  std::string directory;
};

// Must not be used in a process that has threads: it forks without exec, so
// that a worker has all of the oracle.
class Driver final {
 public:
  explicit Driver(const Goals& goals) : goals_(goals), random_(goals.seed) {}

  // False: something was lost; what, is on the error output.
  bool Run();

 private:
  struct Watch;

  // One worker, from fork to death. False: it failed by itself.
  bool Cycle(const Plan& plan);
  bool RunToEnd(Plan::Work work);
  bool Read(Watch& watch);
  void Heard(const Message& message, Watch& watch);
  Phase NextPhase();
  uint64_t Random() { return random_ = Mix(random_); }
  void Print() const;

  const Goals goals_;
  uint64_t random_;
  Oracle oracle_;
  uint64_t cycles_ = 0;
  uint64_t rebuilds_left_ = 0;
  std::array<uint64_t, kPhases> kills_{};    // Inside the phase.
  std::array<uint64_t, kPhases> planned_{};  // Meant for it.
  // About how long a phase takes, learnt from those that ended, in
  // microseconds.
  std::array<uint64_t, kPhases> usual_us_ = {60'000, 10'000, 10'000,
                                             60'000, 30'000, 500'000};
};

}  // namespace crm::crash

#endif  // CRM_TESTS_CRASH_DRIVER_H_
