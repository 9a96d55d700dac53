// EventDecoder: JSON in any of the three shapes into a DecodedEvent.
//
// First one scan over the whole text, which validates everything and notes
// where the members of the envelope lie (Scan); then their meaning, which
// depends on which of them are there (Interpret). What an envelope cannot
// carry in a field of its own stays in `extra`, so that nothing is lost.

#include <algorithm>
#include <array>

#include "base/time_text.h"
#include "base/utf8.h"
#include "format/envelope.h"
#include "format/json.h"
#include "format/json_internal.h"

namespace crm {
namespace {

using enum EnvelopeName;

constexpr size_t kMaxTypeBytes = 128;
constexpr size_t kMaxSourceBytes = 128;
constexpr size_t kMaxTenantBytes = 128;
constexpr size_t kMaxVersionBytes = 32;
constexpr size_t kMaxNamespaceBytes = 64;
constexpr std::string_view kDefaultVersion = "1.0";

Status Fault(StatusCode code, std::string_view field, std::string_view what) {
  std::string text(field);
  text += ": ";
  text += what;
  return Status(code, std::move(text));
}

Status Invalid(std::string_view field, std::string_view what) {
  return Fault(StatusCode::kInvalidArgument, field, what);
}

Status TooLarge(std::string_view field, size_t limit, std::string_view unit) {
  return Fault(StatusCode::kTooLarge, field,
               "over " + std::to_string(limit) + " " + std::string(unit));
}

// Memory that only grows.
class Buffer final {
 public:
  char* Reserve(size_t size) {
    if (size > size_) {
      data_.reset(new char[size]);
      size_ = size;
    }
    return data_.get();
  }

 private:
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
};

// One member of the envelope. Offsets are those of the minified text.
struct Member {
  EnvelopeName name = kUnknown;
  char kind = 0;  // First character of the value.
  bool escaped = false;
  std::string_view token;  // The value, as it came.
  uint32_t begin = 0;      // Of the key's quote.
  uint32_t value = 0;
  uint32_t end = 0;
};

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
      return Invalid("timestamp", "not a whole number of milliseconds");
    }
    if (value > kEndTimeUs) break;  // Out of range, whatever follows.
    value = value * 10 + (c - '0');
  }
  constexpr int64_t kEndMs = kEndTimeUs / 1000;
  value = std::min(value, kEndMs);
  const Timestamp time{std::chrono::milliseconds(negative ? -value : value)};
  if (!InTimeRange(time)) {
    return Invalid("timestamp", "not from 1900 up to 2199");
  }
  return time;
}

std::string_view TrimBlanks(std::string_view json) {
  constexpr std::string_view kBlanks = " \t\n\r";
  const size_t first = json.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return json.substr(first, json.find_last_not_of(kBlanks) - first + 1);
}

// Appends the members inside of `object` to the open object in `*out`.
void AppendInner(std::string_view object, std::string* out) {
  if (object.size() <= 2) return;
  if (out->size() > 1) out->push_back(',');
  out->append(object, 1, object.size() - 2);
}

}  // namespace

struct EventDecoder::Impl {
  Buffer input;
  Buffer minified;
  std::string_view text;       // In `input`.
  const char* base = nullptr;  // Of the minified text.
  KeyTable keys;
  std::vector<Member> members;
  std::array<uint32_t, kEnvelopeNames> index;  // 1-based into members.
  EnvelopeNames carried;
  EnvelopeNames in_identity;  // kAggregateId, kCustomerId.
  EnvelopeName current = kUnknown;
  bool from_struct = false;  // The text is ours, its offsets mean nothing.
  DecodedEvent* out = nullptr;
  std::string identity_text;
  std::string payload_text;
  std::string extra_text;
  std::string composed;

  Status Scan(std::string_view json);
  bool TakeMember(const JsonScanner::Key& key, JsonScanner* scanner);
  bool TakeIdentity(JsonScanner* scanner);
  bool TakeHint(const JsonScanner::Key& key, size_t depth,
                JsonScanner* scanner);
  Status ScanFault(const JsonScanner& scanner) const;

  Status Interpret();
  Status ReadStrings();
  Status ReadTime();
  Status ReadObjects();
  Status ReadSubject();
  Status CheckHints() const;
  void CollectRest();

  // The member of that name unless it is absent or null.
  const Member* Find(EnvelopeName name) const {
    const uint32_t at = index[static_cast<size_t>(name)];
    if (at == 0 || members[at - 1].kind == 'n') return nullptr;
    return &members[at - 1];
  }
  std::string_view Slice(uint32_t begin, uint32_t end) const {
    return {base + begin, end - begin};
  }
  std::string_view StringOf(const Member& member) {
    std::string_view raw = member.token;
    raw.remove_prefix(1);
    raw.remove_suffix(1);
    return member.escaped ? keys.Unescape(raw) : raw;
  }
  Status Required(EnvelopeName name, std::string_view field, size_t max,
                  std::string_view* value);
  Status Optional(EnvelopeName name, size_t max, std::string_view* value);
  Status Object(EnvelopeName name, std::string_view* value);
  bool IsFlat() const { return out->shape == EnvelopeShape::kFlat; }

