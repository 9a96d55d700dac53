#include "base/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/hash.h"
#include "base/time_fields.h"

namespace crm {
namespace {

using std::chrono::microseconds;

constexpr int64_t kDayUs = 86'400'000'000;
constexpr size_t kMaxNameBytes = 64;

// The names of the database, made once. Empty where there is none; not when
// memory ran out, which is no reason to know no zone from then on.
struct Zones {
  std::map<std::string, const date::time_zone*, std::less<>> by_name;
  std::map<uint64_t, const date::time_zone*> by_hash;
};

const Zones& AllZones() {
  static const Zones* const zones = [] {
    auto all = std::make_unique<Zones>();
    try {
      const date::tzdb& database = date::get_tzdb();
      for (const date::time_zone& zone : database.zones) {
        all->by_name.emplace(zone.name(), &zone);
        all->by_hash.emplace(StableHash64(zone.name()), &zone);
      }
    } catch (const std::runtime_error&) {
      all->by_name.clear();
      all->by_hash.clear();
    }
    return all.release();  // Never destroyed.
  }();
  return *zones;
}

const date::time_zone* Of(const void* zone) {
  return static_cast<const date::time_zone*>(zone);
}

}  // namespace

TimeZone TimeZone::Find(std::string_view name) {
  TimeZone out;
  if (name.empty() || name.size() > kMaxNameBytes) return out;
  const auto found = AllZones().by_name.find(name);
  if (found != AllZones().by_name.end()) out.zone_ = found->second;
  return out;
}

TimeZone TimeZone::FindHash(uint64_t hash) {
  TimeZone out;
  const auto found = AllZones().by_hash.find(hash);
  if (found != AllZones().by_hash.end()) out.zone_ = found->second;
  return out;
}

std::string TimeZone::name() const {
  return zone_ == nullptr ? std::string() : Of(zone_)->name();
}

bool TimeZone::ToLocal(Timestamp time, LocalTime* local) const {
  try {
    const int64_t us = Of(zone_)->to_local(time).time_since_epoch().count();
    local->day = us >= 0 ? us / kDayUs : -((-us + kDayUs - 1) / kDayUs);
    local->us_of_day = us - local->day * kDayUs;
    // 1970-01-01 was a Thursday.
    local->weekday = static_cast<int>(((local->day + 3) % 7 + 7) % 7);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool TimeZone::ToInstant(int64_t day, int64_t us_of_day,
                         Timestamp* time) const {
  try {
    const date::local_time<microseconds> local{
        microseconds(day * kDayUs + us_of_day)};
    const date::local_info info = Of(zone_)->get_info(local);
    if (info.result == date::local_info::nonexistent) {
      *time = std::chrono::time_point_cast<microseconds>(info.first.end);
    } else {
      *time = Timestamp(local.time_since_epoch() - info.first.offset);
    }
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

Timestamp AddMonths(Timestamp time, int months) {
  const int64_t us = time.time_since_epoch().count();
  const int64_t days = us >= 0 ? us / kDayUs : -((-us + kDayUs - 1) / kDayUs);
  const CivilDate date = CivilFromDays(days);
  const int64_t count = date.year * 12 + date.month - 1 + months;
  const int64_t year = count >= 0 ? count / 12 : -((-count + 11) / 12);
  const int month = static_cast<int>(count - year * 12) + 1;
  const int day =
      std::min(date.day, DaysInMonth(static_cast<int>(year), month));
  return Timestamp(microseconds(DaysFromCivil(year, month, day) * kDayUs +
                                (us - days * kDayUs)));
}

bool ParseDay(std::string_view text, int64_t* day) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int numbers[3] = {};
  constexpr size_t kStarts[] = {0, 5, 8};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t at = kStarts[i]; at < (i == 0 ? 4 : kStarts[i] + 2); ++at) {
      if (text[at] < '0' || text[at] > '9') return false;
      numbers[i] = numbers[i] * 10 + (text[at] - '0');
    }
  }
  if (numbers[1] < 1 || numbers[1] > 12 || numbers[2] < 1 ||
      numbers[2] > DaysInMonth(numbers[0], numbers[1])) {
    return false;
  }
  *day = DaysFromCivil(numbers[0], numbers[1], numbers[2]);
  return true;
}

}  // namespace crm
