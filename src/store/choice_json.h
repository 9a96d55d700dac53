// A choice as the JSON object of ChoiceView: see crm/export.h for its members.

#ifndef CRM_STORE_CHOICE_JSON_H_
#define CRM_STORE_CHOICE_JSON_H_

#include <string>

#include "event/names.h"
#include "identity/choice.h"

namespace crm {

// Replaces `*out`.
void ChoiceToJson(const IdentityChoice& choice, const Names& names,
                  std::string* out);

}  // namespace crm

#endif  // CRM_STORE_CHOICE_JSON_H_
