// What the commands of crm/commands.h have in common: whether a call was done
// before, what is known of a customer, and the events of one request.

#ifndef CRM_STORE_COMMAND_RUN_H_
#define CRM_STORE_COMMAND_RUN_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/commands.h"
#include "crm/store.h"
#include "identity/normalise.h"
#include "store/tenant_impl.h"

namespace crm {

// What a command sees of a customer, all of it at one instant.
struct CommandView {
  Customer customer;
  Profile profile;
  // Identifiers that lead to her, and would change nothing if they came with an
  // event: an account, if she has one, else the address or number she has now.
  std::vector<Identifier> identifiers;
  bool has_account = false;

  // The JSON of a trait; "null": none.
  std::string_view Trait(std::string_view name) const;
  // The text of a trait that is one; empty: none.
  std::string Text(std::string_view name) const;
  // `at`, or just after these traits became what they are.
  Timestamp After(Timestamp at,
                  const std::vector<std::string_view>& traits) const;
};

// The members of a payload, one after the other.
class PayloadWriter final {
 public:
  // Empty texts are left out.
  void Text(std::string_view name, std::string_view text);
  void Raw(std::string_view name, std::string_view json);
  std::string Take();

 private:
  std::string out_ = "{";
};

// One call of a command; one thread.
class CommandRun final {
 public:
  // All outlive it. `command` and `content`: what is asked, so that the same
  // call is known again.
  CommandRun(Tenant& tenant, const Tenant::Impl& impl, const CommandCall& call,
             std::string_view command, std::string_view content);

  // kInvalidArgument, kTooLarge: the call. True: it was done before, and
  // `*result` says what came of it; kIdConflict, kErased.
  Result<bool> Begin(CommandResult* result);

  // kNotFound, kErased.
  Status See(CustomerId customer, CommandView* view) const;
  // Whether an identifier can be one; kInvalidArgument names `member`.
  Status CheckIdentifier(std::string_view member,
                         const Identifier& identifier) const;
  // Of two texts in a namespace: the same, in whatever spelling.
  bool IsSame(std::string_view name_space, std::string_view a,
              std::string_view b) const;
  // As the tenant has it; `name` of the answer is that of a spelling.
  IdentifierClass ClassOf(std::string_view spelling, std::string* name) const;
  // Whose it is; 0: nobody's.
  CustomerId OwnerOf(const Identifier& identifier) const;

  // One more event of the request.
  void Add(std::string_view type, Timestamp at,
           const std::vector<Identifier>& identifiers, std::string payload);
  // The request that stays beside the log until the address is verified.
  // Behind the event that says so.
  void KeepRequest(const EmailVerification& verification);
  // A row beside the log, written with the request.
  void KeepRow(std::string name, std::string value);
  void Require(Condition condition) {
    options_.conditions.push_back(std::move(condition));
  }
  // Appends what was added; nothing was: says so. kConflict: a condition.
  Status Append(CommandResult* result);

  // Runs `decide` (which looks, adds and requires; an ok status) and appends,
  // again and again while somebody is faster.
  Result<CommandResult> Run(
      const std::function<Status(CommandResult* result)>& decide);

  // The row of a request by its event.
  static std::string RowName(std::string_view source, std::string_view id);

 private:
  Status CheckCall() const;
  // Under what an identifier is found. Errors as Normalise.
  Result<Hash128> HashOf(const Identifier& identifier) const;
  // Zero: no event of this id.
  Result<Position> Find(std::string_view id) const;
  Result<bool> ReadDone(Position position, CommandResult* result);

  Tenant& tenant_;
  const Tenant::Impl& impl_;
  const CommandCall& call_;
  const std::string_view command_;
  std::string hash_;
  std::vector<Event> events_;
  AppendOptions options_;
};

// kInvalidArgument: no hash, or not good after `at`.
Status CheckVerification(const EmailVerification& verification, Timestamp at);

}  // namespace crm

#endif  // CRM_STORE_COMMAND_RUN_H_
