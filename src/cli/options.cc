// The command line. The only user of CLI11.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "cli/command_line.h"
#include "cli/encoding_option.h"
#include "cli/ledger_options.h"

#ifndef CRM_VERSION
#define CRM_VERSION "unknown"
#endif

namespace crm::cli {
namespace {

constexpr char kAbout[] =
    "crm: customer data in one directory.\n\n"
    "Begin with:\n"
    "  crm init shop                       make a store\n"
    "  crm import shop events.ndjson       put events in\n"
    "  crm show shop ada@example.com       look at one customer\n"
    "  crm verify shop                     prove that all of it is sound\n\n"
    "One process owns a store at a time. `crm COMMAND --help` explains each\n"
    "command and gives an example.";

constexpr char kExitCodes[] =
    "Exit codes:\n"
    "  0  done\n"
    "  1  done, but something was refused: rejected rows or events, findings\n"
    "  2  wrong command line or bad input; nothing was changed\n"
    "  3  not found: store, tenant, customer, file\n"
    "  4  conflict: it is there already, or not allowed\n"
    "  5  try again: the store is busy, the disk full, or it was cancelled\n"
    "  6  the store cannot go on: damaged, unreadable, key missing";

// Lists commands by the first sentence of what they say of themselves.
class BriefFormatter final : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* sub) const override {
    std::string about = sub->get_description();
    about.resize(std::min(about.find('\n'), about.size()));
    char line[160];
    std::snprintf(line, sizeof(line), "  %-15s%s\n", sub->get_name().c_str(),
                  about.c_str());
    return line;
  }
};

void AddInit(CLI::App* app, CommandLine* line) {
  InitCommand* const c = &line->init;
  CLI::App* const sub = AddCommand(
      app, line, c, "init",
      "Make a store, and the key file that opens it.\n\n"
      "Back the key file up apart from the store: without it the personal\n"
      "data in the store is noise, and with it everybody can read it.",
      "crm init shop --region ZA");
  sub->add_option("--region", c->region,
                  "Country of phone numbers without a country code, such as "
                  "ZA; fixed when the store is made");
}

void AddReconcile(CLI::App* sub, ImportCommand* c);

void AddImport(CLI::App* app, CommandLine* line) {
  ImportCommand* const c = &line->import;
  CLI::App* const sub = AddCommand(
      app, line, c, "import",
      "Import a file of events.\n\n"
      "Takes NDJSON, a JSON array, or CSV, fixed-width text and foreign JSON\n"
      "with a map; messages of Segment, CloudEvents and PostHog with\n"
      "--format; contacts that another system exported with --preset. Plain\n"
      "or gzip. FILE may be - for standard input.\n"
      "Importing a file twice changes nothing, and an import that was cut\n"
      "off goes on where it stood. Bad rows are counted and reported, the\n"
      "rest is imported.",
      "crm import shop orders.csv.gz --map orders.json --report bad.tsv\n"
      "  crm import shop calls.ndjson --format segment --source website\n"
      "  crm import shop contacts.csv --preset hubspot --dry-run");
  sub->add_option("FILE", c->file, "The file, or -")->required();
  AddTenant(sub, &c->store);
  sub->add_option("--format", c->format,
                  "Whose JSON it is: native (events), segment, cloudevents "
                  "or posthog (examples/formats.md); libcrm for an export of "
                  "a store into an empty one. Nothing is guessed")
      ->check(CLI::IsMember(
          {"native", "segment", "cloudevents", "posthog", "libcrm"}))
      ->capture_default_str();
  auto* map = sub->add_option(
      "--map", c->map, "How columns become events (examples/maps/README.md)");
  sub->add_option("--preset", c->preset,
                  "A map that comes with libcrm: see crm presets")
      ->excludes(map);
  sub->add_option("--encoding", c->encoding,
                  "How characters are written, instead of what the map says "
                  "(utf-8 without one)")
      ->check(CLI::IsMember({"utf-8", "utf-16", "utf-16le", "utf-16be",
                             "windows-1252", "mac-roman"}));
  sub->add_option("--source", c->source, "Source of events that name none");
  sub->add_option("--batch", c->batch,
                  "Makes rows that equal rows of another file different "
                  "events, unless that had the same batch name");
  sub->add_option("--report", c->report,
                  "Write line, code, reason, column and message of bad rows "
                  "to this file: tab-separated, or NDJSON if it ends with "
                  ".ndjson");
  sub->add_flag("--strict", c->strict,
                "Import nothing at all if one row is bad");
  sub->add_flag("--dry-run", c->dry_run, "Count only; write nothing");
  sub->add_flag("--ignore-tenant", c->ignore_tenant,
                "Import events that name another tenant");
  sub->add_flag("--live", c->live,
                "These events happen now: they may trigger what events "
                "trigger");
  sub->add_flag("--sync", c->sync,
                "Make every batch durable, not only the whole");
  sub->add_option("--threads", c->threads, "Threads that decode and append")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  AddReconcile(sub, c);
}

