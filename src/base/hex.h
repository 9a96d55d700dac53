// Bytes as hexadecimal digits.

#ifndef CRM_BASE_HEX_H_
#define CRM_BASE_HEX_H_

#include <string>
#include <string_view>

namespace crm {

// In lower case, two digits a byte.
std::string HexOf(std::string_view bytes);
// The inverse, in either case. False: not that.
[[nodiscard]] bool ReadHex(std::string_view text, std::string* bytes);

}  // namespace crm

#endif  // CRM_BASE_HEX_H_
