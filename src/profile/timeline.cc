// The timeline of a record: sealed blocks on disk, the tail in memory.

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/coding.h"
#include "base/give_way.h"
#include "format/dictionary.h"
#include "profile/profile_room.h"

namespace crm {
namespace {

// A block ends at so many events or bytes.
constexpr size_t kBlockEvents = 128;
constexpr size_t kBlockBytes = 64 * 1024;
// So many entries ahead memory is asked for.
constexpr size_t kAhead = 6;

// Bodies are compressed already, each for itself. What they share, a person's
// identifiers above all, stands in them as it is: a second pass over all of
// them finds it, as well as one over the plain text would.
const Dictionary& Compressor() {
  static const Dictionary* const none = new Dictionary(std::string());
  return *none;
}

// Size and compressed text; or zero and the text. Replaces.
void PackEntries(std::string_view plain, uint64_t count, std::string* packed) {
  if (count > 1) {
    packed->clear();
    PutVarint(packed, plain.size());
    if (Compressor().Compress(plain, packed)) return;
  }
  packed->assign(1, '\0');
  packed->append(plain);
}

// False: malformed.
bool UnpackEntries(std::string_view packed, std::string* plain) {
  ByteReader reader(packed);
  const uint64_t size = reader.Varint();
  if (!reader.ok()) return false;
  if (size != 0) return Compressor().Decompress(reader.Rest(), size, plain);
  plain->assign(reader.Rest());
  return true;
}

Status DamagedBlock(uint64_t record) {
  return Status(
      StatusCode::kCorruption,
      "timeline of record " + std::to_string(record) + " does not open");
}

Status MissingEvents(RecordId record, uint64_t count) {
  return Status(StatusCode::kCorruption,
                "timeline of record " + std::to_string(record) + ": " +
                    std::to_string(count) + " events are missing");
}

}  // namespace

Status ProfileRoom::WritePacked(const Tail::Part& part,
                                const FrozenRows& frozen, Ingestion& out) {
  // Buckets first, with one fsync: profiles are sealed right after this.
  std::vector<std::pair<uint32_t, uint64_t>> buckets;
  for (const RowKey& key : frozen.keys[family(kProfiles)]) {
    const std::pair<uint32_t, uint64_t> bucket{key.tenant,
                                               key.a / kRecordsPerBucket};
    if (buckets.empty() || buckets.back() != bucket) buckets.push_back(bucket);
  }
  std::vector<uint64_t> numbers;
  for (size_t i = 0; i < buckets.size(); ++i) {
    numbers.push_back(buckets[i].second);
    if (i + 1 < buckets.size() && buckets[i + 1].first == buckets[i].first) {
      continue;
    }
    Status status = keyring_->EnsureBuckets(buckets[i].first, numbers);
    if (!status.ok()) return status;
    numbers.clear();
  }

  // By record. Entries lie in the order in which they came, so that each is
  // asked of memory some time before it is its turn.
  std::vector<Place> places;
  places.reserve(part.entries.size());
  for (size_t i = 0; i < part.entries.size(); ++i) {
    const TailEntry& entry = part.entries[i];
    if (entry.record == 0) continue;
    places.push_back({entry.tenant, static_cast<uint32_t>(i), entry.record});
  }
  SortGivingWay(places.begin(), places.end());
  std::span<const Place> rest = places;
  while (!rest.empty()) {
    Status status = WriteRecord(part, &rest, out);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// The first record of `rest`, which it is taken from.
Status ProfileRoom::WriteRecord(const Tail::Part& part,
                                std::span<const Place>* rest, Ingestion& out) {
  const auto [tenant, index, record] = rest->front();
  plain_.clear();
  TimelineRecord before;
  uint64_t first_revision = 0;
  uint64_t count = 0;
  bool more = true;
  while (more) {
    const TailEntry& entry = part.entries[rest->front().index];
    if (rest->size() > 2 * kAhead) {
      __builtin_prefetch(&part.entries[(*rest)[2 * kAhead].index]);
      const std::string_view next = part.entries[(*rest)[kAhead].index].content;
      for (size_t at = 0; at < next.size(); at += 64) {
        __builtin_prefetch(next.data() + at);
      }
    }
    *rest = rest->subspan(1);
    more = !rest->empty() && rest->front().record == record &&
           rest->front().tenant == tenant;
    if (count == 0) first_revision = entry.revision;
    if (!entry.content.empty()) {  // Else its key is gone.
      TimelineRecord timeline;
      ByteReader reader(entry.content);
      if (!DecodeTimelineEntry(reader, {}, &timeline)) {
        return DamagedBlock(record);
      }
      EncodeTimelineEntry(timeline, before, &plain_);
      before = timeline;
    }
    ++count;
    if (more && count < kBlockEvents && plain_.size() < kBlockBytes) continue;
    Status status =
        WriteBlock(tenant, record, first_revision, count, plain_, out);
    if (!status.ok()) return status;
    plain_.clear();
    before = {};
    count = 0;
  }
  return Status::Ok();
}

Status ProfileRoom::WriteBlock(uint32_t tenant, uint64_t record,
                               uint64_t first_revision, uint64_t count,
                               std::string_view plain, Ingestion& out) {
  std::string value;
  PutVarint(&value, count);
  std::string associated =
      EncodeRowKey(RowKey{record, first_revision, tenant}, 2);
  const size_t key_size = associated.size();
  associated += value;
  Result<Key> key = keyring_->RecordKey(tenant, record);
  if (key.ok()) {
    const Nonce nonce = nonces_.Next();
    value.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
    PackEntries(plain, count, &packed_);
    keyring_->Seal(*key, nonce, packed_, associated, &value);
  } else if (key.status().code() != StatusCode::kErased) {
    return std::move(key).status();
  }
  return out.Put(family(kTimeline), associated.substr(0, key_size), value);
}

Status ProfileRoom::OpenBlock(std::string_view key_bytes,
                              std::string_view value, uint64_t* count,
                              std::string* plain) const {
  RowKey key;
  ByteReader reader(value);
  *count = reader.Varint();
  if (!DecodeRowKey(key_bytes, 2, &key) || !reader.ok() || *count == 0 ||
      *count > kBlockEvents) {
    return Status(StatusCode::kCorruption, "timeline: malformed row");
  }
  const std::string_view rest = reader.Rest();
  plain->clear();
  Result<Key> sealing = keyring_->RecordKey(key.tenant, key.a);
  if (!sealing.ok()) return std::move(sealing).status();
  if (rest.size() < kNonceBytes) return DamagedBlock(key.a);
  Nonce nonce;
  std::memcpy(nonce.data(), rest.data(), kNonceBytes);
  std::string associated(key_bytes);
  associated += value.substr(0, value.size() - rest.size());
  thread_local std::string packed;
  packed.clear();
  if (!keyring_->Open(*sealing, nonce, rest.substr(kNonceBytes), associated,
                      &packed) ||
      !UnpackEntries(packed, plain)) {
    return DamagedBlock(key.a);
  }
  return Status::Ok();
}

// What is in memory still is not to be read either when its key is gone.
bool ProfileRoom::IsErased(uint32_t tenant, RecordId record) const {
  return keyring_->RecordKey(tenant, record).status().code() ==
         StatusCode::kErased;
}

Status ProfileRoom::ReadRecord(uint32_t tenant, RecordId record,
                               uint64_t expected, Position last,
                               std::vector<RecordEvent>* out) const {
  // The tail first: what a checkpoint moves meanwhile is then seen twice, not
  // missed, and told by its revision.
  std::vector<TailEntry> tail;
  const Tail::Parts parts =
      services_.tail->ReadRecord(tenant, record, last, &tail);
  uint64_t on_disk =
      tail.empty() ? expected : std::min(expected, tail[0].revision);
  std::vector<std::pair<std::string, std::string>> blocks;
  Status status = services_.database->ScanBackward(
      family(kTimeline), EncodeRowKey(RowKey{record, 0, tenant}, 2),
      EncodeRowKey(RowKey{record, on_disk, tenant}, 2),
      [&](std::string_view key, std::string_view value) {
        blocks.emplace_back(key, value);
        return true;
      });
  if (!status.ok()) return status;
  uint64_t revision = 0;
  const auto add = [&](std::string_view entries, uint64_t count) -> bool {
    ByteReader reader(entries);
    TimelineRecord entry;
    for (uint64_t i = 0; i < count; ++i) {
      if (!DecodeTimelineEntry(reader, entry, &entry)) return false;
      if (revision < expected) {
        RecordEvent event;
        event.record = entry;
        event.record.header.revision = revision;
        event.owner = record;
        event.body.assign(event.record.body);
        event.record.body = {};
        Substitute(&event.record, &event.body);
        out->push_back(std::move(event));
      }
      ++revision;
    }
    return reader.AtEnd();
  };
  std::string plain;
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    uint64_t count = 0;
    status = OpenBlock(block->first, block->second, &count, &plain);
    // Blocks are dense: each begins where the one before it ends.
    RowKey key;
    if (revision < on_disk &&
        (!DecodeRowKey(block->first, 2, &key) || key.b != revision)) {
      return DamagedBlock(record);
    }
    if (status.code() == StatusCode::kErased) {
      revision += count;
      continue;
    }
    if (!status.ok()) return status;
    if (revision >= on_disk) break;
    if (!add(plain, count)) return DamagedBlock(record);
  }
  const bool erased = !tail.empty() && IsErased(tenant, record);
  for (const TailEntry& entry : tail) {
    if (entry.revision < revision) continue;
    if (entry.revision > revision) return DamagedBlock(record);
    if (erased || entry.content.empty()) {  // Folded without its key.
      ++revision;
      continue;
    }
    if (!add(entry.content, 1)) return DamagedBlock(record);
  }
  return revision < expected ? MissingEvents(record, expected - revision)
                             : Status::Ok();
}

void ProfileRoom::Redact(const RedactedEvents& events) {
  MutexLock lock(redacted_mutex_);
  redacted_.insert(events.begin(), events.end());
  any_redacted_.store(!redacted_.empty());
}

void ProfileRoom::ForgetRedacted(const RedactedEvents& events) {
  MutexLock lock(redacted_mutex_);
  for (const auto& [position, event] : events) redacted_.erase(position);
  any_redacted_.store(!redacted_.empty());
}

void ProfileRoom::Substitute(TimelineRecord* entry, std::string* body) const {
  if (!any_redacted_.load()) return;
  MutexLock lock(redacted_mutex_);
  const auto found = redacted_.find(entry->position);
  if (found == redacted_.end()) return;
  const EventHeader& header = found->second.header;
  entry->header.plain_size = header.plain_size;
  entry->header.dictionary = header.dictionary;
  entry->header.flags = header.flags;
  *body = found->second.body;
}

Status ProfileRoom::RewriteTimeline(uint32_t tenant, RecordId record,
                                    Ingestion& out) {
  std::vector<std::pair<std::string, std::string>> blocks;
  Status status = services_.database->ScanBackward(
      family(kTimeline), EncodeRowKey(RowKey{record, 0, tenant}, 2),
      EncodeRowKey(RowKey{record + 1, 0, tenant}, 2),
      [&](std::string_view key, std::string_view value) {
        blocks.emplace_back(key, value);
        return true;
      });
  std::string plain;
  std::string body;
  for (auto block = blocks.rbegin(); status.ok() && block != blocks.rend();
       ++block) {
    RowKey key;
    uint64_t count = 0;
    status = OpenBlock(block->first, block->second, &count, &plain);
    const bool erased = status.code() == StatusCode::kErased;
    if (!status.ok() && !erased) return status;
    if (!DecodeRowKey(block->first, 2, &key)) return DamagedBlock(record);
    std::string entries;
    if (!erased) {
      ByteReader reader(plain);
      TimelineRecord from;
      TimelineRecord before;
      for (uint64_t i = 0; i < count; ++i) {
        if (!DecodeTimelineEntry(reader, from, &from)) {
          return DamagedBlock(record);
        }
        TimelineRecord to = from;
        body.assign(from.body);
        Substitute(&to, &body);
        to.body = body;
        EncodeTimelineEntry(to, before, &entries);
        before = to;
        before.body = {};
      }
      status = Status::Ok();
      if (entries == plain) continue;
    }
    status = WriteBlock(tenant, record, key.b, count, entries, out);
  }
  return status;
}

Status ProfileRoom::Canonical(size_t own, std::string_view key_bytes,
                              std::string_view value, const CanonicalSink& sink,
                              uint32_t* tenant, CustomerId* customer) const {
  RowKey key;
  if (!DecodeRowKey(key_bytes, families()[own].words, &key)) {
    return Status(StatusCode::kCorruption, "malformed key");
  }
  *tenant = key.tenant;
  Result<RecordRow> record = identity_->RecordOf(key.tenant, key.a);
  if (record.ok()) *customer = record->customer;
  if (own == kProfiles) {
    std::string plain;
    Status status = families()[own].codec->Decode(key, value, &plain);
    if (!status.ok()) return status;
    sink(CanonicalItem{std::string(key_bytes), std::move(plain), key.tenant,
                       *customer});
    return Status::Ok();
  }
  uint64_t count = 0;
  std::string plain;
  Status status = OpenBlock(key_bytes, value, &count, &plain);
  if (!status.ok() && status.code() != StatusCode::kErased) return status;
  const bool erased = !status.ok();
  ByteReader reader(plain);
  TimelineRecord entry;
  for (uint64_t i = 0; i < count; ++i) {
    std::string item;
    if (!erased) {
      if (!DecodeTimelineEntry(reader, entry, &entry)) {
        return DamagedBlock(key.a);
      }
      EncodeTimelineEntry(entry, {}, &item);  // As if it stood alone.
    }
    std::string name(key_bytes.substr(0, 12));
    PutBe64(&name, key.b + i);
    sink(
        CanonicalItem{std::move(name), std::move(item), key.tenant, *customer});
  }
  return Status::Ok();
}

}  // namespace crm
