// Mode kAnonymise: what she did goes into sums over ten erasures or more, and
// nothing else of her stays. Beside a model that counts by itself.

#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "crm/backup.h"
#include "store/fixture.h"

namespace crm {
namespace {

constexpr std::chrono::hours kDay(24);
constexpr const char* kMonths[] = {"2026-01", "2026-02", "2026-03"};
// Days of the year in the middle of these, but for the last instant of the
// first.
constexpr int kDays[] = {14, 45, 74};

constexpr char kVisit[] = R"({"type":"object","properties":{
  "amount":{"type":"number"},
  "channel":{"type":"string","enum":["web","shop","canary closet"]},
  "member":{"type":"boolean"},
  "place":{"type":"object","properties":{
    "hole":{"type":"integer","minimum":0},
    "name":{"type":"string"}}},
  "age":{"type":"integer","x-personal":true},
  "mood":{"type":"string","enum":["canary mood"],"x-personal":true},
  "note":{"type":"string"},
  "day":{"type":"string","format":"date"},
  "code":{"type":["string","integer"]},
  "scores":{"type":"array","items":{"type":"integer"}}}})";

// By type, month, field and value: erasures, values, and four times the sum.
using Key = std::tuple<std::string, std::string, std::string, std::string>;
struct Count {
  int people = 0;
  int values = 0;
  int quarters = 0;
};
using Counts = std::map<Key, Count>;

void Add(Counts* counts, const Key& key, int quarters) {
  Count& count = (*counts)[key];
  count.people = 1;
  ++count.values;
  count.quarters += quarters;
}

std::string Quarters(int value) {
  constexpr const char* kRest[] = {"", ".25", ".5", ".75"};
  return std::to_string(value / 4) + kRest[value % 4];
}

// What a pool becomes, written out by hand.
class Model {
 public:
  // The events that come of her.
  std::vector<std::string> Erase(const Counts& hers) {
    for (const auto& [key, count] : hers) {
      Count& sum = waiting_[key];
      sum.people += count.people;
      sum.values += count.values;
      sum.quarters += count.quarters;
    }
    std::map<std::pair<std::string, std::string>, std::string> events;
    std::set<std::pair<std::string, std::string>> listing;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      const auto& [type, month, field, value] = at->first;
      const Count& sum = at->second;
      if (sum.people < 10) {
        ++at;
        continue;
      }
      const std::pair of(type, month);
      std::string& event = events[of];
      if (event.empty()) {
        event = "{\"type\":\"" + type + "\",\"month\":\"" + month + "\"";
      }
      const std::string people = "\"people\":" + std::to_string(sum.people);
      if (field.empty()) {
        event += "," + people + ",\"events\":" + std::to_string(sum.values);
      } else {
        event += listing.insert(of).second ? ",\"fields\":[{" : ",{";
        event += "\"field\":\"" + field + "\",";
        if (!value.empty()) event += "\"value\":" + value + ",";
        event += people + ",\"values\":" + std::to_string(sum.values);
        if (value.empty()) event += ",\"sum\":" + Quarters(sum.quarters);
        event += "}";
      }
      at = waiting_.erase(at);
    }
    std::vector<std::string> payloads;
    for (auto& [of, event] : events) {
      payloads.push_back(event + (listing.contains(of) ? "]}" : "}"));
    }
    return payloads;
  }
  size_t waiting() const { return waiting_.size(); }

 private:
  Counts waiting_;
};

// A store of people who visit, and what each of them has done.
class Place {
 public:
  explicit Place(const std::string& path, uint32_t seed = 1)
      : path_(path), random_(seed) {
    options_.clock = clock_;
    options_.compress_blocks = false;
    options_.key_file = path + ".key";
    Open();
    REQUIRE_OK(tenant_->RegisterSchema({.type = "visit", .json = kVisit}));
  }

  void Open() {
    store_ = std::make_unique<Store>(MustOpen(path_, options_));
    tenant_ = std::make_unique<Tenant>(MustTenant(*store_));
  }
  void Close() {
    tenant_.reset();
    REQUIRE_OK(store_->Close());
    store_.reset();
  }
  Tenant& tenant() { return *tenant_; }
  Store& store() { return *store_; }
  StillClock& clock() { return *clock_; }
  const StoreOptions& options() const { return options_; }

