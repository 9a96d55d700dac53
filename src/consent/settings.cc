#include "consent/settings.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/hash.h"
#include "consent/settings_defaults.h"
#include "consent/settings_reader.h"

namespace crm {
namespace {

constexpr size_t kMaxDepth = 12;
constexpr std::string_view kWhat = "consent settings";
// Registers are merged name by name; other members as a whole.
constexpr std::string_view kRegisters[] = {"purposes", "policies", "parties",
                                           "templates", "regimes"};

bool IsRegister(std::string_view name) {
  return std::find(std::begin(kRegisters), std::end(kRegisters), name) !=
         std::end(kRegisters);
}

void SetMember(JsonTree* object, const std::string& key, JsonTree value) {
  for (size_t i = 0; i < object->keys.size(); ++i) {
    if (object->keys[i] != key) continue;
    object->elements[i] = std::move(value);
    return;
  }
  object->keys.push_back(key);
  object->elements.push_back(std::move(value));
}

void RemoveMember(JsonTree* object, const std::string& key) {
  for (size_t i = 0; i < object->keys.size(); ++i) {
    if (object->keys[i] != key) continue;
    object->keys.erase(object->keys.begin() + static_cast<ptrdiff_t>(i));
    object->elements.erase(object->elements.begin() +
                           static_cast<ptrdiff_t>(i));
    return;
  }
}

JsonTree* Member(JsonTree* object, std::string_view key) {
  for (size_t i = 0; i < object->keys.size(); ++i) {
    if (object->keys[i] == key) return &object->elements[i];
  }
  return nullptr;
}

// `given` over the defaults.
JsonTree Merge(const JsonTree& given) {
  Result<JsonTree> whole =
      ParseJsonTree(kDefaultConsentSettings, kMaxDepth, kWhat);
  for (size_t i = 0; i < given.keys.size(); ++i) {
    const std::string& key = given.keys[i];
    const JsonTree& value = given.elements[i];
    JsonTree* const known = Member(&*whole, key);
    const bool by_name = IsRegister(key) && known != nullptr &&
                         value.Is(JsonTree::Kind::kObject);
    if (!by_name) {
      SetMember(&*whole, key, value);
      continue;
    }
    for (size_t j = 0; j < value.keys.size(); ++j) {
      if (value.elements[j].Is(JsonTree::Kind::kNull)) {
        RemoveMember(known, value.keys[j]);
      } else {
        SetMember(known, value.keys[j], value.elements[j]);
      }
    }
  }
  return std::move(whole).value();
}

}  // namespace

bool ConsentRegime::AppliesTo(std::string_view jurisdiction) const {
  if (everywhere) return true;
  if (jurisdiction.empty()) return false;
  const auto has = [&](std::string_view one) {
    return std::binary_search(jurisdictions.begin(), jurisdictions.end(), one,
                              std::less<>());
  };
  return has(jurisdiction) || has(jurisdiction.substr(0, 2));
}

Result<std::shared_ptr<const ConsentSettings>> ConsentSettings::Parse(
    std::string_view json) {
  if (json.size() > kMaxConsentSettingsBytes) {
    return Status(StatusCode::kTooLarge,
                  std::string(kWhat) + ": at most 262,144 bytes");
  }
  Result<JsonTree> given = ParseJsonTree(json, kMaxDepth, kWhat);
  if (!given.ok()) return std::move(given).status();
  if (!given->Is(JsonTree::Kind::kObject)) {
    return Status(StatusCode::kInvalidArgument,
                  std::string(kWhat) + ": must be an object");
  }
  std::shared_ptr<ConsentSettings> settings(new ConsentSettings());
  AppendJson(*given, &settings->json_);
  settings->whole_ = Merge(*given);
  Status status = ConsentSettingsReader(settings.get()).Read();
  if (!status.ok()) return status;
  return std::shared_ptr<const ConsentSettings>(std::move(settings));
}

const ConsentSettings& ConsentSettings::Default() {
  static const std::shared_ptr<const ConsentSettings>* const settings =
      new std::shared_ptr<const ConsentSettings>(*Parse("{}"));
  return **settings;
}

const ConsentPurpose* ConsentSettings::FindPurpose(
    std::string_view name) const {
  for (const ConsentPurpose& purpose : purposes_) {
    if (purpose.name == name) return &purpose;
  }
  return nullptr;
}

const ConsentPurpose* ConsentSettings::FindPurpose(uint64_t hash) const {
  for (const ConsentPurpose& purpose : purposes_) {
    if (purpose.hash == hash) return &purpose;
  }
  return nullptr;
}

const ConsentTemplate* ConsentSettings::FindTemplate(
    std::string_view name) const {
  for (const ConsentTemplate& item : templates_) {
    if (item.name == name) return &item;
  }
  return nullptr;
}

const JsonTree* ConsentSettings::Entry(std::string_view registry,
                                       std::string_view name) const {
  const JsonTree* all = whole_.Find(registry);
  return all == nullptr ? nullptr : all->Find(name);
}

Status ConsentSettings::CheckReferences(const ConsentAct& act) const {
  const auto missing = [](std::string_view what) {
    return Status(StatusCode::kInvalidArgument,
                  std::string(what) + ": not in the register");
  };
  if (!act.policy.empty()) {
    const JsonTree* policy = Entry("policies", act.policy);
    if (policy == nullptr) return missing("policy");
    const JsonTree* versions = policy->Find("versions");
    if (act.policy_version != 0 &&
        (versions == nullptr ||
         versions->Find(std::to_string(act.policy_version)) == nullptr)) {
      return missing("policy_version");
    }
  }
  if (!act.controller.empty() && Entry("parties", act.controller) == nullptr) {
    return missing("controller");
  }
  return Status::Ok();
}

Status ConsentSettings::CheckZones() const {
  if (unknown_zone_.empty()) return Status::Ok();
  return Status(
      StatusCode::kInvalidArgument,
      std::string(kWhat) + " " + unknown_zone_ + ": no such time zone");
}

std::string ConsentSettings::ToWholeJson() const {
  std::string out;
  AppendJson(whole_, &out);
  return out;
}

uint64_t FrequencyNumber(std::string_view name) {
  return name == "daily" ? 1 : name == "weekly" ? 2 : name == "never" ? 3 : 0;
}

std::string_view FrequencyName(uint64_t number) {
  constexpr std::string_view kNames[] = {"", "daily", "weekly", "never"};
  return number < std::size(kNames) ? kNames[number] : std::string_view();
}

bool IsJurisdiction(std::string_view text) {
  const auto letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto any = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  if (text.size() < 2 || text.size() > 6 || text.size() == 3) return false;
  if (!letter(text[0]) || !letter(text[1])) return false;
  return text.size() == 2 ||
         (text[2] == '-' && std::all_of(text.begin() + 3, text.end(), any));
}

}  // namespace crm
