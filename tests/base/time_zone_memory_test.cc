// Memory that runs out while the database of time zones is read for the first
// time. A program of its own, since that is once in a process; each trial is a
// child that ends with what it saw.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "base/time_zone.h"

namespace crm {
namespace {

// The allocation that fails, from now on; zero: none.
thread_local uint64_t left = 0;

bool Fails() { return left > 0 && --left == 0; }

enum Seen : int {
  kNoMemory = 0,      // And all was well afterwards.
  kNothingFailed,     // There are fewer allocations.
  kUnknownMeanwhile,  // The zone was said to be none of the database.
  kUnknownForGood,
};

// What a wall in Johannesburg shows at the beginning of 1970: two o'clock.
bool IsKnown() {
  const TimeZone zone = TimeZone::Find("Africa/Johannesburg");
  LocalTime local;
  return zone.ok() && zone.ToLocal(Timestamp(), &local) &&
         local.us_of_day == int64_t{2} * 3'600'000'000;
}

Seen Try(uint64_t nth) {
  bool known = true;
  bool thrown = false;
  left = nth;
  try {
    known = IsKnown();
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  const bool failed = left == 0;
  left = 0;
  if (!known) return kUnknownMeanwhile;
  if (!IsKnown()) return kUnknownForGood;
  return failed || thrown ? kNoMemory : kNothingFailed;
}

TEST_CASE("a time zone is known after an allocation that failed") {
  const bool all = std::getenv("CRM_TEST_ALL_POINTS") != nullptr;
  uint64_t trials = 0;
  for (uint64_t nth = 1;; nth += all || nth < 20 ? 1 : 1 + nth / 20) {
    CAPTURE(nth);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(Try(nth));
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == kNothingFailed) break;
    CHECK(WEXITSTATUS(status) == kNoMemory);
    ++trials;
  }
  MESSAGE(trials << " allocations failed");
  CHECK(trials > 50);
}

}  // namespace
}  // namespace crm

void* operator new(size_t size) {
  void* const memory = crm::Fails() ? nullptr : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
