#include "base/coding.h"

#include <bit>
#include <cstring>

namespace crm {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the byte swaps below are written for little-endian machines");

constexpr int kMaxVarintBytes = 10;

template <typename T>
void PutRaw(std::string* out, T swapped) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &swapped, sizeof(T));
  out->append(bytes, sizeof(T));
}

template <typename T>
T GetRaw(const char* data) {
  T value;
  std::memcpy(&value, data, sizeof(T));
  return value;
}

}  // namespace

void PutBe16(std::string* out, uint16_t value) {
  PutRaw(out, __builtin_bswap16(value));
}
void PutBe32(std::string* out, uint32_t value) {
  PutRaw(out, __builtin_bswap32(value));
}
void PutBe64(std::string* out, uint64_t value) {
  PutRaw(out, __builtin_bswap64(value));
}
uint16_t GetBe16(const char* data) {
  return __builtin_bswap16(GetRaw<uint16_t>(data));
}
uint32_t GetBe32(const char* data) {
  return __builtin_bswap32(GetRaw<uint32_t>(data));
}
uint64_t GetBe64(const char* data) {
  return __builtin_bswap64(GetRaw<uint64_t>(data));
}

void PutVarint(std::string* out, uint64_t value) {
  if (value < 0x80) {  // Most of them.
    out->push_back(static_cast<char>(value));
    return;
  }
  char bytes[kMaxVarintBytes];
  int size = 0;
  while (value >= 0x80) {
    bytes[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes[size++] = static_cast<char>(value);
  out->append(bytes, size);
}

void PutSigned(std::string* out, int64_t value) {
  PutVarint(out, (static_cast<uint64_t>(value) << 1) ^
                     static_cast<uint64_t>(value >> 63));
}

void PutBytes(std::string* out, std::string_view bytes) {
  PutVarint(out, bytes.size());
  out->append(bytes);
}

std::string_view ByteReader::Take(size_t size) {
  if (!ok_ || size > data_.size()) {
    ok_ = false;
    data_ = {};
    return {};
  }
  const std::string_view taken = data_.substr(0, size);
  data_.remove_prefix(size);
  return taken;
}

std::string_view ByteReader::Rest() { return Take(data_.size()); }

uint8_t ByteReader::U8() {
  const std::string_view byte = Take(1);
  return ok_ ? static_cast<uint8_t>(byte[0]) : 0;
}

uint16_t ByteReader::Be16() {
  const std::string_view bytes = Take(2);
  return ok_ ? GetBe16(bytes.data()) : 0;
}

uint32_t ByteReader::Be32() {
  const std::string_view bytes = Take(4);
  return ok_ ? GetBe32(bytes.data()) : 0;
}

uint64_t ByteReader::Be64() {
  const std::string_view bytes = Take(8);
  return ok_ ? GetBe64(bytes.data()) : 0;
}

uint64_t ByteReader::Varint() {
  if (!data_.empty() && static_cast<uint8_t>(data_[0]) < 0x80) {
    const auto small = static_cast<uint8_t>(data_[0]);
    data_.remove_prefix(1);
    return small;
  }
  uint64_t value = 0;
  const size_t limit =
      data_.size() < kMaxVarintBytes ? data_.size() : kMaxVarintBytes;
  for (size_t i = 0; i < limit; ++i) {
    const auto byte = static_cast<uint8_t>(data_[i]);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    // One number has one encoding: neither bits beyond 64 nor a needless
    // zero at the end.
    if ((i == kMaxVarintBytes - 1 && byte > 1) || (i > 0 && byte == 0)) break;
    data_.remove_prefix(i + 1);
    return value;
  }
  ok_ = false;
  data_ = {};
  return 0;
}

int64_t ByteReader::Signed() {
  const uint64_t value = Varint();
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

std::string_view ByteReader::Bytes() {
  const uint64_t size = Varint();
  if (size > data_.size()) {
    ok_ = false;
    data_ = {};
    return {};
  }
  return Take(static_cast<size_t>(size));
}

}  // namespace crm
