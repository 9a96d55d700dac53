// Numbers of any size, as tokens.

#include "base/number_token.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace crm {
namespace {

// In order; those of one line are equal.
constexpr std::string_view kOrder[][4] = {
    {"-1e400", "-10e399", "-1.0E+400", "-1e400"},
    {"-18446744073709551617", "-18446744073709551617.0",
     "-1.8446744073709551617e19", "-18446744073709551617"},
    {"-1.5", "-15e-1", "-0.15e1", "-1.500"},
    {"-1e-400", "-0.1e-399", "-10e-401", "-1e-400"},
    {"0", "-0", "0.000", "0e99999999999999999999"},
    {"1e-400", "0.001e-397", "1.0e-400", "1E-400"},
    {"0.07", "7e-2", "0.0700", "70e-3"},
    {"1", "1.0", "10e-1", "0.1e1"},
    {"100", "1e2", "100.000", "1E+2"},
    {"9007199254740993", "9007199254740993.0", "9.007199254740993e15",
     "90071992547409930e-1"},
    {"18446744073709551616", "18446744073709551616.00",
     "1.8446744073709551616e19", "184467440737095516160e-1"},
    {"1e99999999999999999999", "1e99999999999999999999",
     "1e99999999999999999999", "1e99999999999999999999"},
};

TEST_CASE("number tokens are in the order of their values") {
  const size_t count = std::size(kOrder);
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < count; ++k) {
      for (const std::string_view a : kOrder[i]) {
        for (const std::string_view b : kOrder[k]) {
          const int order = CompareNumbers(ReadNumber(a), ReadNumber(b));
          INFO(std::string(a), " ", std::string(b));
          CHECK((order < 0) == (i < k));
          CHECK((order > 0) == (i > k));
          if (i == k) {
            CHECK(HashNumber(ReadNumber(a)) == HashNumber(ReadNumber(b)));
          }
        }
      }
    }
  }
}

TEST_CASE("number tokens: small ones against plain arithmetic") {
  for (int64_t a = -120; a <= 120; ++a) {
    for (int64_t b = -12; b <= 12; ++b) {
      // Tenths.
      const auto text = [](int64_t tenths) {
        return std::to_string(tenths) + "e-1";
      };
      const std::string left = text(a);
      const std::string right = text(b);
      const int order = CompareNumbers(ReadNumber(left), ReadNumber(right));
      CHECK((order < 0) == (a < b));
      CHECK(ReadNumber(left).IsInteger() == (a % 10 == 0));
      if (b > 0) {
        CHECK(IsMultipleOf(ReadNumber(left), b, 1) == (a % b == 0));
        CHECK(IsMultipleOf(ReadNumber(left), b, 0) == (a % (b * 10) == 0));
        CHECK(IsMultipleOf(ReadNumber(left), b, 2) == (a * 10 % b == 0));
      }
    }
  }
}

TEST_CASE("number tokens: what is one") {
  for (const std::string_view good :
       {"0", "-0", "12", "1.5", "-0.5e-7", "1E+9", "0e0"}) {
    CHECK(IsNumberToken(good));
  }
  for (const std::string_view bad :
       {"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "1 ", "NaN", "0x1",
        "1.5.5", "--1"}) {
    CHECK_FALSE(IsNumberToken(bad));
  }
}

}  // namespace
}  // namespace crm
