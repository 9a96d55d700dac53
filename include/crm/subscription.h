// Subscriptions: what is appended, as it is appended, without missing any.
//
//   crm::SubscriptionOptions options;
//   options.name = "mailer";
//   auto mailer = tenant->Subscribe(options);
//   crm::Message message;
//   while (running) {
//     auto got = mailer->Next(&message, std::chrono::seconds(1));
//     if (!got.ok()) return got.status();  // kCancelled, kCorruption, ...
//     if (!*got) continue;                 // Nothing new within a second.
//     if (message.kind == crm::Message::Kind::kEvent) Send(message.event);
//     status = mailer->Acknowledge(message.position);
//   }
//
// A subscription first catches up with the log and then follows it: an event
// can be read as soon as its append is acknowledged, and never before. The
// consumer pulls. Nothing is queued for it: one that is slow, or away for a
// week, costs the store nothing but its lag.
//
// Promises. Events come in the order of their positions. A subscription gives
// each event that its options ask for once, whatever is appended meanwhile.
// One that is opened again goes on behind the last position that was
// acknowledged, so that what was delivered and not acknowledged comes again:
// consumers should be ready for repetitions after a crash, by the event's id
// or its position. What was acknowledged never comes again.
//
// Changes of who is who (merges, unmerges, re-resolves; see crm/identity.h)
// come between the events, where they were made: a merge that an event causes
// comes before that event. Erasures have no messages yet, because nothing in
// the log says them yet. They will be a kind of their own: treat a kind that
// you do not know as kCheckpoint.
//
// A choice may be several changes, which come one after the other. The position
// of a message but the last of them is that before the choice, so that
// acknowledging message by message is right: a consumer that stops in between
// gets all of them again.

#ifndef CRM_INCLUDE_SUBSCRIPTION_H_
#define CRM_INCLUDE_SUBSCRIPTION_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crm/event.h"
#include "crm/identity.h"
#include "crm/options.h"
#include "crm/status.h"
#include "crm/types.h"

namespace crm {

// For SubscriptionOptions::after: whatever the head is now.
inline constexpr Position kFromNow = ~Position{0};
// The most consumers that one subscription can be divided among.
inline constexpr uint32_t kMaxConsumers = 1024;

struct SubscriptionOptions {
  // Under this name the store keeps how far it was acknowledged: 1 to 128
  // bytes, no control characters, not personal. Names belong to the tenant.
  // Empty: nothing is kept, and the host gives `after` itself.
  std::string name = {};

  // Where to begin: behind this position. Zero: at the beginning of the log.
  // The head, or kFromNow: with what comes from now on. Beyond the head is
  // kRolledBack. Looked at only when no checkpoint is stored under the name;
  // the first Subscribe stores it at once, for all consumers, so that a crash
  // before the first Acknowledge skips nothing.
  Position after = 0;

  // Which events are wanted; empty: all. These are not stored: who asks for
  // another type later gets it from the checkpoint on. They are looked at in
  // the open part of an event, so that what is left out costs no decryption.
  std::vector<std::string> types = {};
  std::vector<std::string> sources = {};
  // Leave out what was appended as backfill.
  bool skip_backfill = false;

  // Leave out kMerged, kSplit and kErased. Otherwise every consumer gets all of
  // them, whatever its types, sources and share: a change concerns two
  // customers, whose events may go to two consumers.
  bool skip_identity = false;

  // Do not open sealed parts: several times faster, and needs no key of a
  // record (kMerged, kSplit, kErased are opened with the tenant's).
  bool open_parts_only = false;

  // This is consumer number `consumer`, from 0, of `consumers`, 1 to
  // kMaxConsumers: it gets its share of the events, and the shares of all
  // consumers together are all events, each once. All events of a customer go
  // to the same consumer, in order; her number alone decides which, on every
  // machine and for good. An event that belongs to nobody goes to one of
  // them. Each consumer has a checkpoint of its own. Their number is fixed
  // with the name: another one is kConflict. To change it, take the least
  // position of ListSubscriptions, DropSubscription, and begin after that.
  uint32_t consumers = 1;
  uint32_t consumer = 0;

