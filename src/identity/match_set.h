// The compact form of records that are to be matched.

#ifndef CRM_IDENTITY_MATCH_SET_H_
#define CRM_IDENTITY_MATCH_SET_H_

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/match.h"
#include "identity/match_fields.h"
#include "identity/match_text.h"

namespace crm {

// Different values of one kind, by number; 0 is none.
class MatchDictionary final {
 public:
  struct Entry {
    std::string_view text;
    uint32_t sound = 0;
    uint32_t given_sound = 0;  // Of names.
    uint32_t hash = 0;         // Of the text, the same in every set.
    NicknameGroups nicknames;
    // How many records have it, as what (see below).
    std::array<uint32_t, 3> count{};
  };

  MatchDictionary() : entries_(1) {}

  // 0 for an empty text. `names`: it has a sound and nicknames.
  uint32_t Intern(std::string_view text, bool names);
  const Entry& operator[](uint32_t number) const { return entries_[number]; }
  void Count(uint32_t number, size_t as) { ++entries_[number].count[as]; }
  size_t size() const { return entries_.size() - 1; }

 private:
  std::deque<std::string> texts_;
  std::vector<Entry> entries_;
  absl::flat_hash_map<std::string_view, uint32_t> numbers_;
};

inline constexpr size_t kMiddleNames = 4;
inline constexpr size_t kContacts = 2;  // E-mail addresses, phones.

// A record; numbers of the dictionary of each comparator, names all of one.
struct MatchFeatures {
  uint32_t given = 0;
  uint32_t first = 0;  // Of several given names.
  uint32_t surname = 0;
  uint32_t last = 0;  // Of several surnames.
  std::array<uint32_t, kMiddleNames> middle{};
  uint32_t birth = 0;  // MatchDate::Packed.
  std::array<uint32_t, kContacts> phone{};
  std::array<uint32_t, kContacts> email{};
  // kPostcode to kCountry, and kNationalId to the end, by comparator; the
  // sex is its letter.
  std::array<uint32_t, kComparators> value{};

  // Says so much that whoever says the same is the same record over again.
  bool names_one_person() const {
    const bool more = birth % 100 != 0 || phone[0] != 0 || email[0] != 0 ||
                      value[kNationalId] != 0 ||
                      (value[kStreet] != 0 && value[kHouse] != 0);
    return given != 0 && surname != 0 && more;
  }

  bool operator==(const MatchFeatures&) const = default;
};

inline uint64_t FullNameKey(const MatchFeatures& f) {
  return uint64_t{f.given} << 32 | f.surname;
}

struct MatchSet::Impl {
  std::vector<MatchFeatures> features;
  std::deque<std::string> ids;
  absl::flat_hash_map<std::string_view, uint32_t> numbers;
  // Names in that of kGiven: counted as given name, surname and middle name.
  std::array<MatchDictionary, kComparators> dictionaries;
  absl::flat_hash_map<uint32_t, uint32_t> birth_counts;
  // Given name and surname together, by FullNameKey.
  absl::flat_hash_map<uint64_t, uint32_t> full_name_counts;
  // Of records that name one person: a record that comes again is not counted
  // again, or copies would make a rare value look frequent.
  absl::flat_hash_set<uint64_t> counted;
  // How many records have a value at all.
  std::array<uint64_t, kComparators> present{};
  // (namespace, value) by record; few have any.
  absl::flat_hash_map<uint32_t, std::vector<std::pair<uint32_t, uint32_t>>>
      exclusive;
  MatchDictionary namespaces;
  MatchDictionary exclusive_values;

  const MatchDictionary& names() const { return dictionaries[kGiven]; }
  // The records' numbers in the order of their ids.
  std::vector<uint32_t> Ordered() const;
};

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_SET_H_
