// FileKeyProvider and EphemeralKeyProvider for Python.

#ifndef CRM_BINDINGS_PYTHON_SRC_KEY_PROVIDERS_H_
#define CRM_BINDINGS_PYTHON_SRC_KEY_PROVIDERS_H_

#include <pybind11/pybind11.h>

#include <memory>

#include "crm/keys.h"

namespace crm::python {

// The provider within one of the two classes; null for any other object.
std::shared_ptr<KeyProvider> OwnKeyProvider(pybind11::handle object);

void DefineKeyProviders(pybind11::module_& module);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_KEY_PROVIDERS_H_
