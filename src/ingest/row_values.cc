#include "ingest/row_values.h"

#include <algorithm>
#include <optional>

#include "ingest/content_hash.h"
#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

std::optional<bool> ReadBoolean(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const char* yes : {"true", "t", "yes", "y", "1"}) {
    if (lower == yes) return true;
  }
  for (const char* no : {"false", "f", "no", "n", "0"}) {
    if (lower == no) return false;
  }
  return std::nullopt;
}

}  // namespace

RowValues::RowValues(const ImportMap::Impl& map, TextEncoding encoding,
                     const ColumnPlan& plan)
    : map_(map), plan_(plan), fields_(map, encoding) {}

Status RowValues::Split(std::string_view text, const Row& row) {
  issue_ = RowIssue();
  const bool bad_quotes = row.problem == RowProblem::kBadQuotes;
  Status status = fields_.Split(text, bad_quotes);
  if (!status.ok()) {
    issue_ = {fields_.reason(), NameOfField(plan_, fields_.field())};
    return status;
  }
  if (bad_quotes) {
    issue_.reason = RejectReason::kBadQuotes;
    return Status(StatusCode::kMalformed, "row: its quotes are broken");
  }
  const bool more = fields_.size() > plan_.fields && !plan_.open_ended;
  if (fields_.size() >= plan_.fields && !more) return status;
  issue_.reason =
      more ? RejectReason::kTooManyColumns : RejectReason::kTooFewColumns;
  return Status(StatusCode::kMalformed,
                "the row has " + std::to_string(fields_.size()) + " fields, " +
                    std::to_string(plan_.fields) +
                    (plan_.open_ended ? " or more" : "") + " are expected");
}

std::string_view RowValues::Value(ColumnRef column) const {
  return FieldValue(plan_.field_of[column]);
}

std::string_view RowValues::FieldValue(size_t field) const {
  if (field >= fields_.size()) return {};
  const std::string_view value = fields_[field];
  const bool is_null = std::find(map_.nulls.begin(), map_.nulls.end(), value) !=
                       map_.nulls.end();
  return is_null ? std::string_view() : value;
}

std::string RowValues::NameOf(ColumnRef column) const {
  const size_t field = plan_.field_of[column];
  return field == RowFields::kNone ? map_.used[column].Label()
                                   : NameOfField(plan_, field);
}

Status RowValues::ColumnError(ColumnRef column, RejectReason reason,
                              const std::string& what) {
  issue_ = {reason, NameOf(column)};
  return Status(StatusCode::kInvalidArgument,
                "column \"" + issue_.column + "\": " + what);
}

Status RowValues::Time(const TimeRule& rule, std::optional<Timestamp>* out) {
  out->reset();
  const std::string_view value = Trim(Value(rule.column));
  if (value.empty()) {
    if (!rule.required) return Status::Ok();
    return ColumnError(rule.column, RejectReason::kMissingRequired, "is empty");
  }
  Status first;
  for (const DateFormat& format : rule.formats) {
    Result<Timestamp> time = format.Read(
        value, format.has_offset() ? std::chrono::seconds(0) : rule.offset);
    if (time.ok()) {
      *out = *time;
      return Status::Ok();
    }
    if (first.ok()) first = time.status();
  }
  return ColumnError(rule.column, RejectReason::kBadDate,
                     std::string(first.message()));
}

std::string_view RowValues::Stripped(const Expression& expression) const {
  std::string_view value = Value(expression.column);
  if (value.ends_with(expression.strip_suffix)) {
    value.remove_suffix(expression.strip_suffix.size());
  }
  return value;
}

