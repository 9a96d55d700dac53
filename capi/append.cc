// Append: arrays of events in, outcomes out; dry runs and orders.

#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/queries.h"

static_assert(CRM_MAX_EVENT_BYTES == crm::kMaxEventBytes);
static_assert(CRM_MAX_PAYLOAD_BYTES == crm::kMaxPayloadBytes);
static_assert(CRM_MAX_JSON_DEPTH == crm::kMaxJsonDepth);
static_assert(CRM_MAX_IDENTIFIERS == crm::kMaxIdentifiers);
static_assert(CRM_MAX_ID_BYTES == crm::kMaxIdBytes);
static_assert(CRM_MAX_REQUEST_EVENTS == crm::kMaxRequestEvents);
static_assert(CRM_MAX_REQUEST_BYTES == crm::kMaxRequestBytes);

namespace crm::capi {
namespace {

constexpr uint32_t kAppendFlags =
    CRM_APPEND_PARTIAL | CRM_APPEND_BACKFILL | CRM_APPEND_IGNORE_TENANT;

Status InEvent(size_t index, const Status& status) {
  return Status(status.code(), "event " + std::to_string(index) + ": " +
                                   std::string(status.message()));
}

Status CopyText(crm_slice from, const char* name, std::string* to) {
  Status status = CheckSlice(from, name);
  if (status.ok() && from.size != 0) *to = View(from);
  return status;
}

}  // namespace

Status ReadIdentifier(const crm_identifier& in, Identifier* out) {
  Status status =
      CopyText(in.name_space, "identifier.name_space", &out->name_space);
  if (status.ok()) {
    status = CopyText(in.value, "identifier.value", &out->value);
  }
  return status;
}

Status ReadEvent(const crm_event& in, Event* out) {
  if (!IsZero(in.reserved) || in.reserved0 != 0) {
    return Invalid("reserved: must be zero");
  }
  if ((in.flags & ~uint32_t{CRM_EVENT_HAS_TIME}) != 0) {
    return Invalid("flags: holds unknown ones");
  }
  Status status = CopyText(in.id, "id", &out->id);
  if (status.ok()) status = CopyText(in.type, "type", &out->type);
  if (status.ok()) status = CopyText(in.source, "source", &out->source);
  if (status.ok()) status = CopyText(in.version, "version", &out->version);
  if (status.ok()) {
    status =
        CopyText(in.correlation_id, "correlation_id", &out->correlation_id);
  }
  if (status.ok()) {
    status = CopyText(in.causation_id, "causation_id", &out->causation_id);
  }
  if (status.ok()) status = CopyText(in.payload, "payload", &out->payload);
  if (status.ok()) status = CopyText(in.metadata, "metadata", &out->metadata);
  if (status.ok()) {
    status = ReadTime(in.occurred_at_us, in.flags, CRM_EVENT_HAS_TIME,
                      "occurred_at_us", &out->occurred_at);
  }
  if (status.ok()) {
    status = CheckArray(in.identifiers, in.identifier_count, "identifiers");
  }
  if (!status.ok()) return status;
  // One too many is enough for the store to refuse the event, and with PARTIAL
  // that event only.
  const size_t count = std::min(in.identifier_count, kMaxIdentifiers + 1);
  out->identifiers.resize(count);
  for (size_t i = 0; status.ok() && i < count; ++i) {
    status = ReadIdentifier(in.identifiers[i], &out->identifiers[i]);
  }
  return status;
}

namespace {

Status CheckCount(const void* events, size_t count) {
  Status status = CheckArray(events, count, "events");
  if (!status.ok() || count <= kMaxRequestEvents) return status;
  return Status(StatusCode::kTooLarge,
                "request: at most 10,000 events, not " + std::to_string(count));
}

Result<Condition::Kind> KindOf(int32_t kind) {
  switch (kind) {
    case CRM_CONDITION_CUSTOMER_VERSION:
      return Condition::Kind::kCustomerVersion;
    case CRM_CONDITION_NO_CUSTOMER:
      return Condition::Kind::kNoCustomer;
    case CRM_CONDITION_CUSTOMER_EXISTS:
      return Condition::Kind::kCustomerExists;
    case CRM_CONDITION_IDENTIFIER_ABSENT:
      return Condition::Kind::kIdentifierAbsent;
    case CRM_CONDITION_NO_EVENT_SINCE:
      return Condition::Kind::kNoEventSince;
    default:
      return Invalid("kind: " + std::to_string(kind) + " is none");
  }
}

Status ReadCondition(const crm_condition& in, Condition* out) {
  if (!IsZero(in.reserved) || in.reserved0 != 0) {
    return Invalid("reserved: must be zero");
  }
  const Result<Condition::Kind> kind = KindOf(in.kind);
  if (!kind.ok()) return kind.status();
  out->kind = *kind;
  out->customer = in.customer;
  out->version = in.version;
  Status status = ReadIdentifier(in.identifier, &out->identifier);
  if (status.ok()) status = CopyText(in.type, "type", &out->type);
  return status;
}

Status ReadConditions(const crm_append_options& in,
                      std::vector<Condition>* out) {
  Status status =
      CheckArray(in.conditions, in.condition_count, "options.conditions");
  if (!status.ok()) return status;
  if (in.condition_count > kMaxRequestEvents) {
    return Status(StatusCode::kTooLarge, "options.conditions: at most 10,000");
  }
  out->resize(in.condition_count);
  for (size_t i = 0; status.ok() && i < in.condition_count; ++i) {
    status = ReadCondition(in.conditions[i], &(*out)[i]);
    if (!status.ok()) {
      return Status(status.code(), "condition " + std::to_string(i) + ": " +
                                       std::string(status.message()));
    }
  }
  return status;
}

Status ReadRecordedAt(const crm_append_options& in,
                      std::vector<Timestamp>* out) {
  Status status = CheckArray(in.recorded_at_us, in.recorded_at_count,
                             "options.recorded_at_us");
  if (!status.ok()) return status;
  if (in.recorded_at_count > kMaxRequestEvents) {
    return Status(StatusCode::kTooLarge,
                  "options.recorded_at_count: at most 10,000");
  }
  out->reserve(in.recorded_at_count);
  for (const int64_t us : std::span(in.recorded_at_us, in.recorded_at_count)) {
    out->push_back(Time(us));
  }
  return status;
}

// A dry run is of one tenant of one store.
Status UseDryRun(const crm_dry_run* handle, const TenantState& tenant,
                 std::shared_ptr<DryRun>* out) {
  Status status = Check(handle, "options.dry_run");
  if (!status.ok()) return status;
  const std::shared_ptr<DryRunBox>& box = StateOf(handle);
  if (!box->used) {
    box->tenant = tenant.tenant.name();
    std::lock_guard<std::mutex> lock(tenant.health->mutex);
    std::erase_if(tenant.health->dry_runs,
                  [](const auto& one) { return one.expired(); });
    tenant.health->dry_runs.push_back(box);
    box->owner = tenant.health;
    box->used = true;
  }
  if (box->run == nullptr) {
    return Status(StatusCode::kFailedPrecondition,
                  "options.dry_run: its store was closed");
  }
  if (box->owner.lock() != tenant.health ||
      box->tenant != tenant.tenant.name()) {
    return Invalid("options.dry_run: belongs to another tenant");
  }
  *out = box->run;
  return status;
}

Status CheckPlace(const OrderState& order, uint64_t place, const char* name) {
  if (place < order.taken.load()) return Status::Ok();
  return Invalid(std::string(name) + ": nobody has taken the place " +
                 std::to_string(place));
}

// First of all: from here on the place is passed, whatever is wrong.
Status ReadOrder(const crm_append_options* options, crm_append_options* in,
                 AppendOptions* out) {
  Status status = ReadOptions(options, "options", kAppendFlags, in);
  if (!status.ok() || in->order == nullptr) return status;
  status = Check(in->order, "options.order");
  if (!status.ok()) return status;
  const std::shared_ptr<OrderState>& order = StateOf(in->order);
  status = CheckPlace(*order, in->place, "options.place");
  if (!status.ok()) return status;
  out->order = std::shared_ptr<AppendOrder>(order, &order->order);
  out->place = in->place;
  return status;
}

Status ReadAppendOptions(const crm_append_options& in,
                         const TenantState& tenant, AppendOptions* out) {
  out->partial = (in.flags & CRM_APPEND_PARTIAL) != 0;
  out->backfill = (in.flags & CRM_APPEND_BACKFILL) != 0;
  out->ignore_tenant = (in.flags & CRM_APPEND_IGNORE_TENANT) != 0;
  Status status = ReadDurability(in.durability, &out->durability);
  if (status.ok() && (in.offset_name.size != 0 || in.offset_value.size != 0)) {
    HostOffset& offset = out->offset.emplace();
    status = CopyText(in.offset_name, "options.offset_name", &offset.name);
    if (status.ok()) {
      status = CopyText(in.offset_value, "options.offset_value", &offset.value);
    }
  }
  if (status.ok()) status = ReadConditions(in, &out->conditions);
  if (status.ok()) status = ReadRecordedAt(in, &out->recorded_at);
  if (status.ok() && in.dry_run != nullptr) {
    status = UseDryRun(in.dry_run, tenant, &out->dry_run);
  }
  return status;
}

int32_t OutcomeOf(Outcome outcome) { return static_cast<int32_t>(outcome); }
static_assert(static_cast<int>(Outcome::kAppended) == CRM_OUTCOME_APPENDED);
static_assert(static_cast<int>(Outcome::kErased) == CRM_OUTCOME_ERASED);

// There are few namespaces.
std::string_view Keep(std::deque<std::string>& namespaces,
                      std::string_view name) {
  if (name.empty()) return {};
  for (const std::string& known : namespaces) {
    if (known == name) return known;
  }
  return namespaces.emplace_back(name);
}

void ShowOutcome(const EventOutcome& from, AppendResultState* state) {
  crm_event_outcome out = {};
  out.outcome = OutcomeOf(from.outcome);
  out.confidence = from.confidence;
  out.flags = (from.new_record ? uint32_t{CRM_OUTCOME_NEW_RECORD} : 0) |
              (from.new_customer ? uint32_t{CRM_OUTCOME_NEW_CUSTOMER} : 0) |
              (from.warning.ok() ? 0 : uint32_t{CRM_OUTCOME_SCHEMA_WARNING}) |
              (from.contested ? uint32_t{CRM_OUTCOME_CONTESTED} : 0);
  out.code = static_cast<crm_status>(from.status.code());
  out.position = from.position;
  out.record = from.record;
  out.customer = from.customer;
  out.revision = from.revision;
  out.matched_by = Slice(Keep(state->namespaces, from.matched_by));
  out.message =
      Slice(from.status.ok() ? from.warning.message() : from.status.message());
  out.withheld_count = from.withheld.size();
  if (!from.withheld.empty()) {
    // There is room for all, so that addresses stay.
    out.withheld = state->withheld.data() + state->withheld.size();
  }
  for (const WithheldIdentifier& one : from.withheld) {
    state->withheld.push_back({Slice(one.name_space),
                               one.owner,
                               static_cast<int32_t>(one.reason),
                               0,
                               {}});
  }
  out.merged = from.merged.data();
  out.merged_count = from.merged.size();
  out.reviews = from.reviews.data();
  out.review_count = from.reviews.size();
  state->events.push_back(out);
}

void Fill(AppendResultState* state) {
  const AppendResult& from = state->result;
  size_t withheld = 0;
  for (const EventOutcome& event : from.events) {
    withheld += event.withheld.size();
  }
  state->withheld.reserve(withheld);
  state->events.reserve(from.events.size());
  for (const EventOutcome& event : from.events) ShowOutcome(event, state);
  crm_append_result_view& view = state->view;
  view.events = state->events.data();
  view.event_count = state->events.size();
  view.appended = from.appended;
  view.duplicates = from.duplicates;
  view.rejected = from.rejected;
  view.customers_created = from.customers_created;
  view.unattributed = from.unattributed;
  view.position = from.position;
  view.erased = from.erased;
}

}  // namespace

Status ReadAllAppendOptions(const crm_append_options* options,
                            const TenantState& tenant, AppendOptions* out) {
  crm_append_options in = CRM_APPEND_OPTIONS_INIT;
  Status status = ReadOrder(options, &in, out);
  return status.ok() ? ReadAppendOptions(in, tenant, out) : status;
}

Status GiveResult(AppendResult result, crm_append_result** out) {
  if (out == nullptr) return Status::Ok();
  auto state =
      std::make_unique<AppendResultState>(AppendResultState{std::move(result)});
  Fill(state.get());
  *out = Adopt<crm_append_result>(std::move(state));
  return Status::Ok();
}

namespace {

// Appends what `read` makes of the caller's events, by `append`.
template <typename T, typename Read, typename Append>
Status AppendAll(crm_tenant* tenant, const void* events, size_t count,
                 const crm_append_options* options, crm_append_result** out,
                 Read read, Append append) {
  if (out != nullptr) *out = nullptr;
  AppendOptions own;
  const PlaceInOrder place(own);
  crm_append_options in = CRM_APPEND_OPTIONS_INIT;
  Status status = ReadOrder(options, &in, &own);
  if (status.ok()) status = Check(tenant, "tenant");
  if (!status.ok()) return status;
  TenantState& state = StateOf(tenant);
  status = ReadAppendOptions(in, state, &own);
  if (status.ok()) status = CheckCount(events, count);
  if (!status.ok()) return status;
  std::vector<T> all(count);
  for (size_t i = 0; i < count; ++i) {
    status = read(i, &all[i]);
    if (!status.ok()) return InEvent(i, status);
  }
  const Writing writing(*state.health);
  status = writing.Begin();
  if (!status.ok()) return status;
  Result<AppendResult> result = append(state.tenant, all, own);
  if (!result.ok()) return writing.End(result.status());
  return GiveResult(*std::move(result), out);
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_append(crm_tenant* tenant, const crm_event* events,
                             size_t event_count,
                             const crm_append_options* options,
                             crm_append_result** out,
                             crm_error** error) noexcept {
  return Guard(error, [&] {
    return AppendAll<crm::Event>(
        tenant, events, event_count, options, out,
        [&](size_t i, crm::Event* event) {
          return ReadEvent(events[i], event);
        },
        [](crm::Tenant& to, const std::vector<crm::Event>& all,
           const crm::AppendOptions& own) {
          return to.Append(std::span(all), own);
        });
  });
}

crm_status crm_tenant_append_json(crm_tenant* tenant, const crm_slice* events,
                                  size_t event_count,
                                  const crm_append_options* options,
                                  crm_append_result** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&] {
    return AppendAll<std::string_view>(
        tenant, events, event_count, options, out,
        [&](size_t i, std::string_view* text) {
          crm::Status status = CheckSlice(events[i], "json");
          if (status.ok()) *text = View(events[i]);
          return status;
        },
        [](crm::Tenant& to, const std::vector<std::string_view>& all,
           const crm::AppendOptions& own) {
          return to.AppendJson(std::span(all), own);
        });
  });
}

const crm_append_result_view* crm_append_result_read(
    const crm_append_result* result) noexcept {
  return ReadView(result);
}

void crm_append_result_free(crm_append_result* result) noexcept {
  Free(result);
}

crm_status crm_dry_run_new(crm_dry_run** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (!status.ok()) return status;
    auto box = std::make_shared<DryRunBox>();
    box->run = crm::NewDryRun();
    *out = Make<crm_dry_run>(std::move(box));
    return status;
  });
}