  Status Compose(const Event& event, size_t* payload, size_t* metadata);
  Status CheckWhole(EnvelopeName name, size_t offset,
                    std::string_view value) const;
};

// ---------------------------------------------------------------- Scan

Status EventDecoder::Impl::Scan(std::string_view json) {
  char* const data = input.Reserve(json.size());
  if (!json.empty()) std::memcpy(data, json.data(), json.size());
  text = {data, json.size()};
  keys.Reset(text.size());
  members.clear();
  index.fill(0);
  carried = {};
  in_identity = {};
  current = kUnknown;
  out->hints.clear();
  if (!IsJsonUtf8(text)) {
    return Fault(StatusCode::kMalformed, "event", "not UTF-8");
  }
  JsonScanner scanner(text, kMaxJsonDepth, &keys);
  scanner.SkipBlanks();
  if (scanner.Peek() != '{') {
    return Fault(StatusCode::kMalformed, "event", "not a JSON object");
  }
  const bool taken = scanner.TakeObject(0, [&](const JsonScanner::Key& key) {
    return TakeMember(key, &scanner);
  });
  if (!taken) return ScanFault(scanner);
  base = text.data();
  scanner.SkipBlanks();
  if (!scanner.AtEnd()) {
    return Fault(StatusCode::kMalformed, "event", "not one JSON object alone");
  }
  if (scanner.blanks() > 0) {
    char* const room = minified.Reserve(text.size() + kMinifySlack);
    if (MinifyTo(text, room) != text.size() - scanner.blanks()) {
      return Fault(StatusCode::kInternal, "event", "minified otherwise");
    }
    base = room;
  }
  return Status();
}

bool EventDecoder::Impl::TakeMember(const JsonScanner::Key& key,
                                    JsonScanner* scanner) {
  Member member;
  member.name = EnvelopeNameOf(key.text);
  member.kind = scanner->Peek();
  member.begin = key.minified_offset;
  member.value = scanner->MinifiedOffset();
  current = member.name;
  const char* const first = scanner->at();
  bool taken = false;
  if (member.kind == '"') {
    std::string_view raw;
    taken = scanner->TakeString(&raw, &member.escaped);
  } else if (member.name == kIdentity && member.kind == '{') {
    taken = TakeIdentity(scanner);
  } else {
    taken = scanner->TakeValue(1);
  }
  if (!taken) return false;
  current = kUnknown;
  member.token = {first, static_cast<size_t>(scanner->at() - first)};
  member.end = scanner->MinifiedOffset();
  members.push_back(member);
  if (member.name != kUnknown) {
    index[static_cast<size_t>(member.name)] =
        static_cast<uint32_t>(members.size());
  }
  return true;
}

bool EventDecoder::Impl::TakeIdentity(JsonScanner* scanner) {
  return scanner->TakeObject(1, [&](const JsonScanner::Key& key) {
    if (scanner->Peek() == '{' && key.text == "externalIds") {
      return scanner->TakeObject(2, [&](const JsonScanner::Key& inner) {
        return TakeHint(inner, 3, scanner);
      });
    }
    const EnvelopeName name = EnvelopeNameOf(key.text);
    if (name != kUnknown) in_identity.Add(name);
    return TakeHint(key, 2, scanner);
  });
}

bool EventDecoder::Impl::TakeHint(const JsonScanner::Key& key, size_t depth,
                                  JsonScanner* scanner) {
  const char kind = scanner->Peek();
  if (kind == '"') {
    std::string_view raw;
    bool escaped = false;
    if (!scanner->TakeString(&raw, &escaped)) return false;
    out->hints.push_back({key.text, escaped ? keys.Unescape(raw) : raw});
    return true;
  }
  const char* const first = scanner->at();
  if (!scanner->TakeValue(depth)) return false;
  if (kind != '{' && kind != '[' && kind != 'n') {
    out->hints.push_back(
        {key.text, {first, static_cast<size_t>(scanner->at() - first)}});
  }
  return true;
}

Status EventDecoder::Impl::ScanFault(const JsonScanner& scanner) const {
  const std::string_view field = EnvelopeText(current);
  switch (scanner.fault()) {
    case JsonFault::kDepth:
      return TooLarge(field, kMaxJsonDepth, "levels deep");
    case JsonFault::kDuplicateKey:
      return Fault(StatusCode::kMalformed, field, "a key is there twice");
    case JsonFault::kSurrogate:
      return Fault(StatusCode::kMalformed, field, "half a surrogate pair");
    default:
      if (from_struct) {
        return Fault(StatusCode::kMalformed, field, "not JSON");
      }
      return Fault(StatusCode::kMalformed, field,
                   "not JSON at byte " + std::to_string(scanner.offset()));
  }
}

