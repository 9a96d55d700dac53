// Consent: acts in, decisions out.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/queries.h"

namespace crm::capi {
namespace {

constexpr uint32_t kActFlags =
    CRM_CONSENT_ACT_HAS_TIME | CRM_CONSENT_ACT_HAS_VALID_UNTIL |
    CRM_CONSENT_ACT_CONFIRMED | CRM_CONSENT_ACT_CONFLICT_NOTICE;
constexpr uint32_t kQuestionFlags =
    CRM_CONSENT_QUESTION_LAST_SENT | CRM_CONSENT_QUESTION_AS_OF;

constexpr int32_t kMostNumber = 255;  // Of any enumeration.

static_assert(static_cast<int>(ConsentAction::kSignal) == CRM_CONSENT_SIGNAL);
static_assert(static_cast<int>(ConsentRule::kDeactivated) ==
              CRM_CONSENT_BY_DEACTIVATED);
static_assert(static_cast<int>(DefinitionView::Kind::kConsent) ==
              CRM_DEFINITION_CONSENT);

struct Text {
  crm_slice from;
  const char* name;
  std::string* to;
};

Status CopyTexts(std::span<const Text> texts) {
  for (const Text& text : texts) {
    Status status = CheckSlice(text.from, text.name);
    if (!status.ok()) return status;
    text.to->assign(View(text.from));
  }
  return Status::Ok();
}

Status ReadAct(const crm_consent_act& in, ConsentAct* out) {
  if (!IsZero(in.reserved) || in.reserved0 != 0) {
    return Invalid("act.reserved: must be zero");
  }
  if ((in.flags & ~kActFlags) != 0) {
    return Invalid("act.flags: holds unknown ones");
  }
  const Text texts[] = {
      {in.purpose, "act.purpose", &out->purpose},
      {in.address, "act.address", &out->address},
      {in.source, "act.source", &out->source},
      {in.id, "act.id", &out->id},
      {in.method, "act.method", &out->method},
      {in.legal_basis, "act.legal_basis", &out->legal_basis},
      {in.policy, "act.policy", &out->policy},
      {in.jurisdiction, "act.jurisdiction", &out->jurisdiction},
      {in.actor, "act.actor", &out->actor},
      {in.reason, "act.reason", &out->reason},
      {in.controller, "act.controller", &out->controller},
      {in.language, "act.language", &out->language},
      {in.evidence, "act.evidence", &out->evidence},
      {in.ip_address, "act.ip_address", &out->ip_address},
      {in.user_agent, "act.user_agent", &out->user_agent},
      {in.source_url, "act.source_url", &out->source_url}};
  Status status = CopyTexts(texts);
  if (out->source.empty()) out->source = "consent";
  if (in.action < 0 || in.action > 255 || in.channel < 0 || in.channel > 255) {
    return Invalid("act: no such action or channel");
  }
  out->action = static_cast<ConsentAction>(in.action);
  out->channel = in.channel == 0 ? ConsentChannel::kAny
                                 : static_cast<ConsentChannel>(in.channel);
  out->customer = in.customer;
  out->policy_version = in.policy_version;
  out->confirmed = (in.flags & CRM_CONSENT_ACT_CONFIRMED) != 0;
  out->conflict_notice = (in.flags & CRM_CONSENT_ACT_CONFLICT_NOTICE) != 0;
  if (status.ok()) {
    status = ReadTime(in.occurred_at_us, in.flags, CRM_CONSENT_ACT_HAS_TIME,
                      "act.occurred_at_us", &out->occurred_at);
  }
  if (status.ok()) {
    status =
        ReadTime(in.valid_until_us, in.flags, CRM_CONSENT_ACT_HAS_VALID_UNTIL,
                 "act.valid_until_us", &out->valid_until);
  }
  if (status.ok()) {
    status = CheckArray(in.identifiers, in.identifier_count, "act.identifiers");
  }
  if (!status.ok()) return status;
  const size_t count = std::min(in.identifier_count, kMaxIdentifiers + 1);
  out->identifiers.resize(count);
  for (size_t i = 0; status.ok() && i < count; ++i) {
    status = ReadIdentifier(in.identifiers[i], &out->identifiers[i]);
  }
  return status;
}

Status ReadQuestion(const crm_consent_question* question,
                    ConsentQuestion* out) {
  if (question == nullptr) return Invalid("question: NULL");
  const crm_consent_question& in = *question;
  if (!IsZero(in.reserved) || in.reserved0 != 0) {
    return Invalid("question.reserved: must be zero");
  }
  if ((in.flags & ~kQuestionFlags) != 0) {
    return Invalid("question.flags: holds unknown ones");
  }
  if (in.channel < 0 || in.channel > 255 || in.message_class < 0 ||
      in.message_class > 255) {
    return Invalid("question: no such channel or class");
  }
  Status status = CheckSlice(in.purpose, "question.purpose");
  if (status.ok()) {
    status = CheckSlice(in.template_name, "question.template_name");
  }
  if (status.ok()) status = CheckSlice(in.address, "question.address");
  if (status.ok()) {
    status = CheckSlice(in.jurisdiction, "question.jurisdiction");
  }
  if (status.ok()) status = CheckSlice(in.category, "question.category");
  if (!status.ok()) return status;
  out->customer = in.customer;
  out->purpose = View(in.purpose);
  out->channel = static_cast<ConsentChannel>(in.channel);
  if (in.message_class != 0) {
    out->message_class = static_cast<MessageClass>(in.message_class);
  }
  out->template_name = View(in.template_name);
  out->address = View(in.address);
  out->jurisdiction = View(in.jurisdiction);
  out->category = View(in.category);
  out->at = Time(in.at_us);
  out->known_at = in.known_at;
  status = ReadTime(in.last_sent_us, in.flags, CRM_CONSENT_QUESTION_LAST_SENT,
                    "question.last_sent_us", &out->last_sent);
  if (!status.ok()) return status;
  return ReadTime(in.as_of_us, in.flags, CRM_CONSENT_QUESTION_AS_OF,
                  "question.as_of_us", &out->as_of);
}

void Show(const ConsentDecision& from, crm_consent_decision* out) {
  out->verdict = static_cast<int32_t>(from.verdict);
  out->rule = static_cast<int32_t>(from.rule);
  out->state = static_cast<int32_t>(from.state);
  out->flags = (from.one_click ? uint32_t{CRM_CONSENT_DECISION_ONE_CLICK} : 0) |
               (from.contested ? uint32_t{CRM_CONSENT_DECISION_CONTESTED} : 0);
  out->until_us = Microseconds(from.until);
  out->act_count = from.act_count;
  std::copy(from.acts.begin(), from.acts.end(), out->acts);
  out->regime = Slice(from.regime);
}

ConsentDecision Back(const crm_consent_decision& in) {
  ConsentDecision out;
  out.verdict = static_cast<Verdict>(in.verdict);
  out.rule = static_cast<ConsentRule>(in.rule);
  out.state = static_cast<ConsentState>(in.state);
  out.one_click = (in.flags & CRM_CONSENT_DECISION_ONE_CLICK) != 0;
  out.contested = (in.flags & CRM_CONSENT_DECISION_CONTESTED) != 0;
  out.until = Time(in.until_us);
  out.act_count =
      static_cast<uint8_t>(std::min<uint64_t>(in.act_count, out.acts.size()));
  std::copy(in.acts, in.acts + out.acts.size(), out.acts.begin());
  out.regime = View(in.regime);
  return out;
}

// A text of a decision that the caller holds.
template <typename F>
Status TextOf(const crm_consent_decision* decision,
              const crm_read_options* options, crm_buffer** out, F text) {
  Status status = CheckOut(out);
  if (status.ok()) status = CheckReadOptions(options);
  if (status.ok() && decision == nullptr) status = Invalid("decision: NULL");
  if (status.ok()) status = CheckSlice(decision->regime, "decision.regime");
  if (!status.ok()) return status;
  GiveBuffer(text(Back(*decision)), out);
  return status;
}

// Empty when the enumeration has no such number.
template <typename Enum>
crm_slice NameOfNumber(int32_t number, std::string_view (*name)(Enum)) {
  if (number < 0 || number > kMostNumber) return crm_slice{nullptr, 0};
  return Slice(name(static_cast<Enum>(number)));
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_slice crm_consent_action_name(int32_t action) noexcept {
  return GuardValue(crm_slice{nullptr, 0}, [&] {
    return NameOfNumber(action, crm::ConsentActionName);
  });
}

crm_slice crm_consent_channel_name(int32_t channel) noexcept {
  return GuardValue(crm_slice{nullptr, 0}, [&] {
    return NameOfNumber(channel, crm::ConsentChannelName);
  });
}

crm_slice crm_message_class_name(int32_t message_class) noexcept {
  return GuardValue(crm_slice{nullptr, 0}, [&] {
    return NameOfNumber(message_class, crm::MessageClassName);
  });
}

crm_slice crm_verdict_name(int32_t verdict) noexcept {
  return GuardValue(crm_slice{nullptr, 0},
                    [&] { return NameOfNumber(verdict, crm::VerdictName); });
}

crm_slice crm_consent_state_name(int32_t state) noexcept {
  return GuardValue(crm_slice{nullptr, 0},
                    [&] { return NameOfNumber(state, crm::ConsentStateName); });
}

crm_slice crm_consent_rule_name(int32_t rule) noexcept {
  return GuardValue(crm_slice{nullptr, 0},
                    [&] { return NameOfNumber(rule, crm::ConsentRuleName); });
}

crm_slice crm_consent_rule_text(int32_t rule) noexcept {
  return GuardValue(crm_slice{nullptr, 0},
                    [&] { return NameOfNumber(rule, crm::ConsentRuleText); });
}

crm_status crm_tenant_record_consent(crm_tenant* tenant,
                                     const crm_consent_act* act,
                                     const crm_append_options* options,
                                     crm_append_result** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::Status status = Check(tenant, "tenant");
    if (!status.ok()) return status;
    TenantState& state = StateOf(tenant);
    crm::AppendOptions how;
    const PlaceInOrder place(how);
    status = ReadAllAppendOptions(options, state, &how);
    crm::ConsentAct own;
    if (status.ok() && act == nullptr) status = Invalid("act: NULL");
    if (status.ok()) status = ReadAct(*act, &own);
    if (!status.ok()) return status;
    auto outcome = Change(state, false, [&](TenantState& of) {
      return of.tenant.RecordConsent(own, how);
    });
    if (!outcome.ok()) return outcome.status();
    crm::AppendResult result;
    const bool appended = outcome->outcome == crm::Outcome::kAppended;
    const bool duplicate = outcome->outcome == crm::Outcome::kDuplicate;
    result.appended = appended ? 1 : 0;
    result.duplicates = duplicate ? 1 : 0;
    result.rejected = appended || duplicate ? 0 : 1;
    result.customers_created = outcome->new_customer ? 1 : 0;
    result.position = outcome->position;
    result.events.push_back(*std::move(outcome));
    return GiveResult(std::move(result), out);
  });
}

crm_status crm_tenant_check_consent(crm_tenant* tenant,
                                    const crm_consent_question* question,
                                    const crm_read_options* options,
                                    crm_consent_decision* out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = crm_consent_decision();
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckReadOptions(options);
    crm::ConsentQuestion own;
    if (status.ok()) status = ReadQuestion(question, &own);
    if (!status.ok()) return status;
    auto decision = Source(tenant).CheckConsent(own);
    if (!decision.ok()) return decision.status();
    Show(*decision, out);
    return status;
  });
}

