#include "identity/match_compare.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

namespace crm {
namespace {

constexpr size_t kMaxCompared = 64;
constexpr double kCloseNames = 0.92;
constexpr double kSimilarNames = 0.85;
constexpr double kSimilarTexts = 0.88;
constexpr size_t kMemory = size_t{1} << 15;  // Slots; a power of two.

// Names: 0 different, 1 similar, 2 close, 3 equal.
uint8_t CompareNames(const MatchDictionary& names, uint32_t a, uint32_t b) {
  if (a == b) return 3;
  const MatchDictionary::Entry& x = names[a];
  const MatchDictionary::Entry& y = names[b];
  const size_t longer = std::max(x.text.size(), y.text.size());
  const size_t shorter = std::min(x.text.size(), y.text.size());
  if (shorter < 2) return 0;
  if (longer >= 4 && EditDistance(x.text, y.text, 1) <= 1) return 2;
  const double alike = JaroWinkler(x.text, y.text);
  if (alike >= kCloseNames && shorter >= 4) return 2;
  if (alike >= kSimilarNames) return 1;
  if (x.sound == y.sound && shorter >= 3 && alike >= 0.7) return 1;
  if (longer >= 6 && EditDistance(x.text, y.text, 2) <= 2) return 1;
  return 0;
}

// Whether one is made of the words of the other, or of their beginnings.
bool SharesWords(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> x = SplitWords(a);
  const std::vector<std::string_view> y = SplitWords(b);
  if (x.size() < 2 && y.size() < 2) {
    const std::string_view shorter = a.size() < b.size() ? a : b;
    const std::string_view longer = a.size() < b.size() ? b : a;
    return shorter.size() >= 3 && longer.starts_with(shorter);
  }
  const auto& few = x.size() < y.size() ? x : y;
  const auto& many = x.size() < y.size() ? y : x;
  size_t shared = 0;
  for (const std::string_view word : few) {
    shared += std::any_of(many.begin(), many.end(), [&](std::string_view w) {
      return word.size() >= 3 && (w.starts_with(word) || word == w);
    });
  }
  return shared * 2 > few.size();
}

uint8_t CompareTexts(const MatchDictionary& texts, uint32_t a, uint32_t b) {
  const std::string_view x = texts[a].text;
  const std::string_view y = texts[b].text;
  const size_t longer = std::max(x.size(), y.size());
  if (longer >= 4) {
    const int limit = longer >= 8 ? 2 : 1;
    if (EditDistance(x, y, limit) <= limit) return text_level::kClose;
  }
  if (SharesWords(x, y) ||
      (longer >= 5 && JaroWinkler(x, y) >= kSimilarTexts)) {
    return text_level::kSimilar;
  }
  return kDifferent;
}

uint8_t ComparePostcodes(const MatchDictionary& codes, uint32_t a, uint32_t b) {
  const std::string_view x = codes[a].text;
  const std::string_view y = codes[b].text;
  const size_t longer = std::max(x.size(), y.size());
  const size_t shorter = std::min(x.size(), y.size());
  if (longer >= 4 && EditDistance(x, y, 1) <= 1) return text_level::kClose;
  // The front half says where it is.
  const size_t front = std::max<size_t>(2, (longer + 1) / 2);
  if (shorter >= front && x.substr(0, front) == y.substr(0, front)) {
    return text_level::kSimilar;
  }
  return kDifferent;
}

uint8_t CompareEmails(const MatchDictionary& emails, uint32_t a, uint32_t b) {
  const std::string_view x = emails[a].text;
  const std::string_view y = emails[b].text;
  if (EditDistance(x, y, 1) <= 1) return text_level::kClose;
  const std::string_view x_local = x.substr(0, x.find('@'));
  const std::string_view y_local = y.substr(0, y.find('@'));
  if (x_local == y_local && x_local.size() >= 5) return text_level::kClose;
  if (x_local.size() >= 5 && y_local.size() >= 5 &&
      (EditDistance(x_local, y_local, 2) <= 2 || EditDistance(x, y, 2) <= 2)) {
    return text_level::kSimilar;
  }
  return kDifferent;
}

uint8_t ComparePhones(const MatchDictionary& phones, uint32_t a, uint32_t b) {
  if (a == b) return short_level::kExact;
  const std::string_view x = phones[a].text;
  const std::string_view y = phones[b].text;
  const std::string_view shorter = x.size() < y.size() ? x : y;
  const std::string_view longer = x.size() < y.size() ? y : x;
  // With and without the code of the country.
  if (shorter.size() >= 7 && longer.ends_with(shorter)) {
    return short_level::kExact;
  }
  // +44 (0) 20: the zero stays inside.
  if (shorter.size() >= 9 &&
      longer.ends_with(shorter.substr(shorter.size() - 9))) {
    return short_level::kExact;
  }
  if (shorter.size() >= 7 && EditDistance(x, y, 1) <= 1) {
    return short_level::kClose;
  }
  return kDifferent;
}

uint8_t CompareIds(const MatchDictionary& ids, uint32_t a, uint32_t b) {
  const std::string_view x = ids[a].text;
  const std::string_view y = ids[b].text;
  if (std::max(x.size(), y.size()) < 5) return kDifferent;
  const int distance = EditDistance(x, y, 2);
  return distance <= 1   ? text_level::kClose
         : distance == 2 ? text_level::kSimilar
                         : kDifferent;
}

uint8_t CompareShort(const MatchDictionary& texts, uint32_t a, uint32_t b) {
  const std::string_view x = texts[a].text;
  const std::string_view y = texts[b].text;
  return EditDistance(x, y, 1) <= 1 && std::max(x.size(), y.size()) >= 2
             ? short_level::kClose
         : SharesWords(x, y) ? short_level::kClose
                             : kDifferent;
}

struct Date {
  int year;
  int month;
  int day;
};
Date Unpack(uint32_t packed) {
  return {static_cast<int>(packed / 10000),
          static_cast<int>(packed / 100 % 100), static_cast<int>(packed % 100)};
}

// How many digits differ; a swap of neighbours counts as one.
int DigitSlips(uint32_t a, uint32_t b) {
  char x[8];
  char y[8];
  for (int i = 7; i >= 0; --i) {
    x[i] = static_cast<char>('0' + a % 10);
    y[i] = static_cast<char>('0' + b % 10);
    a /= 10;
    b /= 10;
  }
  int slips = 0;
  for (int i = 0; i < 8; ++i) {
    if (x[i] == y[i]) continue;
    ++slips;
    if (i < 7 && x[i] == y[i + 1] && x[i + 1] == y[i]) ++i;
  }
  return slips;
}

}  // namespace

int EditDistance(std::string_view a, std::string_view b, int limit) {
  a = a.substr(0, kMaxCompared);
  b = b.substr(0, kMaxCompared);
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  if (std::abs(n - m) > limit) return limit + 1;
  if (n == 0 || m == 0) return std::min(std::max(n, m), limit + 1);
  if (limit == 1) {
    const bool swapped = n == 2 && m == 2 && a[0] == b[1] && a[1] == b[0];
    return (n == 1 && m == 1) || swapped ? 1 : 2;
  }
  std::array<std::array<int, kMaxCompared + 1>, 3> rows;
  int* before = rows[0].data();
  int* above = rows[1].data();
  int* row = rows[2].data();
  for (int j = 0; j <= m; ++j) above[j] = j;
  for (int i = 1; i <= n; ++i) {
    row[0] = i;
    int least = i;
    for (int j = 1; j <= m; ++j) {
      const int cost = a[i - 1] == b[j - 1] ? 0 : 1;
      int best = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = std::min(best, before[j - 2] + 1);
      }
      row[j] = best;
      least = std::min(least, best);
    }
    if (least > limit) return limit + 1;
    int* const free = before;
    before = above;
    above = row;
    row = free;
  }
  return std::min(above[m], limit + 1);
}

