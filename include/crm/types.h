// The small types that every libcrm header shares.

#ifndef CRM_INCLUDE_TYPES_H_
#define CRM_INCLUDE_TYPES_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace crm {

// An instant, UTC, in microseconds since 1970. libcrm accepts instants from
// 1900-01-01 up to, not including, 2200-01-01.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// The place of a record in the log of a store: global, gapless, 1-based.
// Zero means "none" or "before the first".
using Position = uint64_t;

// A customer, dense and 1-based within her tenant. Never reused.
using CustomerId = uint64_t;

// What one source said about one person, dense and 1-based within the tenant.
// Events are bound to their record for ever. Zero: unattributed.
using RecordId = uint64_t;

// Progress of a long call: done out of total (zero: unknown). Returning false
// cancels with kCancelled. Called on the calling thread.
using Progress = std::function<bool(uint64_t done, uint64_t total)>;

// One value by which a person can be found.
//
// The namespace decides the class of the value:
//   exclusive  one value per customer: authUserId, sclMemberId,
//              teetimePlayerId, messagingContactId, customerId, aggregateId,
//              and every name of `externalIds` (confidence 100)
//   shareable  several people may have it: email (95), phoneNumber (85)
//   ephemeral  a device or a browser: anonymousId, deviceId, sessionId.
//              It makes a record when nothing better is there, and never
//              joins two known customers (80: see crm/identity.h)
struct Identifier {
  // 1 to 64 bytes of UTF-8. Not personal: it appears in messages.
  std::string name_space = {};
  // 1 to 256 bytes of UTF-8, as the source gave it. Personal.
  std::string value = {};

  bool operator==(const Identifier&) const = default;
};

}  // namespace crm

#endif  // CRM_INCLUDE_TYPES_H_
