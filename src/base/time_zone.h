// Time zones of the system's database: what the clock on a wall says. The only
// user of date/tz.h, which throws; nothing that is thrown leaves this file.
//
// Thread safety: everything, from any thread. The database is read once, at the
// first question.

#ifndef CRM_BASE_TIME_ZONE_H_
#define CRM_BASE_TIME_ZONE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "crm/types.h"

namespace crm {

// What a wall shows.
struct LocalTime {
  int64_t day = 0;  // Since 1970-01-01, of the local calendar.
  int weekday = 0;  // 0: Monday.
  int64_t us_of_day = 0;
};

// A zone of the database, or none. Cheap to copy; the database keeps it.
class TimeZone final {
 public:
  TimeZone() = default;
  // "Europe/Berlin". Not found: ok() is false.
  static TimeZone Find(std::string_view name);
  // By StableHash64 of its name, for rows that keep no text.
  static TimeZone FindHash(uint64_t hash);

  bool ok() const { return zone_ != nullptr; }
  // Empty when there is none.
  std::string name() const;

  // REQUIRES: ok(). False: the database has nothing for this instant.
  [[nodiscard]] bool ToLocal(Timestamp time, LocalTime* local) const;
  // The first instant at which the wall shows this or, where a clock that was
  // put forward skipped it, the end of the gap; of the two that a clock put
  // back gives, the earlier one. False: as above.
  [[nodiscard]] bool ToInstant(int64_t day, int64_t us_of_day,
                               Timestamp* time) const;

 private:
  const void* zone_ = nullptr;
};

// So many calendar months later, at the same time of day in UTC; the day is
// that of the month's end where there is no such day.
Timestamp AddMonths(Timestamp time, int months);
// Days since 1970-01-01 of "2026-12-25". False: it is none.
[[nodiscard]] bool ParseDay(std::string_view text, int64_t* day);

}  // namespace crm

#endif  // CRM_BASE_TIME_ZONE_H_
