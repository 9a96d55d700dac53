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
  std::vector<std::pair<std::string, CustomerId>> contested;
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
  };
  struct CustomerState {
    std::vector<RecordId> records;
    std::set<std::string> exclusive;  // Namespaces of which she has a value.
    size_t last_event = 0;
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

  const std::vector<OracleEvent>& events() const { return events_; }
  const std::vector<Record>& records() const { return records_; }
  const std::vector<CustomerState>& customers() const { return customers_; }
  // 0: nobody.
  CustomerId Owner(const Identifier& identifier) const;
  std::map<std::string, Winner> Traits(CustomerId customer) const;
  // Of all her records, by position.
  std::vector<size_t> EventsOf(CustomerId customer) const;
  Position Version(CustomerId customer) const;
  uint64_t unattributed() const { return unattributed_; }
  uint64_t contested() const { return contested_; }

 private:
  using Name = std::pair<std::string, std::string>;
  bool Holds(const Condition& condition) const;
  void Resolve(const Event& event, OracleOutcome* outcome) const;
  bool MayAttach(const std::vector<Name>& names, CustomerId customer) const;
  size_t Fold(const Event& event, const OracleOutcome& outcome, bool backfill);

  std::vector<OracleEvent> events_;
  std::map<Name, size_t> ids_;  // (source, id) to event.
  std::map<Name, CustomerId> owners_;
  std::map<std::pair<std::string, Name>, RecordId> record_keys_;
  std::vector<Record> records_;
  std::vector<CustomerState> customers_;
  uint64_t unattributed_ = 0;
  uint64_t contested_ = 0;
};

}  // namespace crm

#endif  // CRM_TESTS_MODEL_ORACLE_H_
