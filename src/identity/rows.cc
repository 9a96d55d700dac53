#include "identity/rows.h"

#include <algorithm>

#include "base/coding.h"

namespace crm {
namespace {

constexpr uint64_t kSharedBit = uint64_t{1} << 47;
// Of a confidence, which is at most 100.
constexpr uint64_t kErasedBit = 128;

template <typename T>
bool ReadList(ByteReader& reader, std::vector<T>* list) {
  const uint64_t count = reader.Varint();
  if (!reader.ok() || count > reader.remaining()) return false;
  list->resize(count);
  return true;
}

void PutNumbers(std::string* out, const std::vector<uint64_t>& numbers) {
  PutVarint(out, numbers.size());
  for (const uint64_t number : numbers) PutVarint(out, number);
}

bool ReadNumbers(ByteReader& reader, std::vector<uint64_t>* numbers) {
  if (!ReadList(reader, numbers)) return false;
  for (uint64_t& number : *numbers) number = reader.Varint();
  return reader.ok();
}

void PutHash(std::string* out, const Hash128& hash) {
  PutBe64(out, hash.hi);
  PutBe64(out, hash.lo);
}

}  // namespace

std::string IdentifierRow::Encode() const {
  // Six bytes, which a Row holds inline.
  const uint64_t number = owner | (shared ? kSharedBit : 0);
  std::string out;
  PutBe16(&out, static_cast<uint16_t>(number >> 32));
  PutBe32(&out, static_cast<uint32_t>(number));
  return out;
}

bool IdentifierRow::Decode(std::string_view bytes) {
  if (bytes.size() != 6) return false;
  const uint64_t number =
      uint64_t{GetBe16(bytes.data())} << 32 | GetBe32(bytes.data() + 2);
  shared = (number & kSharedBit) != 0;
  owner = number & ~kSharedBit;
  return true;
}

std::string RecordRow::Encode() const {
  // Twelve bytes, which a Row holds inline, or less, as a rule.
  std::string out;
  PutVarint(&out, customer);
  PutVarint(&out, events);
  PutVarint(&out, source);
  PutVarint(&out, last);
  return out;
}

bool RecordRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  customer = reader.Varint();
  events = reader.Varint();
  source = static_cast<uint32_t>(reader.Varint());
  last = reader.Varint();
  return reader.ok() && reader.AtEnd();
}

std::string Members::Encode() const {
  std::string out;
  PutVarint(&out, moved_to);
  PutVarint(&out, changed_at);
  PutVarint(&out, records.size());
  for (const Member& member : records) {
    PutVarint(&out, member.record);
    PutVarint(&out, member.linked_at);
    PutVarint(&out, member.matched_by);
    PutVarint(&out, member.confidence | (member.erased ? kErasedBit : 0));
    PutVarint(&out, member.linked_to);
    PutVarint(&out, member.began);
  }
  PutVarint(&out, merges.size());
  for (const Merge& merge : merges) {
    PutVarint(&out, merge.position);
    PutVarint(&out, merge.retired);
    PutVarint(&out, merge.a);
    PutVarint(&out, merge.b);
    PutVarint(&out, merge.name_space);
    PutVarint(&out, merge.confidence);
  }
  PutVarint(&out, claims.size());
  for (const Claim& claim : claims) {
    PutHash(&out, claim.hash);
    PutVarint(&out, claim.name_space);
    out.push_back(static_cast<char>(static_cast<int>(claim.klass) << 4 |
                                    static_cast<int>(claim.state)));
    PutVarint(&out, claim.record);
    PutVarint(&out, claim.since);
  }
  return out;
}

bool Members::DecodeRecords(std::string_view bytes) {
  ByteReader reader(bytes);
  moved_to = reader.Varint();
  changed_at = reader.Varint();
  if (!ReadList(reader, &records)) return false;
  for (Member& member : records) {
    member.record = reader.Varint();
    member.linked_at = reader.Varint();
    member.matched_by = static_cast<uint32_t>(reader.Varint());
    const uint64_t confidence = reader.Varint();
    member.confidence = static_cast<uint8_t>(confidence & ~kErasedBit);
    member.erased = (confidence & kErasedBit) != 0;
    member.linked_to = reader.Varint();
    member.began = reader.Varint();
  }
  return reader.ok();
}

