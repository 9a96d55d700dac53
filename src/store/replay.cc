// EventCursor: replays over the log by position, over a record or customer,
// over a type, and by event time.

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <utility>

#include "base/instant.h"
#include "base/time_text.h"
#include "event/definitions.h"
#include "identity/choice.h"
#include "store/choice_json.h"
#include "store/event_opener.h"
#include "store/snapshot.h"

namespace crm {
namespace {

using Entry = Snapshot::Impl::Entry;

Status AtRecord(Position position, const Status& status) {
  return Status(status.code(), "log record " + std::to_string(position) + ": " +
                                   std::string(status.message()));
}

}  // namespace

// Events come from one of three places: a walk over the log, a list of
// positions, or entries that were read from the timeline.
struct EventCursor::Impl {
  std::shared_ptr<const Snapshot::Impl> snapshot;
  ReplayQuery query;
  std::vector<uint32_t> types;

  std::unique_ptr<LogCursor> walk;
  std::vector<Position> positions;
  std::vector<Entry> entries;
  bool from_entries = false;
  size_t next = 0;
  // What was to come next may be lost; to go on would be to leave it out.
  bool failed = false;
  // By event time: the hours to come, and the position list of one of them.
  bool by_hours = false;
  std::vector<uint64_t> hours;
  size_t next_hour = 0;
  std::vector<TailEntry> tail;

  LogRecordReader reader;
  std::string value;
  EventOpener opener;
  // Of a StoreCursor: events, definitions and choices of every tenant count.
  bool every_tenant = false;
  // Of what was given last.
  uint32_t last_tenant = 0;
  LogKind gave = LogKind::kNone;
  Definition definition;
  IdentityChoice choice;
  std::string choice_json;

  StoreCore& core() const { return snapshot->core(); }
  uint32_t tenant() const { return snapshot->tenant.id; }

  Status Start();
  Status StartEntries();
  Status StartTypes(bool* chosen);
  Status StartHours();
  Status FillHour();
  static bool IsEvent(const LogRecord& record);
  bool IsOfDropped(const LogRecord& record) const;
  Result<bool> GiveOther(Position position, const LogRecord& record);
  bool Matches(Position position, const EventHeader& header) const;
  Result<bool> Next(EventView* event);
  Result<bool> NextRecord(EventView* event);
  Result<bool> NextEntry(EventView* event);
};

bool EventCursor::Impl::Matches(Position position,
                                const EventHeader& header) const {
  if (position < query.first || position > query.last) return false;
  const Timestamp time = Instant(header.occurred_at);
  if (query.from.has_value() && time < *query.from) return false;
  if (query.until.has_value() && time >= *query.until) return false;
  return query.types.empty() ||
         std::find(types.begin(), types.end(), header.type) != types.end();
}

Status EventCursor::Impl::Start() {
  Status usable = snapshot->CheckNotDropped();
  if (!usable.ok()) return usable;
  const Position head = snapshot->view->position();
  if (query.record != 0 && query.customer != 0) {
    return Status(StatusCode::kInvalidArgument,
                  "query: record and customer exclude each other");
  }
  if (query.last == 0 || query.last > head) query.last = head;
  query.first = std::max<Position>(query.first, 1);
  if (!query.as_appended) {
    opener.set_upcaster(ReadUpcaster(core().definitions, tenant(), head));
  }
  for (const std::string& type : query.types) {
    const uint32_t number = core().names.Find(NameKind::kType, type);
    if (number != 0) types.push_back(number);
  }
  if (query.record != 0 || query.customer != 0) return StartEntries();
  if (query.first > query.last || (!query.types.empty() && types.empty())) {
    return Status::Ok();  // Nothing can match: an empty list.
  }
  if (query.order == ReplayQuery::Order::kOccurredAt) return StartHours();
  bool chosen = false;
  if (!types.empty()) {
    Status status = StartTypes(&chosen);
    if (!status.ok() || chosen) return status;
  }
  walk = std::make_unique<LogCursor>(*core().log, kLogEvents, query.first,
                                     query.last, query.backward);
  return Status::Ok();
}

Status EventCursor::Impl::StartEntries() {
  std::vector<Entry> all;
  Status status = query.record != 0
                      ? snapshot->ReadRecord(query.record, &all)
                      : snapshot->ReadCustomer(query.customer, &all);
  if (!status.ok()) return status;
  from_entries = true;
  for (Entry& entry : all) {
    if (Matches(entry.record.position, entry.record.header)) {
      entries.push_back(std::move(entry));
    }
  }
  if (query.order == ReplayQuery::Order::kOccurredAt) {
    std::stable_sort(
        entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
          return a.record.header.occurred_at < b.record.header.occurred_at;
        });
  }
  if (query.backward) std::reverse(entries.begin(), entries.end());
  return Status::Ok();
}

