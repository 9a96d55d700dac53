// The same events in SQLite: what a host would do without libcrm. Runs in
// children only.

#ifndef CRM_BENCHMARKS_RAW_SQLITE_H_
#define CRM_BENCHMARKS_RAW_SQLITE_H_

#include <cstdint>
#include <string>

#include "benchmarks/child.h"

namespace crm::bench {

std::string SqliteOptions(size_t batch);

// Inserts the first `events` lines of `input` into a fresh database at
// `path`, `batch` per transaction; the close is in the timing. Id, customer
// and type of each line are found beforehand. Leaves: rate, p50_us, p99_us
// (of a transaction).
Status SqliteInserts(const std::string& input, const std::string& path,
                     uint64_t events, size_t batch, Figures* figures);

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_RAW_SQLITE_H_
