// Refusals that the calls of a tenant have in common.

#ifndef CRM_STORE_REFUSAL_H_
#define CRM_STORE_REFUSAL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "crm/status.h"

namespace crm {

inline Status Invalid(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}

// Of a member of the options: "by: too long".
inline Status BadMember(std::string_view member, std::string_view why) {
  return Invalid(std::string(member) + ": " + std::string(why));
}

// "no customer 7".
inline Status NotFound(std::string_view what, uint64_t number) {
  return Status(StatusCode::kNotFound,
                "no " + std::string(what) + " " + std::to_string(number));
}

}  // namespace crm

#endif  // CRM_STORE_REFUSAL_H_
