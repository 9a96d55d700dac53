// Bytes as text: hexadecimal, and base64 as of RFC 4648, with padding.

#ifndef CRM_BASE_TEXT_CODES_H_
#define CRM_BASE_TEXT_CODES_H_

#include <string>
#include <string_view>

namespace crm {

void AppendHex(std::string_view bytes, std::string* out);
// In lower case.
std::string ToHexText(std::string_view bytes);
// False: not hexadecimal digits in pairs, of either case.
[[nodiscard]] bool FromHexText(std::string_view text, std::string* bytes);

std::string ToBase64(std::string_view bytes);
// False: not the one spelling that ToBase64 gives.
[[nodiscard]] bool FromBase64(std::string_view text, std::string* bytes);

}  // namespace crm

#endif  // CRM_BASE_TEXT_CODES_H_
