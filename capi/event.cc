// Events coming out: cursors, and events as JSON.

#include <memory>

#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/queries.h"
#include "crm/arrow.h"

namespace crm::capi {
namespace {

constexpr uint32_t kReplayFlags =
    CRM_QUERY_FROM | CRM_QUERY_UNTIL | CRM_QUERY_BACKWARD |
    CRM_QUERY_OPEN_PARTS_ONLY | CRM_QUERY_AS_APPENDED;

}  // namespace

Status ReadQuery(const crm_replay_query* query, ReplayQuery* out) {
  crm_replay_query in = CRM_REPLAY_QUERY_INIT;
  Status status = ReadOptions(query, "query", kReplayFlags, &in);
  if (!status.ok()) return status;
  if (in.order != CRM_ORDER_POSITION && in.order != CRM_ORDER_OCCURRED_AT) {
    return Invalid("query.order: " + std::to_string(in.order) + " is none");
  }
  out->order = in.order == CRM_ORDER_POSITION ? ReplayQuery::Order::kPosition
                                              : ReplayQuery::Order::kOccurredAt;
  out->backward = (in.flags & CRM_QUERY_BACKWARD) != 0;
  out->open_parts_only = (in.flags & CRM_QUERY_OPEN_PARTS_ONLY) != 0;
  out->as_appended = (in.flags & CRM_QUERY_AS_APPENDED) != 0;
  out->first = std::max<Position>(in.first, 1);
  out->last = in.last;
  out->record = in.record;
  out->customer = in.customer;
  status = ReadTime(in.from_us, in.flags, CRM_QUERY_FROM, "query.from_us",
                    &out->from);
  if (status.ok()) {
    status = ReadTime(in.until_us, in.flags, CRM_QUERY_UNTIL, "query.until_us",
                      &out->until);
  }
  if (status.ok())
    status = ReadTexts(in.types, in.type_count, "query.types", &out->types);
  return status;
}

namespace {

template <typename Handle>
Status Replay(const Handle* from, const crm_replay_query* query,
              crm_event_cursor** out) {
  Status status = CheckOut(out);
  if (status.ok()) status = Check(from, NameOf(from));
  ReplayQuery own;
  if (status.ok()) status = ReadQuery(query, &own);
  if (!status.ok()) return status;
  Result<EventCursor> cursor = Source(from).Replay(own);
  if (!cursor.ok()) return cursor.status();
  *out = Make<crm_event_cursor>(*std::move(cursor));
  return status;
}

struct CursorEnd {
  void operator()(crm_event_cursor* cursor) const { Free(cursor); }
};

// Not before 1900 and before 2200, as everywhere.
bool IsTime(int64_t us) {
  constexpr int64_t kFirstUs = -2'208'988'800'000'000;
  constexpr int64_t kEndUs = 7'258'118'400'000'000;
  return us >= kFirstUs && us < kEndUs;
}

Status ReadEventView(const crm_event_view& in, EventView* out) {
  const struct {
    const crm_slice& from;
    std::string_view& to;
    const char* name;
  } texts[] = {
      {in.type, out->type, "type"},
      {in.source, out->source, "source"},
      {in.version, out->version, "version"},
      {in.id, out->id, "id"},
      {in.correlation_id, out->correlation_id, "correlation_id"},
      {in.causation_id, out->causation_id, "causation_id"},
      {in.identity, out->identity, "identity"},
      {in.payload, out->payload, "payload"},
      {in.metadata, out->metadata, "metadata"},
      {in.extra, out->extra, "extra"},
      {in.timestamp_text, out->timestamp_text, "timestamp_text"},
      {in.upcast_from, out->upcast_from, "upcast_from"},
  };
  if (!IsZero(in.reserved)) return Invalid("event.reserved: must be zero");
  if (in.shape < CRM_SHAPE_CRM || in.shape > CRM_SHAPE_FLAT) {
    return Invalid("event.shape: " + std::to_string(in.shape) + " is none");
  }
  constexpr uint32_t kFlags = CRM_EVENT_VIEW_BACKFILL | CRM_EVENT_VIEW_OPENED |
                              CRM_EVENT_VIEW_WARNED | CRM_EVENT_VIEW_UNTIMED |
                              CRM_EVENT_VIEW_REDACTED |
                              CRM_EVENT_VIEW_UNREADABLE;
  if ((in.flags & ~kFlags) != 0) {
    return Invalid("event.flags: holds unknown ones");
  }
  if ((in.flags & CRM_EVENT_VIEW_OPENED) == 0) {
    return Invalid("event: its sealed part was not read");
  }
  if (!IsTime(in.occurred_at_us)) {
    return Invalid("event.occurred_at_us: before 1900, or not before 2200");
  }
  for (const auto& text : texts) {
    Status status = CheckSlice(text.from, text.name);
    if (!status.ok()) return status;
    text.to = View(text.from);
  }
  out->position = in.position;
  out->record = in.record;
  out->customer = in.customer;
  out->revision = in.revision;
  out->occurred_at = Time(in.occurred_at_us);
  out->recorded_at = Time(in.recorded_at_us);
  out->shape = static_cast<EnvelopeShape>(in.shape);
  out->backfill = (in.flags & CRM_EVENT_VIEW_BACKFILL) != 0;
  out->opened = (in.flags & CRM_EVENT_VIEW_OPENED) != 0;
  out->warned = (in.flags & CRM_EVENT_VIEW_WARNED) != 0;
  out->redacted = (in.flags & CRM_EVENT_VIEW_REDACTED) != 0;
  out->expired = (in.flags & CRM_EVENT_VIEW_EXPIRED) != 0;
  out->unreadable = (in.flags & CRM_EVENT_VIEW_UNREADABLE) != 0;
  out->timed = (in.flags & CRM_EVENT_VIEW_UNTIMED) == 0;
  return Status::Ok();
}

void Fill(ParsedEventState* state) {
  const Event& from = state->event;
  for (const Identifier& identifier : from.identifiers) {
    state->identifiers.push_back(
        {Slice(identifier.name_space), Slice(identifier.value)});
  }
  crm_event& out = state->view.event;
  out.id = Slice(from.id);
  out.type = Slice(from.type);
  out.source = Slice(from.source);
  out.version = Slice(from.version);
  out.correlation_id = Slice(from.correlation_id);
  out.causation_id = Slice(from.causation_id);
  out.payload = Slice(from.payload);
  out.metadata = Slice(from.metadata);
  out.identifiers = state->identifiers.data();
  out.identifier_count = state->identifiers.size();
  if (from.occurred_at.has_value()) {
    out.flags = CRM_EVENT_HAS_TIME;
    out.occurred_at_us = Microseconds(*from.occurred_at);
  }
  state->view.tenant = Slice(state->tenant);
}

}  // namespace

void ShowEvent(const EventView& from, crm_event_view* out) {
  out->position = from.position;
  out->record = from.record;
  out->customer = from.customer;
  out->revision = from.revision;
  out->occurred_at_us = Microseconds(from.occurred_at);
  out->recorded_at_us = Microseconds(from.recorded_at);
  out->shape = static_cast<int32_t>(from.shape);
  out->flags = (from.backfill ? uint32_t{CRM_EVENT_VIEW_BACKFILL} : 0) |
               (from.opened ? uint32_t{CRM_EVENT_VIEW_OPENED} : 0) |
               (from.warned ? uint32_t{CRM_EVENT_VIEW_WARNED} : 0) |
               (from.redacted ? uint32_t{CRM_EVENT_VIEW_REDACTED} : 0) |
               (from.expired ? uint32_t{CRM_EVENT_VIEW_EXPIRED} : 0) |
               (from.unreadable ? uint32_t{CRM_EVENT_VIEW_UNREADABLE} : 0) |
               (from.timed ? 0 : uint32_t{CRM_EVENT_VIEW_UNTIMED});
  out->type = Slice(from.type);
  out->source = Slice(from.source);
  out->version = Slice(from.version);
  out->id = Slice(from.id);
  out->correlation_id = Slice(from.correlation_id);
  out->causation_id = Slice(from.causation_id);
  out->identity = Slice(from.identity);
  out->payload = Slice(from.payload);
  out->metadata = Slice(from.metadata);
  out->extra = Slice(from.extra);
  out->timestamp_text = Slice(from.timestamp_text);
  out->upcast_from = Slice(from.upcast_from);
  std::fill(std::begin(out->reserved), std::end(out->reserved), 0);
}

}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_replay(crm_tenant* tenant, const crm_replay_query* query,
                             crm_event_cursor** out,
                             crm_error** error) noexcept {
  return Guard(error, [&] { return Replay(tenant, query, out); });
}

