// What commands have in common: opening the store, naming people, failing.

#ifndef CRM_CLI_SESSION_H_
#define CRM_CLI_SESSION_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "crm/status.h"
#include "crm/store.h"

namespace crm::cli {

// Opens the store; the store's own warnings go to standard error.
Result<Store> OpenStore(const StoreOption& option);
// The tenant, which must be there already. kNotFound names it.
Result<Tenant> FindTenant(Store* store, const std::string& name);

// Prints "crm: <message>" on standard error; the exit code for it.
int Fail(const Status& status);
// Closes the store and flushes standard output. `code` if that went well.
int Finish(Store* store, int code);

// Opens the store and the tenant, does the work with it and closes; the exit
// code. `make`: a tenant that is new is made.
int WithTenant(const StoreOption& option, bool make,
               const std::function<int(Tenant&)>& work);

// The same of commands that consist of verbs, of which this table has a
// function each.
template <typename Command, size_t kCount>
int RunVerb(const Command& command, bool make,
            Status (*const (&verbs)[kCount])(const Command&, Tenant&)) {
  static_assert(kCount == static_cast<size_t>(Command::Verb::kCount));
  return WithTenant(command.store, make, [&](Tenant& tenant) {
    const Status status =
        verbs[static_cast<size_t>(command.verb)](command, tenant);
    return status.ok() ? int{kExitOk} : Fail(status);
  });
}

// A customer id, namespace=value, an email address (has an @) or a phone
// number (begins with +). Errors do not repeat the text: it may be personal.
Result<CustomerId> FindWho(const Snapshot& snapshot, std::string_view who);
Result<CustomerId> FindWho(const Tenant& tenant, std::string_view who);

// "2026-02-03", or RFC 3339 with an offset. Absent when empty.
// kInvalidArgument names `option`.
Result<std::optional<Timestamp>> ParseInstant(std::string_view text,
                                              std::string_view option);
// The same; now when it is empty.
Result<Timestamp> ParseInstantOrNow(std::string_view text,
                                    std::string_view option);
// "2026-02-03T10:00:00Z", with a fraction when there is one.
std::string FormatInstant(Timestamp time);
// "2026-02-03 10:00:00": for tables.
std::string ShowInstant(Timestamp time);

}  // namespace crm::cli

#endif  // CRM_CLI_SESSION_H_
