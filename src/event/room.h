// Room: the interface that every room of the house implements.
//
// A room turns events into a part of the view of a customer. It has
//   families   where its state lies, as rows of the overlay or packed,
//   Prepare    what can be computed from an event alone (caller's thread),
//   Fold       one pure step: rows before and an event give rows after,
//   WritePacked   its packed families, at a checkpoint,
//   Canonical  a stored row in comparable form (verify),
//   Erase      what remains of the rows without a person's keys,
//   Carry      what folds need of an event when what it says goes.
// The law that ties them together: fold(log without her keys) equals
// Erase(fold(log)).

#ifndef CRM_EVENT_ROOM_H_
#define CRM_EVENT_ROOM_H_

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "crm/status.h"
#include "crm/types.h"
#include "event/names.h"
#include "format/event_body.h"
#include "format/json.h"
#include "format/log_record.h"
#include "storage/database.h"
#include "storage/keyring.h"
#include "storage/overlay.h"
#include "storage/tail.h"

namespace crm {

class IdentitySettings;

inline constexpr size_t kMaxRooms = 8;

// What an event says, opened. Views live in the request's arena.
struct EventContent {
  uint32_t tenant = 0;
  const IndexKeys* keys = nullptr;  // The tenant's.
  std::string_view type;
  std::string_view source;
  EventBody body;
  std::span<const DecodedEvent::Hint> hints;
  // Those before this event in the log. Null: nothing is set.
  const IdentitySettings* identity = nullptr;
};

// An event as a fold sees it. `content` is null when its key is gone.
struct Fact {
  Position position = 0;
  EventHeader header;
  const EventContent* content = nullptr;
  // Tie-break between events of one time: stable hash of the event id.
  uint64_t id_order = 0;
  // What each room's Prepare made; null when `content` is.
  std::array<const void*, kMaxRooms> prepared{};
  // The entry of the timeline; see format/timeline_entry.h.
  std::string_view entry;
  // Of a tenant who was dropped: nothing of it goes into any row but its count.
  bool dropped = false;
};

// Counters of a tenant, carried through a request and stored as one row.
struct TenantCounts {
  uint64_t events = 0;
  uint64_t unattributed = 0;
  uint64_t contested = 0;
  uint64_t records = 0;    // Also the last RecordId.
  uint64_t customers = 0;  // Also the last CustomerId.
  uint64_t retired = 0;    // Of these, merged away.
  uint64_t reviews = 0;    // Also the number of the last one.
  uint64_t open_reviews = 0;
  uint64_t schema_warnings = 0;
  uint64_t erased = 0;  // Of the customers.
  // Of the newest erasure: what happened later is nobody's who was erased.
  int64_t erased_until = kNothingErased;
  // Where the log says that the tenant was dropped; 0: it does not. Of one that
  // was, nothing but `events` counts.
  uint64_t dropped = 0;

  static constexpr int64_t kNothingErased = std::numeric_limits<int64_t>::min();

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// What stays of an event whose time is over, in its place in the log.
struct EventCarry {
  bool identity = false;  // Its identity, as it came.
  // Members of objects of traits: what `traits` and `defaultTraits` of a
  // payload say.
  std::string traits = {};
  std::string defaults = {};
};

struct FoldContext {
  Generation& rows;
  TenantCounts& counts;
};

// What is on disk and in memory of one set of views; what rooms work with.
struct RoomServices {
  Overlay* overlay = nullptr;
  Database* database = nullptr;
  Tail* tail = nullptr;
  KeyRing* keyring = nullptr;
  const Names* names = nullptr;
};

// One thing that a stored row says, comparable between two sets of views
// whatever their packing: (key, value) pairs in the order of the keys.
struct CanonicalItem {
  std::string key;
  std::string value;
  uint32_t tenant = 0;
  CustomerId customer = 0;
};
using CanonicalSink = std::function<void(CanonicalItem)>;

class Room {
 public:
  virtual ~Room() = default;

  virtual std::string_view name() const = 0;
  // A change makes the views be built anew.
  virtual uint32_t version() const = 0;
  virtual std::vector<RowFamily> families() const = 0;
  // Called once: where this room's families and prepared data lie.
  void Bind(size_t index, size_t first_family, const RoomServices& services) {
    index_ = index;
    first_family_ = first_family;
    services_ = services;
  }
  size_t first_family() const { return first_family_; }
  // Where its prepared data lies in a Fact.
  size_t index() const { return index_; }

  // Thread-safe, without side effects. `*data` lives in the arena.
  virtual Status Prepare(const EventContent& content, Arena& arena,
                         const void** data) const = 0;
  // By the sequencer or a replay. An error leaves `context.rows` to be rolled
  // back by the caller.
  virtual Status Fold(const Fact& fact, FoldContext& context) const = 0;
  // After the group is published: what the room keeps beside its rows.
  virtual void Published(std::span<const Fact> facts) { (void)facts; }

  // Adds the rows of the packed families for the events of `part`.
  virtual Status WritePacked(const Tail::Part& part, const FrozenRows& frozen,
                             Ingestion& out) = 0;
  // Reads a stored row of one of this room's families. kCorruption: cannot be
  // read; `*customer` then says whose it is, when that is known.
  virtual Status Canonical(size_t family, std::string_view key,
                           std::string_view value, const CanonicalSink& sink,
                           uint32_t* tenant, CustomerId* customer) const = 0;

  // What remains of the rows of a customer when her records' keys are gone.
  virtual Status Erase(uint32_t tenant, CustomerId customer,
                       std::span<const RecordId> records,
                       FoldContext& context) const = 0;
  // What of an event a replay needs, so that it comes to the same rows as with
  // all of it, however long ago it was folded. As a rule nothing.
  virtual Status Carry(const Fact& fact, EventCarry* carry) const {
    (void)fact;
    (void)carry;
    return Status::Ok();
  }

 protected:
  size_t family(size_t own) const { return first_family_ + own; }

  size_t index_ = 0;
  size_t first_family_ = 0;
  RoomServices services_;
};

}  // namespace crm

#endif  // CRM_EVENT_ROOM_H_
