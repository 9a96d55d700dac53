// What commands that match persons have in common.

#ifndef CRM_CLI_MODEL_OPTION_H_
#define CRM_CLI_MODEL_OPTION_H_

#include <string>

#include "crm/match.h"

namespace crm::cli {

// A model that was kept; "default": the one that comes with libcrm.
Result<MatchModel> ReadModel(const std::string& path);

}  // namespace crm::cli

#endif  // CRM_CLI_MODEL_OPTION_H_
