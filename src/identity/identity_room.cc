#include "identity/identity_room.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/coding.h"
#include "base/utf8.h"

namespace crm {
namespace {

RowKey HashRow(uint32_t tenant, const Hash128& hash) {
  return RowKey{hash.hi, hash.lo, tenant};
}

RowKey NumberRow(uint32_t tenant, uint64_t number) {
  return RowKey{number, 0, tenant};
}

std::string Number48(uint64_t number) {
  std::string value;
  PutBe16(&value, static_cast<uint16_t>(number >> 32));
  PutBe32(&value, static_cast<uint32_t>(number));
  return value;
}

Status Malformed(const char* family) {
  return Status(StatusCode::kCorruption,
                std::string("family ") + family + ": malformed row");
}

// An absent row is number zero.
Result<uint64_t> ReadNumber48(Result<Row> row, const char* family) {
  if (!row.ok()) return std::move(row).status();
  if (!row->exists()) return uint64_t{0};
  const std::string_view value = row->value();
  if (value.size() != 6) return Malformed(family);
  return uint64_t{GetBe16(value.data())} << 32 | GetBe32(value.data() + 2);
}

Result<Members> ReadMembers(Result<Row> row) {
  if (!row.ok()) return std::move(row).status();
  Members members;
  if (row->exists() && !members.Decode(row->value())) {
    return Malformed("members");
  }
  return members;
}

Result<RecordRow> ReadRecord(Result<Row> row) {
  if (!row.ok()) return std::move(row).status();
  if (!row->exists()) return Status(StatusCode::kNotFound, "no such record");
  RecordRow record;
  if (!record.Decode(row->value())) return Malformed("records");
  return record;
}

bool Contains(const std::vector<uint32_t>& numbers, uint32_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// Whether an identifier before this one is the same.
bool IsRepeated(const IdentityData& data, size_t index) {
  for (size_t i = 0; i < index; ++i) {
    if (data.identifiers[i].hash == data.identifiers[index].hash) return true;
  }
  return false;
}

// The position of the newest event or link of a customer's records.
template <typename ReadRow>
Result<Position> NewestOf(Result<Members> members, ReadRow read) {
  if (!members.ok()) return std::move(members).status();
  Position newest = 0;
  for (const Members::Member& member : members->records) {
    Result<RecordRow> record = ReadRecord(read(member.record));
    if (!record.ok()) return std::move(record).status();
    newest = std::max({newest, member.linked_at, record->last});
  }
  return newest;
}

}  // namespace

bool IsNamespace(std::string_view name) {
  return CheckName("namespace", name, 64).ok();
}

std::string Members::Encode() const {
  std::string out;
  PutVarint(&out, records.size());
  for (const Member& member : records) {
    PutVarint(&out, member.record);
    PutVarint(&out, member.linked_at);
    PutVarint(&out, member.matched_by);
    PutVarint(&out, member.confidence);
  }
  PutVarint(&out, exclusive.size());
  for (uint32_t name_space : exclusive) PutVarint(&out, name_space);
  return out;
}

bool Members::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint64_t count = reader.Varint();
  if (count > reader.remaining()) return false;
  records.resize(count);
  for (Member& member : records) {
    member.record = reader.Varint();
    member.linked_at = reader.Varint();
    member.matched_by = static_cast<uint32_t>(reader.Varint());
    member.confidence = static_cast<uint8_t>(reader.Varint());
  }
  const uint64_t names = reader.Varint();
  if (names > reader.remaining()) return false;
  exclusive.resize(names);
  for (uint32_t& name : exclusive) {
    name = static_cast<uint32_t>(reader.Varint());
  }
  return reader.ok() && reader.AtEnd();
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

std::vector<RowFamily> IdentityRoom::families() const {
  return {
      {.name = "identifiers",
       .kind = FamilyKind::kHashed,
       .words = 2,
       .resident = true},
      {.name = "record_keys",
       .kind = FamilyKind::kHashed,
       .words = 2,
       .resident = true},
      {.name = "records"},
      {.name = "members"},
  };
}

Result<Hash128> IdentityRoom::HashOf(uint32_t tenant,
                                     const Identifier& identifier) const {
  const NamespaceInfo info = ClassifyNamespace(identifier.name_space);
  std::string canonical;
  Status status =
      normaliser_->Normalise(info.name, identifier.value, &canonical);
  if (!status.ok()) return status;
  std::string text(1, 'i');
  PutBytes(&text, info.name);
  text += canonical;
  return SipHash128(services_.keyring->index_keys(tenant).identity, text);
}

Status IdentityRoom::Prepare(const EventContent& content, Arena& arena,
                             const void** data) const {
  *data = nullptr;
  if (content.hints.empty()) return Status::Ok();
  const HashKey& key = content.keys->identity;
  thread_local std::string canonical;
  thread_local std::string text;
  std::array<FactIdentifier, kMaxIdentifiers> found;
  size_t count = 0;
  IdentityData* out = arena.New<IdentityData>();
  std::string_view best_canonical;
  for (const DecodedEvent::Hint& hint : content.hints) {
    if (count == found.size()) break;
    const NamespaceInfo info = ClassifyNamespace(hint.name_space);
    if (!IsNamespace(info.name) ||
        !normaliser_->Normalise(info.name, hint.value, &canonical).ok()) {
      ++out->withheld;
      continue;
    }
    text.assign(1, 'i');
    PutBytes(&text, info.name);
    text += canonical;
    FactIdentifier& identifier = found[count];
    identifier = {SipHash128(key, text), info.name, info.klass,
                  info.confidence, info.priority};
    const auto order = [](const FactIdentifier& item) {
      return std::pair(item.klass, item.priority);
    };
    // Insertion keeps the order of appearance among equals.
    size_t place = count;
    while (place > 0 && order(found[place]) < order(found[place - 1])) {
      std::swap(found[place], found[place - 1]);
      --place;
    }
    if (place == 0) best_canonical = arena.Copy(canonical);
    ++count;
  }
  if (count == 0) return Status::Ok();
  out->identifiers = arena.CopyAll(
      std::span<const FactIdentifier>(found.data(), count));
  // The record: what one source said about one person.
  text.assign(1, 'r');
  PutBytes(&text, content.source);
  PutBytes(&text, found[0].name_space);
  text += best_canonical;
  out->record_key = SipHash128(key, text);
  *data = out;
  return Status::Ok();
}

Status IdentityRoom::Resolve(uint32_t tenant, const IdentityData& data,
                             FoldContext& context, Choice* choice) const {
  *choice = Choice();
  std::array<CustomerId, kMaxIdentifiers> owners;
  for (size_t i = 0; i < data.identifiers.size(); ++i) {
    Result<CustomerId> owner = OwnerOf(tenant, data, i, context.rows);
    if (!owner.ok()) return std::move(owner).status();
    owners[i] = *owner;
  }
  const std::span<const CustomerId> known(owners.data(),
                                          data.identifiers.size());
  Result<RecordId> record = RecordOf(tenant, data, context.rows);
  if (!record.ok()) return std::move(record).status();
  if (*record != 0) {
    Result<RecordRow> row = ReadRecord(context.rows.GetForChange(
        family(kRecords), NumberRow(tenant, *record)));
    if (!row.ok()) return std::move(row).status();
    choice->record = *record;
    choice->customer = row->customer;
    choice->revision = row->events;
    choice->confidence = 100;
    choice->matched_by = data.identifiers[0].name_space;
  } else {
    Status status = Attach(tenant, data, known, context, choice);
    if (!status.ok()) return status;
  }
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i] != 0 && known[i] != choice->customer &&
        data.identifiers[i].klass != IdentifierClass::kEphemeral) {
      choice->contested.push_back(
          {std::string(data.identifiers[i].name_space), known[i]});
    }
  }
  return Claim(tenant, data, known, context, choice);
}

