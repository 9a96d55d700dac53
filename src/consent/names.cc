// The names of what crm/consent.h counts, both ways.

#include <iterator>
#include <string>

#include "crm/consent.h"

namespace crm {
namespace {

// By number; the first ones may be empty.
constexpr std::string_view kActions[] = {"",         "ask",
                                         "defer",    "pend",
                                         "grant",    "confirm",
                                         "refuse",   "withdraw",
                                         "revoke",   "invalidate",
                                         "object",   "lift-objection",
                                         "restrict", "lift-restriction",
                                         "suppress", "lift-suppression",
                                         "signal"};
constexpr std::string_view kChannels[] = {
    "", "any", "email", "sms", "push", "voice", "whatsapp", "post", "web"};
constexpr std::string_view kClasses[] = {"", "marketing", "transactional",
                                         "legal"};
constexpr std::string_view kVerdicts[] = {"", "allow", "deny", "defer"};
constexpr std::string_view kStates[] = {
    "unknown", "requested", "deferred",  "pending", "lapsed",     "given",
    "expired", "refused",   "withdrawn", "revoked", "invalidated"};
constexpr std::string_view kFormats[] = {"", "kantara", "iso27560"};

struct RuleName {
  std::string_view name;
  std::string_view text;
};
constexpr RuleName kRules[] = {
    {"", ""},
    {"unknown-customer", "there is no such customer"},
    {"restricted", "processing is restricted (Art. 18 GDPR)"},
    {"undeliverable", "nothing arrives at the address"},
    {"suppressed", "the address is suppressed"},
    {"objected", "she objected (Art. 21 GDPR, or a global opt-out)"},
    {"opt-out-of-sale", "her browser signals an opt-out (GPC)"},
    {"unknown-purpose", "the purpose is not in the register"},
    {"denied", "she, or the controller, said no"},
    {"pending", "she was asked, and has not confirmed"},
    {"expired", "she said yes, too long ago"},
    {"old-policy", "she said yes to a policy that is too old"},
    {"never", "she wants no such messages"},
    {"category", "she wants other categories"},
    {"no-consent", "nobody said yes"},
    {"no-time-zone",
     "there are send windows, and no zone to hold them against"},
    {"frequency", "it is too soon after the last one"},
    {"quiet-hours", "it is outside the send windows where she is"},
    {"consent", "she said yes"},
    {"soft-opt-in", "she is a customer, and did not opt out"},
    {"legal-basis", "the purpose needs no consent"},
    {"opt-out-channel", "the regime lets one write until told otherwise"},
    {"message-class", "what a contract or the law needs"},
    {"deactivated", "her account is deactivated"}};

template <size_t n>
std::string_view NameAt(const std::string_view (&names)[n], int number) {
  return number >= 0 && static_cast<size_t>(number) < n ? names[number]
                                                        : std::string_view();
}

template <typename Enum, size_t n>
Result<Enum> Parse(const std::string_view (&names)[n], std::string_view name,
                   std::string_view what) {
  std::string known;
  for (size_t i = 0; i < n; ++i) {
    if (names[i].empty()) continue;
    if (names[i] == name) return static_cast<Enum>(i);
    known.append(known.empty() ? "" : ", ").append(names[i]);
  }
  return Status(StatusCode::kInvalidArgument,
                std::string(what) + ": must be one of " + known);
}

}  // namespace

std::string_view ConsentActionName(ConsentAction action) {
  return NameAt(kActions, static_cast<int>(action));
}
std::string_view ConsentChannelName(ConsentChannel channel) {
  return NameAt(kChannels, static_cast<int>(channel));
}
std::string_view MessageClassName(MessageClass message_class) {
  return NameAt(kClasses, static_cast<int>(message_class));
}
std::string_view VerdictName(Verdict verdict) {
  return NameAt(kVerdicts, static_cast<int>(verdict));
}
std::string_view ConsentStateName(ConsentState state) {
  return NameAt(kStates, static_cast<int>(state));
}
std::string_view ConsentRuleName(ConsentRule rule) {
  const auto number = static_cast<size_t>(rule);
  return number < std::size(kRules) ? kRules[number].name : std::string_view();
}
std::string_view ConsentRuleText(ConsentRule rule) {
  const auto number = static_cast<size_t>(rule);
  return number < std::size(kRules) ? kRules[number].text : std::string_view();
}

Result<ConsentAction> ParseConsentAction(std::string_view name) {
  return Parse<ConsentAction>(kActions, name, "act");
}
Result<ConsentChannel> ParseConsentChannel(std::string_view name) {
  return Parse<ConsentChannel>(kChannels, name, "channel");
}
Result<MessageClass> ParseMessageClass(std::string_view name) {
  return Parse<MessageClass>(kClasses, name, "class");
}
Result<ReceiptFormat> ParseReceiptFormat(std::string_view name) {
  return Parse<ReceiptFormat>(kFormats, name, "format");
}

}  // namespace crm
