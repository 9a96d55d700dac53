#include "format/event_body.h"

#include <array>

#include "base/coding.h"

namespace crm {
namespace {

constexpr size_t kUuidText = 36;
constexpr size_t kUuidBytes = 16;
constexpr size_t kHyphens[] = {8, 13, 18, 23};

// What a hexadecimal digit in lower case is worth; 0xf0: it is none.
constexpr std::array<uint8_t, 256> kDigits = [] {
  std::array<uint8_t, 256> digits{};
  digits.fill(0xf0);
  for (int i = 0; i < 10; ++i) {
    digits[static_cast<size_t>('0' + i)] = static_cast<uint8_t>(i);
  }
  for (int i = 0; i < 6; ++i) {
    digits[static_cast<size_t>('a' + i)] = static_cast<uint8_t>(10 + i);
  }
  return digits;
}();

// True and sixteen bytes when `text` is exactly what WriteUuid would write.
bool ReadUuid(std::string_view text, char* bytes) {
  if (text.size() != kUuidText) return false;
  for (const size_t hyphen : kHyphens) {
    if (text[hyphen] != '-') return false;
  }
  // Errors are gathered, so that nothing depends on what a digit is.
  uint8_t wrong = 0;
  size_t at = 0;
  for (size_t i = 0; i < kUuidBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    const uint8_t high = kDigits[static_cast<uint8_t>(text[at])];
    const uint8_t low = kDigits[static_cast<uint8_t>(text[at + 1])];
    wrong |= static_cast<uint8_t>(high | low);
    bytes[i] = static_cast<char>(high << 4 | low);
    at += 2;
  }
  return wrong < 16;
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
