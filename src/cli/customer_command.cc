// crm customer: accounts, each change as one request.

#include "cli/customer_command.h"

#include <cstdio>
#include <iterator>
#include <optional>
#include <utility>

#include "cli/json_writer.h"
#include "cli/session.h"
#include "cli/table.h"
#include "crm/commands.h"

namespace crm::cli {
namespace {

Status Bad(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}

// "name=value" taken apart; the name is not personal.
Status Split(const std::string& text, const char* option, std::string* name,
             std::string* value) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Bad(std::string(option) + ": must be NAME=VALUE");
  }
  *name = text.substr(0, equals);
  *value = text.substr(equals + 1);
  return Status();
}

Status ReadCall(const CustomerCommand& command, CommandCall* call) {
  Result<Timestamp> at = ParseInstantOrNow(command.at, "--at");
  if (!at.ok()) return at.status();
  call->id = command.id;
  call->source = command.source;
  call->at = *at;
  call->ip_address = command.ip_address;
  call->user_agent = command.user_agent;
  return Status();
}

Status ReadVerification(const CustomerCommand& command,
                        std::optional<EmailVerification>* out) {
  if (command.token_sha256.empty()) return Status();
  Result<std::optional<Timestamp>> until =
      ParseInstant(command.expires_at, "--expires");
  if (!until.ok()) return until.status();
  out->emplace();
  (*out)->token_sha256 = command.token_sha256;
  (*out)->expires_at = until->value_or(Timestamp());
  return Status();
}

Result<CommandResult> Register(const CustomerCommand& command,
                               const CommandCall& call, CustomerId,
                               Tenant& tenant) {
  Registration in;
  in.email = command.email;
  in.first_name = command.first_name;
  in.last_name = command.last_name;
  in.phone = command.phone;
  in.terms_accepted = command.terms_accepted;
  in.marketing_consent = command.marketing_consent;
  in.known_email = command.known_email;
  for (const std::string& account : command.accounts) {
    Identifier& one = in.identifiers.emplace_back();
    Status status = Split(account, "--account", &one.name_space, &one.value);
    if (!status.ok()) return status;
  }
  Status status = ReadVerification(command, &in.verification);
  if (!status.ok()) return status;
  return tenant.RegisterCustomer(in, call);
}

Result<CommandResult> RequestVerification(const CustomerCommand& command,
                                          const CommandCall& call,
                                          CustomerId who, Tenant& tenant) {
  std::optional<EmailVerification> verification;
  Status status = ReadVerification(command, &verification);
  if (!status.ok()) return status;
  return tenant.RequestEmailVerification(
      who, verification.value_or(EmailVerification()), call);
}

Result<CommandResult> VerifyEmail(const CustomerCommand& command,
                                  const CommandCall& call, CustomerId who,
                                  Tenant& tenant) {
  return tenant.VerifyEmail(who, command.token_sha256, call);
}

Result<CommandResult> UpdateEmail(const CustomerCommand& command,
                                  const CommandCall& call, CustomerId who,
                                  Tenant& tenant) {
  EmailUpdate update;
  update.email = command.email;
  Status status = ReadVerification(command, &update.verification);
  if (!status.ok()) return status;
  return tenant.UpdateEmail(who, update, call);
}

Result<CommandResult> UpdateProfile(const CustomerCommand& command,
                                    const CommandCall& call, CustomerId who,
                                    Tenant& tenant) {
  std::vector<FieldChange> changes;
  for (const std::string& text : command.set) {
    FieldChange& change = changes.emplace_back();
    Status status = Split(text, "--set", &change.field, &change.value);
    if (!status.ok()) return status;
  }
  for (const std::string& field : command.unset) {
    changes.push_back({.field = field, .unset = true});
  }
  if (changes.empty()) return Bad("--set or --unset: what is to change");
  return tenant.UpdateProfile(who, changes, call);
}

Result<CommandResult> Deactivate(const CustomerCommand& command,
                                 const CommandCall& call, CustomerId who,
                                 Tenant& tenant) {
  DeactivationReason reason = DeactivationReason::kCustomerRequest;
  while (!DeactivationReasonName(reason).empty() &&
         DeactivationReasonName(reason) != command.reason) {
    reason = static_cast<DeactivationReason>(static_cast<int>(reason) + 1);
  }
  return tenant.Deactivate(who, reason, command.notes, call);
}

