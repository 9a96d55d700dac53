#include "base/number_token.h"

#include "base/ascii.h"

namespace crm {
namespace {

// Powers of ten beyond this are all the same: no text of a payload can be so
// long that its digits would bridge the difference.
constexpr int64_t kFarPower = int64_t{1} << 40;

int64_t ReadExponent(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && !IsDigit(text.front())) text.remove_prefix(1);
  int64_t value = 0;
  for (const char c : text) {
    if (value < kFarPower) value = value * 10 + (c - '0');
  }
  if (value > kFarPower) value = kFarPower;
  return negative ? -value : value;
}

// Steps through the digits, and gives zeroes when there are no more.
class Digits final {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  bool AtEnd() const { return at_ == text_.size(); }
  int Next() {
    if (AtEnd()) return 0;
    if (text_[at_] == '.') ++at_;
    return text_[at_++] - '0';
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

uint64_t TimesPowerOfTen(uint64_t value, int64_t power, uint64_t modulus) {
  using Product = unsigned __int128;
  Product base = 10 % modulus;
  Product result = value % modulus;
  for (; power > 0; power >>= 1) {
    if ((power & 1) != 0) result = result * base % modulus;
    base = base * base % modulus;
  }
  return static_cast<uint64_t>(result);
}

}  // namespace

NumberToken ReadNumber(std::string_view token) {
  NumberToken number;
  size_t at = 0;
  const bool negative = token.front() == '-';
  if (negative) ++at;
  const size_t start = at;
  size_t point = token.size();
  size_t first = token.size();  // Digits that are not zero.
  size_t last = 0;
  for (; at < token.size() && (IsDigit(token[at]) || token[at] == '.'); ++at) {
    const char c = token[at];
    if (c == '.') {
      point = at;
    } else if (c != '0') {
      if (first == token.size()) first = at;
      last = at;
    }
  }
  const size_t end = at;
  if (point > end) point = end;
  if (point == token.size() && end - start <= 18) {
    number.is_small = true;
    for (size_t i = start; i < end; ++i) {
      number.small = number.small * 10 + (token[i] - '0');
    }
    if (negative) number.small = -number.small;
  }
  if (first == token.size()) return number;
  number.negative = negative;
  number.digits = token.substr(first, last + 1 - first);
  const int64_t exponent =
      end < token.size() ? ReadExponent(token.substr(end + 1)) : 0;
  const auto power_at = [&](size_t i) {
    const auto place = static_cast<int64_t>(point) - static_cast<int64_t>(i);
    return exponent + (place > 0 ? place - 1 : place);
  };
  number.first_power = power_at(first);
  number.last_power = power_at(last);
  return number;
}

bool IsNumberToken(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t first = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at > first;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (at < text.size() && text[at] == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

int CompareNumbers(const NumberToken& a, const NumberToken& b) {
  if (a.is_small && b.is_small) {
    return a.small < b.small ? -1 : a.small > b.small ? 1 : 0;
  }
  const int sign_a = a.IsZero() ? 0 : a.negative ? -1 : 1;
  const int sign_b = b.IsZero() ? 0 : b.negative ? -1 : 1;
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  if (sign_a == 0) return 0;
  if (a.first_power != b.first_power) {
    return a.first_power < b.first_power ? -sign_a : sign_a;
  }
  Digits left(a.digits);
  Digits right(b.digits);
  while (!left.AtEnd() || !right.AtEnd()) {
    const int x = left.Next();
    const int y = right.Next();
    if (x != y) return x < y ? -sign_a : sign_a;
  }
  return 0;
}

uint64_t HashNumber(const NumberToken& number) {
  if (number.IsZero()) return 0;
  uint64_t hash = static_cast<uint64_t>(number.first_power) * 2 +
                  static_cast<uint64_t>(number.negative);
  for (Digits digits(number.digits); !digits.AtEnd();) {
    hash = (hash ^ static_cast<uint64_t>(digits.Next() + 1)) * 0x100000001b3ULL;
  }
  return hash;
}

bool IsMultipleOf(const NumberToken& number, int64_t mantissa, int scale) {
  if (number.IsZero()) return true;
  // The number is D * 10^last_power, and D does not end in a zero.
  const int64_t power = number.last_power + scale;
  const auto modulus = static_cast<uint64_t>(mantissa);
  uint64_t rest = 0;
  for (Digits digits(number.digits); !digits.AtEnd();) {
    const auto digit = static_cast<unsigned>(digits.Next());
    rest = static_cast<uint64_t>(
        (static_cast<unsigned __int128>(rest) * 10 + digit) % modulus);
  }
  // D / 10^n would have to be whole.
  if (power < 0) return false;
  return TimesPowerOfTen(rest, power, modulus) == 0;
}

}  // namespace crm
