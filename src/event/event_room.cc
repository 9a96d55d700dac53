#include "event/event_room.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/coding.h"
#include "event/log_view.h"

namespace crm {
namespace {

constexpr uint64_t kContentMask = (uint64_t{1} << 48) - 1;

RowKey HashRow(uint32_t tenant, const Hash128& hash) {
  return RowKey{hash.hi, hash.lo, tenant};
}

uint64_t NameRow(uint8_t kind, uint32_t id) {
  return uint64_t{kind} << 32 | id;
}

// Two big-endian 48-bit numbers: twelve bytes, which a Row holds inline.
std::string DedupeValue(Position position, uint64_t content) {
  std::string value;
  PutBe16(&value, static_cast<uint16_t>(position >> 32));
  PutBe32(&value, static_cast<uint32_t>(position));
  PutBe16(&value, static_cast<uint16_t>(content >> 32));
  PutBe32(&value, static_cast<uint32_t>(content));
  return value;
}

bool ReadDedupe(std::string_view value, KnownEvent* known) {
  ByteReader reader(value);
  known->position = uint64_t{reader.Be16()} << 32;
  known->position |= reader.Be32();
  known->content = uint64_t{reader.Be16()} << 32;
  known->content |= reader.Be32();
  return reader.ok() && reader.AtEnd();
}

Status Malformed(const char* family) {
  return Status(StatusCode::kCorruption,
                std::string("family ") + family + ": malformed row");
}

}  // namespace

std::string TenantCounts::Encode() const {
  std::string out;
  PutVarint(&out, events);
  PutVarint(&out, unattributed);
  PutVarint(&out, contested);
  PutVarint(&out, records);
  PutVarint(&out, customers);
  PutVarint(&out, schema_warnings);
  PutVarint(&out, retired);
  PutVarint(&out, reviews);
  PutVarint(&out, open_reviews);
  PutVarint(&out, erased);
  const bool any = erased_until != kNothingErased;
  PutVarint(&out, any ? 1 : 0);
  if (any) PutSigned(&out, erased_until);
  PutVarint(&out, dropped);
  return out;
}

bool TenantCounts::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  events = reader.Varint();
  unattributed = reader.Varint();
  contested = reader.Varint();
  records = reader.Varint();
  customers = reader.Varint();
  schema_warnings = reader.Varint();
  retired = reader.Varint();
  reviews = reader.Varint();
  open_reviews = reader.Varint();
  erased = reader.Varint();
  erased_until = reader.Varint() != 0 ? reader.Signed() : kNothingErased;
  dropped = reader.Varint();
  return reader.ok() && reader.AtEnd();
}

std::vector<RowFamily> EventRoom::families() const {
  return {
      {.name = "dedupe",
       .kind = FamilyKind::kHashed,
       .words = 2,
       .passing = true},
      {.name = "names", .resident = true},
      {.name = "tenants", .resident = true},
      {.name = "dictionaries", .resident = true},
      {.name = "types",
       .kind = FamilyKind::kPacked,
       .words = 2,
       .packed = true},
      {.name = "times",
       .kind = FamilyKind::kPacked,
       .words = 2,
       .packed = true},
      {.name = "filter",
       .kind = FamilyKind::kPacked,
       .words = 2,
       .packed = true},
      {.name = "definitions", .words = 2},
  };
}

Status EventRoom::Fold(const Fact& fact, FoldContext& context) const {
  const EventHeader& header = fact.header;
  const Hash128 hash{header.dedupe_hi, header.dedupe_lo};
  context.rows.Insert(family(kDedupe), HashRow(header.tenant, hash),
                      DedupeValue(fact.position, header.content));
  ++context.counts.events;
  if (header.record == 0) ++context.counts.unattributed;
  if ((header.flags & kEventContested) != 0) ++context.counts.contested;
  if ((header.flags & kEventWarned) != 0) ++context.counts.schema_warnings;
  return Status::Ok();
}

void EventRoom::Published(std::span<const Fact> facts) {
  for (const Fact& fact : facts) {
    filter_.Add(Hash128{fact.header.dedupe_hi, fact.header.dedupe_lo});
  }
}

Status EventRoom::FoldRecord(Position position, const LogRecord& record,
                             Generation& rows) const {
  if (record.kind == LogKind::kName) {
    return rows.Put(family(kNames),
                    RowKey{NameRow(record.name_kind, record.name_id), 0, 0},
                    record.text);
  }
  if (record.kind == LogKind::kDictionary) {
    std::string value;
    PutBe64(&value, position);
    return rows.Put(family(kDictionaries),
                    RowKey{record.type, 0, record.tenant}, value);
  }
  if (record.kind == LogKind::kDefinition) {
    const DefinitionHeader& header = record.definition;
    std::string value;
    PutVarint(&value, position);
    PutVarint(&value, header.to_version);
    return rows.Put(family(kDefinitions),
                    RowKey{NameRow(header.kind, header.type), header.version,
                           header.tenant},
                    value);
  }
  return Status::Ok();
}

