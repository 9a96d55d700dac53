// Exports, the way back, and reconciling a file with a store.

#ifndef CRM_BINDINGS_PYTHON_SRC_EXPORTS_H_
#define CRM_BINDINGS_PYTHON_SRC_EXPORTS_H_

#include <pybind11/pybind11.h>

#include <string>

#include "bindings/python/src/reading.h"
#include "bindings/python/src/store_handle.h"
#include "crm/ingest.h"

namespace crm::python {

void DefineExportReports(py::module_& module);
// Store.export, checksums and import_store.
void DefineStoreExports(py::class_<StoreHandle>& type);
// Tenant.export_events and export_profiles.
void DefineTenantExports(py::class_<TenantHandle>& type);
// Tenant.reconcile.
void DefineReconcile(py::class_<TenantHandle>& type);
// Tenant.export_person and export_and_erase; records, check_person_export.
void DefinePersonExport(py::class_<TenantHandle>& type);
void DefinePersonExportRecords(py::module_& module);
// Gives the pieces of an export to the `write` of a Python object.
py::object PieceWriter(const py::object& file);
// Raises TypeError.
std::string PathOf(const py::object& object);
// From a member or its string. Raises InputError.
ImportFormat ImportFormatFromPython(py::handle format);
TextEncoding EncodingFromPython(py::handle encoding);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_EXPORTS_H_
