// Instants as text: RFC 3339 / ISO 8601 in, canonical RFC 3339 out; and
// explicit formats for imports. No time zone database here.

#ifndef CRM_BASE_TIME_TEXT_H_
#define CRM_BASE_TIME_TEXT_H_

#include <string>
#include <string_view>

#include "crm/status.h"
#include "crm/types.h"

namespace crm {

inline constexpr int64_t kMinTimeUs = -2208988800000000;  // 1900-01-01
inline constexpr int64_t kEndTimeUs = 7258118400000000;   // 2200-01-01

bool InTimeRange(Timestamp time);

// "2026-02-02T09:15:00Z", with optional fraction of 1 to 9 digits (beyond
// microseconds only zeroes are accepted), offset Z or +hh:mm or +hhmm; a
// blank may stand for T, and t and z for T and Z. A second of 60 is refused, as
// is a missing offset. Errors name what is wrong, never the text: kMalformed,
// kInvalidArgument.
Result<Timestamp> ParseTime(std::string_view text);

// Appends "YYYY-MM-DDThh:mm:ss[.ffffff]Z": 0, 3 or 6 digits of fraction, the
// fewest that lose nothing.
void AppendTime(Timestamp time, std::string* out);
std::string FormatTime(Timestamp time);

// Reads `text` by a strftime-like `format`: %Y %m %d %H %M %S %f (1 to 6
// digits of fraction) %z (offset) %y (two digits: 1969 to 2068) %e %b %p %I
// %% ; everything else must match to the letter; all of `text` must be used.
// Numbers of two digits may have one (exports write 12/1/2010 8:26). Without
// %z the text is UTC.
Result<Timestamp> ParseTimeAs(std::string_view text, std::string_view format);
// kInvalidArgument when `format` is not such a format: it must give year,
// month and day, no field twice, and %I only with %p.
Status CheckTimeFormat(std::string_view format);

}  // namespace crm

#endif  // CRM_BASE_TIME_TEXT_H_
