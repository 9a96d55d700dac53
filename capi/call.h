// How calls on a handle begin, and how those that write surround their work.

#ifndef CRM_CAPI_CALL_H_
#define CRM_CAPI_CALL_H_

#include <cstdint>
#include <string>
#include <type_traits>

#include "capi/handles.h"
#include "capi/input.h"
#include "crm/match.h"

namespace crm::capi {

// What every call that reads begins with: `*out` is empty, the handle is one,
// the options are known.
template <typename Handle, typename Out>
Status BeginRead(const Handle* from, const crm_read_options* options,
                 Out** out) {
  Status status = CheckOut(out);
  if (status.ok()) status = Check(from, NameOf(from));
  if (status.ok()) status = CheckReadOptions(options);
  return status;
}

// Runs `call(state)`, which writes and answers a Status, for the state behind
// a handle that was checked.
template <typename State, typename Call>
Status Write(State& state, Call call) {
  const Writing writing(*state.health);
  Status status = writing.Begin();
  return status.ok() ? writing.End(call(state)) : status;
}

// The same of what answers a Result, and writes nothing when it is `dry`.
template <typename State, typename Call>
auto Change(State& state, bool dry, Call call) -> decltype(call(state)) {
  const Writing writing(*state.health);
  const Status status = dry ? Status::Ok() : writing.Begin();
  if (!status.ok()) return status;
  auto result = call(state);
  if (!result.ok()) return writing.End(result.status());
  return result;
}

// A callback as one of C++; what it stopped with goes to `*stopped`.
inline Progress ProgressOf(crm_progress_callback callback, void* user_data,
                           int32_t* stopped) {
  if (callback == nullptr) return {};
  return [=](uint64_t done, uint64_t total) {
    *stopped = callback(user_data, done, total);
    return *stopped == 0;
  };
}

inline MatchProgressCallback StepsOf(crm_progress_callback callback,
                                     void* user_data, int32_t* stopped) {
  if (callback == nullptr) return {};
  return [=](const MatchProgress& at) {
    *stopped = callback(user_data, at.done, at.total);
    return *stopped == 0;
  };
}

// Of a call that its callback stopped with `answer`, which comes back as it is.
inline Status StoppedBy(int32_t answer, const char* call) {
  return Status(static_cast<StatusCode>(answer),
                std::string(call) + ": stopped by its callback");
}

// Runs a long call of a tenant that changes something unless it is dry;
// `name` is what the caller is told when the callback stopped it.
template <typename Options, typename Call>
auto ChangeLong(TenantState& state, Options options,
                crm_progress_callback callback, void* user_data,
                const char* name, Call call)
    -> decltype(call(state.tenant, options)) {
  int32_t stopped = 0;
  if constexpr (std::is_same_v<decltype(options.progress), Progress>) {
    options.progress = ProgressOf(callback, user_data, &stopped);
  } else {
    options.progress = StepsOf(callback, user_data, &stopped);
  }
  auto report = Change(state, options.dry_run, [&](TenantState& own) {
    return call(own.tenant, options);
  });
  if (stopped != 0) return StoppedBy(stopped, name);
  return report;
}

}  // namespace crm::capi

#endif  // CRM_CAPI_CALL_H_
