// The only user of libphonenumber, which is an optional part of the build:
// without it only numbers in E.164 are accepted, and they do not come here.

#include "identity/normalise_internal.h"

#if CRM_WITH_PHONENUMBER

#include <phonenumbers/phonenumberutil.h>

#include <set>
#include <unordered_map>

namespace crm {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::string_view kName = "phoneNumber";
constexpr char kNoRegion[] = "ZZ";  // Only numbers that begin with +.
constexpr size_t kMaxRawBytes = 128;
constexpr size_t kMemoEntries = 4096;

// E.164, or empty when it cannot be a phone number.
std::string Parse(std::string_view value, const std::string& region) {
  const PhoneNumberUtil* const util = PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  const auto error = util->Parse(std::string(value),
                                 region.empty() ? kNoRegion : region, &number);
  // Possible, not valid: the numbering plans known here are older than some
  // numbers. A number that can be dialled only locally has no E.164 form.
  if (error != PhoneNumberUtil::NO_PARSING_ERROR ||
      util->IsPossibleNumberWithReason(number) !=
          PhoneNumberUtil::IS_POSSIBLE) {
    return {};
  }
  std::string text;
  util->Format(number, PhoneNumberUtil::E164, &text);
  return text;
}

}  // namespace

Status ParsePhone(std::string_view value, const std::string& region,
                  std::string* canonical) {
  if (value.size() > kMaxRawBytes) return BadIdentifier(kName, "too long");
  thread_local std::unordered_map<std::string, std::string> memo;
  thread_local std::string key;
  key.assign(region);
  key.push_back('/');
  key.append(value);
  auto found = memo.find(key);
  if (found == memo.end()) {
    if (memo.size() >= kMemoEntries) memo.clear();
    found = memo.emplace(key, Parse(value, region)).first;
  }
  if (found->second.size() < 2) {
    if (region.empty() && !value.starts_with('+')) {
      return BadIdentifier(kName,
                           "no country code, and no region to read it by");
    }
    return BadIdentifier(kName, "not a possible phone number");
  }
  canonical->assign(found->second);
  return Status();
}

bool HasPhoneParser() { return true; }

bool IsPhoneRegion(const std::string& region) {
  std::set<std::string> regions;
  PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
  return regions.count(region) > 0;
}

}  // namespace crm

#else

namespace crm {

Status ParsePhone(std::string_view, const std::string&, std::string*) {
  return BadIdentifier("phoneNumber", "built without libphonenumber");
}

bool HasPhoneParser() { return false; }

bool IsPhoneRegion(const std::string&) { return false; }

}  // namespace crm

#endif  // CRM_WITH_PHONENUMBER
