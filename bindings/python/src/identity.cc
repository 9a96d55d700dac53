// Who is who: methods of crm.Tenant.

#include "bindings/python/src/identity.h"

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/define.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/long_call.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

MergeOptions ByHand(const Text& by, const Text& why, bool dry_run,
                    bool force = false, CustomerId keep = 0) {
  return {
      .by = by, .why = why, .dry_run = dry_run, .force = force, .keep = keep};
}

std::vector<Identifier> IdentifiersFromPython(const py::object& object) {
  const bool is_dict = PyDict_Check(object.ptr()) != 0;
  const py::object items = is_dict ? object.attr("items")() : object;
  std::vector<Identifier> identifiers;
  for (const py::handle item : py::iter(items)) {
    identifiers.push_back(IdentifierFromPython(item));
  }
  return identifiers;
}

Event EventFromPython(const py::object& object) {
  if (py::isinstance<Event>(object)) return object.cast<Event>();
  std::string json;
  if (PyDict_Check(object.ptr())) {
    WriteJson(object, &json);
  } else {
    json = TextOrBytes(object, "event");
  }
  return Take(EventFromJson(json, nullptr));
}

void DefineFinding(py::class_<TenantHandle>& type) {
  Def(
      type, "lookup",
      [](const TenantHandle& self, const py::object& identifiers) {
        const auto own = IdentifiersFromPython(identifiers);
        return self.Run(
            [&](const Tenant& tenant) { return tenant.Lookup(own); });
      },
      "Whoever has one of several identifiers, the surest first: a\n"
      "LookupResult. A dict, or (namespace, value) pairs.\n\n"
      "Raises NotFoundError: none leads to anybody; InputError: one cannot be\n"
      "an identifier.",
      py::arg("identifiers"));
  Def(
      type, "what_if",
      [](const TenantHandle& self, const py::object& event) {
        const Event own = EventFromPython(event);
        return OutcomeRecord(
            self.Run([&](const Tenant& tenant) { return tenant.WhatIf(own); }));
      },
      "What an append of this event would decide, without appending it: an\n"
      "EventOutcome.",
      py::arg("event"));
  Def(
      type, "why",
      [](const TenantHandle& self, CustomerId a, CustomerId b) {
        return self.Run([&](const Tenant& tenant) { return tenant.Why(a, b); });
      },
      "Why two customers are one, or what speaks for it and against it: an\n"
      "IdentityExplanation.",
      py::arg("a"), py::arg("b"));
  Def(
      type, "why_not",
      [](const TenantHandle& self, CustomerId a, CustomerId b) {
        return self.Run(
            [&](const Tenant& tenant) { return tenant.WhyNot(a, b); });
      },
      "Why two customers are not one: an IdentityExplanation. Raises\n"
      "InputError: they are.",
      py::arg("a"), py::arg("b"));
  Def(
      type, "how",
      [](const TenantHandle& self, CustomerId customer) {
        return self.Run(
            [&](const Tenant& tenant) { return tenant.How(customer); });
      },
      "How a customer came to be: an IdentityHistory.", py::arg("customer"));
  Def(
      type, "identity_changes",
      [](const TenantHandle& self, Position after, size_t limit) {
        return self.Run([&](const Tenant& tenant) {
          return tenant.GetIdentityChanges(after, limit);
        });
      },
      "Merges and unmerges behind a position, in order: IdentityChanges, for\n"
      "those who keep numbers of customers elsewhere. At least those of one\n"
      "choice, then no more than `limit`, 1 to 10,000.",
      py::arg("after"), py::kw_only(), py::arg("limit") = 1000);
}

