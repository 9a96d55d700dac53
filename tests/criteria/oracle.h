// Criteria evaluated in the slowest and plainest way: straight from their JSON,
// over the whole list of events, by every possible world. It shares no code
// with src/criteria but the way dates are read.

#ifndef CRM_TESTS_CRITERIA_ORACLE_H_
#define CRM_TESTS_CRITERIA_ORACLE_H_

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "criteria/made_up.h"

namespace crm {

struct OracleCustomer {
  uint64_t number = 0;
  bool allowed = false;
  std::map<std::string, nlohmann::json> traits;
  std::vector<MadeUpEvent> events;
};

class Oracle final {
 public:
  Oracle(const OracleCustomer& customer, int64_t now)
      : customer_(customer), now_(now) {}

  // 0: false, 1: true, 2: unknown.
  int Evaluate(const nlohmann::json& node) const;

 private:
  int Leaf(const nlohmann::json& node) const;
  int Event(const nlohmann::json& node) const;
  // Adds what it is if these events match, and no others.
  void World(const nlohmann::json& node,
             const std::vector<const MadeUpEvent*>& events,
             std::set<int>* answers) const;
  void Numbers(const nlohmann::json& node,
               const std::vector<const MadeUpEvent*>& events,
               std::set<int>* answers) const;
  int Sequence(const nlohmann::json& node) const;
  // Of those in the window, by time and id; each with what is known of it.
  struct Match {
    const MadeUpEvent* event;
    int truth;  // 1: it matches, 2: it may.
  };
  std::vector<Match> Matching(const nlohmann::json& selector,
                              const nlohmann::json* window) const;
  int64_t Instant(const nlohmann::json& instant) const;
  int Test(const nlohmann::json& test, const nlohmann::json* value) const;
  int Filter(const nlohmann::json& node, const nlohmann::json& payload) const;
  int Compare(const nlohmann::json& test, double value) const;

  const OracleCustomer& customer_;
  const int64_t now_;
};

}  // namespace crm

#endif  // CRM_TESTS_CRITERIA_ORACLE_H_
