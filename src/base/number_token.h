// Numbers as their JSON token, compared exactly: no token is too large or too
// fine. Nothing is allocated.

#ifndef CRM_BASE_NUMBER_TOKEN_H_
#define CRM_BASE_NUMBER_TOKEN_H_

#include <cstdint>
#include <string_view>

namespace crm {

// A view of a token: sign, significant digits, and where the point is.
struct NumberToken {
  // From the first digit that is not zero to the last one; a point may lie
  // between them. Empty: the number is zero.
  std::string_view digits;
  bool negative = false;  // Of zero: no.
  // The powers of ten of the first and of the last of the digits. Saturated
  // far beyond what a payload can spell out.
  int64_t first_power = 0;
  int64_t last_power = 0;
  // The value itself, when it was written as an integer of up to 18 digits.
  bool is_small = false;
  int64_t small = 0;

  bool IsZero() const { return digits.empty(); }
  // 1.0 and 10e-1 are integers.
  bool IsInteger() const { return IsZero() || last_power >= 0; }
};

// REQUIRES: `token` is a number by RFC 8259. The views are into it.
NumberToken ReadNumber(std::string_view token);
// True: `text` is a number by RFC 8259, and nothing else.
bool IsNumberToken(std::string_view text);

// Negative, zero or positive, as a compares with b.
int CompareNumbers(const NumberToken& a, const NumberToken& b);
// Equal numbers have equal hashes.
uint64_t HashNumber(const NumberToken& number);

// Whether `number` is a whole multiple of mantissa * 10^-scale.
// REQUIRES: mantissa > 0, 0 <= scale <= 18.
bool IsMultipleOf(const NumberToken& number, int64_t mantissa, int scale);

}  // namespace crm

#endif  // CRM_BASE_NUMBER_TOKEN_H_
