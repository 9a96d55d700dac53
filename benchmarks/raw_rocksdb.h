// RocksDB without libcrm: the yardstick. Runs in children only.

#ifndef CRM_BENCHMARKS_RAW_ROCKSDB_H_
#define CRM_BENCHMARKS_RAW_ROCKSDB_H_

#include <cstdint>
#include <string>

#include "benchmarks/child.h"

namespace crm::bench {

// The options of RawPuts, in words; the same as those of a store's log.
std::string RawPutsOptions(size_t batch, bool sync);
std::string RawIteratorOptions();

// Reads the log of the closed store in `store`, and writes the very same
// values, `batch` puts at a time, from one thread, into a fresh database in
// `directory`; flush and close are in the timing, as they are for a store.
// Three rounds, or as many as begin within 20 seconds. Leaves: records,
// value_bytes, rate (of the median round).
Status RawPuts(const std::string& store, const std::string& directory,
               size_t batch, bool sync, Figures* figures);

// Walks over the log of the closed store; twice, and the second one counts.
// Leaves: records, rate.
Status RawIterate(const std::string& store, Figures* figures);

// `rows` rows with keys of 20 random bytes and values of 6, compacted, with a
// Bloom filter of 10 bits, and a cache that holds them all; then twice `gets`
// look-ups of random ones, of which the second half counts. Leaves: get_ns,
// the median.
Status RawGets(const std::string& directory, uint64_t rows, uint64_t gets,
               Figures* figures);
std::string RawGetsOptions();

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_RAW_ROCKSDB_H_
