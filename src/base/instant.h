// Instants as the microseconds since 1970 that rows and records hold.

#ifndef CRM_BASE_INSTANT_H_
#define CRM_BASE_INSTANT_H_

#include <chrono>
#include <cstdint>

#include "crm/types.h"

namespace crm {

inline Timestamp Instant(int64_t us) {
  return Timestamp(std::chrono::microseconds(us));
}
inline int64_t Microseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

}  // namespace crm

#endif  // CRM_BASE_INSTANT_H_
