// Events: what a host appends and what it reads back.
//
// An event is an immutable fact: who (identifiers), what (type, payload),
// when (occurred_at), according to whom (source). It is unique by (tenant,
// source, id) for good: appending it again changes nothing and answers with
// the position it already has.

#ifndef CRM_INCLUDE_EVENT_H_
#define CRM_INCLUDE_EVENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/identity.h"
#include "crm/options.h"
#include "crm/status.h"
#include "crm/types.h"

namespace crm {

// Limits, checked at the edge. A violation is kTooLarge and names the field.
// A JSON event's own object counts as the first level of depth. Sizes are in
// bytes of UTF-8, as the text came in.
inline constexpr size_t kMaxEventBytes = size_t{1} << 20;  // One JSON event.
inline constexpr size_t kMaxPayloadBytes = 256 * 1024;
inline constexpr size_t kMaxJsonDepth = 32;
inline constexpr size_t kMaxIdentifiers = 32;  // Per event.
inline constexpr size_t kMaxIdBytes = 256;     // id, identifiers, names.
inline constexpr size_t kMaxRequestEvents = 10'000;
inline constexpr size_t kMaxRequestBytes = size_t{64} << 20;

// The JSON shape in which an event came in, and goes out again.
enum class EnvelopeShape : uint8_t {
  // {id, type, version, timestamp, correlationId?, tenantId, source,
  //  identity{}, payload{}, metadata{}}
  kCrm = 1,
  // {eventType, eventId, timestamp, aggregateId, tenantId, payload}
  kDomain = 2,
  // {eventType, eventId, customerId, timestamp, ...payload fields}
  kFlat = 3,
};

// One event to append. Text is UTF-8; JSON members hold objects as text and
// are kept to the letter of each number, key order and unknown field.
struct Event {
  // Required, 1 to 256 bytes; unique per source. Personal: it is sealed.
  std::string id = {};
  // Required, 1 to 128 bytes, e.g. "scl.member.created". Not personal, as are
  // source and version.
  std::string type = {};
  // Required, 1 to 128 bytes, e.g. "scl": the system that says so.
  std::string source = {};
  // Of the type's schema (see crm/schema.h), up to 32 bytes.
  std::string version = "1.0";
  // When it happened. Absent: when it is recorded.
  std::optional<Timestamp> occurred_at = {};
  // The conversation it belongs to, and the event that caused it; up to 256
  // bytes each.
  std::string correlation_id = {};
  std::string causation_id = {};
  // Who. At most kMaxIdentifiers, one per namespace. None: the event is
  // unattributed.
  std::vector<Identifier> identifiers = {};
  // A JSON object.
  std::string payload = "{}";
  // A JSON object about the event's making (user, address, agent), or empty.
  std::string metadata = {};
};

// Something that must hold at the instant the request is decided. All
// conditions of a request are checked; one that fails makes the request fail
// with kConflict, and nothing of it is appended.
struct Condition {
  enum class Kind : uint8_t {
    kCustomerVersion,   // The customer's version is exactly `version`.
    kNoCustomer,        // `identifier` belongs to nobody.
    kCustomerExists,    // `identifier` belongs to a customer.
    kIdentifierAbsent,  // As kNoCustomer, said of uniqueness.
    kNoEventSince,      // She has no event of `type` after `version`.
  };
  Kind kind = Kind::kCustomerExists;
  // Who: a customer id, or (when zero) whom the identifier belongs to now.
  CustomerId customer = 0;
  Identifier identifier = {};
  // For kCustomerVersion and kNoEventSince. A version of zero: nobody yet.
  Position version = 0;
  // For kNoEventSince.
  std::string type = {};

