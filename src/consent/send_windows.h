// When one may send: windows of the local week, half-open, in one zone or in
// several at once.

#ifndef CRM_CONSENT_SEND_WINDOWS_H_
#define CRM_CONSENT_SEND_WINDOWS_H_

#include <span>

#include "consent/settings.h"

namespace crm {

// The first instant from `at` on that is within the windows in all of these
// zones; `at` itself, if it is. False: there is none within a month.
[[nodiscard]] bool NextOpen(const SendWindows& windows,
                            std::span<const TimeZone> zones, Timestamp at,
                            Timestamp* open);

}  // namespace crm

#endif  // CRM_CONSENT_SEND_WINDOWS_H_
