// Verify: the log is replayed into views aside, and every family is compared.

#ifndef CRM_STORE_VERIFY_H_
#define CRM_STORE_VERIFY_H_

#include "store/core.h"

namespace crm {

Result<VerifyReport> VerifyStore(StoreCore& core, const Progress& progress);

}  // namespace crm

#endif  // CRM_STORE_VERIFY_H_
