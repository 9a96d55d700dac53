// One value held against one test.

#ifndef CRM_CRITERIA_VALUE_H_
#define CRM_CRITERIA_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "criteria/node.h"
#include "criteria/span.h"
#include "format/json_tree.h"

namespace crm {

inline Truth TruthOf(bool holds) {
  return holds ? Truth::kTrue : Truth::kFalse;
}

inline constexpr char kReasonMissing[] = "missing";
inline constexpr char kReasonType[] = "type";
inline constexpr char kReasonNone[] = "none";
inline constexpr char kReasonUnreadable[] = "unreadable";
inline constexpr char kReasonOverflow[] = "overflow";

struct TestOutcome {
  Truth truth = Truth::kUnknown;
  std::string_view reason;  // Of what is unknown.
  bool no_zone = false;     // The time zone could not be asked.
};

// Null, or null of JSON: it is not there.
TestOutcome TestValue(const ValueTest& test, const JsonTree* value,
                      const CriteriaClock& clock);
// A number, as its token. REQUIRES: the test is of numbers.
bool TestNumber(const ValueTest& test, std::string_view token);
// The sum of `count` numbers (not 0) as their average, exactly.
TestOutcome TestAverage(const ValueTest& test, std::string_view sum,
                        uint64_t count);
// REQUIRES: the test is of instants.
TestOutcome TestInstant(const ValueTest& test, int64_t us,
                        const CriteriaClock& clock);

// Down into a value. Null: there is nothing there.
const JsonTree* FindIn(const JsonTree& value, const CriteriaPath& path,
                       size_t from);
// The same for texts, numbers or truth values that are the same, and for no
// others. Empty: it is none of these.
std::string ScalarKey(const JsonTree& value);

}  // namespace crm

#endif  // CRM_CRITERIA_VALUE_H_
