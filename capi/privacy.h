// An erasure, as several sources of the C face read and show it.

#ifndef CRM_CAPI_PRIVACY_H_
#define CRM_CAPI_PRIVACY_H_

#include <vector>

#include "capi/handles.h"
#include "capi/input.h"
#include "crm/privacy.h"

namespace crm::capi {

Status ReadErasureOptions(const crm_erasure_options* options,
                          ErasureOptions* out);
crm_erasure_report* GiveErasure(ErasureReport report);

// Views `from` and `texts`, which is made of it.
crm_erasure_report_view ShowErasure(const ErasureReport& from,
                                    const ErasureTexts& texts);

}  // namespace crm::capi

#endif  // CRM_CAPI_PRIVACY_H_
