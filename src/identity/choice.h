// A choice about who is who, as it lies in the log: made once, by the
// sequencer or by somebody who called, and read by every replay.
//
// What a choice says is numbers of records and customers, sealed with the
// tenant's key. Keyed hashes of a person's identifiers are in it only in a
// partition, and there each is sealed with the key of the record that claimed
// it: they go when that record's key is destroyed.

#ifndef CRM_IDENTITY_CHOICE_H_
#define CRM_IDENTITY_CHOICE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crm/identity.h"
#include "crm/status.h"
#include "event/log_view.h"
#include "identity/rows.h"
#include "storage/keyring.h"

namespace crm {

// Numbers of the log; never change.
enum class ChoiceKind : uint8_t {
  kMerge = 1,
  kPartition = 2,  // Who is who after an unmerge or a re-resolve.
  kAssertion = 3,
  kReview = 4,      // A question is put ...
  kAnswer = 5,      // ... and answered; what follows of it are choices, too.
  kShared = 6,      // An identifier links nobody any more, or does again.
  kErasure = 7,     // Records whose keys are destroyed. See crm/privacy.h.
  kRedaction = 8,   // Events whose sealed part was replaced by a remnant.
  kHold = 9,        // A legal hold. See crm/retention.h.
  kRetention = 10,  // What events said that were too old was removed.
  kHousehold = 11,  // Who lives together. See crm/household.h.
};

// Who made it. Numbers of the log.
enum class ChoiceOrigin : uint8_t {
  kEvent = 1,  // The event behind it in the log.
  kHand = 2,
  kMatch = 3,
  kReResolve = 4,
};

struct IdentityChoice {
  ChoiceKind kind = ChoiceKind::kMerge;
  ChoiceOrigin origin = ChoiceOrigin::kEvent;
  uint32_t tenant = 0;
  Position position = 0;

  // kMerge: who stays, and who leads to her now. kPartition: who was split.
  CustomerId customer = 0;
  CustomerId retired = 0;
  // The two records that kMerge links, kAssertion and kReview speak of.
  RecordId a = 0;
  RecordId b = 0;
  uint32_t name_space = 0;
  uint8_t confidence = 0;
  // kReview; why a merge was forced.
  IdentityReason reason = IdentityReason::kNone;
  int32_t weight = 0;  // Of a match, in hundredths of a bit.
  // kAssertion: the kind, or `retracted`; so is kShared.
  Assertion::Kind assertion = Assertion::Kind::kCannotLink;
  bool retracted = false;
  // kReview: the number of its row. kAnswer: of the one answered.
  uint64_t review = 0;
  ReviewAnswer answer = ReviewAnswer::kDismiss;
  Hash128 hash;  // kShared; kHousehold.
  std::string by = {};
  std::string why = {};

  // kPartition: the new rows of every customer whom it touches; those that
  // lead to another one included.
  struct Move {
    RecordId record = 0;
    CustomerId from = 0;
  };
  struct Part {
    CustomerId customer = 0;
    Members members;
    std::vector<Move> moved = {};  // Which of her records were another's.
    bool retired_now = false;      // She was her own before.
  };
  std::vector<Part> parts = {};

  // kErasure. `customer` is who was erased, `by` and `why` who asked for it.
  // A replay knows none of her identifiers any more: what the fold needs of
  // them is here, as keyed hashes.
  struct Mark {
    Hash128 hash;
    // What names it and happened until `at` is refused.
    bool fenced = false;
    bool address = false;  // Of a shareable namespace.
    // Which records claim it besides hers (see ClaimantsRow).
    std::vector<RecordId> claimants = {};
  };
  struct Erasure {
    std::string request = {};  // 16 random bytes: its name.
    uint8_t mode = 1;          // An ErasureMode.
    int64_t at = 0;
    std::vector<RecordId> records = {};
    std::vector<Mark> marks = {};
    // What was there, for the certificate.
    uint64_t events = 0;
    uint64_t identifiers = 0;
    uint64_t bytes = 0;
  };
  Erasure erasure = {};

  // Whose sealed part goes from the log, ascending: kRedaction, and kErasure of
  // mode kHard.
  std::vector<Position> events = {};
  // kHold, of `customer`. `by` and `why`: who said so.
  struct Hold {
    // Numbers of the log; never change.
    enum class What : uint8_t {
      kPlaced = 1,
      kReleased = 2,
      kWaiting = 3,  // An erasure is to wait for releases.
    };
    What what = What::kPlaced;
    int64_t at = 0;
    uint64_t number = 0;  // Of the hold, or of what waits.
    // kPlaced: her records then, ascending; what is held (nothing: all of it).
    std::vector<RecordId> records = {};
    std::vector<std::string> categories = {};
    // kWaiting: the options of the erasure.
    uint8_t mode = 1;
    bool confirm = false;
  };
  Hold hold = {};

  // kRetention: exactly which events those are, of this tenant.
  struct Retention {
    struct Type {
      uint32_t type = 0;
      int64_t before = 0;  // They happened before.
    };
    // Passed over, because somebody held it then.
    struct Held {
      RecordId record = 0;
      bool everything = false;
      std::vector<uint32_t> types = {};  // Ascending.

      bool operator==(const Held& other) const = default;
    };
    int64_t as_of = 0;
    Position last = 0;             // None behind it.
    std::vector<Type> types = {};  // Ascending.
    std::vector<Held> held = {};   // Ascending.
    uint64_t events = 0;
    uint64_t bytes = 0;
  };
  Retention retention = {};
  // kHousehold: what becomes of one. Of kMatch it is derived. `hash` is that of
  // its name, if `made` gives it one.
  struct Household {
    int64_t at = 0;
    uint64_t number = 0;
    bool made = false;
    std::string name = {};
    struct Join {
      CustomerId customer = 0;  // As she was named ...
      RecordId record = 0;      // ... and what began that id.
      uint32_t evidence = 0;
    };
    std::vector<Join> joined = {};
    struct Leave {
      CustomerId customer = 0;
      // Hers that are members, or the one that would be. At least one.
      std::vector<RecordId> records = {};
    };
    std::vector<Leave> left = {};
  };
  Household household = {};
};

// What seals a choice besides the tenant's key: those of records, with the
// nonce of the choice's own place.
struct ChoiceSeal {
  KeyRing* keyring;
  uint32_t tenant;
  Position position;
  Nonce nonce;
};

Status EncodeChoice(const IdentityChoice& choice, const ChoiceSeal& seal,
                    std::string* out);
// Identifiers of records whose key is gone are left out. Tenant and position
// are those of `seal`. kCorruption; kFormatTooNew: of a kind that this version
// does not know.
Status DecodeChoice(std::string_view bytes, const ChoiceSeal& seal,
                    IdentityChoice* choice);
// The choice that a record of the log holds.
Status ReadChoice(const LogView& log, KeyRing* keyring, Position position,
                  const LogRecord& record, IdentityChoice* choice);

}  // namespace crm

#endif  // CRM_IDENTITY_CHOICE_H_
