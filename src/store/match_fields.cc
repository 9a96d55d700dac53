#include "store/match_fields.h"

#include <optional>
#include <utility>

#include "crm/match_customers.h"
#include "format/json.h"
#include "format/json_tree.h"
#include "identity/match_text.h"

namespace crm {
namespace {

constexpr size_t kMaxJsonBytes = 65'536;
constexpr size_t kMaxDepth = 8;
constexpr size_t kMaxValueBytes = 4'096;
constexpr size_t kMaxOthers = 4;

constexpr std::string_view kDefault = R"({
"given_name":["firstName","givenName","given_name","firstname"],
"middle_name":["middleName","middle_name"],
"surname":["lastName","surname","familyName","family_name","lastname"],
"full_name":["name","fullName","full_name"],
"birth_date":["dateOfBirth","birthDate","birthday","date_of_birth","birthdate",
"birth_date"],
"sex":["gender","sex"],
"street":["address.street","address.line1","street"],
"house_number":["address.houseNumber","houseNumber"],
"city":["address.city","city"],
"postcode":["address.postalCode","address.postcode","postalCode","postcode"],
"region":["address.region","address.state","region","state"],
"country":["address.country","country"],
"email":["email"],
"phone":["phoneNumber","phone"]})";

std::optional<MatchField> FieldOfName(std::string_view name) {
  for (int i = 1; i <= static_cast<int>(MatchField::kOther); ++i) {
    const auto field = static_cast<MatchField>(i);
    if (MatchFieldName(field) == name) return field;
  }
  return std::nullopt;
}

Status BadFields(const std::string& field, const char* what) {
  return Status(StatusCode::kInvalidArgument, "fields: " + field + ": " + what);
}

// Empty: no text and no number.
std::string ScalarText(std::string_view json) {
  const bool text = !json.empty() && json.front() == '"';
  const bool number =
      !json.empty() &&
      (json.front() == '-' || (json.front() >= '0' && json.front() <= '9'));
  return text || number ? JsonScalarText(json) : std::string();
}

std::string TextOf(const MatchFieldMap::Traits& traits,
                   const std::string& name) {
  const auto whole = traits.find(name);
  if (whole != traits.end()) return ScalarText(whole->second);
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return {};
  const auto outer = traits.find(name.substr(0, dot));
  if (outer == traits.end() || !outer->second.starts_with('{')) return {};
  Result<JsonTree> tree = ParseJsonTree(outer->second, kMaxDepth, "trait");
  if (!tree.ok()) return {};
  const JsonTree* const member = tree->Find(name.substr(dot + 1));
  const bool scalar =
      member != nullptr && (member->Is(JsonTree::Kind::kString) ||
                            member->Is(JsonTree::Kind::kNumber));
  return scalar ? member->text : std::string();
}

// As MatchSet takes it; empty: no date, or what forms fill in when nobody
// answers. With or without a time of day.
std::string BirthText(std::string text) {
  constexpr size_t kDateBytes = 10;
  if (text.size() > kDateBytes &&
      (text[kDateBytes] == 'T' || text[kDateBytes] == ' ')) {
    text.resize(kDateBytes);
  }
  MatchDate date;
  const bool filled_in = text == "1900-01-01" || text == "1970-01-01";
  return !filled_in && ParseMatchDate(text, &date) ? text : std::string();
}

bool TakesSeveral(MatchField field) {
  return field == MatchField::kEmail || field == MatchField::kPhone;
}

}  // namespace

std::string DefaultMatchFields() { return std::string(kDefault); }

Result<MatchFieldMap> MatchFieldMap::Parse(std::string_view json) {
  if (json.empty()) json = kDefault;
  if (json.size() > kMaxJsonBytes) {
    return Status(StatusCode::kTooLarge, "fields: over 65536 bytes");
  }
  Result<JsonTree> tree = ParseJsonTree(json, kMaxDepth, "fields");
  if (!tree.ok()) return tree.status();
  if (!tree->Is(JsonTree::Kind::kObject) || tree->keys.empty()) {
    return Status(StatusCode::kInvalidArgument,
                  "fields: must be an object with one field at least");
  }
  MatchFieldMap map;
  for (size_t i = 0; i < tree->keys.size(); ++i) {
    const std::string& name = tree->keys[i];
    const std::optional<MatchField> field = FieldOfName(name);
    if (!field.has_value()) return BadFields(name, "is no field");
    Entry entry{*field, {}};
    const JsonTree& value = tree->elements[i];
    const std::vector<JsonTree> one = {value};
    const bool several = value.Is(JsonTree::Kind::kArray);
    for (const JsonTree& trait : several ? value.elements : one) {
      if (!trait.Is(JsonTree::Kind::kString) || trait.text.empty()) {
        return BadFields(name,
                         "must be the name of a trait, or an array of names");
      }
      entry.traits.push_back(trait.text);
    }
    if (entry.traits.empty()) return BadFields(name, "names no trait");
    if (*field == MatchField::kOther && entry.traits.size() > kMaxOthers) {
      return BadFields(name, "must be at most 4");
    }
    map.entries_.push_back(std::move(entry));
  }
  return map;
}

std::vector<MatchValue> MatchFieldMap::ValuesOf(const Traits& traits) const {
  std::vector<MatchValue> values;
  for (const Entry& entry : entries_) {
    for (size_t i = 0; i < entry.traits.size(); ++i) {
      std::string text = TextOf(traits, entry.traits[i]);
      if (entry.field == MatchField::kBirthDate) {
        text = BirthText(std::move(text));
      }
      if (text.empty() || text.size() > kMaxValueBytes) continue;
      const bool other = entry.field == MatchField::kOther;
      values.push_back(
          {entry.field, std::move(text), static_cast<uint8_t>(other ? i : 0)});
      if (!other && !TakesSeveral(entry.field)) break;
    }
  }
  return values;
}

}  // namespace crm
