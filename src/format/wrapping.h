// Differences of numbers that may be damaged: they wrap around instead of
// overflowing.

#ifndef CRM_FORMAT_WRAPPING_H_
#define CRM_FORMAT_WRAPPING_H_

#include <cstdint>

namespace crm {

inline int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}

inline int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}

}  // namespace crm

#endif  // CRM_FORMAT_WRAPPING_H_
