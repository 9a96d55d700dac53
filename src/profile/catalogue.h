// Which events speak about the person herself, and how their fields are
// called as traits.

#ifndef CRM_PROFILE_CATALOGUE_H_
#define CRM_PROFILE_CATALOGUE_H_

#include <string_view>
#include <utility>

namespace crm {

// True: the top-level fields of the payload are traits.
bool IsProfileEvent(std::string_view type);

// The trait that a payload field of a profile event sets; empty: none (old
// values, keys, facts about the request). Unknown fields are traits under
// their own name.
std::string_view TraitOfField(std::string_view field);

// The trait that events of a type set, whatever they hold, and its value as
// JSON; empty: none.
std::pair<std::string_view, std::string_view> TraitOfType(
    std::string_view type);

// The trait that an identity hint sets; empty: none.
std::string_view TraitOfHint(std::string_view name_space);

}  // namespace crm

#endif  // CRM_PROFILE_CATALOGUE_H_
