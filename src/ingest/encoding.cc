#include "ingest/encoding.h"

#include <array>
#include <utility>

namespace crm::ingest {
namespace {

constexpr char kNoUtf8 = '\xff';

constexpr std::array<std::pair<std::string_view, TextEncoding>, 7> kEncodings =
    {{
        {"utf-8", TextEncoding::kUtf8},
        {"utf-16", TextEncoding::kUtf16},
        {"utf-16le", TextEncoding::kUtf16Le},
        {"utf-16be", TextEncoding::kUtf16Be},
        {"windows-1252", TextEncoding::kWindows1252},
        {"latin-1", TextEncoding::kWindows1252},
        {"mac-roman", TextEncoding::kMacRoman},
    }};

// What windows-1252 has at 0x80 to 0x9f; zero: nothing. Above it is latin-1.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

// What Mac Roman has at 0x80 to 0xff.
constexpr std::array<uint16_t, 128> kMacRoman = {
    0x00c4, 0x00c5, 0x00c7, 0x00c9, 0x00d1, 0x00d6, 0x00dc, 0x00e1, 0x00e0,
    0x00e2, 0x00e4, 0x00e3, 0x00e5, 0x00e7, 0x00e9, 0x00e8, 0x00ea, 0x00eb,
    0x00ed, 0x00ec, 0x00ee, 0x00ef, 0x00f1, 0x00f3, 0x00f2, 0x00f4, 0x00f6,
    0x00f5, 0x00fa, 0x00f9, 0x00fb, 0x00fc, 0x2020, 0x00b0, 0x00a2, 0x00a3,
    0x00a7, 0x2022, 0x00b6, 0x00df, 0x00ae, 0x00a9, 0x2122, 0x00b4, 0x00a8,
    0x2260, 0x00c6, 0x00d8, 0x221e, 0x00b1, 0x2264, 0x2265, 0x00a5, 0x00b5,
    0x2202, 0x2211, 0x220f, 0x03c0, 0x222b, 0x00aa, 0x00ba, 0x03a9, 0x00e6,
    0x00f8, 0x00bf, 0x00a1, 0x00ac, 0x221a, 0x0192, 0x2248, 0x2206, 0x00ab,
    0x00bb, 0x2026, 0x00a0, 0x00c0, 0x00c3, 0x00d5, 0x0152, 0x0153, 0x2013,
    0x2014, 0x201c, 0x201d, 0x2018, 0x2019, 0x00f7, 0x25ca, 0x00ff, 0x0178,
    0x2044, 0x20ac, 0x2039, 0x203a, 0xfb01, 0xfb02, 0x2021, 0x00b7, 0x201a,
    0x201e, 0x2030, 0x00c2, 0x00ca, 0x00c1, 0x00cb, 0x00c8, 0x00cd, 0x00ce,
    0x00cf, 0x00cc, 0x00d3, 0x00d4, 0xf8ff, 0x00d2, 0x00da, 0x00db, 0x00d9,
    0x0131, 0x02c6, 0x02dc, 0x00af, 0x02d8, 0x02d9, 0x02da, 0x00b8, 0x02dd,
    0x02db, 0x02c7};

// The character of a byte; zero: none (but for the byte zero).
uint32_t CodeOf(TextEncoding encoding, unsigned char byte) {
  if (byte < 0x80) return byte;
  if (encoding == TextEncoding::kMacRoman) return kMacRoman[byte - 0x80];
  return byte < 0xa0 ? kWindows1252[byte - 0x80] : byte;
}

}  // namespace

void AppendUtf8(uint32_t code, std::string* out) {
  const auto put = [out](uint32_t byte) {
    out->push_back(static_cast<char>(byte));
  };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xe0 | (code >> 12));
    } else {
      put(0xf0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3f));
    }
    put(0x80 | ((code >> 6) & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

std::optional<TextEncoding> EncodingOfName(std::string_view name) {
  for (const auto& [known, encoding] : kEncodings) {
    if (known == name) return encoding;
  }
  return std::nullopt;
}

std::string_view NameOfEncoding(TextEncoding encoding) {
  for (const auto& [name, known] : kEncodings) {
    if (known == encoding) return name;
  }
  return "utf-8";
}

bool IsEightBit(TextEncoding encoding) {
  return encoding == TextEncoding::kWindows1252 ||
         encoding == TextEncoding::kMacRoman;
}

bool AppendFromEightBit(TextEncoding encoding, std::string_view text,
                        std::string* out) {
  for (const char c : text) {
    const uint32_t code = CodeOf(encoding, static_cast<unsigned char>(c));
    if (code == 0 && c != '\0') return false;
    AppendUtf8(code, out);
  }
  return true;
}

ByteOrderMark FindByteOrderMark(std::string_view start) {
  if (start.starts_with("\xef\xbb\xbf")) return {TextEncoding::kUtf8, 3};
  if (start.starts_with("\xff\xfe")) return {TextEncoding::kUtf16Le, 2};
  if (start.starts_with("\xfe\xff")) return {TextEncoding::kUtf16Be, 2};
  return {};
}

void Utf8Stream::Append(std::string_view bytes, std::string* out) {
  if (encoding_ == TextEncoding::kUtf8) {
    out->append(bytes);
    return;
  }
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsEightBit(encoding_)) {
      const uint32_t code = CodeOf(encoding_, byte);
      if (code == 0 && byte != 0) {
        out->push_back(kNoUtf8);
      } else {
        AppendUtf8(code, out);
      }
    } else if (first_byte_ < 0) {
      first_byte_ = byte;
    } else {
      const auto first = static_cast<uint32_t>(first_byte_);
      first_byte_ = -1;
      AppendUnit(encoding_ == TextEncoding::kUtf16Le ? (byte << 8u) | first
                                                     : (first << 8) | byte,
                 out);
    }
  }
}

void Utf8Stream::AppendUnit(uint32_t unit, std::string* out) {
  const bool low = unit >= 0xdc00 && unit < 0xe000;
  if (high_ != 0) {
    const uint32_t high = high_;
    high_ = 0;
    if (low) {
      AppendUtf8(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00), out);
      return;
    }
    out->push_back(kNoUtf8);
  }
  if (low) {
    out->push_back(kNoUtf8);
  } else if (unit >= 0xd800 && unit < 0xdc00) {
    high_ = unit;
  } else {
    AppendUtf8(unit, out);
  }
}

void Utf8Stream::Finish(std::string* out) {
  if (high_ != 0 || first_byte_ >= 0) out->push_back(kNoUtf8);
  high_ = 0;
  first_byte_ = -1;
}

}  // namespace crm::ingest
