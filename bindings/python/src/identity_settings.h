// Settings of identity: methods of crm.Tenant.

#ifndef CRM_BINDINGS_PYTHON_SRC_IDENTITY_SETTINGS_H_
#define CRM_BINDINGS_PYTHON_SRC_IDENTITY_SETTINGS_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"

namespace crm::python {

void DefineIdentitySettings(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_IDENTITY_SETTINGS_H_
