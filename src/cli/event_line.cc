#include "cli/event_line.h"

#include <cstdio>

#include "cli/json_writer.h"
#include "cli/session.h"
#include "cli/table.h"

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
  if (event.redacted) json.Boolean("redacted", true);
  if (event.expired) json.Boolean("expired", true);
  if (event.unreadable) json.Boolean("unreadable", true);
  json.EndObject();
  return json.text();
}

// One event on a line. Columns have fixed widths: a replay may be endless.
std::string TextLine(const EventView& event) {
  char numbers[96];
  std::snprintf(numbers, sizeof(numbers), "%10llu  %8llu ",
                static_cast<unsigned long long>(event.position),
                static_cast<unsigned long long>(event.customer));
  std::string type = Showable(event.type, 36);
  if (type.size() < 36) type.append(36 - type.size(), ' ');
  std::string line = numbers + ShowInstant(event.occurred_at) + "  " + type +
                     "  " + Showable(event.source, 24);
  if (event.unreadable) return line + "  (unreadable)";
  if (event.redacted) return line + "  (redacted)";
  if (event.expired) return line + "  (expired)";
  if (event.opened) line += "  " + Showable(event.payload, 80);
  return line;
}

}  // namespace

std::string LineOf(const EventView& event, const StoreOption& option) {
  if (!option.json) return TextLine(event) + "\n";
  if (!event.opened) return OpenPartJson(event) + "\n";
  return EventToJson(event, option.tenant) + "\n";
}

const char* ChangeName(IdentityChange::Kind kind) {
  switch (kind) {
    case IdentityChange::Kind::kMerged:
      return "merged";
    case IdentityChange::Kind::kSplit:
      return "split";
    case IdentityChange::Kind::kErased:
      return "erased";
  }
  return "";
}

std::string LineOf(const IdentityChange& change, const StoreOption& option) {
  if (option.json) {
    JsonWriter json;
    json.BeginObject();
    json.Text("change", ChangeName(change.kind));
    json.Number("position", change.position);
    json.Number("from", change.from);
    json.Number("to", change.to);
    json.BeginArray("records");
    for (const RecordId record : change.records) json.Number({}, record);
    json.EndArray();
    json.EndObject();
    return json.text() + "\n";
  }
  char numbers[96];
  std::snprintf(numbers, sizeof(numbers), "%10llu  %8llu ",
                static_cast<unsigned long long>(change.position),
                static_cast<unsigned long long>(change.to));
  const std::string from = "customer " + std::to_string(change.from);
  std::string what = "(split) was part of " + from + " before";
  if (change.kind == IdentityChange::Kind::kMerged) {
    what = "(merged) " + from + " is this one now";
  } else if (change.kind == IdentityChange::Kind::kErased) {
    what = "(erased) " + from;
  }
  return numbers + std::string(21, ' ') + what + "\n";
}

void PrintHeader(const StoreOption& option) {
  if (option.json) return;
  std::printf("%10s  %8s %-19s  %-36s  %s\n", "POSITION", "CUSTOMER", "WHEN",
              "TYPE", "SOURCE, PAYLOAD");
}

}  // namespace crm::cli
