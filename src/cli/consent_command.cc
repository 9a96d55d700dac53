// crm consent ...: acts in, decisions out.

#include "cli/consent_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "cli/json_writer.h"
#include "cli/read_text.h"
#include "cli/session.h"
#include "cli/table.h"

namespace crm::cli {
namespace {

using ConsentVerb = ConsentCommand::Verb;

Timestamp Now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now());
}

Result<Timestamp> TimeOr(const std::string& text, std::string_view option,
                         Timestamp otherwise) {
  Result<std::optional<Timestamp>> time = ParseInstant(text, option);
  if (!time.ok()) return time.status();
  return time->value_or(otherwise);
}

// Whom an act is about need not be a customer yet.
Status ReadWho(const std::string& who, ConsentAct* act) {
  const size_t equals = who.find('=');
  if (!who.empty() && std::all_of(who.begin(), who.end(), [](char c) {
        return c >= '0' && c <= '9';
      })) {
    if (who.size() > 15) {
      return Status(StatusCode::kInvalidArgument, "WHO: too large a number");
    }
    act->customer = std::stoull(who);
  } else if (who.find('@') != std::string::npos &&
             equals == std::string::npos) {
    act->identifiers = {{"email", who}};
  } else if (who.starts_with('+')) {
    act->identifiers = {{"phoneNumber", who}};
  } else if (equals != std::string::npos) {
    act->identifiers = {{who.substr(0, equals), who.substr(equals + 1)}};
  } else {
    return Status(StatusCode::kInvalidArgument,
                  "WHO: a customer id, an email address, a phone number that "
                  "begins with +, or NAMESPACE=VALUE");
  }
  return Status::Ok();
}

Result<ConsentAction> ActionOf(const ConsentCommand& command) {
  switch (command.verb) {
    case ConsentVerb::kGrant:
      return command.double_opt_in ? ConsentAction::kPend
                                   : ConsentAction::kGrant;
    case ConsentVerb::kWithdraw:
      return ConsentAction::kWithdraw;
    case ConsentVerb::kObject:
      return ConsentAction::kObject;
    case ConsentVerb::kSuppress:
      return ConsentAction::kSuppress;
    default:
      return ParseConsentAction(command.act);
  }
}

Status Record(const ConsentCommand& command, Tenant& tenant) {
  ConsentAct act;
  const Result<ConsentAction> action = ActionOf(command);
  if (!action.ok()) return action.status();
  act.action = *action;
  act.purpose = command.purpose;
  if (!command.channel.empty()) {
    const Result<ConsentChannel> channel = ParseConsentChannel(command.channel);
    if (!channel.ok()) return channel.status();
    act.channel = *channel;
  }
  Status status = ReadWho(command.who, &act);
  if (!status.ok()) return status;
  Result<std::optional<Timestamp>> at = ParseInstant(command.at, "--at");
  if (!at.ok()) return at.status();
  Result<std::optional<Timestamp>> until =
      ParseInstant(command.until, "--until");
  if (!until.ok()) return until.status();
  act.occurred_at = *at;
  act.valid_until = *until;
  act.address = command.address;
  act.method = command.method;
  act.legal_basis = command.legal_basis;
  act.policy = command.policy;
  act.policy_version = command.policy_version;
  act.jurisdiction = command.jurisdiction;
  act.reason = command.reason;
  act.source = command.source;
  act.id = command.id;
  act.confirmed = command.confirmed;
  const Result<EventOutcome> outcome = tenant.RecordConsent(act);
  if (!outcome.ok()) return outcome.status();
  const bool new_one = outcome->outcome == Outcome::kAppended;
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("outcome", new_one ? "appended" : "duplicate");
    json.Number("customer", outcome->customer);
    json.Number("position", outcome->position);
    json.EndObject();
    json.PrintLine();
    return Status::Ok();
  }
  PrintField("act", std::string(ConsentActionName(act.action)) +
                        (new_one ? "" : " (known already)"));
  PrintField("customer", std::to_string(outcome->customer));
  PrintField("position", std::to_string(outcome->position));
  return Status::Ok();
}

Result<ConsentQuestion> QuestionOf(const ConsentCommand& command) {
  ConsentQuestion question;
  const Result<ConsentChannel> channel =
      ParseConsentChannel(command.channel.empty() ? "email" : command.channel);
  if (!channel.ok()) return channel.status();
  const Result<MessageClass> message_class =
      ParseMessageClass(command.message_class);
  if (!message_class.ok()) return message_class.status();
  Result<std::optional<Timestamp>> last_sent =
      ParseInstant(command.last_sent, "--last-sent");
  if (!last_sent.ok()) return last_sent.status();
  Result<std::optional<Timestamp>> as_of =
      ParseInstant(command.as_of, "--as-of");
  if (!as_of.ok()) return as_of.status();
  Result<Timestamp> at = TimeOr(command.at, "--at", as_of->value_or(Now()));
  if (!at.ok()) return at.status();
  question.purpose = command.purpose;
  question.channel = *channel;
  question.message_class = *message_class;
  question.template_name = command.template_name;
  question.address = command.address;
  question.at = *at;
  question.jurisdiction = command.jurisdiction;
  question.category = command.category;
  question.last_sent = *last_sent;
  question.as_of = *as_of;
  question.known_at = command.known_at;
  return question;
}

// `*refused`: it is not allowed.
Status CheckOne(const ConsentCommand& command, Tenant& tenant, bool* refused) {
  Result<ConsentQuestion> question = QuestionOf(command);
  if (!question.ok()) return question.status();
  Result<CustomerId> who = FindWho(tenant, command.who);
  if (!who.ok()) return who.status();
  question->customer = *who;
  const Result<ConsentDecision> decision = tenant.CheckConsent(*question);
  if (!decision.ok()) return decision.status();
  *refused = decision->verdict != Verdict::kAllow;
  std::printf("%s\n", command.store.json ? decision->ToJson().c_str()
                                         : decision->Explain().c_str());
  return Status::Ok();
}

