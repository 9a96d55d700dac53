#include "profile/catalogue.h"

#include <algorithm>
#include <array>
#include <utility>

namespace crm {
namespace {

// Sorted, for binary search.
constexpr std::array<std::string_view, 23> kProfileEvents = {
    "ContractActivatedEvent",
    "CustomerAddressUpdated",
    "CustomerBirthDateUpdated",
    "CustomerCreated",
    "CustomerEmailUpdated",
    "CustomerNameUpdated",
    "CustomerPhoneUpdated",
    "CustomerProfileCreated",
    "CustomerProfileCreatedEvent",
    "CustomerProfileUpdated",
    "CustomerUpdated",
    "LeadCreatedEvent",
    "contact.created",
    "contact.updated",
    "crm.profile.created",
    "crm.profile.updated",
    "identify",
    "scl.member.created",
    "scl.member.updated",
    "teetime.handicap.updated",
    "teetime.player.created",
    "teetime.player.updated",
    "tier.changed",
};

// Field to trait, sorted by field; an empty trait drops the field.
constexpr std::array<std::pair<std::string_view, std::string_view>, 35>
    kFields = {{
        {"aggregateId", ""},
        {"authUserId", ""},
        {"changedFields", ""},
        {"customerId", ""},
        {"defaultTraits", ""},
        {"first_name", "firstName"},
        {"ipAddress", ""},
        {"last_name", "lastName"},
        {"messagingContactId", ""},
        {"mobile", "phoneNumber"},
        {"newAddress", "address"},
        {"newDateOfBirth", "dateOfBirth"},
        {"newEmail", "email"},
        {"newFirstName", "firstName"},
        {"newLastName", "lastName"},
        {"newName", "name"},
        {"newPhone", "phoneNumber"},
        {"newPhoneNumber", "phoneNumber"},
        {"oldAddress", ""},
        {"oldDateOfBirth", ""},
        {"oldEmail", ""},
        {"oldFirstName", ""},
        {"oldLastName", ""},
        {"oldName", ""},
        {"oldPhone", ""},
        {"oldPhoneNumber", ""},
        {"phone", "phoneNumber"},
        {"phone_number", "phoneNumber"},
        {"reason", ""},
        {"requiresVerification", ""},
        {"teetimePlayerId", ""},
        {"termsAccepted", ""},
        {"traits", ""},
        {"updatedBy", ""},
        {"userAgent", ""},
    }};

}  // namespace

bool IsProfileEvent(std::string_view type) {
  return std::binary_search(kProfileEvents.begin(), kProfileEvents.end(), type);
}

std::string_view TraitOfField(std::string_view field) {
  const auto found =
      std::lower_bound(kFields.begin(), kFields.end(), field,
                       [](const auto& entry, std::string_view name) {
                         return entry.first < name;
                       });
  if (found != kFields.end() && found->first == field) return found->second;
  return field;
}

std::pair<std::string_view, std::string_view> TraitOfType(
    std::string_view type) {
  using Trait = std::pair<std::string_view, std::string_view>;
  constexpr std::pair<std::string_view, Trait> kTraits[] = {
      {"CustomerDeactivated", {"recordState", "\"deactivated\""}},
      {"CustomerEmailUpdated", {"emailVerified", "false"}},
      {"CustomerReactivated", {"recordState", "\"active\""}},
      {"EmailVerificationRequested", {"emailVerified", "false"}},
      {"EmailVerified", {"emailVerified", "true"}}};
  // Most types are another's.
  if (!type.starts_with("CustomerDe") && !type.starts_with("CustomerRe") &&
      !type.starts_with("CustomerEm") && !type.starts_with("EmailVer")) {
    return {};
  }
  for (const auto& [name, trait] : kTraits) {
    if (name == type) return trait;
  }
  return {};
}

std::string_view TraitOfHint(std::string_view name_space) {
  if (name_space == "email" || name_space == "phoneNumber") return name_space;
  if (name_space == "phone" || name_space == "phone_number") {
    return "phoneNumber";
  }
  return {};
}

}  // namespace crm
