#include "ingest/json_text.h"

#include <cstddef>
#include <cstdint>

#include "ingest/ascii.h"

namespace crm::ingest {
namespace {

size_t SkipDigits(std::string_view text, size_t i) {
  while (i < text.size() && IsDigit(text[i])) ++i;
  return i;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out->push_back('"');
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte >= 0x20) {
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (c == '\t') {
      out->append("\\t");
    } else {
      out->append("\\u00");
      out->push_back(kDigits[byte >> 4]);
      out->push_back(kDigits[byte & 15]);
    }
  }
  out->push_back('"');
}

bool IsJsonInteger(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || SkipDigits(text, 0) != text.size()) return false;
  return text.size() == 1 || text.front() != '0';
}

bool IsJsonNumber(std::string_view text) {
  size_t i = text.starts_with('-') ? 1 : 0;
  const size_t whole = SkipDigits(text, i);
  if (whole == i || (text[i] == '0' && whole != i + 1)) return false;
  i = whole;
  if (i < text.size() && text[i] == '.') {
    const size_t end = SkipDigits(text, i + 1);
    if (end == i + 1) return false;
    i = end;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const size_t end = SkipDigits(text, i);
    if (end == i) return false;
    i = end;
  }
  return i == text.size();
}

std::string NormaliseNumber(std::string_view text) {
  std::string_view rest = text;
  std::string number;
  if (rest.starts_with('-')) number.push_back('-');
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.starts_with('-')) return std::string(text);
  while (rest.size() > 1 && rest[0] == '0' && IsDigit(rest[1])) {
    rest.remove_prefix(1);
  }
  if (rest.size() > 1 && rest[0] == '.' && IsDigit(rest[1])) {
    number.push_back('0');
  }
  const size_t whole = SkipDigits(rest, 0);
  number.append(rest.substr(0, whole));
  rest.remove_prefix(whole);
  // "5." and "5.e3": the point says nothing.
  const bool idle_point =
      rest.starts_with('.') && (rest.size() == 1 || !IsDigit(rest[1]));
  if (idle_point && whole > 0) rest.remove_prefix(1);
  number.append(rest);
  return IsJsonNumber(number) ? number : std::string(text);
}

}  // namespace crm::ingest