Result<CustomerId> IdentityRoom::OwnerOf(uint32_t tenant,
                                         const IdentityData& data,
                                         size_t identifier,
                                         Generation& rows) const {
  if (!data.owners.empty() && data.owners[identifier] != 0 &&
      rows.Holds(family(kIdentifiers), data.owners_seen)) {
    return data.owners[identifier];
  }
  return Find(tenant, data.identifiers[identifier].hash, rows);
}

// 0: none yet.
Result<RecordId> IdentityRoom::RecordOf(uint32_t tenant,
                                        const IdentityData& data,
                                        Generation& rows) const {
  if (data.record != 0 && rows.Holds(family(kRecordKeys), data.record_seen)) {
    return data.record;
  }
  return ReadNumber48(
      rows.Get(family(kRecordKeys), HashRow(tenant, data.record_key)),
      "record_keys");
}

// Identifiers that nobody has become the customer's, except a second value of
// an exclusive namespace: two accounts are two people.
Status IdentityRoom::Claim(uint32_t tenant, const IdentityData& data,
                           std::span<const CustomerId> owners,
                           FoldContext& context, Choice* choice) const {
  bool read = choice->new_customer;  // She has none.
  Members members;
  for (size_t i = 0; i < owners.size(); ++i) {
    if (owners[i] != 0) continue;
    const FactIdentifier& identifier = data.identifiers[i];
    if (identifier.klass == IdentifierClass::kExclusive) {
      if (!read) {
        Result<Members> known =
            MembersOf(tenant, choice->customer, context.rows);
        if (!known.ok()) return std::move(known).status();
        members = std::move(known).value();
        read = true;
      }
      const uint32_t name = NumberOf(identifier.name_space);
      // The same value may be named twice: then the first claim is enough.
      if (IsRepeated(data, i)) continue;
      if (Contains(members.exclusive, name)) {
        choice->contested.push_back({std::string(identifier.name_space), 0});
        continue;
      }
      members.exclusive.push_back(name);
    }
    choice->claims |= uint32_t{1} << i;
  }
  return Status::Ok();
}

