// Messages of the Segment specification.

#include <algorithm>
#include <array>
#include <utility>

#include "crm/event.h"
#include "ingest/json_text.h"
#include "ingest/message_mapper.h"

namespace crm::ingest {
namespace {

// Sorted, for binary search. Only where both mean the same: a name that is not
// here stays as it is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9>
    kOwnNames = {{
        {"Checkout Started", "CheckoutStarted"},
        {"Checkout Step Completed", "CheckoutStepCompleted"},
        {"Email Bounced", "MessageFailed"},
        {"Order Completed", "OrderPlaced"},
        {"Order Refunded", "RefundCompleted"},
        {"Product Added", "ItemAddedToCart"},
        {"Product Viewed", "ProductViewed"},
        {"Products Searched", "SearchPerformed"},
        {"Push Notification Bounced", "MessageFailed"},
    }};

// An identifier if it can be one; else it is left where it is.
void AddIdentifier(std::string_view name, std::string_view token,
                   std::string* identity) {
  const bool string = token.size() > 2 && token.front() == '"';
  if (string && token.size() <= kMaxIdBytes + 2) {
    AppendMember(name, token, identity);
  }
}

class SegmentMapper final : public MessageMapper {
 public:
  SegmentMapper(std::string_view source, std::string_view batch)
      : MessageMapper(source, batch) {}

  std::string_view NameOf(std::string_view field) const override {
    if (field == "id") return "messageId";
    if (field == "type") return "event";
    if (field == "identity.authUserId") return "userId";
    if (field == "identity.anonymousId") return "anonymousId";
    return field;
  }

 protected:
  void Fill(JsonMembers* message, JsonMembers* shared, const Row& row,
            MessageParts* parts) override {
    shared->Drop("writeKey");
    message->Drop("writeKey");
    const std::string_view type = message->TakeString("type");
    const std::string kind = TextOfJson(type);
    AppendMember("type", type, &parts->metadata);
    SetContent(kind, message, parts);
    SetIdentity(kind, message, parts);
    parts->id = message->TakeString("messageId");
    if (parts->id.empty()) parts->id = RowIdToken(row);
    parts->source = SourceToken();
    SetTime(message, shared, parts);
    shared->Drop("sentAt");
  }

 private:
  void SetContent(std::string_view kind, JsonMembers* message,
                  MessageParts* parts) {
    std::string& payload = parts->payload;
    if (kind == "track") {
      SetTrack(message, parts);
    } else if (kind == "page" || kind == "screen") {
      parts->type = kind == "page" ? R"("PageViewed")" : R"("screen")";
      SetPage(message, parts);
    } else if (kind == "identify") {
      parts->type = R"("identify")";
      traits_ = message->TakeObject("traits");
      if (!traits_.empty()) AppendMember("traits", traits_, &payload);
    } else if (kind == "group") {
      parts->type = R"("group")";
      const std::string_view group = message->TakeScalar("groupId");
      if (group.empty()) message->Fail("groupId", "missing");
      AppendMember("groupId", group, &payload);
      // Not as "traits": those would be the person's.
      const std::string_view traits = message->TakeObject("traits");
      if (!traits.empty()) AppendMember("group", traits, &payload);
    } else if (kind == "alias") {
      parts->type = R"("alias")";
      const std::string_view before = message->TakeScalar("previousId");
      if (before.empty()) message->Fail("previousId", "missing");
      AppendMember("previousId", before, &payload);
    } else {
      message->Fail("type", kind.empty()
                                ? "missing"
                                : "not one of identify, track, page, screen, "
                                  "group and alias");
    }
  }

  void SetTrack(JsonMembers* message, MessageParts* parts) {
    const std::string_view event = message->Peek("event");
    const std::string_view name = OwnNameOf(TextOfJson(event));
    if (name.empty()) {
      parts->type = message->TakeString("event");
      if (event.empty()) message->Fail("event", "missing");
    } else {
      // The name it had stays in the metadata.
      AppendJsonString(name, &parts->type);
    }
    AppendInnerOf(message->TakeObject("properties"), &parts->payload);
  }

  // Name and category stand beside the properties, if those leave room.
  void SetPage(JsonMembers* message, MessageParts* parts) {
    const std::string_view properties = message->TakeObject("properties");
    if (!message->ok()) return;
    if (!properties.empty() && !inner_.Split(properties).ok()) {
      message->Fail("properties", "not JSON");
      return;
    }
    for (const std::string_view name : {"name", "category"}) {
      const bool there = !properties.empty() && inner_.Has(name);
      const std::string_view value =
          there ? std::string_view() : message->Take(name);
      if (!value.empty()) AppendMember(name, value, &parts->payload);
    }
    AppendInnerOf(properties, &parts->payload);
  }

