#include "event/catalogue.h"

#include <algorithm>
#include <deque>

#include "event/catalogue_tables.h"

namespace crm {
namespace {

std::string Quoted(std::string_view text) {
  return std::string("\"").append(text).append("\"");
}

// What a value of the shape must be, for "type".
std::string_view TypesOf(FieldShape shape) {
  switch (shape) {
    case FieldShape::kText:
    case FieldShape::kTime:
    case FieldShape::kDay:
    case FieldShape::kEmail:
    case FieldShape::kCurrency:
      return R"("string")";
    case FieldShape::kId:
      return R"("string","integer")";
    case FieldShape::kNumber:
    case FieldShape::kMoney:
      return R"("number")";
    case FieldShape::kCount:
      return R"("integer")";
    case FieldShape::kFlag:
      return R"("boolean")";
    case FieldShape::kTexts:
    case FieldShape::kIds:
    case FieldShape::kItems:
    case FieldShape::kSums:
      return R"("array")";
    case FieldShape::kAddress:
      return R"("string","object")";
    case FieldShape::kPreferences:
    case FieldShape::kObject:
      return R"("object")";
  }
  return {};
}

std::string MembersJson(const std::vector<CatalogueField>& fields);

// The rules beside "type", each after a comma.
std::string RulesOf(FieldShape shape, const std::string& personal) {
  using enum FieldShape;
  switch (shape) {
    case kTime:
      return R"(,"format":"date-time")";
    case kDay:
      return R"(,"format":"date")";
    case kEmail:
      return R"(,"format":"email")";
    case kCurrency:
      return R"(,"minLength":3,"maxLength":3)";
    case kMoney:
    case kCount:
      return R"(,"minimum":0)";
    case kTexts:
      return R"(,"items":{"type":"string",)" + personal + "}";
    case kIds:
      return R"(,"items":{"type":["string","integer"],)" + personal + "}";
    case kItems:
      return R"(,"items":{"type":"object",)" +
             MembersJson({{"productId", kId},
                          {"productName", kText},
                          {"productCategory", kText},
                          {"quantity", kMoney},
                          {"price", kMoney},
                          {"currency", kCurrency}}) +
             "}";
    case kSums:
      return R"(,"items":{"type":"object","properties":{)"
             R"("field":{"type":"string","x-personal":false},)"
             R"("value":{"type":["string","boolean"],"x-personal":false},)"
             R"("people":{"type":"integer","x-personal":false,"minimum":0},)"
             R"("values":{"type":"integer","x-personal":false,"minimum":0},)"
             R"("sum":{"type":"number","x-personal":false}}})";
    case kAddress:
      return "," + MembersJson({{"street", kText, kPersonal | kOrNull},
                                {"city", kText, kPersonal | kOrNull},
                                {"region", kText, kPersonal | kOrNull},
                                {"postalCode", kId, kPersonal | kOrNull},
                                {"country", kText, kPersonal | kOrNull}});
    case kPreferences:
      return "," +
             MembersJson({{"emailFrequency", kText, 0, "daily|weekly|never"},
                          {"categories", kTexts},
                          {"timezone", kText}});
    default:
      return {};
  }
}

std::string FieldJson(const CatalogueField& field) {
  const std::string personal = (field.marks & kPersonal) != 0
                                   ? R"("x-personal":true)"
                                   : R"("x-personal":false)";
  std::string types(TypesOf(field.shape));
  if ((field.marks & kOrNull) != 0) types.append(R"(,"null")");
  const bool several = types.find(',') != std::string::npos;
  std::string json = R"({"type":)";
  json.append(several ? "[" : "").append(types).append(several ? "]" : "");
  json.append(",").append(personal).append(RulesOf(field.shape, personal));
  if (!field.choices.empty()) {
    std::string_view rest = field.choices;
    json.append(R"(,"enum":[)");
    while (true) {
      const size_t end = rest.find('|');
      json.append(Quoted(rest.substr(0, end)));
      if (end == std::string_view::npos) break;
      json.push_back(',');
      rest.remove_prefix(end + 1);
    }
    json.push_back(']');
  }
  json.push_back('}');
  return json;
}

// "required" and "properties".
std::string MembersJson(const std::vector<CatalogueField>& fields) {
  std::string required;
  std::string properties;
  for (const CatalogueField& field : fields) {
    if ((field.marks & kMust) != 0) {
      required.append(required.empty() ? R"("required":[)" : ",")
          .append(Quoted(field.name));
    }
    properties.append(properties.empty() ? R"("properties":{)" : ",")
        .append(Quoted(field.name))
        .append(":")
        .append(FieldJson(field));
  }
  if (!required.empty()) required.append("],");
  return required + properties + "}";
}

struct Catalogue {
  std::deque<std::string> texts;  // What the views are of.
  std::vector<CatalogueSchema> schemas;

