// Subscription: looking at the log, delivering, waiting, acknowledging.

#include "crm/subscription.h"

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "identity/changes.h"
#include "identity/choice.h"
#include "store/erased.h"
#include "store/lag.h"
#include "store/sequencer.h"
#include "store/subscription_impl.h"

namespace crm {
namespace {

// A step ends when it has looked at so many records, or keeps so much.
constexpr Position kStepRecords = 4096;
constexpr size_t kStepEvents = 512;
constexpr size_t kStepBytes = size_t{1} << 20;
// Up to so many records single look-ups are cheaper than an iterator.
constexpr Position kFewRecords = 4;
Message::Kind KindOf(IdentityChange::Kind change) {
  switch (change) {
    case IdentityChange::Kind::kMerged:
      return Message::Kind::kMerged;
    case IdentityChange::Kind::kSplit:
      return Message::Kind::kSplit;
    case IdentityChange::Kind::kErased:
      return Message::Kind::kErased;
  }
  return Message::Kind::kSplit;
}

constexpr std::chrono::milliseconds kLongestPull = std::chrono::hours(24 * 365);

}  // namespace

Subscription::Impl::Impl(std::shared_ptr<StoreCore> store, const TenantInfo& of,
                         const SubscriptionOptions& wanted)
    : core(std::move(store)), tenant(of.id), info(of), options(wanted) {}

Subscription::Impl::~Impl() {
  if (key.empty()) return;
  MutexLock lock(core->subscriptions_mutex);
  core->subscribed.erase(key);
}

bool Subscription::Impl::WantsName(NameKind kind, uint32_t number,
                                   const std::vector<std::string>& wanted,
                                   std::vector<Verdict>* verdicts) const {
  if (wanted.empty()) return true;
  if (number >= verdicts->size()) {
    verdicts->resize(size_t{core->names.Count(kind)} + 1);
    if (number >= verdicts->size()) return false;  // No name of the log.
  }
  Verdict& verdict = (*verdicts)[number];
  if (verdict == Verdict::kUnknown) {
    const std::string_view name = core->names.Text(kind, number);
    verdict = std::find(wanted.begin(), wanted.end(), name) != wanted.end()
                  ? Verdict::kWanted
                  : Verdict::kUnwanted;
  }
  return verdict == Verdict::kWanted;
}

bool Subscription::Impl::Wants(const EventHeader& header, Position at) {
  if (header.tenant != tenant) return false;
  if (options.skip_backfill && (header.flags & kEventBackfill) != 0) {
    return false;
  }
  return WantsName(NameKind::kType, header.type, options.types, &types) &&
         WantsName(NameKind::kSource, header.source, options.sources,
                   &sources) &&
         ShareOf(header.customer, at, options.consumers) == options.consumer;
}

// The changes are read here, because only then is it known whether a choice has
// any: most have none, and nobody is to be woken for them.
Result<bool> Subscription::Impl::Fill(Slot* slot) {
  slot->changes.clear();
  if (slot->record.kind == LogKind::kEvent) {
    return Wants(slot->record.event, slot->position);
  }
  if (slot->record.kind != LogKind::kIdentity ||
      slot->record.tenant != tenant || options.skip_identity) {
    return false;
  }
  IdentityChoice choice;
  Status status = ReadChoice(*core->log_view, core->keyring.get(),
                             slot->position, slot->record, &choice);
  if (!status.ok()) return status;
  slot->changes = ChangesOf(choice);
  return !slot->changes.empty();
}

// The record at `next`: into a slot, if it is wanted.
Status Subscription::Impl::LookAt(std::string_view value) {
  if (slot_count == slots.size()) slots.emplace_back();
  Slot& slot = slots[slot_count];
  slot.position = next;
  slot.value.assign(value);
  Status status = reader.Read(slot.value, &slot.record);
  if (!status.ok()) {
    return Status(status.code(), "log record " + std::to_string(next) + ": " +
                                     std::string(status.message()));
  }
  const Result<bool> wanted = Fill(&slot);
  if (!wanted.ok()) return wanted.status();
  slot_count += *wanted ? 1 : 0;
  ++next;
  return status;
}

// One step from `next` towards the head. What was found before an error is
// delivered before the error is said. REQUIRES: no slot is left.
Status Subscription::Impl::Look(Position head) {
  opener.set_upcaster(ReadUpcaster(core->definitions, tenant, head));
  slot_count = 0;
  next_slot = 0;
  next_change = 0;
  const Position until_told = options.checkpoint_interval - (next - 1 - told);
  const Position last =
      std::min(head, next - 1 + std::min(kStepRecords, until_told));
  size_t bytes = 0;
  Status status;
  if (last - next < kFewRecords) {
    std::string value;
    while (status.ok() && next <= last && bytes < kStepBytes) {
      status = core->log_view->Read(next, &value);
      if (status.ok()) status = LookAt(value);
      bytes += value.size();
    }
  } else {
    LogCursor records(*core->log, kLogEvents, next, last, false);
    while (status.ok() && next <= last && slot_count < kStepEvents &&
           bytes < kStepBytes) {
      Position at = 0;
      std::string_view value;
      const Result<bool> more = records.Next(&at, &value);
      status = more.ok() ? LookAt(value) : more.status();
      bytes += slot_count == 0 ? 0 : value.size();
    }
  }
  return slot_count > 0 ? Status::Ok() : status;
}

void Subscription::Impl::Tell(Message::Kind kind, Message* message) {
  *message = Message();
  message->kind = kind;
  message->position = position.load();
  told = message->position;
}

Status Subscription::Impl::Deliver(Message* message) {
  const Slot& slot = slots[next_slot];
  if (!slot.changes.empty()) {
    DeliverChange(slot, message);
    return Status::Ok();
  }
  return DeliverEvent(slot, message);
}

// A position is done with when all of its changes are: until then it stays
// before the choice, and so does what can be acknowledged.
void Subscription::Impl::DeliverChange(const Slot& slot, Message* message) {
  message->change = slot.changes[next_change];
  message->event = EventView();
  message->kind = KindOf(message->change.kind);
  const bool last = ++next_change == slot.changes.size();
  message->position = last ? slot.position : slot.position - 1;
  position.store(message->position);
  told = message->position;
  caught_up = false;
  if (!last) return;
  next_change = 0;
  ++next_slot;
}

Status Subscription::Impl::DeliverEvent(const Slot& slot, Message* message) {
  Status status = opener.Open(*core, slot.position, slot.record,
                              options.open_parts_only, &message->event);
  if (!status.ok()) {
    message->event = EventView();
    return Status(status.code(), "log record " + std::to_string(slot.position) +
                                     ": " + std::string(status.message()));
  }
  ++next_slot;
  message->change = IdentityChange();
  message->kind = Message::Kind::kEvent;
  message->position = slot.position;
  position.store(slot.position);
  told = slot.position;
  caught_up = false;
  return status;
}

Status Subscription::Impl::CheckWaiting() const {
  if (info.is_dropped()) return DroppedTenant(info.name);
  if (cancelled.load()) {
    return Status(StatusCode::kCancelled, "the subscription was cancelled");
  }
  if (core->sequencer->stop_waiting()) {
    return Status(StatusCode::kFailedPrecondition, "the store is being closed");
  }
  return Status::Ok();
}

Result<bool> Subscription::Impl::Next(Message* message,
                                      std::chrono::milliseconds timeout) {
  ReaderLock open(core->lifecycle);
  Status status = core->CheckOpen();
  if (!status.ok()) return status;
  std::optional<TimePoint> deadline;
  while (true) {
    status = CheckWaiting();
    if (!status.ok()) return status;
    if (next_slot < slot_count) {
      status = Deliver(message);
      if (!status.ok()) return status;
      return true;
    }
    position.store(next - 1);
    if (!deadline.has_value()) {
      deadline =
          std::chrono::steady_clock::now() +
          std::clamp(timeout, std::chrono::milliseconds(0), kLongestPull);
    }
    const Position head = core->sequencer->head();
    if (next <= head) {
      status = Look(head);
      if (!status.ok()) return status;
      if (next_slot < slot_count) continue;
      position.store(next - 1);
      if (next - 1 - told >= options.checkpoint_interval ||
          (next <= head && std::chrono::steady_clock::now() >= *deadline)) {
        Tell(Message::Kind::kCheckpoint, message);
        return true;
      }
      continue;
    }
    if (!caught_up) {
      Tell(Message::Kind::kCaughtUp, message);
      caught_up = true;
      return true;
    }
    const bool woken = core->head_signal.WaitUntil(*deadline, [&] {
      return core->sequencer->head() >= next || !CheckWaiting().ok();
    });
    if (!woken) return false;
  }
}

Status Subscription::Impl::Acknowledge(Position at,
                                       std::optional<Durability> durability) {
  ReaderLock open(core->lifecycle);
  Status status = core->CheckOpen();
  if (status.ok()) status = CheckNotDropped(info);
  if (!status.ok()) return status;
  if (options.name.empty()) {
    return Status(StatusCode::kFailedPrecondition,
                  "the subscription has no name to store a checkpoint under");
  }
  if (at > position.load()) {
    return Status(StatusCode::kInvalidArgument,
                  "position: " + std::to_string(at) + " is beyond " +
                      std::to_string(position.load()) +
                      ", up to which was delivered");
  }
  const bool sync = durability.value_or(Durability::kOs) == Durability::kSync;
  MutexLock one(acknowledge_mutex);
  if (at <= acknowledged.load()) {
    return sync ? core->sequencer->Sync() : Status::Ok();
  }
  const Result<uint64_t> fingerprint = FingerprintAt(*core, at);
  if (!fingerprint.ok()) return fingerprint.status();
  Batch batch;
  batch.Put(kLogOps, key,
            EncodeSubscription({options.name, options.consumer,
                                options.consumers, at, *fingerprint}));
  status = core->sequencer->WriteBeside(batch, sync);
  if (status.ok()) acknowledged.store(at);
  return status;
}

Subscription::Subscription(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&&) noexcept = default;
Subscription::~Subscription() = default;

Result<bool> Subscription::Next(Message* message,
                                std::chrono::milliseconds timeout) {
  return impl_->Next(message, timeout);
}

Status Subscription::Acknowledge(Position position,
                                 std::optional<Durability> durability) {
  return impl_->Acknowledge(position, durability);
}

Result<Lag> Subscription::GetLag() const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->core->CheckOpen();
  if (status.ok()) status = CheckNotDropped(impl_->info);
  if (!status.ok()) return status;
  return LagBehind(*impl_->core, impl_->tenant, impl_->position.load());
}

void Subscription::Cancel() {
  impl_->cancelled.store(true);
  impl_->core->head_signal.Raise();
}

Position Subscription::position() const { return impl_->position.load(); }

Position Subscription::acknowledged() const {
  return impl_->acknowledged.load();
}

}  // namespace crm
