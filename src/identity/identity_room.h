// The room of identity: identifiers, records, customers.

#ifndef CRM_IDENTITY_IDENTITY_ROOM_H_
#define CRM_IDENTITY_IDENTITY_ROOM_H_

#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "crm/identity.h"
#include "event/room.h"
#include "identity/normalise.h"

namespace crm {

// An identifier of an event, normalised.
struct FactIdentifier {
  Hash128 hash;
  std::string_view name_space;
  IdentifierClass klass = IdentifierClass::kExclusive;
  uint8_t confidence = 0;
  uint8_t priority = 0;
};

// What Prepare makes of an event. Null identifiers: unattributed.
struct IdentityData {
  // Best first: by class, priority, then as they came.
  std::span<const FactIdentifier> identifiers;
  Hash128 record_key;
  // Hints that cannot be identifiers (blocked, malformed).
  uint32_t withheld = 0;
  // What warming found, so that the sequencer need not look again as long as
  // the rows hold. By identifier; empty: not warmed. 0: nobody, as yet.
  mutable std::span<const CustomerId> owners;
  mutable RecordId record = 0;
  mutable uint64_t owners_seen = 0;  // Overlay::Replaced, before the look.
  mutable uint64_t record_seen = 0;
};

// To whom an event belongs: decided once, then read from the log.
struct Choice {
  RecordId record = 0;  // 0: unattributed.
  CustomerId customer = 0;
  uint64_t revision = 0;
  bool new_record = false;
  bool new_customer = false;
  uint8_t confidence = 0;
  uint32_t claims = 0;  // Bit i: identifier i, of nobody yet, becomes hers.
  std::string_view matched_by;
  std::vector<ContestedIdentifier> contested;
};

// The row of a customer's records.
struct Members {
  struct Member {
    RecordId record = 0;
    Position linked_at = 0;
    uint32_t matched_by = 0;  // Namespace; 0: none.
    uint8_t confidence = 0;
  };
  std::vector<Member> records;
  std::vector<uint32_t> exclusive;  // Namespaces of which she has a value.

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

struct RecordRow {
  CustomerId customer = 0;
  uint64_t events = 0;
  uint32_t source = 0;
  Position last = 0;  // Of its newest event.
  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// Whether a name can be that of a namespace: 1 to 64 bytes of text.
bool IsNamespace(std::string_view name);

// Thread safety: Prepare and the look-ups from any thread; Resolve and Fold by
// the sequencer or a replay.
class IdentityRoom final : public Room {
 public:
  enum Family : size_t {
    kIdentifiers = 0,  // (tenant, hash) -> customer
    kRecordKeys,       // (tenant, hash) -> record
    kRecords,          // (tenant, record) -> RecordRow
    kMembers,          // (tenant, customer) -> Members
    kFamilies,
  };
  // Two bars: an event may be attached at 85.
  static constexpr uint8_t kAttachBar = 85;

  explicit IdentityRoom(const Normaliser* normaliser)
      : normaliser_(normaliser) {}

  std::string_view name() const override { return "identity"; }
  uint32_t version() const override { return 1 + 16 * kNormaliserVersion; }
  std::vector<RowFamily> families() const override;
  Status Prepare(const EventContent& content, Arena& arena,
                 const void** data) const override;
  Status Fold(const Fact& fact, FoldContext& context) const override;
  Status WritePacked(const Tail::Part&, const FrozenRows&,
                     Ingestion&) override {
    return Status::Ok();
  }
  Status Canonical(size_t family, std::string_view key, std::string_view value,
                   const CanonicalSink& sink, uint32_t* tenant,
                   CustomerId* customer) const override;
  Status Erase(uint32_t tenant, CustomerId customer,
               std::span<const RecordId> records,
               FoldContext& context) const override;
  Result<std::string> Carry(uint32_t tenant, CustomerId customer,
                            const View& view) const override;

  // The choice. Reads rows, writes none; `counts` gives new numbers.
  Status Resolve(uint32_t tenant, const IdentityData& data,
                 FoldContext& context, Choice* choice) const;

  // The hash under which an identifier is found. Errors as Normalise.
  Result<Hash128> HashOf(uint32_t tenant, const Identifier& identifier) const;
  // 0: nobody.
  Result<CustomerId> Find(uint32_t tenant, const Hash128& hash,
                          const View& view) const;
  Result<CustomerId> Find(uint32_t tenant, const Hash128& hash,
                          Generation& rows) const;
  // 0: no such customer.
  Result<Position> Version(uint32_t tenant, CustomerId customer,
                           const View& view) const;
  Result<Position> Version(uint32_t tenant, CustomerId customer,
                           Generation& rows) const;
  Result<Members> MembersOf(uint32_t tenant, CustomerId customer,
                            const View& view) const;
  Result<Members> MembersOf(uint32_t tenant, CustomerId customer,
                            Generation& rows) const;
  // The records alone; none: no such customer. Null: at the head. Cheap.
  using RecordIds = absl::InlinedVector<RecordId, 4>;
  Status RecordsOf(uint32_t tenant, CustomerId customer, const View* view,
                   RecordIds* records) const;
  // Does not exist: kNotFound.
  Result<RecordRow> RecordOf(uint32_t tenant, RecordId record,
                             const View& view) const;
  // The same at the head.
  Result<RecordRow> RecordOf(uint32_t tenant, RecordId record) const;
  // Warming in three steps, so that the look-ups of many events overlap: each
  // step reads what the step before asked for (from the disk, if need be) and
  // asks for the next.
  void Prefetch(uint32_t tenant, const IdentityData& data) const;
  void Prefetch(uint32_t tenant, RecordId record) const;
  Result<RecordId> WarmRecord(uint32_t tenant, const IdentityData& data,
                              Arena& arena) const;
  Result<CustomerId> WarmCustomer(uint32_t tenant, RecordId record) const;

 private:
  Result<CustomerId> OwnerOf(uint32_t tenant, const IdentityData& data,
                             size_t identifier, Generation& rows) const;
  Result<RecordId> RecordOf(uint32_t tenant, const IdentityData& data,
                            Generation& rows) const;
  uint32_t NumberOf(std::string_view name_space) const;
  void FoldIndexes(const Fact& fact, const IdentityData& data,
                   FoldContext& context) const;
  Status FoldMembers(const Fact& fact, const IdentityData* data,
                     FoldContext& context) const;
  Status Attach(uint32_t tenant, const IdentityData& data,
                std::span<const CustomerId> owners, FoldContext& context,
                Choice* choice) const;
  Status Claim(uint32_t tenant, const IdentityData& data,
               std::span<const CustomerId> owners, FoldContext& context,
               Choice* choice) const;
  Result<bool> MayAttach(uint32_t tenant, const IdentityData& data,
                         std::span<const CustomerId> owners,
                         CustomerId candidate, FoldContext& context) const;

  const Normaliser* const normaliser_;
};

}  // namespace crm

#endif  // CRM_IDENTITY_IDENTITY_ROOM_H_
