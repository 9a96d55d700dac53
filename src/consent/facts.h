// What acts say, without any text: purposes, zones and categories by stable
// hashes, addresses by the keyed hash that identity finds them by.
//
// A fact is one act about one key. Facts of a record are kept as the latest of
// each key (FactSet), which does not depend on the order in which they
// come; what a decision needs of several records is their union.

#ifndef CRM_CONSENT_FACTS_H_
#define CRM_CONSENT_FACTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "crm/consent.h"
#include "crm/types.h"

namespace crm {

// What stands beside what. Numbers are on disk.
enum class FactGroup : uint8_t {
  kDecision = 1,  // Yes or no.
  kAsked = 2,     // On the way there: never outweighs a decision.
  kObjection = 3,
  kRestriction = 4,
  kSuppression = 5,  // Of an address.
  kSignal = 6,
  kPreference = 7,  // `channel` is the field, `purpose` the value.
};

enum class PreferenceField : uint8_t {
  kFrequency = 1,   // 1 daily, 2 weekly, 3 never.
  kTimeZone = 2,    // Stable hash of its name.
  kCategories = 3,  // Stable hash of one; 0: none at all.
  // Of a channel's marketing: 1 yes, 2 no.
  kEmail = 4,
  kSms = 5,
  kPush = 6,
  kSmsPromotions = 7,
  kRecordState = 8,  // 1 active, 2 deactivated.
};
// Of any field: taken back.
inline constexpr uint64_t kPreferenceUnset = 1'000'000'007;

// Numbers are on disk. Up to kInvalid: nothing arrives there.
enum class SuppressionReason : uint8_t {
  kNone = 0,
  kHardBounce = 1,
  kInvalid = 2,
  kErased = 3,
  kComplaint = 4,
  kStop = 5,
  kRegistry = 6,
  kManual = 7,
};
// kNone: there is none of this name.
SuppressionReason ParseSuppressionReason(std::string_view name);

enum FactFlags : uint8_t {
  kFactConfirmed = 1,
  kFactConflictNotice = 2,
  kFactSoftOptIn = 4,
  kFactShared = 8,  // Its customer had several records then.
};

struct ConsentFact {
  int64_t effective_at = 0;
  Position position = 0;
  RecordId origin = 0;      // The record of the act.
  uint64_t purpose = 0;     // 0: all.
  Hash128 address;          // 0: none.
  int64_t valid_until = 0;  // 0: not said.
  std::array<char, 8> jurisdiction{};
  uint32_t order = 0;  // Breaks ties of time.
  uint32_t policy_version = 0;
  FactGroup group = FactGroup::kDecision;
  ConsentAction action = ConsentAction::kGrant;
  ConsentChannel channel = ConsentChannel::kAny;
  SuppressionReason reason = SuppressionReason::kNone;
  uint8_t flags = 0;

  bool grants() const {
    return action == ConsentAction::kGrant || action == ConsentAction::kConfirm;
  }
  bool confirmed() const {
    return action == ConsentAction::kConfirm || (flags & kFactConfirmed) != 0;
  }
  bool has_address() const { return address.hi != 0 || address.lo != 0; }
  bool operator==(const ConsentFact&) const = default;
};

FactGroup GroupOf(ConsentAction action);
// It takes something away: never dropped, never refused.
bool Restricts(ConsentAction action);
// Whether `a` counts and `b`, of the same key, does not: later, or at the same
// time the one that says no.
bool Outweighs(const ConsentFact& a, const ConsentFact& b);

// The facts of one record, and those that other records of her customer got
// while they were one.
class FactSet final {
 public:
  // Acts of another record, whole: from the first to the last position.
  struct Origin {
    RecordId record = 0;
    Position first = 0;
    Position last = 0;
    bool operator==(const Origin&) const = default;
  };
  static constexpr size_t kMaxFacts = 2000;
  static constexpr size_t kMaxTable = 255;  // Of purposes, addresses, ...

  void Clear();
  // What Encode made. False: something else.
  [[nodiscard]] bool Decode(RecordId self, std::string_view bytes);
  // Equal states give equal bytes. Empty: nothing to say.
  std::string Encode(RecordId self) const;

  // Takes a fact in. One too many: dropped, and overflow() when it restricts.
  void Apply(const ConsentFact& fact);
  // All categories of one event; none: she wants none.
  void ApplyCategories(const ConsentFact& event,
                       const std::vector<uint64_t>& categories);
  // False: there are too many; what it says must not be applied.
  [[nodiscard]] bool AddOrigin(RecordId record, Position position);
  void SetOverflow() { overflow_ = true; }
  void AddCopy(RecordId record);
  // Forgets what other than these say.
  template <typename Keep>
  void KeepOrigins(Keep keep) {
    std::erase_if(facts_,
                  [&](const ConsentFact& f) { return !keep(f.origin); });
    std::erase_if(origins_, [&](const Origin& o) { return !keep(o.record); });
  }
  void ForgetCopies() { copies_.clear(); }
  void ForgetOverflow() { overflow_ = false; }

  const std::vector<ConsentFact>& facts() const { return facts_; }
  const std::vector<Origin>& origins() const { return origins_; }
  // The records that have a copy of this one's facts.
  const std::vector<RecordId>& copies() const { return copies_; }
  // A denial did not fit: nothing is allowed any more.
  bool overflow() const { return overflow_; }

 private:
  bool Fits() const;

  std::vector<ConsentFact> facts_;  // By key.
  std::vector<Origin> origins_;     // By record.
  std::vector<RecordId> copies_;    // Ascending.
  bool overflow_ = false;
};

// A stored state as a decision reads it: without making anything.
class FactSetView final {
 public:
  // False: not a state. `bytes` outlive this.
  [[nodiscard]] bool Parse(RecordId self, std::string_view bytes);
  size_t size() const { return count_; }
  bool overflow() const { return overflow_; }
  // 0: not in this state; then nothing speaks of it by name.
  uint8_t NumberOf(uint64_t purpose) const;
  // What is looked at first, without the tables.
  FactGroup GroupAt(size_t i) const {
    return static_cast<FactGroup>(At(i)[24]);
  }
  ConsentChannel ChannelAt(size_t i) const {
    return static_cast<ConsentChannel>(At(i)[25]);
  }
  uint8_t PurposeAt(size_t i) const { return static_cast<uint8_t>(At(i)[26]); }
  void Get(size_t i, ConsentFact* fact) const;
  FactSet::Origin OriginAt(size_t i) const;
  size_t origins() const { return origins_count_; }
  RecordId CopyAt(size_t i) const;
  size_t copies() const { return copies_count_; }

 private:
  const char* At(size_t i) const { return entries_ + i * kEntryBytes; }

  static constexpr size_t kEntryBytes = 32;
  friend class FactSet;
  RecordId self_ = 0;
  const char* purposes_ = nullptr;
  const char* addresses_ = nullptr;
  const char* origins_ = nullptr;
  const char* extras_ = nullptr;
  const char* copies_ = nullptr;
  const char* entries_ = nullptr;
  size_t count_ = 0;
  uint8_t purposes_count_ = 0;
  uint8_t addresses_count_ = 0;
  uint8_t origins_count_ = 0;
  uint8_t extras_count_ = 0;
  uint16_t copies_count_ = 0;
  bool overflow_ = false;
};

}  // namespace crm

#endif  // CRM_CONSENT_FACTS_H_