  // A person with `events` of two types, in three months.
  CustomerId AddPerson(int events, Counts* counts) {
    const std::string person = std::to_string(++people_);
    CustomerId customer = 0;
    for (int i = 0; i < events; ++i) {
      const int month = static_cast<int>(random_() % 3);
      Event event = MakeEvent("canary-" + person + "-" + std::to_string(i),
                              {{"sclMemberId", "canary-" + person},
                               {"email", "canary" + person + "@x.example"}});
      event.occurred_at = At(0) + kDays[month] * kDay;
      event.correlation_id = "canary";
      event.metadata = R"({"ip":"canary"})";
      event.type = random_() % 4 == 0 ? "unknown" : "visit";
      event.payload = Payload(event.type == "visit", kMonths[month], counts);
      Add(counts, {event.type, kMonths[month], "", ""}, 0);
      customer = MustAppendOne(*tenant_, event).customer;
    }
    return customer;
  }

 private:
  std::string Payload(bool counted, const char* month, Counts* counts) {
    Counts ignored;
    Counts* const to = counted ? counts : &ignored;
    std::string json = R"({"age":77,"mood":"canary mood","note":"canary",)"
                       R"("day":"2026-02-03","code":4711,"scores":[1,2],)"
                       R"("other":5,"more":{"amount":3})";
    const auto add = [&](const char* field, const std::string& value,
                         int quarters) {
      const bool number = quarters >= 0;
      Add(to, {"visit", month, field, number ? "" : value},
          number ? quarters : 0);
    };
    if (random_() % 3 != 0) {
      const int quarters = static_cast<int>(random_() % 400);
      json += ",\"amount\":" + Quarters(quarters);
      add("/amount", "", quarters);
    }
    if (random_() % 2 == 0) {
      const char* const channel = random_() % 5 == 0 ? "\"shop\"" : "\"web\"";
      json += std::string(",\"channel\":") + channel;
      add("/channel", channel, -1);
    } else {
      json += R"(,"channel":"canary free text")";  // In no enumeration.
    }
    if (random_() % 2 == 0) {
      const char* const member = random_() % 2 == 0 ? "true" : "false";
      json += std::string(",\"member\":") + member;
      add("/member", member, -1);
    }
    const int hole = static_cast<int>(random_() % 18);
    json += ",\"place\":{\"name\":\"canary\",\"hole\":" + std::to_string(hole) +
            "}";
    add("/place/hole", "", 4 * hole);
    return json + "}";
  }

  const std::string path_;
  StoreOptions options_ = Quick();
  std::shared_ptr<StillClock> clock_ = std::make_shared<StillClock>();
  std::unique_ptr<Store> store_;
  std::unique_ptr<Tenant> tenant_;
  std::mt19937 random_;
  int people_ = 0;
};

ErasureReport MustAnonymise(Tenant& tenant, CustomerId customer,
                            bool dry_run = false) {
  auto report = tenant.Erase(
      customer, {.mode = ErasureMode::kAnonymise, .dry_run = dry_run});
  REQUIRE_OK(report);
  return *std::move(report);
}

// Payloads of the events of nobody, oldest first.
std::vector<std::string> Anonymised(const Tenant& tenant) {
  auto cursor = tenant.Replay({.types = {std::string(kAnonymisedEventType)}});
  REQUIRE_OK(cursor);
  std::vector<std::string> payloads;
  std::set<std::string> ids;
  EventView event;
  while (*cursor->Next(&event)) {
    payloads.emplace_back(event.payload);
    CHECK(event.record == 0);
    CHECK(event.customer == 0);
    CHECK(event.source == "crm");
    CHECK(event.backfill);
    CHECK(event.identity.empty());
    CHECK(event.metadata.empty());
    CHECK(event.correlation_id.empty());
    CHECK(event.causation_id.empty());
    CHECK(event.id.size() == 32);
    CHECK(ids.emplace(event.id).second);
    // At the first instant of its month.
    const auto day = std::chrono::floor<std::chrono::days>(event.occurred_at);
    const std::chrono::year_month_day date(day);
    CHECK(event.occurred_at == day);
    CHECK(unsigned{date.day()} == 1);
    const std::string month = "0" + std::to_string(unsigned{date.month()});
    const std::string said = "\"month\":\"" + std::to_string(int{date.year()}) +
                             "-" + month.substr(month.size() - 2) + "\"";
    CHECK(event.payload.find(said) != std::string_view::npos);
  }
  return payloads;
}

