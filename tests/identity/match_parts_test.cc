// The parts of the matcher: text, comparisons, keys, models, training.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "identity/match_block.h"
#include "identity/match_compare.h"
#include "identity/match_model.h"
#include "identity/match_text.h"

namespace crm {
namespace {

// As the definition has it: a whole table.
int SimpleDistance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const int cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

TEST_CASE("match: edit distance is that of the whole table") {
  std::mt19937 random(1);
  const auto word = [&] {
    std::string text(random() % 9, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = word();
    const std::string b = word();
    const int whole = SimpleDistance(a, b);
    for (const int limit : {1, 2, 3}) {
      CAPTURE(a);
      CAPTURE(b);
      REQUIRE(EditDistance(a, b, limit) == std::min(whole, limit + 1));
    }
  }
}

TEST_CASE("match: the measure of Jaro and Winkler, as published") {
  CHECK(JaroWinkler("martha", "marhta") ==
        doctest::Approx(0.9611).epsilon(1e-4));
  CHECK(JaroWinkler("dixon", "dicksonx") ==
        doctest::Approx(0.8133).epsilon(1e-4));
  CHECK(JaroWinkler("dwayne", "duane") == doctest::Approx(0.84).epsilon(1e-4));
  CHECK(JaroWinkler("same", "same") == 1);
  CHECK(JaroWinkler("abc", "xyz") == 0);
  CHECK(JaroWinkler("", "") == 1);
  CHECK(JaroWinkler("", "a") == 0);
}

TEST_CASE("match: names without case, marks and ligatures") {
  CHECK(FoldText("  O'Brien-SMITH ") == "obrien smith");
  CHECK(FoldText("M\xc3\xbcller") == "muller");
  CHECK(FoldText("Stra\xc3\x9f"
                 "e") == "strasse");
  CHECK(FoldText("S\xc3\xb8ren \xc5\x81ukasz") == "soren lukasz");
  CHECK(FoldText("\xef\xbc\xa1"
                 "da") == "ada");  // Full width.
  CHECK(FoldText("...") == "");
}

TEST_CASE("match: a full name comes apart") {
  const auto split = [](std::string_view full) {
    const NameParts parts = SplitName({"", "", "", full});
    std::string text = parts.given + "|" + parts.surname + "|";
    for (const std::string& word : parts.middle) text += word + ",";
    return text;
  };
  CHECK(split("Ada King Lovelace") == "ada|lovelace|king,");
  CHECK(split("Lovelace, Ada King") == "ada|lovelace|king,");
  CHECK(split("Dr. Ada Lovelace") == "ada|lovelace|");
  CHECK(split("Ludwig van Beethoven") == "ludwig|beethoven|");
  CHECK(split("sir Hugh Clifford, 2nd baron Clifford of Chudleigh") ==
        "hugh|chudleigh|clifford,clifford,");
  CHECK(split("Mr Duke") == "mr|duke|");
  CHECK(split("SMITH, John A.") == "john|smith|a,");
  CHECK(split("Smith, John, Jr.") == "john|smith|");
  CHECK(split("John Smith, MD") == "john|smith|");
  CHECK(split("Garc\xc3\xad"
              "a L\xc3\xb3pez, Ana Mar\xc3\xad"
              "a") == "ana|lopez|maria,garcia,");
  CHECK(split("Ana Mar\xc3\xad"
              "a Garc\xc3\xad"
              "a L\xc3\xb3pez") == "ana|lopez|maria,garcia,");
  CHECK(split("John Smith, of York") == "john|york|smith,");
  CHECK(split("van der Merwe, Pieter") == "pieter|merwe|");
  CHECK(split("Cher") == "cher||");
  CHECK(split("") == "||");
  const NameParts parts = SplitName({"Mary Ann", "", "van der Merwe", "x y"});
  CHECK(parts.given == "maryann");
  CHECK(parts.first == "mary");
  CHECK(parts.surname == "merwe");
  // An initial behind a given name is a middle name.
  const NameParts called = SplitName({"Thomas M.", "", "Booth", ""});
  CHECK(called.given == "thomas");
  CHECK(called.middle == std::vector<std::string>{"m"});
  // Digits in a name are letters that a machine misread.
  CHECK(SplitName({"J0hn", "", "8arber", ""}).given == "john");
  CHECK(SplitName({"Jo5eph", "", "8arber", ""}).surname == "barber");
  CHECK(SplitName({"", "", "", "Ada King, 1st baroness"}).given == "ada");
}

TEST_CASE("match: what sounds alike, and short forms") {
  CHECK(SoundOf("smith") == SoundOf("smyth"));
  CHECK(SoundOf("philip") == SoundOf("filip"));
  CHECK(SoundOf("catherine") == SoundOf("katherine"));
  CHECK(SoundOf("smith") != SoundOf("jones"));
  CHECK(SoundOf("") == 0);
  CHECK(SoundOfGiven("bill") == SoundOfGiven("william"));
  CHECK(NicknamesOf("bob").Shares(NicknamesOf("robert")));
  CHECK(NicknamesOf("ted").Shares(NicknamesOf("theodore")));
  CHECK_FALSE(NicknamesOf("bob").Shares(NicknamesOf("william")));
  CHECK_FALSE(NicknamesOf("zebulon").Shares(NicknamesOf("zebulon")));
}

TEST_CASE("match: streets, phones, e-mail addresses") {
  std::string house;
  CHECK(FoldStreet("12b High Street", &house) == "high st");
  CHECK(house == "12b");
  house.clear();
  CHECK(FoldStreet("Hauptstra\xc3\x9f"
                   "e 7",
                   &house) == "hauptstrasse");
  CHECK(house == "7");
  house = "9";
  CHECK(FoldStreet("5 Acacia Avenue", &house) == "5 acacia av");
  CHECK(FoldPhone("+27 (82) 123-4567") == "27821234567");
  CHECK(FoldPhone("0027821234567 x12") == "27821234567");
  CHECK(FoldPhone("123") == "");
  CHECK(FoldEmail(" Ada@Example.COM ") == "ada@example.com");
  CHECK(FoldEmail("nobody") == "");
}

TEST_CASE("match: levels of birth dates") {
  using namespace birth_level;
  CHECK(CompareBirth(19610409, 19610409) == kExact);
  CHECK(CompareBirth(19610409, 19610408) == kClose);
  CHECK(CompareBirth(19610409, 19610904) == kClose);  // Day and month.
  CHECK(CompareBirth(19610409, 19160409) == kClose);  // Two digits.
  CHECK(CompareBirth(19610409, 19610430) == kTwoParts);
  CHECK(CompareBirth(19610409, 19611217) == kYear);
  CHECK(CompareBirth(19610409, 19610000) == kYear);
  CHECK(CompareBirth(19610000, 19610000) == kYear);
  CHECK(CompareBirth(19610409, 19621217) == kNearYear);
  CHECK(CompareBirth(19610409, 19880409) == kNearYear);  // Month and day.
  CHECK(CompareBirth(19610409, 19881217) == kDifferent);
  CHECK(CompareBirth(409, 19610409) == kTwoParts);
  CHECK(CompareBirth(0, 19610409) == kMissing);
  for (const uint32_t a : {19610409u, 19610000u, 409u, 0u, 18500101u}) {
    for (const uint32_t b : {19610409u, 19161122u, 1101u, 18500000u}) {
      CHECK(CompareBirth(a, b) == CompareBirth(b, a));
    }
  }
}

TEST_CASE("match: birth dates as text") {
  MatchDate date;
  CHECK(ParseMatchDate("1961-04-09", &date));
  CHECK(date.Packed() == 19610409);
  CHECK(ParseMatchDate("1961", &date));
  CHECK(date.Packed() == 19610000);
  CHECK(ParseMatchDate("0000-04-09", &date));
  CHECK(date.Packed() == 409);
  for (const char* bad : {"", "61", "1961-4-9", "1961-13-01", "1961-04-32",
                          "1961-04-09T", "1961/04/09", "19610409"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseMatchDate(bad, &date));
  }
}

TEST_CASE("match: more agreement never weighs less") {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    MatchModel::Impl model = DefaultTables();
    for (auto* tables : {&model.m, &model.u}) {
      for (auto& states : *tables) {
        for (auto& levels : states) {
          for (double& share : levels) share = (random() % 999 + 1) / 1000.0;
        }
      }
    }
    const WeightTables weights = WeightsOf(model);
    for (size_t c = 0; c < kComparators; ++c) {
      for (size_t s = 0; s < kStates; ++s) {
        double last = -100;
        for (size_t l = kDifferent; l < InfoOf(c).levels; ++l) {
          const double bits = weights[c][s][l];
          REQUIRE(bits >= weights[c][s][kDifferent]);
          if (((InfoOf(c).ordered >> l) & 1) == 0) continue;
          REQUIRE(bits >= last);
          last = bits;
        }
      }
    }
  }
}

TEST_CASE("match: each pair that shares a key comes up once") {
  MatchSet set;
  std::mt19937 random(5);
  constexpr const char* kNames[] = {"ada", "ann", "bob", "cy", "dee"};
  for (int i = 0; i < 60; ++i) {
    MatchRecord record;
    record.id = std::to_string(i);
    record.values = {
        {MatchField::kFullName, std::string(kNames[random() % 5]) + " " +
                                    kNames[random() % 5] + " " +
                                    kNames[random() % 5]},
        {MatchField::kPhone, std::to_string(5550000 + random() % 9)},
        {MatchField::kBirthDate, std::to_string(1950 + random() % 9)}};
    REQUIRE(set.Add(record).ok());
  }
  const BlockKeys keys(set.impl());
  std::vector<std::vector<int>> seen(60, std::vector<int>(60));
  std::vector<std::vector<int>> shares(60, std::vector<int>(60));
  for (size_t space = 0; space < kKeySpaces; ++space) {
    const auto members = keys.Sorted(space);
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) REQUIRE(members[i - 1].key <= members[i].key);
      for (size_t j = i + 1; j < members.size(); ++j) {
        if (members[i].key != members[j].key) break;
        const uint32_t a = std::min(members[i].record, members[j].record);
        const uint32_t b = std::max(members[i].record, members[j].record);
        shares[a][b] = 1;
        if (!keys.SeenBefore(space, members[i].key, a, b)) ++seen[a][b];
      }
    }
  }
  CHECK(seen == shares);
}

