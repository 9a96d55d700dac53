// Files that the command line names.

#ifndef CRM_CLI_READ_TEXT_H_
#define CRM_CLI_READ_TEXT_H_

#include <string>

#include "crm/status.h"

namespace crm::cli {

// All of a file; "-": of standard input. Errors name it. kNotFound, kIoError,
// kTooLarge: more than 16 MiB, which nothing may be that is read in one piece.
Result<std::string> ReadText(const std::string& name);

}  // namespace crm::cli

#endif  // CRM_CLI_READ_TEXT_H_
