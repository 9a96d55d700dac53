// crm.StoreSnapshot: all tenants at one position.

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
    "Walks over the events of all tenants in the order of their positions, "
    "as\n"
    "they were appended: a StoreCursor, which is an iterator of StoreEvent.\n\n"
    "    with store.snapshot() as everything, everything.replay() as walk:\n"
    "        for one in walk:\n"
    "            copies[one.tenant].append(one.event.to_json(one.tenant))\n\n"
    "Takes little memory, however long it is. Closing the store closes the\n"
    "cursor.";

void DefineStoreCursor(py::module_& module) {
  RecordClass<StoreEventRecord>(module, "StoreEvent",
                                "What a StoreCursor gives.")
      .Field("tenant", &StoreEventRecord::tenant, "Whose it is.")
      .Field("event", &StoreEventRecord::event, "A StoredEvent.")
      .Finish();
  py::class_<StoreCursorHandle> type(
      module, "StoreCursor",
      "Walks over the events of all tenants: an iterator of StoreEvent, and a\n"
      "context manager. Takes little memory, keeps its snapshot and the store\n"
      "alive. Several threads may share one; each event goes to one of them.",
      py::is_final());
  DefineIteration(
      type,
      "The next event. Raises CorruptionError where the log is damaged, or\n"
      "holds what this version does not know.");
  DefineScope(type);
  FinishClass(type, "pickle what it gives");
}

}  // namespace

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
  Def(
      type, "close", [](const StoreSnapshotHandle& self) { self.Close(); },
      "Lets go of what it keeps. Idempotent; its calls raise afterwards. What\n"
      "came from it lives on.");
  DefineScope(type);
  FinishClass(type, "pickle what it answers");
}

}  // namespace crm::python
