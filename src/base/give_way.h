// Busy threads that let those run who were woken and do not run yet.
//
// A scheduler leaves a busy thread its processor for some milliseconds, even
// where another waits that needs a tenth of one. Threads that write files in
// the background would so hold up those that somebody waits for. They give way
// only then: a thread that always does starves on a busy machine.
//
// Thread safety: GiveWay is of one thread; Woken may be used by any.

#ifndef CRM_BASE_GIVE_WAY_H_
#define CRM_BASE_GIVE_WAY_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace crm {

// Threads of this process that were woken and do not run yet. Of the process,
// because its stores share the processors; no more than a hint.
class Woken final {
 public:
  static void Add() { count_.fetch_add(1, std::memory_order_relaxed); }
  static void Remove() { count_.fetch_sub(1, std::memory_order_relaxed); }
  static void GiveWay() {
    if (count_.load(std::memory_order_relaxed) > 0) std::this_thread::yield();
  }

 private:
  inline static constinit std::atomic<uint32_t> count_{0};
};

class GiveWay final {
 public:
  // After some work: of a row, about, or what takes as long as several.
  void Step(size_t rows = 1) {
    rows_ += rows;
    if (rows_ < kRowsBetween) return;
    rows_ = 0;
    Woken::GiveWay();
  }

 private:
  // About a tenth of a millisecond.
  static constexpr size_t kRowsBetween = 64;

  size_t rows_ = 0;
};

// std::sort of many elements.
template <typename Iterator>
void SortGivingWay(Iterator first, Iterator last) {
  constexpr size_t kComparedPerRow = 256;
  GiveWay give_way;
  size_t compared = 0;
  std::sort(first, last, [&](const auto& a, const auto& b) {
    if (++compared % kComparedPerRow == 0) give_way.Step();
    return a < b;
  });
}

}  // namespace crm

#endif  // CRM_BASE_GIVE_WAY_H_
