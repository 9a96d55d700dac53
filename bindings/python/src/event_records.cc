// Identifiers, outcomes, and events as they are read.

#include <string>
#include <string_view>
#include <utility>

#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr EnumName<Outcome> kOutcomes[] = {
    {Outcome::kAppended, "APPENDED"}, {Outcome::kDuplicate, "DUPLICATE"},
    {Outcome::kInvalid, "INVALID"},   {Outcome::kConflict, "CONFLICT"},
    {Outcome::kErased, "ERASED"},
};
constexpr EnumName<EnvelopeShape> kShapes[] = {
    {EnvelopeShape::kCrm, "CRM"},
    {EnvelopeShape::kDomain, "DOMAIN"},
    {EnvelopeShape::kFlat, "FLAT"},
};

// The texts of a view, in one order.
template <typename View, typename Function>
void ForEachText(View& view, const Function& function) {
  for (auto* text :
       {&view.type, &view.source, &view.version, &view.id, &view.correlation_id,
        &view.causation_id, &view.identity, &view.payload, &view.metadata,
        &view.extra, &view.timestamp_text, &view.upcast_from}) {
    function(*text);
  }
}

void DefineIdentifiers(py::module_& module) {
  RecordClass<Identifier> identifier(
      module, "Identifier",
      "One value by which a person can be found.\n\n"
      "Wherever one is wanted, a tuple (namespace, value) will do.");
  identifier
      .Field("namespace", &Identifier::name_space,
             "1 to 64 bytes. Not personal: it appears in messages.")
      .Field("value", &Identifier::value,
             "1 to 256 bytes of UTF-8, as the source gave it. Personal.");
  DefInit(
      identifier.Finish(),
      [](Text name_space, Text value) {
        return Identifier{std::move(name_space), std::move(value)};
      },
      "For example Identifier(\"email\", \"ada@example.com\").",
      py::arg("namespace"), py::arg("value"));
}

void DefineOutcome(py::module_& module) {
  const auto of = [](auto member) {
    return [member](const OutcomeRecord& self) { return self.outcome.*member; };
  };
  RecordClass<OutcomeRecord>(module, "EventOutcome",
                             "What became of one event of a request.")
      .Computed(
          "outcome",
          [](const OutcomeRecord& self) {
            return EnumToPython("Outcome", kOutcomes, self.outcome.outcome);
          },
          "An Outcome.")
      .Computed("position", of(&EventOutcome::position),
                "Where it is in the log.")
      .Computed("record", of(&EventOutcome::record), "Zero: unattributed.")
      .Computed("customer", of(&EventOutcome::customer), "Zero: unattributed.")
      .Computed("revision", of(&EventOutcome::revision),
                "0-based within the record.")
      .Computed("new_record", of(&EventOutcome::new_record),
                "It began its record.")
      .Computed("new_customer", of(&EventOutcome::new_customer),
                "It began its customer.")
      .Computed("confidence", of(&EventOutcome::confidence),
                "How sure the binding is: 0 to 100.")
      .Field("matched_by", &OutcomeRecord::matched_by,
             "The namespace that matched; empty when nothing did.")
      .Computed(
          "withheld",
          [](const OutcomeRecord& self) {
            return TupleOf(self.outcome.withheld);
          },
          "Identifiers of this event that did not become her customer's: a\n"
          "tuple of WithheldIdentifier.")
      .Computed("contested", of(&EventOutcome::contested),
                "One of them belongs to somebody else or was held back,\n"
                "devices aside.")
      .Computed(
          "merged",
          [](const OutcomeRecord& self) {
            return TupleOf(self.outcome.merged);
          },
          "Customers whom this event showed to be the same as `customer`:\n"
          "their numbers lead to her now.")
      .Computed(
          "reviews",
          [](const OutcomeRecord& self) {
            return TupleOf(self.outcome.reviews);
          },
          "Positions of questions that it put; see Tenant.reviews.")
      .Computed(
          "code",
          [](const OutcomeRecord& self) {
            return CodeToPython(self.outcome.status.code());
          },
          "A StatusCode; OK for APPENDED and DUPLICATE.")
      .Computed(
          "message",
          [](const OutcomeRecord& self) {
            return std::string(self.outcome.status.message());
          },
          "Why it was refused; empty when it was not.")
      .Computed(
          "warning",
          [](const OutcomeRecord& self) {
            return std::string(self.outcome.warning.message());
          },
          "What does not fit its schema, though it was appended; or empty.")
      .Finish();
}

