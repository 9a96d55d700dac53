// Legal holds: whom they hold, what they hold back, and what waits for them.

#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "crm/export.h"
#include "store/fixture.h"

namespace crm {
namespace {

class Club {
 public:
  Club() : store(MustOpenInMemory(Options())), tenant(MustTenant(store)) {}
  explicit Club(const std::string& path)
      : store(MustOpen(path, Options())), tenant(MustTenant(store)) {}

  StoreOptions Options() const {
    StoreOptions options = Quick();
    options.clock = clock;
    return options;
  }
  CustomerId Member(int number) {
    return MustAppendOne(tenant,
                         MemberEvent("m" + std::to_string(number), number))
        .customer;
  }
  HoldId MustHold(CustomerId customer, const HoldOptions& options = {}) {
    Result<HoldId> hold = tenant.PlaceHold(customer, options);
    REQUIRE_OK(hold);
    return *hold;
  }
  void MustMerge(CustomerId a, CustomerId b) {
    REQUIRE_OK(tenant.Merge(a, b, {.by = "t", .why = "t", .force = true}));
  }
  HoldList Holds(const HoldQuery& query = {}) {
    Result<HoldList> list = tenant.ListHolds(query);
    REQUIRE_OK(list);
    return *std::move(list);
  }
  std::vector<HoldId> HoldsOf(CustomerId customer) {
    std::vector<HoldId> ids;
    for (const Hold& hold : Holds({.customer = customer}).holds) {
      ids.push_back(hold.id);
    }
    return ids;
  }
  HoldRelease MustRelease(HoldId hold) {
    Result<HoldRelease> release = tenant.ReleaseHold(hold, {"legal", "over"});
    REQUIRE_OK(release);
    return *std::move(release);
  }

