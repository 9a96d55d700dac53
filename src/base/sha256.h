// SHA-256, for hash trees that others can check. With the instructions of the
// processor where it has them, otherwise by libsodium.

#ifndef CRM_BASE_SHA256_H_
#define CRM_BASE_SHA256_H_

#include <string_view>

#include "base/crypto.h"

namespace crm {

Digest Sha256(std::string_view data);

// Whether this processor computes it by instructions of its own; false: four
// to five times slower.
bool HasFastSha256();

}  // namespace crm

#endif  // CRM_BASE_SHA256_H_