double JaroWinkler(std::string_view a, std::string_view b) {
  a = a.substr(0, kMaxCompared);
  b = b.substr(0, kMaxCompared);
  if (a.empty() || b.empty()) return a.empty() && b.empty() ? 1 : 0;
  const size_t longer = std::max(a.size(), b.size());
  const size_t window = longer / 2 == 0 ? 0 : longer / 2 - 1;
  uint64_t used_a = 0;
  uint64_t used_b = 0;
  size_t matches = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t begin = i > window ? i - window : 0;
    const size_t end = std::min(b.size(), i + window + 1);
    for (size_t j = begin; j < end; ++j) {
      if (a[i] != b[j] || ((used_b >> j) & 1) != 0) continue;
      used_a |= uint64_t{1} << i;
      used_b |= uint64_t{1} << j;
      ++matches;
      break;
    }
  }
  if (matches == 0) return 0;
  size_t swaps = 0;
  size_t j = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (((used_a >> i) & 1) == 0) continue;
    while (((used_b >> j) & 1) == 0) ++j;
    swaps += a[i] != b[j];
    ++j;
  }
  const double m = static_cast<double>(matches);
  const double jaro =
      (m / static_cast<double>(a.size()) + m / static_cast<double>(b.size()) +
       (m - static_cast<double>(swaps / 2)) / m) /
      3;
  size_t prefix = 0;
  while (prefix < 4 && prefix < a.size() && prefix < b.size() &&
         a[prefix] == b[prefix]) {
    ++prefix;
  }
  return jaro + static_cast<double>(prefix) * 0.1 * (1 - jaro);
}

