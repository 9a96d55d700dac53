// The commands of the `crm` program and what they are told.
//
// options.cc fills these structs from the command line; each command is one
// function that does its work and returns an exit code.

#ifndef CRM_CLI_COMMAND_H_
#define CRM_CLI_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crm/status.h"
#include "crm/store.h"

namespace crm::cli {

// Documented in `crm --help`; scripts rely on them.
enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,   // Finished, but something was refused or found.
  kExitUsage = 2,     // Wrong command line or bad input.
  kExitNotFound = 3,  // No such store, tenant, customer, file.
  kExitConflict = 4,  // There already, or not allowed.
  kExitRetry = 5,     // The store is busy, the disk full, or cancelled.
  kExitBroken = 6,    // The store cannot go on.
};

struct StoreOption {
  std::string directory;
  std::string key_file;  // Empty: beside the store.
  std::string tenant = "default";
  bool json = false;
  bool allow_unreadable = false;
};

struct InitCommand {
  StoreOption store;
  std::string region;
};

struct ImportCommand {
  StoreOption store;
  std::string file;
  std::string format = "native";
  std::string map;
  std::string preset;
  std::string encoding;
  std::string source;
  std::string batch;
  std::string report;
  bool strict = false;
  bool dry_run = false;
  bool ignore_tenant = false;
  bool live = false;
  bool sync = false;
  int threads = 2;
  bool reconcile = false;
  bool part = false;  // Of a reconciliation: the file is one of several.
};

struct ExportCommand {
  StoreOption store;
  bool one_tenant = false;  // --tenant was given.
  std::string format = "libcrm";
  std::string output = "-";
  std::vector<std::string> types;
  std::vector<std::string> sources;
  std::vector<std::string> columns;
  std::string since;
  std::string until;
  CustomerId customer = 0;
  bool by_time = false;
  bool formula_safe = false;
  bool no_views = false;
  // Of one person.
  std::string person;  // Empty: not that.
  std::string mode = "access";
  std::string at;
  std::vector<std::string> redact;
  std::vector<std::string> leave_out;
};

// crm check-export.
struct CheckExportCommand {
  std::string file;
  bool json = false;
};

struct PresetsCommand {
  std::string name;  // Empty: list them.
};

struct AppendCommand {
  StoreOption store;
  bool ignore_tenant = false;
  bool backfill = false;
};

struct ShowCommand {
  StoreOption store;
  std::string who;
};

struct TimelineCommand {
  StoreOption store;
  std::string who;
  size_t limit = 50;
  std::string from;
  std::string until;
  std::vector<std::string> types;
  bool oldest_first = false;
  bool as_appended = false;
  std::string cursor;
};

struct ReplayCommand {
  StoreOption store;
  Position from_position = 1;
  Position to_position = 0;
  CustomerId customer = 0;
  RecordId record = 0;
  std::vector<std::string> types;
  std::string since;
  std::string until;
  bool by_time = false;
  bool backward = false;
  bool open_only = false;
  bool as_appended = false;
  uint64_t limit = 0;  // Zero: all.
};

struct TailCommand {
  StoreOption store;
  uint64_t count = 10;
};

struct SubscribeCommand {
  StoreOption store;
  std::string name;
  std::string consumer;  // "0/4".
  Position after = 0;
  bool from_now = false;
  std::vector<std::string> types;
  std::vector<std::string> sources;
  bool skip_backfill = false;
  bool skip_identity = false;
  bool open_only = false;
  uint64_t limit = 0;  // Zero: all.
};

struct SubscriptionsCommand {
  StoreOption store;
  std::string drop;
};

struct StatsCommand {
  StoreOption store;
};

struct VerifyCommand {
  StoreOption store;
};

struct CheckpointCommand {
  StoreOption store;
  std::string directory;
};

// crm schema ...
struct SchemaRegisterCommand {
  StoreOption store;
  std::string file;
  std::string type;
  std::string version = "1.0";
  std::string compatibility = "backward";
};

struct SchemaListCommand {
  StoreOption store;
  bool own = false;
};

struct SchemaShowCommand {
  StoreOption store;
  std::string type;
  std::string version;  // Empty: the latest.
};

struct SchemaCheckCommand {
  StoreOption store;
  std::string file;
};

struct SchemaUpcasterCommand {
  StoreOption store;
  std::string file;  // Empty: list them.
};

struct SchemaValidationCommand {
  StoreOption store;
  std::string mode;  // Empty: list the rules.
  std::string type;
};

// crm identity ...
struct IdentitySettingsCommand {
  StoreOption store;
  std::string file;  // Empty: show them.
};

// crm identity resolve, why, how, merge, split, review, changes, re-resolve,
// match.
struct WhoCommand {
  enum class Verb : size_t {
    kResolve,
    kWhy,
    kHow,
    kMerge,
    kSplit,
    kReview,
    kChanges,
    kReResolve,
    kMatch,
    kCount
  };
  Verb verb = Verb::kResolve;
  StoreOption store;
  std::vector<std::string> who;
  std::vector<uint64_t> records;
  uint64_t position = 0;
  size_t limit = 100;
  std::string answer;
  std::string by;
  std::string why;
  bool dry_run = false;
  bool force = false;
  bool keep_first = false;
  bool apply = false;
  std::string model;   // Empty: the default one.
  std::string fields;  // A file; empty: the default ones.
  double merge_from = 12;
  double review_from = 4;
  size_t max_reviews = 1000;
  int threads = 2;
};