bool Members::Decode(std::string_view bytes) {
  if (!DecodeRecords(bytes)) return false;
  ByteReader reader(bytes);
  reader.Varint();
  reader.Varint();
  for (uint64_t left = reader.Varint() * kMemberNumbers; left > 0; --left) {
    reader.Varint();
  }
  if (!ReadList(reader, &merges)) return false;
  for (Merge& merge : merges) {
    merge.position = reader.Varint();
    merge.retired = reader.Varint();
    merge.a = reader.Varint();
    merge.b = reader.Varint();
    merge.name_space = static_cast<uint32_t>(reader.Varint());
    merge.confidence = static_cast<uint8_t>(reader.Varint());
  }
  if (!ReadList(reader, &claims)) return false;
  for (Claim& claim : claims) {
    claim.hash.hi = reader.Be64();
    claim.hash.lo = reader.Be64();
    claim.name_space = static_cast<uint32_t>(reader.Varint());
    const uint8_t kind = reader.U8();
    if (kind >> 4 > static_cast<int>(IdentifierClass::kEphemeral) ||
        (kind & 15) > static_cast<int>(Claim::State::kKey)) {
      return false;
    }
    claim.klass = static_cast<IdentifierClass>(kind >> 4);
    claim.state = static_cast<Claim::State>(kind & 15);
    claim.record = reader.Varint();
    claim.since = reader.Varint();
  }
  return reader.ok() && reader.AtEnd();
}

bool Members::HasExclusive(uint32_t name_space) const {
  for (const Claim& claim : claims) {
    if (claim.state == Claim::State::kOwns &&
        claim.klass == IdentifierClass::kExclusive &&
        claim.name_space == name_space) {
      return true;
    }
  }
  return false;
}

bool Members::IsErased() const {
  return !records.empty() &&
         std::all_of(records.begin(), records.end(),
                     [](const Member& member) { return member.erased; });
}

bool Members::IsAnonymous() const {
  for (const Claim& claim : claims) {
    if (claim.state == Claim::State::kOwns &&
        claim.klass != IdentifierClass::kEphemeral) {
      return false;
    }
  }
  return true;
}

size_t Members::CountOf(uint32_t name_space) const {
  return static_cast<size_t>(
      std::count_if(claims.begin(), claims.end(), [&](const Claim& claim) {
        return claim.state == Claim::State::kOwns &&
               claim.name_space == name_space;
      }));
}

size_t Members::identifiers() const {
  return static_cast<size_t>(std::count_if(
      claims.begin(), claims.end(),
      [&](const Claim& claim) { return claim.state == Claim::State::kOwns; }));
}

const Members::Claim* Members::Find(const Hash128& hash) const {
  for (const Claim& claim : claims) {
    if (claim.state == Claim::State::kOwns && claim.hash == hash) {
      return &claim;
    }
  }
  return nullptr;
}

bool Members::Names(const Hash128& hash, RecordId record) const {
  for (const Claim& claim : claims) {
    if (claim.state == Claim::State::kNamed && claim.hash == hash &&
        claim.record == record) {
      return true;
    }
  }
  return false;
}

const Members::Member* Members::FindRecord(RecordId record) const {
  for (const Member& member : records) {
    if (member.record == record) return &member;
  }
  return nullptr;
}

RecordId Members::FirstRecord(CustomerId customer) const {
  for (const Member& member : records) {
    if (member.began == customer) return member.record;
  }
  return records.empty() ? 0 : records.front().record;
}

std::string TombstoneRow::Encode() const {
  std::string out;
  PutVarint(&out, position);
  PutSigned(&out, at);
  return out;
}

bool TombstoneRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  position = reader.Varint();
  at = reader.Signed();
  return reader.ok() && reader.AtEnd();
}

std::string ClaimantsRow::Encode() const {
  std::string out;
  PutVarint(&out, records.size());
  for (const RecordId record : records) PutVarint(&out, record);
  return out;
}

bool ClaimantsRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!ReadList(reader, &records)) return false;
  for (RecordId& record : records) record = reader.Varint();
  return reader.ok() && reader.AtEnd();
}

std::string AssertionsRow::Encode() const {
  std::string out;
  PutVarint(&out, items.size());
  for (const Item& item : items) {
    PutVarint(&out, item.other);
    PutVarint(&out, static_cast<uint64_t>(item.kind));
    PutVarint(&out, item.position);
  }
  return out;
}

