// The parts of the normaliser. Private to src/identity.

#ifndef CRM_IDENTITY_NORMALISE_INTERNAL_H_
#define CRM_IDENTITY_NORMALISE_INTERNAL_H_

#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

// The namespaces of addresses and of telephones.
inline constexpr std::string_view kEmailName = "email";
inline constexpr std::string_view kPhoneName = "phoneNumber";

inline constexpr size_t kMaxEmailBytes = 254;      // RFC 5321, with erratum.
inline constexpr size_t kMaxEmailLocalBytes = 64;  // RFC 5321.

Status BadIdentifier(std::string_view name_space, std::string_view what);
Status BlockedIdentifier(std::string_view name_space);

// Both take a value without blanks on its ends.
Status NormaliseEmail(std::string_view value, std::string* canonical);
// NFKC and case fold; ASCII without ICU. False: not UTF-8, or very long.
[[nodiscard]] bool FoldCase(std::string_view text, std::string* folded);
// A domain as addresses have it. kInvalidArgument.
Status NormaliseDomain(std::string_view domain, std::string* canonical);

// By libphonenumber, memoised. An empty region: only numbers with a "+".
// kInvalidArgument: not a number, or libphonenumber is not built in.
Status ParsePhone(std::string_view value, const std::string& region,
                  std::string* canonical);
bool HasPhoneParser();
bool IsPhoneRegion(const std::string& region);

}  // namespace crm

#endif  // CRM_IDENTITY_NORMALISE_INTERNAL_H_
