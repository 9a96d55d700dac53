// What a tenant has defined about consent: purposes, policies, parties,
// templates and regimes. crm/consent.h is the manual of the JSON.
//
// A ConsentSettings never changes; a new definition makes a new one. They count
// when a decision is made, never when an act is folded.

#ifndef CRM_CONSENT_SETTINGS_H_
#define CRM_CONSENT_SETTINGS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_zone.h"
#include "crm/consent.h"
#include "format/json_tree.h"

namespace crm {

// Why one may write.
enum class LegalBasis : uint8_t { kConsent, kLegitimateInterest, kOther };

struct ConsentPurpose {
  std::string name;
  uint64_t hash = 0;  // StableHash64 of the name.
  LegalBasis basis = LegalBasis::kConsent;
  bool double_opt_in = false;
  bool sale_or_share = false;
  uint32_t min_policy_version = 0;
  std::optional<int> validity_months;  // 0: for ever.
};

// A stretch of the week in which one may send.
struct SendWindow {
  uint8_t days = 0;  // Bit 0: Monday.
  int64_t from_us = 0;
  int64_t until_us = 0;  // Not greater than from: of the next day.
};

struct SendWindows {
  uint16_t channels = 0;  // Bit: number of the channel. 0: there are none.
  std::vector<TimeZone> zones;
  std::vector<SendWindow> windows;
  std::vector<int64_t> closed;  // Local days, ascending.
};

struct ConsentRegime {
  std::string name;
  bool enabled = true;
  std::vector<std::string> jurisdictions;  // Ascending.
  bool everywhere = false;                 // "*" is one of them.
  std::optional<int> validity_months;
  bool gpc = false;
  bool soft_opt_in = false;
  bool one_click = false;
  uint16_t opt_out_channels = 0;
  SendWindows windows;

  // "US-CA" is in "US".
  bool AppliesTo(std::string_view jurisdiction) const;
};

struct ConsentTemplate {
  std::string name;
  MessageClass message_class = MessageClass::kMarketing;
};

// Thread safety: immutable.
class ConsentSettings final {
 public:
  // Errors name the place as a JSON pointer: kMalformed, kInvalidArgument,
  // kTooLarge.
  static Result<std::shared_ptr<const ConsentSettings>> Parse(
      std::string_view json);
  // Those of a tenant who has set nothing.
  static const ConsentSettings& Default();

  ConsentSettings(const ConsentSettings&) = delete;
  ConsentSettings& operator=(const ConsentSettings&) = delete;

  // Null: not in the register.
  const ConsentPurpose* FindPurpose(std::string_view name) const;
  const ConsentPurpose* FindPurpose(uint64_t hash) const;
  const ConsentTemplate* FindTemplate(std::string_view name) const;
  const std::vector<ConsentPurpose>& purposes() const { return purposes_; }
  const std::vector<ConsentRegime>& regimes() const { return regimes_; }
  // What the register says of it: null, or an object.
  const JsonTree* Entry(std::string_view registry, std::string_view name) const;
  // kInvalidArgument: a policy, version or party that is not there.
  Status CheckReferences(const ConsentAct& act) const;
  // kInvalidArgument: a zone that the system's database does not have. (Not
  // looked at by Parse: databases differ. A window of such a zone is closed.)
  Status CheckZones() const;

  const std::string& default_jurisdiction() const { return jurisdiction_; }
  int pending_days() const { return pending_days_; }
  uint64_t default_frequency() const { return frequency_; }

  // As it was set, without blanks: what the log keeps.
  const std::string& json() const { return json_; }
  // With the defaults; Parse takes it back.
  std::string ToWholeJson() const;

 private:
  friend class ConsentSettingsReader;
  ConsentSettings() = default;

  std::string json_;
  JsonTree whole_;
  std::vector<ConsentPurpose> purposes_;
  std::vector<ConsentTemplate> templates_;
  std::vector<ConsentRegime> regimes_;
  std::string jurisdiction_;
  int pending_days_ = 7;
  uint64_t frequency_ = 2;
  std::string unknown_zone_;  // Its place; empty: all are known.
};

// 1 daily, 2 weekly, 3 never; 0: none of them.
uint64_t FrequencyNumber(std::string_view name);
std::string_view FrequencyName(uint64_t number);
// Two letters, or two and one to three more: "DE", "US-CA".
bool IsJurisdiction(std::string_view text);

inline constexpr size_t kMaxConsentSettingsBytes = 256 * 1024;
inline constexpr size_t kMaxPurposes = 200;
inline constexpr size_t kMaxConsentEntries = 1000;  // Of other registers.

}  // namespace crm

#endif  // CRM_CONSENT_SETTINGS_H_
