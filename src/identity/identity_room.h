// The room of identity: identifiers, records, customers.

#ifndef CRM_IDENTITY_IDENTITY_ROOM_H_
#define CRM_IDENTITY_IDENTITY_ROOM_H_

#include <absl/container/inlined_vector.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "crm/identity.h"
#include "event/room.h"
#include "identity/choice.h"
#include "identity/normalise.h"
#include "identity/person.h"
#include "identity/rows.h"
#include "identity/settings.h"

namespace crm {

// An identifier of an event, normalised.
struct FactIdentifier {
  Hash128 hash;
  std::string_view name_space;
  IdentifierClass klass = IdentifierClass::kExclusive;
  uint8_t confidence = 0;
  uint8_t priority = 0;
};

// A hint that is no identifier.
struct WithheldHint {
  std::string_view name_space;
  IdentityReason reason = IdentityReason::kMalformed;
};

// What Prepare makes of an event. No identifiers: unattributed.
struct IdentityData {
  // Best first: by class, priority, then as they came.
  std::span<const FactIdentifier> identifiers;
  Hash128 record_key;
  // Hints that cannot be identifiers.
  std::span<const WithheldHint> withheld;
  // What they were prepared with; null: the defaults. See RulesOf.
  const IdentitySettings* settings = nullptr;
  // What warming found, so that the sequencer need not look again as long as
  // the rows hold. By identifier; empty: not warmed. 0: nobody, as yet.
  mutable std::span<const IdentifierRow> owners;
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
  // It named an identifier that is not its customer's, and not a device.
  bool contested = false;
  uint8_t confidence = 0;
  uint32_t claims = 0;  // Bit i: identifier i, of nobody yet, becomes hers.
  std::string_view matched_by;
  std::vector<WithheldIdentifier> withheld;
  std::vector<CustomerId> merged;  // Who was joined to `customer`.
  std::vector<Position> reviews;   // Questions that were put.
};

// What resolving asks of the store, and tells it. One event at a time.
class ResolveHost {
 public:
  virtual ~ResolveHost() = default;
  virtual const IdentityRules& rules() const = 0;
  // What the event itself says of its person, and what is known of a customer.
  virtual Result<Person> EventPerson() = 0;
  virtual Result<Person> PersonOf(CustomerId customer) = 0;
  // When the event happened, and the newest one of a record, at `last` (when
  // that is known).
  virtual int64_t now() const = 0;
  virtual Result<std::optional<int64_t>> TimeOf(RecordId record,
                                                Position last) = 0;
  // Whether one more merge may be made this minute.
  virtual bool MayMerge() = 0;
  // Puts a choice into the log before the event, and folds it.
  virtual Status Emit(IdentityChoice* choice) = 0;
};

// Thread safety: Prepare and the look-ups from any thread; Resolve and Fold by
// the sequencer or a replay.
class IdentityRoom final : public Room {
 public:
  enum Family : size_t {
    kIdentifiers = 0,  // (tenant, hash) -> customer
    kRecordKeys,       // (tenant, hash) -> record
    kRecords,          // (tenant, record) -> RecordRow
    kMembers,          // (tenant, customer) -> Members
    kClaimants,        // (tenant, hash) -> ClaimantsRow
    kAssertions,       // (tenant, record) -> AssertionsRow
    kReviews,          // (tenant, number) -> ReviewRow
    kReviewPairs,      // (tenant, record, record) -> number
    kTombstones,       // (tenant, hash) -> TombstoneRow
    kHolds,            // (tenant, number) -> HoldRow; 0: HoldsRow
    kHouseholds,       // (tenant, number) -> HouseholdRow
    kHouseholdsOf,     // (tenant, record) -> HouseholdsOfRow
    kHouseholdNames,   // (tenant, hash) -> number
    kFamilies,
  };

  explicit IdentityRoom(const Normaliser* normaliser)
      : normaliser_(normaliser) {}

  std::string_view name() const override { return "identity"; }
  uint32_t version() const override { return 6 + 16 * kNormaliserVersion; }
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
  Status Carry(const Fact& fact, EventCarry* carry) const override;

  // What Prepare made of an event; null: it has no hints.
  const IdentityData* DataOf(
      const std::array<const void*, kMaxRooms>& prepared) const {
    return static_cast<const IdentityData*>(prepared[index_]);
  }
  // To whom an event belongs. Reads rows; what it changes (merges, questions)
  // goes through the host. `counts` gives new numbers.
  Status Resolve(uint32_t tenant, const IdentityData& data,
                 FoldContext& context, ResolveHost& host, Choice* choice) const;
  // A choice from the log, or on its way there.
  Status FoldChoice(const IdentityChoice& choice, FoldContext& context) const;

