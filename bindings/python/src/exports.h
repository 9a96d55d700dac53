// Exports, the way back, and reconciling a file with a store.

#ifndef CRM_BINDINGS_PYTHON_SRC_EXPORTS_H_
#define CRM_BINDINGS_PYTHON_SRC_EXPORTS_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"
#include "bindings/python/src/store_handle.h"

namespace crm::python {

void DefineExportReports(py::module_& module);
// Store.export, checksums and import_store.
void DefineStoreExports(py::class_<StoreHandle>& type);
// Tenant.export_events, export_profiles and reconcile.
void DefineTenantExports(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_EXPORTS_H_
