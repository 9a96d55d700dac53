#include "format/event_body.h"

#include "base/coding.h"

namespace crm {
namespace {

constexpr size_t kUuidText = 36;
constexpr size_t kUuidBytes = 16;
constexpr size_t kHyphens[] = {8, 13, 18, 23};

// True and sixteen bytes when `text` is exactly what WriteUuid would write.
bool ReadUuid(std::string_view text, char* bytes) {
  if (text.size() != kUuidText) return false;
  size_t digit = 0;
  for (size_t i = 0; i < kUuidText; ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return false;
      continue;
    }
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return false;
    const int value = decimal ? c - '0' : c - 'a' + 10;
    if (digit % 2 == 0) {
      bytes[digit / 2] = static_cast<char>(value << 4);
    } else {
      bytes[digit / 2] = static_cast<char>(bytes[digit / 2] | value);
    }
    ++digit;
  }
  return true;
}

void WriteUuid(std::string_view bytes, char* text) {
  static constexpr char kHex[] = "0123456789abcdef";
  size_t place = 0;
  for (const char byte : bytes) {
    for (const size_t hyphen : kHyphens) {
      if (place == hyphen) text[place++] = '-';
    }
    text[place++] = kHex[static_cast<uint8_t>(byte) >> 4];
    text[place++] = kHex[static_cast<uint8_t>(byte) & 15];
  }
}

}  // namespace

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

void PackPlain(std::string_view id, std::string* plain) {
  char uuid[1 + kUuidBytes];
  uuid[0] = 1;
  if (ReadUuid(id, uuid + 1)) {
    // One byte of length and the text of the id make room for the form.
    plain->replace(0, 1 + kUuidText, uuid, sizeof(uuid));
  } else {
    plain->insert(plain->begin(), '\0');
  }
}

bool UnpackPlain(std::string* packed) {
  if (packed->empty()) return false;
  const char form = (*packed)[0];
  if (form == 0) {
    packed->erase(0, 1);
    return true;
  }
  if (form != 1 || packed->size() < 1 + kUuidBytes) return false;
  char text[1 + kUuidText];
  text[0] = static_cast<char>(kUuidText);
  WriteUuid(std::string_view(*packed).substr(1, kUuidBytes), text + 1);
  packed->replace(0, 1 + kUuidBytes, text, sizeof(text));
  return true;
}

}  // namespace crm
