// What the room of identity stores, row by row: who has an identifier, whose a
// record is, what a customer is made of, what was asserted and asked.

#ifndef CRM_IDENTITY_ROWS_H_
#define CRM_IDENTITY_ROWS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "crm/identity.h"
#include "crm/status.h"
#include "identity/normalise.h"

namespace crm {

// Who has an identifier.
struct IdentifierRow {
  CustomerId owner = 0;  // 0: nobody.
  bool shared = false;   // By too many: it links nobody any more.

  bool operator==(const IdentifierRow&) const = default;
  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// Whose a record is.
struct RecordRow {
  CustomerId customer = 0;
  uint64_t events = 0;
  uint32_t source = 0;
  Position last = 0;  // Of its newest event.

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// What a customer is made of. Its links are a tree over her records: a record
// that is not the first one is linked to another (`linked_to`), and a merge
// links one record of each side; so taking one link away splits her in two.
struct Members {
  struct Member {
    RecordId record = 0;
    Position linked_at = 0;
    uint32_t matched_by = 0;  // Namespace; 0: none.
    uint8_t confidence = 0;
    RecordId linked_to = 0;  // 0: none, or a merge is its link.
    CustomerId began = 0;    // The customer who began with it; 0: none.
    bool erased = false;     // Its key is gone, and every claim of it.

    bool operator==(const Member&) const = default;
  };
  // A keyed hash that one of her records brought.
  struct Claim {
    enum class State : uint8_t {
      kOwns = 0,   // An identifier that is hers.
      kNamed = 1,  // One that is not: another's, or held back.
      kKey = 2,    // What the record itself is found by.
    };
    Hash128 hash;
    uint32_t name_space = 0;  // 0: of a kKey.
    IdentifierClass klass = IdentifierClass::kExclusive;
    State state = State::kOwns;
    RecordId record = 0;
    Position since = 0;

    bool operator==(const Claim&) const = default;
  };
  // So many kNamed are kept, the first ones.
  static constexpr size_t kMaxNamed = 64;
  static constexpr int kMemberNumbers = 6;  // Varints of a Member.
  struct Merge {
    Position position = 0;
    CustomerId retired = 0;  // Leads to her now.
    RecordId a = 0;          // Of the side that stayed ...
    RecordId b = 0;          // ... and of the retired one.
    uint32_t name_space = 0;
    uint8_t confidence = 0;

    // By a match: neither by an identifier nor by somebody who was sure.
    bool by_match() const { return name_space == 0 && confidence < 100; }
    bool operator==(const Merge&) const = default;
  };

  // Not 0: she was merged away; everything else is empty.
  CustomerId moved_to = 0;
  // Of the last choice that concerned her as a whole; 0: none.
  Position changed_at = 0;
  std::vector<Member> records;
  std::vector<Merge> merges;
  std::vector<Claim> claims;

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
  // Only moved_to, changed_at and records: what most readers want.
  [[nodiscard]] bool DecodeRecords(std::string_view bytes);

  bool HasExclusive(uint32_t name_space) const;
  // She was: of all her records nothing is left but numbers.
  bool IsErased() const;
  // Nothing but devices is known of her.
  bool IsAnonymous() const;
  size_t CountOf(uint32_t name_space) const;
  size_t identifiers() const;  // That are hers.
  // Null: it is not hers.
  const Claim* Find(const Hash128& hash) const;
  bool Names(const Hash128& hash, RecordId record) const;
  // Null: it is not hers.
  const Member* FindRecord(RecordId record) const;
  // The one that began this customer's id, or another if that is not hers.
  RecordId FirstRecord(CustomerId customer) const;
};

// An identifier, or a record's key, of somebody who was erased: what happened
// until then and names it is hers, and refused.
struct TombstoneRow {
  Position position = 0;  // Of the erasure; 0: none.
  int64_t at = 0;         // When that was.

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// The records of other customers that named an identifier. At most
// kMaxClaimants, the first ones.
struct ClaimantsRow {
  static constexpr size_t kMaxClaimants = 32;
  std::vector<RecordId> records;

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// What was asserted about a record.
struct AssertionsRow {
  struct Item {
    RecordId other = 0;
    Assertion::Kind kind = Assertion::Kind::kCannotLink;
    Position position = 0;
  };
  std::vector<Item> items;

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// A question: see crm/identity.h. The row of its number.
struct ReviewRow {
  Position position = 0;
  RecordId a = 0;
  RecordId b = 0;
  IdentityReason reason = IdentityReason::kNone;
  uint32_t name_space = 0;
  int32_t weight = 0;        // A hundredth.
  Position answered_at = 0;  // 0: open.

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// A legal hold, or an erasure that waits: the row of its number.
struct HoldRow {
  Position position = 0;  // Of the choice that made it; 0: none.
  Position released = 0;  // Of the one that released it; 0: open.
  CustomerId customer = 0;
  std::vector<RecordId> records;        // As they were then, ascending.
  std::vector<std::string> categories;  // Ascending; none: everything.
  bool waiting = false;                 // It is an erasure that waits.

  bool Holds(std::span<const Members::Member> members) const;
  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// Which of them are open: row 0.
struct HoldsRow {
  uint64_t last = 0;              // The greatest number so far.
  std::vector<uint64_t> open;     // Holds, ascending.
  std::vector<uint64_t> waiting;  // Erasures that wait, ascending.

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// A household: the row of its number. Row 0 has the greatest number as its own
// `position`, and nothing else.
struct HouseholdRow {
  struct Member {
    RecordId record = 0;
    Position position = 0;  // Of the choice that said so.
    bool left = false;      // Somebody took her out, and nobody put her back.
    bool derived = false;
    uint32_t evidence = 0;
  };
  Position position = 0;  // Of the choice that made it; 0: none.
  bool derived = false;
  std::vector<Member> members;  // By record.

  // Null: it is not there.
  const Member* Find(RecordId record) const;
  // As it was not there before, or in place of what it was.
  void Set(const Member& member);
  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

// The households whose rows name a record: ascending.
struct HouseholdsOfRow {
  std::vector<uint64_t> numbers;

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

}  // namespace crm

#endif  // CRM_IDENTITY_ROWS_H_
