// The command line of crm ledger.

#ifndef CRM_CLI_LEDGER_OPTIONS_H_
#define CRM_CLI_LEDGER_OPTIONS_H_

#include <functional>

namespace CLI {
class App;
}  // namespace CLI

namespace crm::cli {

// Adds the command to `main`; the verb that is given sets `*run`, which
// outlives `main`.
void AddLedger(CLI::App* main, std::function<int()>* run);

}  // namespace crm::cli

#endif  // CRM_CLI_LEDGER_OPTIONS_H_
