// The superblock: what a store is, written once when it is made.

#ifndef CRM_FORMAT_SUPERBLOCK_H_
#define CRM_FORMAT_SUPERBLOCK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

// Phone numbers in E.164 alone are identifiers: made by a build without
// libphonenumber.
inline constexpr uint64_t kFeaturePlainPhones = 1;

struct Superblock {
  uint32_t format = 1;
  uint32_t min_reader = 1;  // The oldest format version that can read it.
  uint32_t min_writer = 1;
  uint64_t features = 0;  // Bits that a reader must know.
  std::string store_id;   // 16 random bytes.
  bool sealed = true;
  std::string region;
};

std::string EncodeSuperblock(const Superblock& superblock);
// kCorruption, kFormatTooNew (names both numbers).
Result<Superblock> DecodeSuperblock(std::string_view bytes);

}  // namespace crm

#endif  // CRM_FORMAT_SUPERBLOCK_H_
