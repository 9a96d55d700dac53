#include "consent/receipt.h"

#include <utility>
#include <vector>

#include "base/time_text.h"
#include "format/json.h"
#include "format/json_writer.h"

namespace crm {
namespace {

constexpr std::string_view kUnknown = "unknown";

// An entry of a register, which may not be there.
class Entry {
 public:
  explicit Entry(const JsonTree* tree) : tree_(tree) {}

  std::string Text(std::string_view name,
                   std::string_view otherwise = kUnknown) const {
    const JsonTree* value = tree_ == nullptr ? nullptr : tree_->Find(name);
    if (value == nullptr) return std::string(otherwise);
    if (value->Is(JsonTree::Kind::kString)) return value->text;
    std::string json;
    AppendJson(*value, &json);
    return json;
  }
  // As JSON: a list, also of one; empty when there is none.
  std::string List(std::string_view name) const {
    const JsonTree* value = tree_ == nullptr ? nullptr : tree_->Find(name);
    if (value == nullptr) return "[]";
    std::string json;
    AppendJson(*value, &json);
    return value->Is(JsonTree::Kind::kArray) ? json : "[" + json + "]";
  }
  bool Flag(std::string_view name, bool otherwise) const {
    const JsonTree* value = tree_ == nullptr ? nullptr : tree_->Find(name);
    return value == nullptr ? otherwise : value->Is(JsonTree::Kind::kTrue);
  }
  bool Has(std::string_view name) const {
    return tree_ != nullptr && tree_->Find(name) != nullptr;
  }
  const JsonTree* Find(std::string_view name) const {
    return tree_ == nullptr ? nullptr : tree_->Find(name);
  }

 private:
  const JsonTree* const tree_;
};

// What both forms say.
struct Subject {
  Subject(const ConsentEntry& from, const ConsentSettings& settings,
          std::string_view tenant_name)
      : entry(from),
        tenant(tenant_name),
        purpose(settings.Entry("purposes", from.purpose)),
        controller(
            settings.Entry("parties", Member("controller").empty()
                                          ? purpose.Text("controller", "")
                                          : Member("controller"))),
        policy(PolicyOf(settings)) {}

  // Of the act's payload; empty: it does not say.
  std::string Member(std::string_view name) const {
    std::string found;
    Status status = ForEachMember(
        entry.payload, [&](std::string_view key, std::string_view value) {
          if (key == name && value != "null") found = JsonScalarText(value);
          return true;
        });
    return status.ok() ? found : std::string();
  }
  std::string MemberOr(std::string_view name,
                       std::string_view otherwise = kUnknown) const {
    const std::string found = Member(name);
    return found.empty() ? std::string(otherwise) : found;
  }
  std::string Method() const {
    return MemberOr("method", MemberOr("consentMethod"));
  }
  std::string Basis() const {
    return MemberOr("legalBasis", purpose.Text("legalBasis"));
  }
  std::string ConsentType() const {
    return Basis() == "soft-opt-in" ? "soft opt-in" : "EXPLICIT";
  }
  std::string ReceiptId() const {
    return std::string(tenant) + "/" + std::to_string(entry.position);
  }
  // A number that means nothing without the store.
  std::string Principal() const {
    return std::string(tenant) + "/record/" + std::to_string(entry.record);
  }
  std::string Language() const {
    return MemberOr("language", policy.Text("language"));
  }
  const JsonTree* PolicyOf(const ConsentSettings& settings) const {
    const JsonTree* found = settings.Entry("policies", Member("policy"));
    const JsonTree* versions =
        found == nullptr ? nullptr : found->Find("versions");
    return versions == nullptr ? nullptr
                               : versions->Find(Member("policyVersion"));
  }

