// crm.StoreSnapshot: all tenants at one position, and the walk over all that
// they appended, defined and chose.

#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "bindings/python/src/define.h"
#include "bindings/python/src/reading.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr EnumName<ChoiceView::Kind> kChoices[] = {
    {ChoiceView::Kind::kMerge, "MERGE"},
    {ChoiceView::Kind::kPartition, "PARTITION"},
    {ChoiceView::Kind::kAssertion, "ASSERTION"},
    {ChoiceView::Kind::kReview, "REVIEW"},
    {ChoiceView::Kind::kAnswer, "ANSWER"},
    {ChoiceView::Kind::kShared, "SHARED"},
    {ChoiceView::Kind::kErasure, "ERASURE"},
    {ChoiceView::Kind::kRedaction, "REDACTION"},
    {ChoiceView::Kind::kHold, "HOLD"},
    {ChoiceView::Kind::kRetention, "RETENTION"},
    {ChoiceView::Kind::kHousehold, "HOUSEHOLD"},
};

constexpr EnumName<ChoiceView::Origin> kOrigins[] = {
    {ChoiceView::Origin::kEvent, "EVENT"},
    {ChoiceView::Origin::kHand, "HAND"},
    {ChoiceView::Origin::kMatch, "MATCH"},
    {ChoiceView::Origin::kReResolve, "RE_RESOLVE"},
};

constexpr char kReplayDoc[] =
    "Walks over the events, definitions and choices of all tenants in the\n"
    "order of their positions, events as they were appended: a StoreCursor,\n"
    "which is an iterator of StoreEvent.\n\n"
    "    with store.snapshot() as everything, everything.replay() as walk:\n"
    "        for one in walk:\n"
    "            if one.event is not None:\n"
    "                print(one.tenant, one.event.type)\n\n"
    "Takes little memory, however long it is. Closing the store closes the\n"
    "cursor.";

// Python has a name for each number.
py::dict CountDefinitions(const StoreSnapshotHandle& self) {
  std::vector<std::string> tenants;
  const std::vector<uint64_t> counts = self.Run([&](StoreSnapshot& held) {
    tenants = held.tenants();
    return held.CountDefinitions();
  });
  py::dict by_name;
  for (size_t i = 0; i < counts.size(); ++i) {
    by_name[py::str(tenants[i])] = counts[i];
  }
  return by_name;
}

void DefineChoice(py::module_& module) {
  RecordClass<ChoiceRecord>(module, "Choice",
                            "A choice about who is who, as it lies in the log.")
      .Computed(
          "kind",
          [](const ChoiceRecord& self) {
            return EnumToPython("ChoiceKind", kChoices, self.kind);
          },
          "A ChoiceKind.")
      .Computed(
          "origin",
          [](const ChoiceRecord& self) {
            return EnumToPython("ChoiceOrigin", kOrigins, self.origin);
          },
          "Who made it: a ChoiceOrigin.")
      .Field("position", &ChoiceRecord::position, "Where in the log.")
      .Field("json", &ChoiceRecord::json,
             "What it says: a JSON object without positions and without any\n"
             "value of an identifier, as the line of a choice in an export.")
      .Finish();
}

