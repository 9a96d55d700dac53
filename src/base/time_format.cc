// ParseTimeAs and CheckTimeFormat.

#include <array>

#include "base/ascii.h"
#include "base/time_fields.h"
#include "base/time_text.h"

namespace crm {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

Status Mismatch() {
  return Status(StatusCode::kMalformed, "not a time of the given format");
}

Status BadFormat(std::string_view what) {
  return Status(StatusCode::kInvalidArgument,
                "time format: " + std::string(what));
}

// Between `least` and `most` digits, as many as there are.
bool TakeDigits(std::string_view* text, size_t least, size_t most, int* value,
                size_t* size) {
  size_t count = 0;
  int number = 0;
  while (count < most && count < text->size() && IsDigit((*text)[count])) {
    number = number * 10 + ((*text)[count] - '0');
    ++count;
  }
  if (count < least) return false;
  text->remove_prefix(count);
  *value = number;
  if (size != nullptr) *size = count;
  return true;
}

bool TakeWord(std::string_view* text, std::string_view lower) {
  if (text->size() < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if (Lower((*text)[i]) != lower[i]) return false;
  }
  text->remove_prefix(lower.size());
  return true;
}

bool TakeMonthName(std::string_view* text, int* month) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "jan", "feb", "mar", "apr", "may", "jun",
      "jul", "aug", "sep", "oct", "nov", "dec"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!TakeWord(text, kNames[i])) continue;
    *month = static_cast<int>(i) + 1;
    return true;
  }
  return false;
}

// What %I and %p need beyond the fields.
struct HalfDay {
  int hour = 0;  // Zero: no %I.
  bool afternoon = false;
};

bool TakeField(char kind, std::string_view* text, TimeFields* fields,
               HalfDay* half) {
  const auto two = [&](int* value) {
    return TakeDigits(text, 1, 2, value, nullptr);
  };
  size_t size = 0;
  switch (kind) {
    case 'Y':
      return TakeDigits(text, 4, 4, &fields->year, nullptr);
    case 'y':
      if (!TakeDigits(text, 2, 2, &fields->year, nullptr)) return false;
      fields->year += fields->year >= 69 ? 1900 : 2000;
      return true;
    case 'm':
      return two(&fields->month);
    case 'b':
      return TakeMonthName(text, &fields->month);
    case 'e':
      if (!text->empty() && text->front() == ' ') text->remove_prefix(1);
      return two(&fields->day);
    case 'd':
      return two(&fields->day);
    case 'H':
      return two(&fields->hour);
    case 'I':
      return two(&half->hour) && half->hour >= 1 && half->hour <= 12;
    case 'p':
      half->afternoon = TakeWord(text, "pm");
      return half->afternoon || TakeWord(text, "am");
    case 'M':
      return two(&fields->minute);
    case 'S':
      return two(&fields->second);
    case 'f':
      if (!TakeDigits(text, 1, 6, &fields->micros, &size)) return false;
      for (; size < 6; ++size) fields->micros *= 10;
      return true;
    case 'z':
      return TakeOffset(text, &fields->offset_minutes);
    default:
      return false;
  }
}

}  // namespace

Status CheckTimeFormat(std::string_view format) {
  // Which kind of field each letter fills; a field is filled once.
  static constexpr std::string_view kLetters = "YymbdeHIpMSfz";
  static constexpr std::string_view kFields = "yymmddhhpMSfz";
  std::string seen;
  std::string letters;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (++i == format.size()) return BadFormat("ends in %");
    if (format[i] == '%') continue;
    const size_t at = kLetters.find(format[i]);
    if (at == std::string_view::npos) return BadFormat("unknown % letter");
    if (seen.find(kFields[at]) != std::string::npos) {
      return BadFormat("a field is there twice");
    }
    seen += kFields[at];
    letters += format[i];
  }
  for (const char field : {'y', 'm', 'd'}) {
    if (seen.find(field) == std::string::npos) {
      return BadFormat("needs year, month and day");
    }
  }
  const bool twelve = letters.find('I') != std::string::npos;
  if (twelve != (letters.find('p') != std::string::npos)) {
    return BadFormat("%I and %p go together");
  }
  return Status();
}

Result<Timestamp> ParseTimeAs(std::string_view text, std::string_view format) {
  if (Status status = CheckTimeFormat(format); !status.ok()) return status;
  TimeFields fields;
  HalfDay half;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && format[i + 1] != '%') {
      if (!TakeField(format[++i], &text, &fields, &half)) return Mismatch();
      continue;
    }
    if (format[i] == '%') ++i;
    if (text.empty() || text.front() != format[i]) return Mismatch();
    text.remove_prefix(1);
  }
  if (!text.empty()) return Mismatch();
  if (half.hour != 0) {
    fields.hour = half.hour % 12 + (half.afternoon ? 12 : 0);
  }
  return TimeFromFields(fields);
}

}  // namespace crm
