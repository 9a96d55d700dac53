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
#include "crm/reconcile.h"

namespace crm::python {
namespace {

constexpr EnumName<ExportFormat> kFormats[] = {
    {ExportFormat::kSegment, "SEGMENT"},
    {ExportFormat::kCsv, "CSV"},
    {ExportFormat::kNative, "NATIVE"},
};

constexpr EnumName<ImportFormat> kImportFormats[] = {
    {ImportFormat::kNative, "NATIVE"},
    {ImportFormat::kSegment, "SEGMENT"},
    {ImportFormat::kCloudEvents, "CLOUDEVENTS"},
    {ImportFormat::kPostHog, "POSTHOG"},
};

constexpr char kExportDoc[] =
    "Writes everything to a file, as import_store reads it: a\n"
    "StoreExportReport. NDJSON with a check on each line and checksums; gzip\n"
    "when the name ends in .gz; \"-\": standard output. It holds personal "
    "data\n"
    "in the clear; only its owner may read it.\n\n"
    "tenant: only this one. Empty: all.\n"
    "views: checksums of the views, too; a file without them is made faster.\n"
    "progress: a callable (done, total); returning False cancels.\n\n"
    "Raises NotFoundError (the tenant), FatalError, RetryableError.";

constexpr char kImportDoc[] =
    "Reads what export wrote into a store without events, and compares: a\n"
    "StoreImportReport. Order and recorded_at are kept.\n\n"
    "A file that was cut or changed raises InputError, which names the line;\n"
    "nothing is appended then. progress: as of export.";

constexpr char kEventsDoc[] =
    "Writes events to a file for others: an EventExportReport.\n\n"
    "format: native (NDJSON as import_file takes it), segment (messages of\n"
    "    the Segment specification) or csv.\n"
    "order, backward, first, last, since, until, record, customer, types: as\n"
    "    of replay.\n"
    "sources: any of these; empty: all.\n"
    "columns: of csv; names such as id, or paths such as /payload/total.\n"
    "formula_safe: put ' before cells that a spreadsheet would compute.\n"
    "progress: a callable (written, 0); returning False cancels.";

constexpr char kProfilesDoc[] =
    "Writes profiles as CSV, one customer a row: how many.\n\n"
    "columns: customer, version, events, first_seen, last_seen, or "
    "trait:NAME.\n"
    "    Empty: all of these and every trait.";

constexpr char kReconcileDoc[] =
    "Compares a file with the store, and writes nothing: a ReconcileReport.\n\n"
    "format, map, source, batch, ignore_tenant: as of import_file.\n"
    "partial: the file is one of several; what the store has beyond it is no\n"
    "    difference.\n"
    "max_listed: so many differences and customers are listed.\n"
    "progress: as of import_file.";

// For calls on a store that must not close it meanwhile.
Progress ProgressOf(const StoreHandle& self, ProgressCaller* caller) {
  return [&self, caller](uint64_t done, uint64_t total) {
    const CallbackScope scope(self.box()->borrower(),
                              CallbackScope::Refuses::kClose);
    return (*caller)(done, total);
  };
}

std::vector<std::string> ColumnsOf(const std::vector<Text>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

void DefineStoreExports(py::class_<StoreHandle>& type) {
  Def(
      type, "export",
      [](const StoreHandle& self, const std::filesystem::path& path,
         const Text& tenant, bool views, py::object progress) {
        ProgressCaller caller(std::move(progress));
        StoreExportOptions options;
        options.tenant = tenant;
        options.views = views;
        options.progress = ProgressOf(self, &caller);
        Result<StoreExportReport> report = self.Run([&](Store& store) {
          return ExportStore(store, path.string(), options);
        });
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
         py::object progress) {
        ProgressCaller caller(std::move(progress));
        StoreImportOptions options;
        options.progress = ProgressOf(self, &caller);
        Result<StoreImportReport> report = self.Run([&](Store& store) {
          return ImportStore(store, path.string(), options);
        });
        caller.Rethrow();
        return Take(std::move(report));
      },
      kImportDoc, py::arg("path"), py::kw_only(),
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
         py::handle types, const std::vector<Text>& sources,
         const std::vector<Text>& columns, bool formula_safe,
         py::object progress) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        EventExportOptions options;
        options.format = EnumFromPython("ExportFormat", kFormats, format);
        options.query = MakeReplayQuery(order, backward, first, last, since,
                                        until, record, customer, types, false,
                                        false);
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
      py::arg("sources") = py::tuple(), py::arg("columns") = py::tuple(),
      py::arg("formula_safe") = false, py::arg("progress") = py::none());
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
  Def(type, "reconcile",
      [](TenantHandle& self, const std::filesystem::path& path,
         py::handle format, std::optional<ImportMap> map, const Text& source,
         const Text& batch, bool ignore_tenant, bool partial, size_t max_listed,
         py::object progress) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        ImportOptions import = {
            .format = EnumFromPython("ImportFormat", kImportFormats, format),
            .map = std::move(map),
            .source = source,
            .batch = batch,
            .ignore_tenant = ignore_tenant};
        import.progress = [&](const ImportProgress& now) {
          return caller.Call([&] { return py::cast(now);
      });
};
Result<ReconcileReport> report = Unlocked([&] {
  return ReconcileFile(self.tenant(), path.string(), import,
                       {.partial = partial, .max_listed = max_listed});
});
caller.Rethrow();
return Take(std::move(report));
},
      kReconcileDoc, py::arg("path"), py::kw_only(),
      py::arg("format") = "native", py::arg("map") = py::none(),
      py::arg("source") = "", py::arg("batch") = "",
      py::arg("ignore_tenant") = false, py::arg("partial") = false,
      py::arg("max_listed") = 1000, py::arg("progress") = py::none());
}

}  // namespace crm::python
