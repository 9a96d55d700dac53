// What a record of the log is in its ledger's public form.

#ifndef CRM_CONSENT_LEDGER_PROOF_H_
#define CRM_CONSENT_LEDGER_PROOF_H_

#include "consent/ledger_entry.h"
#include "crm/ledger.h"

namespace crm {

// Without `before`. REQUIRES: entry is of the record that `facts` are of.
LedgerRecord ToLedgerRecord(const LedgerFacts& facts, const LedgerEntry& entry);

}  // namespace crm

#endif  // CRM_CONSENT_LEDGER_PROOF_H_
