// Tenant: changes of an account, and its state. See crm/commands.h.

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "base/time_text.h"
#include "format/json.h"
#include "format/json_writer.h"
#include "store/command_run.h"
#include "store/refusal.h"

namespace crm {
namespace {

constexpr size_t kMaxMemberText = 256;
constexpr size_t kMaxNotes = 2048;
constexpr size_t kMaxAddress = 8 * 1024;
constexpr std::string_view kDeactivated = "\"deactivated\"";
constexpr std::string_view kReasons[] = {"", "customer-request", "fraud",
                                         "terms-violation", "other"};
constexpr std::string_view kStates[] = {"", "active", "merged", "deactivated",
                                        "erased"};

// "1815-12-10", a day that there is.
bool IsDay(std::string_view text) {
  if (text.size() != 10) return false;
  constexpr std::string_view kShape = "dddd-dd-dd";
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != '-') return false;
  }
  const auto number = [&](size_t from, size_t size) {
    int value = 0;
    for (const char c : text.substr(from, size)) value = value * 10 + c - '0';
    return value;
  };
  return std::chrono::year_month_day(
             std::chrono::year(number(0, 4)),
             std::chrono::month(static_cast<unsigned>(number(5, 2))),
             std::chrono::day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

// A JSON object without the blanks between its tokens. False: not one.
bool ReadObject(std::string_view text, std::string* json) {
  PayloadWriter out;
  const Status status =
      ForEachMember(text, [&](std::string_view key, std::string_view value) {
        out.Raw(key, value);
        return true;
      });
  *json = out.Take();
  return status.ok();
}

// The fields of a profile: their events, and what these call old and new.
struct Field {
  std::string_view name;
  std::string_view trait;
  std::string_view type;
  std::string_view old_name;
  std::string_view new_name;
};
constexpr Field kFields[] = {
    {"firstName", "firstName", "CustomerNameUpdated", "oldFirstName",
     "newFirstName"},
    {"lastName", "lastName", "CustomerNameUpdated", "oldLastName",
     "newLastName"},
    {"phone", "phoneNumber", "CustomerPhoneUpdated", "oldPhone", "newPhone"},
    {"address", "address", "CustomerAddressUpdated", "oldAddress",
     "newAddress"},
    {"dateOfBirth", "dateOfBirth", "CustomerBirthDateUpdated", "oldDateOfBirth",
     "newDateOfBirth"}};

// What a change sets, as JSON.
struct FieldValue {
  const Field* field = nullptr;
  std::string json;
  std::string text;  // Of what is text.
};

Status ReadChange(const FieldChange& change, const CommandRun& run,
                  FieldValue* out) {
  for (const Field& field : kFields) {
    if (field.name == change.field) out->field = &field;
  }
  if (out->field == nullptr) {
    return BadMember(
        "field", "must be firstName, lastName, phone, dateOfBirth or address");
  }
  const std::string& name = change.field;
  if (change.unset) {
    out->json = "null";
    return change.value.empty() ? Status::Ok()
                                : BadMember(name, "set and unset");
  }
  if (change.value.empty())
    return BadMember(name, "empty; unset takes it away");
  const size_t most = name == "address" ? kMaxAddress : kMaxMemberText;
  if (change.value.size() > most) {
    return Status(StatusCode::kTooLarge,
                  name + ": at most " + std::to_string(most) + " bytes");
  }
  if (name == "address") {
    return ReadObject(change.value, &out->json)
               ? Status::Ok()
               : BadMember(name, "not a JSON object");
  }
  if (name == "dateOfBirth" && !IsDay(change.value)) {
    return BadMember(name, "not a day like 1815-12-10");
  }
  out->text = change.value;
  out->json = QuotedJson(change.value);
  if (name != "phone") return Status::Ok();
  return run.CheckIdentifier(name, {"phoneNumber", change.value});
}

// One update of a profile.
class ProfileUpdate final {
 public:
  ProfileUpdate(std::span<const FieldChange> changes, const CommandCall& call,
                CommandRun* run)
      : changes_(changes), call_(call), run_(*run) {}

  Status Decide(CustomerId customer, CommandResult* result);

 private:
  Status Read();
  // It is not what is there.
  bool Differs(const FieldValue& value, const CommandView& her) const;
  void AddEvent(std::string_view type, const CommandView& her);

  const std::span<const FieldChange> changes_;
  const CommandCall& call_;
  CommandRun& run_;
  std::vector<FieldValue> values_;
};

Status ProfileUpdate::Read() {
  std::set<std::string_view> seen;
  for (const FieldChange& change : changes_) {
    if (!seen.insert(change.field).second) {
      return BadMember(change.field, "named twice");
    }
    Status status = ReadChange(change, run_, &values_.emplace_back());
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

bool ProfileUpdate::Differs(const FieldValue& value,
                            const CommandView& her) const {
  const std::string_view now = her.Trait(value.field->trait);
  if (now == value.json) return false;
  const std::string text = her.Text(value.field->trait);
  if (value.text.empty() || text.empty()) return true;
  // However it is escaped; of a number, however it is written.
  if (text == value.text) return false;
  return value.field->name != "phone" ||
         !run_.IsSame("phoneNumber", text, value.text);
}

void ProfileUpdate::AddEvent(std::string_view type, const CommandView& her) {
  PayloadWriter payload;
  std::vector<std::string_view> traits;
  std::vector<Identifier> who = her.identifiers;
  for (const FieldValue& value : values_) {
    if (value.field->type != type || !Differs(value, her)) continue;
    payload.Raw(value.field->old_name, her.Trait(value.field->trait));
    payload.Raw(value.field->new_name, value.json);
    traits.push_back(value.field->trait);
    // A number that is nobody's is one by which she is found from now on.
    const Identifier number{"phoneNumber", value.text};
    if (value.field->name == "phone" && !value.text.empty() &&
        her.has_account && run_.OwnerOf(number) == 0) {
      who.push_back(number);
    }
  }
  if (traits.empty()) return;
  run_.Add(type, her.After(call_.at, traits), who, payload.Take());
}

Status ProfileUpdate::Decide(CustomerId customer, CommandResult* result) {
  Status status = Read();
  CommandView her;
  if (status.ok()) status = run_.See(customer, &her);
  if (!status.ok()) return status;
  result->customer = her.customer.id;
  run_.Require(
      Condition::CustomerVersion(her.customer.id, her.customer.version));
  std::string_view before;
  for (const Field& field : kFields) {
    if (field.type == before) continue;
    before = field.type;
    AddEvent(field.type, her);
  }
  return status;
}

std::string ContentOf(CustomerId customer,
                      std::span<const FieldChange> changes) {
  PayloadWriter out;
  out.Raw("customer", std::to_string(customer));
  for (const FieldChange& change : changes) {
    out.Raw(change.field, change.unset ? "null" : QuotedJson(change.value));
  }
  return out.Take();
}

// The state that a record has, and what it would be called before a change.
bool IsDeactivated(const CommandView& her) {
  return her.Trait("recordState") == kDeactivated;
}

std::string_view StatusOf(const CommandView& her) {
  if (IsDeactivated(her)) return "deactivated";
  return her.Trait("emailVerified") == "false" ? "pending-verification"
                                               : "active";
}

}  // namespace

std::string_view DeactivationReasonName(DeactivationReason reason) {
  const auto number = static_cast<size_t>(reason);
  return number < std::size(kReasons) ? kReasons[number] : std::string_view();
}

std::string_view RecordStateName(RecordState state) {
  const auto number = static_cast<size_t>(state);
  return number < std::size(kStates) ? kStates[number] : std::string_view();
}

Result<CommandResult> Tenant::UpdateEmail(CustomerId customer,
                                          const EmailUpdate& update,
                                          const CommandCall& call) {
  const bool verifies = update.verification.has_value();
  CommandRun run(*this, *impl_, call, "update-email",
                 std::to_string(customer) + " " + update.email + " " +
                     (verifies ? update.verification->token_sha256 : ""));
  return run.Run([&](CommandResult* result) {
    const Identifier email{"email", update.email};
    Status status = run.CheckIdentifier("email", email);
    if (status.ok() && verifies) {
      status = CheckVerification(*update.verification, call.at);
    }
    CommandView her;
    if (status.ok()) status = run.See(customer, &her);
    if (!status.ok()) return status;
    result->customer = her.customer.id;
    if (run.IsSame("email", her.Text("email"), update.email)) {
      return BadMember("email", "is her address already");
    }
    if (!her.has_account) {
      return Status(StatusCode::kFailedPrecondition,
                    "customer: she has no account, an identifier of an "
                    "exclusive namespace; nothing but her address leads to "
                    "her");
    }
    const CustomerId owner = run.OwnerOf(email);
    if (owner != 0 && owner != her.customer.id) {
      return Status(StatusCode::kAlreadyExists,
                    "email: is customer " + std::to_string(owner) + "'s");
    }
    run.Require(
        Condition::CustomerVersion(her.customer.id, her.customer.version));
    // One that she had before is hers still.
    if (owner == 0) run.Require(Condition::IdentifierAbsent(email));
    std::vector<Identifier> who = her.identifiers;
    who.push_back(email);
    const Timestamp at = her.After(call.at, {"email", "emailVerified"});
    PayloadWriter payload;
    payload.Raw("oldEmail", her.Trait("email"));
    payload.Text("newEmail", update.email);
    payload.Raw("requiresVerification", verifies ? "true" : "false");
    payload.Text("ipAddress", call.ip_address);
    payload.Text("userAgent", call.user_agent);
    run.Add("CustomerEmailUpdated", at, who, payload.Take());
    if (!verifies) return status;
    payload.Text("email", update.email);
    payload.Text("expiresAt", FormatTime(update.verification->expires_at));
    run.Add("EmailVerificationRequested", at, who, payload.Take());
    run.KeepRequest(*update.verification);
    return status;
  });
}

Result<CommandResult> Tenant::UpdateProfile(
    CustomerId customer, std::span<const FieldChange> changes,
    const CommandCall& call) {
  CommandRun run(*this, *impl_, call, "update-profile",
                 ContentOf(customer, changes));
  return run.Run([&](CommandResult* result) {
    return ProfileUpdate(changes, call, &run).Decide(customer, result);
  });
}

Result<CommandResult> Tenant::Deactivate(CustomerId customer,
                                         DeactivationReason reason,
                                         std::string_view notes,
                                         const CommandCall& call) {
  const std::string_view name = DeactivationReasonName(reason);
  CommandRun run(*this, *impl_, call, "deactivate",
                 std::to_string(customer) + " " + std::string(name) + " " +
                     std::string(notes));
  return run.Run([&](CommandResult* result) {
    if (name.empty()) return BadMember("reason", "unknown");
    if (notes.size() > kMaxNotes) {
      return Status(StatusCode::kTooLarge, "notes: at most 2,048 bytes");
    }
    CommandView her;
    Status status = run.See(customer, &her);
    if (!status.ok()) return status;
    result->customer = her.customer.id;
    if (IsDeactivated(her)) return status;
    run.Require(
        Condition::CustomerVersion(her.customer.id, her.customer.version));
    PayloadWriter payload;
    payload.Text("reason", name);
    payload.Text("notes", notes);
    payload.Text("previousStatus", StatusOf(her));
    run.Add("CustomerDeactivated", her.After(call.at, {"recordState"}),
            her.identifiers, payload.Take());
    return status;
  });
}

Result<CommandResult> Tenant::Reactivate(CustomerId customer,
                                         const CommandCall& call) {
  CommandRun run(*this, *impl_, call, "reactivate", std::to_string(customer));
  return run.Run([&](CommandResult* result) {
    CommandView her;
    Status status = run.See(customer, &her);
    if (!status.ok()) return status;
    result->customer = her.customer.id;
    if (!IsDeactivated(her)) return status;
    run.Require(
        Condition::CustomerVersion(her.customer.id, her.customer.version));
    PayloadWriter payload;
    payload.Text("previousStatus", "deactivated");
    run.Add("CustomerReactivated", her.After(call.at, {"recordState"}),
            her.identifiers, payload.Take());
    return status;
  });
}

Result<CustomerState> Tenant::GetCustomerState(CustomerId customer) const {
  Result<Snapshot> snapshot = GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  CustomerState state;
  Result<Customer> found = snapshot->GetCustomer(customer);
  if (found.status().code() == StatusCode::kErased) {
    state.state = RecordState::kErased;
    return state;
  }
  if (!found.ok()) return std::move(found).status();
  state.customer = found->id;
  if (found->id != customer) {
    state.state = RecordState::kMerged;
    return state;
  }
  Profile profile;
  Status status = snapshot->GetProfile(customer, &profile);
  if (!status.ok()) return status;
  const Trait* trait = profile.Find("recordState");
  if (trait != nullptr) {
    if (trait->value == kDeactivated) state.state = RecordState::kDeactivated;
    state.since = trait->occurred_at;
    state.position = trait->position;
  }
  trait = profile.Find("emailVerified");
  if (trait != nullptr) {
    state.email_verified = trait->value == "true";
    state.email_pending = trait->value == "false";
  }
  return state;
}

}  // namespace crm
