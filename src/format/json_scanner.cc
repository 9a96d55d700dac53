#include <simdjson.h>

#include <algorithm>

#include "base/ascii.h"
#include "format/json_internal.h"

namespace crm {
namespace {

// Up to so many keys are compared with each other as they come; the keys of
// larger objects are sorted at the end, so that no input costs n * n.
constexpr size_t kManyKeys = 32;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Four hexadecimal digits; -1 when they are not.
int32_t HexUnit(const char* at) {
  int32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int value = HexValue(at[i]);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

char* AppendUtf8(uint32_t code, char* out) {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xc0 | code >> 6);
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xe0 | code >> 12);
    *out++ = static_cast<char>(0x80 | (code >> 6 & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else {
    *out++ = static_cast<char>(0xf0 | code >> 18);
    *out++ = static_cast<char>(0x80 | (code >> 12 & 0x3f));
    *out++ = static_cast<char>(0x80 | (code >> 6 & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  }
  return out;
}

bool IsHighSurrogate(int32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(int32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

}  // namespace

void KeyTable::Reset(size_t text_size) {
  keys_.clear();
  arena_used_ = 0;
  if (text_size <= arena_size_) return;
  // Unescaped text is never longer than the token it came from.
  arena_.reset(new char[text_size]);
  arena_size_ = text_size;
}

bool KeyTable::Add(std::string_view key, Mark* mark) {
  const uint64_t print = KeyPrint(key);
  const uint64_t bit = uint64_t{1} << (print & 63);
  const size_t count = keys_.size() - mark->first;
  if ((mark->seen & bit) != 0 && count < kManyKeys) {
    for (size_t i = mark->first; i < keys_.size(); ++i) {
      const Key& other = keys_[i];
      if (other.print == print &&
          std::string_view(other.data, other.size) == key) {
        return false;
      }
    }
  }
  mark->seen |= bit;
  keys_.push_back({print, key.data(), key.size()});
  return true;
}

bool KeyTable::Close(const Mark& mark) {
  bool unique = true;
  if (keys_.size() - mark.first > kManyKeys) {
    const auto first = keys_.begin() + static_cast<ptrdiff_t>(mark.first);
    const auto text = [](const Key& key) {
      return std::string_view(key.data, key.size);
    };
    std::sort(first, keys_.end(), [&](const Key& a, const Key& b) {
      return a.print != b.print ? a.print < b.print : text(a) < text(b);
    });
    unique =
        std::adjacent_find(first, keys_.end(), [&](const Key& a, const Key& b) {
          return a.print == b.print && text(a) == text(b);
        }) == keys_.end();
  }
  keys_.resize(mark.first);
  return unique;
}

std::string_view KeyTable::Unescape(std::string_view raw) {
  char* const first = arena_.get() + arena_used_;
  const auto size = static_cast<size_t>(UnescapeTo(raw, first) - first);
  arena_used_ += size;
  return {first, size};
}

char* UnescapeTo(std::string_view raw, char* out) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at < end) {
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    static constexpr std::string_view kLetters = "bfnrt";
    const char letter = at[1];
    at += 2;
    if (const size_t i = kLetters.find(letter); i != std::string_view::npos) {
      *out++ = "\b\f\n\r\t"[i];
    } else if (letter != 'u') {
      *out++ = letter;
    } else {
      auto code = static_cast<uint32_t>(HexUnit(at));
      at += 4;
      if (IsHighSurrogate(static_cast<int32_t>(code))) {
        const auto low = static_cast<uint32_t>(HexUnit(at + 2));
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      }
      out = AppendUtf8(code, out);
    }
  }
  return out;
}

bool IsJsonUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

size_t MinifyTo(std::string_view text, char* out) {
  size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), out, size) !=
      simdjson::SUCCESS) {
    return 0;
  }
  return size;
}

void JsonScanner::SkipMoreBlanks() {
  const char* const first = at_;
  while (at_ < end_ &&
         (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
    ++at_;
  }
  blanks_ += at_ - first;
}

bool JsonScanner::TakeEscapes(bool* escaped) {
  while (true) {
    if (at_ == end_) return Fail(JsonFault::kSyntax);
    if (*at_ == '"') return true;
    if (*at_ != '\\' || end_ - at_ < 2) return Fail(JsonFault::kSyntax);
    *escaped = true;
    const char letter = at_[1];
    at_ += 2;
    if (letter == 'u') {
      if (!TakeUnicodeEscape()) return false;
    } else if (std::string_view("\"\\/bfnrt").find(letter) ==
               std::string_view::npos) {
      return Fail(JsonFault::kSyntax);
    }
    at_ = FindSpecial(at_, end_);
  }
}

bool JsonScanner::TakeUnicodeEscape() {
  const int32_t unit = end_ - at_ >= 4 ? HexUnit(at_) : -1;
  if (unit < 0) return Fail(JsonFault::kSyntax);
  at_ += 4;
  if (IsLowSurrogate(unit)) return Fail(JsonFault::kSurrogate);
  if (!IsHighSurrogate(unit)) return true;
  if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u' ||
      !IsLowSurrogate(HexUnit(at_ + 2))) {
    return Fail(JsonFault::kSurrogate);
  }
  at_ += 6;
  return true;
}

bool JsonScanner::TakeDigits() {
  const char* const first = at_;
  while (at_ < end_ && IsDigit(*at_)) ++at_;
  return at_ != first || Fail(JsonFault::kSyntax);
}

bool JsonScanner::TakeNumber() {
  if (Peek() == '-') ++at_;
  if (Peek() == '0') {
    ++at_;  // Whatever digit follows is then out of place.
  } else if (!TakeDigits()) {
    return false;
  }
  if (Peek() == '.') {
    ++at_;
    if (!TakeDigits()) return false;
  }
  if (Peek() == 'e' || Peek() == 'E') {
    ++at_;
    if (Peek() == '+' || Peek() == '-') ++at_;
    if (!TakeDigits()) return false;
  }
  return true;
}

}  // namespace crm
