#include "consent/ledger_types.h"

#include <algorithm>
#include <iterator>

#include "identity/choice.h"

namespace crm {
namespace {

// One that ends with a dot stands for all that begin with it.
constexpr std::string_view kEvents[] = {
    "ConsentGranted",
    "ConsentRevoked",
    "ConsentUpdatedEvent",
    "consent.updated",
    "contactPreference.updated",
    "crm.consent.",
};

constexpr ChoiceKind kNotChoices[] = {ChoiceKind::kReview, ChoiceKind::kShared,
                                      ChoiceKind::kHousehold};

bool Fits(std::string_view pattern, std::string_view type) {
  return pattern.back() == '.' ? type.starts_with(pattern) : type == pattern;
}

}  // namespace

bool IsLedgerEvent(std::string_view type) {
  // Nearly all events are none of these: the first letter says so.
  if (type.empty() || (type[0] != 'c' && type[0] != 'C')) return false;
  return std::any_of(
      std::begin(kEvents), std::end(kEvents),
      [type](std::string_view pattern) { return Fits(pattern, type); });
}

bool IsLedgerRecord(LogKind kind, uint8_t what) {
  if (kind == LogKind::kDefinition) return true;
  return kind == LogKind::kIdentity &&
         std::find(std::begin(kNotChoices), std::end(kNotChoices),
                   static_cast<ChoiceKind>(what)) == std::end(kNotChoices);
}

}  // namespace crm
