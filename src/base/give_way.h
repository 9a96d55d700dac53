// Long work that lets others have the processor now and then.
//
// A scheduler leaves a busy thread its processor for some milliseconds, even
// where another waits that needs a tenth of one. Threads that write files in
// the background would so hold up those that somebody waits for.
//
// Thread safety: of one thread.

#ifndef CRM_BASE_GIVE_WAY_H_
#define CRM_BASE_GIVE_WAY_H_

#include <algorithm>
#include <cstddef>
#include <thread>

namespace crm {

class GiveWay final {
 public:
  // After some work: of a row, about, or what takes as long as several.
  void Step(size_t rows = 1) {
    rows_ += rows;
    if (rows_ < kRowsBetween) return;
    rows_ = 0;
    std::this_thread::yield();
  }

 private:
  // About a tenth of a millisecond; giving way takes half a microsecond.
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
