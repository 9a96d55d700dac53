#include "bindings/python/src/reading.h"

#include <pybind11/stl.h>

#include <utility>

#include "bindings/python/src/criteria.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr EnumName<ReplayQuery::Order> kOrders[] = {
    {ReplayQuery::Order::kPosition, "POSITION"},
    {ReplayQuery::Order::kOccurredAt, "OCCURRED_AT"},
};

constexpr char kReplayDoc[] =
    "Walks over the events that match, as an iterator of StoredEvent.\n\n"
    "order: \"position\" (as recorded) or \"occurred_at\" (as it happened).\n"
    "backward: the last one first.\n"
    "first, last: positions, both ends included; `last` zero: the head.\n"
    "since, until: event time, half open; aware datetimes.\n"
    "record, customer: at most one of the two.\n"
    "types: any of these; empty: all.\n"
    "open_parts_only: do not open sealed parts; several times faster.\n"
    "as_appended: payloads and versions as they came in, not as upcasters\n"
    "make them.\n\n"
    "Takes little memory, however long it is. Closing the store closes the\n"
    "cursor. Raises NotFoundError: no such record or customer.";

constexpr char kTimelineDoc[] =
    "A page of her events by event time, newest first.\n\n"
    "since, until: event time, half open; aware datetimes.\n"
    "types: any of these; empty: all.\n"
    "limit: entries on a page, 1 to 1,000.\n"
    "cursor: TimelinePage.next of the previous page of the same query. Events\n"
    "that arrive meanwhile shift nothing.\n"
    "as_appended: payloads as they came in, not as upcasters make them.\n\n"
    "Raises NotFoundError, InputError (limit, cursor).";

}  // namespace

std::vector<std::string> TypesFromPython(py::handle object, const char* name) {
  if (PyUnicode_Check(object.ptr()) || PyBytes_Check(object.ptr())) {
    throw py::type_error(std::string(name) +
                         ": must be several, for example a list of str");
  }
  std::vector<std::string> types;
  for (const py::handle type : py::iter(object)) {
    if (!PyUnicode_Check(type.ptr())) {
      throw py::type_error(std::string(name) + ": must be str");
    }
    types.emplace_back(Utf8(type));
  }
  return types;
}

ReplayQuery MakeReplayQuery(py::handle order, bool backward, Position first,
                            Position last, std::optional<Timestamp> since,
                            std::optional<Timestamp> until, RecordId record,
                            CustomerId customer, py::handle types,
                            bool open_parts_only, bool as_appended) {
  return {.order = EnumFromPython("Order", kOrders, order),
          .backward = backward,
          .first = first,
          .last = last,
          .from = since,
          .until = until,
          .record = record,
          .customer = customer,
          .types = TypesFromPython(types),
          .open_parts_only = open_parts_only,
          .as_appended = as_appended};
}

// --- Cursor ------------------------------------------------------------------

void DefineCursor(py::module_& module) {
  py::class_<CursorHandle> type(
      module, "EventCursor",
      "Walks over events: an iterator of StoredEvent, and a context manager.\n"
      "Takes little memory, keeps its snapshot and the store alive. Several\n"
      "threads may share one; each event goes to one of them.",
      py::is_final());
  DefineIteration(
      type, "The next event. Raises CorruptionError where the log is damaged.");
  DefineScope(type);
  DefineArrow(type);
  FinishClass(type, "pickle what it gives");
}

// --- Snapshot ----------------------------------------------------------------

