// Two partitions of a tenant's records held against each other: who is who now,
// and who would be who. What differs is written as choices.

#ifndef CRM_STORE_DIFFERENCES_H_
#define CRM_STORE_DIFFERENCES_H_

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "identity/identity_room.h"
#include "store/sequencer.h"

namespace crm {

// Call LoadCurrent, then Take for every customer who would be, then Write.
class Differences final {
 public:
  Differences(const IdentityRoom& identity, uint32_t tenant,
              Sequencer::Choosing& choosing, const ReResolveOptions& options,
              ReResolveReport* report)
      : identity_(identity),
        tenant_(tenant),
        choosing_(choosing),
        options_(options),
        report_(*report) {}

  Status LoadCurrent();
  void Take(Members&& wanted) { wanted_.push_back(std::move(wanted)); }
  // Merges by a match, as they were made.
  std::vector<Members::Merge> matches() const;
  // Customers of whom nothing differs, in records, links and identifiers, are
  // left alone, and links that stay keep their positions.
  Status Write();

 private:
  using Owners = absl::flat_hash_set<std::pair<uint64_t, uint64_t>>;

  void AddStrays();
  void AddStraysOf(const Members& now, std::vector<RecordId> strays,
                   const Owners& owned, Members* to);
  std::vector<std::vector<size_t>> GroupBoth();
  bool IsSame(const std::vector<size_t>& group);
  Status WriteGroup(const std::vector<size_t>& group);
  void KeepPositions(Members* members);
  void Describe(IdentityChoice* choice);

  const IdentityRoom& identity_;
  const uint32_t tenant_;
  Sequencer::Choosing& choosing_;
  const ReResolveOptions& options_;
  ReResolveReport& report_;
  std::map<CustomerId, Members> current_;
  absl::flat_hash_map<RecordId, CustomerId> customer_of_;
  absl::flat_hash_map<RecordId, CustomerId> began_;
  std::vector<Members> wanted_;
};

}  // namespace crm

#endif  // CRM_STORE_DIFFERENCES_H_
