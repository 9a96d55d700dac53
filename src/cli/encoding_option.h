// --encoding, of the commands that read text.

#ifndef CRM_CLI_ENCODING_OPTION_H_
#define CRM_CLI_ENCODING_OPTION_H_

#include <string>

#include "crm/ingest.h"

namespace crm::cli {

// What the command line checks the option against.
inline constexpr const char* kEncodings[] = {
    "utf-8", "utf-16", "utf-16le", "utf-16be", "windows-1252", "mac-roman"};

// kDefault for the empty text.
TextEncoding EncodingOf(const std::string& name);

}  // namespace crm::cli

#endif  // CRM_CLI_ENCODING_OPTION_H_
