// The command line of crm consent.

#include <CLI/CLI.hpp>

#include "cli/consent_command.h"

namespace crm::cli {
namespace {

using ConsentVerb = ConsentCommand::Verb;

struct ConsentLines {
  CLI::App* app;
  ConsentCommand* commands;
  std::function<int()>* run;

  // A verb with the options that every command has. `who`: it is about one.
  CLI::App* Add(ConsentVerb verb, const std::string& name, bool who,
                const std::string& about, const std::string& example) const {
    ConsentCommand* const c = &commands[static_cast<size_t>(verb)];
    c->verb = verb;
    CLI::App* const sub = app->add_subcommand(name, about);
    sub->footer("Example:\n  crm consent " + example);
    sub->add_option("STORE", c->store.directory, "Directory of the store")
        ->required();
    if (who) {
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
    std::function<int()>* const chosen = run;
    sub->callback([chosen, c] { *chosen = [c] { return Run(*c); }; });
    return sub;
  }
  ConsentCommand* Of(ConsentVerb verb) const {
    return &commands[static_cast<size_t>(verb)];
  }
};

void AddSubject(CLI::App* sub, ConsentCommand* c, bool required) {
  auto* purpose = sub->add_option("--purpose", c->purpose,
                                  "Of the register, such as marketing");
  auto* channel =
      sub->add_option("--channel", c->channel,
                      "any, email, sms, push, voice, whatsapp, post or web");
  if (!required) return;
  purpose->required();
  channel->required();
}

// What all acts can say.
void AddActOptions(CLI::App* sub, ConsentCommand* c) {
  sub->add_option("--address", c->address,
                  "That it is about, when it is not that of WHO");
  sub->add_option("--method", c->method,
                  "web-form, phone, paper, one-click, keyword, gpc ...");
  sub->add_option("--legal-basis", c->legal_basis, "soft-opt-in, consent ...");
  sub->add_option("--policy", c->policy, "Of the register");
  sub->add_option("--policy-version", c->policy_version, "Its version");
  sub->add_option("--jurisdiction", c->jurisdiction, "Such as DE or US-CA");
  sub->add_option("--reason", c->reason,
                  "Why; of a suppression: hard-bounce, invalid, erased, "
                  "complaint, stop, registry, manual");
  sub->add_option("--source", c->source, "The system that says so")
      ->capture_default_str();
  sub->add_option("--id", c->id, "Unique per source (default: made up of it)");
  sub->add_option("--at", c->at, "When it happened (default: now)");
}

void AddActs(const ConsentLines& lines) {
  ConsentCommand* c = lines.Of(ConsentVerb::kGrant);
  CLI::App* sub = lines.Add(
      ConsentVerb::kGrant, "grant", true, "Record that somebody said yes.",
      "grant shop ada@example.com --purpose marketing --channel email");
  AddSubject(sub, c, true);
  AddActOptions(sub, c);
  sub->add_option("--until", c->until, "Good until then");
  sub->add_flag("--double-opt-in", c->double_opt_in,
                "She is still to confirm it: record --act confirm");
  sub->add_flag("--confirmed", c->confirmed, "The address is known to be hers");
  sub = lines.Add(ConsentVerb::kWithdraw, "withdraw", true,
                  "Record that somebody took a yes back.\n\n"
                  "Without --purpose of all of them, without --channel of all.",
                  "withdraw shop ada@example.com --purpose marketing");
  AddSubject(sub, lines.Of(ConsentVerb::kWithdraw), false);
  AddActOptions(sub, lines.Of(ConsentVerb::kWithdraw));
  sub = lines.Add(ConsentVerb::kObject, "object", true,
                  "Record an objection (Art. 21 GDPR), or a global opt-out.",
                  "object shop ada@example.com");
  AddSubject(sub, lines.Of(ConsentVerb::kObject), false);
  AddActOptions(sub, lines.Of(ConsentVerb::kObject));
  sub = lines.Add(ConsentVerb::kSuppress, "suppress", true,
                  "Record that an address must not be written to.",
                  "suppress shop ada@example.com --channel email --reason "
                  "complaint");
  AddSubject(sub, lines.Of(ConsentVerb::kSuppress), false);
  AddActOptions(sub, lines.Of(ConsentVerb::kSuppress));
  c = lines.Of(ConsentVerb::kRecord);
  sub = lines.Add(ConsentVerb::kRecord, "record", true, "Record any other act.",
                  "record shop ada@example.com --act lift-objection");
  sub->add_option("--act", c->act,
                  "ask, defer, pend, grant, confirm, refuse, withdraw, revoke, "
                  "invalidate, object, lift-objection, restrict, "
                  "lift-restriction, suppress, lift-suppression or signal")
      ->required();
  AddSubject(sub, c, false);
  AddActOptions(sub, c);
}

void AddQuestions(const ConsentLines& lines) {
  ConsentCommand* c = lines.Of(ConsentVerb::kCheck);
  CLI::App* sub = lines.Add(
      ConsentVerb::kCheck, "check", true,
      "Say whether somebody may be written to, and why.\n\n"
      "Exit code 0 when it is allowed, 1 when it is denied or deferred.",
      "check shop ada@example.com --purpose marketing --channel email");
  AddSubject(sub, c, false);
  sub->add_option("--class", c->message_class,
                  "marketing, transactional or legal")
      ->capture_default_str();
  sub->add_option("--template", c->template_name,
                  "Of the register: it says the class");
  sub->add_option("--address", c->address, "That it would go to");
  sub->add_option("--at", c->at, "When it would be sent (default: now)");
  sub->add_option("--jurisdiction", c->jurisdiction, "Such as DE or US-CA");
  sub->add_option("--category", c->category, "Of the message");
  sub->add_option("--last-sent", c->last_sent, "When she got the last one");
  sub->add_option("--as-of", c->as_of, "Look back: what was true then");
  sub->add_option("--known-at", c->known_at,
                  "Look back: what was known at this position");
  c = lines.Of(ConsentVerb::kWho);
  sub = lines.Add(ConsentVerb::kWho, "who", false,
                  "List the customers who may be written to.",
                  "who shop --purpose marketing --channel email");
  AddSubject(sub, c, true);
  sub->add_option("--class", c->message_class,
                  "marketing, transactional or legal")
      ->capture_default_str();
  sub->add_option("--at", c->at, "When it would be sent (default: now)");
  sub->add_option("--limit", c->limit, "At most so many (default: all)");
}

void AddLooking(const ConsentLines& lines) {
  ConsentCommand* c = lines.Of(ConsentVerb::kHistory);
  CLI::App* sub = lines.Add(ConsentVerb::kHistory, "history", true,
                            "List what somebody said, and how it stands.",
                            "history shop ada@example.com");
  sub->add_option("--as-of", c->as_of, "What had happened by then");
  sub->add_option("--known-at", c->known_at, "What was known at this position");
  lines.Add(ConsentVerb::kPreferences, "preferences", true,
            "Show how often, about what and in which zone somebody wants mail.",
            "preferences shop ada@example.com");
  c = lines.Of(ConsentVerb::kReceipt);
  sub = lines.Add(ConsentVerb::kReceipt, "receipt", true,
                  "Print the receipt of an act, as JSON.",
                  "receipt shop ada@example.com --act 17 --format iso27560");
  sub->add_option("--act", c->position, "Its position: see history")
      ->required();
  sub->add_option("--format", c->format, "kantara or iso27560")
      ->check(CLI::IsMember({"kantara", "iso27560"}))
      ->capture_default_str();
  c = lines.Of(ConsentVerb::kSettings);
  sub = lines.Add(
      ConsentVerb::kSettings, "settings", false,
      "Show the registers and regimes, or define them.\n\n"
      "Purposes, policies, parties, templates and regimes, as JSON with all\n"
      "defaults spelled out. Setting takes the place of everything that was\n"
      "set before; what FILE does not name is the default.",
      "settings shop --set consent.json");
  sub->add_option("--set", c->file, "A file with JSON, or -");
}

}  // namespace

void AddConsent(CLI::App* main, ConsentCommand* commands,
                std::function<int()>* run) {
  CLI::App* const app = main->add_subcommand(
      "consent", "Who may be written to, and what they said about it.");
  app->require_subcommand(1);
  const ConsentLines lines{app, commands, run};
  AddActs(lines);
  AddQuestions(lines);
  AddLooking(lines);
}

}  // namespace crm::cli