// What goes with one kind of import only.
void AddReconcile(CLI::App* sub, ImportCommand* c) {
  auto* reconcile = sub->add_flag(
      "--reconcile", c->reconcile,
      "Import nothing: compare the file with the store, by source, type and "
      "customer. Exit code 0 only if nothing differs");
  for (const char* other : {"--strict", "--dry-run", "--live", "--sync"}) {
    reconcile->excludes(other);
  }
  sub->add_flag("--part", c->part,
                "With --reconcile: the file is one of several; what the store "
                "has beyond it is fine")
      ->needs(reconcile);
}

void AddPersonExport(CLI::App* sub, ExportCommand* c) {
  constexpr const char* kGroup = "One person";
  auto* person =
      sub->add_option("--person", c->person,
                      "Everything about this customer, for her: an id, an "
                      "identifier as of crm show")
          ->group(kGroup)
          ->excludes(sub->get_option("--format"));
  sub->add_option("--mode", c->mode, "access (all), or portability")
      ->check(CLI::IsMember({"access", "portability"}))
      ->capture_default_str()
      ->group(kGroup)
      ->needs(person);
  sub->add_option("--at", c->at,
                  "The instant that decisions are asked for (default: now)")
      ->group(kGroup)
      ->needs(person);
  sub->add_option("--redact", c->redact,
                  "Take out the values of members of this name, too; may be "
                  "repeated")
      ->group(kGroup)
      ->needs(person);
  sub->add_option("--leave-out", c->leave_out,
                  "Portability: without events of this type; may be repeated")
      ->group(kGroup)
      ->needs(person);
}

void AddCheckExport(CLI::App* app, CommandLine* line) {
  CheckExportCommand* const c = &line->check_export;
  CLI::App* const sub = app->add_subcommand(
      "check-export",
      "Check a file of crm export --person against its manifest.\n\n"
      "Without a store. Whether the file is whole, not who made it.");
  sub->footer("Example:\n  crm check-export ada.ndjson");
  sub->add_option("FILE", c->file, "The file")->required();
  sub->add_flag("--json", c->json, "Print JSON, for programs");
  sub->callback([line, c] { line->run = [c] { return Run(*c); }; });
}

