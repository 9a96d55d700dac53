// Counters: what a tenant holds, and what a store does. Cheap to get, of one
// instant: Tenant::GetStats, Store::GetStats.

#ifndef CRM_INCLUDE_STATS_H_
#define CRM_INCLUDE_STATS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crm/types.h"

namespace crm {

// Counters of one tenant.
struct TenantStats {
  std::string tenant = {};  // Its name.
  uint64_t events = 0;      // What hosts appended.
  // Those that were merged away or erased are not counted.
  uint64_t customers = 0;
  CustomerId last_customer = 0;   // The greatest id so far.
  uint64_t open_reviews = 0;      // Questions that nobody has answered.
  uint64_t records = 0;           // What one source said about one person.
  uint64_t unattributed = 0;      // Events that belong to nobody.
  uint64_t contested = 0;         // Events that named an identifier of another.
  uint64_t schema_warnings = 0;   // Events with an EventOutcome::warning.
  uint64_t erased_customers = 0;  // How many.
  // Events that came too late: their person was erased since they happened.
  // Only Store::GetStats counts them.
  uint64_t refused_events = 0;
};

// Counters of a store: of one instant, except the bytes and times.
struct StoreStats {
  Position head = 0;          // events + derived.
  uint64_t events = 0;        // What hosts appended.
  uint64_t derived = 0;       // What libcrm wrote: names, dictionaries, epochs.
  uint64_t customers = 0;     // As of a tenant, as are the next three.
  uint64_t records = 0;       // All of them.
  uint64_t unattributed = 0;  // Of nobody.
  uint64_t contested = 0;     // Of several.
  Position checkpoint = 0;    // Views on disk are valid up to here.
  uint64_t log_bytes = 0;     // On disk.
  uint64_t keys_bytes = 0;    // The keys.
  uint64_t views_bytes = 0;   // What is derived.
  uint64_t memory_bytes = 0;  // Rows held in memory, about.
  // Since open: where the time of appends went, in nanoseconds.
  uint64_t prepare_ns = 0, sequence_ns = 0, write_ns = 0, checkpoint_ns = 0;
  // For so long the sequencer was busy with one group of requests.
  uint64_t longest_pause_ns = 0;
  std::vector<TenantStats> tenants = {};  // In the order they were made.
};

}  // namespace crm

#endif  // CRM_INCLUDE_STATS_H_
