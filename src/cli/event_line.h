// An event as a line: for people, or for programs.

#ifndef CRM_CLI_EVENT_LINE_H_
#define CRM_CLI_EVENT_LINE_H_

#include <string>

#include "cli/command.h"
#include "crm/event.h"
#include "crm/identity.h"

namespace crm::cli {

// With --json as it came in, or its open part when that is all there is.
// Otherwise columns of fixed widths: there may be no end of them. With its
// line end.
std::string LineOf(const EventView& event, const StoreOption& option);

// "merged", "split", "erased".
const char* ChangeName(IdentityChange::Kind kind);

// The same of a change of who is who, among events.
std::string LineOf(const IdentityChange& change, const StoreOption& option);

// What stands above the columns; nothing above JSON.
void PrintHeader(const StoreOption& option);

}  // namespace crm::cli

#endif  // CRM_CLI_EVENT_LINE_H_