// A new record: joins the best owner that may have it, or begins a customer.
Status IdentityRoom::Attach(uint32_t tenant, const IdentityData& data,
                            std::span<const CustomerId> owners,
                            FoldContext& context, Choice* choice) const {
  choice->new_record = true;
  choice->record = context.counts.records + 1;
  for (size_t i = 0; i < owners.size(); ++i) {
    const FactIdentifier& identifier = data.identifiers[i];
    if (owners[i] == 0 || identifier.confidence < kAttachBar) continue;
    Result<bool> may = MayAttach(tenant, data, owners, owners[i], context);
    if (!may.ok()) return std::move(may).status();
    if (!*may) continue;
    choice->customer = owners[i];
    choice->confidence = identifier.confidence;
    choice->matched_by = identifier.name_space;
    return Status::Ok();
  }
  choice->new_customer = true;
  choice->customer = context.counts.customers + 1;
  choice->confidence = 100;
  return Status::Ok();
}

// Nothing attaches to somebody who has another value of an exclusive namespace
// that this event names: two accounts are two people.
Result<bool> IdentityRoom::MayAttach(uint32_t tenant, const IdentityData& data,
                                     std::span<const CustomerId> owners,
                                     CustomerId candidate,
                                     FoldContext& context) const {
  bool needs_members = false;
  for (size_t i = 0; i < owners.size(); ++i) {
    needs_members |= data.identifiers[i].klass == IdentifierClass::kExclusive &&
                     owners[i] != candidate;
  }
  if (!needs_members) return true;
  Result<Members> members = MembersOf(tenant, candidate, context.rows);
  if (!members.ok()) return std::move(members).status();
  for (size_t i = 0; i < owners.size(); ++i) {
    const FactIdentifier& identifier = data.identifiers[i];
    if (identifier.klass != IdentifierClass::kExclusive ||
        owners[i] == candidate) {
      continue;
    }
    const uint32_t name = NumberOf(identifier.name_space);
    if (Contains(members->exclusive, name)) return false;
  }
  return true;
}

