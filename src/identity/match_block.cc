#include "identity/match_block.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "base/hash.h"

namespace crm {
namespace {

uint32_t Mix(uint32_t kind, uint32_t a, uint32_t b, uint32_t c = 1,
             uint32_t d = 1) {
  if (a == 0 || b == 0 || c == 0 || d == 0) return 0;
  uint64_t h = kind * 0x9E3779B97F4A7C15u;
  for (const uint32_t part : {a, b, c, d}) {
    h ^= part;
    h *= 0xBF58476D1CE4E5B9u;
    h ^= h >> 29;
  }
  const auto key = static_cast<uint32_t>(h >> 16);
  return key == 0 ? 1 : key;
}

uint32_t HashOf(std::string_view text) {
  return text.empty() ? 0 : static_cast<uint32_t>(StableHash64(text)) | 1;
}

// What keys are made of.
struct Parts {
  uint32_t given = 0;  // Sounds.
  uint32_t surname = 0;
  uint32_t middle = 0;
  uint32_t year = 0;
  uint32_t month_day = 0;
  uint32_t birth = 0;  // Day and month in either order.
  uint32_t postcode = 0;
  uint32_t house = 0;
  uint32_t street = 0;
  uint32_t city = 0;
  uint32_t birth_place = 0;
  uint32_t occupation = 0;
  uint32_t given_front = 0;
  uint32_t surname_front = 0;
  uint32_t given_end = 0;
  uint32_t surname_end = 0;
};

uint32_t SoundIn(const MatchDictionary& dictionary, uint32_t number) {
  return number == 0 ? 0 : dictionary[number].sound;
}
uint32_t HashIn(const MatchDictionary& dictionary, uint32_t number) {
  return number == 0 ? 0 : dictionary[number].hash;
}

// The sound of the first long word of an address or a place.
uint32_t WordSound(const MatchDictionary& dictionary, uint32_t number) {
  if (number == 0) return 0;
  const std::string_view text = dictionary[number].text;
  for (const std::string_view word : SplitWords(text)) {
    if (word.size() >= 4) return SoundOf(word) | 1u << 31;
  }
  return dictionary[number].sound | 1u << 31;
}

void ReadBirth(uint32_t packed, Parts* parts) {
  const uint32_t year = packed / 10000;
  const uint32_t month = packed / 100 % 100;
  const uint32_t day = packed % 100;
  parts->year = year;
  // The first of January says that nobody knew.
  if (month != 0 && day != 0 && !(month == 1 && day == 1)) {
    parts->month_day = month * 100 + day;
  }
  if (year != 0 && month != 0 && day != 0) {
    parts->birth =
        year * 10000 + std::min(month, day) * 100 + std::max(month, day);
  }
}

Parts PartsOf(const MatchSet::Impl& set, const MatchFeatures& f) {
  Parts parts;
  const MatchDictionary& names = set.names();
  parts.given = f.first == 0 ? 0 : names[f.first].given_sound;
  parts.surname = SoundIn(names, f.last);
  parts.middle = SoundIn(names, f.middle[0]);
  ReadBirth(f.birth, &parts);
  parts.postcode = HashIn(set.dictionaries[kPostcode], f.value[kPostcode]);
  parts.house = HashIn(set.dictionaries[kHouse], f.value[kHouse]);
  parts.street = WordSound(set.dictionaries[kStreet], f.value[kStreet]);
  parts.city = WordSound(set.dictionaries[kCity], f.value[kCity]);
  parts.birth_place =
      WordSound(set.dictionaries[kBirthPlace], f.value[kBirthPlace]);
  parts.occupation =
      WordSound(set.dictionaries[kOccupation], f.value[kOccupation]);
  const std::string_view given = f.given == 0 ? "" : names[f.given].text;
  const std::string_view surname = f.surname == 0 ? "" : names[f.surname].text;
  parts.given_front = HashOf(given.substr(0, 3));
  parts.surname_front = HashOf(surname.substr(0, 4));
  if (given.size() >= 4) {
    parts.given_end = HashOf(given.substr(given.size() - 3));
  }
  if (surname.size() >= 4) {
    parts.surname_end = HashOf(surname.substr(surname.size() - 4));
  }
  return parts;
}

// The last seven digits.
uint32_t PhoneKey(const MatchSet::Impl& set, uint32_t number) {
  if (number == 0) return 0;
  const std::string_view digits = set.dictionaries[kPhone][number].text;
  return digits.size() < 7 ? 0 : HashOf(digits.substr(digits.size() - 7));
}

uint32_t LocalKey(const MatchSet::Impl& set, uint32_t number) {
  if (number == 0) return 0;
  const std::string_view email = set.dictionaries[kEmail][number].text;
  const std::string_view local = email.substr(0, email.find('@'));
  return local.size() < 5 ? 0 : HashOf(local);
}

uint32_t Unordered(uint32_t kind, uint32_t a, uint32_t b) {
  return Mix(kind, std::min(a, b), std::max(a, b));
}

// Which columns a space has.
struct Columns {
  uint8_t begin;
  uint8_t end;
};
// Phones (two), names (three): all others have one each.
constexpr Columns ColumnsOf(size_t space) {
  if (space == 0) return {0, 2};
  if (space == 1) return {2, 5};
  const auto column = static_cast<uint8_t>(space + 3);
  return {column, static_cast<uint8_t>(column + 1)};
}
static_assert(ColumnsOf(kKeySpaces - 1).end == kKeyColumns);

std::array<uint32_t, kKeyColumns> KeysOf(const MatchSet::Impl& set,
                                         const MatchFeatures& f) {
  const Parts p = PartsOf(set, f);
  const auto other = [&](size_t slot) {
    return HashIn(set.dictionaries[kOther0 + slot], f.value[kOther0 + slot]);
  };
  std::array<uint32_t, kKeyColumns> keys = {
      PhoneKey(set, f.phone[0]),
      PhoneKey(set, f.phone[1]),
      Unordered(2, p.given, p.surname),
      Unordered(2, p.given, p.middle),
      Unordered(2, p.surname, p.middle),
      HashIn(set.dictionaries[kNationalId], f.value[kNationalId]),
      HashIn(set.dictionaries[kEmail], f.email[0]),
      LocalKey(set, f.email[0]),
      p.birth,
      Mix(9, p.surname, p.year),
      Mix(10, p.given, p.month_day),
      Mix(11, p.surname, p.month_day),
      Mix(12, p.postcode, p.house),
      Mix(13, p.postcode, p.surname),
      Mix(14, p.postcode, p.given),
      Mix(15, p.street, p.house),
      Mix(16, p.postcode, p.year),
      Mix(17, p.surname, p.city),
      Mix(18, p.surname, p.birth_place),
      Mix(19, p.given, p.birth_place, p.year),
      Mix(20, p.given_front, p.surname_front),
      Mix(21, p.given_end, p.surname_end),
      Mix(22, p.birth_place, p.occupation, p.year),
      Mix(23, p.given_front, p.year, p.city),
      Mix(24, p.given, p.year, p.occupation),
      Mix(25, other(0), p.surname),
      Mix(26, other(1), p.given),
      Mix(27, p.given, p.birth_place),
      Mix(28, p.postcode, p.birth_place),
      Mix(29, p.birth_place, p.occupation),
      Mix(30, p.given, p.city),
  };
  // A name that is there twice makes one key.
  if (keys[1] == keys[0]) keys[1] = 0;
  if (keys[3] == keys[2]) keys[3] = 0;
  if (keys[4] == keys[2] || keys[4] == keys[3]) keys[4] = 0;
  return keys;
}

}  // namespace

BlockKeys::BlockKeys(const MatchSet::Impl& set) {
  keys_.reserve(set.features.size());
  for (const MatchFeatures& features : set.features) {
    keys_.push_back(KeysOf(set, features));
  }
}

std::vector<BlockKeys::Member> BlockKeys::Sorted(size_t space) const {
  const Columns columns = ColumnsOf(space);
  std::vector<Member> members;
  for (size_t c = columns.begin; c < columns.end; ++c) {
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i][c] == 0) continue;
      members.push_back({keys_[i][c], static_cast<uint32_t>(i)});
    }
  }
  // By the key, three times 11 bits, from the last to the first.
  std::vector<Member> sorted(members.size());
  for (const int shift : {0, 11, 22}) {
    std::array<size_t, 2049> begin{};
    for (const Member& m : members) ++begin[((m.key >> shift) & 2047) + 1];
    for (size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    for (const Member& m : members) {
      sorted[begin[(m.key >> shift) & 2047]++] = m;
    }
    members.swap(sorted);
  }
  return members;
}

