// An invariant of a fuzz target: what is not so ends the process, which is
// what fuzzers understand.

#ifndef CRM_TESTS_FUZZ_REQUIRE_H_
#define CRM_TESTS_FUZZ_REQUIRE_H_

#include <cstdlib>

namespace crm {

inline void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace crm

#endif  // CRM_TESTS_FUZZ_REQUIRE_H_
