// Matching records that lie in memory: sets, models, links.

#ifndef CRM_BINDINGS_PYTHON_SRC_MATCH_H_
#define CRM_BINDINGS_PYTHON_SRC_MATCH_H_

#include <pybind11/pybind11.h>

#include <cstddef>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "crm/match.h"

namespace crm::python {

inline constexpr EnumName<MatchField> kMatchFields[] = {
    {MatchField::kGivenName, "GIVEN_NAME"},
    {MatchField::kSurname, "SURNAME"},
    {MatchField::kFullName, "FULL_NAME"},
    {MatchField::kMiddleName, "MIDDLE_NAME"},
    {MatchField::kBirthDate, "BIRTH_DATE"},
    {MatchField::kStreet, "STREET"},
    {MatchField::kHouseNumber, "HOUSE_NUMBER"},
    {MatchField::kCity, "CITY"},
    {MatchField::kPostcode, "POSTCODE"},
    {MatchField::kRegion, "REGION"},
    {MatchField::kCountry, "COUNTRY"},
    {MatchField::kEmail, "EMAIL"},
    {MatchField::kPhone, "PHONE"},
    {MatchField::kNationalId, "NATIONAL_ID"},
    {MatchField::kSex, "SEX"},
    {MatchField::kOccupation, "OCCUPATION"},
    {MatchField::kBirthPlace, "BIRTH_PLACE"},
    {MatchField::kOther, "OTHER"},
};

// A crm.MatchSet. Both members are only touched with the interpreter's lock,
// which is what keeps adding and reading apart: calls that let go of the lock
// while they read are counted, and nothing is added meanwhile.
struct MatchSetObject {
  MatchSet set;
  size_t readers = 0;
};

// A call that reads a set without the lock. With the lock.
class ReadingSet final {
 public:
  explicit ReadingSet(MatchSetObject& object) : object_(object) {
    ++object_.readers;
  }
  ~ReadingSet() { --object_.readers; }
  ReadingSet(const ReadingSet&) = delete;
  ReadingSet& operator=(const ReadingSet&) = delete;

 private:
  MatchSetObject& object_;
};

// `caller` as what the matcher calls.
MatchProgressCallback ProgressTo(ProgressCaller* caller);

// MatchSet.
void DefineMatchSet(py::module_& module);
// MatchModel, train_model, link_records, explain_pair and what they answer.
void DefineMatching(py::module_& module);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_MATCH_H_
