#include "store/fact_decoder.h"

#include <utility>

#include "base/hash.h"
#include "format/timeline_entry.h"
#include "profile/expiry.h"

namespace crm {
namespace {

Status At(Position position, const Status& status) {
  const std::string where = "log record " + std::to_string(position);
  if (status.message().starts_with(where)) return status;
  return Status(status.code(), where + ": " + std::string(status.message()));
}

}  // namespace

void FactChunk::Clear() {
  first = last = 0;
  events.clear();
  others.clear();
  choices.clear();
  ledger.clear();
  facts.clear();
  contents.clear();
  arena.Reset();
}

Status ReadHints(std::string_view identity, Arena& arena,
                 std::vector<DecodedEvent::Hint>* hints) {
  hints->clear();
  if (identity.empty()) return Status::Ok();
  std::string external;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (value.empty() || value == "null" || value[0] == '{' ||
        value[0] == '[') {
      return;
    }
    hints->push_back({arena.Copy(key), arena.Copy(JsonScalarText(value))});
  };
  Status status = ForEachMember(
      identity, [&](std::string_view key, std::string_view value) {
        if (key == "externalIds" && value.starts_with('{')) {
          external.assign(value);
          Status inner = ForEachMember(
              external, [&](std::string_view name, std::string_view id) {
                add(name, id);
                return true;
              });
          (void)inner;
        } else {
          add(key, value);
        }
        return true;
      });
  return status;
}

Status FactReader::Add(Position position, std::string_view value,
                       FactChunk* chunk) {
  Status status = AddRecord(position, chunk->arena.Copy(value), chunk);
  if (!status.ok()) return At(position, status);
  if (chunk->first == 0) chunk->first = position;
  chunk->last = position;
  return Status::Ok();
}

Status FactReader::AddRecord(Position position, std::string_view value,
                             FactChunk* chunk) {
  LogRecord record;
  Status status = reader_.Read(value, &record);
  if (status.ok()) status = chain_.Add(position, value, record);
  if (status.ok()) status = CheckTenant(record);
  if (status.ok() && ledger_ != nullptr) {
    status = ledger_->Add(position, record);
  }
  if (!status.ok()) return status;
  const bool event = record.kind == LogKind::kEvent;
  const uint32_t tenant = event ? record.event.tenant : record.tenant;
  // What is left of a tenant who was dropped goes into no row.
  const bool dropped = IsDropped(tenant);
  if (record.ledger.has_value() && !dropped) {
    chunk->ledger.push_back(
        {position, tenant, event ? record.event.record : 0, *record.ledger});
  }
  if (event) {
    chunk->events.push_back({position, record, dropped});
    return Status::Ok();
  }
  if (record.kind == LogKind::kDrop) {
    chunk->choices.push_back({position, record, {}});
    return Status::Ok();
  }
  if (dropped) return Status::Ok();
  if (record.kind == LogKind::kIdentity) {
    // Who is who is sealed with the tenant's key.
    if (keyring_->unreadable()) return Status::Ok();
    chunk->choices.push_back({position, record, {}});
    return Status::Ok();
  }
  if (record.kind == LogKind::kName) status = AddName(record);
  if (record.kind == LogKind::kEpoch) {
    log_->RememberEpoch(position, record.bytes);
  }
  // Those that are newer than an event do not touch it: see UpcastPayload.
  if (record.kind == LogKind::kDefinition && !keyring_->unreadable()) {
    status = definitions_->Add(*log_, *names_, position, record);
  }
  chunk->others.push_back({position, value});
  return status;
}

// A tenant has a name before anything is hers. Otherwise the record is not
// what was written; that her keys are missing would be no help.
Status FactReader::CheckTenant(const LogRecord& record) const {
  const uint32_t tenant =
      record.kind == LogKind::kEvent ? record.event.tenant : record.tenant;
  const bool named = !names_->Text(NameKind::kTenant, tenant).empty();
  if (named || record.kind == LogKind::kName ||
      record.kind == LogKind::kEpoch) {
    return Status::Ok();
  }
  return Status(StatusCode::kCorruption, "of a tenant without a name");
}

bool FactReader::IsDropped(uint32_t tenant) {
  if (tenant != last_tenant_) {
    last_tenant_ = tenant;
    last_dropped_ = tenant != 0 && keyring_->IsDropped(tenant);
  }
  return last_dropped_;
}

