// A subscription behind its handle.

#ifndef CRM_STORE_SUBSCRIPTION_IMPL_H_
#define CRM_STORE_SUBSCRIPTION_IMPL_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "crm/subscription.h"
#include "store/event_opener.h"
#include "store/subscription_rows.h"

namespace crm {

// Looks at the log in short steps, each with an iterator of its own, and keeps
// the events of a step that are for this subscription as they are stored.
struct Subscription::Impl {
  using TimePoint = std::chrono::steady_clock::time_point;

  Impl(std::shared_ptr<StoreCore> core, const TenantInfo& tenant,
       const SubscriptionOptions& options);
  // Frees its place in StoreCore::subscribed.
  ~Impl();

  Result<bool> Next(Message* message, std::chrono::milliseconds timeout);
  Status Acknowledge(Position position, std::optional<Durability> durability);

  const std::shared_ptr<StoreCore> core;
  const uint32_t tenant;
  const TenantInfo info;
  const SubscriptionOptions options;
  std::string key;  // Of its checkpoint; empty: not registered.

  std::atomic<bool> cancelled{false};
  std::atomic<Position> position{0};
  std::atomic<Position> acknowledged{0};
  Mutex acknowledge_mutex;  // One Acknowledge at a time.

  // The rest belongs to the thread that calls Next.

  // An event as stored; `record` views `value`. Or the changes of a choice.
  struct Slot {
    Position position = 0;
    std::string value;
    LogRecord record;
    std::vector<IdentityChange> changes;
  };
  std::deque<Slot> slots;  // The first slot_count are filled; never shrinks.
  size_t slot_count = 0;
  size_t next_slot = 0;
  size_t next_change = 0;  // Of that slot.
  Position next = 1;       // Of the log: not looked at.
  Position told = 0;       // Position of the last message.
  bool caught_up = false;  // Said, and no event was delivered since.
  // By number: not known yet, wanted or not.
  enum class Verdict : uint8_t { kUnknown = 0, kWanted, kUnwanted };
  std::vector<Verdict> types;
  std::vector<Verdict> sources;
  LogRecordReader reader;
  EventOpener opener;

  Status Look(Position head);
  Status LookAt(std::string_view value);
  // Whether the slot has something for this subscription.
  Result<bool> Fill(Slot* slot);
  bool Wants(const EventHeader& header, Position at);
  bool WantsName(NameKind kind, uint32_t number,
                 const std::vector<std::string>& wanted,
                 std::vector<Verdict>* verdicts) const;
  Status Deliver(Message* message);
  Status DeliverEvent(const Slot& slot, Message* message);
  void DeliverChange(const Slot& slot, Message* message);
  void Tell(Message::Kind kind, Message* message);
  Status CheckWaiting() const;
};

}  // namespace crm

#endif  // CRM_STORE_SUBSCRIPTION_IMPL_H_
