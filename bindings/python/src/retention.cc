// Legal holds, retention, and the settings of privacy: methods of crm.Tenant.

#include "bindings/python/src/retention.h"

#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/define.h"
#include "bindings/python/src/handles.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/long_call.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/privacy.h"
#include "bindings/python/src/text.h"
#include "crm/retention.h"

namespace crm::python {
namespace {

constexpr char kPlaceDoc[] =
    "Puts a legal hold on a customer; its number.\n\n"
    "    hold = club.place_hold(7, categories=[\"orders\"], why=\"case "
    "4711\")\n"
    "    club.erase(7)                  # raises InputError, names the hold\n"
    "    club.release_hold(hold)\n\n"
    "While she is held she is not erased, whatever the categories: she goes\n"
    "as a whole or not at all. A hold follows her through merges, and lasts\n"
    "until it is released.\n\n"
    "categories: of privacy_settings, or \"others\"; none: everything.\n"
    "by, why: who wants it, for which reason; kept in the log for good, so\n"
    "    write nothing about the person. Up to 256 bytes each.\n\n"
    "Raises NotFoundError; ConsentError: she was erased; InputError: a\n"
    "category that there is not, or a text.";

void DefineHold(py::module_& module) {
  RecordClass<Hold>(module, "Hold", "A legal hold.")
      .Field("id", &Hold::id, "Its number, from 1.")
      .Field("position", &Hold::position, "Of the choice that placed it.")
      .Field("at", &Hold::at, "When that was.")
      .Field("customer", &Hold::customer,
             "Whom it was placed on, or to whom her number leads now.")
      .Computed(
          "categories",
          [](const Hold& self) { return TupleOf(self.categories); },
          "A tuple, ascending. Empty: everything.")
      .Field("by", &Hold::by, "Who wanted it.")
      .Field("why", &Hold::why, "For which reason.")
      .Field("released_position", &Hold::released_position,
             "Of the choice that released it; 0: it is open.")
      .Computed(
          "released_at",
          [](const Hold& self) -> py::object {
            if (self.released_position == 0) return py::none();
            return InstantToPython(self.released_at);
          },
          "When that was; None: it is open.")
      .Field("released_by", &Hold::released_by, "Who released it.")
      .Field("released_why", &Hold::released_why, "For which reason.")
      .Finish();
}

void DefineWaiting(py::module_& module) {
  RecordClass<WaitingErasure>(module, "WaitingErasure",
                              "An erasure that waits for holds.")
      .Field("position", &WaitingErasure::position,
             "Of the choice that keeps it.")
      .Field("at", &WaitingErasure::at, "When that was.")
      .Field("customer", &WaitingErasure::customer, "As of a Hold.")
      .Computed(
          "mode",
          [](const WaitingErasure& self) { return ModeToPython(self.mode); },
          "An ErasureMode.")
      .Field("confirm", &WaitingErasure::confirm, "As it was given.")
      .Field("by", &WaitingErasure::by, "Who asked for it.")
      .Field("why", &WaitingErasure::why, "For which reason.")
      .Computed(
          "holds",
          [](const WaitingErasure& self) { return TupleOf(self.holds); },
          "Numbers of holds, ascending. Empty: it was cut off, or it failed\n"
          "when the last one was released; Tenant.erase does it.")
      .Finish();
}

void DefineReport(py::module_& module) {
  RecordClass<RetainedType>(module, "RetainedType",
                            "What of one type went, or would go.")
      .Field("type", &RetainedType::type, "Its name.")
      .Field("before", &RetainedType::before,
             "What happened before it is too old.")
      .Field("events", &RetainedType::events, "How many.")
      .Field("bytes", &RetainedType::bytes, "As they were sealed.")
      .Field("customers", &RetainedType::customers,
             "Whose they are now; nobody is none.")
      .Field("held", &RetainedType::held,
             "Events that would have gone but for a hold.")
      .Finish();
  RecordClass<RetentionReport>(module, "RetentionReport",
                               "What became of Tenant.retain.")
      .Field("position", &RetentionReport::position,
             "Of the mark in the log. Zero: a dry run, or nothing was too old.")
      .Field("as_of", &RetentionReport::as_of, "What was asked for.")
      .Field("last", &RetentionReport::last,
             "The last event that was removed: its position.")
      .Computed(
          "types",
          [](const RetentionReport& self) { return TupleOf(self.types); },
          "Those of which something went or is held, by name: a tuple of\n"
          "RetainedType.")
      .Field("events", &RetentionReport::events, "Of all types.")
      .Field("bytes", &RetentionReport::bytes, "The same.")
      .Field("held", &RetentionReport::held, "The same.")
      .Field("more", &RetentionReport::more, "More is too old than max_events.")
      .Finish();
}

void DefineRetain(py::class_<TenantHandle>& type) {
  Def(
      type, "retain",
      [](TenantHandle& self, Timestamp as_of, bool dry_run, uint64_t max_events,
         const Text& by, const Text& why, py::object progress) {
        RetainOptions options;
        options.dry_run = dry_run;
        options.max_events = max_events;
        options.by = by;
        options.why = why;
        return LongChange(self, std::move(options), std::move(progress),
                          [as_of](Tenant& of, const RetainOptions& how) {
                            return of.Retain(as_of, how);
                          });
      },
      "Removes what events say that are older at `as_of` than\n"
      "privacy_settings let them be kept: a RetentionReport.\n\n"
      "    club.set_privacy_settings({\"retention\": {\"days\": 90}})\n"
      "    plan = club.retain(now, dry_run=True)\n"
      "    done = club.retain(now, by=\"nightly\")\n\n"
      "Their open parts stay, and all that they have made: who is whose, and\n"
      "profiles with the source of every value. Acts of consent are exempt,\n"
      "and what a legal hold is of.\n\n"
      "as_of: an aware datetime, not later than the store's clock.\n"
      "dry_run: says what would go.\n"
      "max_events: at most so many, the oldest in the log; 0: all.\n"
      "by, why: as of place_hold.\n"
      "progress: a callable (done, total); returning False cancels\n"
      "    (RetryableError, code CANCELLED). It must not call this store.\n\n"
      "Raises InputError: nothing is set, as_of, or a text; RetryableError,\n"
      "code BUSY: an open cursor keeps an old file, the rest is done later.",
      py::arg("as_of"), py::kw_only(), py::arg("dry_run") = false,
      py::arg("max_events") = 0, py::arg("by") = "", py::arg("why") = "",
      py::arg("progress") = py::none());
}

}  // namespace

void DefineRetentionRecords(py::module_& module) {
  DefineReport(module);
  DefineHold(module);
  DefineWaiting(module);
  RecordClass<HoldList>(module, "HoldList", "Holds, and what waits for them.")
      .Computed(
          "holds", [](const HoldList& self) { return TupleOf(self.holds); },
          "A tuple of Hold, by number.")
      .Computed(
          "waiting", [](const HoldList& self) { return TupleOf(self.waiting); },
          "A tuple of WaitingErasure, by position.")
      .Finish();
  RecordClass<HoldRelease>(module, "HoldRelease", "What became of a release.")
      .Field("hold", &HoldRelease::hold, "As it is now: a Hold.")
      .Computed(
          "erased",
          [](const HoldRelease& self) { return TupleOf(self.erased); },
          "Erasures that had waited for it, and are done: a tuple of\n"
          "ErasureReport.")
      .Computed(
          "failed",
          [](const HoldRelease& self) { return TupleOf(self.failed); },
          "Customers whose erasure had waited and failed; it waits still.")
      .Finish();
}

void DefineRetention(py::class_<TenantHandle>& type) {
  DefineRetain(type);
  Def(
      type, "place_hold",
      [](TenantHandle& self, CustomerId customer,
         const std::vector<std::string>& categories, const Text& by,
         const Text& why) {
        HoldOptions options;
        options.categories = categories;
        options.by = by;
        options.why = why;
        return Take(Change(
            self, [&](Tenant& of) { return of.PlaceHold(customer, options); }));
      },
      kPlaceDoc, py::arg("customer"), py::kw_only(),
      py::arg("categories") = py::tuple(), py::arg("by") = "",
      py::arg("why") = "");
  Def(
      type, "release_hold",
      [](TenantHandle& self, HoldId hold, const Text& by, const Text& why) {
        HoldReleaseOptions options;
        options.by = by;
        options.why = why;
        return Take(Change(
            self, [&](Tenant& of) { return of.ReleaseHold(hold, options); }));
      },
      "Releases a hold, and then erases whoever waited for that and is held\n"
      "by no other: a HoldRelease.\n\n"
      "Raises NotFoundError; InputError: it was released already, or a text.",
      py::arg("hold"), py::kw_only(), py::arg("by") = "", py::arg("why") = "");
  Def(
      type, "holds",
      [](const TenantHandle& self, CustomerId customer, bool released) {
        HoldQuery query;
        query.customer = customer;
        query.released = released;
        return self.Run(
            [&](const Tenant& tenant) { return tenant.ListHolds(query); });
      },
      "Legal holds, and the erasures that wait for them: a HoldList.\n\n"
      "customer: only those that hold her; 0: all.\n"
      "released: also those that were released.\n\n"
      "Raises NotFoundError: the customer.",
      py::kw_only(), py::arg("customer") = 0, py::arg("released") = false);
  Def(
      type, "set_privacy_settings",
      [](TenantHandle& self, py::object settings) {
        const std::string json = JsonFromPython(settings, "settings");
        Check(Change(self, [&](Tenant& tenant) {
          return tenant.SetPrivacySettings(json);
        }));
      },
      "Defines categories of data, and how long it is kept. A dict or text.\n\n"
      "    tenant.set_privacy_settings({\n"
      "        \"categories\": {\"health\": [\"visit.*\"]}})\n\n"
      "Takes the place of everything set before; what is not named is the\n"
      "default. The manual of all members is crm/retention.h. Raises\n"
      "InputError, which names the place, or the hold that is of a category\n"
      "that would go.",
      py::arg("settings"));
  Def(
      type, "privacy_settings",
      [](const TenantHandle& self) {
        const std::string json = self.Run(
            [](const Tenant& tenant) { return tenant.GetPrivacySettings(); });
        return ParseJson(json);
      },
      "What counts now, with all defaults spelled out, as a dict: change what\n"
      "you like, and set it again.");
}

}  // namespace crm::python
