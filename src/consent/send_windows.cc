#include "consent/send_windows.h"

#include <algorithm>

namespace crm {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;
constexpr int kDaysAhead = 31;
// Each step goes to the next opening of some zone.
constexpr int kMaxSteps = 4096;

int WeekdayOf(int64_t day) { return static_cast<int>(((day + 3) % 7 + 7) % 7); }

bool Begins(const SendWindows& windows, const SendWindow& window, int64_t day) {
  return (window.days >> WeekdayOf(day) & 1) != 0 &&
         !std::binary_search(windows.closed.begin(), windows.closed.end(), day);
}

// A window that goes past midnight goes on into the next day, unless that is
// closed.
bool IsOpen(const SendWindows& windows, const LocalTime& local) {
  const bool closed = std::binary_search(windows.closed.begin(),
                                         windows.closed.end(), local.day);
  if (closed) return false;
  for (const SendWindow& window : windows.windows) {
    const bool wraps = window.until_us < window.from_us;
    if (Begins(windows, window, local.day) &&
        local.us_of_day >= window.from_us &&
        (wraps || local.us_of_day < window.until_us)) {
      return true;
    }
    if (wraps && Begins(windows, window, local.day - 1) &&
        local.us_of_day < window.until_us) {
      return true;
    }
  }
  return false;
}

// The next instant at which a window of this zone may begin: at a window's
// start or at midnight, which ends a closed day.
bool NextStart(const SendWindows& windows, const TimeZone& zone, Timestamp at,
               Timestamp* next) {
  LocalTime local;
  if (!zone.ToLocal(at, &local)) return false;
  for (int ahead = 0; ahead <= kDaysAhead; ++ahead) {
    bool found = false;
    for (size_t i = 0; i <= windows.windows.size(); ++i) {
      const int64_t start =
          i == windows.windows.size() ? 0 : windows.windows[i].from_us;
      Timestamp time;
      if (!zone.ToInstant(local.day + ahead + start / kDayUs, start % kDayUs,
                          &time)) {
        return false;
      }
      if (time <= at || (found && time >= *next)) continue;
      // A gap may have made it another time: what the wall says then counts.
      LocalTime then;
      if (!zone.ToLocal(time, &then) || !IsOpen(windows, then)) continue;
      *next = time;
      found = true;
    }
    if (found) return true;
  }
  return false;
}

}  // namespace

bool NextOpen(const SendWindows& windows, std::span<const TimeZone> zones,
              Timestamp at, Timestamp* open) {
  const Timestamp end = at + std::chrono::hours(24 * kDaysAhead);
  *open = at;
  for (int step = 0; step < kMaxSteps && *open <= end; ++step) {
    bool all = true;
    for (const TimeZone& zone : zones) {
      LocalTime local;
      if (!zone.ok() || !zone.ToLocal(*open, &local)) return false;
      if (IsOpen(windows, local)) continue;
      all = false;
      if (!NextStart(windows, zone, *open, open)) return false;
      break;
    }
    if (all) return true;
  }
  return false;
}

}  // namespace crm
