// The settings of a tenant who has set nothing, as JSON. Figures: purposes and
// two years, the seeds; send windows, 47 CFR 64.1200(c)(1) (8 to 21 o'clock
// where the called party is) and the regulations to South Africa's Consumer
// Protection Act (GN R293: no Sundays, Saturdays 9 to 13, else 8 to 20).

#ifndef CRM_CONSENT_SETTINGS_DEFAULTS_H_
#define CRM_CONSENT_SETTINGS_DEFAULTS_H_

#include <string_view>

namespace crm {

inline constexpr std::string_view kDefaultConsentSettings = R"json({
"purposes":{
"marketing":{"kind":"marketing","legalBasis":"consent"},
"analytics":{"kind":"analytics","legalBasis":"consent"},
"essential":{"kind":"essential","legalBasis":"contract"}},
"policies":{},"parties":{},"templates":{},
"regimes":{
"gdpr":{"jurisdictions":["AT","BE","BG","CY","CZ","DE","DK","EE","ES","FI",
"FR","GR","HR","HU","IE","IS","IT","LI","LT","LU","LV","MT","NL","NO","PL",
"PT","RO","SE","SI","SK","GB","CH"],"softOptIn":true,"oneClick":true},
"ccpa":{"jurisdictions":["US-CA"],"gpc":true},
"popia":{"jurisdictions":["ZA"],"softOptIn":true,"sendWindows":{
"channels":["email","sms","push","voice","whatsapp"],
"zones":["Africa/Johannesburg"],"windows":[
{"days":["mon","tue","wed","thu","fri"],"from":"08:00","until":"20:00"},
{"days":["sat"],"from":"09:00","until":"13:00"}],"closed":[]}},
"tcpa":{"jurisdictions":["US"],"sendWindows":{
"channels":["sms","voice"],
"zones":["America/New_York","America/Chicago","America/Denver",
"America/Los_Angeles","America/Anchorage","Pacific/Honolulu"],
"windows":[{"days":["mon","tue","wed","thu","fri","sat","sun"],
"from":"08:00","until":"21:00"}],"closed":[]}},
"can-spam":{"jurisdictions":["US"],"oneClick":true,"optOutChannels":[]}},
"validityMonths":24,"defaultJurisdiction":"","pendingDays":7,
"defaultFrequency":"weekly"})json";

}  // namespace crm

#endif  // CRM_CONSENT_SETTINGS_DEFAULTS_H_
