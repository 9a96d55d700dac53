// Tenant: registering, and whose an address is. See crm/commands.h.

#include <charconv>
#include <utility>

#include "base/crypto.h"
#include "base/time_text.h"
#include "format/json.h"
#include "store/command_run.h"
#include "store/refusal.h"

namespace crm {
namespace {

constexpr std::string_view kCreated = "CustomerCreated";
constexpr std::string_view kRequested = "EmailVerificationRequested";
constexpr std::string_view kUsed = "used";
constexpr size_t kMaxCallText = 256;

// What a registration asks, as one text.
std::string ContentOf(const Registration& in) {
  PayloadWriter out;
  out.Text("email", in.email);
  out.Text("firstName", in.first_name);
  out.Text("lastName", in.last_name);
  out.Text("phone", in.phone);
  for (const Identifier& identifier : in.identifiers) {
    out.Text(identifier.name_space, identifier.value);
  }
  out.Raw("terms", in.terms_accepted ? "true" : "false");
  out.Raw("marketing", in.marketing_consent ? "true" : "false");
  if (in.verification.has_value()) {
    out.Text("token", in.verification->token_sha256);
    out.Text("until", FormatTime(in.verification->expires_at));
  }
  return out.Take();
}

std::string RequestPayload(std::string_view email,
                           const EmailVerification& verification) {
  PayloadWriter out;
  out.Text("email", email);
  out.Text("expiresAt", FormatTime(verification.expires_at));
  return out.Take();
}

// One registration.
class Registering final {
 public:
  Registering(Tenant& tenant, const Registration& in, const CommandCall& call,
              CommandRun* run)
      : tenant_(tenant), in_(in), call_(call), run_(*run) {}

  Status Decide();

 private:
  Status Check();
  Status CheckIdentifiers();
  Status CheckFree() const;
  Result<bool> IsRegistered(CustomerId customer) const;
  std::string CreatedPayload() const;

