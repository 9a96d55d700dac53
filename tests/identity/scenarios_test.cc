// Scenarios as data: each as it is written, and in every order of its events;
// where a guard makes the order count, after all was decided anew.

#include <algorithm>
#include <numeric>
#include <random>

#include "scenario.h"

namespace crm {
namespace {

constexpr int kMostOrders = 120;

// Every order, or so many of them when there are too many. Where a guard makes
// the order count, it does no more once all is decided anew.
void CheckEveryOrder(const Scenario& scenario) {
  Stage stage(scenario);
  std::vector<size_t> order(scenario.steps.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const bool guarded = !scenario.guard.empty();
  const auto play = [&] {
    return guarded ? stage.PlayAndReResolve(order) : stage.Play(order);
  };
  const std::string written = play();
  std::mt19937 random(1);
  const bool all = order.size() <= 6;
  const int most = order.size() > 100 ? 3 : kMostOrders;
  for (int n = 1; n < most; ++n) {
    if (all) {
      if (!std::next_permutation(order.begin(), order.end())) return;
    } else {
      std::shuffle(order.begin(), order.end(), random);
    }
    const std::string played = play();
    if (played == written) continue;
    std::string names;
    for (const size_t i : order) names += scenario.steps[i].name + " ";
    INFO("in the order " << names);
    CHECK(played == written);
    return;
  }
}

void Check(const Scenario& scenario) {
  CAPTURE(scenario.name);
  Stage(scenario).CheckAsWritten();
  CheckEveryOrder(scenario);
}

void CheckAll(const std::string& file) {
  for (const Scenario& scenario : ReadScenarios(file)) Check(scenario);
}

// All whose name begins so; there must be some.
void CheckNamed(const std::string& file, const std::string& begin) {
  int found = 0;
  for (const Scenario& scenario : ReadScenarios(file)) {
    if (!scenario.name.starts_with(begin)) continue;
    ++found;
    Check(scenario);
  }
  INFO(begin);
  CHECK(found > 0);
}

TEST_CASE("scenarios: a record joins by each kind of identifier") {
  CheckAll("attach.txt");
}
TEST_CASE("scenarios: two customers turn out to be one") {
  CheckAll("merge.txt");
}
TEST_CASE("scenarios: people who share something stay apart") {
  CheckAll("shared.txt");
}
TEST_CASE("scenarios: limits, the brake, and what names nobody") {
  CheckAll("limits.txt");
}
TEST_CASE("scenarios: one identifier in many spellings") {
  CheckAll("spellings.txt");
}

// What was wrong with a resolver that looked up one hint after the other.
constexpr const char* kDefects = "defects.txt";

TEST_CASE("defect a, B49: an account of one tenant was another's") {
  CheckNamed(kDefects, "a:");
}
TEST_CASE("defect b, B51: an e-mail address made two accounts one") {
  CheckNamed(kDefects, "b:");
}
TEST_CASE("defect c, B50: a link between two customers was never seen") {
  CheckNamed(kDefects, "c:");
}
TEST_CASE(
    "defect d, B50: member, player, contact and external ids found nobody") {
  CheckNamed(kDefects, "d:");
}
TEST_CASE(
    "defect e, B51: who was found by phone or member id got no identifier") {
  CheckNamed(kDefects, "e:");
}
TEST_CASE("defect g, B52: phones of one country only, the rest as it came") {
  CheckNamed(kDefects, "g:");
}
TEST_CASE("defect h, B51: who was merged away was still given out") {
  CheckNamed(kDefects, "h:");
}

}  // namespace
}  // namespace crm
