#include "base/park.h"

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace crm {

#ifdef __linux__

static_assert(sizeof(std::atomic<int>) == sizeof(int) &&
              std::atomic<int>::is_always_lock_free);

void ParkWhile(const std::atomic<int>& word, int value) {
  while (word.load(std::memory_order_acquire) == value) {
    // Comes back at once when the number has changed meanwhile; sometimes for
    // no reason.
    static_cast<void>(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value,
                              nullptr, nullptr, 0));
  }
}

void UnparkOne(const std::atomic<int>& word) {
  static_cast<void>(
      syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0));
}

#else

void ParkWhile(const std::atomic<int>& word, int value) {
  word.wait(value, std::memory_order_acquire);
}

void UnparkOne(const std::atomic<int>& word) {
  const_cast<std::atomic<int>&>(word).notify_one();
}

#endif

}  // namespace crm