  Tenant& tenant_;
  const Registration& in_;
  const CommandCall& call_;
  CommandRun& run_;
  std::vector<Identifier> accounts_;
};

Status Registering::Check() {
  for (const std::string* text : {&in_.first_name, &in_.last_name}) {
    if (text->size() <= kMaxCallText) continue;
    return Status(StatusCode::kTooLarge,
                  "first_name, last_name: at most 256 bytes each");
  }
  if (!in_.terms_accepted) {
    return Status(StatusCode::kFailedPrecondition,
                  "terms_accepted: the terms must be accepted");
  }
  Status status = run_.CheckIdentifier("email", {"email", in_.email});
  if (status.ok() && !in_.phone.empty()) {
    status = run_.CheckIdentifier("phone", {"phoneNumber", in_.phone});
  }
  if (status.ok() && in_.verification.has_value()) {
    status = CheckVerification(*in_.verification, call_.at);
  }
  return status.ok() ? CheckIdentifiers() : status;
}

Status Registering::CheckIdentifiers() {
  accounts_ = in_.identifiers;
  if (accounts_.empty()) accounts_.push_back({"customerId", call_.id});
  for (const Identifier& account : accounts_) {
    std::string name;
    const IdentifierClass klass = run_.ClassOf(account.name_space, &name);
    if (klass != IdentifierClass::kExclusive) {
      return BadMember("identifiers", account.name_space + " is not exclusive");
    }
    Status status = run_.CheckIdentifier(
        in_.identifiers.empty() ? "id" : "identifiers", account);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Result<bool> Registering::IsRegistered(CustomerId customer) const {
  ReplayQuery query;
  query.customer = customer;
  query.types = {std::string(kCreated)};
  query.open_parts_only = true;
  Result<EventCursor> cursor = tenant_.Replay(query);
  if (!cursor.ok()) return std::move(cursor).status();
  EventView event;
  return cursor->Next(&event);
}

Status Registering::CheckFree() const {
  for (const Identifier& account : accounts_) {
    if (run_.OwnerOf(account) == 0) continue;
    return Status(StatusCode::kAlreadyExists,
                  account.name_space + ": is another customer's");
  }
  const CustomerId owner = run_.OwnerOf({"email", in_.email});
  if (owner == 0) return Status::Ok();
  if (in_.known_email) {
    const Result<bool> registered = IsRegistered(owner);
    if (!registered.ok()) return registered.status();
    if (!*registered) return Status::Ok();
  }
  return Status(StatusCode::kAlreadyExists,
                "email: is customer " + std::to_string(owner) + "'s");
}

std::string Registering::CreatedPayload() const {
  PayloadWriter out;
  out.Text("email", in_.email);
  out.Text("firstName", in_.first_name);
  out.Text("lastName", in_.last_name);
  out.Text("phone", in_.phone);
  for (const char* source : {"web", "mobile", "api", "import"}) {
    if (call_.source == source) out.Text("source", source);
  }
  out.Text("ipAddress", call_.ip_address);
  out.Text("userAgent", call_.user_agent);
  out.Raw("termsAccepted", "true");
  return out.Take();
}

Status Registering::Decide() {
  Status status = Check();
  if (status.ok()) status = CheckFree();
  if (!status.ok()) return status;
  const Identifier email{"email", in_.email};
  for (const Identifier& account : accounts_) {
    run_.Require(Condition::IdentifierAbsent(account));
  }
  if (in_.known_email) {
    Condition never = Condition::NoEventSince(0, std::string(kCreated), 0);
    never.identifier = email;
    run_.Require(std::move(never));
  } else {
    run_.Require(Condition::IdentifierAbsent(email));
  }
  std::vector<Identifier> who = accounts_;
  who.push_back(email);
  if (!in_.phone.empty()) who.push_back({"phoneNumber", in_.phone});
  run_.Add(kCreated, call_.at, who, CreatedPayload());
  if (in_.marketing_consent) {
    PayloadWriter consent;
    consent.Text("purpose", "marketing");
    consent.Text("channel", "email");
    consent.Text("consentMethod", "registration-checkbox");
    run_.Add("ConsentGranted", call_.at, who, consent.Take());
  }
  if (in_.verification.has_value()) {
    run_.Add(kRequested, call_.at, who,
             RequestPayload(in_.email, *in_.verification));
    run_.KeepRequest(*in_.verification);
  }
  return status;
}

// What stands beside the log of an open request.
struct OpenRequest {
  std::string row;  // Its name.
  std::string email;
  std::string token_sha256;
  Timestamp expires_at;
};

Status NotOpen() {
  return Status(StatusCode::kFailedPrecondition,
                "token_sha256: no request to verify her address is open");
}

// Her newest request. kFailedPrecondition: there is none.
Result<OpenRequest> FindRequest(Tenant& tenant, CustomerId customer) {
  TimelineQuery query;
  query.types = {std::string(kRequested)};
  query.limit = 1;
  Result<TimelinePage> page = tenant.GetTimeline(customer, query);
  if (!page.ok()) return std::move(page).status();
  if (page->entries.empty() || !page->entries[0].opened) return NotOpen();
  const TimelineEntry& entry = page->entries[0];
  OpenRequest request;
  request.row = CommandRun::RowName(entry.source, entry.id);
  Status status = ForEachMember(
      entry.payload, [&](std::string_view key, std::string_view value) {
        if (key == "email") request.email = JsonScalarText(value);
        return true;
      });
  if (!status.ok()) return status;
  const Result<std::string> row = tenant.GetOffset(request.row);
  if (row.status().code() == StatusCode::kNotFound) return NotOpen();
  if (!row.ok()) return row.status();
  const size_t blank = row->find(' ');
  if (blank == std::string::npos) return NotOpen();  // Used.
  int64_t until = 0;
  std::from_chars(row->data() + blank + 1, row->data() + row->size(), until);
  request.token_sha256 = row->substr(0, blank);
  request.expires_at = Timestamp(std::chrono::microseconds(until));
  return request;
}

std::string Lower(std::string_view digits) {
  std::string out(digits);
  for (char& c : out) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

Result<CommandResult> Tenant::RegisterCustomer(const Registration& registration,
                                               const CommandCall& call) {
  CommandRun run(*this, *impl_, call, "register", ContentOf(registration));
  return run.Run([&](CommandResult*) {
    return Registering(*this, registration, call, &run).Decide();
  });
}

Result<CommandResult> Tenant::RequestEmailVerification(
    CustomerId customer, const EmailVerification& verification,
    const CommandCall& call) {
  CommandRun run(*this, *impl_, call, "request-verification",
                 std::to_string(customer) + " " + verification.token_sha256);
  return run.Run([&](CommandResult* result) {
    Status status = CheckVerification(verification, call.at);
    CommandView her;
    if (status.ok()) status = run.See(customer, &her);
    if (!status.ok()) return status;
    result->customer = her.customer.id;
    const std::string email = her.Text("email");
    if (email.empty()) {
      return Status(StatusCode::kFailedPrecondition,
                    "customer: she has no address");
    }
    run.Require(
        Condition::CustomerVersion(her.customer.id, her.customer.version));
    run.Add(kRequested, her.After(call.at, {"emailVerified"}), her.identifiers,
            RequestPayload(email, verification));
    run.KeepRequest(verification);
    return status;
  });
}

Result<CommandResult> Tenant::VerifyEmail(CustomerId customer,
                                          std::string_view token_sha256,
                                          const CommandCall& call) {
  CommandRun run(*this, *impl_, call, "verify-email",
                 std::to_string(customer) + " " + Lower(token_sha256));
  return run.Run([&](CommandResult* result) {
    CommandView her;
    Status status = run.See(customer, &her);
    if (!status.ok()) return status;
    result->customer = her.customer.id;
    Result<OpenRequest> request = FindRequest(*this, her.customer.id);
    if (!request.ok()) return std::move(request).status();
    if (!run.IsSame("email", request->email, her.Text("email"))) {
      return Status(StatusCode::kFailedPrecondition,
                    "token_sha256: her address is another by now");
    }
    if (call.at >= request->expires_at) {
      return Status(StatusCode::kFailedPrecondition,
                    "token_sha256: it is too late");
    }
    if (!SecretEquals(Lower(token_sha256), Lower(request->token_sha256))) {
      return Status(StatusCode::kDenied,
                    "token_sha256: not the one that was sent");
    }
    run.Require(
        Condition::CustomerVersion(her.customer.id, her.customer.version));
    PayloadWriter payload;
    payload.Text("email", request->email);
    payload.Text("verifiedAt", FormatTime(call.at));
    run.Add("EmailVerified", her.After(call.at, {"emailVerified"}),
            her.identifiers, payload.Take());
    run.KeepRow(request->row, std::string(kUsed));
    return status;
  });
}

}  // namespace crm
