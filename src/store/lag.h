// How far a place in the log is behind its head.

#ifndef CRM_STORE_LAG_H_
#define CRM_STORE_LAG_H_

#include "store/core.h"

namespace crm {

// REQUIRES: the store is open; `position` is at most the head.
Result<Lag> LagBehind(const StoreCore& core, uint32_t tenant,
                      Position position);

}  // namespace crm

#endif  // CRM_STORE_LAG_H_