void DefineAppendResult(py::module_& module) {
  RecordClass<AppendRecord>(
      module, "AppendResult",
      "What became of a request: one outcome for each event, in its order,\n"
      "and their sums.")
      .Computed(
          "events",
          [](const AppendRecord& self) { return TupleOf(self.events); },
          "A tuple of EventOutcome, in the order of the request.")
      .Field("appended", &AppendRecord::appended, "How many are new.")
      .Field("duplicates", &AppendRecord::duplicates,
             "How many were there already.")
      .Field("rejected", &AppendRecord::rejected,
             "How many were refused (with `partial`).")
      .Field("erased", &AppendRecord::erased,
             "Of the rejected ones: those of somebody who was erased since.")
      .Field("customers_created", &AppendRecord::customers_created,
             "How many began a customer.")
      .Field("unattributed", &AppendRecord::unattributed,
             "Of the appended ones: those that belong to nobody.")
      .Field("position", &AppendRecord::position,
             "The last position of this request, or the head when nothing was\n"
             "written.")
      .Finish();
  RecordClass<RejectedEvent>(module, "RejectedEvent",
                             "An event that append_many did not append.")
      .Field("index", &RejectedEvent::index,
             "Its place in what append_many was given, from 0; blank lines are "
             "not\ncounted.")
      .Computed(
          "code",
          [](const RejectedEvent& self) { return CodeToPython(self.code); },
          "A StatusCode.")
      .Field("message", &RejectedEvent::message, "Why.")
      .Finish();
  RecordClass<AppendSummary>(module, "AppendSummary",
                             "What append_many did, over all batches.")
      .Field("events", &AppendSummary::events, "How many it was given.")
      .Field("batches", &AppendSummary::batches, "In so many requests.")
      .Field("appended", &AppendSummary::appended, "How many are new.")
      .Field("duplicates", &AppendSummary::duplicates,
             "How many were there already.")
      .Field("rejected", &AppendSummary::rejected,
             "How many were refused (with `partial`).")
      .Field("erased", &AppendSummary::erased,
             "Of the rejected ones: those of somebody who was erased since.")
      .Field("customers_created", &AppendSummary::customers_created,
             "How many began a customer.")
      .Field("unattributed", &AppendSummary::unattributed,
             "Of the appended ones: those that belong to nobody.")
      .Field("position", &AppendSummary::position,
             "The last position of the last batch.")
      .Computed(
          "rejected_events",
          [](const AppendSummary& self) {
            return TupleOf(self.rejected_events);
          },
          "A tuple of RejectedEvent: the first `max_rejected` of them.")
      .Finish();
}

template <typename Member>
auto TextOf(Member member) {
  return [member](const StoredEvent& self) {
    return std::string(self.view().*member);
  };
}

template <typename Member>
auto JsonOf(Member member) {
  return [member](const StoredEvent& self) {
    return ParseJson(self.view().*member);
  };
}

template <typename Member>
auto ValueOf(Member member) {
  return [member](const StoredEvent& self) { return self.view().*member; };
}

void DefineOpenPart(RecordClass<StoredEvent>& type) {
  type.Computed("position", ValueOf(&EventView::position),
                "Its place in the log.")
      .Computed("type", TextOf(&EventView::type), "E.g. scl.member.created.")
      .Computed("source", TextOf(&EventView::source), "Who says so.")
      .Computed("version", TextOf(&EventView::version), "Of its schema.")
      .Computed("occurred_at", ValueOf(&EventView::occurred_at),
                "When it happened, UTC.")
      .Computed("recorded_at", ValueOf(&EventView::recorded_at),
                "When the store took it in, UTC; never goes backward.")
      .Computed("timed", ValueOf(&EventView::timed),
                "False: it came without a time; occurred_at is recorded_at.")
      .Computed("record", ValueOf(&EventView::record), "Zero: unattributed.")
      .Computed("customer", ValueOf(&EventView::customer),
                "Zero: unattributed.")
      .Computed("revision", ValueOf(&EventView::revision),
                "0-based within the record.")
      .Computed(
          "shape",
          [](const StoredEvent& self) {
            return EnumToPython("EnvelopeShape", kShapes, self.view().shape);
          },
          "The EnvelopeShape in which it came in.")
      .Computed("backfill", ValueOf(&EventView::backfill),
                "It came as old data.")
      .Computed("warned", ValueOf(&EventView::warned),
                "It did not fit the schema of its type.")
      .Computed("redacted", ValueOf(&EventView::redacted),
                "Payload, metadata and extra were taken out: Tenant.redact.")
      .Computed("expired", ValueOf(&EventView::expired),
                "It is older than it may be kept, and not opened: "
                "Tenant.retain.")
      .Computed("unreadable", ValueOf(&EventView::unreadable),
                "The store is open without keys: Store.open.")
      .Computed("upcast_from", TextOf(&EventView::upcast_from),
                "The version it was appended with, when upcasters changed it;\n"
                "else empty.");
}

