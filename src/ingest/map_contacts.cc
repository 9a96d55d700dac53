// Maps of kind "contacts": what a row says about one person. See map_parser.h.

#include <algorithm>
#include <utility>

#include "ingest/map_parser.h"

namespace crm::ingest {
namespace {

// A row makes one event and one for each consent; a batch of rows must stay
// within what a request may have.
constexpr size_t kMaxConsents = 16;

constexpr std::pair<const char*, Policy> kPolicies[] = {
    {"overwrite", Policy::kOverwrite},
    {"fill_empty", Policy::kFillEmpty},
    {"append", Policy::kAppend},
    {"ignore", Policy::kIgnore},
};

constexpr std::pair<const char*, ConsentRule::Meaning> kMeanings[] = {
    {"granted", ConsentRule::Meaning::kGranted},
    {"revoked", ConsentRule::Meaning::kRevoked},
    {"nothing", ConsentRule::Meaning::kNothing},
};

std::string InSmallLetters(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

bool MapParser::ParseContact(const Json& json) {
  if (!IsObject(json, "contact")) return false;
  Members in(json, "contact");
  ContactRule& contact = map_->contact.emplace();
  contact.type = "contact.imported";
  std::string others = "traits";
  if (!GetText(&in, "type", &contact.type) ||
      !GetText(&in, "source", &contact.source) ||
      !GetText(&in, "clear", &contact.clear) ||
      !ParseOptionalText(&in, "id", &contact.id) ||
      !GetTexts(&in, "ignore", &contact.ignored) ||
      !GetText(&in, "others", &others) ||
      !ParsePolicy(&in, "others_policy", &contact.others_policy)) {
    return false;
  }
  if (contact.type.empty()) return Fail("contact.type", "must not be empty");
  if (contact.id.has_value()) contact.id->when_empty = WhenEmpty::kReject;
  const bool json_rows = map_->format == ImportMap::Impl::Format::kJson;
  if (json_rows && !in.Has("others")) others = "ignore";
  if (json_rows && others != "ignore") {
    return Fail("contact.others", "JSON has no columns: only \"ignore\"");
  }
  static constexpr std::pair<const char*, ContactRule::Others> kOthers[] = {
      {"traits", ContactRule::Others::kTraits},
      {"ignore", ContactRule::Others::kIgnore},
      {"reject", ContactRule::Others::kReject},
  };
  const auto* found =
      std::find_if(std::begin(kOthers), std::end(kOthers),
                   [&](auto& entry) { return others == entry.first; });
  if (found == std::end(kOthers)) {
    return Fail("contact.others",
                "must be \"traits\", \"ignore\" or \"reject\"");
  }
  contact.others = found->second;
  if (contact.others_policy == Policy::kAppend) {
    return Fail("contact.others_policy",
                "append needs a separator: name the "
                "columns");
  }
  const Json* time = in.Find("occurred_at");
  if (time != nullptr) {
    contact.occurred_at.emplace().required = false;
    if (!ParseTime(*time, "contact.occurred_at", &*contact.occurred_at)) {
      return false;
    }
  }
  const Json* identity = in.Find("identity");
  if (identity == nullptr) return Fail("contact.identity", "is missing");
  if (!ParseContactIdentity(*identity)) return false;
  const Json* traits = in.Find("traits");
  if (traits != nullptr && !ParseTraits(*traits)) return false;
  const Json* consents = in.Find("consents");
  if (consents != nullptr && !ParseConsents(*consents)) return false;
  return Finish(in);
}

bool MapParser::ParseContactIdentity(const Json& json) {
  if (!IsObject(json, "contact.identity")) return false;
  for (const auto& [name, value] : json.items()) {
    const std::string path = "contact.identity." + name;
    if (!IsObject(value, path)) return false;
    Members in(value, path);
    ContactIdentifier identifier;
    identifier.name_space = name;
    std::string invalid = "reject";
    if (!in.Has("column")) return Fail(path + ".column", "is missing");
    if (!GetText(&in, "invalid", &invalid) ||
        !ParseColumn(&in, true, &identifier.value) || !Finish(in)) {
      return false;
    }
    if (invalid != "reject" && invalid != "omit") {
      return Fail(path + ".invalid", "must be \"reject\" or \"omit\"");
    }
    identifier.keep_row = invalid == "omit";
    map_->contact->identity.push_back(std::move(identifier));
  }
  if (!map_->contact->identity.empty()) return true;
  return Fail("contact.identity", "must have an identifier");
}

bool MapParser::ParseTraits(const Json& json) {
  if (!IsObject(json, "contact.traits")) return false;
  for (const auto& [name, value] : json.items()) {
    TraitRule rule;
    if (!ParseTrait(name, value, &rule)) return false;
    map_->contact->traits.push_back(std::move(rule));
  }
  return true;
}

bool MapParser::ParseTrait(const std::string& name, const Json& json,
                           TraitRule* rule) {
  const std::string path = "contact.traits." + name;
  if (name.empty()) return Fail(path, "needs a name");
  if (!IsObject(json, path)) return false;
  Members in(json, path);
  rule->name = name;
  rule->separator = ",";
  if (!in.Has("column")) return Fail(path + ".column", "is missing");
  if (!ParsePolicy(&in, "policy", &rule->policy) ||
      !GetText(&in, "separator", &rule->separator) ||
      !ParseColumn(&in, false, &rule->value)) {
    return false;
  }
  const bool append = rule->policy == Policy::kAppend;
  if (in.Has("separator") && (!append || rule->separator.empty())) {
    return Fail(path + ".separator",
                append ? "must not be empty" : "is for append only");
  }
  if (append && rule->value.as != As::kString && rule->value.as != As::kJson) {
    return Fail(path + ".as", "append takes texts");
  }
  if (rule->value.when_empty == WhenEmpty::kNull) {
    return Fail(path + ".empty",
                "a blank cell never clears a trait: see "
                "\"clear\"");
  }
  return Finish(in);
}

bool MapParser::ParsePolicy(Members* in, const std::string& name, Policy* out) {
  std::string policy = "overwrite";
  if (!GetText(in, name, &policy)) return false;
  for (const auto& [known, value] : kPolicies) {
    if (policy != known) continue;
    *out = value;
    return true;
  }
  return Fail(in->PathOf(name),
              "must be \"overwrite\", \"fill_empty\", \"append\" or "
              "\"ignore\"");
}

bool MapParser::ParseConsents(const Json& json) {
  if (!json.is_array()) return Fail("contact.consents", "must be an array");
  if (json.size() > kMaxConsents) {
    return Fail("contact.consents", "at most 16");
  }
  for (size_t i = 0; i < json.size(); ++i) {
    ConsentRule rule;
    const std::string path = "contact.consents[" + std::to_string(i) + "]";
    if (!ParseConsent(json[i], path, &rule)) return false;
    map_->contact->consents.push_back(std::move(rule));
  }
  return true;
}

bool MapParser::ParseConsent(const Json& json, const std::string& path,
                             ConsentRule* rule) {
  if (!IsObject(json, path)) return false;
  Members in(json, path);
  if (!Column(&in, &rule->column) || !GetText(&in, "purpose", &rule->purpose) ||
      !GetText(&in, "channel", &rule->channel) || !ParseMeanings(&in, rule)) {
    return false;
  }
  if (rule->purpose.empty()) return Fail(path + ".purpose", "is missing");
  if (rule->channel.empty()) return Fail(path + ".channel", "is missing");
  const Json* at = in.Find("at");
  if (at != nullptr) {
    rule->at.emplace().required = false;
    if (!ParseTime(*at, path + ".at", &*rule->at)) return false;
  }
  const Json* address = in.Find("ip_address");
  if (address != nullptr) {
    if (!IsObject(*address, path + ".ip_address")) return false;
    Members of(*address, path + ".ip_address");
    if (!Column(&of, &rule->ip_address.emplace()) || !Finish(of)) return false;
  }
  return Finish(in);
}

bool MapParser::ParseMeanings(Members* in, ConsentRule* rule) {
  for (const auto& [name, meaning] : kMeanings) {
    std::vector<std::string> values;
    if (!GetTexts(in, name, &values)) return false;
    for (std::string& value : values) {
      value = InSmallLetters(std::move(value));
      const bool there =
          std::any_of(rule->values.begin(), rule->values.end(),
                      [&](const auto& other) { return other.first == value; });
      if (value.empty() || there) {
        return Fail(in->PathOf(name),
                    "a blank never says anything, and a value only one thing");
      }
      rule->values.emplace_back(std::move(value), meaning);
    }
  }
  std::string otherwise;
  if (!GetText(in, "otherwise", &otherwise)) return false;
  for (const auto& [name, meaning] : kMeanings) {
    if (otherwise == name) rule->otherwise = meaning;
  }
  if (in->Has("otherwise") && !rule->otherwise.has_value()) {
    return Fail(in->PathOf("otherwise"),
                "must be \"granted\", \"revoked\" or \"nothing\"");
  }
  return !rule->values.empty() || rule->otherwise.has_value() ||
         Fail(in->PathOf("granted"), "is missing, and so is revoked");
}

}  // namespace crm::ingest