crm_status crm_snapshot_replay(crm_snapshot* snapshot,
                               const crm_replay_query* query,
                               crm_event_cursor** out,
                               crm_error** error) noexcept {
  return Guard(error, [&] { return Replay(snapshot, query, out); });
}

crm_status crm_event_cursor_next(crm_event_cursor* cursor, crm_event_view* out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Result<crm_status> {
    if (out == nullptr) return Invalid("out: NULL");
    Emptied emptied(out);
    const crm::Status usable = Check(cursor, "cursor");
    if (!usable.ok()) return usable;
    CursorState& state = StateOf(cursor);
    const crm::Result<bool> more = state.cursor.Next(&state.event);
    if (!more.ok()) return more.status();
    if (!*more) return crm_status{CRM_DONE};
    ShowEvent(state.event, out);
    emptied.Keep();
    return crm_status{CRM_OK};
  });
}

void crm_event_cursor_free(crm_event_cursor* cursor) noexcept { Free(cursor); }

crm_status crm_event_cursor_to_arrow(crm_event_cursor* cursor,
                                     const crm_arrow_options* options,
                                     ArrowArrayStream* out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = ArrowArrayStream();
    crm_arrow_options in = CRM_ARROW_OPTIONS_INIT;
    crm::Status status = ReadOptions(options, "options", 0, &in);
    if (status.ok()) status = CheckReserved(in.reserved);
    if (status.ok()) status = Check(cursor, "cursor");
    if (!status.ok()) return status;
    crm::ArrowOptions own;
    if (in.batch_rows != 0) own.batch_rows = in.batch_rows;
    if (in.batch_bytes != 0) own.batch_bytes = in.batch_bytes;
    // Holds the cursor only once it is the stream's for good.
    auto held =
        std::make_shared<std::unique_ptr<crm_event_cursor, CursorEnd>>();
    status = crm::EventsToArrow(
        [held](crm::EventView* event) -> crm::Result<bool> {
          crm::Status usable = Check(held->get(), "cursor");
          if (!usable.ok()) return usable;
          return StateOf(held->get()).cursor.Next(event);
        },
        own, out);
    if (status.ok()) held->reset(cursor);
    return status;
  });
}