  static void AppendInnerOf(std::string_view object, std::string* out) {
    if (!object.empty()) AppendInner(object, out);
  }

  void SetIdentity(std::string_view kind, JsonMembers* message,
                   MessageParts* parts) {
    const std::string_view user = message->TakeScalar("userId");
    const std::string_view anonymous = message->TakeScalar("anonymousId");
    if (user.empty() && anonymous.empty() && message->ok()) {
      message->Fail("userId", "missing, and so is anonymousId");
    }
    if (!user.empty()) AppendMember("authUserId", user, &parts->identity);
    if (!anonymous.empty()) {
      AppendMember("anonymousId", anonymous, &parts->identity);
    }
    const std::string_view context = message->Peek("context");
    std::string_view traits = kind == "identify" ? traits_ : std::string_view();
    std::string_view device;
    if (context.starts_with('{') && inner_.Split(context, "context.").ok()) {
      if (traits.empty()) {
        traits = inner_.Peek("traits");
        // Our own exports put identifiers there, not what the event said.
        if (inner_.Peek("library") != kOwnLibrary) {
          AddContextTraits(traits, parts);
        }
      }
      device = inner_.Peek("device");
    }
    traits_ = {};
    if (traits.starts_with('{') && inner_.Split(traits, "traits.").ok()) {
      AddIdentifier("email", inner_.Peek("email"), &parts->identity);
      AddIdentifier("phoneNumber", inner_.Peek("phone"), &parts->identity);
    }
    if (device.starts_with('{') && inner_.Split(device, "device.").ok()) {
      AddIdentifier("deviceId", inner_.Peek("id"), &parts->identity);
    }
  }

  // Traits that a message brings along are the person's, as an identify's are;
  // but properties have the first right to the name.
  static void AddContextTraits(std::string_view traits, MessageParts* parts) {
    if (!traits.starts_with('{') || traits.size() == 2) return;
    const std::string object = parts->payload + "}";
    JsonMembers payload;
    if (!payload.Split(object).ok()) return;
    if (!payload.Has("traits")) AppendMember("traits", traits, &parts->payload);
  }

  // The specification: timestamp = receivedAt - (sentAt - originalTimestamp).
  void SetTime(JsonMembers* message, JsonMembers* shared, MessageParts* parts) {
    parts->timestamp = message->Take("timestamp");
    if (!parts->timestamp.empty()) return;
    const std::string_view original = message->Peek("originalTimestamp");
    const std::string_view received = message->Peek("receivedAt");
    std::string_view sent = message->Peek("sentAt");
    if (sent.empty()) sent = shared->Peek("sentAt");
    if (original.empty() || sent.empty() || received.empty()) {
      // What is nearest to it; none: the import's time.
      const std::string_view name = !original.empty()   ? "originalTimestamp"
                                    : !received.empty() ? "receivedAt"
                                                        : "sentAt";
      const std::string_view token = !original.empty()   ? original
                                     : !received.empty() ? received
                                                         : sent;
      if (token.empty()) return;
      ReadTime(name, token, message);
      parts->timestamp = token;
      return;
    }
    const Timestamp begin = ReadTime("originalTimestamp", original, message);
    const Timestamp end = ReadTime("sentAt", sent, message);
    const Timestamp arrival = ReadTime("receivedAt", received, message);
    if (!message->ok()) return;
    parts->timestamp = TimeToken(arrival - (end - begin));
    if (!ReadTimeToken(parts->timestamp).ok()) {
      message->Fail("timestamp",
                    "receivedAt - (sentAt - originalTimestamp) is not from "
                    "1900 up to 2199");
    }
  }

  static Timestamp ReadTime(std::string_view name, std::string_view token,
                            JsonMembers* message) {
    const Result<Timestamp> time = ReadTimeToken(token);
    if (time.ok()) return *time;
    message->Fail(name, "not a time");
    return {};
  }

  JsonMembers inner_;
  std::string_view traits_;
};

}  // namespace

std::string_view OwnNameOf(std::string_view semantic_event) {
  const auto found =
      std::lower_bound(kOwnNames.begin(), kOwnNames.end(), semantic_event,
                       [](const auto& entry, std::string_view name) {
                         return entry.first < name;
                       });
  const bool known = found != kOwnNames.end() && found->first == semantic_event;
  return known ? found->second : std::string_view();
}

std::string_view SemanticNameOf(std::string_view own_name) {
  std::string_view found;
  for (const auto& [semantic, own] : kOwnNames) {
    if (own != own_name) continue;
    if (!found.empty()) return {};
    found = semantic;
  }
  return found;
}

std::unique_ptr<MessageMapper> NewSegmentMapper(std::string_view source,
                                                std::string_view batch) {
  return std::make_unique<SegmentMapper>(source, batch);
}

}  // namespace crm::ingest
