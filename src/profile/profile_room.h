// The room of the profile: traits by the per-field winner, and the timeline.
// Both are states of records: a customer's are put together when they are read,
// so that a link between records changes nothing here.

#ifndef CRM_PROFILE_PROFILE_ROOM_H_
#define CRM_PROFILE_PROFILE_ROOM_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "crm/profile.h"
#include "event/log_view.h"
#include "event/room.h"
#include "format/profile_state.h"
#include "format/timeline_entry.h"
#include "identity/identity_room.h"
#include "profile/expiry.h"

namespace crm {

// What Prepare makes of an event, sorted by name.
struct ProfileData {
  std::span<const TraitUpdate> updates;
};

// Thread safety: Prepare and the readers from any thread; Fold by the
// sequencer or a replay; WritePacked by the checkpoint.
class ProfileRoom final : public Room {
 public:
  enum Family : size_t {
    kProfiles = 0,  // (tenant, record) -> profile, sealed by bucket
    kTimeline,      // packed: (tenant, record, first revision) -> block
    kFamilies,
  };

  // Both outlive the room.
  ProfileRoom(KeyRing* keyring, const IdentityRoom* identity);
  ~ProfileRoom() override;

  std::string_view name() const override { return "profile"; }
  uint32_t version() const override { return 5; }
  std::vector<RowFamily> families() const override;
  Status Prepare(const EventContent& content, Arena& arena,
                 const void** data) const override;
  Status Fold(const Fact& fact, FoldContext& context) const override;
  Status WritePacked(const Tail::Part& part, const FrozenRows& frozen,
                     Ingestion& out) override;
  Status Canonical(size_t family, std::string_view key, std::string_view value,
                   const CanonicalSink& sink, uint32_t* tenant,
                   CustomerId* customer) const override;
  Status Erase(uint32_t tenant, CustomerId customer,
               std::span<const RecordId> records,
               FoldContext& context) const override;
  Status Carry(const Fact& fact, EventCarry* carry) const override;

  // All that her records say, into an object that is used again. Null: at the
  // head. kNotFound.
  Status Read(uint32_t tenant, CustomerId customer, const View* view,
              Profile* profile) const;
  // What guards of identity ask for: of a customer, and of an event alone.
  Result<Person> PersonOf(uint32_t tenant, CustomerId customer,
                          Generation& rows) const;
  Person PersonOf(const Fact& fact) const;
  // Of one record, at the head; nothing known: an empty one.
  Result<Person> PersonOfRecord(uint32_t tenant, RecordId record) const;
  // What a record knows, at the head, sorted by name; views of the call.
  Status ForEachTrait(
      uint32_t tenant, RecordId record,
      const std::function<void(std::string_view name, std::string_view value)>&
          take) const;
  // The events of a record up to `last`, oldest first; `expected` of them
  // (the record's own count, which proves that none is missing). Bodies are
  // still compressed; when the record's key is gone, there are none.
  struct RecordEvent {
    TimelineRecord record;
    RecordId owner = 0;
    std::string body;
    bool opened = true;
  };
  Status ReadRecord(uint32_t tenant, RecordId record, uint64_t expected,
                    Position last, std::vector<RecordEvent>* out) const;
  // Events that have lost what they said: how they are read from now on,
  // wherever their old entries still lie. Until they are forgotten here, when
  // nothing holds these any more.
  struct Redacted {
    EventHeader header;
    std::string body;
  };
  using RedactedEvents = std::map<Position, Redacted>;
  void Redact(const RedactedEvents& events);
  void ForgetRedacted(const RedactedEvents& events);
  // Events whose time is over: how they are read from now on, wherever their
  // old entries still lie. Null: when nothing holds these any more.
  void Expire(std::shared_ptr<const Expiry> expiry);
  // Whether it is one of these.
  bool IsExpiring(Position position, const EventHeader& header) const;
  // Writes the stored entries of a record anew as Redact has them; or, of one
  // whose key is destroyed, all of them as what they are, nothing. No
  // checkpoint may be written meanwhile. May be called again.
  Status RewriteTimeline(uint32_t tenant, RecordId record, Ingestion& out);
  // One event of a record into a state that begins empty, in their order: what
  // Fold does to its row, for who folds a record anew.
  Status FoldInto(const Fact& fact, std::string* state) const;
  Status PutState(uint32_t tenant, RecordId record, std::string_view state,
                  Generation& rows) const;
  // Seals what is on disk of a bucket with a new key, and destroys the old one.
  // No checkpoint may be written meanwhile. May be called again.
  Status RenewBucket(uint32_t tenant, uint64_t bucket);
  // As IdentityRoom's: asks for a record's profile, then touches it.
  void Prefetch(uint32_t tenant, RecordId record) const;
  Status Warm(uint32_t tenant, RecordId record) const;
  // Brings the profiles of these (tenant, record) into memory, together.
  Status Load(std::span<const std::pair<uint32_t, RecordId>> records) const;

 private:
  struct Codec;
  // At the head and without a view. False: she has several records, or things
  // are changing just now.
  Result<bool> ReadSole(uint32_t tenant, CustomerId customer,
                        Profile* profile) const;
  Status ReadAll(uint32_t tenant, CustomerId customer, const View& view,
                 Profile* profile) const;
  bool IsErased(uint32_t tenant, RecordId record) const;
  void ShowTrait(const ProfileView& state, const TraitEntry& entry,
                 Trait* trait) const;
  void ShowState(const ProfileView& state, Profile* profile) const;
  // An entry of the tail, ordered by record, then as it came.
  struct Place {
    uint32_t tenant;
    uint32_t index;
    uint64_t record;
    bool operator<(const Place& other) const {
      if (tenant != other.tenant) return tenant < other.tenant;
      return record != other.record ? record < other.record
                                    : index < other.index;
    }
  };
  Status WriteRecord(const Tail::Part& part, std::span<const Place>* rest,
                     Ingestion& out);
  Status WriteBlock(uint32_t tenant, uint64_t record, uint64_t first_revision,
                    uint64_t count, std::string_view plain, Ingestion& out);
  // The entries of a stored block, oldest first; `plain` keeps the bytes.
  Status OpenBlock(std::string_view key, std::string_view value,
                   uint64_t* count, std::string* plain) const;

  bool FoldState(const Fact& fact, std::string_view before,
                 std::string* after) const;
  void MakeReadable(uint32_t tenant, RecordEvent* event) const;
  // Whether an entry has expired; then it says so.
  bool IsExpired(uint32_t tenant, RecordId record, TimelineRecord* entry) const;
  // The entry as Redact has it, if it has.
  void Substitute(TimelineRecord* entry, std::string* body) const;

  KeyRing* const keyring_;
  const IdentityRoom* const identity_;
  std::shared_ptr<const Codec> codec_;
  mutable Mutex redacted_mutex_;
  RedactedEvents redacted_ CRM_GUARDED_BY(redacted_mutex_);
  std::shared_ptr<const Expiry> expiry_ CRM_GUARDED_BY(redacted_mutex_);
  std::atomic<bool> any_expiring_{false};
  // Quick: whether there are any.
  std::atomic<bool> any_redacted_{false};
  NonceSource nonces_;  // The checkpoint's.
  std::string plain_;   // Scratch of WriteRecord.
  std::string packed_;  // Of WriteBlock.
};

}  // namespace crm

#endif  // CRM_PROFILE_PROFILE_ROOM_H_