TEST_CASE("what people did comes out in sums over ten of them, and is equal") {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    const Scratch scratch;
    Place place(scratch / "s", seed);
    std::mt19937 random(seed);
    Model model;
    std::vector<std::pair<CustomerId, Counts>> people;
    for (int i = 0; i < 45; ++i) {
      Counts counts;
      const int events = 1 + static_cast<int>(random() % 9);
      const CustomerId customer = place.AddPerson(events, &counts);
      people.emplace_back(customer, std::move(counts));
    }
    std::vector<std::string> expected;
    for (size_t i = 0; i < people.size(); ++i) {
      CAPTURE(i);
      if (i % 10 == 7) {
        place.Close();
        place.Open();
      }
      const auto& [customer, counts] = people[i];
      const ErasureReport plan = MustAnonymise(place.tenant(), customer, true);
      CHECK(plan.request.empty());
      const ErasureReport done = MustAnonymise(place.tenant(), customer);
      const std::vector<std::string> events = model.Erase(counts);
      CHECK(done.complete);
      CHECK(done.mode == ErasureMode::kAnonymise);
      CHECK(done.counted == done.events);
      CHECK(done.anonymised == events);
      CHECK(done.waiting_sums == model.waiting());
      CHECK(plan.counted == done.counted);
      CHECK(plan.counted_fields == done.counted_fields);
      CHECK(plan.anonymised == done.anonymised);
      CHECK(plan.waiting_sums == done.waiting_sums);
      CHECK((i >= 9 || events.empty()));
      expected.insert(expected.end(), events.begin(), events.end());
      CHECK(Anonymised(place.tenant()) == expected);
    }
    CHECK(expected.size() > 3);
    // Nothing is left of what was personal, undeclared or free text.
    for (const std::string& line : Walk(place.tenant().Replay({}))) {
      CHECK(line.find("canary") == std::string::npos);
    }
    CheckSound(place.store());
  }
}

TEST_CASE("only what a schema declares and does not make personal is counted") {
  const Scratch scratch;
  Place place(scratch / "s");
  Counts counts;
  const CustomerId ada = place.AddPerson(40, &counts);
  const ErasureReport plan = MustAnonymise(place.tenant(), ada, true);
  CHECK(plan.counted == 40);
  CHECK(plan.counted_fields ==
        std::vector<std::string>{"visit /amount", "visit /channel",
                                 "visit /member", "visit /place/hole"});
  // Of the catalogue, when the tenant has none of its own.
  Event order = MakeEvent("o-1", {{"sclMemberId", "canary-1"}},
                          R"({"orderId":"4711","total":12.5,)"
                          R"("currency":"EUR","unheard":1})");
  order.type = "OrderPlaced";
  MustAppendOne(place.tenant(), order);
  const ErasureReport more = MustAnonymise(place.tenant(), ada, true);
  CHECK(more.counted_fields.front() == "OrderPlaced /total");
  CHECK(more.counted_fields.size() == 5);
  // What a later version makes personal is so in older events, too.
  std::string json = kVisit;
  json.replace(json.find(R"({"type":"number"})"), 17,
               R"({"type":"number","x-personal":true})");
  REQUIRE_OK(place.tenant().RegisterSchema(
      {.type = "visit", .version = "2.0", .json = json}));
  const ErasureReport less = MustAnonymise(place.tenant(), ada, true);
  CHECK(less.counted_fields ==
        std::vector<std::string>{"OrderPlaced /total", "visit /channel",
                                 "visit /member", "visit /place/hole"});
}

TEST_CASE("of what was redacted or has expired only that it was is counted") {
  const Scratch scratch;
  Place place(scratch / "s");
  place.clock().Advance(100 * kDay);
  Counts counts;
  const CustomerId ada = place.AddPerson(1, &counts);
  Event event = MakeEvent("e", {{"sclMemberId", "canary-1"}},
                          R"({"amount":5,"traits":{"name":"canary"}})");
  event.type = "visit";
  event.occurred_at = At(0) + 80 * kDay;
  const Position redacted = MustAppendOne(place.tenant(), event).position;
  REQUIRE_OK(place.tenant().Redact(redacted));
  event.id = "f";
  event.occurred_at = At(0) - 80 * kDay;
  MustAppendOne(place.tenant(), event);
  REQUIRE_OK(place.tenant().SetPrivacySettings(R"({"retention":{"days":90}})"));
  REQUIRE(place.tenant().Retain(place.clock().Now())->events > 0);
  const ErasureReport plan = MustAnonymise(place.tenant(), ada, true);
  CHECK(plan.counted == 3);
  CHECK(plan.counted == plan.events);
  for (const std::string& field : plan.counted_fields) {
    CHECK(field != "visit /amount");
  }
}

