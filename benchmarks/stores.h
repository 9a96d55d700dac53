// Stores that several workloads look at: written once in a run.

#ifndef CRM_BENCHMARKS_STORES_H_
#define CRM_BENCHMARKS_STORES_H_

#include <string>

#include "benchmarks/append.h"
#include "benchmarks/child.h"
#include "benchmarks/files.h"

namespace crm::bench {

// Writes the stream of this size from two threads, without fsync, and leaves
// the closed store. The figures of WriteStore.
Result<Figures> WriteSharedStore(const Flags& flags, const Size& size);

// Where that store lies; written when this run has not done so yet.
Result<std::string> SharedStore(const Flags& flags, const Size& size);

// Removes everything that this program leaves in the scratch directory.
void RemoveScratch(const Flags& flags);

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_STORES_H_
