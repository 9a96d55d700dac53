// Events as JSON again, and the two public calls on text.

#include "base/time_text.h"
#include "format/envelope.h"
#include "format/json.h"
#include "format/json_internal.h"

namespace crm {
namespace {

using enum EnvelopeName;

constexpr std::string_view kSubjectBegin = "{\"aggregateId\":";
constexpr std::string_view kFlatSubjectBegin = "{\"customerId\":";

// One JSON object, member by member.
class ObjectWriter final {
 public:
  explicit ObjectWriter(std::string* out) : out_(out) {}

  void Key(std::string_view key) {
    Separate();
    out_->push_back('"');
    out_->append(key);
    out_->append("\":");
  }
  void String(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    Key(key);
    AppendJsonString(value, out_);
  }
  void Raw(std::string_view key, std::string_view json) {
    if (json.empty()) return;
    Key(key);
    out_->append(json);
  }
  // The members of another object.
  void Members(std::string_view object) {
    if (object.size() <= 2) return;
    Separate();
    out_->append(object, 1, object.size() - 2);
  }
  void Close() {
    if (first_) out_->push_back('{');
    out_->push_back('}');
  }

 private:
  void Separate() {
    out_->push_back(first_ ? '{' : ',');
    first_ = false;
  }
  std::string* out_;
  bool first_ = true;
};

// What the event had as null, and therefore lies in extra.
EnvelopeNames NamesIn(std::string_view extra) {
  EnvelopeNames names;
  if (extra.empty()) return names;
  const Status status =
      ForEachMember(extra, [&](std::string_view key, std::string_view) {
        const EnvelopeName name = EnvelopeNameOf(key);
        if (name != kUnknown) names.Add(name);
        return true;
      });
  // Only text that was validated is stored; damage shows in the output.
  return status.ok() ? names : EnvelopeNames();
}

void WriteTime(const EventView& event, const EnvelopeNames& given,
               bool as_given, std::string* out, ObjectWriter* writer) {
  if (given.Has(kTimestamp) || (as_given && !event.timed)) return;
  writer->Key("timestamp");
  if (!event.timestamp_text.empty()) {
    out->append(event.timestamp_text);
    return;
  }
  out->push_back('"');
  AppendTime(event.occurred_at, out);
  out->push_back('"');
}

// Takes the subject, which such an event has beside its identity, out of the
// identity: `{"customerId":"c1","email":"e"}` is `"c1"` and `{"email":"e"}`.
std::string_view TakeSubject(std::string_view begin, std::string_view* identity,
                             std::string* rest) {
  if (identity->substr(0, begin.size()) != begin) return {};
  const std::string_view text = identity->substr(begin.size());
  JsonScanner scanner(text, kMaxJsonDepth, nullptr);
  if (!scanner.TakeValue(0)) return {};
  const size_t size = scanner.offset();
  *identity = {};
  if (scanner.Peek() == ',') {
    rest->assign("{");
    rest->append(text.substr(size + 1));
    *identity = *rest;
  }
  return text.substr(0, size);
}

void WriteCrm(const EventView& event, std::string_view tenant, bool as_given,
              std::string* out) {
  const EnvelopeNames given = NamesIn(event.extra);
  ObjectWriter writer(out);
  writer.String("id", event.id);
  writer.String("type", event.type);
  if (!given.Has(kVersion)) writer.String("version", event.version);
  WriteTime(event, given, as_given, out, &writer);
  writer.String("correlationId", event.correlation_id);
  writer.String("causationId", event.causation_id);
  if (!given.Has(kTenantId)) writer.String("tenantId", tenant);
  if (!given.Has(kSource)) writer.String("source", event.source);
  writer.Raw("identity", event.identity);
  if (!given.Has(kPayload)) writer.Raw("payload", event.payload);
  writer.Raw("metadata", event.metadata);
  writer.Members(event.extra);
  writer.Close();
}

// kDomain and kFlat.
void WriteOther(const EventView& event, std::string_view tenant, bool as_given,
                std::string* out) {
  const bool flat = event.shape == EnvelopeShape::kFlat;
  const EnvelopeNames given = NamesIn(event.extra);
  ObjectWriter writer(out);
  writer.String("eventType", event.type);
  writer.String("eventId", event.id);
  std::string rest;
  std::string_view identity = event.identity;
  const std::string_view subject =
      TakeSubject(flat ? kFlatSubjectBegin : kSubjectBegin, &identity, &rest);
  writer.Raw(flat ? "customerId" : "aggregateId", subject);
  WriteTime(event, given, as_given, out, &writer);
  if (!flat && !given.Has(kTenantId)) writer.String("tenantId", tenant);
  if (event.version != kDefaultVersion) {
    writer.String("version", event.version);
  }
  writer.String("correlationId", event.correlation_id);
  writer.String("causationId", event.causation_id);
  writer.Raw("identity", identity);
  if (flat) {
    writer.Members(event.payload);
  } else if (!given.Has(kPayload)) {
    writer.Raw("payload", event.payload);
  }
  writer.Raw("metadata", event.metadata);
  writer.Members(event.extra);
  writer.Close();
}

}  // namespace

void AppendEventJson(const EventView& event, std::string_view tenant,
                     std::string* out, bool as_given) {
  out->reserve(out->size() + 256 + event.identity.size() +
               event.payload.size() + event.metadata.size() +
               event.extra.size());
  if (event.shape == EnvelopeShape::kCrm) {
    WriteCrm(event, tenant, as_given, out);
  } else {
    WriteOther(event, tenant, as_given, out);
  }
}

std::string EventToJson(const EventView& event, std::string_view tenant,
                        bool as_given) {
  std::string text;
  AppendEventJson(event, tenant, &text, as_given);
  return text;
}

Result<Event> EventFromJson(std::string_view json, std::string* tenant) {
  EventDecoder decoder;
  DecodedEvent decoded;
  if (Status status = decoder.Decode(json, &decoded); !status.ok()) {
    return status;
  }
  if (tenant != nullptr) *tenant = decoded.tenant;
  Event event;
  event.id = decoded.id;
  event.type = decoded.type;
  event.source = decoded.source;
  event.version = decoded.version;
  if (decoded.has_time) event.occurred_at = decoded.occurred_at;
  event.correlation_id = decoded.correlation_id;
  event.causation_id = decoded.causation_id;
  event.identifiers.reserve(decoded.hints.size());
  for (const DecodedEvent::Hint& hint : decoded.hints) {
    event.identifiers.push_back(
        {std::string(hint.name_space), std::string(hint.value)});
  }
  event.payload = decoded.payload;
  event.metadata = decoded.metadata;
  return event;
}

}  // namespace crm