// The list of positions, unless walking the log is cheaper: a look-up costs as
// much as about sixteen steps.
Status EventCursor::Impl::StartTypes(bool* chosen) {
  std::vector<TailEntry> newest;
  core().views->tail().ReadTenant(
      tenant(), query.last,
      [this](const TailEntry& entry) {
        return std::find(types.begin(), types.end(), entry.type) != types.end();
      },
      &newest);
  for (const uint32_t type : types) {
    Status status = core().views->event().ReadType(tenant(), type, query.first,
                                                   query.last, &positions);
    if (!status.ok()) return status;
  }
  for (const TailEntry& entry : newest) {
    if (entry.position >= query.first) positions.push_back(entry.position);
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()),
                  positions.end());
  *chosen = positions.size() * 16 <= query.last - query.first + 1;
  if (!*chosen) positions.clear();
  if (query.backward) std::reverse(positions.begin(), positions.end());
  return Status::Ok();
}

Status EventCursor::Impl::StartHours() {
  by_hours = true;
  const auto us = [](const std::optional<Timestamp>& time, int64_t other) {
    return time.has_value() ? time->time_since_epoch().count() : other;
  };
  const int64_t from = std::max(us(query.from, kMinTimeUs), kMinTimeUs);
  const int64_t until = std::min(us(query.until, kEndTimeUs), kEndTimeUs);
  if (from >= until) return Status::Ok();
  core().views->tail().ReadTenant(
      tenant(), query.last,
      [&](const TailEntry& entry) {
        return entry.occurred_at >= from && entry.occurred_at < until;
      },
      &tail);
  Status status = core().views->event().ReadHours(tenant(), HourOf(from),
                                                  HourOf(until - 1), &hours);
  if (!status.ok()) return status;
  for (const TailEntry& entry : tail) {
    hours.push_back(HourOf(entry.occurred_at));
  }
  std::sort(hours.begin(), hours.end());
  hours.erase(std::unique(hours.begin(), hours.end()), hours.end());
  if (query.backward) std::reverse(hours.begin(), hours.end());
  return Status::Ok();
}

Status EventCursor::Impl::FillHour() {
  const uint64_t hour = hours[next_hour++];
  std::vector<TimedPosition> timed;
  Status status =
      core().views->event().ReadHour(tenant(), hour, query.last, &timed);
  if (!status.ok()) return status;
  for (const TailEntry& entry : tail) {
    if (HourOf(entry.occurred_at) == hour) {
      timed.push_back({entry.occurred_at, entry.position});
    }
  }
  std::sort(timed.begin(), timed.end());
  timed.erase(std::unique(timed.begin(), timed.end()), timed.end());
  if (query.backward) std::reverse(timed.begin(), timed.end());
  positions.clear();
  for (const TimedPosition& entry : timed) {
    positions.push_back(entry.position);
  }
  next = 0;
  return Status::Ok();
}

// What is left out by walks over events. A new kind of record has to be thought
// of here: what a host said must not be missing in a copy of its store. (That
// is why a StoreCursor gives definitions and choices, too.)
bool EventCursor::Impl::IsEvent(const LogRecord& record) {
  switch (record.kind) {
    case LogKind::kEvent:
      return true;
    case LogKind::kNone:
    case LogKind::kName:
    case LogKind::kDictionary:
    case LogKind::kEpoch:
    case LogKind::kDefinition:
    case LogKind::kIdentity:
    case LogKind::kDrop:
      return false;
  }
  return false;
}

// What is left of a tenant who was dropped is nothing that could be given.
bool EventCursor::Impl::IsOfDropped(const LogRecord& record) const {
  const uint32_t of =
      record.kind == LogKind::kEvent ? record.event.tenant : record.tenant;
  return of != 0 && core().keyring->IsDropped(of);
}

