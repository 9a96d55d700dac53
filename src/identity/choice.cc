#include "identity/choice.h"

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "crm/household.h"
#include "crm/privacy.h"

namespace crm {
namespace {

std::string AssociatedOf(const ChoiceSeal& seal, RecordId record) {
  std::string associated = "crm choice";
  PutBe64(&associated, seal.position);
  PutBe64(&associated, record);
  return associated;
}

// What one record brought.
std::string EncodeClaims(const std::vector<Members::Claim>& claims,
                         RecordId record) {
  Members only;
  for (const Members::Claim& claim : claims) {
    if (claim.record == record) only.claims.push_back(claim);
  }
  return only.claims.empty() ? std::string() : only.Encode();
}

Status EncodePart(const IdentityChoice::Part& part, const ChoiceSeal& seal,
                  std::string* out) {
  PutVarint(out, part.customer);
  Members open = part.members;
  open.claims.clear();
  PutBytes(out, open.Encode());
  out->push_back(part.retired_now ? '\1' : '\0');
  PutVarint(out, part.moved.size());
  for (const IdentityChoice::Move& move : part.moved) {
    PutVarint(out, move.record);
    PutVarint(out, move.from);
  }
  std::string sealed_all;
  uint64_t count = 0;
  for (const Members::Member& member : part.members.records) {
    const std::string plain = EncodeClaims(part.members.claims, member.record);
    if (plain.empty()) continue;
    Result<Key> key = seal.keyring->RecordKey(seal.tenant, member.record);
    if (key.status().code() == StatusCode::kErased) continue;
    if (!key.ok()) return std::move(key).status();
    std::string sealed;
    seal.keyring->Seal(*key, seal.nonce, plain,
                       AssociatedOf(seal, member.record), &sealed);
    PutVarint(&sealed_all, member.record);
    PutBytes(&sealed_all, sealed);
    ++count;
  }
  PutVarint(out, count);
  out->append(sealed_all);
  return Status::Ok();
}

Status DecodePart(ByteReader& reader, const ChoiceSeal& seal,
                  IdentityChoice::Part* part) {
  const Status malformed(StatusCode::kCorruption, "malformed identity choice");
  part->customer = reader.Varint();
  if (!part->members.Decode(reader.Bytes())) return malformed;
  part->retired_now = reader.U8() != 0;
  const uint64_t moves = reader.Varint();
  if (!reader.ok() || moves > reader.remaining()) return malformed;
  part->moved.resize(moves);
  for (IdentityChoice::Move& move : part->moved) {
    move.record = reader.Varint();
    move.from = reader.Varint();
  }
  for (uint64_t left = reader.Varint(); left > 0; --left) {
    const RecordId record = reader.Varint();
    const std::string_view sealed = reader.Bytes();
    if (!reader.ok()) return malformed;
    Result<Key> key = seal.keyring->RecordKey(seal.tenant, record);
    if (key.status().code() == StatusCode::kErased) continue;
    if (!key.ok()) return std::move(key).status();
    std::string plain;
    Members only;
    if (!seal.keyring->Open(*key, seal.nonce, sealed,
                            AssociatedOf(seal, record), &plain) ||
        !only.Decode(plain)) {
      return malformed;
    }
    part->members.claims.insert(part->members.claims.end(), only.claims.begin(),
                                only.claims.end());
  }
  return reader.ok() ? Status::Ok() : malformed;
}

constexpr size_t kRequestBytes = 16;

bool IsMode(uint8_t mode) {
  return mode == static_cast<uint8_t>(ErasureMode::kShred) ||
         mode == static_cast<uint8_t>(ErasureMode::kAnonymise) ||
         mode == static_cast<uint8_t>(ErasureMode::kHard);
}

bool NamesEvents(const IdentityChoice& choice) {
  return choice.kind == ChoiceKind::kRedaction ||
         (choice.kind == ChoiceKind::kErasure &&
          choice.erasure.mode == static_cast<uint8_t>(ErasureMode::kHard));
}

// Ascending, as distances.
void EncodePositions(const std::vector<Position>& positions, std::string* out) {
  PutVarint(out, positions.size());
  Position before = 0;
  for (const Position position : positions) {
    PutVarint(out, position - before);
    before = position;
  }
}

bool DecodePositions(ByteReader& reader, std::vector<Position>* positions) {
  const uint64_t count = reader.Varint();
  if (!reader.ok() || count > reader.remaining()) return false;
  positions->resize(count);
  Position before = 0;
  for (Position& position : *positions) {
    const uint64_t distance = reader.Varint();
    if (distance == 0) return false;
    position = before += distance;
  }
  return reader.ok();
}

void EncodeErasure(const IdentityChoice::Erasure& erasure, std::string* out) {
  PutBytes(out, erasure.request);
  out->push_back(static_cast<char>(erasure.mode));
  PutSigned(out, erasure.at);
  PutVarint(out, erasure.events);
  PutVarint(out, erasure.identifiers);
  PutVarint(out, erasure.bytes);
  PutVarint(out, erasure.records.size());
  for (const RecordId record : erasure.records) PutVarint(out, record);
  PutVarint(out, erasure.marks.size());
  for (const IdentityChoice::Mark& mark : erasure.marks) {
    PutBe64(out, mark.hash.hi);
    PutBe64(out, mark.hash.lo);
    out->push_back(
        static_cast<char>((mark.fenced ? 1 : 0) | (mark.address ? 2 : 0)));
    PutVarint(out, mark.claimants.size());
    for (const RecordId record : mark.claimants) PutVarint(out, record);
  }
}

bool ReadRecords(ByteReader& reader, std::vector<RecordId>* records) {
  const uint64_t count = reader.Varint();
  if (!reader.ok() || count > reader.remaining()) return false;
  records->resize(count);
  for (RecordId& record : *records) record = reader.Varint();
  return reader.ok();
}

bool DecodeErasure(ByteReader& reader, IdentityChoice::Erasure* erasure) {
  erasure->request = std::string(reader.Bytes());
  erasure->mode = reader.U8();
  erasure->at = reader.Signed();
  erasure->events = reader.Varint();
  erasure->identifiers = reader.Varint();
  erasure->bytes = reader.Varint();
  if (!ReadRecords(reader, &erasure->records)) return false;
  const uint64_t marks = reader.Varint();
  if (!reader.ok() || marks > reader.remaining()) return false;
  erasure->marks.resize(marks);
  for (IdentityChoice::Mark& mark : erasure->marks) {
    mark.hash.hi = reader.Be64();
    mark.hash.lo = reader.Be64();
    const uint8_t flags = reader.U8();
    mark.fenced = (flags & 1) != 0;
    mark.address = (flags & 2) != 0;
    if (!ReadRecords(reader, &mark.claimants)) return false;
  }
  return reader.ok() && erasure->request.size() == kRequestBytes &&
         IsMode(erasure->mode);
}

void EncodeHold(const IdentityChoice::Hold& hold, std::string* out) {
  out->push_back(static_cast<char>(hold.what));
  PutSigned(out, hold.at);
  PutVarint(out, hold.number);
  PutVarint(out, hold.records.size());
  for (const RecordId record : hold.records) PutVarint(out, record);
  PutVarint(out, hold.categories.size());
  for (const std::string& name : hold.categories) PutBytes(out, name);
  out->push_back(static_cast<char>(hold.mode));
  out->push_back(hold.confirm ? '\1' : '\0');
}

bool DecodeHold(ByteReader& reader, IdentityChoice::Hold* hold) {
  const uint8_t what = reader.U8();
  hold->what = static_cast<IdentityChoice::Hold::What>(what);
  hold->at = reader.Signed();
  hold->number = reader.Varint();
  if (!ReadRecords(reader, &hold->records)) return false;
  const uint64_t categories = reader.Varint();
  if (!reader.ok() || categories > reader.remaining()) return false;
  hold->categories.resize(categories);
  for (std::string& name : hold->categories) {
    name = std::string(reader.Bytes());
  }
  hold->mode = reader.U8();
  hold->confirm = reader.U8() != 0;
  return reader.ok() && what >= 1 && what <= 3 && hold->number > 0;
}

void EncodeRetention(const IdentityChoice::Retention& retention,
                     std::string* out) {
  PutSigned(out, retention.as_of);
  PutVarint(out, retention.last);
  PutVarint(out, retention.types.size());
  for (const auto& type : retention.types) {
    PutVarint(out, type.type);
    PutSigned(out, type.before);
  }
  PutVarint(out, retention.held.size());
  for (const auto& held : retention.held) {
    PutVarint(out, held.record);
    out->push_back(held.everything ? '\1' : '\0');
    PutVarint(out, held.types.size());
    for (const uint32_t type : held.types) PutVarint(out, type);
  }
  PutVarint(out, retention.events);
  PutVarint(out, retention.bytes);
}

bool DecodeRetention(ByteReader& reader, IdentityChoice::Retention* retention) {
  retention->as_of = reader.Signed();
  retention->last = reader.Varint();
  const uint64_t types = reader.Varint();
  if (!reader.ok() || types > reader.remaining()) return false;
  retention->types.resize(types);
  for (auto& type : retention->types) {
    type.type = static_cast<uint32_t>(reader.Varint());
    type.before = reader.Signed();
  }
  const uint64_t held = reader.Varint();
  if (!reader.ok() || held > reader.remaining()) return false;
  retention->held.resize(held);
  for (auto& one : retention->held) {
    one.record = reader.Varint();
    one.everything = reader.U8() != 0;
    const uint64_t count = reader.Varint();
    if (!reader.ok() || count > reader.remaining()) return false;
    one.types.resize(count);
    for (uint32_t& type : one.types) {
      type = static_cast<uint32_t>(reader.Varint());
    }
  }
  retention->events = reader.Varint();
  retention->bytes = reader.Varint();
  return reader.ok();
}

void EncodeHousehold(const IdentityChoice::Household& household,
                     std::string* out) {
  PutSigned(out, household.at);
  PutVarint(out, household.number);
  out->push_back(household.made ? '\1' : '\0');
  PutBytes(out, household.name);
  PutVarint(out, household.joined.size());
  for (const IdentityChoice::Household::Join& join : household.joined) {
    PutVarint(out, join.customer);
    PutVarint(out, join.record);
    PutVarint(out, join.evidence);
  }
  PutVarint(out, household.left.size());
  for (const IdentityChoice::Household::Leave& leave : household.left) {
    PutVarint(out, leave.customer);
    PutVarint(out, leave.records.size());
    for (const RecordId record : leave.records) PutVarint(out, record);
  }
}

bool DecodeHousehold(ByteReader& reader, IdentityChoice::Household* household) {
  household->at = reader.Signed();
  household->number = reader.Varint();
  household->made = reader.U8() != 0;
  household->name = std::string(reader.Bytes());
  const uint64_t joined = reader.Varint();
  if (!reader.ok() || joined > reader.remaining()) return false;
  household->joined.resize(joined);
  for (IdentityChoice::Household::Join& join : household->joined) {
    join.customer = reader.Varint();
    join.record = reader.Varint();
    const uint64_t evidence = reader.Varint();
    if (join.record == 0 || evidence > kAllHouseholdEvidence) return false;
    join.evidence = static_cast<uint32_t>(evidence);
  }
  const uint64_t left = reader.Varint();
  if (!reader.ok() || left > reader.remaining()) return false;
  household->left.resize(left);
  for (IdentityChoice::Household::Leave& leave : household->left) {
    leave.customer = reader.Varint();
    if (!ReadRecords(reader, &leave.records)) return false;
  }
  return reader.ok() && household->number > 0;
}

}  // namespace

Status EncodeChoice(const IdentityChoice& choice, const ChoiceSeal& seal,
                    std::string* out) {
  out->clear();
  PutVarint(out, static_cast<uint64_t>(choice.kind));
  PutVarint(out, static_cast<uint64_t>(choice.origin));
  PutVarint(out, choice.customer);
  PutVarint(out, choice.retired);
  PutVarint(out, choice.a);
  PutVarint(out, choice.b);
  PutVarint(out, choice.name_space);
  PutVarint(out, choice.confidence);
  PutVarint(out, static_cast<uint64_t>(choice.reason));
  PutSigned(out, choice.weight);
  PutVarint(out, static_cast<uint64_t>(choice.assertion));
  PutVarint(out, choice.retracted ? 1 : 0);
  PutVarint(out, choice.review);
  PutVarint(out, static_cast<uint64_t>(choice.answer));
  PutBe64(out, choice.hash.hi);
  PutBe64(out, choice.hash.lo);
  PutBytes(out, choice.by);
  PutBytes(out, choice.why);
  PutVarint(out, choice.parts.size());
  for (const IdentityChoice::Part& part : choice.parts) {
    Status status = EncodePart(part, seal, out);
    if (!status.ok()) return status;
  }
  if (choice.kind == ChoiceKind::kErasure) EncodeErasure(choice.erasure, out);
  if (NamesEvents(choice)) EncodePositions(choice.events, out);
  if (choice.kind == ChoiceKind::kHold) EncodeHold(choice.hold, out);
  if (choice.kind == ChoiceKind::kRetention) {
    EncodeRetention(choice.retention, out);
  }
  if (choice.kind == ChoiceKind::kHousehold) {
    EncodeHousehold(choice.household, out);
  }
  return Status::Ok();
}

Status DecodeChoice(std::string_view bytes, const ChoiceSeal& seal,
                    IdentityChoice* choice) {
  const Status malformed(StatusCode::kCorruption, "malformed identity choice");
  ByteReader reader(bytes);
  const uint64_t kind = reader.Varint();
  if (kind > static_cast<uint64_t>(ChoiceKind::kHousehold)) {
    return Status(StatusCode::kFormatTooNew,
                  "an identity choice of a kind that a later version writes");
  }
  *choice = IdentityChoice();
  choice->tenant = seal.tenant;
  choice->position = seal.position;
  choice->kind = static_cast<ChoiceKind>(kind);
  const uint64_t origin = reader.Varint();
  choice->origin = static_cast<ChoiceOrigin>(origin);
  choice->customer = reader.Varint();
  choice->retired = reader.Varint();
  choice->a = reader.Varint();
  choice->b = reader.Varint();
  choice->name_space = static_cast<uint32_t>(reader.Varint());
  choice->confidence = static_cast<uint8_t>(reader.Varint());
  const uint64_t reason = reader.Varint();
  choice->reason = static_cast<IdentityReason>(reason);
  choice->weight = static_cast<int32_t>(reader.Signed());
  const uint64_t assertion = reader.Varint();
  choice->assertion = static_cast<Assertion::Kind>(assertion);
  choice->retracted = reader.Varint() != 0;
  choice->review = reader.Varint();
  const uint64_t answer = reader.Varint();
  choice->answer = static_cast<ReviewAnswer>(answer);
  choice->hash.hi = reader.Be64();
  choice->hash.lo = reader.Be64();
  choice->by = std::string(reader.Bytes());
  choice->why = std::string(reader.Bytes());
  const uint64_t parts = reader.Varint();
  if (!reader.ok() || kind == 0 || origin == 0 || origin > 4 ||
      reason > static_cast<uint64_t>(IdentityReason::kWeakMatch) ||
      assertion == 0 || assertion > 2 || answer == 0 || answer > 3 ||
      parts > reader.remaining()) {
    return malformed;
  }
  choice->parts.resize(parts);
  for (IdentityChoice::Part& part : choice->parts) {
    Status status = DecodePart(reader, seal, &part);
    if (!status.ok()) return status;
  }
  if (choice->kind == ChoiceKind::kErasure &&
      !DecodeErasure(reader, &choice->erasure)) {
    return malformed;
  }
  if (NamesEvents(*choice) && !DecodePositions(reader, &choice->events)) {
    return malformed;
  }
  if (choice->kind == ChoiceKind::kHold && !DecodeHold(reader, &choice->hold)) {
    return malformed;
  }
  if (choice->kind == ChoiceKind::kRetention &&
      !DecodeRetention(reader, &choice->retention)) {
    return malformed;
  }
  if (choice->kind == ChoiceKind::kHousehold &&
      !DecodeHousehold(reader, &choice->household)) {
    return malformed;
  }
  return reader.AtEnd() ? Status::Ok() : malformed;
}

Status ReadChoice(const LogView& log, KeyRing* keyring, Position position,
                  const LogRecord& record, IdentityChoice* choice) {
  std::string body;
  Status status = log.OpenOfTenant(position, record, &body);
  if (!status.ok()) return status;
  Result<std::string> epoch = log.Epoch(record.epoch);
  if (!epoch.ok()) return std::move(epoch).status();
  const ChoiceSeal seal{keyring, record.tenant, position,
                        NonceOf(*epoch, position)};
  status = DecodeChoice(body, seal, choice);
  if (status.ok()) return status;
  return Status(status.code(), "log record " + std::to_string(position) + ": " +
                                   std::string(status.message()));
}

}  // namespace crm
