#include "ingest/person_parts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ingest/export_file.h"
#include "ingest/export_lines.h"
#include "ingest/json_members.h"
#include "ingest/message_mapper.h"

namespace crm::ingest {
namespace {

constexpr uint64_t kEventsPerStep = 256;

// Who handled her: names of others.
constexpr std::array<std::string_view, 13> kAgents = {
    "agent",     "agentId",  "agentName", "assignedTo", "author",
    "createdBy", "employee", "handledBy", "operator",   "performedBy",
    "signedBy",  "staff",    "updatedBy"};

// What was concluded about her.
constexpr std::array<std::string_view, 8> kConcluded = {
    "CustomerSegmentAdded", "CustomerSegmentRemoved", "crm.segment.entered",
    "crm.segment.exited",   "crm.churn.risk.changed", "ProductAffinityDetected",
    "CustomerMergedEvent",  "crm.profile.merged"};

// Whether an act is one of the controller's.
bool IsControllers(const ConsentEntry& act) {
  switch (act.action) {
    case ConsentAction::kAsk:
    case ConsentAction::kRevoke:
    case ConsentAction::kInvalidate:
    case ConsentAction::kSuppress:
    case ConsentAction::kLiftSuppression:
      return true;
    default:
      break;
  }
  JsonMembers payload;
  if (!act.opened || !payload.Split(act.payload).ok()) return false;
  const std::string actor = TextOfJson(payload.TakeString("actor"));
  return !actor.empty() && actor != "subject" && actor != "guardian";
}

}  // namespace

PersonParts::PersonParts(const crm::Tenant& tenant,
                         const crm::Snapshot& snapshot,
                         const PersonExportOptions& options,
                         const ExportWriter& writer, PersonExportReport* report)
    : tenant_(tenant),
      snapshot_(snapshot),
      options_(options),
      writer_(writer),
      report_(report),
      sums_(report) {
  for (const std::string_view name : kAgents) redactor_.Add(name);
  for (const std::string& name : options.redact) redactor_.Add(name);
  if (access()) return;
  left_out_types_.insert(kConcluded.begin(), kConcluded.end());
  left_out_types_.insert(options.leave_out.begin(), options.leave_out.end());
}

std::string* PersonParts::Begin(std::string_view part) {
  part_ = part;
  line_ = "{";
  AppendTextMember("part", part, &line_);
  return &line_;
}

Status PersonParts::End() {
  line_ += "}\n";
  sums_.Add(part_, line_);
  return writer_(line_);
}

Status PersonParts::Load(CustomerId customer) {
  Result<Customer> found = snapshot_.GetCustomer(customer);
  if (!found.ok()) return std::move(found).status();
  customer_ = *std::move(found);
  Status status = snapshot_.GetProfile(customer_.id, &profile_);
  if (!status.ok()) return status;
  ConsentHistoryQuery query;
  query.known_at = snapshot_.position();
  Result<std::vector<ConsentEntry>> acts =
      tenant_.GetConsentHistory(customer_.id, query);
  if (!acts.ok()) return std::move(acts).status();
  acts_ = *std::move(acts);
  Result<std::string> settings = tenant_.GetConsentSettings();
  if (!settings.ok()) return std::move(settings).status();
  settings_ = *std::move(settings);
  for (const Trait& trait : profile_.traits) {
    trait_events_.insert(trait.position);
  }
  if (access()) return status;
  for (const ConsentEntry& act : acts_) {
    if (IsControllers(act)) left_out_.insert(act.position);
  }
  std::erase_if(acts_, [&](const ConsentEntry& act) {
    return left_out_.contains(act.position);
  });
  return status;
}

Status PersonParts::WriteExport() {
  report_->customer = customer_.id;
  report_->mode = options_.mode;
  report_->position = snapshot_.position();
  report_->at = options_.at;
  std::string* const out = Begin("export");
  AppendNumberMember("version", kPersonExportVersion, out);
  AppendTextMember("tenant", tenant_.name(), out);
  AppendNumberMember("customer", customer_.id, out);
  AppendTextMember("mode", PersonModeText(options_.mode), out);
  AppendNumberMember("position", snapshot_.position(), out);
  AppendMember("at", TimeToken(options_.at), out);
  return End();
}

Status PersonParts::WriteCustomer() {
  std::string* const out = Begin("customer");
  AppendNumberMember("version", customer_.version, out);
  AppendNumberMember("events", customer_.events, out);
  const auto time = [&](std::string_view name,
                        const std::optional<Timestamp>& at) {
    AppendMember(name, at.has_value() ? TimeToken(*at) : "null", out);
  };
  time("first_seen", profile_.first_seen);
  time("last_seen", profile_.last_seen);
  if (access()) {
    std::string ids;
    for (const CustomerId id : customer_.retired) {
      if (!ids.empty()) ids.push_back(',');
      ids += std::to_string(id);
    }
    AppendMember("retired", "[" + ids + "]", out);
  }
  return End();
}

Status PersonParts::WriteSources() {
  for (const CustomerRecord& record : customer_.records) {
    std::string* const out = Begin("sources");
    AppendTextMember("source", record.source, out);
    AppendNumberMember("record", record.record, out);
    AppendNumberMember("events", record.events, out);
    if (access()) {
      AppendTextMember("matched_by", record.matched_by, out);
      AppendNumberMember("confidence", static_cast<uint64_t>(record.confidence),
                         out);
      AppendNumberMember("linked_at", record.linked_at, out);
      AppendNumberMember("linked_to", record.linked_to, out);
    }
    Status status = End();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

bool PersonParts::IsLeftOut(const EventView& event) const {
  return left_out_types_.contains(event.type) ||
         left_out_.contains(event.position);
}

Status PersonParts::WriteEvent(const EventView& event) {
  std::string* const out = Begin("events");
  AppendNumberMember("position", event.position, out);
  AppendMember("recorded_at", TimeToken(event.recorded_at), out);
  AppendNumberMember("record", event.record, out);
  AppendTextMember("source", event.source, out);
  AppendTextMember("type", event.type, out);
  if (event.opened) {
    const std::string text = EventToJson(event, tenant_.name(), true);
    AppendMember("event", redactor_.Redact(text), out);
  } else {
    AppendMember("occurred_at", TimeToken(event.occurred_at), out);
    AppendMember(event.expired ? "expired" : "erased", "true", out);
  }
  ++report_->events;
  return End();
}

Status PersonParts::WriteEvents() {
  ReplayQuery query;
  query.customer = customer_.id;
  query.as_appended = true;
  Result<EventCursor> cursor = snapshot_.Replay(query);
  if (!cursor.ok()) return std::move(cursor).status();
  EventView event;
  for (uint64_t seen = 0;; ++seen) {
    if (seen % kEventsPerStep == 0 && options_.progress &&
        !options_.progress(seen, customer_.events)) {
      return ExportCancelled();
    }
    const Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    if (IsLeftOut(event)) {
      ++report_->left_out;
      if (trait_events_.contains(event.position)) {
        left_out_.insert(event.position);
      }
      continue;
    }
    Status status = WriteEvent(event);
    if (!status.ok()) return status;
  }
}

Status PersonParts::WriteTraits() {
  for (const Trait& trait : profile_.traits) {
    if (left_out_.contains(trait.position)) continue;
    std::string* const out = Begin("traits");
    AppendTextMember("name", trait.name, out);
    if (redactor_.Names(trait.name)) {
      redactor_.Count();
      AppendMember("value", kRedacted, out);
    } else {
      AppendMember("value", redactor_.Redact(trait.value), out);
    }
    AppendTextMember("source", trait.source, out);
    AppendMember("occurred_at", TimeToken(trait.occurred_at), out);
    AppendNumberMember("position", trait.position, out);
    Status status = End();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status PersonParts::WritePreferences() {
  Result<ConsentPreferences> preferences = tenant_.GetPreferences(customer_.id);
  if (!preferences.ok()) return std::move(preferences).status();
  std::string* const out = Begin("preferences");
  AppendInner(ConsentPreferencesToJson(*preferences), out);
  return End();
}

Status PersonParts::WriteConsents() {
  for (const ConsentEntry& act : acts_) {
    const std::string text = ConsentEntryToJson(act);
    std::string* const out = Begin("consents");
    AppendInner(redactor_.Redact(text), out);
    Status status = End();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status PersonParts::WriteReceipts() {
  for (const ConsentEntry& act : acts_) {
    const bool grant = act.action == ConsentAction::kGrant ||
                       act.action == ConsentAction::kConfirm;
    if (!grant || act.superseded || !act.opened) continue;
    Result<std::string> receipt = tenant_.GetConsentReceipt(
        customer_.id, act.position, ReceiptFormat::kIso27560);
    if (!receipt.ok()) return std::move(receipt).status();
    std::string* const out = Begin("receipts");
    AppendNumberMember("position", act.position, out);
    AppendMember("receipt", redactor_.Redact(*receipt), out);
    Status status = End();
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status PersonParts::WriteDecisions() {
  JsonMembers settings;
  JsonMembers purposes;
  Status status = settings.Split(settings_);
  if (status.ok()) status = purposes.Split(settings.Peek("purposes"));
  if (!status.ok()) return status;
  constexpr ConsentChannel kChannels[] = {
      ConsentChannel::kEmail, ConsentChannel::kSms,      ConsentChannel::kPush,
      ConsentChannel::kVoice, ConsentChannel::kWhatsapp, ConsentChannel::kPost,
      ConsentChannel::kWeb};
  for (const std::string_view purpose : purposes.Names()) {
    for (const ConsentChannel channel : kChannels) {
      ConsentQuestion question;
      question.customer = customer_.id;
      question.purpose = purpose;
      question.channel = channel;
      question.at = options_.at;
      const Result<ConsentDecision> decision = tenant_.CheckConsent(question);
      if (!decision.ok()) return decision.status();
      std::string* const out = Begin("decisions");
      AppendTextMember("purpose", purpose, out);
      AppendTextMember("channel", ConsentChannelName(channel), out);
      AppendMember("decision", decision->ToJson(), out);
      status = End();
      if (!status.ok()) return status;
    }
  }
  return status;
}

Status PersonParts::WriteRegister() {
  JsonMembers settings;
  Status status = settings.Split(settings_);
  if (!status.ok()) return status;
  for (const std::string_view name :
       {"purposes", "policies", "parties", "regimes"}) {
    const std::string_view entries = settings.Take(name);
    std::string* const out = Begin("register");
    AppendTextMember("register", name, out);
    AppendMember("entries", entries.empty() ? "{}" : entries, out);
    status = End();
    if (!status.ok()) return status;
  }
  std::string rest = "{";
  settings.AppendRest(&rest);
  std::string* const out = Begin("register");
  AppendTextMember("register", "settings", out);
  AppendMember("entries", rest + "}", out);
  return End();
}

Status PersonParts::CheckStillThere() const {
  return tenant_.GetCustomer(customer_.id).status();
}

Status PersonParts::Write(CustomerId customer) {
  Status status = Load(customer);
  using Step = Status (PersonParts::*)();
  constexpr Step kForBoth[] = {
      &PersonParts::WriteExport,  &PersonParts::WriteCustomer,
      &PersonParts::WriteSources, &PersonParts::WriteEvents,
      &PersonParts::WriteTraits,  &PersonParts::WritePreferences,
      &PersonParts::WriteConsents};
  constexpr Step kForAccess[] = {
      &PersonParts::WriteReceipts, &PersonParts::WriteDecisions,
      &PersonParts::WriteRegister, &PersonParts::WriteIdentity};
  for (const Step step : kForBoth) {
    if (status.ok()) status = (this->*step)();
  }
  for (const Step step : kForAccess) {
    if (status.ok() && access()) status = (this->*step)();
  }
  // An erasure in between would be a file with holes.
  Status there = customer_.id == 0 ? status : CheckStillThere();
  if (!there.ok()) return there;
  if (!status.ok()) return status;
  report_->redacted = redactor_.count();
  sums_.Finish();
  return writer_(ManifestLine(*report_));
}

}  // namespace crm::ingest
