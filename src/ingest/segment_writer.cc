#include "ingest/segment_writer.h"

#include <utility>

#include "ingest/export_lines.h"
#include "ingest/json_text.h"
#include "ingest/message_mapper.h"

namespace crm::ingest {
namespace {

// The better one, the higher: which other identifier stands in for userId.
int RankOf(std::string_view name) {
  if (name == "sessionId") return 1;
  if (name == "deviceId") return 2;
  if (name == "phoneNumber") return 3;
  if (name == "email") return 4;
  return 5;  // Exclusive ones, or of the host's own making.
}

bool IsKind(std::string_view token) {
  for (const std::string_view kind : {"\"track\"", "\"identify\"", "\"page\"",
                                      "\"screen\"", "\"group\"", "\"alias\""}) {
    if (token == kind) return true;
  }
  return false;
}

// What an import takes for an identifier in traits, as text.
std::string TraitOf(JsonMembers* traits, std::string_view name) {
  const std::string_view token = traits->Peek(name);
  const bool counts = token.size() > 2 && token.front() == '"' &&
                      token.size() <= kMaxIdBytes + 2;
  return counts ? TextOfJson(token) : std::string();
}

}  // namespace

void SegmentWriter::ReadIdentity(std::string_view identity) {
  for (std::string* text :
       {&user_, &anonymous_, &email_, &phone_, &device_, &best_, &external_}) {
    text->clear();
  }
  if (identity.empty()) return;
  json_ = R"({"id":"i","type":"t","identity":)";
  json_.append(identity).push_back('}');
  Result<Event> event = EventFromJson(json_, nullptr);
  if (!event.ok()) return;  // What is stored was checked.
  int best = 0;
  for (const Identifier& identifier : event->identifiers) {
    const std::string& name = identifier.name_space;
    const std::string& value = identifier.value;
    if (name == "authUserId") user_ = value;
    if (name == "anonymousId") anonymous_ = value;
    if (name == "authUserId" || name == "anonymousId") continue;
    if (RankOf(name) > best) {
      best = RankOf(name);
      best_ = name + ":" + value;
    }
    if (name == "email") email_ = value;
    if (name == "phoneNumber") phone_ = value;
    if (name == "deviceId") device_ = value;
    if (name == "email" || name == "phoneNumber" || name == "deviceId") {
      continue;
    }
    if (!external_.empty()) external_.push_back(',');
    external_.push_back('{');
    AppendTextMember("id", value, &external_);
    AppendTextMember("type", name, &external_);
    external_.append(R"(,"collection":"users","encoding":"none"})");
  }
}

// Its traits must give the identifiers that the event has.
bool SegmentWriter::FitsIdentify(std::string_view payload) {
  if (!members_.Split(payload).ok()) return false;
  const std::string_view traits = members_.TakeObject("traits");
  if (!members_.ok() || members_.HasRest()) return false;
  if (traits.empty()) return true;  // They are the context's.
  return traits_.Split(traits).ok() && TraitOf(&traits_, "email") == email_ &&
         TraitOf(&traits_, "phone") == phone_;
}

bool SegmentWriter::FitsGroup(std::string_view payload) {
  if (!members_.Split(payload).ok()) return false;
  const std::string_view group = members_.TakeScalar("groupId");
  members_.TakeObject("group");
  return !group.empty() && members_.ok() && !members_.HasRest();
}

bool SegmentWriter::FitsAlias(std::string_view payload) {
  if (!members_.Split(payload).ok()) return false;
  const std::string_view before = members_.TakeScalar("previousId");
  return !before.empty() && members_.ok() && !members_.HasRest();
}

std::string_view SegmentWriter::KindOf(const EventView& event) {
  if (event.type == "PageViewed") return "page";
  if (event.type == "screen") return "screen";
  if (event.type == "identify" && FitsIdentify(event.payload)) {
    return "identify";
  }
  if (event.type == "group" && FitsGroup(event.payload)) return "group";
  if (event.type == "alias" && FitsAlias(event.payload)) return "alias";
  return "track";
}

// The name that an import makes the event's type of.
std::string SegmentWriter::EventNameOf(const EventView& event) {
  if (from_segment_) {
    std::string name = TextOfJson(metadata_.Peek("event"));
    if (!name.empty() && OwnNameOf(name) == event.type) return name;
  }
  const std::string_view name = SemanticNameOf(event.type);
  return std::string(name.empty() ? event.type : name);
}

void SegmentWriter::WriteContent(const EventView& event, std::string_view kind,
                                 std::string* out) {
  if (kind == "track" || kind == "page" || kind == "screen") {
    if (kind == "track") AppendTextMember("event", EventNameOf(event), out);
    AppendMember("properties", event.payload, out);
    return;
  }
  if (!members_.Split(event.payload).ok()) return;
  const auto copy = [&](std::string_view from, std::string_view to) {
    const std::string_view value = members_.Peek(from);
    if (!value.empty()) AppendMember(to, value, out);
  };
  if (kind == "identify") copy("traits", "traits");
  if (kind == "alias") copy("previousId", "previousId");
  if (kind == "group") {
    copy("groupId", "groupId");
    copy("group", "traits");
  }
}

void SegmentWriter::WriteContext(const EventView& event, std::string* out) {
  if (from_segment_) {
    for (const std::string_view name :
         {"context", "integrations", "channel", "version", "originalTimestamp",
          "sentAt", "receivedAt"}) {
      const std::string_view value = metadata_.Peek(name);
      if (!value.empty()) AppendMember(name, value, out);
    }
    return;
  }
  std::string context = "{";
  if (!email_.empty() || !phone_.empty()) {
    std::string traits = "{";
    if (!email_.empty()) AppendTextMember("email", email_, &traits);
    if (!phone_.empty()) AppendTextMember("phone", phone_, &traits);
    AppendMember("traits", traits + "}", &context);
    AppendMember("library", kOwnLibrary, &context);
  }
  if (!device_.empty()) {
    std::string device = "{";
    AppendTextMember("id", device_, &device);
    AppendMember("device", device + "}", &context);
  }
  if (!external_.empty()) {
    AppendMember("externalIds", "[" + external_ + "]", &context);
  }
  if (!event.metadata.empty()) {
    AppendMember("metadata", event.metadata, &context);
  }
  if (context.size() > 1) AppendMember("context", context + "}", out);
}

SegmentOutcome SegmentWriter::Write(const EventView& event, std::string* out) {
  ReadIdentity(event.identity);
  const bool named = !user_.empty() || !anonymous_.empty();
  const bool taken_for_another = !OwnNameOf(event.type).empty();
  if ((!named && (best_.empty() || best_.size() > kMaxIdBytes)) ||
      taken_for_another) {
    return SegmentOutcome::kLeftOut;
  }
  from_segment_ = !event.metadata.empty() &&
                  metadata_.Split(event.metadata).ok() &&
                  IsKind(metadata_.Peek("type"));
  const std::string_view kind = KindOf(event);
  out->push_back('{');
  AppendTextMember("messageId", event.id, out);
  AppendTextMember("type", kind, out);
  if (!named) AppendTextMember("userId", best_, out);
  if (!user_.empty()) AppendTextMember("userId", user_, out);
  if (!anonymous_.empty()) AppendTextMember("anonymousId", anonymous_, out);
  AppendMember("timestamp",
               event.timestamp_text.empty() ? TimeToken(event.occurred_at)
                                            : std::string(event.timestamp_text),
               out);
  WriteContent(event, kind, out);
  WriteContext(event, out);
  out->push_back('}');
  return named ? SegmentOutcome::kWritten : SegmentOutcome::kSubstituted;
}

}  // namespace crm::ingest
