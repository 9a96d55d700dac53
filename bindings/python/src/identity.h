// Who is who: merges, unmerges, assertions and answers by hand.

#ifndef CRM_BINDINGS_PYTHON_SRC_IDENTITY_H_
#define CRM_BINDINGS_PYTHON_SRC_IDENTITY_H_

#include <pybind11/pybind11.h>

#include "bindings/python/src/reading.h"
#include "crm/identity.h"

namespace crm::python {

// From a member or its string. Raises InputError.
Assertion::Kind AssertionKindFromPython(py::handle kind);
ReviewAnswer ReviewAnswerFromPython(py::handle answer);
// A CustomerMatch, or a tuple (a, b, weight).
CustomerMatch MatchFromPython(py::handle match);

void DefineIdentityRecords(py::module_& module);
// Methods of Tenant.
void DefineIdentity(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_IDENTITY_H_
