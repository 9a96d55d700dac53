#include "format/timeline_entry.h"

#include "format/wrapping.h"

namespace crm {
namespace {

int64_t DelayOf(const EventHeader& header) {
  return Minus(header.recorded_at, header.occurred_at);
}

// As PutVarint and PutSigned, of eleven numbers.
class Varints {
 public:
  void Put(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      bytes_[size_++] = static_cast<char>(value | 0x80);
    }
    bytes_[size_++] = static_cast<char>(value);
  }
  void PutSigned(int64_t value) {
    Put(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
  }
  std::string_view text() const { return {bytes_, size_}; }

 private:
  char bytes_[110];
  size_t size_ = 0;
};

}  // namespace

// First what differs from entry to entry, then what seldom does, so that it is
// one run for the compression of the block.
void EncodeTimelineEntry(const TimelineRecord& entry,
                         const TimelineRecord& before, std::string* out) {
  const EventHeader& header = entry.header;
  // In one piece: eleven varints cost more than their bytes otherwise.
  Varints numbers;
  numbers.Put(entry.position - before.position);
  numbers.PutSigned(Minus(header.occurred_at, before.header.occurred_at));
  numbers.PutSigned(Minus(DelayOf(header), DelayOf(before.header)));
  numbers.Put(header.plain_size);
  numbers.Put(entry.body.size());
  numbers.Put(header.type);
  numbers.Put(header.dictionary);
  numbers.Put(header.source);
  numbers.Put(header.version);
  numbers.Put(header.flags);
  numbers.Put(header.shape);
  out->append(numbers.text());
  out->append(entry.body);
}

bool DecodeTimelineEntry(ByteReader& reader, const TimelineRecord& before,
                         TimelineRecord* out) {
  TimelineRecord entry;
  EventHeader& header = entry.header;
  entry.position = before.position + reader.Varint();
  header.occurred_at = Plus(before.header.occurred_at, reader.Signed());
  header.recorded_at =
      Plus(header.occurred_at, Plus(DelayOf(before.header), reader.Signed()));
  header.plain_size = static_cast<uint32_t>(reader.Varint());
  const uint64_t size = reader.Varint();
  header.type = static_cast<uint32_t>(reader.Varint());
  header.dictionary = reader.Varint();
  header.source = static_cast<uint32_t>(reader.Varint());
  header.version = static_cast<uint32_t>(reader.Varint());
  header.flags = static_cast<uint16_t>(reader.Varint());
  header.shape = static_cast<uint8_t>(reader.Varint());
  if (!reader.ok() || size > reader.remaining()) return false;
  entry.body = reader.Take(size);
  *out = entry;
  return true;
}

}  // namespace crm
