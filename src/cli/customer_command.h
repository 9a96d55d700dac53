// crm customer ...: its verbs, and how the command line gets them.

#ifndef CRM_CLI_CUSTOMER_COMMAND_H_
#define CRM_CLI_CUSTOMER_COMMAND_H_

#include <functional>
#include <string>
#include <vector>

#include "cli/command.h"

namespace CLI {
class App;
}

namespace crm::cli {

struct CustomerCommand {
  enum class Verb : size_t {
    kRegister,
    kRequestVerification,
    kVerifyEmail,
    kUpdateEmail,
    kUpdateProfile,
    kDeactivate,
    kReactivate,
    kState,
    kCount
  };
  Verb verb = Verb::kRegister;
  StoreOption store;
  std::string who;
  std::string id;
  std::string source = "crm";
  std::string at;
  std::string ip_address;
  std::string user_agent;
  std::string email;
  std::string first_name;
  std::string last_name;
  std::string phone;
  std::vector<std::string> accounts;  // NAMESPACE=VALUE
  bool terms_accepted = false;
  bool marketing_consent = false;
  bool known_email = false;
  std::string token_sha256;
  std::string expires_at;
  std::vector<std::string> set;  // FIELD=VALUE
  std::vector<std::string> unset;
  std::string reason;
  std::string notes;
};

int Run(const CustomerCommand& command);

// `commands` has one for each verb; `*run` becomes what was given.
void AddCustomer(CLI::App* main, CustomerCommand* commands,
                 std::function<int()>* run);

}  // namespace crm::cli

#endif  // CRM_CLI_CUSTOMER_COMMAND_H_
