// The parts of the event room: the filter of ids, packed lists, names.

#include <doctest/doctest.h>

#include <random>

#include "base/time_text.h"
#include "event/dedupe_filter.h"
#include "event/names.h"
#include "event/postings.h"

namespace crm {
namespace {

Hash128 RandomHash(std::mt19937_64& random) {
  return Hash128{random(), random()};
}

TEST_CASE("the filter misses no id and rarely takes a new one for known") {
  std::mt19937_64 random(1);
  std::vector<Hash128> ids(600'000);  // Two layers.
  DedupeFilter filter;
  CHECK(!filter.MayContain(Hash128{1, 2}));
  for (Hash128& id : ids) {
    id = RandomHash(random);
    filter.Add(id);
  }
  CHECK(filter.layers() == 2);
  CHECK(filter.count(0) + filter.count(1) == ids.size());
  size_t missed = 0;
  for (const Hash128& id : ids) missed += filter.MayContain(id) ? 0 : 1;
  CHECK(missed == 0);
  size_t wrong = 0;
  for (int i = 0; i < 200'000; ++i) {
    wrong += filter.MayContain(RandomHash(random)) ? 1 : 0;
  }
  CHECK(wrong < 4000);  // 1 % a layer.
}

TEST_CASE("a filter restored from its layers knows the same ids") {
  std::mt19937_64 random(2);
  std::vector<Hash128> ids(300'000);
  DedupeFilter filter;
  for (Hash128& id : ids) {
    id = RandomHash(random);
    // What is stored of an id: twelve bytes.
    filter.Add(Hash128{id.hi & ~uint64_t{0xffffffff}, id.lo});
  }
  DedupeFilter copy;
  const std::string first = filter.Dump(0);
  CHECK(!copy.Restore(1, filter.count(1), filter.Dump(1)));
  CHECK(copy.layers() == 0);
  for (size_t layer = 0; layer < filter.layers(); ++layer) {
    CHECK(copy.Restore(layer, filter.count(layer), filter.Dump(layer)));
  }
  size_t missed = 0;
  for (const Hash128& id : ids) missed += copy.MayContain(id) ? 0 : 1;
  CHECK(missed == 0);
  for (int i = 0; i < 1000; ++i) {
    const Hash128 id = RandomHash(random);
    CHECK(copy.MayContain(id) == filter.MayContain(id));
  }
  DedupeFilter refused;
  CHECK(!refused.Restore(0, 1, first.substr(8)));
}

TEST_CASE("packed lists come back, and damaged ones are refused or differ") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    TypeRow row;
    row.ordinal = random() % 1'000'000;
    std::vector<TimedPosition> times;
    Position position = 0;
    for (size_t n = random() % 100; n > 0; --n) {
      position += 1 + random() % (round % 2 == 0 ? 3 : 1'000'000'000);
      row.positions.push_back(position);
      times.push_back(
          {static_cast<int64_t>(random() % kHourUs) - kHourUs / 2, position});
    }
    TypeRow back;
    REQUIRE(DecodeTypeRow(EncodeTypeRow(row), &back));
    CHECK(back.ordinal == row.ordinal);
    CHECK(back.positions == row.positions);
    std::vector<TimedPosition> times_back;
    REQUIRE(DecodeTimeRow(EncodeTimeRow(times), &times_back));
    CHECK(times_back == times);
    const std::string bytes = EncodeTimeRow(times);
    for (size_t size = 0; size < bytes.size(); ++size) {
      CHECK(!DecodeTimeRow(bytes.substr(0, size), &times_back));
    }
    CHECK(!DecodeTypeRow(EncodeTypeRow(row) + "x", &back));
    std::string noise = EncodeTypeRow(row);
    noise[random() % noise.size()] ^= static_cast<char>(1 + random() % 255);
    if (DecodeTypeRow(noise, &back)) {
      const bool same =
          back.ordinal == row.ordinal && back.positions == row.positions;
      CHECK(!same);
    }
  }
}

TEST_CASE("hours sort as their times do") {
  CHECK(HourOf(kMinTimeUs) == 0);
  CHECK(HourOf(kMinTimeUs + kHourUs - 1) == 0);
  CHECK(HourOf(kMinTimeUs + kHourUs) == 1);
  CHECK(HourOf(-1) + 1 == HourOf(0));
  CHECK(HourOf(kEndTimeUs - 1) < HourOf(kEndTimeUs));
}

TEST_CASE("names are dense, and taken back when they were not published") {
  Names names;
  CHECK(names.Find(NameKind::kType, "a") == 0);
  CHECK(!names.Add(NameKind::kType, 2, "a"));
  CHECK(names.Add(NameKind::kType, 1, "a"));
  CHECK(names.Add(NameKind::kType, 1, "a"));
  CHECK(!names.Add(NameKind::kType, 1, "b"));
  CHECK(!names.Add(NameKind::kType, 2, "a"));
  CHECK(names.Add(NameKind::kSource, 1, "a"));
  CHECK(names.Add(NameKind::kType, 2, "b", false));
  CHECK(names.Find(NameKind::kType, "b") == 0);
  CHECK(names.FindAny(NameKind::kType, "b") == 2);
  CHECK(names.All(NameKind::kType) == std::vector<std::string>{"a"});
  names.Truncate(NameKind::kType, 1);
  CHECK(names.FindAny(NameKind::kType, "b") == 0);
  CHECK(names.Text(NameKind::kType, 2).empty());
  CHECK(names.Add(NameKind::kType, 2, "c", false));
  CHECK(names.Add(NameKind::kType, 3, "d", false));
  names.Publish({0, 0, 2, 0, 0, 0});  // The first two types.
  CHECK(names.Find(NameKind::kType, "d") == 0);
  names.Truncate(NameKind::kType, 2);
  CHECK(names.Find(NameKind::kType, "c") == 2);
  CHECK(names.Text(NameKind::kType, 2) == "c");
  CHECK(names.Count(NameKind::kType) == 2);
  names.Clear();
  CHECK(names.Find(NameKind::kSource, "a") == 0);
}

}  // namespace
}  // namespace crm
