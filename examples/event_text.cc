#include "examples/event_text.h"

namespace crm::examples {
namespace {

struct Date {
  int64_t year;
  unsigned month;
  unsigned day;
};

// Days since 1970 to the calendar (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms"); days after 1970 only.
Date DateOf(uint64_t days) {
  const uint64_t z = days + 719'468;
  const uint64_t era = z / 146'097;
  const auto day_of_era = static_cast<unsigned>(z % 146'097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 +
                                day_of_era / 36524 - day_of_era / 146096) /
                               365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {static_cast<int64_t>(era * 400 + year_of_era + (month <= 2 ? 1 : 0)),
          month, day_of_year - (153 * shifted + 2) / 5 + 1};
}

}  // namespace

void AppendNumber(uint64_t value, int width, std::string* out) {
  char digits[20];
  char* end = digits + sizeof digits;
  char* at = end;
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (end - at < width) *--at = '0';
  out->append(at, end);
}

void AppendMoney(uint64_t thousandths, std::string* out) {
  AppendNumber(thousandths / 1000, 1, out);
  out->push_back('.');
  const uint64_t rest = thousandths % 1000;
  if (rest % 10 == 0) {
    AppendNumber(rest / 10, 2, out);
  } else {
    AppendNumber(rest, 3, out);
  }
}

void AppendTime(uint64_t micros, TimeStyle style, std::string* out) {
  if (style == TimeStyle::kLocalZone) micros += 2 * kHour;
  const Date date = DateOf(micros / kDay);
  AppendNumber(static_cast<uint64_t>(date.year), 4, out);
  out->push_back('-');
  AppendNumber(date.month, 2, out);
  out->push_back('-');
  AppendNumber(date.day, 2, out);
  out->push_back('T');
  AppendNumber(micros % kDay / kHour, 2, out);
  out->push_back(':');
  AppendNumber(micros % kHour / kMinute, 2, out);
  out->push_back(':');
  AppendNumber(micros % kMinute / kSecond, 2, out);
  if (style == TimeStyle::kMicros) {
    out->push_back('.');
    AppendNumber(micros % kSecond, 6, out);
  } else if (style != TimeStyle::kSeconds) {
    out->push_back('.');
    AppendNumber(micros % kSecond / 1000, 3, out);
  }
  out->append(style == TimeStyle::kLocalZone ? "+02:00" : "Z");
}

std::string TimeText(uint64_t micros, TimeStyle style) {
  std::string text;
  AppendTime(micros, style, &text);
  return text;
}

void AppendUuid(Random* random, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const uint64_t halves[2] = {
      (random->Next() & 0xFFFFFFFFFFFF0FFFu) | 0x4000u,
      (random->Next() & 0x3FFFFFFFFFFFFFFFu) | 0x8000000000000000u};
  char text[36];
  char* at = text;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) *at++ = '-';
    *at++ = kHex[(halves[i / 16] >> (60 - 4 * (i % 16))) & 15];
  }
  out->append(text, sizeof text);
}

std::string Label(std::string_view prefix, uint64_t number, int width) {
  std::string label(prefix);
  AppendNumber(number, width, &label);
  return label;
}

void Members::Name(std::string_view name) {
  if (out_->size() != start_) out_->push_back(',');
  out_->push_back('"');
  out_->append(name);
  out_->append("\":");
}

Members& Members::Text(std::string_view name, std::string_view value) {
  Name(name);
  out_->push_back('"');
  out_->append(value);
  out_->push_back('"');
  return *this;
}

Members& Members::Raw(std::string_view name, std::string_view value) {
  Name(name);
  out_->append(value);
  return *this;
}

Members& Members::Number(std::string_view name, uint64_t value) {
  Name(name);
  AppendNumber(value, 1, out_);
  return *this;
}

Members& Members::Money(std::string_view name, uint64_t thousandths) {
  Name(name);
  AppendMoney(thousandths, out_);
  return *this;
}

Members& Members::Flag(std::string_view name, bool value) {
  return Raw(name, value ? "true" : "false");
}

}  // namespace crm::examples
