#include "privacy/settings.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "base/utf8.h"
#include "crm/privacy.h"
#include "event/catalogue.h"
#include "format/json.h"

namespace crm {
namespace {

constexpr size_t kMaxDepth = 8;
constexpr size_t kMaxTypeBytes = 128;
constexpr std::string_view kWhat = "privacy settings";

// Of the catalogue: see crm/retention.h.
constexpr std::string_view kDefaults = R"({
  "aggregates": ["crm.events.anonymised"],
  "bookings": ["teetime.booking.*", "teetime.competition.*"],
  "browsing": ["CartAbandoned", "CartCreated", "CheckoutAbandoned",
    "CheckoutStarted", "CheckoutStepCompleted", "ItemAddedToCart",
    "PageViewed", "ProductAffinityDetected", "ProductCompared",
    "ProductViewed", "ReviewRead", "SearchPerformed", "VideoWatched"],
  "consent": ["ConsentGranted", "ConsentRevoked", "ConsentUpdatedEvent",
    "PreferencesUpdated", "consent.updated", "contactPreference.updated",
    "crm.consent.*"],
  "messaging": ["CustomerEmailInvalidated", "EmailSent",
    "EmailVerificationRequested", "EmailVerified", "MessageFailed",
    "MessageSent", "campaign.completed", "message.*"],
  "orders": ["ContractActivatedEvent", "OrderConfirmed", "OrderDelivered",
    "OrderPlaced", "OrderShipped", "PaymentFailed", "PaymentInitiated",
    "PaymentSucceeded", "RefundCompleted", "RefundInitiated",
    "ServiceOrderCreatedEvent", "scl.payment.*"],
  "profile": ["CustomerAddressUpdated", "CustomerCreated",
    "CustomerDeactivated", "CustomerEmailInvalidated", "CustomerEmailUpdated",
    "CustomerMergedEvent", "CustomerNameUpdated", "CustomerPhoneUpdated",
    "CustomerProfileCreatedEvent", "CustomerProfileUpdatedEvent",
    "CustomerUpdated", "LeadCreatedEvent", "contact.created",
    "contact.updated", "crm.profile.*", "scl.member.*", "scl.tier.changed",
    "teetime.handicap.updated", "teetime.player.*"]
})";

Status Wrong(const std::string& place, std::string_view why) {
  return Status(StatusCode::kInvalidArgument,
                std::string(kWhat) + " " + place + ": " + std::string(why));
}

std::string At(const std::string& place, std::string_view token) {
  std::string pointer = place;
  AppendPointerToken(token, &pointer);
  return pointer;
}

Status ReadDays(const JsonTree& value, const std::string& place,
                int64_t* days) {
  const char* const end = value.text.data() + value.text.size();
  const bool read = value.Is(JsonTree::Kind::kNumber) &&
                    std::from_chars(value.text.data(), end, *days).ptr == end;
  if (read && *days >= 1 && *days <= kMaxRetentionDays) return Status::Ok();
  return Wrong(place, "must be a number of days from 1 to 36,500");
}

// A whole name, or a beginning with a "*" at its end.
Status CheckType(const std::string& type, const std::string& place) {
  Status status = CheckName("type", type, kMaxTypeBytes);
  if (!status.ok()) return Wrong(place, status.message());
  const size_t star = type.find('*');
  if (star == std::string::npos || star + 1 == type.size()) return status;
  return Wrong(place, "may have one * at its end");
}

}  // namespace

bool PrivacySettings::Category::Has(std::string_view type) const {
  return std::binary_search(types.begin(), types.end(), type, std::less<>()) ||
         std::any_of(beginnings.begin(), beginnings.end(),
                     [type](const std::string& beginning) {
                       return type.starts_with(beginning);
                     });
}

Status PrivacySettings::CheckName(const std::string& name) {
  Status status = crm::CheckName("name", name, kMaxCategoryNameBytes);
  if (status.ok() && name == kOtherCategory) {
    status = Status(StatusCode::kInvalidArgument,
                    "others: is what is in no other category");
  }
  if (status.ok()) return status;
  return Wrong(At("/categories", name), status.message());
}

