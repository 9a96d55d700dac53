// From a record of the log to the event that a reader sees.

#ifndef CRM_STORE_EVENT_OPENER_H_
#define CRM_STORE_EVENT_OPENER_H_

#include <string>
#include <utility>

#include "crm/event.h"
#include "format/log_record.h"
#include "store/core.h"
#include "store/read_upcaster.h"

namespace crm {

// One thread at a time; buffers are kept. What an EventView shows is valid
// until the next call.
class EventOpener final {
 public:
  // What changes the payloads from now on; at first nothing does.
  void set_upcaster(ReadUpcaster upcaster) { upcaster_ = std::move(upcaster); }

  // The whole of it, or with `open_parts_only` its open part. Not opened: the
  // key was destroyed.
  Status Open(StoreCore& core, Position position, const LogRecord& record,
              bool open_parts_only, EventView* event);

  // The open part.
  static void Show(const StoreCore& core, Position position,
                   const EventHeader& header, EventView* event);
  // The rest, from a compressed body, which is taken over.
  Status Expand(StoreCore& core, const EventHeader& header, std::string* body,
                EventView* event);

 private:
  Status ExpandBody(StoreCore& core, const EventHeader& header,
                    EventView* event);

  ReadUpcaster upcaster_;
  std::string body_;
  std::string plain_;
};

}  // namespace crm

#endif  // CRM_STORE_EVENT_OPENER_H_
