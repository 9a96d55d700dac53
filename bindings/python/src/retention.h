// Legal holds, and the settings of privacy.

#ifndef CRM_BINDINGS_PYTHON_SRC_RETENTION_H_
#define CRM_BINDINGS_PYTHON_SRC_RETENTION_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"

namespace crm::python {

// Records. Those of privacy are there already.
void DefineRetentionRecords(py::module_& module);
// Methods of Tenant.
void DefineRetention(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_RETENTION_H_
