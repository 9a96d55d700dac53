// The parts of the extension, in the order in which they are defined.

#ifndef CRM_BINDINGS_PYTHON_SRC_MODULE_H_
#define CRM_BINDINGS_PYTHON_SRC_MODULE_H_

#include <pybind11/pybind11.h>

namespace crm::python {

void DefineEvents(pybind11::module_& module);
void DefineStore(pybind11::module_& module);
void DefineTenant(pybind11::module_& module);
void DefineImportMap(pybind11::module_& module);
// link_file and train_file.
void DefinePersons(pybind11::module_& module);
// verify_checkpoint and verify_ledger_proof.
void DefineLedgerChecks(pybind11::module_& module);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_MODULE_H_
