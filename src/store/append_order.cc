// AppendOrder: see crm/event.h.

#include "base/mutex.h"
#include "crm/event.h"

namespace crm {

struct AppendOrder::Impl {
  Mutex mutex;
  ConditionVariable moved;
  uint64_t taken CRM_GUARDED_BY(mutex) = 0;
  uint64_t passed CRM_GUARDED_BY(mutex) = 0;
};

AppendOrder::AppendOrder() : impl_(std::make_unique<Impl>()) {}
AppendOrder::~AppendOrder() = default;

uint64_t AppendOrder::TakePlace() {
  MutexLock lock(impl_->mutex);
  return impl_->taken++;
}

void AppendOrder::WaitFor(uint64_t place) {
  MutexLock lock(impl_->mutex);
  while (impl_->passed < place) impl_->moved.Wait(impl_->mutex);
}

void AppendOrder::Pass(uint64_t place) {
  {
    MutexLock lock(impl_->mutex);
    while (impl_->passed < place) impl_->moved.Wait(impl_->mutex);
    if (impl_->passed > place) return;
    ++impl_->passed;
  }
  impl_->moved.NotifyAll();
}

}  // namespace crm
