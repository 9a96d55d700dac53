#include "identity/settings.h"

#include <algorithm>
#include <utility>

#include "identity/normalise_internal.h"

namespace crm {
namespace {

// The mail boxes of RFC 2142 and of common use that are nobody's own.
constexpr std::string_view kRoles[] = {
    "abuse",      "accounts",     "admin",      "administrator", "billing",
    "contact",    "do-not-reply", "donotreply", "enquiries",     "help",
    "helpdesk",   "hostmaster",   "info",       "mailer-daemon", "marketing",
    "no-reply",   "no_reply",     "noc",        "noreply",       "office",
    "postmaster", "reception",    "root",       "sales",         "security",
    "support",    "team",         "webmaster"};

bool IsRole(std::string_view local) {
  return std::binary_search(std::begin(kRoles), std::end(kRoles),
                            local.substr(0, local.find('+')));
}

// RFC 2606, with the domains below them.
bool IsExample(std::string_view domain) {
  const size_t dot = domain.rfind('.');
  if (dot == std::string_view::npos) return domain == "example";
  const std::string_view last = domain.substr(dot + 1);
  if (last == "example") return true;
  if (last != "com" && last != "net" && last != "org") return false;
  const std::string_view rest = domain.substr(0, dot);
  const size_t before = rest.rfind('.');
  return rest.substr(before == std::string_view::npos ? 0 : before + 1) ==
         "example";
}

}  // namespace

IdentitySettings::IdentitySettings() {
  ForEachNamespace([&](std::string_view spelling, const NamespaceInfo& info) {
    NamespaceSettings& out = namespaces_[std::string(info.name)];
    if (spelling == info.name) {
      out.name = info.name;
      out.klass = info.klass;
      out.confidence = info.confidence;
      out.priority = info.priority;
    } else {
      out.aliases.emplace_back(spelling);
    }
  });
  for (auto& [name, one] : namespaces_) {
    std::sort(one.aliases.begin(), one.aliases.end());
  }
}

void IdentitySettings::Compile() {
  for (const auto& [name, one] : namespaces_) {
    const NamespaceInfo info{name, one.klass, one.confidence, one.priority,
                             one.fold_case};
    spellings_[name] = info;
    for (const std::string& alias : one.aliases) spellings_[alias] = info;
  }
  for (const auto& [name, values] : blocked_) {
    for (const std::string& value : values) blocks_[name].insert(value);
  }
}

const IdentitySettings& IdentitySettings::Default() {
  static const IdentitySettings* const settings = [] {
    auto* all = new IdentitySettings();  // Never destroyed.
    all->Compile();
    return all;
  }();
  return *settings;
}

NamespaceInfo IdentitySettings::Classify(std::string_view spelling) const {
  const auto found = spellings_.find(spelling);
  if (found != spellings_.end()) return found->second;
  NamespaceInfo info;
  info.name = spelling;
  info.withheld = withhold_others_;
  return info;
}

const std::string& IdentitySettings::RegionFor(
    std::string_view source, const std::string& of_store) const {
  static const std::string kNone;
  if (phone_.refuse_national) return kNone;
  const auto found = phone_.regions.find(source);
  if (found != phone_.regions.end()) return found->second;
  return phone_.region.empty() ? of_store : phone_.region;
}

Status IdentitySettings::RewriteEmail(std::string* address) const {
  size_t at = address->find('@');
  auto domain = email_.domains.find(std::string_view(*address).substr(at + 1));
  if (domain != email_.domains.end() && !domain->second.same_as.empty()) {
    address->replace(at + 1, std::string::npos, domain->second.same_as);
    domain = email_.domains.find(domain->second.same_as);
  }
  if (domain != email_.domains.end()) {
    std::string local = address->substr(0, at);
    // What would leave nothing is left alone.
    const size_t plus = local.find('+');
    if (domain->second.strip_tags && plus != std::string::npos && plus > 0) {
      local.resize(plus);
    }
    if (domain->second.strip_dots &&
        local.find_first_not_of('.') != std::string::npos) {
      std::erase(local, '.');
    }
    address->replace(0, at, local);
    at = local.size();
  }
  if (address->size() > kMaxEmailBytes) {
    return BadIdentifier(kEmailName, "too long");
  }
  const std::string_view text = *address;
  if ((email_.block_roles && IsRole(text.substr(0, at))) ||
      (email_.block_examples && IsExample(text.substr(at + 1)))) {
    return BlockedIdentifier(kEmailName);
  }
  return Status::Ok();
}

bool IdentitySettings::IsBlocked(std::string_view name_space,
                                 std::string_view canonical) const {
  if (blocks_.empty()) return false;
  thread_local std::string folded;
  if (!FoldCase(canonical, &folded)) return false;
  const auto contains = [&](std::string_view name, std::string_view value) {
    const auto found = blocks_.find(name);
    return found != blocks_.end() && found->second.contains(value);
  };
  if (contains("*", folded) || contains(name_space, folded)) return true;
  // "@golf.example": everybody at this domain.
  const size_t at = folded.find('@');
  return name_space == kEmailName && at != std::string::npos &&
         contains(name_space, std::string_view(folded).substr(at));
}

Status IdentitySettings::CheckRegions() const {
  const auto check = [](const std::string& place, const std::string& region) {
    Status status = Normaliser::CheckRegion(region);
    if (status.ok()) return status;
    constexpr std::string_view kField = "default_region";
    return Status(status.code(),
                  "identity settings " + place +
                      std::string(status.message().substr(kField.size())));
  };
  Status status = check("/phone/region", phone_.region);
  for (const auto& [source, region] : phone_.regions) {
    if (status.ok()) status = check("/phone/regions/" + source, region);
  }
  return status;
}

}  // namespace crm
