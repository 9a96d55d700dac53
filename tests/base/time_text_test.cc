#include "base/time_text.h"

#include <doctest/doctest.h>

#include <ostream>
#include <random>
#include <string>

namespace crm {
namespace {

int64_t Us(const Result<Timestamp>& time) {
  REQUIRE(time.ok());
  return time->time_since_epoch().count();
}

// The code of a failure, which must not repeat the text.
StatusCode Code(std::string_view text) {
  const Result<Timestamp> time = ParseTime(text);
  if (!text.empty()) {
    CHECK(time.status().message().find(text) == std::string_view::npos);
  }
  return time.status().code();
}

TEST_CASE("time: known instants") {
  CHECK(Us(ParseTime("1970-01-01T00:00:00Z")) == 0);
  CHECK(Us(ParseTime("2026-02-02T09:15:00Z")) == 1'770'023'700'000'000);
  CHECK(Us(ParseTime("1969-12-31T23:59:59.999999Z")) == -1);
  CHECK(Us(ParseTime("2000-02-29T00:00:00Z")) == 951'782'400'000'000);
  CHECK(Us(ParseTime("1900-01-01T00:00:00Z")) == kMinTimeUs);
  CHECK(Us(ParseTime("2199-12-31T23:59:59.999999Z")) == kEndTimeUs - 1);
}

TEST_CASE("time: offsets, fractions and spellings") {
  const int64_t base = Us(ParseTime("2026-02-02T09:15:00Z"));
  for (const char* same :
       {"2026-02-02T11:15:00+02:00", "2026-02-02T11:15:00+0200",
        "2026-02-02 09:15:00Z", "2026-02-02t09:15:00z",
        "2026-02-02T09:15:00.0Z", "2026-02-02T09:15:00.000000000Z",
        "2026-02-01T19:45:00-13:30", "2026-02-03T09:14:00+23:59",
        "2026-02-02T09:15:00-00:00"}) {
    CAPTURE(same);
    CHECK(Us(ParseTime(same)) == base);
  }
  CHECK(Us(ParseTime("2026-02-02T09:15:00.1Z")) == base + 100'000);
  CHECK(Us(ParseTime("2026-02-02T09:15:00.000001Z")) == base + 1);
  CHECK(Us(ParseTime("2026-02-02T09:15:00.123456000Z")) == base + 123'456);
}

TEST_CASE("time: text that is no time is malformed") {
  for (const char* text : {"",
                           "yesterday",
                           "2026-02-02",
                           "2026-02-02T09:15:00",
                           "2026-02-02T09:15Z",
                           "2026-2-2T09:15:00Z",
                           "2026-02-02T9:15:00Z",
                           "2026-02-02T09:15:00.Z",
                           "2026-02-02T09:15:00.1234567890Z",
                           "2026-02-02T09:15:00+2",
                           "2026-02-02T09:15:00+02",
                           "2026-02-02T09:15:00+24:00",
                           "2026-02-02T09:15:00+02:60",
                           "2026-02-02T09:15:00ZZ",
                           " 2026-02-02T09:15:00Z",
                           "2026-02-02T09:15:00Z ",
                           "2026-02-02_09:15:00Z",
                           "+2026-02-02T09:15Z",
                           "20260202T091500Z",
                           "2026-02-02T09:15:00,5Z",
                           "12026-02-02T09:15:00Z",
                           "2026-02-02T09:15:00 Z",
                           "2026/02/02T09:15:00Z"}) {
    CAPTURE(text);
    CHECK(Code(text) == StatusCode::kMalformed);
  }
}

TEST_CASE("time: fields out of range are invalid") {
  for (const char* text :
       {"2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-12-31T23:59:60Z", "1899-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z", "1900-01-01T00:00:00+00:01",
        "2199-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z",
        "9999-12-31T00:00:00Z", "2026-01-01T00:00:00.0000001Z"}) {
    CAPTURE(text);
    CHECK(Code(text) == StatusCode::kInvalidArgument);
  }
  CHECK(ParseTime("2024-02-29T00:00:00Z").ok());
  CHECK(ParseTime("1899-12-31T23:59:59-01:00").ok());  // It is 1900 there.
}

TEST_CASE("time: printed with the fewest digits") {
  const auto text = [](int64_t us) {
    return FormatTime(Timestamp(std::chrono::microseconds(us)));
  };
  CHECK(text(0) == "1970-01-01T00:00:00Z");
  CHECK(text(-1) == "1969-12-31T23:59:59.999999Z");
  CHECK(text(500'000) == "1970-01-01T00:00:00.500Z");
  CHECK(text(500'001) == "1970-01-01T00:00:00.500001Z");
  CHECK(text(1) == "1970-01-01T00:00:00.000001Z");
  CHECK(text(kMinTimeUs) == "1900-01-01T00:00:00Z");
  CHECK(text(kEndTimeUs - 1) == "2199-12-31T23:59:59.999999Z");
  CHECK(text(kEndTimeUs) == "2200-01-01T00:00:00Z");
  // Not accepted, yet not undefined either.
  CHECK(text(INT64_MIN) == "-290308-12-21T19:59:05.224192Z");
  CHECK(text(INT64_MAX) == "294247-01-10T04:00:54.775807Z");
}

TEST_CASE("time: printing and parsing are inverse over the whole range") {
  std::mt19937_64 random(3);
  const auto span = static_cast<uint64_t>(kEndTimeUs - kMinTimeUs);
  for (int round = 0; round < 20'000; ++round) {
    auto us = static_cast<int64_t>(random() % span) + kMinTimeUs;
    if (round % 3 == 1) us -= us % 1000;
    if (round % 3 == 2) us -= us % 1'000'000;
    if (us < kMinTimeUs) continue;
    const Timestamp time{std::chrono::microseconds(us)};
    CHECK(InTimeRange(time));
    CHECK(Us(ParseTime(FormatTime(time))) == us);
  }
  CHECK_FALSE(InTimeRange(Timestamp(std::chrono::microseconds(kEndTimeUs))));
  CHECK_FALSE(
      InTimeRange(Timestamp(std::chrono::microseconds(kMinTimeUs - 1))));
}

TEST_CASE("time: every day of 300 years follows the one before") {
  Timestamp day{std::chrono::microseconds(kMinTimeUs)};
  std::string last;
  size_t days = 0;
  while (InTimeRange(day)) {
    const std::string text = FormatTime(day);
    if (text <= last || text.substr(10) != "T00:00:00Z") {
      FAIL_CHECK("after " << last << " comes " << text);
    }
    last = text;
    day += std::chrono::hours(24);
    ++days;
  }
  CHECK(days == 109'573);
}

TEST_CASE("time: explicit formats") {
  const auto parse = [](const char* text, const char* format) {
    const Result<Timestamp> time = ParseTimeAs(text, format);
    return time.ok() ? FormatTime(*time)
                     : std::string(StatusCodeName(time.status().code()));
  };
  CHECK(parse("19970101", "%Y%m%d") == "1997-01-01T00:00:00Z");
  CHECK(parse("12/1/2010 8:26", "%m/%d/%Y %H:%M") == "2010-12-01T08:26:00Z");
  CHECK(parse("01.02.99", "%d.%m.%y") == "1999-02-01T00:00:00Z");
  CHECK(parse("010268", "%d%m%y") == "2068-02-01T00:00:00Z");
  CHECK(parse("010269", "%d%m%y") == "1969-02-01T00:00:00Z");
  CHECK(parse(" 3 Feb 2026", "%e %b %Y") == "2026-02-03T00:00:00Z");
  CHECK(parse("13 FEB 2026", "%e %b %Y") == "2026-02-13T00:00:00Z");
  CHECK(parse("2026-02-03 12:00:01 AM", "%Y-%m-%d %I:%M:%S %p") ==
        "2026-02-03T00:00:01Z");
  CHECK(parse("2026-02-03 12:00 pm", "%Y-%m-%d %I:%M %p") ==
        "2026-02-03T12:00:00Z");
  CHECK(parse("2026-02-03 11:59 PM", "%Y-%m-%d %I:%M %p") ==
        "2026-02-03T23:59:00Z");
  CHECK(parse("2026-02-03T04:05:06.25+0200", "%Y-%m-%dT%H:%M:%S.%f%z") ==
        "2026-02-03T02:05:06.250Z");
  CHECK(parse("100% 2026-02-03", "100%% %Y-%m-%d") == "2026-02-03T00:00:00Z");
  CHECK(parse("2026-02-03 13:00 PM", "%Y-%m-%d %I:%M %p") == "MALFORMED");
  CHECK(parse("2026-02-03x", "%Y-%m-%d") == "MALFORMED");
  CHECK(parse("2026-02", "%Y-%m-%d") == "MALFORMED");
  CHECK(parse("", "%Y-%m-%d") == "MALFORMED");
  CHECK(parse("2026-02-30", "%Y-%m-%d") == "INVALID_ARGUMENT");
  CHECK(parse("0 Foo 2026", "%e %b %Y") == "MALFORMED");
}

TEST_CASE("time: formats are checked") {
  for (const char* good : {"%Y%m%d", "%d/%b/%y", "%e.%m.%Y %I:%M%p",
                           "%Y-%m-%d %H:%M:%S.%f%z", "%%%Y%m%d"}) {
    CHECK(CheckTimeFormat(good).ok());
  }
  for (const char* bad : {"", "%Y-%m", "%m-%d", "%Y-%d", "%Y%m%d%", "%Y%m%d%q",
                          "%Y%y%m%d", "%Y%m%b%d", "%Y%m%d%e", "%Y%m%d%H%I%p",
                          "%Y%m%d%I", "%Y%m%d%p", "%Y%m%d%S%S"}) {
    CAPTURE(bad);
    CHECK(CheckTimeFormat(bad).code() == StatusCode::kInvalidArgument);
    CHECK(ParseTimeAs("x", bad).status().code() ==
          StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace crm
