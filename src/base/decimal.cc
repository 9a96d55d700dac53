#include "base/decimal.h"

#include <algorithm>
#include <limits>

#include "base/ascii.h"

namespace crm {
namespace {

// Two mantissas with scales aligned, and a product of two, fit in 128 bits.
using Wide = __int128;

constexpr int kMaxScale = 18;
constexpr int kMaxDigits = 19;  // Of an int64_t.

constexpr int64_t kPowersOfTen[kMaxScale + 1] = {1,
                                                 10,
                                                 100,
                                                 1000,
                                                 10000,
                                                 100000,
                                                 1000000,
                                                 10000000,
                                                 100000000,
                                                 1000000000,
                                                 10000000000,
                                                 100000000000,
                                                 1000000000000,
                                                 10000000000000,
                                                 100000000000000,
                                                 1000000000000000,
                                                 10000000000000000,
                                                 100000000000000000,
                                                 1000000000000000000};

Status Overflow() {
  return Status(StatusCode::kTooLarge, "number: does not fit a decimal");
}

Status BadNumber() {
  return Status(StatusCode::kMalformed, "number: not a decimal number");
}

Result<Decimal> Normalised(Wide mantissa, int scale) {
  if (mantissa == 0) return Decimal{};
  while (scale > 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    --scale;
  }
  if (scale > kMaxScale || mantissa > std::numeric_limits<int64_t>::max() ||
      mantissa < std::numeric_limits<int64_t>::min()) {
    return Overflow();
  }
  return Decimal{static_cast<int64_t>(mantissa), static_cast<int8_t>(scale)};
}

Wide Aligned(Decimal value, int scale) {
  return static_cast<Wide>(value.mantissa) * kPowersOfTen[scale - value.scale];
}

// A number token taken apart: [-]whole[.fraction][e exponent].
struct Parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int64_t exponent = 0;
};

std::string_view TakeDigits(std::string_view* text) {
  size_t size = 0;
  while (size < text->size() && IsDigit((*text)[size])) ++size;
  const std::string_view digits = text->substr(0, size);
  text->remove_prefix(size);
  return digits;
}

bool TakeExponent(std::string_view* text, int64_t* exponent) {
  if (text->empty() || ((*text)[0] != 'e' && (*text)[0] != 'E')) return true;
  text->remove_prefix(1);
  bool negative = false;
  if (!text->empty() && ((*text)[0] == '+' || (*text)[0] == '-')) {
    negative = (*text)[0] == '-';
    text->remove_prefix(1);
  }
  const std::string_view digits = TakeDigits(text);
  if (digits.empty()) return false;
  // Far beyond what any text here can make good; stops overflow.
  constexpr int64_t kFar = int64_t{1} << 40;
  int64_t value = 0;
  for (const char c : digits) value = std::min(value * 10 + (c - '0'), kFar);
  *exponent = negative ? -value : value;
  return true;
}

bool Split(std::string_view text, Parts* parts) {
  if (!text.empty() && text[0] == '-') {
    parts->negative = true;
    text.remove_prefix(1);
  }
  parts->whole = TakeDigits(&text);
  if (parts->whole.empty()) return false;
  if (parts->whole.size() > 1 && parts->whole[0] == '0') return false;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    parts->fraction = TakeDigits(&text);
    if (parts->fraction.empty()) return false;
  }
  return TakeExponent(&text, &parts->exponent) && text.empty();
}

std::string_view WithoutTrailingZeroes(std::string_view digits) {
  const size_t last = digits.find_last_not_of('0');
  return digits.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

Result<Decimal> Decimal::Parse(std::string_view text) {
  Parts parts;
  if (!Split(text, &parts)) return BadNumber();
  int64_t exponent = parts.exponent;
  parts.fraction = WithoutTrailingZeroes(parts.fraction);
  exponent -= static_cast<int64_t>(parts.fraction.size());
  if (parts.fraction.empty()) {
    const size_t size = parts.whole.size();
    parts.whole = WithoutTrailingZeroes(parts.whole);
    exponent += static_cast<int64_t>(size - parts.whole.size());
  }
  Wide mantissa = 0;
  int digits = 0;
  for (const std::string_view run : {parts.whole, parts.fraction}) {
    for (const char c : run) {
      mantissa = mantissa * 10 + (c - '0');
      if (mantissa != 0 && ++digits > kMaxDigits) return Overflow();
    }
  }
  if (mantissa == 0) return Decimal{};
  // The last digit is not zero: a positive exponent must be multiplied in,
  // and a negative one is the scale.
  if (exponent > kMaxScale || exponent < -kMaxScale) return Overflow();
  if (parts.negative) mantissa = -mantissa;
  if (exponent > 0) return Normalised(mantissa * kPowersOfTen[exponent], 0);
  return Normalised(mantissa, static_cast<int>(-exponent));
}

std::string Decimal::ToString() const {
  const bool negative = mantissa < 0;
  const uint64_t magnitude = negative ? ~static_cast<uint64_t>(mantissa) + 1
                                      : static_cast<uint64_t>(mantissa);
  std::string digits = std::to_string(magnitude);
  const auto fraction = static_cast<size_t>(scale);
  if (fraction > 0) {
    if (digits.size() <= fraction) {
      digits.insert(0, fraction + 1 - digits.size(), '0');
    }
    digits.insert(digits.size() - fraction, 1, '.');
  }
  if (negative) digits.insert(0, 1, '-');
  return digits;
}

Result<Decimal> Add(Decimal a, Decimal b) {
  const int scale = std::max(a.scale, b.scale);
  return Normalised(Aligned(a, scale) + Aligned(b, scale), scale);
}

Result<Decimal> Multiply(Decimal a, Decimal b) {
  return Normalised(static_cast<Wide>(a.mantissa) * b.mantissa,
                    a.scale + b.scale);
}

int Compare(Decimal a, Decimal b) {
  const int scale = std::max(a.scale, b.scale);
  const Wide left = Aligned(a, scale);
  const Wide right = Aligned(b, scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

}  // namespace crm
