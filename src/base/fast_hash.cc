#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash.h"

namespace crm {

uint64_t FastKeyedHash64(const HashKey& key, std::string_view data) {
  const XXH128_hash_t digest = XXH3_128bits(data.data(), data.size());
  char bytes[24];
  const uint64_t size = data.size();
  std::memcpy(bytes, &digest.low64, 8);
  std::memcpy(bytes + 8, &digest.high64, 8);
  std::memcpy(bytes + 16, &size, 8);
  return SipHash64(key, {bytes, sizeof(bytes)});
}

}  // namespace crm