void DefineStoreCursor(py::module_& module) {
  RecordClass<StoreEventRecord>(module, "StoreEvent",
                                "What a StoreCursor gives.")
      .Field("tenant", &StoreEventRecord::tenant, "Whose it is.")
      .Field("event", &StoreEventRecord::event,
             "A StoredEvent; None: it is something else that came.")
      .Field("definition", &StoreEventRecord::definition,
             "A Definition; None: it is something else that came.")
      .Field("choice", &StoreEventRecord::choice,
             "A Choice; None: it is something else that came.")
      .Derived(
          "is_definition",
          [](const StoreEventRecord& self) {
            return self.definition.has_value();
          },
          "Whether it is a definition that came.")
      .Derived(
          "is_choice",
          [](const StoreEventRecord& self) { return self.choice.has_value(); },
          "Whether it is a choice that came.")
      .Finish();
  py::class_<StoreCursorHandle> type(
      module, "StoreCursor",
      "Walks over the events, definitions and choices of all tenants: an\n"
      "iterator of StoreEvent, and a context manager. Takes little memory,\n"
      "keeps its snapshot and the store alive. Several threads may share one;\n"
      "each event goes to one of them.",
      py::is_final());
  DefineIteration(
      type,
      "The next one. Raises CorruptionError where the log is damaged, or\n"
      "holds what this version does not know; of a definition or a choice\n"
      "that is FormatTooNewError.");
  DefineScope(type);
  FinishClass(type, "pickle what it gives");
}

}  // namespace

DefinitionRecord::DefinitionRecord(const DefinitionView& from)
    : kind(from.kind),
      position(from.position),
      type(from.type),
      version(from.version),
      to(from.to),
      json(from.json),
      compatibility(from.compatibility),
      mode(from.mode) {}

ChoiceRecord::ChoiceRecord(const ChoiceView& from)
    : kind(from.kind),
      origin(from.origin),
      position(from.position),
      json(from.json) {}

StoreEventRecord::StoreEventRecord(const StoreEvent& from)
    : tenant(from.tenant) {
  if (from.is_definition) {
    definition.emplace(from.definition);
  } else if (from.is_choice) {
    choice.emplace(from.choice);
  } else {
    event.emplace(from.event);
  }
}

size_t StoreEventRecord::bytes() const {
  return tenant.size() + (event.has_value() ? event->bytes() : 0) +
         (definition.has_value() ? definition->json.size() : 0) +
         (choice.has_value() ? choice->json.size() : 0);
}

void DefineStoreSnapshot(py::module_& module) {
  DefineChoice(module);
  DefineStoreCursor(module);
  py::class_<StoreSnapshotHandle> type(
      module, "StoreSnapshot",
      "All tenants of a store at one position: for copies and comparisons of\n"
      "the whole. Made by Store.snapshot(); a context manager; thread-safe.\n"
      "Keeps memory for what changes: close it when done.",
      py::is_final());
  type.def_property_readonly(
      "position",
      [](const StoreSnapshotHandle& self) {
        return self.Run([](StoreSnapshot& held) {
          return Result<Position>(held.position());
        });
      },
      "Everything up to here is seen, and nothing after it.");
  type.def_property_readonly(
      "tenants",
      [](const StoreSnapshotHandle& self) {
        return TupleOf(self.Run([](StoreSnapshot& held) {
          return Result<std::vector<std::string>>(held.tenants());
        }));
      },
      "Their names, in the order in which they were made.");
  Def(
      type, "tenant",
      [](const StoreSnapshotHandle& self, const Text& name) {
        return std::make_unique<SnapshotHandle>(
            self.box(),
            self.Run([&](StoreSnapshot& held) { return held.Tenant(name); }));
      },
      "One tenant at this position: a Snapshot, which may outlive this one.\n\n"
      "Raises NotFoundError: no tenant of this name. None is made.",
      py::arg("name"));
  Def(
      type, "replay",
      [](const StoreSnapshotHandle& self) {
        return std::make_unique<StoreCursorHandle>(
            self.box(),
            self.Run([](StoreSnapshot& held) { return held.Replay(); }));
      },
      kReplayDoc);
  Def(type, "count_definitions", &CountDefinitions,
      "How many definitions replay() gives of each tenant: a dict by name.\n"
      "Reads the log, but where nobody has ever defined anything.");
  Def(
      type, "close", [](const StoreSnapshotHandle& self) { self.Close(); },
      "Lets go of what it keeps. Idempotent; its calls raise afterwards. What\n"
      "came from it lives on.");
  DefineScope(type);
  FinishClass(type, "pickle what it answers");
}

}  // namespace crm::python
