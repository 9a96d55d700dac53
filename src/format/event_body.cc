#include "format/event_body.h"

#include "base/coding.h"

namespace crm {

void PackBody(const EventBody& body, std::string* out) {
  out->clear();
  PutBytes(out, body.id);
  PutBytes(out, body.correlation_id);
  PutBytes(out, body.causation_id);
  PutBytes(out, body.timestamp_text);
  PutBytes(out, body.identity);
  PutBytes(out, body.payload);
  PutBytes(out, body.metadata);
  PutBytes(out, body.extra);
}

bool UnpackBody(std::string_view plain, EventBody* out) {
  ByteReader reader(plain);
  out->id = reader.Bytes();
  out->correlation_id = reader.Bytes();
  out->causation_id = reader.Bytes();
  out->timestamp_text = reader.Bytes();
  out->identity = reader.Bytes();
  out->payload = reader.Bytes();
  out->metadata = reader.Bytes();
  out->extra = reader.Bytes();
  return reader.ok() && reader.AtEnd();
}

}  // namespace crm
