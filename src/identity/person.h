// What a guard knows of a person: given name and birth date, and whether two
// of them can be one.

#ifndef CRM_IDENTITY_PERSON_H_
#define CRM_IDENTITY_PERSON_H_

#include <string>
#include <string_view>

namespace crm {

struct Person {
  // Folded: lower case, letters only. Empty: not known.
  std::string given_name = {};
  // Eight digits, yyyymmdd. Empty: not known.
  std::string birth_date = {};

  // From values as sources give them; what cannot be read is not known. Of a
  // given name the first word counts.
  static std::string FoldName(std::string_view name);
  static std::string FoldBirthDate(std::string_view date);

  bool full() const { return !given_name.empty() && !birth_date.empty(); }
};

// Both are known fully, and neither given name nor birth date can be the same,
// typing errors, initials, shorter forms and exchanged days and months allowed
// for.
bool Contradict(const Person& a, const Person& b);
// Both are known fully, and are the same.
bool Agree(const Person& a, const Person& b);

}  // namespace crm

#endif  // CRM_IDENTITY_PERSON_H_
