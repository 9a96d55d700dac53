// What a Tenant does with subscriptions: open, list and drop them.

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "base/utf8.h"
#include "store/lag.h"
#include "store/sequencer.h"
#include "store/subscription_impl.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

constexpr size_t kNameBytes = 128;

Status CheckNames(std::string_view field,
                  const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    Status status = CheckName(field, name, kNameBytes);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status CheckSubscriptionOptions(const SubscriptionOptions& options) {
  Status status = CheckOptionalName("name", options.name, kNameBytes);
  if (status.ok()) status = CheckNames("types", options.types);
  if (status.ok()) status = CheckNames("sources", options.sources);
  if (!status.ok()) return status;
  if (options.consumers < 1 || options.consumers > kMaxConsumers) {
    return Status(StatusCode::kInvalidArgument, "consumers: 1 to 1,024");
  }
  if (options.consumer >= options.consumers) {
    return Status(StatusCode::kInvalidArgument,
                  "consumer: less than consumers, counted from 0");
  }
  if (options.checkpoint_interval == 0) {
    return Status(StatusCode::kInvalidArgument,
                  "checkpoint_interval: 1 or more");
  }
  return status;
}

// Where it begins that has no checkpoint.
Result<Position> Beginning(const StoreCore& core,
                           const SubscriptionOptions& options) {
  const Position head = core.sequencer->head();
  if (options.after == kFromNow) return head;
  if (options.after <= head) return options.after;
  return Status(StatusCode::kRolledBack,
                "after: position " + std::to_string(options.after) +
                    ", the log ends at " + std::to_string(head));
}

// The first checkpoint of all consumers of a name. Returns what they begin at.
Result<Position> StoreBeginning(StoreCore& core, uint32_t tenant,
                                const SubscriptionOptions& options) {
  const Result<Position> position = Beginning(core, options);
  if (!position.ok()) return position;
  const Result<uint64_t> fingerprint = FingerprintAt(core, *position);
  if (!fingerprint.ok()) return fingerprint.status();
  Batch batch;
  for (uint32_t consumer = 0; consumer < options.consumers; ++consumer) {
    batch.Put(kLogOps, SubscriptionKey(tenant, options.name, consumer),
              EncodeSubscription({options.name, consumer, options.consumers,
                                  *position, *fingerprint}));
  }
  Status status = core.sequencer->WriteBeside(batch, false);
  if (!status.ok()) return status;
  return position;
}

// Where a named one begins.
Result<Position> Resume(StoreCore& core, uint32_t tenant,
                        const SubscriptionOptions& options)
    CRM_REQUIRES(core.subscriptions_mutex) {
  std::vector<SubscriptionRow> rows;
  Status status = ReadSubscriptions(core, tenant, options.name, &rows);
  if (!status.ok()) return status;
  if (rows.empty()) return StoreBeginning(core, tenant, options);
  if (rows[0].consumers != options.consumers) {
    return Status(StatusCode::kConflict, "consumers: the checkpoints of " +
                                             options.name + " are those of " +
                                             std::to_string(rows[0].consumers));
  }
  if (rows.size() != options.consumers) {
    return Status(StatusCode::kCorruption, "a checkpoint of subscription " +
                                               options.name + " is missing");
  }
  const SubscriptionRow& row = rows[options.consumer];
  status = CheckNotRolledBack(core, row);
  if (!status.ok()) return status;
  return row.position;
}

bool IsLive(const StoreCore& core, uint32_t tenant, const SubscriptionRow& row)
    CRM_REQUIRES(core.subscriptions_mutex) {
  return core.subscribed.contains(
      SubscriptionKey(tenant, row.name, row.consumer));
}

}  // namespace

Result<Subscription> Tenant::Subscribe(const SubscriptionOptions& options) {
  StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckSubscriptionOptions(options);
  if (!status.ok()) return status;
  auto impl =
      std::make_unique<Subscription::Impl>(impl_->core, impl_->info, options);
  Result<Position> begin(Position{0});
  if (options.name.empty()) {
    begin = Beginning(core, options);
  } else {
    std::string key =
        SubscriptionKey(impl_->info.id, options.name, options.consumer);
    MutexLock lock(core.subscriptions_mutex);
    if (core.subscribed.contains(key)) {
      return Status(StatusCode::kBusy,
                    "subscription " + options.name + ", consumer " +
                        std::to_string(options.consumer) + ": is open");
    }
    begin = Resume(core, impl_->info.id, options);
    if (begin.ok()) {
      core.subscribed.insert(key);
      impl->key.swap(key);  // Cannot fail: now it is given back.
    }
  }
  if (!begin.ok()) return begin.status();
  impl->position.store(*begin);
  impl->acknowledged.store(*begin);
  impl->next = *begin + 1;
  impl->told = *begin;
  return Subscription(std::move(impl));
}

Result<std::vector<SubscriptionInfo>> Tenant::ListSubscriptions() const {
  StoreCore& core = *impl_->core;
  const uint32_t tenant = impl_->info.id;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  std::vector<SubscriptionRow> rows;
  std::vector<SubscriptionInfo> list;
  {
    MutexLock lock(core.subscriptions_mutex);
    status = ReadSubscriptions(core, tenant, {}, &rows);
    for (const SubscriptionRow& row : rows) {
      SubscriptionInfo& info = list.emplace_back();
      info.name = row.name;
      info.consumer = row.consumer;
      info.consumers = row.consumers;
      info.position = row.position;
      info.live = IsLive(core, tenant, row);
    }
  }
  for (size_t i = 0; status.ok() && i < rows.size(); ++i) {
    status = CheckNotRolledBack(core, rows[i]);
    list[i].rolled_back = status.code() == StatusCode::kRolledBack;
    if (list[i].rolled_back) status = Status::Ok();
    if (!status.ok() || list[i].rolled_back) continue;
    // Consumers of a name are often at one place: it is measured once.
    if (i > 0 && !list[i - 1].rolled_back &&
        rows[i].position == rows[i - 1].position) {
      list[i].lag = list[i - 1].lag;
      continue;
    }
    const Result<Lag> lag = LagBehind(core, tenant, rows[i].position);
    if (!lag.ok()) return lag.status();
    list[i].lag = *lag;
  }
  if (!status.ok()) return status;
  return list;
}

Status Tenant::DropSubscription(std::string_view name) {
  StoreCore& core = *impl_->core;
  const uint32_t tenant = impl_->info.id;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckName("name", name, kNameBytes);
  if (!status.ok()) return status;
  MutexLock lock(core.subscriptions_mutex);
  std::vector<SubscriptionRow> rows;
  status = ReadSubscriptions(core, tenant, name, &rows);
  if (!status.ok()) return status;
  if (rows.empty()) {
    return Status(StatusCode::kNotFound, "no such subscription");
  }
  Batch batch;
  for (const SubscriptionRow& row : rows) {
    if (IsLive(core, tenant, row)) {
      return Status(StatusCode::kBusy,
                    "subscription " + row.name + ", consumer " +
                        std::to_string(row.consumer) + ": is open");
    }
    batch.Delete(kLogOps, SubscriptionKey(tenant, row.name, row.consumer));
  }
  return core.sequencer->WriteBeside(batch, true);
}

}  // namespace crm
