#include "identity/person.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "identity/match_compare.h"
#include "identity/match_text.h"

namespace crm {
namespace {

bool NamesCanBeOne(std::string_view a, std::string_view b) {
  if (a.starts_with(b) || b.starts_with(a)) return true;
  if (NicknamesOf(a).Shares(NicknamesOf(b))) return true;
  const int limit = std::min(a.size(), b.size()) >= 6 ? 2 : 1;
  return EditDistance(a, b, limit) <= limit;
}

// Eight digits each.
bool DatesCanBeOne(const std::string& a, const std::string& b) {
  const auto packed = [](const std::string& date) {
    return static_cast<uint32_t>(std::strtoul(date.c_str(), nullptr, 10));
  };
  return a == b || CompareBirth(packed(a), packed(b)) >= birth_level::kClose;
}

}  // namespace

std::string Person::FoldName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || static_cast<uint8_t>(c) >= 0x80) {
      out += c;
    } else if (c == ' ' || c == '\t' || c == '.' || c == ',') {
      if (!out.empty()) break;
    }
    if (out.size() >= 64) break;
  }
  return out;
}

std::string Person::FoldBirthDate(std::string_view date) {
  // ISO 8601, with or without a time of day.
  if (date.size() < 10 || date[4] != '-' || date[7] != '-') return {};
  std::string out;
  for (const size_t at : {0, 1, 2, 3, 5, 6, 8, 9}) {
    if (date[at] < '0' || date[at] > '9') return {};
    out += date[at];
  }
  // What forms fill in when nobody answers.
  const bool filled_in = out == "19000101" || out == "19700101";
  return filled_in ? std::string() : out;
}

bool Contradict(const Person& a, const Person& b) {
  return a.full() && b.full() && !NamesCanBeOne(a.given_name, b.given_name) &&
         !DatesCanBeOne(a.birth_date, b.birth_date);
}

bool Agree(const Person& a, const Person& b) {
  return a.full() && b.full() && a.given_name == b.given_name &&
         a.birth_date == b.birth_date;
}

}  // namespace crm
