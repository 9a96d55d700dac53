// Identity settings as JSON: what is read, what is refused and why, what is
// written, and what they do to a single value.

#include "identity/settings.h"

#include <doctest/doctest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "crm/schema.h"

namespace crm {
namespace {

using Settings = std::shared_ptr<const IdentitySettings>;

Settings Must(std::string_view json) {
  Result<Settings> settings = IdentitySettings::Parse(json);
  REQUIRE_MESSAGE(settings.ok(), settings.status().ToString());
  return *std::move(settings);
}

// Code and message, without what all of them begin with.
std::string Refused(std::string_view json) {
  Result<Settings> settings = IdentitySettings::Parse(json);
  if (settings.ok()) return "accepted";
  const std::string text(settings.status().message());
  constexpr std::string_view kBegin = "identity settings";
  CHECK(text.starts_with(kBegin));
  std::string code(StatusCodeName(settings.status().code()));
  return (code == "INVALID_ARGUMENT" ? "" : code) +
         text.substr(std::min(kBegin.size() + 1, text.size()));
}

std::string Canonical(const Settings& settings, std::string_view name_space,
                      std::string_view value, std::string_view source = {},
                      const std::string& region = "ZA") {
  std::string canonical;
  const Status status =
      Normaliser(region).Normalise(Classify(settings.get(), name_space), value,
                                   settings.get(), source, &canonical);
  return status.ok() ? canonical : std::string(StatusCodeName(status.code()));
}

TEST_CASE("identity settings: nothing set is what the table says") {
  for (const char* json :
       {"{}", " { } ",
        R"({"rules":{},"namespaces":{},"blocked":{},"email":{},"phone":{}})",
        R"({"other_namespaces":"accept","blocked":{"email":[]}})",
        R"({"rules":{"attach_bar":85,"merge_bar":95,"phone_months":18}})",
        R"({"namespaces":{"email":{"class":"shareable","confidence":95}}})",
        R"({"email":{"domains":{"b.c":{}}},"phone":{"region":""}})"}) {
    CAPTURE(json);
    CHECK(Must(json)->ToJson() == "{}");
  }
  const Settings none = Must("{}");
  CHECK(none->rules().attach_bar == RulesOf(nullptr).attach_bar);
  ForEachNamespace([&](std::string_view spelling, const NamespaceInfo& info) {
    const NamespaceInfo found = none->Classify(spelling);
    CHECK(found.name == info.name);
    CHECK(found.klass == info.klass);
    CHECK(found.confidence == info.confidence);
    CHECK(found.priority == info.priority);
    CHECK_FALSE(found.fold_case);
  });
  CHECK(none->Classify("loyaltyCard").name == "loyaltyCard");
  CHECK(none->Classify("loyaltyCard").confidence == 100);
}

constexpr char kEverything[] = R"({
  "rules": {"attach_bar": 70, "merge_bar": 90, "automatic_merges": false,
            "shared_after": 4, "values_per_shareable": 6, "identifiers": 7,
            "records": 8, "merges": 9, "merges_per_minute": 10,
            "phone_months": 0},
  "namespaces": {
    "loyaltyCard": {"confidence": 84, "fold_case": true, "priority": 3,
                    "aliases": ["loyalty_card", "card"]},
    "room": {"class": "shareable"},
    "cookie": {"class": "ephemeral", "priority": 9},
    "email": {"confidence": 90, "aliases": ["mail", "e-mail"]}},
  "other_namespaces": "withhold",
  "blocked": {"*": ["Demo", "demo"], "loyaltyCard": ["CARD-0"],
              "email": ["Front@Desk.example", "@Shop.Example"],
              "phoneNumber": ["+27 82 000 0001"]},
  "email": {"domains": {"Gmail.com": {"strip_tags": true, "strip_dots": true},
                        "googlemail.com": {"same_as": "gmail.com"}},
            "block_roles": true, "block_examples": false},
  "phone": {"region": "GB", "regions": {"crm-de": "DE"}}})";

