// Memory that runs out on demand: the n-th allocation that libcrm makes in
// this thread fails, or all from it on. Replaces malloc and operator new of
// the whole program. What RocksDB and other libraries allocate for themselves
// is let through: they do not survive it, and libcrm cannot help that.

#ifndef CRM_TESTS_CAPI_FAILING_MEMORY_H_
#define CRM_TESTS_CAPI_FAILING_MEMORY_H_

#include <cstdint>

namespace crm {

enum class Failing { kOnce, kFromThenOn };

// From now on, in this thread. `nth` begins at 1.
void FailAllocation(uint64_t nth, Failing failing);
// Ends that. True: at least one allocation has failed.
bool StopFailing();

// The same for one allocation of all other threads together.
void FailElsewhere(uint64_t nth);
bool HasFailedElsewhere();
void StopFailingElsewhere();

// Sanitizers have an allocator of their own, of which only operator new can be
// replaced.
bool MallocIsReplaced();

}  // namespace crm

#endif  // CRM_TESTS_CAPI_FAILING_MEMORY_H_
