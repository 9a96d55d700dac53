// Maps that come with libcrm: contact exports, by the columns that their
// vendors publish. Every column but those that say who it is may be missing;
// columns that are not here become traits under their own name.

#include <array>

#include "crm/ingest.h"

namespace crm {
namespace {

// Unsubscribing from everything is a revocation; not having done so is no
// consent. Times are those of the account's time zone, read as UTC.
constexpr char kHubSpot[] = R"({
"kind": "contacts", "format": "csv",
"contact": {
 "source": "hubspot",
 "occurred_at": {"column": "Last Modified Date", "optional": true,
  "format": ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]},
 "identity": {
  "hubspotContactId": {"column": ["Record ID", "Contact ID"],
   "optional": true},
  "email": {"column": "Email", "optional": true},
  "phoneNumber": {"column": ["Mobile Phone Number", "Phone Number"],
   "optional": true, "invalid": "omit"}},
 "traits": {
  "firstName": {"column": ["First Name", "First name"], "optional": true},
  "lastName": {"column": ["Last Name", "Last name"], "optional": true},
  "phoneNumber": {"column": ["Mobile Phone Number", "Phone Number"],
   "optional": true},
  "company": {"column": ["Company Name", "Company name",
   "Associated Company"], "optional": true},
  "title": {"column": ["Job Title", "Job title"], "optional": true},
  "website": {"column": ["Website URL", "Website"], "optional": true},
  "street": {"column": ["Street Address", "Street address"],
   "optional": true},
  "city": {"column": "City", "optional": true},
  "state": {"column": ["State/Region", "State"], "optional": true},
  "postalCode": {"column": ["Postal Code", "Postal code"],
   "optional": true},
  "country": {"column": ["Country/Region", "Country"], "optional": true},
  "lifecycleStage": {"column": ["Lifecycle Stage", "Lifecycle stage"],
   "optional": true},
  "leadStatus": {"column": ["Lead Status", "Lead status"],
   "optional": true},
  "owner": {"column": ["Contact owner", "Contact Owner", "HubSpot Owner"],
   "optional": true},
  "createdAt": {"column": ["Create Date", "Create date"],
   "optional": true}},
 "consents": [
  {"column": ["Unsubscribed from all email", "Opted out of all email"],
   "optional": true, "purpose": "marketing", "channel": "email",
   "revoked": ["true", "yes", "1"],
   "nothing": ["false", "no", "0"]}]}})";

// The status without a time is that of the export. SMS has its own.
constexpr char kKlaviyo[] = R"({
"kind": "contacts", "format": "csv",
"contact": {
 "source": "klaviyo",
 "identity": {
  "klaviyoId": {"column": "Klaviyo ID", "optional": true},
  "email": {"column": "Email", "optional": true},
  "phoneNumber": {"column": "Phone Number", "optional": true,
   "invalid": "omit"}},
 "traits": {
  "firstName": {"column": "First Name", "optional": true},
  "lastName": {"column": "Last Name", "optional": true},
  "phoneNumber": {"column": "Phone Number", "optional": true},
  "company": {"column": "Organization", "optional": true},
  "title": {"column": "Title", "optional": true},
  "street": {"column": ["Address", "Address 1"], "optional": true},
  "street2": {"column": "Address 2", "optional": true},
  "city": {"column": "City", "optional": true},
  "state": {"column": ["State / Region", "Region"], "optional": true},
  "postalCode": {"column": ["Zip Code", "Zip"], "optional": true},
  "country": {"column": "Country", "optional": true},
  "latitude": {"column": "Latitude", "optional": true},
  "longitude": {"column": "Longitude", "optional": true},
  "createdAt": {"column": "Profile Created On", "optional": true}},
 "consents": [
  {"column": "Email Marketing Consent", "optional": true,
   "purpose": "marketing", "channel": "email",
   "granted": ["SUBSCRIBED", "TRUE"], "revoked": ["UNSUBSCRIBED"],
   "nothing": ["NEVER_SUBSCRIBED", "FALSE"],
   "at": {"column": "Email Marketing Consent Timestamp", "optional": true,
    "format": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
     "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d"]}},
  {"column": "SMS Marketing Consent", "optional": true,
   "purpose": "marketing", "channel": "sms",
   "granted": ["SUBSCRIBED", "TRUE"], "revoked": ["UNSUBSCRIBED"],
   "nothing": ["NEVER_SUBSCRIBED", "FALSE"],
   "at": {"column": "SMS Marketing Consent Timestamp", "optional": true,
    "format": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
     "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d"]}}]}})";

