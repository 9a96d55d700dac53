// Pairs into clusters, from the heaviest to the lightest, behind guards.

#ifndef CRM_IDENTITY_MATCH_CLUSTER_H_
#define CRM_IDENTITY_MATCH_CLUSTER_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "identity/match_compare.h"
#include "identity/match_model.h"

namespace crm {

// A candidate pair, heavy enough to be looked at; without the prior.
struct MatchEdge {
  double weight;
  uint32_t a;
  uint32_t b;
};

class Clusterer final {
 public:
  // `rank`: the place of each record in the order of ids; it breaks ties.
  Clusterer(const MatchSet::Impl& set, const PairWeigher& weigher,
            const LinkOptions& options, double prior,
            const std::vector<uint32_t>& rank);

  // Joins what a person joined. kConflict.
  Status Assert();
  // Unites the clusters of a pair, or says which guard is against it.
  std::optional<ReviewReason> TryLink(const MatchEdge& edge);

  bool Together(uint32_t a, uint32_t b) { return Find(a) == Find(b); }
  uint32_t Find(uint32_t record);

 private:
  using Exclusive = std::vector<std::pair<uint32_t, uint32_t>>;

  void Unite(uint32_t a, uint32_t b);
  bool KeptApart(uint32_t a, uint32_t b);
  bool Excluded(uint32_t a, uint32_t b) const;
  bool Cohesive(uint32_t a, uint32_t b);
  // Some records of a cluster, always the same ones.
  std::vector<uint32_t> Sample(uint32_t root) const;

  const MatchSet::Impl& set_;
  const PairWeigher& weigher_;
  const LinkOptions& options_;
  const double prior_;
  const std::vector<uint32_t>& rank_;
  RecordComparer comparer_;
  std::vector<uint32_t> parent_;
  // Of roots; sorted by rank. Absent: itself alone.
  absl::flat_hash_map<uint32_t, std::vector<uint32_t>> members_;
  absl::flat_hash_map<uint32_t, Exclusive> exclusive_;
  absl::flat_hash_map<uint32_t, std::vector<uint32_t>> apart_;  // Of records.
};

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_CLUSTER_H_
