// Any text is refused with a message, or comes out again as the same event.

#include <cstdint>
#include <string>
#include <string_view>

#include "crm/event.h"
#include "format/json.h"
#include "fuzz/require.h"

namespace crm {
namespace {

EventView ViewOf(const DecodedEvent& event) {
  EventView view;
  view.type = event.type;
  view.source = event.source.empty() ? "host" : event.source;
  view.version = event.version;
  if (event.has_time) view.occurred_at = event.occurred_at;
  view.shape = event.shape;
  view.opened = true;
  view.id = event.id;
  view.correlation_id = event.correlation_id;
  view.causation_id = event.causation_id;
  view.identity = event.identity;
  view.payload = event.payload;
  view.metadata = event.metadata;
  view.extra = event.extra;
  view.timestamp_text = event.timestamp_text;
  return view;
}

void CheckSame(const DecodedEvent& event, const DecodedEvent& again) {
  Require(again.shape == event.shape);
  Require(again.id == event.id);
  Require(again.type == event.type);
  Require(again.version == event.version);
  Require(again.correlation_id == event.correlation_id);
  Require(again.causation_id == event.causation_id);
  Require(again.identity == event.identity);
  Require(again.payload == event.payload);
  Require(again.metadata == event.metadata);
  Require(again.timestamp_text == event.timestamp_text);
  // A time that was absent is written; one that was null stays null.
  Require(again.has_time || !event.has_time);
  Require(!event.has_time || again.occurred_at == event.occurred_at);
  Require(again.hints.size() == event.hints.size());
  for (size_t i = 0; i < event.hints.size(); ++i) {
    Require(again.hints[i].name_space == event.hints[i].name_space);
    Require(again.hints[i].value == event.hints[i].value);
  }
}

void Fuzz(std::string_view json) {
  static EventDecoder decoder;
  static EventDecoder second;
  DecodedEvent event;
  const Status status = decoder.Decode(json, &event);
  if (!status.ok()) {
    Require(!status.message().empty());
    Require(status.message().find('\n') == std::string_view::npos);
    return;
  }
  const std::string tenant(event.tenant.empty() ? "tenant" : event.tenant);
  const std::string out = EventToJson(ViewOf(event), tenant);
  Require(out.find('\n') == std::string::npos);
  // What was added may make a very large event too large.
  if (out.size() > kMaxEventBytes) return;
  DecodedEvent again;
  Require(second.Decode(out, &again).ok());
  CheckSame(event, again);
  // From now on it does not change any more.
  Require(EventToJson(ViewOf(again), tenant) == out);
  // The other way in takes what it can hold.
  (void)EventFromJson(json, nullptr);
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