crm_status crm_consent_decision_explain(const crm_consent_decision* decision,
                                        const crm_read_options* options,
                                        crm_buffer** out,
                                        crm_error** error) noexcept {
  return Guard(error, [&] {
    return TextOf(decision, options, out, [](const crm::ConsentDecision& own) {
      return own.Explain();
    });
  });
}

crm_status crm_consent_decision_to_json(const crm_consent_decision* decision,
                                        const crm_read_options* options,
                                        crm_buffer** out,
                                        crm_error** error) noexcept {
  return Guard(error, [&] {
    return TextOf(decision, options, out,
                  [](const crm::ConsentDecision& own) { return own.ToJson(); });
  });
}

crm_status crm_tenant_get_consent_history(
    crm_tenant* tenant, uint64_t customer,
    const crm_consent_history_query* query, crm_buffer** out,
    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(tenant, "tenant");
    crm_consent_history_query in = CRM_CONSENT_HISTORY_QUERY_INIT;
    if (status.ok()) {
      status = ReadOptions(query, "query", CRM_CONSENT_HISTORY_AS_OF, &in);
    }
    crm::ConsentHistoryQuery own;
    if (status.ok()) {
      status = ReadTime(in.as_of_us, in.flags, CRM_CONSENT_HISTORY_AS_OF,
                        "query.as_of_us", &own.as_of);
    }
    if (!status.ok()) return status;
    own.known_at = in.known_at;
    auto history = Source(tenant).GetConsentHistory(customer, own);
    if (!history.ok()) return history.status();
    std::string json = "[";
    for (const crm::ConsentEntry& entry : *history) {
      if (json.size() > 1) json += ',';
      json += crm::ConsentEntryToJson(entry);
    }
    GiveBuffer(json + "]", out);
    return status;
  });
}

