// What PostHog's capture endpoint takes.

#include <algorithm>
#include <array>
#include <utility>

#include "crm/event.h"
#include "ingest/json_text.h"
#include "ingest/message_mapper.h"

namespace crm::ingest {
namespace {

// PostHog's own events that others have too.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6>
    kPostHogEvents = {{
        {"$create_alias", "alias"},
        {"$groupidentify", "group"},
        {"$identify", "identify"},
        {"$pageview", "PageViewed"},
        {"$screen", "screen"},
        {"$set", "identify"},
    }};

bool IsIdentifier(std::string_view token) {
  return token.size() > 2 && token.front() == '"' &&
         token.size() <= kMaxIdBytes + 2;
}

class PostHogMapper final : public MessageMapper {
 public:
  PostHogMapper(std::string_view source, std::string_view batch)
      : MessageMapper(source, batch) {}

  std::string_view NameOf(std::string_view field) const override {
    if (field == "id") return "uuid";
    if (field == "type") return "event";
    if (field == "payload") return "properties";
    if (field == "identity.authUserId") return "distinct_id";
    if (field == "identity.anonymousId") return "distinct_id";
    return field;
  }

 protected:
  void Fill(JsonMembers* message, JsonMembers* shared, const Row& row,
            MessageParts* parts) override {
    for (const std::string_view transport : {"api_key", "token", "sent_at"}) {
      shared->Drop(transport);
    }
    message->Drop("api_key");
    const std::string_view all = message->TakeObject("properties");
    if (!message->ok()) return;
    if (!properties_.Split(all.empty() ? std::string_view("{}") : all).ok()) {
      message->Fail("properties", "not JSON");
      return;
    }
    SetId(message, row, parts);
    parts->source = SourceToken();
    parts->timestamp = message->Take("timestamp");
    SetIdentity(message, parts);
    SetContent(all, message, parts);
    if (!properties_.ok() && message->ok()) {
      message->Fail("properties", "a key is there twice");
    }
  }

 private:
  void SetId(JsonMembers* message, const Row& row, MessageParts* parts) {
    parts->id = message->TakeString("uuid");
    if (!parts->id.empty()) return;
    const std::string_view given = properties_.Peek("$insert_id");
    if (IsIdentifier(given)) {
      parts->id = given;
    } else {
      parts->id = RowIdToken(row);
    }
  }

  // A distinct id is a user's unless the message says that it is not.
  void SetIdentity(JsonMembers* message, MessageParts* parts) {
    std::string_view id = message->TakeScalar("distinct_id");
    if (id.empty()) id = properties_.Peek("distinct_id");
    if (id.empty()) {
      message->Fail("distinct_id", "missing");
      return;
    }
    const std::string_view device = properties_.Peek("$device_id");
    const std::string_view before = properties_.Peek("$anon_distinct_id");
    const bool anonymous =
        id == device || properties_.Peek("$is_identified") == "false";
    AppendMember(anonymous ? "anonymousId" : "authUserId", id,
                 &parts->identity);
    if (!anonymous && IsIdentifier(before)) {
      AppendMember("anonymousId", before, &parts->identity);
    }
    if (IsIdentifier(device)) {
      AppendMember("deviceId", device, &parts->identity);
    }
  }

  void SetContent(std::string_view all, JsonMembers* message,
                  MessageParts* parts) {
    const std::string_view event = message->Peek("event");
    const std::string name = TextOfJson(event);
    const auto own =
        std::find_if(kPostHogEvents.begin(), kPostHogEvents.end(),
                     [&](const auto& entry) { return entry.first == name; });
    if (own == kPostHogEvents.end()) {
      parts->type = message->TakeString("event");
      if (event.empty()) message->Fail("event", "missing");
    } else {
      // The name it had stays in the metadata.
      AppendJsonString(own->second, &parts->type);
    }
    const bool identify =
        own != kPostHogEvents.end() && own->second == "identify";
    if (!identify && !all.empty()) AppendInner(all, &parts->payload);
    // What any event says about the person: $set is what she has now, and
    // $set_once what she had before anything else was said.
    AddTraits("$set", "traits", identify, message, parts);
    AddTraits("$set_once", "defaultTraits", identify, message, parts);
    // All that an identify event has in its payload becomes traits.
    if (!identify || !properties_.HasRest()) return;
    std::string rest = "{";
    properties_.AppendRest(&rest);
    rest.push_back('}');
    AppendMember("properties", rest, &parts->metadata);
  }

  // The properties of an event that is no identify stay as they are, and have
  // the first right to their names.
  void AddTraits(std::string_view from, std::string_view to, bool identify,
                 JsonMembers* message, MessageParts* parts) {
    if (!identify && properties_.Has(to)) return;
    std::string_view traits = message->TakeObject(from);
    if (traits.empty() && identify) traits = properties_.TakeObject(from);
    if (traits.empty()) traits = properties_.Peek(from);
    if (traits.starts_with('{')) AppendMember(to, traits, &parts->payload);
  }

  JsonMembers properties_;
};

}  // namespace

std::unique_ptr<MessageMapper> NewPostHogMapper(std::string_view source,
                                                std::string_view batch) {
  return std::make_unique<PostHogMapper>(source, batch);
}

}  // namespace crm::ingest
