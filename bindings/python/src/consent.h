// Consent: its records, and the methods of crm.Tenant.

#ifndef CRM_BINDINGS_PYTHON_SRC_CONSENT_H_
#define CRM_BINDINGS_PYTHON_SRC_CONSENT_H_

#include <pybind11/pybind11.h>

#include <vector>

#include "bindings/python/src/reading.h"

namespace crm::python {

void DefineConsentRecords(py::module_& module);
void DefineConsent(py::class_<TenantHandle>& type);

// A dict or pairs; None: none.
std::vector<Identifier> ReadIdentifiers(const py::object& object);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_CONSENT_H_
