// Identity settings from JSON. See settings.h.

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/utf8.h"
#include "crm/event.h"
#include "crm/schema.h"
#include "format/json_tree.h"
#include "identity/normalise_internal.h"
#include "identity/settings.h"

namespace crm {
namespace {

using Kind = JsonTree::Kind;

constexpr size_t kMaxDepth = 8;
constexpr std::string_view kEverywhere = "*";

std::string At(const std::string& place, std::string_view token) {
  std::string pointer = place;
  AppendPointerToken(token, &pointer);
  return pointer;
}

int DefaultConfidence(IdentifierClass klass) {
  switch (klass) {
    case IdentifierClass::kShareable:
      return 85;
    case IdentifierClass::kEphemeral:
      return 80;
    case IdentifierClass::kExclusive:
      break;
  }
  return 100;
}

}  // namespace

// Each method reads one part, and says whether it could.
class IdentitySettingsReader final {
 public:
  explicit IdentitySettingsReader(IdentitySettings* out) : out_(*out) {}

  bool ReadAll(const JsonTree& root);
  Status status() && { return std::move(status_); }

 private:
  bool Fail(const std::string& place, std::string_view why) {
    status_ = Status(StatusCode::kInvalidArgument,
                     "identity settings" + (place.empty() ? "" : " " + place) +
                         ": " + std::string(why));
    return false;
  }
  bool TooMany(const std::string& place, std::string_view what, size_t most) {
    status_ = Status(StatusCode::kTooLarge,
                     "identity settings " + place + ": at most " +
                         std::to_string(most) + " " + std::string(what));
    return false;
  }
  bool IsObject(const JsonTree& tree, const std::string& place,
                std::initializer_list<std::string_view> members);
  template <typename T>
  bool Number(const JsonTree& tree, const std::string& place,
              std::string_view name, int64_t least, int64_t most, T* out);
  bool Bool(const JsonTree& tree, const std::string& place,
            std::string_view name, bool* out);
  bool Text(const JsonTree& tree, const std::string& place,
            std::string_view name, std::string* out);

  bool ReadRules(const JsonTree& tree);
  bool ReadNamespaces(const JsonTree& tree);
  bool ReadNamespace(const std::string& name, const JsonTree& tree);
  bool ReadClass(const JsonTree& tree, const std::string& place,
                 NamespaceSettings* out);
  bool ReadAliases(const JsonTree& tree, const std::string& place,
                   NamespaceSettings* out);
  bool CheckSpellings();
  bool ReadOthers(const JsonTree& root);
  bool ReadBlocked(const JsonTree& tree);
  bool ReadBlocks(const std::string& name, const JsonTree& tree);
  bool ReadBlock(const std::string& name, const std::string& place,
                 const JsonTree& tree, std::string* out);
  bool ReadEmail(const JsonTree& tree);
  bool ReadDomain(const std::string& name, const JsonTree& tree);
  bool CheckDomains();
  bool ReadPhone(const JsonTree& tree);
  bool ReadRegion(const JsonTree& tree, const std::string& place,
                  std::string* out);