bool BlockKeys::Shares(size_t space, const Keys& a, const Keys& b,
                       uint32_t below) const {
  const Columns columns = ColumnsOf(space);
  for (size_t i = columns.begin; i < columns.end; ++i) {
    if (a[i] == 0 || a[i] >= below) continue;
    for (size_t j = columns.begin; j < columns.end; ++j) {
      if (a[i] == b[j]) return true;
    }
  }
  return false;
}

bool BlockKeys::SeenBefore(size_t space, uint32_t key, uint32_t a,
                           uint32_t b) const {
  const Keys& x = keys_[a];
  const Keys& y = keys_[b];
  for (size_t earlier = 0; earlier < 2 && earlier < space; ++earlier) {
    if (Shares(earlier, x, y, UINT32_MAX)) return true;
  }
  for (size_t c = ColumnsOf(2).begin; c < ColumnsOf(space).begin; ++c) {
    if (x[c] == y[c] && x[c] != 0) return true;
  }
  return space < 2 && Shares(space, x, y, key);
}

void BlockKeys::Forget(size_t space, const Member* begin, const Member* end) {
  const Columns columns = ColumnsOf(space);
  for (const Member* member = begin; member != end; ++member) {
    for (size_t c = columns.begin; c < columns.end; ++c) {
      uint32_t& key = keys_[member->record][c];
      if (key == member->key) key = 0;
    }
  }
}

