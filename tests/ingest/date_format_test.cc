#include "ingest/date_format.h"

#include <doctest/doctest.h>

#include <string>

namespace crm::ingest {
namespace {

// Microseconds since 1970, or "bad".
std::string Read(const char* format, const char* text, int offset_seconds = 0) {
  const Result<DateFormat> parsed = DateFormat::Parse(format);
  REQUIRE_MESSAGE(parsed.ok(), parsed.status().ToString());
  const Result<Timestamp> time =
      parsed->Read(text, std::chrono::seconds(offset_seconds));
  if (!time.ok()) return "bad";
  return std::to_string(time->time_since_epoch().count());
}

TEST_CASE("dates are read by their format") {
  CHECK(Read("%Y%m%d", "19970101") == "852076800000000");
  CHECK(Read("%Y-%m-%d %H:%M:%S", "2010-12-01 08:26:00") == "1291191960000000");
  CHECK(Read("%Y-%m-%d %H:%M:%S", "2010-12-01 08:26:00", 7200) ==
        "1291184760000000");
  CHECK(Read("%Y-%m-%dT%H:%M:%S.%f%z", "1969-12-31T23:59:59.5Z") == "-500000");
  CHECK(Read("%Y-%m-%dT%H:%M:%S%z", "1970-01-01T02:00:00+02:00") == "0");
  CHECK(Read("%Y-%m-%dT%H:%M:%S%z", "1969-12-31T20:30:00-0330") == "0");
  CHECK(Read("%d/%m/%y", "01/01/70") == "0");
  CHECK(Read("%d/%m/%y", "01/01/68") == "3092601600000000");
  CHECK(Read("%e %b %Y", " 1 JAN 1970") == "0");
  CHECK(Read("%e %b %Y", "1 jan 1970") == "0");
  CHECK(Read("%-m/%-d/%Y %-H:%M", "1/2/1970 8:26") == "116760000000");
  CHECK(Read("%-m/%-d/%Y %-H:%M", "01/02/1970 08:26") == "116760000000");
  CHECK(Read("%Y-%m-%d %I:%M %p", "1970-01-01 12:05 am") == "300000000");
  CHECK(Read("%Y-%m-%d %I:%M %p", "1970-01-01 12:05 PM") == "43500000000");
  CHECK(Read("%s", "1291191960") == "1291191960000000");
  CHECK(Read("%s.%f", "1.000001") == "1000001");
  CHECK(Read("%Y%%%m%d", "1970%0101") == "0");
  CHECK(Read("%Y-%m-%d", "2024-02-29") == "1709164800000000");
}

TEST_CASE("what does not fit the format is refused") {
  for (const char* text :
       {"", "1997010", "199701011", "19971301", "19970230", "19970100",
        "1997-1-1", " 19970101", "19970101 ", "+9970101", "1997010a"}) {
    CHECK_MESSAGE(Read("%Y%m%d", text) == "bad", text);
  }
  CHECK(Read("%Y-%m-%d", "2023-02-29") == "bad");
  CHECK(Read("%Y-%m-%d", "1900-02-29") == "bad");
  CHECK(Read("%Y-%m-%d %H:%M", "2023-01-01 24:00") == "bad");
  CHECK(Read("%Y-%m-%d %H:%M:%S", "2023-01-01 00:00:60") == "bad");
  CHECK(Read("%Y-%m-%d %I:%M %p", "2023-01-01 13:00 PM") == "bad");
  CHECK(Read("%Y-%m-%d %I:%M %p", "2023-01-01 00:00 AM") == "bad");
  CHECK(Read("%Y-%m-%d.%f", "2023-01-01.0000001") == "bad");
  CHECK(Read("%Y-%m-%d%z", "2023-01-01+24:00") == "bad");
  CHECK(Read("%Y-%m-%d%z", "2023-01-01") == "bad");
  CHECK(Read("%e %b %Y", "1 Jam 1970") == "bad");
}

TEST_CASE("a format says a whole date, and nothing twice") {
  for (const char* format :
       {"", "%Y", "%Y-%m", "%H:%M", "%Y%m%d%Y", "%Q", "%", "%-Y", "%Y%m%d%I",
        "%Y%m%d%p", "%Y%m%d%H%I%p", "%-%"}) {
    const Result<DateFormat> parsed = DateFormat::Parse(format);
    CHECK_MESSAGE(!parsed.ok(), format);
    CHECK(parsed.status().code() == StatusCode::kInvalidArgument);
  }
}

TEST_CASE("offsets from UTC") {
  CHECK(ParseUtcOffset("Z")->count() == 0);
  CHECK(ParseUtcOffset("+02:00")->count() == 7200);
  CHECK(ParseUtcOffset("-0330")->count() == -12600);
  for (const char* text : {"", "2", "02:00", "+2", "+02:60", "+02:00 "}) {
    CHECK_MESSAGE(!ParseUtcOffset(text).ok(), text);
  }
}

}  // namespace
}  // namespace crm::ingest
