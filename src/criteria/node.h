// Criteria in compiled form: a tree of nodes. Made by parser.cc, walked by
// evaluate.cc and describe.cc.

#ifndef CRM_CRITERIA_NODE_H_
#define CRM_CRITERIA_NODE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "criteria/span.h"
#include "crm/consent.h"
#include "crm/criteria.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace crm {

// The negated ones (neq, notIn ...) are these with a flag.
enum class CriteriaOperator : uint8_t {
  kEqual,
  kIn,
  kAbove,
  kAtLeast,
  kBelow,
  kAtMost,
  kBetween,
  kContains,
  kStartsWith,
  kEndsWith,
  kMatches,
  kExists,
  kHasAny,
  kHasAll,
  kNear,
};

struct CriteriaOperand {
  enum class Kind : uint8_t { kText, kNumber, kBoolean, kInstant };
  Kind kind = Kind::kText;
  std::string text;  // Or the token of a number.
  bool yes = false;
  CriteriaInstant instant;
};

// What is asked of one value.
struct ValueTest {
  CriteriaOperator op = CriteriaOperator::kEqual;
  bool negated = false;
  std::vector<CriteriaOperand> operands;
  std::shared_ptr<const re2::RE2> expression;
  double latitude = 0;
  double longitude = 0;
  int64_t meters = 0;

  bool OfInstants() const {
    return !operands.empty() &&
           operands[0].kind == CriteriaOperand::Kind::kInstant;
  }
};

// A name, and the way from there into its value.
using CriteriaPath = std::vector<std::string>;

struct CriteriaNode;

struct EventSelector {
  std::vector<std::string> types;  // Empty: all.
  std::unique_ptr<const CriteriaNode> where;
};

struct CriteriaNode {
  enum class Kind : uint8_t {
    kAnd,
    kOr,
    kNot,
    kField,
    kProperty,
    kAggregate,
    kPick,
    kSequence,
    kConsent,
    kBucket,
  };
  enum class Aggregate : uint8_t {
    kCount,
    kSum,
    kAvg,
    kMin,
    kMax,
    kUnique,
    kFirst,
    kLast,
  };

  Kind kind = Kind::kAnd;
  std::string path;  // A JSON pointer to it.
  std::vector<std::unique_ptr<const CriteriaNode>> parts;

  CriteriaPath field;  // Also of an aggregate.
  ValueTest test;      // Also of an aggregate.

  EventSelector event;
  EventSelector next;  // Of a sequence.
  CriteriaWindow window;
  Aggregate aggregate = Aggregate::kCount;
  bool pick_last = false;
  std::unique_ptr<const CriteriaNode> has;
  std::optional<CriteriaDuration> within;
  CriteriaPath join;  // Empty: none.

  std::string name;  // Of a purpose, or of buckets.
  ConsentChannel channel = ConsentChannel::kEmail;
  MessageClass message_class = MessageClass::kMarketing;
  Verdict verdict = Verdict::kAllow;
  uint64_t buckets = 0;
  uint64_t first_bucket = 0;
  uint64_t end_bucket = 0;
};

struct Criteria::Impl {
  std::string json;
  std::unique_ptr<const CriteriaNode> root;
};

// A node in words.
std::string DescribeNode(const CriteriaNode& node);
// Of an aggregate: "count", "sum" ...
std::string_view AggregateName(CriteriaNode::Aggregate aggregate);
std::string_view CalendarUnitName(CalendarUnit unit);

}  // namespace crm

#endif  // CRM_CRITERIA_NODE_H_
