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
  // How many records of others a record shares its address with, on average:
  // what an address is worth cannot be more than that allows.
  double household = 2;
  // The same for a phone or an e-mail address.
  double shared_contact = 0.2;
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

  using Bits = std::array<double, kComparators>;

  // Without the prior. The comparison's states are there.
  double Weigh(const MatchFeatures& a, const MatchFeatures& b,
               const Comparison& comparison) const;
  // What each comparator is worth, and the part of it for a rare value.
  void WeighAll(const MatchFeatures& a, const MatchFeatures& b,
                const Comparison& comparison, Bits* bits, Bits* rareness) const;

 private:
  double WeighOne(size_t comparator, const MatchFeatures& a,
                  const MatchFeatures& b, const Comparison& comparison,
                  double* rareness) const;
  // Bits that a value is worth more, or less, than usual because so many
  // records have it.
  double Rareness(size_t comparator, uint32_t count) const;
  uint32_t CountOf(size_t comparator, const MatchFeatures& a,
                   const MatchFeatures& b) const;
  // Bits that a given name and a surname are worth more than apart, because few
  // have both.
  double RareTogether(const MatchFeatures& a, const Bits& rareness) const;

  double MayBeFamily(const Comparison& comparison, const Bits& bits) const;

  const MatchSet::Impl& set_;
  WeightTables weights_;
  std::array<double, kComparators> exact_u_{};
  double most_of_address_ = 0;
  double most_of_household_ = 0;
};

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_MODEL_H_
