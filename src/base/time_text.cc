#include "base/time_text.h"

#include <cstdint>

#include "base/ascii.h"
#include "base/time_fields.h"

namespace crm {
namespace {

Status Malformed(std::string_view what) {
  return Status(StatusCode::kMalformed, "not a time: " + std::string(what));
}

// Exactly `count` digits at the front of `*text`.
bool TakeNumber(std::string_view* text, size_t count, int* value) {
  if (text->size() < count) return false;
  int number = 0;
  for (size_t i = 0; i < count; ++i) {
    const char c = (*text)[i];
    if (!IsDigit(c)) return false;
    number = number * 10 + (c - '0');
  }
  *value = number;
  text->remove_prefix(count);
  return true;
}

bool TakeChar(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// [.d{1,9}]
Status TakeFraction(std::string_view* text, int* micros) {
  if (!TakeChar(text, '.')) return Status();
  size_t size = 0;
  int value = 0;
  bool finer = false;
  for (; size < text->size() && IsDigit((*text)[size]); ++size) {
    const int digit = (*text)[size] - '0';
    if (size < 6) {
      value = value * 10 + digit;
    } else {
      finer |= digit != 0;
    }
  }
  if (size == 0 || size > 9) return Malformed("1 to 9 digits of fraction");
  if (finer) {
    return Status(StatusCode::kInvalidArgument,
                  "time: finer than a microsecond");
  }
  for (size_t i = size; i < 6; ++i) value *= 10;
  *micros = value;
  text->remove_prefix(size);
  return Status();
}

void AppendPadded(uint64_t value, int width, std::string* out) {
  char digits[20];
  int at = 20;
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (20 - at < width) digits[--at] = '0';
  out->append(digits + at, 20 - at);
}

}  // namespace

bool InTimeRange(Timestamp time) {
  const int64_t us = time.time_since_epoch().count();
  return us >= kMinTimeUs && us < kEndTimeUs;
}

bool TakeOffset(std::string_view* text, int* minutes) {
  if (TakeChar(text, 'Z') || TakeChar(text, 'z')) {
    *minutes = 0;
    return true;
  }
  const bool east = TakeChar(text, '+');
  if (!east && !TakeChar(text, '-')) return false;
  int hour = 0;
  int minute = 0;
  if (!TakeNumber(text, 2, &hour)) return false;
  TakeChar(text, ':');
  if (!TakeNumber(text, 2, &minute) || hour > 23 || minute > 59) return false;
  *minutes = (east ? 1 : -1) * (hour * 60 + minute);
  return true;
}

Result<Timestamp> TimeFromFields(const TimeFields& fields) {
  const auto invalid = [](std::string_view what) {
    return Status(StatusCode::kInvalidArgument,
                  "time: no such " + std::string(what));
  };
  if (fields.month < 1 || fields.month > 12) return invalid("month");
  if (fields.day < 1 || fields.day > DaysInMonth(fields.year, fields.month)) {
    return invalid("day");
  }
  if (fields.hour > 23) return invalid("hour");
  if (fields.minute > 59) return invalid("minute");
  if (fields.second > 59) return invalid("second");
  int64_t us = DaysFromCivil(fields.year, fields.month, fields.day) * 86'400;
  us += fields.hour * 3600 + (fields.minute - fields.offset_minutes) * 60 +
        fields.second;
  us = us * 1'000'000 + fields.micros;
  const Timestamp time{std::chrono::microseconds(us)};
  if (!InTimeRange(time)) {
    return Status(StatusCode::kInvalidArgument,
                  "time: not from 1900 up to 2199");
  }
  return time;
}

Result<Timestamp> ParseTime(std::string_view text) {
  TimeFields fields;
  if (!TakeNumber(&text, 4, &fields.year) || !TakeChar(&text, '-') ||
      !TakeNumber(&text, 2, &fields.month) || !TakeChar(&text, '-') ||
      !TakeNumber(&text, 2, &fields.day)) {
    return Malformed("no date YYYY-MM-DD");
  }
  if (!TakeChar(&text, 'T') && !TakeChar(&text, 't') && !TakeChar(&text, ' ')) {
    return Malformed("no T after the date");
  }
  if (!TakeNumber(&text, 2, &fields.hour) || !TakeChar(&text, ':') ||
      !TakeNumber(&text, 2, &fields.minute) || !TakeChar(&text, ':') ||
      !TakeNumber(&text, 2, &fields.second)) {
    return Malformed("no time of day hh:mm:ss");
  }
  if (Status status = TakeFraction(&text, &fields.micros); !status.ok()) {
    return status;
  }
  if (text.empty()) return Malformed("no offset (Z or +hh:mm)");
  if (!TakeOffset(&text, &fields.offset_minutes))
    return Malformed("bad offset");
  if (!text.empty()) return Malformed("something after the offset");
  return TimeFromFields(fields);
}

void AppendTime(Timestamp time, std::string* out) {
  const int64_t us = time.time_since_epoch().count();
  constexpr int64_t kDayUs = 86'400'000'000;
  int64_t days = us / kDayUs;
  int64_t rest = us % kDayUs;
  if (rest < 0) {
    rest += kDayUs;
    --days;
  }
  const CivilDate date = CivilFromDays(days);
  if (date.year < 0) out->push_back('-');
  AppendPadded(static_cast<uint64_t>(date.year < 0 ? -date.year : date.year), 4,
               out);
  const int64_t seconds = rest / 1'000'000;
  const auto micros = static_cast<int>(rest % 1'000'000);
  const auto two = [](int64_t value, char* at) {
    at[0] = static_cast<char>('0' + value / 10);
    at[1] = static_cast<char>('0' + value % 10);
  };
  char body[] = "-mm-ddThh:mm:ss";
  two(date.month, body + 1);
  two(date.day, body + 4);
  two(seconds / 3600, body + 7);
  two(seconds / 60 % 60, body + 10);
  two(seconds % 60, body + 13);
  out->append(body, sizeof(body) - 1);
  if (micros != 0) {
    out->push_back('.');
    if (micros % 1000 == 0) {
      AppendPadded(static_cast<uint64_t>(micros / 1000), 3, out);
    } else {
      AppendPadded(static_cast<uint64_t>(micros), 6, out);
    }
  }
  out->push_back('Z');
}

std::string FormatTime(Timestamp time) {
  std::string text;
  AppendTime(time, &text);
  return text;
}

}  // namespace crm