void DefineStoredEvent(py::module_& module) {
  RecordClass<StoredEvent> type(
      module, "StoredEvent",
      "One event, read back. Its JSON members are here twice: as the exact\n"
      "text (payload_json) and parsed by json.loads (payload).");
  DefineOpenPart(type);
  type.Computed("opened", ValueOf(&EventView::opened),
                "False: what follows is empty; the key is gone (erased), or\n"
                "open_parts_only was asked for.")
      .Computed("id", TextOf(&EventView::id), "Unique per source.")
      .Computed("correlation_id", TextOf(&EventView::correlation_id),
                "The conversation it belongs to.")
      .Computed("causation_id", TextOf(&EventView::causation_id),
                "The event that caused it.")
      .Computed("identity_json", TextOf(&EventView::identity),
                "A JSON object, or empty.")
      .Computed("payload_json", TextOf(&EventView::payload), "A JSON object.")
      .Computed("metadata_json", TextOf(&EventView::metadata),
                "A JSON object, or empty.")
      .Computed("extra_json", TextOf(&EventView::extra),
                "A JSON object of unknown envelope members, or empty.")
      .Computed("timestamp_text", TextOf(&EventView::timestamp_text),
                "The timestamp as given, a JSON token, where it is not\n"
                "occurred_at in the usual form.")
      .Derived("identity", JsonOf(&EventView::identity),
               "identity_json as a dict; None when it is empty.")
      .Derived("payload", JsonOf(&EventView::payload),
               "payload_json as a dict; None when not opened.")
      .Derived("metadata", JsonOf(&EventView::metadata),
               "metadata_json as a dict; None when it is empty.")
      .Derived("extra", JsonOf(&EventView::extra),
               "extra_json as a dict; None when it is empty.")
      .Method(
          "to_json",
          [](const StoredEvent& self, const Text& tenant, bool as_given) {
            if (!self.view().opened) {
              RaiseInput("event: its sealed part was not read");
            }
            return EventToJson(self.view(), tenant, as_given);
          },
          "The event as one line of JSON, in the shape in which it came in,\n"
          "with the values it came with. `tenant` goes into tenantId. A\n"
          "timestamp is written also if the event had none, unless as_given:\n"
          "appending the line to the same tenant then finds a duplicate.\n"
          "Raises InputError when the event is not opened.",
          py::arg("tenant"), py::kw_only(), py::arg("as_given") = false)
      .Finish();
}

}  // namespace

OutcomeRecord::OutcomeRecord(const EventOutcome& from)
    : outcome(from), matched_by(from.matched_by) {
  outcome.matched_by = {};
}

AppendRecord::AppendRecord(const AppendResult& from)
    : events(from.events.begin(), from.events.end()),
      appended(from.appended),
      duplicates(from.duplicates),
      rejected(from.rejected),
      erased(from.erased),
      customers_created(from.customers_created),
      unattributed(from.unattributed),
      position(from.position) {}

StoredEvent::StoredEvent(const EventView& view) : view_(view) {
  size_t size = 0;
  ForEachText(view, [&](std::string_view text) { size += text.size(); });
  text_.reserve(size);
  ForEachText(view_, [&](std::string_view& text) {
    const size_t at = text_.size();
    text_.append(text);
    text = std::string_view(text_.data() + at, text.size());
  });
}

StoredEvent::StoredEvent(const StoredEvent& other)
    : view_(other.view_), text_(other.text_) {
  Rebase(other.text_.data());
}

StoredEvent::StoredEvent(StoredEvent&& other) noexcept {
  *this = std::move(other);
}

StoredEvent& StoredEvent::operator=(StoredEvent&& other) noexcept {
  // A short string moves with its bytes.
  const char* const from = other.text_.data();
  view_ = std::exchange(other.view_, {});
  text_ = std::move(other.text_);
  Rebase(from);
  return *this;
}

void StoredEvent::Rebase(const char* from) {
  ForEachText(view_, [&](std::string_view& text) {
    text = std::string_view(text_.data() + (text.data() - from), text.size());
  });
}

py::object CodeToPython(StatusCode code) {
  return TypeNamed("StatusCode")(static_cast<int>(code));
}

Identifier IdentifierFromPython(py::handle object) {
  if (py::isinstance<Identifier>(object)) return object.cast<Identifier>();
  if (PyTuple_Check(object.ptr()) && PyTuple_GET_SIZE(object.ptr()) == 2) {
    const auto pair = py::reinterpret_borrow<py::tuple>(object);
    if (py::isinstance<py::str>(pair[0]) && py::isinstance<py::str>(pair[1])) {
      return {std::string(Utf8(pair[0])), std::string(Utf8(pair[1]))};
    }
  }
  throw py::type_error(
      "an identifier must be a crm.Identifier or a tuple (namespace, value) "
      "of str");
}

void DefineEventRecords(py::module_& module) {
  DefineIdentifiers(module);
  DefineOutcome(module);
  DefineAppendResult(module);
  DefineStoredEvent(module);
}

}  // namespace crm::python
