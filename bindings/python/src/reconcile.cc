// Tenant.reconcile: a file against the store.

#include "crm/reconcile.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr char kDoc[] =
    "Compares a file with the store, and writes nothing: a ReconcileReport.\n\n"
    "format, map, encoding, source, batch, ignore_tenant: as of import_file.\n"
    "partial: the file is one of several; what the store has beyond it is no\n"
    "    difference.\n"
    "max_listed: so many differences and customers are listed.\n"
    "progress, on_rejected: as of import_file.";

}  // namespace

void DefineReconcile(py::class_<TenantHandle>& type) {
  Def(type, "reconcile",
      [](TenantHandle& self, const std::filesystem::path& path,
         py::handle format, std::optional<ImportMap> map, py::handle encoding,
         const Text& source, const Text& batch, bool ignore_tenant,
         bool partial, size_t max_listed, py::object progress,
         py::object on_rejected) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        ProgressCaller rejected(on_rejected);
        ImportOptions import = {.format = ImportFormatFromPython(format),
                                .map = std::move(map),
                                .encoding = EncodingFromPython(encoding),
                                .source = source,
                                .batch = batch,
                                .ignore_tenant = ignore_tenant};
        import.progress = [&](const ImportProgress& now) {
          return caller.Call([&] { return py::cast(now);
      }) &&
      !rejected.failed();
};
if (!on_rejected.is_none()) {
  // What it raises cancels at the next batch.
          import.on_rejected = [&](const RejectedRow& row) {
            rejected.Call([&] { return py::cast(row);
});
};
}
Result<ReconcileReport> report = Unlocked([&] {
  return ReconcileFile(self.tenant(), path.string(), import,
                       {.partial = partial, .max_listed = max_listed});
});
caller.Rethrow();
rejected.Rethrow();
return Take(std::move(report));
},
      kDoc, py::arg("path"), py::kw_only(), py::arg("format") = "native",
      py::arg("map") = py::none(), py::arg("encoding") = "default",
      py::arg("source") = "", py::arg("batch") = "",
      py::arg("ignore_tenant") = false, py::arg("partial") = false,
      py::arg("max_listed") = 1000, py::arg("progress") = py::none(),
      py::arg("on_rejected") = py::none());
}

}  // namespace crm::python
