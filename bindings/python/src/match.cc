// Models, training, links, and why two records are one person.

#include "bindings/python/src/match.h"

#include <pybind11/stl.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr EnumName<ReviewReason> kReviewReasons[] = {
    {ReviewReason::kWeight, "WEIGHT"},
    {ReviewReason::kCohesion, "COHESION"},
    {ReviewReason::kExclusive, "EXCLUSIVE"},
    {ReviewReason::kCannotLink, "CANNOT_LINK"},
    {ReviewReason::kTooLarge, "TOO_LARGE"},
};

// What links came to. Its tuples may be long: each is made when it is looked
// at, and once.
struct LinkRecord {
  LinkResult from;
  mutable std::optional<py::tuple> clusters = {};
  mutable std::optional<py::tuple> links = {};
  mutable std::optional<py::tuple> review = {};
};

template <typename T>
py::tuple Once(std::optional<py::tuple>& kept, const std::vector<T>& from) {
  if (!kept.has_value()) kept = TupleOf(from);
  return *kept;
}

MatchModel ModelOr(const MatchModel* model) {
  return model != nullptr ? *model : MatchModel::Default();
}

constexpr char kTrainDoc[] =
    "Learns a model from the records of a set, without any truth: a Training.\n"
    "The same records and the same seed give the same model.\n\n"
    "iterations: how often expectation and maximisation take turns, up to\n"
    "    1,000.\n"
    "progress: a callable (done, total); returning False cancels.\n\n"
    "Raises InputError when the set is too small (MIN_TRAINING_RECORDS) or\n"
    "teaches nothing; link it by the default model then.";

constexpr char kLinkDoc[] =
    "Tells which records of a set are one person: a LinkResult. Depends on\n"
    "the records and the model, not on their order or on `threads`.\n\n"
    "model: a MatchModel; None: the default one.\n"
    "link_weight: pairs of at least so many bits are linked, if the guards "
    "let\n"
    "    them; 12 bits are odds of 4,096 to 1, 4 bits of 16 to 1.\n"
    "review_weight: lighter pairs of at least so many bits are listed for\n"
    "    review, at most max_review of them, the heaviest first.\n"
    "must_link, cannot_link: what a person said: pairs of numbers of records.\n"
    "    Must-links come before any weight and any guard; a cannot-link is\n"
    "    never overridden.\n"
    "max_cluster: no cluster becomes larger by itself.\n"
    "threads: that compare, 1 to 64.\n"
    "progress: a callable (done, total) for each step; returning False\n"
    "    cancels.\n\n"
    "Raises InputError, and ConflictError when must-links join what a\n"
    "cannot-link keeps apart.";

constexpr char kExplainDoc[] =
    "Why two records of a set weigh what they weigh together: a\n"
    "MatchExplanation.\n\n"
    "a, b: their numbers.\n"
    "model: as in link_records.\n"
    "prior: that of a LinkResult; 0: the bare weight.";

