// What a checker says of a broken rule, without telling what is personal.

#include "event/schema_checker.h"
#include "format/json.h"

namespace crm {
namespace {

constexpr size_t kMaxShownValue = 40;
constexpr size_t kMaxShownChoices = 200;

bool MayStandInText(std::string_view value) {
  return !value.empty() && value.size() <= kMaxShownValue &&
         value.front() != '{' && value.front() != '[';
}

}  // namespace

std::vector<std::string> TypeNames(uint8_t types) {
  std::vector<std::string> names;
  const auto add = [&](uint8_t bit, const char* name) {
    if ((types & bit) != 0) names.emplace_back(name);
  };
  add(kNullBit, "null");
  add(kBooleanBit, "boolean");
  if ((types & kFractionBit) == 0) add(kIntegerBit, "integer");
  add(kFractionBit, "number");
  add(kStringBit, "string");
  add(kArrayBit, "array");
  add(kObjectBit, "object");
  return names;
}

SchemaPlace SchemaChecker::PathOf(const Frame* frame, std::string* path) const {
  if (frame == nullptr) return SchemaPlace(schema_);
  SchemaPlace place = PathOf(frame->parent, path);
  if (frame->name.data() == nullptr) {
    const std::string index = std::to_string(frame->index);
    place.Step(index);
    path->append("/").append(index);
  } else {
    place.Step(frame->name);
    AppendPointerToken(place.named() ? frame->name : "*", path);
  }
  return place;
}

bool SchemaChecker::Report(const Frame* frame, std::string_view keyword,
                           std::string_view message, std::string_view value) {
  if (quiet_ > 0 || room_ == 0) return false;
  SchemaViolation violation;
  const SchemaPlace place = PathOf(frame, &violation.path);
  violation.keyword = keyword;
  violation.message = message;
  if (MayStandInText(value) && frame != nullptr && place.named() &&
      !place.personal()) {
    violation.message.append(", not ").append(value);
  }
  --room_;
  take_(std::move(violation));
  return false;
}

void SchemaChecker::ReportType(const SchemaNode& node, const Frame* frame,
                               std::string_view value) {
  if (quiet_ > 0) return;
  if (node.types == 0) {
    Report(frame, "false", "nothing is allowed here");
    return;
  }
  std::string words = "must be of type ";
  const std::vector<std::string> names = TypeNames(node.types);
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) words.append(i + 1 == names.size() ? " or " : ", ");
    words.append(names[i]);
  }
  Report(frame, "type", words, value);
}

void SchemaChecker::ReportLimit(const Frame* frame, std::string_view keyword,
                                std::string_view words, std::string_view limit,
                                std::string_view value) {
  if (quiet_ > 0) return;
  Report(frame, keyword, std::string(words).append(limit), value);
}

void SchemaChecker::ReportMissing(const Frame* frame, std::string_view keyword,
                                  std::string_view name,
                                  std::string_view because_of) {
  if (quiet_ > 0 || room_ == 0) return;
  SchemaViolation violation;
  PathOf(frame, &violation.path);
  AppendPointerToken(name, &violation.path);
  violation.keyword = keyword;
  violation.message = "is required";
  if (!because_of.empty()) {
    violation.message.append(" where there is ");
    AppendJsonString(because_of, &violation.message);
  }
  --room_;
  take_(std::move(violation));
}

void SchemaChecker::ReportValues(const ValueRules& rules, const Frame* frame,
                                 std::string_view value) {
  if (quiet_ > 0) return;
  std::string words = rules.all.size() == 1 ? "must be " : "must be one of ";
  for (size_t i = 0; i < rules.all.size(); ++i) {
    if (i > 0) words.append(", ");
    if (words.size() + rules.all[i].json.size() > kMaxShownChoices) {
      words.append("...");
      break;
    }
    words.append(rules.all[i].json);
  }
  Report(frame, rules.keyword, words, value);
}

}  // namespace crm
