// Durations, instants and windows as criteria spell them, and what they are at
// the instant of a question, in a time zone.

#ifndef CRM_CRITERIA_SPAN_H_
#define CRM_CRITERIA_SPAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time_zone.h"
#include "crm/status.h"

namespace crm {

// A length of time, or a number of calendar months.
struct CriteriaDuration {
  int64_t us = 0;
  int months = 0;
  std::string text;  // "30 days"
};

enum class CalendarUnit : uint8_t { kDay, kWeek, kMonth, kQuarter, kYear };

struct CriteriaInstant {
  enum class Kind : uint8_t { kAt, kDay, kAgo, kAhead, kStartOf };
  Kind kind = Kind::kAt;
  int64_t number = 0;  // Microseconds, or days, since 1970.
  CriteriaDuration duration;
  CalendarUnit unit = CalendarUnit::kDay;
  int offset = 0;
};

// All absent: all times.
struct CriteriaWindow {
  std::optional<CriteriaDuration> last;
  // A piece of the calendar, from the instant at which it begins to that of the
  // next one.
  std::optional<CriteriaInstant> calendar;
  std::optional<CriteriaInstant> from;
  std::optional<CriteriaInstant> until;

  bool IsAll() const { return !last && !calendar && !from && !until; }
};

// Half open, in microseconds.
struct TimeSpan {
  int64_t from = 0;
  int64_t until = 0;
  bool Holds(int64_t us) const { return us >= from && us < until; }
};

// When and where a question is put.
class CriteriaClock final {
 public:
  // An empty zone, and "UTC", need no database. kInvalidArgument: no such zone.
  static Result<CriteriaClock> Make(Timestamp as_of, std::string_view zone);

  int64_t as_of() const { return as_of_; }
  // False: the database of time zones has nothing for such an instant.
  [[nodiscard]] bool Resolve(const CriteriaInstant& instant, int64_t* us) const;
  [[nodiscard]] bool Resolve(const CriteriaWindow& window,
                             TimeSpan* span) const;
  // When a day begins.
  [[nodiscard]] bool StartOfDay(int64_t day, int64_t* us) const;

 private:
  bool ToLocal(int64_t us, LocalTime* local) const;
  bool Move(const CriteriaDuration& duration, int sign, int64_t* us) const;
  bool StartOf(CalendarUnit unit, int64_t offset, int64_t* us) const;

  int64_t as_of_ = 0;
  TimeZone zone_;  // None: UTC.
};

}  // namespace crm

#endif  // CRM_CRITERIA_SPAN_H_
