#include "consent/acts.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/time_text.h"
#include "consent/settings.h"
#include "event/catalogue.h"
#include "format/json.h"

namespace crm {
namespace {

enum class Form : uint8_t {
  kRecorded,
  kGranted,
  kRevoked,
  kUpdated,
  kFlags,
  kPreferences,
  kBounce,
  kComplaint,
  kUnsubscribe,
  kInvalidAddress,
  kDeactivated,
  kReactivated,
};

constexpr std::string_view kMarketing = "marketing";

using Forms = absl::flat_hash_map<std::string_view, Form>;

const Forms& AllForms() {
  static const Forms* const forms = [] {
    auto* all = new Forms{// Never destroyed.
                          {kConsentRecorded, Form::kRecorded},
                          {"ConsentGranted", Form::kGranted},
                          {"ConsentRevoked", Form::kRevoked},
                          {"ConsentUpdatedEvent", Form::kUpdated},
                          {"consent.updated", Form::kUpdated},
                          {"contactPreference.updated", Form::kFlags},
                          {"PreferencesUpdated", Form::kPreferences},
                          {"message.bounced", Form::kBounce},
                          {"message.complained", Form::kComplaint},
                          {"message.unsubscribed", Form::kUnsubscribe},
                          {"CustomerEmailInvalidated", Form::kInvalidAddress},
                          {"CustomerDeactivated", Form::kDeactivated},
                          {"CustomerReactivated", Form::kReactivated}};
    for (const CatalogueAlias& alias : CatalogueAliases()) {
      const auto found = all->find(alias.type);
      if (found != all->end()) {
        const Form form = found->second;
        all->emplace(alias.alias, form);
      }
    }
    return all;
  }();
  return *forms;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The members of a payload that acts look at, as text; JSON for lists.
class ActMembers {
 public:
  explicit ActMembers(std::string_view payload) {
    Status status = ForEachMember(
        payload, [&](std::string_view key, std::string_view value) {
          all_.emplace_back(key, value);
          return true;
        });
    (void)status;  // What came before the fault counts.
  }
  // Empty: not there. The JSON itself.
  std::string_view Raw(std::string_view name) const {
    for (const auto& [key, value] : all_) {
      if (key == name) return value;
    }
    return {};
  }
  // Not there, null or no scalar: empty.
  std::string Text(std::string_view name) const {
    const std::string_view raw = Raw(name);
    if (raw.empty() || raw == "null" || raw[0] == '{' || raw[0] == '[') {
      return {};
    }
    return JsonScalarText(raw);
  }
  bool IsTrue(std::string_view name) const { return Raw(name) == "true"; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

bool ReadChannel(std::string_view text, ConsentChannel* channel) {
  Result<ConsentChannel> parsed = ParseConsentChannel(Lower(text));
  if (!parsed.ok()) return false;
  *channel = *parsed;
  return true;
}

// One event being read.
class Reader {
 public:
  Reader(const EventContent& content, const HashAddress& hash,
         const NameSpaceOf& name_of)
      : content_(content),
        hash_(hash),
        name_of_(name_of),
        members_(content.body.payload) {}

  void Read(Form form);
  const ConsentActs* Take(Arena& arena) {
    if (facts_.empty() && !sets_categories_) return nullptr;
    auto* out = arena.New<ConsentActs>();
    out->facts = arena.CopyAll(std::span<const ConsentFact>(facts_));
    out->sets_categories = sets_categories_;
    out->categories = arena.CopyAll(std::span<const uint64_t>(categories_));
    return out;
  }

 private:
  void ReadRecorded();
  void ReadStatus();
  void ReadFlags();
  void ReadPreferences(const ActMembers& members);
  void ReadFrequency(const ActMembers& members);
  void ReadBounce();
  void Preference(PreferenceField field, uint64_t value);
  void AddCategories(std::string_view list);
  // With purpose and channel as the payload has them.
  void AddAct(ConsentAction action, std::string_view fallback_purpose);
  void Suppress(SuppressionReason reason);
  void Add(ConsentFact fact, std::string_view address);

  const EventContent& content_;
  const HashAddress& hash_;
  const NameSpaceOf& name_of_;
  const ActMembers members_;
  std::vector<ConsentFact> facts_;
  std::vector<uint64_t> categories_;
  bool sets_categories_ = false;
};

void Reader::Read(Form form) {
  switch (form) {
    case Form::kRecorded:
      return ReadRecorded();
    case Form::kGranted:
      return AddAct(ConsentAction::kGrant, {});
    case Form::kRevoked:
      return AddAct(ConsentAction::kWithdraw, {});
    case Form::kUpdated:
      return ReadStatus();
    case Form::kFlags:
      return ReadFlags();
    case Form::kPreferences: {
      const std::string_view inner = members_.Raw("preferences");
      ReadPreferences(inner.starts_with('{') ? ActMembers(inner) : members_);
      return;
    }
    case Form::kBounce:
      return ReadBounce();
    case Form::kComplaint:
      return Suppress(SuppressionReason::kComplaint);
    case Form::kUnsubscribe:
      return Suppress(SuppressionReason::kStop);
    case Form::kInvalidAddress: {
      ConsentFact fact;
      fact.action = ConsentAction::kSuppress;
      fact.channel = ConsentChannel::kEmail;
      fact.reason = SuppressionReason::kInvalid;
      return Add(fact, members_.Text("email"));
    }
    case Form::kDeactivated:
      return Preference(PreferenceField::kRecordState, 2);
    case Form::kReactivated:
      return Preference(PreferenceField::kRecordState, 1);
  }
}

// The act's own address, or the one that its event names. One that cannot be
// read is no address: what restricts then counts for all, and a grant for none.
void Reader::Add(ConsentFact fact, std::string_view address) {
  fact.group = GroupOf(fact.action);
  bool readable = true;
  const auto find = [&](std::string_view name_space, std::string_view value) {
    Result<Hash128> hash = hash_(name_space, value);
    if (hash.ok()) fact.address = *hash;
    readable = hash.ok();
  };
  if (!address.empty()) {
    find(AddressSpace(fact.channel, address), address);
  } else {
    const std::string_view space = AddressSpace(fact.channel, {});
    for (const DecodedEvent::Hint& hint : content_.hints) {
      if (space.empty() || name_of_(hint.name_space) != space) continue;
      find(space, hint.value);
      break;
    }
  }
  if (!readable && !Restricts(fact.action)) return;
  // STOP to a number ends calls, too.
  if (fact.reason == SuppressionReason::kStop && fact.has_address()) {
    fact.channel = ConsentChannel::kAny;
  }
  facts_.push_back(fact);
}

void Reader::AddAct(ConsentAction action, std::string_view fallback_purpose) {
  ConsentFact fact;
  fact.action = action;
  std::string purpose = members_.Text("purpose");
  if (purpose.empty()) purpose = fallback_purpose;
  if (!purpose.empty() && purpose != "any") {
    fact.purpose = StableHash64(purpose);
  }
  std::string channel = members_.Text("channel");
  if (channel.empty()) channel = members_.Text("consentType");
  const bool known = ReadChannel(channel, &fact.channel);
  // A grant must say for what; what restricts is wide when in doubt.
  if (fact.grants() && (fact.purpose == 0 || (!known && !channel.empty()))) {
    return;
  }
  fact.reason = fact.action == ConsentAction::kSuppress ||
                        fact.action == ConsentAction::kLiftSuppression
                    ? ParseSuppressionReason(members_.Text("reason"))
                    : SuppressionReason::kNone;
  if (fact.action == ConsentAction::kSuppress &&
      fact.reason == SuppressionReason::kNone) {
    fact.reason = SuppressionReason::kManual;
  }
  std::string method = members_.Text("method");
  if (method.empty()) method = members_.Text("consentMethod");
  if (fact.grants() &&
      (method == "double-opt-in" || members_.IsTrue("confirmed"))) {
    fact.flags |= kFactConfirmed;
  }
  if (members_.IsTrue("conflictNotice")) fact.flags |= kFactConflictNotice;
  if (members_.Text("legalBasis") == "soft-opt-in") {
    fact.flags |= kFactSoftOptIn;
  }
  if (fact.grants()) {
    const Result<Timestamp> until = ParseTime(members_.Text("validUntil"));
    if (until.ok()) {
      fact.valid_until = until->time_since_epoch().count();
    } else if (!members_.Text("validUntil").empty()) {
      return;  // Nobody knows for how long.
    }
    const std::string version = members_.Text("policyVersion");
    std::from_chars(version.data(), version.data() + version.size(),
                    fact.policy_version);
  }
  const std::string jurisdiction = members_.Text("jurisdiction");
  if (IsJurisdiction(jurisdiction)) {
    std::copy(jurisdiction.begin(), jurisdiction.end(),
              fact.jurisdiction.begin());
  }
  Add(fact, members_.Text("address"));
}

void Reader::ReadRecorded() {
  const Result<ConsentAction> action = ParseConsentAction(members_.Text("act"));
  // What this version does not know takes nothing and gives nothing.
  if (action.ok()) AddAct(*action, {});
}

void Reader::ReadStatus() {
  const std::string status = Lower(members_.Text("status"));
  ConsentAction action = ConsentAction::kInvalidate;
  for (const std::string_view yes :
       {"granted", "given", "active", "opted_in", "opted-in", "true"}) {
    if (status == yes) action = ConsentAction::kGrant;
  }
  for (const std::string_view no :
       {"revoked", "withdrawn", "denied", "inactive", "opted_out", "opted-out",
        "false"}) {
    if (status == no) action = ConsentAction::kWithdraw;
  }
  if (status == "pending") action = ConsentAction::kPend;
  AddAct(action, kMarketing);
}

void Reader::ReadFlags() {
  constexpr std::pair<std::string_view, ConsentChannel> kFlags[] = {
      {"emailOptIn", ConsentChannel::kEmail},
      {"smsOptIn", ConsentChannel::kSms},
      {"pushOptIn", ConsentChannel::kPush},
      {"whatsappOptIn", ConsentChannel::kWhatsapp}};
  for (const auto& [name, channel] : kFlags) {
    const std::string_view value = members_.Raw(name);
    if (value != "true" && value != "false") continue;
    ConsentFact fact;
    fact.action =
        value == "true" ? ConsentAction::kGrant : ConsentAction::kWithdraw;
    fact.channel = channel;
    fact.purpose = StableHash64(kMarketing);
    Add(fact, {});
  }
}

void Reader::Preference(PreferenceField field, uint64_t value) {
  ConsentFact fact;
  fact.group = FactGroup::kPreference;
  fact.action = ConsentAction::kAsk;
  fact.channel = static_cast<ConsentChannel>(field);
  fact.purpose = value;
  facts_.push_back(fact);
}

void Reader::ReadFrequency(const ActMembers& members) {
  const std::string frequency = members.Text("emailFrequency");
  if (members.Raw("emailFrequency") == "null") {
    Preference(PreferenceField::kFrequency, kPreferenceUnset);
  } else if (FrequencyNumber(frequency) != 0) {
    Preference(PreferenceField::kFrequency, FrequencyNumber(frequency));
  }
}

void Reader::ReadPreferences(const ActMembers& members) {
  ReadFrequency(members);
  const std::string zone = members.Text("timezone");
  if (members.Raw("timezone") == "null") {
    Preference(PreferenceField::kTimeZone, kPreferenceUnset);
  } else if (!zone.empty()) {
    Preference(PreferenceField::kTimeZone, StableHash64(zone));
  }
  constexpr std::pair<std::string_view, PreferenceField> kSwitches[] = {
      {"emailEnabled", PreferenceField::kEmail},
      {"smsEnabled", PreferenceField::kSms},
      {"pushEnabled", PreferenceField::kPush},
      {"smsForPromotions", PreferenceField::kSmsPromotions}};
  for (const auto& [name, field] : kSwitches) {
    const std::string_view value = members.Raw(name);
    if (value == "true") Preference(field, 1);
    if (value == "false") Preference(field, 2);
    if (value == "null") Preference(field, kPreferenceUnset);
  }
  for (const char* name : {"categories", "pushCategories"}) {
    const std::string_view list = members.Raw(name);
    if (list.empty() || sets_categories_) continue;
    AddCategories(list);
  }
}

void Reader::AddCategories(std::string_view list) {
  if (list == "null") {
    sets_categories_ = true;
    categories_.push_back(kPreferenceUnset);
    return;
  }
  if (!list.starts_with('[')) return;
  sets_categories_ = true;
  Status status = ForEachElement(list, [&](std::string_view element) {
    if (element.starts_with('"')) {
      categories_.push_back(StableHash64(JsonScalarText(element)));
    }
    return true;
  });
  (void)status;
}

// Only what is dead for good: a full mailbox comes back.
void Reader::ReadBounce() {
  const std::string type = Lower(members_.Text("errorType"));
  for (const std::string_view dead :
       {"permanent", "hard", "hard_bounce", "hard-bounce", "hardbounce",
        "invalid", "invalid_address", "unknown_user", "does_not_exist"}) {
    if (type == dead) {
      Suppress(type.starts_with("invalid") ? SuppressionReason::kInvalid
                                           : SuppressionReason::kHardBounce);
      return;
    }
  }
}

void Reader::Suppress(SuppressionReason reason) {
  ConsentFact fact;
  fact.action = ConsentAction::kSuppress;
  fact.reason = reason;
  if (!ReadChannel(members_.Text("channel"), &fact.channel)) {
    fact.channel = ConsentChannel::kAny;
  }
  std::string address = members_.Text("address");
  if (address.empty()) address = members_.Text("email");
  // Bounces and complaints are of e-mail where nothing else is said; who wants
  // no more of something unknown wants no more of anything.
  if (fact.channel == ConsentChannel::kAny && address.empty() &&
      reason != SuppressionReason::kStop) {
    fact.channel = ConsentChannel::kEmail;
  }
  Add(fact, address);
}

}  // namespace

bool IsConsentType(std::string_view type) { return AllForms().contains(type); }

std::string_view AddressSpace(ConsentChannel channel, std::string_view value) {
  switch (channel) {
    case ConsentChannel::kEmail:
      return "email";
    case ConsentChannel::kSms:
    case ConsentChannel::kVoice:
    case ConsentChannel::kWhatsapp:
      return "phoneNumber";
    case ConsentChannel::kAny:
      if (value.empty()) return {};
      return value.find('@') != std::string_view::npos ? "email"
                                                       : "phoneNumber";
    default:
      return {};
  }
}

const ConsentActs* ReadConsentActs(const EventContent& content,
                                   const HashAddress& hash,
                                   const NameSpaceOf& name_of, Arena& arena) {
  const auto found = AllForms().find(content.type);
  if (found == AllForms().end()) return nullptr;
  Reader reader(content, hash, name_of);
  reader.Read(found->second);
  return reader.Take(arena);
}

ConsentFact PlaceFact(const ConsentFact& fact, const EventHeader& header,
                      Position position, uint64_t id_order) {
  ConsentFact placed = fact;
  placed.effective_at = std::min(header.occurred_at, header.recorded_at);
  placed.position = position;
  placed.origin = header.record;
  placed.order = static_cast<uint32_t>(id_order >> 32);
  return placed;
}

void ApplyActs(const ConsentActs& acts, const EventHeader& header,
               Position position, uint64_t id_order, uint8_t flags,
               FactSet* state) {
  for (const ConsentFact& fact : acts.facts) {
    ConsentFact placed = PlaceFact(fact, header, position, id_order);
    placed.flags |= flags;
    state->Apply(placed);
  }
  if (!acts.sets_categories) return;
  ConsentFact fact;
  fact.group = FactGroup::kPreference;
  fact.action = ConsentAction::kAsk;
  fact.channel = static_cast<ConsentChannel>(PreferenceField::kCategories);
  fact = PlaceFact(fact, header, position, id_order);
  state->ApplyCategories(fact, std::vector<uint64_t>(acts.categories.begin(),
                                                     acts.categories.end()));
}

}  // namespace crm
