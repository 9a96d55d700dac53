// The second half of EventDecoder: what it means.

#include <algorithm>

#include "base/time_text.h"
#include "base/utf8.h"
#include "format/event_decoder_internal.h"

namespace crm {
namespace {

using enum EnvelopeName;

constexpr size_t kMaxTypeBytes = 128;
constexpr size_t kMaxSourceBytes = 128;
constexpr size_t kMaxTenantBytes = 128;
constexpr size_t kMaxVersionBytes = 32;
constexpr size_t kMaxNamespaceBytes = 64;

bool IsNumber(char kind) { return kind == '-' || (kind >= '0' && kind <= '9'); }

// The instant and whether FormatTime would write the same string.
Result<Timestamp> TimeOfText(std::string_view text, bool* canonical) {
  Result<Timestamp> time = ParseTime(text);
  const size_t size = text.size();
  *canonical = time.ok() && text.back() == 'Z' && text[10] == 'T' &&
               (size == 20 || (size == 24 && text.substr(20, 3) != "000") ||
                (size == 27 && text.substr(23, 3) != "000"));
  return time;
}

// Milliseconds since 1970, as Avro has them.
Result<Timestamp> TimeOfNumber(std::string_view token) {
  const bool negative = token.front() == '-';
  int64_t value = 0;
  for (const char c : token.substr(negative ? 1 : 0)) {
    if (c < '0' || c > '9') {
      return FieldInvalid("timestamp", "not a whole number of milliseconds");
    }
    if (value > kEndTimeUs) break;  // Out of range, whatever follows.
    value = value * 10 + (c - '0');
  }
  constexpr int64_t kEndMs = kEndTimeUs / 1000;
  value = std::min(value, kEndMs);
  const Timestamp time{std::chrono::milliseconds(negative ? -value : value)};
  if (!InTimeRange(time)) {
    return FieldInvalid("timestamp", "not from 1900 up to 2199");
  }
  return time;
}

// Appends the members inside of `object` to the open object in `*out`.
void AppendInner(std::string_view object, std::string* out) {
  if (object.size() <= 2) return;
  if (out->size() > 1) out->push_back(',');
  out->append(object, 1, object.size() - 2);
}

}  // namespace

Status EventDecoder::Impl::Interpret() {
  const bool has_payload = index[static_cast<size_t>(kPayload)] != 0;
  out->shape = Find(kEventType) == nullptr ? EnvelopeShape::kCrm
               : has_payload               ? EnvelopeShape::kDomain
                                           : EnvelopeShape::kFlat;
  if (Status status = ReadStrings(); !status.ok()) return status;
  if (Status status = ReadTime(); !status.ok()) return status;
  if (Status status = ReadObjects(); !status.ok()) return status;
  if (Status status = ReadSubject(); !status.ok()) return status;
  if (Status status = CheckHints(); !status.ok()) return status;
  CollectRest();
  if (out->payload.size() > kMaxPayloadBytes) {
    return FieldTooLarge("payload", kMaxPayloadBytes, "bytes");
  }
  if (out->extra.size() > kMaxPayloadBytes) {
    return FieldTooLarge("event", kMaxPayloadBytes, "bytes of unknown members");
  }
  return Status();
}

Status EventDecoder::Impl::Required(EnvelopeName name, std::string_view field,
                                    size_t max, std::string_view* value) {
  const EnvelopeMember* const member = Find(name);
  if (member == nullptr) return FieldInvalid(field, "missing");
  if (member->kind != '"') return FieldInvalid(field, "not a string");
  *value = StringOf(*member);
  carried.Add(name);
  return CheckName(field, *value, max);
}

Status EventDecoder::Impl::Optional(EnvelopeName name, size_t max,
                                    std::string_view* value) {
  *value = {};
  const EnvelopeMember* const member = Find(name);
  if (member == nullptr) return Status();
  if (member->kind != '"') {
    // A flat event may have a field of its own by that name.
    if (IsFlat()) return Status();
    return FieldInvalid(EnvelopeText(name), "not a string");
  }
  *value = StringOf(*member);
  if (!value->empty()) carried.Add(name);
  return CheckOptionalName(EnvelopeText(name), *value, max);
}

Status EventDecoder::Impl::Object(EnvelopeName name, std::string_view* value) {
  *value = {};
  const EnvelopeMember* const member = Find(name);
  if (member == nullptr) return Status();
  if (member->kind != '{') {
    if (IsFlat()) return Status();
    return FieldInvalid(EnvelopeText(name), "not an object");
  }
  *value = Slice(member->value, member->end);
  carried.Add(name);
  if (value->size() > kMaxPayloadBytes) {
    return FieldTooLarge(EnvelopeText(name), kMaxPayloadBytes, "bytes");
  }
  return Status();
}

Status EventDecoder::Impl::ReadStrings() {
  const bool crm = out->shape == EnvelopeShape::kCrm;
  Status status = Required(crm ? kId : kEventId, "id", kMaxIdBytes, &out->id);
  if (status.ok()) {
    status =
        Required(crm ? kType : kEventType, "type", kMaxTypeBytes, &out->type);
  }
  if (status.ok()) status = Optional(kSource, kMaxSourceBytes, &out->source);
  if (status.ok()) status = Optional(kTenantId, kMaxTenantBytes, &out->tenant);
  if (status.ok()) {
    status = Optional(kVersion, kMaxVersionBytes, &out->version);
  }
  if (status.ok()) {
    status = Optional(kCorrelationId, kMaxIdBytes, &out->correlation_id);
  }
  if (status.ok()) {
    status = Optional(kCausationId, kMaxIdBytes, &out->causation_id);
  }
  if (out->version.empty()) out->version = kDefaultVersion;
  if (!crm) {
    // Not part of these shapes, so that a writer could not know whether they
    // were there: they stay in extra as well.
    carried.Remove(kSource);
    if (IsFlat()) carried.Remove(kTenantId);
    if (out->version == kDefaultVersion) carried.Remove(kVersion);
  }
  return status;
}

Status EventDecoder::Impl::ReadTime() {
  out->has_time = false;
  out->occurred_at = {};
  out->timestamp_text = {};
  const EnvelopeMember* const member = Find(kTimestamp);
  if (member == nullptr) return Status();
  bool canonical = false;
  Result<Timestamp> time =
      member->kind == '"'      ? TimeOfText(StringOf(*member), &canonical)
      : IsNumber(member->kind) ? TimeOfNumber(member->token)
                               : FieldInvalid("timestamp",
                                              "neither a string nor "
                                              "a number");
  if (!time.ok()) {
    if (member->kind != '"') return time.status();
    return FieldFault(time.status().code(), "timestamp",
                      time.status().message());
  }
  out->has_time = true;
  out->occurred_at = *time;
  if (!canonical || member->escaped) out->timestamp_text = member->token;
  carried.Add(kTimestamp);
  return Status();
}

Status EventDecoder::Impl::ReadObjects() {
  Status status = Object(kIdentity, &out->identity);
  if (out->shape != EnvelopeShape::kCrm && out->identity == "{}") {
    carried.Remove(kIdentity);  // To a writer it would be as good as absent.
    out->identity = {};
  }
  if (status.ok()) status = Object(kMetadata, &out->metadata);
  out->payload = {};
  if (status.ok() && !IsFlat()) status = Object(kPayload, &out->payload);
  return status;
}

// The person of the other two shapes is beside the identity, not in it.
Status EventDecoder::Impl::ReadSubject() {
  if (out->shape == EnvelopeShape::kCrm) return Status();
  const EnvelopeName name = IsFlat() ? kCustomerId : kAggregateId;
  if (in_identity.Has(name)) {
    return FieldInvalid("identity", "has the member that belongs beside it");
  }
  const EnvelopeMember* const member = Find(name);
  if (member == nullptr) return Status();
  if (member->kind != '"' && !IsNumber(member->kind)) {
    return FieldInvalid(EnvelopeText(name), "neither a string nor a number");
  }
  carried.Add(name);
  out->hints.insert(out->hints.begin(),
                    {EnvelopeText(name),
                     member->kind == '"' ? StringOf(*member) : member->token});
  identity_text.assign("{\"");
  identity_text += EnvelopeText(name);
  identity_text += "\":";
  identity_text += member->token;
  AppendInner(out->identity, &identity_text);
  identity_text += '}';
  out->identity = identity_text;
  return Status();
}

Status EventDecoder::Impl::CheckHints() const {
  if (out->hints.size() > kMaxIdentifiers) {
    return FieldTooLarge("identity", kMaxIdentifiers, "identifiers");
  }
  for (const DecodedEvent::Hint& hint : out->hints) {
    Status status =
        CheckName("identity namespace", hint.name_space, kMaxNamespaceBytes);
    if (!status.ok()) return status;
    if (hint.value.size() > kMaxIdBytes) {
      return FieldTooLarge("identity." + std::string(hint.name_space),
                           kMaxIdBytes, "bytes");
    }
  }
  return Status();
}

void EventDecoder::Impl::CollectRest() {
  extra_text.assign("{");
  payload_text.assign("{");
  for (const EnvelopeMember& member : members) {
    if (member.name != kUnknown && carried.Has(member.name)) continue;
    const bool foreign = member.name == kUnknown || member.name == kId ||
                         member.name == kType || member.name == kAggregateId;
    std::string* const rest = IsFlat() && foreign ? &payload_text : &extra_text;
    if (rest->size() > 1) rest->push_back(',');
    rest->append(base + member.begin, member.end - member.begin);
  }
  out->extra = {};
  if (extra_text.size() > 1) {
    extra_text.push_back('}');
    out->extra = extra_text;
  }
  if (IsFlat()) {
    payload_text.push_back('}');
    out->payload = payload_text;
  } else if (out->payload.empty()) {
    out->payload = "{}";
  }
}

}  // namespace crm
