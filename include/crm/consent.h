// Consent: may this person be written to, for this purpose, over this channel,
// now? And what did she say, when, and how is that known?
//
// What a person or a controller does about consent is an *act*: an event of the
// log like any other, bound to the record of who said it, unique, sealed, and
// read from every form that events come in. Acts are never changed: a second
// grant is a renewal, a withdrawal is an act of its own. From the acts one
// decision is made, always anew: Tenant::CheckConsent. Nothing is cached, so
// that a withdrawal that was acknowledged stops the next check from any thread.
//
//   crm::ConsentAct act;
//   act.action = crm::ConsentAction::kGrant;
//   act.purpose = "marketing"; act.channel = crm::ConsentChannel::kEmail;
//   act.identifiers = {{"email", "ada@example.com"}};
//   auto result = tenant->RecordConsent(act);
//   crm::ConsentQuestion question;
//   question.customer = result->customer;
//   question.purpose = "marketing"; question.channel = act.channel;
//   question.at = now;
//   auto decision = tenant->CheckConsent(question);
//   if (decision->verdict == crm::Verdict::kAllow) Send();
//
// How acts count
//   Of the acts of one record about one (purpose, channel, address) the latest
//   one counts: by the time it happened, never later than it was recorded; of
//   two at one time the one that says no. So the order of arrival never
//   matters, and an old grant that comes late revives nothing.
//   A denial stands for its address, and denies the whole channel of the
//   customer. It is lifted by a newer grant of the same record for the same
//   address (or any, when it named none), or by one of another record for the
//   same address when that grant is confirmed (double opt-in). What nobody said
//   anything about is neutral, and not enough: the answer is then no.
//   Objections (Art. 21 GDPR), restrictions (Art. 18), suppressions and GPC
//   signals stand beside all this, for all records of a customer.
//   What lifts one of these lifts it for its own purpose and channel.
//   A merge moves nothing. What was said while customers were one counts for
//   both after an unmerge when it restricts; a grant then belongs to whoever
//   has its address.
//
// Events that are acts
//   crm.consent.recorded    what RecordConsent appends; payload {act, purpose,
//                           channel, address, method, legalBasis, policy,
//                           policyVersion, validUntil, jurisdiction, actor,
//                           reason, controller, confirmed, conflictNotice, ...}
//   ConsentGranted, ConsentRevoked   {purpose, channel}
//   ConsentUpdatedEvent, consent.updated   {consentType or channel, purpose,
//                           status}; a status that is not known denies
//   contactPreference.updated   emailOptIn, smsOptIn, pushOptIn, whatsappOptIn:
//                           purpose marketing; other members say nothing
//   message.bounced, CustomerEmailInvalidated   a suppression, when the address
//                           is dead: errorType permanent, hard, invalid ...
//   message.complained, message.unsubscribed   a suppression of the address
//   PreferencesUpdated      emailFrequency, categories (or pushCategories),
//                           timezone, emailEnabled, smsEnabled, pushEnabled,
//                           smsForPromotions, also within {"preferences": ...}:
//                           the latest value of each wins; null takes it back.
//                           What is enabled is no consent, what is not denies
//   CustomerDeactivated, CustomerReactivated   no acts, and nothing that she
//                           said is taken back: until she is reactivated she
//                           gets no marketing. See crm/commands.h
// Their aliases are those of the catalogue (crm/schema.h). An act says whose it
// is by its identifiers; the address of e-mail is that of namespace email, of
// sms, voice and whatsapp that of phoneNumber, unless the payload names one.
//
// Settings: what a tenant can define, as JSON; Tenant::SetConsentSettings. All
// members may be missing. What is named takes the place of the default of that
// name; null takes a default away.
//   purposes      {name: {"kind", "legalBasis" consent | contract |
//                 legal-obligation | vital-interest | public-task |
//                 legitimate-interest, "assessment" (of a legitimate interest,
//                 required), "optIn" single | double, "saleOrShare",
//                 "minPolicyVersion", "validityMonths" (0: for ever),
//                 "text" {language: text}, "controller", "services",
//                 "retention", "recipients", "storageLocations", "sensitive",
//                 "piiCategories", "primary", "termination",
//                 "withdrawalMethod", "processingLocations"}}
//                 Defaults: marketing, analytics (consent), essential
//                 (contract).
//   policies      {name: {"versions": {"3": {"url", "language", "hash",
//                 "effectiveFrom"}}}}
//   parties       {name: {"legalName", "address", "email", "phone", "url",
//                 "contact", "role", "onBehalf"}}
//   templates     {name: {"class": marketing | transactional | legal,
//                 "setBy"}}. A question that names a template has its class.
//   regimes       {name: {"enabled", "jurisdictions" ["DE", "US-CA", "*"],
//                 "validityMonths", "gpc", "softOptIn", "oneClick",
//                 "optOutChannels" (no grant is needed there),
//                 "sendWindows": {"channels", "zones" (where hers is not known:
//                 open in all of them), "windows": [{"days": ["mon"], "from":
//                 "08:00", "until": "21:00"}], "closed": ["2026-12-25"]}}}
//                 Defaults: gdpr, ccpa, popia, tcpa, can-spam. Times are those
//                 of the customer's zone, from included, until excluded; until
//                 before from goes past midnight.
//   validityMonths        of a purpose that does not say: 24. The shortest of
//                 purpose and regimes counts, or what the act says itself.
//   defaultJurisdiction   where nobody says otherwise; "" as a default
//   pendingDays           for how long a double opt-in waits: 7
//   defaultFrequency      daily | weekly | never: weekly
// A validity is counted in calendar months of UTC, and ends at the same time of
// day: that of 29 February, two years later, on 28 February.

