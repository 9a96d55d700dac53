#include "base/coding.h"

#include <doctest/doctest.h>

#include <limits>
#include <ostream>
#include <random>
#include <string>

namespace crm {
namespace {

constexpr uint64_t kMax64 = std::numeric_limits<uint64_t>::max();

TEST_CASE("coding: fixed numbers sort as they count") {
  std::string one, two;
  PutBe64(&one, 255);
  PutBe64(&two, 256);
  CHECK(one < two);
  CHECK(GetBe64(two.data()) == 256);
  std::string small;
  PutBe16(&small, 0x1234);
  PutBe32(&small, 0x56789abc);
  CHECK(small == std::string("\x12\x34\x56\x78\x9a\xbc"));
  CHECK(GetBe16(small.data()) == 0x1234);
  CHECK(GetBe32(small.data() + 2) == 0x56789abc);
}

TEST_CASE("coding: varints round trip at every edge") {
  for (int bit = 0; bit < 64; ++bit) {
    for (int delta = -1; delta <= 1; ++delta) {
      const uint64_t value =
          (uint64_t{1} << bit) + static_cast<uint64_t>(delta);
      std::string text;
      PutVarint(&text, value);
      CHECK(text.size() <= 10);
      ByteReader reader(text);
      CHECK(reader.Varint() == value);
      CHECK(reader.ok());
      CHECK(reader.AtEnd());
    }
  }
}

TEST_CASE("coding: signed numbers round trip, small ones are small") {
  for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{1}, int64_t{-64},
                              int64_t{63}, std::numeric_limits<int64_t>::min(),
                              std::numeric_limits<int64_t>::max()}) {
    std::string text;
    PutSigned(&text, value);
    ByteReader reader(text);
    CHECK(reader.Signed() == value);
    CHECK(reader.ok());
    if (value >= -64 && value <= 63) CHECK(text.size() == 1);
  }
}

TEST_CASE("coding: a varint has one spelling") {
  const std::string bad[] = {
      std::string("\x80\x00", 2),  // A needless zero.
      std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),      // 65 bits.
      std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),  // 11 bytes.
      std::string("\x80"), std::string()};
  for (const std::string& text : bad) {
    ByteReader reader(text);
    CHECK(reader.Varint() == 0);
    CHECK_FALSE(reader.ok());
  }
  ByteReader most("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  CHECK(most.Varint() == kMax64);
  CHECK(most.ok());
}

std::string Sample() {
  std::string text;
  text.push_back(7);
  PutBe16(&text, 300);
  PutBe32(&text, 70'000);
  PutBe64(&text, kMax64);
  PutVarint(&text, 1'000'000);
  PutSigned(&text, -5);
  PutBytes(&text, "hello");
  text += "abc";
  return text;
}

bool ReadSample(std::string_view text) {
  ByteReader reader(text);
  const bool same = reader.U8() == 7 && reader.Be16() == 300 &&
                    reader.Be32() == 70'000 && reader.Be64() == kMax64 &&
                    reader.Varint() == 1'000'000 && reader.Signed() == -5 &&
                    reader.Bytes() == "hello" && reader.Take(3) == "abc";
  return same && reader.ok() && reader.AtEnd();
}

TEST_CASE("coding: a text cut anywhere is noticed") {
  const std::string text = Sample();
  CHECK(ReadSample(text));
  for (size_t size = 0; size < text.size(); ++size) {
    CHECK_FALSE(ReadSample(std::string(text.substr(0, size))));
  }
}

TEST_CASE("coding: after a fault all reads give zeroes") {
  ByteReader reader(
      "\x05"
      "ab");
  CHECK(reader.Bytes().empty());
  CHECK_FALSE(reader.ok());
  CHECK(reader.U8() == 0);
  CHECK(reader.Be16() == 0);
  CHECK(reader.Be32() == 0);
  CHECK(reader.Be64() == 0);
  CHECK(reader.Varint() == 0);
  CHECK(reader.Signed() == 0);
  CHECK(reader.Take(0).empty());
  CHECK(reader.Rest().empty());
  CHECK_FALSE(reader.ok());
  CHECK(reader.remaining() == 0);
}

TEST_CASE("coding: a length that overflows is a fault") {
  std::string text;
  PutVarint(&text, kMax64);
  text += "abc";
  ByteReader reader(text);
  CHECK(reader.Bytes().empty());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("coding: the rest and nothing") {
  ByteReader reader("abc");
  CHECK(reader.Take(0).empty());
  CHECK(reader.Rest() == "abc");
  CHECK(reader.Rest().empty());
  CHECK(reader.ok());
}

TEST_CASE("coding: noise never reads past its end") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random());
    ByteReader reader(text);
    while (reader.ok() && !reader.AtEnd()) {
      switch (random() % 5) {
        case 0:
          reader.Varint();
          break;
        case 1:
          reader.Bytes();
          break;
        case 2:
          reader.Be64();
          break;
        case 3:
          reader.Be16();
          break;
        default:
          reader.U8();
      }
    }
    CHECK(reader.remaining() == 0);
  }
}

}  // namespace
}  // namespace crm
