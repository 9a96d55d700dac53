// Families: who lives together looks alike, and is not one person. Each case
// is named for what went wrong once.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "crm/match.h"
#include "tests/identity/people.h"

namespace crm {
namespace {

using examples::PersonStyle;
using F = MatchField;

MatchRecord With(MatchRecord record, F field, const std::string& text) {
  record.values.push_back({field, text});
  return record;
}

// Four records of each of two people; some of them lack what tells them apart.
bool AreApart(const std::vector<MatchRecord>& records) {
  const MatchSet set = InACrowd(records);
  for (const double weight : {2.0, 12.0}) {
    const LinkResult links =
        Link(set, MatchModel::Default(), {.link_weight = weight});
    for (size_t i = 0; i < 4; ++i) {
      for (size_t j = 4; j < 8; ++j) {
        if (links.clusters[i] == links.clusters[j]) return false;
      }
    }
  }
  return true;
}

TEST_CASE("match: twins are two, however alike their household is") {
  std::vector<MatchRecord> records;
  for (int i = 0; i < 8; ++i) {
    const bool first = i < 4;
    records.push_back(
        With(Somebody(std::to_string(i), first ? "Gwendolyn" : "Tamsin",
                      "Blackwood", "1961-04-09"),
             F::kPhone, "+27 21 555 7788"));
  }
  CHECK(AreApart(records));
}

TEST_CASE("match: a son with his father's name is not his father") {
  std::vector<MatchRecord> records;
  for (int i = 0; i < 8; ++i) {
    const bool father = i < 4;
    // Half of them do not say when he was born, but have his e-mail address.
    records.push_back(
        With(Somebody(std::to_string(i), "Mark", "Blackwood",
                      i % 2 == 0 ? (father ? "1963-02-11" : "1995-05-05") : ""),
             F::kEmail,
             father ? "mblackwood344@example.com" : "markie07@example.org"));
  }
  CHECK(AreApart(records));
}

TEST_CASE("match: one slip among many records keeps nobody apart") {
  std::vector<MatchRecord> records;
  for (int i = 0; i < 5; ++i) {
    records.push_back(With(Somebody(std::to_string(i), "William", "Blackwood",
                                    i == 0 ? "1935-12-30" : "1961-04-09"),
                           F::kEmail, "w.blackwood344@example.com"));
  }
  const MatchSet set = InACrowd(records);
  const LinkResult links = Link(set, MatchModel::Default(), {.link_weight = 2});
  for (size_t i = 1; i < 5; ++i) CHECK(links.clusters[i] == links.clusters[0]);
}

// As in a register of voters: a telephone for each household, and no more of a
// birth than its year.
Persons Register() {
  Persons persons = Generate(2'500, 31, PersonStyle::kClean);
  std::map<std::string, std::string> phones;
  for (MatchRecord& record : persons.records) {
    std::string home;
    for (const MatchValue& value : record.values) {
      const bool address = value.field == F::kStreet ||
                           value.field == F::kHouseNumber ||
                           value.field == F::kPostcode;
      if (address) home += value.text + "/";
    }
    const std::string phone =
        phones.try_emplace(home, std::to_string(5'550'000 + phones.size()))
            .first->second;
    std::erase_if(record.values, [](const MatchValue& value) {
      return value.field == F::kEmail;
    });
    for (MatchValue& value : record.values) {
      if (value.field == F::kBirthDate && value.text.size() > 4) {
        value.text.resize(4);
      }
      if (value.field == F::kPhone) value.text = phone;
    }
  }
  return persons;
}

TEST_CASE("match: households with one telephone are not taken for a person") {
  const Persons persons = Register();
  const MatchSet set = SetOf(persons.records);
  const Result<Training> training = TrainModel(set);
  REQUIRE(training.ok());
  const Quality quality = Measure(
      set, Link(set, training->model, {.link_weight = 2}), persons.truth);
  MESSAGE("precision ", quality.precision, ", recall ", quality.recall);
  CHECK(quality.precision >= 0.96);
  CHECK(quality.f1 >= 0.93);
  CHECK(quality.largest <= 2 * quality.largest_true);
}

TEST_CASE("match: names and addresses alone are enough to train on") {
  Persons persons = Generate(2'500, 32, PersonStyle::kClean);
  for (MatchRecord& record : persons.records) {
    std::erase_if(record.values, [](const MatchValue& value) {
      return value.field == F::kEmail || value.field == F::kPhone ||
             value.field == F::kBirthDate || value.field == F::kSex;
    });
  }
  const MatchSet set = SetOf(persons.records);
  const Result<Training> training = TrainModel(set);
  REQUIRE(training.ok());
  const Quality quality = Measure(
      set, Link(set, training->model, {.link_weight = 2}), persons.truth);
  MESSAGE("precision ", quality.precision, ", recall ", quality.recall);
  CHECK(quality.f1 >= 0.83);
}

// A rare surname in one town was enough for one person, whatever else her
// given name was.
TEST_CASE("match: a family of one town is not a person, by names and town") {
  for (const uint64_t seed : {33, 34}) {
    Persons persons = Generate(2'500, seed, PersonStyle::kClean);
    for (MatchRecord& record : persons.records) {
      std::erase_if(record.values, [](const MatchValue& value) {
        return value.field != F::kGivenName && value.field != F::kSurname &&
               value.field != F::kCity;
      });
    }
    const MatchSet set = SetOf(persons.records);
    const Result<Training> training = TrainModel(set);
    REQUIRE(training.ok());
    const Quality quality = Measure(
        set, Link(set, training->model, {.link_weight = 2}), persons.truth);
    CAPTURE(seed);
    MESSAGE("precision ", quality.precision, ", recall ", quality.recall);
    CHECK(quality.precision >= 0.92);
    CHECK(quality.f1 >= 0.83);
    CHECK(quality.largest <= 2 * quality.largest_true);
  }
}

TEST_CASE("match: copies of one record are one person") {
  for (const int copies : {2, 5, 300}) {
    CAPTURE(copies);
    std::vector<MatchRecord> records;
    for (int i = 0; i < copies; ++i) {
      records.push_back(
          Somebody(std::to_string(i), "William", "Blackwood", "1961-04-09"));
    }
    const MatchSet set = SetOf(records);
    CHECK(Link(set, MatchModel::Default()).cluster_count == 1);
    CHECK(TrainModel(set).status().code() == StatusCode::kFailedPrecondition);
  }
}

TEST_CASE("match: a rare full name of frequent names is rare") {
  // "Ann" and "Smith" are frequent; "Ann Smith" is not.
  std::vector<MatchRecord> records;
  for (int i = 0; i < 600; ++i) {
    const bool ann = i < 300;
    records.push_back(
        {.id = "crowd " + std::to_string(i),
         .values = {{F::kGivenName, ann ? "Ann" : "Given" + std::to_string(i)},
                    {F::kSurname, ann ? "Name" + std::to_string(i) : "Smith"},
                    {F::kBirthDate,
                     DateText(1900 + i % 90, 1 + i % 12, 1 + i % 28)}}});
  }
  for (const char* id : {"a", "b"}) {
    records.push_back(
        {.id = id, .values = {{F::kGivenName, "Ann"}, {F::kSurname, "Smith"}}});
  }
  const MatchSet set = SetOf(records);
  const auto bits = [&](const char* a, const char* b) {
    const Result<MatchExplanation> why =
        ExplainPair(set, MatchModel::Default(), *set.Find(a), *set.Find(b));
    REQUIRE(why.ok());
    return why->weight;
  };
  CHECK(bits("a", "b") > 8);
  CHECK(bits("a", "crowd 10") < 0);
}

}  // namespace
}  // namespace crm
