// EventDecoder: the calls, and events that come as a struct.

#include "base/time_text.h"
#include "format/event_decoder_internal.h"

namespace crm {
namespace {

using enum EnvelopeName;

std::string_view TrimBlanks(std::string_view json) {
  constexpr std::string_view kBlanks = " \t\n\r";
  const size_t first = json.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return json.substr(first, json.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

// As JSON in the first shape, so that one set of rules holds for both.
Status EventDecoder::Impl::Compose(const Event& event, size_t* payload,
                                   size_t* metadata) {
  if (event.identifiers.size() > kMaxIdentifiers) {
    return FieldTooLarge("identity", kMaxIdentifiers, "identifiers");
  }
  if (event.payload.size() > kMaxEventBytes) {
    return FieldTooLarge("payload", kMaxPayloadBytes, "bytes");
  }
  if (event.metadata.size() > kMaxEventBytes) {
    return FieldTooLarge("metadata", kMaxPayloadBytes, "bytes");
  }
  composed.assign("{\"id\":");
  AppendJsonString(event.id, &composed);
  const auto append = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    composed += ",\"";
    composed += key;
    composed += "\":";
    AppendJsonString(value, &composed);
  };
  append("type", event.type);
  append("version", event.version);
  append("source", event.source);
  append("correlationId", event.correlation_id);
  append("causationId", event.causation_id);
  if (!event.identifiers.empty()) {
    composed += ",\"identity\":";
    char before = '{';
    for (const Identifier& identifier : event.identifiers) {
      composed += before;
      AppendJsonString(identifier.name_space, &composed);
      composed += ':';
      AppendJsonString(identifier.value, &composed);
      before = ',';
    }
    composed += '}';
  }
  composed += ",\"payload\":";
  *payload = composed.size();
  composed += TrimBlanks(event.payload);
  if (!event.metadata.empty()) {
    composed += ",\"metadata\":";
    *metadata = composed.size();
    composed += TrimBlanks(event.metadata);
  }
  composed += '}';
  if (composed.size() > kMaxEventBytes) {
    return FieldTooLarge("event", kMaxEventBytes, "bytes");
  }
  return Status();
}

// A text that ends its own object early could add members of its own.
Status EventDecoder::Impl::CheckWhole(EnvelopeName name, size_t offset,
                                      std::string_view value) const {
  const EnvelopeMember* const member = Find(name);
  if (member == nullptr || member->kind != '{' ||
      member->token.data() != text.data() + offset ||
      member->token.size() != TrimBlanks(value).size()) {
    return FieldInvalid(EnvelopeText(name), "not one JSON object");
  }
  return Status();
}

EventDecoder::EventDecoder() : impl_(std::make_unique<Impl>()) {}
EventDecoder::~EventDecoder() = default;

Status EventDecoder::Decode(std::string_view json, DecodedEvent* out) {
  if (json.size() > kMaxEventBytes) {
    return FieldTooLarge("event", kMaxEventBytes, "bytes");
  }
  impl_->out = out;
  impl_->from_struct = false;
  if (Status status = impl_->Scan(json); !status.ok()) return status;
  return impl_->Interpret();
}

Status EventDecoder::Decode(const Event& event, DecodedEvent* out) {
  if (event.occurred_at.has_value() && !InTimeRange(*event.occurred_at)) {
    return FieldInvalid("occurred_at", "not from 1900 up to 2199");
  }
  impl_->out = out;
  impl_->from_struct = true;
  size_t payload = 0;
  size_t metadata = 0;
  Status status = impl_->Compose(event, &payload, &metadata);
  if (status.ok()) status = impl_->Scan(impl_->composed);
  if (status.ok()) status = impl_->CheckWhole(kPayload, payload, event.payload);
  if (status.ok() && !event.metadata.empty()) {
    status = impl_->CheckWhole(kMetadata, metadata, event.metadata);
  }
  if (status.ok()) status = impl_->Interpret();
  if (!status.ok()) return status;
  out->has_time = event.occurred_at.has_value();
  if (out->has_time) out->occurred_at = *event.occurred_at;
  return status;
}

}  // namespace crm