void AddExport(CLI::App* app, CommandLine* line) {
  ExportCommand* const c = &line->export_;
  CLI::App* const sub = AddCommand(
      app, line, c, "export",
      "Write what is in a store to a file.\n\n"
      "libcrm: all of it, with checksums, as crm import --format libcrm reads\n"
      "it into an empty store. Of one tenant: native (events as they came\n"
      "in), segment (messages of the Segment specification), csv (events),\n"
      "profiles (CSV, one customer a row).\n"
      "The file holds personal data in the clear; only its owner may read it.",
      "crm export shop -o shop.ndjson.gz\n"
      "  crm export shop --person ada@example.com -o ada.ndjson\n"
      "  crm export shop --format csv --type OrderPlaced --column id \\\n"
      "      --column /payload/total -o orders.csv");
  sub->add_option("--tenant", c->store.tenant,
                  "Tenant of the store (libcrm: all; others: default)");
  sub->add_option("--format", c->format,
                  "libcrm, native, segment, csv or profiles")
      ->check(CLI::IsMember({"libcrm", "native", "segment", "csv", "profiles"}))
      ->capture_default_str();
  sub->add_option("-o,--output", c->output,
                  "The file; gzip if it ends with .gz; - for standard output")
      ->capture_default_str();
  sub->add_option("--type", c->types, "Only this type; may be repeated");
  sub->add_option("--source", c->sources, "Only this source; may be repeated");
  sub->add_option("--since,--from", c->since,
                  "Happened at this date or instant or later");
  sub->add_option("--until", c->until, "Happened before this date or instant");
  sub->add_option("--customer", c->customer, "Only this customer id");
  sub->add_flag("--by-time", c->by_time, "In the order in which they happened");
  sub->add_option("--column", c->columns,
                  "CSV: a column, such as id or /payload/total; profiles: "
                  "such as customer or trait:email; may be repeated");
  sub->add_flag("--formula-safe", c->formula_safe,
                "CSV: put ' before what a spreadsheet would compute");
  sub->add_flag("--no-views", c->no_views,
                "libcrm: without the checksums of the views; faster");
  AddPersonExport(sub, c);
  sub->callback([line, c, sub] {
    c->one_tenant = sub->count("--tenant") > 0;
    line->run = [c] { return Run(*c); };
  });
}

void AddPresets(CLI::App* app, CommandLine* line) {
  PresetsCommand* const c = &line->presets;
  CLI::App* const sub = app->add_subcommand(
      "presets",
      "List the maps that come with libcrm, or print one.\n\n"
      "What is printed is a map: change it, and give it to crm import --map.");
  sub->footer("Example:\n  crm presets hubspot > my-hubspot.json");
  sub->add_option("NAME", c->name, "The one to print");
  sub->callback([line, c] { line->run = [c] { return Run(*c); }; });
}

void AddAppend(CLI::App* app, CommandLine* line) {
  AppendCommand* const c = &line->append;
  CLI::App* const sub = AddCommand(
      app, line, c, "append",
      "Append events from standard input, as they come.\n\n"
      "Reads one JSON event a line and prints one line for each: appended,\n"
      "duplicate, or why not.",
      "echo '{\"id\":\"1\",\"type\":\"order.placed\",\"source\":\"shop\","
      "\"identity\":{\"email\":\"ada@example.com\"}}' | crm append shop");
  AddTenant(sub, &c->store);
  sub->add_flag("--ignore-tenant", c->ignore_tenant,
                "Take events that name another tenant");
  sub->add_flag("--backfill", c->backfill,
                "Old data: nothing is triggered by it");
}

void AddShow(CLI::App* app, CommandLine* line) {
  ShowCommand* const c = &line->show;
  CLI::App* const sub = AddCommand(
      app, line, c, "show",
      "Show one customer.\n\n"
      "Prints her profile and where each value comes from, her records, and\n"
      "what happened last.",
      "crm show shop ada@example.com\n"
      "  crm show shop customerId=4711 --json");
  AddWho(sub, &c->who);
  AddTenant(sub, &c->store);
}

void AddTimeline(CLI::App* app, CommandLine* line) {
  TimelineCommand* const c = &line->timeline;
  CLI::App* const sub =
      AddCommand(app, line, c, "timeline",
                 "What happened with one customer, the latest first.",
                 "crm timeline shop 12 --from 2026-01-01 --type order.placed");
  AddWho(sub, &c->who);
  AddTenant(sub, &c->store);
  sub->add_option("--limit", c->limit, "Entries of one page")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  sub->add_option("--from,--since", c->from,
                  "From this date or instant on (2026-02-03, "
                  "2026-02-03T10:00:00Z)");
  sub->add_option("--until", c->until, "Before this date or instant");
  sub->add_option("--type", c->types, "Only this type; may be repeated");
  sub->add_flag("--oldest-first", c->oldest_first, "The earliest first");
  sub->add_flag("--as-appended", c->as_appended,
                "Payloads as they came in, not as upcasters make them");
  sub->add_option("--cursor", c->cursor,
                  "Where the page before says that it goes on");
}

