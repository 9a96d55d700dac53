#include "base/hash.h"

#include <bit>

namespace crm {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the loads below are written for little-endian machines");

uint64_t Load64(const char* data) {
  uint64_t value;
  std::memcpy(&value, data, sizeof(value));
  return value;
}

// The last 0 to 7 bytes, little-endian. `data` points behind the end of the
// whole text, so that a text of eight or more bytes needs one load only.
uint64_t LoadTail(const char* end, size_t size, size_t tail) {
  if (tail == 0) return 0;
  if (size >= 8) return Load64(end - 8) >> (8 * (8 - tail));
  uint64_t value = 0;
  std::memcpy(&value, end - tail, tail);
  return value;
}

struct SipState {
  uint64_t v0, v1, v2, v3;

  [[gnu::always_inline]] void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  [[gnu::always_inline]] void Absorb(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }

  [[gnu::always_inline]] uint64_t Squeeze() {
    Round();
    Round();
    Round();
    Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

[[gnu::always_inline]] inline SipState Absorbed(const HashKey& key,
                                                std::string_view data,
                                                uint64_t variant) {
  const uint64_t k0 = Load64(reinterpret_cast<const char*>(key.data()));
  const uint64_t k1 = Load64(reinterpret_cast<const char*>(key.data()) + 8);
  SipState state{0x736f6d6570736575ULL ^ k0,
                 0x646f72616e646f6dULL ^ k1 ^ variant,
                 0x6c7967656e657261ULL ^ k0, 0x7465646279746573ULL ^ k1};
  const size_t tail = data.size() & 7;
  const char* const end = data.data() + data.size();
  for (const char* at = data.data(); at != end - tail; at += 8) {
    state.Absorb(Load64(at));
  }
  state.Absorb(LoadTail(end, data.size(), tail) |
               static_cast<uint64_t>(data.size()) << 56);
  return state;
}

}  // namespace

Hash128 SipHash128(const HashKey& key, std::string_view data) {
  SipState state = Absorbed(key, data, 0xee);
  state.v2 ^= 0xee;
  Hash128 hash;
  hash.hi = state.Squeeze();
  state.v1 ^= 0xdd;
  hash.lo = state.Squeeze();
  return hash;
}

uint64_t SipHash64(const HashKey& key, std::string_view data) {
  SipState state = Absorbed(key, data, 0);
  state.v2 ^= 0xff;
  return state.Squeeze();
}

uint64_t StableHash64(std::string_view data) {
  // The key is part of every format that stores such a hash.
  static constexpr HashKey kPublicKey = {'c', 'r', 'm', ' ', 's', 't',
                                         'a', 'b', 'l', 'e', ' ', 'h',
                                         'a', 's', 'h', '1'};
  return SipHash64(kPublicKey, data);
}

}  // namespace crm
