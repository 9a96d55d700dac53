// Criteria asked of a store: one customer with the reasons, all of them as a
// count; in whatever order events came, merged, erased, redacted, expired.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "crm/criteria.h"
#include "crm/ingest.h"
#include "store/fixture.h"

namespace crm {
namespace {

constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kDay = 24 * kHour;

Criteria MustParse(std::string_view json) {
  const Result<Criteria> parsed = Criteria::Parse(json);
  INFO(parsed.status().ToString());
  REQUIRE(parsed.ok());
  return *parsed;
}

// An order at so many days after 2026-01-01.
Event Order(const std::string& id, int customer, int64_t day,
            const std::string& payload) {
  Event event =
      MakeEvent(id, {{"memberId", "m" + std::to_string(customer)}}, payload);
  event.type = "shop.order";
  event.occurred_at = At(day * kDay);
  return event;
}

Event Named(const std::string& id, int customer, int64_t day,
            const std::string& traits) {
  Event event = Order(id, customer, day, R"({"traits":)" + traits + "}");
  event.type = "shop.profile";
  return event;
}

CustomerId IdOf(const Tenant& tenant, int customer) {
  const Result<CustomerId> id =
      tenant.FindCustomer({"memberId", "m" + std::to_string(customer)});
  REQUIRE_OK(id);
  return *id;
}

std::string_view Ask(const Tenant& tenant, int customer, std::string_view json,
                     int64_t day = 100) {
  CriteriaOptions options;
  options.as_of = At(day * kDay);
  const auto answer =
      tenant.Evaluate(IdOf(tenant, customer), MustParse(json), options);
  REQUIRE_OK(answer);
  return TruthName(answer->truth);
}

CriteriaPreview Look(const Tenant& tenant, std::string_view json,
                     int64_t day = 100) {
  PreviewOptions options;
  options.as_of = At(day * kDay);
  const auto preview = tenant.Preview(MustParse(json), options);
  REQUIRE_OK(preview);
  return *preview;
}

TEST_CASE("criteria in a store: the answer names what decides it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppend(tenant, {Named("n-1", 1, 0, R"({"country":"ZA"})"),
                      Order("o-1", 1, 10, R"({"total":50})"),
                      Order("o-2", 1, 20, R"({"total":70.5})")});
  CriteriaOptions options;
  options.as_of = At(30 * kDay);
  const auto answer = tenant.Evaluate(
      IdOf(tenant, 1),
      MustParse(R"({"and":[{"field":"country","operator":"eq","value":"ZA"},
          {"event":"shop.order","aggregate":"sum","of":"total",
           "operator":"gt","value":100,"window":{"last":{"days":30}}},
          {"not":{"field":"city","operator":"eq","value":"Paarl"}}]})"),
      options);
  REQUIRE_OK(answer);
  CHECK(answer->truth == Truth::kUnknown);
  CHECK(answer->position > answer->proof.parts[1].events[1].position - 1);
  REQUIRE(answer->proof.parts.size() == 3);
  const CriteriaProof& country = answer->proof.parts[0];
  CHECK(country.truth == Truth::kTrue);
  CHECK(country.value == R"("ZA")");
  CHECK(country.events[0].id == "n-1");
  CHECK(country.events[0].occurred_at == At(0));
  const CriteriaProof& sum = answer->proof.parts[1];
  CHECK(sum.truth == Truth::kTrue);
  CHECK(sum.value == "120.5");
  CHECK(sum.matching == 2);
  CHECK(sum.events[1].id == "o-2");
  const CriteriaProof& city = answer->proof.parts[2].parts[0];
  CHECK(city.path == "/and/2/not");
  CHECK(city.reason == "missing");
  CHECK(CriteriaAnswerToText(*answer) ==
        R"(customer 1, as of 2026-01-31T00:00:00Z
unknown  and
true       country is "ZA"  [found "ZA"; event n-1 of 2026-01-01T00:00:00Z]
true       the sum of total of shop.order in the last 30 days is more than 100)"
        R"(  [found 120.5; event o-1 of 2026-01-11T00:00:00Z; )"
        R"(event o-2 of 2026-01-21T00:00:00Z]
unknown    not
unknown      city is "Paarl"  [it is not there]
)");
  const std::string json = CriteriaAnswerToJson(*answer);
  CHECK(json.starts_with(R"({"customer":1,"truth":"unknown",)"
                         R"("as_of":"2026-01-31T00:00:00Z","position":)"));
  CHECK(json.find(R"("value":"ZA","events":[{"position":)") !=
        std::string::npos);
}