// What a StoreCursor gives besides events; false: it is none of that.
Result<bool> EventCursor::Impl::GiveOther(Position position,
                                          const LogRecord& record) {
  gave = record.kind;
  if (!every_tenant ||
      (gave != LogKind::kDefinition && gave != LogKind::kIdentity)) {
    return false;
  }
  Status status;
  if (gave == LogKind::kDefinition) {
    last_tenant = record.definition.tenant;
    status = ReadDefinition(*core().log_view, core().names, position, record,
                            &definition);
  } else {
    last_tenant = record.tenant;
    status = ReadChoice(*core().log_view, core().keyring.get(), position,
                        record, &choice);
    if (status.ok()) ChoiceToJson(choice, core().names, &choice_json);
  }
  if (!status.ok()) return status;
  return true;
}

Result<bool> EventCursor::Impl::NextRecord(EventView* event) {
  while (true) {
    Position position = 0;
    std::string_view stored;
    if (walk != nullptr) {
      Result<bool> more = walk->Next(&position, &stored);
      if (!more.ok() || !*more) return more;
    } else {
      while (next == positions.size() && next_hour < hours.size()) {
        Status status = FillHour();
        if (!status.ok()) return status;
      }
      if (next == positions.size()) return false;
      position = positions[next++];
      Status status = core().log_view->Read(position, &value);
      if (!status.ok()) return status;
      stored = value;
    }
    LogRecord record;
    Status status = reader.Read(stored, &record);
    if (!status.ok()) return AtRecord(position, status);
    if (every_tenant && IsOfDropped(record)) continue;
    Result<bool> other = GiveOther(position, record);
    if (!other.ok() || *other) return other;
    if (!IsEvent(record) ||
        (record.event.tenant != tenant() && !every_tenant) ||
        !Matches(position, record.event)) {
      continue;
    }
    last_tenant = record.event.tenant;
    status =
        opener.Open(core(), position, record, query.open_parts_only, event);
    if (!status.ok()) return status;
    return true;
  }
}

Result<bool> EventCursor::Impl::NextEntry(EventView* event) {
  if (next == entries.size()) return false;
  Entry& entry = entries[next++];
  EventHeader header = entry.record.header;
  header.tenant = tenant();
  header.record = entry.owner;
  Result<RecordRow> row =
      core().views->identity().RecordOf(tenant(), entry.owner, *snapshot->view);
  if (!row.ok()) return std::move(row).status();
  header.customer = row->customer;
  EventOpener::Show(core(), entry.record.position, header, event);
  if (!entry.opened || event->expired || query.open_parts_only) return true;
  Status status = opener.Expand(core(), header, &entry.body, event);
  if (!status.ok()) return status;
  return true;
}

EventCursor::EventCursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventCursor::EventCursor(EventCursor&&) noexcept = default;
EventCursor& EventCursor::operator=(EventCursor&&) noexcept = default;
EventCursor::~EventCursor() = default;

Result<bool> EventCursor::Impl::Next(EventView* event) {
  if (failed) {
    return Status(StatusCode::kFailedPrecondition,
                  "cursor: an earlier call failed; begin another replay");
  }
  // Until it is done, so that it stays when memory runs out.
  failed = true;
  Result<bool> more = from_entries ? NextEntry(event) : NextRecord(event);
  failed = !more.ok();
  return more;
}

Result<bool> EventCursor::Next(EventView* event) { return impl_->Next(event); }

// --- All tenants -------------------------------------------------------------

struct StoreCursor::Impl {
  explicit Impl(EventCursor::Impl all) : walk(std::move(all)) {}
  EventCursor::Impl walk;
};

StoreCursor::StoreCursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreCursor::StoreCursor(StoreCursor&&) noexcept = default;
StoreCursor& StoreCursor::operator=(StoreCursor&&) noexcept = default;
StoreCursor::~StoreCursor() = default;

Result<bool> StoreCursor::Next(StoreEvent* event) {
  Result<bool> more = impl_->walk.Next(&event->event);
  if (!more.ok() || !*more) return more;
  event->tenant =
      impl_->walk.core().names.Text(NameKind::kTenant, impl_->walk.last_tenant);
  event->is_definition = impl_->walk.gave == LogKind::kDefinition;
  event->is_choice = impl_->walk.gave == LogKind::kIdentity;
  if (event->is_choice) {
    const IdentityChoice& from = impl_->walk.choice;
    event->choice = {static_cast<ChoiceView::Kind>(from.kind),
                     static_cast<ChoiceView::Origin>(from.origin),
                     from.position, impl_->walk.choice_json};
  }
  if (!event->is_definition) return true;
  const Definition& from = impl_->walk.definition;
  DefinitionView& to = event->definition;
  to = DefinitionView();
  to.kind = static_cast<DefinitionView::Kind>(from.kind);
  to.position = from.position;
  to.type = from.type;
  to.version = from.version;
  to.to = from.to;
  // The log has one number for both.
  if (from.kind == DefinitionKind::kSchema) {
    to.compatibility = from.compatibility;
  } else if (from.kind == DefinitionKind::kValidation) {
    to.mode = from.mode;
  }
  to.json = from.json;
  return true;
}

