// Criteria: who is meant.

#ifndef CRM_BINDINGS_PYTHON_SRC_CRITERIA_H_
#define CRM_BINDINGS_PYTHON_SRC_CRITERIA_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"

namespace crm::python {

// CriteriaAnswer, CriteriaPreview, and what needs no store.
void DefineCriteriaRecords(py::module_& module);
// Methods of Tenant, and of Snapshot.
template <typename Handle>
void DefineCriteria(py::class_<Handle>& type);
extern template void DefineCriteria(py::class_<TenantHandle>& type);
extern template void DefineCriteria(py::class_<SnapshotHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_CRITERIA_H_
