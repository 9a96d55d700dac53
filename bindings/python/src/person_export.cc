// Tenant.export_person and export_and_erase; crm.check_person_export.

#include "crm/person_export.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/privacy.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr EnumName<PersonExportMode> kPersonModes[] = {
    {PersonExportMode::kAccess, "ACCESS"},
    {PersonExportMode::kPortability, "PORTABILITY"},
};

constexpr char kPersonDoc[] =
    "Writes all that there is about a customer to a file, for her: a\n"
    "PersonExportReport. NDJSON, whose last line is a manifest with the\n"
    "SHA-256 of each part; gzip when the name ends in .gz; \"-\": standard\n"
    "output. Written whole, or not at all.\n\n"
    "    now = datetime.datetime.now(datetime.timezone.utc)\n"
    "    club.export_person(7, \"ada.ndjson\", at=now)\n"
    "    crm.check_person_export(\"ada.ndjson\")\n\n"
    "path: or an object with write(bytes), which gets the plain text.\n"
    "at: the instant that decisions about consent are asked for: now.\n"
    "mode: \"access\", everything; or \"portability\", what she gave and what\n"
    "    was observed of her.\n"
    "redact: names of further members of events whose values, which name\n"
    "    somebody else, are taken out.\n"
    "leave_out: of portability: types of events that are kept on another\n"
    "    basis than consent or a contract.\n"
    "progress: a callable (events, total); returning False cancels.\n\n"
    "Raises NotFoundError; ConsentError: she was erased; InputError: an\n"
    "option; RetryableError, FatalError.";

constexpr char kEraseDoc[] =
    "Exports a customer, and then erases her, as export_person and erase do:\n"
    "a tuple of PersonExportReport and ErasureReport. The file is whole and\n"
    "on the disk before anything is destroyed; when it cannot be written,\n"
    "nothing is. What is appended in between has her exported again.\n\n"
    "Raises what both raise; ConflictError: she got events all the time.";

PersonExportOptions OptionsOf(Timestamp at, py::handle mode,
                              const std::vector<Text>& redact,
                              const std::vector<Text>& leave_out) {
  PersonExportOptions options;
  options.at = at;
  options.mode = EnumFromPython("PersonExportMode", kPersonModes, mode);
  options.redact.assign(redact.begin(), redact.end());
  options.leave_out.assign(leave_out.begin(), leave_out.end());
  return options;
}

Result<PersonExportReport> ExportTo(const TenantHandle& self,
                                    CustomerId customer, const py::object& file,
                                    const PersonExportOptions& options) {
  ProgressCaller writer(PieceWriter(file));
  const ExportWriter write = [&](std::string_view text) {
    const bool wrote = writer.Call(
        [text]() -> py::object { return py::bytes(text.data(), text.size()); });
    return wrote ? Status::Ok()
                 : Status(StatusCode::kCancelled, "export: write raised");
  };
  Result<PersonExportReport> report = Unlocked(
      [&] { return ExportPerson(self.tenant(), customer, write, options); });
  writer.Rethrow();
  return report;
}

void DefineExportPerson(py::class_<TenantHandle>& type) {
  Def(
      type, "export_person",
      [](const TenantHandle& self, CustomerId customer, const py::object& path,
         Timestamp at, py::handle mode, const std::vector<Text>& redact,
         const std::vector<Text>& leave_out, py::object progress) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        PersonExportOptions options = OptionsOf(at, mode, redact, leave_out);
        options.progress = [&](uint64_t done, uint64_t total) {
          return caller(done, total);
        };
        Result<PersonExportReport> report = [&] {
          if (py::hasattr(path, "write")) {
            return ExportTo(self, customer, path, options);
          }
          const std::string file = PathOf(path);
          return Unlocked([&] {
            return ExportPerson(self.tenant(), customer, file, options);
          });
        }();
        caller.Rethrow();
        return Take(std::move(report));
      },
      kPersonDoc, py::arg("customer"), py::arg("path"), py::kw_only(),
      py::arg("at"), py::arg("mode") = "access",
      py::arg("redact") = py::tuple(), py::arg("leave_out") = py::tuple(),
      py::arg("progress") = py::none());
}

}  // namespace