uint8_t CompareBirth(uint32_t a, uint32_t b) {
  namespace level = birth_level;
  if (a == 0 || b == 0) return kMissing;
  const Date x = Unpack(a);
  const Date y = Unpack(b);
  const bool full = x.year != 0 && y.year != 0 && x.month != 0 &&
                    y.month != 0 && x.day != 0 && y.day != 0;
  if (a == b && full) return level::kExact;
  const bool year = x.year == y.year && x.year != 0;
  const bool month = x.month == y.month && x.month != 0;
  const bool day = x.day == y.day && x.day != 0;
  if (full) {
    if (DigitSlips(a, b) == 1) return level::kClose;
    if (year && x.month == y.day && x.day == y.month) return level::kClose;
  }
  if (year) return month || day ? level::kTwoParts : level::kYear;
  if (x.year == 0 || y.year == 0) {
    return month && day ? level::kTwoParts : kMissing;
  }
  const bool near = std::abs(x.year - y.year) <= 2;
  const bool slip = DigitSlips(static_cast<uint32_t>(x.year),
                               static_cast<uint32_t>(y.year)) == 1;
  if (month && day && (near || slip)) return level::kTwoParts;
  return near || (slip && (month || day)) || (month && day) ? level::kNearYear
                                                            : kDifferent;
}

RecordComparer::RecordComparer(const MatchSet::Impl& set)
    : set_(set), memory_(kMemory) {}

uint8_t RecordComparer::Remembered(size_t which,
                                   const MatchDictionary& dictionary,
                                   uint32_t a, uint32_t b, Compute compute) {
  if (a > b) std::swap(a, b);
  const uint64_t key = uint64_t{a} << 32 | b;
  uint64_t hash = (key ^ which) * 0x9E3779B97F4A7C15u;
  hash ^= hash >> 32;
  Slot& slot = memory_[hash & (kMemory - 1)];
  if (slot.key != key || slot.which != which) {
    slot = {key, static_cast<uint32_t>(which), compute(dictionary, a, b)};
  }
  return slot.level;
}

// Given name and surname in each other's place; one of them may be missing,
// or mistyped.
bool RecordComparer::Swapped(const MatchFeatures& a, const MatchFeatures& b) {
  const auto same = [&](uint32_t x, uint32_t y) {
    return x == 0 || y == 0 || x == y ||
           Remembered(kGiven, set_.names(), x, y, CompareNames) == 2;
  };
  const bool any = a.given == b.surname || b.given == a.surname;
  return any && same(a.given, b.surname) && same(b.given, a.surname);
}

uint8_t RecordComparer::CompareGiven(const MatchFeatures& a,
                                     const MatchFeatures& b) {
  namespace level = given_level;
  if (a.given == 0 || b.given == 0) return kMissing;
  if (a.given == b.given) {
    return set_.names()[a.given].text.size() > 1 ? level::kExact
                                                 : level::kInitial;
  }
  const MatchDictionary& names = set_.names();
  const MatchDictionary::Entry& x = names[a.first];
  const MatchDictionary::Entry& y = names[b.first];
  // "Mary" and "Mary Ann" are close, not the same.
  if (a.first == b.first && x.text.size() > 1) return level::kClose;
  const uint8_t whole =
      Remembered(kGiven, names, a.given, b.given, CompareNames);
  if (whole == 2) return level::kClose;
  if (x.nicknames.Shares(y.nicknames) ||
      names[a.given].nicknames.Shares(names[b.given].nicknames)) {
    return level::kNickname;
  }
  const uint8_t part =
      Remembered(kGiven, names, a.first, b.first, CompareNames);
  if (part == 2) return level::kClose;
  // Given name and surname in each other's place; called by a middle name.
  if (Swapped(a, b)) return level::kElsewhere;
  for (size_t i = 0; i < kMiddleNames; ++i) {
    if (a.middle[i] == b.first || b.middle[i] == a.first) {
      return level::kElsewhere;
    }
  }
  if ((x.text.size() == 1 || y.text.size() == 1) &&
      x.text.front() == y.text.front()) {
    return level::kInitial;
  }
  return whole == 1 || part == 1 ? level::kSimilar : kDifferent;
}