  const ConsentEntry& entry;
  const std::string_view tenant;
  const Entry purpose;
  const Entry controller;
  const Entry policy;
};

void KantaraServices(const Subject& of, JsonWriter* out) {
  out->BeginArray("services");
  out->BeginObject();
  out->Text("service", of.purpose.Text("services"));
  out->BeginArray("purposes");
  out->BeginObject();
  out->Text("purpose", of.entry.purpose);
  out->Raw("purposeCategory", of.purpose.List("kind"));
  out->Text("consentType", of.ConsentType());
  out->Raw("piiCategory", of.purpose.List("piiCategories"));
  out->Flag("primaryPurpose", of.purpose.Flag("primary", false));
  out->Text("termination", of.purpose.Text("termination"));
  const bool third = of.purpose.Has("recipients");
  out->Flag("thirdPartyDisclosure", third);
  if (third) out->Text("thirdPartyName", of.purpose.Text("recipients"));
  out->EndObject();
  out->EndArray();
  out->EndObject();
  out->EndArray();
}

std::string Kantara(const Subject& of) {
  JsonWriter out;
  out.BeginObject();
  out.Text("version", "KI-CR-v1.1.0");
  out.Text("jurisdiction", of.MemberOr("jurisdiction"));
  out.Raw("consentTimestamp",
          std::to_string(of.entry.effective_at.time_since_epoch().count() /
                         1'000'000));
  out.Text("collectionMethod", of.Method());
  out.Text("consentReceiptID", of.ReceiptId());
  out.Text("language", of.Language());
  out.Text("piiPrincipalId", of.Principal());
  out.BeginArray("piiControllers");
  out.BeginObject();
  out.Text("piiController", of.controller.Text("legalName"));
  out.Flag("onBehalf", of.controller.Flag("onBehalf", false));
  out.Text("contact", of.controller.Text("contact"));
  out.BeginObject("address");
  out.Text("streetAddress", of.controller.Text("address"));
  out.EndObject();
  out.Text("email", of.controller.Text("email"));
  out.Text("phone", of.controller.Text("phone"));
  out.Text("piiControllerUrl", of.controller.Text("url"));
  out.EndObject();
  out.EndArray();
  out.Text("policyUrl", of.policy.Text("url"));
  KantaraServices(of, &out);
  const bool sensitive = of.purpose.Flag("sensitive", false);
  out.Flag("sensitive", sensitive);
  out.Raw("spiCat", sensitive ? of.purpose.List("piiCategories") : "[]");
  out.EndObject();
  return out.Take();
}

void Iso27560Processing(const Subject& of, JsonWriter* out) {
  out->BeginObject("pii_processing");
  out->Text("privacy_notice", of.policy.Text("url"));
  out->Text("privacy_notice_hash", of.policy.Text("hash"));
  out->Text("policy", of.MemberOr("policy"));
  out->Text("policy_version", of.MemberOr("policyVersion"));
  out->Text("language", of.Language());
  out->BeginArray("purposes");
  out->BeginObject();
  out->Text("purpose", of.entry.purpose.empty() ? "any" : of.entry.purpose);
  out->Text("purpose_type", of.purpose.Text("kind"));
  out->Text("purpose_description", of.purpose.Text("text"));
  out->Text("lawful_basis", of.Basis());
  out->Raw("pii_information", of.purpose.List("piiCategories"));
  out->Flag("sensitive_pii_category", of.purpose.Flag("sensitive", false));
  out->Text("collection_method", of.Method());
  out->Raw("services", of.purpose.List("services"));
  out->Raw("storage_locations", of.purpose.List("storageLocations"));
  out->Raw("processing_locations", of.purpose.List("processingLocations"));
  out->Text("retention_period", of.purpose.Text("retention"));
  out->Raw("recipient_third_parties", of.purpose.List("recipients"));
  out->Text("withdrawal_method", of.purpose.Text("withdrawalMethod"));
  out->Text("jurisdiction", of.MemberOr("jurisdiction"));
  out->Text("channel", ConsentChannelName(of.entry.channel));
  out->EndObject();
  out->EndArray();
  out->BeginArray("pii_controllers");
  out->Text({}, of.MemberOr("controller", of.purpose.Text("controller")));
  out->EndArray();
  out->EndObject();
}

std::string Iso27560(const Subject& of) {
  JsonWriter out;
  out.BeginObject();
  out.BeginObject("header");
  out.Text("schema_version", "ISO/IEC TS 27560:2023");
  out.Text("record_id", of.ReceiptId());
  out.Text("pii_principal_id", of.Principal());
  out.EndObject();
  Iso27560Processing(of, &out);
  out.BeginArray("party_identification");
  out.BeginObject();
  out.Text("party_id",
           of.MemberOr("controller", of.purpose.Text("controller")));
  out.Text("party_name", of.controller.Text("legalName"));
  out.Text("party_address", of.controller.Text("address"));
  out.Text("party_email", of.controller.Text("email"));
  out.Text("party_url", of.controller.Text("url"));
  out.Text("party_phone", of.controller.Text("phone"));
  out.Text("party_contact", of.controller.Text("contact"));
  out.Text("party_role", of.controller.Text("role"));
  out.Text("party_type", of.controller.Text("type"));
  out.EndObject();
  out.EndArray();
  out.BeginArray("events");
  out.BeginObject();
  out.Text("event_time", FormatTime(of.entry.effective_at));
  out.Text("validity_duration", of.MemberOr("validUntil"));
  out.Text("entity_id", of.MemberOr("actor"));
  out.Text("event_type", ConsentActionName(of.entry.action));
  out.Text("event_state", ConsentStateName(of.entry.state));
  out.EndObject();
  out.EndArray();
  out.EndObject();
  return out.Take();
}

}  // namespace

std::string MakeReceipt(const ConsentEntry& entry,
                        const ConsentSettings& settings,
                        std::string_view tenant, ReceiptFormat format) {
  const Subject subject(entry, settings, tenant);
  return format == ReceiptFormat::kKantara ? Kantara(subject)
                                           : Iso27560(subject);
}

std::string ConsentEntryToJson(const ConsentEntry& entry) {
  JsonWriter out;
  out.BeginObject();
  out.Number("position", entry.position);
  out.Number("record", entry.record);
  out.Text("event_id", entry.event_id);
  out.Text("event_type", entry.event_type);
  out.Text("source", entry.source);
  out.Text("occurred_at", FormatTime(entry.occurred_at));
  out.Text("recorded_at", FormatTime(entry.recorded_at));
  out.Text("effective_at", FormatTime(entry.effective_at));
  out.Flag("opened", entry.opened);
  if (entry.opened) {
    out.Text("action", ConsentActionName(entry.action));
    out.Text("purpose", entry.purpose);
    out.Text("channel", ConsentChannelName(entry.channel));
    out.Text("state", ConsentStateName(entry.state));
    out.Flag("renewed", entry.renewed);
    out.Flag("superseded", entry.superseded);
    out.Flag("clamped", entry.clamped);
    out.Raw("payload", entry.payload);
  }
  out.Flag("shared", entry.shared);
  out.EndObject();
  return out.Take();
}

std::string ConsentPreferencesToJson(const ConsentPreferences& preferences) {
  JsonWriter out;
  out.BeginObject();
  const auto text = [&](std::string_view name, const std::string& value) {
    if (value.empty()) {
      out.Raw(name, "null");
    } else {
      out.Text(name, value);
    }
  };
  text("email_frequency", preferences.email_frequency);
  text("time_zone", preferences.time_zone);
  if (!preferences.has_categories) {
    out.Raw("categories", "null");
  } else {
    out.BeginArray("categories");
    for (const std::string& one : preferences.categories) out.Text({}, one);
    out.EndArray();
  }
  out.EndObject();
  return out.Take();
}

std::string ConsentDecision::ToJson() const {
  JsonWriter out;
  out.BeginObject();
  out.Text("verdict", VerdictName(verdict));
  out.Text("rule", ConsentRuleName(rule));
  out.Text("state", ConsentStateName(state));
  if (verdict == Verdict::kDefer) out.Text("until", FormatTime(until));
  out.BeginArray("acts");
  for (size_t i = 0; i < act_count; ++i) {
    out.Number({}, acts[i]);
  }
  out.EndArray();
  if (!regime.empty()) out.Text("regime", regime);
  out.Flag("one_click", one_click);
  out.Flag("contested", contested);
  out.Text("explanation", Explain());
  out.EndObject();
  return out.Take();
}

}  // namespace crm
