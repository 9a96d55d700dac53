// Criteria in words.

#include <string>

#include "base/instant.h"
#include "base/time_fields.h"
#include "base/time_text.h"
#include "criteria/node.h"
#include "format/json.h"

namespace crm {
namespace {

using Kind = CriteriaNode::Kind;
using Op = CriteriaOperator;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

std::string DayText(int64_t day) {
  return FormatTime(Instant(day * 86'400'000'000)).substr(0, 10);
}

// "this month", "the month before", "3 months later".
std::string PieceText(CalendarUnit unit, int offset) {
  const std::string name(CalendarUnitName(unit));
  if (offset == 0) return "this " + name;
  if (offset == -1) return "the " + name + " before this one";
  if (offset == 1) return "the " + name + " after this one";
  const int count = offset < 0 ? -offset : offset;
  return "the " + name + " " + std::to_string(count) + " " + name + "s " +
         (offset < 0 ? "ago" : "ahead");
}

std::string InstantText(const CriteriaInstant& instant) {
  switch (instant.kind) {
    case CriteriaInstant::Kind::kAt:
      return FormatTime(Instant(instant.number));
    case CriteriaInstant::Kind::kDay:
      return DayText(instant.number);
    case CriteriaInstant::Kind::kAgo:
      return instant.duration.text + " ago";
    case CriteriaInstant::Kind::kAhead:
      return instant.duration.text + " ahead";
    case CriteriaInstant::Kind::kStartOf:
      return "the start of " + PieceText(instant.unit, instant.offset);
  }
  return {};
}

std::string WindowText(const CriteriaWindow& window) {
  if (window.IsAll()) return {};
  if (window.last.has_value()) {
    return " in the last " + window.last->text;
  }
  if (window.calendar.has_value()) {
    return " in " + PieceText(window.calendar->unit, window.calendar->offset);
  }
  std::string text;
  if (window.from.has_value()) text += " from " + InstantText(*window.from);
  if (window.until.has_value()) {
    text += " until before " + InstantText(*window.until);
  }
  return text;
}

std::string OperandText(const CriteriaOperand& operand) {
  switch (operand.kind) {
    case CriteriaOperand::Kind::kText:
      return Quoted(operand.text);
    case CriteriaOperand::Kind::kNumber:
      return operand.text;
    case CriteriaOperand::Kind::kBoolean:
      return operand.yes ? "true" : "false";
    case CriteriaOperand::Kind::kInstant:
      return InstantText(operand.instant);
  }
  return {};
}

// The first ten of them.
std::string ListText(const std::vector<CriteriaOperand>& operands) {
  constexpr size_t kMost = 10;
  std::string text;
  for (size_t i = 0; i < operands.size() && i < kMost; ++i) {
    text += (i == 0 ? "" : ", ") + OperandText(operands[i]);
  }
  if (operands.size() > kMost) {
    text += " or " + std::to_string(operands.size() - kMost) + " others";
  }
  return text;
}

// Behind "is": of an order, a number or an instant.
std::string OrderText(const ValueTest& test) {
  const bool time = test.OfInstants();
  const std::string first = OperandText(test.operands[0]);
  switch (test.op) {
    case Op::kAbove:
      return (time ? "after " : "more than ") + first;
    case Op::kAtLeast:
      return time ? first + " or later" : "at least " + first;
    case Op::kBelow:
      return (time ? "before " : "less than ") + first;
    case Op::kAtMost:
      return time ? first + " or earlier" : "at most " + first;
    case Op::kBetween:
      return "between " + first + " and " + OperandText(test.operands[1]);
    default:
      return (test.negated ? "not " : "") + first;
  }
}

std::string TestText(const ValueTest& test) {
  const bool no = test.negated;
  switch (test.op) {
    case Op::kExists:
      return no ? "is missing" : "is there";
    case Op::kIn:
      return (no ? "is none of " : "is one of ") + ListText(test.operands);
    case Op::kContains:
      return (no ? "does not contain " : "contains ") + ListText(test.operands);
    case Op::kStartsWith:
      return "starts with " + ListText(test.operands);
    case Op::kEndsWith:
      return "ends with " + ListText(test.operands);
    case Op::kMatches:
      return "matches " + ListText(test.operands);
    case Op::kHasAny:
      return (no ? "has none of " : "has any of ") + ListText(test.operands);
    case Op::kHasAll:
      return "has all of " + ListText(test.operands);
    case Op::kNear:
      return "is within " + std::to_string(test.meters) + " m of " +
             std::to_string(test.latitude) + ", " +
             std::to_string(test.longitude);
    default:
      return "is " + OrderText(test);
  }
}

std::string PathText(const CriteriaPath& path) {
  std::string text;
  for (const std::string& part : path) {
    text += (text.empty() ? "" : "/") + part;
  }
  return text;
}

std::string SelectorText(const EventSelector& selector) {
  std::string text;
  for (const std::string& type : selector.types) {
    text += (text.empty() ? "" : " or ") + type;
  }
  if (selector.types.empty()) text = "any event";
  if (selector.where != nullptr) {
    text += " where " + DescribeNode(*selector.where);
  }
  return text;
}

std::string CountText(const ValueTest& test, const std::string& events) {
  const std::string& number = test.operands[0].text;
  if (test.op == Op::kAtLeast && number == "1")
    return events + " at least once";
  if (test.op == Op::kEqual && !test.negated && number == "0") {
    return "never " + events;
  }
  return events + " " + OrderText(test) + " times";
}

std::string AggregateText(const CriteriaNode& node) {
  using Aggregate = CriteriaNode::Aggregate;
  const std::string events = SelectorText(node.event) + WindowText(node.window);
  const std::string path = PathText(node.field);
  const std::string order = OrderText(node.test);
  switch (node.aggregate) {
    case Aggregate::kCount:
      return CountText(node.test, events);
    case Aggregate::kSum:
      return "the sum of " + path + " of " + events + " is " + order;
    case Aggregate::kAvg:
      return "the average " + path + " of " + events + " is " + order;
    case Aggregate::kMin:
      return "the smallest " + path + " of " + events + " is " + order;
    case Aggregate::kMax:
      return "the greatest " + path + " of " + events + " is " + order;
    case Aggregate::kUnique:
      return "the number of different " + path + " of " + events + " is " +
             order;
    case Aggregate::kFirst:
      return "the first " + events + " was " + order;
    case Aggregate::kLast:
      return "the last " + events + " was " + order;
  }
  return {};
}

std::string SequenceText(const CriteriaNode& node) {
  std::string text =
      SelectorText(node.event) + ", and then " + SelectorText(node.next);
  if (node.within.has_value()) text += " within " + node.within->text;
  if (!node.join.empty()) text += " with the same " + PathText(node.join);
  return text + WindowText(node.window);
}

std::string GroupText(const CriteriaNode& node) {
  if (node.kind == Kind::kNot)
    return "not (" + DescribeNode(*node.parts[0]) + ")";
  std::string text;
  const std::string_view word = node.kind == Kind::kAnd ? " and " : " or ";
  for (const auto& part : node.parts) {
    const bool group = part->kind == Kind::kAnd || part->kind == Kind::kOr;
    const std::string one = DescribeNode(*part);
    if (!text.empty()) text += word;
    text += group && node.parts.size() > 1 ? "(" + one + ")" : one;
  }
  return text;
}

}  // namespace

std::string_view AggregateName(CriteriaNode::Aggregate aggregate) {
  constexpr std::string_view kNames[] = {"count", "sum",    "avg",   "min",
                                         "max",   "unique", "first", "last"};
  return kNames[static_cast<size_t>(aggregate)];
}

std::string_view CalendarUnitName(CalendarUnit unit) {
  constexpr std::string_view kNames[] = {"day", "week", "month", "quarter",
                                         "year"};
  return kNames[static_cast<size_t>(unit)];
}

std::string DescribeNode(const CriteriaNode& node) {
  switch (node.kind) {
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      return GroupText(node);
    case Kind::kField:
    case Kind::kProperty:
      return PathText(node.field) + " " + TestText(node.test);
    case Kind::kAggregate:
      return AggregateText(node);
    case Kind::kPick:
      return std::string(node.pick_last ? "of the last " : "of the first ") +
             SelectorText(node.event) + WindowText(node.window) + ": " +
             DescribeNode(*node.has);
    case Kind::kSequence:
      return SequenceText(node);
    case Kind::kConsent:
      return "consent to " + std::string(MessageClassName(node.message_class)) +
             " messages for " + node.name + " by " +
             std::string(ConsentChannelName(node.channel)) + " is " +
             std::string(VerdictName(node.verdict));
    case Kind::kBucket:
      return "bucket " + std::to_string(node.first_bucket) + " to " +
             std::to_string(node.end_bucket - 1) + " of " +
             std::to_string(node.buckets) + " by " + Quoted(node.name);
  }
  return {};
}

}  // namespace crm