// A record of five independent fields, with a known chance to be as the
// person's own.
struct Made {
  static constexpr Comparator kFields[] = {kSurname, kPostcode, kOccupation,
                                           kOther0};
  double agree[4] = {0.95, 0.7, 0.6, 0.85};
  uint32_t values[4] = {400, 500, 40, 200};
};

TEST_CASE("match: training finds the shares that the data were made with") {
  const Made made;
  std::mt19937 random(7);
  const auto chance = [&](double p) {
    return std::generate_canonical<double, 32>(random) < p;
  };
  // Words that are not alike.
  const auto word = [](size_t field, uint32_t value) {
    std::mt19937 letters(static_cast<uint32_t>(field * 100'003 + value));
    std::string text;
    for (int i = 0; i < 9; ++i) {
      text.push_back(static_cast<char>('a' + letters() % 26));
    }
    return text;
  };
  MatchSet set;
  constexpr MatchField kNames[] = {MatchField::kSurname, MatchField::kPostcode,
                                   MatchField::kOccupation, MatchField::kOther};
  for (int person = 0; person < 2'000; ++person) {
    uint32_t own[4];
    for (size_t f = 0; f < 4; ++f) own[f] = random() % made.values[f];
    char birth[16];
    std::snprintf(birth, sizeof(birth), "%04u-%02u-%02u",
                  static_cast<unsigned>(1900 + random() % 90),
                  static_cast<unsigned>(1 + random() % 12),
                  static_cast<unsigned>(1 + random() % 28));
    for (int copy = 0; copy < 2; ++copy) {
      MatchRecord record;
      record.id = std::to_string(person) + "-" + std::to_string(copy);
      record.values.push_back({MatchField::kBirthDate, birth});
      for (size_t f = 0; f < 4; ++f) {
        const bool same = copy == 0 || chance(made.agree[f]);
        const uint32_t value = same ? own[f] : random() % made.values[f];
        record.values.push_back({kNames[f], word(f, value)});
      }
      REQUIRE(set.Add(record).ok());
    }
  }
  const Result<Training> training = TrainModel(set);
  REQUIRE(training.ok());
  const MatchModel::Impl& model = training->model.impl();
  for (size_t f = 0; f < 4; ++f) {
    const Comparator c = Made::kFields[f];
    CAPTURE(InfoOf(c).name);
    const size_t exact = InfoOf(c).levels - 1u;
    CHECK(model.m[c][kAlone][exact] ==
          doctest::Approx(made.agree[f]).epsilon(0.05));
    CHECK(model.u[c][kAlone][exact] ==
          doctest::Approx(1.0 / made.values[f]).epsilon(0.2));
  }
}

TEST_CASE("match: a model of households is refused") {
  // Pairs that share a phone are never one person here.
  MatchSet set;
  std::mt19937 random(11);
  for (int i = 0; i < 1'000; ++i) {
    std::mt19937 own(static_cast<uint32_t>(i));
    std::string given;
    for (int k = 0; k < 8; ++k) {
      given.push_back(static_cast<char>('a' + own() % 26));
    }
    char birth[16];
    std::snprintf(birth, sizeof(birth), "%04u-%02u-%02u",
                  static_cast<unsigned>(1900 + own() % 90),
                  static_cast<unsigned>(1 + own() % 12),
                  static_cast<unsigned>(1 + own() % 28));
    const std::string house = std::to_string(i / 2);
    REQUIRE(set.Add({.id = std::to_string(i),
                     .values = {{MatchField::kGivenName, given},
                                {MatchField::kBirthDate, birth},
                                {MatchField::kSurname, "name" + house},
                                {MatchField::kPhone, "55500" + house},
                                {MatchField::kPostcode, house}}})
                .ok());
  }
  const Result<Training> training = TrainModel(set);
  if (training.ok()) {
    // Not fooled is as good: a person still has her own name.
    const auto& m = training->model.impl().m;
    CHECK(m[kGiven][kAlone][kDifferent] < 0.5);
  } else {
    CHECK(training.status().code() == StatusCode::kFailedPrecondition);
  }
}

TEST_CASE("match: models as text") {
  const MatchModel model = MatchModel::Default();
  const std::string json = model.ToJson();
  const Result<MatchModel> read = MatchModel::FromJson(json);
  REQUIRE(read.ok());
  CHECK(read->ToJson() == json);
  CHECK(read->trained_on() == 0);
  const auto code = [&](const std::string& from, const std::string& to) {
    std::string changed = json;
    const size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    return MatchModel::FromJson(changed).status().code();
  };
  CHECK(code("\"version\":1", "\"version\":2") == StatusCode::kUnsupported);
  CHECK(code("\"version\":1", "\"version\":\"1\"") ==
        StatusCode::kInvalidArgument);
  CHECK(code("\"exact\"", "\"equal\"") == StatusCode::kInvalidArgument);
  CHECK(code("\"given_name\"", "\"name\"") == StatusCode::kInvalidArgument);
  CHECK(code("\"alone\":[", "\"alone\":[0.5,") == StatusCode::kInvalidArgument);
  CHECK(code("\"trained_on\":0", "\"trained_on\":-1") ==
        StatusCode::kInvalidArgument);
  CHECK(code("\"fields\"", "\"felds\"") == StatusCode::kInvalidArgument);
  CHECK(MatchModel::FromJson("{").status().code() == StatusCode::kMalformed);
  CHECK(MatchModel::FromJson("[]").status().code() == StatusCode::kMalformed);
  // Cut anywhere, it is an error and nothing worse.
  for (size_t size = 0; size + 2 < json.size(); size += 97) {
    CHECK_FALSE(MatchModel::FromJson(json.substr(0, size)).ok());
  }
}

}  // namespace
}  // namespace crm
