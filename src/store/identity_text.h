// Choices about who is who as they are read from the log, and told to people.
// Internal to store/.

#ifndef CRM_STORE_IDENTITY_TEXT_H_
#define CRM_STORE_IDENTITY_TEXT_H_

#include <string>
#include <string_view>

#include "identity/choice.h"
#include "store/core.h"

namespace crm {

// The choice at a position. kNotFound: there is none of this tenant.
Status ReadChoiceAt(const StoreCore& core, uint32_t tenant, Position position,
                    IdentityChoice* choice);

// Who makes a choice, and why: each nothing, or up to 256 bytes of text.
Status CheckWho(std::string_view by, std::string_view why);

// Explanations in English, without any value of an identifier.
std::string TellExplanation(const IdentityExplanation& explanation);
std::string TellHistory(const IdentityHistory& history);

}  // namespace crm

#endif  // CRM_STORE_IDENTITY_TEXT_H_
