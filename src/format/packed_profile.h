// A profile as it lies on disk: a quarter of what the state takes in memory.
// Origins that traits share are said once, common names are numbers.

#ifndef CRM_FORMAT_PACKED_PROFILE_H_
#define CRM_FORMAT_PACKED_PROFILE_H_

#include <string>
#include <string_view>

namespace crm {

// Appends the packed form of a state (see profile_state.h). False: it is none,
// or holds what the packed form has no place for; nothing was appended.
[[nodiscard]] bool PackProfile(std::string_view state, std::string* out);
// The inverse; replaces. The state is the one that a fold would have made,
// byte by byte. False: malformed.
[[nodiscard]] bool UnpackProfile(std::string_view packed, std::string* state);

}  // namespace crm

#endif  // CRM_FORMAT_PACKED_PROFILE_H_
