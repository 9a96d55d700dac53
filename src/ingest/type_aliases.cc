// Types of events that mean the same.

#include <algorithm>
#include <array>
#include <utility>

#include "crm/ingest.h"

namespace crm {
namespace {

// Sorted, for binary search. Only where both mean the same whatever the
// payload: ConsentUpdatedEvent grants or revokes, and is not here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15>
    kAliases = {{
        {"CustomerMergedEvent", "CustomerMerged"},
        {"CustomerPreferencesUpdated", "PreferencesUpdated"},
        {"CustomerProfileCreated", "CustomerCreated"},
        {"CustomerProfileCreatedEvent", "CustomerCreated"},
        {"CustomerProfileUpdated", "CustomerUpdated"},
        {"CustomerProfileUpdatedEvent", "CustomerUpdated"},
        {"EmailSent", "MessageSent"},
        {"LeadCreatedEvent", "LeadCreated"},
        {"crm.profile.created", "CustomerCreated"},
        {"crm.profile.updated", "CustomerUpdated"},
        {"message.bounced", "MessageFailed"},
        {"scl.member.created", "CustomerCreated"},
        {"scl.member.updated", "CustomerUpdated"},
        {"teetime.player.created", "CustomerCreated"},
        {"teetime.player.updated", "CustomerUpdated"},
    }};

}  // namespace

std::string_view CanonicalEventType(std::string_view type) {
  const auto* const found =
      std::lower_bound(kAliases.begin(), kAliases.end(), type,
                       [](const auto& entry, std::string_view name) {
                         return entry.first < name;
                       });
  const bool known = found != kAliases.end() && found->first == type;
  return known ? found->second : type;
}

}  // namespace crm
