// Why rows are bad: reasons for what the store and the readers say in words.

#ifndef CRM_INGEST_REJECT_H_
#define CRM_INGEST_REJECT_H_

#include <string_view>

#include "crm/ingest.h"
#include "crm/status.h"
#include "ingest/row_scanner.h"

namespace crm::ingest {

// What is wrong with a row that the scanner found wanting.
Status StatusOf(RowProblem problem);
RejectReason ReasonOf(RowProblem problem);

// The field that a message speaks of, "identity.email" of "identity.email:
// too long"; empty: none.
std::string_view FieldOf(std::string_view message);

// The reason of what the store said about the event of a row.
RejectReason ReasonOf(const Status& status, std::string_view row);

}  // namespace crm::ingest

#endif  // CRM_INGEST_REJECT_H_
