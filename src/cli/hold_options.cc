// The command line of legal holds and of the settings of privacy.

#include <string>

#include "cli/command_line.h"

namespace crm::cli {
namespace {

using HoldVerb = HoldCommand::Verb;

CLI::App* AddVerb(CLI::App* app, CommandLine* line, HoldVerb verb,
                  const std::string& name, const std::string& about,
                  const std::string& example) {
  HoldCommand* const c = &line->hold[static_cast<size_t>(verb)];
  c->verb = verb;
  CLI::App* const sub = AddCommand(app, line, c, name, about, example);
  AddTenant(sub, &c->store);
  return sub;
}

void AddReasons(CLI::App* sub, HoldCommand* c) {
  sub->add_option("--by", c->by, "Who wants it; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
}

void AddRetain(CLI::App* main, CommandLine* line) {
  HoldCommand* const c = &line->hold[static_cast<size_t>(HoldVerb::kRetain)];
  CLI::App* const sub = AddVerb(
      main, line, HoldVerb::kRetain, "retain",
      "Remove what events say that are older than they may be kept.\n\n"
      "By the settings (crm privacy settings). Their open parts stay, and all\n"
      "that they have made: who is whose, and profiles. Acts of consent are\n"
      "exempt, and what a legal hold is of. Look at --dry-run first.",
      "crm retain shop --dry-run");
  sub->add_flag("--dry-run", c->dry_run, "Only say what would go");
  sub->add_option("--as-of", c->as_of, "The time that counts (default: now)");
  sub->add_option("--max-events", c->max_events,
                  "At most so many, the oldest in the log");
  AddReasons(sub, c);
}

}  // namespace

void AddHolds(CLI::App* main, CommandLine* line) {
  CLI::App* const app = main->add_subcommand(
      "hold", "Legal holds: who must not be erased, until further notice.");
  app->require_subcommand(1);
  HoldCommand* c = &line->hold[static_cast<size_t>(HoldVerb::kPlace)];
  CLI::App* sub = AddVerb(
      app, line, HoldVerb::kPlace, "place",
      "Put a hold on a customer.\n\n"
      "While she is held she is not erased, whatever the categories. The hold\n"
      "follows her through merges.",
      "crm hold place shop ada@example.com --category orders --why 'case 1'");
  AddWho(sub, &c->who);
  sub->add_option("--category", c->categories,
                  "Of the settings (crm privacy settings), or others; may be "
                  "given again. Without it: everything");
  AddReasons(sub, c);
  c = &line->hold[static_cast<size_t>(HoldVerb::kRelease)];
  sub = AddVerb(app, line, HoldVerb::kRelease, "release",
                "Release a hold, and erase whoever waited for that.",
                "crm hold release shop 1 --why 'case closed'");
  sub->add_option("HOLD", c->hold, "Its number")->required();
  AddReasons(sub, c);
  c = &line->hold[static_cast<size_t>(HoldVerb::kList)];
  sub = AddVerb(app, line, HoldVerb::kList, "list",
                "List holds, and the erasures that wait for them.",
                "crm hold list shop --released");
  sub->add_option("WHO", c->who, "Only those that hold this customer");
  sub->add_flag("--released", c->released, "Also those that were released");

  CLI::App* const privacy = main->add_subcommand(
      "privacy", "What kinds of data there are, and how long they are kept.");
  privacy->require_subcommand(1);
  c = &line->hold[static_cast<size_t>(HoldVerb::kSettings)];
  sub = AddVerb(privacy, line, HoldVerb::kSettings, "settings",
                "Show categories and times of retention, or define them.\n\n"
                "JSON with all defaults spelled out. Setting takes the place\n"
                "of everything that was set before; what FILE does not name\n"
                "is the default.",
                "crm privacy settings shop --set privacy.json");
  sub->add_option("--set", c->file, "A file with JSON, or -");
  AddRetain(main, line);
}

}  // namespace crm::cli
