// One event as the timeline keeps it: the header fields that show, and the
// body as it was compressed for the log. Blocks of such entries are sealed
// with the key of their record.

#ifndef CRM_FORMAT_TIMELINE_ENTRY_H_
#define CRM_FORMAT_TIMELINE_ENTRY_H_

#include <string>
#include <string_view>

#include "base/coding.h"
#include "crm/types.h"
#include "format/log_record.h"

namespace crm {

struct TimelineRecord {
  Position position = 0;
  // Of the header: type, source, version, times, flags, shape, dictionary,
  // plain_size. The rest is zero; the revision is known from the place.
  EventHeader header;
  std::string_view body;  // Compressed, unless kEventRaw.
};

// Appends. `before`: the entry in front of it in its block; one that stands
// alone or first has an empty one.
void EncodeTimelineEntry(const TimelineRecord& entry,
                         const TimelineRecord& before, std::string* out);
// `*out` may be `before`. False: malformed.
[[nodiscard]] bool DecodeTimelineEntry(ByteReader& reader,
                                       const TimelineRecord& before,
                                       TimelineRecord* out);

}  // namespace crm

#endif  // CRM_FORMAT_TIMELINE_ENTRY_H_
