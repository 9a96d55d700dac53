// The caller's half of an append: everything that can be done without knowing
// what the other requests do.

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/instant.h"
#include "base/time_text.h"
#include "consent/ledger_entry.h"
#include "consent/ledger_types.h"
#include "store/request.h"

namespace crm {
namespace {

const IdentitySettings* IdentityOf(const Request& request) {
  return IdentityAt(request.definitions.get(), kEveryPosition);
}

// The names of the namespaces as other settings have them.
void RenameNamespaces(Request* request, PreparedEvent* event) {
  std::vector<Names::Wanted> names;
  for (const Names::Wanted& name : event->missing) {
    if (name.kind != NameKind::kNamespace) names.push_back(name);
  }
  const EventContent& content = event->content;
  for (const DecodedEvent::Hint& hint : content.hints) {
    const std::string_view name =
        Classify(content.identity, hint.name_space).name;
    if (IsNamespace(name)) names.push_back({NameKind::kNamespace, name});
  }
  event->missing =
      request->arena.CopyAll(std::span<const Names::Wanted>(names));
}

// Checks and upcasts the payload, and lets the rooms prepare it.
Status PrepareContent(const StoreCore& core, Request* request,
                      PreparedEvent* event) {
  EventContent& content = event->content;
  content.body.payload = event->payload;
  event->refused = Status::Ok();
  event->warning = Status::Ok();
  if (request->definitions != nullptr) {
    const TenantDefinitions& definitions = *request->definitions;
    const TypedPayload given{event->header.type, content.type, event->version,
                             event->payload};
    Validation mode = Validation::kOff;
    Status fits = definitions.Check(given, &mode);
    (mode == Validation::kEnforce ? event->refused : event->warning) =
        std::move(fits);
    thread_local std::string upcast;
    std::string_view version;
    if (definitions.Upcast(given, kEveryPosition, &upcast, &version)) {
      content.body.payload = request->arena.Copy(upcast);
    }
  }
  const std::vector<Room*>& rooms = core.views->rooms();
  for (size_t i = 0; i < rooms.size(); ++i) {
    Status status =
        rooms[i]->Prepare(content, request->arena, &event->prepared[i]);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

size_t SizeOf(std::string_view event) { return event.size(); }
size_t SizeOf(const Event& event) {
  return event.payload.size() + event.metadata.size() + 256;
}

Status CheckRecordedAt(const std::vector<Timestamp>& times, size_t events) {
  if (times.empty()) return Status::Ok();
  const bool fits = times.size() == events &&
                    std::is_sorted(times.begin(), times.end()) &&
                    InTimeRange(times.front()) && InTimeRange(times.back());
  if (fits) return Status::Ok();
  return Status(StatusCode::kInvalidArgument,
                "recorded_at: must be one ascending time for each event, from "
                "1900 up to 2199");
}

}  // namespace

void Request::Reset() {
  options = nullptr;
  arena.Reset();
  events.clear();
  bytes = 0;
  has_acts = false;
  definitions.reset();
  status = Status::Ok();
  result = AppendResult();
  lost = StatusCode::kOk;
  next = nullptr;
  turn.store(kWaits, std::memory_order_relaxed);
}

Status Preparer::Prepare(StoreCore* core, std::span<const Event> events,
                         Request* request) {
  core_ = core;
  return PrepareAll(events, request);
}

Status Preparer::Prepare(StoreCore* core,
                         std::span<const std::string_view> events,
                         Request* request) {
  core_ = core;
  return PrepareAll(events, request);
}

template <typename T>
Status Preparer::PrepareAll(std::span<const T> events, Request* request) {
  if (events.size() > kMaxRequestEvents) {
    return Status(StatusCode::kTooLarge,
                  "request: " + std::to_string(events.size()) +
                      " events; at most " + std::to_string(kMaxRequestEvents));
  }
  Status times = CheckRecordedAt(request->options->recorded_at, events.size());
  if (!times.ok()) return times;
  // The generation first: should there be a newer one, it is noticed.
  request->definitions_generation = core_->definitions.generation();
  request->definitions = request->definitions_generation == 0
                             ? nullptr
                             : core_->definitions.Of(request->tenant.id);
  request->events.resize(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    PreparedEvent& out = request->events[i];
    out = PreparedEvent();
    request->bytes += SizeOf(events[i]);
    if (request->bytes > kMaxRequestBytes) {
      return Status(
          StatusCode::kTooLarge,
          "request: more than " + std::to_string(kMaxRequestBytes) + " bytes");
    }
    out.status = decoder_.Decode(events[i], &decoded_);
    if (out.status.ok()) {
      out.status = PrepareOne(decoded_, request, &out);
    }
  }
  return Warm(request);
}

Status Preparer::PrepareOne(const DecodedEvent& decoded, Request* request,
                            PreparedEvent* out) {
  if (decoded.source.empty()) {
    return Status(StatusCode::kInvalidArgument, "source: missing");
  }
  if (!decoded.tenant.empty() && decoded.tenant != request->tenant.name &&
      !request->options->ignore_tenant) {
    return Status(StatusCode::kInvalidArgument,
                  "tenantId: names another tenant");
  }
  const uint32_t tenant = request->tenant.id;
  const IndexKeys& keys = *request->tenant.keys;
  EventHeader& header = out->header;
  header.tenant = tenant;
  header.shape = static_cast<uint8_t>(decoded.shape);
  if (request->options->backfill) header.flags |= kEventBackfill;
  if (decoded.has_time) {
    header.occurred_at = Microseconds(decoded.occurred_at);
  } else {
    header.flags |= kEventNoTime;
  }

  buffer_.assign(decoded.source);
  buffer_.push_back('\0');
  buffer_ += decoded.id;
  const Hash128 id = SipHash128(keys.dedupe, buffer_);
  header.dedupe_hi = id.hi;
  header.dedupe_lo = id.lo;
  out->id_order = StableHash64(decoded.id);

  const EventBody body{decoded.id,           decoded.correlation_id,
                       decoded.causation_id, decoded.timestamp_text,
                       decoded.identity,     decoded.payload,
                       decoded.metadata,     decoded.extra};
  PackBody(body, &plain_);
  const std::string_view plain = request->arena.Copy(plain_);
  EventContent& content = out->content;
  content.tenant = tenant;
  content.keys = &keys;
  if (!UnpackBody(plain, &content.body)) {
    return Status(StatusCode::kInternal, "event body does not unpack");
  }
  PackPlain(content.body.id, &plain_);
  header.plain_size = static_cast<uint32_t>(plain_.size());

  // What the event says: type, time, who and payload; not its transport.
  buffer_.assign(decoded.type);
  buffer_.push_back('\0');
  if (decoded.has_time) {
    buffer_ += std::to_string(header.occurred_at);
  }
  buffer_.push_back('\0');
  buffer_ += decoded.identity;
  buffer_.push_back('\0');
  buffer_ += decoded.payload;
  header.content =
      FastKeyedHash64(keys.content, buffer_) & ((uint64_t{1} << 48) - 1);

  content.identity = IdentityOf(*request);
  FindNames(decoded, request, out);
  Compress(request, out);
  if (IsLedgerEvent(decoded.type)) Commit(plain, request, out);
  out->payload = content.body.payload;
  return PrepareContent(*core_, request, out);
}

Status RefreshDefinitions(const StoreCore& core, Request* request) {
  const uint64_t generation = core.definitions.generation();
  if (generation == request->definitions_generation) return Status::Ok();
  request->definitions_generation = generation;
  std::shared_ptr<const TenantDefinitions> now =
      core.definitions.Of(request->tenant.id);
  if (now == request->definitions) return Status::Ok();
  // They are kept alive by the newer ones.
  request->definitions = std::move(now);
  const IdentitySettings* const identity = IdentityOf(*request);
  for (PreparedEvent& event : request->events) {
    if (!event.status.ok()) continue;
    if (event.content.identity != identity) {
      event.content.identity = identity;
      RenameNamespaces(request, &event);
    }
    if (event.header.type == 0) {
      // Its name may have come with the definition. The event's own list of
      // names stays as it is: what is there already is found again.
      event.header.type =
          core.names.FindAny(NameKind::kType, event.content.type);
    }
    Status status = PrepareContent(core, request, &event);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

void Preparer::FindNames(const DecodedEvent& decoded, Request* request,
                         PreparedEvent* out) {
  names_.clear();
  names_.push_back({NameKind::kType, decoded.type});
  names_.push_back({NameKind::kSource, decoded.source});
  names_.push_back({NameKind::kVersion, decoded.version});
  hints_.clear();
  for (const DecodedEvent::Hint& hint : decoded.hints) {
    const std::string_view name =
        Classify(out->content.identity, hint.name_space).name;
    // Others cannot be identifiers: the room of identity withholds them.
    if (IsNamespace(name)) names_.push_back({NameKind::kNamespace, name});
    hints_.push_back({request->arena.Copy(hint.name_space),
                      request->arena.Copy(hint.value)});
  }
  core_->names.FindAll(names_);
  EventContent& content = out->content;
  out->header.type = names_[0].id;
  out->header.source = names_[1].id;
  out->header.version = names_[2].id;
  content.type = request->arena.Copy(decoded.type);
  content.source = request->arena.Copy(decoded.source);
  out->version = request->arena.Copy(decoded.version);
  content.hints =
      request->arena.CopyAll(std::span<const DecodedEvent::Hint>(hints_));
  std::erase_if(names_, [](const Names::Wanted& name) { return name.id != 0; });
  for (Names::Wanted& name : names_) name.text = request->arena.Copy(name.text);
  out->missing = request->arena.CopyAll(std::span<const Names::Wanted>(names_));
}

void Preparer::Compress(Request* request, PreparedEvent* out) {
  EventHeader& header = out->header;
  Dictionaries::Current current;
  if (header.type != 0) {
    bool known = false;
    current = core_->dictionaries.Find(header.tenant, header.type, &known);
    if (!known) {
      // The first event of this type since the store was opened.
      Result<Position> stored =
          core_->views->event().DictionaryOf(header.tenant, header.type);
      if (stored.ok()) {
        current.position = *stored;
        Result<std::shared_ptr<const Dictionary>> dictionary =
            core_->log_view->DictionaryAt(*stored);
        if (dictionary.ok()) {
          current.dictionary = std::move(dictionary).value();
          core_->dictionaries.Set(header.tenant, header.type, current);
        } else {
          current = Dictionaries::Current();
        }
      }
    }
    if (current.position == 0) {
      core_->dictionaries.AddSample(header.tenant, header.type, plain_);
    }
  }
  header.dictionary = current.position;
  buffer_.clear();
  if (current.dictionary != nullptr &&
      current.dictionary->Compress(plain_, &buffer_)) {
    out->body = request->arena.Copy(buffer_);
    return;
  }
  header.dictionary = 0;
  header.flags |= kEventRaw;
  out->body = request->arena.Copy(plain_);
}

// What the ledger will say of it: here, because it takes a while.
void Preparer::Commit(std::string_view plain, Request* request,
                      PreparedEvent* out) {
  request->has_acts = true;
  const Digest salt = RandomSalt();
  out->commitment = CommitTo(salt, plain);
  buffer_.assign(out->body);
  buffer_.append(reinterpret_cast<const char*>(salt.data()), salt.size());
  out->salted = request->arena.Copy(buffer_);
}

// The sequencer must wait neither for the disk nor for memory: what it will
// read is brought near here, step by step for many events at a time.
Status Preparer::Warm(Request* request) {
  constexpr size_t kSteps = 4;
  constexpr size_t kApart = 6;  // Events between two steps of one event.
  std::vector<PreparedEvent>& events = request->events;
  for (size_t i = 0; i < events.size() + (kSteps - 1) * kApart; ++i) {
    for (size_t step = 0; step < kSteps; ++step) {
      if (i < step * kApart || i - step * kApart >= events.size()) continue;
      PreparedEvent& event = events[i - step * kApart];
      if (!event.status.ok()) continue;
      Status status = WarmStep(event, static_cast<int>(step), request->arena);
      if (!status.ok()) return status;
    }
  }
  return Status::Ok();
}

Status Preparer::WarmStep(PreparedEvent& event, int step, Arena& arena) {
  Views& views = *core_->views;
  const uint32_t tenant = event.header.tenant;
  const Hash128 id{event.header.dedupe_hi, event.header.dedupe_lo};
  const IdentityData* identity = views.identity().DataOf(event.prepared);
  if (identity != nullptr && identity->identifiers.empty()) identity = nullptr;
  switch (step) {
    case 0:
      views.event().filter().Prefetch(id);
      if (identity != nullptr) views.identity().Prefetch(tenant, *identity);
      return Status::Ok();
    case 1: {
      Status status = views.event().Warm(tenant, id);
      if (!status.ok() || identity == nullptr) return status;
      Result<RecordId> record =
          views.identity().WarmRecord(tenant, *identity, arena);
      if (!record.ok()) return std::move(record).status();
      event.record = *record;
      if (*record != 0) views.profile().Prefetch(tenant, *record);
      return Status::Ok();
    }
    case 2: {
      if (event.record == 0) return Status::Ok();
      Result<CustomerId> customer =
          views.identity().WarmCustomer(tenant, event.record);
      if (!customer.ok()) return std::move(customer).status();
      if (*customer == 0) event.record = 0;
      return Status::Ok();
    }
    default: {
      Status status;
      if (!event.salted.empty()) {
        status = views.ledger().Warm(tenant, event.record);
      }
      if (!status.ok() || event.record == 0) return status;
      return views.profile().Warm(tenant, event.record);
    }
  }
}

}  // namespace crm
