// Everything that decodes stored bytes. The first byte chooses, the rest is
// what the disk gave. Nothing may be read out of bounds, and what is accepted
// comes out of the encoder as it was, where there is one way to write it.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/coding.h"
#include "event/postings.h"
#include "event/room.h"
#include "format/dictionary.h"
#include "format/event_body.h"
#include "format/log_record.h"
#include "format/packed_profile.h"
#include "format/profile_state.h"
#include "format/superblock.h"
#include "format/timeline_entry.h"
#include "fuzz/require.h"
#include "identity/identity_room.h"

namespace crm {
namespace {

// Reads every byte of a view, so that a sanitizer sees one that is wrong.
uint64_t Touch(std::string_view text) {
  uint64_t sum = 0;
  for (const char c : text) sum = sum * 31 + static_cast<uint8_t>(c);
  return sum;
}

void ReadLogRecord(std::string_view bytes) {
  LogRecordReader reader;
  LogRecord record;
  const Status status = reader.Read(bytes, &record);
  if (!status.ok()) {
    Require(status.code() == StatusCode::kCorruption ||
            status.code() == StatusCode::kFormatTooNew);
    return;
  }
  Require(record.kind != LogKind::kNone);
  Require(!record.ends_batch || record.chain.size() == kDigestBytes);
  Touch(record.text);
  Touch(record.bytes);
  Touch(record.header);
  Touch(record.sealed);
  Touch(record.digest);
  Touch(record.remnant);
  ChainHash chain{Digest{}};
  chain.Add(1, bytes, record);
  if (record.kind != LogKind::kEvent) return;
  // What is taken out of it changes neither its header nor its chain.
  std::string removed;
  LogRecordReader again;
  LogRecord other;
  Require(RemoveSealed(bytes, {}, &removed).ok());
  Require(again.Read(removed, &other).ok());
  Require(other.removed && other.header == record.header);
  ChainHash same{Digest{}};
  same.Add(1, removed, other);
  Require(chain.Finish() == same.Finish());
}

void ReadBody(std::string_view bytes) {
  EventBody body;
  if (UnpackBody(bytes, &body)) {
    std::string packed;
    PackBody(body, &packed);
    EventBody again;
    Require(UnpackBody(packed, &again));
    Require(again.id == body.id && again.payload == body.payload &&
            again.extra == body.extra && again.metadata == body.metadata);
  }
  std::string plain(bytes);
  if (UnpackPlain(&plain)) {
    Touch(plain);
    if (UnpackBody(plain, &body)) Touch(body.payload);
  }
}

void ReadTimeline(std::string_view bytes) {
  ByteReader reader(bytes);
  TimelineRecord before;
  TimelineRecord record;
  while (!reader.AtEnd() && DecodeTimelineEntry(reader, before, &record)) {
    std::string entry;
    EncodeTimelineEntry(record, before, &entry);
    ByteReader own(entry);
    TimelineRecord again;
    Require(DecodeTimelineEntry(own, before, &again) && own.AtEnd());
    Require(again.position == record.position && again.body == record.body);
    Require(again.header.occurred_at == record.header.occurred_at);
    Require(again.header.recorded_at == record.header.recorded_at);
    before = record;
  }
}

void ReadPackedProfile(std::string_view bytes) {
  std::string state;
  if (!UnpackProfile(bytes, &state)) return;
  std::string packed;
  Require(PackProfile(state, &packed));
  std::string again;
  Require(UnpackProfile(packed, &again) && again == state);
}

void ReadPostings(std::string_view bytes) {
  TypeRow row;
  if (DecodeTypeRow(bytes, &row)) {
    TypeRow again;
    Require(DecodeTypeRow(EncodeTypeRow(row), &again));
    Require(again.ordinal == row.ordinal && again.positions == row.positions);
  }
  std::vector<TimedPosition> entries;
  if (DecodeTimeRow(bytes, &entries)) {
    std::vector<TimedPosition> again;
    Require(DecodeTimeRow(EncodeTimeRow(entries), &again));
    Require(again == entries);
  }
}

template <typename Row>
void ReadRow(std::string_view bytes) {
  Row row;
  if (!row.Decode(bytes)) return;
  Row again;
  Require(again.Decode(row.Encode()));
  Require(again.Encode() == row.Encode());
}

void ReadProfile(std::string_view bytes) {
  // As rows are held: aligned to eight bytes.
  std::vector<uint64_t> aligned(bytes.size() / 8 + 1);
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  const std::string_view held(reinterpret_cast<const char*>(aligned.data()),
                              bytes.size());
  ProfileView view;
  if (!view.Parse(held)) return;
  for (const TraitEntry& trait : view.traits()) {
    Touch(view.NameOf(trait));
    Touch(view.ValueOf(trait));
  }
  ProfileFolder folder;
  std::string after;
  const TraitUpdate updates[] = {{"city", "\"Graaff-Reinet\""}, {"age", ""}};
  TraitOrigin origin;
  origin.occurred_at = 1'700'000'000'000'000;
  origin.position = 7;
  if (!folder.Fold(held, origin, updates, &after)) return;
  ProfileView folded;
  Require(folded.Parse(after));
}

void ReadSuperblock(std::string_view bytes) {
  const Result<Superblock> superblock = DecodeSuperblock(bytes);
  if (!superblock.ok()) return;
  const Result<Superblock> again =
      DecodeSuperblock(EncodeSuperblock(*superblock));
  Require(again.ok() && again->store_id == superblock->store_id &&
          again->sealed == superblock->sealed);
}

// Two bytes of length, a dictionary of one byte of length, the rest.
void Decompress(std::string_view bytes) {
  if (bytes.size() < 3) return;
  const size_t size = GetBe16(bytes.data());
  const size_t cut =
      std::min<size_t>(static_cast<uint8_t>(bytes[2]), bytes.size() - 3);
  const Dictionary dictionary{std::string(bytes.substr(3, cut))};
  const std::string_view rest = bytes.substr(3 + cut);
  std::string plain;
  if (dictionary.Decompress(rest, size, &plain)) Require(plain.size() == size);
  std::string compressed;
  if (!dictionary.Compress(rest, &compressed)) return;
  Require(dictionary.Decompress(compressed, rest.size(), &plain));
  Require(plain == rest);
}

void Fuzz(std::string_view input) {
  if (input.empty()) return;
  const std::string_view bytes = input.substr(1);
  switch (input.front()) {
    case 'l':
      return ReadLogRecord(bytes);
    case 'b':
      return ReadBody(bytes);
    case 't':
      return ReadTimeline(bytes);
    case 'p':
      return ReadPostings(bytes);
    case 'm':
      return ReadRow<Members>(bytes);
    case 'r':
      return ReadRow<RecordRow>(bytes);
    case 'c':
      return ReadRow<TenantCounts>(bytes);
    case 'f':
      return ReadProfile(bytes);
    case 'k':
      return ReadPackedProfile(bytes);
    case 's':
      return ReadSuperblock(bytes);
    default:
      return Decompress(bytes);
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
