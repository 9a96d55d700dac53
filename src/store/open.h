// Opening a store; internal to the library and its tests.

#ifndef CRM_STORE_OPEN_H_
#define CRM_STORE_OPEN_H_

#include <memory>
#include <string>

#include "store/core.h"

namespace crm {

// Opens or makes the store in `directory` of `disk`.
Result<std::shared_ptr<StoreCore>> OpenCore(const std::string& directory,
                                            const StoreOptions& options,
                                            std::shared_ptr<Disk> disk);
// Writes everything and lets go. Idempotent.
Status CloseCore(StoreCore& core);

}  // namespace crm

#endif  // CRM_STORE_OPEN_H_
