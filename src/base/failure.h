// The first thing that went wrong in something that then stays read-only.

#ifndef CRM_BASE_FAILURE_H_
#define CRM_BASE_FAILURE_H_

#include <atomic>
#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

// Set once, never cleared: a part that failed half-way is opened anew. Damage
// keeps its own code, because opening anew does not mend it. Thread-safe.
class Failure {
 public:
  // True for the first call. `code` is not kOk.
  bool Set(StatusCode code) {
    StatusCode none = StatusCode::kOk;
    return code_.compare_exchange_strong(none, code);
  }
  bool happened() const { return code_.load() != StatusCode::kOk; }

  // Ok, or `what` and the reason: kCorruption for damage, else kReadOnly.
  Status Check(std::string_view what) const {
    const StatusCode code = code_.load();
    if (code == StatusCode::kOk) return Status::Ok();
    return Status(
        code == StatusCode::kCorruption ? code : StatusCode::kReadOnly,
        std::string(what) + " (" + std::string(StatusCodeName(code)) + ")");
  }

 private:
  std::atomic<StatusCode> code_{StatusCode::kOk};
};

}  // namespace crm

#endif  // CRM_BASE_FAILURE_H_