TEST_CASE("identity settings: written as they were read") {
  const Settings all = Must(kEverything);
  const std::string json = all->ToJson();
  CHECK(json ==
        R"({"rules":{"attach_bar":70,"merge_bar":90,"automatic_merges":false,)"
        R"("shared_after":4,"values_per_shareable":6,"identifiers":7,)"
        R"("records":8,"merges":9,"merges_per_minute":10,"phone_months":0},)"
        R"("namespaces":{"cookie":{"class":"ephemeral","confidence":80,)"
        R"("priority":9,"fold_case":false,"aliases":[]},)"
        R"("email":{"class":"shareable","confidence":90,"priority":0,)"
        R"("aliases":["EMAIL","Email","e-mail","emailAddress",)"
        R"("email_address","mail"]},)"
        R"("loyaltyCard":{"class":"exclusive","confidence":84,"priority":3,)"
        R"("fold_case":true,"aliases":["card","loyalty_card"]},)"
        R"("room":{"class":"shareable","confidence":85,"priority":100,)"
        R"("fold_case":false,"aliases":[]}},)"
        R"("other_namespaces":"withhold",)"
        R"("blocked":{"*":["demo"],"email":["@shop.example",)"
        R"("front@desk.example"],"loyaltyCard":["card-0"],)"
        R"("phoneNumber":["+27820000001"]},)"
        R"("email":{"domains":{"gmail.com":{"strip_tags":true,)"
        R"("strip_dots":true},"googlemail.com":{"same_as":"gmail.com"}},)"
        R"("block_roles":true},)"
        R"("phone":{"region":"GB","regions":{"crm-de":"DE"}}})");
  CHECK(Must(json)->ToJson() == json);
  const std::string whole = all->ToWholeJson("ZA");
  CHECK(Must(whole)->ToJson() == json);
  CHECK(Must(whole)->ToWholeJson("ZA") == whole);
  // The defaults, too; with them the region of the store is spelled out.
  const std::string plain = IdentitySettings::Default().ToWholeJson("");
  CHECK(Must(plain)->ToJson() == "{}");
  CHECK(plain.find(R"("authUserId":{"class":"exclusive")") !=
        std::string::npos);
  CHECK(Must(IdentitySettings::Default().ToWholeJson("ZA"))->ToJson() ==
        R"({"phone":{"region":"ZA"}})");
}

struct Refusal {
  std::string json;
  std::string message;
};

void Check(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    CAPTURE(refusal.json);
    CHECK(Refused(refusal.json) == refusal.message);
  }
}

TEST_CASE("identity settings: rules that are refused, and where") {
  Check({
      {"[]", " must be an object"},
      {"7", " must be an object"},
      {R"({"rule":{}})", "/rule: there is no such setting"},
      {R"({"rules":[]})", "/rules: must be an object"},
      {R"({"rules":{"attachBar":1}})",
       "/rules/attachBar: there is no such setting"},
      {R"({"rules":{"attach_bar":0}})",
       "/rules/attach_bar: must be a whole number from 1 to 100"},
      {R"({"rules":{"attach_bar":101}})",
       "/rules/attach_bar: must be a whole number from 1 to 100"},
      {R"({"rules":{"attach_bar":85.5}})",
       "/rules/attach_bar: must be a whole number from 1 to 100"},
      {R"({"rules":{"attach_bar":-1}})",
       "/rules/attach_bar: must be a whole number from 1 to 100"},
      {R"({"rules":{"attach_bar":"85"}})",
       "/rules/attach_bar: must be a whole number from 1 to 100"},
      {R"({"rules":{"phone_months":99999999999999999999}})",
       "/rules/phone_months: must be a whole number from 0 to 1200"},
      {R"({"rules":{"shared_after":1}})",
       "/rules/shared_after: must be 0 (never) or at least 2: every value has "
       "one person"},
      {R"({"rules":{"shared_after":1000001}})",
       "/rules/shared_after: must be a whole number from 0 to 1000000"},
      {R"({"rules":{"automatic_merges":1}})",
       "/rules/automatic_merges: must be true or false"},
      {R"({"rules":{"attach_bar":90,"merge_bar":89}})",
       "/rules/merge_bar: is below the attach bar, 90"},
      {R"({"rules":{"attach_bar":70,"merge_bar":80}})",
       "/namespaces/anonymousId: is ephemeral and merges nobody: its "
       "confidence must be below the merge bar, 80"},
  });
}

