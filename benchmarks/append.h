// Appending a stream to a store, as a host with a few threads does it. Runs
// in children only.

#ifndef CRM_BENCHMARKS_APPEND_H_
#define CRM_BENCHMARKS_APPEND_H_

#include <cstdint>
#include <string>

#include "benchmarks/child.h"
#include "benchmarks/stream.h"
#include "crm/store.h"

namespace crm::bench {

inline constexpr char kTenant[] = "default";

struct AppendPlan {
  std::string input;
  std::string store;  // Made anew.
  int threads = 2;
  size_t batch = 500;
  StoreOptions options;  // kOs by default, see MakeOptions.
};

// The options of a store that is new, or is to be opened again.
StoreOptions MakeOptions(Durability durability = Durability::kOs);

// Appends lines [first, last) of `stream`, in batches, from `threads` threads
// of its own (one: from this one). Every event must be new.
// Leaves "million_0", "million_1", ...: seconds until so many millions more
// were appended.
Status AppendLines(Store& store, const Stream& stream, const AppendPlan& plan,
                   uint64_t first, uint64_t last, Figures* figures);

// The whole of it: make, append, close. Leaves, beside the above:
//   events, seconds (appends and Close), cpu_seconds, customers,
//   prepare_ns, sequence_ns, write_ns, checkpoint_ns, pause_ns,
//   log_bytes, all_bytes (of files, after Close)
Status WriteStore(const AppendPlan& plan, Figures* figures);

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_APPEND_H_
