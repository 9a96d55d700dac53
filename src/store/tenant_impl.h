// A tenant behind its handle.

#ifndef CRM_STORE_TENANT_IMPL_H_
#define CRM_STORE_TENANT_IMPL_H_

#include <memory>

#include "store/core.h"
#include "store/dry_run.h"

namespace crm {

struct Tenant::Impl {
  std::shared_ptr<StoreCore> core;
  TenantInfo info;
};

}  // namespace crm

#endif  // CRM_STORE_TENANT_IMPL_H_
