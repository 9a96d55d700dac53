// Households: who lives together.

#ifndef CRM_BINDINGS_PYTHON_SRC_HOUSEHOLD_H_
#define CRM_BINDINGS_PYTHON_SRC_HOUSEHOLD_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"

namespace crm::python {

void DefineHouseholdRecords(py::module_& module);
// Methods of Tenant.
void DefineHouseholds(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_HOUSEHOLD_H_
