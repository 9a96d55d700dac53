#include "ingest/message_mapper.h"

#include <chrono>
#include <cstdio>

#include "crm/event.h"
#include "ingest/json_text.h"
#include "ingest/row_values.h"

namespace crm::ingest {
namespace {

void AppendField(std::string_view name, const std::string& token,
                 std::string* out) {
  if (!token.empty()) AppendMember(name, token, out);
}

void AppendObject(std::string_view name, const std::string& members,
                  std::string* out) {
  if (members.size() > 1) AppendMember(name, members + "}", out);
}

}  // namespace

void MessageParts::Clear() {
  for (std::string* token : {&id, &type, &source, &timestamp}) token->clear();
  for (std::string* object : {&identity, &payload, &metadata}) *object = "{";
}

void MessageParts::Write(std::string* out) const {
  out->push_back('{');
  AppendField("id", id, out);
  AppendField("type", type, out);
  AppendField("source", source, out);
  AppendField("timestamp", timestamp, out);
  AppendObject("identity", identity, out);
  AppendObject("payload", payload, out);
  AppendObject("metadata", metadata, out);
  out->push_back('}');
}

Status MessageMapper::Map(std::string_view text, const Row& row,
                          std::string_view shared, std::string* out) {
  Status status = message_.Split(text);
  if (!status.ok()) return status;
  status =
      shared_.Split(shared.empty() ? std::string_view("{}") : shared, "batch.");
  if (!status.ok()) return status;
  parts_.Clear();
  Fill(&message_, &shared_, row, &parts_);
  if (!message_.ok()) return message_.status();
  if (!shared_.ok()) return shared_.status();
  message_.AppendRest(&parts_.metadata);
  if (shared_.HasRest()) {
    std::string rest = "{";
    shared_.AppendRest(&rest);
    rest.push_back('}');
    AppendMember("batch", rest, &parts_.metadata);
  }
  parts_.Write(out);
  return Status::Ok();
}

std::string MessageMapper::SourceToken() const {
  std::string token;
  AppendJsonString(source_, &token);
  return token;
}

std::string MessageMapper::RowIdToken(const Row& row) const {
  return "\"" + RowId(row, source_, batch_) + "\"";
}

std::unique_ptr<MessageMapper> NewMessageMapper(ImportFormat format,
                                                std::string_view source,
                                                std::string_view batch) {
  switch (format) {
    case ImportFormat::kNative:
      break;
    case ImportFormat::kSegment:
      return NewSegmentMapper(source, batch);
    case ImportFormat::kCloudEvents:
      return NewCloudEventsMapper(source, batch);
    case ImportFormat::kPostHog:
      return NewPostHogMapper(source, batch);
  }
  return nullptr;
}

Result<Timestamp> ReadTimeToken(std::string_view token) {
  std::string json = R"({"id":"i","type":"t","timestamp":)";
  json.append(token).push_back('}');
  Result<Event> event = EventFromJson(json, nullptr);
  if (!event.ok()) return event.status();
  if (event->occurred_at.has_value()) return *event->occurred_at;
  return Status(StatusCode::kInvalidArgument, "timestamp: missing");
}

std::string TimeToken(Timestamp time) {
  using std::chrono::microseconds;
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<microseconds> clock(time - day);
  char text[64];
  std::snprintf(text, sizeof(text), "\"%04d-%02u-%02uT%02d:%02d:%02d.%06dZ\"",
                static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace crm::ingest