Status PrivacySettings::ReadCategory(const std::string& name,
                                     const JsonTree& types) {
  const std::string place = At("/categories", name);
  if (!types.Is(JsonTree::Kind::kArray) || types.elements.empty() ||
      types.elements.size() > kMaxCategoryTypes) {
    return Wrong(place, "must be a list of 1 to 1,000 types, or null");
  }
  Category category;
  category.name = name;
  for (size_t i = 0; i < types.elements.size(); ++i) {
    const JsonTree& type = types.elements[i];
    const std::string where = At(place, std::to_string(i));
    if (!type.Is(JsonTree::Kind::kString)) return Wrong(where, "must be text");
    Status status = CheckType(type.text, where);
    if (!status.ok()) return status;
    if (type.text.back() == '*') {
      category.beginnings.push_back(type.text.substr(0, type.text.size() - 1));
    } else {
      category.types.push_back(type.text);
    }
  }
  std::sort(category.types.begin(), category.types.end());
  categories_.push_back(std::move(category));
  return Status::Ok();
}

// Those that are given over the defaults.
Status PrivacySettings::ReadCategories(const JsonTree& given) {
  if (!given.Is(JsonTree::Kind::kObject)) {
    return Wrong("/categories", "must be an object");
  }
  Result<JsonTree> defaults = ParseJsonTree(kDefaults, kMaxDepth, kWhat);
  if (!defaults.ok()) return std::move(defaults).status();
  Status status;
  for (size_t i = 0; status.ok() && i < given.keys.size(); ++i) {
    status = CheckName(given.keys[i]);
    if (status.ok() && !given.elements[i].Is(JsonTree::Kind::kNull)) {
      status = ReadCategory(given.keys[i], given.elements[i]);
    }
  }
  for (size_t i = 0; status.ok() && i < defaults->keys.size(); ++i) {
    if (given.Find(defaults->keys[i]) != nullptr) continue;
    status = ReadCategory(defaults->keys[i], defaults->elements[i]);
  }
  if (status.ok() && categories_.size() > kMaxCategories) {
    return Wrong("/categories", "at most 100");
  }
  std::sort(
      categories_.begin(), categories_.end(),
      [](const Category& a, const Category& b) { return a.name < b.name; });
  return status;
}

Status PrivacySettings::Read(const JsonTree& given) {
  if (!given.Is(JsonTree::Kind::kObject)) {
    return Status(StatusCode::kInvalidArgument,
                  std::string(kWhat) + ": must be an object");
  }
  JsonTree none;
  none.kind = JsonTree::Kind::kObject;
  const JsonTree* categories = &none;
  const JsonTree* retention = &none;
  for (size_t i = 0; i < given.keys.size(); ++i) {
    if (given.keys[i] == "categories") {
      categories = &given.elements[i];
    } else if (given.keys[i] == "retention") {
      retention = &given.elements[i];
    } else {
      return Wrong(At("", given.keys[i]), "there is no such setting");
    }
  }
  Status status = ReadCategories(*categories);
  return status.ok() ? ReadRetention(*retention) : status;
}

Status PrivacySettings::ReadRetention(const JsonTree& given) {
  const std::string place = "/retention";
  if (!given.Is(JsonTree::Kind::kObject)) {
    return Wrong(place, "must be an object");
  }
  Status status;
  for (size_t i = 0; status.ok() && i < given.keys.size(); ++i) {
    const std::string& key = given.keys[i];
    const std::string where = At(place, key);
    const JsonTree& value = given.elements[i];
    if (key == "days") {
      status = ReadDays(value, where, &days_.emplace());
      continue;
    }
    if (key != "types" && key != "categories") {
      return Wrong(where, "there is no such setting");
    }
    if (!value.Is(JsonTree::Kind::kObject) ||
        value.keys.size() > kMaxRetentionTypes) {
      return Wrong(where, "must be an object of up to 1,000 members");
    }
    auto* const days = key == "types" ? &type_days_ : &category_days_;
    for (size_t j = 0; status.ok() && j < value.keys.size(); ++j) {
      const std::string& name = value.keys[j];
      status = key == "types" ? CheckType(name, At(where, name))
                              : CheckCategory(name, At(where, name));
      if (!status.ok()) return status;
      status = ReadDays(value.elements[j], At(where, name), &(*days)[name]);
    }
  }
  return status;
}

// Which there is.
Status PrivacySettings::CheckCategory(const std::string& name,
                                      const std::string& place) const {
  return HasCategory(name) ? Status::Ok() : Wrong(place, "no such category");
}

// Of a name as it is.
std::optional<int64_t> PrivacySettings::DaysOfName(
    std::string_view type) const {
  if (type.empty()) return std::nullopt;
  const auto whole = type_days_.find(type);
  if (whole != type_days_.end()) return whole->second;
  std::optional<int64_t> days;
  size_t longest = 0;
  for (const auto& [name, value] : type_days_) {
    if (name.back() != '*' || name.size() <= longest) continue;
    if (!type.starts_with(std::string_view(name).substr(0, name.size() - 1))) {
      continue;
    }
    longest = name.size();
    days = value;
  }
  return days;
}

