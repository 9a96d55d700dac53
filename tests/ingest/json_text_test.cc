#include "ingest/json_text.h"

#include <doctest/doctest.h>

namespace crm::ingest {
namespace {

TEST_CASE("JSON numbers, to the letter") {
  for (const char* number : {"0", "-0", "12.00", "0.001", "1e400", "-1.5E-3",
                             "18446744073709551616", "1e+5"}) {
    CHECK_MESSAGE(IsJsonNumber(number), number);
  }
  for (const char* number : {"", "-", "+1", "01", "1.", ".5", "1e", "1e+",
                             "0x1", "NaN", "1 ", "1,000", "--1", "1.2.3"}) {
    CHECK_MESSAGE(!IsJsonNumber(number), number);
  }
  CHECK(IsJsonInteger("-12"));
  CHECK(IsJsonInteger("0"));
  CHECK_FALSE(IsJsonInteger("1.0"));
  CHECK_FALSE(IsJsonInteger("-"));
  CHECK_FALSE(IsJsonInteger("00"));
}

TEST_CASE("numbers are normalised without changing their value") {
  CHECK(NormaliseNumber("+5") == "5");
  CHECK(NormaliseNumber("007") == "7");
  CHECK(NormaliseNumber("-007.50") == "-7.50");
  CHECK(NormaliseNumber(".5") == "0.5");
  CHECK(NormaliseNumber("-.5") == "-0.5");
  CHECK(NormaliseNumber("5.") == "5");
  CHECK(NormaliseNumber("5.e3") == "5e3");
  CHECK(NormaliseNumber("000") == "0");
  CHECK(NormaliseNumber("00.10") == "0.10");
  for (const char* text : {"", "+", ".", "+-5", "1,5", "abc", "1 2", "5.."}) {
    CHECK_MESSAGE(NormaliseNumber(text) == text, text);
  }
}

TEST_CASE("strings are escaped") {
  std::string out;
  AppendJsonString(std::string_view("a\"b\\c\n\r\t\x01\0z", 11), &out);
  CHECK(out == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u0000z\"");
}

}  // namespace
}  // namespace crm::ingest
