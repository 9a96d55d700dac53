// The superblock: what a store is, written once when it is made.

#ifndef CRM_FORMAT_SUPERBLOCK_H_
#define CRM_FORMAT_SUPERBLOCK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "crm/status.h"
#include "format/log_record.h"

namespace crm {

// Phone numbers in E.164 alone are identifiers: made by a build without
// libphonenumber.
inline constexpr uint64_t kFeaturePlainPhones = 1;

struct Superblock {
  uint32_t format = kFormatVersion;
  // The oldest format version that can read it.
  uint32_t min_reader = kFormatVersion;
  uint32_t min_writer = kFormatVersion;
  uint64_t features = 0;  // Bits that a reader must know.
  std::string store_id;   // 16 random bytes.
  bool sealed = true;
  std::string region;
};

std::string EncodeSuperblock(const Superblock& superblock);
// kCorruption; kFormatTooNew, and kUnsupported of one that is older than what
// this libcrm reads: both name both numbers.
Result<Superblock> DecodeSuperblock(std::string_view bytes);

}  // namespace crm

#endif  // CRM_FORMAT_SUPERBLOCK_H_
