#include "consent/settings_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/hash.h"
#include "base/time_text.h"
#include "base/utf8.h"

namespace crm {
namespace {

using Kind = JsonTree::Kind;

constexpr int64_t kMinuteUs = 60'000'000;
constexpr int64_t kMaxMonths = 1200;
constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxWindows = 64;
constexpr size_t kMaxClosed = 2000;

std::string At(const std::string& place, std::string_view token) {
  std::string pointer = place;
  AppendPointerToken(token, &pointer);
  return pointer;
}

int NumberOfDay(std::string_view name) {
  constexpr std::string_view kDays[] = {"mon", "tue", "wed", "thu",
                                        "fri", "sat", "sun"};
  const auto found = std::find(std::begin(kDays), std::end(kDays), name);
  return found == std::end(kDays) ? -1
                                  : static_cast<int>(found - std::begin(kDays));
}

// "08:00" to "24:00".
bool ParseWallTime(std::string_view text, int64_t* us) {
  if (text.size() != 5 || text[2] != ':') return false;
  int digits[4] = {};
  constexpr size_t kPlaces[] = {0, 1, 3, 4};
  for (size_t i = 0; i < 4; ++i) {
    const char c = text[kPlaces[i]];
    if (c < '0' || c > '9') return false;
    digits[i] = c - '0';
  }
  const int hours = digits[0] * 10 + digits[1];
  const int minutes = digits[2] * 10 + digits[3];
  if (hours > 24 || minutes > 59 || (hours == 24 && minutes > 0)) return false;
  *us = (hours * 60 + minutes) * kMinuteUs;
  return true;
}

}  // namespace

bool ConsentSettingsReader::Fail(const std::string& place,
                                 std::string_view why) {
  status_ = Status(StatusCode::kInvalidArgument,
                   "consent settings " + place + ": " + std::string(why));
  return false;
}

bool ConsentSettingsReader::IsObject(
    const JsonTree& tree, const std::string& place,
    std::initializer_list<std::string_view> members) {
  if (!tree.Is(Kind::kObject)) return Fail(place, "must be an object");
  for (const std::string& key : tree.keys) {
    if (std::find(members.begin(), members.end(), key) == members.end()) {
      return Fail(At(place, key), "there is no such setting");
    }
  }
  return true;
}

bool ConsentSettingsReader::Text(const JsonTree& tree, const std::string& place,
                                 std::string_view name, std::string* out) {
  const JsonTree* value = tree.Find(name);
  if (value == nullptr) return true;
  if (!value->Is(Kind::kString)) return Fail(At(place, name), "must be text");
  if (value->text.size() > 4096) {
    return Fail(At(place, name), "at most 4,096 bytes");
  }
  *out = value->text;
  return true;
}

bool ConsentSettingsReader::Bool(const JsonTree& tree, const std::string& place,
                                 std::string_view name, bool* out) {
  const JsonTree* value = tree.Find(name);
  if (value == nullptr) return true;
  if (!value->IsBool()) return Fail(At(place, name), "must be true or false");
  *out = value->Is(Kind::kTrue);
  return true;
}

bool ConsentSettingsReader::Number(const JsonTree& tree,
                                   const std::string& place,
                                   std::string_view name, int64_t most,
                                   int64_t* out) {
  const JsonTree* value = tree.Find(name);
  if (value == nullptr) return true;
  int64_t number = -1;
  const char* const end = value->text.data() + value->text.size();
  const bool read = value->Is(Kind::kNumber) &&
                    std::from_chars(value->text.data(), end, number).ptr == end;
  if (!read || number < 0 || number > most) {
    return Fail(At(place, name),
                "must be a number from 0 to " + std::to_string(most));
  }
  *out = number;
  return true;
}

bool ConsentSettingsReader::Texts(const JsonTree& tree,
                                  const std::string& place,
                                  std::string_view name,
                                  std::vector<std::string>* out) {
  const JsonTree* value = tree.Find(name);
  if (value == nullptr) return true;
  if (!value->Is(Kind::kArray)) return Fail(At(place, name), "must be a list");
  if (value->elements.size() > kMaxClosed) {
    return Fail(At(place, name), "at most 2,000 of them");
  }
  for (size_t i = 0; i < value->elements.size(); ++i) {
    if (!value->elements[i].Is(Kind::kString)) {
      return Fail(At(At(place, name), std::to_string(i)), "must be text");
    }
    out->push_back(value->elements[i].text);
  }
  return true;
}

bool ConsentSettingsReader::Channels(const JsonTree& tree,
                                     const std::string& place,
                                     std::string_view name, uint16_t* out) {
  std::vector<std::string> names;
  if (!Texts(tree, place, name, &names)) return false;
  for (const std::string& text : names) {
    const Result<ConsentChannel> channel = ParseConsentChannel(text);
    if (!channel.ok()) {
      return Fail(At(place, name), channel.status().message());
    }
    *out |= *channel == ConsentChannel::kAny
                ? uint16_t{0x1fc}
                : static_cast<uint16_t>(1U << static_cast<int>(*channel));
  }
  return true;
}

bool ConsentSettingsReader::Months(const JsonTree& tree,
                                   const std::string& place,
                                   std::optional<int>* out) {
  if (tree.Find("validityMonths") == nullptr) return true;
  int64_t months = 0;
  if (!Number(tree, place, "validityMonths", kMaxMonths, &months)) return false;
  *out = static_cast<int>(months);
  return true;
}

bool ConsentSettingsReader::Jurisdictions(const JsonTree& tree,
                                          const std::string& place,
                                          std::vector<std::string>* out) {
  if (!Texts(tree, place, "jurisdictions", out)) return false;
  for (const std::string& one : *out) {
    if (one != "*" && !IsJurisdiction(one)) {
      return Fail(At(place, "jurisdictions"),
                  "must be of ISO 3166, like DE or US-CA, or *");
    }
  }
  if (out->empty()) return Fail(At(place, "jurisdictions"), "names none");
  return true;
}

template <typename F>
bool ConsentSettingsReader::Register(std::string_view name, size_t most,
                                     F read) {
  const JsonTree* tree = out_.whole_.Find(name);
  const std::string place = At("", name);
  if (tree == nullptr || !tree->Is(Kind::kObject)) {
    return Fail(place, "must be an object");
  }
  if (tree->keys.size() > most) {
    status_ =
        Status(StatusCode::kTooLarge, "consent settings " + place +
                                          ": at most " + std::to_string(most));
    return false;
  }
  for (size_t i = 0; i < tree->keys.size(); ++i) {
    const std::string& key = tree->keys[i];
    if (!CheckName("name", key, kMaxNameBytes).ok()) {
      return Fail(place, "names are 1 to 64 bytes without control characters");
    }
    if (!read(key, At(place, key), tree->elements[i])) return false;
  }
  return true;
}

bool ConsentSettingsReader::ReadPurpose(const std::string& name,
                                        const std::string& place,
                                        const JsonTree& tree) {
  if (!IsObject(tree, place,
                {"kind", "legalBasis", "assessment", "optIn", "saleOrShare",
                 "minPolicyVersion", "validityMonths", "text", "controller",
                 "services", "retention", "recipients", "storageLocations",
                 "sensitive", "piiCategories", "primary", "termination",
                 "withdrawalMethod", "processingLocations"})) {
    return false;
  }
  if (name == "any") return Fail(place, "any stands for all purposes");
  ConsentPurpose purpose;
  purpose.name = name;
  purpose.hash = StableHash64(name);
  std::string basis = "consent";
  std::string opt_in = "single";
  std::string assessment;
  std::string controller;
  int64_t version = 0;
  if (!Text(tree, place, "legalBasis", &basis) ||
      !Text(tree, place, "optIn", &opt_in) ||
      !Text(tree, place, "assessment", &assessment) ||
      !Text(tree, place, "controller", &controller) ||
      !Bool(tree, place, "saleOrShare", &purpose.sale_or_share) ||
      !Number(tree, place, "minPolicyVersion", UINT32_MAX, &version) ||
      !Months(tree, place, &purpose.validity_months)) {
    return false;
  }
  purpose.min_policy_version = static_cast<uint32_t>(version);
  constexpr std::string_view kOthers[] = {"contract", "legal-obligation",
                                          "vital-interest", "public-task"};
  if (basis == "legitimate-interest") {
    if (assessment.empty()) {
      return Fail(At(place, "assessment"),
                  "a legitimate interest must have been assessed");
    }
    purpose.basis = LegalBasis::kLegitimateInterest;
  } else if (std::find(std::begin(kOthers), std::end(kOthers), basis) !=
             std::end(kOthers)) {
    purpose.basis = LegalBasis::kOther;
  } else if (basis != "consent") {
    return Fail(At(place, "legalBasis"), "there is no such legal basis");
  }
  if (opt_in != "single" && opt_in != "double") {
    return Fail(At(place, "optIn"), "must be single or double");
  }
  purpose.double_opt_in = opt_in == "double";
  if (!controller.empty() && out_.Entry("parties", controller) == nullptr) {
    return Fail(At(place, "controller"), "not among the parties");
  }
  if (!purpose.validity_months.has_value()) purpose.validity_months = months_;
  out_.purposes_.push_back(std::move(purpose));
  return true;
}

bool ConsentSettingsReader::ReadPolicy(const std::string& place,
                                       const JsonTree& tree) {
  if (!IsObject(tree, place, {"versions", "title"})) return false;
  const JsonTree* versions = tree.Find("versions");
  if (versions == nullptr || !versions->Is(Kind::kObject) ||
      versions->keys.empty()) {
    return Fail(At(place, "versions"), "must be an object of at least one");
  }
  const std::string where = At(place, "versions");
  for (size_t i = 0; i < versions->keys.size(); ++i) {
    const std::string& key = versions->keys[i];
    const JsonTree& version = versions->elements[i];
    const std::string at = At(where, key);
    uint32_t number = 0;
    const char* const end = key.data() + key.size();
    if (std::from_chars(key.data(), end, number).ptr != end || number == 0 ||
        key[0] == '0') {
      return Fail(at, "versions are numbers from 1 on");
    }
    std::string effective;
    std::string hash;
    if (!IsObject(version, at,
                  {"url", "language", "hash", "effectiveFrom", "text"}) ||
        !Text(version, at, "effectiveFrom", &effective) ||
        !Text(version, at, "hash", &hash)) {
      return false;
    }
    if (!effective.empty() && !ParseTime(effective).ok()) {
      return Fail(At(at, "effectiveFrom"), "must be a time (RFC 3339)");
    }
  }
  return true;
}

bool ConsentSettingsReader::ReadParty(const std::string& place,
                                      const JsonTree& tree) {
  if (!IsObject(tree, place,
                {"legalName", "address", "email", "phone", "url", "contact",
                 "role", "type", "onBehalf"})) {
    return false;
  }
  std::string text;
  for (const char* name : {"legalName", "address", "email", "phone", "url",
                           "contact", "role", "type"}) {
    if (!Text(tree, place, name, &text)) return false;
  }
  bool on_behalf = false;
  return Bool(tree, place, "onBehalf", &on_behalf);
}

bool ConsentSettingsReader::ReadTemplate(const std::string& name,
                                         const std::string& place,
                                         const JsonTree& tree) {
  std::string text;
  std::string by;
  if (!IsObject(tree, place, {"class", "setBy"}) ||
      !Text(tree, place, "class", &text) || !Text(tree, place, "setBy", &by)) {
    return false;
  }
  const Result<MessageClass> parsed = ParseMessageClass(text);
  if (!parsed.ok()) return Fail(At(place, "class"), parsed.status().message());
  out_.templates_.push_back({name, *parsed});
  return true;
}

bool ConsentSettingsReader::ReadRegime(const std::string& name,
                                       const std::string& place,
                                       const JsonTree& tree) {
  ConsentRegime regime;
  regime.name = name;
  if (!IsObject(tree, place,
                {"enabled", "jurisdictions", "validityMonths", "gpc",
                 "softOptIn", "oneClick", "optOutChannels", "sendWindows"}) ||
      !Bool(tree, place, "enabled", &regime.enabled) ||
      !Bool(tree, place, "gpc", &regime.gpc) ||
      !Bool(tree, place, "softOptIn", &regime.soft_opt_in) ||
      !Bool(tree, place, "oneClick", &regime.one_click) ||
      !Months(tree, place, &regime.validity_months) ||
      !Channels(tree, place, "optOutChannels", &regime.opt_out_channels) ||
      !Jurisdictions(tree, place, &regime.jurisdictions)) {
    return false;
  }
  if (const JsonTree* windows = tree.Find("sendWindows")) {
    if (!ReadWindows(At(place, "sendWindows"), *windows, &regime.windows)) {
      return false;
    }
  }
  std::sort(regime.jurisdictions.begin(), regime.jurisdictions.end());
  regime.everywhere = regime.jurisdictions.front() == "*";
  out_.regimes_.push_back(std::move(regime));
  return true;
}

bool ConsentSettingsReader::ReadWindows(const std::string& place,
                                        const JsonTree& tree,
                                        SendWindows* out) {
  std::vector<std::string> zones;
  std::vector<std::string> closed;
  if (!IsObject(tree, place, {"channels", "zones", "windows", "closed"}) ||
      !Channels(tree, place, "channels", &out->channels) ||
      !Texts(tree, place, "zones", &zones) ||
      !Texts(tree, place, "closed", &closed)) {
    return false;
  }
  if (out->channels == 0) return Fail(At(place, "channels"), "names none");
  for (const std::string& name : zones) {
    out->zones.push_back(TimeZone::Find(name));
    if (out->zones.back().ok() || !out_.unknown_zone_.empty()) continue;
    out_.unknown_zone_ = At(place, "zones");
  }
  for (const std::string& text : closed) {
    int64_t day = 0;
    if (!ParseDay(text, &day)) {
      return Fail(At(place, "closed"), "must be days like 2026-12-25");
    }
    out->closed.push_back(day);
  }
  std::sort(out->closed.begin(), out->closed.end());
  const JsonTree* windows = tree.Find("windows");
  const std::string where = At(place, "windows");
  if (windows == nullptr || !windows->Is(Kind::kArray) ||
      windows->elements.empty() || windows->elements.size() > kMaxWindows) {
    return Fail(where, "must be a list of 1 to 64");
  }
  for (size_t i = 0; i < windows->elements.size(); ++i) {
    SendWindow window;
    if (!ReadWindow(At(where, std::to_string(i)), windows->elements[i],
                    &window)) {
      return false;
    }
    out->windows.push_back(window);
  }
  return true;
}

bool ConsentSettingsReader::ReadWindow(const std::string& place,
                                       const JsonTree& tree, SendWindow* out) {
  std::vector<std::string> days;
  if (!IsObject(tree, place, {"days", "from", "until"}) ||
      !Texts(tree, place, "days", &days) ||
      !ReadTime(tree, place, "from", &out->from_us) ||
      !ReadTime(tree, place, "until", &out->until_us)) {
    return false;
  }
  for (const std::string& name : days) {
    const int day = NumberOfDay(name);
    if (day < 0) return Fail(At(place, "days"), "must be mon, tue ... sun");
    out->days |= static_cast<uint8_t>(1U << day);
  }
  if (out->days == 0) return Fail(At(place, "days"), "names none");
  if (out->from_us == out->until_us) {
    return Fail(place, "ends where it begins");
  }
  return true;
}

bool ConsentSettingsReader::ReadTime(const JsonTree& tree,
                                     const std::string& place,
                                     std::string_view name, int64_t* us) {
  std::string text;
  if (!Text(tree, place, name, &text)) return false;
  if (!ParseWallTime(text, us)) {
    return Fail(At(place, name), "must be a time like 08:00, up to 24:00");
  }
  return true;
}

bool ConsentSettingsReader::ReadOthers() {
  const JsonTree& root = out_.whole_;
  std::string frequency;
  int64_t days = 0;
  if (!Months(root, "", &months_) ||
      !Text(root, "", "defaultJurisdiction", &out_.jurisdiction_) ||
      !Text(root, "", "defaultFrequency", &frequency) ||
      !Number(root, "", "pendingDays", 3650, &days)) {
    return false;
  }
  if (!out_.jurisdiction_.empty() && !IsJurisdiction(out_.jurisdiction_)) {
    return Fail("/defaultJurisdiction",
                "must be of ISO 3166, like DE or US-CA");
  }
  out_.frequency_ = FrequencyNumber(frequency);
  if (out_.frequency_ == 0) {
    return Fail("/defaultFrequency", "must be daily, weekly or never");
  }
  out_.pending_days_ = static_cast<int>(days);
  return true;
}

Status ConsentSettingsReader::Read() {
  const bool read =
      IsObject(out_.whole_, "",
               {"purposes", "policies", "parties", "templates", "regimes",
                "validityMonths", "defaultJurisdiction", "pendingDays",
                "defaultFrequency"}) &&
      ReadOthers() &&
      Register("parties", kMaxConsentEntries,
               [&](const std::string&, const std::string& place,
                   const JsonTree& tree) { return ReadParty(place, tree); }) &&
      Register("policies", kMaxConsentEntries,
               [&](const std::string&, const std::string& place,
                   const JsonTree& tree) { return ReadPolicy(place, tree); }) &&
      Register("purposes", kMaxPurposes,
               [&](const std::string& name, const std::string& place,
                   const JsonTree& tree) {
                 return ReadPurpose(name, place, tree);
               }) &&
      Register("templates", kMaxConsentEntries,
               [&](const std::string& name, const std::string& place,
                   const JsonTree& tree) {
                 return ReadTemplate(name, place, tree);
               }) &&
      Register(
          "regimes", kMaxConsentEntries,
          [&](const std::string& name, const std::string& place,
              const JsonTree& tree) { return ReadRegime(name, place, tree); });
  return read ? Status::Ok() : std::move(status_);
}

}  // namespace crm