Status IdentityRoom::Fold(const Fact& fact, FoldContext& context) const {
  const EventHeader& header = fact.header;
  if (header.record == 0) return Status::Ok();
  const auto* data =
      static_cast<const IdentityData*>(fact.prepared[index_]);
  const RecordRow record{header.customer, header.revision + 1, header.source,
                         fact.position};
  const RowKey record_row = NumberRow(header.tenant, header.record);
  const bool new_record = (header.flags & kEventNewRecord) != 0;
  if (new_record) {
    context.rows.Insert(family(kRecords), record_row, record.Encode());
    context.counts.records = std::max(context.counts.records, header.record);
    context.counts.customers =
        std::max(context.counts.customers, header.customer);
  } else {
    Status status =
        context.rows.Put(family(kRecords), record_row, record.Encode());
    if (!status.ok()) return status;
  }
  if (data != nullptr) FoldIndexes(fact, *data, context);
  if (!new_record && header.claims_or_month == 0) return Status::Ok();
  return FoldMembers(fact, data, context);
}

// How she is found from now on. What is claimed is nobody's: nothing to read.
void IdentityRoom::FoldIndexes(const Fact& fact, const IdentityData& data,
                               FoldContext& context) const {
  const EventHeader& header = fact.header;
  if ((header.flags & kEventNewRecord) != 0) {
    context.rows.Insert(family(kRecordKeys),
                        HashRow(header.tenant, data.record_key),
                        Number48(header.record));
  }
  for (size_t i = 0; i < data.identifiers.size(); ++i) {
    if ((header.claims_or_month >> i & 1) == 0) continue;
    context.rows.Insert(family(kIdentifiers),
                        HashRow(header.tenant, data.identifiers[i].hash),
                        Number48(header.customer));
  }
}

// The row changes with a new record, or a claim in an exclusive namespace.
Status IdentityRoom::FoldMembers(const Fact& fact, const IdentityData* data,
                                 FoldContext& context) const {
  const EventHeader& header = fact.header;
  std::array<uint32_t, kMaxIdentifiers> names;
  size_t count = 0;
  for (size_t i = 0; data != nullptr && i < data->identifiers.size(); ++i) {
    const FactIdentifier& identifier = data->identifiers[i];
    if ((header.claims_or_month >> i & 1) != 0 &&
        identifier.klass == IdentifierClass::kExclusive) {
      names[count++] = NumberOf(identifier.name_space);
    }
  }
  const bool new_record = (header.flags & kEventNewRecord) != 0;
  if (!new_record && count == 0) return Status::Ok();
  const RowKey row = NumberRow(header.tenant, header.customer);
  Members members;
  if ((header.flags & kEventNewCustomer) == 0) {
    Result<Members> known =
        ReadMembers(context.rows.GetForChange(family(kMembers), row));
    if (!known.ok()) return std::move(known).status();
    members = std::move(known).value();
  }
  if (new_record) {
    members.records.push_back(
        {header.record, fact.position, header.matched_by, header.confidence});
  }
  members.exclusive.insert(members.exclusive.end(), names.begin(),
                           names.begin() + count);
  if ((header.flags & kEventNewCustomer) != 0) {
    context.rows.Insert(family(kMembers), row, members.Encode());
    return Status::Ok();
  }
  return context.rows.Put(family(kMembers), row, members.Encode());
}

// In a dry run new names get no number: a stand-in tells them apart.
uint32_t IdentityRoom::NumberOf(std::string_view name_space) const {
  const uint32_t id =
      services_.names->FindAny(NameKind::kNamespace, name_space);
  if (id != 0) return id;
  return static_cast<uint32_t>(StableHash64(name_space)) | 0x80000000u;
}

