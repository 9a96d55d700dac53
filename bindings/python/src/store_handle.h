// What stands behind crm.Store.

#ifndef CRM_BINDINGS_PYTHON_SRC_STORE_HANDLE_H_
#define CRM_BINDINGS_PYTHON_SRC_STORE_HANDLE_H_

#include <memory>
#include <utility>

#include "bindings/python/src/handles.h"

namespace crm::python {

class StoreHandle final {
 public:
  explicit StoreHandle(std::shared_ptr<StoreBox> box) : box_(std::move(box)) {}

  // Runs `call` on the store, without the lock. Raises.
  template <typename Call>
  auto Run(Call call) const {
    Check(box_->CheckUsable());
    return Unlocked([&] { return call(box_->store()); });
  }
  const std::shared_ptr<StoreBox>& box() const { return box_; }
  void Close() const {
    Check(Unlocked([&] { return box_->Close(); }));
  }

 private:
  std::shared_ptr<StoreBox> box_;
};

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_STORE_HANDLE_H_
