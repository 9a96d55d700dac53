// Consent: methods of crm.Tenant, and the decision.

#include "bindings/python/src/consent.h"

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"

namespace crm::python {
std::vector<Identifier> ReadIdentifiers(const py::object& object) {
  std::vector<Identifier> identifiers;
  if (object.is_none()) return identifiers;
  const bool is_dict = PyDict_Check(object.ptr()) != 0;
  const py::object items = is_dict ? object.attr("items")() : object;
  for (const py::handle item : py::iter(items)) {
    identifiers.push_back(IdentifierFromPython(item));
  }
  return identifiers;
}

namespace {

using Time = std::optional<Timestamp>;

// As ConsentDecision, without what dies with the store.
struct DecisionRecord {
  explicit DecisionRecord(const ConsentDecision& from)
      : decision(from), regime(from.regime) {
    decision.regime = {};
  }
  ConsentDecision Whole() const {
    ConsentDecision whole = decision;
    whole.regime = regime;
    return whole;
  }
  ConsentDecision decision;
  std::string regime;
};

// The member of a Python enumeration that has this name.
py::object Member(const char* enumeration, std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    c = c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return MemberOf(enumeration, upper.c_str());
}

void DefineRecording(py::class_<TenantHandle>& type) {
  Def(
      type, "record_consent",
      [](TenantHandle& self, const Text& action, const Text& purpose,
         const Text& channel, const py::object& identifiers,
         CustomerId customer, const Text& address, const Text& source,
         const Text& id, Time occurred_at, Time valid_until, const Text& method,
         const Text& legal_basis, const Text& policy, uint32_t policy_version,
         const Text& jurisdiction, const Text& actor, const Text& reason,
         const Text& controller, const Text& language, bool confirmed,
         bool conflict_notice, const Text& evidence, const Text& ip_address,
         const Text& user_agent, const Text& source_url) {
        const ConsentAct act = {.action = Take(ParseConsentAction(action)),
                                .purpose = purpose,
                                .channel = Take(ParseConsentChannel(channel)),
                                .identifiers = ReadIdentifiers(identifiers),
                                .customer = customer,
                                .address = address,
                                .source = source,
                                .id = id,
                                .occurred_at = occurred_at,
                                .valid_until = valid_until,
                                .method = method,
                                .legal_basis = legal_basis,
                                .policy = policy,
                                .policy_version = policy_version,
                                .jurisdiction = jurisdiction,
                                .actor = actor,
                                .reason = reason,
                                .controller = controller,
                                .language = language,
                                .confirmed = confirmed,
                                .conflict_notice = conflict_notice,
                                .evidence = evidence,
                                .ip_address = ip_address,
                                .user_agent = user_agent,
                                .source_url = source_url};
        return OutcomeRecord(Take(Change(
            self, [&](Tenant& tenant) { return tenant.RecordConsent(act); })));
      },
      "Records what somebody did about consent: an EventOutcome.\n\n"
      "    tenant.record_consent(\"grant\", purpose=\"marketing\",\n"
      "                          channel=\"email\",\n"
      "                          identifiers={\"email\": address},\n"
      "                          method=\"web-form\")\n\n"
      "action: a ConsentAction: \"grant\", \"withdraw\", \"object\",\n"
      "    \"suppress\" ...\n"
      "purpose: of the register; \"\": of all.\n"
      "identifiers: who, a dict or pairs; or customer. Both: they must mean\n"
      "    the same person.\n"
      "address: that it is about, when it is not that of the identifiers.\n"
      "id: unique per source; \"\": made of what the act says and when.\n"
      "occurred_at: None: now, by the store's clock.\n\n"
      "Raises InputError (names the member), ConflictError, NotFoundError. A\n"
      "withdrawal is never refused for its time.",
      py::arg("action"), py::kw_only(), py::arg("purpose") = "",
      py::arg("channel") = "any", py::arg("identifiers") = py::none(),
      py::arg("customer") = 0, py::arg("address") = "",
      py::arg("source") = "consent", py::arg("id") = "",
      py::arg("occurred_at") = py::none(), py::arg("valid_until") = py::none(),
      py::arg("method") = "", py::arg("legal_basis") = "",
      py::arg("policy") = "", py::arg("policy_version") = 0,
      py::arg("jurisdiction") = "", py::arg("actor") = "",
      py::arg("reason") = "", py::arg("controller") = "",
      py::arg("language") = "", py::arg("confirmed") = false,
      py::arg("conflict_notice") = false, py::arg("evidence") = "",
      py::arg("ip_address") = "", py::arg("user_agent") = "",
      py::arg("source_url") = "");
}

void DefineDeciding(py::class_<TenantHandle>& type) {
  Def(
      type, "check_consent",
      [](const TenantHandle& self, CustomerId customer, const Text& purpose,
         const Text& channel, Timestamp at, const Text& message_class,
         const Text& template_name, const Text& address,
         const Text& jurisdiction, const Text& category, Time last_sent,
         Time as_of, Position known_at) {
        const ConsentQuestion question = {
            .customer = customer,
            .purpose = purpose,
            .channel = Take(ParseConsentChannel(channel)),
            .message_class = Take(ParseMessageClass(message_class)),
            .template_name = template_name,
            .address = address,
            .at = at,
            .jurisdiction = jurisdiction,
            .category = category,
            .last_sent = last_sent,
            .as_of = as_of,
            .known_at = known_at};
        return self.Run([&](const Tenant& tenant) -> Result<DecisionRecord> {
          Result<ConsentDecision> decision = tenant.CheckConsent(question);
          if (!decision.ok()) return decision.status();
          return DecisionRecord(*decision);
        });
      },
      "May she be written to? A ConsentDecision.\n\n"
      "    if tenant.check_consent(ada, \"marketing\", \"email\",\n"
      "                            at=now).verdict == \"allow\":\n"
      "        send()\n\n"
      "at: when it would be sent.\n"
      "message_class: a MessageClass; or template_name, of the register,\n"
      "    which says it.\n"
      "address: that it would go to; \"\": one that she consented for.\n"
      "last_sent: when she got the last one, to keep to her frequency.\n"
      "as_of, known_at: what was true then, of what was known at a position.",
      py::arg("customer"), py::arg("purpose"), py::arg("channel"),
      py::kw_only(), py::arg("at"), py::arg("message_class") = "marketing",
      py::arg("template_name") = "", py::arg("address") = "",
      py::arg("jurisdiction") = "", py::arg("category") = "",
      py::arg("last_sent") = py::none(), py::arg("as_of") = py::none(),
      py::arg("known_at") = 0);
  Def(
      type, "list_consents",
      [](const TenantHandle& self, const Text& purpose, const Text& channel,
         Timestamp at, const Text& message_class, CustomerId after,
         size_t limit) {
        const ConsentListQuery query = {
            .purpose = purpose,
            .channel = Take(ParseConsentChannel(channel)),
            .message_class = Take(ParseMessageClass(message_class)),
            .at = at,
            .after = after,
            .limit = limit};
        const ConsentList list = self.Run(
            [&](const Tenant& tenant) { return tenant.ListConsents(query); });
        return std::pair(list.customers, list.next);
      },
      "Customers for whom a check says allow or defer: a list of at most\n"
      "`limit` (1 to 10,000), and the `after` of the next page (0: that was\n"
      "all).",
      py::arg("purpose"), py::arg("channel"), py::kw_only(), py::arg("at"),
      py::arg("message_class") = "marketing", py::arg("after") = 0,
      py::arg("limit") = 1000);
}

void DefineLooking(py::class_<TenantHandle>& type) {
  Def(
      type, "consent_history",
      [](const TenantHandle& self, CustomerId customer, Time as_of,
         Position known_at) {
        const ConsentHistoryQuery query = {.as_of = as_of,
                                           .known_at = known_at};
        const auto history = self.Run([&](const Tenant& tenant) {
          return tenant.GetConsentHistory(customer, query);
        });
        py::list out;
        for (const ConsentEntry& entry : history) {
          out.append(ParseJson(ConsentEntryToJson(entry)));
        }
        return out;
      },
      "All her acts, by the time from which on they count: dicts. Times in\n"
      "them are text.",
      py::arg("customer"), py::kw_only(), py::arg("as_of") = py::none(),
      py::arg("known_at") = 0);
  Def(
      type, "preferences",
      [](const TenantHandle& self, CustomerId customer) {
        const ConsentPreferences preferences =
            self.Run([&](const Tenant& tenant) {
              return tenant.GetPreferences(customer);
            });
        return ParseJson(ConsentPreferencesToJson(preferences));
      },
      "What she prefers: a dict of email_frequency, time_zone, categories;\n"
      "what is not set is None.",
      py::arg("customer"));
  Def(
      type, "consent_receipt",
      [](const TenantHandle& self, CustomerId customer, Position position,
         const Text& format) {
        const ReceiptFormat form = Take(ParseReceiptFormat(format));
        const std::string json = self.Run([&](const Tenant& tenant) {
          return tenant.GetConsentReceipt(customer, position, form);
        });
        return ParseJson(json);
      },
      "The receipt of an act, by its position: a dict. format: a\n"
      "ReceiptFormat, \"kantara\" (1.1) or \"iso27560\".",
      py::arg("customer"), py::arg("position"), py::kw_only(),
      py::arg("format") = "kantara");
}

void DefineConsentSettings(py::class_<TenantHandle>& type) {
  Def(
      type, "set_consent_settings",
      [](TenantHandle& self, py::object settings) {
        const std::string json = JsonFromPython(settings, "settings");
        Check(Change(self, [&](Tenant& tenant) {
          return tenant.SetConsentSettings(json);
        }));
      },
      "Defines purposes, policies, parties, templates and regimes. A dict or\n"
      "text.\n\n"
      "    tenant.set_consent_settings({\n"
      "        \"purposes\": {\"newsletter\": {\"optIn\": \"double\"}},\n"
      "        \"templates\": {\"receipt\": {\"class\": "
      "\"transactional\"}}})\n\n"
      "Takes the place of everything set before; what is not named is the\n"
      "default. Counts for every decision from now on. The manual of all\n"
      "members is crm/consent.h. Raises InputError, which names the place.",
      py::arg("settings"));
  Def(
      type, "consent_settings",
      [](const TenantHandle& self) {
        const std::string json = self.Run(
            [](const Tenant& tenant) { return tenant.GetConsentSettings(); });
        return ParseJson(json);
      },
      "What counts now, with all defaults spelled out, as a dict: change what\n"
      "you like, and set it again.");
}

}  // namespace

void DefineConsentRecords(py::module_& module) {
  using Record = DecisionRecord;
  RecordClass<Record>(module, "ConsentDecision",
                      "An answer, with what made it so.")
      .Computed(
          "verdict",
          [](const Record& self) {
            return Member("Verdict", VerdictName(self.decision.verdict));
          },
          "A Verdict.")
      .Computed(
          "rule",
          [](const Record& self) {
            return Member("ConsentRule", ConsentRuleName(self.decision.rule));
          },
          "A ConsentRule: what decided.")
      .Computed(
          "state",
          [](const Record& self) {
            return Member("ConsentState",
                          ConsentStateName(self.decision.state));
          },
          "A ConsentState.")
      .Computed(
          "until",
          [](const Record& self) {
            return self.decision.verdict == Verdict::kDefer
                       ? Time(self.decision.until)
                       : Time();
          },
          "Of a deferral: allowed from then on.")
      .Computed(
          "acts",
          [](const Record& self) {
            py::tuple acts(self.decision.act_count);
            for (size_t i = 0; i < self.decision.act_count; ++i) {
              acts[i] = self.decision.acts[i];
            }
            return acts;
          },
          "The positions of the events that decided.")
      .Field("regime", &Record::regime, "The regime that decided, or \"\".")
      .Computed(
          "one_click",
          [](const Record& self) { return self.decision.one_click; },
          "The message must carry List-Unsubscribe with one click.")
      .Computed(
          "contested",
          [](const Record& self) { return self.decision.contested; },
          "A newer grant of another record does not lift the denial.")
      .Method(
          "explain", [](const Record& self) { return self.Whole().Explain(); },
          "One line for people.")
      .Method(
          "to_json", [](const Record& self) { return self.Whole().ToJson(); },
          "A JSON object, as text.")
      .Finish();
}

void DefineConsent(py::class_<TenantHandle>& type) {
  DefineRecording(type);
  DefineDeciding(type);
  DefineLooking(type);
  DefineConsentSettings(type);
}

}  // namespace crm::python