void DefineMerging(py::class_<TenantHandle>& type) {
  Def(
      type, "merge",
      [](TenantHandle& self, CustomerId a, CustomerId b, const Text& by,
         const Text& why, bool dry_run, bool force, CustomerId keep) {
        const MergeOptions options = ByHand(by, why, dry_run, force, keep);
        return Take(
            Change(self, [&](Tenant& of) { return of.Merge(a, b, options); }));
      },
      "Makes two customers one: a MergeResult, whose position undoes it.\n\n"
      "by, why: who makes the choice, for which reason; kept in the log, so\n"
      "    write nothing about the person. Up to 256 bytes each.\n"
      "dry_run: says what would come of it.\n"
      "force: overrules exclusive conflicts and cannot-links; needs by, why.\n"
      "keep: this one of the two stays.\n\n"
      "Raises ConflictError (see force), InputError, NotFoundError.",
      py::arg("a"), py::arg("b"), py::kw_only(), py::arg("by") = "",
      py::arg("why") = "", py::arg("dry_run") = false, py::arg("force") = false,
      py::arg("keep") = 0);
  Def(
      type, "unmerge",
      [](TenantHandle& self, Position merge, CustomerId customer,
         std::vector<RecordId> records, const Text& by, const Text& why,
         bool dry_run) {
        const UnmergeTarget target = {.merge = merge,
                                      .customer = customer,
                                      .records = std::move(records)};
        const MergeOptions options = ByHand(by, why, dry_run);
        return Take(Change(
            self, [&](Tenant& of) { return of.Unmerge(target, options); }));
      },
      "Takes merges back, as if they had not been: an UnmergeResult.\n\n"
      "Exactly one of\n"
      "merge: the merge at this position;\n"
      "customer: all merges of hers;\n"
      "records: these, not all of hers, become a customer of their own.\n\n"
      "Raises NotFoundError: no merge lies there; InputError: it was undone\n"
      "already, or the target is none.",
      py::kw_only(), py::arg("merge") = 0, py::arg("customer") = 0,
      py::arg("records") = py::tuple(), py::arg("by") = "", py::arg("why") = "",
      py::arg("dry_run") = false);
}

void DefineAssertions(py::class_<TenantHandle>& type) {
  Def(
      type, "add_assertion",
      [](TenantHandle& self, py::handle kind, RecordId a, RecordId b,
         const Text& by, const Text& why, bool dry_run) {
        const Assertion::Kind own = AssertionKindFromPython(kind);
        const MergeOptions options = ByHand(by, why, dry_run);
        return Take(Change(self, [&](Tenant& of) {
          return of.AddAssertion(own, a, b, options);
        }));
      },
      "Says of two records that they are (\"must_link\"), or are not\n"
      "(\"cannot_link\"), of one person: the position of the choice. It beats\n"
      "every rule. A must-link merges their customers.",
      py::arg("kind"), py::arg("a"), py::arg("b"), py::kw_only(),
      py::arg("by") = "", py::arg("why") = "", py::arg("dry_run") = false);
  Def(
      type, "retract_assertion",
      [](TenantHandle& self, RecordId a, RecordId b, const Text& by,
         const Text& why, bool dry_run) {
        const MergeOptions options = ByHand(by, why, dry_run);
        return Take(Change(self, [&](Tenant& of) {
          return of.RetractAssertion(a, b, options);
        }));
      },
      "Takes back what was said of two records; merges stay as they are. The\n"
      "position of the choice. Raises NotFoundError: nothing was said.",
      py::arg("a"), py::arg("b"), py::kw_only(), py::arg("by") = "",
      py::arg("why") = "", py::arg("dry_run") = false);
  Def(
      type, "assertions",
      [](const TenantHandle& self, CustomerId customer) {
        return TupleOf(self.Run([&](const Tenant& tenant) {
          return tenant.ListAssertions(customer);
        }));
      },
      "What was said about the records of a customer: a tuple of Assertion.",
      py::arg("customer"));
}

void DefineReviews(py::class_<TenantHandle>& type) {
  Def(
      type, "reviews",
      [](const TenantHandle& self, CustomerId customer, size_t limit) {
        const ReviewQuery query = {.customer = customer, .limit = limit};
        return TupleOf(self.Run(
            [&](const Tenant& tenant) { return tenant.ListReviews(query); }));
      },
      "Open questions, those of the greatest weight first: a tuple of Review.\n"
      "customer: that concern her; zero: of all. limit: 1 to 1,000.",
      py::kw_only(), py::arg("customer") = 0, py::arg("limit") = 100);
  Def(
      type, "answer_review",
      [](TenantHandle& self, Position review, py::handle answer, const Text& by,
         const Text& why, bool dry_run, bool force, CustomerId keep) {
        const ReviewAnswer own = ReviewAnswerFromPython(answer);
        const MergeOptions options = ByHand(by, why, dry_run, force, keep);
        return Take(Change(self, [&](Tenant& of) {
          return of.AnswerReview(review, own, options);
        }));
      },
      "Answers a question, by its position: \"same\" merges them,\n"
      "\"different\" keeps them apart for good, \"dismiss\" does neither. The\n"
      "position of the choice. Raises NotFoundError: no question lies there;\n"
      "InputError: it was answered already; and what merge raises.",
      py::arg("review"), py::arg("answer"), py::kw_only(), py::arg("by") = "",
      py::arg("why") = "", py::arg("dry_run") = false, py::arg("force") = false,
      py::arg("keep") = 0);
}

