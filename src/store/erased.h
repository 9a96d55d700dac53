// What readers say of a customer who was erased.

#ifndef CRM_STORE_ERASED_H_
#define CRM_STORE_ERASED_H_

#include <string>

#include "crm/status.h"
#include "identity/rows.h"

namespace crm {

inline Status ErasedCustomer(CustomerId customer) {
  return Status(StatusCode::kErased,
                "customer " + std::to_string(customer) + " was erased");
}

// `id`: as it was asked for.
inline Status CheckNotErased(CustomerId id, const Members& members) {
  return members.IsErased() ? ErasedCustomer(id) : Status::Ok();
}

}  // namespace crm

#endif  // CRM_STORE_ERASED_H_
