// link_file and train_file: files of persons.

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/match.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"
#include "crm/link_file.h"

namespace crm::python {
namespace {

constexpr char kLinkDoc[] =
    "Tells which records of a CSV file are the same person: a\n"
    "LinkFileReport. Writes `out`, whole or not at all: a header\n"
    "record_id,cluster_id and a line for each record. No store is needed.\n\n"
    "map: what the columns are: a dict or JSON text; see\n"
    "    examples/maps/README.md.\n"
    "model: JSON text that was kept; None: train one on the file, or take the\n"
    "    default model where that cannot be.\n"
    "link_weight: pairs of at least so many bits are linked; 2 are odds of 4\n"
    "    to 1, 12 are 4,096 to 1.\n"
    "review: a CSV file for lighter pairs, of at least review_weight bits,\n"
    "    which a person should look at. None: none is written.\n"
    "encoding: a TextEncoding, instead of what the map says.\n"
    "progress: a callable (done, total) for each step; returning False\n"
    "    cancels.\n\n"
    "Raises InputError (with the line of a row that cannot be read),\n"
    "ConflictError (an id that stands twice), NotFoundError, FatalError.";

constexpr char kTrainDoc[] =
    "Trains a model on a CSV file of persons: its JSON text, to be kept for\n"
    "link_file. The same file, map and seed give the same text.\n\n"
    "Raises InputError when the file is too small or teaches nothing, and\n"
    "what link_file raises.";

PersonMap MapFrom(py::object map) {
  std::string text;
  if (PyUnicode_Check(map.ptr()) || PyBytes_Check(map.ptr())) {
    text = TextOrBytes(map, "map");
  } else {
    WriteJson(map, &text);
  }
  return Take(Unlocked([&] { return PersonMap::FromJson(text); }));
}

void DefineReport(py::module_& module) {
  using Report = LinkFileReport;
  RecordClass<Report>(module, "LinkFileReport", "What link_file found.")
      .Field("records", &Report::records, "Of the file.")
      .Field("clusters", &Report::clusters, "Persons they are taken for.")
      .Field("largest", &Report::largest, "Records of the largest cluster.")
      .Field("linked", &Report::linked, "Records that are not alone.")
      .Field("without_values", &Report::without_values,
             "Records with nothing to compare.")
      .Field("unreadable_dates", &Report::unreadable_dates,
             "Birth dates that count as missing.")
      .Field("pairs", &Report::pairs, "Compared.")
      .Field("review_total", &Report::review_total,
             "Pairs that a person should look at.")
      .Field("cut_pairs", &Report::cut_pairs,
             "Pairs not compared: too many records share their keys.")
      .Field("prior", &Report::prior, "Bits; log2 of the odds of any pair.")
      .Field("trained", &Report::trained, "The model, on this file.")
      .Field("not_trained_because", &Report::not_trained_because,
             "Why the default model was used; else empty.")
      .Derived(
          "model", [](const Report& self) { return self.model.ToJson(); },
          "JSON text of the model that was used.")
      .Finish();
}

}  // namespace

void DefinePersons(py::module_& module) {
  DefineReport(module);
  DefFunction(
      module, "link_file",
      [](const std::filesystem::path& path, py::object map,
         const std::filesystem::path& out, std::optional<Text> model,
         double link_weight, double review_weight,
         std::optional<std::filesystem::path> review, py::handle encoding,
         uint64_t seed, int threads, py::object progress) {
        const PersonMap columns = MapFrom(std::move(map));
        LinkFileOptions options;
        if (model.has_value())
          options.model = Take(MatchModel::FromJson(*model));
        options.link_weight = link_weight;
        options.review_weight = review_weight;
        if (review.has_value()) options.review = review->string();
        options.encoding = EncodingFromPython(encoding);
        options.seed = seed;
        options.threads = threads;
        ProgressCaller caller(std::move(progress));
        options.progress = ProgressTo(&caller);
        Result<LinkFileReport> report = Unlocked([&] {
          return LinkFile(path.string(), columns, out.string(), options);
        });
        caller.Rethrow();
        return Take(std::move(report));
      },
      kLinkDoc, py::arg("path"), py::arg("map"), py::arg("out"), py::kw_only(),
      py::arg("model") = py::none(), py::arg("link_weight") = 2.0,
      py::arg("review_weight") = 0.0, py::arg("review") = py::none(),
      py::arg("encoding") = "default", py::arg("seed") = 1,
      py::arg("threads") = 2, py::arg("progress") = py::none());
  DefFunction(
      module, "train_file",
      [](const std::filesystem::path& path, py::object map, py::handle encoding,
         uint64_t seed, py::object progress) {
        const PersonMap columns = MapFrom(std::move(map));
        LinkFileOptions options;
        options.encoding = EncodingFromPython(encoding);
        options.seed = seed;
        ProgressCaller caller(std::move(progress));
        options.progress = ProgressTo(&caller);
        Result<Training> training = Unlocked(
            [&] { return TrainModelOnFile(path.string(), columns, options); });
        caller.Rethrow();
        return Take(std::move(training)).model.ToJson();
      },
      kTrainDoc, py::arg("path"), py::arg("map"), py::kw_only(),
      py::arg("encoding") = "default", py::arg("seed") = 1,
      py::arg("progress") = py::none());
}

}  // namespace crm::python