crm_status crm_arrow_events_open(ArrowArrayStream* stream,
                                 const crm_read_options* options,
                                 crm_arrow_events** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    // Taken whatever comes, so that the caller need not ask who has it.
    crm::Result<crm::ArrowEvents> rows = crm::ArrowEvents::Open(stream);
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckReadOptions(options);
    if (status.ok()) status = rows.status();
    if (!status.ok()) return status;
    *out = Make<crm_arrow_events>(*std::move(rows));
    return status;
  });
}

crm_status crm_arrow_events_next(crm_arrow_events* rows, crm_slice* json,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Result<crm_status> {
    if (json == nullptr) return Invalid("json: NULL");
    *json = crm_slice();
    const crm::Status usable = Check(rows, "rows");
    if (!usable.ok()) return usable;
    std::string_view text;
    const crm::Result<bool> more = StateOf(rows).rows.Next(&text);
    if (!more.ok()) return more.status();
    if (!*more) return crm_status{CRM_DONE};
    *json = Slice(text);
    return crm_status{CRM_OK};
  });
}

void crm_arrow_events_free(crm_arrow_events* rows) noexcept { Free(rows); }

crm_status crm_event_view_to_json(const crm_event_view* event, crm_slice tenant,
                                  const crm_event_json_options* options,
                                  crm_buffer** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_event_json_options own = CRM_EVENT_JSON_OPTIONS_INIT;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckSlice(tenant, "tenant");
    if (status.ok()) {
      status = ReadOptions(options, "options", CRM_EVENT_JSON_AS_GIVEN, &own);
    }
    if (status.ok()) status = CheckReserved(own.reserved);
    if (!status.ok()) return status;
    if (event == nullptr) return Invalid("event: NULL");
    crm::EventView view;
    status = ReadEventView(*event, &view);
    if (!status.ok()) return status;
    const bool as_given = (own.flags & CRM_EVENT_JSON_AS_GIVEN) != 0;
    GiveBuffer(crm::EventToJson(view, View(tenant), as_given), out);
    return status;
  });
}

crm_status crm_parsed_event_from_json(crm_slice json, crm_parsed_event** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckSlice(json, "json");
    if (!status.ok()) return status;
    auto state = std::make_unique<ParsedEventState>();
    auto event = crm::EventFromJson(View(json), &state->tenant);
    if (!event.ok()) return event.status();
    state->event = *std::move(event);
    Fill(state.get());
    *out = Adopt<crm_parsed_event>(std::move(state));
    return status;
  });
}

const crm_parsed_event_view* crm_parsed_event_read(
    const crm_parsed_event* event) noexcept {
  return ReadView(event);
}

void crm_parsed_event_free(crm_parsed_event* event) noexcept { Free(event); }
