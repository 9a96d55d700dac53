#include "identity/match_cluster.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace crm {
namespace {

// So many records of each side are compared with those of the other.
constexpr size_t kSample = 7;
// A pair counts for at most so many bits, either way, so that no single one
// decides.
constexpr double kMostBits = 14;

}  // namespace

Clusterer::Clusterer(const MatchSet::Impl& set, const PairWeigher& weigher,
                     const LinkOptions& options, double prior,
                     const std::vector<uint32_t>& rank)
    : set_(set),
      weigher_(weigher),
      options_(options),
      prior_(prior),
      rank_(rank),
      comparer_(set),
      parent_(set.features.size()),
      exclusive_(set.exclusive) {
  std::iota(parent_.begin(), parent_.end(), 0u);
  for (const auto& [a, b] : options.cannot_link) {
    apart_[a].push_back(b);
    apart_[b].push_back(a);
  }
}

uint32_t Clusterer::Find(uint32_t record) {
  while (parent_[record] != record) {
    parent_[record] = parent_[parent_[record]];
    record = parent_[record];
  }
  return record;
}

void Clusterer::Unite(uint32_t a, uint32_t b) {
  auto& left = members_[a];
  if (left.empty()) left.push_back(a);
  std::vector<uint32_t> right;
  const auto found = members_.find(b);
  if (found == members_.end()) {
    right.push_back(b);
  } else {
    right = std::move(found->second);
    members_.erase(found);
  }
  std::vector<uint32_t>& all = members_[a];
  const auto middle = static_cast<std::ptrdiff_t>(all.size());
  all.insert(all.end(), right.begin(), right.end());
  std::inplace_merge(
      all.begin(), all.begin() + middle, all.end(),
      [&](uint32_t x, uint32_t y) { return rank_[x] < rank_[y]; });
  parent_[b] = a;
  const auto exclusive = exclusive_.find(b);
  if (exclusive != exclusive_.end()) {
    const Exclusive moved = std::move(exclusive->second);
    exclusive_.erase(exclusive);
    Exclusive& mine = exclusive_[a];
    mine.insert(mine.end(), moved.begin(), moved.end());
  }
}

bool Clusterer::KeptApart(uint32_t a, uint32_t b) {
  if (apart_.empty()) return false;
  const auto is_kept = [&](uint32_t record, uint32_t root) {
    const auto found = apart_.find(record);
    if (found == apart_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [&](uint32_t other) { return Find(other) == root; });
  };
  const auto found = members_.find(a);
  if (found == members_.end()) return is_kept(a, b);
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](uint32_t record) { return is_kept(record, b); });
}

bool Clusterer::Excluded(uint32_t a, uint32_t b) const {
  const auto x = exclusive_.find(a);
  const auto y = exclusive_.find(b);
  if (x == exclusive_.end() || y == exclusive_.end()) return false;
  for (const auto& [name_space, value] : x->second) {
    for (const auto& [other_space, other] : y->second) {
      if (name_space == other_space && value != other) return true;
    }
  }
  return false;
}

std::vector<uint32_t> Clusterer::Sample(uint32_t root) const {
  const auto found = members_.find(root);
  if (found == members_.end()) return {root};
  const std::vector<uint32_t>& all = found->second;
  if (all.size() <= kSample) return all;
  std::vector<uint32_t> some;
  for (size_t i = 0; i < kSample; ++i) {
    some.push_back(all[i * all.size() / kSample]);
  }
  return some;
}

bool Clusterer::Cohesive(uint32_t a, uint32_t b) {
  const std::vector<uint32_t> left = Sample(a);
  const std::vector<uint32_t> right = Sample(b);
  if (left.size() == 1 && right.size() == 1) return true;
  double sum = 0;
  Comparison comparison;
  for (const uint32_t x : left) {
    for (const uint32_t y : right) {
      const MatchFeatures& f = set_.features[x];
      const MatchFeatures& g = set_.features[y];
      comparer_.Compare(f, g, &comparison);
      FindStates(&comparison);
      const double weight = weigher_.Weigh(f, g, comparison) + prior_;
      sum += std::clamp(weight, -kMostBits, kMostBits);
    }
  }
  return sum >= 0;
}

Status Clusterer::Assert() {
  for (const auto& [a, b] : options_.must_link) {
    const uint32_t x = Find(a);
    const uint32_t y = Find(b);
    if (x == y) continue;
    if (rank_[x] < rank_[y]) {
      Unite(x, y);
    } else {
      Unite(y, x);
    }
  }
  for (const auto& [a, b] : options_.cannot_link) {
    if (Find(a) == Find(b)) {
      return Status(StatusCode::kConflict,
                    "cannot_link: must-links join records " +
                        std::to_string(a) + " and " + std::to_string(b));
    }
  }
  return Status();
}

std::optional<ReviewReason> Clusterer::TryLink(const MatchEdge& edge) {
  uint32_t a = Find(edge.a);
  uint32_t b = Find(edge.b);
  if (a == b) return std::nullopt;
  const auto size_of = [&](uint32_t root) {
    const auto found = members_.find(root);
    return found == members_.end() ? size_t{1} : found->second.size();
  };
  // The larger one stays; of equals the one that comes first.
  if (std::pair(size_of(a), rank_[b]) < std::pair(size_of(b), rank_[a])) {
    std::swap(a, b);
  }
  if (KeptApart(b, a)) return ReviewReason::kCannotLink;
  if (Excluded(a, b)) return ReviewReason::kExclusive;
  if (size_of(a) + size_of(b) > options_.max_cluster) {
    return ReviewReason::kTooLarge;
  }
  if (!Cohesive(a, b)) return ReviewReason::kCohesion;
  Unite(a, b);
  return std::nullopt;
}

}  // namespace crm
