// A copy of a store that is gone with this object.

#ifndef CRM_CLI_SCRATCH_COPY_H_
#define CRM_CLI_SCRATCH_COPY_H_

#include <optional>
#include <string>

#include "cli/command.h"
#include "crm/store.h"

namespace crm::cli {

// A dry run into a tenant that is not there yet needs one all the same, and
// tenants stay for ever: so it runs in a copy, which lies beside the store.
class ScratchCopy final {
 public:
  ScratchCopy() = default;
  ~ScratchCopy();
  ScratchCopy(const ScratchCopy&) = delete;
  ScratchCopy& operator=(const ScratchCopy&) = delete;

  // Copies `store`, opens the copy and makes the tenant in it.
  Result<Tenant> Make(Store* store, const StoreOption& option);

 private:
  std::string directory_;  // Empty: nothing was made.
  std::optional<Store> copy_;
};

}  // namespace crm::cli

#endif  // CRM_CLI_SCRATCH_COPY_H_