Result<CommandResult> Reactivate(const CustomerCommand&,
                                 const CommandCall& call, CustomerId who,
                                 Tenant& tenant) {
  return tenant.Reactivate(who, call);
}

void Print(const CommandResult& result, bool as_json) {
  if (as_json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("customer", result.customer);
    json.Boolean("repeated", result.repeated);
    json.Boolean("new_customer", result.new_customer);
    json.BeginArray("events");
    for (size_t i = 0; i < result.types.size(); ++i) {
      json.BeginObject();
      json.Text("type", result.types[i]);
      json.Number("position", result.positions[i]);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    json.PrintLine();
    return;
  }
  PrintField("customer", std::to_string(result.customer));
  for (size_t i = 0; i < result.types.size(); ++i) {
    PrintField(std::to_string(result.positions[i]).c_str(), result.types[i]);
  }
  if (result.types.empty()) std::printf("Nothing had to be changed.\n");
  if (result.repeated) std::printf("It was done before.\n");
}

Status ShowState(const CustomerCommand& command, CustomerId who,
                 const Tenant& tenant) {
  const Result<CustomerState> state = tenant.GetCustomerState(who);
  if (!state.ok()) return state.status();
  const std::string name(RecordStateName(state->state));
  if (command.store.json) {
    JsonWriter json;
    json.BeginObject();
    json.Number("id", who);
    json.Text("state", name);
    json.Number("customer", state->customer);
    if (state->since.has_value()) {
      json.Text("since", FormatInstant(*state->since));
      json.Number("position", state->position);
    }
    json.Boolean("email_pending", state->email_pending);
    json.Boolean("email_verified", state->email_verified);
    json.EndObject();
    json.PrintLine();
    return Status();
  }
  PrintField("state", name);
  if (state->state == RecordState::kMerged) {
    PrintField("leads to", std::to_string(state->customer));
  }
  if (state->since.has_value()) {
    PrintField("since", ShowInstant(*state->since));
  }
  if (state->email_pending) PrintField("address", "not verified yet");
  if (state->email_verified) PrintField("address", "verified");
  return Status();
}

// The number of a customer is taken as it is: also one that is nobody's now.
Result<CustomerId> Find(const CustomerCommand& command, const Tenant& tenant) {
  if (!command.who.empty() &&
      command.who.find_first_not_of("0123456789") == std::string::npos &&
      command.who.size() < 19) {
    return CustomerId{std::stoull(command.who)};
  }
  return FindWho(tenant, command.who);
}

Status Do(const CustomerCommand& command, Tenant& tenant) {
  using Verb = CustomerCommand::Verb;
  CustomerId who = 0;
  if (command.verb != Verb::kRegister) {
    const Result<CustomerId> found = Find(command, tenant);
    if (!found.ok()) return found.status();
    who = *found;
  }
  if (command.verb == Verb::kState) return ShowState(command, who, tenant);
  CommandCall call;
  Status status = ReadCall(command, &call);
  if (!status.ok()) return status;
  static constexpr Result<CommandResult> (*kVerbs[])(
      const CustomerCommand&, const CommandCall&, CustomerId, Tenant&) = {
      &Register,      &RequestVerification, &VerifyEmail, &UpdateEmail,
      &UpdateProfile, &Deactivate,          &Reactivate};
  static_assert(std::size(kVerbs) == static_cast<size_t>(Verb::kState));
  const Result<CommandResult> result =
      kVerbs[static_cast<size_t>(command.verb)](command, call, who, tenant);
  if (!result.ok()) return result.status();
  Print(*result, command.store.json);
  return Status();
}

}  // namespace

int Run(const CustomerCommand& command) {
  // Who registers may be the first of her tenant.
  const bool make = command.verb == CustomerCommand::Verb::kRegister;
  return WithTenant(command.store, make, [&](Tenant& tenant) {
    const Status status = Do(command, tenant);
    return status.ok() ? int{kExitOk} : Fail(status);
  });
}

}  // namespace crm::cli
