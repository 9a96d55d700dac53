// Tenants listed and dropped: the steps behind Store::DropTenant, and finishing
// them. See crm/tenants.h.
//
// The order, each step durable before the next:
//   1. the record in the log, with its fold: the tenant is fenced;
//   2. its wrapping key becomes a tombstone, its other keys go;
//   3. a checkpoint, and then its rows go from the views, and from family ops
//      of the log;
//   4. the tombstone says that it is complete.
// Whoever opens the store finds the one or the other: a record whose tenant has
// keys, or a tombstone whose log does not say it (it was set back) or that is
// not complete. The steps from there on are done again, each of which may be.

#ifndef CRM_STORE_TENANT_DROP_H_
#define CRM_STORE_TENANT_DROP_H_

#include <string_view>
#include <vector>

#include "crm/tenants.h"
#include "store/core.h"

namespace crm {

Result<std::vector<TenantEntry>> ListTenantsOf(const StoreCore& core);
Result<TenantDrop> DropTenantOf(StoreCore& core, std::string_view name,
                                const DropTenantOptions& options);

// Does what remains of tenants that were dropped, and drops again those of
// which the keys know and the log does not. One at a time: REQUIRES
// core.erasure_mutex, or that nobody else has the store yet.
Status FinishDrops(StoreCore& core);

}  // namespace crm

#endif  // CRM_STORE_TENANT_DROP_H_
