// What stands in the nodes of criteria: paths, tests, durations, windows.

#include "criteria/reader.h"

#include <re2/re2.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "base/instant.h"
#include "base/number_token.h"
#include "base/time_text.h"
#include "base/time_zone.h"

namespace crm {
namespace {

using Kind = JsonTree::Kind;
using Op = CriteriaOperator;

constexpr size_t kMaxTextBytes = 1'024;
constexpr size_t kMaxExpressionBytes = 1'000;
constexpr size_t kMaxPathParts = 16;
// RE2's own state machines; an expression that needs more is refused.
constexpr int64_t kExpressionMemory = int64_t{1} << 19;
constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kMostMeters = 20'100'000;  // Half way around.

struct OperatorName {
  std::string_view name;
  Op op;
  bool negated;
};

constexpr OperatorName kOperators[] = {
    {"eq", Op::kEqual, false},
    {"neq", Op::kEqual, true},
    {"in", Op::kIn, false},
    {"notIn", Op::kIn, true},
    {"gt", Op::kAbove, false},
    {"gte", Op::kAtLeast, false},
    {"lt", Op::kBelow, false},
    {"lte", Op::kAtMost, false},
    {"between", Op::kBetween, false},
    {"contains", Op::kContains, false},
    {"notContains", Op::kContains, true},
    {"startsWith", Op::kStartsWith, false},
    {"endsWith", Op::kEndsWith, false},
    {"matches", Op::kMatches, false},
    {"isNotNull", Op::kExists, false},
    {"exists", Op::kExists, false},
    {"isNull", Op::kExists, true},
    {"missing", Op::kExists, true},
    {"hasAny", Op::kHasAny, false},
    {"hasNone", Op::kHasAny, true},
    {"hasAll", Op::kHasAll, false},
    {"near", Op::kNear, false},
};

// Of a hundred years: so many at most.
struct UnitName {
  std::string_view name;
  int64_t us;
  int months;
  int64_t most;
};

constexpr UnitName kUnits[] = {
    {"seconds", kSecondUs, 0, 3'155'760'000},
    {"minutes", 60 * kSecondUs, 0, 52'596'000},
    {"hours", 3'600 * kSecondUs, 0, 876'600},
    {"days", 86'400 * kSecondUs, 0, 36'525},
    {"weeks", 604'800 * kSecondUs, 0, 5'217},
    {"months", 0, 1, 1'200},
    {"years", 0, 12, 100},
};

// Of these pieces of the calendar a hundred years have so many.
constexpr int64_t kMostOffsets[] = {36'525, 5'217, 1'200, 400, 100};

bool IsOrder(Op op) {
  return op == Op::kAbove || op == Op::kAtLeast || op == Op::kBelow ||
         op == Op::kAtMost;
}

}  // namespace

std::string CriteriaPlace(const std::string& place, std::string_view token) {
  std::string pointer = place;
  AppendPointerToken(token, &pointer);
  return pointer;
}

bool CriteriaReader::Fail(const std::string& place, std::string_view why,
                          StatusCode code) {
  status_ = Status(code, "criteria" + (place.empty() ? "" : " " + place) +
                             ": " + std::string(why));
  return false;
}

bool CriteriaReader::Only(const JsonTree& tree, const std::string& place,
                          std::initializer_list<std::string_view> members) {
  for (const std::string& key : tree.keys) {
    bool known = false;
    for (const std::string_view member : members) known |= key == member;
    if (known) continue;
    std::string all;
    for (const std::string_view member : members) {
      all += (all.empty() ? "" : ", ") + std::string(member);
    }
    // What it is called may be anything, and is not repeated.
    return Fail(place, "has a member that is none of " + all);
  }
  return true;
}

bool CriteriaReader::Need(const JsonTree& tree, const std::string& place,
                          std::string_view name, const JsonTree** out) {
  *out = tree.Find(name);
  return *out != nullptr || Fail(CriteriaPlace(place, name), "is missing");
}

bool CriteriaReader::ReadText(const JsonTree& tree, const std::string& place,
                              std::string* out) {
  if (!tree.Is(Kind::kString) || tree.text.empty()) {
    return Fail(place, "must be a text that is not empty");
  }
  if (tree.text.size() > kMaxTextBytes) {
    return Fail(place, "over 1,024 bytes", StatusCode::kTooLarge);
  }
  *out = tree.text;
  return true;
}

bool CriteriaReader::ReadWord(const JsonTree& tree, const std::string& place,
                              std::initializer_list<std::string_view> words,
                              size_t* out) {
  std::string all;
  size_t i = 0;
  for (const std::string_view word : words) {
    if (tree.Is(Kind::kString) && tree.text == word) {
      *out = i;
      return true;
    }
    all += (i++ == 0 ? "" : ", ") + std::string(word);
  }
  return Fail(place, "must be one of " + all);
}

bool CriteriaReader::ReadNumber(const JsonTree& tree, const std::string& place,
                                int64_t least, int64_t most, int64_t* out) {
  const std::string range = "must be a whole number from " +
                            std::to_string(least) + " to " +
                            std::to_string(most);
  if (!tree.Is(Kind::kNumber)) return Fail(place, range);
  const NumberToken number = crm::ReadNumber(tree.text);
  if (!number.is_small || number.small < least || number.small > most) {
    return Fail(place, range);
  }
  *out = number.small;
  return true;
}

bool CriteriaReader::ReadPath(const JsonTree& tree, const std::string& place,
                              CriteriaPath* out) {
  std::string text;
  if (!ReadText(tree, place, &text)) return false;
  if (text[0] != '/') {
    out->assign(1, text);
    return true;
  }
  if (!SplitPointer(text, out)) {
    return Fail(place, "begins with \"/\", and is no JSON pointer");
  }
  if (out->size() > kMaxPathParts) {
    return Fail(place, "over 16 parts", StatusCode::kTooLarge);
  }
  return !out->front().empty() || Fail(place, "its first part is empty");
}

bool CriteriaReader::ReadTest(const JsonTree& tree, const std::string& place,
                              About about, ValueTest* out) {
  const JsonTree* name = nullptr;
  if (!Need(tree, place, "operator", &name)) return false;
  const std::string here = CriteriaPlace(place, "operator");
  const OperatorName* found = nullptr;
  for (const OperatorName& known : kOperators) {
    if (name->Is(Kind::kString) && name->text == known.name) found = &known;
  }
  if (found == nullptr) return Fail(here, "there is no such operator");
  out->op = found->op;
  out->negated = found->negated;
  const bool ordered = IsOrder(out->op) || out->op == Op::kBetween;
  if (about == About::kNumber && !ordered && out->op != Op::kEqual) {
    return Fail(here, "a number takes eq, neq, gt, gte, lt, lte, between");
  }
  if (about == About::kInstant && !ordered) {
    return Fail(here, "an instant takes gt, gte, lt, lte, between");
  }
  const JsonTree* value = tree.Find("value");
  const std::string at = CriteriaPlace(place, "value");
  if (out->op == Op::kExists) {
    if (value == nullptr || value->Is(Kind::kNull)) return true;
    return Fail(at, "this operator takes no value");
  }
  if (value == nullptr) return Fail(at, "is missing");
  return ReadOperands(*value, at, about, out);
}

bool CriteriaReader::ReadOperands(const JsonTree& value,
                                  const std::string& place, About about,
                                  ValueTest* out) {
  switch (out->op) {
    case Op::kEqual:
      if (about == About::kNumber && !value.Is(Kind::kNumber)) {
        return Fail(place, "must be a number");
      }
      return ReadScalar(value, place, &out->operands.emplace_back());
    case Op::kIn:
    case Op::kHasAny:
    case Op::kHasAll:
      return ReadList(value, place, out);
    case Op::kBetween:
      return ReadBounds(value, place, about, out);
    case Op::kContains:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kMatches:
      return ReadExpression(value, place, out);
    case Op::kNear:
      return ReadNear(value, place, out);
    default:
      return ReadOrdered(value, place, about, &out->operands.emplace_back());
  }
}

bool CriteriaReader::ReadScalar(const JsonTree& tree, const std::string& place,
                                CriteriaOperand* out) {
  if (tree.IsBool()) {
    out->kind = CriteriaOperand::Kind::kBoolean;
    out->yes = tree.Is(Kind::kTrue);
    return true;
  }
  if (!tree.Is(Kind::kNumber) && !tree.Is(Kind::kString)) {
    return Fail(place, "must be a text, a number, true or false");
  }
  if (tree.text.size() > kMaxTextBytes) {
    return Fail(place, "over 1,024 bytes", StatusCode::kTooLarge);
  }
  out->kind = tree.Is(Kind::kNumber) ? CriteriaOperand::Kind::kNumber
                                     : CriteriaOperand::Kind::kText;
  out->text = tree.text;
  return true;
}

bool CriteriaReader::ReadOrdered(const JsonTree& tree, const std::string& place,
                                 About about, CriteriaOperand* out) {
  if (tree.Is(Kind::kNumber) && about != About::kInstant) {
    return ReadScalar(tree, place, out);
  }
  if (about == About::kNumber) return Fail(place, "must be a number");
  if (!tree.Is(Kind::kString) && !tree.Is(Kind::kObject)) {
    return Fail(place, about == About::kInstant
                           ? "must be an instant"
                           : "must be a number or an instant");
  }
  out->kind = CriteriaOperand::Kind::kInstant;
  return ReadInstant(tree, place, &out->instant);
}

bool CriteriaReader::ReadBounds(const JsonTree& value, const std::string& place,
                                About about, ValueTest* out) {
  if (!value.Is(Kind::kArray) || value.elements.size() != 2) {
    return Fail(place, "must be an array of two: the lower and the upper one");
  }
  for (size_t i = 0; i < 2; ++i) {
    if (!ReadOrdered(value.elements[i], CriteriaPlace(place, std::to_string(i)),
                     about, &out->operands.emplace_back())) {
      return false;
    }
  }
  const CriteriaOperand& low = out->operands[0];
  const CriteriaOperand& high = out->operands[1];
  if (low.kind != high.kind) return Fail(place, "two of different types");
  bool reversed = false;
  if (low.kind == CriteriaOperand::Kind::kNumber) {
    reversed = CompareNumbers(crm::ReadNumber(low.text),
                              crm::ReadNumber(high.text)) > 0;
  } else if (low.instant.kind == high.instant.kind &&
             low.instant.kind <= CriteriaInstant::Kind::kDay) {
    reversed = low.instant.number > high.instant.number;
  }
  return !reversed || Fail(place, "the upper one is below the lower one");
}

bool CriteriaReader::ReadList(const JsonTree& value, const std::string& place,
                              ValueTest* out) {
  if (!value.Is(Kind::kArray) || value.elements.empty()) {
    return Fail(place, "must be an array that is not empty");
  }
  if (value.elements.size() > kMaxCriteriaValues) {
    return Fail(place, "over 1,000 values", StatusCode::kTooLarge);
  }
  for (size_t i = 0; i < value.elements.size(); ++i) {
    if (!ReadScalar(value.elements[i], CriteriaPlace(place, std::to_string(i)),
                    &out->operands.emplace_back())) {
      return false;
    }
  }
  return true;
}

bool CriteriaReader::ReadExpression(const JsonTree& value,
                                    const std::string& place, ValueTest* out) {
  std::string text;
  if (!ReadText(value, place, &text)) return false;
  out->operands.push_back({CriteriaOperand::Kind::kText, text});
  if (out->op == Op::kMatches) {
    if (text.size() > kMaxExpressionBytes) {
      return Fail(place, "an expression of over 1,000 bytes",
                  StatusCode::kTooLarge);
    }
  } else {
    text = re2::RE2::QuoteMeta(text);
    if (out->op == Op::kStartsWith) text.insert(0, "\\A");
    if (out->op == Op::kEndsWith) text += "\\z";
    text.insert(0, "(?i)");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionMemory);
  auto compiled = std::make_shared<re2::RE2>(
      re2::StringPiece(text.data(), text.size()), options);
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
    return Fail(place, "an expression that takes RE2 too much memory",
                StatusCode::kTooLarge);
  }
  if (!compiled->ok()) {
    // Behind the colon stands what it does not like: a value.
    return Fail(place,
                "not an expression of RE2: " +
                    compiled->error().substr(0, compiled->error().find(':')));
  }
  out->expression = std::move(compiled);
  return true;
}

bool CriteriaReader::ReadDegrees(const JsonTree& tree, const std::string& place,
                                 double most, double* out) {
  const std::string range = "must be a number of degrees, at most " +
                            std::to_string(static_cast<int>(most)) +
                            " either way";
  if (!tree.Is(Kind::kNumber)) return Fail(place, range);
  const char* const end = tree.text.data() + tree.text.size();
  const auto read = std::from_chars(tree.text.data(), end, *out);
  return (read.ec == std::errc() && std::abs(*out) <= most) ||
         Fail(place, range);
}

bool CriteriaReader::ReadNear(const JsonTree& value, const std::string& place,
                              ValueTest* out) {
  if (!value.Is(Kind::kObject)) return Fail(place, "must be an object");
  const JsonTree* latitude = nullptr;
  const JsonTree* longitude = nullptr;
  const JsonTree* meters = nullptr;
  return Only(value, place, {"latitude", "longitude", "meters"}) &&
         Need(value, place, "latitude", &latitude) &&
         ReadDegrees(*latitude, CriteriaPlace(place, "latitude"), 90,
                     &out->latitude) &&
         Need(value, place, "longitude", &longitude) &&
         ReadDegrees(*longitude, CriteriaPlace(place, "longitude"), 180,
                     &out->longitude) &&
         Need(value, place, "meters", &meters) &&
         ReadNumber(*meters, CriteriaPlace(place, "meters"), 0, kMostMeters,
                    &out->meters);
}

bool CriteriaReader::ReadDuration(const JsonTree& tree,
                                  const std::string& place,
                                  CriteriaDuration* out) {
  std::string all;
  for (const UnitName& unit : kUnits) {
    all += (all.empty() ? "" : ", ") + std::string(unit.name);
    const JsonTree* number = tree.Find(unit.name);
    if (number == nullptr) continue;
    int64_t count = 0;
    if (!Only(tree, place, {unit.name}) ||
        !ReadNumber(*number, CriteriaPlace(place, unit.name), 1, unit.most,
                    &count)) {
      return false;
    }
    out->us = count * unit.us;
    out->months = static_cast<int>(count) * unit.months;
    if (unit.months == 0) out->months = 0;
    out->text = std::to_string(count) + " " +
                std::string(unit.name.substr(
                    0, unit.name.size() - (count == 1 ? 1 : 0)));
    return true;
  }
  return Fail(place, "must be an object with one of " + all);
}

bool CriteriaReader::ReadPiece(const JsonTree& tree, const std::string& place,
                               std::string_view member, CriteriaInstant* out) {
  size_t unit = 0;
  out->kind = CriteriaInstant::Kind::kStartOf;
  if (!Only(tree, place, {member, "offset"}) ||
      !ReadWord(*tree.Find(member), CriteriaPlace(place, member),
                {"day", "week", "month", "quarter", "year"}, &unit)) {
    return false;
  }
  out->unit = static_cast<CalendarUnit>(unit);
  const JsonTree* number = tree.Find("offset");
  if (number == nullptr) return true;
  int64_t offset = 0;
  if (!ReadNumber(*number, CriteriaPlace(place, "offset"), -kMostOffsets[unit],
                  kMostOffsets[unit], &offset)) {
    return false;
  }
  out->offset = static_cast<int>(offset);
  return true;
}

bool CriteriaReader::ReadInstant(const JsonTree& tree, const std::string& place,
                                 CriteriaInstant* out) {
  using InstantKind = CriteriaInstant::Kind;
  constexpr char kForms[] =
      "must be an instant of RFC 3339, a day, or an object with ago, ahead or "
      "startOf";
  if (tree.Is(Kind::kString)) {
    if (ParseDay(tree.text, &out->number)) {
      out->kind = InstantKind::kDay;
      return InTimeRange(Instant(out->number * 86'400 * kSecondUs)) ||
             Fail(place, "must be from 1900 to 2199");
    }
    const Result<Timestamp> time = ParseTime(tree.text);
    if (!time.ok()) return Fail(place, kForms);
    out->number = Microseconds(*time);
    return true;
  }
  if (tree.Find("startOf") != nullptr) {
    return ReadPiece(tree, place, "startOf", out);
  }
  for (const std::string_view member : {"ago", "ahead"}) {
    const JsonTree* duration = tree.Find(member);
    if (duration == nullptr) continue;
    out->kind = member == "ago" ? InstantKind::kAgo : InstantKind::kAhead;
    return Only(tree, place, {member}) &&
           ReadDuration(*duration, CriteriaPlace(place, member),
                        &out->duration);
  }
  return Fail(place, kForms);
}

bool CriteriaReader::ReadWindow(const JsonTree& tree, const std::string& place,
                                CriteriaWindow* out) {
  if (const JsonTree* last = tree.Find("last")) {
    return Only(tree, place, {"last"}) &&
           ReadDuration(*last, CriteriaPlace(place, "last"),
                        &out->last.emplace());
  }
  if (tree.Find("calendar") != nullptr) {
    return ReadPiece(tree, place, "calendar", &out->calendar.emplace());
  }
  const JsonTree* from = tree.Find("from");
  const JsonTree* until = tree.Find("until");
  if (from == nullptr && until == nullptr) {
    return Fail(place,
                "must be an object with last, calendar, or from and until");
  }
  if (!Only(tree, place, {"from", "until"}) ||
      (from != nullptr && !ReadInstant(*from, CriteriaPlace(place, "from"),
                                       &out->from.emplace())) ||
      (until != nullptr && !ReadInstant(*until, CriteriaPlace(place, "until"),
                                        &out->until.emplace()))) {
    return false;
  }
  const bool reversed = from != nullptr && until != nullptr &&
                        out->from->kind == out->until->kind &&
                        out->from->kind <= CriteriaInstant::Kind::kDay &&
                        out->from->number >= out->until->number;
  return !reversed || Fail(place, "ends before it begins");
}

}  // namespace crm
