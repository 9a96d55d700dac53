// What crm import does beside importing rows.

#ifndef CRM_CLI_RECONCILE_COMMAND_H_
#define CRM_CLI_RECONCILE_COMMAND_H_

#include "cli/command.h"
#include "crm/ingest.h"

namespace crm::cli {

// crm import --reconcile.
int Reconcile(const ImportCommand& command, const ImportOptions& import);

// crm import --format libcrm: an export of a store into an empty one.
int ImportExport(const ImportCommand& command);

}  // namespace crm::cli

#endif  // CRM_CLI_RECONCILE_COMMAND_H_