Status History(const ConsentCommand& command, Tenant& tenant) {
  Result<CustomerId> who = FindWho(tenant, command.who);
  if (!who.ok()) return who.status();
  Result<std::optional<Timestamp>> as_of =
      ParseInstant(command.as_of, "--as-of");
  if (!as_of.ok()) return as_of.status();
  const Result<std::vector<ConsentEntry>> history = tenant.GetConsentHistory(
      *who, {.as_of = *as_of, .known_at = command.known_at});
  if (!history.ok()) return history.status();
  Table table({{"POSITION", Table::Align::kRight},
               {"COUNTS FROM"},
               {"ACT"},
               {"PURPOSE"},
               {"CHANNEL"},
               {"STATE"},
               {"SOURCE"},
               {"NOTE"}});
  for (const ConsentEntry& entry : *history) {
    if (command.store.json) {
      std::printf("%s\n", ConsentEntryToJson(entry).c_str());
      continue;
    }
    std::string note = entry.superseded ? "superseded" : "";
    if (!entry.opened) note = "erased";
    if (entry.shared) note += note.empty() ? "shared" : ", shared";
    table.Add({std::to_string(entry.position), ShowInstant(entry.effective_at),
               entry.opened ? std::string(ConsentActionName(entry.action))
                            : entry.event_type,
               entry.purpose.empty() ? "any" : entry.purpose,
               std::string(ConsentChannelName(entry.channel)),
               std::string(ConsentStateName(entry.state)), entry.source, note});
  }
  if (!command.store.json) table.Print();
  return Status::Ok();
}

Status Preferences(const ConsentCommand& command, Tenant& tenant) {
  Result<CustomerId> who = FindWho(tenant, command.who);
  if (!who.ok()) return who.status();
  const Result<ConsentPreferences> set = tenant.GetPreferences(*who);
  if (!set.ok()) return set.status();
  if (command.store.json) {
    std::printf("%s\n", ConsentPreferencesToJson(*set).c_str());
    return Status::Ok();
  }
  const auto show = [](const std::string& text) {
    return text.empty() ? std::string("not set") : text;
  };
  PrintField("e-mail", show(set->email_frequency));
  PrintField("time zone", show(set->time_zone));
  std::string categories;
  for (const std::string& one : set->categories) {
    categories += (categories.empty() ? "" : ", ") + one;
  }
  PrintField("categories", !set->has_categories ? "not set"
                           : categories.empty() ? "none"
                                                : categories);
  return Status::Ok();
}

Status Who(const ConsentCommand& command, Tenant& tenant) {
  Result<ConsentQuestion> question = QuestionOf(command);
  if (!question.ok()) return question.status();
  ConsentListQuery query;
  query.purpose = question->purpose;
  query.channel = question->channel;
  query.message_class = question->message_class;
  query.at = question->at;
  uint64_t count = 0;
  do {
    const Result<ConsentList> page = tenant.ListConsents(query);
    if (!page.ok()) return page.status();
    for (const CustomerId customer : page->customers) {
      if (command.limit != 0 && count == command.limit) return Status::Ok();
      std::printf(command.store.json ? "{\"customer\":%llu}\n" : "%llu\n",
                  static_cast<unsigned long long>(customer));
      ++count;
    }
    query.after = page->next;
  } while (query.after != 0);
  return Status::Ok();
}

Status Receipt(const ConsentCommand& command, Tenant& tenant) {
  Result<CustomerId> who = FindWho(tenant, command.who);
  if (!who.ok()) return who.status();
  const Result<ReceiptFormat> format = ParseReceiptFormat(command.format);
  if (!format.ok()) return format.status();
  const Result<std::string> receipt =
      tenant.GetConsentReceipt(*who, command.position, *format);
  if (!receipt.ok()) return receipt.status();
  std::printf("%s\n", receipt->c_str());
  return Status::Ok();
}

Status Settings(const ConsentCommand& command, Tenant& tenant) {
  if (!command.file.empty()) {
    const Result<std::string> text = ReadText(command.file);
    if (!text.ok()) return text.status();
    Status status = tenant.SetConsentSettings(*text);
    if (!status.ok()) return status;
  }
  const Result<std::string> settings = tenant.GetConsentSettings();
  if (!settings.ok()) return settings.status();
  std::printf("%s\n", settings->c_str());
  return Status::Ok();
}

Status Do(const ConsentCommand& command, Tenant& tenant, bool* refused) {
  switch (command.verb) {
    case ConsentVerb::kCheck:
      return CheckOne(command, tenant, refused);
    case ConsentVerb::kHistory:
      return History(command, tenant);
    case ConsentVerb::kPreferences:
      return Preferences(command, tenant);
    case ConsentVerb::kWho:
      return Who(command, tenant);
    case ConsentVerb::kReceipt:
      return Receipt(command, tenant);
    case ConsentVerb::kSettings:
      return Settings(command, tenant);
    default:
      return Record(command, tenant);
  }
}

// What may be the first thing that is said of a tenant.
bool Writes(const ConsentCommand& command) {
  return command.verb <= ConsentVerb::kRecord ||
         (command.verb == ConsentVerb::kSettings && !command.file.empty());
}

}  // namespace

int Run(const ConsentCommand& command) {
  return WithTenant(command.store, Writes(command), [&](Tenant& tenant) {
    bool refused = false;
    const Status status = Do(command, tenant, &refused);
    if (!status.ok()) return Fail(status);
    return refused ? int{kExitRefused} : int{kExitOk};
  });
}

}  // namespace crm::cli
