#include "tests/identity/people.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <utility>

namespace crm {
namespace {

using examples::PersonGenerator;
using examples::PersonRecord;
using examples::PersonStyle;
using F = MatchField;

MatchField FieldOf(const std::string& name) {
  for (int i = 1; i <= 18; ++i) {
    if (MatchFieldName(static_cast<F>(i)) == name) return static_cast<F>(i);
  }
  return F::kOther;
}

}  // namespace

Persons Generate(uint64_t persons, uint64_t seed, PersonStyle style) {
  PersonGenerator generator({.persons = persons, .seed = seed, .style = style});
  Persons out;
  PersonRecord made;
  while (generator.Next(&made)) {
    MatchRecord record;
    record.id = made.id;
    for (size_t i = 0; i < made.cells.size(); ++i) {
      record.values.push_back({FieldOf(generator.columns()[i]), made.cells[i]});
    }
    out.truth[made.id] = made.person;
    out.records.push_back(std::move(record));
  }
  return out;
}

MatchSet SetOf(const std::vector<MatchRecord>& records) {
  MatchSet set;
  for (const MatchRecord& record : records) REQUIRE(set.Add(record).ok());
  return set;
}

Quality Measure(const MatchSet& set, const LinkResult& links,
                const std::map<std::string, uint64_t>& truth) {
  std::map<uint64_t, double> persons;
  std::map<uint32_t, double> clusters;
  std::map<std::pair<uint64_t, uint32_t>, double> both;
  for (uint32_t i = 0; i < set.size(); ++i) {
    const uint64_t person = truth.at(std::string(set.id(i)));
    ++persons[person];
    ++clusters[links.clusters[i]];
    ++both[{person, links.clusters[i]}];
  }
  Quality quality;
  const auto pairs = [](const auto& counts, size_t* largest) {
    double sum = 0;
    for (const auto& [key, n] : counts) {
      sum += n * (n - 1) / 2;
      if (largest != nullptr) {
        *largest = std::max(*largest, static_cast<size_t>(n));
      }
    }
    return sum;
  };
  const double right = pairs(both, nullptr);
  quality.precision = right / pairs(clusters, &quality.largest);
  quality.recall = right / pairs(persons, &quality.largest_true);
  quality.f1 = 2 * quality.precision * quality.recall /
               (quality.precision + quality.recall);
  return quality;
}

LinkResult Link(const MatchSet& set, const MatchModel& model,
                const LinkOptions& options) {
  Result<LinkResult> links = LinkRecords(set, model, options);
  REQUIRE(links.ok());
  REQUIRE(links->clusters.size() == set.size());
  return *std::move(links);
}

MatchRecord Somebody(const std::string& id, const std::string& given,
                     const std::string& surname, const std::string& birth) {
  return {.id = id,
          .values = {{F::kGivenName, given},
                     {F::kSurname, surname},
                     {F::kBirthDate, birth},
                     {F::kStreet, "Long Street"},
                     {F::kHouseNumber, "12"},
                     {F::kCity, "Cape Town"},
                     {F::kPostcode, "8001"}}};
}

MatchSet InACrowd(const std::vector<MatchRecord>& records) {
  MatchSet set = SetOf(records);
  for (const MatchRecord& record :
       Generate(400, 99, PersonStyle::kClean).records) {
    REQUIRE(set.Add(record).ok());
  }
  return set;
}

std::string DateText(int year, int month, int day) {
  char text[48];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
  return text;
}

}  // namespace crm