TEST_CASE("identity settings: namespaces that are refused, and where") {
  Check({
      {R"({"namespaces":{"":{}}})",
       "/namespaces/: a name has 1 to 64 bytes of text without control "
       "characters"},
      {R"({"namespaces":{"phone":{}}})",
       "/namespaces/phone: is another spelling of phoneNumber"},
      {R"({"namespaces":{"a/b":{"class":"person"}}})",
       "/namespaces/a~1b/class: must be \"exclusive\", \"shareable\" or "
       "\"ephemeral\""},
      {R"({"namespaces":{"a":{"class":1}}})",
       "/namespaces/a/class: must be a text"},
      {R"({"namespaces":{"a":{"confidence":101}}})",
       "/namespaces/a/confidence: must be a whole number from 0 to 100"},
      {R"({"namespaces":{"a":{"priority":256}}})",
       "/namespaces/a/priority: must be a whole number from 0 to 255"},
      {R"({"namespaces":{"a":{"kind":1}}})",
       "/namespaces/a/kind: there is no such setting"},
      {R"({"namespaces":{"email":{"fold_case":true}}})",
       "/namespaces/email/fold_case: has a form of its own"},
      {R"({"namespaces":{"a":{"aliases":"b"}}})",
       "/namespaces/a/aliases: must be an array"},
      {R"({"namespaces":{"a":{"aliases":["b",""]}}})",
       "/namespaces/a/aliases/1: must be a name of 1 to 64 bytes"},
      {R"({"namespaces":{"a":{"aliases":["a"]}}})",
       "/namespaces/a/aliases/0: is the namespace itself"},
      {R"({"namespaces":{"a":{"aliases":["phone"]}}})",
       "/namespaces/a/aliases/0: already stands for phoneNumber"},
      {R"({"namespaces":{"a":{"aliases":["email"]}}})",
       "/namespaces/a/aliases/0: already stands for email"},
      {R"({"namespaces":{"a":{"aliases":["c","c"]}}})",
       "/namespaces/a/aliases: has a name twice"},
      {R"({"namespaces":{"a":{"aliases":["c"]},"b":{"aliases":["c"]}}})",
       "/namespaces/b/aliases: c already stands for a"},
      {R"({"namespaces":{"a":{"aliases":["b"]},"b":{}}})",
       "/namespaces/a/aliases: b already stands for b"},
      {R"({"other_namespaces":"refuse"})",
       R"(/other_namespaces: must be "accept" or "withhold")"},
  });
}

TEST_CASE("identity settings: block lists and forms that are refused") {
  Check({
      {R"({"blocked":{"phone":["x"]}})",
       "/blocked/phone: is another spelling of phoneNumber"},
      {R"({"blocked":{"a":["x"]},"other_namespaces":"withhold"})",
       "/blocked/a: all of this namespace is withheld"},
      {R"({"blocked":{"a":"x"}})", "/blocked/a: must be an array"},
      {R"({"blocked":{"a":[1]}})", "/blocked/a/0: must be a text"},
      {R"({"blocked":{"a":["x"," "]}})",
       "/blocked/a/1: must be 1 to 256 bytes of text without control "
       "characters"},
      {R"({"blocked":{"email":["secret"]}})",
       "/blocked/email/0: is no address, nor a domain that begins with @"},
      {R"({"blocked":{"email":["@"]}})",
       "/blocked/email/0: is no domain that mail is sent to"},
      {R"({"blocked":{"phoneNumber":["0821234567"]}})",
       "/blocked/phoneNumber/0: must be a phone number that begins with +"},
      {R"({"email":{"strip_tags":true}})",
       "/email/strip_tags: there is no such setting"},
      {R"({"email":{"block_roles":"yes"}})",
       "/email/block_roles: must be true or false"},
      {R"({"email":{"domains":{"a b":{}}}})",
       "/email/domains/a b: is no domain that mail is sent to"},
      {R"({"email":{"domains":{"a.b":{"same_as":"A.b"}}}})",
       "/email/domains/a.b/same_as: is the domain itself"},
      {R"({"email":{"domains":{"a.b":{"same_as":"c@d"}}}})",
       "/email/domains/a.b/same_as: is no domain that mail is sent to"},
      {R"({"email":{"domains":{"a.b":{"same_as":"c.d"},)"
       R"("c.d":{"same_as":"e.f"}}}})",
       "/email/domains/a.b/same_as: c.d is itself another name"},
      {R"({"email":{"domains":{"a.b":{"same_as":"c.d","strip_dots":true}}}})",
       "/email/domains/a.b: same_as leaves the rest to the other domain"},
      {R"({"email":{"domains":{"a.b":{},"A.B":{}}}})",
       "/email/domains/A.B: is there in another spelling"},
      {R"({"phone":{"region":"za"}})",
       R"(/phone/region: must be a region of two capital letters, as "ZA")"},
      {R"({"phone":{"regions":{"s":""}}})",
       R"(/phone/regions/s: must be a region of two capital letters, as "ZA")"},
      {R"({"phone":{"regions":{"":"ZA"}}})",
       "/phone/regions/: cannot be the name of a source"},
      {R"({"phone":{"refuse_national":true,"regions":{"s":"ZA"}}})",
       "/phone/regions: a region is of no use where national numbers are "
       "refused"},
  });
}