void DefineReResolve(py::class_<TenantHandle>& type) {
  Def(
      type, "re_resolve",
      [](TenantHandle& self, bool dry_run, const Text& by, const Text& why,
         py::object progress) {
        return LongChange(
            self, ReResolveOptions{.dry_run = dry_run, .by = by, .why = why},
            std::move(progress), [](Tenant& of, const ReResolveOptions& how) {
              return of.ReResolve(how);
            });
      },
      "Decides anew, by today's settings and in the order of event times, to\n"
      "whom every record belongs; assertions hold: a ReResolveReport.\n\n"
      "dry_run: only counts and lists what would change; False writes it.\n"
      "by, why: as of merge.\n"
      "progress: a callable (done, total), once through the log and once\n"
      "    through what was read there, each half with a total of its own;\n"
      "    returning False cancels (RetryableError, code CANCELLED), and\n"
      "    nothing was changed. It must not call this store: that raises\n"
      "    InputError in it.\n\n"
      "Takes memory for all identifiers of the tenant; appends wait meanwhile.",
      py::kw_only(), py::arg("dry_run") = true, py::arg("by") = "",
      py::arg("why") = "", py::arg("progress") = py::none());
}

void DefineMatching(py::class_<TenantHandle>& type) {
  Def(
      type, "match_customers",
      [](TenantHandle& self, bool dry_run, std::optional<Text> model,
         const py::object& fields, double merge_weight, double review_weight,
         size_t max_reviews, int threads, const Text& by, const Text& why,
         py::object progress) {
        MatchCustomersOptions options;
        options.dry_run = dry_run;
        if (model.has_value()) {
          options.model = Take(MatchModel::FromJson(*model));
        }
        if (!fields.is_none())
          options.fields = JsonFromPython(fields, "fields");
        options.merge_weight = merge_weight;
        options.review_weight = review_weight;
        options.max_reviews = max_reviews;
        options.threads = threads;
        options.by = by;
        options.why = why;
        return LongChange(self, std::move(options), std::move(progress),
                          [](Tenant& of, const MatchCustomersOptions& how) {
                            return of.MatchCustomers(how);
                          });
      },
      "Merges customers who are the same person by what is known of them, and\n"
      "asks about those who may be (see reviews): a MatchReport.\n\n"
      "dry_run: only counts and lists what would be done; False does it.\n"
      "model: JSON text as train_file gives it; None: the default model.\n"
      "fields: which traits are compared as what: a dict or JSON text, as\n"
      "    default_match_fields gives it; None: that.\n"
      "merge_weight: pairs of at least so many bits are merged, if the guards\n"
      "    let them; lighter ones of at least review_weight become questions,\n"
      "    max_reviews of them at most.\n"
      "threads: that compare. by, why: as of merge.\n"
      "progress: a callable (done, total) for each step; returning False\n"
      "    cancels (RetryableError, code CANCELLED), and nothing was changed.\n"
      "    It must not call this store: that raises InputError in it.\n\n"
      "Appends go on meanwhile; a second run finds nothing to do but what the\n"
      "first one left.",
      py::kw_only(), py::arg("dry_run") = true, py::arg("model") = py::none(),
      py::arg("fields") = py::none(), py::arg("merge_weight") = 12.0,
      py::arg("review_weight") = 4.0, py::arg("max_reviews") = 1000,
      py::arg("threads") = 1, py::arg("by") = "", py::arg("why") = "",
      py::arg("progress") = py::none());
}

void DefineApplying(py::class_<TenantHandle>& type) {
  Def(
      type, "apply_matches",
      [](TenantHandle& self, const py::object& matches, const Text& by,
         const Text& why, bool dry_run) {
        std::vector<CustomerMatch> own;
        for (const py::handle match : py::iter(matches)) {
          own.push_back(MatchFromPython(match));
        }
        const MergeOptions options = ByHand(by, why, dry_run);
        return Take(Change(
            self, [&](Tenant& of) { return of.ApplyMatches(own, options); }));
      },
      "Makes choices of what some other matcher decided, behind the same\n"
      "guards: a MatchReport. matches: CustomerMatch objects, or tuples (a, "
      "b,\n"
      "weight) of two records that are to be merged. A CustomerMatch with a\n"
      "reason becomes a question. Raises NotFoundError: no such record; then\n"
      "nothing is changed.",
      py::arg("matches"), py::kw_only(), py::arg("by") = "",
      py::arg("why") = "", py::arg("dry_run") = false);
}

}  // namespace

void DefineIdentity(py::class_<TenantHandle>& type) {
  DefineFinding(type);
  DefineMerging(type);
  DefineAssertions(type);
  DefineReviews(type);
  DefineReResolve(type);
  DefineMatching(type);
  DefineApplying(type);
}

}  // namespace crm::python
