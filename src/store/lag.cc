#include "store/lag.h"

#include <optional>
#include <string>

#include "store/sequencer.h"

namespace crm {
namespace {

// recorded_at of the event at `position`, or of the next one in the direction
// of `step`, up to `last`. Few records of the log are none, and these come
// alone. Absent: there is no event.
Result<std::optional<Timestamp>> RecordedAt(const StoreCore& core,
                                            Position position, Position last,
                                            int step) {
  LogRecordReader reader;
  LogRecord record;
  std::string value;
  while (true) {
    Status status = core.log_view->Read(position, &value);
    if (status.ok()) status = reader.Read(value, &record);
    if (!status.ok()) return status;
    if (record.kind == LogKind::kEvent) {
      return std::optional<Timestamp>(
          Timestamp(std::chrono::microseconds(record.event.recorded_at)));
    }
    if (position == last) return std::optional<Timestamp>();
    position = step > 0 ? position + 1 : position - 1;
  }
}

// The tail first, because what leaves it is on disk then.
Result<uint64_t> CountEvents(const StoreCore& core, uint32_t tenant,
                             Position after, Position last) {
  Position in_tail = 0;
  uint64_t count =
      core.views->tail().CountTenant(tenant, after, last, &in_tail);
  if (in_tail <= after + 1) return count;
  const uint32_t types = core.names.Count(NameKind::kType);
  for (uint32_t type = 1; type <= types; ++type) {
    const EventRoom& events = core.views->event();
    const auto all = events.CountType(tenant, type, in_tail - 1);
    if (!all.ok()) return all.status();
    if (*all == 0) continue;
    const auto before = events.CountType(tenant, type, after);
    if (!before.ok()) return before.status();
    count += *all - *before;
  }
  return count;
}

}  // namespace

Result<Lag> LagBehind(const StoreCore& core, uint32_t tenant,
                      Position position) {
  Lag lag;
  const Position head = core.sequencer->head();
  if (position >= head) return lag;
  lag.positions = head - position;
  const auto events = CountEvents(core, tenant, position, head);
  if (!events.ok()) return events.status();
  lag.events = *events;
  const auto oldest = RecordedAt(core, position + 1, head, 1);
  if (!oldest.ok()) return oldest.status();
  lag.oldest = *oldest;
  if (!lag.oldest.has_value()) return lag;
  const auto newest = RecordedAt(core, head, position + 1, -1);
  if (!newest.ok()) return newest.status();
  if (newest->has_value()) lag.time = **newest - *lag.oldest;
  return lag;
}

}  // namespace crm
