// The presets, on headers as their vendors write them.

#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

using Lines = std::vector<std::string>;

ImportReport Take(Shop& shop, const char* preset, const std::string& csv) {
  const Folder folder;
  Result<ImportMap> map = ImportMap::Preset(preset);
  REQUIRE_MESSAGE(map.ok(), map.status().ToString());
  ImportOptions options;
  options.map = *std::move(map);
  options.threads = 1;
  return shop.MustImport(folder.Write("export.csv", csv), options);
}

// "ConsentRevoked 2026-01-02" for each such event.
Lines Consents(Shop& shop) {
  Lines lines;
  for (const std::string& event : shop.Events()) {
    const size_t type = event.find("\"type\":\"Consent");
    if (type == std::string::npos) continue;
    const size_t time = event.find("\"timestamp\":\"") + 13;
    const size_t channel = event.find("\"channel\":\"") + 11;
    lines.push_back(event.substr(type + 8, 14) + " " +
                    event.substr(channel, event.find('"', channel) - channel) +
                    " " + event.substr(time, 10));
  }
  return lines;
}

bool Has(const Lines& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST_CASE("every preset is a map, and they are sorted") {
  const auto presets = ImportMap::Presets();
  REQUIRE(presets.size() == 4);
  for (const ImportPreset& preset : presets) {
    const Result<ImportMap> map = ImportMap::Preset(preset.name);
    REQUIRE_MESSAGE(map.ok(), map.status().ToString());
    CHECK_FALSE(preset.about.empty());
    // What it shows is a map as well.
    CHECK(ImportMap::FromJson(map->json()).ok());
  }
  CHECK(std::is_sorted(presets.begin(), presets.end(),
                       [](const ImportPreset& a, const ImportPreset& b) {
                         return a.name < b.name;
                       }));
  const Status none = ImportMap::Preset("rolodex").status();
  CHECK(none.code() == StatusCode::kNotFound);
  CHECK(none.message().find("hubspot, klaviyo") != std::string_view::npos);
}

TEST_CASE("contacts of HubSpot") {
  Shop shop;
  const ImportReport report =
      Take(shop, "hubspot",
           "Record ID,First Name,Last Name,Email,Phone Number,Lead Status,"
           "Create Date,Last Modified Date,Associated Company,Country/Region,"
           "Contact owner,Unsubscribed from all email,Shoe Size\n"
           "101,Camille,Durand,camille@example.com,+33 6 12 34 56 78,NEW,"
           "2024-03-12 09:14,2024-05-01 10:00,Villa,France,florent@example.com,"
           "true,42\n"
           "102,John,Smith,JOHN@Example.com,,OPEN_DEAL,2024-03-15 14:30,,,"
           "Australia,,false,\n"
           "103,,,,,,2024-01-01 00:00,,,,,,\n"
           "104,,,noname,,,,,,,,,\n");
  CHECK(Reasons(report) == Lines{"5 INVALID_EMAIL Email"});
  CHECK(report.customers_created == 3);
  const Lines traits = shop.Traits("camille@example.com");
  CHECK(Has(traits, "firstName=\"Camille\""));
  CHECK(Has(traits, "company=\"Villa\""));
  CHECK(Has(traits, "Shoe Size=\"42\""));
  // Not to have unsubscribed is no consent.
  CHECK(Consents(shop) == Lines{"ConsentRevoked email 2024-05-01"});
}

TEST_CASE("profiles of Klaviyo") {
  Shop shop;
  const ImportReport report = Take(
      shop, "klaviyo",
      "\xef\xbb\xbf"
      "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,"
      "Address,Address 2,City,State / Region,Country,Zip Code,Source,"
      "Email Marketing Consent,Email Marketing Consent Timestamp,"
      "Email Suppressions\n"
      "a@example.com,01A,Ada,L,,,+27821234567,,,Paarl,WC,ZA,7646,-9,"
      "SUBSCRIBED,2024-01-02 03:04:05,[]\n"
      "b@example.com,01B,Bob,,,,,,,,,,,,UNSUBSCRIBED,2024-02-03T04:05:06Z,"
      "[UNSUBSCRIBE]\n"
      "c@example.com,01C,,,,,,,,,,,,,NEVER_SUBSCRIBED,,\n"
      "d@example.com,01D,,,,,,,,,,,,,,,\n"
      "e@example.com,01E,,,,,,,,,,,,,PENDING,,\n");
  CHECK(Reasons(report) == Lines{"6 BAD_CONSENT Email Marketing Consent"});
  CHECK(Consents(shop) == Lines{"ConsentGranted email 2024-01-02",
                                "ConsentRevoked email 2024-02-03"});
  CHECK(Has(shop.Traits("a@example.com"), "phoneNumber=\"+27821234567\""));
}

TEST_CASE("the three files of a Mailchimp audience") {
  Shop shop;
  const std::string columns =
      "\"Email Address\",\"First Name\",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,"
      "CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED,LEID,EUID,NOTES,TAGS";
  Take(shop, "mailchimp",
       columns +
           "\nada@example.com,Ada,4,,,\"2024-01-02 03:04:05\","
           "192.0.2.1,\"2024-01-02 03:04:05\",1,e1,,"
           "\"\"\"VIP\"\",\"\"Blog\"\"\"\n");
  Take(shop, "mailchimp",
       columns +
           ",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,"
           "UNSUB_REASON,UNSUB_REASON,UNSUB_REASON_OTHER\n"
           "bob@example.com,Bob,2,,,\"2023-01-01 00:00:00\",,"
           "\"2024-06-07 08:09:10\",2,e2,,,\"2024-06-07 08:09:10\","
           "June,c1,N/A,NORMAL,too many\n");
  Take(shop, "mailchimp",
       columns +
           ",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID\n"
           "eve@example.com,Eve,1,,,,,\"2024-03-03 00:00:00\",3,e3,,,"
           "\"2024-03-03 00:00:00\",May,c0\n");
  CHECK(Consents(shop) == Lines{"ConsentGranted email 2024-01-02",
                                "ConsentGranted email 2023-01-01",
                                "ConsentRevoked email 2024-06-07"});
  CHECK(Has(shop.Traits("ada@example.com"), "tags[VIP]=true"));
  CHECK(Has(shop.Traits("bob@example.com"), "UNSUB_REASON#16=\"N/A\""));
  CHECK(Has(shop.Traits("eve@example.com"),
            "mailchimpCleanedAt=\"2024-03-03 00:00:00\""));
}

TEST_CASE("people of Marketo, by label and by name") {
  Shop shop;
  Take(shop, "marketo",
       "Id,First Name,Last Name,Email Address,Company Name,Unsubscribed,"
       "Lead Score,Updated At\n"
       "7,Ada,null,ada@example.com,Acme,true,12,2024-05-06 07:08:09\n");
  Take(shop, "marketo",
       "id,firstName,email,unsubscribed,doNotCall,updatedAt\n"
       "8,Bob,bob@example.com,0,1,2024-05-07T07:08:09Z\n");
  CHECK(Consents(shop) == Lines{"ConsentRevoked email 2024-05-06",
                                "ConsentRevoked phone 2024-05-07"});
  const Lines traits = shop.Traits("ada@example.com");
  CHECK(Has(traits, "leadScore=12"));
  CHECK(std::none_of(traits.begin(), traits.end(), [](const auto& trait) {
    return trait.starts_with("lastName");
  }));
}

}  // namespace
}  // namespace crm::ingest
