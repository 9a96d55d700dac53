// Which events a retention removes what they say of: as its mark in the log
// has it, so that whoever looks at one, or goes on with it, comes to the same.

#ifndef CRM_PROFILE_EXPIRY_H_
#define CRM_PROFILE_EXPIRY_H_

#include <absl/container/flat_hash_map.h>

#include <cstdint>

#include "crm/types.h"
#include "format/log_record.h"
#include "identity/choice.h"

namespace crm {

// Thread safety: immutable.
class Expiry final {
 public:
  explicit Expiry(const IdentityChoice& mark);

  // Whether an event is old enough, whoever holds it.
  bool IsOld(Position position, const EventHeader& header) const;
  // Whether somebody holds it.
  bool IsHeld(RecordId record, uint32_t type) const;
  bool Covers(Position position, const EventHeader& header) const {
    return IsOld(position, header) && !IsHeld(header.record, header.type);
  }
  uint32_t tenant() const { return tenant_; }

 private:
  const uint32_t tenant_;
  const Position last_;
  absl::flat_hash_map<uint32_t, int64_t> before_;
  absl::flat_hash_map<RecordId, IdentityChoice::Retention::Held> held_;
};

// What is left of a header: what says how a body is to be read means nothing.
void MakeExpired(EventHeader* header);

}  // namespace crm

#endif  // CRM_PROFILE_EXPIRY_H_
