// Which records of the log belong to the ledger: the one list. A new kind of
// act is one line here; what the log holds already stays as it was written.

#ifndef CRM_CONSENT_LEDGER_TYPES_H_
#define CRM_CONSENT_LEDGER_TYPES_H_

#include <cstdint>
#include <string_view>

#include "format/log_record.h"

namespace crm {

// Of an event: acts about consent.
bool IsLedgerEvent(std::string_view type);
// Of another record; `what`: the kind of the choice or of the definition. All
// but questions and values that turned shared, which are nobody's act.
bool IsLedgerRecord(LogKind kind, uint8_t what);

}  // namespace crm

#endif  // CRM_CONSENT_LEDGER_TYPES_H_
