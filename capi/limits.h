// Limits of what a caller of crm.h gives.

#ifndef CRM_CAPI_LIMITS_H_
#define CRM_CAPI_LIMITS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "capi/input.h"

namespace crm::capi {

// An array that is one, of as many elements as a request has events at most. A
// count that is not one at all is more.
inline Status CheckElements(const void* array, size_t count, const char* name) {
  Status status = CheckArray(array, count, name);
  if (!status.ok() || count <= 10'000) return status;
  return Status(
      StatusCode::kTooLarge,
      std::string(name) + ": at most 10,000, not " + std::to_string(count));
}

// `options.threads`.
inline Status CheckThreads(uint32_t threads) {
  if (threads <= 64) return Status::Ok();
  return Status(StatusCode::kInvalidArgument,
                "options.threads: must be at most 64");
}

}  // namespace crm::capi

#endif  // CRM_CAPI_LIMITS_H_