  Catalogue() {
    for (const auto& family :
         {CustomerEvents(), AccountEvents(), ConsentEvents(), ShopEvents(),
          OrderEvents(), ClubEvents(), TeeTimeEvents(), MessagingEvents(),
          OwnEvents()}) {
      for (const CatalogueEvent& event : family) {
        const std::string& json = texts.emplace_back(
            R"({"$schema":"https://json-schema.org/draft/2020-12/schema",)"
            R"("title":)" +
            Quoted(event.type) + R"(,"type":"object",)" +
            MembersJson(event.fields) + "}");
        schemas.push_back({event.type, kCatalogueVersion, json});
      }
    }
    std::sort(schemas.begin(), schemas.end(),
              [](const CatalogueSchema& a, const CatalogueSchema& b) {
                return a.type < b.type;
              });
  }
};

}  // namespace

const std::vector<CatalogueSchema>& CatalogueSchemas() {
  // Never destroyed: views of it may be in use until the end.
  static const auto* const catalogue = new Catalogue();
  return catalogue->schemas;
}

const std::vector<CatalogueAlias>& CatalogueAliases() {
  static const auto* const aliases = new std::vector<CatalogueAlias>{
      {"ConsentUpdated", "ConsentUpdatedEvent"},
      {"ContractActivated", "ContractActivatedEvent"},
      {"CustomerMerged", "CustomerMergedEvent"},
      {"CustomerPreferencesUpdated", "PreferencesUpdated"},
      {"CustomerProfileCreated", "CustomerProfileCreatedEvent"},
      {"CustomerProfileUpdated", "CustomerProfileUpdatedEvent"},
      {"EmailSent", "MessageSent"},
      {"LeadCreated", "LeadCreatedEvent"},
      {"ServiceOrderCreated", "ServiceOrderCreatedEvent"},
      {"booking.cancelled", "teetime.booking.cancelled"},
      {"booking.completed", "teetime.booking.completed"},
      {"booking.created", "teetime.booking.created"},
      {"booking.noshow", "teetime.booking.noshow"},
      {"competition.completed", "teetime.competition.completed"},
      {"competition.entered", "teetime.competition.entered"},
      {"competition.published", "teetime.competition.published"},
      {"handicap.updated", "teetime.handicap.updated"},
      {"member.created", "scl.member.created"},
      {"member.deleted", "scl.member.deleted"},
      {"member.status.changed", "scl.member.status.changed"},
      {"member.updated", "scl.member.updated"},
      {"messaging.campaign.completed", "campaign.completed"},
      {"messaging.consent.updated", "consent.updated"},
      {"messaging.contact.created", "contact.created"},
      {"messaging.contact.updated", "contact.updated"},
      {"messaging.contactPreference.updated", "contactPreference.updated"},
      {"messaging.message.bounced", "message.bounced"},
      {"messaging.message.clicked", "message.clicked"},
      {"messaging.message.delivered", "message.delivered"},
      {"messaging.message.failed", "message.failed"},
      {"messaging.message.opened", "message.opened"},
      {"messaging.message.sent", "message.sent"},
      {"payment.failed", "scl.payment.failed"},
      {"payment.received", "scl.payment.received"},
      {"payment.refunded", "scl.payment.refunded"},
      {"player.created", "teetime.player.created"},
      {"player.updated", "teetime.player.updated"},
      {"tier.changed", "scl.tier.changed"},
  };
  return *aliases;
}

const CatalogueSchema* FindCatalogueSchema(std::string_view type) {
  const std::vector<CatalogueSchema>& all = CatalogueSchemas();
  const auto find = [&](std::string_view name) -> const CatalogueSchema* {
    const auto found = std::lower_bound(
        all.begin(), all.end(), name,
        [](const CatalogueSchema& schema, std::string_view key) {
          return schema.type < key;
        });
    return found != all.end() && found->type == name ? &*found : nullptr;
  };
  const CatalogueSchema* const own = find(type);
  return own != nullptr ? own : find(CanonicalType(type));
}

std::string_view CanonicalType(std::string_view type) {
  const std::vector<CatalogueAlias>& aliases = CatalogueAliases();
  const auto found =
      std::lower_bound(aliases.begin(), aliases.end(), type,
                       [](const CatalogueAlias& alias, std::string_view key) {
                         return alias.alias < key;
                       });
  if (found != aliases.end() && found->alias == type) return found->type;
  const std::vector<CatalogueSchema>& all = CatalogueSchemas();
  const auto known =
      std::lower_bound(all.begin(), all.end(), type,
                       [](const CatalogueSchema& schema, std::string_view key) {
                         return schema.type < key;
                       });
  return known != all.end() && known->type == type ? known->type
                                                   : std::string_view();
}

}  // namespace crm