void AddReplay(CLI::App* app, CommandLine* line) {
  ReplayCommand* const c = &line->replay;
  CLI::App* const sub = AddCommand(
      app, line, c, "replay",
      "Print events, in the order in which they were recorded.\n\n"
      "With --json each is printed as it came in: this is the export, and\n"
      "crm import takes it. Where upcasters have been registered, give\n"
      "--as-appended for that.",
      "crm replay shop --since 2026-01-01 --type order.placed --json");
  AddTenant(sub, &c->store);
  sub->add_option("--from-position", c->from_position, "First position")
      ->capture_default_str();
  sub->add_option("--to-position", c->to_position,
                  "Last position (default: the newest)");
  auto* customer =
      sub->add_option("--customer", c->customer, "Only this customer id");
  sub->add_option("--record", c->record, "Only this record id")
      ->excludes(customer);
  sub->add_option("--type", c->types, "Only this type; may be repeated");
  sub->add_option("--since,--from", c->since,
                  "Happened at this date or instant or later");
  sub->add_option("--until", c->until, "Happened before this date or instant");
  sub->add_flag("--by-time", c->by_time, "In the order in which they happened");
  sub->add_flag("--backward", c->backward, "The last one first");
  sub->add_flag("--open-only", c->open_only,
                "Without the sealed parts: no personal data, and fast");
  sub->add_flag("--as-appended", c->as_appended,
                "Payloads as they came in, not as upcasters make them");
  sub->add_option("--limit", c->limit, "At most this many events");
  AddUnreadable(sub, &c->store);
}

void AddTail(CLI::App* app, CommandLine* line) {
  TailCommand* const c = &line->tail;
  CLI::App* const sub = AddCommand(
      app, line, c, "tail",
      "Print the events that were recorded last.\n\n"
      "One process owns a store, so tail cannot follow what another process\n"
      "appends meanwhile: ask that process, or look at a copy (crm\n"
      "checkpoint).",
      "crm tail shop -n 3");
  AddTenant(sub, &c->store);
  sub->add_option("-n,--count", c->count, "How many")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000}))
      ->capture_default_str();
}

void AddSubscribe(CLI::App* app, CommandLine* line) {
  SubscribeCommand* const c = &line->subscribe;
  CLI::App* const sub = AddCommand(
      app, line, c, "subscribe",
      "Print what is new since the last time.\n\n"
      "With --name the store keeps how far it came: after every 500 lines,\n"
      "and at the end, when they have been written. What was printed and not\n"
      "kept, because of a crash, is printed again. One process owns a store,\n"
      "so this ends when all is printed: run it now and then, or subscribe\n"
      "in the process that appends.",
      "crm subscribe shop --name mailer --type order.placed --json");
  AddTenant(sub, &c->store);
  sub->add_option("--name", c->name, "Keep how far it came under this name");
  auto* after = sub->add_option("--after", c->after,
                                "Begin behind this position, when nothing is "
                                "kept (default: at the beginning)");
  sub->add_flag("--from-now", c->from_now,
                "Begin at the end, when nothing is kept")
      ->excludes(after);
  sub->add_option("--type", c->types, "Only this type; may be repeated");
  sub->add_option("--source", c->sources, "Only this source; may be repeated");
  sub->add_flag("--skip-backfill", c->skip_backfill,
                "Without what was appended as backfill");
  sub->add_flag("--skip-identity", c->skip_identity,
                "Without merges and splits of customers");
  sub->add_option("--consumer", c->consumer,
                  "Only the share of one of several consumers: 0/4 is the "
                  "first of four");
  sub->add_flag("--open-only", c->open_only,
                "Without the sealed parts: no personal data, and fast");
  sub->add_option("--limit", c->limit, "At most this many lines");
  SubscriptionsCommand* const list = &line->subscriptions;
  CLI::App* const others = AddCommand(
      app, line, list, "subscriptions",
      "List how far each subscription came, and how far it is behind.\n\n"
      "Or forget one, with --drop.",
      "crm subscriptions shop");
  AddTenant(others, &list->store);
  others->add_option("--drop", list->drop, "Forget what is kept of this name");
}

