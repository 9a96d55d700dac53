// Contacts: what each policy does to a profile, what a blank does (nothing),
// consents, and that importing again changes nothing.

#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

using Lines = std::vector<std::string>;

constexpr char kMap[] = R"({
  "kind": "contacts", "format": "csv",
  "contact": {
    "source": "list", "clear": "<none>",
    "occurred_at": {"column": "changed", "format": "%Y-%m-%d",
                    "optional": true},
    "identity": {"email": {"column": "mail"},
                 "phoneNumber": {"column": "phone", "optional": true,
                                 "invalid": "omit"}},
    "traits": {
      "firstName": {"column": "first", "optional": true},
      "city": {"column": "city", "policy": "fill_empty", "optional": true},
      "tags": {"column": "tags", "policy": "append", "optional": true},
      "visits": {"column": "visits", "as": "integer", "optional": true}},
    "ignore": ["internal"],
    "consents": [
      {"column": "news", "optional": true,
       "purpose": "marketing", "channel": "email",
       "granted": ["Yes"], "revoked": ["no"], "nothing": ["never asked"],
       "at": {"column": "news_at", "format": "%Y-%m-%d", "optional": true},
       "ip_address": {"column": "ip", "optional": true}}]}})";

ImportReport Take(Shop& shop, const std::string& csv,
                  const std::string& batch = "") {
  const Folder folder;
  ImportOptions options = OptionsOf(kMap);
  options.batch = batch;
  options.threads = 1;
  return shop.MustImport(folder.Write("list.csv", csv), options);
}

// Types and times of the events about consent.
Lines Consents(Shop& shop) {
  Lines lines;
  for (const std::string& event : shop.Events()) {
    if (event.find("\"Consent") == std::string::npos) continue;
    const size_t type = event.find("Consent");
    const size_t time = event.find("\"timestamp\":\"") + 13;
    lines.push_back(event.substr(type, event.find('"', type) - type) + " " +
                    event.substr(time, 10));
  }
  return lines;
}

TEST_CASE("each policy does what it says") {
  Shop shop;
  Take(shop,
       "mail,first,city,tags,visits,internal,other\n"
       "ada@example.com,Ada,Paarl,\"VIP, Blog\",7,x,kept\n");
  CHECK(shop.Traits("ada@example.com") ==
        Lines{"city=\"Paarl\"", "email=\"ada@example.com\"",
              "firstName=\"Ada\"", "other=\"kept\"", "tags[Blog]=true",
              "tags[VIP]=true", "visits=7"});
  // Another export, later: overwrites, appends, fills nothing.
  Take(shop,
       "mail,first,city,tags,visits\n"
       "ADA@example.com,Augusta,Bath,Press,8\n");
  CHECK(shop.Traits("ada@example.com") ==
        Lines{"city=\"Paarl\"", "email=\"ADA@example.com\"",
              "firstName=\"Augusta\"", "other=\"kept\"", "tags[Blog]=true",
              "tags[Press]=true", "tags[VIP]=true", "visits=8"});
}

TEST_CASE("a blank says nothing, and only the token clears") {
  Shop shop;
  Take(shop,
       "mail,first,city,tags,visits,news,other\n"
       "ada@example.com,Ada,Paarl,VIP,7,yes,kept\n");
  Take(shop,
       "mail,first,city,tags,visits,news,other\n"
       "ada@example.com,,,,,,\n");
  CHECK(shop.Traits("ada@example.com").size() == 6);
  CHECK(Consents(shop).size() == 1);
  Take(shop,
       "mail,first,city,tags,visits,news,other\n"
       "ada@example.com,<none>,<none>,<none>,<none>,<none>,<none>\n");
  // A default and a list cannot be cleared by a file, nor can consent.
  CHECK(shop.Traits("ada@example.com") ==
        Lines{"city=\"Paarl\"", "email=\"ada@example.com\"", "tags[VIP]=true"});
  CHECK(Consents(shop).size() == 1);
}

