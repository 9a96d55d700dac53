#include "identity/match_cluster.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <string>

namespace crm {
namespace {

// So many records of each side are compared with those of the other.
constexpr size_t kSample = 7;
// A pair counts for at most so many bits, either way, so that no single one
// decides.
constexpr double kMostPairBits = 14;

// What nobody changes in a lifetime, and says so often of the same person.
constexpr std::array<Comparator, 4> kLasting = {kGiven, kBirth, kSex,
                                                kNationalId};
// That something is said again counts so often at most: mistakes are copied.
constexpr int kMostRepeats = 3;

// Sums up lasting traits over the pairs of two sides.
class Against final {
 public:
  void Add(size_t i, size_t j, const Comparison& comparison,
           const PairWeigher::Bits& bits) {
    for (size_t k = 0; k < kLasting.size(); ++k) {
      if (comparison.level[kLasting[k]] == kMissing) continue;
      Trait& trait = traits_[k];
      trait.sum += bits[kLasting[k]];
      trait.pairs += 1;
      trait.left |= 1u << i;
      trait.right |= 1u << j;
    }
  }

  // What is to be added to the mean of `pairs` pairs, in which the traits are
  // already.
  double Bits(double pairs) const {
    double bits = 0;
    for (const Trait& trait : traits_) {
      if (trait.sum >= 0) continue;
      const int repeats = std::min({std::popcount(trait.left),
                                    std::popcount(trait.right), kMostRepeats});
      bits += trait.sum / trait.pairs * repeats - trait.sum / pairs;
    }
    return bits;
  }

 private:
  struct Trait {
    double sum = 0;
    double pairs = 0;
    uint32_t left = 0;  // A bit for each record that has a value.
    uint32_t right = 0;
  };
  std::array<Trait, kLasting.size()> traits_{};
};

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

// The mean of the pairs between the two sides, but for lasting traits that
// speak against: a slip is made once, so that what each side says again counts
// again, and counts in full, however many records say nothing of it. That
// tells a father from his son, and twins, where all else is one household's.
bool Clusterer::Cohesive(uint32_t a, uint32_t b) {
  const std::vector<uint32_t> left = Sample(a);
  const std::vector<uint32_t> right = Sample(b);
  if (left.size() == 1 && right.size() == 1) return true;
  double sum = 0;
  Against against;
  Comparison comparison;
  for (size_t i = 0; i < left.size(); ++i) {
    for (size_t j = 0; j < right.size(); ++j) {
      const MatchFeatures& f = set_.features[left[i]];
      const MatchFeatures& g = set_.features[right[j]];
      comparer_.Compare(f, g, &comparison);
      FindStates(&comparison);
      PairWeigher::Bits bits;
      PairWeigher::Bits rareness;
      weigher_.WeighAll(f, g, comparison, &bits, &rareness);
      against.Add(i, j, comparison, bits);
      const double weight = std::accumulate(bits.begin(), bits.end(), prior_);
      sum += std::clamp(weight, -kMostPairBits, kMostPairBits);
    }
  }
  const auto pairs = static_cast<double>(left.size() * right.size());
  return sum / pairs + against.Bits(pairs) >= 0;
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
