#include "criteria/value.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "base/ascii.h"
#include "base/decimal.h"
#include "base/instant.h"
#include "base/number_token.h"
#include "base/time_text.h"

namespace crm {
namespace {

using Kind = JsonTree::Kind;
using Operand = CriteriaOperand;
using Op = CriteriaOperator;

constexpr double kEarthMeters = 6'371'008.8;  // Its mean radius.

TestOutcome Known(const ValueTest& test, bool holds) {
  return {TruthOf(holds != test.negated), {}, false};
}

TestOutcome OtherType() { return {Truth::kUnknown, kReasonType, false}; }

bool SameType(const Operand& operand, const JsonTree& value) {
  switch (operand.kind) {
    case Operand::Kind::kText:
      return value.Is(Kind::kString);
    case Operand::Kind::kNumber:
      return value.Is(Kind::kNumber);
    case Operand::Kind::kBoolean:
      return value.IsBool();
    case Operand::Kind::kInstant:
      break;
  }
  return false;
}

bool Equals(const Operand& operand, const JsonTree& value) {
  if (!SameType(operand, value)) return false;
  if (operand.kind == Operand::Kind::kNumber) {
    return CompareNumbers(ReadNumber(operand.text), ReadNumber(value.text)) ==
           0;
  }
  if (operand.kind == Operand::Kind::kBoolean) {
    return operand.yes == value.Is(Kind::kTrue);
  }
  return operand.text == value.text;
}

// `compare(i)` holds the value against operand i: negative, zero, positive.
template <typename Compare>
bool InOrder(Op op, Compare compare) {
  switch (op) {
    case Op::kEqual:
      return compare(0) == 0;
    case Op::kAbove:
      return compare(0) > 0;
    case Op::kAtLeast:
      return compare(0) >= 0;
    case Op::kBelow:
      return compare(0) < 0;
    case Op::kAtMost:
      return compare(0) <= 0;
    case Op::kBetween:
      return compare(0) >= 0 && compare(1) <= 0;
    default:
      return false;
  }
}

bool InstantOf(const JsonTree& value, const CriteriaClock& clock, int64_t* us,
               bool* no_zone) {
  if (!value.Is(Kind::kString)) return false;
  int64_t day = 0;
  if (ParseDay(value.text, &day)) {
    *no_zone = !clock.StartOfDay(day, us);
    return !*no_zone;
  }
  const Result<Timestamp> time = ParseTime(value.text);
  if (time.ok()) *us = Microseconds(*time);
  return time.ok();
}

TestOutcome TestOrder(const ValueTest& test, const JsonTree& value,
                      const CriteriaClock& clock) {
  if (!test.OfInstants()) {
    if (!value.Is(Kind::kNumber)) return OtherType();
    return {TruthOf(TestNumber(test, value.text)), {}, false};
  }
  int64_t us = 0;
  TestOutcome outcome = OtherType();
  if (!InstantOf(value, clock, &us, &outcome.no_zone)) return outcome;
  return TestInstant(test, us, clock);
}

TestOutcome TestList(const ValueTest& test, const JsonTree& value) {
  if (!value.Is(Kind::kArray)) return OtherType();
  const auto has = [&](const Operand& operand) {
    return std::any_of(
        value.elements.begin(), value.elements.end(),
        [&](const JsonTree& element) { return Equals(operand, element); });
  };
  const auto first = test.operands.begin();
  const auto last = test.operands.end();
  return Known(test, test.op == Op::kHasAll ? std::all_of(first, last, has)
                                            : std::any_of(first, last, has));
}

// The first of these members that is a number of at most `most` either way.
bool Coordinate(const JsonTree& value,
                std::initializer_list<std::string_view> names, double most,
                double* out) {
  for (const std::string_view name : names) {
    const JsonTree* found = value.Find(name);
    if (found == nullptr || !found->Is(Kind::kNumber)) continue;
    const char* const end = found->text.data() + found->text.size();
    const auto read = std::from_chars(found->text.data(), end, *out);
    return read.ec == std::errc() && std::abs(*out) <= most;
  }
  return false;
}

int64_t MetersBetween(double latitude_a, double longitude_a, double latitude_b,
                      double longitude_b) {
  constexpr double kRadians = std::numbers::pi / 180;
  const double up = std::sin((latitude_b - latitude_a) * kRadians / 2);
  const double along = std::sin((longitude_b - longitude_a) * kRadians / 2);
  const double part = up * up + std::cos(latitude_a * kRadians) *
                                    std::cos(latitude_b * kRadians) * along *
                                    along;
  return std::llround(2 * kEarthMeters *
                      std::asin(std::sqrt(std::min(1.0, part))));
}

TestOutcome TestNear(const ValueTest& test, const JsonTree& value) {
  double latitude = 0;
  double longitude = 0;
  if (!Coordinate(value, {"latitude", "lat"}, 90, &latitude) ||
      !Coordinate(value, {"longitude", "lon", "lng"}, 180, &longitude)) {
    return OtherType();
  }
  return Known(test, MetersBetween(latitude, longitude, test.latitude,
                                   test.longitude) <= test.meters);
}

TestOutcome TestEqual(const ValueTest& test, const JsonTree& value) {
  bool comparable = false;
  for (const Operand& operand : test.operands) {
    if (Equals(operand, value)) return Known(test, true);
    comparable |= SameType(operand, value);
  }
  return comparable ? Known(test, false) : OtherType();
}

}  // namespace

TestOutcome TestValue(const ValueTest& test, const JsonTree* value,
                      const CriteriaClock& clock) {
  const bool there = value != nullptr && !value->Is(Kind::kNull);
  if (test.op == Op::kExists) return Known(test, there);
  if (!there) return {Truth::kUnknown, kReasonMissing, false};
  switch (test.op) {
    case Op::kEqual:
    case Op::kIn:
      return TestEqual(test, *value);
    case Op::kContains:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kMatches:
      if (!value->Is(Kind::kString)) return OtherType();
      return Known(test,
                   re2::RE2::PartialMatch(
                       re2::StringPiece(value->text.data(), value->text.size()),
                       *test.expression));
    case Op::kHasAny:
    case Op::kHasAll:
      return TestList(test, *value);
    case Op::kNear:
      return TestNear(test, *value);
    default:
      return TestOrder(test, *value, clock);
  }
}

bool TestNumber(const ValueTest& test, std::string_view token) {
  const NumberToken number = ReadNumber(token);
  return InOrder(test.op, [&](size_t i) {
           return CompareNumbers(number, ReadNumber(test.operands[i].text));
         }) != test.negated;
}

TestOutcome TestAverage(const ValueTest& test, std::string_view sum,
                        uint64_t count) {
  // Not the sum is divided, which could not be exact: the others multiplied.
  ValueTest scaled;
  scaled.op = test.op;
  scaled.negated = test.negated;
  for (const Operand& operand : test.operands) {
    Result<Decimal> value = Decimal::Parse(operand.text);
    if (value.ok()) {
      value = Multiply(*value, Decimal{static_cast<int64_t>(count), 0});
    }
    if (!value.ok()) return {Truth::kUnknown, kReasonOverflow, false};
    scaled.operands.push_back({Operand::Kind::kNumber, value->ToString()});
  }
  return {TruthOf(TestNumber(scaled, sum)), {}, false};
}

TestOutcome TestInstant(const ValueTest& test, int64_t us,
                        const CriteriaClock& clock) {
  TestOutcome outcome;
  const bool holds = InOrder(test.op, [&](size_t i) {
    int64_t other = 0;
    if (!clock.Resolve(test.operands[i].instant, &other)) {
      outcome.no_zone = true;
    }
    return us < other ? -1 : us > other ? 1 : 0;
  });
  if (!outcome.no_zone) outcome.truth = TruthOf(holds != test.negated);
  return outcome;
}

const JsonTree* FindIn(const JsonTree& value, const CriteriaPath& path,
                       size_t from) {
  const JsonTree* at = &value;
  for (size_t i = from; at != nullptr && i < path.size(); ++i) {
    if (!at->Is(Kind::kArray)) {
      at = at->Find(path[i]);
      continue;
    }
    size_t index = 0;
    const std::string& token = path[i];
    const char* const end = token.data() + token.size();
    const auto read = std::from_chars(token.data(), end, index);
    const bool is_index = read.ec == std::errc() && read.ptr == end &&
                          (token.size() == 1 || token[0] != '0');
    at = is_index && index < at->elements.size() ? &at->elements[index]
                                                 : nullptr;
  }
  return at == nullptr || at->Is(Kind::kNull) ? nullptr : at;
}

std::string ScalarKey(const JsonTree& value) {
  switch (value.kind) {
    case Kind::kFalse:
      return "f";
    case Kind::kTrue:
      return "t";
    case Kind::kString:
      return "s" + value.text;
    case Kind::kNumber: {
      const NumberToken number = ReadNumber(value.text);
      std::string key = number.negative ? "-" : "+";
      for (const char c : number.digits) {
        if (c != '.') key += c;
      }
      return key + "e" + std::to_string(number.first_power);
    }
    default:
      return {};
  }
}

}  // namespace crm
