// crm.StoreSnapshot: all tenants at one position, and the walk over all that
// they appended and defined.

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

constexpr char kReplayDoc[] =
    "Walks over the events and definitions of all tenants in the order of\n"
    "their positions, events as they were appended: a StoreCursor, which is "
    "an\n"
    "iterator of StoreEvent.\n\n"
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

void DefineStoreCursor(py::module_& module) {
  RecordClass<StoreEventRecord>(module, "StoreEvent",
                                "What a StoreCursor gives.")
      .Field("tenant", &StoreEventRecord::tenant, "Whose it is.")
      .Field("event", &StoreEventRecord::event,
             "A StoredEvent; None: it is a definition that came.")
      .Field("definition", &StoreEventRecord::definition,
             "A Definition; None: it is an event that came.")
      .Derived(
          "is_definition",
          [](const StoreEventRecord& self) {
            return self.definition.has_value();
          },
          "Whether it is a definition that came.")
      .Finish();
  py::class_<StoreCursorHandle> type(
      module, "StoreCursor",
      "Walks over the events and definitions of all tenants: an iterator of\n"
      "StoreEvent, and a context manager. Takes little memory, keeps its\n"
      "snapshot and the store alive. Several threads may share one; each "
      "event\n"
      "goes to one of them.",
      py::is_final());
  DefineIteration(
      type,
      "The next one. Raises CorruptionError where the log is damaged, or\n"
      "holds what this version does not know; of a definition that is\n"
      "FormatTooNewError.");
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

StoreEventRecord::StoreEventRecord(const StoreEvent& from)
    : tenant(from.tenant) {
  if (from.is_definition) {
    definition.emplace(from.definition);
  } else {
    event.emplace(from.event);
  }
}

size_t StoreEventRecord::bytes() const {
  return tenant.size() + (event.has_value() ? event->bytes() : 0) +
         (definition.has_value() ? definition->json.size() : 0);
}

void DefineStoreSnapshot(py::module_& module) {
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
