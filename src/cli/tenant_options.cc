// The command line of tenants: listed, dropped, exported.

#include <string>

#include "cli/command_line.h"

namespace crm::cli {
namespace {

using TenantVerb = TenantCommand::Verb;

CLI::App* AddVerb(CLI::App* app, CommandLine* line, TenantVerb verb,
                  const std::string& name, const std::string& about,
                  const std::string& example) {
  TenantCommand* const c = &line->tenant[static_cast<size_t>(verb)];
  c->verb = verb;
  return AddCommand(app, line, c, name, about, example);
}

}  // namespace

void AddTenants(CLI::App* main, CommandLine* line) {
  CLI::App* const app = main->add_subcommand(
      "tenant", "The tenants of a store: who they are, and letting one go.");
  app->require_subcommand(1);
  TenantCommand* c = &line->tenant[static_cast<size_t>(TenantVerb::kList)];
  CLI::App* sub = AddVerb(app, line, TenantVerb::kList, "list",
                          "List the tenants with their counts, and those that "
                          "were dropped.",
                          "crm tenant list shop");
  AddUnreadable(sub, &c->store);
  c = &line->tenant[static_cast<size_t>(TenantVerb::kDrop)];
  sub = AddVerb(
      app, line, TenantVerb::kDrop, "drop",
      "Drop a tenant for good.\n\n"
      "Destroys its keys: what was sealed with them, in the store and in\n"
      "every copy, is noise for good. There is no way back: look at --dry-run\n"
      "first, and export it. Its name is not given again.",
      "crm tenant drop shop golf-club --dry-run\n"
      "  crm tenant drop shop golf-club --confirm --why 'contract ended'");
  sub->add_option("NAME", c->store.tenant, "The tenant")->required();
  sub->add_flag("--dry-run", c->dry_run, "Only say what would go");
  sub->add_flag("--confirm", c->confirm, "Needed to drop it");
  sub->add_option("--by", c->by, "Who asked for it; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
  c = &line->tenant[static_cast<size_t>(TenantVerb::kExport)];
  sub = AddVerb(
      app, line, TenantVerb::kExport, "export",
      "Write all of one tenant to a file, with checksums.\n\n"
      "crm import --format libcrm makes the same tenant of it in an empty\n"
      "store. The file holds personal data in the clear; only its owner may\n"
      "read it.",
      "crm tenant export shop golf-club golf-club.ndjson.gz");
  sub->add_option("NAME", c->store.tenant, "The tenant")->required();
  sub->add_option("FILE", c->file,
                  "The file; gzip if it ends with .gz; - for standard output")
      ->required();
}

}  // namespace crm::cli
