// crm replay and tail: the events themselves.

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/event_line.h"
#include "cli/session.h"

namespace crm::cli {
namespace {

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
