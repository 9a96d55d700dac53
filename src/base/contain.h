// Exceptions where none may pass: in a thread of libcrm's own, and where other
// threads wait for what is being done.

#ifndef CRM_BASE_CONTAIN_H_
#define CRM_BASE_CONTAIN_H_

#include <new>
#include <stdexcept>
#include <utility>

#include "crm/status.h"

namespace crm {

// Runs `work`; kOk unless it throws. A code and not a Status, because that may
// need the very memory that has run out.
template <typename Work>
StatusCode Contain(Work&& work) noexcept {
  try {
    std::forward<Work>(work)();
    return StatusCode::kOk;
  } catch (const std::bad_alloc&) {
    return StatusCode::kOutOfMemory;
  } catch (const std::length_error&) {
    // A string or an array over what the standard library can hold.
    return StatusCode::kOutOfMemory;
  } catch (...) {
    return StatusCode::kInternal;
  }
}

}  // namespace crm

#endif  // CRM_BASE_CONTAIN_H_
