// Events as messages of the Segment specification: the way back of
// segment_mapper.cc. See ExportFormat::kSegment.

#ifndef CRM_INGEST_SEGMENT_WRITER_H_
#define CRM_INGEST_SEGMENT_WRITER_H_

#include <string>
#include <string_view>

#include "crm/event.h"
#include "ingest/json_members.h"

namespace crm::ingest {

enum class SegmentOutcome {
  kWritten,
  kSubstituted,  // Its userId is made of an identifier of another name.
  kLeftOut,      // The specification has no place for it.
};

// Used again for each event; one thread.
class SegmentWriter final {
 public:
  // Appends the message to `out`, without a line's end.
  SegmentOutcome Write(const EventView& event, std::string* out);

 private:
  void ReadIdentity(std::string_view identity);
  // The kind of message that says all of the event: track when no other does.
  std::string_view KindOf(const EventView& event);
  bool FitsIdentify(std::string_view payload);
  bool FitsGroup(std::string_view payload);
  bool FitsAlias(std::string_view payload);
  std::string EventNameOf(const EventView& event);
  void WriteContent(const EventView& event, std::string_view kind,
                    std::string* out);
  void WriteContext(const EventView& event, std::string* out);

  // Identifiers of the event, as text.
  std::string user_;
  std::string anonymous_;
  std::string email_;
  std::string phone_;
  std::string device_;
  std::string best_;      // "namespace:value" of the best of the others.
  std::string external_;  // Elements of context.externalIds.
  std::string json_;
  JsonMembers members_;
  JsonMembers traits_;
  JsonMembers metadata_;
  bool from_segment_ = false;  // The event came from a Segment import.
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_SEGMENT_WRITER_H_
