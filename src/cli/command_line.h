// The command line, for the files that describe its commands.

#ifndef CRM_CLI_COMMAND_LINE_H_
#define CRM_CLI_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/command.h"
#include "cli/consent_command.h"
#include "cli/customer_command.h"

namespace crm::cli {

// Everything the command line can say. CLI11 fills it; `run` is set by the
// command that was given.
struct CommandLine {
  InitCommand init;
  ImportCommand import;
  PresetsCommand presets;
  ExportCommand export_;
  CheckExportCommand check_export;
  AppendCommand append;
  ShowCommand show;
  TimelineCommand timeline;
  ReplayCommand replay;
  TailCommand tail;
  SubscribeCommand subscribe;
  SubscriptionsCommand subscriptions;
  StatsCommand stats;
  VerifyCommand verify;
  CheckpointCommand checkpoint;
  SchemaRegisterCommand schema_register;
  SchemaListCommand schema_list;
  SchemaShowCommand schema_show;
  SchemaCheckCommand schema_check;
  SchemaUpcasterCommand schema_upcaster;
  SchemaValidationCommand schema_validation;
  IdentitySettingsCommand identity_settings;
  WhoCommand who[static_cast<size_t>(WhoCommand::Verb::kCount)];
  ConsentCommand consent[static_cast<size_t>(ConsentCommand::Verb::kCount)];
  CustomerCommand customer[static_cast<size_t>(CustomerCommand::Verb::kCount)];
  PrivacyCommand privacy[static_cast<size_t>(PrivacyCommand::Verb::kCount)];
  CertificateVerifyCommand certificate_verify;
  HoldCommand hold[static_cast<size_t>(HoldCommand::Verb::kCount)];
  TenantCommand tenant[static_cast<size_t>(TenantCommand::Verb::kCount)];
  HouseholdCommand
      household[static_cast<size_t>(HouseholdCommand::Verb::kCount)];
  SegmentCommand segment[static_cast<size_t>(SegmentCommand::Verb::kCount)];
  BackupCommand backup;
  BackupCommand backup_keys;
  KeysPathCommand keys_path;
  KeysRotateCommand keys_rotate;
  RestoreCommand restore;
  IdentityLinkFileCommand identity_link_file;
  IdentityTrainCommand identity_train;
  std::function<int()> run;
};

// A command with the options that every command has.
template <typename Command>
CLI::App* AddCommand(CLI::App* app, CommandLine* line, Command* command,
                     const std::string& name, const std::string& about,
                     const std::string& example) {
  CLI::App* const sub = app->add_subcommand(name, about);
  sub->footer("Example:\n  " + example);
  sub->add_option("STORE", command->store.directory, "Directory of the store")
      ->required();
  sub->add_option("--key-file", command->store.key_file,
                  "Key file of the store (default: STORE.key)");
  sub->add_flag("--json", command->store.json, "Print JSON, for programs");
  sub->callback(
      [line, command] { line->run = [command] { return Run(*command); }; });
  return sub;
}

inline void AddTenant(CLI::App* sub, StoreOption* store) {
  sub->add_option("--tenant", store->tenant, "Tenant of the store")
      ->capture_default_str();
}

inline void AddUnreadable(CLI::App* sub, StoreOption* store) {
  sub->add_flag("--allow-unreadable", store->allow_unreadable,
                "Also without keys: then of open parts alone");
}

inline void AddWho(CLI::App* sub, std::string* who) {
  sub->add_option("WHO", *who,
                  "Customer id, email address, phone number that begins with "
                  "+, or NAMESPACE=VALUE")
      ->required();
}

// Of privacy_options.cc: backup, restore, keys; erase, erasures, certificate.
void AddBackups(CLI::App* main, CommandLine* line);
void AddPrivacy(CLI::App* app, CommandLine* line);
void AddHolds(CLI::App* main, CommandLine* line);
void AddTenants(CLI::App* main, CommandLine* line);
void AddHouseholds(CLI::App* identity, CommandLine* line);
void AddSegments(CLI::App* main, CommandLine* line);

}  // namespace crm::cli

#endif  // CRM_CLI_COMMAND_LINE_H_