crm_status crm_tenant_get_preferences(crm_tenant* tenant, uint64_t customer,
                                      const crm_read_options* options,
                                      crm_buffer** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto preferences = Source(tenant).GetPreferences(customer);
    if (!preferences.ok()) return preferences.status();
    GiveBuffer(crm::ConsentPreferencesToJson(*preferences), out);
    return status;
  });
}

crm_status crm_tenant_list_consents(crm_tenant* tenant,
                                    const crm_consent_list_query* query,
                                    uint64_t* customers, size_t room,
                                    size_t* count, uint64_t* next,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (customers == nullptr || count == nullptr || next == nullptr) {
      return Invalid("customers, count and next must not be NULL");
    }
    *count = 0;
    *next = 0;
    crm::Status status = Check(tenant, "tenant");
    crm_consent_list_query in = CRM_CONSENT_LIST_QUERY_INIT;
    if (status.ok()) status = ReadOptions(query, "query", 0, &in);
    if (status.ok()) status = CheckSlice(in.purpose, "query.purpose");
    if (!status.ok()) return status;
    if (in.channel < 0 || in.channel > 255 || in.message_class < 0 ||
        in.message_class > 255) {
      return Invalid("query: no such channel or class");
    }
    crm::ConsentListQuery own;
    own.purpose = View(in.purpose);
    own.channel = static_cast<crm::ConsentChannel>(in.channel);
    if (in.message_class != 0) {
      own.message_class = static_cast<crm::MessageClass>(in.message_class);
    }
    own.at = Time(in.at_us);
    own.after = in.after;
    own.limit = room;
    auto list = Source(tenant).ListConsents(own);
    if (!list.ok()) return list.status();
    std::copy(list->customers.begin(), list->customers.end(), customers);
    *count = list->customers.size();
    *next = list->next;
    return status;
  });
}

crm_status crm_tenant_get_consent_receipt(crm_tenant* tenant, uint64_t customer,
                                          uint64_t position, int32_t format,
                                          const crm_read_options* options,
                                          crm_buffer** out,
                                          crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (status.ok() && (format < 0 || format > 255)) {
      status = Invalid("format: unknown");
    }
    if (!status.ok()) return status;
    auto receipt = Source(tenant).GetConsentReceipt(
        customer, position, static_cast<crm::ReceiptFormat>(format));
    if (!receipt.ok()) return receipt.status();
    GiveBuffer(*std::move(receipt), out);
    return status;
  });
}

crm_status crm_tenant_set_consent_settings(crm_tenant* tenant, crm_slice json,
                                           crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckSlice(json, "json");
    if (!status.ok()) return status;
    return Write(StateOf(tenant), [&](TenantState& state) {
      return state.tenant.SetConsentSettings(View(json));
    });
  });
}

crm_status crm_tenant_get_consent_settings(crm_tenant* tenant,
                                           const crm_read_options* options,
                                           crm_buffer** out,
                                           crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto json = Source(tenant).GetConsentSettings();
    if (!json.ok()) return json.status();
    GiveBuffer(*std::move(json), out);
    return status;
  });
}
