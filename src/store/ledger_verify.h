// Checks a tenant's ledger over the whole log; see Tenant::VerifyLedger.

#ifndef CRM_STORE_LEDGER_VERIFY_H_
#define CRM_STORE_LEDGER_VERIFY_H_

#include "crm/ledger.h"
#include "store/ledger_reads.h"

namespace crm {

// So many findings are told in full; all are counted.
inline constexpr size_t kKeptFindings = 100;

Result<VerifyReport> VerifyLedgerOf(const LedgerReader& reader,
                                    const LedgerVerifyOptions& options);

}  // namespace crm

#endif  // CRM_STORE_LEDGER_VERIFY_H_