  // Whose records a choice erases, as they are now; without those that the log
  // does not hold (it is older than the erasure).
  struct ErasedOne {
    CustomerId customer = 0;
    std::vector<RecordId> records = {};
  };
  Result<std::vector<ErasedOne>> ErasedBy(const IdentityChoice& choice,
                                          Generation& rows) const;
  // What the fold of an erasure has to know of a customer's identifiers. Sets
  // records, marks, and how many identifiers are hers.
  Status PlanErasure(uint32_t tenant, CustomerId customer,
                     const Members& members, Generation& rows,
                     IdentityChoice::Erasure* erasure) const;
  // Whether an event of that time is somebody's who was erased since.
  Result<bool> IsFenced(uint32_t tenant, const IdentityData& data,
                        int64_t occurred_at, Generation& rows) const;

  // The hash under which an identifier is found, in an event of `source`
  // (empty: of none in particular). Errors as Normalise.
  Result<Hash128> HashOf(uint32_t tenant, const Identifier& identifier,
                         const IdentitySettings* settings,
                         std::string_view source = {}) const;
  // Nobody: owner 0.
  Result<IdentifierRow> Find(uint32_t tenant, const Hash128& hash,
                             const View& view) const;
  Result<IdentifierRow> Find(uint32_t tenant, const Hash128& hash,
                             Generation& rows) const;
  // The same at the head.
  Result<IdentifierRow> Find(uint32_t tenant, const Hash128& hash) const;
  // Whom an id leads to; itself, as a rule. 0: no such customer.
  Result<CustomerId> Current(uint32_t tenant, CustomerId customer,
                             const View& view) const;
  Result<CustomerId> Current(uint32_t tenant, CustomerId customer,
                             Generation& rows) const;
  // 0: no such customer. Retired ids: of the one they lead to.
  Result<Position> Version(uint32_t tenant, CustomerId customer,
                           const View& view) const;
  Result<Position> Version(uint32_t tenant, CustomerId customer,
                           Generation& rows) const;
  // Of the customer whom an id leads to; none: no records.
  Result<Members> MembersOf(uint32_t tenant, CustomerId customer,
                            const View& view) const;
  Result<Members> MembersOf(uint32_t tenant, CustomerId customer,
                            Generation& rows) const;
  // The row of this id, whether it leads elsewhere or not.
  Result<Members> OwnMembers(uint32_t tenant, CustomerId customer,
                             Generation& rows) const;
  Result<ClaimantsRow> ClaimantsOf(uint32_t tenant, const Hash128& hash,
                                   const View& view) const;
  Result<ClaimantsRow> ClaimantsOf(uint32_t tenant, const Hash128& hash,
                                   Generation& rows) const;
  Result<AssertionsRow> AssertionsOf(uint32_t tenant, RecordId record,
                                     const View& view) const;
  Result<AssertionsRow> AssertionsOf(uint32_t tenant, RecordId record,
                                     Generation& rows) const;
  // The same at the head.
  Result<AssertionsRow> AssertionsOf(uint32_t tenant, RecordId record) const;
  // Not there: position 0.
  Result<ReviewRow> ReviewOf(uint32_t tenant, uint64_t number,
                             const View& view) const;
  Result<ReviewRow> ReviewOf(uint32_t tenant, uint64_t number,
                             Generation& rows) const;
  // 0: nobody has asked about these two.
  Result<uint64_t> ReviewOfPair(uint32_t tenant, RecordId a, RecordId b,
                                Generation& rows) const;
  // A customer whose members say that somebody asserted that a record of the
  // other is not the same person.
  Result<bool> CannotLink(uint32_t tenant, const Members& a, const Members& b,
                          Generation& rows) const;
  // Legal holds, and erasures that wait for their release. By number; not
  // there: position 0.
  Result<HoldsRow> Holds(uint32_t tenant, Generation& rows) const;
  Result<HoldsRow> Holds(uint32_t tenant, const View& view) const;
  Result<HoldRow> HoldOf(uint32_t tenant, uint64_t number,
                         Generation& rows) const;
  Result<HoldRow> HoldOf(uint32_t tenant, uint64_t number,
                         const View& view) const;
  // The numbers of those that hold a customer, ascending.
  Result<std::vector<uint64_t>> HoldsOn(uint32_t tenant, CustomerId customer,
                                        Generation& rows) const;
  Result<std::vector<uint64_t>> HoldsOn(uint32_t tenant, CustomerId customer,
                                        const View& view) const;
  // Households, by number; not there: position 0. The greatest number; those
  // that name a record; the one of a name's hash, or 0.
  Result<HouseholdRow> HouseholdOf(uint32_t tenant, uint64_t number,
                                   Generation& rows) const;
  Result<HouseholdRow> HouseholdOf(uint32_t tenant, uint64_t number,
                                   const View& view) const;
  Result<uint64_t> LastHousehold(uint32_t tenant, Generation& rows) const;
  Result<uint64_t> LastHousehold(uint32_t tenant, const View& view) const;
  Result<HouseholdsOfRow> HouseholdsNaming(uint32_t tenant, RecordId record,
                                           Generation& rows) const;
  Result<HouseholdsOfRow> HouseholdsNaming(uint32_t tenant, RecordId record,
                                           const View& view) const;
  Hash128 HashOfHousehold(uint32_t tenant, std::string_view name) const;
  Result<uint64_t> HouseholdNamed(uint32_t tenant, const Hash128& hash,
                                  Generation& rows) const;
  Result<uint64_t> HouseholdNamed(uint32_t tenant, const Hash128& hash,
                                  const View& view) const;
  // The households that a customer is a member of, ascending.
  Result<std::vector<uint64_t>> HouseholdsOf(uint32_t tenant,
                                             CustomerId customer,
                                             const View& view) const;
  // The number of a namespace; in a dry run new ones get a stand-in.
  uint32_t NumberOf(std::string_view name_space) const;
  // Of two customers who become one, the one who stays.
  CustomerId Survivor(CustomerId a, const Members& of_a, CustomerId b,
                      const Members& of_b) const;
  // The records alone; none: no such customer. Null: at the head. Cheap. Of a
  // retired id, those of the one whom it leads to, who is then `*customer`.
  using RecordIds = absl::InlinedVector<RecordId, 4>;
  Status RecordsOf(uint32_t tenant, CustomerId* customer, const View* view,
                   RecordIds* records) const;
  // Does not exist: kNotFound.
  Result<RecordRow> RecordOf(uint32_t tenant, RecordId record,
                             const View& view) const;
  Result<RecordRow> RecordOf(uint32_t tenant, RecordId record,
                             Generation& rows) const;
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
  friend class Resolver;

