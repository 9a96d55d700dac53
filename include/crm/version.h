// The version of libcrm, as numbers for the preprocessor.
//
// Before 1.0 a new minor version may change the API; CHANGELOG.md says how.
// The format on disk has a version of its own, and a store remembers the
// oldest libcrm that may read it and the oldest that may write it.

#ifndef CRM_INCLUDE_VERSION_H_
#define CRM_INCLUDE_VERSION_H_

#include <cstdint>

#define CRM_VERSION_MAJOR 0
#define CRM_VERSION_MINOR 1
#define CRM_VERSION_PATCH 0

namespace crm {

// The format of the stores that this library makes.
uint32_t FormatVersion();
// The oldest format that it reads. A store of an older one is refused with
// kUnsupported, one of a newer format than it knows with kFormatTooNew.
uint32_t OldestFormatVersion();

}  // namespace crm

#endif  // CRM_INCLUDE_VERSION_H_
