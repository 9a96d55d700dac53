#include "identity/match_fields.h"

namespace crm {
namespace {

constexpr uint8_t kAllOrdered = 0xff;

constexpr std::array<std::string_view, kMaxLevels> kGivenNames = {
    "missing",   "different", "similar", "initial",
    "elsewhere", "nickname",  "close",   "exact"};
constexpr std::array<std::string_view, kMaxLevels> kSurnameNames = {
    "missing", "different", "similar", "elsewhere", "close", "exact"};
constexpr std::array<std::string_view, kMaxLevels> kMiddleNames = {
    "missing", "different", "initial", "exact"};
constexpr std::array<std::string_view, kMaxLevels> kBirthNames = {
    "missing", "different", "near_year", "year", "two_parts", "close", "exact"};
constexpr std::array<std::string_view, kMaxLevels> kShortNames = {
    "missing", "different", "close", "exact"};
constexpr std::array<std::string_view, kMaxLevels> kTextNames = {
    "missing", "different", "similar", "close", "exact"};
constexpr std::array<std::string_view, kMaxLevels> kSexNames = {
    "missing", "different", "exact"};

// Without initial, elsewhere and nickname; without elsewhere.
constexpr uint8_t kGivenOrder = 0b11000110;
constexpr uint8_t kSurnameOrder = 0b00110110;

using F = MatchField;
constexpr ComparatorInfo kInfos[kComparators] = {
    {F::kGivenName, 0, "given_name", 8, kGivenNames, kGivenOrder, true},
    {F::kSurname, 0, "surname", 6, kSurnameNames, kSurnameOrder, true},
    {F::kMiddleName, 0, "middle_name", 4, kMiddleNames, kAllOrdered, true},
    {F::kBirthDate, 0, "birth_date", 7, kBirthNames, kAllOrdered, true},
    {F::kPostcode, 0, "postcode", 5, kTextNames, kAllOrdered, true},
    {F::kStreet, 0, "street", 5, kTextNames, kAllOrdered, true},
    {F::kHouseNumber, 0, "house_number", 4, kShortNames, kAllOrdered, true},
    {F::kCity, 0, "city", 5, kTextNames, kAllOrdered, true},
    {F::kRegion, 0, "region", 4, kShortNames, kAllOrdered, true},
    {F::kCountry, 0, "country", 4, kShortNames, kAllOrdered, true},
    {F::kPhone, 0, "phone", 4, kShortNames, kAllOrdered, true},
    {F::kEmail, 0, "email", 5, kTextNames, kAllOrdered, true},
    {F::kNationalId, 0, "national_id", 5, kTextNames, kAllOrdered, true},
    {F::kSex, 0, "sex", 3, kSexNames, kAllOrdered, false},
    {F::kOccupation, 0, "occupation", 5, kTextNames, kAllOrdered, true},
    {F::kBirthPlace, 0, "birth_place", 5, kTextNames, kAllOrdered, true},
    {F::kOther, 0, "other", 5, kTextNames, kAllOrdered, true},
    {F::kOther, 1, "other_1", 5, kTextNames, kAllOrdered, true},
    {F::kOther, 2, "other_2", 5, kTextNames, kAllOrdered, true},
    {F::kOther, 3, "other_3", 5, kTextNames, kAllOrdered, true},
};

uint8_t StateOf(bool agrees, bool differs) {
  return agrees ? kAgrees : differs ? kDiffers : kAlone;
}

}  // namespace

const ComparatorInfo& InfoOf(size_t comparator) { return kInfos[comparator]; }

std::optional<Comparator> ComparatorOfName(std::string_view name) {
  for (size_t i = 0; i < kComparators; ++i) {
    if (kInfos[i].name == name) return static_cast<Comparator>(i);
  }
  return std::nullopt;
}

bool SharesHousehold(const Comparison& comparison) {
  const auto& level = comparison.level;
  const bool house = level[kHouse] == short_level::kExact;
  const bool street = level[kStreet] == text_level::kExact;
  const bool postcode = level[kPostcode] == text_level::kExact;
  // A file without house numbers has street and postcode at best.
  const bool address = (house && (street || postcode)) ||
                       (level[kHouse] == kMissing && street && postcode);
  return address || level[kPhone] == short_level::kExact ||
         level[kEmail] == text_level::kExact;
}

void FindStates(Comparison* comparison) {
  const auto& level = comparison->level;
  auto& state = comparison->state;
  state.fill(kAlone);
  const bool postcode = level[kPostcode] == text_level::kExact;
  const bool no_postcode = level[kPostcode] == kDifferent;
  const bool street = level[kStreet] == text_level::kExact;
  const bool no_street = level[kStreet] == kDifferent;
  const bool city = level[kCity] == text_level::kExact;
  const bool no_city = level[kCity] == kDifferent;
  const bool region = level[kRegion] == short_level::kExact;
  state[kCity] = StateOf(postcode, no_postcode);
  state[kStreet] = StateOf(
      postcode, no_postcode || (level[kPostcode] == kMissing && no_city));
  state[kHouse] = StateOf(street, no_street);
  state[kRegion] = StateOf(postcode || city,
                           no_city || (level[kCity] == kMissing && no_postcode));
  state[kCountry] = StateOf(postcode || city || region,
                            level[kRegion] == kDifferent);
  const bool house = level[kHouse] == short_level::kExact;
  const bool address = (house && (street || postcode)) ||
                       (level[kHouse] == kMissing && street && postcode);
  const bool phone = level[kPhone] == short_level::kExact;
  state[kPhone] = StateOf(address, no_street || no_postcode);
  state[kEmail] = StateOf(address || phone, false);
  const bool household = SharesHousehold(*comparison);
  state[kSurname] = StateOf(household, false);
  const bool family =
      household && level[kSurname] == surname_level::kExact;
  state[kGiven] = StateOf(family, false);
  state[kBirth] = StateOf(household, false);
  const uint8_t given = level[kGiven];
  state[kSex] = StateOf(given >= given_level::kNickname, given == kDifferent);
  state[kBirthPlace] =
      StateOf(level[kSurname] == surname_level::kExact, false);
}

}  // namespace crm