void DefinePersonExportRecords(py::module_& module) {
  RecordClass<PersonExportPart>(module, "PersonExportPart",
                                "One part of the export of a person.")
      .Field("name", &PersonExportPart::name, "events, traits, ...")
      .Field("lines", &PersonExportPart::lines, "How many.")
      .Field("bytes", &PersonExportPart::bytes, "With the ends of lines.")
      .Field("sha256", &PersonExportPart::sha256, "64 hexadecimal digits.")
      .Finish();
  RecordClass<PersonExportReport>(
      module, "PersonExportReport",
      "What was exported of a person, or what a file says.")
      .Field("customer", &PersonExportReport::customer, "Who.")
      .Computed(
          "mode",
          [](const PersonExportReport& self) {
            return EnumToPython("PersonExportMode", kPersonModes, self.mode);
          },
          "A PersonExportMode.")
      .Field("position", &PersonExportReport::position, "Of the log.")
      .Field("at", &PersonExportReport::at, "Of the decisions.")
      .Field("events", &PersonExportReport::events, "In the file.")
      .Field("left_out", &PersonExportReport::left_out,
             "Events that the mode leaves out.")
      .Field("redacted", &PersonExportReport::redacted,
             "Values that were taken out.")
      .Computed(
          "parts",
          [](const PersonExportReport& self) { return TupleOf(self.parts); },
          "A tuple of PersonExportPart, in the order of the file.")
      .Field("lines", &PersonExportReport::lines, "Before the manifest.")
      .Field("bytes", &PersonExportReport::bytes, "Of these lines.")
      .Field("sha256", &PersonExportReport::sha256, "Of these lines.")
      .Finish();
  DefFunction(
      module, "check_person_export",
      [](const std::filesystem::path& path) {
        return Take(Unlocked([&] { return CheckPersonExport(path.string()); }));
      },
      "Reads what Tenant.export_person wrote and holds it against its\n"
      "manifest, without a store: a PersonExportReport. The sums have no key:\n"
      "they show that the file is whole, not who made it.\n\n"
      "Raises InputError: it was cut off or changed, or is none;\n"
      "NotFoundError.",
      py::arg("path"));
}

void DefinePersonExport(py::class_<TenantHandle>& type) {
  DefineExportPerson(type);
  Def(
      type, "export_and_erase",
      [](TenantHandle& self, CustomerId customer,
         const std::filesystem::path& path, Timestamp at, py::handle mode,
         const std::vector<Text>& redact, const std::vector<Text>& leave_out,
         py::handle erasure_mode, bool confirm, const Text& by, const Text& why,
         py::object progress) {
        ProgressCaller caller(std::move(progress));
        PersonExportOptions options = OptionsOf(at, mode, redact, leave_out);
        options.progress = [&](uint64_t done, uint64_t total) {
          return caller(done, total);
        };
        ErasureOptions erasure;
        erasure.mode = ErasureModeFromPython(erasure_mode);
        erasure.confirm = confirm;
        erasure.by = by;
        erasure.why = why;
        Result<ExportedErasure> both = Change(self, [&](Tenant& of) {
          return ExportAndErase(of, customer, path.string(), options, erasure);
        });
        caller.Rethrow();
        ExportedErasure done = Take(std::move(both));
        return py::make_tuple(std::move(done.exported),
                              std::move(done.erasure));
      },
      kEraseDoc, py::arg("customer"), py::arg("path"), py::kw_only(),
      py::arg("at"), py::arg("mode") = "access",
      py::arg("redact") = py::tuple(), py::arg("leave_out") = py::tuple(),
      py::arg("erasure_mode") = "shred", py::arg("confirm") = false,
      py::arg("by") = "", py::arg("why") = "",
      py::arg("progress") = py::none());
}

}  // namespace crm::python