TEST_CASE("criteria in a store: what had happened by then, in any order") {
  const std::vector<Event> events = {
      Named("n-1", 1, 0, R"({"city":"Paarl","old":1})"),
      Named("n-2", 1, 20, R"({"city":"Berlin","old":null})"),
      Order("o-1", 1, 5, R"({"total":10})"),
      Order("o-2", 1, 15, R"({"total":20})"),
      Order("o-3", 1, 25, R"({"total":30})"),
      Order("o-4", 1, 25, R"({"total":40})"),
  };
  std::mt19937 random(1);
  for (int round = 0; round < 40; ++round) {
    std::vector<Event> mixed = events;
    std::shuffle(mixed.begin(), mixed.end(), random);
    Store store = MustOpenInMemory();
    Tenant tenant = MustTenant(store);
    for (const Event& event : mixed) MustAppendOne(tenant, event);
    const auto city = [&](const char* name, int64_t day) {
      return Ask(tenant, 1,
                 R"({"field":"city","operator":"eq","value":")" +
                     std::string(name) + "\"}",
                 day);
    };
    CHECK(city("Paarl", 0) == "true");
    CHECK(city("Paarl", 19) == "true");
    CHECK(city("Paarl", 20) == "false");
    CHECK(city("Berlin", 20) == "true");
    CHECK(city("Berlin", -1) == "unknown");
    const std::string old = R"({"field":"old","operator":"isNull"})";
    CHECK(Ask(tenant, 1, old, -1) == "true");
    CHECK(Ask(tenant, 1, old, 10) == "false");
    CHECK(Ask(tenant, 1, old, 30) == "true");
    const std::string orders =
        R"({"event":"shop.order","operator":"eq","value":)";
    CHECK(Ask(tenant, 1, orders + "1}", 14) == "true");
    CHECK(Ask(tenant, 1, orders + "2}", 24) == "true");
    CHECK(Ask(tenant, 1, orders + "4}", 25) == "true");
    // Two orders of one time: the same one of them, whichever came last.
    CHECK(Ask(tenant, 1,
              R"({"event":"shop.order","pick":"last","has":)"
              R"({"property":"total","operator":"eq","value":40}})") ==
          Ask(tenant, 1,
              R"({"event":"shop.order","pick":"first","has":)"
              R"({"property":"total","operator":"eq","value":10}})"));
  }
}

TEST_CASE("criteria in a store: who was merged or erased is not counted") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (int i = 1; i <= 10; ++i) {
    const std::string n = std::to_string(i);
    MustAppendOne(tenant, Order("o-" + n, i, i, R"({"total":1})"));
  }
  const std::string twice =
      R"({"event":"shop.order","operator":"gte","value":2})";
  CriteriaPreview preview = Look(tenant, R"({"event":"shop.order"})");
  CHECK(preview.customers == 10);
  CHECK(preview.matching == 10);
  CHECK(preview.sample.size() == 10);
  CHECK(Look(tenant, twice).matching == 0);
  MergeOptions by;
  by.by = "test";
  by.why = "one person";
  by.force = true;
  REQUIRE_OK(tenant.Merge(2, 3, by));
  preview = Look(tenant, twice);
  CHECK(preview.customers == 9);
  CHECK(preview.matching == 1);
  CHECK(preview.sample == std::vector<CustomerId>{2});
  // By the id that she was known by.
  const auto retired = tenant.Evaluate(3, MustParse(twice));
  REQUIRE_OK(retired);
  CHECK(retired->customer == 2);
  ErasureOptions erasure;
  erasure.confirm = true;
  REQUIRE_OK(tenant.Erase(5, erasure));
  preview = Look(tenant, R"({"event":"shop.order"})");
  CHECK(preview.customers == 8);
  CHECK(preview.matching == 8);
  CHECK_CODE(tenant.Evaluate(5, MustParse(twice)), kErased);
  CHECK_CODE(tenant.Evaluate(99, MustParse(twice)), kNotFound);
  UnmergeTarget target;
  target.customer = 2;
  REQUIRE_OK(tenant.Unmerge(target, by));
  CHECK(Look(tenant, twice).matching == 0);
}