uint8_t RecordComparer::CompareSurname(const MatchFeatures& a,
                                       const MatchFeatures& b) {
  namespace level = surname_level;
  if (a.surname == 0 || b.surname == 0) return kMissing;
  if (a.surname == b.surname) return level::kExact;
  const MatchDictionary& names = set_.names();
  const uint8_t whole =
      Remembered(kGiven, names, a.surname, b.surname, CompareNames);
  if (whole == 2) return level::kClose;
  const bool last = a.last == b.last;
  bool elsewhere = last || Swapped(a, b);
  for (size_t i = 0; i < kMiddleNames && !elsewhere; ++i) {
    elsewhere = (a.middle[i] != 0 && a.middle[i] == b.last) ||
                (b.middle[i] != 0 && b.middle[i] == a.last);
  }
  if (elsewhere) return level::kElsewhere;
  return whole == 1 ? level::kSimilar : kDifferent;
}

uint8_t RecordComparer::CompareMiddle(const MatchFeatures& a,
                                      const MatchFeatures& b) {
  if (a.middle[0] == 0 || b.middle[0] == 0) return kMissing;
  const MatchDictionary& names = set_.names();
  uint8_t best = kDifferent;
  for (const uint32_t mine : a.middle) {
    for (const uint32_t other : b.middle) {
      if (mine == 0 || other == 0) continue;
      if (mine == other && names[mine].text.size() > 1) {
        return middle_level::kExact;
      }
      const std::string_view x = names[mine].text;
      const std::string_view y = names[other].text;
      const bool initial =
          (x.size() == 1 || y.size() == 1) && x.front() == y.front();
      if (initial || Remembered(kGiven, names, mine, other, CompareNames) > 0) {
        best = middle_level::kInitial;
      }
    }
  }
  return best;
}

void RecordComparer::Compare(const MatchFeatures& a, const MatchFeatures& b,
                             Comparison* out) {
  auto& level = out->level;
  level[kGiven] = CompareGiven(a, b);
  level[kSurname] = CompareSurname(a, b);
  level[kMiddle] = CompareMiddle(a, b);
  level[kBirth] = CompareBirth(a.birth, b.birth);
  const auto compare = [&](Comparator which, uint8_t exact, Compute compute) {
    const uint32_t x = a.value[which];
    const uint32_t y = b.value[which];
    level[which] =
        x == 0 || y == 0 ? kMissing
        : x == y         ? exact
                 : Remembered(which, set_.dictionaries[which], x, y, compute);
  };
  const auto contacts = [&](Comparator which, const auto& x, const auto& y,
                            uint8_t exact, Compute compute) {
    level[which] = kMissing;
    for (const uint32_t mine : x) {
      for (const uint32_t other : y) {
        if (mine == 0 || other == 0) continue;
        const uint8_t one = mine == other
                                ? exact
                                : Remembered(which, set_.dictionaries[which],
                                             mine, other, compute);
        level[which] = std::max(level[which], one);
      }
    }
  };
  compare(kPostcode, text_level::kExact, ComparePostcodes);
  compare(kStreet, text_level::kExact, CompareTexts);
  compare(kHouse, short_level::kExact, CompareShort);
  compare(kCity, text_level::kExact, CompareTexts);
  compare(kRegion, short_level::kExact, CompareShort);
  compare(kCountry, short_level::kExact, CompareShort);
  contacts(kPhone, a.phone, b.phone, short_level::kExact, ComparePhones);
  contacts(kEmail, a.email, b.email, text_level::kExact, CompareEmails);
  compare(kNationalId, text_level::kExact, CompareIds);
  level[kSex] = a.value[kSex] == 0 || b.value[kSex] == 0 ? kMissing
                : a.value[kSex] == b.value[kSex]         ? kSameSex
                                                         : kDifferent;
  compare(kOccupation, text_level::kExact, CompareTexts);
  compare(kBirthPlace, text_level::kExact, CompareTexts);
  for (size_t i = kOther0; i < kComparators; ++i) {
    compare(static_cast<Comparator>(i), text_level::kExact, CompareTexts);
  }
}

}  // namespace crm
