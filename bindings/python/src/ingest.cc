// Tenant.import_file and ImportMap.

#include "crm/ingest.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bindings/python/src/append.h"
#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr EnumName<ImportFormat> kFormats[] = {
    {ImportFormat::kNative, "NATIVE"},
    {ImportFormat::kSegment, "SEGMENT"},
    {ImportFormat::kCloudEvents, "CLOUDEVENTS"},
    {ImportFormat::kPostHog, "POSTHOG"},
};

constexpr EnumName<TextEncoding> kEncodings[] = {
    {TextEncoding::kDefault, "DEFAULT"},
    {TextEncoding::kUtf8, "UTF_8"},
    {TextEncoding::kUtf16, "UTF_16"},
    {TextEncoding::kUtf16Le, "UTF_16LE"},
    {TextEncoding::kUtf16Be, "UTF_16BE"},
    {TextEncoding::kWindows1252, "WINDOWS_1252"},
    {TextEncoding::kMacRoman, "MAC_ROMAN"},
};

constexpr char kDoc[] =
    "Imports a file of foreign data: an ImportReport.\n\n"
    "NDJSON, JSON arrays of events and, with a `map`, CSV, fixed-width text\n"
    "and foreign JSON; each plain or gzip; \"-\": standard input. Bad rows\n"
    "are in the report, and no exception. Importing a file twice changes\n"
    "nothing, and an import that was cut off goes on where it stood.\n\n"
    "format: whose JSON it is, an ImportFormat or its text; nothing is\n"
    "    guessed (examples/formats.md).\n"
    "map: an ImportMap; for text and foreign JSON.\n"
    "encoding: a TextEncoding or its text, instead of what the map says.\n"
    "source: of events that name none.\n"
    "batch: tells apart equal rows of different files.\n"
    "strict: one bad row and nothing is imported (InputError).\n"
    "dry_run: count what would happen; write nothing.\n"
    "ignore_tenant, backfill, durability: as in append.\n"
    "threads: 1 to 64, to decode and append.\n"
    "max_rejected: so many rejected rows are kept in the report.\n"
    "progress: a callable that gets an ImportProgress after every batch;\n"
    "    returning False cancels (RetryableError, code CANCELLED).\n"
    "on_rejected: a callable that gets every RejectedRow.\n\n"
    "Raises NotFoundError, FatalError (the file), InputError (options, a\n"
    "damaged gzip, a map that does not fit), and what append raises.";

}  // namespace

ImportFormat ImportFormatFromPython(py::handle format) {
  return EnumFromPython("ImportFormat", kFormats, format);
}

TextEncoding EncodingFromPython(py::handle encoding) {
  return EnumFromPython("TextEncoding", kEncodings, encoding);
}

void DefineImportFile(py::class_<TenantHandle>& type) {
  Def(
      type, "import_file",
      [](TenantHandle& self, const std::filesystem::path& path,
         py::handle format, std::optional<ImportMap> map, py::handle encoding,
         const Text& source, const Text& batch, bool strict, bool dry_run,
         bool ignore_tenant, bool backfill, py::object durability, int threads,
         size_t max_rejected, py::object progress, py::object on_rejected) {
        Check(self.box()->CheckUsable());
        ImportOptions options = {.format = ImportFormatFromPython(format),
                                 .map = std::move(map),
                                 .encoding = EncodingFromPython(encoding),
                                 .source = source,
                                 .batch = batch,
                                 .strict = strict,
                                 .dry_run = dry_run,
                                 .ignore_tenant = ignore_tenant,
                                 .backfill = backfill,
                                 .threads = threads,
                                 .max_rejected = max_rejected};
        if (!durability.is_none()) {
          options.durability = DurabilityFromPython(durability);
        }
        ProgressCaller caller(std::move(progress));
        options.progress = [&](const ImportProgress& now) {
          return caller.Call([&] { return py::cast(now); });
        };
        // What it raises cancels at the next batch.
        ProgressCaller rejected(on_rejected);
        if (!on_rejected.is_none()) {
          options.on_rejected = [&](const RejectedRow& row) {
            rejected.Call([&] { return py::cast(row); });
          };
        }
        const auto going_on = options.progress;
        options.progress = [&](const ImportProgress& now) {
          return going_on(now) && !rejected.failed();
        };
        Result<ImportReport> report = Unlocked(
            [&] { return ImportFile(self.tenant(), path.string(), options); });
        caller.Rethrow();
        rejected.Rethrow();
        return Take(std::move(report));
      },
      kDoc, py::arg("path"), py::kw_only(), py::arg("format") = "native",
      py::arg("map") = py::none(), py::arg("encoding") = "default",
      py::arg("source") = "", py::arg("batch") = "", py::arg("strict") = false,
      py::arg("dry_run") = false, py::arg("ignore_tenant") = false,
      py::arg("backfill") = true, py::arg("durability") = py::none(),
      py::arg("threads") = 2, py::arg("max_rejected") = 1000,
      py::arg("progress") = py::none(), py::arg("on_rejected") = py::none());
}

void DefineImportMap(py::module_& module) {
  DefFunction(
      module, "canonical_event_type",
      [](const Text& type) { return std::string(CanonicalEventType(type)); },
      "One name for what several systems call differently: "
      "\"CustomerCreated\"\nof \"scl.member.created\"; others as they came.",
      py::arg("type"));
  py::class_<ImportMap> type(
      module, "ImportMap",
      "How the columns of a text file become events. The format is described\n"
      "in examples/maps/README.md.",
      py::is_final());
  DefStatic(
      type, "from_json",
      [](py::object json) {
        std::string text;
        if (PyUnicode_Check(json.ptr()) || PyBytes_Check(json.ptr())) {
          text = TextOrBytes(json, "json");
        } else {
          WriteJson(json, &text);
        }
        return Take(Unlocked([&] { return ImportMap::FromJson(text); }));
      },
      "From JSON: str, bytes or a dict. Raises InputError; names the\n"
      "member.",
      py::arg("json"));
  DefStatic(
      type, "from_file",
      [](const std::filesystem::path& path) {
        return Take(
            Unlocked([&] { return ImportMap::FromFile(path.string()); }));
      },
      "From a JSON file.", py::arg("path"));
  DefStatic(
      type, "preset",
      [](const Text& name) {
        return Take(ImportMap::Preset(std::string(name)));
      },
      "One that comes with libcrm: see presets(). Raises NotFoundError.",
      py::arg("name"));
  DefStatic(
      type, "presets",
      [] {
        py::dict out;
        for (const ImportPreset& preset : ImportMap::Presets()) {
          out[py::str(std::string(preset.name))] =
              py::str(std::string(preset.about));
        }
        return out;
      },
      "Names of the maps that come with libcrm, each with a line about it.");
  Def(
      type, "to_json",
      [](const ImportMap& self) { return std::string(self.json()); },
      "The JSON it was made from: something to begin a map with.");
  FinishClass(type, "pickle its JSON");
}

}  // namespace crm::python
