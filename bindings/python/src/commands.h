// Commands: methods of crm.Tenant about accounts, and their records.

#ifndef CRM_BINDINGS_PYTHON_SRC_COMMANDS_H_
#define CRM_BINDINGS_PYTHON_SRC_COMMANDS_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"

namespace crm::python {

void DefineCommandRecords(py::module_& module);
// Methods of Tenant.
void DefineCommands(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_COMMANDS_H_
