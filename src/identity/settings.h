// What a tenant can set about identity: which namespaces there are and how much
// they say, how their values are normalised and which are blocked, from when on
// an event attaches and customers merge, and what the guards stand at. Defaults
// are the seeds' and those of the guide to guards. crm/identity.h is the manual
// of the JSON that is read and written here.
//
// An IdentitySettings never changes; a new definition makes a new one, which
// counts from its position in the log on: see event/definitions.h.

#ifndef CRM_IDENTITY_SETTINGS_H_
#define CRM_IDENTITY_SETTINGS_H_

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/identity.h"
#include "crm/status.h"
#include "identity/normalise.h"

namespace crm {

struct IdentityRules {
  // Confidence from which on an event may attach, and two customers merge.
  uint8_t attach_bar = 85;
  uint8_t merge_bar = 95;
  // Two customers who meet are merged by events at all.
  bool automatic_merges = true;
  // A shareable value that so many different people claim links nobody; 0:
  // there is no such number.
  uint32_t shared_after = 3;
  // Per customer.
  uint32_t values_per_shareable = 5;
  uint32_t identifiers = 1000;
  uint32_t records = 200;
  uint32_t merges = 100;
  // Merges by events in a minute of recorded time, before merging pauses.
  uint32_t merges_per_minute = 1000;
  // A phone number not seen for so long no longer attaches; 0: never.
  uint32_t phone_months = 18;
};

// What is done to the addresses of one domain.
struct EmailDomain {
  bool strip_tags = false;  // ada+golf is ada.
  bool strip_dots = false;  // a.da is ada.
  std::string same_as;      // It is only another name of this domain.

  bool operator==(const EmailDomain&) const = default;
};

struct EmailSettings {
  std::map<std::string, EmailDomain, std::less<>> domains;
  bool block_roles = false;     // info@, noreply@ and their like.
  bool block_examples = false;  // example.com and its like, *.example.
};

struct PhoneSettings {
  std::string region;  // Empty: that of the store.
  bool refuse_national = false;
  // By source of the event.
  std::map<std::string, std::string, std::less<>> regions;
};

// A namespace, and what else it is called.
struct NamespaceSettings {
  std::string name;
  IdentifierClass klass = IdentifierClass::kExclusive;
  uint8_t confidence = 100;
  uint8_t priority = 100;
  bool fold_case = false;
  std::vector<std::string> aliases;

  bool operator==(const NamespaceSettings&) const = default;
};

// Thread safety: immutable.
class IdentitySettings final {
 public:
  // Errors name the place as a JSON pointer, never a value that is blocked:
  // kMalformed (not JSON), kInvalidArgument (a member that there is not, a
  // value out of range, what contradicts itself), kTooLarge (names the limit).
  static Result<std::shared_ptr<const IdentitySettings>> Parse(
      std::string_view json);
  // Those of a tenant who has set nothing.
  static const IdentitySettings& Default();

  IdentitySettings(const IdentitySettings&) = delete;
  IdentitySettings& operator=(const IdentitySettings&) = delete;

  const IdentityRules& rules() const { return rules_; }
  const PhoneSettings& phone() const { return phone_; }
  const EmailSettings& email() const { return email_; }

  // As ClassifyNamespace. `name` of the answer lives as long as this, or as
  // the argument.
  NamespaceInfo Classify(std::string_view spelling) const;
  // The region of phone numbers in events of `source`.
  const std::string& RegionFor(std::string_view source,
                               const std::string& of_store) const;
  // What the tenant has set about addresses; `*address` is normalised.
  // kDenied: blocked. kInvalidArgument: too long by now.
  Status RewriteEmail(std::string* address) const;
  // Whether the tenant has blocked a normalised value.
  bool IsBlocked(std::string_view name_space, std::string_view canonical) const;
  // kInvalidArgument: a region without phone numbers. (Not looked at by Parse:
  // which regions there are depends on the libphonenumber in use.)
  Status CheckRegions() const;

  // Canonical: equal settings give equal bytes. What differs from the defaults,
  // "{}" if nothing does; that is what the log keeps.
  std::string ToJson() const;
  // With everything that is a default spelled out; Parse takes it back.
  std::string ToWholeJson(const std::string& region_of_store) const;

 private:
  friend class IdentitySettingsReader;
  friend class IdentitySettingsWriter;

  IdentitySettings();
  void Compile();

  IdentityRules rules_;
  EmailSettings email_;
  PhoneSettings phone_;
  bool withhold_others_ = false;
  // By name; all that this library knows, and the tenant's own.
  std::map<std::string, NamespaceSettings, std::less<>> namespaces_;
  // By namespace or "*", then folded and in order.
  std::map<std::string, std::vector<std::string>, std::less<>> blocked_;

  // Made of these, and views of them: spelling to what it stands for, and what
  // is blocked.
  absl::flat_hash_map<std::string_view, NamespaceInfo> spellings_;
  absl::flat_hash_map<std::string_view, absl::flat_hash_set<std::string_view>>
      blocks_;
};

// How much of everything one tenant may set.
inline constexpr size_t kMaxNamespaces = 256;
inline constexpr size_t kMaxNamespaceBytes = 64;
inline constexpr size_t kMaxAliases = 32;
inline constexpr size_t kMaxBlockedValues = 4096;
inline constexpr size_t kMaxEmailDomains = 256;
inline constexpr size_t kMaxPhoneSources = 256;

// Null settings: the defaults.
inline const IdentityRules& RulesOf(const IdentitySettings* settings) {
  static constexpr IdentityRules kDefaults;
  return settings == nullptr ? kDefaults : settings->rules();
}
inline NamespaceInfo Classify(const IdentitySettings* settings,
                              std::string_view spelling) {
  return settings == nullptr ? ClassifyNamespace(spelling)
                             : settings->Classify(spelling);
}

}  // namespace crm

#endif  // CRM_IDENTITY_SETTINGS_H_
