// Schemas: their records, and the methods of crm.Tenant.

#ifndef CRM_BINDINGS_PYTHON_SRC_SCHEMAS_H_
#define CRM_BINDINGS_PYTHON_SRC_SCHEMAS_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"

namespace crm::python {

void DefineSchemas(py::class_<TenantHandle>& type);
void DefineSchemaRecords(py::module_& module);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_SCHEMAS_H_
