// Subscriptions: reading, acknowledging, lag, stored checkpoints.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

static_assert(crm::kFromNow == CRM_FROM_NOW);
static_assert(crm::kMaxConsumers == CRM_MAX_CONSUMERS);

namespace crm::capi {
namespace {

constexpr uint32_t kSubscriptionFlags = CRM_SUBSCRIPTION_SKIP_BACKFILL |
                                        CRM_SUBSCRIPTION_OPEN_PARTS_ONLY |
                                        CRM_SUBSCRIPTION_SKIP_IDENTITY;
constexpr uint64_t kYearMs = 31'536'000'000;

Status ReadSubscriptionOptions(const crm_subscription_options* options,
                               SubscriptionOptions* out) {
  crm_subscription_options in = CRM_SUBSCRIPTION_OPTIONS_INIT;
  Status status = ReadOptions(options, "options", kSubscriptionFlags, &in);
  if (status.ok()) status = CheckSlice(in.name, "options.name");
  if (status.ok() && in.reserved0 != 0) {
    status = Invalid("options.reserved0: must be zero");
  }
  if (status.ok()) {
    status = ReadTexts(in.types, in.type_count, "options.types", &out->types);
  }
  if (status.ok()) {
    status = ReadTexts(in.sources, in.source_count, "options.sources",
                       &out->sources);
  }
  if (!status.ok()) return status;
  out->name = View(in.name);
  out->after = in.after;
  out->skip_backfill = (in.flags & CRM_SUBSCRIPTION_SKIP_BACKFILL) != 0;
  out->open_parts_only = (in.flags & CRM_SUBSCRIPTION_OPEN_PARTS_ONLY) != 0;
  out->skip_identity = (in.flags & CRM_SUBSCRIPTION_SKIP_IDENTITY) != 0;
  out->consumer = in.consumer;
  if (in.consumers != 0) out->consumers = in.consumers;
  if (in.checkpoint_interval != 0) {
    out->checkpoint_interval = in.checkpoint_interval;
  }
  return status;
}

bool IsChange(const Message& message) {
  return message.kind == Message::Kind::kMerged ||
         message.kind == Message::Kind::kSplit ||
         message.kind == Message::Kind::kErased;
}

crm_lag ShowLag(const Lag& from) {
  crm_lag out = {};
  out.positions = from.positions;
  out.events = from.events;
  out.time_us = from.time.count();
  if (from.oldest.has_value()) {
    out.oldest_us = Microseconds(*from.oldest);
    out.flags = CRM_LAG_HAS_OLDEST;
  }
  return out;
}

void Fill(SubscriptionListState* state) {
  for (const SubscriptionInfo& from : state->list) {
    crm_subscription_info& out = state->subscriptions.emplace_back();
    out.name = Slice(from.name);
    out.consumer = from.consumer;
    out.consumers = from.consumers;
    out.position = from.position;
    out.lag = ShowLag(from.lag);
    out.flags =
        (from.live ? uint32_t{CRM_SUBSCRIPTION_INFO_LIVE} : 0) |
        (from.rolled_back ? uint32_t{CRM_SUBSCRIPTION_INFO_ROLLED_BACK} : 0);
  }
  state->view.subscriptions = state->subscriptions.data();
  state->view.count = state->subscriptions.size();
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_subscribe(crm_tenant* tenant,
                                const crm_subscription_options* options,
                                crm_subscription** out,
                                crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(tenant, "tenant");
    crm::SubscriptionOptions own;
    if (status.ok()) status = ReadSubscriptionOptions(options, &own);
    if (!status.ok()) return status;
    TenantState& state = StateOf(tenant);
    const Writing writing(*state.health);
    status = writing.Begin();
    if (!status.ok()) return status;
    auto subscription = state.tenant.Subscribe(own);
    if (!subscription.ok()) return writing.End(subscription.status());
    *out = Make<crm_subscription>(*std::move(subscription), state.health);
    return status;
  });
}

crm_status crm_subscription_next(crm_subscription* subscription,
                                 uint64_t timeout_ms, crm_message* out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Result<crm_status> {
    if (out == nullptr) return Invalid("out: NULL");
    Emptied emptied(out);
    const crm::Status usable = Check(subscription, "subscription");
    if (!usable.ok()) return usable;
    SubscriptionState& state = StateOf(subscription);
    const auto timeout = std::chrono::milliseconds(
        static_cast<int64_t>(std::min(timeout_ms, kYearMs)));
    const crm::Result<bool> more =
        state.subscription.Next(&state.message, timeout);
    if (!more.ok()) return more.status();
    if (!*more) return crm_status{CRM_DONE};
    out->kind = static_cast<int32_t>(state.message.kind);
    out->reserved0 = 0;
    out->position = state.message.position;
    if (state.message.kind == crm::Message::Kind::kEvent) {
      ShowEvent(state.message.event, &out->event);
    } else {
      out->event = crm_event_view();
    }
    out->change = IsChange(state.message) ? ShowChange(state.message.change)
                                          : crm_identity_change();
    std::fill(std::begin(out->reserved), std::end(out->reserved), 0);
    emptied.Keep();
    return crm_status{CRM_OK};
  });
}

