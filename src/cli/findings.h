// What a verification found, printed.

#ifndef CRM_CLI_FINDINGS_H_
#define CRM_CLI_FINDINGS_H_

#include "crm/store.h"

namespace crm::cli {

// A table, for people.
void PrintFindings(const VerifyReport& report);
// All of the report, on one line.
void PrintVerifyJson(const VerifyReport& report, double seconds);

}  // namespace crm::cli

#endif  // CRM_CLI_FINDINGS_H_
