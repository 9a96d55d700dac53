// AppendOrder: see crm/event.h.

#include <condition_variable>
#include <mutex>

#include "crm/event.h"

namespace crm {

struct AppendOrder::Impl {
  std::mutex mutex;
  std::condition_variable moved;
  uint64_t taken = 0;  // Guarded by mutex, as is the next.
  uint64_t passed = 0;
};

AppendOrder::AppendOrder() : impl_(std::make_unique<Impl>()) {}
AppendOrder::~AppendOrder() = default;

uint64_t AppendOrder::TakePlace() {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->taken++;
}

void AppendOrder::WaitFor(uint64_t place) {
  std::unique_lock<std::mutex> lock(impl_->mutex);
  impl_->moved.wait(lock, [&] { return impl_->passed >= place; });
}

void AppendOrder::Pass(uint64_t place) {
  {
    std::unique_lock<std::mutex> lock(impl_->mutex);
    impl_->moved.wait(lock, [&] { return impl_->passed >= place; });
    if (impl_->passed > place) return;
    ++impl_->passed;
  }
  impl_->moved.notify_all();
}

}  // namespace crm
