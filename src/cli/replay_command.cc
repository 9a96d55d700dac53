// crm replay and tail: the events themselves.

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/session.h"
#include "cli/table.h"

namespace crm::cli {
namespace {

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
  if (event.opened) line += "  " + Showable(event.payload, 80);
  return line;
}

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

std::string LineOf(const EventView& event, const StoreOption& option) {
  if (!option.json) return TextLine(event) + "\n";
  if (!event.opened) return OpenPartJson(event) + "\n";
  return EventToJson(event, option.tenant) + "\n";
}

void PrintHeader(const StoreOption& option) {
  if (option.json) return;
  std::printf("%10s  %8s %-19s  %-36s  %s\n", "POSITION", "CUSTOMER", "WHEN",
              "TYPE", "SOURCE, PAYLOAD");
}

Result<ReplayQuery> MakeQuery(const ReplayCommand& command) {
  ReplayQuery query;
  Result<std::optional<Timestamp>> since =
      ParseInstant(command.since, "--since");
  if (!since.ok()) return since.status();
  Result<std::optional<Timestamp>> until =
      ParseInstant(command.until, "--until");
  if (!until.ok()) return until.status();
  query.from = *since;
  query.until = *until;
  query.order = command.by_time ? ReplayQuery::Order::kOccurredAt
                                : ReplayQuery::Order::kPosition;
  query.backward = command.backward;
  query.first = command.from_position;
  query.last = command.to_position;
  query.record = command.record;
  query.customer = command.customer;
  query.types = command.types;
  query.open_parts_only = command.open_only;
  query.as_appended = command.as_appended;
  return query;
}

// Calls `take` with each event, at most `limit` (zero: all) of them. `take`
// returns false to stop.
template <typename Take>
Status ForEachEvent(const Tenant& tenant, const ReplayQuery& query,
                    uint64_t limit, Take take) {
  Result<EventCursor> cursor = tenant.Replay(query);
  if (!cursor.ok()) return cursor.status();
  EventView event;
  for (uint64_t n = 0; limit == 0 || n < limit; ++n) {
    const Result<bool> found = cursor->Next(&event);
    if (!found.ok()) return found.status();
    if (!*found || !take(event)) break;
  }
  return Status::Ok();
}

}  // namespace

int Run(const ReplayCommand& command) {
  const Result<ReplayQuery> query = MakeQuery(command);
  if (!query.ok()) return Fail(query.status());
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  PrintHeader(command.store);
  Status status =
      ForEachEvent(*tenant, *query, command.limit, [&](const EventView& event) {
        const std::string line = LineOf(event, command.store);
        return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
      });
  return Finish(&*store, status.ok() ? kExitOk : Fail(status));
}

int Run(const TailCommand& command) {
  Result<Store> store = OpenStore(command.store);
  if (!store.ok()) return Fail(store.status());
  Result<Tenant> tenant = FindTenant(&*store, command.store.tenant);
  if (!tenant.ok()) return Finish(&*store, Fail(tenant.status()));
  ReplayQuery query;
  query.backward = true;
  std::vector<std::string> lines;
  Status status =
      ForEachEvent(*tenant, query, command.count, [&](const EventView& event) {
        lines.push_back(LineOf(event, command.store));
        return true;
      });
  if (!status.ok()) return Finish(&*store, Fail(status));
  PrintHeader(command.store);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    std::fwrite(line->data(), 1, line->size(), stdout);
  }
  return Finish(&*store, kExitOk);
}

}  // namespace crm::cli
