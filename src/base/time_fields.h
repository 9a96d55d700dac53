// What ParseTime and ParseTimeAs share: the calendar. Private to src/base.

#ifndef CRM_BASE_TIME_FIELDS_H_
#define CRM_BASE_TIME_FIELDS_H_

#include <cstdint>
#include <string_view>

#include "crm/status.h"
#include "crm/types.h"

namespace crm {

// As read; not yet checked. No field is negative except the offset.
struct TimeFields {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  int offset_minutes = 0;
};

struct CivilDate {
  int64_t year = 0;
  int month = 0;
  int day = 0;
};

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras
// of 400 years that begin on the first of March (Hinnant, "chrono-Compatible
// Low-Level Date Algorithms").
constexpr int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year =
      (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

constexpr CivilDate CivilFromDays(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36'524 - day_of_era / 146'096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  date.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

constexpr int DaysInMonth(int year, int month) {
  if (month == 2) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return leap ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Z, +hh:mm or +hhmm from the front of `*text`.
bool TakeOffset(std::string_view* text, int* minutes);
// Checks every field and the range of instants: kInvalidArgument.
Result<Timestamp> TimeFromFields(const TimeFields& fields);

}  // namespace crm

#endif  // CRM_BASE_TIME_FIELDS_H_
