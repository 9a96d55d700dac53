// The command line of segments.

#include <string>

#include "cli/command_line.h"

namespace crm::cli {
namespace {

using Verb = SegmentCommand::Verb;

void AddCriteria(CLI::App* sub, SegmentCommand* c) {
  sub->add_option("CRITERIA", c->criteria,
                  "A file of JSON, or JSON itself, which begins with {")
      ->required();
}

void AddWhen(CLI::App* sub, SegmentCommand* c) {
  sub->add_option("--as-of", c->as_of,
                  "By what had happened by then (default: now)");
  sub->add_option("--zone", c->zone,
                  "Where days and months begin, like Europe/Berlin (default: "
                  "UTC)");
}

}  // namespace

void AddSegments(CLI::App* main, CommandLine* line) {
  CLI::App* const app = main->add_subcommand(
      "segment",
      "Who is meant by criteria: how many, who, and why.\n\n"
      "Criteria are JSON, such as\n"
      "  {\"and\": [{\"field\": \"country\", \"operator\": \"eq\",\n"
      "            \"value\": \"ZA\"},\n"
      "           {\"event\": \"OrderPlaced\", \"operator\": \"gte\",\n"
      "            \"value\": 3, \"window\": {\"last\": {\"days\": 30}}}]}\n"
      "crm segment describe --schema prints all that they can say.");
  app->require_subcommand(1);
  SegmentCommand* c = &line->segment[static_cast<size_t>(Verb::kPreview)];
  c->verb = Verb::kPreview;
  CLI::App* sub = AddCommand(
      app, line, c, "preview",
      "Count of whom criteria are true, and name some of them.\n\n"
      "Asks about each customer in turn. Of whom it is not known is told\n"
      "apart: neither the criteria nor their opposite mean them.",
      "crm segment preview shop vip.json --as-of 2026-03-01");
  AddCriteria(sub, c);
  AddTenant(sub, &c->store);
  AddWhen(sub, c);
  sub->add_option("--sample", c->sample, "Name at most so many")
      ->check(CLI::Range(size_t{0}, kMaxCriteriaSample))
      ->capture_default_str();
  c = &line->segment[static_cast<size_t>(Verb::kExplain)];
  c->verb = Verb::kExplain;
  sub = AddCommand(
      app, line, c, "explain",
      "Say whether criteria are true of a customer, and what decides it.\n\n"
      "Ends with 0 if they are true, and with 1 if they are false or not\n"
      "known.",
      "crm segment explain shop ada@example.com vip.json");
  AddWho(sub, &c->who);
  AddCriteria(sub, c);
  AddTenant(sub, &c->store);
  AddWhen(sub, c);
  c = &line->segment[static_cast<size_t>(Verb::kDescribe)];
  c->verb = Verb::kDescribe;
  sub = app->add_subcommand("describe",
                            "Check criteria, and say them in words.\n\n"
                            "Without a store. What is wrong is named by its "
                            "place in the JSON.");
  sub->footer("Example:\n  crm segment describe vip.json");
  CLI::Option* const criteria =
      sub->add_option("CRITERIA", c->criteria,
                      "A file of JSON, or JSON itself, which begins with {");
  CLI::Option* const schema = sub->add_flag(
      "--schema", c->schema, "Print the JSON Schema of criteria instead");
  criteria->excludes(schema);
  sub->add_flag("--json", c->store.json, "Print JSON, for programs");
  sub->callback([line, c] { line->run = [c] { return Run(*c); }; });
}

}  // namespace crm::cli