std::optional<int64_t> PrivacySettings::DaysOf(std::string_view type) const {
  std::optional<int64_t> days = DaysOfName(type);
  if (!days.has_value()) days = DaysOfName(CanonicalType(type));
  if (days.has_value()) return days;
  for (const std::string_view name : CategoriesOf(type)) {
    const auto found = category_days_.find(name);
    if (found == category_days_.end()) continue;
    days = std::max(days.value_or(0), found->second);
  }
  // Sums over many people have a limit of their own, or none.
  return days.has_value() || type == kAnonymisedEventType ? days : days_;
}

void PrivacySettings::AppendRetention(std::string* out) const {
  out->append(R"(,"retention":{)");
  for (const auto& [member, days] :
       {std::pair("types", &type_days_),
        std::pair("categories", &category_days_)}) {
    if (days->empty()) continue;
    if (out->back() != '{') out->push_back(',');
    out->append("\"").append(member).append("\":{");
    for (const auto& [name, value] : *days) {
      if (out->back() != '{') out->push_back(',');
      AppendJsonString(name, out);
      out->append(":").append(std::to_string(value));
    }
    out->push_back('}');
  }
  if (days_.has_value()) {
    if (out->back() != '{') out->push_back(',');
    out->append("\"days\":").append(std::to_string(*days_));
  }
  out->push_back('}');
}

Result<std::shared_ptr<const PrivacySettings>> PrivacySettings::Parse(
    std::string_view json) {
  if (json.size() > kMaxPrivacySettingsBytes) {
    return Status(StatusCode::kTooLarge,
                  std::string(kWhat) + ": at most 262,144 bytes");
  }
  Result<JsonTree> given = ParseJsonTree(json, kMaxDepth, kWhat);
  if (!given.ok()) return std::move(given).status();
  std::shared_ptr<PrivacySettings> settings(new PrivacySettings());
  AppendJson(*given, &settings->json_);
  Status status = settings->Read(*given);
  if (!status.ok()) return status;
  return std::shared_ptr<const PrivacySettings>(std::move(settings));
}

const PrivacySettings& PrivacySettings::Default() {
  static const std::shared_ptr<const PrivacySettings>* const settings =
      new std::shared_ptr<const PrivacySettings>(*Parse("{}"));
  return **settings;
}

bool PrivacySettings::HasCategory(std::string_view name) const {
  return name == kOtherCategory ||
         std::any_of(categories_.begin(), categories_.end(),
                     [name](const Category& category) {
                       return category.name == name;
                     });
}

std::vector<std::string_view> PrivacySettings::CategoriesOf(
    std::string_view type) const {
  // An alias is what it stands for, too.
  const std::string_view canonical = CanonicalType(type);
  std::vector<std::string_view> found;
  for (const Category& category : categories_) {
    if (category.Has(type) || (!canonical.empty() && category.Has(canonical))) {
      found.push_back(category.name);
    }
  }
  if (found.empty()) found.push_back(kOtherCategory);
  return found;
}

bool PrivacySettings::IsInAny(
    std::string_view type, const std::vector<std::string>& categories) const {
  const std::vector<std::string_view> own = CategoriesOf(type);
  return std::any_of(
      categories.begin(), categories.end(), [&](const std::string& name) {
        return !HasCategory(name) ||
               std::find(own.begin(), own.end(), name) != own.end();
      });
}

std::string PrivacySettings::ToWholeJson() const {
  std::string out = R"({"categories":{)";
  for (const Category& category : categories_) {
    if (out.back() != '{') out.push_back(',');
    AppendJsonString(category.name, &out);
    out.append(":[");
    for (const std::string& type : category.types) {
      if (out.back() != '[') out.push_back(',');
      AppendJsonString(type, &out);
    }
    for (const std::string& beginning : category.beginnings) {
      if (out.back() != '[') out.push_back(',');
      AppendJsonString(beginning + "*", &out);
    }
    out.push_back(']');
  }
  // What is a default and taken away must stay so.
  Result<JsonTree> defaults = ParseJsonTree(kDefaults, kMaxDepth, kWhat);
  for (size_t i = 0; defaults.ok() && i < defaults->keys.size(); ++i) {
    if (HasCategory(defaults->keys[i])) continue;
    if (out.back() != '{') out.push_back(',');
    AppendJsonString(defaults->keys[i], &out);
    out.append(":null");
  }
  out.push_back('}');
  AppendRetention(&out);
  return out + "}";
}

}  // namespace crm
