#include "ingest/row_mapper.h"

namespace crm::ingest {
namespace {

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

RowMapper::RowMapper(const ImportMap::Impl& map, TextEncoding encoding,
                     const ColumnPlan& plan, std::string_view source,
                     std::string_view batch)
    : map_(map), source_(source), batch_(batch), values_(map, encoding, plan) {}

Status RowMapper::Map(std::string_view text, const Row& row, Event* event) {
  Status status = values_.Split(text, row);
  if (!status.ok()) return status;
  event->source = source_;
  event->version = "1.0";
  event->correlation_id.clear();
  event->metadata.clear();
  event->payload.clear();
  event->occurred_at.reset();
  const EventRule& rule = map_.event;
  bool present = true;
  if (rule.id.has_value()) {
    status = values_.Text(*rule.id, &event->id, &present);
  } else {
    event->id = RowId(row, source_, batch_);
  }
  if (status.ok()) status = SetType(event);
  if (status.ok() && rule.occurred_at.has_value()) {
    status = values_.Time(*rule.occurred_at, &event->occurred_at);
  }
  if (status.ok()) status = SetIdentity(event);
  if (status.ok() && rule.version.has_value()) {
    status = values_.Text(*rule.version, &event->version, &present);
    if (!present) event->version = "1.0";
  }
  if (status.ok() && rule.correlation_id.has_value()) {
    status =
        values_.Text(*rule.correlation_id, &event->correlation_id, &present);
  }
  if (status.ok()) status = values_.AppendObject(rule.payload, &event->payload);
  if (status.ok() && rule.metadata.has_value()) {
    status = values_.AppendObject(*rule.metadata, &event->metadata);
  }
  return status;
}

std::string RowMapper::ColumnOf(std::string_view field) const {
  const EventRule& rule = map_.event;
  const auto column = [&](const Expression& expression) {
    return expression.kind == Expression::Kind::kColumn
               ? values_.NameOf(expression.column)
               : std::string();
  };
  if (field == "type") return column(rule.type);
  if (field == "id" && rule.id.has_value()) return column(*rule.id);
  if (field == "timestamp" && rule.occurred_at.has_value()) {
    return values_.NameOf(rule.occurred_at->column);
  }
  for (const Member& member : rule.identity) {
    if (field == "identity." + member.name) return column(member.value);
  }
  for (const Member& member : rule.payload.members) {
    if (field == "payload." + member.name) return column(member.value);
  }
  return std::string();
}

Status RowMapper::SetType(Event* event) {
  for (const TypeCase& rule : map_.event.type_cases) {
    if (Fits(rule, values_.Value(rule.column))) {
      event->type = rule.then;
      return Status::Ok();
    }
  }
  bool present = true;
  return values_.Text(map_.event.type, &event->type, &present);
}

Status RowMapper::SetIdentity(Event* event) {
  size_t count = 0;
  for (const Member& member : map_.event.identity) {
    if (event->identifiers.size() <= count) event->identifiers.emplace_back();
    Identifier& identifier = event->identifiers[count];
    bool present = true;
    Status status = values_.Text(member.value, &identifier.value, &present);
    if (!status.ok()) return status;
    if (!present) continue;
    identifier.name_space = member.name;
    ++count;
  }
  event->identifiers.resize(count);
  return Status::Ok();
}

}  // namespace crm::ingest