  // The same, ready made.
  static Condition CustomerVersion(CustomerId customer, Position version);
  static Condition NoCustomer(Identifier identifier);
  static Condition CustomerExists(Identifier identifier);
  static Condition IdentifierAbsent(Identifier identifier);
  static Condition NoEventSince(CustomerId customer, std::string type,
                                Position after);
};

// Where the host stands in its own input, stored in the same atomic write as
// the events, also when all of them were duplicates.
struct HostOffset {
  // 1 to 128 bytes, for example "orders-topic/3". Not personal. Names that
  // begin with "import/" are those of ImportFile.
  std::string name = {};
  // Up to 1,024 bytes, opaque, stored as it is.
  std::string value = {};
};

// What a dry run has decided so far. One thread at a time; for one tenant.
class DryRun;
std::shared_ptr<DryRun> NewDryRun();

// A line in which appends of several threads stand, so that what they prepare
// at once is decided in one order: that in which they took their places. Every
// place that is taken must be passed, by an append or by hand.
//
// Thread-safe.
class AppendOrder final {
 public:
  AppendOrder();
  ~AppendOrder();
  uint64_t TakePlace();
  // Returns when every place before `place` has been passed.
  void WaitFor(uint64_t place);
  // Waits, then lets the next one come. Fine when it was passed before.
  void Pass(uint64_t place);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct AppendOptions {
  // One bad event does not fail the others.
  bool partial = false;
  // Old data: no triggers and no notices come of it.
  bool backfill = false;
  // Absent: the store's.
  std::optional<Durability> durability = {};
  // Stored with the request, if it is not refused.
  std::optional<HostOffset> offset = {};
  // All must hold, before any event of the request counts.
  std::vector<Condition> conditions = {};
  // For AppendJson: the tenant named in an event must be this tenant, unless
  // the event names none.  With `ignore_tenant`, what it names is not looked
  // at (it is kept).
  bool ignore_tenant = false;
  // Decide everything as a real append would, and write nothing. Calls that
  // share one DryRun see each other's would-be events; positions in their
  // outcomes are zero.
  std::shared_ptr<DryRun> dry_run = nullptr;
  // When each event of the request was recorded, instead of the store's clock:
  // for restoring a log (see crm/export.h). Empty: by the clock. One for each
  // event, ascending, from 1900 up to 2199 (kInvalidArgument), and none earlier
  // than what the store has recorded before (kFailedPrecondition); what is
  // appended later is not recorded earlier than these, whatever the clock says.
  std::vector<Timestamp> recorded_at = {};
  // The append is decided when its place has come, and passes it, also when it
  // fails. Null: as it comes.
  std::shared_ptr<AppendOrder> order = nullptr;
  uint64_t place = 0;
};

// What became of one event.
enum class Outcome : uint8_t {
  kAppended = 1,
  kDuplicate = 2,  // Already there, at `position`.
  kInvalid = 3,    // Refused; see `status`.
  kConflict = 4,   // Same id, other content; see `status`.
  kErased = 5,     // Its person was erased since; see crm/privacy.h.
};

// What became of one event of a request.
struct EventOutcome {
  Outcome outcome = Outcome::kInvalid;
  // It began its record, its customer.
  bool new_record = false;
  bool new_customer = false;
  // How sure the binding is: 0 to 100. 100 for a new customer or record hit.
  uint8_t confidence = 0;
  // Where the event lies; of a conflict: where the one lies that has its id.
  Position position = 0;
  RecordId record = 0;      // Zero: unattributed.
  CustomerId customer = 0;  // Zero: unattributed.
  uint64_t revision = 0;    // 0-based within the record.
  // The namespace that matched; empty when nothing did. Lives as long as the
  // store.
  std::string_view matched_by = {};
  // Identifiers of this event that did not become her customer's, and why; the
  // event went to `customer` all the same.
  std::vector<WithheldIdentifier> withheld = {};
  // One of them belongs to somebody else or was held back, devices aside:
  // counted in TenantStats::contested.
  bool contested = false;
  // Customers whom this event showed to be the same as `customer`: their ids
  // lead to her now.
  std::vector<CustomerId> merged = {};
  // Questions that it put: see Tenant::ListReviews.
  std::vector<Position> reviews = {};
  // Not ok for kInvalid, kConflict and kErased.
  Status status = {};
  // Not ok: it was appended although it does not fit the schema of its type
  // (Validation::kWarn); says what does not.
  Status warning = {};
};

// What became of a request.
struct AppendResult {
  // One for each event, in the order of the request.
  std::vector<EventOutcome> events = {};
  // Their sums.
  uint64_t appended = 0;
  uint64_t duplicates = 0;
  uint64_t rejected = 0;
  // Of the rejected ones: those of somebody who was erased since they happened.
  uint64_t erased = 0;
  uint64_t customers_created = 0;
  // Of the appended ones: those that belong to nobody.
  uint64_t unattributed = 0;
  // The last position of this request, or the head when nothing was written.
  Position position = 0;
};

// One event read back. Views are valid until the cursor that gave it moves.
struct EventView {
  // The open part: readable without a key.
  Position position = 0;
  std::string_view type = {};
  std::string_view source = {};
  std::string_view version = {};
  Timestamp occurred_at = {};
  // When the store took it in; never goes backward.
  Timestamp recorded_at = {};
  RecordId record = 0;
  CustomerId customer = 0;
  uint64_t revision = 0;
  EnvelopeShape shape = EnvelopeShape::kCrm;
  bool backfill = false;
  // It did not fit the schema of its type when it was appended.
  bool warned = false;
  // The version it was appended with, when upcasters made another one of it:
  // `version` and `payload` are theirs. Empty: both are as appended.
  std::string_view upcast_from = {};
  // False: it came without a time; occurred_at is recorded_at.
  bool timed = true;
  // False: only the open part above and the fields below are empty; the key
  // is gone (erased), or the query asked for open parts only.
  bool opened = false;
  // Its payload, metadata and extra were taken out (Tenant::Redact): the first
  // is {} then, the others are empty. Also said of the open part alone.
  bool redacted = false;
  // What it said is older than it may be kept (Tenant::Retain), and it is not
  // opened. Also said of the open part alone.
  bool expired = false;
  // The store is open without keys: see StoreOptions::allow_unreadable. Not
  // opened then, whether or not its person was erased.
  bool unreadable = false;
  std::string_view id = {};
  std::string_view correlation_id = {};
  std::string_view causation_id = {};
  std::string_view identity = {};  // JSON object, or empty.
  std::string_view payload = {};   // JSON object.
  std::string_view metadata = {};  // JSON object, or empty.
  std::string_view extra = {};     // JSON object of unknown envelope fields.
  // The timestamp as given, when FormatTime would write another: the JSON
  // token (a string with its quotes, or a number of milliseconds).
  std::string_view timestamp_text = {};
};

// Writes an event as one line of JSON, in the shape in which it came in, with
// the values it came with, or those that upcasters made (see `as_appended`).
// `tenant` is the name that goes into tenantId (not in kFlat; empty: none). The
// timestamp is written also if the event had none, unless `as_given`: then
// appending the line is a duplicate of the event.
std::string EventToJson(const EventView& event, std::string_view tenant,
                        bool as_given = false);

// Reads one event from JSON in any of the three shapes (told apart by their
// members). The tenant it names goes to `tenant` when that is not null. An
// Event has no place for unknown members of the envelope: they are dropped,
// and so is the shape; Tenant::AppendJson keeps both.
// Errors: kMalformed, kInvalidArgument, kTooLarge; each names the field.
Result<Event> EventFromJson(std::string_view json, std::string* tenant);

// Which events are wanted, and in which order. The bounds work together: an
// event must be within all of them.
struct ReplayQuery {
  enum class Order : uint8_t {
    kPosition,    // As recorded.
    kOccurredAt,  // As it happened; equal times by position.
  };
  Order order = Order::kPosition;
  bool backward = false;
  // Positions, both ends included; `last` zero: the snapshot's head.
  Position first = 1;
  Position last = 0;
  // Event time, half open.
  std::optional<Timestamp> from = {};
  std::optional<Timestamp> until = {};
  // At most one of the two.
  RecordId record = 0;
  CustomerId customer = 0;
  // Any of these; empty: all.
  std::vector<std::string> types = {};
  // Do not open sealed parts: several times faster.
  bool open_parts_only = false;
  // Payloads and versions as they were appended, not as upcasters make them
  // that are there at the snapshot's position (see crm/schema.h). For copies
  // of the events themselves.
  bool as_appended = false;
};

// Walks over events. One thread at a time; keeps its snapshot alive; must be
// gone before the store is closed (Close refuses otherwise).
class EventCursor final {
 public:
  EventCursor(EventCursor&&) noexcept;
  EventCursor& operator=(EventCursor&&) noexcept;
  ~EventCursor();

  // True with the next event in `*event`; false at the end.
  // kCorruption: a position is missing or bytes are damaged; says where. After
  // an error there is no going on: kFailedPrecondition.
  Result<bool> Next(EventView* event);

  struct Impl;  // Internal.
  explicit EventCursor(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm

#endif  // CRM_INCLUDE_EVENT_H_
