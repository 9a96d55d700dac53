// Tenant: acts of consent in, decisions out. See crm/consent.h.

#include <cstdio>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/mutex.h"
#include "base/time_text.h"
#include "consent/settings.h"
#include "format/json.h"
#include "store/consent_reads.h"
#include "store/refusal.h"
#include "store/sequencer.h"
#include "store/snapshot.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr size_t kMaxText = 256;
constexpr size_t kMaxLongText = 2048;
constexpr std::chrono::minutes kMaxAhead(5);

struct NamedText {
  std::string_view name;
  const std::string& text;
  size_t most;
};

Status CheckTexts(const ConsentAct& act) {
  const NamedText texts[] = {{"purpose", act.purpose, kMaxText},
                             {"address", act.address, kMaxText},
                             {"method", act.method, kMaxText},
                             {"legal_basis", act.legal_basis, kMaxText},
                             {"policy", act.policy, kMaxText},
                             {"actor", act.actor, kMaxText},
                             {"controller", act.controller, kMaxText},
                             {"language", act.language, kMaxText},
                             {"ip_address", act.ip_address, kMaxText},
                             {"reason", act.reason, kMaxLongText},
                             {"evidence", act.evidence, kMaxLongText},
                             {"user_agent", act.user_agent, kMaxLongText},
                             {"source_url", act.source_url, kMaxLongText}};
  for (const NamedText& item : texts) {
    if (item.text.size() <= item.most) continue;
    return Status(StatusCode::kTooLarge, std::string(item.name) + ": at most " +
                                             std::to_string(item.most) +
                                             " bytes");
  }
  return Status::Ok();
}

bool GivesConsent(ConsentAction action) {
  return action == ConsentAction::kGrant || action == ConsentAction::kConfirm;
}

Status CheckKind(const ConsentAct& act, const ConsentSettings& settings) {
  if (ConsentActionName(act.action).empty())
    return BadMember("action", "unknown");
  if (ConsentChannelName(act.channel).empty())
    return BadMember("channel", "unknown");
  if (!act.purpose.empty() && settings.FindPurpose(act.purpose) == nullptr) {
    return BadMember("purpose", "not in the register");
  }
  if (act.purpose.empty() && act.action <= ConsentAction::kConfirm) {
    return BadMember("purpose", "missing");
  }
  if (act.action == ConsentAction::kSuppress && !act.reason.empty() &&
      ParseSuppressionReason(act.reason) == SuppressionReason::kNone) {
    return BadMember("reason",
                     "of a suppression must be hard-bounce, invalid, erased, "
                     "complaint, stop, registry or manual");
  }
  if (!act.jurisdiction.empty() && !IsJurisdiction(act.jurisdiction)) {
    return BadMember("jurisdiction", "must be of ISO 3166, like DE or US-CA");
  }
  constexpr std::string_view kActors[] = {"",         "subject", "agent",
                                          "guardian", "system",  "authority"};
  for (const std::string_view actor : kActors) {
    if (act.actor == actor) return settings.CheckReferences(act);
  }
  return BadMember("actor",
                   "must be subject, agent, guardian, system or authority");
}

Status CheckTimes(const ConsentAct& act, Timestamp recorded) {
  const Timestamp occurred = act.occurred_at.value_or(recorded);
  if (!InTimeRange(occurred)) return BadMember("occurred_at", "out of range");
  if (GivesConsent(act.action) && occurred > recorded + kMaxAhead) {
    return BadMember("occurred_at",
                     "a grant more than five minutes ahead of its recording");
  }
  if (!act.valid_until.has_value()) return Status::Ok();
  if (!GivesConsent(act.action)) {
    return BadMember("valid_until", "of a grant alone");
  }
  if (!InTimeRange(*act.valid_until) || *act.valid_until <= occurred) {
    return BadMember("valid_until", "not after the act");
  }
  return Status::Ok();
}

