// What a choice changes of who is who, for those who keep customer ids
// elsewhere: the messages of a subscription, and Tenant::GetIdentityChanges.

#ifndef CRM_IDENTITY_CHANGES_H_
#define CRM_IDENTITY_CHANGES_H_

#include <vector>

#include "crm/identity.h"
#include "identity/choice.h"

namespace crm {

// Of a merge one; of a partition one for every customer that records came to
// from another one, then one for every id that leads to another one; of all
// other choices none. Who applies them in this order to a table of ids, by the
// rule of IdentityChange, has what the store has.
std::vector<IdentityChange> ChangesOf(const IdentityChoice& choice);

}  // namespace crm

#endif  // CRM_IDENTITY_CHANGES_H_
