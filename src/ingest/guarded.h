// Nothing throws out of a public call: what the standard library throws becomes
// a status here.

#ifndef CRM_INGEST_GUARDED_H_
#define CRM_INGEST_GUARDED_H_

#include <exception>
#include <new>

#include "crm/status.h"

namespace crm::ingest {

template <typename F>
auto Guarded(F call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kOutOfMemory, "out of memory");
  } catch (const std::exception&) {
    return Status(StatusCode::kInternal, "an unexpected error");
  }
}

}  // namespace crm::ingest

#endif  // CRM_INGEST_GUARDED_H_
