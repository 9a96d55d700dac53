#include "store/event_opener.h"

#include "base/instant.h"
#include "format/event_body.h"

namespace crm {

void EventOpener::Show(const StoreCore& core, Position position,
                       const EventHeader& header, EventView* event) {
  const Names& names = core.names;
  *event = EventView();
  event->position = position;
  event->type = names.Text(NameKind::kType, header.type);
  event->source = names.Text(NameKind::kSource, header.source);
  event->version = names.Text(NameKind::kVersion, header.version);
  event->occurred_at = Instant(header.occurred_at);
  event->recorded_at = Instant(header.recorded_at);
  event->record = header.record;
  event->customer = header.customer;
  event->revision = header.revision;
  event->shape = static_cast<EnvelopeShape>(header.shape);
  event->backfill = (header.flags & kEventBackfill) != 0;
  event->timed = (header.flags & kEventNoTime) == 0;
  event->warned = (header.flags & kEventWarned) != 0;
  event->redacted = (header.flags & kEventRedacted) != 0;
  event->expired = (header.flags & kEventExpired) != 0 ||
                   core.views->profile().IsExpiring(position, header);
  event->unreadable = core.unreadable;
}

Status EventOpener::Open(StoreCore& core, Position position,
                         const LogRecord& record, bool open_parts_only,
                         EventView* event) {
  Show(core, position, record.event, event);
  if (open_parts_only || event->expired) return Status::Ok();
  Status status = core.log_view->Unseal(position, record, &body_);
  if (status.code() == StatusCode::kErased || core.unreadable) {
    return Status::Ok();
  }
  if (!status.ok()) return status;
  return ExpandBody(core, record.event, event);
}

Status EventOpener::Expand(StoreCore& core, const EventHeader& header,
                           std::string* body, EventView* event) {
  body_.swap(*body);
  return ExpandBody(core, header, event);
}

Status EventOpener::ExpandBody(StoreCore& core, const EventHeader& header,
                               EventView* event) {
  Status status = core.log_view->Expand(header, body_, &plain_);
  if (!status.ok()) return status;
  EventBody parts;
  if (!UnpackBody(plain_, &parts)) {
    return Status(
        StatusCode::kCorruption,
        "event " + std::to_string(event->position) + ": malformed body");
  }
  event->opened = true;
  event->id = parts.id;
  event->correlation_id = parts.correlation_id;
  event->causation_id = parts.causation_id;
  event->timestamp_text = parts.timestamp_text;
  event->identity = parts.identity;
  event->payload = parts.payload;
  event->metadata = parts.metadata;
  event->extra = parts.extra;
  if (!event->redacted) upcaster_.Apply(header, event);
  return Status::Ok();
}

}  // namespace crm