#ifndef CRM_INCLUDE_CONSENT_H_
#define CRM_INCLUDE_CONSENT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "crm/types.h"

namespace crm {

// What somebody did. The numbers never change; the names are those of the
// payload member "act".
enum class ConsentAction : uint8_t {
  kAsk = 1,               // "ask": she was asked.
  kDefer = 2,             // "defer": she put the answer off.
  kPend = 3,              // "pend": she signed up and is to confirm it.
  kGrant = 4,             // "grant"
  kConfirm = 5,           // "confirm": a grant by double opt-in.
  kRefuse = 6,            // "refuse"
  kWithdraw = 7,          // "withdraw": by her.
  kRevoke = 8,            // "revoke": by the controller.
  kInvalidate = 9,        // "invalidate": it never was valid.
  kObject = 10,           // "object": Art. 21, or a global opt-out.
  kLiftObjection = 11,    // "lift-objection": by her alone.
  kRestrict = 12,         // "restrict": Art. 18.
  kLiftRestriction = 13,  // "lift-restriction"
  kSuppress = 14,         // "suppress": an address; see ConsentAct::reason.
  kLiftSuppression = 15,  // "lift-suppression"
  kSignal = 16,           // "signal": Global Privacy Control.
};

// The numbers never change.
enum class ConsentChannel : uint8_t {
  kAny = 1,       // "any": every channel.
  kEmail = 2,     // "email"
  kSms = 3,       // "sms"
  kPush = 4,      // "push"
  kVoice = 5,     // "voice"
  kWhatsapp = 6,  // "whatsapp"
  kPost = 7,      // "post"
  kWeb = 8,       // "web"
};

// Of a message: a property of its template. What mixes is marketing.
enum class MessageClass : uint8_t {
  kMarketing = 1,      // "marketing"
  kTransactional = 2,  // "transactional": what a contract or service needs.
  kLegal = 3,          // "legal": a notice that the law demands.
};

enum class Verdict : uint8_t {
  kAllow = 1,  // "allow"
  kDeny = 2,   // "deny"
  kDefer = 3,  // "defer": allowed from ConsentDecision::until on; ask again.
};

// Where one (purpose, channel) of a customer stands.
enum class ConsentState : uint8_t {
  kUnknown = 0,       // "unknown": nobody said anything.
  kRequested = 1,     // "requested"
  kDeferred = 2,      // "deferred"
  kPending = 3,       // "pending": double opt-in, not confirmed yet ...
  kLapsed = 4,        // "lapsed": ... nor in time.
  kGiven = 5,         // "given"
  kExpired = 6,       // "expired"
  kRefused = 7,       // "refused"
  kWithdrawn = 8,     // "withdrawn": by her.
  kRevoked = 9,       // "revoked": by the controller.
  kInvalidated = 10,  // "invalidated"
};

// What decided: the first that applies, in this order, but that kNoConsent
// comes before kNever and kCategory, and kDeactivated behind kRestricted. The
// numbers never change.
enum class ConsentRule : uint8_t {
  kUnknownCustomer = 1,  // There is no such customer (any more).
  kRestricted = 2,       // Art. 18 restriction.
  kUndeliverable = 3,    // The address is dead.
  kSuppressed = 4,       // Complaint, STOP, registry, by hand; erased.
  kObjected = 5,         // Art. 21 objection, global opt-out.
  kOptOutOfSale = 6,     // GPC, for a purpose that sells or shares.
  kUnknownPurpose = 7,   // Not in the register.
  kDenied = 8,           // Refused, withdrawn, revoked, invalidated.
  kPending = 9,          // Asked, deferred, not confirmed (in time).
  kExpired = 10,         // Given, too long ago.
  kOldPolicy = 11,       // Given under a policy that is too old.
  kNever = 12,           // She wants no such mail: emailFrequency never.
  kCategory = 13,        // Not among the categories she wants.
  kNoConsent = 14,       // Nobody said yes.
  kNoTimeZone = 15,      // Send windows, and no zone to hold them against.
  kFrequency = 16,       // Too soon after the last one.
  kQuietHours = 17,      // Outside the send windows where she is.
  kConsent = 18,         // Allowed: she said yes.
  kSoftOptIn = 19,       // Allowed: a customer, own similar products.
  kLegalBasis = 20,      // Allowed: the purpose needs no consent.
  kOptOutChannel = 21,   // Allowed: the regime lets one write until told.
  kMessageClass = 22,    // Allowed: transactional, or a legal notice.
  kDeactivated = 23,     // Her record is deactivated: see crm/commands.h.
};

// The names as in comments above; of a rule "quiet-hours" and so on. Static
// storage; empty: not such a number.
std::string_view ConsentActionName(ConsentAction action);
std::string_view ConsentChannelName(ConsentChannel channel);
std::string_view MessageClassName(MessageClass message_class);
std::string_view VerdictName(Verdict verdict);
std::string_view ConsentStateName(ConsentState state);
std::string_view ConsentRuleName(ConsentRule rule);
// A sentence about the rule. Static storage.
std::string_view ConsentRuleText(ConsentRule rule);
// The other way. kInvalidArgument: says what there is.
Result<ConsentAction> ParseConsentAction(std::string_view name);
Result<ConsentChannel> ParseConsentChannel(std::string_view name);
Result<MessageClass> ParseMessageClass(std::string_view name);

// An act to record. Texts are UTF-8, up to 256 bytes each unless said
// otherwise; those marked personal are sealed with the person's key, and the
// others are, too.
struct ConsentAct {
  ConsentAction action = ConsentAction::kGrant;
  // Of the register. Empty: of all purposes (not for kAsk to kConfirm).
  std::string purpose = {};
  ConsentChannel channel = ConsentChannel::kAny;
  // Who: identifiers as of an event, or a customer, whose newest event then
  // says how she is called. Both: they must mean the same person.
  std::vector<Identifier> identifiers = {};
  CustomerId customer = 0;
  // Personal. The e-mail address or number that it is about, when it is not
  // that of `identifiers`.
  std::string address = {};
  // Which system says so: the event's source.
  std::string source = "consent";
  // Unique per source: the same again changes nothing. Empty: made of what the
  // act says and when.
  std::string id = {};
  // When it happened. Absent: now, by the store's clock.
  std::optional<Timestamp> occurred_at = {};
  // Until when it is good; absent: as purpose and regime have it.
  std::optional<Timestamp> valid_until = {};
  // web-form, double-opt-in, import, phone, paper, api, keyword, gpc,
  // one-click, ...
  std::string method = {};
  // "soft-opt-in" makes a grant one; consent, contract ... are kept as
  // evidence.
  std::string legal_basis = {};
  // Of the register, when it has any policies; 0: no version.
  std::string policy = {};
  uint32_t policy_version = 0;
  // ISO 3166-1 or -2: "DE", "US-CA".
  std::string jurisdiction = {};
  // subject (if empty), agent, guardian, system, authority.
  std::string actor = {};
  // Of a suppression: hard-bounce, invalid (dead addresses); erased;
  // complaint, stop, registry, manual. Otherwise any text. Personal.
  std::string reason = {};
  // Of the parties.
  std::string controller = {};
  std::string language = {};
  // The address is known to be hers: a grant by double opt-in.
  bool confirmed = false;
  // She was told of her GPC signal, and consents all the same.
  bool conflict_notice = false;
  // Personal, all of them: how it can be shown later.
  std::string evidence = {};
  std::string ip_address = {};
  std::string user_agent = {};
  std::string source_url = {};
};

// May she be written to?
struct ConsentQuestion {
  CustomerId customer = 0;
  // Of the register.
  std::string_view purpose = {};
  // Not kAny.
  ConsentChannel channel = ConsentChannel::kEmail;
  // Without a template: what the message is.
  MessageClass message_class = MessageClass::kMarketing;
  // Of the register: it says the class. kNotFound: not there.
  std::string_view template_name = {};
  // Where it would go: suppressions go by it; empty: what she consented for.
  std::string_view address = {};
  // When it would be sent. libcrm has no clock of its own.
  Timestamp at = {};
  // ISO 3166; empty: that of the grant, or the tenant's default.
  std::string_view jurisdiction = {};
  // One of her categories, if the message has one.
  std::string_view category = {};
  // When she got the last one of this kind over this channel, if the host
  // knows: her frequency is kept to.
  std::optional<Timestamp> last_sent = {};
  // To look back: what was true then, of what had happened by then ...
  std::optional<Timestamp> as_of = {};
  // ... and of what was known at this position of the log. 0: all.
  Position known_at = 0;
};

// The answer, with what made it so.
struct ConsentDecision {
  Verdict verdict = Verdict::kDeny;
  ConsentRule rule = ConsentRule::kNoConsent;
  ConsentState state = ConsentState::kUnknown;
  // The message must carry List-Unsubscribe with one click (RFC 8058).
  bool one_click = false;
  // Acts that another record's denial outweighs although they are newer: see
  // "How acts count". Worth a look by a human.
  bool contested = false;
  // Of kDefer; otherwise 1970.
  Timestamp until = {};
  // The events that decided, by position: `act_count` of them.
  std::array<Position, 4> acts = {};
  uint8_t act_count = 0;
  // The regime that decided, as far as one did. Lives as long as the store.
  std::string_view regime = {};

