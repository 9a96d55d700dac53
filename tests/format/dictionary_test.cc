#include "format/dictionary.h"

#include <doctest/doctest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace crm {
namespace {

std::string Sample(int i) {
  const std::string n = std::to_string(i * 7919);
  return R"({"email":"jane.doe.)" + n +
         R"(@example.com","phoneNumber":"+2782)" + n + R"(","sclMemberId":)" +
         n + R"(}{"firstName":"Jane)" + n + R"(","address":{"city":"C)" + n +
         R"(","lines":[{"sku":"S)" + n + R"(","price":1.50}]},"optIn":true})";
}

std::vector<std::string> Samples() {
  std::vector<std::string> samples;
  for (size_t i = 0; i < kDictionarySamples; ++i) {
    samples.push_back(Sample(static_cast<int>(i)));
  }
  return samples;
}

std::string RandomText(std::mt19937& random, size_t size) {
  const std::string words[] = {"{\"email\":\"", "\",\"phoneNumber\":\"",
                               "abc",           "1.5",
                               "},{",           "\"optIn\":true"};
  std::string text;
  while (text.size() < size) {
    text += random() % 3 == 0 ? std::string(1, static_cast<char>(random()))
                              : words[random() % 6];
  }
  text.resize(size);
  return text;
}

TEST_CASE("dictionary: the skeleton of the samples") {
  CHECK(TrainDictionary(Samples()) ==
        R"({"email":"","phoneNumber":"","sclMemberId":})"
        R"({"firstName":"","address":{"city":"","lines":[{"sku":"","price":}]})"
        R"(,"optIn":})");
  CHECK(TrainDictionary(Samples()) == TrainDictionary(Samples()));
}

TEST_CASE("dictionary: only what half of the samples have") {
  std::vector<std::string> samples;
  for (int i = 0; i < 10; ++i) {
    std::string text = "\x05{{noise\"{\"always\":1";
    if (i % 2 == 0) text += ",\"half\":\"x\"";
    if (i % 3 == 0) text += ",\"seldom\":\"x\"";
    samples.push_back(text + "}tail");
  }
  CHECK(TrainDictionary(samples) == R"({"always":,"half":""})");
}

TEST_CASE("dictionary: no value, and no key that looks like one") {
  std::vector<std::string> samples(
      64, R"({"name":"SECRET","SECRET@example.com":1,"+27821234567":2,)"
          R"("27821234567":3,"id27821234567":4,"SEC RET":5,"x":["SECRET"],)"
          R"("deep":{"SECRET\u0041":"SECRET"},"t":true,"n":4711})");
  const std::string bytes = TrainDictionary(samples);
  CHECK(bytes == R"({"name":"","x":[""],"deep":,"t":,"n":})");
  std::vector<std::string> strings(64, R"({"a":"{\"SECRET\":1}"})");
  CHECK(TrainDictionary(strings) == R"({"a":""})");
  const std::string long_key(65, 'k');
  CHECK(TrainDictionary({"{\"" + long_key + "\":1}"}).empty());
}

TEST_CASE("dictionary: nothing common, nothing at all") {
  CHECK(TrainDictionary({}).empty());
  CHECK(TrainDictionary({"", "{}", "no json", "{\"a\":", "[]"}).empty());
  std::vector<std::string> different;
  for (int i = 0; i < 64; ++i) {
    different.push_back("{\"k" + std::to_string(i) + "\":1}");
  }
  CHECK(TrainDictionary(different).empty());
}

TEST_CASE("dictionary: never over its size") {
  std::string big = "{";
  for (int i = 0; i < 250; ++i) {
    if (i > 0) big += ',';
    big += "\"a_rather_long_field_name_number_" + std::to_string(i) + "\":\"\"";
  }
  big += '}';
  const std::string bytes = TrainDictionary({big, big});
  CHECK(bytes.size() == kMaxDictionaryBytes);
  CHECK(big.find(bytes) == 0);
}

TEST_CASE("dictionary: round trip, with and without") {
  std::mt19937 random(9);
  const Dictionary trained(TrainDictionary(Samples()));
  const Dictionary plain("");
  for (const Dictionary* dictionary : {&trained, &plain}) {
    for (size_t size = 0; size < 700; ++size) {
      const std::string text = RandomText(random, size);
      std::string out = "kept";
      if (!dictionary->Compress(text, &out)) {
        CHECK(out == "kept");
        continue;
      }
      CHECK(out.size() < text.size() + 4);
      std::string back = "old";
      CHECK(dictionary->Decompress(std::string_view(out).substr(4), text.size(),
                                   &back));
      CHECK(back == text);
    }
  }
}

TEST_CASE("dictionary: large texts too") {
  std::mt19937 random(10);
  const Dictionary dictionary(TrainDictionary(Samples()));
  for (const size_t size : {4096, 65'536, 65'537, 262'144, 1'048'576}) {
    const std::string text = RandomText(random, size);
    std::string out;
    REQUIRE(dictionary.Compress(text, &out));
    std::string back;
    CHECK(dictionary.Decompress(out, text.size(), &back));
    CHECK(back == text);
  }
}

TEST_CASE("dictionary: it helps") {
  const Dictionary trained(TrainDictionary(Samples()));
  const Dictionary plain("");
  std::string with, without;
  CHECK(trained.Compress(Sample(4711), &with));
  const bool smaller = plain.Compress(Sample(4711), &without);
  CHECK(with.size() * 10 < Sample(4711).size() * 7);
  CHECK((!smaller || with.size() < without.size()));
}

TEST_CASE("dictionary: what cannot shrink is left alone") {
  std::mt19937 random(11);
  std::string noise(300, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  std::string out;
  CHECK_FALSE(Dictionary("").Compress(noise, &out));
  CHECK_FALSE(Dictionary("").Compress("", &out));
  CHECK_FALSE(Dictionary("").Compress("a", &out));
  CHECK(out.empty());
}

TEST_CASE("dictionary: damage and wrong sizes are noticed or harmless") {
  std::mt19937 random(12);
  const Dictionary dictionary(TrainDictionary(Samples()));
  const std::string text = Sample(4711);
  std::string compressed;
  REQUIRE(dictionary.Compress(text, &compressed));
  std::string back;
  for (const size_t size :
       {size_t{0}, size_t{1}, text.size() - 1, text.size() + 1,
        compressed.size(), (size_t{64} << 20) + 1}) {
    CHECK_FALSE(dictionary.Decompress(compressed, size, &back));
    CHECK(back.empty());
  }
  for (size_t size = 0; size < compressed.size(); ++size) {
    const std::string cut = compressed.substr(0, size);
    CHECK_FALSE(dictionary.Decompress(cut, text.size(), &back));
  }
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = compressed;
    bad[random() % bad.size()] = static_cast<char>(random());
    if (dictionary.Decompress(bad, text.size(), &back)) {
      CHECK(back.size() == text.size());
    } else {
      CHECK(back.empty());
    }
  }
  CHECK_FALSE(Dictionary("").Decompress(compressed, text.size(), &back));
}

}  // namespace
}  // namespace crm
