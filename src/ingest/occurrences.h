// Counts how often each row of a file was seen before.

#ifndef CRM_INGEST_OCCURRENCES_H_
#define CRM_INGEST_OCCURRENCES_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "ingest/content_hash.h"

namespace crm::ingest {

// Holds 16 bytes for every different row (about 30 with the empty slots of
// the table): few rows repeat, and only those have a counter.
class Occurrences final {
 public:
  // How often `hash` was given before.
  uint32_t Count(const ContentHash& hash) {
    if (seen_.insert(hash).second) return 0;
    return ++repeats_[hash];
  }

 private:
  absl::flat_hash_set<ContentHash> seen_;
  absl::flat_hash_map<ContentHash, uint32_t> repeats_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_OCCURRENCES_H_
