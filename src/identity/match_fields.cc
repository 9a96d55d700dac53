#include "identity/match_fields.h"

namespace crm {
namespace {

constexpr uint8_t kAllOrdered = 0xff;

constexpr std::array<std::string_view, kMaxLevels> kGivenNames = {
    "missing",   "different", "similar", "initial",
    "elsewhere", "nickname",  "close",   "exact"};
constexpr std::array<std::string_view, kMaxLevels> kSurnameNames = {
    "missing", "different", "similar", "elsewhere", "close", "exact"};
constexpr std::array<std::string_view, kMaxLevels> kMiddleNameLevels = {
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
    {F::kGivenName, 0, "given_name", 8, kGivenNames, kGivenOrder, true,
     given_level::kClose},
    {F::kSurname, 0, "surname", 6, kSurnameNames, kSurnameOrder, true,
     surname_level::kClose},
    {F::kMiddleName, 0, "middle_name", 4, kMiddleNameLevels, kAllOrdered, true,
     0},
    {F::kBirthDate, 0, "birth_date", 7, kBirthNames, kAllOrdered, true, 0},
    {F::kPostcode, 0, "postcode", 5, kTextNames, kAllOrdered, true,
     text_level::kClose},
    {F::kStreet, 0, "street", 5, kTextNames, kAllOrdered, true,
     text_level::kClose},
    {F::kHouseNumber, 0, "house_number", 4, kShortNames, kAllOrdered, true, 0},
    {F::kCity, 0, "city", 5, kTextNames, kAllOrdered, true, text_level::kClose},
    {F::kRegion, 0, "region", 4, kShortNames, kAllOrdered, true, 0},
    {F::kCountry, 0, "country", 4, kShortNames, kAllOrdered, true, 0},
    {F::kPhone, 0, "phone", 4, kShortNames, kAllOrdered, true, 0},
    {F::kEmail, 0, "email", 5, kTextNames, kAllOrdered, true, 0},
    {F::kNationalId, 0, "national_id", 5, kTextNames, kAllOrdered, true, 0},
    {F::kSex, 0, "sex", 3, kSexNames, kAllOrdered, false, 0},
    {F::kOccupation, 0, "occupation", 5, kTextNames, kAllOrdered, true, 0},
    {F::kBirthPlace, 0, "birth_place", 5, kTextNames, kAllOrdered, true,
     text_level::kClose},
    {F::kOther, 0, "other", 5, kTextNames, kAllOrdered, true,
     text_level::kClose},
    {F::kOther, 1, "other_1", 5, kTextNames, kAllOrdered, true,
     text_level::kClose},
    {F::kOther, 2, "other_2", 5, kTextNames, kAllOrdered, true,
     text_level::kClose},
    {F::kOther, 3, "other_3", 5, kTextNames, kAllOrdered, true,
     text_level::kClose},
};

uint8_t StateOf(bool agrees, bool differs) {
  if (agrees) return kAgrees;
  return differs ? kDiffers : kAlone;
}

}  // namespace

const ComparatorInfo& InfoOf(size_t comparator) { return kInfos[comparator]; }

std::optional<Comparator> ComparatorOfName(std::string_view name) {
  for (size_t i = 0; i < kComparators; ++i) {
    if (kInfos[i].name == name) return static_cast<Comparator>(i);
  }
  return std::nullopt;
}

namespace {

// Whether the pair agrees on an address, slips allowed: on two of street, house
// and postcode, or on a postcode where there is nothing else.
bool SharesAddress(const Comparison& comparison) {
  const auto& level = comparison.level;
  const bool house = level[kHouse] == short_level::kExact;
  const bool street = level[kStreet] >= text_level::kSimilar;
  const bool postcode = level[kPostcode] >= text_level::kClose;
  if (level[kHouse] == kMissing && level[kStreet] == kMissing) return postcode;
  // There are streets of one name in many towns.
  const bool elsewhere = !postcode && level[kCity] == kDifferent;
  return house + street + postcode >= 2 && !elsewhere;
}

}  // namespace

bool MayShareHousehold(const Comparison& comparison) {
  const auto& level = comparison.level;
  const bool house = level[kHouse] == short_level::kExact;
  const bool street = level[kStreet] >= text_level::kSimilar;
  const bool postcode = level[kPostcode] >= text_level::kSimilar;
  const bool city = level[kCity] >= text_level::kSimilar;
  return (house || street) && house + street + postcode + city >= 2;
}

void FindStates(Comparison* comparison) {
  const auto& level = comparison->level;
  auto& state = comparison->state;
  state.fill(kAlone);
  const bool postcode = level[kPostcode] >= text_level::kClose;
  const bool no_postcode = level[kPostcode] == kDifferent;
  const bool street = level[kStreet] >= text_level::kSimilar;
  const bool no_street = level[kStreet] == kDifferent;
  const bool city = level[kCity] >= text_level::kClose;
  const bool no_city = level[kCity] == kDifferent;
  const bool region = level[kRegion] == short_level::kExact;
  state[kCity] = StateOf(level[kPostcode] >= text_level::kSimilar, no_postcode);
  state[kStreet] = StateOf(postcode, no_postcode || no_city);
  state[kHouse] =
      StateOf(postcode || (street && city), no_street || no_postcode);
  state[kRegion] = StateOf(postcode || city, no_city || no_postcode);
  state[kCountry] =
      StateOf(postcode || city || region, level[kRegion] == kDifferent);
  const bool address = SharesAddress(*comparison);
  const bool phone = level[kPhone] == short_level::kExact;
  const uint8_t given = level[kGiven];
  const bool named = given >= given_level::kElsewhere &&
                     level[kSurname] >= surname_level::kElsewhere;
  state[kPhone] = StateOf(address, no_street || no_postcode);
  // Many addresses are made of the name: beside it, a likeness says little.
  state[kEmail] = StateOf(!named && (address || phone), named);
  // Where the e-mail address is weighed beside the name, the name is not
  // weighed beside the e-mail address.
  const bool email = level[kEmail] == text_level::kExact && !named;
  // Two of one household have another name, or were born on another day: who
  // has both is weighed as strangers are.
  const bool herself =
      given == given_level::kExact && level[kBirth] == birth_level::kExact;
  const bool household = (address || phone || email) && !herself;
  state[kSurname] = StateOf(household, false);
  state[kGiven] = StateOf(household, false);
  state[kBirth] = StateOf(household, false);
  state[kSex] = StateOf(given >= given_level::kNickname, given == kDifferent);
  state[kBirthPlace] = StateOf(level[kSurname] == surname_level::kExact, false);
}

}  // namespace crm