void DefineModel(py::module_& module) {
  py::class_<MatchModel> type(
      module, "MatchModel",
      "How much each level of each field weighs. It holds no value of any\n"
      "record, and cannot be changed.",
      py::is_final());
  DefStatic(
      type, "default", [] { return MatchModel::Default(); },
      "The model that comes with libcrm, made from what such data are\n"
      "generally like.");
  DefStatic(
      type, "from_json",
      [](py::handle json) {
        return Take(MatchModel::FromJson(TextOrBytes(json, "json")));
      },
      "The model of a text that to_json gave. Raises InputError, and\n"
      "FatalError for the format of a later libcrm.",
      py::arg("json"));
  Def(
      type, "to_json", [](const MatchModel& self) { return self.ToJson(); },
      "The model as text, to be kept: the same model is the same text.");
  type.def_property_readonly("trained_on", &MatchModel::trained_on,
                             "Of how many records; 0: the default model.");
  Def(
      type, "__repr__",
      [](const MatchModel& self) {
        return "MatchModel(trained_on=" + std::to_string(self.trained_on()) +
               ")";
      },
      "");
  Def(
      type, "__eq__",
      [](const MatchModel& self, py::object other) -> py::object {
        if (!py::isinstance<MatchModel>(other)) {
          return py::reinterpret_borrow<py::object>(Py_NotImplemented);
        }
        return py::bool_(self.ToJson() ==
                         other.cast<const MatchModel&>().ToJson());
      },
      "", py::arg("other"));
  Def(
      type, "__hash__",
      [](const MatchModel& self) { return py::hash(py::str(self.ToJson())); },
      "");
  FinishClass(type, "pickle what to_json() gives");
  RecordClass<Training>(module, "Training",
                        "A trained model, and how the training went.")
      .Field("model", &Training::model, "A MatchModel.")
      .Field("pairs", &Training::pairs, "Looked at.")
      .Field("sessions", &Training::sessions, "That it was learned in.")
      .Computed(
          "kept_default",
          [](const Training& self) { return TupleOf(self.kept_default); },
          "Names of fields that no session could teach.")
      .Finish();
}

void DefineLinks(py::module_& module) {
  RecordClass<MatchPair>(module, "MatchPair", "Two records, by number.")
      .Field("a", &MatchPair::a, "The smaller number.")
      .Field("b", &MatchPair::b, "The greater one.")
      .Field("weight", &MatchPair::weight, "Bits, with the prior.")
      .Finish();
  RecordClass<ReviewPair>(module, "ReviewPair",
                          "A pair that a person should look at.")
      .Field("pair", &ReviewPair::pair, "A MatchPair.")
      .Computed(
          "reason",
          [](const ReviewPair& self) {
            return EnumToPython("ReviewReason", kReviewReasons, self.reason);
          },
          "A ReviewReason.")
      .Finish();
  RecordClass<LinkRecord> type(module, "LinkResult",
                               "Which records are one person.");
  const auto number = [&](const char* name, uint64_t LinkResult::*member,
                          const char* doc) {
    type.Computed(
        name, [member](const LinkRecord& self) { return self.from.*member; },
        doc);
  };
  type.Computed(
      "clusters",
      [](const LinkRecord& self) {
        return Once(self.clusters, self.from.clusters);
      },
      "For each record the number of its cluster: from 0 on, in the order of\n"
      "the first record of each.");
  number("cluster_count", &LinkResult::cluster_count, "Persons.");
  type.Computed(
      "links",
      [](const LinkRecord& self) { return Once(self.links, self.from.links); },
      "The pairs that united clusters, as they did; must-links are not among\n"
      "them.");
  type.Computed(
      "review",
      [](const LinkRecord& self) {
        return Once(self.review, self.from.review);
      },
      "A tuple of ReviewPair.");
  number("review_total", &LinkResult::review_total, "Pairs for review in all.");
  type.Computed(
      "prior", [](const LinkRecord& self) { return self.from.prior; },
      "Bits; log2 of the odds of any pair.");
  number("pairs", &LinkResult::pairs, "Compared.");
  number("cut_blocks", &LinkResult::cut_blocks,
         "Blocking keys that too many records share.");
  number("cut_pairs", &LinkResult::cut_pairs,
         "Pairs of them that were not compared.");
  type.Finish();
}

