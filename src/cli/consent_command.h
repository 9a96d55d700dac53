// crm consent ...: its verbs, and how the command line gets them.

#ifndef CRM_CLI_CONSENT_COMMAND_H_
#define CRM_CLI_CONSENT_COMMAND_H_

#include <functional>
#include <string>

#include "cli/command.h"

namespace CLI {
class App;
}

namespace crm::cli {

struct ConsentCommand {
  enum class Verb : size_t {
    kGrant,
    kWithdraw,
    kObject,
    kSuppress,
    kRecord,
    kCheck,
    kHistory,
    kPreferences,
    kWho,
    kReceipt,
    kSettings,
    kCount
  };
  Verb verb = Verb::kGrant;
  StoreOption store;
  std::string who;
  std::string act;
  std::string purpose;
  std::string channel;
  std::string address;
  std::string message_class = "marketing";
  std::string template_name;
  std::string jurisdiction;
  std::string category;
  std::string method;
  std::string legal_basis;
  std::string policy;
  uint32_t policy_version = 0;
  std::string reason;
  std::string source = "crm";
  std::string id;
  std::string at;
  std::string until;
  std::string last_sent;
  std::string as_of;
  Position known_at = 0;
  bool double_opt_in = false;
  bool confirmed = false;
  Position position = 0;
  std::string format = "kantara";
  std::string file;
  uint64_t limit = 0;  // Zero: all.
};

int Run(const ConsentCommand& command);

// `commands` has one for each verb; `*run` becomes what was given.
void AddConsent(CLI::App* main, ConsentCommand* commands,
                std::function<int()>* run);

}  // namespace crm::cli

#endif  // CRM_CLI_CONSENT_COMMAND_H_
