// Criteria as text: whatever comes in, it is refused with a place or it can be
// described, kept and asked; its opposite is its opposite.

#include <cstdint>
#include <string>
#include <string_view>

#include "criteria/evaluate.h"
#include "criteria/facts.h"
#include "fuzz/require.h"

namespace crm {
namespace {

// A customer with a trait and two events, one of which cannot be read.
class Somebody final : public CriteriaFacts {
 public:
  CustomerId customer() const override { return 1; }
  Status FindTrait(std::string_view name, const Trait** out,
                   bool* hidden) override {
    *out = name == "f" ? &trait_ : nullptr;
    *hidden = name == "h";
    return Status::Ok();
  }
  Status Events(std::span<const Event>* out) override {
    *out = events_;
    return Status::Ok();
  }
  Status Read(size_t event, const Content** out) override {
    Require(events_[event].readable);
    *out = &content_;
    return Status::Ok();
  }
  Status CheckConsent(const ConsentQuestion&, ConsentDecision*) override {
    return Status::Ok();
  }

 private:
  const Trait trait_{R"({"a":[1,"x",{"lat":1,"lon":2}],"b":"2026-01-01"})", 1,
                     1};
  const Event events_[2] = {{1'767'225'600'000'000, 1, "e", true},
                            {1'767'225'700'000'000, 2, "e", false}};
  const Content content_{"id", "source", R"({"n":1.5,"s":"x","l":[1]})"};
};

Truth Ask(const Criteria& criteria, const CriteriaClock& clock,
          CriteriaProof* proof) {
  Somebody facts;
  Truth truth = Truth::kUnknown;
  Require(EvaluateCriteria(*criteria.impl().root, clock, facts, &truth, proof)
              .ok());
  return truth;
}

void Fuzz(std::string_view input) {
  const Result<Criteria> criteria = Criteria::Parse(input);
  if (!criteria.ok()) {
    return Require(criteria.status().message().starts_with("criteria"));
  }
  Require(!criteria->Describe().empty());
  const Result<Criteria> again = Criteria::Parse(criteria->json());
  Require(again.ok() && again->json() == criteria->json() &&
          again->Describe() == criteria->Describe());
  const Result<CriteriaClock> clock = CriteriaClock::Make(
      Timestamp(std::chrono::microseconds(1'767'300'000'000'000)), "");
  CriteriaProof proof;
  const Truth truth = Ask(*criteria, *clock, &proof);
  Require(Ask(*criteria, *clock, nullptr) == truth && proof.truth == truth);
  CriteriaAnswer answer;
  answer.proof = std::move(proof);
  Require(!CriteriaAnswerToText(answer).empty());
  Require(!CriteriaAnswerToJson(answer).empty());
  const Result<Criteria> opposite =
      Criteria::Parse(R"({"not":)" + criteria->json() + "}");
  if (!opposite.ok()) return;  // One level too many.
  const Truth other = Ask(*opposite, *clock, nullptr);
  Require((truth == Truth::kTrue) == (other == Truth::kFalse));
  Require((truth == Truth::kUnknown) == (other == Truth::kUnknown));
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
