// Thousands of made-up criteria, each asked about made-up customers, against
// the plainest evaluation that there is; their opposites; and the same events
// in another order.

#include "criteria/oracle.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "criteria/random_criteria.h"

namespace crm {
namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

constexpr char kNow[] = "2026-03-15T12:00:00Z";

// How a node is counted: by operator, aggregate, or kind.
std::string NameOf(const json& node) {
  if (node.contains("field")) {
    return "field " + node["operator"].get<std::string>();
  }
  if (node.contains("pick")) return "pick " + node["pick"].get<std::string>();
  if (node.contains("event")) {
    return "event " + node["aggregate"].get<std::string>();
  }
  for (const char* kind :
       {"and", "or", "not", "rules", "sequence", "consent", "bucket"}) {
    if (node.contains(kind)) return kind;
  }
  return "?";
}

class Counts final {
 public:
  void Add(const json& node, const CriteriaProof& proof) {
    ++counts_[NameOf(node)][static_cast<size_t>(proof.truth)];
    if (node.contains("not")) return Add(node["not"], proof.parts[0]);
    for (const char* word : {"and", "or", "rules"}) {
      if (!node.contains(word)) continue;
      for (size_t i = 0; i < node[word].size(); ++i) {
        Add(node[word][i], proof.parts[i]);
      }
    }
  }
  // Each was true of many, and false of many.
  void Check(uint64_t least) const {
    CHECK(counts_.size() == 20 + 8 + 2 + 7);
    for (const auto& [name, count] : counts_) {
      INFO(name << ": " << count[0] << " false, " << count[1] << " true, "
                << count[2] << " unknown");
      CHECK(count[0] >= least);
      CHECK(count[1] >= least);
    }
  }

 private:
  std::map<std::string, std::array<uint64_t, 3>> counts_;
};

OracleCustomer ForOracle(MadeUp& facts) {
  OracleCustomer customer;
  customer.number = facts.number;
  customer.allowed = facts.verdict == Verdict::kAllow;
  for (const auto& [name, trait] : facts.traits()) {
    customer.traits[name] = json::parse(trait.value);
  }
  customer.events = facts.given();
  return customer;
}

// The same events, as if they had come in another order.
MadeUp Shuffled(MadeUp facts, RandomSource& random) {
  std::shuffle(facts.given().begin(), facts.given().end(), random);
  return facts;
}

TEST_CASE("criteria: the same answers as the plainest evaluation") {
  constexpr int kCriteria = 80'000;
  constexpr int kCustomers = 6;
  RandomSource random(20'260'315);
  const int64_t now = Us(kNow);
  Counts counts;
  int wrong = 0;
  for (int i = 0; i < kCriteria && wrong < 5; ++i) {
    const json node = RandomCriteria(random, 2);
    const std::string text = node.dump();
    const Criteria criteria = MustParse(text);
    const Criteria opposite = MustParse(R"({"not":)" + text + "}");
    REQUIRE_FALSE(criteria.Describe().empty());
    for (int j = 0; j < kCustomers; ++j) {
      MadeUp facts = RandomCustomer(random, now);
      CriteriaProof proof;
      const Truth truth = Ask(criteria, facts, kNow, {}, &proof);
      counts.Add(node, proof);
      const OracleCustomer customer = ForOracle(facts);
      const int expected = Oracle(customer, now).Evaluate(node);
      if (static_cast<int>(truth) != expected) {
        ++wrong;
        std::string events;
        for (const MadeUpEvent& event : facts.given()) {
          events += FormatTime(Instant(event.occurred_at)) + " " + event.type +
                    (event.readable ? " " : " unreadable ") + event.payload +
                    "\n";
        }
        INFO(text);
        INFO(events);
        CHECK(static_cast<int>(truth) == expected);
      }
      const Truth other = Ask(opposite, facts, kNow);
      REQUIRE((truth == Truth::kUnknown) == (other == Truth::kUnknown));
      REQUIRE((truth == Truth::kTrue) == (other == Truth::kFalse));
      MadeUp mixed = Shuffled(facts, random);
      REQUIRE(Ask(criteria, mixed, kNow) == truth);
    }
  }
  counts.Check(1'000);
}

TEST_CASE("criteria: made-up ones are valid by the published schema") {
  const json document = json::parse(CriteriaSchema());
  valijson::Schema schema;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(NlohmannJsonAdapter(document), schema);
  RandomSource random(7);
  for (int i = 0; i < 1'000; ++i) {
    const json node = RandomCriteria(random, 3);
    valijson::Validator validator;
    INFO(node.dump());
    REQUIRE(validator.validate(schema, NlohmannJsonAdapter(node), nullptr));
  }
}

}  // namespace
}  // namespace crm
