// How calls on a handle begin, and how those that write surround their work.

#ifndef CRM_CAPI_CALL_H_
#define CRM_CAPI_CALL_H_

#include "capi/handles.h"
#include "capi/input.h"

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

}  // namespace crm::capi

#endif  // CRM_CAPI_CALL_H_