TEST_CASE("importing a file again changes nothing; another export counts") {
  Shop shop;
  const std::string file =
      "mail,first,news\nada@example.com,Ada,yes\nada@example.com,Ada,yes\n";
  // Equal rows say the same thing.
  CHECK(Sums(Take(shop, file)) == "2/2/2/0/1/0");
  CHECK(Sums(Take(shop, file)) == "2/0/4/0/0/0");
  Take(shop, "mail,first\nada@example.com,Bea\n");
  CHECK(Take(shop, file).appended == 0);
  // What one of last month said, said once more.
  CHECK(Take(shop, file, "June").appended == 2);
  CHECK(shop.Traits("ada@example.com")[1] == "firstName=\"Ada\"");
}

TEST_CASE("a row with a time of its own is the same in every export") {
  Shop shop;
  const std::string row = "ada@example.com,Ada,2026-03-01\n";
  CHECK(Take(shop, "mail,first,changed\n" + row).appended == 1);
  CHECK(Sums(Take(shop, "mail,first,changed\n" + row +
                            "bob@example.com,Bob,2026-04-01\n")) ==
        "2/1/1/0/1/0");
  // Older news does not win.
  Take(shop, "mail,first,changed\nada@example.com,Old,2025-01-01\n");
  CHECK(shop.Traits("ada@example.com")[1] == "firstName=\"Ada\"");
}

TEST_CASE("consents are events of their own, at their own time") {
  Shop shop;
  Take(shop,
       "mail,changed,news,news_at,ip\n"
       "ada@example.com,2026-05-01,YES,2026-01-02,192.0.2.1\n"
       "bob@example.com,2026-05-01,no,,\n"
       "eve@example.com,2026-05-01,never asked,,\n");
  CHECK(Consents(shop) ==
        Lines{"ConsentGranted 2026-01-02", "ConsentRevoked 2026-05-01"});
  const Lines events = shop.Events();
  CHECK(events[1].find("\"payload\":{\"purpose\":\"marketing\",\"channel\":"
                       "\"email\",\"importedColumn\":\"news\","
                       "\"importedStatus\":\"YES\",\"ipAddress\":"
                       "\"192.0.2.1\"}") != std::string::npos);
  // The same decision in the next export, beside other news.
  Take(shop,
       "mail,first,changed,news,news_at,ip\n"
       "ada@example.com,Ada,2026-06-01,YES,2026-01-02,192.0.2.1\n");
  CHECK(Consents(shop).size() == 2);
}

TEST_CASE("bad rows of contacts are told by row, column and reason") {
  Shop shop;
  const ImportReport report = Take(shop,
                                   "mail,phone,visits,news,changed\n"
                                   "nobody,,,,\n"
                                   ",,,,\n"
                                   "a@example.com,no phone,,,\n"
                                   "b@example.com,,many,,\n"
                                   "c@example.com,,,maybe,\n"
                                   "d@example.com,,,,soon\n"
                                   "e@example.com,,\n");
  CHECK(Reasons(report) == Lines{"2 INVALID_EMAIL mail",
                                 "3 MISSING_REQUIRED mail",
                                 "5 BAD_NUMBER visits", "6 BAD_CONSENT news",
                                 "7 BAD_DATE changed", "8 TOO_FEW_COLUMNS "});
  CHECK(report.rejected == 6);
  // The telephone was no identifier, and the row does without.
  CHECK(shop.Traits("a@example.com").size() == 1);
  for (const RejectedRow& row : report.rejected_rows) {
    for (const char* value : {"nobody", "many", "maybe", "soon"}) {
      CHECK(row.message.find(value) == std::string::npos);
    }
  }
}

TEST_CASE("an invalid telephone is an error where the map does not allow it") {
  const Folder folder;
  Shop shop;
  const ImportReport report = shop.MustImport(
      folder.Write("a.csv", "phone\n12\n+27821234567\n"), OptionsOf(R"({
        "kind": "contacts", "format": "csv",
        "contact": {"source": "s",
                    "identity": {"phoneNumber": {"column": "phone"}}}})"));
  CHECK(Reasons(report) == Lines{"2 INVALID_PHONE phone"});
}

