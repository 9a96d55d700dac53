// What was measured, beside what was hoped for: the table at the end, and
// ratios.json.

#ifndef CRM_BENCHMARKS_RESULTS_H_
#define CRM_BENCHMARKS_RESULTS_H_

#include <string>
#include <vector>

#include "crm/status.h"

namespace crm::bench {

enum class Goal { kNone, kAtLeast, kAtMost };

struct Measurement {
  std::string name;
  double value = 0;
  std::string unit;
  // What it is held against, with its options; empty: nothing.
  std::string comparator;
  double comparator_value = 0;
  // Of value / comparator_value when there is a comparator, else of value.
  Goal kind = Goal::kNone;
  double goal = 0;

  double ratio() const;
  bool met() const;
};

class Results final {
 public:
  void Add(Measurement measurement);

  // Short forms of it.
  void Plain(std::string name, double value, std::string unit);
  void AtLeast(std::string name, double value, std::string unit, double goal);
  void AtMost(std::string name, double value, std::string unit, double goal);
  // value / comparator_value must be at least `goal`.
  void Ratio(std::string name, double value, std::string unit,
             std::string comparator, double comparator_value, double goal);

  void PrintTable() const;
  // An array of {name, value, unit, comparator, comparator_value, ratio,
  // goal, goal_of, goal_kind, met}; null where there is none.
  Status WriteJson(const std::string& path) const;

 private:
  std::vector<Measurement> all_;
};

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_RESULTS_H_
