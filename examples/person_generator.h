// Made-up person records with the truth: which of them are the same person.
// The same on every machine for the same options.
//
//   PersonGenerator generator({.persons = 1000, .style = PersonStyle::kClean});
//   PersonRecord record;
//   while (generator.Next(&record)) Use(record);
//
// Persons live in households: couples, children, twins, a son with his
// father's name. A household shares its address, often its surname, sometimes
// its telephone and now and then one e-mail address. People move, marry and
// take another name, get new telephones; whoever writes them down mistypes,
// abbreviates, leaves out. Uses nothing of libcrm.

#ifndef CRM_EXAMPLES_PERSON_GENERATOR_H_
#define CRM_EXAMPLES_PERSON_GENERATOR_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "examples/event_generator.h"

namespace crm::examples {

enum class PersonStyle {
  // Customers of today: one to four records each, a slip here and there.
  kClean,
  // People in old registers: a full name, a birth date, a birth place, a
  // postcode, a sex and an occupation; many records each, much of it missing,
  // misspelt, abbreviated or half known.
  kHistorical,
};

struct PersonOptions {
  uint64_t persons = 1'000;
  uint64_t seed = 1;
  PersonStyle style = PersonStyle::kClean;
};

struct PersonRecord {
  std::string id;                  // Says nothing about the person.
  uint64_t person = 0;             // The truth.
  std::vector<std::string> cells;  // One for each of columns().
};

// Not thread-safe. The records of a household come together.
class PersonGenerator final {
 public:
  explicit PersonGenerator(const PersonOptions& options);

  // Names of MatchField, in their order.
  const std::vector<std::string>& columns() const { return columns_; }
  bool Next(PersonRecord* record);

 private:
  struct Someone {
    std::string given;
    std::string middle;
    std::string surname;
    std::string married;  // Empty: never took another.
    int year = 0;
    int month = 1;
    int day = 1;
    bool woman = false;
    size_t country = 0;
    std::string email;
    std::string phone;
    std::string birth_place;
    std::string occupation;
  };
  struct Address {
    std::string street;
    std::string house;
    std::string city;
    std::string postcode;
  };

  std::string Given(bool woman);
  std::string Surname();
  std::string Place();
  Address NewAddress(size_t country);
  std::string NewPhone(size_t country);
  std::string WritePhone(const Someone& who);
  std::string Email(const Someone& who);
  void BornIn(int year, Someone* who);
  void MakeHousehold();
  void Write(const Someone& who, const Address& home, bool moved);
  void WriteClean(const Someone& who, const Address& home, bool first,
                  PersonRecord* record);
  void WriteHistorical(const Someone& who, const Address& home,
                       PersonRecord* record);
  std::string Date(const Someone& who, uint64_t slips);
  std::string ShortGiven(const std::string& given);
  std::string Slip(std::string text);
  std::string MaybeSlip(const std::string& text, uint64_t percent) {
    return random_.Percent(percent) ? Slip(text) : text;
  }

  const PersonOptions options_;
  Random random_;
  std::vector<std::string> columns_;
  std::deque<PersonRecord> ready_;
  uint64_t next_person_ = 0;
  uint64_t next_record_ = 0;
};

}  // namespace crm::examples

#endif  // CRM_EXAMPLES_PERSON_GENERATOR_H_
