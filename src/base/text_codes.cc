#include "base/text_codes.h"

#include <cstdint>

namespace crm {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void AppendHex(std::string_view bytes, std::string* out) {
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out->push_back(kHexDigits[byte >> 4]);
    out->push_back(kHexDigits[byte & 15]);
  }
}

std::string ToHexText(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  AppendHex(bytes, &text);
  return text;
}

bool FromHexText(std::string_view text, std::string* bytes) {
  bytes->clear();
  if (text.size() % 2 != 0) return false;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes->push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

std::string ToBase64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < left ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      text.push_back(k <= left ? kBase64[group >> (18 - 6 * k) & 63] : '=');
    }
  }
  return text;
}

bool FromBase64(std::string_view text, std::string* bytes) {
  bytes->clear();
  if (text.size() % 4 != 0) return false;
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t value = kBase64.find(text[i]);
    const bool padding = text[i] == '=' && i + 2 >= text.size();
    if (value == std::string_view::npos && !padding) return false;
    group = group << 6 | (padding ? 0u : static_cast<uint32_t>(value));
    if (i % 4 != 3) continue;
    for (int shift = 16; shift >= 0; shift -= 8) {
      bytes->push_back(static_cast<char>(group >> shift));
    }
    group = 0;
  }
  if (text.ends_with("==")) bytes->pop_back();
  if (text.ends_with("=")) bytes->pop_back();
  return ToBase64(*bytes) == text;  // No bits beside what it says.
}

}  // namespace crm
