// Checksums over what a tenant can be asked, in a form that two stores with the
// same events share. See crm/export.h for the projections.

#ifndef CRM_INGEST_VIEW_CHECKSUMS_H_
#define CRM_INGEST_VIEW_CHECKSUMS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "crm/export.h"
#include "crm/store.h"
#include "ingest/running_hash.h"

namespace crm::ingest {

// Which event of its tenant lies at a position: positions count what libcrm
// writes between events, too, and that differs from store to store.
class Ordinals final {
 public:
  // Ascending. Memory: 16 bytes for each run of neighbours.
  void Add(Position position);
  // How many events lie up to there.
  uint64_t Of(Position position) const;

 private:
  struct Run {
    Position first;
    uint64_t before;  // Events before the run.
  };
  std::vector<Run> runs_;
  Position last_ = 0;
  uint64_t count_ = 0;
};

// Whose the identifiers of events are.
class IdentifierOwners final {
 public:
  // Of event `n`; `identity`: its JSON object, or empty.
  Status Add(const crm::Snapshot& snapshot, uint64_t n,
             std::string_view identity);
  std::string Finish() { return hash_.Finish(); }

 private:
  RunningHash hash_;
  std::string json_;
};

// The other views, in the order of the manual: counters, identity, profile,
// timeline, times. `identifiers` stands between identity and profile. `step` is
// called now and then; false cancels.
Result<std::vector<ProjectionChecksum>> ChecksumViews(
    const crm::Snapshot& snapshot, const Ordinals& ordinals,
    const std::string& identifiers, const std::function<bool()>& step);

}  // namespace crm::ingest

#endif  // CRM_INGEST_VIEW_CHECKSUMS_H_
