// Events as readers see them: payload and version as the upcasters make them
// that were there at the reader's position.

#ifndef CRM_STORE_READ_UPCASTER_H_
#define CRM_STORE_READ_UPCASTER_H_

#include <memory>
#include <string>
#include <string_view>

#include "crm/event.h"
#include "event/definitions.h"
#include "format/log_record.h"

namespace crm {

// One thread at a time.
class ReadUpcaster final {
 public:
  ReadUpcaster() = default;  // Changes nothing.
  ReadUpcaster(const Definitions& definitions, uint32_t tenant, Position at);

  // Changes an opened event. What it then views lives until the next call.
  void Apply(const EventHeader& header, EventView* event);

 private:
  // Null: nothing to do.
  std::shared_ptr<const TenantDefinitions> definitions_;
  Position at_ = 0;
  std::string payload_;
  std::string extra_;
};

}  // namespace crm

#endif  // CRM_STORE_READ_UPCASTER_H_
