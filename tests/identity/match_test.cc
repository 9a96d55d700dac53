// Matching through crm/match.h: what links, what does not, and why.

#include "crm/match.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/identity/people.h"

namespace crm {
namespace {

using examples::PersonStyle;
using F = MatchField;

// The partition as sets of ids.
std::vector<std::vector<std::string>> PartitionOf(const MatchSet& set,
                                                  const LinkResult& links) {
  std::vector<std::vector<std::string>> out(links.cluster_count);
  for (uint32_t i = 0; i < set.size(); ++i) {
    out[links.clusters[i]].emplace_back(set.id(i));
  }
  for (auto& cluster : out) std::sort(cluster.begin(), cluster.end());
  std::sort(out.begin(), out.end());
  return out;
}

// Trained on the records themselves: nearly all is found, no cluster runs away,
// and hardly any merge that nobody looks at is wrong.
MatchSet CheckTrained(const Persons& persons, double least_f1) {
  MatchSet set = SetOf(persons.records);
  const Result<Training> training = TrainModel(set);
  REQUIRE(training.ok());
  const Quality quality =
      Measure(set, Link(set, training->model), persons.truth);
  MESSAGE("precision ", quality.precision, ", recall ", quality.recall);
  CHECK(quality.f1 >= least_f1);
  CHECK(quality.largest <= 2 * quality.largest_true);
  const Quality sure = Measure(
      set, Link(set, training->model, {.link_weight = 12}), persons.truth);
  MESSAGE("precision of merges that nobody looks at ", sure.precision);
  CHECK(sure.precision >= 0.99);
  return set;
}

TEST_CASE("match: clean persons with households") {
  const Persons persons = Generate(2'000, 21, PersonStyle::kClean);
  const MatchSet set = CheckTrained(persons, 0.93);
  // Day one: without training.
  const Quality untrained =
      Measure(set, Link(set, MatchModel::Default()), persons.truth);
  CHECK(untrained.f1 >= 0.93);
}

TEST_CASE("match: historical persons, dirty and half known") {
  CheckTrained(Generate(1'500, 22, PersonStyle::kHistorical), 0.83);
}

TEST_CASE("match: neither order nor threads change what comes out") {
  Persons persons = Generate(600, 23, PersonStyle::kClean);
  const MatchSet set = SetOf(persons.records);
  const Result<Training> training = TrainModel(set);
  REQUIRE(training.ok());
  const std::string model = training->model.ToJson();
  const LinkResult links = Link(set, training->model);
  const auto partition = PartitionOf(set, links);
  std::mt19937 random(1);
  for (int round = 0; round < 3; ++round) {
    std::shuffle(persons.records.begin(), persons.records.end(), random);
    const MatchSet other = SetOf(persons.records);
    const Result<Training> again = TrainModel(other);
    REQUIRE(again.ok());
    CHECK(again->model.ToJson() == model);
    const LinkResult same =
        Link(other, again->model, {.link_weight = 4, .threads = 1 + round * 2});
    CHECK(PartitionOf(other, same) == partition);
    CHECK(same.review_total == links.review_total);
    CHECK(same.prior == links.prior);
  }
  // Numbers are given in the order of the first record of each cluster.
  uint32_t next = 0;
  for (const uint32_t cluster : links.clusters) {
    CHECK(cluster <= next);
    next = std::max(next, cluster + 1);
  }
  CHECK(next == links.cluster_count);
}

TEST_CASE("match: a family stays a family") {
  const MatchSet set = InACrowd({
      Somebody("father", "Pieter", "Steyn", "1950-03-02"),
      Somebody("son", "Pieter", "Steyn", "1978-11-21"),
      Somebody("mother", "Anna", "Steyn", "1952-07-30"),
      Somebody("twin 1", "Johan", "Steyn", "1980-05-05"),
      Somebody("twin 2", "Karel", "Steyn", "1980-05-05"),
      Somebody("son again", "Piter", "Steyn", "1978-11-12"),
  });
  const LinkResult links = Link(set, MatchModel::Default());
  CHECK(links.clusters[1] == links.clusters[5]);
  for (uint32_t a = 0; a < 5; ++a) {
    for (uint32_t b = a + 1; b < 5; ++b) {
      CAPTURE(set.id(a));
      CAPTURE(set.id(b));
      CHECK(links.clusters[a] != links.clusters[b]);
    }
  }
}

TEST_CASE("match: slips, nicknames and swapped names are one person") {
  std::vector<MatchRecord> records = {
      Somebody("1", "William", "Blackwood", "1961-04-09"),
      Somebody("2", "Bill", "Blackwood", "1961-04-09"),
      Somebody("3", "William", "Blackwod", "1961-09-04"),
      Somebody("4", "Blackwood", "William", "1961-04-09"),
      {.id = "5",
       .values = {{F::kFullName, "Blackwood, Wm."},
                  {F::kBirthDate, "1961-04-09"},
                  {F::kPostcode, "8001"}}},
  };
  const MatchSet set = InACrowd(records);
  const LinkResult links = Link(set, MatchModel::Default());
  for (uint32_t i = 1; i < records.size(); ++i) {
    CAPTURE(set.id(i));
    CHECK(links.clusters[i] == links.clusters[0]);
  }
}

TEST_CASE("match: a chain of weak links does not collapse") {
  // Each has something in common with the next one, and with no other.
  std::vector<MatchRecord> chain;
  for (int i = 0; i < 30; ++i) {
    const std::string mine = std::to_string(i);
    const std::string next = std::to_string(i + 1);
    chain.push_back(
        {.id = "chain " + mine,
         .values = {{F::kGivenName, i % 2 == 0 ? "Ada" : "Zoe"},
                    {F::kBirthDate, DateText(1940 + i * 17 % 60, 1 + i * 7 % 12,
                                             1 + i * 11 % 28)},
                    {F::kEmail, "shared" + mine + "@example.com"},
                    {F::kEmail, "shared" + next + "@example.com"}}});
  }
  const MatchSet set = InACrowd(chain);
  const LinkResult links =
      Link(set, MatchModel::Default(), {.link_weight = 0, .review_weight = 0});
  std::map<uint32_t, size_t> sizes;
  for (uint32_t i = 0; i < 30; ++i) ++sizes[links.clusters[i]];
  for (const auto& [cluster, size] : sizes) CHECK(size <= 3);
}

TEST_CASE("match: what a person said comes before any weight") {
  std::vector<MatchRecord> records = {
      Somebody("1", "William", "Blackwood", "1961-04-09"),
      Somebody("2", "William", "Blackwood", "1961-04-09"),
      Somebody("3", "Nomsa", "Dlamini", "1990-01-17"),
      Somebody("4", "William", "Blackwood", "1961-04-09"),
  };
  const MatchSet set = InACrowd(records);
  const MatchModel model = MatchModel::Default();
  CHECK(Link(set, model).clusters[0] == Link(set, model).clusters[1]);

  LinkOptions options{.link_weight = 4};
  options.cannot_link = {{1, 0}};
  LinkResult links = Link(set, model, options);
  CHECK(links.clusters[0] != links.clusters[1]);
  CHECK(std::any_of(links.review.begin(), links.review.end(),
                    [](const ReviewPair& pair) {
                      return pair.reason == ReviewReason::kCannotLink;
                    }));
  options.must_link = {{2, 0}};
  links = Link(set, model, options);
  CHECK(links.clusters[2] == links.clusters[0]);
  CHECK(links.clusters[0] != links.clusters[1]);

  // Across a third record it is a conflict.
  options.must_link = {{0, 2}, {2, 1}};
  CHECK(LinkRecords(set, model, options).status().code() ==
        StatusCode::kConflict);
  options.must_link = {{0, 1'000'000}};
  CHECK(LinkRecords(set, model, options).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("match: two values of an exclusive namespace are two persons") {
  std::vector<MatchRecord> records = {
      Somebody("1", "William", "Blackwood", "1961-04-09"),
      Somebody("2", "William", "Blackwood", "1961-04-09"),
      Somebody("3", "William", "Blackwood", "1961-04-09"),
  };
  records[0].exclusive = {{"account", "a"}};
  records[1].exclusive = {{"account", "b"}};
  const MatchSet set = InACrowd(records);
  const LinkResult links = Link(set, MatchModel::Default());
  CHECK(links.clusters[0] != links.clusters[1]);
  const bool with_one = links.clusters[2] == links.clusters[0] ||
                        links.clusters[2] == links.clusters[1];
  CHECK(with_one);
  CHECK(std::any_of(links.review.begin(), links.review.end(),
                    [](const ReviewPair& pair) {
                      return pair.reason == ReviewReason::kExclusive;
                    }));
}

TEST_CASE("match: clusters have a limit") {
  std::vector<MatchRecord> records;
  for (int i = 0; i < 9; ++i) {
    records.push_back(
        Somebody(std::to_string(i), "William", "Blackwood", "1961-04-09"));
  }
  const MatchSet set = InACrowd(records);
  const LinkResult links =
      Link(set, MatchModel::Default(), {.link_weight = 4, .max_cluster = 4});
  std::map<uint32_t, size_t> sizes;
  for (uint32_t i = 0; i < 9; ++i) ++sizes[links.clusters[i]];
  for (const auto& [cluster, size] : sizes) CHECK(size <= 4);
}

TEST_CASE("match: an explanation adds up") {
  const MatchSet set =
      InACrowd({Somebody("1", "William", "Blackwood", "1961-04-09"),
                Somebody("2", "Bill", "Blackwod", "1961-04-09")});
  const LinkResult links = Link(set, MatchModel::Default());
  const Result<MatchExplanation> why =
      ExplainPair(set, MatchModel::Default(), 0, 1, links.prior);
  REQUIRE(why.ok());
  double sum = links.prior;
  std::map<std::string, std::string> levels;
  for (const MatchEvidence& one : why->evidence) {
    sum += one.weight;
    levels[std::string(MatchFieldName(one.field))] = one.level;
  }
  CHECK(why->weight == doctest::Approx(sum));
  CHECK(levels["given_name"] == "nickname");
  CHECK(levels["surname"] == "close");
  CHECK(levels["birth_date"] == "exact");
  CHECK(levels["email"] == "missing");
  REQUIRE(!links.links.empty());
  for (const MatchPair& link : links.links) {
    const auto same =
        ExplainPair(set, MatchModel::Default(), link.a, link.b, links.prior);
    REQUIRE(same.ok());
    CHECK(same->weight == doctest::Approx(link.weight));
  }
  CHECK(ExplainPair(set, MatchModel::Default(), 0, 1'000'000).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("match: small, empty and useless sets") {
  MatchSet set;
  CHECK(Link(set, MatchModel::Default()).cluster_count == 0);
  REQUIRE(set.Add({.id = "a"}).ok());
  CHECK(Link(set, MatchModel::Default()).cluster_count == 1);
  REQUIRE(set.Add({.id = "b"}).ok());
  REQUIRE(set.Add({.id = "c", .values = {{F::kGivenName, "..."}}}).ok());
  CHECK(Link(set, MatchModel::Default()).cluster_count == 3);
  CHECK(TrainModel(set).status().code() == StatusCode::kFailedPrecondition);
  for (int i = 0; i < 300; ++i) {
    REQUIRE(set.Add({.id = std::to_string(i)}).ok());
  }
  CHECK(TrainModel(set).status().code() == StatusCode::kFailedPrecondition);
  CHECK(Link(set, MatchModel::Default()).cluster_count == 303);
  CHECK(set.Find("c").ok());
  CHECK(*set.Find("c") == 2);
  CHECK(set.Find("d").status().code() == StatusCode::kNotFound);
}

TEST_CASE("match: bad records are refused and change nothing") {
  MatchSet set;
  REQUIRE(set.Add({.id = "a"}).ok());
  const auto code = [&](const MatchRecord& record) {
    const Status status = set.Add(record);
    CHECK(set.size() == 1);
    CHECK(status.message().find("secret") == std::string_view::npos);
    return status.code();
  };
  const auto with = [](F field, std::string text, uint8_t slot = 0) {
    return MatchRecord{.id = "b", .values = {{field, std::move(text), slot}}};
  };
  CHECK(code({.id = "a"}) == StatusCode::kAlreadyExists);
  CHECK(code({.id = ""}) == StatusCode::kInvalidArgument);
  CHECK(code({.id = std::string(257, 'x')}) == StatusCode::kInvalidArgument);
  CHECK(code(with(F::kSurname, "secret\xff")) == StatusCode::kInvalidArgument);
  CHECK(code(with(F::kBirthDate, "secret")) == StatusCode::kInvalidArgument);
  CHECK(code(with(F::kOther, "x", 4)) == StatusCode::kInvalidArgument);
  CHECK(code(with(F::kCity, "x", 1)) == StatusCode::kInvalidArgument);
  CHECK(code(with(static_cast<F>(0), "x")) == StatusCode::kInvalidArgument);
  CHECK(code(with(static_cast<F>(99), "x")) == StatusCode::kInvalidArgument);
  CHECK(code(with(F::kCity, std::string(4097, 'x'))) == StatusCode::kTooLarge);
}

TEST_CASE("match: options are checked, and a call can be cancelled") {
  const MatchSet set = InACrowd({});
  const MatchModel model = MatchModel::Default();
  const auto code = [&](const LinkOptions& options) {
    return LinkRecords(set, model, options).status().code();
  };
  CHECK(code({.threads = 0}) == StatusCode::kInvalidArgument);
  CHECK(code({.threads = 65}) == StatusCode::kInvalidArgument);
  CHECK(code({.max_cluster = 0}) == StatusCode::kInvalidArgument);
  CHECK(code({.link_weight = 0.0 / 0.0}) == StatusCode::kInvalidArgument);
  CHECK(code({.progress = [](const MatchProgress&) { return false; }}) ==
        StatusCode::kCancelled);
  CHECK(TrainModel(set, {.iterations = 0}).status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(
      TrainModel(set, {.progress = [](const MatchProgress&) { return false; }})
          .status()
          .code() == StatusCode::kCancelled);
}

}  // namespace
}  // namespace crm
