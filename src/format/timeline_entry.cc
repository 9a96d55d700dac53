#include "format/timeline_entry.h"

namespace crm {

void EncodeTimelineEntry(Position position, const EventHeader& header,
                         std::string_view body, std::string* out) {
  PutVarint(out, position);
  PutVarint(out, header.revision);
  PutVarint(out, header.type);
  PutVarint(out, header.source);
  PutVarint(out, header.version);
  PutSigned(out, header.occurred_at);
  PutSigned(out, header.recorded_at - header.occurred_at);
  PutVarint(out, header.flags);
  PutVarint(out, header.shape);
  PutVarint(out, header.dictionary);
  PutVarint(out, header.plain_size);
  PutBytes(out, body);
}

bool DecodeTimelineEntry(ByteReader& reader, TimelineRecord* out) {
  out->position = reader.Varint();
  EventHeader& header = out->header;
  header = EventHeader();
  header.revision = reader.Varint();
  header.type = static_cast<uint32_t>(reader.Varint());
  header.source = static_cast<uint32_t>(reader.Varint());
  header.version = static_cast<uint32_t>(reader.Varint());
  header.occurred_at = reader.Signed();
  // Wraps instead of overflowing on damaged bytes.
  header.recorded_at =
      static_cast<int64_t>(static_cast<uint64_t>(header.occurred_at) +
                           static_cast<uint64_t>(reader.Signed()));
  header.flags = static_cast<uint16_t>(reader.Varint());
  header.shape = static_cast<uint8_t>(reader.Varint());
  header.dictionary = reader.Varint();
  header.plain_size = static_cast<uint32_t>(reader.Varint());
  out->body = reader.Bytes();
  return reader.ok();
}

}  // namespace crm