TEST_CASE("criteria in a store: what was redacted or expired is not known") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppend(tenant, {Order("o-1", 1, -300, R"({"total":10,"sku":"x"})"),
                      Order("o-2", 1, -2, R"({"total":20,"sku":"y"})"),
                      Order("o-3", 1, -1, R"({"total":30,"sku":"y"})")});
  const std::string total =
      R"({"event":"shop.order","aggregate":"sum","of":"total",)"
      R"("operator":"eq","value":60})";
  const std::string any = R"({"event":"shop.order","operator":"eq","value":3})";
  const std::string of_y =
      R"({"event":"shop.order","where":{"property":"sku","operator":"eq",)"
      R"("value":"y"},"operator":"gte","value":)";
  CHECK(Ask(tenant, 1, total) == "true");
  const auto page = tenant.GetTimeline(1, {});
  REQUIRE_OK(page);
  REQUIRE_OK(tenant.Redact(page->entries[0].position));
  CHECK(Ask(tenant, 1, any) == "true");
  CHECK(Ask(tenant, 1, total) == "unknown");
  CHECK(Ask(tenant, 1, of_y + "1}") == "true");
  CHECK(Ask(tenant, 1, of_y + "2}") == "unknown");
  CHECK(Ask(tenant, 1, of_y + "3}") == "false");
  REQUIRE_OK(tenant.SetPrivacySettings(R"({"retention":{"days":200}})"));
  REQUIRE_OK(tenant.Retain(At(0)));
  CHECK(Ask(tenant, 1, any) == "true");
  CHECK(Ask(tenant, 1, of_y + "1}") == "true");
  CHECK(Ask(tenant, 1, of_y + "3}") == "unknown");
  CHECK(Ask(tenant, 1, of_y + "4}") == "false");
}

TEST_CASE("criteria in a store: consent by its own check") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (int i = 1; i <= 3; ++i) {
    const std::string n = std::to_string(i);
    MustAppendOne(tenant, Order("o-" + n, i, 0, "{}"));
  }
  ConsentAct act;
  act.purpose = "marketing";
  act.channel = ConsentChannel::kEmail;
  act.source = "web";
  act.occurred_at = At(kDay);
  act.action = ConsentAction::kGrant;
  act.identifiers = {{"memberId", "m1"}};
  act.id = "c-1";
  REQUIRE_OK(tenant.RecordConsent(act));
  act.identifiers = {{"memberId", "m2"}};
  act.id = "c-2";
  act.action = ConsentAction::kRefuse;
  REQUIRE_OK(tenant.RecordConsent(act));
  const std::string allow = R"({"consent":"marketing","channel":"email"})";
  CriteriaOptions options;
  options.as_of = At(2 * kDay);
  for (int i = 1; i <= 3; ++i) {
    ConsentQuestion question;
    question.customer = IdOf(tenant, i);
    question.purpose = "marketing";
    question.at = *options.as_of;
    const auto decision = tenant.CheckConsent(question);
    REQUIRE_OK(decision);
    const auto answer =
        tenant.Evaluate(question.customer, MustParse(allow), options);
    REQUIRE_OK(answer);
    CHECK((answer->truth == Truth::kTrue) ==
          (decision->verdict == Verdict::kAllow));
    CHECK(answer->proof.reason == ConsentRuleName(decision->rule));
    CHECK(answer->proof.events.size() == decision->act_count);
  }
  CHECK(Ask(tenant, 1, allow, 2) == "true");
  CHECK(Ask(tenant, 2, allow, 2) == "false");
}

