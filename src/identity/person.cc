#include "identity/person.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace crm {
namespace {

// Optimal string alignment distance: changes, and exchanges of neighbours.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1,
                                        std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

// Short forms that are no beginnings of the long ones.
constexpr std::array<std::pair<std::string_view, std::string_view>, 24>
    kShortForms = {
        {{"bill", "william"},    {"bob", "robert"},      {"dick", "richard"},
         {"jack", "john"},       {"jim", "james"},       {"jimmy", "james"},
         {"mike", "michael"},    {"ted", "edward"},      {"tony", "anthony"},
         {"harry", "henry"},     {"hank", "henry"},      {"charlie", "charles"},
         {"peggy", "margaret"},  {"maggie", "margaret"}, {"betty", "elizabeth"},
         {"liz", "elizabeth"},   {"beth", "elizabeth"},  {"kate", "katherine"},
         {"kathy", "katherine"}, {"molly", "mary"},      {"polly", "mary"},
         {"sally", "sarah"},     {"nancy", "ann"},       {"gus", "augustus"}}};

bool ShortForm(std::string_view a, std::string_view b) {
  for (const auto& [shorter, longer] : kShortForms) {
    if ((a == shorter && b == longer) || (a == longer && b == shorter)) {
      return true;
    }
  }
  return false;
}

bool NamesCanBeOne(std::string_view a, std::string_view b) {
  if (a.starts_with(b) || b.starts_with(a) || ShortForm(a, b)) return true;
  return Distance(a, b) <= (std::min(a.size(), b.size()) >= 6 ? 2u : 1u);
}

bool DatesCanBeOne(std::string_view a, std::string_view b) {
  if (Distance(a, b) <= 1) return true;
  const bool exchanged = a.substr(0, 4) == b.substr(0, 4) &&
                         a.substr(4, 2) == b.substr(6, 2) &&
                         a.substr(6, 2) == b.substr(4, 2);
  return exchanged;
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
