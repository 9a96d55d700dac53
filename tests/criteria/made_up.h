// A customer made up of traits and events, for criteria without a store.

#ifndef CRM_TESTS_CRITERIA_MADE_UP_H_
#define CRM_TESTS_CRITERIA_MADE_UP_H_

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/time_text.h"
#include "criteria/evaluate.h"
#include "criteria/facts.h"
#include "crm/criteria.h"

namespace crm {

struct MadeUpEvent {
  int64_t occurred_at = 0;
  std::string type;
  std::string payload = "{}";
  std::string id;
  bool readable = true;
};

class MadeUp final : public CriteriaFacts {
 public:
  void SetTrait(const std::string& name, std::string json) {
    traits_[name] = {std::move(json), 0, 1};
  }
  // The position is the place in the order of arrival.
  void Add(MadeUpEvent event) {
    if (event.id.empty()) event.id = "e" + std::to_string(given_.size());
    given_.push_back(std::move(event));
  }
  // Before it is asked.
  void Sort(int64_t as_of) {
    order_.clear();
    events_.clear();
    contents_.clear();
    for (size_t i = 0; i < given_.size(); ++i) {
      if (given_[i].occurred_at <= as_of) order_.push_back(i);
    }
    std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
      return given_[a].occurred_at < given_[b].occurred_at;
    });
    for (const size_t i : order_) {
      const MadeUpEvent& event = given_[i];
      events_.push_back({event.occurred_at, i + 1, event.type, event.readable});
      contents_.push_back({event.id, "test", event.payload});
    }
  }
  std::vector<MadeUpEvent>& given() { return given_; }
  const std::map<std::string, Trait, std::less<>>& traits() const {
    return traits_;
  }

  CustomerId customer() const override { return number; }
  Status FindTrait(std::string_view name, const Trait** out,
                   bool* hidden) override {
    const auto found = traits_.find(name);
    *out = found == traits_.end() ? nullptr : &found->second;
    *hidden = false;
    return Status::Ok();
  }
  Status Events(std::span<const Event>* out) override {
    *out = events_;
    return Status::Ok();
  }
  Status Read(size_t event, const Content** out) override {
    REQUIRE(events_[event].readable);
    *out = &contents_[event];
    return Status::Ok();
  }
  Status CheckConsent(const ConsentQuestion&, ConsentDecision* out) override {
    out->verdict = verdict;
    return Status::Ok();
  }

  CustomerId number = 7;
  Verdict verdict = Verdict::kAllow;

 private:
  std::map<std::string, Trait, std::less<>> traits_;
  std::vector<MadeUpEvent> given_;
  std::vector<size_t> order_;
  std::vector<Event> events_;
  std::deque<Content> contents_;
};

inline int64_t Us(std::string_view time) {
  const Result<Timestamp> parsed = ParseTime(time);
  REQUIRE(parsed.ok());
  return Microseconds(*parsed);
}

inline Criteria MustParse(std::string_view json) {
  const Result<Criteria> parsed = Criteria::Parse(json);
  INFO(std::string(json));
  INFO(parsed.status().ToString());
  REQUIRE(parsed.ok());
  return *parsed;
}

// The answer; with a proof and without one it is the same.
inline Truth Ask(const Criteria& criteria, MadeUp& facts, std::string_view at,
                 std::string_view zone = {}, CriteriaProof* proof = nullptr) {
  const Result<CriteriaClock> clock =
      CriteriaClock::Make(Instant(Us(at)), zone);
  REQUIRE(clock.ok());
  facts.Sort(clock->as_of());
  CriteriaProof own;
  Truth truth = Truth::kUnknown;
  Truth again = Truth::kUnknown;
  const CriteriaNode& root = *criteria.impl().root;
  REQUIRE(EvaluateCriteria(root, *clock, facts, &truth, &own).ok());
  REQUIRE(EvaluateCriteria(root, *clock, facts, &again, nullptr).ok());
  REQUIRE(truth == again);
  REQUIRE(own.truth == truth);
  if (proof != nullptr) *proof = std::move(own);
  return truth;
}

}  // namespace crm

#endif  // CRM_TESTS_CRITERIA_MADE_UP_H_
