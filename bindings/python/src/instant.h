// Instants: aware datetimes in, aware UTC datetimes out.
//
// pybind11/chrono.h is banned: it ignores tzinfo and reads every datetime as
// local time, and instants beyond 2262 come out in another century.

#ifndef CRM_BINDINGS_PYTHON_SRC_INSTANT_H_
#define CRM_BINDINGS_PYTHON_SRC_INSTANT_H_

#include <pybind11/pybind11.h>

#include <chrono>
#include <string>

#include "crm/types.h"

namespace crm::python {

// To be called once, before all others.
void InitInstants();

bool IsDatetime(pybind11::handle object);

// Raises InputError for a naive datetime, and for one before 1900 or from
// 2200 on, which libcrm does not take. REQUIRES: IsDatetime.
Timestamp InstantFromPython(pybind11::handle datetime);
pybind11::object InstantToPython(Timestamp instant);

// "2026-02-02T09:15:00.250000Z".
std::string InstantText(Timestamp instant);

// A span of time: a timedelta, or a number of seconds. Raises InputError when
// it is negative or no number, TypeError for anything else.
std::chrono::microseconds DurationFromPython(pybind11::handle object);

}  // namespace crm::python

template <>
struct pybind11::detail::type_caster<crm::Timestamp> {
  PYBIND11_TYPE_CASTER(crm::Timestamp, const_name("datetime.datetime"));

  bool load(handle source, bool) {
    if (!crm::python::IsDatetime(source)) return false;
    value = crm::python::InstantFromPython(source);
    return true;
  }
  static handle cast(crm::Timestamp instant, return_value_policy, handle) {
    return crm::python::InstantToPython(instant).release();
  }
};

#endif  // CRM_BINDINGS_PYTHON_SRC_INSTANT_H_
