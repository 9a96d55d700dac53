#include "identity/normalise.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "crm/event.h"
#include "identity/normalise_internal.h"
#include "identity/settings.h"

namespace crm {
namespace {

constexpr size_t kMinPhoneDigits = 8;
constexpr size_t kMaxPhoneDigits = 15;
// Shorter runs of one digit, other than zero, are real member numbers.
constexpr size_t kMinBlockedRun = 6;

struct NamespaceRow {
  std::string_view spelling;
  NamespaceInfo info;
};

constexpr NamespaceInfo Exclusive(std::string_view name, uint8_t priority) {
  return {name, IdentifierClass::kExclusive, 100, priority};
}
constexpr NamespaceInfo Ephemeral(std::string_view name, uint8_t priority) {
  return {name, IdentifierClass::kEphemeral, 80, priority};
}
constexpr NamespaceInfo kEmailSpace = {kEmailName, IdentifierClass::kShareable,
                                       95, 0};
constexpr NamespaceInfo kPhoneSpace = {kPhoneName, IdentifierClass::kShareable,
                                       85, 1};

// The canonical spellings come first: they are what nearly all events have.
constexpr NamespaceRow kNamespaces[] = {
    {"email", kEmailSpace},
    {"phoneNumber", kPhoneSpace},
    {"authUserId", Exclusive("authUserId", 0)},
    {"sclMemberId", Exclusive("sclMemberId", 1)},
    {"teetimePlayerId", Exclusive("teetimePlayerId", 2)},
    {"messagingContactId", Exclusive("messagingContactId", 3)},
    {"customerId", Exclusive("customerId", 4)},
    {"aggregateId", Exclusive("aggregateId", 5)},
    {"anonymousId", Ephemeral("anonymousId", 0)},
    {"deviceId", Ephemeral("deviceId", 1)},
    {"sessionId", Ephemeral("sessionId", 2)},
    {"Email", kEmailSpace},
    {"EMAIL", kEmailSpace},
    {"e-mail", kEmailSpace},
    {"emailAddress", kEmailSpace},
    {"email_address", kEmailSpace},
    {"phone", kPhoneSpace},
    {"Phone", kPhoneSpace},
    {"phone_number", kPhoneSpace},
    {"mobile", kPhoneSpace},
    {"mobileNumber", kPhoneSpace},
    {"mobile_number", kPhoneSpace},
    {"msisdn", kPhoneSpace},
    {"auth_user_id", Exclusive("authUserId", 0)},
    {"scl_member_id", Exclusive("sclMemberId", 1)},
    {"teetime_player_id", Exclusive("teetimePlayerId", 2)},
    {"messaging_contact_id", Exclusive("messagingContactId", 3)},
    {"customer_id", Exclusive("customerId", 4)},
    {"aggregate_id", Exclusive("aggregateId", 5)},
    {"anonymous_id", Ephemeral("anonymousId", 0)},
    {"device_id", Ephemeral("deviceId", 1)},
    {"session_id", Ephemeral("sessionId", 2)},
};

// What programs write when they know nobody; in lower case.
constexpr std::string_view kBlockedWords[] = {"null",
                                              "none",
                                              "nil",
                                              "undefined",
                                              "nan",
                                              "n/a",
                                              "na",
                                              "unknown",
                                              "anonymous",
                                              "guest",
                                              "test",
                                              "true",
                                              "false",
                                              "id",
                                              "email",
                                              "-1",
                                              "1234567890",
                                              "distinct_id",
                                              "not_authenticated",
                                              "[object object]"};
constexpr size_t kLongestBlockedWord = 17;

bool IsBlockedWord(std::string_view value) {
  if (value.size() > kLongestBlockedWord) return false;
  char lower[kLongestBlockedWord];
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    lower[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const std::string_view word(lower, value.size());
  return std::find(std::begin(kBlockedWords), std::end(kBlockedWords), word) !=
         std::end(kBlockedWords);
}

// Zeroes and dashes (with them the nil UUID), or a long run of one digit.
bool IsBlockedRun(std::string_view value) {
  const char first = value.front();
  if (first == '0' || first == '-') {
    return value.find_first_not_of("0-") == std::string_view::npos;
  }
  return IsDigit(first) && value.size() >= kMinBlockedRun &&
         value.find_first_not_of(first) == std::string_view::npos;
}

bool IsBlocked(std::string_view value) {
  return value.empty() || IsBlockedRun(value) || IsBlockedWord(value);
}

// "+" and 8 to 15 digits, of which the first is not zero.
bool IsE164(std::string_view value) {
  if (value.size() < 1 + kMinPhoneDigits ||
      value.size() > 1 + kMaxPhoneDigits || value[0] != '+' ||
      value[1] == '0') {
    return false;
  }
  bool digits = true;
  for (const char c : value.substr(1)) digits &= IsDigit(c);
  return digits;
}

Status NormalisePhone(std::string_view value, const std::string& region,
                      bool parses, std::string* canonical) {
  if (IsE164(value)) {
    canonical->assign(value);
  } else {
    if (IsBlocked(value)) return BlockedIdentifier(kPhoneSpace.name);
    if (!parses) {
      return BadIdentifier(kPhoneSpace.name,
                           "only + and 8 to 15 digits are read by this store");
    }
    Status status = ParsePhone(value, region, canonical);
    if (!status.ok()) return status;
  }
  const std::string_view digits = std::string_view(*canonical).substr(1);
  if (digits.find_first_not_of(digits[0]) != std::string_view::npos &&
      digits != "1234567890") {
    return Status();
  }
  canonical->clear();
  return BlockedIdentifier(kPhoneSpace.name);
}

Status NormaliseOther(std::string_view name, std::string_view value,
                      std::string* canonical) {
  if (IsBlocked(value)) return BlockedIdentifier(name);
  const Status status = CheckOptionalName(name, value, kMaxIdBytes);
  if (!status.ok()) {
    return Status(StatusCode::kInvalidArgument, std::string(status.message()));
  }
  canonical->assign(value);
  return Status();
}

}  // namespace

Status BadIdentifier(std::string_view name_space, std::string_view what) {
  std::string text(name_space);
  text += ": ";
  text += what;
  return Status(StatusCode::kInvalidArgument, std::move(text));
}

Status BlockedIdentifier(std::string_view name_space) {
  return Status(StatusCode::kDenied,
                std::string(name_space) + ": a value that names nobody");
}

NamespaceInfo ClassifyNamespace(std::string_view name_space) {
  for (const NamespaceRow& row : kNamespaces) {
    if (row.spelling == name_space) return row.info;
  }
  NamespaceInfo info;
  info.name = name_space;
  return info;
}

void ForEachNamespace(
    const std::function<void(std::string_view, const NamespaceInfo&)>& f) {
  for (const NamespaceRow& row : kNamespaces) f(row.spelling, row.info);
}

bool IsNamespace(std::string_view name) {
  return CheckName("namespace", name, kMaxNamespaceBytes).ok();
}

Status Normaliser::CheckRegion(std::string_view default_region) {
  if (default_region.empty()) return Status();
  if (!ReadsPhones()) {
    return Status(StatusCode::kUnsupported,
                  "default_region: built without libphonenumber, national "
                  "phone numbers cannot be read");
  }
  if (IsPhoneRegion(std::string(default_region))) return Status();
  return Status(StatusCode::kInvalidArgument,
                "default_region: not a region of two capital letters that has "
                "phone numbers");
}

bool Normaliser::ReadsPhones() { return HasPhoneParser(); }

Normaliser::Normaliser(std::string default_region, bool reads_phones)
    : default_region_(std::move(default_region)), reads_phones_(reads_phones) {}

Status Normaliser::Normalise(std::string_view name_space,
                             std::string_view value,
                             std::string* canonical) const {
  return Normalise(ClassifyNamespace(name_space), value, nullptr, {},
                   canonical);
}

Status Normaliser::Normalise(const NamespaceInfo& info, std::string_view value,
                             const IdentitySettings* settings,
                             std::string_view source,
                             std::string* canonical) const {
  canonical->clear();
  Status status =
      NormaliseByTable(info, Trim(value), settings, source, canonical);
  if (status.ok() && settings != nullptr) {
    if (info.name == kEmailSpace.name)
      status = settings->RewriteEmail(canonical);
    if (status.ok() && settings->IsBlocked(info.name, *canonical)) {
      status = BlockedIdentifier(info.name);
    }
  }
  if (!status.ok()) canonical->clear();
  return status;
}

Status Normaliser::NormaliseByTable(const NamespaceInfo& info,
                                    std::string_view value,
                                    const IdentitySettings* settings,
                                    std::string_view source,
                                    std::string* canonical) const {
  if (info.name == kEmailSpace.name) {
    if (IsBlocked(value)) return BlockedIdentifier(kEmailSpace.name);
    return NormaliseEmail(value, canonical);
  }
  if (info.name == kPhoneSpace.name) {
    return NormalisePhone(value,
                          settings == nullptr
                              ? default_region_
                              : settings->RegionFor(source, default_region_),
                          reads_phones_, canonical);
  }
  if (info.withheld) {
    return BadIdentifier(info.name, "not a namespace that the tenant has set");
  }
  Status status = NormaliseOther(info.name, value, canonical);
  if (!status.ok() || !info.fold_case) return status;
  std::string folded;
  if (!FoldCase(*canonical, &folded)) {
    return BadIdentifier(info.name, "too long");
  }
  *canonical = std::move(folded);
  // Full-width letters and the like are what they look like by now.
  return IsBlocked(*canonical) ? BlockedIdentifier(info.name) : status;
}

}  // namespace crm
