// The numbers of a model, and the weights that follow from them.

#ifndef CRM_IDENTITY_MATCH_MODEL_H_
#define CRM_IDENTITY_MATCH_MODEL_H_

#include <array>
#include <cstdint>
#include <vector>

#include "crm/match.h"
#include "identity/match_fields.h"
#include "identity/match_set.h"

namespace crm {

// How often each level is seen; level 0 is not counted.
using LevelTable = std::array<double, kMaxLevels>;
using StateTables = std::array<LevelTable, kStates>;
using ModelTables = std::array<StateTables, kComparators>;

struct MatchModel::Impl {
  ModelTables m{};
  ModelTables u{};
  uint64_t trained_on = 0;
};

// The numbers of MatchModel::Default().
const MatchModel::Impl& DefaultTables();

// Bits of each level: log2(m / u), within +-kMaxBits of a field, and made to
// rise with the order of the levels.
inline constexpr double kLeastBits = -8;
using WeightTables =
    std::array<std::array<std::array<double, kMaxLevels>, kStates>,
               kComparators>;
WeightTables WeightsOf(const MatchModel::Impl& model);

// Weighs pairs of one set. Not for several threads.
class PairWeigher final {
 public:
  PairWeigher(const MatchSet::Impl& set, const MatchModel::Impl& model);

  // Without the prior. The comparison's states are there.
  double Weigh(const MatchFeatures& a, const MatchFeatures& b,
               const Comparison& comparison) const;
  // Of one comparator; `rareness` is the part for a rare value.
  double WeighOne(size_t comparator, const MatchFeatures& a,
                  const MatchFeatures& b, const Comparison& comparison,
                  double* rareness) const;

 private:
  // Bits that a value is worth more, or less, than usual because so many
  // records have it.
  double Rareness(size_t comparator, uint32_t count) const;
  uint32_t CountOf(size_t comparator, const MatchFeatures& a,
                   const MatchFeatures& b) const;

  const MatchSet::Impl& set_;
  WeightTables weights_;
  std::array<double, kComparators> exact_u_{};
};

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_MODEL_H_