// Ten people who did the same.
class Ten {
 public:
  explicit Ten(const std::string& path) : place(path) {
    for (int i = 0; i < 11; ++i) {
      Event event = MakeEvent("e" + std::to_string(i),
                              {{"sclMemberId", "m-" + std::to_string(i)}},
                              R"({"amount":1.5})");
      event.type = "visit";
      event.occurred_at = At(i);
      people.push_back(MustAppendOne(place.tenant(), event).customer);
    }
    place.clock().Advance(std::chrono::seconds(1));
    for (int i = 0; i < 9; ++i) MustAnonymise(place.tenant(), people[i]);
  }

  Place place;
  std::vector<CustomerId> people;
};
const std::vector<std::string> kOfTen = {
    R"({"type":"visit","month":"2026-01","people":10,"events":10,)"
    R"("fields":[{"field":"/amount","people":10,"values":10,"sum":15}]})"};

TEST_CASE("the tenth erasure writes them; late events are refused as ever") {
  const Scratch scratch;
  Ten ten(scratch / "s");
  Tenant& tenant = ten.place.tenant();
  CHECK(Anonymised(tenant).empty());
  const uint64_t unattributed = tenant.GetSnapshot()->GetStats()->unattributed;
  const ErasureReport tenth = MustAnonymise(tenant, ten.people[9]);
  CHECK(tenth.anonymised == kOfTen);
  CHECK(tenth.waiting_sums == 0);
  CHECK(Anonymised(tenant) == kOfTen);
  CHECK(tenant.GetSnapshot()->GetStats()->unattributed == unattributed + 1);
  CHECK(tenth.certificate.find(R"("mode":"anonymise")") != std::string::npos);
  REQUIRE_OK(VerifyCertificate(tenth.certificate, *tenant.GetSigningKey()));
  CHECK_CODE(tenant.GetProfile(ten.people[9]), kErased);
  Event late = MakeEvent("late", {{"sclMemberId", "m-9"}}, R"({"amount":9})");
  late.type = "visit";
  late.occurred_at = At(5);
  CHECK_CODE(tenant.Append(late), kErased);
  // Done already: neither this nor a list counts anybody again.
  REQUIRE_OK(tenant.ApplyCertificate(tenth.certificate));
  const auto listed = tenant.ListErasures();
  REQUIRE_OK(listed);
  CHECK(listed->size() == 10);
  CHECK(listed->back().mode == ErasureMode::kAnonymise);
  CHECK(listed->back().anonymised.empty());
  CHECK(Anonymised(tenant) == kOfTen);
  const ErasureReport eleventh = MustAnonymise(tenant, ten.people[10], true);
  CHECK(eleventh.anonymised.empty());
  CHECK(eleventh.waiting_sums == 2);
  CheckSound(ten.place.store());
}

TEST_CASE("other modes count nobody, and a held customer waits uncounted") {
  const Scratch scratch;
  Ten ten(scratch / "s");
  Tenant& tenant = ten.place.tenant();
  const auto shred = tenant.Erase(ten.people[10]);
  REQUIRE_OK(shred);
  CHECK(shred->counted == 0);
  CHECK(shred->counted_fields.empty());
  CHECK(shred->waiting_sums == 0);
  const auto hold = tenant.PlaceHold(ten.people[9]);
  REQUIRE_OK(hold);
  const auto waits =
      tenant.Erase(ten.people[9],
                   {.mode = ErasureMode::kAnonymise, .wait_for_release = true});
  REQUIRE_OK(waits);
  CHECK_FALSE(waits->complete);
  CHECK(Anonymised(tenant).empty());
  const auto release = tenant.ReleaseHold(*hold);
  REQUIRE_OK(release);
  REQUIRE(release->erased.size() == 1);
  CHECK(release->erased[0].mode == ErasureMode::kAnonymise);
  CHECK(release->erased[0].anonymised == kOfTen);
  CHECK(Anonymised(tenant) == kOfTen);
}

