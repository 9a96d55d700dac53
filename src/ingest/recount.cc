#include "ingest/recount.h"

namespace crm::ingest {
namespace {

// The first event of `query`; false: there is none.
bool ReadFirst(const crm::Tenant& tenant, ReplayQuery query, EventView* event) {
  query.open_parts_only = true;
  Result<EventCursor> cursor = tenant.Replay(query);
  if (!cursor.ok()) return false;
  const Result<bool> found = cursor->Next(event);
  if (!found.ok() || !*found) return false;
  // The text of `event` dies with the cursor; its numbers are what counts.
  return true;
}

}  // namespace

bool Recount::Take(Position position, Event* event) {
  for (const PositionRange& range : counted_) {
    if (position >= range.first && position <= range.last) return false;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!taken_.insert(position).second) return false;
  }
  ReplayQuery at_position;
  at_position.first = position;
  at_position.last = position;
  EventView view;
  if (!ReadFirst(tenant_, at_position, &view)) return false;
  event->unattributed = view.record == 0;
  event->new_customer = false;
  if (view.customer == 0) return true;
  // She was new if nothing of hers is older.
  ReplayQuery of_customer;
  of_customer.customer = view.customer;
  of_customer.last = position;
  if (!ReadFirst(tenant_, of_customer, &view)) return false;
  event->new_customer = view.position == position;
  return true;
}

}  // namespace crm::ingest
