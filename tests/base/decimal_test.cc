#include "base/decimal.h"

#include <doctest/doctest.h>

#include <limits>
#include <ostream>
#include <random>
#include <string>

namespace crm {
namespace {

std::string Text(std::string_view token) {
  const Result<Decimal> value = Decimal::Parse(token);
  return value.ok() ? value->ToString()
                    : std::string(StatusCodeName(value.status().code()));
}

TEST_CASE("decimal: tokens in, the shortest form out") {
  const std::string cases[][2] = {
      {"0", "0"},
      {"-0", "0"},
      {"0.000", "0"},
      {"0e999999999999999999999", "0"},
      {"12.50", "12.5"},
      {"-3", "-3"},
      {"1e2", "100"},
      {"1E+2", "100"},
      {"1e-2", "0.01"},
      {"100", "100"},
      {"1200e-2", "12"},
      {"0.001", "0.001"},
      {"9747747.934", "9747747.934"},
      {"-0.5", "-0.5"},
      {"1.0e1", "10"},
      {"123.456e3", "123456"},
      {"1000000000000000000000e-3", "1000000000000000000"},
      {"0.000000000000000001", "0.000000000000000001"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"-9.223372036854775808", "-9.223372036854775808"}};
  for (const auto& pair : cases) {
    CAPTURE(pair[0]);
    CHECK(Text(pair[0]) == pair[1]);
  }
}

TEST_CASE("decimal: what does not fit is too large, not rounded") {
  for (const char* token :
       {"9223372036854775808", "-9223372036854775809", "1e19", "1e400", "1e-19",
        "0.0000000000000000001", "12345678901234567890", "18446744073709551616",
        "1e99999999999999999999", "1e-99999999999999999999",
        "92233720368547758.080001"}) {
    CAPTURE(token);
    CHECK(Text(token) == "TOO_LARGE");
  }
}

TEST_CASE("decimal: only JSON numbers") {
  for (const char* token :
       {"",    "-",        "+1",   "01", "-01",   "1.",  ".5",
        "1e",  "1e+",      "1.e2", " 1", "1 ",    "1,5", "0x10",
        "NaN", "Infinity", "--1",  "1-", "1e2.5", "1_0"}) {
    CAPTURE(token);
    CHECK(Text(token) == "MALFORMED");
  }
}

TEST_CASE("decimal: equal values are equal structs") {
  CHECK(*Decimal::Parse("1.50") == *Decimal::Parse("15e-1"));
  CHECK(*Decimal::Parse("-0.0") == Decimal{});
  CHECK(*Decimal::Parse("1e18") == *Decimal::Parse("1000000000000000000.0"));
}

TEST_CASE("decimal: sums and products are exact or fail") {
  const auto parse = [](std::string_view token) {
    return Decimal::Parse(token).value();
  };
  CHECK(Add(parse("0.1"), parse("0.2"))->ToString() == "0.3");
  CHECK(Add(parse("1.5"), parse("-1.5"))->ToString() == "0");
  CHECK(Add(parse("0.5"), parse("0.5"))->ToString() == "1");
  CHECK(Multiply(parse("0.5"), parse("0.2"))->ToString() == "0.1");
  CHECK(Multiply(parse("-3"), parse("2.50"))->ToString() == "-7.5");
  CHECK(Multiply(parse("0"), parse("-2.5"))->ToString() == "0");
  const Decimal most = parse("9223372036854775807");
  const Decimal tiny = parse("0.000000000000000001");
  CHECK(Add(most, parse("1")).status().code() == StatusCode::kTooLarge);
  CHECK(Add(most, tiny).status().code() == StatusCode::kTooLarge);
  CHECK(Add(parse("-9223372036854775808"), parse("-1")).ok() == false);
  CHECK(Add(most, parse("-9223372036854775807"))->ToString() == "0");
  CHECK(Multiply(most, parse("2")).status().code() == StatusCode::kTooLarge);
  CHECK(Multiply(tiny, parse("0.1")).ok() == false);
  CHECK(Multiply(tiny, parse("1000000000000000000"))->ToString() == "1");
  CHECK(Multiply(parse("-9223372036854775808"), parse("-1")).ok() == false);
}

TEST_CASE("decimal: comparison does not overflow") {
  const auto compare = [](std::string_view a, std::string_view b) {
    return Compare(Decimal::Parse(a).value(), Decimal::Parse(b).value());
  };
  CHECK(compare("9223372036854775807", "0.000000000000000001") > 0);
  CHECK(compare("-9223372036854775808", "9.223372036854775807") < 0);
  CHECK(compare("1.10", "1.1") == 0);
  CHECK(compare("1.09", "1.1") < 0);
}

TEST_CASE("decimal: printing and parsing are inverse") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 5000; ++round) {
    std::string digits =
        std::to_string(random() % (uint64_t{1} << (1 + random() % 62)));
    const size_t point = random() % (digits.size() + 1);
    std::string token = digits.substr(0, point);
    if (token.empty()) token = "0";
    if (point < digits.size()) token += "." + digits.substr(point);
    if (random() % 2 == 0) token.insert(0, 1, '-');
    if (token[0] == '0' && token.size() > 1 && token[1] != '.') continue;
    if (digits.size() - point > 18) continue;
    const Result<Decimal> value = Decimal::Parse(token);
    if (!value.ok()) continue;  // A leading zero.
    CHECK(*Decimal::Parse(value->ToString()) == *value);
    CHECK(Compare(*value, *Decimal::Parse(value->ToString())) == 0);
    CHECK((value->scale == 0 || value->mantissa % 10 != 0));
  }
}

}  // namespace
}  // namespace crm
