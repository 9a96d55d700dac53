#include "cli/scratch_copy.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace crm::cli {

ScratchCopy::~ScratchCopy() {
  copy_.reset();
  if (directory_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Result<Tenant> ScratchCopy::Make(Store* store, const StoreOption& option) {
  std::string directory = option.directory;
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  directory += ".dry-run-" + std::to_string(::getpid());
  Status status = store->Checkpoint(directory);
  if (!status.ok()) return status;
  directory_ = directory;
  StoreOptions options;
  options.key_file = store->key_file();
  Result<Store> copy = Store::Open(directory, options);
  if (!copy.ok()) return copy.status();
  copy_.emplace(*std::move(copy));
  return copy_->Tenant(option.tenant);
}

}  // namespace crm::cli
