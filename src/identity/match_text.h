// Values of a person's fields in the form in which they are compared.

#ifndef CRM_IDENTITY_MATCH_TEXT_H_
#define CRM_IDENTITY_MATCH_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crm {

// Small letters without marks and ligatures, digits, and single blanks for
// what is between them; an apostrophe is dropped. Other scripts stay.
std::string FoldText(std::string_view text);

// The words of folded text.
std::vector<std::string_view> SplitWords(std::string_view folded);

// A person's name in parts.
struct NameParts {
  std::string given;    // All words of it, without blanks.
  std::string first;    // The first of them.
  std::string surname;  // All words, without particles and blanks.
  std::string last;     // The last of them.
  std::vector<std::string> middle;
};

// What a record says of a name; raw.
struct RawName {
  std::string_view given;
  std::string_view middle;
  std::string_view surname;
  std::string_view full;
};
NameParts SplitName(const RawName& raw);

// Year, month, day; zero is unknown.
struct MatchDate {
  uint32_t year = 0;
  uint32_t month = 0;
  uint32_t day = 0;

  uint32_t Packed() const { return (year * 100 + month) * 100 + day; }
};
// "1961-04-09", "1961-04", "1961", "0000-04-09". False: it is none of these.
bool ParseMatchDate(std::string_view text, MatchDate* date);

// Folded, with usual words of addresses in one form ("st", "road"). A house
// number in front or behind goes to `house`, unless that has one.
std::string FoldStreet(std::string_view text, std::string* house);

// Letters and digits alone.
std::string FoldCode(std::string_view text);
// Digits, without a trunk zero or the zeros of an international call.
std::string FoldPhone(std::string_view text);
// Small letters without blanks; empty: no address.
std::string FoldEmail(std::string_view text);

// How a name sounds, roughly; 0: no letters. Equal for most ways to write it.
uint32_t SoundOf(std::string_view folded);

// The same of a given name, where a short form sounds like what it is short
// for.
uint32_t SoundOfGiven(std::string_view folded);

// Numbers of the groups of names that are one another's short forms; at most
// two, the rest zero.
struct NicknameGroups {
  uint16_t group[2] = {0, 0};

  bool Shares(const NicknameGroups& other) const {
    for (const uint16_t mine : group) {
      if (mine != 0 && (mine == other.group[0] || mine == other.group[1])) {
        return true;
      }
    }
    return false;
  }
};
NicknameGroups NicknamesOf(std::string_view folded);

}  // namespace crm

#endif  // CRM_IDENTITY_MATCH_TEXT_H_
