#include "json_value.h"

#include <algorithm>

#include "base/utf8.h"

namespace crm {
namespace {

class Parser final {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool Whole(JsonValue* value) {
    return IsUtf8(text_) && Value(value) && (Blanks(), at_ == text_.size());
  }

 private:
  char Now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) { return Now() == c && (++at_, true); }
  void Blanks() {
    while (Now() == ' ' || Now() == '\t' || Now() == '\n' || Now() == '\r') {
      ++at_;
    }
  }

  bool Value(JsonValue* value) {
    Blanks();
    value->kind = Now();
    for (const std::string_view word : {"null", "true", "false"}) {
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return true;
      }
    }
    if (Now() == '"') return String(&value->text);
    if (Now() == '{') return Object(value);
    if (Now() == '[') return Array(value);
    value->kind = '0';
    return Number(&value->text);
  }

  bool Digits() {
    const size_t first = at_;
    while (Now() >= '0' && Now() <= '9') ++at_;
    return at_ > first;
  }

  bool Number(std::string* token) {
    const size_t first = at_;
    Take('-');
    const size_t whole = at_;
    if (!Digits() || (text_[whole] == '0' && at_ > whole + 1)) return false;
    if (Take('.') && !Digits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!Digits()) return false;
    }
    token->assign(text_.substr(first, at_ - first));
    return true;
  }

  bool Hex(uint32_t* unit) {
    *unit = 0;
    for (int i = 0; i < 4; ++i) {
      const size_t digit =
          std::string_view("0123456789abcdef")
              .find(static_cast<char>(Now() | (Now() >= 'A' ? 0x20 : 0)));
      if (Now() == '\0' || digit == std::string_view::npos) return false;
      *unit = *unit * 16 + static_cast<uint32_t>(digit);
      ++at_;
    }
    return true;
  }

  static void Append(uint32_t code, std::string* out) {
    const auto push = [&](uint32_t byte) {
      out->push_back(static_cast<char>(byte));
    };
    if (code < 0x80) return push(code);
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    push((0xff00u >> (more + 1) & 0xff) | code >> (6 * more));
    for (int i = more - 1; i >= 0; --i) push(0x80 | (code >> (6 * i) & 0x3f));
  }

  bool Escape(std::string* out) {
    const char c = Now();
    ++at_;
    const size_t i = std::string_view("\"\\/bfnrt").find(c);
    if (c != '\0' && i != std::string_view::npos) {
      out->push_back("\"\\/\b\f\n\r\t"[i]);
      return true;
    }
    uint32_t unit = 0;
    if (c != 'u' || !Hex(&unit)) return false;
    if (unit >= 0xdc00 && unit < 0xe000) return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
      uint32_t low = 0;
      if (!Take('\\') || !Take('u') || !Hex(&low)) return false;
      if (low < 0xdc00 || low >= 0xe000) return false;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    Append(unit, out);
    return true;
  }

  bool String(std::string* out) {
    if (!Take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out->push_back(c);
      } else if (!Escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool Object(JsonValue* value) {
    Take('{');
    Blanks();
    if (Take('}')) return true;
    do {
      Blanks();
      std::string key;
      JsonValue member;
      if (!String(&key) || (Blanks(), !Take(':')) || !Value(&member)) {
        return false;
      }
      if (!value->members.emplace(key, std::move(member)).second) return false;
      Blanks();
    } while (Take(','));
    return Take('}');
  }

  bool Array(JsonValue* value) {
    Take('[');
    Blanks();
    if (Take(']')) return true;
    do {
      if (!Value(&value->elements.emplace_back())) return false;
      Blanks();
    } while (Take(','));
    return Take(']');
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<JsonValue> ParseJson(std::string_view text) {
  JsonValue value;
  if (!Parser(text).Whole(&value)) return std::nullopt;
  return value;
}

size_t DepthOf(const JsonValue& value) {
  size_t deepest = 0;
  for (const JsonValue& element : value.elements) {
    deepest = std::max(deepest, DepthOf(element));
  }
  for (const auto& [key, member] : value.members) {
    deepest = std::max(deepest, DepthOf(member));
  }
  return deepest + (value.kind == '{' || value.kind == '[' ? 1 : 0);
}

std::string RandomBlanks(std::mt19937& random) {
  static constexpr std::string_view kChoices[] = {"",     "",   "",    " ",
                                                  "\n  ", "\t", "\r\n"};
  return std::string(kChoices[random() % 7]);
}

std::string RandomString(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {
      "a",
      "Z",
      "0",
      " ",
      "{",
      "}",
      "[",
      ":",
      ",",
      "'",
      "/",
      "\\/",
      "\\\\",
      "\\\"",
      "\\n",
      "\\u0041",
      "\\u00e9",
      "\\u20AC",
      "\\ud83d\\ude00",
      "\\u0000",
      "\xc3\xbc",
      "\xe2\x82\xac",
      "\xf0\x9f\x98\x80",
      "\x7f",
      "a longer piece of text, over sixteen bytes"};
  std::string text = "\"";
  for (size_t i = random() % 6; i > 0; --i) text += kPieces[random() % 25];
  return text + "\"";
}

std::string RandomValue(std::mt19937& random, int depth) {
  static constexpr std::string_view kScalars[] = {
      "null",   "true",  "false",
      "0",      "-0",    "1E5",
      "0.001",  "1e400", "18446744073709551616",
      "-12.50", "1e-7",  "123456789",
      "{}",     "[]"};
  const size_t choice = random() % (depth > 0 ? 5 : 3);
  if (choice == 0) return RandomString(random);
  if (choice < 3) return std::string(kScalars[random() % 14]);
  if (choice == 3) return RandomObject(random, depth);
  std::string text = "[" + RandomBlanks(random);
  for (size_t i = random() % 4; i > 0; --i) {
    text += RandomValue(random, depth - 1) + RandomBlanks(random);
    if (i > 1) text += "," + RandomBlanks(random);
  }
  return text + "]";
}

std::string RandomObject(std::mt19937& random, int depth) {
  std::string text = "{" + RandomBlanks(random);
  const size_t count = random() % 5;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += "," + RandomBlanks(random);
    // Unlike each other by their beginning.
    std::string key = RandomString(random);
    key.insert(1, std::to_string(i));
    text += key + RandomBlanks(random) + ":" + RandomBlanks(random) +
            RandomValue(random, depth - 1) + RandomBlanks(random);
  }
  return text + "}";
}

}  // namespace crm