TEST_CASE("columns that nobody mentioned are kept, refused or left out") {
  const Folder folder;
  const std::string path =
      folder.Write("a.csv", "mail,x,x,,mail2\na@example.com,1,2,3,4\n");
  const auto map = [](const std::string& members) {
    return R"({"kind":"contacts","format":"csv","contact":{"source":"s",)" +
           members + R"("identity":{"email":{"column":"mail"}}}})";
  };
  Shop kept;
  kept.MustImport(path, OptionsOf(map("")));
  CHECK(kept.Traits("a@example.com") ==
        Lines{"#4=\"3\"", "email=\"a@example.com\"", "mail2=\"4\"", "x#2=\"1\"",
              "x#3=\"2\""});
  Shop refused;
  const Status status =
      refused.Import(path, OptionsOf(map(R"("others":"reject",)"))).status();
  CHECK(status.message() ==
        "header: has columns that the map does not know: \"x\", \"x\", "
        "\"4\", \"mail2\"");
  Shop ignored;
  ignored.MustImport(path, OptionsOf(map(R"("others":"ignore",)")));
  CHECK(ignored.Traits("a@example.com").size() == 1);
  Shop filled;
  filled.MustImport(path, OptionsOf(map(R"("others_policy":"fill_empty",)")));
  CHECK(filled.Traits("a@example.com").size() == 5);
}

TEST_CASE("a dry run of contacts says what would happen") {
  const Folder folder;
  Shop shop;
  ImportOptions options = OptionsOf(kMap);
  options.dry_run = true;
  const ImportReport report = shop.MustImport(
      folder.Write("a.csv", "mail,news\na@example.com,yes\nb,no\n"), options);
  CHECK(Sums(report) == "2/2/0/1/1/0");
  CHECK(shop.Events().empty());
}

TEST_CASE("maps of contacts are checked") {
  const auto refusal = [](const std::string& members) {
    const Result<ImportMap> map = ImportMap::FromJson(
        R"({"kind":"contacts","format":"csv","contact":{)" + members + "}}");
    return map.ok() ? "accepted" : std::string(map.status().message());
  };
  const std::string id = R"("identity":{"email":{"column":"m"}})";
  CHECK(refusal(id) == "accepted");
  CHECK(refusal("") == "map: contact.identity: is missing");
  // What has no name cannot be kept under it, and is not dropped in silence.
  const auto numbered = [](const std::string& members) {
    const Result<ImportMap> map = ImportMap::FromJson(
        R"({"kind":"contacts","format":"csv","header":false,"contact":{)" +
        members + R"("identity":{"email":{"column":1}}}})");
    return map.ok() ? "accepted" : std::string(map.status().message());
  };
  CHECK(numbered("") ==
        "map: contact.others: without names of columns only \"ignore\" makes "
        "sense");
  CHECK(numbered(R"("others":"ignore",)") == "accepted");
  CHECK(refusal(R"("identity":{}")") != "accepted");
  CHECK(refusal(id + R"(,"others":"drop")") ==
        "map: contact.others: must be \"traits\", \"ignore\" or \"reject\"");
  CHECK(refusal(id + R"(,"traits":{"a":{"column":"a","policy":"add"}})") ==
        "map: contact.traits.a.policy: must be \"overwrite\", "
        "\"fill_empty\", \"append\" or \"ignore\"");
  CHECK(refusal(id + R"(,"traits":{"a":{"column":"a","separator":";"}})") ==
        "map: contact.traits.a.separator: is for append only");
  CHECK(refusal(id + R"(,"traits":{"a":{"column":"a","empty":"null"}})")
            .find("a blank cell never clears") != std::string::npos);
  CHECK(refusal(id + R"(,"consents":[{"column":"a","purpose":"p",)"
                     R"("channel":"c"}])") ==
        "map: contact.consents[0].granted: is missing, and so is revoked");
  CHECK(refusal(id + R"(,"consents":[{"column":"a","purpose":"p",)"
                     R"("channel":"c","granted":["y"],"revoked":["Y"]}])")
            .find("only one thing") != std::string::npos);
  CHECK(refusal(id + R"(,"consents":[{"column":"a","channel":"c",)"
                     R"("granted":["y"]}])") ==
        "map: contact.consents[0].purpose: is missing");
}

}  // namespace
}  // namespace crm::ingest
