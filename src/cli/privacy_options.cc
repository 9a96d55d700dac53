// The command line of erasing, certificates, backup and restore.

#include <string>

#include "cli/command_line.h"

namespace crm::cli {
namespace {

CLI::App* AddPrivacyVerb(CLI::App* app, CommandLine* line,
                         PrivacyCommand::Verb verb, const std::string& name,
                         const std::string& about, const std::string& example) {
  PrivacyCommand* const c = &line->privacy[static_cast<size_t>(verb)];
  c->verb = verb;
  CLI::App* const sub = AddCommand(app, line, c, name, about, example);
  AddTenant(sub, &c->store);
  return sub;
}

void AddCertificate(CLI::App* main, CommandLine* line) {
  using Verb = PrivacyCommand::Verb;
  CLI::App* const app = main->add_subcommand(
      "certificate", "Check certificates of erasures, or apply them again.");
  app->require_subcommand(1);
  CertificateVerifyCommand* const v = &line->certificate_verify;
  CLI::App* sub = app->add_subcommand(
      "verify", "Check the signature of a certificate, without a store.");
  sub->footer("Example:\n  crm certificate verify ada.json --key 5f1e...");
  sub->add_option("FILE", v->file, "The certificate, or -")->required();
  sub->add_option("--key", v->key, "Must be signed by this public key");
  sub->add_flag("--json", v->json, "Print JSON, for programs");
  sub->callback([line, v] { line->run = [v] { return Run(*v); }; });
  sub = AddPrivacyVerb(
      app, line, Verb::kApply, "apply",
      "Erase again what a certificate says.\n\n"
      "For a store that was set back to before the erasure, with keys that\n"
      "are older than it. Done already: nothing changes.",
      "crm certificate apply shop ada.json");
  sub->add_option("FILE", line->privacy[static_cast<size_t>(Verb::kApply)].file,
                  "The certificate, or -")
      ->required();
  AddPrivacyVerb(app, line, Verb::kKey, "key",
                 "Print the public key that certificates are signed for.",
                 "crm certificate key shop");
}

}  // namespace

void AddBackups(CLI::App* main, CommandLine* line) {
  BackupCommand* c = &line->backup;
  CLI::App* sub = AddCommand(main, line, c, "backup",
                             "Write a backup of the data of a store.\n\n"
                             "Without any key: see crm keys backup.",
                             "crm backup shop /backup/monday");
  sub->add_option("DIR", c->directory, "Must not exist")->required();
  RestoreCommand* const r = &line->restore;
  sub = AddCommand(
      main, line, r, "restore",
      "Make a store of a backup of its data and its keys.\n\n"
      "KEYS is a backup of keys, or a store that nobody has open, such as\n"
      "what is left of this one: its keys are the newest. Who was erased\n"
      "since the backup is erased again.",
      "crm restore restored /backup/monday shop --key-file shop.key");
  sub->add_option("DATA", r->data, "A backup of the data")->required();
  sub->add_option("KEYS", r->keys,
                  "A backup of the keys, or a store; none with "
                  "--allow-unreadable");
  AddUnreadable(sub, &r->store);
  CLI::App* const app =
      main->add_subcommand("keys", "The keys of a store, and their backup.");
  app->require_subcommand(1);
  c = &line->backup_keys;
  c->keys = true;
  sub =
      AddCommand(app, line, c, "backup",
                 "Write a backup of the keys of a store.\n\n"
                 "Keep it apart from the data, and replace older ones by it:\n"
                 "they hold keys of people who were erased since.",
                 "crm keys backup shop /vault/monday");
  sub->add_option("DIR", c->directory, "Must not exist")->required();
  AddCommand(app, line, &line->keys_path, "path",
             "Print where the key file of a store is.", "crm keys path shop");
  KeysRotateCommand* const k = &line->keys_rotate;
  sub = AddCommand(
      app, line, k, "rotate",
      "Wrap all keys of a store anew, with a new key file.\n\n"
      "The old key is destroyed: backups of keys from before open with the\n"
      "key file of their time only. Make new ones of both afterwards. Cut\n"
      "off, do it again.",
      "crm keys rotate shop");
  sub->add_flag("--keep-old", k->keep_old,
                "Keep the old key in the file as well: other stores use it,\n"
                "too. Rotate them, the last one without this.");
}

void AddPrivacy(CLI::App* app, CommandLine* line) {
  using Verb = PrivacyCommand::Verb;
  PrivacyCommand* const c = &line->privacy[static_cast<size_t>(Verb::kErase)];
  CLI::App* const sub = AddPrivacyVerb(
      app, line, Verb::kErase, "erase",
      "Erase a customer, so that it can be proved.\n\n"
      "Destroys the keys of all her records: what was sealed with them, in\n"
      "the store and in every copy, is noise for good. There is no way back:\n"
      "look at --dry-run first. Events from before the erasure that come\n"
      "later are refused; who comes back is a new customer.",
      "crm erase shop ada@example.com --dry-run\n"
      "  crm erase shop 7 --why gdpr-request --certificate ada.json");
  AddWho(sub, &c->who);
  sub->add_flag("--dry-run", c->dry_run, "Only say what would go");
  sub->add_flag("--confirm", c->confirm,
                "Also when she has two accounts, and may be two people");
  sub->add_flag("--wait-for-release", c->wait_for_release,
                "When she is held: keep the request until the release");
  sub->add_option("--by", c->by, "Who asked for it; kept in the log");
  sub->add_option("--why", c->why, "For which reason; kept in the log");
  sub->add_option("--certificate", c->file,
                  "Write the certificate to this file, which must not exist");
  sub->add_option("--export", c->export_file,
                  "Export all about her to this file first, for her: as of "
                  "crm export --person; nothing is erased when that fails");
  sub->add_option("--mode", c->mode,
                  "shred; anonymise: keep sums of what ten or more people did; "
                  "or hard: remove what was sealed from the files, too")
      ->check(CLI::IsMember({"shred", "anonymise", "hard"}));
  PrivacyCommand* const r = &line->privacy[static_cast<size_t>(Verb::kRedact)];
  CLI::App* const redact = AddPrivacyVerb(
      app, line, Verb::kRedact, "redact",
      "Take what one event says out of the store.\n\n"
      "Its payload and metadata go from the log, the timeline and every file,\n"
      "and from the profile what they had made of it. Type, times and whom it\n"
      "names stay. There is no way back: look at --dry-run first.",
      "crm redact shop 4711 --why \"health data\"");
  redact->add_option("POSITION", r->event, "Of the event: see crm replay")
      ->required();
  redact->add_flag("--dry-run", r->dry_run, "Only say what would go");
  redact->add_option("--by", r->by, "Who asked for it; kept in the log");
  redact->add_option("--why", r->why, "For which reason; kept in the log");
  AddPrivacyVerb(app, line, Verb::kErasures, "erasures",
                 "List the erasures so far; with --json, with certificates.",
                 "crm erasures shop");
  AddCertificate(app, line);
}

}  // namespace crm::cli
