// Store.export and its way back; Tenant.export_events, export_profiles.

#include "bindings/python/src/exports.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/append.h"
#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/text.h"
#include "crm/export.h"

namespace crm::python {
namespace {

constexpr EnumName<ExportFormat> kFormats[] = {
    {ExportFormat::kSegment, "SEGMENT"},
    {ExportFormat::kCsv, "CSV"},
    {ExportFormat::kNative, "NATIVE"},
};

constexpr char kExportDoc[] =
    "Writes everything to a file, as import_store reads it: a\n"
    "StoreExportReport. NDJSON with a check on each line and checksums; gzip\n"
    "when the name ends in .gz; \"-\": standard output. It holds personal "
    "data\n"
    "in the clear; only its owner may read it.\n\n"
    "path: or an object with write(bytes), which gets the plain text.\n"
    "tenant: only this one. Empty: all.\n"
    "views: checksums of the views, too; a file without them is made faster.\n"
    "progress: a callable (done, total); returning False cancels.\n\n"
    "Raises NotFoundError (the tenant), FatalError, RetryableError.";

constexpr char kImportDoc[] =
    "Reads what export wrote into a store without events, and compares: a\n"
    "StoreImportReport. Order and recorded_at are kept.\n\n"
    "A file that was cut or changed raises InputError, which names the line;\n"
    "nothing is appended then.\n\n"
    "durability: Durability.OS, with one sync at the end, or SYNC.\n"
    "progress: a callable (done, total); returning False cancels.";

constexpr char kEventsDoc[] =
    "Writes events to a file for others: an EventExportReport.\n\n"
    "format: native (NDJSON as import_file takes it), segment (messages of\n"
    "    the Segment specification) or csv.\n"
    "order, backward, first, last, since, until, record, customer, types,\n"
    "    as_appended: as of replay; the last of csv alone, for the others "
    "write\n"
    "    events as they came in.\n"
    "sources: any of these; empty: all.\n"
    "columns: of csv; names such as id, or paths such as /payload/total.\n"
    "formula_safe: put ' before cells that a spreadsheet would compute.\n"
    "progress: a callable (written, 0); returning False cancels.";

constexpr char kProfilesDoc[] =
    "Writes profiles as CSV, one customer a row: how many.\n\n"
    "columns: customer, version, events, first_seen, last_seen, or "
    "trait:NAME.\n"
    "    Empty: all of these and every trait.";

// For calls on a store that must not close it meanwhile.
Progress ProgressOf(const StoreHandle& self, ProgressCaller* caller) {
  return [&self, caller](uint64_t done, uint64_t total) {
    const CallbackScope scope(self.box()->borrower(),
                              CallbackScope::Refuses::kClose);
    return (*caller)(done, total);
  };
}

Result<StoreExportReport> ExportTo(const StoreHandle& self,
                                   const py::object& file,
                                   const StoreExportOptions& options) {
  ProgressCaller writer(PieceWriter(file));
  const ExportWriter write = [&](std::string_view text) {
    const CallbackScope scope(self.box()->borrower(),
                              CallbackScope::Refuses::kClose);
    const bool wrote = writer.Call(
        [text]() -> py::object { return py::bytes(text.data(), text.size()); });
    return wrote ? Status::Ok()
                 : Status(StatusCode::kCancelled, "export: write raised");
  };
  Result<StoreExportReport> report = self.Run(
      [&](Store& store) { return ExportStore(store, write, options); });
  writer.Rethrow();
  return report;
}

std::vector<std::string> ColumnsOf(const std::vector<Text>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

py::object PieceWriter(const py::object& file) {
  const py::object write = file.attr("write");
  return py::cpp_function([write](const py::bytes& piece) {
    const py::object view =
        py::reinterpret_steal<py::object>(PyMemoryView_FromObject(piece.ptr()));
    const size_t size = py::len(piece);
    for (size_t at = 0; at < size;) {
      const py::object wrote = write(view[py::slice(at, size, 1)]);
      // What does not say how much it took, took it all.
      if (!PyLong_Check(wrote.ptr())) return;
      const auto count = wrote.cast<size_t>();
      if (count == 0) throw py::value_error("path: its write() takes nothing");
      at += count;
    }
  });
}

std::string PathOf(const py::object& object) {
  py::detail::make_caster<std::filesystem::path> path;
  if (!path.load(object, true)) {
    PyErr_Clear();
    throw py::type_error("path: must be a path, or have the method write");
  }
  return py::detail::cast_op<std::filesystem::path&>(path).string();
}

void DefineStoreExports(py::class_<StoreHandle>& type) {
  Def(
      type, "export",
      [](const StoreHandle& self, const py::object& path, const Text& tenant,
         bool views, py::object progress) {
        ProgressCaller caller(std::move(progress));
        StoreExportOptions options;
        options.tenant = tenant;
        options.views = views;
        options.progress = ProgressOf(self, &caller);
        Result<StoreExportReport> report = [&] {
          if (py::hasattr(path, "write")) return ExportTo(self, path, options);
          const std::string file = PathOf(path);
          return self.Run(
              [&](Store& store) { return ExportStore(store, file, options); });
        }();
        caller.Rethrow();
        return Take(std::move(report));
      },
      kExportDoc, py::arg("path"), py::kw_only(), py::arg("tenant") = "",
      py::arg("views") = true, py::arg("progress") = py::none());
  Def(
      type, "checksums",
      [](const StoreHandle& self, const Text& tenant, bool views) {
        StoreExportOptions options;
        options.tenant = tenant;
        options.views = views;
        return Take(self.Run(
            [&](Store& store) { return ChecksumStore(store, options); }));
      },
      "As export, without a file: what the store says. Two stores say the\n"
      "same when their checksums are equal.",
      py::kw_only(), py::arg("tenant") = "", py::arg("views") = true);
  Def(
      type, "import_store",
      [](const StoreHandle& self, const std::filesystem::path& path,
         py::handle durability, py::object progress) {
        ProgressCaller caller(std::move(progress));
        StoreImportOptions options;
        options.durability = DurabilityFromPython(durability);
        options.progress = ProgressOf(self, &caller);
        Result<StoreImportReport> report = self.Run([&](Store& store) {
          return ImportStore(store, path.string(), options);
        });
        caller.Rethrow();
        return Take(std::move(report));
      },
      kImportDoc, py::arg("path"), py::kw_only(), py::arg("durability") = "os",
      py::arg("progress") = py::none());
}

namespace {

void DefineExportEvents(py::class_<TenantHandle>& type) {
  Def(
      type, "export_events",
      [](const TenantHandle& self, const std::filesystem::path& path,
         py::handle format, py::handle order, bool backward, Position first,
         Position last, std::optional<Timestamp> since,
         std::optional<Timestamp> until, RecordId record, CustomerId customer,
         py::handle types, bool as_appended, const std::vector<Text>& sources,
         const std::vector<Text>& columns, bool formula_safe,
         py::object progress) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        EventExportOptions options;
        options.format = EnumFromPython("ExportFormat", kFormats, format);
        options.query =
            MakeReplayQuery(order, backward, first, last, since, until, record,
                            customer, types, false, as_appended);
        options.sources = ColumnsOf(sources);
        options.columns = ColumnsOf(columns);
        options.formula_safe = formula_safe;
        options.progress = [&](uint64_t done, uint64_t total) {
          return caller(done, total);
        };
        Result<EventExportReport> report = Unlocked([&] {
          return ExportEvents(self.tenant(), path.string(), options);
        });
        caller.Rethrow();
        return Take(std::move(report));
      },
      kEventsDoc, py::arg("path"), py::kw_only(), py::arg("format") = "native",
      py::arg("order") = "position", py::arg("backward") = false,
      py::arg("first") = 1, py::arg("last") = 0, py::arg("since") = py::none(),
      py::arg("until") = py::none(), py::arg("record") = 0,
      py::arg("customer") = 0, py::arg("types") = py::tuple(),
      py::arg("as_appended") = false, py::arg("sources") = py::tuple(),
      py::arg("columns") = py::tuple(), py::arg("formula_safe") = false,
      py::arg("progress") = py::none());
}

void DefineExportProfiles(py::class_<TenantHandle>& type) {
  Def(
      type, "export_profiles",
      [](const TenantHandle& self, const std::filesystem::path& path,
         const std::vector<Text>& columns, bool formula_safe,
         py::object progress) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        ProfileExportOptions options;
        options.columns = ColumnsOf(columns);
        options.formula_safe = formula_safe;
        options.progress = [&](uint64_t done, uint64_t total) {
          return caller(done, total);
        };
        Result<ProfileExportReport> report = Unlocked([&] {
          return ExportProfiles(self.tenant(), path.string(), options);
        });
        caller.Rethrow();
        return Take(std::move(report)).written;
      },
      kProfilesDoc, py::arg("path"), py::kw_only(),
      py::arg("columns") = py::tuple(), py::arg("formula_safe") = false,
      py::arg("progress") = py::none());
}

}  // namespace

void DefineTenantExports(py::class_<TenantHandle>& type) {
  DefineExportEvents(type);
  DefineExportProfiles(type);
}

}  // namespace crm::python
