#include "ingest/date_format.h"

#include <cstdint>
#include <optional>

#include "ingest/ascii.h"

namespace crm::ingest {
namespace {

// What was read so far.
struct Fields {
  int64_t year = 1970, month = 1, day = 1;
  int64_t hour = 0, minute = 0, second = 0, micros = 0;
  int64_t offset = 0;
  std::optional<int64_t> hour12;
  std::optional<bool> afternoon;
  std::optional<int64_t> epoch;
};

class Reader final {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }

  bool Literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  // A number of `least` to `most` digits, as many as there are.
  bool Number(size_t least, size_t most, int64_t* out) {
    size_t n = 0;
    int64_t value = 0;
    while (n < most && n < text_.size() && IsDigit(text_[n])) {
      value = value * 10 + (text_[n++] - '0');
    }
    if (n < least) return false;
    text_.remove_prefix(n);
    *out = value;
    return true;
  }

  bool Fraction(int64_t* micros) {
    size_t n = 0;
    int64_t value = 0;
    for (; n < 9 && n < text_.size() && IsDigit(text_[n]); ++n) {
      if (n < 6) value = value * 10 + (text_[n] - '0');
      if (n >= 6 && text_[n] != '0') return false;
    }
    if (n == 0) return false;
    text_.remove_prefix(n);
    for (; n < 6; ++n) value *= 10;
    *micros = value;
    return true;
  }

  bool Month(int64_t* month) {
    *month = TakeMonth(&text_);
    return *month > 0;
  }

  bool HalfDay(std::optional<bool>* afternoon) {
    if (text_.size() < 2 || Lower(text_[1]) != 'm') return false;
    const char c = Lower(text_[0]);
    if (c != 'a' && c != 'p') return false;
    *afternoon = c == 'p';
    text_.remove_prefix(2);
    return true;
  }

  bool Offset(int64_t* seconds) {
    if (Literal('Z') || Literal('z')) {
      *seconds = 0;
      return true;
    }
    const bool west = !text_.empty() && text_.front() == '-';
    if (!west && (text_.empty() || text_.front() != '+')) return false;
    text_.remove_prefix(1);
    int64_t hours = 0;
    int64_t minutes = 0;
    if (!Number(2, 2, &hours)) return false;
    Literal(':');
    if (!Number(2, 2, &minutes) || hours > 23 || minutes > 59) return false;
    *seconds = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
  }

 private:
  std::string_view text_;
};

bool ReadDay(Reader* in, int64_t* day) {
  const bool blank = in->Literal(' ');
  return in->Number(1, blank ? 1 : 2, day);
}

bool ReadItem(char directive, size_t least, Reader* in, Fields* f) {
  int64_t number = 0;
  switch (directive) {
    case 'Y':
      return in->Number(4, 4, &f->year);
    case 'y':
      if (!in->Number(2, 2, &number)) return false;
      f->year = number + (number < 69 ? 2000 : 1900);
      return true;
    case 'm':
      return in->Number(least, 2, &f->month);
    case 'b':
      return in->Month(&f->month);
    case 'd':
      return in->Number(least, 2, &f->day);
    case 'e':
      return ReadDay(in, &f->day);
    case 'H':
      return in->Number(least, 2, &f->hour);
    case 'I':
      if (!in->Number(1, 2, &number)) return false;
      f->hour12 = number;
      return number >= 1 && number <= 12;
    case 'p':
      return in->HalfDay(&f->afternoon);
    case 'M':
      return in->Number(2, 2, &f->minute);
    case 'S':
      return in->Number(2, 2, &f->second);
    case 'f':
      return in->Fraction(&f->micros);
    case 'z':
      return in->Offset(&f->offset);
    default:  // 's': Parse lets nothing else through.
      if (!in->Number(1, 11, &number)) return false;
      f->epoch = number;
      return true;
  }
}

// Days since 1970 of a date of the Gregorian calendar.
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

int64_t DaysInMonth(int64_t year, int64_t month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool InRange(const Fields& f) {
  return f.month >= 1 && f.month <= 12 && f.day >= 1 &&
         f.day <= DaysInMonth(f.year, f.month) && f.hour <= 23 &&
         f.minute <= 59 && f.second <= 59;
}

}  // namespace

Result<DateFormat> DateFormat::Parse(std::string_view format) {
  DateFormat result;
  std::string seen;
  const auto has = [&seen](char c) {
    return seen.find(c) != std::string::npos;
  };
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      result.items_.push_back({'\0', format[i], false});
      continue;
    }
    char c = ++i < format.size() ? format[i] : '\0';
    const bool loose = c == '-';
    if (loose) c = ++i < format.size() ? format[i] : '\0';
    if (c == '%' && !loose) {
      result.items_.push_back({'\0', '%', false});
      continue;
    }
    const std::string_view known = loose ? "mdH" : "YymbdeHIpMSfzs";
    if (c == '\0' || known.find(c) == std::string_view::npos) {
      return Status(StatusCode::kInvalidArgument,
                    "date format: knows %Y %y %m %b %d %e %H %I %p %M %S %f "
                    "%z %s %-m %-d %-H and %% only");
    }
    if (has(c)) {
      return Status(StatusCode::kInvalidArgument,
                    std::string("date format: %") + c + " stands there twice");
    }
    seen.push_back(c);
    result.items_.push_back({c, '\0', loose});
  }
  const bool date = (has('Y') || has('y')) && (has('m') || has('b')) &&
                    (has('d') || has('e'));
  if (!date && !has('s')) {
    return Status(StatusCode::kInvalidArgument,
                  "date format: needs year, month and day, or %s");
  }
  if (has('I') != has('p') || (has('I') && has('H'))) {
    return Status(StatusCode::kInvalidArgument,
                  "date format: %I goes with %p, and without %H");
  }
  result.has_offset_ = has('z') || has('s');
  return result;
}

Result<Timestamp> DateFormat::Read(std::string_view text,
                                   std::chrono::seconds offset) const {
  Reader in(text);
  Fields f;
  for (const Item& item : items_) {
    const bool matches =
        item.directive == '\0'
            ? in.Literal(item.literal)
            : ReadItem(item.directive, item.loose ? 1 : 2, &in, &f);
    if (matches) continue;
    return Status(StatusCode::kInvalidArgument,
                  item.directive == '\0'
                      ? std::string("does not match the date format")
                      : std::string("does not match the date format at %") +
                            item.directive);
  }
  if (!in.done()) {
    return Status(StatusCode::kInvalidArgument,
                  "is longer than the date format");
  }
  if (f.hour12.has_value()) {
    f.hour = *f.hour12 % 12 + (f.afternoon.value_or(false) ? 12 : 0);
  }
  if (!InRange(f)) {
    return Status(StatusCode::kInvalidArgument, "is no date of the calendar");
  }
  int64_t seconds = 0;
  if (f.epoch.has_value()) {
    seconds = *f.epoch;
  } else {
    seconds = DaysFromCivil(f.year, f.month, f.day) * 86400 + f.hour * 3600 +
              f.minute * 60 + f.second -
              (has_offset_ ? f.offset : offset.count());
  }
  return Timestamp(std::chrono::microseconds(seconds * 1'000'000 + f.micros));
}

Result<std::chrono::seconds> ParseUtcOffset(std::string_view text) {
  Reader in(text);
  int64_t seconds = 0;
  if (!in.Offset(&seconds) || !in.done()) {
    return Status(StatusCode::kInvalidArgument, "is no offset such as +02:00");
  }
  return std::chrono::seconds(seconds);
}

}  // namespace crm::ingest