  // One line for people: "deny: she, or the controller, said no; withdrawn;
  // event 17". Names nobody.
  std::string Explain() const;
  // {"verdict","rule","state","until"?,"acts":[17],"regime"?,"one_click",
  // "contested","explanation"}
  std::string ToJson() const;
};

// One act of a customer, as read back. Personal.
struct ConsentEntry {
  Position position = 0;
  RecordId record = 0;
  std::string event_id = {};
  std::string event_type = {};
  std::string source = {};
  Timestamp occurred_at = {};
  Timestamp recorded_at = {};
  // From when on it counts: the earlier of the two.
  Timestamp effective_at = {};
  ConsentAction action = ConsentAction::kGrant;
  std::string purpose = {};  // Empty: all.
  ConsentChannel channel = ConsentChannel::kAny;
  // How its key stood once it had happened; a renewed grant is `renewed`.
  ConsentState state = ConsentState::kUnknown;
  bool renewed = false;
  // A later act of the same key has taken its place.
  bool superseded = false;
  // Of a record that is not hers any more: it was said while they were one.
  bool shared = false;
  // It claimed a time after it was recorded.
  bool clamped = false;
  // What came with it: the payload, a JSON object.
  std::string payload = {};
  // False: its person's key is gone; the rest says only when and where.
  bool opened = true;
};

// An object with the members above, by their names; times as RFC 3339.
std::string ConsentEntryToJson(const ConsentEntry& entry);

// Which acts of a customer.
struct ConsentHistoryQuery {
  std::optional<Timestamp> as_of = {};
  Position known_at = 0;  // 0: all.
};

// What a customer prefers: each member the latest that was said.
struct ConsentPreferences {
  std::string email_frequency = {};  // daily, weekly, never; empty: not set.
  std::string time_zone = {};        // Empty: not set.
  // Not set and nothing at all are different.
  bool has_categories = false;
  std::vector<std::string> categories = {};
};

// {"email_frequency","time_zone","categories"}; what is not set is null.
std::string ConsentPreferencesToJson(const ConsentPreferences& preferences);

// Who may be written to.
struct ConsentListQuery {
  std::string_view purpose = {};
  ConsentChannel channel = ConsentChannel::kEmail;
  MessageClass message_class = MessageClass::kMarketing;
  Timestamp at = {};
  // Customers behind this one: ConsentList::next of the page before.
  CustomerId after = 0;
  // 1 to 10,000 customers a page.
  size_t limit = 1000;
};

struct ConsentList {
  std::vector<CustomerId> customers = {};
  // 0: that was all.
  CustomerId next = 0;
};

// The form of a receipt.
enum class ReceiptFormat : uint8_t {
  kKantara = 1,   // "kantara": Consent Receipt 1.1.
  kIso27560 = 2,  // "iso27560": ISO/IEC TS 27560:2023.
};
Result<ReceiptFormat> ParseReceiptFormat(std::string_view name);

}  // namespace crm

#endif  // CRM_INCLUDE_CONSENT_H_
