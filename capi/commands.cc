// Commands: registering, changes of an account, its state.

#include "crm/commands.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

constexpr uint32_t kRegistrationFlags = CRM_REGISTRATION_TERMS_ACCEPTED |
                                        CRM_REGISTRATION_MARKETING_CONSENT |
                                        CRM_REGISTRATION_KNOWN_EMAIL;

static_assert(static_cast<int>(DeactivationReason::kOther) ==
              CRM_DEACTIVATION_OTHER);
static_assert(static_cast<int>(RecordState::kErased) == CRM_RECORD_ERASED);

Status ReadCall(const crm_command_options* options, CommandCall* out) {
  crm_command_options in = CRM_COMMAND_OPTIONS_INIT;
  Status status = ReadOptions(options, "options", 0, &in);
  if (status.ok()) status = CheckSlice(in.id, "options.id");
  if (status.ok()) status = CheckSlice(in.source, "options.source");
  if (status.ok()) status = CheckSlice(in.ip_address, "options.ip_address");
  if (status.ok()) status = CheckSlice(in.user_agent, "options.user_agent");
  if (!status.ok()) return status;
  out->id = View(in.id);
  out->source = View(in.source);
  out->at = Time(in.at_us);
  out->ip_address = View(in.ip_address);
  out->user_agent = View(in.user_agent);
  return status;
}

Status ReadVerification(const crm_email_verification* in,
                        EmailVerification* out) {
  if (in == nullptr) return Invalid("verification: NULL");
  Status status = CheckSlice(in->token_sha256, "verification.token_sha256");
  if (!status.ok()) return status;
  if (!IsZero(in->reserved)) {
    return Invalid("verification.reserved: must be zero");
  }
  out->token_sha256 = View(in->token_sha256);
  out->expires_at = Time(in->expires_at_us);
  return status;
}

// What may be missing.
Status ReadVerification(const crm_email_verification* in,
                        std::optional<EmailVerification>* out) {
  if (in == nullptr) return Status::Ok();
  return ReadVerification(in, &out->emplace());
}

Status ReadRegistration(const crm_registration* registration,
                        Registration* out) {
  if (registration == nullptr) return Invalid("registration: NULL");
  crm_registration in = CRM_REGISTRATION_INIT;
  Status status =
      ReadOptions(registration, "registration", kRegistrationFlags, &in);
  if (status.ok()) status = CheckSlice(in.email, "registration.email");
  if (status.ok()) {
    status = CheckSlice(in.first_name, "registration.first_name");
  }
  if (status.ok()) status = CheckSlice(in.last_name, "registration.last_name");
  if (status.ok()) status = CheckSlice(in.phone, "registration.phone");
  if (status.ok()) {
    status = CheckArray(in.identifiers, in.identifier_count,
                        "registration.identifiers");
  }
  for (size_t i = 0; status.ok() && i < in.identifier_count; ++i) {
    const crm_identifier& one = in.identifiers[i];
    status = CheckSlice(one.name_space, "registration.identifiers");
    if (status.ok()) status = CheckSlice(one.value, "registration.identifiers");
    if (!status.ok()) return status;
    out->identifiers.push_back(
        {std::string(View(one.name_space)), std::string(View(one.value))});
  }
  if (status.ok())
    status = ReadVerification(in.verification, &out->verification);
  if (!status.ok()) return status;
  out->email = View(in.email);
  out->first_name = View(in.first_name);
  out->last_name = View(in.last_name);
  out->phone = View(in.phone);
  out->terms_accepted = (in.flags & CRM_REGISTRATION_TERMS_ACCEPTED) != 0;
  out->marketing_consent = (in.flags & CRM_REGISTRATION_MARKETING_CONSENT) != 0;
  out->known_email = (in.flags & CRM_REGISTRATION_KNOWN_EMAIL) != 0;
  return status;
}

Status ReadChanges(const crm_field_change* changes, size_t count,
                   std::vector<FieldChange>* out) {
  Status status = CheckArray(changes, count, "changes");
  for (size_t i = 0; status.ok() && i < count; ++i) {
    status = CheckSlice(changes[i].field, "changes.field");
    if (status.ok()) status = CheckSlice(changes[i].value, "changes.value");
    if (!status.ok()) return status;
    if (changes[i].reserved0 != 0 || (changes[i].unset & ~1) != 0) {
      return Invalid("changes: unset is 0 or 1, reserved0 is 0");
    }
    FieldChange& change = out->emplace_back();
    change.field = View(changes[i].field);
    change.value = View(changes[i].value);
    change.unset = changes[i].unset != 0;
  }
  return status;
}

void Give(CommandResult result, crm_command_result** out) {
  if (out == nullptr) return;
  auto state = std::make_unique<CommandResultState>(
      CommandResultState{std::move(result)});
  for (const std::string& type : state->from.types) {
    state->types.push_back(Slice(type));
  }
  crm_command_result_view& view = state->view;
  view.customer = state->from.customer;
  if (state->from.repeated) view.flags |= CRM_COMMAND_REPEATED;
  if (state->from.new_customer) view.flags |= CRM_COMMAND_NEW_CUSTOMER;
  view.types = state->types.data();
  view.positions = state->from.positions.data();
  view.event_count = state->types.size();
  *out = Adopt<crm_command_result>(std::move(state));
}

