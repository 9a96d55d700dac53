// The ledger: methods of crm.Tenant, and what checks proofs without a store.

#ifndef CRM_BINDINGS_PYTHON_SRC_LEDGER_H_
#define CRM_BINDINGS_PYTHON_SRC_LEDGER_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"

namespace crm::python {

void DefineLedger(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_LEDGER_H_