// ----------------------------------------------------------- Interpret

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
    return TooLarge("payload", kMaxPayloadBytes, "bytes");
  }
  if (out->extra.size() > kMaxPayloadBytes) {
    return TooLarge("event", kMaxPayloadBytes, "bytes of unknown members");
  }
  return Status();
}

Status EventDecoder::Impl::Required(EnvelopeName name, std::string_view field,
                                    size_t max, std::string_view* value) {
  const Member* const member = Find(name);
  if (member == nullptr) return Invalid(field, "missing");
  if (member->kind != '"') return Invalid(field, "not a string");
  *value = StringOf(*member);
  carried.Add(name);
  return CheckName(field, *value, max);
}

Status EventDecoder::Impl::Optional(EnvelopeName name, size_t max,
                                    std::string_view* value) {
  *value = {};
  const Member* const member = Find(name);
  if (member == nullptr) return Status();
  if (member->kind != '"') {
    // A flat event may have a field of its own by that name.
    if (IsFlat()) return Status();
    return Invalid(EnvelopeText(name), "not a string");
  }
  *value = StringOf(*member);
  if (!value->empty()) carried.Add(name);
  return CheckOptionalName(EnvelopeText(name), *value, max);
}

Status EventDecoder::Impl::Object(EnvelopeName name, std::string_view* value) {
  *value = {};
  const Member* const member = Find(name);
  if (member == nullptr) return Status();
  if (member->kind != '{') {
    if (IsFlat()) return Status();
    return Invalid(EnvelopeText(name), "not an object");
  }
  *value = Slice(member->value, member->end);
  carried.Add(name);
  if (value->size() > kMaxPayloadBytes) {
    return TooLarge(EnvelopeText(name), kMaxPayloadBytes, "bytes");
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
  const Member* const member = Find(kTimestamp);
  if (member == nullptr) return Status();
  bool canonical = false;
  Result<Timestamp> time =
      member->kind == '"'      ? TimeOfText(StringOf(*member), &canonical)
      : IsNumber(member->kind) ? TimeOfNumber(member->token)
                               : Invalid("timestamp",
                                         "neither a string nor "
                                         "a number");
  if (!time.ok()) {
    if (member->kind != '"') return time.status();
    return Fault(time.status().code(), "timestamp", time.status().message());
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
    return Invalid("identity", "has the member that belongs beside it");
  }
  const Member* const member = Find(name);
  if (member == nullptr) return Status();
  if (member->kind != '"' && !IsNumber(member->kind)) {
    return Invalid(EnvelopeText(name), "neither a string nor a number");
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
    return TooLarge("identity", kMaxIdentifiers, "identifiers");
  }
  for (const DecodedEvent::Hint& hint : out->hints) {
    Status status =
        CheckName("identity namespace", hint.name_space, kMaxNamespaceBytes);
    if (!status.ok()) return status;
    if (hint.value.size() > kMaxIdBytes) {
      return TooLarge("identity." + std::string(hint.name_space), kMaxIdBytes,
                      "bytes");
    }
  }
  return Status();
}

void EventDecoder::Impl::CollectRest() {
  extra_text.assign("{");
  payload_text.assign("{");
  for (const Member& member : members) {
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

// --------------------------------------------------------------- Event

// As JSON in the first shape, so that one set of rules holds for both.
Status EventDecoder::Impl::Compose(const Event& event, size_t* payload,
                                   size_t* metadata) {
  if (event.identifiers.size() > kMaxIdentifiers) {
    return TooLarge("identity", kMaxIdentifiers, "identifiers");
  }
  if (event.payload.size() > kMaxEventBytes) {
    return TooLarge("payload", kMaxPayloadBytes, "bytes");
  }
  if (event.metadata.size() > kMaxEventBytes) {
    return TooLarge("metadata", kMaxPayloadBytes, "bytes");
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
    return TooLarge("event", kMaxEventBytes, "bytes");
  }
  return Status();
}

// A text that ends its own object early could add members of its own.
Status EventDecoder::Impl::CheckWhole(EnvelopeName name, size_t offset,
                                      std::string_view value) const {
  const Member* const member = Find(name);
  if (member == nullptr || member->kind != '{' ||
      member->token.data() != text.data() + offset ||
      member->token.size() != TrimBlanks(value).size()) {
    return Invalid(EnvelopeText(name), "not one JSON object");
  }
  return Status();
}

EventDecoder::EventDecoder() : impl_(std::make_unique<Impl>()) {}
EventDecoder::~EventDecoder() = default;

Status EventDecoder::Decode(std::string_view json, DecodedEvent* out) {
  if (json.size() > kMaxEventBytes) {
    return TooLarge("event", kMaxEventBytes, "bytes");
  }
  impl_->out = out;
  impl_->from_struct = false;
  if (Status status = impl_->Scan(json); !status.ok()) return status;
  return impl_->Interpret();
}

Status EventDecoder::Decode(const Event& event, DecodedEvent* out) {
  if (event.occurred_at.has_value() && !InTimeRange(*event.occurred_at)) {
    return Invalid("occurred_at", "not from 1900 up to 2199");
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
