#include "event/postings.h"

#include "base/coding.h"
#include "base/time_text.h"

namespace crm {

std::string EncodeTypeRow(const TypeRow& row) {
  std::string out;
  PutVarint(&out, row.ordinal);
  PutVarint(&out, row.positions.size());
  Position previous = 0;
  for (Position position : row.positions) {
    PutVarint(&out, position - previous);
    previous = position;
  }
  return out;
}

bool DecodeTypeRow(std::string_view bytes, TypeRow* row) {
  ByteReader reader(bytes);
  row->ordinal = reader.Varint();
  const uint64_t count = reader.Varint();
  // Each entry takes a byte at least: a damaged count allocates nothing.
  if (count > reader.remaining()) return false;
  row->positions.clear();
  row->positions.reserve(count);
  Position position = 0;
  for (uint64_t i = 0; i < count; ++i) {
    position += reader.Varint();
    row->positions.push_back(position);
  }
  return reader.ok() && reader.AtEnd();
}

std::string EncodeTimeRow(const std::vector<TimedPosition>& entries) {
  std::string out;
  PutVarint(&out, entries.size());
  TimedPosition previous;
  for (const TimedPosition& entry : entries) {
    PutSigned(&out, entry.occurred_at - previous.occurred_at);
    PutSigned(&out, static_cast<int64_t>(entry.position - previous.position));
    previous = entry;
  }
  return out;
}

bool DecodeTimeRow(std::string_view bytes,
                   std::vector<TimedPosition>* entries) {
  ByteReader reader(bytes);
  const uint64_t count = reader.Varint();
  if (count > reader.remaining()) return false;
  entries->clear();
  entries->reserve(count);
  TimedPosition entry;
  for (uint64_t i = 0; i < count; ++i) {
    entry.occurred_at =
        static_cast<int64_t>(static_cast<uint64_t>(entry.occurred_at) +
                             static_cast<uint64_t>(reader.Signed()));
    entry.position += static_cast<uint64_t>(reader.Signed());
    entries->push_back(entry);
  }
  return reader.ok() && reader.AtEnd();
}

uint64_t HourOf(int64_t occurred_at) {
  return static_cast<uint64_t>(occurred_at - kMinTimeUs) /
         static_cast<uint64_t>(kHourUs);
}

}  // namespace crm