void AddText(std::string_view name, std::string_view value, std::string* out) {
  if (value.empty()) return;
  if (out->size() > 1) out->push_back(',');
  AppendJsonString(name, out);
  out->push_back(':');
  AppendJsonString(value, out);
}

std::string PayloadOf(const ConsentAct& act) {
  std::string out = "{";
  AddText("act", ConsentActionName(act.action), &out);
  AddText("purpose", act.purpose.empty() ? "any" : act.purpose, &out);
  AddText("channel", ConsentChannelName(act.channel), &out);
  AddText("address", act.address, &out);
  AddText("method", act.method, &out);
  AddText("legalBasis", act.legal_basis, &out);
  AddText("policy", act.policy, &out);
  if (act.policy_version != 0) {
    out += ",\"policyVersion\":" + std::to_string(act.policy_version);
  }
  if (act.valid_until.has_value()) {
    AddText("validUntil", FormatTime(*act.valid_until), &out);
  }
  AddText("jurisdiction", act.jurisdiction, &out);
  AddText("actor", act.actor, &out);
  AddText("reason", act.reason, &out);
  AddText("controller", act.controller, &out);
  AddText("language", act.language, &out);
  if (act.confirmed) out += ",\"confirmed\":true";
  if (act.conflict_notice) out += ",\"conflictNotice\":true";
  AddText("evidence", act.evidence, &out);
  AddText("ipAddress", act.ip_address, &out);
  AddText("userAgent", act.user_agent, &out);
  AddText("sourceUrl", act.source_url, &out);
  out += '}';
  return out;
}

// The place of an append in its order: passed on every way out.
class PassPlace final {
 public:
  explicit PassPlace(const AppendOptions& options) : options_(options) {}
  ~PassPlace() {
    if (options_.order != nullptr) options_.order->Pass(options_.place);
  }

 private:
  const AppendOptions& options_;
};

// Of what the event says: unkeyed, and sealed like every id.
std::string IdOf(const Event& event) {
  std::string text = event.source + '\0' + FormatTime(*event.occurred_at);
  for (const Identifier& identifier : event.identifiers) {
    text += '\0' + identifier.name_space + '\0' + identifier.value;
  }
  text += '\0' + event.payload;
  const uint64_t first = StableHash64(text);
  const uint64_t second = StableHash64(text + '\0' + std::to_string(first));
  char digits[33];
  std::snprintf(digits, sizeof(digits), "%016llx%016llx",
                static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(second));
  return "consent-" + std::string(digits);
}

}  // namespace

Result<EventOutcome> Tenant::RecordConsent(const ConsentAct& act,
                                           const AppendOptions& options) {
  const PassPlace place(options);
  Event event;
  {
    const StoreCore& core = *impl_->core;
    ReaderLock open(core.lifecycle);
    Status status = impl_->CheckOpen();
    if (!status.ok()) return status;
    const auto now = core.DefinitionsOf(impl_->info.id);
    const ConsentSettings& settings = ConsentSettingsOf(now.get());
    const Timestamp recorded = options.recorded_at.empty()
                                   ? core.clock->Now()
                                   : options.recorded_at.front();
    status = CheckTexts(act);
    if (status.ok()) status = CheckKind(act, settings);
    if (status.ok()) status = CheckTimes(act, recorded);
    if (!status.ok()) return status;
    const std::string_view space = AddressSpace(act.channel, act.address);
    if (!act.address.empty()) {
      if (space.empty()) {
        return BadMember("address", "this channel has none");
      }
      status = core.views->identity()
                   .HashOf(impl_->info.id, {std::string(space), act.address},
                           IdentityAt(now.get(), kEveryPosition), act.source)
                   .status();
      if (!status.ok()) return BadMember("address", status.message());
    }
    event.occurred_at = act.occurred_at.value_or(recorded);
  }
  event.type = kConsentRecorded;
  event.source = act.source;
  event.payload = PayloadOf(act);
  event.identifiers = act.identifiers;
  if (act.customer != 0) {
    Status status = CheckWhose(*impl_, act.customer, &event.identifiers);
    if (!status.ok()) return status;
  }
  if (event.identifiers.empty()) {
    return BadMember("identifiers", "they or a customer must say who");
  }
  event.id = act.id.empty() ? IdOf(event) : act.id;
  Result<AppendResult> result = Append(event, options);
  if (!result.ok()) return std::move(result).status();
  return std::move(result->events[0]);
}

