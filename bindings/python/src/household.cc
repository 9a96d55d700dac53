// Households: methods of crm.Tenant, and their records.

#include "bindings/python/src/household.h"

#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/define.h"
#include "bindings/python/src/handles.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/long_call.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"
#include "crm/household.h"

namespace crm::python {
namespace {

constexpr EnumName<HouseholdEvidence> kEvidence[] = {
    {HouseholdEvidence::kAddress, "ADDRESS"},
    {HouseholdEvidence::kEmail, "EMAIL"},
    {HouseholdEvidence::kPhone, "PHONE"},
    {HouseholdEvidence::kSurname, "SURNAME"},
    {HouseholdEvidence::kIdentifier, "IDENTIFIER"},
};

constexpr char kChangeDoc[] =
    "Makes a household, or changes who is in it; its number.\n\n"
    "    home = club.change_household(name=\"H-4711\", join=[7, 12])\n"
    "    club.change_household(household=home, leave=[12])\n\n"
    "Nobody is merged by it. What is said by hand stays: match_households\n"
    "neither takes out who was put in, nor puts in who left.\n\n"
    "household: 0: a new one.\n"
    "name: of a new one, unique, up to 128 bytes: its name elsewhere, such as\n"
    "    a number. Kept in the log for good: never the name of a person.\n"
    "join: customers; with `derived` pairs of a customer and what speaks for\n"
    "    her: [(7, [\"address\", \"surname\"])], see HouseholdEvidence.\n"
    "leave: customers.\n"
    "derived: some finder of the host's says so, other than\n"
    "    match_households, and it may be changed again by either.\n"
    "by, why: kept in the log for good, so write nothing about the persons.\n"
    "    Up to 256 bytes each.\n\n"
    "Raises NotFoundError; ConsentError: she was erased; ConflictError: the\n"
    "name is another's; InputError.";

constexpr char kMatchDoc[] =
    "Finds who lives together, and makes the households what was found: a\n"
    "HouseholdReport.\n\n"
    "dry_run: only says what would come of it; False does it.\n"
    "fields: as of match_customers.\n"
    "min_evidence: so many kinds of evidence two customers need, 1 to 4, one\n"
    "    of them more than a surname.\n"
    "max_members: so many members a household has at most, 2 to 100; a value\n"
    "    that more customers share is no evidence.\n"
    "by, why: as of change_household.\n"
    "progress: a callable (done, total) for each step; returning False\n"
    "    cancels (RetryableError, code CANCELLED), and nothing was changed.\n"
    "    It must not call this store: that raises InputError in it.\n\n"
    "Appends go on meanwhile; a second run finds nothing to do.";

py::tuple EvidenceToPython(uint32_t evidence) {
  py::list names;
  for (const auto& known : kEvidence) {
    if ((evidence & static_cast<uint32_t>(known.value)) != 0) {
      names.append(MemberOf("HouseholdEvidence", known.name));
    }
  }
  return py::tuple(names);
}

// A customer, or a pair of her and what speaks for her.
HouseholdJoin JoinFromPython(py::handle item) {
  HouseholdJoin join;
  if (!PyTuple_Check(item.ptr())) {
    join.customer = item.cast<CustomerId>();
    return join;
  }
  const py::tuple pair = py::reinterpret_borrow<py::tuple>(item);
  if (pair.size() != 2) {
    RaiseInput("join: must be customers, or pairs of customer and evidence");
  }
  join.customer = pair[0].cast<CustomerId>();
  for (const py::handle name : py::iter(pair[1])) {
    join.evidence |= static_cast<uint32_t>(
        EnumFromPython("HouseholdEvidence", kEvidence, name));
  }
  return join;
}

void DefineRun(py::module_& module) {
  RecordClass<HouseholdJoin>(module, "HouseholdJoin",
                             "Somebody who joins a household.")
      .Field("customer", &HouseholdJoin::customer, "Her id.")
      .Computed(
          "evidence",
          [](const HouseholdJoin& self) {
            return EvidenceToPython(self.evidence);
          },
          "A tuple of HouseholdEvidence.")
      .Finish();
  RecordClass<HouseholdChange>(module, "HouseholdChange",
                               "What a run does to a household.")
      .Field("household", &HouseholdChange::household,
             "Its number; of a dry run a new one is 0.")
      .Computed(
          "join",
          [](const HouseholdChange& self) { return TupleOf(self.join); },
          "A tuple of HouseholdJoin.")
      .Computed(
          "leave",
          [](const HouseholdChange& self) { return TupleOf(self.leave); },
          "A tuple of customers.")
      .Finish();
  RecordClass<HouseholdReport>(module, "HouseholdReport", "What a run found.")
      .Field("records", &HouseholdReport::records,
             "That know something of a household.")
      .Field("customers", &HouseholdReport::customers, "Whose they are.")
      .Field("households", &HouseholdReport::households,
             "Groups that were found.")
      .Field("made", &HouseholdReport::made, "Households that are new.")
      .Field("joined", &HouseholdReport::joined, "Memberships that are new.")
      .Field("left", &HouseholdReport::left, "Memberships that ended.")
      .Field("remaining", &HouseholdReport::remaining,
             "Households that would change, too: a run changes 10,000 at\n"
             "most.")
      .Computed(
          "changes",
          [](const HouseholdReport& self) { return TupleOf(self.changes); },
          "The first 1,000: a tuple of HouseholdChange.")
      .Field("position", &HouseholdReport::position,
             "Of the last choice that was written; 0: none was.")
      .Finish();
}

void DefineReading(py::class_<TenantHandle>& type) {
  Def(
      type, "households",
      [](const TenantHandle& self, CustomerId customer, HouseholdId household,
         const Text& name, bool empty, HouseholdId after, size_t limit) {
        HouseholdQuery query;
        query.customer = customer;
        query.household = household;
        query.name = name;
        query.empty = empty;
        query.after = after;
        query.limit = limit;
        return TupleOf(self.Run([&](const Tenant& tenant) {
          return tenant.ListHouseholds(query);
        }));
      },
      "Households, by number: a tuple of Household.\n\n"
      "customer, household, name: only hers, only this one; 0, empty: any.\n"
      "empty: also those without members.\n"
      "after, limit: pages: only greater numbers, 1 to 1,000 of them.\n\n"
      "Raises NotFoundError: the customer, the household or the name.",
      py::kw_only(), py::arg("customer") = 0, py::arg("household") = 0,
      py::arg("name") = "", py::arg("empty") = false, py::arg("after") = 0,
      py::arg("limit") = 100);
}

}  // namespace

void DefineHouseholdRecords(py::module_& module) {
  RecordClass<HouseholdMember>(module, "HouseholdMember",
                               "A member of a household.")
      .Field("customer", &HouseholdMember::customer, "Her id.")
      .Field("record", &HouseholdMember::record,
             "To which the membership belongs.")
      .Field("position", &HouseholdMember::position,
             "Of the choice by which she is a member.")
      .Computed(
          "evidence",
          [](const HouseholdMember& self) {
            return EvidenceToPython(self.evidence);
          },
          "A tuple of HouseholdEvidence; empty: by hand.")
      .Finish();
  RecordClass<Household>(module, "Household", "Customers who live together.")
      .Field("id", &Household::id, "Its number, from 1.")
      .Field("name", &Household::name, "Empty: it has none.")
      .Field("derived", &Household::derived,
             "A run made it; else somebody did.")
      .Field("position", &Household::position, "Of the choice that made it.")
      .Field("at", &Household::at, "When that was.")
      .Field("by", &Household::by, "Who made it.")
      .Field("why", &Household::why, "For which reason.")
      .Computed(
          "members",
          [](const Household& self) { return TupleOf(self.members); },
          "A tuple of HouseholdMember, by customer.")
      .Finish();
  DefineRun(module);
}

void DefineHouseholds(py::class_<TenantHandle>& type) {
  DefineReading(type);
  Def(
      type, "change_household",
      [](TenantHandle& self, HouseholdId household, const Text& name,
         const py::iterable& join, const std::vector<CustomerId>& leave,
         bool derived, const Text& by, const Text& why) {
        HouseholdChange change;
        change.household = household;
        change.name = name;
        for (const py::handle item : join) {
          change.join.push_back(JoinFromPython(item));
        }
        change.leave = leave;
        change.derived = derived;
        change.by = by;
        change.why = why;
        return Take(Change(
            self, [&](Tenant& of) { return of.ChangeHousehold(change); }));
      },
      kChangeDoc, py::kw_only(), py::arg("household") = 0, py::arg("name") = "",
      py::arg("join") = py::tuple(), py::arg("leave") = py::tuple(),
      py::arg("derived") = false, py::arg("by") = "", py::arg("why") = "");
  Def(
      type, "match_households",
      [](TenantHandle& self, bool dry_run, const py::object& fields,
         int min_evidence, size_t max_members, const Text& by, const Text& why,
         py::object progress) {
        HouseholdMatchOptions options;
        options.dry_run = dry_run;
        if (!fields.is_none()) {
          options.fields = JsonFromPython(fields, "fields");
        }
        options.min_evidence = min_evidence;
        options.max_members = max_members;
        options.by = by;
        options.why = why;
        return LongChange(self, std::move(options), std::move(progress),
                          [](Tenant& of, const HouseholdMatchOptions& how) {
                            return of.MatchHouseholds(how);
                          });
      },
      kMatchDoc, py::kw_only(), py::arg("dry_run") = true,
      py::arg("fields") = py::none(), py::arg("min_evidence") = 2,
      py::arg("max_members") = 10, py::arg("by") = "", py::arg("why") = "",
      py::arg("progress") = py::none());
}

}  // namespace crm::python
