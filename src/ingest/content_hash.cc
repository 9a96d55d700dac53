#include "ingest/content_hash.h"

#include <cstddef>

namespace crm::ingest {
namespace {

uint64_t RotateLeft(uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}

uint64_t Load64(const unsigned char* p) {
  uint64_t x = 0;
  for (int i = 7; i >= 0; --i) x = (x << 8) | p[i];
  return x;
}

// The four words of SipHash, begun with a key of zeroes.
struct SipState {
  uint64_t v0 = 0x736f6d6570736575;
  uint64_t v1 = 0x646f72616e646f6d ^ 0xee;  // 0xee: 128 bits of output.
  uint64_t v2 = 0x6c7967656e657261;
  uint64_t v3 = 0x7465646279746573;

  void Round() {
    v0 += v1;
    v1 = RotateLeft(v1, 13) ^ v0;
    v0 = RotateLeft(v0, 32);
    v2 += v3;
    v3 = RotateLeft(v3, 16) ^ v2;
    v0 += v3;
    v3 = RotateLeft(v3, 21) ^ v0;
    v2 += v1;
    v1 = RotateLeft(v1, 17) ^ v2;
    v2 = RotateLeft(v2, 32);
  }

  void Absorb(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }

  uint64_t Squeeze() {
    for (int i = 0; i < 4; ++i) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

ContentHash HashContent(std::string_view bytes) {
  SipState state;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const size_t whole = bytes.size() & ~size_t{7};
  for (size_t i = 0; i < whole; i += 8) state.Absorb(Load64(p + i));
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  for (size_t i = whole; i < bytes.size(); ++i) {
    last |= static_cast<uint64_t>(p[i]) << (8 * (i - whole));
  }
  state.Absorb(last);
  ContentHash hash;
  state.v2 ^= 0xee;
  hash.low = state.Squeeze();
  state.v1 ^= 0xdd;
  hash.high = state.Squeeze();
  return hash;
}

std::string ToHex(const ContentHash& hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(32);
  for (uint64_t word : {hash.low, hash.high}) {
    for (int i = 0; i < 8; ++i, word >>= 8) {
      hex.push_back(kDigits[(word >> 4) & 15]);
      hex.push_back(kDigits[word & 15]);
    }
  }
  return hex;
}

void AppendPart(std::string_view text, std::string* out) {
  AppendNumber(text.size(), out);
  out->append(text);
}

void AppendNumber(uint64_t number, std::string* out) {
  for (int i = 0; i < 8; ++i, number >>= 8) {
    out->push_back(static_cast<char>(number & 0xff));
  }
}

}  // namespace crm::ingest
