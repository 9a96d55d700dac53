#include "identity/match_text.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"

namespace crm {
namespace {

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

// Letters that have no decomposition, by their UTF-8.
struct Ligature {
  std::string_view from;
  std::string_view to;
};
constexpr Ligature kLigatures[] = {
    {"\xc3\xb8", "o"},     {"\xc5\x82", "l"},  {"\xc4\x91", "d"},
    {"\xc3\xa6", "ae"},    {"\xc5\x93", "oe"}, {"\xc3\xbe", "th"},
    {"\xc3\xb0", "d"},     {"\xc4\xb1", "i"},  {"\xc4\xa7", "h"},
    {"\xe2\x80\x99", "'"}, {"\xca\xbc", "'"},  {"\xc5\x8b", "n"},
};

// Case fold, decompose, drop marks. Empty when ICU refuses.
std::string Decompose(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  std::u16string wide(text.size() + 1, u'\0');
  int32_t size = 0;
  u_strFromUTF8(wide.data(), static_cast<int32_t>(wide.size()), &size,
                text.data(), static_cast<int32_t>(text.size()), &error);
  if (U_FAILURE(error)) return {};
  std::u16string folded(static_cast<size_t>(size) * 3 + 1, u'\0');
  const int32_t folded_size =
      u_strFoldCase(folded.data(), static_cast<int32_t>(folded.size()),
                    wide.data(), size, U_FOLD_CASE_DEFAULT, &error);
  const UNormalizer2* const normaliser = unorm2_getNFKDInstance(&error);
  if (U_FAILURE(error)) return {};
  // No character becomes more than 18 units.
  std::u16string parts(static_cast<size_t>(folded_size) * 18 + 1, u'\0');
  const int32_t parts_size =
      unorm2_normalize(normaliser, folded.data(), folded_size, parts.data(),
                       static_cast<int32_t>(parts.size()), &error);
  if (U_FAILURE(error)) return {};
  // Combining marks of European scripts.
  std::u16string bare;
  for (int32_t i = 0; i < parts_size; ++i) {
    const char16_t c = parts[static_cast<size_t>(i)];
    if (c < 0x300 || c > 0x36f) bare.push_back(c);
  }
  std::string out(bare.size() * 3 + 1, '\0');
  int32_t out_size = 0;
  u_strToUTF8(out.data(), static_cast<int32_t>(out.size()), &out_size,
              bare.data(), static_cast<int32_t>(bare.size()), &error);
  if (U_FAILURE(error)) return {};
  out.resize(static_cast<size_t>(out_size));
  return out;
}

std::string Unligate(std::string text) {
  for (const Ligature& one : kLigatures) {
    size_t at = 0;
    while ((at = text.find(one.from, at)) != std::string::npos) {
      text.replace(at, one.from.size(), one.to);
      at += one.to.size();
    }
  }
  return text;
}

// Of ASCII, or text that went through Decompose.
std::string Simplify(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool high = static_cast<unsigned char>(c) >= 0x80;
    if (IsLetter(c) || IsDigit(c) || high) {
      out.push_back(c);
    } else if (c != '\'' && c != '`') {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

template <size_t N>
bool IsOneOf(std::string_view word,
             const std::array<std::string_view, N>& sorted) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

// Sorted. What stands beside a name and is none.
constexpr auto kTitles = std::to_array<std::string_view>({
    "1st",  "2nd",      "3rd",   "4th",      "5th",  "6th",  "7th",  "8th",
    "9th",  "and",      "baron", "baroness", "bt",   "capt", "col",  "countess",
    "dame", "dds",      "dr",    "duchess",  "duke", "earl", "esq",  "frau",
    "herr", "hon",      "ii",    "iii",      "iv",   "jnr",  "jr",   "junior",
    "lady", "lord",     "lt",    "marquess", "md",   "miss", "mlle", "mme",
    "mr",   "mrs",      "ms",    "phd",      "prof", "rev",  "sir",  "sr",
    "sra",  "viscount",
});
constexpr auto kParticles = std::to_array<std::string_view>({
    "af",  "al",  "ap",  "bin", "da",  "de",  "del", "della",
    "den", "der", "des", "di",  "do",  "dos", "du",  "el",
    "la",  "le",  "of",  "ten", "the", "van", "von", "zu",
});

// The words of a name that are neither titles nor, among others, particles.
std::vector<std::string_view> NameWords(std::string_view folded,
                                        bool drop_titles) {
  const std::vector<std::string_view> all = SplitWords(folded);
  std::vector<std::string_view> out;
  for (const std::string_view word : all) {
    if (IsOneOf(word, kParticles) || (drop_titles && IsOneOf(word, kTitles))) {
      continue;
    }
    out.push_back(word);
  }
  // A name of nothing else is a name: Mr. Duke, Ms. Le.
  return out.empty() || (drop_titles && out.size() < 2) ? all : out;
}

// A name, folded. A digit inside a word is a letter that was misread.
std::string FoldName(std::string_view raw) {
  constexpr std::string_view kRead = "0158";
  constexpr std::string_view kWritten = "olsb";
  std::string out = FoldText(raw);
  const auto is_letter = [&](size_t at) {
    return at < out.size() &&
           (IsLetter(out[at]) || static_cast<unsigned char>(out[at]) >= 0x80);
  };
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t which = kRead.find(out[i]);
    if (which == std::string_view::npos) continue;
    const bool inside = i > 0 && is_letter(i - 1);
    // "8arber", but not "1st" and "5th".
    const bool front = is_letter(i + 1) && is_letter(i + 2) && is_letter(i + 3);
    if (inside || front) out[i] = kWritten[which];
  }
  return out;
}

// What is called of a given name: an initial behind it is a middle name.
std::string Called(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    if (out.empty() || word.size() > 1) out += word;
  }
  return out;
}

std::string Join(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out += word;
  return out;
}

// The words of a full name, the given names first.
std::vector<std::string> FullNameWords(std::string_view raw) {
  constexpr size_t kMostSurnames = 3;
  const size_t comma = raw.find(',');
  const std::string front = FoldName(raw.substr(0, comma));
  const std::vector<std::string_view> words =
      NameWords(front, comma == std::string_view::npos);
  std::vector<std::string> out(words.begin(), words.end());
  if (comma == std::string_view::npos) return out;
  const std::string back = FoldName(raw.substr(comma + 1));
  const std::vector<std::string_view> behind = SplitWords(back);
  std::vector<std::string> rest;
  for (const std::string_view word : behind) {
    if (!IsOneOf(word, kParticles) && !IsOneOf(word, kTitles)) {
      rest.emplace_back(word);
    }
  }
  // "Lovelace, Ada", "Garcia Lopez, Ana". Not "Ada King, Countess of Lovelace",
  // nor "John Smith, of York".
  const bool turned = !rest.empty() && out.size() <= kMostSurnames &&
                      (out.size() == 1 || (!IsOneOf(behind[0], kTitles) &&
                                           !IsOneOf(behind[0], kParticles)));
  if (!turned) {
    const std::vector<std::string_view> bare = NameWords(front, true);
    out.assign(bare.begin(), bare.end());
  }
  out.insert(turned ? out.begin() : out.end(), rest.begin(), rest.end());
  return out;
}

}  // namespace

std::string FoldText(std::string_view text) {
  if (IsAscii(text)) return Simplify(text);
  return Simplify(Unligate(Decompose(text)));
}

std::vector<std::string_view> SplitWords(std::string_view folded) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  while (begin < folded.size()) {
    size_t end = folded.find(' ', begin);
    if (end == std::string_view::npos) end = folded.size();
    if (end > begin) words.push_back(folded.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

NameParts SplitName(const RawName& raw) {
  NameParts parts;
  const std::string given = FoldName(raw.given);
  const std::string surname = FoldName(raw.surname);
  const std::string middle = FoldName(raw.middle);
  const std::vector<std::string_view> given_words = NameWords(given, false);
  const std::vector<std::string_view> surname_words = NameWords(surname, false);
  std::vector<std::string> full = FullNameWords(raw.full);
  parts.given = Called(given_words);
  if (!given_words.empty()) parts.first = given_words.front();
  parts.surname = Join(surname_words);
  if (!surname_words.empty()) parts.last = surname_words.back();
  for (size_t i = 1; i < given_words.size(); ++i) {
    parts.middle.emplace_back(given_words[i]);
  }
  for (const std::string_view word : SplitWords(middle)) {
    parts.middle.emplace_back(word);
  }
  for (size_t i = 0; i + 1 < surname_words.size(); ++i) {
    parts.middle.emplace_back(surname_words[i]);
  }
  // One word alone is more often a surname; which of them, nobody knows.
  if (parts.surname.empty() && !full.empty()) {
    if (full.size() > 1 || !parts.given.empty()) {
      parts.surname = parts.last = full.back();
      full.pop_back();
    }
  }
  if (parts.given.empty() && !full.empty()) {
    parts.given = parts.first = full.front();
    full.erase(full.begin());
  }
  for (std::string& word : full) {
    if (word == parts.given || word == parts.first || word == parts.last ||
        word == parts.surname) {
      continue;
    }
    parts.middle.push_back(std::move(word));
  }
  return parts;
}

bool ParseMatchDate(std::string_view text, MatchDate* date) {
  *date = MatchDate();
  uint32_t* const parts[3] = {&date->year, &date->month, &date->day};
  constexpr size_t kDigits[3] = {4, 2, 2};
  size_t at = 0;
  for (size_t part = 0; part < 3 && at < text.size(); ++part) {
    if (part > 0 && text[at++] != '-') return false;
    if (text.size() - at < kDigits[part]) return false;
    for (size_t i = 0; i < kDigits[part]; ++i, ++at) {
      if (!IsDigit(text[at])) return false;
      *parts[part] = *parts[part] * 10 + static_cast<uint32_t>(text[at] - '0');
    }
  }
  return at == text.size() && at > 0 && date->month <= 12 && date->day <= 31;
}

std::string FoldCode(std::string_view text) {
  std::string out;
  for (const char c : FoldText(text)) {
    if (c != ' ') out.push_back(c);
  }
  return out;
}

std::string FoldPhone(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (IsDigit(c)) digits.push_back(c);
    if (c == 'x' || c == 'X') break;  // An extension.
  }
  size_t zeros = 0;
  while (zeros < digits.size() && digits[zeros] == '0') ++zeros;
  digits.erase(0, zeros);
  return digits.size() < 5 ? std::string() : digits;
}

std::string FoldEmail(std::string_view text) {
  std::string out;
  const std::string plain(IsAscii(text) ? std::string(text) : Decompose(text));
  for (char c : plain) {
    if (static_cast<unsigned char>(c) <= ' ') continue;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    out.push_back(c);
  }
  const size_t at = out.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == out.size()) return {};
  return out;
}

}  // namespace crm
