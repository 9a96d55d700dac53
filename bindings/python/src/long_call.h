// Calls that change a tenant, take long, and say how far they are.

#ifndef CRM_BINDINGS_PYTHON_SRC_LONG_CALL_H_
#define CRM_BINDINGS_PYTHON_SRC_LONG_CALL_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/handles.h"
#include "bindings/python/src/reading.h"
#include "crm/match.h"
#include "crm/types.h"

namespace crm::python {

// What `call(tenant, options)` gives, whose `options.progress` tells the Python
// callable `progress` (or None); raises what that raised.
template <typename Options, typename Call>
auto LongChange(TenantHandle& self, Options options, py::object progress,
                Call call) {
  ProgressCaller caller(std::move(progress));
  const auto tell = [&](uint64_t done, uint64_t total) {
    // Locks are held for which its calls would wait.
    const CallbackScope scope(self.box()->borrower(),
                              CallbackScope::Refuses::kCalls);
    return caller(done, total);
  };
  if constexpr (std::is_same_v<decltype(options.progress), Progress>) {
    options.progress = tell;
  } else {
    options.progress = [&](const MatchProgress& at) {
      return tell(at.done, at.total);
    };
  }
  auto report =
      Change(self, [&](Tenant& tenant) { return call(tenant, options); });
  caller.Rethrow();
  return Take(std::move(report));
}

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_LONG_CALL_H_
