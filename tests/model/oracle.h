// What the public headers say, as simply as it can be written: maps, and no
// thought of speed. The model test compares a store with it.

#ifndef CRM_TESTS_MODEL_ORACLE_H_
#define CRM_TESTS_MODEL_ORACLE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crm/store.h"

namespace crm {

// An event as the oracle keeps it.
struct OracleEvent {
  Event event;
  Position position = 0;
  RecordId record = 0;
  CustomerId customer = 0;
  uint64_t revision = 0;
  bool backfill = false;
};

struct OracleOutcome {
  Outcome outcome = Outcome::kAppended;
  size_t known = 0;  // Of a duplicate: index of the first event.
  RecordId record = 0;
  CustomerId customer = 0;
  uint64_t revision = 0;
  int confidence = 0;
  std::string matched_by;
  bool new_record = false;
  bool new_customer = false;
  std::vector<WithheldIdentifier> withheld;
  bool contested = false;
  std::vector<CustomerId> merged;
  size_t reviews = 0;
};

struct OracleAnswer {
  StatusCode code = StatusCode::kOk;
  std::vector<OracleOutcome> events;
  // Indexes of the events that were appended, by event of the request; the
  // caller tells their positions afterwards.
  std::vector<std::optional<size_t>> appended;
};

// One tenant.
class Oracle {
 public:
  struct Record {
    std::string source;
    CustomerId customer = 0;
    std::vector<size_t> events;
    size_t linked_by = 0;
    std::string matched_by;
    int confidence = 100;
    RecordId linked_to = 0;
    CustomerId began = 0;  // Which customer; 0: it joined one.
    std::set<std::pair<std::string, std::string>> named;  // Of others.
    bool erased = false;
  };
  struct CustomerState {
    std::vector<RecordId> records;  // None: she was merged away.
    std::vector<CustomerId> retired;
    CustomerId moved_to = 0;
    Position erased_at = 0;  // 0: she was not.
  };
  struct Winner {
    std::string value;  // "null": none.
    Timestamp time;
    size_t event = 0;
  };

  // Every event must have a time of its own, so that no tie is to be broken.
  OracleAnswer Append(const std::vector<Event>& events,
                      const AppendOptions& options);
  void SetPosition(size_t event, Position position) {
    events_[event].position = position;
  }
  // Erases who stands for a customer. REQUIRES: all events, those to come, too,
  // happen later, so that none is refused.
  void Erase(CustomerId customer, Position position);
  bool IsErased(CustomerId customer) const;
  uint64_t erased_customers() const;

  const std::vector<OracleEvent>& events() const { return events_; }
  const std::vector<Record>& records() const { return records_; }
  const std::vector<CustomerState>& customers() const { return customers_; }
  // 0: nobody. A shared value has an owner, whom nobody finds by it.
  CustomerId Owner(const Identifier& identifier) const;
  CustomerId Found(const Identifier& identifier) const;
  // The one who stands for a customer.
  CustomerId Current(CustomerId customer) const;
  uint64_t live_customers() const;
  std::map<std::string, Winner> Traits(CustomerId customer) const;
  // Of all her records, by position.
  std::vector<size_t> EventsOf(CustomerId customer) const;
  Position Version(CustomerId customer) const;
  uint64_t unattributed() const { return unattributed_; }
  uint64_t contested() const { return contested_; }
  uint64_t reviews() const { return asked_.size(); }

 private:
  using Name = std::pair<std::string, std::string>;
  struct Owned {
    RecordId record = 0;  // Which brought it; 0: its owner was erased.
    bool shared = false;
  };
  struct Person {
    std::string name;
    std::string born;
    bool full() const { return !name.empty() && !born.empty(); }
  };
  // One event on its way.
  struct Resolving;

  bool Holds(const Condition& condition) const;
  CustomerId OwnerOf(const Name& name) const;
  bool IsShared(const Name& name) const;
  std::vector<Name> NamesOf(CustomerId customer) const;
  size_t ValuesOf(CustomerId customer, const std::string& name_space) const;
  bool HasExclusive(CustomerId customer, const std::string& name_space) const;
  bool IsAnonymous(CustomerId customer) const;
  Person PersonOf(CustomerId customer) const;
  static Person PersonIn(const Event& event);
  static bool Contradict(const Person& a, const Person& b);
  bool IsRecycled(const Name& name, const Event& event) const;

  OracleOutcome Resolve(const Event& event);
  void Attach(Resolving* now);
  IdentityReason AgainstAttaching(const Resolving& now, const Name& name) const;
  void Meet(Resolving* now, size_t i);
  IdentityReason AgainstMerging(const Resolving& now, const Name& name) const;
  bool TwoAccounts(const Resolving& now, CustomerId other) const;
  bool SaysTheSame(const Resolving& now, const Name& name) const;
  void Merge(Resolving* now, CustomerId other);
  void TurnShared(Resolving* now);
  bool IsKnown(const Resolving& now, CustomerId customer) const;
  void Claim(Resolving* now);
  void Tell(Resolving* now);
  void Ask(Resolving* now, RecordId a, RecordId b);
  size_t Fold(const Event& event, const OracleOutcome& outcome, bool backfill);

  std::vector<OracleEvent> events_;
  std::map<Name, size_t> ids_;  // (source, id) to event.
  std::map<Name, Owned> owners_;
  // Records that named an identifier of somebody else.
  std::map<Name, std::vector<RecordId>> named_;
  std::set<std::pair<RecordId, RecordId>> asked_;
  std::map<std::pair<std::string, Name>, RecordId> record_keys_;
  std::vector<Record> records_;
  std::vector<CustomerState> customers_;
  uint64_t unattributed_ = 0;
  uint64_t contested_ = 0;
};

}  // namespace crm

#endif  // CRM_TESTS_MODEL_ORACLE_H_
