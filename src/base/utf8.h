// Text checks at the edge.

#ifndef CRM_BASE_UTF8_H_
#define CRM_BASE_UTF8_H_

#include <string_view>

#include "crm/status.h"

namespace crm {

bool IsUtf8(std::string_view text);
// 1 to `max` bytes of UTF-8 without control characters. The error names
// `field` and the limit, never the text.
Status CheckName(std::string_view field, std::string_view text, size_t max);
// The same, but empty is fine.
Status CheckOptionalName(std::string_view field, std::string_view text,
                         size_t max);
// Without the blanks (ASCII) on both ends.
std::string_view Trim(std::string_view text);

}  // namespace crm

#endif  // CRM_BASE_UTF8_H_