  IdentitySettings& out_;
  Status status_;
  size_t blocked_values_ = 0;
};

bool IdentitySettingsReader::IsObject(
    const JsonTree& tree, const std::string& place,
    std::initializer_list<std::string_view> members) {
  if (!tree.Is(Kind::kObject)) return Fail(place, "must be an object");
  if (members.size() == 0) return true;
  for (const std::string& key : tree.keys) {
    if (std::find(members.begin(), members.end(), key) == members.end()) {
      return Fail(At(place, key), "there is no such setting");
    }
  }
  return true;
}

template <typename T>
bool IdentitySettingsReader::Number(const JsonTree& tree,
                                    const std::string& place,
                                    std::string_view name, int64_t least,
                                    int64_t most, T* out) {
  const JsonTree* value = tree.Find(name);
  if (value == nullptr) return true;
  int64_t number = -1;
  if (value->Is(Kind::kNumber) && value->text.size() <= 10 &&
      value->text.find_first_not_of("0123456789") == std::string::npos) {
    number = std::stoll(value->text);
  }
  if (number < least || number > most) {
    return Fail(At(place, name), "must be a whole number from " +
                                     std::to_string(least) + " to " +
                                     std::to_string(most));
  }
  *out = static_cast<T>(number);
  return true;
}

bool IdentitySettingsReader::Bool(const JsonTree& tree,
                                  const std::string& place,
                                  std::string_view name, bool* out) {
  const JsonTree* value = tree.Find(name);
  if (value == nullptr) return true;
  if (!value->IsBool()) {
    return Fail(At(place, name), "must be true or false");
  }
  *out = value->Is(Kind::kTrue);
  return true;
}

bool IdentitySettingsReader::Text(const JsonTree& tree,
                                  const std::string& place,
                                  std::string_view name, std::string* out) {
  const JsonTree* value = tree.Find(name);
  if (value == nullptr) return true;
  if (!value->Is(Kind::kString)) return Fail(At(place, name), "must be a text");
  *out = value->text;
  return true;
}

bool IdentitySettingsReader::ReadAll(const JsonTree& root) {
  static const JsonTree kNothing = [] {
    JsonTree tree;
    tree.kind = Kind::kObject;
    return tree;
  }();
  if (!IsObject(root, "",
                {"rules", "namespaces", "other_namespaces", "blocked", "email",
                 "phone"})) {
    return false;
  }
  const auto part = [&](std::string_view name) -> const JsonTree& {
    const JsonTree* found = root.Find(name);
    return found == nullptr ? kNothing : *found;
  };
  return ReadRules(part("rules")) && ReadNamespaces(part("namespaces")) &&
         ReadOthers(root) && ReadEmail(part("email")) &&
         ReadPhone(part("phone")) && ReadBlocked(part("blocked"));
}

bool IdentitySettingsReader::ReadRules(const JsonTree& tree) {
  const std::string place = "/rules";
  IdentityRules& rules = out_.rules_;
  if (!IsObject(tree, place,
                {"attach_bar", "merge_bar", "automatic_merges", "shared_after",
                 "values_per_shareable", "identifiers", "records", "merges",
                 "merges_per_minute", "phone_months"}) ||
      !Number(tree, place, "attach_bar", 1, 100, &rules.attach_bar) ||
      !Number(tree, place, "merge_bar", 1, 100, &rules.merge_bar) ||
      !Bool(tree, place, "automatic_merges", &rules.automatic_merges) ||
      !Number(tree, place, "shared_after", 0, 1'000'000, &rules.shared_after) ||
      !Number(tree, place, "values_per_shareable", 1, 1000,
              &rules.values_per_shareable) ||
      !Number(tree, place, "identifiers", 1, 10'000, &rules.identifiers) ||
      !Number(tree, place, "records", 1, 10'000, &rules.records) ||
      !Number(tree, place, "merges", 1, 10'000, &rules.merges) ||
      !Number(tree, place, "merges_per_minute", 1, 1'000'000,
              &rules.merges_per_minute) ||
      !Number(tree, place, "phone_months", 0, 1200, &rules.phone_months)) {
    return false;
  }
  if (rules.shared_after == 1) {
    return Fail("/rules/shared_after",
                "must be 0 (never) or at least 2: every value has one person");
  }
  if (rules.merge_bar < rules.attach_bar) {
    return Fail("/rules/merge_bar",
                "is below the attach bar, " + std::to_string(rules.attach_bar));
  }
  return true;
}

bool IdentitySettingsReader::ReadNamespaces(const JsonTree& tree) {
  if (!IsObject(tree, "/namespaces", {})) return false;
  if (tree.keys.size() > kMaxNamespaces) {
    return TooMany("/namespaces", "namespaces", kMaxNamespaces);
  }
  for (size_t i = 0; i < tree.keys.size(); ++i) {
    if (!ReadNamespace(tree.keys[i], tree.elements[i])) return false;
  }
  for (const auto& [name, one] : out_.namespaces_) {
    if (one.klass == IdentifierClass::kEphemeral &&
        one.confidence >= out_.rules_.merge_bar) {
      return Fail(At("/namespaces", name),
                  "is ephemeral and merges nobody: its confidence must be "
                  "below the merge bar, " +
                      std::to_string(out_.rules_.merge_bar));
    }
  }
  return CheckSpellings();
}

bool IdentitySettingsReader::ReadNamespace(const std::string& name,
                                           const JsonTree& tree) {
  const std::string place = At("/namespaces", name);
  if (!IsNamespace(name)) {
    return Fail(place, "a name has 1 to " + std::to_string(kMaxNamespaceBytes) +
                           " bytes of text without control characters");
  }
  const NamespaceInfo known = ClassifyNamespace(name);
  if (known.name != name) {
    return Fail(place, "is another spelling of " + std::string(known.name));
  }
  NamespaceSettings& out = out_.namespaces_[name];
  out.name = name;
  if (!IsObject(tree, place,
                {"class", "confidence", "priority", "fold_case", "aliases"}) ||
      !ReadClass(tree, place, &out) ||
      !Number(tree, place, "confidence", 0, 100, &out.confidence) ||
      !Number(tree, place, "priority", 0, 255, &out.priority) ||
      !Bool(tree, place, "fold_case", &out.fold_case)) {
    return false;
  }
  if (tree.Find("fold_case") != nullptr &&
      (name == kEmailName || name == kPhoneName)) {
    return Fail(At(place, "fold_case"), "has a form of its own");
  }
  return ReadAliases(tree, place, &out);
}

bool IdentitySettingsReader::ReadClass(const JsonTree& tree,
                                       const std::string& place,
                                       NamespaceSettings* out) {
  if (tree.Find("class") == nullptr) return true;
  std::string name;
  if (!Text(tree, place, "class", &name)) return false;
  IdentifierClass klass = IdentifierClass::kExclusive;
  if (name == "shareable") {
    klass = IdentifierClass::kShareable;
  } else if (name == "ephemeral") {
    klass = IdentifierClass::kEphemeral;
  } else if (name != "exclusive") {
    return Fail(At(place, "class"),
                "must be \"exclusive\", \"shareable\" or \"ephemeral\"");
  }
  if (klass == out->klass) return true;
  out->klass = klass;
  out->confidence = static_cast<uint8_t>(DefaultConfidence(klass));
  return true;
}

bool IdentitySettingsReader::ReadAliases(const JsonTree& tree,
                                         const std::string& place,
                                         NamespaceSettings* out) {
  const JsonTree* aliases = tree.Find("aliases");
  if (aliases == nullptr) return true;
  const std::string list = At(place, "aliases");
  if (!aliases->Is(Kind::kArray)) return Fail(list, "must be an array");
  if (aliases->elements.size() > kMaxAliases) {
    return TooMany(list, "names", kMaxAliases);
  }
  for (size_t i = 0; i < aliases->elements.size(); ++i) {
    const JsonTree& one = aliases->elements[i];
    const std::string here = At(list, std::to_string(i));
    if (!one.Is(Kind::kString) || !IsNamespace(one.text)) {
      return Fail(here, "must be a name of 1 to " +
                            std::to_string(kMaxNamespaceBytes) + " bytes");
    }
    if (one.text == out->name) return Fail(here, "is the namespace itself");
    const NamespaceInfo known = ClassifyNamespace(one.text);
    const bool built_in =
        known.name != one.text ||
        IdentitySettings::Default().namespaces_.count(one.text) != 0;
    if (built_in && known.name != out->name) {
      return Fail(here, "already stands for " + std::string(known.name));
    }
    if (!built_in) out->aliases.push_back(one.text);
  }
  std::sort(out->aliases.begin(), out->aliases.end());
  const auto twice =
      std::adjacent_find(out->aliases.begin(), out->aliases.end());
  return twice == out->aliases.end() || Fail(list, "has a name twice");
}

// No spelling may stand for two namespaces.
bool IdentitySettingsReader::CheckSpellings() {
  std::map<std::string_view, std::string_view> owners;
  for (const auto& [name, one] : out_.namespaces_) owners[name] = name;
  for (const auto& [name, one] : out_.namespaces_) {
    for (const std::string& alias : one.aliases) {
      const auto [place, fresh] = owners.emplace(alias, name);
      if (fresh) continue;
      return Fail(At(At("/namespaces", name), "aliases"),
                  alias + " already stands for " + std::string(place->second));
    }
  }
  return true;
}

bool IdentitySettingsReader::ReadOthers(const JsonTree& root) {
  std::string others = "accept";
  if (!Text(root, "", "other_namespaces", &others)) return false;
  out_.withhold_others_ = others == "withhold";
  return others == "accept" || others == "withhold" ||
         Fail("/other_namespaces", "must be \"accept\" or \"withhold\"");
}

bool IdentitySettingsReader::ReadEmail(const JsonTree& tree) {
  const std::string place = "/email";
  if (!IsObject(tree, place, {"domains", "block_roles", "block_examples"}) ||
      !Bool(tree, place, "block_roles", &out_.email_.block_roles) ||
      !Bool(tree, place, "block_examples", &out_.email_.block_examples)) {
    return false;
  }
  const JsonTree* domains = tree.Find("domains");
  if (domains == nullptr) return true;
  if (!IsObject(*domains, "/email/domains", {})) return false;
  if (domains->keys.size() > kMaxEmailDomains) {
    return TooMany("/email/domains", "domains", kMaxEmailDomains);
  }
  for (size_t i = 0; i < domains->keys.size(); ++i) {
    if (!ReadDomain(domains->keys[i], domains->elements[i])) return false;
  }
  return CheckDomains();
}

bool IdentitySettingsReader::ReadDomain(const std::string& name,
                                        const JsonTree& tree) {
  const std::string place = At("/email/domains", name);
  std::string canonical;
  if (!NormaliseDomain(name, &canonical).ok()) {
    return Fail(place, "is no domain that mail is sent to");
  }
  EmailDomain domain;
  std::string same_as;
  if (!IsObject(tree, place, {"strip_tags", "strip_dots", "same_as"}) ||
      !Bool(tree, place, "strip_tags", &domain.strip_tags) ||
      !Bool(tree, place, "strip_dots", &domain.strip_dots) ||
      !Text(tree, place, "same_as", &same_as)) {
    return false;
  }
  if (tree.Find("same_as") != nullptr) {
    if (domain.strip_tags || domain.strip_dots) {
      return Fail(place, "same_as leaves the rest to the other domain");
    }
    if (!NormaliseDomain(same_as, &domain.same_as).ok()) {
      return Fail(At(place, "same_as"), "is no domain that mail is sent to");
    }
  }
  if (!out_.email_.domains.emplace(canonical, domain).second) {
    return Fail(place, "is there in another spelling");
  }
  // One that says nothing is not kept, so that equal settings look alike.
  return true;
}

bool IdentitySettingsReader::CheckDomains() {
  auto& domains = out_.email_.domains;
  for (const auto& [name, domain] : domains) {
    if (domain.same_as.empty()) continue;
    const std::string place = At(At("/email/domains", name), "same_as");
    if (domain.same_as == name) return Fail(place, "is the domain itself");
    const auto other = domains.find(domain.same_as);
    if (other != domains.end() && !other->second.same_as.empty()) {
      return Fail(place, domain.same_as + " is itself another name");
    }
  }
  std::erase_if(domains,
                [](const auto& one) { return one.second == EmailDomain(); });
  return true;
}

bool IdentitySettingsReader::ReadPhone(const JsonTree& tree) {
  const std::string place = "/phone";
  PhoneSettings& phone = out_.phone_;
  if (!IsObject(tree, place, {"region", "refuse_national", "regions"}) ||
      !Bool(tree, place, "refuse_national", &phone.refuse_national)) {
    return false;
  }
  if (const JsonTree* region = tree.Find("region")) {
    const bool none = region->Is(Kind::kString) && region->text.empty();
    if (!none && !ReadRegion(*region, "/phone/region", &phone.region)) {
      return false;
    }
  }
  const JsonTree* regions = tree.Find("regions");
  if (regions != nullptr) {
    if (!IsObject(*regions, "/phone/regions", {})) return false;
    if (regions->keys.size() > kMaxPhoneSources) {
      return TooMany("/phone/regions", "sources", kMaxPhoneSources);
    }
    for (size_t i = 0; i < regions->keys.size(); ++i) {
      const std::string& source = regions->keys[i];
      const std::string here = At("/phone/regions", source);
      if (!CheckName("source", source, kMaxIdBytes).ok()) {
        return Fail(here, "cannot be the name of a source");
      }
      if (!ReadRegion(regions->elements[i], here, &phone.regions[source])) {
        return false;
      }
    }
  }
  if (phone.refuse_national && !phone.regions.empty()) {
    return Fail("/phone/regions",
                "a region is of no use where national numbers are refused");
  }
  return true;
}

bool IdentitySettingsReader::ReadRegion(const JsonTree& tree,
                                        const std::string& place,
                                        std::string* out) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!tree.Is(Kind::kString) || tree.text.size() != 2 ||
      !is_capital(tree.text[0]) || !is_capital(tree.text[1])) {
    return Fail(place, "must be a region of two capital letters, as \"ZA\"");
  }
  *out = tree.text;
  return true;
}

bool IdentitySettingsReader::ReadBlocked(const JsonTree& tree) {
  if (!IsObject(tree, "/blocked", {})) return false;
  for (size_t i = 0; i < tree.keys.size(); ++i) {
    if (!ReadBlocks(tree.keys[i], tree.elements[i])) return false;
  }
  return true;
}

bool IdentitySettingsReader::ReadBlocks(const std::string& name,
                                        const JsonTree& tree) {
  const std::string place = At("/blocked", name);
  if (name != kEverywhere) {
    const auto known = out_.namespaces_.find(name);
    if (!IsNamespace(name)) return Fail(place, "is no name of a namespace");
    for (const auto& [other, one] : out_.namespaces_) {
      if (known == out_.namespaces_.end() &&
          std::binary_search(one.aliases.begin(), one.aliases.end(), name)) {
        return Fail(place, "is another spelling of " + other);
      }
    }
    if (known == out_.namespaces_.end() && out_.withhold_others_) {
      return Fail(place, "all of this namespace is withheld");
    }
  }
  if (!tree.Is(Kind::kArray)) return Fail(place, "must be an array");
  blocked_values_ += tree.elements.size();
  if (blocked_values_ > kMaxBlockedValues) {
    return TooMany("/blocked", "values", kMaxBlockedValues);
  }
  std::vector<std::string> values;
  for (size_t i = 0; i < tree.elements.size(); ++i) {
    std::string value;
    if (!ReadBlock(name, At(place, std::to_string(i)), tree.elements[i],
                   &value)) {
      return false;
    }
    values.push_back(std::move(value));
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (!values.empty()) out_.blocked_.emplace(name, std::move(values));
  return true;
}

// Errors name the place, not the value: it may be somebody's address.
bool IdentitySettingsReader::ReadBlock(const std::string& name,
                                       const std::string& place,
                                       const JsonTree& tree, std::string* out) {
  if (!tree.Is(Kind::kString)) return Fail(place, "must be a text");
  const std::string_view value = Trim(tree.text);
  if (!CheckName("value", value, kMaxIdBytes).ok()) {
    return Fail(place, "must be 1 to " + std::to_string(kMaxIdBytes) +
                           " bytes of text without control characters");
  }
  std::string canonical(value);
  if (name == kEmailName && value.starts_with('@')) {
    if (!NormaliseDomain(value.substr(1), &canonical).ok()) {
      return Fail(place, "is no domain that mail is sent to");
    }
    canonical.insert(canonical.begin(), '@');
  } else if (name == kEmailName) {
    Status status = NormaliseEmail(value, &canonical);
    // What is blocked for another reason as well is no mistake.
    if (status.ok()) status = out_.RewriteEmail(&canonical);
    if (!status.ok() && status.code() != StatusCode::kDenied) {
      return Fail(place, "is no address, nor a domain that begins with @");
    }
  } else if (name == kPhoneName) {
    // National numbers depend on the region.
    if (!value.starts_with('+') ||
        !Normaliser({}).Normalise(kPhoneName, value, &canonical).ok()) {
      return Fail(place, "must be a phone number that begins with +");
    }
  }
  if (!FoldCase(canonical, out) || out->empty()) {
    return Fail(place, "cannot be an identifier");
  }
  return true;
}

Result<std::shared_ptr<const IdentitySettings>> IdentitySettings::Parse(
    std::string_view json) {
  if (json.size() > kMaxDefinitionBytes) {
    return Status(StatusCode::kTooLarge,
                  "identity settings: at most " +
                      std::to_string(kMaxDefinitionBytes) + " bytes");
  }
  Result<JsonTree> tree = ParseJsonTree(json, kMaxDepth, "identity settings");
  if (!tree.ok()) return std::move(tree).status();
  std::shared_ptr<IdentitySettings> settings(new IdentitySettings());
  IdentitySettingsReader reader(settings.get());
  if (!reader.ReadAll(*tree)) return std::move(reader).status();
  settings->Compile();
  return std::shared_ptr<const IdentitySettings>(std::move(settings));
}

}  // namespace crm
