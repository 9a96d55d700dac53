// What readers say of a customer who is none, of one who was erased, and of a
// tenant that was dropped.

#ifndef CRM_STORE_ERASED_H_
#define CRM_STORE_ERASED_H_

#include <string>
#include <string_view>

#include "crm/status.h"
#include "identity/rows.h"
#include "store/core.h"

namespace crm {

inline Status NoCustomer(CustomerId customer) {
  return Status(StatusCode::kNotFound,
                "no customer " + std::to_string(customer));
}

inline Status ErasedCustomer(CustomerId customer) {
  return Status(StatusCode::kErased,
                "customer " + std::to_string(customer) + " was erased");
}

// `id`: as it was asked for.
inline Status CheckNotErased(CustomerId id, const Members& members) {
  return members.IsErased() ? ErasedCustomer(id) : Status::Ok();
}

inline Status DroppedTenant(std::string_view name) {
  return Status(StatusCode::kErased,
                "tenant \"" + std::string(name) + "\" was dropped");
}

inline Status CheckNotDropped(const TenantInfo& tenant) {
  return tenant.is_dropped() ? DroppedTenant(tenant.name) : Status::Ok();
}

}  // namespace crm

#endif  // CRM_STORE_ERASED_H_