Result<KnownEvent> EventRoom::Find(uint32_t tenant, const Hash128& hash,
                                   Generation& rows) const {
  KnownEvent known;
  const RowKey key = HashRow(tenant, hash);
  Row row;
  if (filter_.MayContain(hash)) {
    Result<Row> found = rows.Get(family(kDedupe), key);
    if (!found.ok()) return std::move(found).status();
    row = std::move(found).value();
  } else {
    row = rows.GetOwn(family(kDedupe), key);
  }
  if (row.exists() && !ReadDedupe(row.value(), &known)) {
    return Malformed("dedupe");
  }
  return known;
}

Result<KnownEvent> EventRoom::Find(uint32_t tenant, const Hash128& hash,
                                   const View& view) const {
  KnownEvent known;
  Result<Row> row = view.Get(family(kDedupe), HashRow(tenant, hash));
  if (!row.ok()) return std::move(row).status();
  if (row->exists() && !ReadDedupe(row->value(), &known)) {
    return Malformed("dedupe");
  }
  return known;
}

Status EventRoom::Warm(uint32_t tenant, const Hash128& hash) const {
  if (!filter_.MayContain(hash)) return Status::Ok();
  return services_.overlay->Get(family(kDedupe), HashRow(tenant, hash))
      .status();
}

