// What every function of crm.h stands behind: one barrier for exceptions, and
// one way to look at a handle before it is used.
//
// Guard() is the only place in capi/ that catches anything (a style test sees
// to that). It writes the caller's crm_error, and turns what is thrown into a
// status: no memory into CRM_OUT_OF_MEMORY, with an error that takes none.

#ifndef CRM_CAPI_GUARD_H_
#define CRM_CAPI_GUARD_H_

#include <exception>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "crm.h"
#include "crm/status.h"

namespace crm::capi {

// Writes `status` to `error`, unless that is null, and gives its number.
// kOutOfMemory when there is no memory for the error.
crm_status Fail(const Status& status, crm_error** error) noexcept;
crm_status FailOutOfMemory(crm_error** error) noexcept;
crm_status FailInternal(crm_error** error) noexcept;

inline crm_status Answer(const Status& status, crm_error** error) noexcept {
  return status.ok() ? CRM_OK : Fail(status, error);
}
inline crm_status Answer(const Result<crm_status>& result,
                         crm_error** error) noexcept {
  return result.ok() ? *result : Fail(result.status(), error);
}

// Runs the body of a function: it gives a Status, or a Result<crm_status> when
// there is more than one way to succeed.
template <typename Body>
crm_status Guard(crm_error** error, Body&& body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    return Answer(body(), error);
  } catch (const std::bad_alloc&) {
    return FailOutOfMemory(error);
  } catch (const std::length_error&) {
    // A string or an array over what the standard library can hold.
    return FailOutOfMemory(error);
  } catch (...) {
    return FailInternal(error);
  }
}

// The same for a function that cannot fail: `otherwise` should it throw.
template <typename T, typename Body>
T GuardValue(T otherwise, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return otherwise;
  }
}

}  // namespace crm::capi

#endif  // CRM_CAPI_GUARD_H_
