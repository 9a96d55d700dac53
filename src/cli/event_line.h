// An event as a line of JSON.

#ifndef CRM_CLI_EVENT_LINE_H_
#define CRM_CLI_EVENT_LINE_H_

#include <string>
#include <string_view>

#include "crm/event.h"

namespace crm::cli {

// As it came in, and with a line end; its open part when that is all there is.
std::string JsonLine(const EventView& event, std::string_view tenant);

}  // namespace crm::cli

#endif  // CRM_CLI_EVENT_LINE_H_
