// Schemas: their records, and the methods of crm.Tenant.

#ifndef CRM_BINDINGS_PYTHON_SRC_SCHEMAS_H_
#define CRM_BINDINGS_PYTHON_SRC_SCHEMAS_H_

#include <pybind11/pybind11.h>

#include <string>

#include "bindings/python/src/reading.h"

namespace crm::python {

// JSON, as text or as what json.loads would give.
std::string JsonFromPython(py::handle object, const char* what);

// Runs what defines something.
template <typename Call>
auto Change(TenantHandle& self, Call call) {
  Check(self.box()->CheckUsable());
  return Unlocked([&] { return call(self.tenant()); });
}

void DefineSchemas(py::class_<TenantHandle>& type);
void DefineSchemaRecords(py::module_& module);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_SCHEMAS_H_
