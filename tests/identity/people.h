// People for the tests of matching: made-up records with their truth, and how
// well they were linked.

#ifndef CRM_TESTS_IDENTITY_PEOPLE_H_
#define CRM_TESTS_IDENTITY_PEOPLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "crm/match.h"
#include "examples/person_generator.h"

namespace crm {

struct Persons {
  std::vector<MatchRecord> records;
  std::map<std::string, uint64_t> truth;  // By id.
};

Persons Generate(uint64_t persons, uint64_t seed, examples::PersonStyle style);

MatchSet SetOf(const std::vector<MatchRecord>& records);

struct Quality {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  size_t largest_true = 0;
  size_t largest = 0;
};

Quality Measure(const MatchSet& set, const LinkResult& links,
                const std::map<std::string, uint64_t>& truth);

LinkResult Link(const MatchSet& set, const MatchModel& model,
                const LinkOptions& options = {.link_weight = 4});

// Somebody of 12 Long Street, Cape Town.
MatchRecord Somebody(const std::string& id, const std::string& given,
                     const std::string& surname, const std::string& birth);

// A crowd around the records in question, so that values have frequencies.
MatchSet InACrowd(const std::vector<MatchRecord>& records);

// "1961-04-09".
std::string DateText(int year, int month, int day);

}  // namespace crm

#endif  // CRM_TESTS_IDENTITY_PEOPLE_H_