crm_status crm_subscription_acknowledge(crm_subscription* subscription,
                                        uint64_t position, int32_t durability,
                                        crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(subscription, "subscription");
    std::optional<crm::Durability> wanted;
    if (status.ok()) status = ReadDurability(durability, &wanted);
    if (!status.ok()) return status;
    return Write(StateOf(subscription), [&](SubscriptionState& state) {
      return state.subscription.Acknowledge(position, wanted);
    });
  });
}

crm_status crm_subscription_get_lag(crm_subscription* subscription,
                                    const crm_read_options* options,
                                    crm_lag* out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = crm_lag();
    crm::Status status = Check(subscription, "subscription");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    const auto lag = StateOf(subscription).subscription.GetLag();
    if (lag.ok()) *out = ShowLag(*lag);
    return lag.status();
  });
}

crm_status crm_subscription_cancel(crm_subscription* subscription,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(subscription, "subscription");
    if (status.ok()) StateOf(subscription).subscription.Cancel();
    return status;
  });
}

uint64_t crm_subscription_position(
    const crm_subscription* subscription) noexcept {
  return GuardValue(uint64_t{0}, [&]() -> uint64_t {
    if (!Check(subscription, "subscription").ok()) return 0;
    return StateOf(subscription).subscription.position();
  });
}

uint64_t crm_subscription_acknowledged(
    const crm_subscription* subscription) noexcept {
  return GuardValue(uint64_t{0}, [&]() -> uint64_t {
    if (!Check(subscription, "subscription").ok()) return 0;
    return StateOf(subscription).subscription.acknowledged();
  });
}

void crm_subscription_free(crm_subscription* subscription) noexcept {
  Free(subscription);
}

crm_status crm_tenant_list_subscriptions(crm_tenant* tenant,
                                         const crm_read_options* options,
                                         crm_subscription_list** out,
                                         crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto list = StateOf(tenant).tenant.ListSubscriptions();
    if (!list.ok()) return list.status();
    auto state = std::make_unique<SubscriptionListState>();
    state->list = *std::move(list);
    Fill(state.get());
    *out = Adopt<crm_subscription_list>(std::move(state));
    return status;
  });
}

const crm_subscription_list_view* crm_subscription_list_read(
    const crm_subscription_list* list) noexcept {
  return ReadView(list);
}

void crm_subscription_list_free(crm_subscription_list* list) noexcept {
  Free(list);
}

crm_status crm_tenant_drop_subscription(crm_tenant* tenant, crm_slice name,
                                        crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckSlice(name, "name");
    if (!status.ok()) return status;
    return Write(StateOf(tenant), [&](TenantState& state) {
      return state.tenant.DropSubscription(View(name));
    });
  });
}