void DefineExplanations(py::module_& module) {
  RecordClass<MatchEvidence>(module, "MatchEvidence",
                             "How one field of a pair agrees.")
      .Computed(
          "field",
          [](const MatchEvidence& self) {
            return EnumToPython("MatchField", kMatchFields, self.field);
          },
          "A MatchField.")
      .Field("slot", &MatchEvidence::slot, "Of OTHER: which.")
      .Field("level", &MatchEvidence::level,
             "\"exact\", \"nickname\", \"missing\", ...")
      .Field("weight", &MatchEvidence::weight, "Bits, rareness included.")
      .Field("rareness", &MatchEvidence::rareness,
             "Of them, for a rare (or common) value.")
      .Field("beside", &MatchEvidence::beside,
             "\"agrees\" or \"differs\": so does what it hangs together with,\n"
             "and it says less; else empty.")
      .Finish();
  RecordClass<MatchExplanation>(module, "MatchExplanation",
                                "Why two records weigh what they weigh.")
      .Field("weight", &MatchExplanation::weight,
             "The sum of the evidence and the prior.")
      .Field("prior", &MatchExplanation::prior, "Bits, as it was given.")
      .Computed(
          "evidence",
          [](const MatchExplanation& self) { return TupleOf(self.evidence); },
          "A tuple of MatchEvidence: one for each field that the set has.")
      .Finish();
}

using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;

LinkRecord Link(MatchSetObject& set, const MatchModel* model,
                double link_weight, double review_weight, Pairs must_link,
                Pairs cannot_link, size_t max_cluster, size_t max_review,
                int threads, py::object progress) {
  ProgressCaller caller(std::move(progress));
  const LinkOptions options{.link_weight = link_weight,
                            .review_weight = review_weight,
                            .must_link = std::move(must_link),
                            .cannot_link = std::move(cannot_link),
                            .max_cluster = max_cluster,
                            .max_review = max_review,
                            .threads = threads,
                            .progress = ProgressTo(&caller)};
  const MatchModel by = ModelOr(model);
  const ReadingSet reading(set);
  Result<LinkResult> result =
      Unlocked([&] { return LinkRecords(set.set, by, options); });
  caller.Rethrow();
  return {Take(std::move(result))};
}

}  // namespace

MatchProgressCallback ProgressTo(ProgressCaller* caller) {
  return [caller](const MatchProgress& now) {
    return (*caller)(now.done, now.total);
  };
}

void DefineMatching(py::module_& module) {
  module.attr("MIN_TRAINING_RECORDS") = kMinTrainingRecords;
  DefineMatchSet(module);
  DefineModel(module);
  DefineLinks(module);
  DefineExplanations(module);
  DefFunction(
      module, "train_model",
      [](MatchSetObject& set, uint64_t seed, int iterations,
         py::object progress) {
        ProgressCaller caller(std::move(progress));
        const TrainOptions options{seed, iterations, ProgressTo(&caller)};
        const ReadingSet reading(set);
        Result<Training> training =
            Unlocked([&] { return TrainModel(set.set, options); });
        caller.Rethrow();
        return Take(std::move(training));
      },
      kTrainDoc, py::arg("set"), py::kw_only(), py::arg("seed") = 1,
      py::arg("iterations") = 25, py::arg("progress") = py::none());
  DefFunction(module, "link_records", &Link, kLinkDoc, py::arg("set"),
              py::arg("model") = py::none(), py::kw_only(),
              py::arg("link_weight") = 12.0, py::arg("review_weight") = 4.0,
              py::arg("must_link") = py::tuple(),
              py::arg("cannot_link") = py::tuple(),
              py::arg("max_cluster") = 1000, py::arg("max_review") = 100000,
              py::arg("threads") = 1, py::arg("progress") = py::none());
  DefFunction(
      module, "explain_pair",
      [](MatchSetObject& set, uint32_t a, uint32_t b, const MatchModel* model,
         double prior) {
        if (!std::isfinite(prior)) RaiseInput("prior: must be a number");
        const MatchModel by = ModelOr(model);
        const ReadingSet reading(set);
        return Take(
            Unlocked([&] { return ExplainPair(set.set, by, a, b, prior); }));
      },
      kExplainDoc, py::arg("set"), py::arg("a"), py::arg("b"), py::kw_only(),
      py::arg("model") = py::none(), py::arg("prior") = 0.0);
}

}  // namespace crm::python
