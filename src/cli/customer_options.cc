// The command line of crm customer.

#include <CLI/CLI.hpp>

#include "cli/customer_command.h"

namespace crm::cli {
namespace {

using CustomerVerb = CustomerCommand::Verb;

struct CustomerLines {
  CLI::App* app;
  CustomerCommand* commands;
  std::function<int()>* run;

  CLI::App* Add(CustomerVerb verb, const std::string& name,
                const std::string& about, const std::string& example) const {
    CustomerCommand* const c = Of(verb);
    c->verb = verb;
    CLI::App* const sub = app->add_subcommand(name, about);
    sub->footer("Example:\n  crm customer " + example);
    sub->add_option("STORE", c->store.directory, "Directory of the store")
        ->required();
    if (verb != CustomerVerb::kRegister) {
      sub->add_option("WHO", c->who,
                      "Customer id, email address, phone number that begins "
                      "with +, or NAMESPACE=VALUE")
          ->required();
    }
    sub->add_option("--tenant", c->store.tenant, "Tenant of the store")
        ->capture_default_str();
    sub->add_option("--key-file", c->store.key_file,
                    "Key file of the store (default: STORE.key)");
    sub->add_flag("--json", c->store.json, "Print JSON, for programs");
    if (verb != CustomerVerb::kState) AddCall(sub, c);
    std::function<int()>* const chosen = run;
    sub->callback([chosen, c] { *chosen = [c] { return Run(*c); }; });
    return sub;
  }
  CustomerCommand* Of(CustomerVerb verb) const {
    return &commands[static_cast<size_t>(verb)];
  }

  static void AddCall(CLI::App* sub, CustomerCommand* c) {
    sub->add_option("--id", c->id,
                    "Your name of this call, unique per source: the same "
                    "again changes nothing")
        ->required();
    sub->add_option("--source", c->source, "The system that says so")
        ->capture_default_str();
    sub->add_option("--at", c->at, "When (default: now)");
    sub->add_option("--ip", c->ip_address, "Address of who did it");
    sub->add_option("--agent", c->user_agent, "Browser of who did it");
  }
};

void AddVerification(CLI::App* sub, CustomerCommand* c, bool required) {
  auto* token = sub->add_option("--token-sha256", c->token_sha256,
                                "SHA-256 of the token that you mail, to verify "
                                "the address");
  auto* until =
      sub->add_option("--expires", c->expires_at, "The token is good until");
  token->needs(until);
  until->needs(token);
  if (required) token->required();
}

void AddRegister(const CustomerLines& lines) {
  CustomerCommand* const c = lines.Of(CustomerVerb::kRegister);
  CLI::App* const sub = lines.Add(
      CustomerVerb::kRegister, "register",
      "Register a customer, at once or not at all.\n\n"
      "Nobody may have the address or one of the accounts. Without an account\n"
      "the id of the call becomes one (customerId).",
      "register shop --email ada@example.com --first-name Ada \\\n"
      "      --terms-accepted --id signup-17 --source web");
  sub->add_option("--email", c->email, "Her address")->required();
  sub->add_option("--first-name", c->first_name, "Her given name");
  sub->add_option("--last-name", c->last_name, "Her family name");
  sub->add_option("--phone", c->phone, "Her phone number");
  sub->add_option("--account", c->accounts,
                  "NAMESPACE=VALUE in a system of yours; may be repeated");
  sub->add_flag("--terms-accepted", c->terms_accepted, "She must have");
  sub->add_flag("--marketing", c->marketing_consent,
                "She ticked the box for marketing by e-mail");
  sub->add_flag("--known-email", c->known_email,
                "Somebody who never registered may have the address");
  AddVerification(sub, c, false);
}

void AddAddresses(const CustomerLines& lines) {
  AddVerification(
      lines.Add(CustomerVerb::kRequestVerification, "request-verification",
                "Ask anew to verify the address of a customer.",
                "request-verification shop 7 --token-sha256 9f86... \\\n"
                "      --expires 2026-02-04 --id again-1"),
      lines.Of(CustomerVerb::kRequestVerification), true);
  CustomerCommand* c = lines.Of(CustomerVerb::kVerifyEmail);
  CLI::App* sub =
      lines.Add(CustomerVerb::kVerifyEmail, "verify-email",
                "Verify the address, by the token that came back.",
                "verify-email shop 7 --token-sha256 9f86... --id click-1");
  sub->add_option("--token-sha256", c->token_sha256, "Its SHA-256")->required();
  c = lines.Of(CustomerVerb::kUpdateEmail);
  sub = lines.Add(CustomerVerb::kUpdateEmail, "update-email",
                  "Give a customer another address.",
                  "update-email shop 7 --email ada@example.org --id edit-1");
  sub->add_option("--email", c->email, "The new one")->required();
  AddVerification(sub, c, false);
}

}  // namespace

void AddCustomer(CLI::App* main, CustomerCommand* commands,
                 std::function<int()>* run) {
  CLI::App* const app = main->add_subcommand(
      "customer", "Accounts: register, change, deactivate.");
  app->require_subcommand(1);
  const CustomerLines lines{app, commands, run};
  AddRegister(lines);
  AddAddresses(lines);
  CustomerCommand* c = lines.Of(CustomerVerb::kUpdateProfile);
  CLI::App* sub = lines.Add(
      CustomerVerb::kUpdateProfile, "update-profile",
      "Set and unset fields: firstName, lastName, phone, dateOfBirth,\n"
      "address (a JSON object). What does not differ changes nothing.",
      "update-profile shop 7 --set lastName=King --unset phone --id edit-2");
  sub->add_option("--set", c->set, "FIELD=VALUE; may be repeated");
  sub->add_option("--unset", c->unset, "A field; may be repeated");
  c = lines.Of(CustomerVerb::kDeactivate);
  sub =
      lines.Add(CustomerVerb::kDeactivate, "deactivate",
                "Suspend an account: no marketing until it is reactivated.\n\n"
                "Nothing that she said is taken back.",
                "deactivate shop 7 --reason customer-request --id off-1");
  sub->add_option("--reason", c->reason,
                  "customer-request, fraud, terms-violation or other")
      ->required()
      ->check(CLI::IsMember(
          {"customer-request", "fraud", "terms-violation", "other"}));
  sub->add_option("--notes", c->notes, "Sealed with her key");
  lines.Add(CustomerVerb::kReactivate, "reactivate", "Take a suspension back.",
            "reactivate shop 7 --id on-1");
  lines.Add(CustomerVerb::kState, "state",
            "Show how a record stands: active, merged, deactivated, erased.",
            "state shop 7");
}

}  // namespace crm::cli
