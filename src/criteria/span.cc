#include "criteria/span.h"

#include <algorithm>

#include "base/instant.h"
#include "base/time_fields.h"
#include "base/time_text.h"

namespace crm {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;

int64_t DayOf(int64_t us) {
  return us >= 0 ? us / kDayUs : -((-us + kDayUs - 1) / kDayUs);
}

// The first day of the unit that `day` is in, `offset` units later.
int64_t FirstDay(CalendarUnit unit, int64_t day, int weekday, int64_t offset) {
  if (unit == CalendarUnit::kDay) return day + offset;
  if (unit == CalendarUnit::kWeek) return day - weekday + 7 * offset;
  const CivilDate date = CivilFromDays(day);
  int64_t months = date.year * 12 + date.month - 1;
  if (unit == CalendarUnit::kMonth) {
    months += offset;
  } else if (unit == CalendarUnit::kQuarter) {
    months += 3 * offset - (date.month - 1) % 3;
  } else {
    months += 12 * offset - (date.month - 1);
  }
  const int64_t year = months >= 0 ? months / 12 : -((-months + 11) / 12);
  return DaysFromCivil(year, static_cast<int>(months - year * 12) + 1, 1);
}

}  // namespace

Result<CriteriaClock> CriteriaClock::Make(Timestamp as_of,
                                          std::string_view zone) {
  CriteriaClock clock;
  if (!InTimeRange(as_of)) {
    return Status(StatusCode::kInvalidArgument,
                  "as_of: must be from 1900 to 2199");
  }
  clock.as_of_ = Microseconds(as_of);
  if (zone.empty() || zone == "UTC") return clock;
  clock.zone_ = TimeZone::Find(zone);
  if (!clock.zone_.ok()) {
    return Status(StatusCode::kInvalidArgument,
                  "time_zone: not in the database of time zones");
  }
  return clock;
}

bool CriteriaClock::ToLocal(int64_t us, LocalTime* local) const {
  if (zone_.ok()) return zone_.ToLocal(Instant(us), local);
  local->day = DayOf(us);
  local->us_of_day = us - local->day * kDayUs;
  // 1970-01-01 was a Thursday.
  local->weekday = static_cast<int>(((local->day + 3) % 7 + 7) % 7);
  return true;
}

bool CriteriaClock::StartOfDay(int64_t day, int64_t* us) const {
  *us = day * kDayUs;
  if (!zone_.ok()) return true;
  Timestamp time;
  if (!zone_.ToInstant(day, 0, &time)) return false;
  *us = Microseconds(time);
  return true;
}

bool CriteriaClock::Move(const CriteriaDuration& duration, int sign,
                         int64_t* us) const {
  *us = as_of_ + sign * duration.us;
  if (duration.months == 0) return true;
  LocalTime local;
  if (!ToLocal(*us, &local)) return false;
  const Timestamp moved =
      AddMonths(Instant(local.day * kDayUs), sign * duration.months);
  const int64_t day = DayOf(Microseconds(moved));
  if (!zone_.ok()) {
    *us = day * kDayUs + local.us_of_day;
    return true;
  }
  Timestamp time;
  if (!zone_.ToInstant(day, local.us_of_day, &time)) return false;
  *us = Microseconds(time);
  return true;
}

bool CriteriaClock::StartOf(CalendarUnit unit, int64_t offset,
                            int64_t* us) const {
  LocalTime local;
  return ToLocal(as_of_, &local) &&
         StartOfDay(FirstDay(unit, local.day, local.weekday, offset), us);
}

bool CriteriaClock::Resolve(const CriteriaInstant& instant, int64_t* us) const {
  switch (instant.kind) {
    case CriteriaInstant::Kind::kAt:
      *us = instant.number;
      return true;
    case CriteriaInstant::Kind::kDay:
      return StartOfDay(instant.number, us);
    case CriteriaInstant::Kind::kAgo:
      return Move(instant.duration, -1, us);
    case CriteriaInstant::Kind::kAhead:
      return Move(instant.duration, 1, us);
    case CriteriaInstant::Kind::kStartOf:
      return StartOf(instant.unit, instant.offset, us);
  }
  return false;
}

bool CriteriaClock::Resolve(const CriteriaWindow& window,
                            TimeSpan* span) const {
  // What is later than the question is not there yet.
  *span = {INT64_MIN, as_of_ + 1};
  if (window.last.has_value()) {
    if (!Move(*window.last, -1, &span->from)) return false;
    ++span->from;
  }
  int64_t until = span->until;
  if (window.calendar.has_value()) {
    const CriteriaInstant& piece = *window.calendar;
    if (!StartOf(piece.unit, piece.offset, &span->from) ||
        !StartOf(piece.unit, int64_t{piece.offset} + 1, &until)) {
      return false;
    }
  }
  if (window.from.has_value() && !Resolve(*window.from, &span->from)) {
    return false;
  }
  if (window.until.has_value() && !Resolve(*window.until, &until)) return false;
  span->until = std::min(span->until, until);
  return true;
}

}  // namespace crm
