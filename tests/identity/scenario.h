// Scenarios of identity as text: hints in, who is who out. How they are
// written: scenarios/README.md.

#ifndef CRM_TESTS_IDENTITY_SCENARIO_H_
#define CRM_TESTS_IDENTITY_SCENARIO_H_

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/fixture.h"

namespace crm {

struct Scenario {
  // An event, or (when it has no name) time that goes by.
  struct Step {
    std::string name;
    std::string tenant;
    Event event;
    std::chrono::seconds later{0};
  };
  struct Expected {
    std::vector<std::string> withheld;  // "email shared_value e1"
    size_t merges = 0;
    size_t asks = 0;
    std::string joins;  // "email 95", "new"; empty: does not matter.
  };

  std::string name;
  std::string region;
  // Not empty: order decides, and what the guard's reason is.
  std::string guard;
  std::vector<Step> steps;
  std::vector<std::vector<std::string>> people;
  std::map<std::string, Expected> expected;
  // An identifier, and the event whose customer has it, or a word.
  std::vector<std::pair<Identifier, std::string>> owners;
};

// Fails the test when a file is not there or not understood.
std::vector<Scenario> ReadScenarios(const std::string& file);

// Plays a scenario's events to one store, in any order, each time to tenants
// of its own.
class Stage final {
 public:
  explicit Stage(const Scenario& scenario);

  // In the order of the scenario, with all that it expects.
  void CheckAsWritten();
  // Who is who, and what is known of each, after the steps in this order; the
  // same text says the same but for the numbers.
  std::string Play(const std::vector<size_t>& order);
  // The same after ReResolve, which finds nothing to do a second time; and
  // what links them, and speaks for and against each two of them.
  std::string PlayAndReResolve(const std::vector<size_t>& order);

 private:
  using Outcomes = std::map<std::string, EventOutcome>;
  Outcomes Append(const std::vector<size_t>& order);
  Tenant& TenantOf(const std::string& name);
  void CheckNothingAnew();
  void CheckOutcome(const Outcomes& all, const std::string& name);
  // By the name of the first of her events; empty: nobody.
  std::string Who(const std::string& tenant, CustomerId customer) const;
  std::string Owner(const std::string& tenant, const Identifier& identifier);
  void Note(const Outcomes& outcomes);
  std::string Tell();
  std::string TellLinks();
  std::string NameOf(const std::string& tenant, RecordId record) const;

  const Scenario& scenario_;
  std::shared_ptr<StillClock> clock_ = std::make_shared<StillClock>();
  Store store_;
  int played_ = 0;
  std::map<std::string, Tenant> tenants_;
  // Of the last play: names of events by tenant and customer, as listed.
  std::map<std::pair<std::string, CustomerId>, std::vector<std::string>>
      people_;
  // Of the last play: whose a record is, and the first event of it, as listed.
  std::map<std::pair<std::string, RecordId>, CustomerId> customers_;
  std::map<std::pair<std::string, RecordId>, std::string> records_;
};

}  // namespace crm

#endif  // CRM_TESTS_IDENTITY_SCENARIO_H_
