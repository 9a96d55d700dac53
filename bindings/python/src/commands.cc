#include "bindings/python/src/commands.h"

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/consent.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"
#include "crm/commands.h"

namespace crm::python {
namespace {

using Time = std::optional<Timestamp>;

constexpr EnumName<DeactivationReason> kReasons[] = {
    {DeactivationReason::kCustomerRequest, "CUSTOMER_REQUEST"},
    {DeactivationReason::kFraud, "FRAUD"},
    {DeactivationReason::kTermsViolation, "TERMS_VIOLATION"},
    {DeactivationReason::kOther, "OTHER"},
};

constexpr EnumName<RecordState> kStates[] = {
    {RecordState::kActive, "ACTIVE"},
    {RecordState::kMerged, "MERGED"},
    {RecordState::kDeactivated, "DEACTIVATED"},
    {RecordState::kErased, "ERASED"},
};

constexpr char kRegisterDoc[] =
    "Registers a customer, as one atomic request: a CommandResult.\n\n"
    "    club.register_customer(\"ada@example.com\", first_name=\"Ada\",\n"
    "                           terms_accepted=True, id=\"signup-17\",\n"
    "                           source=\"web\", at=now)\n\n"
    "identifiers: her accounts in the host's systems, a dict or pairs, of\n"
    "    exclusive namespaces. None: the id of the call becomes one.\n"
    "terms_accepted: must be true.\n"
    "marketing_consent: she ticked the box for marketing by e-mail.\n"
    "known_email: somebody who never registered may have the address.\n"
    "token_sha256, expires_at: of a token that the host mails, to verify the\n"
    "    address; kept beside the log, and used once.\n"
    "id, source: of this call; the same again changes nothing (`repeated`).\n"
    "at: when, by the host's clock.\n"
    "ip_address, user_agent: of who did it; \"\": not known.\n\n"
    "Raises ConflictError (code ALREADY_EXISTS): the address or an account is\n"
    "somebody's; InputError: a member, or the terms.";

constexpr char kRequestDoc[] =
    "Asks anew to verify the address that she has: a CommandResult.\n\n"
    "token_sha256, expires_at, id, source, at: as of register_customer.";

constexpr char kVerifyDoc[] =
    "Her address is verified, with the hash of the token that came back: a\n"
    "CommandResult.\n\n"
    "Raises ConsentError (code DENIED): not that token; InputError: no\n"
    "request is open, or it is too late.";

constexpr char kEmailDoc[] =
    "Gives her another address: a CommandResult.\n\n"
    "token_sha256, expires_at: to verify it; as of register_customer.\n\n"
    "Raises ConflictError: it is somebody's; InputError: it is hers already,\n"
    "or she has no account, so that nothing but the old one leads to her.";

constexpr char kProfileDoc[] =
    "Sets and unsets fields of her profile: a CommandResult. One event for\n"
    "each kind that differs, with old and new; none where nothing does.\n\n"
    "    club.update_profile(7, {\"lastName\": \"King\", \"phone\": None},\n"
    "                        id=\"edit-3\", source=\"web\", at=now)\n\n"
    "changes: firstName, lastName, phone, dateOfBirth (\"1815-12-10\" or a\n"
    "    date), address (a dict); None: there is none any more.";

constexpr char kDeactivateDoc[] =
    "Suspends her account: a CommandResult. No marketing until she is\n"
    "reactivated; nothing that she said is taken back.\n\n"
    "reason: a DeactivationReason. notes: personal; may be empty.";

CommandCall CallOf(const Text& id, const Text& source, Timestamp at,
                   const Text& ip_address, const Text& user_agent) {
  CommandCall call;
  call.id = id;
  call.source = source;
  call.at = at;
  call.ip_address = ip_address;
  call.user_agent = user_agent;
  return call;
}

std::optional<EmailVerification> VerificationOf(const Text& token_sha256,
                                                Time expires_at) {
  if (std::string_view(token_sha256).empty() && !expires_at.has_value()) {
    return {};
  }
  EmailVerification verification;
  verification.token_sha256 = token_sha256;
  verification.expires_at = expires_at.value_or(Timestamp());
  return verification;
}

std::vector<FieldChange> ChangesOf(const py::dict& changes) {
  std::vector<FieldChange> out;
  for (const auto& [name, value] : changes) {
    FieldChange& change = out.emplace_back();
    change.field = name.cast<Text>();
    if (value.is_none()) {
      change.unset = true;
    } else if (PyDict_Check(value.ptr()) != 0) {
      change.value = JsonFromPython(value, "changes");
    } else if (py::hasattr(value, "isoformat")) {
      change.value = value.attr("isoformat")().cast<Text>();
    } else {
      change.value = value.cast<Text>();
    }
  }
  return out;
}

void DefineRegister(py::class_<TenantHandle>& type) {
  Def(
      type, "register_customer",
      [](TenantHandle& self, const Text& email, const Text& id,
         const Text& source, Timestamp at, bool terms_accepted,
         const Text& first_name, const Text& last_name, const Text& phone,
         const py::object& identifiers, bool marketing_consent,
         bool known_email, const Text& token_sha256, Time expires_at,
         const Text& ip_address, const Text& user_agent) {
        Registration registration;
        registration.email = email;
        registration.first_name = first_name;
        registration.last_name = last_name;
        registration.phone = phone;
        registration.identifiers = ReadIdentifiers(identifiers);
        registration.terms_accepted = terms_accepted;
        registration.marketing_consent = marketing_consent;
        registration.known_email = known_email;
        registration.verification = VerificationOf(token_sha256, expires_at);
        const CommandCall call = CallOf(id, source, at, ip_address, user_agent);
        return Take(Change(self, [&](Tenant& of) {
          return of.RegisterCustomer(registration, call);
        }));
      },
      kRegisterDoc, py::arg("email"), py::kw_only(), py::arg("id"),
      py::arg("source"), py::arg("at"), py::arg("terms_accepted"),
      py::arg("first_name") = "", py::arg("last_name") = "",
      py::arg("phone") = "", py::arg("identifiers") = py::none(),
      py::arg("marketing_consent") = false, py::arg("known_email") = false,
      py::arg("token_sha256") = "", py::arg("expires_at") = py::none(),
      py::arg("ip_address") = "", py::arg("user_agent") = "");
}

void DefineAddresses(py::class_<TenantHandle>& type) {
  Def(
      type, "request_email_verification",
      [](TenantHandle& self, CustomerId customer, const Text& token_sha256,
         Timestamp expires_at, const Text& id, const Text& source, Timestamp at,
         const Text& ip_address, const Text& user_agent) {
        const EmailVerification verification =
            VerificationOf(token_sha256, expires_at).value();
        const CommandCall call = CallOf(id, source, at, ip_address, user_agent);
        return Take(Change(self, [&](Tenant& of) {
          return of.RequestEmailVerification(customer, verification, call);
        }));
      },
      kRequestDoc, py::arg("customer"), py::kw_only(), py::arg("token_sha256"),
      py::arg("expires_at"), py::arg("id"), py::arg("source"), py::arg("at"),
      py::arg("ip_address") = "", py::arg("user_agent") = "");
  Def(
      type, "verify_email",
      [](TenantHandle& self, CustomerId customer, const Text& token_sha256,
         const Text& id, const Text& source, Timestamp at,
         const Text& ip_address, const Text& user_agent) {
        const CommandCall call = CallOf(id, source, at, ip_address, user_agent);
        return Take(Change(self, [&](Tenant& of) {
          return of.VerifyEmail(customer, token_sha256, call);
        }));
      },
      kVerifyDoc, py::arg("customer"), py::arg("token_sha256"), py::kw_only(),
      py::arg("id"), py::arg("source"), py::arg("at"),
      py::arg("ip_address") = "", py::arg("user_agent") = "");
  Def(
      type, "update_email",
      [](TenantHandle& self, CustomerId customer, const Text& email,
         const Text& id, const Text& source, Timestamp at,
         const Text& token_sha256, Time expires_at, const Text& ip_address,
         const Text& user_agent) {
        EmailUpdate update;
        update.email = email;
        update.verification = VerificationOf(token_sha256, expires_at);
        const CommandCall call = CallOf(id, source, at, ip_address, user_agent);
        return Take(Change(self, [&](Tenant& of) {
          return of.UpdateEmail(customer, update, call);
        }));
      },
      kEmailDoc, py::arg("customer"), py::arg("email"), py::kw_only(),
      py::arg("id"), py::arg("source"), py::arg("at"),
      py::arg("token_sha256") = "", py::arg("expires_at") = py::none(),
      py::arg("ip_address") = "", py::arg("user_agent") = "");
}

void DefineStates(py::class_<TenantHandle>& type) {
  Def(
      type, "deactivate",
      [](TenantHandle& self, CustomerId customer, py::handle reason,
         const Text& id, const Text& source, Timestamp at, const Text& notes,
         const Text& ip_address, const Text& user_agent) {
        const auto why = EnumFromPython("DeactivationReason", kReasons, reason);
        const CommandCall call = CallOf(id, source, at, ip_address, user_agent);
        return Take(Change(self, [&](Tenant& of) {
          return of.Deactivate(customer, why, notes, call);
        }));
      },
      kDeactivateDoc, py::arg("customer"), py::arg("reason"), py::kw_only(),
      py::arg("id"), py::arg("source"), py::arg("at"), py::arg("notes") = "",
      py::arg("ip_address") = "", py::arg("user_agent") = "");
  Def(
      type, "reactivate",
      [](TenantHandle& self, CustomerId customer, const Text& id,
         const Text& source, Timestamp at, const Text& ip_address,
         const Text& user_agent) {
        const CommandCall call = CallOf(id, source, at, ip_address, user_agent);
        return Take(Change(
            self, [&](Tenant& of) { return of.Reactivate(customer, call); }));
      },
      "Takes her suspension back: a CommandResult. All that she said counts\n"
      "again.",
      py::arg("customer"), py::kw_only(), py::arg("id"), py::arg("source"),
      py::arg("at"), py::arg("ip_address") = "", py::arg("user_agent") = "");
  Def(
      type, "customer_state",
      [](const TenantHandle& self, CustomerId customer) {
        return self.Run([&](const Tenant& tenant) {
          return tenant.GetCustomerState(customer);
        });
      },
      "What is there under a customer's number, also of one who was merged\n"
      "or erased: a CustomerState. Raises NotFoundError.",
      py::arg("customer"));
}

}  // namespace

void DefineCommandRecords(py::module_& module) {
  RecordClass<CommandResult>(module, "CommandResult",
                             "What became of a command.")
      .Field("customer", &CommandResult::customer, "Whose account it is.")
      .Field("repeated", &CommandResult::repeated,
             "It was done before: nothing was appended now.")
      .Field("new_customer", &CommandResult::new_customer,
             "A registration made a customer.")
      .Computed(
          "types",
          [](const CommandResult& self) { return TupleOf(self.types); },
          "Of the events that were appended, now or then, in order.")
      .Computed(
          "positions",
          [](const CommandResult& self) { return TupleOf(self.positions); },
          "Of the same.")
      .Finish();
  RecordClass<CustomerState>(module, "CustomerState",
                             "What is there under a customer's number.")
      .Computed(
          "state",
          [](const CustomerState& self) {
            return EnumToPython("RecordState", kStates, self.state);
          },
          "A RecordState.")
      .Field("customer", &CustomerState::customer,
             "Who stands for her; 0: she was erased.")
      .Field("since", &CustomerState::since,
             "Since when she is deactivated, or active again.")
      .Field("position", &CustomerState::position, "Of what says so.")
      .Field("email_pending", &CustomerState::email_pending,
             "Her address is not verified yet.")
      .Field("email_verified", &CustomerState::email_verified, "It is.")
      .Finish();
}

void DefineCommands(py::class_<TenantHandle>& type) {
  DefineRegister(type);
  DefineAddresses(type);
  Def(
      type, "update_profile",
      [](TenantHandle& self, CustomerId customer, const py::dict& changes,
         const Text& id, const Text& source, Timestamp at,
         const Text& ip_address, const Text& user_agent) {
        const std::vector<FieldChange> fields = ChangesOf(changes);
        const CommandCall call = CallOf(id, source, at, ip_address, user_agent);
        return Take(Change(self, [&](Tenant& of) {
          return of.UpdateProfile(customer, fields, call);
        }));
      },
      kProfileDoc, py::arg("customer"), py::arg("changes"), py::kw_only(),
      py::arg("id"), py::arg("source"), py::arg("at"),
      py::arg("ip_address") = "", py::arg("user_agent") = "");
  DefineStates(type);
}

}  // namespace crm::python
