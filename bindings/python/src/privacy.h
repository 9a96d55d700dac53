// Privacy: erasing a customer, certificates.

#ifndef CRM_BINDINGS_PYTHON_SRC_PRIVACY_H_
#define CRM_BINDINGS_PYTHON_SRC_PRIVACY_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"
#include "crm/privacy.h"

namespace crm::python {

py::object ModeToPython(ErasureMode mode);

// Records, and verify_certificate.
void DefinePrivacyRecords(py::module_& module);
// From a member or its string. Raises InputError.
ErasureMode ErasureModeFromPython(py::handle mode);
// Methods of Tenant.
void DefinePrivacy(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_PRIVACY_H_
