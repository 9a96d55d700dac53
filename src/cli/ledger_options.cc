#include "cli/ledger_options.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.h"

namespace crm::cli {
namespace {

using LedgerVerb = LedgerCommand::Verb;
using Commands = std::shared_ptr<LedgerCommand>;

struct Adding {
  CLI::App* app;
  CLI::App* sub;
  Commands command;
};

// A verb; what it is told lives as long as the command line.
Adding AddVerb(CLI::App* app, std::function<int()>* run, LedgerVerb verb,
               const std::string& name, const std::string& about,
               const std::string& example) {
  auto command = std::make_shared<LedgerCommand>();
  command->verb = verb;
  CLI::App* const sub = app->add_subcommand(name, about);
  sub->footer("Example:\n  crm ledger " + example);
  sub->callback([run, command] { *run = [command] { return Run(*command); }; });
  if (verb == LedgerVerb::kCheck) return {app, sub, command};
  sub->add_option("STORE", command->store.directory, "Directory of the store")
      ->required();
  sub->add_option("--key-file", command->store.key_file,
                  "Key file of the store (default: STORE.key)");
  sub->add_option("--tenant", command->store.tenant, "Tenant of the store")
      ->capture_default_str();
  sub->add_flag("--json", command->store.json, "Print JSON, for programs");
  return {app, sub, command};
}

void AddTarget(const Adding& verb) {
  auto* const position = verb.sub->add_option(
      "--position", verb.command->position, "The record at this position");
  auto* const id =
      verb.sub->add_option("--id", verb.command->id, "The event of this id")
          ->excludes(position);
  verb.sub->add_option("--source", verb.command->source, "... of this source")
      ->needs(id);
}

void AddSize(const Adding& verb) {
  verb.sub->add_option("--size", verb.command->size,
                       "The tree of so many leaves (default: all)");
}

void AddProofs(CLI::App* app, std::function<int()>* run) {
  Adding verb = AddVerb(
      app, run, LedgerVerb::kProve, "prove",
      "Prove that a record is in the ledger, or that nothing changed since.\n\n"
      "Prints one JSON object: that a record (--position, or --source and\n"
      "--id) is in the tree; or with --since that the tree begins with the\n"
      "one of so many leaves. `crm ledger check` checks it, and so does\n"
      "examples/ledger_verify.py.",
      "prove shop --source web --id consent-17 > proof.json");
  AddTarget(verb);
  AddSize(verb);
  verb.sub->add_option("--since", verb.command->since,
                       "Size of an older checkpoint");
  verb = AddVerb(
      app, run, LedgerVerb::kOpen, "open",
      "Show what a record says, with the salt of its commitment.\n\n"
      "Prints one JSON object, for whoever has the proof of the record.\n"
      "Personal.",
      "open shop --source web --id consent-17 > opening.json");
  AddTarget(verb);
  verb = AddVerb(
      app, run, LedgerVerb::kCheck, "check",
      "Check a proof, without a store.\n\n"
      "That it shows what it says; with --checkpoint that its tree is the one\n"
      "of a signed note, by --key; with --opening that its record says that.\n"
      "Exit code 0: it is shown. 6: it is not. 2: it is no proof.",
      "check proof.json --checkpoint note.txt --key 'crm-ledger/...'");
  verb.sub->add_option("PROOF", verb.command->proof, "A file, or -")
      ->required();
  auto* const key = verb.sub->add_option(
      "--key", verb.command->key, "As `crm ledger head` shows it, kept apart");
  verb.sub
      ->add_option("--checkpoint", verb.command->checkpoints,
                   "A file with a signed note")
      ->expected(1)
      ->needs(key);
  verb.sub->add_option("--opening", verb.command->opening,
                       "A file of `crm ledger open`");
}

}  // namespace

void AddLedger(CLI::App* main, std::function<int()>* run) {
  CLI::App* const app = main->add_subcommand(
      "ledger", "Evidence of consent and of choices: checkpoints and proofs.");
  app->require_subcommand(1);
  AddVerb(app, run, LedgerVerb::kHead, "head",
          "Show size and root of the tree, and the key of its checkpoints.",
          "head shop");
  Adding verb = AddVerb(
      app, run, LedgerVerb::kCheckpoint, "checkpoint",
      "Print a signed note of the tree: give it to somebody else.\n\n"
      "What lies before a checkpoint that somebody else has cannot be changed\n"
      "any more without being found out.",
      "checkpoint shop > note.txt");
  AddSize(verb);
  AddProofs(app, run);
  verb = AddVerb(
      app, run, LedgerVerb::kVerify, "verify",
      "Recompute the chain of the log and every hash of the ledger.\n\n"
      "Says where the first damage is. With --checkpoint (files of signed\n"
      "notes, of any time) also that what they were made of is still there.\n"
      "Exit code 0: sound. 1: something was found. Others: see crm --help.",
      "verify shop --checkpoint note.txt --key 'crm-ledger/...'");
  verb.sub->add_option("--checkpoint", verb.command->checkpoints,
                       "A file with a signed note; may be there many times");
  verb.sub->add_option("--key", verb.command->key,
                       "Who signed them (default: the store's own key)");
  verb.sub->add_flag("--open", verb.command->open,
                     "Also compare what the records say");
  verb = AddVerb(
      app, run, LedgerVerb::kExport, "export",
      "Write the ledger as NDJSON, to be checked without the store.\n\n"
      "All records but what they say, and a checkpoint. It holds no personal\n"
      "data but the numbers of records and customers.",
      "export shop -o ledger.ndjson");
  verb.sub->add_option("-o,--output", verb.command->output, "A file, or -")
      ->capture_default_str();
}

}  // namespace crm::cli