TEST_CASE("identity settings: what is no JSON, and regions that are none") {
  for (const char* json : {"", "{", "{}{}", R"({"rules":{},"rules":{}})",
                           "{\"blocked\":{\"*\":[\"\xff\"]}}"}) {
    CAPTURE(json);
    CHECK(Refused(json).starts_with("MALFORMED"));
  }
  Status region = Must(R"({"phone":{"region":"XX"}})")->CheckRegions();
  CHECK(region.code() == StatusCode::kInvalidArgument);
  CHECK(region.message() ==
        "identity settings /phone/region: not a region of two capital letters "
        "that has phone numbers");
  region = Must(R"({"phone":{"regions":{"s":"XX"}}})")->CheckRegions();
  CHECK(region.message().starts_with("identity settings /phone/regions/s: "));
}

// `count` texts, separated by commas.
std::string Many(size_t count, const std::string& before,
                 const std::string& after) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += before + std::to_string(i) + after;
  }
  return out;
}

TEST_CASE("identity settings: limits") {
  const auto namespaces = [](size_t count) {
    return R"({"namespaces":{)" + Many(count, "\"n", "\":{}") + "}}";
  };
  CHECK(Refused(namespaces(kMaxNamespaces)) == "accepted");
  CHECK(Refused(namespaces(kMaxNamespaces + 1)) ==
        "TOO_LARGE/namespaces: at most 256 namespaces");
  const auto aliases = [](size_t count) {
    return R"({"namespaces":{"a":{"aliases":[)" + Many(count, "\"n", "\"") +
           "]}}}";
  };
  CHECK(Refused(aliases(kMaxAliases)) == "accepted");
  CHECK(Refused(aliases(kMaxAliases + 1)) ==
        "TOO_LARGE/namespaces/a/aliases: at most 32 names");
  const auto blocked = [](size_t count) {
    return R"({"blocked":{"a":[)" + Many(count, "\"v", "\"") + "]}}";
  };
  CHECK(Refused(blocked(kMaxBlockedValues)) == "accepted");
  CHECK(Refused(blocked(kMaxBlockedValues + 1)) ==
        "TOO_LARGE/blocked: at most 4096 values");
  const auto domains = [](size_t count) {
    return R"({"email":{"domains":{)" +
           Many(count, "\"d", ".example\":{\"strip_dots\":true}") + "}}}";
  };
  CHECK(Refused(domains(kMaxEmailDomains)) == "accepted");
  CHECK(Refused(domains(kMaxEmailDomains + 1)) ==
        "TOO_LARGE/email/domains: at most 256 domains");
  const auto sources = [](size_t count) {
    return R"({"phone":{"regions":{)" + Many(count, "\"s", "\":\"ZA\"") + "}}}";
  };
  CHECK(Refused(sources(kMaxPhoneSources)) == "accepted");
  CHECK(Refused(sources(kMaxPhoneSources + 1)) ==
        "TOO_LARGE/phone/regions: at most 256 sources");
  CHECK(Refused("{}" + std::string(kMaxDefinitionBytes, ' ')) ==
        "TOO_LARGE at most 65536 bytes");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"rules":)";
  CHECK(Refused(deep.substr(0, kMaxDefinitionBytes)).starts_with("TOO_LARGE"));
}