  std::shared_ptr<StillClock> clock = std::make_shared<StillClock>();
  Store store;
  Tenant tenant;
};

ErasureOptions Waiting() {
  ErasureOptions options;
  options.wait_for_release = true;
  options.by = "desk";
  options.why = "gdpr-request";
  return options;
}

TEST_CASE("who is held is not erased, and the error says why") {
  Club club;
  const CustomerId ada = club.Member(1);
  const CustomerId ben = club.Member(2);
  const HoldId all = club.MustHold(ada, {.by = "legal", .why = "case 1"});
  const HoldId some = club.MustHold(
      ada, {.categories = {"orders", "consent", "orders"}, .why = "case 2"});
  CHECK(all == 1);
  CHECK(some == 2);
  const std::string before = Everything(club.tenant);
  const auto refused = club.tenant.Erase(ada);
  CHECK_CODE(refused, kFailedPrecondition);
  const std::string text(refused.status().message());
  CHECK(text.find("hold 1 (everything), hold 2 (consent orders)") !=
        std::string::npos);
  CHECK(Everything(club.tenant) == before);
  ErasureOptions dry;
  dry.dry_run = true;
  const auto plan = club.tenant.Erase(ada, dry);
  REQUIRE_OK(plan);
  CHECK(plan->holds == std::vector<HoldId>{1, 2});
  CHECK(plan->events == 1);
  REQUIRE_OK(club.tenant.Erase(ben));
  club.MustRelease(all);
  CHECK_CODE(club.tenant.Erase(ada), kFailedPrecondition);
  club.MustRelease(some);
  REQUIRE_OK(club.tenant.Erase(ada));
  CheckSound(club.store);
}

TEST_CASE("a list says what was held by whom, and who released it") {
  Club club;
  const CustomerId ada = club.Member(1);
  club.clock->Advance(std::chrono::seconds(5));
  club.MustHold(ada, {.categories = {"others"}, .by = "b", .why = "w"});
  club.MustHold(club.Member(2));
  HoldList list = club.Holds();
  REQUIRE(list.holds.size() == 2);
  CHECK(list.holds[0].customer == ada);
  CHECK(list.holds[0].categories == std::vector<std::string>{"others"});
  CHECK(list.holds[0].by == "b");
  CHECK(list.holds[0].why == "w");
  CHECK(list.holds[0].at == club.clock->Now());
  CHECK(list.holds[0].position > 0);
  CHECK(list.holds[0].released_position == 0);
  CHECK(club.HoldsOf(ada) == std::vector<HoldId>{1});
  club.clock->Advance(std::chrono::seconds(5));
  const HoldRelease release = club.MustRelease(1);
  CHECK(release.hold.released_by == "legal");
  CHECK(release.hold.released_why == "over");
  CHECK(release.hold.released_at == club.clock->Now());
  CHECK(club.Holds().holds.size() == 1);
  CHECK(club.Holds({.released = true}).holds.size() == 2);
  CHECK_CODE(club.tenant.ReleaseHold(1), kFailedPrecondition);
  CHECK_CODE(club.tenant.ReleaseHold(3), kNotFound);
  CHECK_CODE(club.tenant.ReleaseHold(0), kNotFound);
  CHECK_CODE(club.tenant.ListHolds({.customer = 9}), kNotFound);
}

TEST_CASE("a hold of nobody, of the erased, and of what is no category") {
  Club club;
  const CustomerId ada = club.Member(1);
  CHECK_CODE(club.tenant.PlaceHold(7), kNotFound);
  CHECK_CODE(club.tenant.PlaceHold(ada, {.categories = {"food"}}),
             kInvalidArgument);
  CHECK_CODE(club.tenant.PlaceHold(ada, {.categories = {""}}),
             kInvalidArgument);
  CHECK_CODE(club.tenant.PlaceHold(ada, {.by = std::string(300, 'x')}),
             kTooLarge);
  REQUIRE_OK(club.tenant.Erase(ada));
  CHECK_CODE(club.tenant.PlaceHold(ada), kErased);
  CHECK(club.Holds().holds.empty());
}

TEST_CASE("a hold on one of two who are merged is a hold on both") {
  Club club;
  const CustomerId ada = club.Member(1);
  const CustomerId ben = club.Member(2);
  const CustomerId cy = club.Member(3);
  const HoldId hold = club.MustHold(ben);
  club.MustMerge(ada, ben);
  CHECK(club.HoldsOf(ada) == std::vector<HoldId>{hold});
  CHECK(club.HoldsOf(ben) == std::vector<HoldId>{hold});
  CHECK(club.HoldsOf(cy).empty());
  ErasureOptions confirmed;
  confirmed.confirm = true;
  const auto refused = club.tenant.Erase(ada, confirmed);
  CHECK_CODE(refused, kFailedPrecondition);
  CHECK(refused.status().message().find("hold 1") != std::string_view::npos);
  REQUIRE_OK(club.tenant.Unmerge({.customer = ada}));
  CHECK(club.HoldsOf(ada).empty());
  CHECK(club.HoldsOf(ben) == std::vector<HoldId>{hold});
  CHECK_CODE(club.tenant.Erase(ben), kFailedPrecondition);
  REQUIRE_OK(club.tenant.Erase(ada));
}

TEST_CASE("records that leave a held customer stay held") {
  Club club;
  const CustomerId ada = club.Member(1);
  const CustomerId ben = club.Member(2);
  club.MustMerge(ada, ben);
  const HoldId hold = club.MustHold(ada);
  REQUIRE_OK(club.tenant.Unmerge({.customer = ada}));
  for (const CustomerId each : {ada, ben}) {
    CHECK(club.HoldsOf(each) == std::vector<HoldId>{hold});
    CHECK_CODE(club.tenant.Erase(each), kFailedPrecondition);
  }
}

TEST_CASE("an erasure waits for the last release, and is done then") {
  Club club;
  const CustomerId ada = club.Member(1);
  const HoldId one = club.MustHold(ada);
  const HoldId two = club.MustHold(ada, {.categories = {"orders"}});
  const auto waits = club.tenant.Erase(ada, Waiting());
  REQUIRE_OK(waits);
  CHECK_FALSE(waits->complete);
  CHECK(waits->request.empty());
  CHECK(waits->certificate.empty());
  CHECK(waits->holds == std::vector<HoldId>{one, two});
  REQUIRE_OK(club.tenant.GetProfile(ada));
  HoldList list = club.Holds();
  REQUIRE(list.waiting.size() == 1);
  CHECK(list.waiting[0].customer == ada);
  CHECK(list.waiting[0].why == "gdpr-request");
  CHECK(list.waiting[0].holds == std::vector<HoldId>{one, two});
  // A waiting erasure is no hold.
  CHECK_CODE(club.tenant.ReleaseHold(3), kNotFound);
  CHECK(club.MustRelease(one).erased.empty());
  REQUIRE_OK(club.tenant.GetProfile(ada));
  const HoldRelease release = club.MustRelease(two);
  REQUIRE(release.erased.size() == 1);
  CHECK(release.erased[0].customer == ada);
  CHECK(release.erased[0].complete);
  CHECK(release.erased[0].by == "desk");
  CHECK_FALSE(release.erased[0].certificate.empty());
  CHECK(release.failed.empty());
  CHECK_CODE(club.tenant.GetProfile(ada), kErased);
  CHECK(club.Holds().waiting.empty());
  CheckSound(club.store);
}

TEST_CASE("without a hold wait_for_release is an erasure like any other") {
  Club club;
  const CustomerId ada = club.Member(1);
  const auto erased = club.tenant.Erase(ada, Waiting());
  REQUIRE_OK(erased);
  CHECK(erased->complete);
  CHECK(erased->holds.empty());
}

TEST_CASE("an erasure that fails at the release waits still") {
  Club club;
  const CustomerId ada = club.Member(1);
  const CustomerId ben = club.Member(2);
  const HoldId hold = club.MustHold(ada);
  REQUIRE_OK(club.tenant.Erase(ada, Waiting()));
  // Two accounts by now: it needs confirm.
  club.MustMerge(ada, ben);
  const HoldRelease release = club.MustRelease(hold);
  CHECK(release.erased.empty());
  CHECK(release.failed == std::vector<CustomerId>{ada});
  REQUIRE(club.Holds().waiting.size() == 1);
  CHECK(club.Holds().waiting[0].holds.empty());
  ErasureOptions confirmed;
  confirmed.confirm = true;
  REQUIRE_OK(club.tenant.Erase(ada, confirmed));
  CHECK(club.Holds().waiting.empty());
}

TEST_CASE("holds are there after a restart, and without the views") {
  const Scratch scratch;
  CustomerId ada = 0;
  {
    Club club(scratch / "s");
    ada = club.Member(1);
    club.MustHold(ada, {.categories = {"orders"}, .why = "case"});
    club.MustHold(ada);
    club.MustRelease(2);
    REQUIRE_OK(club.tenant.Erase(ada, Waiting()));
    REQUIRE_OK(club.store.Close());
  }
  for (const bool rebuilt : {false, true}) {
    if (rebuilt) std::filesystem::remove_all(scratch / "s/views");
    Club club(scratch / "s");
    HoldList list = club.Holds({.released = true});
    REQUIRE(list.holds.size() == 2);
    CHECK(list.holds[0].why == "case");
    CHECK(list.holds[1].released_why == "over");
    REQUIRE(list.waiting.size() == 1);
    CHECK(list.waiting[0].by == "desk");
    CHECK_CODE(club.tenant.Erase(ada), kFailedPrecondition);
    CheckSound(club.store);
    REQUIRE_OK(club.store.Close());
  }
}

TEST_CASE("holds and categories come through an export") {
  const Scratch scratch;
  Club club;
  const CustomerId ada = club.Member(1);
  const CustomerId ben = club.Member(2);
  REQUIRE_OK(club.tenant.SetPrivacySettings(
      R"({"categories":{"health":["visit.*"],"bookings":null}})"));
  club.MustHold(ada, {.categories = {"health", "orders"}, .by = "\"b\""});
  club.MustHold(ben, {.why = "w"});
  club.MustRelease(2);
  REQUIRE_OK(club.tenant.Erase(ada, Waiting()));
  REQUIRE_OK(ExportStore(club.store, scratch / "e"));
  Club copy;
  const auto report = ImportStore(copy.store, scratch / "e");
  REQUIRE_OK(report);
  CHECK(report->identical());
  const HoldList list = copy.Holds({.released = true});
  REQUIRE(list.holds.size() == 2);
  CHECK(list.holds[0].categories ==
        std::vector<std::string>{"health", "orders"});
  CHECK(list.holds[0].by == "\"b\"");
  CHECK(list.holds[1].released_by == "legal");
  REQUIRE(list.waiting.size() == 1);
  CHECK_CODE(copy.tenant.Erase(ada), kFailedPrecondition);
  CHECK(*copy.tenant.GetPrivacySettings() == *club.tenant.GetPrivacySettings());
}

TEST_CASE("privacy settings: what is wrong is named, and changes nothing") {
  Club club;
  for (const auto& [json, place] :
       {std::pair("[]", "must be an object"),
        std::pair(R"({"kinds":{}})", "/kinds"),
        std::pair(R"({"categories":[]})", "/categories"),
        std::pair(R"({"categories":{"a":"b"}})", "/categories/a"),
        std::pair(R"({"categories":{"a":[]}})", "/categories/a"),
        std::pair(R"({"categories":{"a":[1]}})", "/categories/a/0"),
        std::pair(R"({"categories":{"a":["x*y"]}})", "/categories/a/0"),
        std::pair(R"({"categories":{"others":["x"]}})", "/categories/others"),
        std::pair(R"({"categories":{"":["x"]}})", "/categories/")}) {
    CAPTURE(json);
    const Status status = club.tenant.SetPrivacySettings(json);
    CHECK_CODE(status, kInvalidArgument);
    CHECK(status.message().find(place) != std::string_view::npos);
  }
  CHECK_CODE(club.tenant.SetPrivacySettings("{"), kMalformed);
  CHECK_CODE(club.tenant.SetPrivacySettings(std::string(300'000, ' ')),
             kTooLarge);
  const std::string whole = *club.tenant.GetPrivacySettings();
  CHECK(whole.find("\"orders\":[") != std::string::npos);
  REQUIRE_OK(club.tenant.SetPrivacySettings(whole));
  CHECK(*club.tenant.GetPrivacySettings() == whole);
  REQUIRE_OK(club.tenant.SetPrivacySettings("{}"));
  CHECK(*club.tenant.GetPrivacySettings() == whole);
}

TEST_CASE("a category that an open hold names cannot be taken away") {
  Club club;
  const CustomerId ada = club.Member(1);
  const HoldId hold = club.MustHold(ada, {.categories = {"orders"}});
  const char* const without = R"({"categories":{"orders":null}})";
  CHECK_CODE(club.tenant.SetPrivacySettings(without), kFailedPrecondition);
  club.MustRelease(hold);
  REQUIRE_OK(club.tenant.SetPrivacySettings(without));
  CHECK_CODE(club.tenant.PlaceHold(ada, {.categories = {"orders"}}),
             kInvalidArgument);
}

TEST_CASE("an event of a held category is not redacted") {
  Club club;
  const EventOutcome first = MustAppendOne(club.tenant, MemberEvent("m", 1));
  const CustomerId ada = first.customer;
  const EventOutcome order = MustAppendOne(club.tenant, [] {
    Event event = MemberEvent("order", 1);
    event.type = "OrderPlaced";
    return event;
  }());
  REQUIRE(order.customer == ada);
  club.MustHold(ada, {.categories = {"orders"}});
  const auto refused = club.tenant.Redact(order.position);
  CHECK_CODE(refused, kFailedPrecondition);
  CHECK(refused.status().message().find("hold 1") != std::string_view::npos);
  // Another category is not held.
  REQUIRE_OK(club.tenant.Redact(first.position));
  club.MustRelease(1);
  REQUIRE_OK(club.tenant.Redact(order.position));
  CheckSound(club.store);
}

// Random histories beside a model: a hold is the records that it was placed on,
// and the number of their customer.
class Model {
 public:
  explicit Model(uint32_t seed) : random_(seed) {
    for (int i = 1; i <= 8; ++i) club_.Member(i);
  }

  void Step() {
    const uint32_t what = random_() % 6;
    if (what == 0) {
      (void)club_.tenant
          .Merge(Somebody(), Somebody(), {.by = "t", .why = "t", .force = true})
          .ok();
    } else if (what == 1) {
      (void)club_.tenant.Unmerge({.customer = Somebody()}).ok();
    } else if (what == 2) {
      Place();
    } else if (what == 3 && !open_.empty()) {
      const HoldId hold = open_.begin()->first;
      club_.MustRelease(hold);
      open_.erase(hold);
    } else if (what == 4) {
      Erase();
    }
    Check();
  }
  void Finish() { CheckSound(club_.store); }

 private:
  struct Placed {
    CustomerId customer;
    std::set<RecordId> records;
  };

  CustomerId Somebody() { return 1 + random_() % 8; }
  std::set<RecordId> RecordsOf(CustomerId customer) {
    std::set<RecordId> records;
    const auto known = club_.tenant.GetCustomer(customer);
    if (!known.ok()) return records;
    for (const auto& record : known->records) records.insert(record.record);
    return records;
  }
  CustomerId Current(CustomerId customer) {
    const auto known = club_.tenant.GetCustomer(customer);
    return known.ok() ? known->id : 0;
  }
  void Place() {
    const CustomerId customer = Somebody();
    const auto hold = club_.tenant.PlaceHold(customer);
    if (!hold.ok()) return;
    open_[*hold] = {customer, RecordsOf(customer)};
  }
  std::vector<HoldId> Expected(CustomerId customer) {
    std::vector<HoldId> holds;
    const std::set<RecordId> own = RecordsOf(customer);
    for (const auto& [hold, placed] : open_) {
      bool held = Current(placed.customer) == Current(customer);
      for (const RecordId record : placed.records) held |= own.contains(record);
      if (held) holds.push_back(hold);
    }
    return holds;
  }
  void Erase() {
    const CustomerId customer = Somebody();
    if (Current(customer) == 0) return;
    const bool held = !Expected(customer).empty();
    ErasureOptions options;
    options.confirm = true;
    const auto erased = club_.tenant.Erase(customer, options);
    CHECK(erased.ok() == !held);
  }
  void Check() {
    for (CustomerId customer = 1; customer <= 8; ++customer) {
      if (Current(customer) == 0) continue;
      CHECK(club_.HoldsOf(customer) == Expected(customer));
    }
  }

  std::mt19937 random_;
  Club club_;
  std::map<HoldId, Placed> open_;
};

TEST_CASE("whatever is merged and taken apart, who is held is not erased") {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Model model(seed);
    for (int step = 0; step < 60; ++step) model.Step();
    model.Finish();
  }
}

}  // namespace
}  // namespace crm