Status RowValues::Text(const Expression& expression, std::string* out,
                       bool* present) {
  *present = true;
  if (expression.kind == Expression::Kind::kConstant) {
    *out = expression.constant;
    return Status::Ok();
  }
  const std::string_view value = Stripped(expression);
  *out = value;
  *present = !value.empty();
  if (*present && map_.format == ImportMap::Impl::Format::kJson) {
    const char kind = fields_.Token(expression.column).front();
    if (kind == '{' || kind == '[') {
      return ColumnError(expression.column, RejectReason::kInvalidValue,
                         "is neither a string nor a number");
    }
  }
  if (*present || expression.when_empty != WhenEmpty::kReject) {
    return Status::Ok();
  }
  return ColumnError(expression.column, RejectReason::kMissingRequired,
                     "is empty");
}

Status RowValues::AppendObject(const Expression& object, std::string* out) {
  out->push_back('{');
  bool first = true;
  for (const Member& member : object.members) {
    bool present = true;
    Status status = AppendMember(member, first, out, &present);
    if (!status.ok()) return status;
    if (present) first = false;
  }
  out->push_back('}');
  return Status::Ok();
}

Status RowValues::AppendMember(const Member& member, bool first,
                               std::string* out, bool* present) {
  const Expression& expression = member.value;
  std::string_view value;
  if (expression.kind == Expression::Kind::kColumn) {
    value = Stripped(expression);
    if (expression.as != As::kString) value = Trim(value);
    if (value.empty() && expression.when_empty == WhenEmpty::kReject) {
      return ColumnError(expression.column, RejectReason::kMissingRequired,
                         "is empty");
    }
    *present = !value.empty() || expression.when_empty == WhenEmpty::kNull;
    if (!*present) return Status::Ok();
  }
  if (!first) out->push_back(',');
  AppendJsonString(member.name, out);
  out->push_back(':');
  switch (expression.kind) {
    case Expression::Kind::kConstant:
      out->append(expression.constant);
      return Status::Ok();
    case Expression::Kind::kObject:
      return AppendObject(expression, out);
    case Expression::Kind::kColumn:
      break;
  }
  if (value.empty()) {
    out->append("null");
    return Status::Ok();
  }
  return AppendColumn(expression, value, out);
}

Status RowValues::AppendColumn(const Expression& expression,
                               std::string_view value, std::string* out) {
  switch (expression.as) {
    case As::kString:
      AppendJsonString(value, out);
      return Status::Ok();
    case As::kNumber:
    case As::kInteger: {
      const bool integer = expression.as == As::kInteger;
      std::string number(value);
      if (expression.normalise) number = NormaliseNumber(value);
      if (!(integer ? IsJsonInteger(number) : IsJsonNumber(number))) {
        return ColumnError(expression.column, RejectReason::kBadNumber,
                           integer ? "is no integer" : "is no number");
      }
      out->append(number);
      return Status::Ok();
    }
    case As::kBoolean: {
      const std::optional<bool> boolean = ReadBoolean(value);
      if (!boolean.has_value()) {
        return ColumnError(expression.column, RejectReason::kBadBoolean,
                           "is no boolean");
      }
      out->append(*boolean ? "true" : "false");
      return Status::Ok();
    }
    case As::kJson:
      return AppendJson(expression, value, out);
  }
  return Status::Ok();
}

Status RowValues::AppendJson(const Expression& expression,
                             std::string_view value, std::string* out) {
  if (map_.format == ImportMap::Impl::Format::kJson) {
    out->append(fields_.Token(expression.column));
    return Status::Ok();
  }
  if (!IsJsonValue(value)) {
    return ColumnError(expression.column, RejectReason::kBadJson,
                       "is no JSON value");
  }
  out->append(value);
  return Status::Ok();
}

// The definition of the ids of rows without one; it must never change.
std::string RowId(const Row& row, std::string_view source,
                  std::string_view batch) {
  std::string text;
  AppendPart(source, &text);
  AppendPart(batch, &text);
  AppendNumber(row.hash.low, &text);
  AppendNumber(row.hash.high, &text);
  AppendNumber(row.occurrence, &text);
  return ToHex(HashContent(text));
}

}  // namespace crm::ingest
