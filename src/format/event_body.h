// The body of an event: what is compressed and sealed. Eight length-prefixed
// texts in a fixed order; then packed, so that random ids take half the room.

#ifndef CRM_FORMAT_EVENT_BODY_H_
#define CRM_FORMAT_EVENT_BODY_H_

#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm {

struct EventBody {
  std::string_view id;
  std::string_view correlation_id;
  std::string_view causation_id;
  std::string_view timestamp_text;
  std::string_view identity;
  std::string_view payload;
  std::string_view metadata;
  std::string_view extra;
};

// Replaces `*out`.
void PackBody(const EventBody& body, std::string* out);
// Views into `plain`. False: malformed.
[[nodiscard]] bool UnpackBody(std::string_view plain, EventBody* out);

// Makes the packed form of `*plain` in place: u8 1 and the sixteen bytes of an
// id that is a UUID in its canonical form, or u8 0 and the plain text.
void PackPlain(std::string_view id, std::string* plain);
// The inverse. False: malformed.
[[nodiscard]] bool UnpackPlain(std::string* packed);

}  // namespace crm

#endif  // CRM_FORMAT_EVENT_BODY_H_
