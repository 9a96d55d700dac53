// Equality of JSON values, and the formats of texts.

#include <algorithm>

#include "base/time_text.h"
#include "event/schema_nodes.h"
#include "format/json_internal.h"

namespace crm {
namespace {

struct Member {
  std::string key;
  std::string_view value;
};

// Beyond any depth that reaches here.
constexpr size_t kDepth = 256;

std::string TextOf(std::string_view token) {
  const std::string_view raw = token.substr(1, token.size() - 2);
  std::string text(raw.size(), '\0');
  text.resize(static_cast<size_t>(UnescapeTo(raw, text.data()) - text.data()));
  return text;
}

std::vector<std::string_view> ElementsOf(std::string_view array) {
  std::vector<std::string_view> elements;
  JsonScanner at(array, kDepth, nullptr);
  at.TakeArray(0, [&] {
    const char* const first = at.at();
    if (!at.TakeValue(1)) return false;
    elements.emplace_back(first, static_cast<size_t>(at.at() - first));
    return true;
  });
  return elements;
}

// In order of the keys.
std::vector<Member> MembersOf(std::string_view object) {
  std::vector<Member> members;
  JsonScanner at(object, kDepth, nullptr);
  at.TakeObject(0, [&](const JsonScanner::Key& key) {
    const char* const first = at.at();
    if (!at.TakeValue(1)) return false;
    const std::string_view quoted(key.text.data() - 1, key.text.size() + 2);
    members.push_back(
        {TextOf(quoted), {first, static_cast<size_t>(at.at() - first)}});
    return true;
  });
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.key < b.key; });
  return members;
}

bool IsNumber(std::string_view token) {
  return token.front() == '-' || (token.front() >= '0' && token.front() <= '9');
}

uint64_t HashText(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

uint64_t Mix(uint64_t hash, uint64_t more) {
  hash = (hash ^ more) * 0x9e3779b97f4a7c15ULL;
  return hash ^ hash >> 29;
}

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

bool IsAlpha(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z';
}

bool IsHex(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' ||
      !AreDigits(text.substr(0, 4)) || !AreDigits(text.substr(5, 2)) ||
      !AreDigits(text.substr(8, 2))) {
    return false;
  }
  const auto two = [&](size_t i) {
    return (text[i] - '0') * 10 + (text[i + 1] - '0');
  };
  const int year = two(0) * 100 + two(2);
  const int month = two(5);
  const int day = two(8);
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool IsDateTime(std::string_view text) {
  if (text.size() < 20 || (text[10] | 0x20) != 't') return false;
  // RFC 3339 has the colon in the offset; ParseTime does without.
  const char sign = text[text.size() - 6];
  const bool zone =
      (text.back() | 0x20) == 'z' ||
      ((sign == '+' || sign == '-') && text[text.size() - 3] == ':');
  return zone && ParseTime(text).ok();
}

bool IsEmail(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254 ||
      at + 1 == text.size()) {
    return false;
  }
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  const auto bad = [](std::string_view part, std::string_view more) {
    return std::any_of(part.begin(), part.end(), [&](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte <= ' ' || byte == 0x7f ||
             more.find(c) != std::string_view::npos;
    });
  };
  if (bad(local, "@,;:<>()[]\\\"") || bad(domain, "@,;:<>()\\\"/?#&=+*!$%")) {
    return false;
  }
  return local.front() != '.' && local.back() != '.' &&
         local.find("..") == std::string_view::npos && domain.front() != '.' &&
         domain.front() != '-' && domain.back() != '-' &&
         domain.find("..") == std::string_view::npos;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

bool IsUri(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !IsAlpha(text[0])) {
    return false;
  }
  for (const char c : text.substr(0, colon)) {
    const bool digit = c >= '0' && c <= '9';
    if (!IsAlpha(c) && !digit && c != '+' && c != '-' && c != '.') return false;
  }
  for (size_t i = colon + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) {
        return false;
      }
    } else if (static_cast<unsigned char>(c) <= ' ' ||
               static_cast<unsigned char>(c) >= 0x7f ||
               std::string_view("\"<>\\^`{|}").find(c) !=
                   std::string_view::npos) {
      return false;
    }
  }
  return true;
}

constexpr std::pair<std::string_view, TextFormat> kFormats[] = {
    {"date-time", TextFormat::kDateTime},
    {"date", TextFormat::kDate},
    {"email", TextFormat::kEmail},
    {"uuid", TextFormat::kUuid},
    {"uri", TextFormat::kUri},
};

}  // namespace

TextFormat TextFormatOf(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return TextFormat::kNone;
}

std::string_view NameOf(TextFormat format) {
  for (const auto& [name, known] : kFormats) {
    if (known == format) return name;
  }
  return {};
}

bool IsOfFormat(std::string_view text, TextFormat format) {
  switch (format) {
    case TextFormat::kNone:
      return true;
    case TextFormat::kDateTime:
      return IsDateTime(text);
    case TextFormat::kDate:
      return IsDate(text);
    case TextFormat::kEmail:
      return IsEmail(text);
    case TextFormat::kUuid:
      return IsUuid(text);
    case TextFormat::kUri:
      return IsUri(text);
  }
  return true;
}

bool JsonEqual(std::string_view a, std::string_view b, size_t* steps) {
  const size_t cost = 1 + (a.size() + b.size()) / kSchemaStepBytes;
  if (*steps <= cost) {
    *steps = 0;
    return false;
  }
  *steps -= cost;
  if (IsNumber(a) && IsNumber(b)) {
    return CompareNumbers(ReadNumber(a), ReadNumber(b)) == 0;
  }
  if (a.front() != b.front()) return false;
  if (a.front() == '"') {
    const bool plain = a.find('\\') == std::string_view::npos &&
                       b.find('\\') == std::string_view::npos;
    return plain ? a == b : TextOf(a) == TextOf(b);
  }
  if (a.front() == '[') {
    const std::vector<std::string_view> left = ElementsOf(a);
    const std::vector<std::string_view> right = ElementsOf(b);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](std::string_view x, std::string_view y) {
                        return JsonEqual(x, y, steps);
                      });
  }
  if (a.front() == '{') {
    const std::vector<Member> left = MembersOf(a);
    const std::vector<Member> right = MembersOf(b);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](const Member& x, const Member& y) {
                        return x.key == y.key &&
                               JsonEqual(x.value, y.value, steps);
                      });
  }
  return true;  // null, true, false: the first letter tells.
}

uint64_t JsonHash(std::string_view json) {
  if (IsNumber(json)) return HashNumber(ReadNumber(json));
  uint64_t hash = static_cast<unsigned char>(json.front());
  if (json.front() == '"') return Mix(hash, HashText(TextOf(json)));
  if (json.front() == '[') {
    for (const std::string_view element : ElementsOf(json)) {
      hash = Mix(hash, JsonHash(element));
    }
  }
  if (json.front() == '{') {
    for (const Member& member : MembersOf(json)) {
      hash = Mix(Mix(hash, HashText(member.key)), JsonHash(member.value));
    }
  }
  return hash;
}

}  // namespace crm