Result<TenantCounts> EventRoom::Counts(uint32_t tenant,
                                       Generation& rows) const {
  Result<Row> row = rows.Get(family(kTenants), RowKey{0, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  TenantCounts counts;
  if (row->exists() && !counts.Decode(row->value())) {
    return Malformed("tenants");
  }
  return counts;
}

Status EventRoom::StoreCounts(uint32_t tenant, const TenantCounts& counts,
                              Generation& rows) const {
  return rows.Put(family(kTenants), RowKey{0, 0, tenant}, counts.Encode());
}

Result<TenantCounts> EventRoom::Counts(uint32_t tenant,
                                       const View& view) const {
  Result<Row> row = view.Get(family(kTenants), RowKey{0, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  TenantCounts counts;
  if (row->exists() && !counts.Decode(row->value())) {
    return Malformed("tenants");
  }
  return counts;
}

Result<Position> EventRoom::DictionaryOf(uint32_t tenant, uint32_t type) const {
  Result<Row> row =
      services_.overlay->Get(family(kDictionaries), RowKey{type, 0, tenant});
  if (!row.ok()) return std::move(row).status();
  if (!row->exists()) return Position{0};
  if (row->value().size() != 8) return Malformed("dictionaries");
  return GetBe64(row->value().data());
}

Status EventRoom::LoadNames(Names* names) const {
  // Backward, then in order: names are dense per kind.
  std::vector<std::pair<uint64_t, std::string>> rows;
  bool malformed = false;
  Status status = services_.database->ScanBackward(
      family(kNames), {}, {},
      [&](std::string_view bytes, std::string_view value) {
        RowKey key;
        malformed = !DecodeRowKey(bytes, 1, &key);
        rows.emplace_back(key.a, std::string(value));
        return !malformed;
      });
  if (!status.ok()) return status;
  std::reverse(rows.begin(), rows.end());
  for (const auto& [number, text] : rows) {
    malformed = malformed || !names->Add(static_cast<NameKind>(number >> 32),
                                         static_cast<uint32_t>(number), text);
  }
  return malformed ? Malformed("names") : Status::Ok();
}

Status EventRoom::ReadDefinitions(std::vector<Position>* positions) const {
  bool malformed = false;
  Status status = services_.database->ScanBackward(
      family(kDefinitions), {}, {},
      [&](std::string_view, std::string_view value) {
        ByteReader reader(value);
        positions->push_back(reader.Varint());
        reader.Varint();
        malformed = !reader.ok() || !reader.AtEnd();
        return !malformed;
      });
  if (status.ok() && malformed) status = Malformed("definitions");
  std::sort(positions->begin(), positions->end());
  return status;
}

Status EventRoom::WritePacked(const Tail::Part& part, const FrozenRows& frozen,
                              Ingestion& out) {
  Status status = WriteTypes(part, out);
  if (status.ok()) status = WriteTimes(part, out);
  if (status.ok()) status = WriteFilter(frozen, out);
  return status;
}

Status EventRoom::TypeOrdinal(uint32_t tenant, uint32_t type,
                              uint64_t* ordinal) const {
  *ordinal = 0;
  bool malformed = false;
  Status status = services_.database->ScanBackward(
      family(kTypes), EncodeRowKey(RowKey{type, 0, tenant}, 2),
      EncodeRowKey(RowKey{uint64_t{type} + 1, 0, tenant}, 2),
      [&](std::string_view, std::string_view value) {
        TypeRow row;
        malformed = !DecodeTypeRow(value, &row);
        *ordinal = row.ordinal + row.positions.size();
        return false;
      });
  if (status.ok() && malformed) status = Malformed("types");
  return status;
}

Status EventRoom::WriteTypes(const Tail::Part& part, Ingestion& out) const {
  constexpr size_t kRowPositions = 4096;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<Position>> lists;
  for (const TailEntry& entry : part.entries) {
    lists[{entry.tenant, entry.type}].push_back(entry.position);
  }
  for (const auto& [list, positions] : lists) {
    TypeRow row;
    Status status = TypeOrdinal(list.first, list.second, &row.ordinal);
    for (size_t i = 0; status.ok() && i < positions.size();
         i += kRowPositions) {
      const auto begin = positions.begin() + static_cast<ptrdiff_t>(i);
      const size_t count = std::min(kRowPositions, positions.size() - i);
      row.positions.assign(begin, begin + static_cast<ptrdiff_t>(count));
      status = out.Put(
          family(kTypes),
          EncodeRowKey(RowKey{list.second, row.positions[0], list.first}, 2),
          EncodeTypeRow(row));
      row.ordinal += count;
    }
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status EventRoom::WriteTimes(const Tail::Part& part, Ingestion& out) const {
  struct Hour {
    Position first = 0;
    std::vector<TimedPosition> entries;
  };
  std::map<std::pair<uint32_t, uint64_t>, Hour> hours;
  for (const TailEntry& entry : part.entries) {
    Hour& hour = hours[{entry.tenant, HourOf(entry.occurred_at)}];
    if (hour.entries.empty()) hour.first = entry.position;
    hour.entries.push_back({entry.occurred_at, entry.position});
  }
  for (auto& [name, hour] : hours) {
    std::sort(hour.entries.begin(), hour.entries.end());
    Status status =
        out.Put(family(kTimes),
                EncodeRowKey(RowKey{name.second, hour.first, name.first}, 2),
                EncodeTimeRow(hour.entries));
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status EventRoom::ReadType(uint32_t tenant, uint32_t type, Position first,
                           Position last, std::vector<Position>* out) const {
  uint64_t expected = 0;
  bool dense = true;
  bool newest = true;
  Status status = services_.database->ScanBackward(
      family(kTypes), EncodeRowKey(RowKey{type, 0, tenant}, 2),
      EncodeRowKey(RowKey{type, last + 1, tenant}, 2),
      [&](std::string_view, std::string_view value) {
        TypeRow row;
        if (!DecodeTypeRow(value, &row) || row.positions.empty() ||
            (!newest && row.ordinal + row.positions.size() != expected)) {
          dense = false;
          return false;
        }
        newest = false;
        expected = row.ordinal;
        for (size_t i = row.positions.size(); i-- > 0;) {
          const Position position = row.positions[i];
          if (position >= first && position <= last) out->push_back(position);
        }
        return row.positions[0] > first;
      });
  if (status.ok() && !dense) status = Malformed("types");
  std::reverse(out->begin(), out->end());
  return status;
}

Result<uint64_t> EventRoom::CountType(uint32_t tenant, uint32_t type,
                                      Position last) const {
  uint64_t count = 0;
  bool malformed = false;
  Status status = services_.database->ScanBackward(
      family(kTypes), EncodeRowKey(RowKey{type, 0, tenant}, 2),
      EncodeRowKey(RowKey{type, last + 1, tenant}, 2),
      [&](std::string_view, std::string_view value) {
        TypeRow row;
        malformed = !DecodeTypeRow(value, &row);
        count = row.ordinal + static_cast<uint64_t>(
                                  std::upper_bound(row.positions.begin(),
                                                   row.positions.end(), last) -
                                  row.positions.begin());
        return false;
      });
  if (!status.ok()) return status;
  if (malformed) return Malformed("types");
  return count;
}

Status EventRoom::ReadHour(uint32_t tenant, uint64_t hour, Position last,
                           std::vector<TimedPosition>* out) const {
  bool malformed = false;
  Status status = services_.database->ScanBackward(
      family(kTimes), EncodeRowKey(RowKey{hour, 0, tenant}, 2),
      EncodeRowKey(RowKey{hour + 1, 0, tenant}, 2),
      [&](std::string_view, std::string_view value) {
        std::vector<TimedPosition> entries;
        if (!DecodeTimeRow(value, &entries)) {
          malformed = true;
          return false;
        }
        for (const TimedPosition& entry : entries) {
          if (entry.position <= last) out->push_back(entry);
        }
        return true;
      });
  if (status.ok() && malformed) status = Malformed("times");
  return status;
}

Status EventRoom::ReadHours(uint32_t tenant, uint64_t from, uint64_t until,
                            std::vector<uint64_t>* out) const {
  bool malformed = false;
  Status status = services_.database->ScanBackward(
      family(kTimes), EncodeRowKey(RowKey{from, 0, tenant}, 2),
      EncodeRowKey(RowKey{until + 1, 0, tenant}, 2),
      [&](std::string_view bytes, std::string_view) {
        RowKey key;
        malformed = !DecodeRowKey(bytes, 2, &key);
        if (out->empty() || out->back() != key.a) out->push_back(key.a);
        return !malformed;
      });
  std::reverse(out->begin(), out->end());
  if (status.ok() && malformed) status = Malformed("times");
  return status;
}

Status EventRoom::Erase(uint32_t, CustomerId, std::span<const RecordId>,
                        FoldContext&) const {
  // Ids stay taken, so that her events are known as erased when they come
  // again; postings hold positions and times, nothing of hers.
  return Status::Ok();
}

}  // namespace crm
