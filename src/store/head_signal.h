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

#include "base/give_way.h"
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

  // Waits until `done` says so or the deadline has passed; what it says then.
  template <typename F>
  bool WaitUntil(std::chrono::steady_clock::time_point deadline, F done) {
    MutexLock lock(mutex_);
    waiters_.fetch_add(1);
    bool answer = done();
    bool in_time = true;
    while (!answer && in_time) {
      in_time = raised_.WaitUntil(mutex_, deadline);
      SetWoken(false);
      answer = done();
    }
    waiters_.fetch_sub(1);
    return answer;
  }

 private:
  void WakeAll() {
    {
      // A waiter that has looked, and does not wait yet, holds the mutex.
      MutexLock lock(mutex_);
      SetWoken(waiters_.load() > 0);
    }
    raised_.NotifyAll();
  }

  // Until the first of those who wait does run.
  void SetWoken(bool woken) CRM_REQUIRES(mutex_) {
    if (woken == woken_) return;
    woken_ = woken;
    woken ? Woken::Add() : Woken::Remove();
  }

  Mutex mutex_;
  ConditionVariable raised_;
  std::atomic<uint32_t> waiters_{0};
  bool woken_ CRM_GUARDED_BY(mutex_) = false;
};

}  // namespace crm

#endif  // CRM_STORE_HEAD_SIGNAL_H_