struct StoreSnapshot::Impl {
  explicit Impl(const std::shared_ptr<StoreCore>& core)
      : all(core, TenantInfo()), tenants(core->LivingTenants()) {}
  Snapshot::Impl all;  // The view; of no tenant.
  std::vector<std::string> tenants;
};

StoreSnapshot::StoreSnapshot(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
StoreSnapshot::StoreSnapshot(StoreSnapshot&&) noexcept = default;
StoreSnapshot& StoreSnapshot::operator=(StoreSnapshot&&) noexcept = default;
StoreSnapshot::~StoreSnapshot() = default;

Position StoreSnapshot::position() const { return impl_->all.view->position(); }

const std::vector<std::string>& StoreSnapshot::tenants() const {
  return impl_->tenants;
}

Result<Snapshot> StoreSnapshot::Tenant(std::string_view name) const {
  StoreCore& core = impl_->all.core();
  // One that came later is none here.
  if (std::find(impl_->tenants.begin(), impl_->tenants.end(), name) ==
      impl_->tenants.end()) {
    return Status(StatusCode::kNotFound,
                  "no tenant \"" + std::string(name) + "\"");
  }
  Result<TenantInfo> info = core.OpenTenant(name);
  if (!info.ok()) return std::move(info).status();
  return Snapshot(std::make_unique<Snapshot::Impl>(
      impl_->all.handle.shared(), std::move(info).value(), impl_->all.view));
}

Result<StoreCursor> StoreSnapshot::Replay() const {
  Status usable = impl_->all.core().CheckReadable();
  if (!usable.ok()) return usable;
  EventCursor::Impl walk;
  walk.snapshot = std::make_shared<const Snapshot::Impl>(impl_->all);
  walk.every_tenant = true;
  walk.query.as_appended = true;
  Status status = walk.Start();
  if (!status.ok()) return status;
  return StoreCursor(std::make_unique<StoreCursor::Impl>(std::move(walk)));
}

Result<std::vector<uint64_t>> StoreSnapshot::CountDefinitions() const {
  const StoreCore& core = impl_->all.core();
  std::vector<uint64_t> counts(tenants().size());
  // A definition is in use before a snapshot can see it.
  if (core.definitions.generation() == 0 || position() == 0) return counts;
  absl::flat_hash_map<uint32_t, size_t> places;
  for (size_t i = 0; i < counts.size(); ++i) {
    places[core.names.Find(NameKind::kTenant, tenants()[i])] = i;
  }
  LogCursor walk(*core.log, kLogEvents, 1, position(), false);
  LogRecordReader reader;
  while (true) {
    Position at = 0;
    std::string_view stored;
    Result<bool> more = walk.Next(&at, &stored);
    if (!more.ok()) return more.status();
    if (!*more) return counts;
    LogRecord record;
    Status status = reader.Read(stored, &record);
    if (!status.ok()) return AtRecord(at, status);
    if (record.kind != LogKind::kDefinition) continue;
    const auto place = places.find(record.definition.tenant);
    if (place == places.end()) {
      if (core.keyring->IsDropped(record.definition.tenant)) continue;
      return AtRecord(at, Status(StatusCode::kCorruption, "of no tenant"));
    }
    ++counts[place->second];
  }
}

Result<StoreSnapshot> MakeStoreSnapshot(
    const std::shared_ptr<StoreCore>& core) {
  return StoreSnapshot(std::make_unique<StoreSnapshot::Impl>(core));
}

Result<EventCursor> MakeCursor(std::shared_ptr<const Snapshot::Impl> snapshot,
                               const ReplayQuery& query) {
  auto impl = std::make_unique<EventCursor::Impl>();
  impl->snapshot = std::move(snapshot);
  impl->query = query;
  Status status = impl->Start();
  if (!status.ok()) return status;
  return EventCursor(std::move(impl));
}

}  // namespace crm