void AddStoreCommands(CLI::App* app, CommandLine* line) {
  CLI::App* const stats =
      AddCommand(app, line, &line->stats, "stats",
                 "Count what is in a store, and how large it is.",
                 "crm stats shop --json");
  AddUnreadable(stats, &line->stats.store);
  CLI::App* const verify =
      AddCommand(app, line, &line->verify, "verify",
                 "Prove that a store is sound.\n\n"
                 "Reads the whole log again, rebuilds every view aside, and\n"
                 "compares. Exit code 0 when the store is sound, 1 when not.",
                 "crm verify shop");
  AddUnreadable(verify, &line->verify.store);
  CheckpointCommand* const c = &line->checkpoint;
  CLI::App* const sub =
      AddCommand(app, line, c, "checkpoint",
                 "Make a copy of the store that other processes can open.\n\n"
                 "The directory must not exist.",
                 "crm checkpoint shop /backup/shop-monday");
  sub->add_option("DIR", c->directory, "Directory of the copy")->required();
}

void AddSchemaDefining(CLI::App* app, CommandLine* line) {
  SchemaRegisterCommand* const r = &line->schema_register;
  CLI::App* sub = AddCommand(
      app, line, r, "register",
      "Register a version of the schema of a type.\n\n"
      "FILE holds JSON Schema; it may be - for standard input. Registering\n"
      "the same again changes nothing.",
      "crm schema register shop order.json --type OrderPlaced --version 1.1");
  sub->add_option("FILE", r->file, "The file, or -")->required();
  AddTenant(sub, &r->store);
  sub->add_option("--type", r->type, "Type of the events")->required();
  sub->add_option("--version", r->version, "As events name it")
      ->capture_default_str();
  sub->add_option("--compatibility", r->compatibility,
                  "With the latest version: what was valid stays valid "
                  "(backward), what is valid was valid (forward), full, none")
      ->check(CLI::IsMember({"backward", "forward", "full", "none"}))
      ->capture_default_str();
  SchemaUpcasterCommand* const u = &line->schema_upcaster;
  sub = AddCommand(app, line, u, "upcaster",
                   "Register an upcaster; without FILE, list them.",
                   "crm schema upcaster shop consent-1-to-2.json");
  sub->add_option("FILE", u->file, "The file, or -");
  AddTenant(sub, &u->store);
  SchemaValidationCommand* const v = &line->schema_validation;
  sub = AddCommand(
      app, line, v, "validation",
      "Say how events are checked; without MODE, tell.\n\n"
      "off: not at all. warn: appended, and counted. enforce: refused when\n"
      "they do not fit, or have no schema. inherit: as all types, again.",
      "crm schema validation shop enforce --type OrderPlaced");
  sub->add_option("MODE", v->mode, "off, warn, enforce or inherit")
      ->check(CLI::IsMember({"off", "warn", "enforce", "inherit"}));
  AddTenant(sub, &v->store);
  sub->add_option("--type", v->type, "Of this type only (default: of all)");
}

void AddSchema(CLI::App* main, CommandLine* line) {
  CLI::App* const app = main->add_subcommand(
      "schema", "Schemas and upcasters of event types, and who is checked.");
  app->require_subcommand(1);
  AddSchemaDefining(app, line);
  SchemaListCommand* const l = &line->schema_list;
  CLI::App* sub = AddCommand(app, line, l, "list", "List the schemas.",
                             "crm schema list shop --own");
  AddTenant(sub, &l->store);
  sub->add_flag("--own", l->own, "Without those of the catalogue");
  SchemaShowCommand* const s = &line->schema_show;
  sub = AddCommand(app, line, s, "show", "Print a schema and its fields.",
                   "crm schema show shop OrderPlaced --version 1.0");
  sub->add_option("TYPE", s->type, "Type of the events")->required();
  AddTenant(sub, &s->store);
  sub->add_option("--version", s->version, "Version (default: the latest)");
  SchemaCheckCommand* const c = &line->schema_check;
  sub = AddCommand(app, line, c, "check",
                   "Check a file of events, and append none.\n\n"
                   "FILE is NDJSON, or - for standard input. Exit code 1 when\n"
                   "something does not fit.",
                   "crm schema check shop orders.ndjson");
  sub->add_option("FILE", c->file, "The file, or -")->required();
  AddTenant(sub, &c->store);
}

