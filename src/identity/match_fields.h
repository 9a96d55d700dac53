// The comparators: what of two records is compared, in which levels, and what
// each hangs together with.

#ifndef CRM_IDENTITY_MATCH_FIELDS_H_
#define CRM_IDENTITY_MATCH_FIELDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "crm/match.h"

namespace crm {

enum Comparator : uint8_t {
  kGiven,
  kSurname,
  kMiddle,
  kBirth,
  kPostcode,
  kStreet,
  kHouse,
  kCity,
  kRegion,
  kCountry,
  kPhone,
  kEmail,
  kNationalId,
  kSex,
  kOccupation,
  kBirthPlace,
  kOther0,
  kComparators = kOther0 + 4,
};

// Level 0 is a missing value, 1 is different, the last one exact. Those of
// each comparator are listed in match_fields.cc; the ones that code names:
inline constexpr uint8_t kMissing = 0;
inline constexpr uint8_t kDifferent = 1;
inline constexpr size_t kMaxLevels = 8;

namespace given_level {
inline constexpr uint8_t kSimilar = 2, kInitial = 3, kElsewhere = 4,
                         kNickname = 5, kClose = 6, kExact = 7;
}  // namespace given_level
namespace surname_level {
inline constexpr uint8_t kSimilar = 2, kElsewhere = 3, kClose = 4, kExact = 5;
}  // namespace surname_level
namespace middle_level {
inline constexpr uint8_t kInitial = 2, kExact = 3;
}  // namespace middle_level
namespace birth_level {
inline constexpr uint8_t kNearYear = 2, kYear = 3, kTwoParts = 4, kClose = 5,
                         kExact = 6;
}  // namespace birth_level
// Of house numbers, regions, countries and phones.
namespace short_level {
inline constexpr uint8_t kClose = 2, kExact = 3;
}  // namespace short_level
// Of everything else but the sex, whose only other level is 2, the same.
namespace text_level {
inline constexpr uint8_t kSimilar = 2, kClose = 3, kExact = 4;
}  // namespace text_level
inline constexpr uint8_t kSameSex = 2;

// Beside what a comparator is weighed.
enum State : uint8_t { kAlone, kAgrees, kDiffers, kStates };

struct ComparatorInfo {
  MatchField field;
  uint8_t slot;
  std::string_view name;  // In models.
  uint8_t levels;         // With level 0.
  std::array<std::string_view, kMaxLevels> level_names;
  // Bit for each level that has a place in the order from different to exact;
  // the others are somewhere between these two.
  uint8_t ordered;
  // A rare value is worth more.
  bool rareness;
  // The level of what is one slip away; 0: rareness is of no use there.
  uint8_t close;
};
const ComparatorInfo& InfoOf(size_t comparator);

// The comparator of a name in a model.
std::optional<Comparator> ComparatorOfName(std::string_view name);

// The levels of a pair, and beside what each is weighed.
struct Comparison {
  std::array<uint8_t, kComparators> level{};
  std::array<uint8_t, kComparators> state{};

  bool operator==(const Comparison&) const = default;
};

// Whether two strangers who agree like this are likely to live together.
bool MayShareHousehold(const Comparison& comparison);

// Fills in the states, which follow from the levels.
void FindStates(Comparison* comparison);

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_FIELDS_H_