  Result<IdentifierRow> OwnerOf(uint32_t tenant, const IdentityData& data,
                                size_t identifier, Generation& rows) const;
  Result<RecordId> RecordOfKey(uint32_t tenant, const IdentityData& data,
                               Generation& rows) const;
  CustomerId CustomerOf(size_t own, const RowKey& key,
                        std::string_view value) const;
  Status ForgetClaim(uint32_t tenant, const Members::Claim& claim,
                     Generation& rows) const;
  Status FoldMembers(const Fact& fact, const IdentityData* data,
                     FoldContext& context) const;
  Status FoldClaims(const Fact& fact, const IdentityData& data,
                    Members* members, FoldContext& context) const;
  Status FoldNamed(const Fact& fact, const IdentityData& data, Members* members,
                   FoldContext& context) const;
  Status FoldMerge(const IdentityChoice& choice, FoldContext& context) const;
  Status FoldPartition(const IdentityChoice& choice,
                       FoldContext& context) const;
  Status FoldAssertion(const IdentityChoice& choice,
                       FoldContext& context) const;
  Status FoldReview(const IdentityChoice& choice, FoldContext& context) const;
  Status FoldShared(const IdentityChoice& choice, FoldContext& context) const;
  Status FoldErasure(const IdentityChoice& choice, FoldContext& context) const;
  Status FoldHold(const IdentityChoice& choice, FoldContext& context) const;
  Status FoldHousehold(const IdentityChoice& choice,
                       FoldContext& context) const;
  Status FoldNewHousehold(const IdentityChoice& choice, Generation& rows) const;
  Status PutHouseholdsOf(uint32_t tenant, RecordId record,
                         const HouseholdsOfRow& of, Generation& rows) const;
  // Nothing of a record stays in a household.
  Status ForgetHouseholds(uint32_t tenant, RecordId record,
                          Generation& rows) const;
  // Who is erased waits for nothing any more.
  Status ForgetWaiting(uint32_t tenant, const std::vector<ErasedOne>& erased,
                       Generation& rows) const;
  template <typename Rows>
  Result<std::vector<uint64_t>> FindHolds(uint32_t tenant, CustomerId customer,
                                          Rows& rows) const;
  Status PutClaimants(uint32_t tenant, const Hash128& hash,
                      const ClaimantsRow& claimants, Generation& rows) const;
  Result<TombstoneRow> TombstoneOf(uint32_t tenant, const Hash128& hash,
                                   Generation& rows) const;
  Status MoveRecord(uint32_t tenant, RecordId record, CustomerId customer,
                    Generation& rows) const;

  const Normaliser* const normaliser_;
};

}  // namespace crm

#endif  // CRM_IDENTITY_IDENTITY_ROOM_H_