std::vector<std::pair<uint32_t, uint32_t>> NeighboursOf(
    const MatchSet::Impl& set, const BlockKeys::Member* begin,
    const BlockKeys::Member* end) {
  using Place = std::tuple<uint32_t, uint32_t, uint64_t, uint32_t>;
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  std::vector<Place> places;
  const MatchDictionary& names = set.names();
  for (int order = 0; order < 3; ++order) {
    places.clear();
    for (const BlockKeys::Member* m = begin; m != end; ++m) {
      const MatchFeatures& f = set.features[m->record];
      const uint32_t given = HashIn(names, f.given);
      const uint32_t surname = HashIn(names, f.surname);
      const uint32_t postcode =
          HashIn(set.dictionaries[kPostcode], f.value[kPostcode]);
      const uint64_t id = StableHash64(set.ids[m->record]);
      if (order == 0) places.push_back({f.birth, given, id, m->record});
      if (order == 1) {
        places.push_back({given, surname ^ f.birth, id, m->record});
      }
      if (order == 2) places.push_back({postcode, surname, id, m->record});
    }
    std::sort(places.begin(), places.end());
    for (size_t i = 0; i < places.size(); ++i) {
      for (size_t j = i + 1; j < places.size() && j <= i + kWindow; ++j) {
        pairs.emplace_back(std::get<3>(places[i]), std::get<3>(places[j]));
      }
    }
  }
  return pairs;
}

uint32_t SessionKeyOf(const MatchSet::Impl& set, SessionKey key,
                      uint32_t record) {
  const MatchFeatures& f = set.features[record];
  const auto value = [&](Comparator c) {
    return HashIn(set.dictionaries[c], f.value[c]);
  };
  const uint32_t given = HashIn(set.names(), f.given);
  const uint32_t surname = HashIn(set.names(), f.surname);
  switch (key) {
    case SessionKey::kBirth:
      return f.birth % 100 == 0 ? 0 : f.birth;
    case SessionKey::kFullName:
      return Mix(40, given, surname);
    case SessionKey::kNationalId:
      return value(kNationalId);
    case SessionKey::kEmail:
      return HashIn(set.dictionaries[kEmail], f.email[0]);
    case SessionKey::kPhone:
      return PhoneKey(set, f.phone[0]);
    case SessionKey::kPostcode:
      return value(kPostcode);
    case SessionKey::kPostcodeHouse:
      return Mix(41, value(kPostcode), value(kHouse));
    case SessionKey::kStreetHouse:
      return Mix(42, value(kStreet), value(kHouse), value(kCity) | 1);
    case SessionKey::kCity:
      return value(kCity);
    case SessionKey::kGiven:
      return given;
    case SessionKey::kSurname:
      return surname;
  }
  return 0;
}

}  // namespace crm