Result<ConsentDecision> Tenant::CheckConsent(
    const ConsentQuestion& question) const {
  const StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  const auto now = core.DefinitionsOf(impl_->info.id);
  ConsentCase in;
  status = MakeCase(*impl_, now.get(), question, &in);
  if (!status.ok()) return status;
  ConsentDecision decision;
  if (question.as_of.has_value() || question.known_at != 0) {
    status = CheckBack(*impl_, now.get(), &in, &decision);
  } else {
    status =
        core.views->consent().Check(impl_->info.id, nullptr, &in, &decision);
  }
  if (!status.ok()) return status;
  return decision;
}

Result<ConsentList> Tenant::ListConsents(const ConsentListQuery& query) const {
  if (query.limit < 1 || query.limit > 10'000) {
    return BadMember("limit", "must be 1 to 10,000");
  }
  const StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  const auto now = core.DefinitionsOf(impl_->info.id);
  ConsentQuestion question;
  question.purpose = query.purpose;
  question.channel = query.channel;
  question.message_class = query.message_class;
  question.at = query.at;
  ConsentCase in;
  status = MakeCase(*impl_, now.get(), question, &in);
  if (!status.ok()) return status;
  if (query.message_class == MessageClass::kMarketing &&
      in.settings->FindPurpose(query.purpose) == nullptr) {
    return BadMember("purpose", "not in the register");
  }
  const std::shared_ptr<View> view = core.views->overlay().OpenView();
  Result<TenantCounts> counts =
      core.views->event().Counts(impl_->info.id, *view);
  if (!counts.ok()) return std::move(counts).status();
  ConsentList list;
  ConsentDecision decision;
  for (CustomerId customer = query.after + 1;
       customer > query.after && customer <= counts->customers; ++customer) {
    Result<CustomerId> current =
        core.views->identity().Current(impl_->info.id, customer, *view);
    if (!current.ok()) return std::move(current).status();
    if (*current != customer) continue;  // She goes by another id.
    question.customer = customer;
    status =
        core.views->consent().Check(impl_->info.id, view.get(), &in, &decision);
    if (!status.ok()) return status;
    if (decision.verdict == Verdict::kDeny) continue;
    list.customers.push_back(customer);
    if (list.customers.size() == query.limit) {
      list.next = customer;
      break;
    }
  }
  return list;
}

Status Tenant::SetConsentSettings(std::string_view json) {
  Result<std::shared_ptr<const ConsentSettings>> settings =
      ConsentSettings::Parse(json);
  if (!settings.ok()) return std::move(settings).status();
  Status status = (*settings)->CheckZones();
  if (!status.ok()) return status;
  StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  status = impl_->CheckOpen();
  if (!status.ok()) return status;
  std::string text = (*settings)->json();
  return core.sequencer
      ->Define(impl_->info.id,
               [&](std::optional<Definition>* out) -> Status {
                 const auto now = core.definitions.Of(impl_->info.id);
                 const Definition* before =
                     now == nullptr ? nullptr : now->consent();
                 // The same again is no change.
                 if (before == nullptr ? text == "{}" : text == before->json) {
                   return Status::Ok();
                 }
                 *out = Definition{.kind = DefinitionKind::kConsent,
                                   .json = std::move(text),
                                   .consent = std::move(settings).value()};
                 return Status::Ok();
               })
      .status();
}

Result<std::string> Tenant::GetConsentSettings() const {
  const StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  const auto now = core.DefinitionsOf(impl_->info.id);
  return ConsentSettingsOf(now.get()).ToWholeJson();
}

}  // namespace crm