Result<CustomerId> IdentityRoom::Find(uint32_t tenant, const Hash128& hash,
                                      const View& view) const {
  return ReadNumber48(view.Get(family(kIdentifiers), HashRow(tenant, hash)),
                      "identifiers");
}

Result<CustomerId> IdentityRoom::Find(uint32_t tenant, const Hash128& hash,
                                      Generation& rows) const {
  return ReadNumber48(rows.Get(family(kIdentifiers), HashRow(tenant, hash)),
                      "identifiers");
}

Result<Position> IdentityRoom::Version(uint32_t tenant, CustomerId customer,
                                       const View& view) const {
  return NewestOf(MembersOf(tenant, customer, view), [&](RecordId record) {
    return view.Get(family(kRecords), NumberRow(tenant, record));
  });
}

Result<Position> IdentityRoom::Version(uint32_t tenant, CustomerId customer,
                                       Generation& rows) const {
  return NewestOf(MembersOf(tenant, customer, rows), [&](RecordId record) {
    return rows.Get(family(kRecords), NumberRow(tenant, record));
  });
}

Result<Members> IdentityRoom::MembersOf(uint32_t tenant, CustomerId customer,
                                        const View& view) const {
  return ReadMembers(view.Get(family(kMembers), NumberRow(tenant, customer)));
}

Result<Members> IdentityRoom::MembersOf(uint32_t tenant, CustomerId customer,
                                        Generation& rows) const {
  return ReadMembers(rows.Get(family(kMembers), NumberRow(tenant, customer)));
}

Status IdentityRoom::RecordsOf(uint32_t tenant, CustomerId customer,
                               const View* view, RecordIds* records) const {
  records->clear();
  const RowKey key = NumberRow(tenant, customer);
  Result<Row> row = view == nullptr
                        ? services_.overlay->Get(family(kMembers), key)
                        : view->Get(family(kMembers), key);
  if (!row.ok()) return std::move(row).status();
  if (!row->exists()) return Status::Ok();
  // As Members::Decode, but for what is not asked for.
  ByteReader reader(row->value());
  const uint64_t count = reader.Varint();
  if (count > reader.remaining()) return Malformed("members");
  for (uint64_t i = 0; i < count; ++i) {
    records->push_back(reader.Varint());
    for (int field = 0; field < 3; ++field) (void)reader.Varint();
  }
  return reader.ok() ? Status::Ok() : Malformed("members");
}

Result<RecordRow> IdentityRoom::RecordOf(uint32_t tenant, RecordId record,
                                         const View& view) const {
  return ReadRecord(view.Get(family(kRecords), NumberRow(tenant, record)));
}

Result<RecordRow> IdentityRoom::RecordOf(uint32_t tenant,
                                         RecordId record) const {
  return ReadRecord(
      services_.overlay->Get(family(kRecords), NumberRow(tenant, record)));
}

void IdentityRoom::Prefetch(uint32_t tenant, const IdentityData& data) const {
  const Overlay& overlay = *services_.overlay;
  overlay.Prefetch(family(kRecordKeys), HashRow(tenant, data.record_key));
  for (const FactIdentifier& identifier : data.identifiers) {
    overlay.Prefetch(family(kIdentifiers), HashRow(tenant, identifier.hash));
  }
}

void IdentityRoom::Prefetch(uint32_t tenant, RecordId record) const {
  services_.overlay->Prefetch(family(kRecords), NumberRow(tenant, record));
}