void crm_dry_run_free(crm_dry_run* dry_run) noexcept { Free(dry_run); }

crm_status crm_append_order_new(crm_append_order** out,
                                crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (!status.ok()) return status;
    *out = Make<crm_append_order>(std::make_shared<OrderState>());
    return status;
  });
}

crm_status crm_append_order_take_place(crm_append_order* order, uint64_t* place,
                                       crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (place == nullptr) return Invalid("place: NULL");
    *place = 0;
    crm::Status status = Check(order, "order");
    if (!status.ok()) return status;
    OrderState& state = *StateOf(order);
    *place = state.order.TakePlace();
    // Whoever took a later one may be quicker.
    uint64_t taken = state.taken.load();
    while (taken <= *place &&
           !state.taken.compare_exchange_weak(taken, *place + 1)) {
    }
    return status;
  });
}

crm_status crm_append_order_wait(crm_append_order* order, uint64_t place,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(order, "order");
    if (status.ok()) status = CheckPlace(*StateOf(order), place, "place");
    if (status.ok()) StateOf(order)->order.WaitFor(place);
    return status;
  });
}

crm_status crm_append_order_pass(crm_append_order* order, uint64_t place,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(order, "order");
    if (status.ok()) status = CheckPlace(*StateOf(order), place, "place");
    if (status.ok()) StateOf(order)->order.Pass(place);
    return status;
  });
}

void crm_append_order_free(crm_append_order* order) noexcept { Free(order); }