void DefineSnapshot(py::module_& module) {
  py::class_<SnapshotHandle> type(
      module, "Snapshot",
      "A view of one tenant at one position: whatever is appended meanwhile,\n"
      "its answers stay the same. Made by Tenant.snapshot(); a context\n"
      "manager; thread-safe. Keeps memory for what changes: close it when "
      "done.",
      py::is_final());
  type.def_property_readonly(
      "position",
      [](const SnapshotHandle& self) {
        return self.Run(
            [](Snapshot& held) { return Result<Position>(held.position()); });
      },
      "Everything up to here is seen, and nothing after it.");
  Def(
      type, "stats",
      [](const SnapshotHandle& self) {
        return self.Run([](Snapshot& held) { return held.GetStats(); });
      },
      "The tenant's counters: a TenantStats.");
  DefineQuestions(type);
  DefineCriteria(type);
  Def(
      type, "close", [](const SnapshotHandle& self) { self.Close(); },
      "Lets go of what it keeps. Idempotent; its calls raise afterwards.");
  DefineScope(type);
  FinishClass(type, "pickle what it answers");
}

// --- Questions ---------------------------------------------------------------

namespace {

template <typename Handle>
void DefineLookUps(py::class_<Handle>& type) {
  Def(
      type, "find_customer",
      [](const Handle& self, Text name_space, Text value) {
        const Identifier identifier = {std::move(name_space), std::move(value)};
        return self.Run(
            [&](auto& held) { return held.FindCustomer(identifier); });
      },
      "Whose identifier is it? The number of the customer.\n\n"
      "    tenant.find_customer(\"email\", \"ada@example.com\")\n\n"
      "Raises NotFoundError: nobody's; InputError: it cannot be an identifier.",
      py::arg("namespace"), py::arg("value"));
  Def(
      type, "customer",
      [](const Handle& self, CustomerId customer) {
        return self.Run([&](auto& held) { return held.GetCustomer(customer); });
      },
      "Her records and how they were tied together: a Customer.\n\n"
      "Raises NotFoundError.",
      py::arg("customer"));
  Def(
      type, "profile",
      [](const Handle& self, CustomerId customer) {
        return self.Run([&](auto& held) { return held.GetProfile(customer); });
      },
      "What is known about her: a Profile.\n\nRaises NotFoundError.",
      py::arg("customer"));
}

}  // namespace

template <typename Handle>
void DefineQuestions(py::class_<Handle>& type) {
  DefineLookUps(type);
  Def(
      type, "timeline",
      [](const Handle& self, CustomerId customer,
         std::optional<Timestamp> since, std::optional<Timestamp> until,
         py::object types, bool oldest_first, size_t limit, const Text& cursor,
         bool as_appended) {
        const TimelineQuery query = {.from = since,
                                     .until = until,
                                     .types = TypesFromPython(types),
                                     .oldest_first = oldest_first,
                                     .as_appended = as_appended,
                                     .limit = limit,
                                     .cursor = cursor};
        return self.Run(
            [&](auto& held) { return held.GetTimeline(customer, query); });
      },
      kTimelineDoc, py::arg("customer"), py::kw_only(),
      py::arg("since") = py::none(), py::arg("until") = py::none(),
      py::arg("types") = py::tuple(), py::arg("oldest_first") = false,
      py::arg("limit") = 50, py::arg("cursor") = "",
      py::arg("as_appended") = false);
  Def(
      type, "replay",
      [](const Handle& self, py::object order, bool backward, Position first,
         Position last, std::optional<Timestamp> since,
         std::optional<Timestamp> until, RecordId record, CustomerId customer,
         py::object types, bool open_parts_only, bool as_appended) {
        const ReplayQuery query =
            MakeReplayQuery(order, backward, first, last, since, until, record,
                            customer, types, open_parts_only, as_appended);
        return std::make_unique<CursorHandle>(
            self.box(),
            self.Run([&](auto& held) { return held.Replay(query); }));
      },
      kReplayDoc, py::kw_only(), py::arg("order") = "position",
      py::arg("backward") = false, py::arg("first") = 1, py::arg("last") = 0,
      py::arg("since") = py::none(), py::arg("until") = py::none(),
      py::arg("record") = 0, py::arg("customer") = 0,
      py::arg("types") = py::tuple(), py::arg("open_parts_only") = false,
      py::arg("as_appended") = false);
}

template void DefineQuestions(py::class_<TenantHandle>& type);
template void DefineQuestions(py::class_<SnapshotHandle>& type);

}  // namespace crm::python
