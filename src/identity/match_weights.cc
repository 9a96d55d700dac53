// From a model to the weight of a pair. See match_model.h.

#include <algorithm>
#include <cmath>

#include "identity/match_model.h"

namespace crm {
namespace {

constexpr double kMostFieldBits = 24;
// So many records with one value may be those of one person.
constexpr double kOwnRecords = 3;
// Of a name that nobody else has: so many may, who are not in the set.
constexpr double kUnseenNamesakes = 0.5;
// What rareness counts for at most where the values are only close.
constexpr double kMostCloseBits = 4;

double Bits(double m, double u) {
  return std::clamp(std::log2(m / u), kLeastBits, kMostFieldBits);
}

// Pools neighbours that are out of order, so that more agreement never weighs
// less; then keeps the levels beside the order within its ends.
void MakeMonotone(const ComparatorInfo& info, const LevelTable& m,
                  const LevelTable& u, std::array<double, kMaxLevels>* out) {
  struct Pool {
    double m;
    double u;
    std::vector<size_t> levels;
  };
  std::vector<Pool> pools;
  for (size_t level = kDifferent; level < info.levels; ++level) {
    if (((info.ordered >> level) & 1) == 0) continue;
    pools.push_back({m[level], u[level], {level}});
    while (pools.size() > 1) {
      Pool& last = pools.back();
      Pool& before = pools[pools.size() - 2];
      if (before.m / before.u <= last.m / last.u) break;
      before.m += last.m;
      before.u += last.u;
      before.levels.insert(before.levels.end(), last.levels.begin(),
                           last.levels.end());
      pools.pop_back();
    }
  }
  for (const Pool& pool : pools) {
    for (const size_t level : pool.levels) {
      (*out)[level] = Bits(pool.m, pool.u);
    }
  }
  const double low = (*out)[kDifferent];
  const double high = (*out)[info.levels - 1u];
  for (size_t level = kDifferent; level < info.levels; ++level) {
    if (((info.ordered >> level) & 1) != 0) continue;
    (*out)[level] =
        std::clamp(Bits(m[level], u[level]), low, std::max(low, high));
  }
}

}  // namespace

WeightTables WeightsOf(const MatchModel::Impl& model) {
  WeightTables weights{};
  for (size_t c = 0; c < kComparators; ++c) {
    for (size_t s = 0; s < kStates; ++s) {
      MakeMonotone(InfoOf(c), model.m[c][s], model.u[c][s], &weights[c][s]);
    }
  }
  return weights;
}

PairWeigher::PairWeigher(const MatchSet::Impl& set,
                         const MatchModel::Impl& model)
    : set_(set), weights_(WeightsOf(model)) {
  for (size_t c = 0; c < kComparators; ++c) {
    const size_t exact = InfoOf(c).levels - 1u;
    exact_u_[c] = model.u[c][kAlone][exact];
  }
  const double others = std::max(2.0, static_cast<double>(set.features.size()));
  most_of_address_ = std::max(1.0, std::log2(others / model.household));
  most_of_household_ =
      std::max(most_of_address_, std::log2(others / model.shared_contact));
}

double PairWeigher::Rareness(size_t comparator, uint32_t count) const {
  const double present =
      static_cast<double>(std::max<uint64_t>(set_.present[comparator], 2));
  // A few records are likely to be those of one person.
  const double others =
      (static_cast<double>(count) - 1 - kOwnRecords) / present;
  const double usual = exact_u_[comparator];
  const double share = std::max(others, std::min(usual, 1 / present));
  return std::log2(usual / share);
}

// Apart, each is as frequent as all who have it; together they may be hers
// alone. A name of many records is those of many people again.
double PairWeigher::RareTogether(const MatchFeatures& a,
                                 const Bits& rareness) const {
  const auto found = set_.full_name_counts.find(FullNameKey(a));
  if (found == set_.full_name_counts.end()) return 0;
  const double others = static_cast<double>(found->second) - 1 - kOwnRecords;
  const double records = static_cast<double>(set_.features.size());
  const double together =
      std::log2(records / std::max(others, kUnseenNamesakes));
  const double apart = rareness[kGiven] - std::log2(exact_u_[kGiven]) +
                       rareness[kSurname] - std::log2(exact_u_[kSurname]);
  return std::max(0.0, together - apart);
}

uint32_t PairWeigher::CountOf(size_t comparator, const MatchFeatures& a,
                              const MatchFeatures& b) const {
  const auto shared = [&](const auto& x, const auto& y) {
    for (const uint32_t mine : x) {
      for (const uint32_t other : y) {
        if (mine != 0 && mine == other) {
          return set_.dictionaries[comparator][mine].count[0];
        }
      }
    }
    return uint32_t{2};
  };
  switch (comparator) {
    case kGiven:
      return set_.names()[a.given].count[kGiven];
    case kSurname:
      return set_.names()[a.surname].count[kSurname];
    case kMiddle:
      for (const uint32_t mine : a.middle) {
        for (const uint32_t other : b.middle) {
          if (mine == other && mine != 0) {
            return set_.names()[mine].count[kMiddle];
          }
        }
      }
      return 2;
    case kBirth: {
      const auto found = set_.birth_counts.find(a.birth);
      return found == set_.birth_counts.end() ? 2 : found->second;
    }
    case kPhone:
      return shared(a.phone, b.phone);
    case kEmail:
      return shared(a.email, b.email);
    default:
      return set_.dictionaries[comparator][a.value[comparator]].count[0];
  }
}

double PairWeigher::WeighOne(size_t comparator, const MatchFeatures& a,
                             const MatchFeatures& b,
                             const Comparison& comparison,
                             double* rareness) const {
  *rareness = 0;
  const uint8_t level = comparison.level[comparator];
  if (level == kMissing) return 0;
  const uint8_t state = comparison.state[comparator];
  const ComparatorInfo& info = InfoOf(comparator);
  const double weight = weights_[comparator][state][level];
  // Beside something that agrees, a rare value is no surprise.
  if (!info.rareness || state == kAgrees) return weight;
  if (level + 1u == info.levels) {
    *rareness = Rareness(comparator, CountOf(comparator, a, b));
  } else if (level == info.close) {
    *rareness =
        std::clamp(Rareness(comparator, std::max(CountOf(comparator, a, a),
                                                 CountOf(comparator, b, b))),
                   -kMostCloseBits, kMostCloseBits);
  }
  return std::min(weight + *rareness, kMostFieldBits);
}

namespace {

// What speaks for a pair from `first` to `last` is worth `most` together: as
// much as it is rare that two people live together.
void Limit(size_t first, size_t last, double most, PairWeigher::Bits* bits) {
  double sum = 0;
  for (size_t c = first; c <= last; ++c) sum += std::max(0.0, (*bits)[c]);
  if (sum <= most) return;
  for (size_t c = first; c <= last; ++c) {
    if ((*bits)[c] > 0) (*bits)[c] *= most / sum;
  }
}

}  // namespace

// Those of one surname in one town may live together, where no address says
// whether they do: strangers by chance and a family's add up. Returns what that
// takes from the weight, which is not above 0.
double PairWeigher::MayBeFamily(const Comparison& comparison,
                                const Bits& bits) const {
  const auto& level = comparison.level;
  const bool herself = level[kGiven] == given_level::kExact &&
                       level[kBirth] == birth_level::kExact;
  const bool town = level[kCity] >= text_level::kSimilar ||
                    level[kPostcode] >= text_level::kSimilar;
  if (level[kSurname] < surname_level::kClose || !town || herself ||
      comparison.state[kSurname] != kAlone || MayShareHousehold(comparison)) {
    return 0;
  }
  double chance = bits[kSurname];
  for (size_t c = kPostcode; c <= kCountry; ++c) {
    if (level[c] == kDifferent) return 0;
    chance += bits[c];
  }
  double family = most_of_address_;
  for (const Comparator c : {kGiven, kBirth}) {
    if (level[c] == kMissing) continue;
    chance += bits[c];
    family += weights_[c][kAgrees][level[c]];
  }
  return -std::log2(1 + std::exp2(chance - family));
}

void PairWeigher::WeighAll(const MatchFeatures& a, const MatchFeatures& b,
                           const Comparison& comparison, Bits* bits,
                           Bits* rareness) const {
  for (size_t c = 0; c < kComparators; ++c) {
    (*rareness)[c] = 0;
    (*bits)[c] = comparison.level[c] == kMissing
                     ? 0
                     : WeighOne(c, a, b, comparison, &(*rareness)[c]);
  }
  if (comparison.level[kGiven] == given_level::kExact &&
      comparison.level[kSurname] == surname_level::kExact &&
      comparison.state[kGiven] == kAlone) {
    const double more = RareTogether(a, *rareness);
    (*rareness)[kSurname] += more;
    (*bits)[kSurname] += more;
  }
  (*bits)[kSurname] += MayBeFamily(comparison, *bits);
  // An e-mail address that fits the name is weighed beside that.
  const bool email = comparison.state[kEmail] != kDiffers;
  if (MayShareHousehold(comparison)) {
    Limit(kPostcode, kCountry, most_of_address_, bits);
  }
  if ((*bits)[kPhone] > 0 || (email && (*bits)[kEmail] > 0)) {
    Limit(kPostcode, email ? kEmail : kPhone, most_of_household_, bits);
  }
}

double PairWeigher::Weigh(const MatchFeatures& a, const MatchFeatures& b,
                          const Comparison& comparison) const {
  Bits bits;
  Bits rareness;
  WeighAll(a, b, comparison, &bits, &rareness);
  double sum = 0;
  for (const double one : bits) sum += one;
  return sum;
}

}  // namespace crm
