// Criteria: methods of crm.Tenant and crm.Snapshot, and what they answer.

#include "bindings/python/src/criteria.h"

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/handles.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"
#include "crm/criteria.h"

namespace crm::python {
namespace {

constexpr EnumName<Truth> kTruths[] = {
    {Truth::kFalse, "FALSE"},
    {Truth::kTrue, "TRUE"},
    {Truth::kUnknown, "UNKNOWN"},
};

constexpr char kEvaluateDoc[] =
    "Whether criteria are true of a customer, and why: a CriteriaAnswer.\n\n"
    "    from crm.criteria import event, field\n\n"
    "    vip = (field(\"country\") == \"ZA\") & (\n"
    "        event(\"OrderPlaced\").last(days=30).count() >= 3)\n"
    "    answer = club.evaluate(ada, vip)\n"
    "    if answer.matches:\n"
    "        print(answer.text)\n\n"
    "criteria: made with crm.criteria, a dict, or JSON as text or bytes; see\n"
    "    crm/criteria.h for all that they can say.\n"
    "as_of: by what had happened by then, an aware datetime; None: now, by\n"
    "    the store's clock.\n"
    "time_zone: where days, weeks, months and years begin; \"\": UTC.\n\n"
    "Raises InputError: the criteria (names the node by its JSON pointer), or\n"
    "an option; NotFoundError; ConsentError: she was erased.";

constexpr char kPreviewDoc[] =
    "Of how many customers criteria are true, and of whom: a\n"
    "CriteriaPreview.\n\n"
    "    club.preview(vip, sample=5).matching\n\n"
    "criteria, as_of, time_zone: as of evaluate.\n"
    "sample: so many customers are named, 0 to 10,000.\n"
    "progress: a callable (done, total) with ids of customers; returning\n"
    "    False cancels (RetryableError, code CANCELLED). It must not call\n"
    "    this store: that raises InputError in it.\n\n"
    "Asks about each customer in turn: takes as long as reading all of them.";

// What crm.criteria makes has a method that gives a dict.
Criteria CriteriaFromPython(const py::object& object) {
  const py::object plain =
      py::hasattr(object, "to_dict") ? object.attr("to_dict")() : object;
  return Take(Criteria::Parse(JsonFromPython(plain, "criteria")));
}

void DefineAnswer(py::module_& module) {
  RecordClass<CriteriaAnswer>(module, "CriteriaAnswer",
                              "Whether criteria are true of a customer.")
      .Field("customer", &CriteriaAnswer::customer,
             "By the id that she goes by.")
      .Computed(
          "truth",
          [](const CriteriaAnswer& self) {
            return EnumToPython("Truth", kTruths, self.truth);
          },
          "A Truth.")
      .Derived(
          "matches",
          [](const CriteriaAnswer& self) {
            return py::bool_(self.truth == Truth::kTrue);
          },
          "True: they are true of her; they are not when it is not known.")
      .Field("as_of", &CriteriaAnswer::as_of, "For which instant.")
      .Field("position", &CriteriaAnswer::position,
             "By the events of the log up to here.")
      .Computed(
          "proof_json",
          [](const CriteriaAnswer& self) {
            return py::str(CriteriaAnswerToJson(self));
          },
          "All of this, and why, as JSON text.")
      .Derived(
          "proof",
          [](const CriteriaAnswer& self) {
            return py::object(ParseJson(CriteriaAnswerToJson(self))["proof"]);
          },
          "Why, as a dict: path, truth, text, value, reason, events, parts.")
      .Derived(
          "text",
          [](const CriteriaAnswer& self) {
            return py::str(CriteriaAnswerToText(self));
          },
          "Why, as lines for people.")
      .Finish();
}

void DefinePreview(py::module_& module) {
  RecordClass<CriteriaPreview>(module, "CriteriaPreview",
                               "Of whom criteria are true.")
      .Field("customers", &CriteriaPreview::customers,
             "Who was asked about: all customers of the tenant.")
      .Field("matching", &CriteriaPreview::matching, "Of so many it is true.")
      .Field("unknown", &CriteriaPreview::unknown,
             "Of so many it is not known.")
      .Computed(
          "sample",
          [](const CriteriaPreview& self) { return TupleOf(self.sample); },
          "The first of those of whom it is true: a tuple of customers.")
      .Field("as_of", &CriteriaPreview::as_of, "For which instant.")
      .Field("position", &CriteriaPreview::position,
             "By the events of the log up to here.")
      .Finish();
}

}  // namespace

void DefineCriteriaRecords(py::module_& module) {
  DefineAnswer(module);
  DefinePreview(module);
  module.attr("MAX_CRITERIA_BYTES") = kMaxCriteriaBytes;
  module.attr("MAX_CRITERIA_DEPTH") = kMaxCriteriaDepth;
  module.attr("MAX_CRITERIA_NODES") = kMaxCriteriaNodes;
  module.attr("MAX_CRITERIA_SAMPLE") = kMaxCriteriaSample;
  module.attr("MAX_CRITERIA_VALUES") = kMaxCriteriaValues;
  DefFunction(
      module, "describe_criteria",
      [](const py::object& criteria) {
        return py::str(CriteriaFromPython(criteria).Describe());
      },
      "Criteria in words, for people.\n\n"
      "    crm.describe_criteria({\"event\": \"OrderPlaced\"})\n\n"
      "Raises InputError: what is wrong with them, and where.",
      py::arg("criteria"));
  DefFunction(
      module, "criteria_schema", [] { return ParseJson(CriteriaSchema()); },
      "The JSON Schema (draft 7) of criteria: a dict.");
}

template <typename Handle>
void DefineCriteria(py::class_<Handle>& type) {
  Def(
      type, "evaluate",
      [](const Handle& self, CustomerId customer, const py::object& criteria,
         std::optional<Timestamp> as_of, const Text& time_zone) {
        const Criteria parsed = CriteriaFromPython(criteria);
        const CriteriaOptions options = {.as_of = as_of,
                                         .time_zone = time_zone};
        return self.Run([&](auto& held) {
          return held.Evaluate(customer, parsed, options);
        });
      },
      kEvaluateDoc, py::arg("customer"), py::arg("criteria"), py::kw_only(),
      py::arg("as_of") = py::none(), py::arg("time_zone") = "");
  Def(
      type, "preview",
      [](const Handle& self, const py::object& criteria,
         std::optional<Timestamp> as_of, const Text& time_zone, size_t sample,
         py::object progress) {
        const Criteria parsed = CriteriaFromPython(criteria);
        ProgressCaller caller(std::move(progress));
        PreviewOptions options = {
            .as_of = as_of, .time_zone = time_zone, .sample = sample};
        options.progress = [&](uint64_t done, uint64_t total) {
          const CallbackScope scope(self.box()->borrower(),
                                    CallbackScope::Refuses::kCalls);
          return caller(done, total);
        };
        std::optional<Result<CriteriaPreview>> preview;
        self.Run([&](auto& held) {
          preview = held.Preview(parsed, options);
          return Result<bool>(true);
        });
        caller.Rethrow();
        return Take(*std::move(preview));
      },
      kPreviewDoc, py::arg("criteria"), py::kw_only(),
      py::arg("as_of") = py::none(), py::arg("time_zone") = "",
      py::arg("sample") = 10, py::arg("progress") = py::none());
}

template void DefineCriteria(py::class_<TenantHandle>& type);
template void DefineCriteria(py::class_<SnapshotHandle>& type);

}  // namespace crm::python
