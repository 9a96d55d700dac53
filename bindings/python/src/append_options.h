// What append and append_many share.

#ifndef CRM_BINDINGS_PYTHON_SRC_APPEND_OPTIONS_H_
#define CRM_BINDINGS_PYTHON_SRC_APPEND_OPTIONS_H_

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>

#include "bindings/python/src/append.h"

namespace crm::python {

AppendOptions MakeAppendOptions(const TenantHandle& tenant, bool partial,
                                bool backfill, py::handle durability,
                                bool ignore_tenant,
                                const std::optional<DryRunHandle>& dry_run);
HostOffset OffsetFromPython(py::handle offset);

// Raises `error` again with the number of the event in its text, and `more`
// behind it, when it is one of ours.
[[noreturn]] void RaiseFor(uint64_t index, py::error_already_set& error,
                           const std::string& more = "");

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_APPEND_OPTIONS_H_
