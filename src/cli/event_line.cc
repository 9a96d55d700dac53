#include "cli/event_line.h"

#include "cli/json_writer.h"
#include "cli/session.h"

namespace crm::cli {
namespace {

// What can be said of an event whose sealed part is not open.
std::string OpenPartJson(const EventView& event) {
  JsonWriter json;
  json.BeginObject();
  json.Number("position", event.position);
  json.Text("type", event.type);
  json.Text("source", event.source);
  json.Text("version", event.version);
  json.Text("occurred_at", FormatInstant(event.occurred_at));
  json.Text("recorded_at", FormatInstant(event.recorded_at));
  json.Number("record", event.record);
  json.Number("customer", event.customer);
  json.Number("revision", event.revision);
  json.Boolean("opened", false);
  json.EndObject();
  return json.text();
}

}  // namespace

std::string JsonLine(const EventView& event, std::string_view tenant) {
  return (event.opened ? EventToJson(event, tenant) : OpenPartJson(event)) +
         "\n";
}

}  // namespace crm::cli