// The three files of an export (subscribed, unsubscribed, cleaned) say by
// their columns what they are: a confirmation is a grant at its time, an
// unsubscription a revocation at its own.
constexpr char kMailchimp[] = R"({
"kind": "contacts", "format": "csv",
"contact": {
 "source": "mailchimp",
 "occurred_at": {"column": "LAST_CHANGED", "optional": true,
  "format": "%Y-%m-%d %H:%M:%S"},
 "identity": {
  "email": {"column": ["Email Address", "Email"]},
  "phoneNumber": {"column": ["Phone Number", "Phone"], "optional": true,
   "invalid": "omit"}},
 "traits": {
  "firstName": {"column": "First Name", "optional": true},
  "lastName": {"column": "Last Name", "optional": true},
  "phoneNumber": {"column": ["Phone Number", "Phone"], "optional": true},
  "address": {"column": "Address", "optional": true},
  "birthday": {"column": "Birthday", "optional": true},
  "mailchimpRating": {"column": "MEMBER_RATING", "optional": true,
   "as": "integer"},
  "tags": {"column": "TAGS", "optional": true, "policy": "append"},
  "timeZone": {"column": "TIMEZONE", "optional": true},
  "country": {"column": "CC", "optional": true, "policy": "fill_empty"},
  "mailchimpUnsubscribeReason": {"column": "UNSUB_REASON_OTHER",
   "optional": true},
  "mailchimpCleanedAt": {"column": "CLEAN_TIME", "optional": true}},
 "consents": [
  {"column": "CONFIRM_TIME", "optional": true, "otherwise": "granted",
   "purpose": "marketing", "channel": "email",
   "at": {"column": "CONFIRM_TIME", "optional": true,
    "format": "%Y-%m-%d %H:%M:%S"},
   "ip_address": {"column": "CONFIRM_IP", "optional": true}},
  {"column": "UNSUB_TIME", "optional": true, "otherwise": "revoked",
   "purpose": "marketing", "channel": "email",
   "at": {"column": "UNSUB_TIME", "optional": true,
    "format": "%Y-%m-%d %H:%M:%S"}}]}})";

// Columns by their friendly label or by their name in the API.
constexpr char kMarketo[] = R"({
"kind": "contacts", "format": "csv", "nulls": ["null", "NULL"],
"contact": {
 "source": "marketo",
 "occurred_at": {"column": ["Updated At", "updatedAt"], "optional": true,
  "format": ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S"]},
 "identity": {
  "marketoId": {"column": ["Id", "id", "Person Id", "Lead Id"],
   "optional": true},
  "email": {"column": ["Email Address", "email", "Email"],
   "optional": true},
  "phoneNumber": {"column": ["Mobile Phone Number", "mobilePhone",
   "Phone Number", "phone"], "optional": true, "invalid": "omit"}},
 "traits": {
  "firstName": {"column": ["First Name", "firstName"], "optional": true},
  "lastName": {"column": ["Last Name", "lastName"], "optional": true},
  "phoneNumber": {"column": ["Mobile Phone Number", "mobilePhone",
   "Phone Number", "phone"], "optional": true},
  "company": {"column": ["Company Name", "company"], "optional": true},
  "title": {"column": ["Job Title", "title"], "optional": true},
  "street": {"column": ["Address", "address"], "optional": true},
  "city": {"column": ["City", "city"], "optional": true},
  "state": {"column": ["State", "state"], "optional": true},
  "postalCode": {"column": ["Postal Code", "postalCode"],
   "optional": true},
  "country": {"column": ["Country", "country"], "optional": true},
  "birthday": {"column": ["Date of Birth", "dateOfBirth"],
   "optional": true},
  "industry": {"column": ["Industry", "industry"], "optional": true},
  "leadSource": {"column": ["Lead Source", "Person Source", "leadSource"],
   "optional": true},
  "leadStatus": {"column": ["Lead Status", "Person Status", "leadStatus"],
   "optional": true},
  "leadScore": {"column": ["Lead Score", "Person Score", "leadScore"],
   "optional": true, "as": "number"},
  "createdAt": {"column": ["Created At", "createdAt"],
   "optional": true}},
 "consents": [
  {"column": ["Unsubscribed", "unsubscribed"], "optional": true,
   "purpose": "marketing", "channel": "email",
   "revoked": ["true", "yes", "1"], "nothing": ["false", "no", "0"]},
  {"column": ["Do Not Call", "doNotCall"], "optional": true,
   "purpose": "marketing", "channel": "phone",
   "revoked": ["true", "yes", "1"],
   "nothing": ["false", "no", "0"]}]}})";

struct Entry {
  ImportPreset preset;
  std::string_view json;
};

constexpr std::array<Entry, 4> kEntries = {{
    {{"hubspot", "contacts exported by HubSpot"}, kHubSpot},
    {{"klaviyo", "a list or segment exported by Klaviyo"}, kKlaviyo},
    {{"mailchimp", "an audience exported by Mailchimp, each of its files"},
     kMailchimp},
    {{"marketo", "people exported by Marketo, from a list or in bulk"},
     kMarketo},
}};

constexpr auto kPresets = [] {
  std::array<ImportPreset, kEntries.size()> presets{};
  for (size_t i = 0; i < presets.size(); ++i) presets[i] = kEntries[i].preset;
  return presets;
}();

}  // namespace

std::span<const ImportPreset> ImportMap::Presets() { return kPresets; }

Result<ImportMap> ImportMap::Preset(std::string_view name) {
  std::string names;
  for (const Entry& entry : kEntries) {
    if (entry.preset.name == name) return FromJson(entry.json);
    names += (names.empty() ? "" : ", ") + std::string(entry.preset.name);
  }
  return Status(StatusCode::kNotFound,
                "preset: there is none of that name; there are " + names);
}

}  // namespace crm
