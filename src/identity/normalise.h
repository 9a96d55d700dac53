// One normaliser for identity, suppression and consent: raw identifier in,
// canonical identifier out. Its version is part of the views' version.

#ifndef CRM_IDENTITY_NORMALISE_H_
#define CRM_IDENTITY_NORMALISE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

inline constexpr uint32_t kNormaliserVersion = 1;

class IdentitySettings;

enum class IdentifierClass : uint8_t { kExclusive, kShareable, kEphemeral };

struct NamespaceInfo {
  // The canonical spelling: "phone", "phone_number" are "phoneNumber", and so
  // on; an unknown namespace is itself.
  std::string_view name;
  IdentifierClass klass = IdentifierClass::kExclusive;
  // 0 to 100.
  uint8_t confidence = 100;
  // Orders namespaces within a class: lower is first. authUserId 0,
  // sclMemberId 1, teetimePlayerId 2, messagingContactId 3, customerId 4,
  // aggregateId 5, other exclusive ones 100; email 0, phoneNumber 1;
  // anonymousId 0, deviceId 1, sessionId 2.
  uint8_t priority = 100;
  bool fold_case = false;
  // The tenant wants no namespace that she has not named.
  bool withheld = false;
};

// Whether a name can be that of a namespace: 1 to 64 bytes of text.
bool IsNamespace(std::string_view name);

// Static table, of what counts where a tenant has set nothing; for unknown
// names `name` views the argument.
NamespaceInfo ClassifyNamespace(std::string_view name_space);
// The table: f(spelling, info), the canonical spellings first.
void ForEachNamespace(
    const std::function<void(std::string_view, const NamespaceInfo&)>& f);

// Thread-safe; memoises phone numbers per thread (libphonenumber costs 10 to
// 17 us a call).
class Normaliser final {
 public:
  // `default_region`: ISO 3166 alpha-2 or empty. kInvalidArgument when
  // unknown to libphonenumber; kUnsupported when that is not built in.
  static Status CheckRegion(std::string_view default_region);
  // Whether libphonenumber is built in.
  static bool ReadsPhones();
  // `reads_phones`: false where phone numbers in E.164 alone are accepted,
  // whatever is built in. A store keeps to what it was made with: a choice in
  // its log names identifiers by their place.
  explicit Normaliser(std::string default_region,
                      bool reads_phones = ReadsPhones());

  // Writes the canonical form to `*canonical` (replaced). Errors name the
  // namespace and what is wrong, never the value:
  // kInvalidArgument (cannot be one: no @, not a possible phone number,
  // too long, a control character) or kDenied (a blocked value, one that names
  // nobody: empty, "null", "anonymous" and their like, zeroes and dashes, six
  // and more times the same digit, a phone number of one digit or 1234567890,
  // an address at localhost or under .invalid).
  //
  // Two deliberate differences from common block lists: example.com, .org and
  // .net are not blocked, because demonstrations and tests use them (a tenant
  // can have it: block_examples); and runs of up to five equal digits other
  // than zero ("1", "777") pass, because they are real member numbers.
  //
  // email: trimmed, NFKC and case fold (ASCII without ICU), domain to IDNA
  //   A-labels (UTS 46, non-transitional), one trailing dot dropped; 254/64
  //   bytes; plus tags and dots stay, unless the tenant says otherwise of a
  //   domain. No quoted local parts with an @, no address literals.
  // phoneNumber: "+" and 8 to 15 digits, not beginning with 0, as is, whatever
  //   libphonenumber says (what an identifier is must not depend on what the
  //   store holds); otherwise libphonenumber with the region of the source, of
  //   the tenant, or of the store, E.164, without extension; IsPossible
  //   decides. The region is only looked at for numbers without a "+".
  // anything else: trimmed, case kept, unless the tenant folds it; 1 to 256
  //   bytes of UTF-8 without control characters.
  Status Normalise(std::string_view name_space, std::string_view value,
                   std::string* canonical) const;
  // The same as a tenant has set it (null: nothing), in an event of `source`
  // (empty: of none in particular). `info` is Classify's answer.
  Status Normalise(const NamespaceInfo& info, std::string_view value,
                   const IdentitySettings* settings, std::string_view source,
                   std::string* canonical) const;

 private:
  Status NormaliseByTable(const NamespaceInfo& info, std::string_view value,
                          const IdentitySettings* settings,
                          std::string_view source,
                          std::string* canonical) const;

  std::string default_region_;
  bool reads_phones_;
};

}  // namespace crm

#endif  // CRM_IDENTITY_NORMALISE_H_