// A command that needs no store.
template <typename Command>
CLI::App* AddStoreless(CLI::App* app, CommandLine* line, Command* command,
                       const std::string& name, const std::string& about,
                       const std::string& example) {
  CLI::App* const sub = app->add_subcommand(name, about);
  sub->footer("Example:\n  " + example);
  sub->add_flag("--json", command->json, "Print JSON, for programs");
  sub->callback(
      [line, command] { line->run = [command] { return Run(*command); }; });
  return sub;
}

// What the commands on files of persons share.
template <typename Command>
void AddPersonFile(CLI::App* sub, Command* c) {
  sub->add_option("FILE", c->file, "CSV file of persons, or -")->required();
  sub->add_option("--map", c->map,
                  "What the columns are; see examples/maps/README.md")
      ->required();
  sub->add_option("--encoding", c->encoding,
                  "Of FILE, instead of what the map says")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kEncodings),
                                                     std::end(kEncodings))));
  sub->add_option("--seed", c->seed, "Of the random pairs of the training")
      ->capture_default_str();
}

void AddIdentityFiles(CLI::App* app, CommandLine* line) {
  IdentityLinkFileCommand* const l = &line->identity_link_file;
  CLI::App* sub = AddStoreless(
      app, line, l, "link-file",
      "Tell which records of a file are the same person.\n\n"
      "Writes record_id,cluster_id for each record. Records are compared "
      "field\n"
      "by field; a model says what agreement is worth. It is trained on the\n"
      "file itself unless --model gives one. No store is needed.",
      "crm identity link-file people.csv --map people.json --out clusters.csv");
  AddPersonFile(sub, l);
  sub->add_option("--out", l->output, "File of the clusters, or -")->required();
  auto* model =
      sub->add_option("--model", l->model, "A model that was kept, or default");
  sub->add_option("--save-model", l->save_model, "Keep the trained model here")
      ->excludes(model);
  sub->add_option("--threshold", l->threshold,
                  "Link pairs of at least so many bits; 12 is for merges that "
                  "nobody looks at")
      ->capture_default_str();
  sub->add_option("--review", l->review,
                  "Write lighter pairs, for a person to look at, here");
  sub->add_option("--review-from", l->review_from, "Of at least so many bits")
      ->capture_default_str();
  sub->add_option("--threads", l->threads, "Threads that compare")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  IdentityTrainCommand* const t = &line->identity_train;
  sub = AddStoreless(app, line, t, "train",
                     "Train a model of persons on a file, and keep it.\n\n"
                     "The same file, map and seed give the same model.",
                     "crm identity train people.csv --map people.json --out "
                     "model.json");
  AddPersonFile(sub, t);
  sub->add_option("--out", t->output, "File of the model, or -")->required();
}

// A verb about who is who. `who`: how many people it takes.
CLI::App* AddWhoVerb(CLI::App* app, CommandLine* line, WhoCommand::Verb verb,
                     const std::string& name, int who, const std::string& about,
                     const std::string& example) {
  WhoCommand* const c = &line->who[static_cast<size_t>(verb)];
  c->verb = verb;
  CLI::App* const sub =
      AddCommand(app, line, c, name, about, "crm identity " + example);
  AddTenant(sub, &c->store);
  if (who > 0) {
    sub->add_option("WHO", c->who,
                    "Customer id, email address, phone number that begins "
                    "with +, or NAMESPACE=VALUE")
        ->required()
        ->expected(who);
  }
  return sub;
}

