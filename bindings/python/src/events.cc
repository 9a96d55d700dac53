// Events to append, conditions, and what appends share.

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/append.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr EnumName<Condition::Kind> kKinds[] = {
    {Condition::Kind::kCustomerVersion, "CUSTOMER_VERSION"},
    {Condition::Kind::kNoCustomer, "NO_CUSTOMER"},
    {Condition::Kind::kCustomerExists, "CUSTOMER_EXISTS"},
    {Condition::Kind::kIdentifierAbsent, "IDENTIFIER_ABSENT"},
    {Condition::Kind::kNoEventSince, "NO_EVENT_SINCE"},
};

// Bytes that can be shown as a str again.
std::string Utf8OfBytes(py::handle bytes) {
  std::string text = TextOrBytes(bytes, "JSON");
  PyObject* const decoded = PyUnicode_DecodeUTF8(
      text.data(), static_cast<Py_ssize_t>(text.size()), nullptr);
  if (decoded == nullptr) {
    PyErr_Clear();
    Raise(Status(StatusCode::kMalformed, "JSON that is not UTF-8"));
  }
  Py_DECREF(decoded);
  return text;
}

// JSON text as it is, anything else as WriteJson makes it.
std::string JsonMember(py::handle value) {
  if (value.is_none()) return "";
  if (PyUnicode_Check(value.ptr())) return std::string(Utf8(value));
  if (PyBytes_Check(value.ptr())) return Utf8OfBytes(value);
  std::string text;
  WriteJson(value, &text);
  return text;
}

std::vector<Identifier> IdentifiersFromPython(py::handle object) {
  std::vector<Identifier> identifiers;
  const py::object pairs = PyDict_Check(object.ptr())
                               ? py::object(object.attr("items")())
                               : py::reinterpret_borrow<py::object>(object);
  for (const py::handle pair : py::iter(pairs)) {
    identifiers.push_back(IdentifierFromPython(pair));
  }
  return identifiers;
}

void DefineEvent(py::module_& module) {
  RecordClass<Event> type(
      module, "Event",
      "One event to append. A dict in one of the JSON shapes will do as well,\n"
      "and is as fast; this class checks the names of the members.");
  type.Field("id", &Event::id, "Unique per source. Personal: it is sealed.")
      .Field("type", &Event::type, "E.g. scl.member.created. Not personal.")
      .Field("source", &Event::source, "The system that says so.")
      .Field("version", &Event::version, "Of the type's schema.")
      .Computed(
          "occurred_at",
          [](const Event& self) {
            return self.occurred_at.has_value()
                       ? InstantToPython(*self.occurred_at)
                       : py::object(py::none());
          },
          "When it happened, UTC. None: when it is recorded.")
      .Field("correlation_id", &Event::correlation_id,
             "The conversation it belongs to.")
      .Field("causation_id", &Event::causation_id, "The event that caused it.")
      .Computed(
          "identifiers",
          [](const Event& self) { return TupleOf(self.identifiers); },
          "Who: a tuple of Identifier.")
      .Field("payload_json", &Event::payload, "A JSON object.")
      .Field("metadata_json", &Event::metadata, "A JSON object, or empty.")
      .Derived(
          "payload", [](const Event& self) { return ParseJson(self.payload); },
          "payload_json as a dict.")
      .Derived(
          "metadata",
          [](const Event& self) { return ParseJson(self.metadata); },
          "metadata_json as a dict; None when it is empty.");
  DefInit(
      type.Finish(),
      [](Text id, Text event_type, Text source, Text version,
         std::optional<Timestamp> occurred_at, Text correlation_id,
         Text causation_id, py::object identifiers, py::object payload,
         py::object metadata) {
        return Event{.id = std::move(id),
                     .type = std::move(event_type),
                     .source = std::move(source),
                     .version = std::move(version),
                     .occurred_at = occurred_at,
                     .correlation_id = std::move(correlation_id),
                     .causation_id = std::move(causation_id),
                     .identifiers = IdentifiersFromPython(identifiers),
                     .payload = payload.is_none() ? "{}" : JsonMember(payload),
                     .metadata = JsonMember(metadata)};
      },
      "identifiers: a dict {namespace: value}, or several Identifier; one per\n"
      "namespace. payload, metadata: a dict, or a JSON object as text.",
      py::kw_only(), py::arg("id"), py::arg("type"), py::arg("source"),
      py::arg("version") = "1.0", py::arg("occurred_at") = py::none(),
      py::arg("correlation_id") = "", py::arg("causation_id") = "",
      py::arg("identifiers") = py::tuple(), py::arg("payload") = py::none(),
      py::arg("metadata") = py::none());
}