  // A kCheckpoint message comes after so many log records without an event
  // for this subscription. 1 or more.
  uint64_t checkpoint_interval = 10'000;
};

// What Next gives. The numbers are those of C and Python and never change.
struct Message {
  enum class Kind : uint8_t {
    // `event` is one that was asked for, as the upcasters that there are now
    // make it (see crm/schema.h).
    kEvent = 1,
    // Nothing for this subscription up to `position`, and it is not at the
    // end yet: progress that can be acknowledged, so that a narrow filter
    // need not look at the same records again after a restart.
    kCheckpoint = 2,
    // Everything that there was has been delivered. Comes once at first, and
    // again after events were delivered and nothing is left: the moment to
    // write out what was gathered, and to acknowledge it.
    kCaughtUp = 3,
    // Two customers became one, or one became two: `change` says whom it
    // concerns, and `change.position` where the choice lies.
    kMerged = 4,
    kSplit = 5,
    // Somebody was erased: `change.from` is who. What is kept of her elsewhere
    // is to go, too.
    kErased = 6,
  };
  Kind kind = Kind::kEvent;
  // Everything up to here was delivered, or is not for this subscription.
  // May be given to Acknowledge, as may any smaller one. Of kEvent: the
  // event's own position. Of the last three: change.position, or the one
  // before it while more changes of the same choice are to come.
  Position position = 0;
  // Of kEvent; otherwise empty. Its views are valid until the next call of
  // Next, or until the subscription is gone.
  EventView event = {};
  // Of kMerged, kSplit and kErased; otherwise empty.
  IdentityChange change = {};
};

// How far behind the head of the log a place in it is.
struct Lag {
  // Log records of all tenants and kinds that were not looked at.
  uint64_t positions = 0;
  // Events of this tenant among them, before filters and shares. Changes of
  // who is who are counted in positions alone.
  uint64_t events = 0;
  // recorded_at of the newest event of the log, less that of the oldest one
  // that was not looked at: zero for the last one, and when there is none.
  std::chrono::microseconds time{0};
  // recorded_at of the oldest event that was not looked at, of any tenant;
  // absent: there is none. With the host's own clock it says how old it is.
  std::optional<Timestamp> oldest = {};
};

// One stored checkpoint.
struct SubscriptionInfo {
  std::string name = {};
  uint32_t consumer = 0;
  uint32_t consumers = 1;
  // What was acknowledged; before that, where it began.
  Position position = 0;
  // A Subscription of it is open now.
  bool live = false;
  // The log was set back behind it: Subscribe will answer kRolledBack.
  bool rolled_back = false;
  // Of the position. All zero when rolled back.
  Lag lag = {};
};

// An open subscription. Next belongs to one thread at a time; all else may be
// called from any thread while it runs. Holds neither a snapshot nor anything
// else that costs memory while it rests, beside about 1 MiB of events read
// ahead. It does not keep the store from being closed: Close wakes it, and
// every later call answers kFailedPrecondition.
class Subscription final {
 public:
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  // Frees the name. What was not acknowledged comes again.
  ~Subscription();

  // True with the next message. Waits for one until `timeout` has passed (zero
  // or less: not at all; a year at most); false: until then there was nothing
  // for this subscription in the whole log. Should the time end while it is
  // still catching up, the answer is kCheckpoint with what it has come to.
  // Errors leave it where it was, and a later call tries the same again:
  //   kCancelled           Cancel was called.
  //   kFailedPrecondition  The store is closed, or being closed.
  //   kCorruption          A position is missing or damaged; says which. To go
  //                        on without it: DropSubscription, Subscribe after it.
  //   kKeyMissing          The key of the event is not there.
  Result<bool> Next(Message* message, std::chrono::milliseconds timeout);

  // Stores that everything up to `position` is done with. A position that was
  // acknowledged before changes nothing. Without `durability` it is kOs,
  // whatever the store's: it survives the death of the process; a power cut
  // may take it back, and then some events come again, none is skipped. With
  // kSync it is on the disk, and so is every event up to it.
  // kInvalidArgument: beyond position(). kFailedPrecondition: it has no name,
  // or the store is closed. kReadOnly, kNoSpace, kIoError: as for an append.
  Status Acknowledge(Position position,
                     std::optional<Durability> durability = {});

  // How far position() is behind the head.
  Result<Lag> GetLag() const;

  // Wakes Next, which from now on answers kCancelled. For good.
  void Cancel();

  // Everything up to here was delivered, or is not for this subscription.
  // After Next answered false it may be beyond the last message, and may be
  // acknowledged.
  Position position() const;
  // The last position that was acknowledged; before that, where it began.
  Position acknowledged() const;

  struct Impl;  // Internal.
  explicit Subscription(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm

#endif  // CRM_INCLUDE_SUBSCRIPTION_H_
