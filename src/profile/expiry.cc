#include "profile/expiry.h"

#include <algorithm>

namespace crm {

Expiry::Expiry(const IdentityChoice& mark)
    : tenant_(mark.tenant), last_(mark.retention.last) {
  for (const auto& type : mark.retention.types) {
    before_.emplace(type.type, type.before);
  }
  for (const auto& held : mark.retention.held) held_.emplace(held.record, held);
}

bool Expiry::IsOld(Position position, const EventHeader& header) const {
  if (header.tenant != tenant_ || position > last_) return false;
  const auto found = before_.find(header.type);
  return found != before_.end() && header.occurred_at < found->second;
}

bool Expiry::IsHeld(RecordId record, uint32_t type) const {
  const auto found = held_.find(record);
  if (found == held_.end()) return false;
  return found->second.everything ||
         std::binary_search(found->second.types.begin(),
                            found->second.types.end(), type);
}

void MakeExpired(EventHeader* header) {
  header->flags |= kEventExpired | kEventRaw;
  header->flags &= static_cast<uint16_t>(~kEventRedacted);
  header->dictionary = 0;
  header->plain_size = 0;
}

}  // namespace crm
