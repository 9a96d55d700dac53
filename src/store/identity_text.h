// Identity as it is read from the log, and told to people. Internal to store/.

#ifndef CRM_STORE_IDENTITY_TEXT_H_
#define CRM_STORE_IDENTITY_TEXT_H_

#include <string>

#include "identity/choice.h"
#include "store/core.h"

namespace crm {

// The choice at a position. kNotFound: there is none of this tenant.
Status ReadChoiceAt(const StoreCore& core, uint32_t tenant, Position position,
                    IdentityChoice* choice);

// Explanations in English, without any value of an identifier.
std::string TellExplanation(const IdentityExplanation& explanation);
std::string TellHistory(const IdentityHistory& history);

}  // namespace crm

#endif  // CRM_STORE_IDENTITY_TEXT_H_
