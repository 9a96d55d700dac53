// Where threads wait for the log to grow. Raising it costs whoever publishes
// one look at an atomic number, unless somebody waits.
//
// Thread safety: all methods, from any thread. Outlives the sequencer, so that
// a waiter can be woken whatever becomes of the store.

#ifndef CRM_STORE_HEAD_SIGNAL_H_
#define CRM_STORE_HEAD_SIGNAL_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "base/mutex.h"

namespace crm {

class HeadSignal final {
 public:
  // After something changed that waiters look at. What is looked at must be
  // stored and loaded sequentially consistent: then either the waiter sees
  // the change, or this sees the waiter.
  void Raise() {
    if (waiters_.load() > 0) WakeAll();
  }

  // After locks were given back: lets those run who were woken. A scheduler may
  // have put them behind this thread, on its own processor.
  void GiveWay() {
    if (waiters_.load() > 0) std::this_thread::yield();
  }

  // Waits until `done` says so or the deadline has passed; what it says then.
  template <typename F>
  bool WaitUntil(std::chrono::steady_clock::time_point deadline, F done) {
    MutexLock lock(mutex_);
    waiters_.fetch_add(1);
    bool answer = done();
    while (!answer && raised_.WaitUntil(mutex_, deadline)) answer = done();
    if (!answer) answer = done();
    waiters_.fetch_sub(1);
    return answer;
  }

 private:
  void WakeAll() {
    // A waiter that has looked, and does not wait yet, holds the mutex.
    { MutexLock lock(mutex_); }
    raised_.NotifyAll();
  }

  Mutex mutex_;
  ConditionVariable raised_;
  std::atomic<uint32_t> waiters_{0};
};

}  // namespace crm

#endif  // CRM_STORE_HEAD_SIGNAL_H_
