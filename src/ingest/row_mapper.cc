#include "ingest/row_mapper.h"

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

bool Fits(const TypeCase& rule, std::string_view value) {
  switch (rule.test) {
    case TypeCase::Test::kEquals:
      return value == rule.text;
    case TypeCase::Test::kStartsWith:
      return value.starts_with(rule.text);
    case TypeCase::Test::kEndsWith:
      return value.ends_with(rule.text);
    case TypeCase::Test::kEmpty:
      return value.empty() == rule.empty;
  }
  return false;
}

}  // namespace

RowMapper::RowMapper(const ImportMap::Impl& map, const ColumnPlan& plan,
                     std::string_view source, std::string_view batch)
    : map_(map), plan_(plan), source_(source), batch_(batch), fields_(map) {}

Status RowMapper::Map(std::string_view text, const Row& row, Event* event) {
  Status status = fields_.Split(text);
  if (!status.ok()) return status;
  if (fields_.size() != plan_.fields) {
    return Status(StatusCode::kMalformed,
                  "the row has " + std::to_string(fields_.size()) +
                      " fields, " + std::to_string(plan_.fields) +
                      " are expected");
  }
  event->source = source_;
  event->version = "1.0";
  event->correlation_id.clear();
  event->metadata.clear();
  event->payload.clear();
  const EventRule& rule = map_.event;
  bool present = true;
  if (rule.id.has_value()) {
    status = Text(*rule.id, &event->id, &present);
  } else {
    event->id = RowId(row, source_, batch_);
  }
  if (status.ok()) status = SetType(event);
  if (status.ok()) status = SetTime(event);
  if (status.ok()) status = SetIdentity(event);
  if (status.ok() && rule.version.has_value()) {
    status = Text(*rule.version, &event->version, &present);
    if (!present) event->version = "1.0";
  }
  if (status.ok() && rule.correlation_id.has_value()) {
    status = Text(*rule.correlation_id, &event->correlation_id, &present);
  }
  if (status.ok()) status = AppendObject(rule.payload, &event->payload);
  if (status.ok() && rule.metadata.has_value()) {
    status = AppendObject(*rule.metadata, &event->metadata);
  }
  return status;
}

std::string_view RowMapper::Value(ColumnRef column) const {
  const std::string_view value = fields_[plan_.field_of[column]];
  const bool is_null = std::find(map_.nulls.begin(), map_.nulls.end(), value) !=
                       map_.nulls.end();
  return is_null ? std::string_view() : value;
}

Status RowMapper::ColumnError(ColumnRef column, const std::string& what) const {
  return Status(StatusCode::kInvalidArgument,
                "column \"" + map_.used[column] + "\": " + what);
}

Status RowMapper::SetType(Event* event) {
  for (const TypeCase& rule : map_.event.type_cases) {
    if (Fits(rule, Value(rule.column))) {
      event->type = rule.then;
      return Status::Ok();
    }
  }
  bool present = true;
  return Text(map_.event.type, &event->type, &present);
}

Status RowMapper::SetTime(Event* event) {
  event->occurred_at.reset();
  if (!map_.event.occurred_at.has_value()) return Status::Ok();
  const TimeRule& rule = *map_.event.occurred_at;
  const std::string_view value = Trim(Value(rule.column));
  if (value.empty()) return ColumnError(rule.column, "is empty");
  Result<Timestamp> time = rule.format.Read(value, rule.offset);
  if (!time.ok()) {
    return ColumnError(rule.column, std::string(time.status().message()));
  }
  event->occurred_at = *time;
  return Status::Ok();
}

Status RowMapper::SetIdentity(Event* event) {
  size_t count = 0;
  for (const Member& member : map_.event.identity) {
    if (event->identifiers.size() <= count) event->identifiers.emplace_back();
    Identifier& identifier = event->identifiers[count];
    bool present = true;
    Status status = Text(member.value, &identifier.value, &present);
    if (!status.ok()) return status;
    if (!present) continue;
    identifier.name_space = member.name;
    ++count;
  }
  event->identifiers.resize(count);
  return Status::Ok();
}

Status RowMapper::Text(const Expression& expression, std::string* out,
                       bool* present) const {
  *present = true;
  if (expression.kind == Expression::Kind::kConstant) {
    *out = expression.constant;
    return Status::Ok();
  }
  std::string_view value = Value(expression.column);
  if (value.ends_with(expression.strip_suffix)) {
    value.remove_suffix(expression.strip_suffix.size());
  }
  *out = value;
  *present = !value.empty();
  if (*present || expression.when_empty != WhenEmpty::kReject) {
    return Status::Ok();
  }
  return ColumnError(expression.column, "is empty");
}

Status RowMapper::AppendObject(const Expression& object,
                               std::string* out) const {
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

Status RowMapper::AppendMember(const Member& member, bool first,
                               std::string* out, bool* present) const {
  const Expression& expression = member.value;
  std::string_view value;
  if (expression.kind == Expression::Kind::kColumn) {
    value = Value(expression.column);
    if (value.ends_with(expression.strip_suffix)) {
      value.remove_suffix(expression.strip_suffix.size());
    }
    if (expression.as != As::kString) value = Trim(value);
    if (value.empty() && expression.when_empty == WhenEmpty::kReject) {
      return ColumnError(expression.column, "is empty");
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

Status RowMapper::AppendColumn(const Expression& expression,
                               std::string_view value, std::string* out) const {
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
        return ColumnError(expression.column,
                           integer ? "is no integer" : "is no number");
      }
      out->append(number);
      return Status::Ok();
    }
    case As::kBoolean: {
      const std::optional<bool> boolean = ReadBoolean(value);
      if (!boolean.has_value()) {
        return ColumnError(expression.column, "is no boolean");
      }
      out->append(*boolean ? "true" : "false");
      return Status::Ok();
    }
    case As::kJson:
      if (!IsJsonValue(value)) {
        return ColumnError(expression.column, "is no JSON value");
      }
      out->append(value);
      return Status::Ok();
  }
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