TEST_CASE("a log that was set back does not get her sums back, nor twice") {
  const Scratch scratch;
  std::string certificate;
  std::vector<CustomerId> people;
  StoreOptions options;
  {
    Ten ten(scratch / "s");
    people = ten.people;
    options = ten.place.options();
    REQUIRE_OK(BackupStore(ten.place.store(), scratch / "data"));
    REQUIRE_OK(BackupKeys(ten.place.store(), scratch / "old-keys"));
    ten.place.clock().Advance(std::chrono::seconds(1));
    certificate = MustAnonymise(ten.place.tenant(), people[9]).certificate;
    REQUIRE_OK(BackupKeys(ten.place.store(), scratch / "keys"));
    ten.place.Close();
  }
  SUBCASE("with today's keys she is erased again, and cannot be counted") {
    REQUIRE_OK(RestoreStore(scratch / "data", scratch / "keys", scratch / "r",
                            options));
    Store store = MustOpen(scratch / "r", options);
    Tenant tenant = MustTenant(store);
    CHECK_CODE(tenant.GetProfile(people[9]), kErased);
    CHECK(Anonymised(tenant).empty());
    // The nine who were there before are, and one more makes ten.
    CHECK(MustAnonymise(tenant, people[10]).anonymised == kOfTen);
    CHECK(Anonymised(tenant) == kOfTen);
    CheckSound(store);
  }
  SUBCASE("with keys of then her certificate counts her, once") {
    REQUIRE_OK(RestoreStore(scratch / "data", scratch / "old-keys",
                            scratch / "r", options));
    Store store = MustOpen(scratch / "r", options);
    Tenant tenant = MustTenant(store);
    REQUIRE_OK(tenant.GetProfile(people[9]));
    const auto again = tenant.ApplyCertificate(certificate);
    REQUIRE_OK(again);
    CHECK(again->mode == ErasureMode::kAnonymise);
    CHECK(again->anonymised == kOfTen);
    REQUIRE_OK(tenant.ApplyCertificate(certificate));
    CHECK(Anonymised(tenant) == kOfTen);
    CheckSound(store);
  }
}

TEST_CASE("a schema of the tenant's for these events hinders no erasure") {
  const Scratch scratch;
  Ten ten(scratch / "s");
  Tenant& tenant = ten.place.tenant();
  const std::string type(kAnonymisedEventType);
  SUBCASE("what the catalogue knows fits") {
    REQUIRE_OK(tenant.SetValidation(type, Validation::kEnforce));
  }
  SUBCASE("one that allows nothing") {
    REQUIRE_OK(tenant.RegisterSchema({.type = type, .json = "false"}));
    REQUIRE_OK(tenant.SetValidation(type, Validation::kEnforce));
  }
  CHECK(MustAnonymise(tenant, ten.people[9]).anonymised == kOfTen);
  CHECK(Anonymised(tenant) == kOfTen);
}

TEST_CASE("sums have a limit of their own: retention's days are for others") {
  const Scratch scratch;
  Ten ten(scratch / "s");
  Tenant& tenant = ten.place.tenant();
  MustAnonymise(tenant, ten.people[9]);
  ten.place.clock().Advance(100 * kDay);
  const Timestamp now = ten.place.clock().Now();
  REQUIRE_OK(tenant.SetPrivacySettings(R"({"retention":{"days":30}})"));
  const auto first = tenant.Retain(now);
  REQUIRE_OK(first);
  REQUIRE(first->types.size() == 1);
  CHECK(first->types[0].type == "visit");
  CHECK(Anonymised(tenant) == kOfTen);
  // Seven years, and a day more.
  REQUIRE_OK(tenant.SetPrivacySettings(
      R"({"retention":{"days":30,"categories":{"aggregates":2555}}})"));
  CHECK(tenant.Retain(now)->events == 0);
  ten.place.clock().Advance(2455 * kDay);
  CHECK(tenant.Retain(ten.place.clock().Now())->events == 1);
  const auto lines = Walk(tenant.Replay({.types = {"crm.events.anonymised"}}));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("sum") == std::string::npos);
  CheckSound(ten.place.store());
}

TEST_CASE("numbers of any size are counted as far as they fit") {
  const Scratch scratch;
  Place place(scratch / "s");
  Tenant& tenant = place.tenant();
  std::vector<CustomerId> people;
  for (int i = 0; i < 10; ++i) {
    const std::string person = "m-" + std::to_string(i);
    for (const char* amount :
         {"0.1234567", "-0.0000005", "1e300", "1e-300", "99999999999999999999",
          "null", "\"7\"", "true", "[1]", "{}"}) {
      Event event = MakeEvent(person + amount, {{"sclMemberId", person}},
                              std::string(R"({"amount":)") + amount + "}");
      event.type = "visit";
      event.occurred_at = At(0);
      const EventOutcome outcome = MustAppendOne(tenant, event);
      if (outcome.new_customer) people.push_back(outcome.customer);
    }
  }
  REQUIRE(people.size() == 10);
  std::vector<std::string> last;
  for (const CustomerId person : people) {
    last = MustAnonymise(tenant, person).anonymised;
  }
  REQUIRE(last.size() == 1);
  CHECK(last[0].find(R"("events":100)") != std::string::npos);
  // To six places: 0.123457 and -0.000001, of each.
  CHECK(last[0].find(R"("sum":1.23456})") != std::string::npos);
}

}  // namespace
}  // namespace crm
