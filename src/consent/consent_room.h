// The room of consent: the facts of acts, as rows of records and of addresses,
// and what decisions read of them.
//
// What is said while several records are one customer is written to all of
// them, marked with the record that it is of: so that it is still there for
// both when they come apart. Who reads several records of one customer leaves
// out what is another one's that he reads anyway.

#ifndef CRM_CONSENT_CONSENT_ROOM_H_
#define CRM_CONSENT_CONSENT_ROOM_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "consent/acts.h"
#include "consent/decision.h"
#include "consent/facts.h"
#include "event/room.h"
#include "identity/identity_room.h"
#include "profile/profile_room.h"

namespace crm {

// Thread safety: Prepare and the readers from any thread; Fold by the sequencer
// or a replay.
// Whether it is what an erasure left of an address, as far as the question
// looks back.
bool IsOfErasure(const ConsentFact& fact, const ConsentQuestion& question);

class ConsentRoom final : public Room {
 public:
  enum Family : size_t {
    kConsents = 0,  // (tenant, record) -> FactSet
    kSuppressions,  // (tenant, hash of an address) -> FactSet, of no record
    kFamilies,
  };

  // All outlive the room.
  ConsentRoom(const IdentityRoom* identity, const ProfileRoom* profile)
      : identity_(identity), profile_(profile) {}

  std::string_view name() const override { return "consent"; }
  uint32_t version() const override { return 2 + 16 * kNormaliserVersion; }
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

  // Makes an address one that is never written to, whoever has it: what an
  // erasure leaves behind. Of no record, so that no other erasure takes it.
  Status SuppressErased(uint32_t tenant, const Hash128& address,
                        Position position, Timestamp at,
                        FoldContext& context) const;

  // Answers a question of which case has settings, question and class; at the
  // head when `view` is null.
  Status Check(uint32_t tenant, const View* view, ConsentCase* in,
               ConsentDecision* out) const;
  // The same over facts that somebody else put together (looking back).
  Status CheckFacts(uint32_t tenant, const View& view, ConsentCase* in,
                    std::span<const ConsentFact> suppressions,
                    ConsentDecision* out) const;

  // What is stored for a record, or for an address (record 0).
  Status Read(uint32_t tenant, RecordId record, const View& view,
              FactSet* state) const;
  Status Read(uint32_t tenant, const Hash128& address, const View& view,
              FactSet* state) const;
  // What an event states; null: nothing.
  const ConsentActs* ActsOf(const EventContent& content, Arena& arena) const;

 private:
  // Reads rows at the head or through a view.
  Result<Row> Get(size_t own, const RowKey& key, const View* view) const;
  Status AddRow(uint32_t tenant, RecordId record, const View* view,
                ConsentCase* in, Row* row) const;
  // Without a view: false when things changed meanwhile, or need one.
  Result<bool> CheckSole(uint32_t tenant, ConsentCase* in,
                         ConsentDecision* out) const;
  Status DecideCase(uint32_t tenant, const View* view, ConsentCase* in,
                    const std::span<const ConsentFact>* suppressions,
                    ConsentDecision* out) const;
  // When the question names no address, and she granted nothing: what erasures
  // left of the addresses that she has now, on its channel, into its facts;
  // whether there is any.
  Result<bool> AddErased(uint32_t tenant, const View* view,
                         ConsentCase* in) const;
  // Somebody whose keys are gone has links, and nothing else.
  Result<bool> IsErased(uint32_t tenant, std::span<const RecordId> records,
                        const View* view) const;
  Status FoldRecord(const Fact& fact, const ConsentActs& acts, RecordId record,
                    uint8_t flags, std::span<const RecordId> copies,
                    FoldContext& context) const;
  Status FoldAddresses(const Fact& fact, const ConsentActs& acts,
                       FoldContext& context) const;
  template <typename F>
  Status ChangeRow(size_t own, const RowKey& key, RecordId self,
                   FoldContext& context, F change) const;

  const IdentityRoom* const identity_;
  const ProfileRoom* const profile_;
};

}  // namespace crm

#endif  // CRM_CONSENT_CONSENT_ROOM_H_
