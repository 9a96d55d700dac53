// A tenant behind its handle.

#ifndef CRM_STORE_TENANT_IMPL_H_
#define CRM_STORE_TENANT_IMPL_H_

#include <memory>

#include "store/core.h"
#include "store/dry_run.h"
#include "store/erased.h"

namespace crm {

struct Tenant::Impl {
  std::shared_ptr<StoreCore> core;
  TenantInfo info;

  // Ok while the store is open, and the tenant was not dropped.
  Status CheckOpenParts() const CRM_REQUIRES_SHARED(core->lifecycle) {
    Status status = core->CheckOpen();
    return status.ok() ? CheckNotDropped(info) : status;
  }
  // The same for all that needs a key.
  Status CheckOpen() const CRM_REQUIRES_SHARED(core->lifecycle) {
    Status status = CheckOpenParts();
    return status.ok() ? core->CheckReadable() : status;
  }
};

}  // namespace crm

#endif  // CRM_STORE_TENANT_IMPL_H_
