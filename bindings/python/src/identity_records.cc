// What questions and choices about who is who answer.

#include <string>

#include "bindings/python/src/define.h"
#include "bindings/python/src/identity.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/records.h"

namespace crm::python {
namespace {

constexpr EnumName<IdentityReason> kReasons[] = {
    {IdentityReason::kNone, "NONE"},
    {IdentityReason::kMalformed, "MALFORMED"},
    {IdentityReason::kBlocked, "BLOCKED"},
    {IdentityReason::kExclusiveConflict, "EXCLUSIVE_CONFLICT"},
    {IdentityReason::kCannotLink, "CANNOT_LINK"},
    {IdentityReason::kContradiction, "CONTRADICTION"},
    {IdentityReason::kSharedValue, "SHARED_VALUE"},
    {IdentityReason::kLimit, "LIMIT"},
    {IdentityReason::kEphemeral, "EPHEMERAL"},
    {IdentityReason::kRecycled, "RECYCLED"},
    {IdentityReason::kBelowMergeBar, "BELOW_MERGE_BAR"},
    {IdentityReason::kMergeBrake, "MERGE_BRAKE"},
    {IdentityReason::kCohesion, "COHESION"},
    {IdentityReason::kWeakMatch, "WEAK_MATCH"},
};
constexpr EnumName<Assertion::Kind> kAssertions[] = {
    {Assertion::Kind::kMustLink, "MUST_LINK"},
    {Assertion::Kind::kCannotLink, "CANNOT_LINK"},
};
constexpr EnumName<ReviewAnswer> kAnswers[] = {
    {ReviewAnswer::kSame, "SAME"},
    {ReviewAnswer::kDifferent, "DIFFERENT"},
    {ReviewAnswer::kDismiss, "DISMISS"},
};
constexpr EnumName<IdentityChange::Kind> kChanges[] = {
    {IdentityChange::Kind::kMerged, "MERGED"},
    {IdentityChange::Kind::kSplit, "SPLIT"},
    {IdentityChange::Kind::kErased, "ERASED"},
};
constexpr EnumName<IdentityEvidence::Kind> kEvidence[] = {
    {IdentityEvidence::Kind::kSharedIdentifier, "SHARED_IDENTIFIER"},
    {IdentityEvidence::Kind::kLink, "LINK"},
    {IdentityEvidence::Kind::kMerge, "MERGE"},
    {IdentityEvidence::Kind::kAssertion, "ASSERTION"},
    {IdentityEvidence::Kind::kGuard, "GUARD"},
};
constexpr EnumName<IdentityStep::Kind> kSteps[] = {
    {IdentityStep::Kind::kBegan, "BEGAN"},
    {IdentityStep::Kind::kAttached, "ATTACHED"},
    {IdentityStep::Kind::kMerged, "MERGED"},
};

// A member `reason` as an IdentityReason.
template <typename T>
py::object ReasonOf(const T& self) {
  return EnumToPython("IdentityReason", kReasons, self.reason);
}

void DefineFound(py::module_& module) {
  RecordClass<LookupResult>(module, "LookupResult", "Who was found.")
      .Field("customer", &LookupResult::customer, "Her number.")
      .Field("matched", &LookupResult::matched,
             "The index of the identifier that led to her.")
      .Field("confidence", &LookupResult::confidence, "0 to 100.")
      .Finish();
  RecordClass<WithheldIdentifier>(
      module, "WithheldIdentifier",
      "An identifier of an event that did not become her customer's.")
      .Field("namespace", &WithheldIdentifier::name_space, "Of which kind.")
      .Field("owner", &WithheldIdentifier::owner,
             "Who keeps it. Zero: nobody has it.")
      .Computed("reason", &ReasonOf<WithheldIdentifier>, "An IdentityReason.")
      .Finish();
}

void DefineChoices(py::module_& module) {
  RecordClass<MergeResult>(module, "MergeResult", "What became of a merge.")
      .Field("position", &MergeResult::position,
             "Of the choice: what unmerge takes. Zero: a dry run.")
      .Field("customer", &MergeResult::customer, "Who stays.")
      .Field("retired", &MergeResult::retired, "Who leads to her now.")
      .Finish();
  RecordClass<UnmergedPart>(module, "UnmergedPart",
                            "A customer after an unmerge.")
      .Field("customer", &UnmergedPart::customer, "Her number.")
      .Field("is_new", &UnmergedPart::is_new,
             "Her number never was; else she has her records back, or keeps "
             "them.")
      .Computed(
          "records",
          [](const UnmergedPart& self) { return TupleOf(self.records); },
          "A tuple of numbers, ascending.")
      .Finish();
  RecordClass<UnmergeResult>(module, "UnmergeResult",
                             "What became of an unmerge.")
      .Field("position", &UnmergeResult::position,
             "Of the choice. Zero: a dry run.")
      .Computed(
          "parts",
          [](const UnmergeResult& self) { return TupleOf(self.parts); },
          "A tuple of UnmergedPart: the one who was split, then the others.")
      .Finish();
  RecordClass<Assertion>(module, "Assertion",
                         "What somebody said about two records.")
      .Computed(
          "kind",
          [](const Assertion& self) {
            return EnumToPython("AssertionKind", kAssertions, self.kind);
          },
          "An AssertionKind.")
      .Field("a", &Assertion::a, "A record: the smaller one.")
      .Field("b", &Assertion::b, "A record.")
      .Field("position", &Assertion::position, "Of the choice.")
      .Finish();
}

void DefineReview(py::module_& module) {
  RecordClass<Review>(module, "Review",
                      "A question that a guard or a match left open.")
      .Field("position", &Review::position,
             "Of the choice that put it; its name in answer_review.")
      .Field("record_a", &Review::record_a, "One record.")
      .Field("record_b", &Review::record_b, "The other one.")
      .Field("a", &Review::a, "Whose the one is now.")
      .Field("b", &Review::b, "Whose the other is now.")
      .Computed("reason", &ReasonOf<Review>, "An IdentityReason.")
      .Field("namespace", &Review::name_space,
             "What would have linked them; empty: a match.")
      .Field("weight", &Review::weight,
             "Confidence of what was withheld, 0 to 100; of a match its weight "
             "in\nbits.")
      .Finish();
}

void DefineChanges(py::module_& module) {
  RecordClass<IdentityChange>(module, "IdentityChange",
                              "One change of who is who.")
      .Computed(
          "kind",
          [](const IdentityChange& self) {
            return EnumToPython("IdentityChangeKind", kChanges, self.kind);
          },
          "An IdentityChangeKind.")
      .Field("position", &IdentityChange::position, "Of the choice.")
      .Field("from_customer", &IdentityChange::from,
             "Who is retired; of a split: who lost records.")
      .Field("to_customer", &IdentityChange::to,
             "Who stands for her; of a split: who has them.")
      .Computed(
          "records",
          [](const IdentityChange& self) { return TupleOf(self.records); },
          "Of a split: a tuple of the records that moved, ascending.")
      .Finish();
  RecordClass<IdentityChanges>(module, "IdentityChanges", "A page of changes.")
      .Computed(
          "changes",
          [](const IdentityChanges& self) { return TupleOf(self.changes); },
          "A tuple of IdentityChange, in the order of the log.")
      .Field("position", &IdentityChanges::position,
             "Everything up to here has been looked at: the next `after`.")
      .Finish();
  RecordClass<ReResolveReport>(module, "ReResolveReport",
                               "What a re-resolve found.")
      .Field("records", &ReResolveReport::records, "Looked at.")
      .Field("customers_before", &ReResolveReport::customers_before,
             "How many customers they were.")
      .Field("customers_after", &ReResolveReport::customers_after,
             "How many they are, or would be.")
      .Field("records_moved", &ReResolveReport::records_moved,
             "Records that went to another customer.")
      .Computed(
          "changes",
          [](const ReResolveReport& self) { return TupleOf(self.changes); },
          "A tuple of IdentityChange: the first 1,000.")
      .Field("position", &ReResolveReport::position,
             "Of the last choice that was written. Zero: none.")
      .Finish();
}

void DefineMatches(py::module_& module) {
  RecordClass<CustomerMatch> match(
      module, "CustomerMatch",
      "Two records of two customers, and what is made of them.");
  match.Field("a", &CustomerMatch::a, "A record.")
      .Field("b", &CustomerMatch::b, "A record of another customer.")
      .Field("weight", &CustomerMatch::weight, "Bits.")
      .Computed("reason", &ReasonOf<CustomerMatch>,
                "An IdentityReason. NONE: the two are merged; otherwise "
                "somebody is\nasked, for this reason.");
  DefInit(
      match.Finish(),
      [](RecordId a, RecordId b, double weight, py::handle reason) {
        return CustomerMatch{
            a, b, weight, EnumFromPython("IdentityReason", kReasons, reason)};
      },
      "What another matcher decided, for apply_matches.", py::arg("a"),
      py::arg("b"), py::arg("weight"), py::kw_only(),
      py::arg("reason") = "none");
  RecordClass<MatchReport>(module, "MatchReport", "What came of matching.")
      .Field("records", &MatchReport::records,
             "That were compared: those that know something.")
      .Field("pairs", &MatchReport::pairs, "Of them, that were compared.")
      .Field("prior", &MatchReport::prior,
             "Bits: log2 of the odds that any two are of one person.")
      .Field("merged", &MatchReport::merged, "Merges.")
      .Field("asked", &MatchReport::asked, "Questions that were put.")
      .Field("known", &MatchReport::known,
             "Questions that had been put before.")
      .Field("withheld", &MatchReport::withheld,
             "Pairs that a guard settles, without a question.")
      .Field("left", &MatchReport::left,
             "Merges or questions that were too many for one run.")
      .Computed(
          "matches",
          [](const MatchReport& self) { return TupleOf(self.matches); },
          "A tuple of CustomerMatch, the first 1,000 of what was done: "
          "merges,\n"
          "then questions.")
      .Field("position", &MatchReport::position,
             "Of the last choice that was written. Zero: none.")
      .Finish();
  DefFunction(
      module, "default_match_fields",
      [] { return ParseJson(DefaultMatchFields()); },
      "Which traits Tenant.match_customers compares as what, when it is not\n"
      "told: a dict, to be changed and given as `fields`.");
}

void DefineExplanation(py::module_& module) {
  RecordClass<IdentityEvidence>(module, "IdentityEvidence",
                                "One piece of evidence.")
      .Computed(
          "kind",
          [](const IdentityEvidence& self) {
            return EnumToPython("IdentityEvidenceKind", kEvidence, self.kind);
          },
          "An IdentityEvidenceKind.")
      .Field("a", &IdentityEvidence::a, "A record.")
      .Field("b", &IdentityEvidence::b, "Another one.")
      .Field("position", &IdentityEvidence::position,
             "In the log; zero: nowhere in particular.")
      .Field("namespace", &IdentityEvidence::name_space,
             "Of the identifier, if it is about one.")
      .Field("confidence", &IdentityEvidence::confidence, "0 to 100.")
      .Computed("reason", &ReasonOf<IdentityEvidence>, "An IdentityReason.")
      .Field("sign", &IdentityEvidence::sign,
             "1: for it, -1: against it, 0: neither.")
      .Field("weight", &IdentityEvidence::weight,
             "Of a merge by a match: bits; zero: it was none.")
      .Finish();
  RecordClass<IdentityExplanation>(module, "IdentityExplanation",
                                   "Why two customers are one, or are not.")
      .Field("a", &IdentityExplanation::a, "As she stands now.")
      .Field("b", &IdentityExplanation::b, "As she stands now.")
      .Computed(
          "evidence",
          [](const IdentityExplanation& self) {
            return TupleOf(self.evidence);
          },
          "A tuple of IdentityEvidence, in the order of the log.")
      .Field("text", &IdentityExplanation::text,
             "The same for people, without any value of an identifier.")
      .Derived(
          "together",
          [](const IdentityExplanation& self) { return self.together(); },
          "They are one.")
      .Finish();
}

void DefineHistory(py::module_& module) {
  RecordClass<IdentityStep>(module, "IdentityStep",
                            "One step in the making of a customer.")
      .Computed(
          "kind",
          [](const IdentityStep& self) {
            return EnumToPython("IdentityStepKind", kSteps, self.kind);
          },
          "An IdentityStepKind.")
      .Field("position", &IdentityStep::position, "Where it lies in the log.")
      .Field("record", &IdentityStep::record,
             "Which came in; zero: a customer did.")
      .Field("retired", &IdentityStep::retired,
             "Of a merge: whose records came in.")
      .Field("matched_by", &IdentityStep::matched_by,
             "The namespace that did it; empty: none.")
      .Field("confidence", &IdentityStep::confidence, "0 to 100.")
      .Field("by", &IdentityStep::by, "Of a choice by hand or a match: who.")
      .Field("why", &IdentityStep::why, "Of a choice by hand or a match: why.")
      .Field("weight", &IdentityStep::weight,
             "Of a merge by a match: bits; zero: it was none.")
      .Finish();
  RecordClass<IdentityHistory>(module, "IdentityHistory",
                               "How a customer came to be.")
      .Field("customer", &IdentityHistory::customer, "Her number.")
      .Computed(
          "steps",
          [](const IdentityHistory& self) { return TupleOf(self.steps); },
          "A tuple of IdentityStep, in order.")
      .Field("text", &IdentityHistory::text, "The same for people.")
      .Finish();
}

}  // namespace

Assertion::Kind AssertionKindFromPython(py::handle kind) {
  return EnumFromPython("AssertionKind", kAssertions, kind);
}

ReviewAnswer ReviewAnswerFromPython(py::handle answer) {
  return EnumFromPython("ReviewAnswer", kAnswers, answer);
}

CustomerMatch MatchFromPython(py::handle match) {
  if (py::isinstance<CustomerMatch>(match)) return match.cast<CustomerMatch>();
  if (!py::isinstance<py::tuple>(match) || py::len(match) != 3) {
    throw py::type_error(
        "matches: expected CustomerMatch objects or tuples (a, b, weight)");
  }
  const auto tuple = py::reinterpret_borrow<py::tuple>(match);
  return {tuple[0].cast<RecordId>(), tuple[1].cast<RecordId>(),
          tuple[2].cast<double>()};
}

void DefineIdentityRecords(py::module_& module) {
  DefineFound(module);
  DefineChoices(module);
  DefineReview(module);
  DefineChanges(module);
  DefineMatches(module);
  DefineExplanation(module);
  DefineHistory(module);
}

}  // namespace crm::python
