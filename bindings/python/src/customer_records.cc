// Customers, profiles and timelines.

#include <optional>
#include <string>

#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

py::object InstantOrNone(const std::optional<Timestamp>& instant) {
  return instant.has_value() ? InstantToPython(*instant) : py::none();
}

void DefineCustomer(py::module_& module) {
  RecordClass<CustomerRecord>(module, "CustomerRecord",
                              "What one source said about one person.")
      .Field("record", &CustomerRecord::record, "Its number.")
      .Field("source", &CustomerRecord::source, "Who said so.")
      .Field("events", &CustomerRecord::events, "Also the next revision.")
      .Field("linked_at", &CustomerRecord::linked_at,
             "The position of the event or choice that tied it to the\n"
             "customer.")
      .Field("matched_by", &CustomerRecord::matched_by,
             "By which namespace; empty: she began with it.")
      .Field("confidence", &CustomerRecord::confidence, "0 to 100.")
      .Field("linked_to", &CustomerRecord::linked_to,
             "The record with which it shared that identifier; zero: none.")
      .Finish();
  RecordClass<Customer>(module, "Customer",
                        "A customer: a set of records, and how they were tied "
                        "together.")
      .Field("id", &Customer::id,
             "The one asked for, or who stands for her since a merge.")
      .Field("version", &Customer::version,
             "Position of the last event, link or merge that concerns her.")
      .Field("events", &Customer::events, "How many are hers.")
      .Computed(
          "records", [](const Customer& self) { return TupleOf(self.records); },
          "A tuple of CustomerRecord.")
      .Computed(
          "retired", [](const Customer& self) { return TupleOf(self.retired); },
          "A tuple of the numbers that lead to her, ascending.")
      .Finish();
}

void DefineTrait(py::module_& module) {
  RecordClass<Trait>(
      module, "Trait",
      "One thing that is known about a customer, and how it came to be known.")
      .Field("name", &Trait::name, "E.g. firstName.")
      .Field("value_json", &Trait::value,
             "JSON text, to the letter of the source.")
      .Field("occurred_at", &Trait::occurred_at,
             "Event time of the winning value, UTC.")
      .Field("source", &Trait::source, "Who said so.")
      .Field("position", &Trait::position, "In which event.")
      .Derived(
          "value", [](const Trait& self) { return ParseJson(self.value); },
          "value_json, parsed by json.loads.")
      .Finish();
}

py::object ValueOf(const Profile& profile, const Text& name) {
  const Trait* const trait = profile.Find(name);
  if (trait == nullptr) {
    Raise(Status(StatusCode::kNotFound, "the profile has no such trait"));
  }
  return ParseJson(trait->value);
}

// What makes it look like a dict of its traits.
void DefineProfileItems(RecordClass<Profile>& type) {
  type.Method(
          "find",
          [](const Profile& self, const Text& name) -> py::object {
            const Trait* const trait = self.Find(name);
            return trait == nullptr ? py::none() : py::cast(*trait);
          },
          "The Trait of this name, or None.", py::arg("name"))
      .Method("__getitem__", &ValueOf,
              "The parsed value; NotFoundError (a KeyError) without one.",
              py::arg("name"))
      .Method(
          "__contains__",
          [](const Profile& self, const Text& name) {
            return self.Find(name) != nullptr;
          },
          "", py::arg("name"))
      .Method(
          "__iter__",
          [](const Profile& self) {
            return py::iter(TupleOf(self.traits)).cast<py::object>();
          },
          "Over the traits.")
      .Method(
          "__len__", [](const Profile& self) { return self.traits.size(); },
          "How many traits.");
}

void DefineProfile(py::module_& module) {
  RecordClass<Profile> type(
      module, "Profile",
      "All that is known about a customer at one position.\n\n"
      "    profile[\"firstName\"]        the value of a trait, parsed\n"
      "    profile.find(\"firstName\")   the Trait with its source, or None\n"
      "    \"firstName\" in profile\n"
      "    for trait in profile: ...   by name");
  type.Field("customer", &Profile::customer, "Whose it is.")
      .Field("version", &Profile::version,
             "Position of the last event that was folded in.")
      .Field("events", &Profile::events, "How many are hers.")
      .Computed(
          "first_seen",
          [](const Profile& self) { return InstantOrNone(self.first_seen); },
          "The earliest event time, or None.")
      .Computed(
          "last_seen",
          [](const Profile& self) { return InstantOrNone(self.last_seen); },
          "The latest event time, or None.")
      .Computed(
          "traits", [](const Profile& self) { return TupleOf(self.traits); },
          "A tuple of Trait, sorted by name.")
      .Derived(
          "values",
          [](const Profile& self) {
            py::dict values;
            for (const Trait& trait : self.traits) {
              values[py::str(trait.name)] = ParseJson(trait.value);
            }
            return values;
          },
          "A dict of the parsed values by name.");
  DefineProfileItems(type);
  type.Finish();
}

void DefineTimeline(py::module_& module) {
  RecordClass<TimelineEntry>(module, "TimelineEntry",
                             "One event as the timeline shows it.")
      .Field("position", &TimelineEntry::position, "Its place in the log.")
      .Field("occurred_at", &TimelineEntry::occurred_at,
             "When it happened, UTC.")
      .Field("type", &TimelineEntry::type, "E.g. scl.member.created.")
      .Field("source", &TimelineEntry::source, "Who says so.")
      .Field("record", &TimelineEntry::record, "To which record it belongs.")
      .Field("opened", &TimelineEntry::opened,
             "False: the person's key is gone, and with it what follows.")
      .Field("redacted", &TimelineEntry::redacted,
             "Its payload was taken out, and is {}.")
      .Field("expired", &TimelineEntry::expired,
             "It is older than it may be kept, and not opened.")
      .Field("id", &TimelineEntry::id, "Unique per source.")
      .Field("payload_json", &TimelineEntry::payload, "A JSON object.")
      .Field("version", &TimelineEntry::version, "Of the payload.")
      .Derived(
          "payload",
          [](const TimelineEntry& self) { return ParseJson(self.payload); },
          "payload_json as a dict; None when not opened.")
      .Finish();
  RecordClass<TimelinePage>(module, "TimelinePage",
                            "One page of a timeline; iterable.")
      .Computed(
          "entries",
          [](const TimelinePage& self) { return TupleOf(self.entries); },
          "A tuple of TimelineEntry.")
      .Field("next", &TimelinePage::next,
             "The cursor of the next page; empty: this was the last one.")
      .Field("total", &TimelinePage::total, "Matching entries over all pages.")
      .Method(
          "__iter__",
          [](const TimelinePage& self) {
            return py::iter(TupleOf(self.entries)).cast<py::object>();
          },
          "Over the entries.")
      .Method(
          "__len__",
          [](const TimelinePage& self) { return self.entries.size(); },
          "How many entries are on this page.")
      .Finish();
}

}  // namespace

void DefineCustomerRecords(py::module_& module) {
  DefineCustomer(module);
  DefineTrait(module);
  DefineProfile(module);
  DefineTimeline(module);
}

}  // namespace crm::python