// A customer's number, or one of her identifiers.
void SetWho(py::handle who, Condition* condition) {
  if (PyLong_Check(who.ptr())) {
    condition->customer = PyLong_AsUnsignedLongLong(who.ptr());
    if (PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      RaiseInput("who: no number of a customer: negative, or too large");
    }
  } else {
    condition->identifier = IdentifierFromPython(who);
  }
}

void DefineConditionMakers(py::class_<Condition>& type) {
  DefStatic(
      type, "customer_version",
      [](py::object who, Position version) {
        Condition condition = Condition::CustomerVersion(0, version);
        SetWho(who, &condition);
        return condition;
      },
      "The customer's version is exactly `version`; zero: nobody yet.\n"
      "who: her number, or an identifier that belongs to her.",
      py::arg("who"), py::arg("version"));
  DefStatic(
      type, "no_customer",
      [](py::object identifier) {
        return Condition::NoCustomer(IdentifierFromPython(identifier));
      },
      "The identifier belongs to nobody.", py::arg("identifier"));
  DefStatic(
      type, "customer_exists",
      [](py::object identifier) {
        return Condition::CustomerExists(IdentifierFromPython(identifier));
      },
      "The identifier belongs to a customer.", py::arg("identifier"));
  DefStatic(
      type, "identifier_absent",
      [](py::object identifier) {
        return Condition::IdentifierAbsent(IdentifierFromPython(identifier));
      },
      "As no_customer, said of uniqueness.", py::arg("identifier"));
  DefStatic(
      type, "no_event_since",
      [](py::object who, Text event_type, Position after) {
        Condition condition =
            Condition::NoEventSince(0, std::move(event_type), after);
        SetWho(who, &condition);
        return condition;
      },
      "She has no event of `type` after the position `after`.", py::arg("who"),
      py::arg("type"), py::arg("after"));
}

void DefineCondition(py::module_& module) {
  RecordClass<Condition> type(
      module, "Condition",
      "Something that must hold at the instant a request is decided. When one\n"
      "does not, the append raises ConflictError and nothing is appended.");
  type.Computed(
          "kind",
          [](const Condition& self) {
            return EnumToPython("ConditionKind", kKinds, self.kind);
          },
          "A ConditionKind.")
      .Field("customer", &Condition::customer,
             "Who; zero: whom the identifier belongs to.")
      .Field("identifier", &Condition::identifier, "An Identifier.")
      .Field("version", &Condition::version, "A position.")
      .Field("type", &Condition::type, "Of no_event_since.");
  DefineConditionMakers(type.Finish());
}

void DefineShared(py::module_& module) {
  py::class_<DryRunHandle> dry_run(
      module, "DryRun",
      "What a dry run has decided so far. Appends that share one see each\n"
      "other's would-be events; positions in their outcomes are zero. For one\n"
      "tenant, one thread at a time. Keeps the store alive.",
      py::is_final());
  DefInit(
      dry_run, [] { return DryRunHandle(); }, "Nothing yet.");
  FinishClass(dry_run, "make another one");

  py::class_<OrderHandle> order(
      module, "AppendOrder",
      "A line in which appends of several threads stand, so that what they\n"
      "prepare at once is decided in one order: that in which they took their\n"
      "places. Every place that is taken must be passed, by an append (see\n"
      "Tenant.append), also by one that fails, or by hand: pass_place in a\n"
      "`finally` is always right. Thread-safe.",
      py::is_final());
  DefInit(
      order, [] { return OrderHandle{std::make_shared<AppendOrder>()}; },
      "Nobody stands in it.");
  Def(
      order, "take_place",
      [](const OrderHandle& self) { return self.order->TakePlace(); },
      "The next place.");
  Def(
      order, "wait_for",
      [](const OrderHandle& self, uint64_t place) {
        Unlocked([&] { self.order->WaitFor(place); });
      },
      "Returns when every place before `place` has been passed.",
      py::arg("place"));
  Def(
      order, "pass_place",
      [](const OrderHandle& self, uint64_t place) {
        Unlocked([&] { self.order->Pass(place); });
      },
      "Waits, then lets the next one come. Fine when it was passed before.",
      py::arg("place"));
  FinishClass(order, "it belongs to one process");
}

}  // namespace

void DefineEvents(py::module_& module) {
  DefineEvent(module);
  DefineCondition(module);
  DefineShared(module);
  DefFunction(
      module, "event_from_json",
      [](py::object json) {
        std::string tenant;
        const std::string text = JsonMember(json);
        Event event = Take(EventFromJson(text, &tenant));
        return py::make_tuple(std::move(event), tenant);
      },
      "Reads one event from JSON (str, bytes or a dict) in any of the three\n"
      "shapes: the Event, and the tenant that it names. Unknown members of\n"
      "the envelope are dropped; Tenant.append keeps them.",
      py::arg("json"));
}

}  // namespace crm::python
