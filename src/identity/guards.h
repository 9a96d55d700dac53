// Guards that hold whoever wants to merge two customers: an event, a person, a
// match.

#ifndef CRM_IDENTITY_GUARDS_H_
#define CRM_IDENTITY_GUARDS_H_

#include <cstdint>

#include "identity/rows.h"
#include "identity/settings.h"

namespace crm {

// A month, as phone_months counts them.
inline constexpr int64_t kMonthUs = int64_t{365} * 24 * 3600 * 1'000'000 / 12;

// An identifier of `a` of whose namespace `b` has another value, which cannot
// be: the namespace is exclusive. Null: there is none.
const Members::Claim* FindConflict(const Members& a, const Members& b);

// Whether the two together would be more than a customer may be.
bool ExceedsLimits(const IdentityRules& rules, const Members& a,
                   const Members& b);

}  // namespace crm

#endif  // CRM_IDENTITY_GUARDS_H_
