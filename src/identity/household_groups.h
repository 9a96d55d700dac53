// Who may live together: groups of customers, by the values that they share.

#ifndef CRM_IDENTITY_HOUSEHOLD_GROUPS_H_
#define CRM_IDENTITY_HOUSEHOLD_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "crm/household.h"
#include "crm/match.h"
#include "crm/status.h"

namespace crm {

// What is known of one customer that others may share.
struct HouseholdPerson {
  CustomerId customer = 0;
  // Hashes of values, with the bit of HouseholdEvidence each of them is; of
  // surnames apart.
  std::vector<std::pair<uint64_t, uint32_t>> values = {};
  std::vector<uint64_t> surnames = {};

  bool empty() const { return values.empty() && surnames.empty(); }
};

// Adds what the fields of one record of hers say. Addresses are those with
// street and house number, and postcode or city.
void AddHouseholdValues(std::span<const MatchValue> values,
                        HouseholdPerson* person);
// Adds an identifier that one of her records named.
void AddHouseholdIdentifier(std::string_view name_space, const Hash128& hash,
                            HouseholdPerson* person);

struct HouseholdRules {
  int min_evidence = 2;
  size_t max_members = 10;
};

// Some who go together: by customer, with what speaks for each.
using HouseholdGroup = std::vector<HouseholdJoin>;

// Groups of two and more, by their first customer; everybody is in one at most.
// `persons` by customer, each once. The same input gives the same answer.
// kCancelled.
Status GroupHouseholds(std::vector<HouseholdPerson> persons,
                       const HouseholdRules& rules,
                       const MatchProgressCallback& progress,
                       std::vector<HouseholdGroup>* groups);

}  // namespace crm

#endif  // CRM_IDENTITY_HOUSEHOLD_GROUPS_H_
