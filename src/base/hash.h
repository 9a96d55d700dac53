// Hashes: keyed ones for look-ups (SipHash-2-4, a pseudo-random function) and
// a collision-resistant one for chains (BLAKE2b-256, in crypto.h).

#ifndef CRM_BASE_HASH_H_
#define CRM_BASE_HASH_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace crm {

// 128 bits of keyed hash.
struct Hash128 {
  uint64_t hi = 0;
  uint64_t lo = 0;
  bool operator==(const Hash128&) const = default;
  auto operator<=>(const Hash128&) const = default;
};

using HashKey = std::array<uint8_t, 16>;

// SipHash-2-4 with 128 and 64 bits of output (Aumasson and Bernstein 2012).
Hash128 SipHash128(const HashKey& key, std::string_view data);
uint64_t SipHash64(const HashKey& key, std::string_view data);

// Unkeyed, the same on every machine and in every store: for tie-breaks and
// checksums, never for look-ups of personal values.
uint64_t StableHash64(std::string_view data);

// A keyed hash for long texts: XXH3 to 128 bits, then SipHash of that. Without
// the key nothing can be computed; collisions can be made on purpose, so it
// tells honest texts apart and nothing more.
uint64_t FastKeyedHash64(const HashKey& key, std::string_view data);

}  // namespace crm

#endif  // CRM_BASE_HASH_H_