TEST_CASE("criteria in a store: options") {
  StoreOptions quick = Quick();
  quick.clock = std::make_shared<StillClock>();
  Store store = MustOpenInMemory(quick);
  Tenant tenant = MustTenant(store);
  for (int i = 1; i <= 600; ++i) {
    MustAppendOne(tenant, Order("o-" + std::to_string(i), i, -1, "{}"));
  }
  const Criteria all = MustParse(R"({"event":"shop.order"})");
  // Without an instant: now, by the store's clock.
  const auto now = tenant.Preview(all);
  REQUIRE_OK(now);
  CHECK(now->as_of == At(0));
  CHECK(now->matching == 600);
  CHECK(now->sample.size() == 10);
  PreviewOptions options;
  options.sample = 0;
  CHECK(tenant.Preview(all, options)->sample.empty());
  options.sample = 10'001;
  CHECK_CODE(tenant.Preview(all, options), kInvalidArgument);
  options.sample = 10'000;
  std::vector<uint64_t> steps;
  options.progress = [&](uint64_t done, uint64_t total) {
    CHECK(total == 600);
    steps.push_back(done);
    return true;
  };
  CHECK(tenant.Preview(all, options)->sample.size() == 600);
  CHECK(steps == std::vector<uint64_t>{0, 256, 512, 600});
  options.progress = [](uint64_t, uint64_t) { return false; };
  CHECK_CODE(tenant.Preview(all, options), kCancelled);
  options.progress = {};
  options.time_zone = "Europe/Nowhere";
  CHECK_CODE(tenant.Preview(all, options), kInvalidArgument);
  CriteriaOptions then;
  then.time_zone = "Europe/Nowhere";
  CHECK_CODE(tenant.Evaluate(1, all, then), kInvalidArgument);
  then.time_zone = {};
  then.as_of = Timestamp(std::chrono::microseconds(int64_t{1} << 62));
  CHECK_CODE(tenant.Evaluate(1, all, then), kInvalidArgument);
  // A snapshot goes on to see what it saw.
  const auto snapshot = tenant.GetSnapshot();
  REQUIRE_OK(snapshot);
  MustAppendOne(tenant, Order("late", 601, -1, "{}"));
  CHECK(snapshot->Preview(all)->matching == 600);
  CHECK(tenant.Preview(all)->matching == 601);
  CHECK(snapshot->Evaluate(1, all)->truth == Truth::kTrue);
  CHECK_CODE(snapshot->Evaluate(601, all), kNotFound);
}

TEST_CASE("criteria in a store: after a reopen") {
  const Scratch scratch;
  const std::string path = scratch / "store";
  const std::string sum =
      R"({"event":"shop.order","aggregate":"sum","of":"total",)"
      R"("operator":"eq","value":30})";
  const std::string city =
      R"({"field":"city","operator":"eq","value":"Paarl"})";
  for (int round = 0; round < 2; ++round) {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    MustAppend(tenant, {Order("o-1", 1, 1, R"({"total":10})"),
                        Named("n-1", 1, 1, R"({"city":"Paarl"})"),
                        Order("o-2", 1, 2, R"({"total":20})"),
                        Named("n-2", 1, 3, R"({"city":"Berlin"})")});
    CHECK(Ask(tenant, 1, sum) == "true");
    CHECK(Ask(tenant, 1, city, 2) == "true");
    CHECK(Ask(tenant, 1, city, 3) == "false");
    REQUIRE_OK(store.Flush());
    CHECK(Ask(tenant, 1, sum) == "true");
    CHECK(Ask(tenant, 1, city, 2) == "true");
    REQUIRE_OK(store.Close());
  }
}

TEST_CASE("CDNOW: who bought again in the calibration period") {
  const char* const named = std::getenv("CRM_TEST_DATA");
  const std::string path =
      (named == nullptr ? std::string(CRM_SOURCE_DIR "/../shared/data")
                        : std::string(named)) +
      "/cdnow/CDNOW_sample.txt";
  if (!std::filesystem::exists(path)) {
    MESSAGE(
        "skipped: CDNOW_sample.txt is neither in $CRM_TEST_DATA nor in "
        "../shared/data");
    return;
  }
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store, "cdnow");
  const auto map = ImportMap::FromJson(R"({
      "format": "fixed", "whitespace": true,
      "columns": ["old", "customer", "date", "cds", "dollars"],
      "event": {"type": "OrderPlaced", "source": "cdnow",
        "occurred_at": {"column": "date", "format": "%Y%m%d"},
        "identity": {"customerId": {"column": "customer"}},
        "payload": {"quantity": {"column": "cds", "as": "integer"},
                    "amount": {"column": "dollars", "as": "number"}}}})");
  REQUIRE_OK(map);
  ImportOptions import;
  import.map = *map;
  const auto report = ImportFile(tenant, path, import);
  REQUIRE_OK(report);
  CHECK(report->appended == 6'919);
  // On more than one day: two purchases of a day are one.
  PreviewOptions options;
  const Result<Timestamp> end =
      Timestamp(std::chrono::sys_days(std::chrono::year(1997) / 10 / 1) -
                std::chrono::microseconds(1));
  options.as_of = *end;
  const auto again =
      tenant.Preview(MustParse(R"({"sequence":[{"event":"OrderPlaced"},
                                {"event":"OrderPlaced"}]})"),
                     options);
  REQUIRE_OK(again);
  CHECK(again->customers == 2'357);
  CHECK(again->matching == 946);
  CHECK(again->unknown == 0);
}

}  // namespace
}  // namespace crm