// Runs `command(tenant, call)` when `read` went well.
template <typename Command>
Status RunCommand(crm_tenant* tenant, const crm_command_options* options,
                  const Status& read, crm_command_result** out,
                  Command command) {
  if (out != nullptr) *out = nullptr;
  CommandCall call;
  Status status = Check(tenant, "tenant");
  if (status.ok()) status = ReadCall(options, &call);
  if (status.ok()) status = read;
  if (!status.ok()) return status;
  auto result = Change(StateOf(tenant), false, [&](TenantState& state) {
    return command(state.tenant, call);
  });
  if (!result.ok()) return result.status();
  Give(*std::move(result), out);
  return status;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_register_customer(crm_tenant* tenant,
                                        const crm_registration* registration,
                                        const crm_command_options* options,
                                        crm_command_result** out,
                                        crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Registration own;
    const crm::Status read = ReadRegistration(registration, &own);
    return RunCommand(tenant, options, read, out,
                      [&](crm::Tenant& of, const crm::CommandCall& call) {
                        return of.RegisterCustomer(own, call);
                      });
  });
}

crm_status crm_tenant_request_email_verification(
    crm_tenant* tenant, uint64_t customer,
    const crm_email_verification* verification,
    const crm_command_options* options, crm_command_result** out,
    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::EmailVerification own;
    const crm::Status read = ReadVerification(verification, &own);
    return RunCommand(tenant, options, read, out,
                      [&](crm::Tenant& of, const crm::CommandCall& call) {
                        return of.RequestEmailVerification(customer, own, call);
                      });
  });
}

crm_status crm_tenant_verify_email(crm_tenant* tenant, uint64_t customer,
                                   crm_slice token_sha256,
                                   const crm_command_options* options,
                                   crm_command_result** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    return RunCommand(tenant, options, CheckSlice(token_sha256, "token_sha256"),
                      out, [&](crm::Tenant& of, const crm::CommandCall& call) {
                        return of.VerifyEmail(customer, View(token_sha256),
                                              call);
                      });
  });
}

crm_status crm_tenant_update_email(crm_tenant* tenant, uint64_t customer,
                                   crm_slice email,
                                   const crm_email_verification* verification,
                                   const crm_command_options* options,
                                   crm_command_result** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::EmailUpdate own;
    crm::Status read = CheckSlice(email, "email");
    if (read.ok()) read = ReadVerification(verification, &own.verification);
    if (read.ok()) own.email = View(email);
    return RunCommand(tenant, options, read, out,
                      [&](crm::Tenant& of, const crm::CommandCall& call) {
                        return of.UpdateEmail(customer, own, call);
                      });
  });
}

crm_status crm_tenant_update_profile(crm_tenant* tenant, uint64_t customer,
                                     const crm_field_change* changes,
                                     size_t count,
                                     const crm_command_options* options,
                                     crm_command_result** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    std::vector<crm::FieldChange> own;
    const crm::Status read = ReadChanges(changes, count, &own);
    return RunCommand(tenant, options, read, out,
                      [&](crm::Tenant& of, const crm::CommandCall& call) {
                        return of.UpdateProfile(customer, own, call);
                      });
  });
}

crm_status crm_tenant_deactivate(crm_tenant* tenant, uint64_t customer,
                                 int32_t reason, crm_slice notes,
                                 const crm_command_options* options,
                                 crm_command_result** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status read = CheckSlice(notes, "notes");
    if (read.ok() && (reason < CRM_DEACTIVATION_CUSTOMER_REQUEST ||
                      reason > CRM_DEACTIVATION_OTHER)) {
      read = Invalid("reason: is none of CRM_DEACTIVATION_...");
    }
    return RunCommand(tenant, options, read, out,
                      [&](crm::Tenant& of, const crm::CommandCall& call) {
                        return of.Deactivate(
                            customer,
                            static_cast<crm::DeactivationReason>(reason),
                            View(notes), call);
                      });
  });
}

crm_status crm_tenant_reactivate(crm_tenant* tenant, uint64_t customer,
                                 const crm_command_options* options,
                                 crm_command_result** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    return RunCommand(tenant, options, crm::Status::Ok(), out,
                      [&](crm::Tenant& of, const crm::CommandCall& call) {
                        return of.Reactivate(customer, call);
                      });
  });
}

const crm_command_result_view* crm_command_result_read(
    const crm_command_result* result) noexcept {
  return ReadView(result);
}

void crm_command_result_free(crm_command_result* result) noexcept {
  Free(result);
}

crm_status crm_tenant_get_customer_state(crm_tenant* tenant, uint64_t customer,
                                         const crm_read_options* options,
                                         crm_customer_state* out,
                                         crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = crm_customer_state();
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    const auto state = Source(tenant).GetCustomerState(customer);
    if (!state.ok()) return state.status();
    out->state = static_cast<int32_t>(state->state);
    out->customer = state->customer;
    out->position = state->position;
    if (state->since.has_value()) {
      out->flags |= CRM_CUSTOMER_STATE_SINCE;
      out->since_us = Microseconds(*state->since);
    }
    if (state->email_pending) out->flags |= CRM_CUSTOMER_STATE_EMAIL_PENDING;
    if (state->email_verified) out->flags |= CRM_CUSTOMER_STATE_EMAIL_VERIFIED;
    return status;
  });
}
