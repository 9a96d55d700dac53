// One evaluation: nodes that ask about the customer in evaluate.cc, those that
// ask about her events in event_nodes.cc.

#ifndef CRM_CRITERIA_EVALUATOR_H_
#define CRM_CRITERIA_EVALUATOR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "criteria/facts.h"
#include "criteria/node.h"
#include "criteria/span.h"
#include "criteria/value.h"
#include "crm/criteria.h"
#include "format/json_tree.h"

namespace crm {

class CriteriaEvaluator final {
 public:
  CriteriaEvaluator(const CriteriaClock& clock, CriteriaFacts& facts)
      : clock_(clock), facts_(facts) {}

  // Once it could not go on, every node is unknown, and status() says why.
  Truth Evaluate(const CriteriaNode& node, CriteriaProof* proof);
  Status status() && { return std::move(status_); }

 private:
  using Event = CriteriaFacts::Event;

  // The events that match, and those that cannot be read and may match.
  // Ascending by time.
  struct Matching {
    std::vector<size_t> sure;
    std::vector<size_t> maybe;
  };
  struct Outcome {
    Truth truth = Truth::kUnknown;
    std::string_view reason;
    std::string value;  // JSON.
  };
  // What is known of the numbers, or of the values, of some events.
  struct Values;

  Truth EvaluateGroup(const CriteriaNode& node, CriteriaProof* proof);
  Outcome EvaluateField(const CriteriaNode& node, CriteriaProof* proof);
  Outcome EvaluateConsent(const CriteriaNode& node, CriteriaProof* proof);
  Outcome EvaluateBucket(const CriteriaNode& node);
  Outcome EvaluateAggregate(const CriteriaNode& node, CriteriaProof* proof);
  Outcome EvaluatePick(const CriteriaNode& node, CriteriaProof* proof);
  Outcome EvaluateSequence(const CriteriaNode& node, CriteriaProof* proof);

  bool Match(const EventSelector& selector, const TimeSpan& span,
             Matching* out);
  bool Resolve(const CriteriaWindow& window, TimeSpan* span);
  // Of an event that can be read. Null: it failed.
  const JsonTree* PayloadOf(size_t event);
  Truth Filter(const CriteriaNode& node, const JsonTree& payload,
               std::string_view* reason);
  Outcome From(const TestOutcome& outcome);

  Outcome TestRange(const ValueTest& test, uint64_t low, uint64_t high);
  Outcome TestTimes(const CriteriaNode& node, const Matching& matching);
  Outcome TestNumbers(const CriteriaNode& node, const Matching& matching);
  // False: it failed.
  bool CollectValues(const CriteriaNode& node, const Matching& matching,
                     Values* out);
  // The event of those at an end of time; false: which it is cannot be told.
  bool PickOne(const Matching& matching, bool last, size_t* out);
  // Looks for two events. `certain`: only those that can be read and match.
  bool FindPair(const CriteriaNode& node, const Matching& first,
                const Matching& second, bool certain, size_t (&pair)[2]);

  void Show(const CriteriaNode& node, const Outcome& outcome,
            CriteriaProof* proof) const;
  void ShowEvents(const Matching& matching, CriteriaProof* proof);
  CriteriaEvent ShowEvent(size_t event);
  // The event at a position; of one that is not hers that alone.
  CriteriaEvent ShowPosition(Position position);
  bool LoadEvents();
  bool Check(Status status);

  const CriteriaClock& clock_;
  CriteriaFacts& facts_;
  Status status_;
  bool loaded_ = false;
  std::span<const Event> events_;
  std::vector<std::unique_ptr<const JsonTree>> payloads_;
};

}  // namespace crm

#endif  // CRM_CRITERIA_EVALUATOR_H_