Status FactReader::AddName(const LogRecord& record) {
  const auto kind = static_cast<NameKind>(record.name_kind);
  if (!names_->Add(kind, record.name_id, record.text)) {
    return Status(StatusCode::kCorruption, "name out of order");
  }
  if (kind == NameKind::kTenant) {
    // A tenant whose making was interrupted has a name and no keys. Should
    // she have events, their keys are missed in a moment.
    Status status = keyring_->OpenTenant(record.name_id, record.text, false);
    if (status.code() == StatusCode::kErased) return Status::Ok();  // Dropped.
    if (status.code() != StatusCode::kKeyMissing) return status;
    Result<bool> there = keyring_->HasTenant(record.name_id);
    if (!there.ok()) return std::move(there).status();
    if (*there) return status;  // Wrapped with a key that is not there.
  }
  return Status::Ok();
}

Status FactDecoder::Decode(FactChunk* chunk) {
  chunk->facts.reserve(chunk->events.size());
  for (const FactChunk::Event& event : chunk->events) {
    Status status = AddEvent(event, chunk);
    if (!status.ok()) return At(event.position, status);
  }
  for (FactChunk::Choice& choice : chunk->choices) {
    if (choice.is_drop()) continue;
    Status status = ReadChoice(*log_, keyring_, choice.position, choice.record,
                               &choice.choice);
    if (!status.ok()) return At(choice.position, status);
  }
  return Status::Ok();
}

void FactDecoder::UpcastPayload(const FactChunk::Event& event,
                                EventContent* content, FactChunk* chunk) {
  if (definitions_->generation() == 0) return;
  const std::shared_ptr<const TenantDefinitions> definitions =
      definitions_->Of(content->tenant);
  if (definitions == nullptr || !definitions->has_upcasters()) return;
  const EventHeader& header = event.record.event;
  if ((header.flags & kEventRedacted) != 0) return;  // It has none.
  if ((header.flags & kEventExpired) != 0) return;   // It has what was made.
  const TypedPayload given{header.type, content->type,
                           names_->Text(NameKind::kVersion, header.version),
                           content->body.payload};
  std::string_view version;
  if (definitions->Upcast(given, event.position, &payload_, &version)) {
    content->body.payload = chunk->arena.Copy(payload_);
  }
}

Status FactDecoder::AddEvent(const FactChunk::Event& event, FactChunk* chunk) {
  const Position position = event.position;
  const LogRecord& record = event.record;
  Fact fact;
  fact.position = position;
  fact.header = record.event;
  fact.dropped = event.dropped;
  const bool expired = (record.event.flags & kEventExpired) != 0;
  Status status;
  if (keyring_->unreadable()) {
    status = Status(StatusCode::kErased, "unreadable");
  } else if (expired && record.remnant.empty()) {
    // Nothing of it is needed; but whether its person is erased is.
    body_.clear();
    plain_.clear();
    status = log_->KeyOf(record.event, false).status();
  } else {
    status = log_->Unseal(position, record, &body_);
    if (status.ok()) status = log_->Expand(record.event, body_, &plain_);
  }
  if (status.code() == StatusCode::kErased) {
    chunk->facts.push_back(fact);
    return Status::Ok();
  }
  if (!status.ok()) return status;
  EventContent& content = chunk->contents.emplace_back();
  content.tenant = record.event.tenant;
  content.keys = &keyring_->index_keys(content.tenant);
  content.type = names_->Text(NameKind::kType, record.event.type);
  content.source = names_->Text(NameKind::kSource, record.event.source);
  if (plain_.empty()) {
    content.body.payload = "{}";
  } else if (!UnpackBody(chunk->arena.Copy(plain_), &content.body)) {
    return Status(StatusCode::kCorruption, "malformed body");
  }
  UpcastPayload(event, &content, chunk);
  content.identity = definitions_->IdentityAt(content.tenant, position);
  status = ReadHints(content.body.identity, chunk->arena, &hints_);
  if (!status.ok()) return status;
  content.hints =
      chunk->arena.CopyAll(std::span<const DecodedEvent::Hint>(hints_));
  fact.content = &content;
  fact.id_order = StableHash64(content.body.id);
  for (size_t i = 0; i < rooms_.size(); ++i) {
    status = rooms_[i]->Prepare(content, chunk->arena, &fact.prepared[i]);
    if (!status.ok()) return status;
  }
  entry_.clear();
  TimelineRecord entry{position, record.event, body_};
  if (expired) {
    MakeExpired(&entry.header);
    entry.body = {};
  }
  EncodeTimelineEntry(entry, {}, &entry_);
  fact.entry = chunk->arena.Copy(entry_);
  chunk->facts.push_back(fact);
  return Status::Ok();
}

}  // namespace crm