// crm identity household list, make, join, leave, match.
struct HouseholdCommand {
  enum class Verb : size_t { kList, kMake, kJoin, kLeave, kMatch, kCount };
  Verb verb = Verb::kList;
  StoreOption store;
  std::vector<std::string> who;
  uint64_t household = 0;
  std::string name;
  bool empty = false;
  uint64_t after = 0;
  size_t limit = 100;
  bool apply = false;
  std::string fields;  // A file; empty: the default ones.
  int min_evidence = 2;
  size_t max_members = 10;
  std::string by;
  std::string why;
};

// crm segment preview, explain, describe.
struct SegmentCommand {
  enum class Verb : size_t { kPreview, kExplain, kDescribe, kCount };
  Verb verb = Verb::kPreview;
  StoreOption store;
  std::string who;
  std::string criteria;  // JSON, or a file.
  std::string as_of;
  std::string zone;
  size_t sample = 10;
  bool schema = false;
};

// crm erase, erasures, certificate apply, certificate key.
struct PrivacyCommand {
  enum class Verb : size_t { kErase, kErasures, kApply, kKey, kRedact, kCount };
  Verb verb = Verb::kErase;
  StoreOption store;
  std::string who;
  std::string file;  // Of a certificate.
  std::string export_file;
  std::string by;
  std::string why;
  std::string mode = "shred";
  uint64_t event = 0;  // Its position.
  bool dry_run = false;
  bool confirm = false;
  bool wait_for_release = false;
};

// crm hold place, release, list; crm privacy settings; crm retain.
struct HoldCommand {
  enum class Verb : size_t {
    kPlace,
    kRelease,
    kList,
    kSettings,
    kRetain,
    kCount
  };
  Verb verb = Verb::kPlace;
  StoreOption store;
  std::string who;
  uint64_t hold = 0;
  std::vector<std::string> categories;
  std::string by;
  std::string why;
  bool released = false;
  std::string file;  // Of settings; empty: to show them.
  std::string as_of;
  uint64_t max_events = 0;
  bool dry_run = false;
};

// crm backup, keys backup, keys path, restore.
struct BackupCommand {
  StoreOption store;
  std::string directory;
  bool keys = false;
};

struct KeysPathCommand {
  StoreOption store;
};

// crm tenant list, drop, export. The tenant is that of `store`.
struct TenantCommand {
  enum class Verb { kList, kDrop, kExport, kCount };
  StoreOption store;
  Verb verb = Verb::kList;
  bool dry_run = false;
  bool confirm = false;
  std::string by;
  std::string why;
  std::string file;
};

struct KeysRotateCommand {
  StoreOption store;
  bool keep_old = false;
};

struct RestoreCommand {
  StoreOption store;
  std::string data;
  std::string keys;
};

// crm certificate verify.
struct CertificateVerifyCommand {
  std::string file;
  std::string key;  // Empty: whoever signed it.
  bool json = false;
};

// crm ledger ...
struct LedgerCommand {
  enum class Verb : size_t {
    kHead,
    kCheckpoint,
    kProve,
    kOpen,
    kVerify,
    kExport,
    kCheck,
    kCount
  };
  Verb verb = Verb::kHead;
  StoreOption store;
  uint64_t size = 0;  // 0: today's.
  Position position = 0;
  std::string source;
  std::string id;
  uint64_t since = 0;  // Proves consistency with the tree of so many leaves.
  std::vector<std::string> checkpoints;  // Files; "-": standard input.
  std::string key;
  bool open = false;
  std::string output = "-";
  std::string proof;  // A file.
  std::string opening;
};

// crm identity ...; those that need no store.
struct IdentityLinkFileCommand {
  std::string file;
  std::string map;
  std::string output;
  std::string model;       // Empty: train.
  std::string save_model;  // Empty: do not.
  std::string review;
  std::string encoding;
  double threshold = 2;
  double review_from = 0;
  uint64_t seed = 1;
  int threads = 2;
  bool json = false;
};

struct IdentityTrainCommand {
  std::string file;
  std::string map;
  std::string output;
  std::string encoding;
  uint64_t seed = 1;
  bool json = false;
};

int Run(const InitCommand& command);
int Run(const ImportCommand& command);
int Run(const PresetsCommand& command);
int Run(const ExportCommand& command);
int Run(const CheckExportCommand& command);
int Run(const AppendCommand& command);
int Run(const ShowCommand& command);
int Run(const TimelineCommand& command);
int Run(const ReplayCommand& command);
int Run(const TailCommand& command);
int Run(const SubscribeCommand& command);
int Run(const SubscriptionsCommand& command);
int Run(const StatsCommand& command);
int Run(const VerifyCommand& command);
int Run(const CheckpointCommand& command);
int Run(const SchemaRegisterCommand& command);
int Run(const SchemaListCommand& command);
int Run(const SchemaShowCommand& command);
int Run(const SchemaCheckCommand& command);
int Run(const SchemaUpcasterCommand& command);
int Run(const SchemaValidationCommand& command);
int Run(const IdentitySettingsCommand& command);
int Run(const WhoCommand& command);
int Run(const HouseholdCommand& command);
int Run(const SegmentCommand& command);
int Run(const BackupCommand& command);
int Run(const KeysPathCommand& command);
int Run(const KeysRotateCommand& command);
int Run(const TenantCommand& command);
int Run(const RestoreCommand& command);
int Run(const PrivacyCommand& command);
int Run(const HoldCommand& command);
int Run(const CertificateVerifyCommand& command);
int Run(const LedgerCommand& command);
int Run(const IdentityLinkFileCommand& command);
int Run(const IdentityTrainCommand& command);

// Parses the command line and runs what it says.
int RunProgram(int argc, char** argv);

}  // namespace crm::cli

#endif  // CRM_CLI_COMMAND_H_
