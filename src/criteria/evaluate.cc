#include "criteria/evaluate.h"

#include <utility>

#include "base/hash.h"
#include "base/instant.h"
#include "criteria/evaluator.h"
#include "format/json.h"

namespace crm {
namespace {

using Kind = CriteriaNode::Kind;

// Deeper than any value that an append takes in.
constexpr size_t kValueLevels = 256;

Truth Not(Truth truth) {
  return truth == Truth::kUnknown ? truth : TruthOf(truth == Truth::kFalse);
}

std::string Quoted(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

}  // namespace

Status EvaluateCriteria(const CriteriaNode& root, const CriteriaClock& clock,
                        CriteriaFacts& facts, Truth* truth,
                        CriteriaProof* proof) {
  CriteriaEvaluator evaluator(clock, facts);
  *truth = evaluator.Evaluate(root, proof);
  return std::move(evaluator).status();
}

bool CriteriaEvaluator::Check(Status status) {
  if (!status.ok() && status_.ok()) status_ = std::move(status);
  return status_.ok();
}

Truth CriteriaEvaluator::Evaluate(const CriteriaNode& node,
                                  CriteriaProof* proof) {
  Outcome outcome;
  switch (node.kind) {
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      return EvaluateGroup(node, proof);
    case Kind::kField:
      outcome = EvaluateField(node, proof);
      break;
    case Kind::kAggregate:
      outcome = EvaluateAggregate(node, proof);
      break;
    case Kind::kPick:
      outcome = EvaluatePick(node, proof);
      break;
    case Kind::kSequence:
      outcome = EvaluateSequence(node, proof);
      break;
    case Kind::kConsent:
      outcome = EvaluateConsent(node, proof);
      break;
    case Kind::kBucket:
      outcome = EvaluateBucket(node);
      break;
    case Kind::kProperty:
      break;  // Stands in filters only.
  }
  if (proof != nullptr) Show(node, outcome, proof);
  return outcome.truth;
}

Truth CriteriaEvaluator::EvaluateGroup(const CriteriaNode& node,
                                       CriteriaProof* proof) {
  Truth truth = TruthOf(node.kind == Kind::kAnd);
  // What decides whatever the others are.
  const Truth decisive = TruthOf(node.kind == Kind::kOr);
  if (proof != nullptr) proof->parts.resize(node.parts.size());
  for (size_t i = 0; i < node.parts.size() && status_.ok(); ++i) {
    const Truth part =
        Evaluate(*node.parts[i], proof == nullptr ? nullptr : &proof->parts[i]);
    if (node.kind == Kind::kNot) {
      truth = Not(part);
    } else if (part == decisive ||
               (part == Truth::kUnknown && truth != decisive)) {
      truth = part;
    }
    if (proof == nullptr && truth == decisive && node.kind != Kind::kNot) break;
  }
  if (proof != nullptr) {
    proof->path = node.path;
    proof->truth = truth;
    proof->text = node.kind == Kind::kAnd  ? "and"
                  : node.kind == Kind::kOr ? "or"
                                           : "not";
  }
  return truth;
}

CriteriaEvaluator::Outcome CriteriaEvaluator::From(const TestOutcome& outcome) {
  if (outcome.no_zone) {
    Check(Status(StatusCode::kInvalidArgument,
                 "time_zone: nothing is known of it at such an instant"));
  }
  return {outcome.truth, outcome.reason, {}};
}

CriteriaEvaluator::Outcome CriteriaEvaluator::EvaluateField(
    const CriteriaNode& node, CriteriaProof* proof) {
  const CriteriaFacts::Trait* trait = nullptr;
  bool hidden = false;
  if (!Check(facts_.FindTrait(node.field[0], &trait, &hidden))) return {};
  if (hidden) return {Truth::kUnknown, kReasonUnreadable, {}};
  if (trait == nullptr) return From(TestValue(node.test, nullptr, clock_));
  const Result<JsonTree> tree =
      ParseJsonTree(trait->value, kValueLevels, "trait");
  if (!tree.ok()) {
    Check(Status(StatusCode::kCorruption, "a trait is not JSON"));
    return {};
  }
  const JsonTree* value = FindIn(*tree, node.field, 1);
  Outcome outcome = From(TestValue(node.test, value, clock_));
  if (proof != nullptr) {
    if (value != nullptr) AppendJson(*value, &outcome.value);
    proof->events.push_back(ShowPosition(trait->position));
  }
  return outcome;
}

CriteriaEvaluator::Outcome CriteriaEvaluator::EvaluateConsent(
    const CriteriaNode& node, CriteriaProof* proof) {
  ConsentQuestion question;
  question.purpose = node.name;
  question.channel = node.channel;
  question.message_class = node.message_class;
  ConsentDecision decision;
  if (!Check(facts_.CheckConsent(question, &decision))) return {};
  if (proof != nullptr) {
    for (size_t i = 0; i < decision.act_count; ++i) {
      proof->events.push_back(ShowPosition(decision.acts[i]));
    }
  }
  return {TruthOf(decision.verdict == node.verdict),
          ConsentRuleName(decision.rule),
          Quoted(VerdictName(decision.verdict))};
}

CriteriaEvaluator::Outcome CriteriaEvaluator::EvaluateBucket(
    const CriteriaNode& node) {
  const uint64_t bucket =
      StableHash64(node.name + "/" + std::to_string(facts_.customer())) %
      node.buckets;
  return {TruthOf(bucket >= node.first_bucket && bucket < node.end_bucket),
          {},
          std::to_string(bucket)};
}

void CriteriaEvaluator::Show(const CriteriaNode& node, const Outcome& outcome,
                             CriteriaProof* proof) const {
  proof->path = node.path;
  proof->truth = outcome.truth;
  proof->text = DescribeNode(node);
  proof->value = outcome.value;
  proof->reason = outcome.reason;
}

CriteriaEvent CriteriaEvaluator::ShowEvent(size_t event) {
  CriteriaEvent shown;
  shown.position = events_[event].position;
  shown.occurred_at = Instant(events_[event].occurred_at);
  const CriteriaFacts::Content* content = nullptr;
  if (events_[event].readable && Check(facts_.Read(event, &content))) {
    shown.id = content->id;
  }
  return shown;
}

CriteriaEvent CriteriaEvaluator::ShowPosition(Position position) {
  CriteriaEvent shown;
  shown.position = position;
  if (!LoadEvents()) return shown;
  for (size_t i = 0; i < events_.size(); ++i) {
    if (events_[i].position == position) return ShowEvent(i);
  }
  return shown;
}

}  // namespace crm
