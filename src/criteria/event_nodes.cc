// Nodes that ask about events: how often, how much, first and last, and one
// after the other.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/number_token.h"
#include "base/time_text.h"
#include "criteria/evaluator.h"
#include "format/json.h"

namespace crm {
namespace {

using Aggregate = CriteriaNode::Aggregate;
using Kind = CriteriaNode::Kind;

constexpr size_t kPayloadLevels = 256;
constexpr size_t kMostShown = 100;

bool IsOfType(const EventSelector& selector, std::string_view type) {
  return selector.types.empty() ||
         std::find(selector.types.begin(), selector.types.end(), type) !=
             selector.types.end();
}

Truth Invert(Truth truth) {
  return truth == Truth::kUnknown ? truth : TruthOf(truth == Truth::kFalse);
}

}  // namespace

struct CriteriaEvaluator::Values {
  uint64_t count = 0;
  uint64_t hidden = 0;  // Events of which nobody knows.
  Decimal sum;
  bool overflow = false;
  std::string least;  // Tokens.
  std::string greatest;
  std::set<std::string> different;
};

bool CriteriaEvaluator::LoadEvents() {
  if (!loaded_ && Check(facts_.Events(&events_))) {
    loaded_ = true;
    payloads_.resize(events_.size());
  }
  return loaded_;
}

bool CriteriaEvaluator::Resolve(const CriteriaWindow& window, TimeSpan* span) {
  return clock_.Resolve(window, span) ||
         Check(Status(StatusCode::kInvalidArgument,
                      "time_zone: nothing is known of it at such an instant"));
}

const JsonTree* CriteriaEvaluator::PayloadOf(size_t event) {
  if (payloads_[event] != nullptr) return payloads_[event].get();
  const CriteriaFacts::Content* content = nullptr;
  if (!Check(facts_.Read(event, &content))) return nullptr;
  Result<JsonTree> tree =
      ParseJsonTree(content->payload, kPayloadLevels, "payload");
  if (!tree.ok()) {
    Check(Status(StatusCode::kCorruption,
                 "event " + std::to_string(events_[event].position) +
                     ": its payload is not JSON"));
    return nullptr;
  }
  payloads_[event] = std::make_unique<const JsonTree>(*std::move(tree));
  return payloads_[event].get();
}

Truth CriteriaEvaluator::Filter(const CriteriaNode& node,
                                const JsonTree& payload,
                                std::string_view* reason) {
  if (node.kind == Kind::kProperty) {
    const Outcome outcome =
        From(TestValue(node.test, FindIn(payload, node.field, 0), clock_));
    if (outcome.truth == Truth::kUnknown) *reason = outcome.reason;
    return outcome.truth;
  }
  if (node.kind == Kind::kNot) {
    return Invert(Filter(*node.parts[0], payload, reason));
  }
  const Truth decisive = TruthOf(node.kind == Kind::kOr);
  Truth truth = Invert(decisive);
  for (const auto& part : node.parts) {
    const Truth one = Filter(*part, payload, reason);
    if (one == decisive) return one;
    if (one == Truth::kUnknown) truth = one;
  }
  return truth;
}

bool CriteriaEvaluator::Match(const EventSelector& selector,
                              const TimeSpan& span, Matching* out) {
  if (!LoadEvents()) return false;
  for (size_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    if (!span.Holds(event.occurred_at) || !IsOfType(selector, event.type)) {
      continue;
    }
    if (selector.where == nullptr) {
      out->sure.push_back(i);
    } else if (!event.readable) {
      out->maybe.push_back(i);
    } else {
      const JsonTree* payload = PayloadOf(i);
      std::string_view reason;
      if (payload == nullptr) return false;
      if (Filter(*selector.where, *payload, &reason) == Truth::kTrue) {
        out->sure.push_back(i);
      }
    }
  }
  return status_.ok();
}

void CriteriaEvaluator::ShowEvents(const Matching& matching,
                                   CriteriaProof* proof) {
  proof->matching = matching.sure.size();
  proof->unreadable = matching.maybe.size();
  const size_t first =
      matching.sure.size() - std::min(matching.sure.size(), kMostShown);
  for (size_t i = first; i < matching.sure.size(); ++i) {
    proof->events.push_back(ShowEvent(matching.sure[i]));
  }
}

CriteriaEvaluator::Outcome CriteriaEvaluator::EvaluateAggregate(
    const CriteriaNode& node, CriteriaProof* proof) {
  TimeSpan span;
  Matching matching;
  if (!Resolve(node.window, &span) || !Match(node.event, span, &matching)) {
    return {};
  }
  if (proof != nullptr) ShowEvents(matching, proof);
  switch (node.aggregate) {
    case Aggregate::kCount:
      return TestRange(node.test, matching.sure.size(),
                       matching.sure.size() + matching.maybe.size());
    case Aggregate::kFirst:
    case Aggregate::kLast:
      return TestTimes(node, matching);
    default:
      return TestNumbers(node, matching);
  }
}

// A count that is one of these: known where all of them say the same.
CriteriaEvaluator::Outcome CriteriaEvaluator::TestRange(const ValueTest& test,
                                                        uint64_t low,
                                                        uint64_t high) {
  const bool holds = TestNumber(test, std::to_string(low));
  for (uint64_t count = low; count < high;) {
    if (TestNumber(test, std::to_string(++count)) != holds) {
      return {Truth::kUnknown, kReasonUnreadable, std::to_string(low)};
    }
  }
  return {TruthOf(holds), {}, std::to_string(low)};
}

CriteriaEvaluator::Outcome CriteriaEvaluator::TestTimes(
    const CriteriaNode& node, const Matching& matching) {
  const bool last = node.aggregate == Aggregate::kLast;
  if (matching.sure.empty()) {
    return {Truth::kUnknown,
            matching.maybe.empty() ? kReasonNone : kReasonUnreadable,
            {}};
  }
  const size_t at = last ? matching.sure.back() : matching.sure.front();
  const int64_t known = events_[at].occurred_at;
  Outcome outcome = From(TestInstant(node.test, known, clock_));
  AppendJsonString(FormatTime(Instant(known)), &outcome.value);
  for (const size_t other : matching.maybe) {
    const int64_t us = events_[other].occurred_at;
    if (last ? us <= known : us >= known) continue;
    if (From(TestInstant(node.test, us, clock_)).truth != outcome.truth) {
      outcome.truth = Truth::kUnknown;
      outcome.reason = kReasonUnreadable;
    }
  }
  return outcome;
}

bool CriteriaEvaluator::CollectValues(const CriteriaNode& node,
                                      const Matching& matching, Values* out) {
  out->hidden = matching.maybe.size();
  for (const size_t event : matching.sure) {
    if (!events_[event].readable) {
      ++out->hidden;
      continue;
    }
    const JsonTree* payload = PayloadOf(event);
    if (payload == nullptr) return false;
    const JsonTree* value = FindIn(*payload, node.field, 0);
    if (value == nullptr) continue;
    if (node.aggregate == Aggregate::kUnique) {
      std::string key = ScalarKey(*value);
      if (!key.empty()) out->different.insert(std::move(key));
      continue;
    }
    if (!value->Is(JsonTree::Kind::kNumber)) continue;
    ++out->count;
    if (out->count == 1 || CompareNumbers(crm::ReadNumber(value->text),
                                          crm::ReadNumber(out->least)) < 0) {
      out->least = value->text;
    }
    if (out->count == 1 || CompareNumbers(crm::ReadNumber(value->text),
                                          crm::ReadNumber(out->greatest)) > 0) {
      out->greatest = value->text;
    }
    Result<Decimal> number = Decimal::Parse(value->text);
    if (number.ok()) number = Add(out->sum, *number);
    if (number.ok()) {
      out->sum = *number;
    } else {
      out->overflow = true;
    }
  }
  return true;
}

CriteriaEvaluator::Outcome CriteriaEvaluator::TestNumbers(
    const CriteriaNode& node, const Matching& matching) {
  Values values;
  if (!CollectValues(node, matching, &values)) return {};
  if (node.aggregate == Aggregate::kUnique) {
    return TestRange(node.test, values.different.size(),
                     values.different.size() + values.hidden);
  }
  if (values.hidden > 0) return {Truth::kUnknown, kReasonUnreadable, {}};
  const bool of_all =
      node.aggregate == Aggregate::kSum || node.aggregate == Aggregate::kAvg;
  if (values.count == 0 && node.aggregate != Aggregate::kSum) {
    return {Truth::kUnknown, kReasonNone, {}};
  }
  if (of_all && values.overflow) {
    return {Truth::kUnknown, kReasonOverflow, {}};
  }
  const std::string sum = values.sum.ToString();
  if (node.aggregate == Aggregate::kAvg) {
    Outcome outcome = From(TestAverage(node.test, sum, values.count));
    outcome.value = R"({"sum":)" + sum + R"(,"count":)" +
                    std::to_string(values.count) + "}";
    return outcome;
  }
  const std::string& token = node.aggregate == Aggregate::kSum ? sum
                             : node.aggregate == Aggregate::kMin
                                 ? values.least
                                 : values.greatest;
  return {TruthOf(TestNumber(node.test, token)), {}, token};
}

bool CriteriaEvaluator::PickOne(const Matching& matching, bool last,
                                size_t* out) {
  const size_t end = last ? matching.sure.back() : matching.sure.front();
  const int64_t us = events_[end].occurred_at;
  for (const size_t other : matching.maybe) {
    const int64_t time = events_[other].occurred_at;
    if (last ? time >= us : time <= us) return false;
  }
  // Several at one time: by their ids, which are the same wherever and in
  // whatever order they came.
  std::optional<std::pair<uint64_t, std::string>> best;
  for (const size_t event : matching.sure) {
    if (events_[event].occurred_at != us) continue;
    const CriteriaFacts::Content* content = nullptr;
    if (!events_[event].readable || !Check(facts_.Read(event, &content))) {
      return false;
    }
    std::pair<uint64_t, std::string> order{
        StableHash64(content->id), content->id + '\0' + content->source};
    if (!best.has_value() || (last ? order > *best : order < *best)) {
      best = std::move(order);
      *out = event;
    }
  }
  return true;
}

CriteriaEvaluator::Outcome CriteriaEvaluator::EvaluatePick(
    const CriteriaNode& node, CriteriaProof* proof) {
  TimeSpan span;
  Matching matching;
  if (!Resolve(node.window, &span) || !Match(node.event, span, &matching)) {
    return {};
  }
  if (proof != nullptr) {
    proof->matching = matching.sure.size();
    proof->unreadable = matching.maybe.size();
  }
  if (matching.sure.empty()) {
    return {Truth::kUnknown,
            matching.maybe.empty() ? kReasonNone : kReasonUnreadable,
            {}};
  }
  size_t event = 0;
  if (!PickOne(matching, node.pick_last, &event)) {
    return {Truth::kUnknown, kReasonUnreadable, {}};
  }
  const JsonTree* payload = PayloadOf(event);
  if (payload == nullptr) return {};
  if (proof != nullptr) proof->events.push_back(ShowEvent(event));
  Outcome outcome;
  outcome.truth = Filter(*node.has, *payload, &outcome.reason);
  if (outcome.truth != Truth::kUnknown) outcome.reason = {};
  AppendJsonString(FormatTime(Instant(events_[event].occurred_at)),
                   &outcome.value);
  return outcome;
}

// Goes through both once, by time. Of the first steps the latest before a
// second one is nearest to it: if that one is too far away, all are.
bool CriteriaEvaluator::FindPair(const CriteriaNode& node,
                                 const Matching& first, const Matching& second,
                                 bool certain, size_t (&pair)[2]) {
  std::vector<std::pair<size_t, bool>> steps;  // The event; of the second?
  const auto add = [&](const Matching& from, bool is_second) {
    for (const size_t event : from.sure) steps.emplace_back(event, is_second);
    if (certain) return;
    for (const size_t event : from.maybe) steps.emplace_back(event, is_second);
  };
  add(first, false);
  add(second, true);
  // At one time second steps come first: none is behind a first one then.
  std::sort(steps.begin(), steps.end(), [&](const auto& a, const auto& b) {
    const int64_t time_a = events_[a.first].occurred_at;
    const int64_t time_b = events_[b.first].occurred_at;
    if (time_a != time_b) return time_a < time_b;
    return a.second != b.second ? a.second : a.first < b.first;
  });
  std::map<std::string, size_t> latest;  // By what joins them.
  std::optional<size_t> any;             // The latest of all,
  std::optional<size_t> hidden;          // and of those that may have any key.
  const auto near = [&](std::optional<size_t> before, size_t event) {
    if (!before.has_value() ||
        (node.within.has_value() &&
         events_[event].occurred_at - events_[*before].occurred_at >
             node.within->us)) {
      return false;
    }
    pair[0] = *before;
    pair[1] = event;
    return true;
  };
  for (const auto& [event, is_second] : steps) {
    std::string key;
    const bool known = node.join.empty() || events_[event].readable;
    if (!known && certain) continue;
    if (known && !node.join.empty()) {
      const JsonTree* payload = PayloadOf(event);
      if (payload == nullptr) return false;
      const JsonTree* value = FindIn(*payload, node.join, 0);
      if (value != nullptr) key = ScalarKey(*value);
      if (key.empty()) continue;  // It goes with nothing.
    }
    if (is_second) {
      const auto found = latest.find(key);
      if (known ? (found != latest.end() && near(found->second, event)) ||
                      near(hidden, event)
                : near(any, event)) {
        return true;
      }
    } else {
      any = event;
      if (known) {
        latest[key] = event;
      } else {
        hidden = event;
      }
    }
  }
  return false;
}

CriteriaEvaluator::Outcome CriteriaEvaluator::EvaluateSequence(
    const CriteriaNode& node, CriteriaProof* proof) {
  TimeSpan span;
  Matching first;
  Matching second;
  if (!Resolve(node.window, &span) || !Match(node.event, span, &first) ||
      !Match(node.next, span, &second)) {
    return {};
  }
  if (proof != nullptr) {
    proof->matching = first.sure.size() + second.sure.size();
    proof->unreadable = first.maybe.size() + second.maybe.size();
  }
  size_t pair[2] = {};
  if (FindPair(node, first, second, true, pair)) {
    if (proof != nullptr) {
      for (const size_t event : pair) proof->events.push_back(ShowEvent(event));
    }
    return {Truth::kTrue, {}, {}};
  }
  if (FindPair(node, first, second, false, pair)) {
    return {Truth::kUnknown, kReasonUnreadable, {}};
  }
  return {status_.ok() ? Truth::kFalse : Truth::kUnknown, {}, {}};
}

}  // namespace crm