// Who makes a choice by hand, and whether it is made.
void AddByHand(CLI::App* sub, WhoCommand* c) {
  sub->add_option("--by", c->by, "Who says so; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
  sub->add_flag("--dry-run", c->dry_run, "Only say what would come of it");
}

void AddWhoQuestions(CLI::App* app, CommandLine* line) {
  using Verb = WhoCommand::Verb;
  WhoCommand* const all = line->who;
  CLI::App* sub = AddWhoVerb(
      app, line, Verb::kResolve, "resolve", 0,
      "Find the customer whom the surest of some identifiers leads to.",
      "resolve shop email=ada@example.com deviceId=d-1");
  sub->add_option("IDENTIFIER", all[static_cast<size_t>(Verb::kResolve)].who,
                  "NAMESPACE=VALUE")
      ->required();
  AddWhoVerb(app, line, Verb::kWhy, "why", 2,
             "Say why two customers are one, or what speaks for it and "
             "against it.",
             "why shop 7 12");
  AddWhoVerb(app, line, Verb::kHow, "how", 1,
             "Say how a customer came to be, step by step.", "how shop 7");
  WhoCommand* const changes = &all[static_cast<size_t>(Verb::kChanges)];
  sub = AddWhoVerb(app, line, Verb::kChanges, "changes", 0,
                   "List merges and splits, for those who keep customer ids "
                   "elsewhere.",
                   "changes shop --after 1200");
  sub->add_option("--after", changes->position, "Behind this position");
  sub->add_option("--limit", changes->limit, "At most about so many")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
}

void AddMatch(CLI::App* app, CommandLine* line) {
  using Verb = WhoCommand::Verb;
  WhoCommand* const c = &line->who[static_cast<size_t>(Verb::kMatch)];
  CLI::App* const sub = AddWhoVerb(
      app, line, Verb::kMatch, "match", 0,
      "Compare what is known of customers, merge those who are sure to be\n"
      "one person, and ask about those who may be. Says what it would do;\n"
      "--apply does it.",
      "match shop --apply --by nightly");
  sub->add_flag("--apply", c->apply, "Write merges and questions");
  sub->add_option("--model", c->model,
                  "A model that identity train has kept, instead of the "
                  "default one");
  sub->add_option("--fields", c->fields,
                  "JSON file: which traits are compared as what");
  sub->add_option("--threshold", c->merge_from,
                  "Merge pairs of at least so many bits")
      ->capture_default_str();
  sub->add_option("--review-from", c->review_from,
                  "Ask about pairs of at least so many bits")
      ->capture_default_str();
  sub->add_option("--max-reviews", c->max_reviews, "Ask so often at most")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  sub->add_option("--threads", c->threads, "Threads that compare")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  sub->add_option("--by", c->by, "Who wants it; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
}

void AddWhoChoices(CLI::App* app, CommandLine* line) {
  using Verb = WhoCommand::Verb;
  WhoCommand* c = &line->who[static_cast<size_t>(Verb::kMerge)];
  CLI::App* sub =
      AddWhoVerb(app, line, Verb::kMerge, "merge", 2,
                 "Make two customers one. It can be taken back: see split.",
                 "merge shop 7 12 --by desk --why 'she called'");
  AddByHand(sub, c);
  sub->add_flag("--keep-first", c->keep_first, "The first one's id stays");
  sub->add_flag("--force", c->force,
                "Against two values of one exclusive namespace, and against "
                "what somebody said; needs --by and --why");
  c = &line->who[static_cast<size_t>(Verb::kSplit)];
  sub = AddWhoVerb(app, line, Verb::kSplit, "split", 0,
                   "Take merges back, as if they had not been: one, all of a\n"
                   "customer's, or give some records to a customer of their "
                   "own.",
                   "split shop --merge 1234 --by desk");
  sub->add_option("--merge", c->position, "The merge at this position");
  sub->add_option("--customer", c->who, "All merges of this customer")
      ->expected(1);
  sub->add_option("--record", c->records, "These records (see show)");
  AddByHand(sub, c);
  c = &line->who[static_cast<size_t>(Verb::kReview)];
  sub = AddWhoVerb(app, line, Verb::kReview, "review", 0,
                   "List open questions about who is who, or answer one.",
                   "review shop --question 1234 --answer same --by desk");
  sub->add_option("--customer", c->who, "Only questions about this customer")
      ->expected(1);
  sub->add_option("--limit", c->limit, "At most so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  auto* question =
      sub->add_option("--question", c->position, "The question to answer");
  auto* answer = sub->add_option("--answer", c->answer, "What is said to it")
                     ->check(CLI::IsMember({"same", "different", "dismiss"}))
                     ->needs(question);
  question->needs(answer);
  sub->add_option("--by", c->by, "Who says so; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
  c = &line->who[static_cast<size_t>(Verb::kReResolve)];
  sub = AddWhoVerb(app, line, Verb::kReResolve, "re-resolve", 0,
                   "Decide anew, by today's settings and in the order of event "
                   "times,\nwho is who. Says what would change; --apply "
                   "changes it.",
                   "re-resolve shop --apply --by desk");
  sub->add_flag("--apply", c->apply, "Write what differs");
  sub->add_option("--by", c->by, "Who wants it; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
  AddMatch(app, line);
}

void AddIdentity(CLI::App* main, CommandLine* line) {
  CLI::App* const app = main->add_subcommand(
      "identity", "How it is found out who is who, and who is the same.");
  app->require_subcommand(1);
  AddWhoQuestions(app, line);
  AddWhoChoices(app, line);
  AddIdentityFiles(app, line);
  AddHouseholds(app, line);
  IdentitySettingsCommand* const s = &line->identity_settings;
  CLI::App* const sub = AddCommand(
      app, line, s, "settings",
      "Show the settings of identity, or set them.\n\n"
      "Namespaces, forms of addresses and phone numbers, block lists, bars\n"
      "and limits, as JSON with all defaults spelled out. Setting takes the\n"
      "place of everything that was set before; what FILE does not name is\n"
      "the default. It counts for the events to come.",
      "crm identity settings shop --set identity.json");
  AddTenant(sub, &s->store);
  sub->add_option("--set", s->file, "A file with JSON, or -");
}

}  // namespace

int RunProgram(int argc, char** argv) {
  CommandLine line;
  CLI::App app(kAbout, "crm");
  app.footer(kExitCodes);
  app.set_version_flag("--version", std::string("crm ") + CRM_VERSION);
  app.require_subcommand(1);
  app.formatter(std::make_shared<BriefFormatter>());
  app.get_formatter()->column_width(26);
  AddInit(&app, &line);
  AddImport(&app, &line);
  AddPresets(&app, &line);
  AddExport(&app, &line);
  AddCheckExport(&app, &line);
  AddAppend(&app, &line);
  AddShow(&app, &line);
  AddTimeline(&app, &line);
  AddReplay(&app, &line);
  AddTail(&app, &line);
  AddSubscribe(&app, &line);
  AddSchema(&app, &line);
  AddIdentity(&app, &line);
  AddSegments(&app, &line);
  AddConsent(&app, line.consent, &line.run);
  AddCustomer(&app, line.customer, &line.run);
  AddPrivacy(&app, &line);
  AddHolds(&app, &line);
  AddTenants(&app, &line);
  AddLedger(&app, &line.run);
  AddStoreCommands(&app, &line);
  AddBackups(&app, &line);
  try {
    app.parse(argc, argv);
    return line.run();
  } catch (const CLI::Success& success) {
    app.exit(success);  // Prints the help or the version.
    return kExitOk;
  } catch (const CLI::RequiredError& error) {
    // Without a command that it knows, CLI11 complains of none at all.
    if (app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-') {
      std::fprintf(stderr, "crm: no command is named %s (see crm --help)\n",
                   argv[1]);
    } else {
      std::fprintf(stderr, "crm: %s (see crm --help)\n", error.what());
    }
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "crm: %s (see crm --help)\n", error.what());
    return kExitUsage;
  } catch (const std::exception&) {
    std::fprintf(stderr, "crm: out of memory, or an unexpected error\n");
    return kExitBroken;
  }
}

}  // namespace crm::cli
