// What is printed of the export of a person.

#ifndef CRM_CLI_PERSON_REPORT_H_
#define CRM_CLI_PERSON_REPORT_H_

#include "cli/json_writer.h"
#include "crm/person_export.h"

namespace crm::cli {

// Its members, to the object that was begun.
void AddPersonExport(const PersonExportReport& report, JsonWriter* json);

}  // namespace crm::cli

#endif  // CRM_CLI_PERSON_REPORT_H_