bool AssertionsRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!ReadList(reader, &items)) return false;
  for (Item& item : items) {
    item.other = reader.Varint();
    const uint64_t kind = reader.Varint();
    if (kind != 1 && kind != 2) return false;
    item.kind = static_cast<Assertion::Kind>(kind);
    item.position = reader.Varint();
  }
  return reader.ok() && reader.AtEnd();
}

std::string ReviewRow::Encode() const {
  std::string out;
  PutVarint(&out, position);
  PutVarint(&out, a);
  PutVarint(&out, b);
  PutVarint(&out, static_cast<uint64_t>(reason));
  PutVarint(&out, name_space);
  PutSigned(&out, weight);
  PutVarint(&out, answered_at);
  return out;
}

bool ReviewRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  position = reader.Varint();
  a = reader.Varint();
  b = reader.Varint();
  const uint64_t stored = reader.Varint();
  if (stored > static_cast<uint64_t>(IdentityReason::kWeakMatch)) return false;
  reason = static_cast<IdentityReason>(stored);
  name_space = static_cast<uint32_t>(reader.Varint());
  weight = static_cast<int32_t>(reader.Signed());
  answered_at = reader.Varint();
  return reader.ok() && reader.AtEnd();
}

bool HoldRow::Holds(std::span<const Members::Member> members) const {
  return std::any_of(members.begin(), members.end(),
                     [this](const Members::Member& member) {
                       return std::binary_search(records.begin(), records.end(),
                                                 member.record);
                     });
}

std::string HoldRow::Encode() const {
  std::string out;
  PutVarint(&out, position);
  PutVarint(&out, released);
  PutVarint(&out, customer);
  PutNumbers(&out, records);
  PutVarint(&out, categories.size());
  for (const std::string& name : categories) PutBytes(&out, name);
  out.push_back(waiting ? '\1' : '\0');
  return out;
}

bool HoldRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  position = reader.Varint();
  released = reader.Varint();
  customer = reader.Varint();
  if (!ReadNumbers(reader, &records) || !ReadList(reader, &categories)) {
    return false;
  }
  for (std::string& name : categories) name = std::string(reader.Bytes());
  waiting = reader.U8() != 0;
  return reader.ok() && reader.AtEnd();
}

std::string HoldsRow::Encode() const {
  std::string out;
  PutVarint(&out, last);
  PutNumbers(&out, open);
  PutNumbers(&out, waiting);
  return out;
}

bool HoldsRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  last = reader.Varint();
  return ReadNumbers(reader, &open) && ReadNumbers(reader, &waiting) &&
         reader.AtEnd();
}

const HouseholdRow::Member* HouseholdRow::Find(RecordId record) const {
  const auto found =
      std::lower_bound(members.begin(), members.end(), record,
                       [](const Member& member, RecordId number) {
                         return member.record < number;
                       });
  const bool there = found != members.end() && found->record == record;
  return there ? &*found : nullptr;
}

void HouseholdRow::Set(const Member& member) {
  const auto place =
      std::lower_bound(members.begin(), members.end(), member.record,
                       [](const Member& other, RecordId number) {
                         return other.record < number;
                       });
  if (place != members.end() && place->record == member.record) {
    *place = member;
  } else {
    members.insert(place, member);
  }
}

std::string HouseholdRow::Encode() const {
  std::string out;
  PutVarint(&out, position);
  out.push_back(derived ? '\1' : '\0');
  PutVarint(&out, members.size());
  for (const Member& member : members) {
    PutVarint(&out, member.record);
    PutVarint(&out, member.position);
    out.push_back(
        static_cast<char>((member.left ? 1 : 0) | (member.derived ? 2 : 0)));
    PutVarint(&out, member.evidence);
  }
  return out;
}

bool HouseholdRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  position = reader.Varint();
  derived = reader.U8() != 0;
  if (!ReadList(reader, &members)) return false;
  for (Member& member : members) {
    member.record = reader.Varint();
    member.position = reader.Varint();
    const uint8_t flags = reader.U8();
    member.left = (flags & 1) != 0;
    member.derived = (flags & 2) != 0;
    member.evidence = static_cast<uint32_t>(reader.Varint());
  }
  return reader.ok() && reader.AtEnd();
}

std::string HouseholdsOfRow::Encode() const {
  std::string out;
  PutNumbers(&out, numbers);
  return out;
}

bool HouseholdsOfRow::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  return ReadNumbers(reader, &numbers) && reader.AtEnd();
}

}  // namespace crm
