#include "store/anonymise.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "base/crypto.h"
#include "base/hex.h"
#include "format/event_body.h"

namespace crm {
namespace {

constexpr std::string_view kSource = "crm";
constexpr size_t kIdBytes = 16;

std::string PoolAssociated(uint32_t tenant) {
  return "crm anonymised" + std::to_string(tenant);
}

}  // namespace

std::string AnonymisedPoolKey(uint32_t tenant) {
  std::string key = "anonymised/";
  PutBe32(&key, tenant);
  return key;
}

Status PurgeAnonymisedPool(StoreCore& core, uint32_t tenant) {
  const std::string key = AnonymisedPoolKey(tenant);
  return core.log->Purge(kLogOps, key, key);
}

Anonymising::Anonymising(StoreCore& core, const TenantInfo& tenant)
    : core_(core),
      tenant_(tenant),
      definitions_(core.DefinitionsOf(tenant.id)) {}

const CountedFields& Anonymising::FieldsOf(const Schema* schema,
                                           uint32_t type) {
  const auto known = fields_.find(schema);
  if (known != fields_.end()) return known->second;
  std::vector<const Schema*> others;
  const TypeDefinitions* const own =
      definitions_ == nullptr ? nullptr : definitions_->Find(type);
  if (own != nullptr) {
    for (const SchemaInUse& one : own->schemas) others.push_back(&one.schema);
  }
  return fields_.try_emplace(schema, schema, others).first->second;
}

Status Anonymising::Count(Position position, const EventHeader& header,
                          const std::string& body) {
  const std::string_view type = core_.names.Text(NameKind::kType, header.type);
  const uint32_t month = MonthOf(header.occurred_at);
  ++counted_;
  // Of these only that they were is left, or all that is to be.
  if ((header.flags & (kEventRedacted | kEventExpired)) != 0 ||
      core_.views->profile().IsExpiring(position, header)) {
    FieldsOf(nullptr, 0).Count(type, month, {}, &hers_);
    return Status::Ok();
  }
  Status status = core_.log_view->Expand(header, body, &plain_);
  EventBody parts;
  if (status.ok() && !UnpackBody(plain_, &parts)) {
    status = Status(StatusCode::kCorruption, "malformed body");
  }
  if (!status.ok()) return status;
  const TypedPayload given{header.type, type,
                           core_.names.Text(NameKind::kVersion, header.version),
                           parts.payload};
  upcast_.clear();
  std::string_view version;
  const Schema* const schema =
      definitions_ == nullptr
          ? CompiledCatalogueSchema(type)
          : definitions_->SchemaFor(given, &upcast_, &version);
  FieldsOf(schema, header.type)
      .Count(type, month,
             upcast_.empty() ? given.payload : std::string_view(upcast_),
             &hers_);
  return Status::Ok();
}

Result<Sums> Anonymising::ReadPool() const {
  Sums pool;
  std::string value;
  const Result<bool> found =
      core_.log->Get(kLogOps, AnonymisedPoolKey(tenant_.id), &value);
  if (!found.ok()) return found.status();
  if (!*found) return pool;
  const Result<Key> key = core_.keyring->TenantKey(tenant_.id);
  if (!key.ok()) return key.status();
  Nonce nonce{};
  std::string bytes;
  const bool sound =
      value.size() > nonce.size() &&
      (std::copy_n(value.begin(), nonce.size(), nonce.begin()),
       Unseal(*key, nonce, std::string_view(value).substr(nonce.size()),
              PoolAssociated(tenant_.id), &bytes)) &&
      DecodeSums(bytes, &pool);
  if (sound) return pool;
  return Status(StatusCode::kCorruption,
                "log: the pool of what was anonymised "
                "does not open");
}

Result<std::string> Anonymising::SealPool(const Sums& pool) const {
  const Result<Key> key = core_.keyring->TenantKey(tenant_.id);
  if (!key.ok()) return key.status();
  const Nonce nonce = RandomNonce();
  std::string value(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  Seal(*key, nonce, EncodeSums(pool), PoolAssociated(tenant_.id), &value);
  return value;
}

Status Anonymising::Append(const std::vector<AnonymisedEvent>& events,
                           Sequencer::Choosing& choosing) {
  std::vector<Event> made;
  for (const AnonymisedEvent& one : events) {
    Event& event = made.emplace_back();
    std::string id(kIdBytes, '\0');
    RandomBytes(id.data(), id.size());
    event.id = HexOf(id);
    event.type = kAnonymisedEventType;
    event.source = kSource;
    event.occurred_at = one.month;
    event.payload = one.payload;
  }
  options_.backfill = true;
  request_.Reset();
  request_.tenant = tenant_;
  request_.options = &options_;
  Status status = preparer_.Prepare(&core_, made, &request_);
  return status.ok() ? choosing.Append(&request_) : status;
}

Status Anonymising::Emit(Sequencer::Choosing& choosing, bool dry,
                         ErasureReport* report) {
  Result<Sums> pool = ReadPool();
  if (!pool.ok()) return std::move(pool).status();
  AddPerson(hers_, &*pool);
  const std::vector<AnonymisedEvent> events =
      TakeReady(kMinAnonymisedPeople, &*pool);
  report->counted = counted_;
  report->counted_fields = NamesOfCounted(hers_);
  for (const AnonymisedEvent& event : events) {
    report->anonymised.push_back(event.payload);
  }
  report->waiting_sums = pool->size();
  if (dry || hers_.empty()) return Status::Ok();
  Result<std::string> sealed = SealPool(*pool);
  if (!sealed.ok()) return std::move(sealed).status();
  Status status = events.empty() ? Status::Ok() : Append(events, choosing);
  if (!status.ok()) return status;
  choosing.PutBeside(AnonymisedPoolKey(tenant_.id), *std::move(sealed));
  return status;
}

}  // namespace crm
