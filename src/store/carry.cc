#include "store/carry.h"

#include "format/event_body.h"

namespace crm {
namespace {

// More is forgotten: to carry twice does no harm.
constexpr size_t kMaxSaid = 1'000'000;

// As a re-resolve tells sets of identifiers apart.
uint64_t HashOfSet(const IdentityData& data) {
  uint64_t set = 0;
  for (const FactIdentifier& identifier : data.identifiers) {
    set = (set ^ identifier.hash.lo) * 0xff51afd7ed558ccd;
    set ^= identifier.hash.hi + (set >> 29);
  }
  return set;
}

}  // namespace

Status ReadCarriedIdentity(const StoreCore& core, Position position,
                           std::string* identity) {
  identity->clear();
  std::string value;
  std::string packed;
  std::string plain;
  LogRecordReader reader;
  LogRecord record;
  EventBody body;
  Status status = core.log_view->Read(position, &value);
  if (status.ok()) status = reader.Read(value, &record);
  if (status.ok()) status = core.log_view->Unseal(position, record, &packed);
  if (status.code() == StatusCode::kErased) return Status::Ok();
  if (status.ok()) status = core.log_view->Expand(record.event, packed, &plain);
  if (!status.ok()) return status;
  if (!UnpackBody(plain, &body)) {
    return Status(StatusCode::kCorruption, "malformed body");
  }
  identity->assign(body.identity);
  return status;
}

bool Carrier::SaysFirst(const Fact& fact) {
  const IdentityData* const data =
      core_.views->identity().DataOf(fact.prepared);
  if (data == nullptr || data->identifiers.empty()) return false;
  if (said_.size() >= kMaxSaid) said_.clear();
  const Place place{fact.header.occurred_at, fact.id_order, fact.position};
  const auto [known, is_new] =
      said_.try_emplace({fact.header.record, HashOfSet(*data)}, place);
  if (!is_new && known->second < place) return false;
  known->second = place;
  return true;
}

Status Carrier::MakeRemnant(const Fact& fact, const LogRecord& record,
                            std::string* remnant) {
  remnant->clear();
  // Nobody's are not folded; and of who was erased nothing is left.
  if (fact.content == nullptr || fact.header.record == 0) return Status::Ok();
  EventCarry carry;
  carry.identity = SaysFirst(fact);
  for (const Room* room : core_.views->rooms()) {
    Status status = room->Carry(fact, &carry);
    if (!status.ok()) return status;
  }
  payload_.clear();
  if (!carry.traits.empty()) payload_ = R"({"traits":{)" + carry.traits + "}";
  if (!carry.defaults.empty()) {
    payload_ += payload_.empty() ? "{" : ",";
    payload_ += R"("defaultTraits":{)" + carry.defaults + "}";
  }
  if (!payload_.empty()) payload_ += "}";
  if (payload_.empty() && !carry.identity) return Status::Ok();
  if (payload_.empty()) payload_ = "{}";
  EventBody body;
  body.id = fact.content->body.id;
  if (carry.identity) body.identity = fact.content->body.identity;
  body.payload = payload_;
  PackBody(body, &packed_);
  PackPlain(body.id, &packed_);
  return core_.log_view->SealRemnant(fact.position, record, packed_, remnant);
}

}  // namespace crm