Result<RecordId> IdentityRoom::WarmRecord(uint32_t tenant,
                                          const IdentityData& data,
                                          Arena& arena) const {
  Overlay& overlay = *services_.overlay;
  data.record_seen = overlay.Replaced(family(kRecordKeys));
  data.owners_seen = overlay.Replaced(family(kIdentifiers));
  Result<uint64_t> record = ReadNumber48(
      overlay.Get(family(kRecordKeys), HashRow(tenant, data.record_key)),
      "record_keys");
  if (!record.ok()) return record;
  std::array<CustomerId, kMaxIdentifiers> owners;
  for (size_t i = 0; i < data.identifiers.size(); ++i) {
    Result<CustomerId> owner = ReadNumber48(
        overlay.Get(family(kIdentifiers),
                    HashRow(tenant, data.identifiers[i].hash)),
        "identifiers");
    if (!owner.ok()) return owner;
    owners[i] = *owner;
  }
  data.record = *record;
  data.owners = arena.CopyAll(std::span<const CustomerId>(
      owners.data(), data.identifiers.size()));
  if (*record != 0) {
    overlay.Prefetch(family(kRecords), NumberRow(tenant, *record));
  }
  return record;
}

Result<CustomerId> IdentityRoom::WarmCustomer(uint32_t tenant,
                                              RecordId record) const {
  Overlay& overlay = *services_.overlay;
  Result<RecordRow> row =
      ReadRecord(overlay.Get(family(kRecords), NumberRow(tenant, record)));
  // Begun by a request that is still on its way.
  if (row.status().code() == StatusCode::kNotFound) return CustomerId{0};
  if (!row.ok()) return std::move(row).status();
  return row->customer;
}

Status IdentityRoom::Canonical(size_t own, std::string_view key_bytes,
                               std::string_view value,
                               const CanonicalSink& sink, uint32_t* tenant,
                               CustomerId* customer) const {
  RowKey key;
  if (!DecodeRowKey(key_bytes, families()[own].words, &key)) {
    return Status(StatusCode::kCorruption, "malformed key");
  }
  *tenant = key.tenant;
  if (own == kMembers) *customer = key.a;
  if (own == kIdentifiers && value.size() == 6) {
    *customer =
        uint64_t{GetBe16(value.data())} << 32 | GetBe32(value.data() + 2);
  }
  RecordRow record;
  if (own == kRecords && record.Decode(value)) *customer = record.customer;
  sink(CanonicalItem{std::string(key_bytes), std::string(value), key.tenant,
                     *customer});
  return Status::Ok();
}

Status IdentityRoom::Erase(uint32_t tenant, CustomerId customer,
                           std::span<const RecordId> records,
                           FoldContext& context) const {
  // What a replay without the keys gives: numbers and counts stay, and every
  // way to find her goes. Hashes cannot be read back from a customer, so both
  // index families are scanned once.
  (void)records;
  std::vector<RowKey> mine;
  for (const Family own : {kIdentifiers, kRecordKeys}) {
    mine.clear();
    const RowKey lower{0, 0, tenant};
    const RowKey upper{0, 0, tenant + 1};
    Status status = services_.database->ScanBackward(
        family(own), EncodeRowKey(lower, 2), EncodeRowKey(upper, 2),
        [&](std::string_view key_bytes, std::string_view value) {
          RowKey key;
          if (value.size() != 6 || !DecodeRowKey(key_bytes, 2, &key)) {
            return true;
          }
          const uint64_t number = uint64_t{GetBe16(value.data())} << 32 |
                                  GetBe32(value.data() + 2);
          const bool hers =
              own == kIdentifiers
                  ? number == customer
                  : std::find(records.begin(), records.end(), number) !=
                        records.end();
          if (hers) mine.push_back(key);
          return true;
        });
    for (const RowKey& key : mine) {
      if (status.ok()) status = context.rows.Delete(family(own), key);
    }
    if (!status.ok()) return status;
  }
  Result<Members> members = MembersOf(tenant, customer, context.rows);
  if (!members.ok()) return std::move(members).status();
  members->exclusive.clear();
  return context.rows.Put(family(kMembers), NumberRow(tenant, customer),
                          members->Encode());
}

Result<std::string> IdentityRoom::Carry(uint32_t tenant, CustomerId customer,
                                        const View& view) const {
  // Links outlive the events that made them: the members row is the carry.
  Result<Members> members = MembersOf(tenant, customer, view);
  if (!members.ok()) return std::move(members).status();
  return members->Encode();
}

}  // namespace crm
