#include "base/utf8.h"

#include <doctest/doctest.h>

#include <ostream>
#include <string>

namespace crm {
namespace {

TEST_CASE("utf8: well-formed sequences, at their edges") {
  for (const char* text :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
        "J\xc3\xbcrgen", "\xe2\x82\xac", "12345678\xc3\xbc",
        "1234567\xc3\xbc"
        "12345678"}) {
    CHECK(IsUtf8(text));
  }
  CHECK(IsUtf8(std::string_view("a\0b", 3)));
}

TEST_CASE("utf8: ill-formed sequences") {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x20",
        "\xe0\x9f\xbf", "\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xfe", "12345678\xff", "1234567\xc3",
        "abc\xe2\x82"}) {
    CHECK_FALSE(IsUtf8(text));
  }
}

TEST_CASE("utf8: names have a length and no control characters") {
  CHECK(CheckName("type", "scl.member.created", 128).ok());
  CHECK(CheckName("type", "\xc3\xbc", 2).ok());
  CHECK(CheckName("type", "\xc2\xa0", 2).ok());  // A blank, not a control.
  CHECK(CheckName("type", "", 9).code() == StatusCode::kInvalidArgument);
  CHECK(CheckName("id", "", 9).message() == "id: missing");
  CHECK(CheckOptionalName("type", "", 9).ok());
  CHECK(CheckName("id", "abcd", 3).code() == StatusCode::kTooLarge);
  CHECK(CheckName("id", "abcd", 3).message() == "id: over 3 bytes");
  for (const char* bad :
       {"a\tb", "\x01", "\x7f", "\xc2\x80", "\xc2\x9f", "a\xff"}) {
    const Status status = CheckName("id", bad, 9);
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find(bad) == std::string_view::npos);
  }
  CHECK_FALSE(CheckName("id", std::string_view("a\0b", 3), 9).ok());
}

TEST_CASE("utf8: trim takes blanks off both ends") {
  CHECK(Trim("") == "");
  CHECK(Trim(" \t\r\n\v\f") == "");
  CHECK(Trim("  a b\n") == "a b");
  CHECK(Trim("a") == "a");
}

}  // namespace
}  // namespace crm
