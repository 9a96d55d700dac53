// The hash behind the ids of rows that have none, and behind fingerprints of
// files: SipHash-2-4 with 128 bits of output and a key of zeroes.
//
// It has no secret on purpose: the same row must get the same id in every
// store, for ever. What it makes is stored sealed, like any event id, or is
// about whole files. Changing it would import old files a second time.

#ifndef CRM_INGEST_CONTENT_HASH_H_
#define CRM_INGEST_CONTENT_HASH_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace crm::ingest {

struct ContentHash {
  uint64_t low = 0;
  uint64_t high = 0;

  bool operator==(const ContentHash&) const = default;

  // For absl's containers: the bits are as good as random already.
  template <typename H>
  friend H AbslHashValue(H state, const ContentHash& hash) {
    return H::combine(std::move(state), hash.low, hash.high);
  }
};

ContentHash HashContent(std::string_view bytes);

// 32 hexadecimal digits: the 16 bytes of the hash in order.
std::string ToHex(const ContentHash& hash);

// Appends `text` with its length in front, so that parts that are hashed
// together cannot run into each other.
void AppendPart(std::string_view text, std::string* out);
// Appends eight bytes, little-endian.
void AppendNumber(uint64_t number, std::string* out);

}  // namespace crm::ingest

#endif  // CRM_INGEST_CONTENT_HASH_H_
