#include "base/utf8.h"

#include <cstdint>
#include <cstring>
#include <string>

namespace crm {
namespace {

// The length of the well-formed sequence at `at` (Unicode, table 3-7), or 0.
size_t SequenceLength(const unsigned char* at, size_t left) {
  const unsigned char first = at[0];
  if (first < 0x80) return 1;
  const auto continues = [&](size_t i) { return (at[i] & 0xc0) == 0x80; };
  if (first < 0xc2) return 0;
  if (first < 0xe0) return left >= 2 && continues(1) ? 2 : 0;
  if (first < 0xf0) {
    if (left < 3 || !continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && at[1] < 0xa0) return 0;  // Overlong.
    if (first == 0xed && at[1] > 0x9f) return 0;  // A surrogate.
    return 3;
  }
  if (first > 0xf4 || left < 4) return 0;
  if (!continues(1) || !continues(2) || !continues(3)) return 0;
  if (first == 0xf0 && at[1] < 0x90) return 0;  // Overlong.
  if (first == 0xf4 && at[1] > 0x8f) return 0;  // Over U+10FFFF.
  return 4;
}

std::string Message(std::string_view field, std::string_view what) {
  std::string text(field);
  text += ": ";
  text += what;
  return text;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  size_t left = text.size();
  while (left > 0) {
    while (left >= 8) {
      uint64_t word;
      std::memcpy(&word, at, sizeof(word));
      if ((word & 0x8080808080808080ULL) != 0) break;
      at += 8;
      left -= 8;
    }
    if (left == 0) break;
    const size_t length = SequenceLength(at, left);
    if (length == 0) return false;
    at += length;
    left -= length;
  }
  return true;
}

Status CheckName(std::string_view field, std::string_view text, size_t max) {
  if (text.empty()) {
    return Status(StatusCode::kInvalidArgument, Message(field, "missing"));
  }
  return CheckOptionalName(field, text, max);
}

namespace {

// Eight bytes at a time: all of 0x20 to 0x7e.
bool IsPrintableAscii(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  uint64_t bad = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    const uint64_t below = (word - kOnes * 0x20) & ~word;
    bad |= (below | word | (word + kOnes)) & kHighs;
  }
  for (; i < text.size(); ++i) {
    bad |= static_cast<uint64_t>(text[i] < 0x20 || text[i] == 0x7f);
  }
  return bad == 0;
}

}  // namespace

Status CheckOptionalName(std::string_view field, std::string_view text,
                         size_t max) {
  if (text.size() > max) {
    return Status(StatusCode::kTooLarge,
                  Message(field, "over " + std::to_string(max) + " bytes"));
  }
  if (IsPrintableAscii(text)) return Status();  // Nearly always.
  if (!IsUtf8(text)) {
    return Status(StatusCode::kInvalidArgument, Message(field, "not UTF-8"));
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c < 0x20 || c == 0x7f || c1) {
      return Status(StatusCode::kInvalidArgument,
                    Message(field, "has a control character"));
    }
  }
  return Status();
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace crm
