#include "format/timeline_entry.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace crm {
namespace {

void CheckSame(const TimelineRecord& a, const TimelineRecord& b) {
  CHECK(a.position == b.position);
  CHECK(a.body == b.body);
  CHECK(a.header.type == b.header.type);
  CHECK(a.header.source == b.header.source);
  CHECK(a.header.version == b.header.version);
  CHECK(a.header.occurred_at == b.header.occurred_at);
  CHECK(a.header.recorded_at == b.header.recorded_at);
  CHECK(a.header.flags == b.header.flags);
  CHECK(a.header.shape == b.header.shape);
  CHECK(a.header.dictionary == b.header.dictionary);
  CHECK(a.header.plain_size == b.header.plain_size);
}

TEST_CASE("entries of a timeline come back, alone and one behind the other") {
  std::mt19937_64 random(5);
  std::vector<TimelineRecord> entries;
  for (int i = 0; i < 300; ++i) {
    TimelineRecord entry;
    entry.position = 1 + random() % 1000;
    if (i % 50 == 0) entry.position = random();
    EventHeader& header = entry.header;
    header.type = static_cast<uint32_t>(random());
    header.source = static_cast<uint32_t>(random());
    header.version = static_cast<uint32_t>(random());
    // All of time, and what only damaged bytes say.
    header.occurred_at = static_cast<int64_t>(random());
    header.recorded_at = i % 2 == 0 ? header.occurred_at + 5
                                    : std::numeric_limits<int64_t>::min();
    header.flags = static_cast<uint16_t>(random());
    header.shape = static_cast<uint8_t>(random());
    header.dictionary = random();
    header.plain_size = static_cast<uint32_t>(random());
    entry.body = std::string_view("a body of some bytes").substr(i % 20);
    entries.push_back(entry);
  }
  std::string block;
  TimelineRecord before;
  for (const TimelineRecord& entry : entries) {
    EncodeTimelineEntry(entry, before, &block);
    before = entry;
    std::string alone;
    EncodeTimelineEntry(entry, {}, &alone);
    ByteReader reader(alone);
    TimelineRecord again;
    REQUIRE(DecodeTimelineEntry(reader, {}, &again));
    CHECK(reader.AtEnd());
    CheckSame(again, entry);
    for (size_t size = 0; size < alone.size(); ++size) {
      ByteReader cut(std::string_view(alone).substr(0, size));
      CHECK_FALSE(DecodeTimelineEntry(cut, {}, &again));
    }
  }
  ByteReader reader(block);
  TimelineRecord read;
  for (const TimelineRecord& entry : entries) {
    REQUIRE(DecodeTimelineEntry(reader, read, &read));
    CheckSame(read, entry);
  }
  CHECK(reader.AtEnd());
}

}  // namespace
}  // namespace crm