TEST_CASE("identity settings: namespaces, aliases and others") {
  const Settings all = Must(kEverything);
  CHECK(all->Classify("card").name == "loyaltyCard");
  CHECK(all->Classify("card").confidence == 84);
  CHECK(all->Classify("room").klass == IdentifierClass::kShareable);
  CHECK(all->Classify("room").confidence == 85);
  CHECK(all->Classify("cookie").confidence == 80);
  CHECK(all->Classify("mail").name == "email");
  CHECK(all->Classify("emailAddress").confidence == 90);
  CHECK(all->Classify("phone").name == "phoneNumber");
  CHECK(Canonical(all, "card", " AbC-1 ") == "abc-1");
  CHECK(Canonical(all, "card",
                  "STRA\xc3\x9f"
                  "E-1") == "strasse-1");
  CHECK(Canonical(all, "room", " AbC-1 ") == "AbC-1");
  CHECK(Canonical(all, "whatever", "1") == "INVALID_ARGUMENT");
  CHECK(Canonical(all, "authUserId", "AbC") == "AbC");
  // What folding makes of a value is looked at again.
  CHECK(Canonical(all, "card", "\xc2\xad") == "DENIED");
  CHECK(Canonical(all, "card",
                  "\xef\xbd\x8e\xef\xbd\x95\xef\xbd\x8c\xef\xbd"
                  "\x8c") == "DENIED");
}

TEST_CASE("identity settings: addresses") {
  const Settings all = Must(kEverything);
  CHECK(Canonical(all, "email", "A.da+Golf@GMail.com") == "ada@gmail.com");
  CHECK(Canonical(all, "email", "a.d.a@googlemail.com") == "ada@gmail.com");
  CHECK(Canonical(all, "mail", "a.da+golf@b.example") == "a.da+golf@b.example");
  CHECK(Canonical(all, "email", "+golf@gmail.com") == "+golf@gmail.com");
  CHECK(Canonical(all, "email", "..@gmail.com") == "..@gmail.com");
  CHECK(Canonical(all, "email", "J\xc3\x9cRGEN.x@gmail.com") ==
        "j\xc3\xbcrgenx@gmail.com");
  CHECK(Canonical(all, "email", "info@b.example") == "DENIED");
  CHECK(Canonical(all, "email", "NoReply+7@b.example") == "DENIED");
  CHECK(Canonical(all, "email", "information@b.example") ==
        "information@b.example");
  const Settings examples = Must(R"({"email":{"block_examples":true}})");
  for (const char* value : {"a@example.com", "a@x.example.org", "a@b.example",
                            "a@example", "a@EXAMPLE.net"}) {
    CHECK(Canonical(examples, "email", value) == "DENIED");
  }
  CHECK(Canonical(examples, "email", "a@anexample.com") == "a@anexample.com");
  CHECK(Canonical(examples, "email", "a@example.co") == "a@example.co");
  CHECK(Canonical(examples, "email", "info@b.c") == "info@b.c");
  // IDN: settings and addresses meet in their A-labels.
  const Settings idn = Must(
      "{\"email\":{\"domains\":{\"B\xc3\x9c"
      "CHER.ch\":{\"strip_tags\":true}}}}");
  CHECK(Canonical(idn, "email",
                  "a+b@b\xc3\xbc"
                  "cher.ch") == "a@xn--bcher-kva.ch");
  // A longer name may make an address too long.
  const Settings longer =
      Must(R"({"email":{"domains":{"b.c":{"same_as":")" + std::string(60, 'd') +
           "." + std::string(60, 'd') + "." + std::string(60, 'd') + "." +
           std::string(20, 'd') + R"("}}}})");
  CHECK(Canonical(longer, "email", std::string(64, 'a') + "@b.c") ==
        "INVALID_ARGUMENT");
}

