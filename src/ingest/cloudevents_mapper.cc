// CloudEvents 1.0 in the JSON format.

#include "ingest/message_mapper.h"

namespace crm::ingest {
namespace {

class CloudEventsMapper final : public MessageMapper {
 public:
  CloudEventsMapper(std::string_view source, std::string_view batch)
      : MessageMapper(source, batch) {}

  std::string_view NameOf(std::string_view field) const override {
    if (field == "timestamp") return "time";
    if (field == "payload") return "data";
    if (field == "identity.customerId") return "subject";
    return field;
  }

 protected:
  void Fill(JsonMembers* message, JsonMembers* /*shared*/, const Row& /*row*/,
            MessageParts* parts) override {
    // It stays in the metadata: which version was it?
    const std::string_view version = message->Peek("specversion");
    if (version.empty()) {
      message->Fail("specversion", "missing");
    } else if (TextOfJson(version) != "1.0" || version.front() != '"') {
      message->Fail("specversion", "not \"1.0\"");
    }
    parts->id = Required("id", message);
    parts->source = Required("source", message);
    parts->type = Required("type", message);
    parts->timestamp = message->TakeString("time");
    const std::string_view subject = message->TakeString("subject");
    if (!subject.empty()) {
      AppendMember("customerId", subject, &parts->identity);
    }
    SetData(message, &parts->payload);
  }

 private:
  static std::string_view Required(std::string_view name,
                                   JsonMembers* message) {
    const std::string_view value = message->TakeString(name);
    if (value.empty()) message->Fail(name, "missing");
    return value;
  }

  static void SetData(JsonMembers* message, std::string* payload) {
    const std::string_view data = message->Take("data");
    const std::string_view bytes = message->TakeString("data_base64");
    if (!data.empty() && !bytes.empty()) {
      message->Fail("data", "is there, and data_base64 as well");
    } else if (data.starts_with('{')) {
      AppendInner(data, payload);
    } else if (!data.empty()) {
      AppendMember("data", data, payload);
    } else if (!bytes.empty()) {
      AppendMember("data_base64", bytes, payload);
    }
  }
};

}  // namespace

std::unique_ptr<MessageMapper> NewCloudEventsMapper(std::string_view source,
                                                    std::string_view batch) {
  return std::make_unique<CloudEventsMapper>(source, batch);
}

}  // namespace crm::ingest
