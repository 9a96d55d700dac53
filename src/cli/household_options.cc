// The command line of households.

#include <string>

#include "cli/command_line.h"

namespace crm::cli {
namespace {

using HouseholdVerb = HouseholdCommand::Verb;

CLI::App* AddVerb(CLI::App* app, CommandLine* line, HouseholdVerb verb,
                  const std::string& name, const std::string& about,
                  const std::string& example) {
  HouseholdCommand* const c = &line->household[static_cast<size_t>(verb)];
  c->verb = verb;
  CLI::App* const sub = AddCommand(app, line, c, name, about,
                                   "crm identity household " + example);
  AddTenant(sub, &c->store);
  return sub;
}

void AddReasons(CLI::App* sub, HouseholdCommand* c) {
  sub->add_option("--by", c->by, "Who says so; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
}

CLI::Option* AddCustomers(CLI::App* sub, HouseholdCommand* c) {
  return sub->add_option("WHO", c->who,
                         "Customer ids, email addresses, phone numbers that "
                         "begin with +, or NAMESPACE=VALUE");
}

void AddHouseholdMatch(CLI::App* app, CommandLine* line) {
  HouseholdCommand* const c =
      &line->household[static_cast<size_t>(HouseholdVerb::kMatch)];
  CLI::App* const sub = AddVerb(
      app, line, HouseholdVerb::kMatch, "match",
      "Find who lives together, by addresses, names and identifiers that\n"
      "customers share. Says what it would do; --apply does it.",
      "match shop --apply --by nightly");
  sub->add_flag("--apply", c->apply, "Make and change households");
  sub->add_option("--fields", c->fields,
                  "JSON file: which traits are what (as of identity match)");
  sub->add_option("--min-evidence", c->min_evidence,
                  "So many kinds of evidence two customers need")
      ->check(CLI::Range(1, 4))
      ->capture_default_str();
  sub->add_option("--max-members", c->max_members,
                  "Of a household; what more customers share says nothing")
      ->check(CLI::Range(2, 100))
      ->capture_default_str();
  AddReasons(sub, c);
}

}  // namespace

void AddHouseholds(CLI::App* identity, CommandLine* line) {
  CLI::App* const app = identity->add_subcommand(
      "household", "Who lives together, without being one.");
  app->require_subcommand(1);
  HouseholdCommand* c =
      &line->household[static_cast<size_t>(HouseholdVerb::kList)];
  CLI::App* sub = AddVerb(app, line, HouseholdVerb::kList, "list",
                          "List households, all of them or a customer's.",
                          "list shop ada@example.com");
  AddCustomers(sub, c)->expected(0, 1);
  sub->add_option("--household", c->household, "The one of this number");
  sub->add_option("--name", c->name, "The one of this name");
  sub->add_flag("--empty", c->empty, "Also those without members");
  sub->add_option("--after", c->after, "Only greater numbers");
  sub->add_option("--limit", c->limit, "At most so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  c = &line->household[static_cast<size_t>(HouseholdVerb::kMake)];
  sub = AddVerb(app, line, HouseholdVerb::kMake, "make",
                "Make a household of some customers. Nobody is merged.",
                "make shop 7 12 --name H-4711 --by desk");
  AddCustomers(sub, c);
  sub->add_option("--name", c->name,
                  "Its name elsewhere, such as a number; never a person's");
  AddReasons(sub, c);
  c = &line->household[static_cast<size_t>(HouseholdVerb::kJoin)];
  sub = AddVerb(app, line, HouseholdVerb::kJoin, "join",
                "Put customers into a household.", "join shop 3 12 --by desk");
  sub->add_option("HOUSEHOLD", c->household, "Its number")->required();
  AddCustomers(sub, c)->required();
  AddReasons(sub, c);
  c = &line->household[static_cast<size_t>(HouseholdVerb::kLeave)];
  sub = AddVerb(app, line, HouseholdVerb::kLeave, "leave",
                "Take customers out of a household, for good.",
                "leave shop 3 12 --by desk");
  sub->add_option("HOUSEHOLD", c->household, "Its number")->required();
  AddCustomers(sub, c)->required();
  AddReasons(sub, c);
  AddHouseholdMatch(app, line);
}

}  // namespace crm::cli