TEST_CASE("identity settings: blocked values") {
  const Settings all = Must(kEverything);
  CHECK(Canonical(all, "room", "dEMO") == "DENIED");
  CHECK(Canonical(all, "authUserId", "demo") == "DENIED");
  CHECK(Canonical(all, "authUserId", "demo2") == "demo2");
  CHECK(Canonical(all, "card", "card-0") == "DENIED");
  CHECK(Canonical(all, "room", "card-0") == "card-0");
  CHECK(Canonical(all, "email", "FRONT@desk.example") == "DENIED");
  CHECK(Canonical(all, "email", "back@desk.example") == "back@desk.example");
  CHECK(Canonical(all, "email", "anybody@shop.EXAMPLE") == "DENIED");
  CHECK(Canonical(all, "email", "anybody@my.shop.example") ==
        "anybody@my.shop.example");
  CHECK(Canonical(all, "phone", "+27820000001") == "DENIED");
  CHECK(Canonical(all, "phone", "082 000 0001", {}, "ZA") != "DENIED");
  CHECK(Canonical(Must(R"({"blocked":{"phoneNumber":["+27820000001"]}})"),
                  "phone", "082 000 0001") == "DENIED");
  // A different spelling of the same account stays blocked with it.
  const Settings gmail = Must(R"({"blocked":{"email":["a.da+x@gmail.com"]},)"
                              R"("email":{"domains":{"gmail.com":)"
                              R"({"strip_tags":true,"strip_dots":true}}}})");
  CHECK(Canonical(gmail, "email", "ad.a@gmail.com") == "DENIED");
}

TEST_CASE("identity settings: regions of phone numbers") {
  const Settings all = Must(R"({"phone":{"region":"GB",)"
                            R"("regions":{"crm-de":"DE","crm-us":"US"}}})");
  CHECK(Canonical(all, "phone", "020 7946 0018") == "+442079460018");
  CHECK(Canonical(all, "phone", "030 901820", "crm-de") == "+4930901820");
  CHECK(Canonical(all, "phone", "(415) 555-2671", "crm-us") == "+14155552671");
  CHECK(Canonical(all, "phone", "+27 82 123 4567", "crm-us") == "+27821234567");
  const Settings none = Must(R"({"phone":{"refuse_national":true}})");
  CHECK(Canonical(none, "phone", "082 123 4567") == "INVALID_ARGUMENT");
  CHECK(Canonical(none, "phone", "0027 82 123 4567") == "INVALID_ARGUMENT");
  CHECK(Canonical(none, "phone", "+27 (0)82 123 4567") == "+27821234567");
  std::string canonical;
  const Status status = Normaliser("ZA").Normalise(
      none->Classify("phone"), "082 123 4567", none.get(), {}, &canonical);
  CHECK(status.message() ==
        "phoneNumber: no country code, and no region to read it by");
  CHECK(Canonical(Must("{}"), "phone", "082 123 4567") == "+27821234567");
}

// One byte of good JSON, changed, taken out or doubled: never a crash, and what
// is accepted reads back as itself.
TEST_CASE("identity settings: whatever comes in") {
  std::mt19937_64 random(7);
  const std::string good = Must(kEverything)->ToWholeJson("ZA");
  size_t accepted = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text = i % 2 == 0 ? good : std::string(kEverything);
    for (uint64_t n = random() % 3 + 1; n > 0; --n) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 8 + 1);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 12));
          break;
        default:
          text[at] = "0123456789{}[]\",:+@.*"[random() % 21];
      }
    }
    Result<Settings> settings = IdentitySettings::Parse(text);
    if (!settings.ok()) {
      REQUIRE(settings.status().message().starts_with("identity settings"));
      continue;
    }
    ++accepted;
    const std::string json = (*settings)->ToJson();
    REQUIRE(Must(json)->ToJson() == json);
    const std::string whole = (*settings)->ToWholeJson("ZA");
    REQUIRE(Must(whole)->ToWholeJson("ZA") == whole);
    for (const char* name : {"email", "phone", "card", "x", "cookie"}) {
      Canonical(*settings, name, "a.b+c@gmail.com");
      Canonical(*settings, name, "+27821234567");
    }
  }
  CHECK(accepted > 100);
}

}  // namespace
}  // namespace crm
