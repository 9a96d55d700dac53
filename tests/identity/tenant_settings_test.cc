// A tenant's identity settings in a store: what they do to events, from where
// on, and that replays, reopened stores and rebuilt views agree.

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "store/fixture.h"

namespace crm {
namespace {

void MustSet(Tenant& tenant, std::string_view json) {
  REQUIRE_OK(tenant.SetIdentitySettings(json));
}

std::string Settings(const Tenant& tenant) {
  Result<std::string> json = tenant.GetIdentitySettings();
  REQUIRE_OK(json);
  return *json;
}

CustomerId Owner(Tenant& tenant, std::string id,
                 std::vector<Identifier> identifiers,
                 std::string source = "scl") {
  Event event = MakeEvent(std::move(id), std::move(identifiers));
  event.source = std::move(source);
  return MustAppendOne(tenant, event).customer;
}

// Zero: nobody's, or no identifier.
CustomerId Find(const Tenant& tenant, std::string name, std::string value) {
  Result<CustomerId> found =
      tenant.FindCustomer({std::move(name), std::move(value)});
  return found.ok() ? *found : 0;
}

StoreOptions InRegion(const char* region) {
  StoreOptions options = Quick();
  options.default_region = region;
  return options;
}

TEST_CASE("tenant settings: the defaults are spelled out, and taken back") {
  Store store = MustOpenInMemory(InRegion("ZA"));
  Tenant tenant = MustTenant(store);
  const std::string plain = Settings(tenant);
  for (const char* part :
       {R"("attach_bar":85)", R"("merge_bar":95)", R"("phone_months":18)",
        R"("sclMemberId":{"class":"exclusive","confidence":100,"priority":1,)",
        R"("other_namespaces":"accept")", R"("region":"ZA")",
        R"("block_roles":false)"}) {
    CAPTURE(part);
    CHECK(plain.find(part) != std::string::npos);
  }
  const Position head = store.GetStats()->head;
  MustSet(tenant, "{}");  // No change.
  CHECK(store.GetStats()->head == head);
  MustSet(tenant, plain);  // Only that the region is pinned now.
  CHECK(Settings(tenant) == plain);
  const Position after = store.GetStats()->head;
  CHECK(after > head);
  MustSet(tenant, plain);
  CHECK(store.GetStats()->head == after);
  MustSet(tenant, R"({ "rules": {"attach_bar": 70} })");
  CHECK(Settings(tenant).find(R"("attach_bar":70)") != std::string::npos);
  MustSet(tenant, "{}");
  CHECK(Settings(tenant) == plain);
  CheckSound(store);
}

TEST_CASE("tenant settings: what is refused changes nothing") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustSet(tenant, R"({"rules":{"attach_bar":70}})");
  const std::string before = Settings(tenant);
  const Position head = store.GetStats()->head;
  CHECK_CODE(tenant.SetIdentitySettings(""), kMalformed);
  CHECK_CODE(tenant.SetIdentitySettings("{\"a\xff\":1}"), kMalformed);
  CHECK_CODE(tenant.SetIdentitySettings(R"({"rules":{"bar":1}})"),
             kInvalidArgument);
  CHECK_CODE(tenant.SetIdentitySettings(R"({"phone":{"region":"QQ"}})"),
             kInvalidArgument);
  CHECK_CODE(tenant.SetIdentitySettings(std::string(65'537, ' ')), kTooLarge);
  CHECK(Settings(tenant) == before);
  CHECK(store.GetStats()->head == head);
  REQUIRE_OK(store.Close());
  CHECK_CODE(tenant.SetIdentitySettings("{}"), kFailedPrecondition);
  CHECK_CODE(tenant.GetIdentitySettings(), kFailedPrecondition);
}

TEST_CASE("tenant settings: an event attaches at 85 and not at 84") {
  for (const auto& [confidence, attaches] :
       {std::pair(84, false), std::pair(85, true)}) {
    for (const char* klass : {"exclusive", "shareable", "ephemeral"}) {
      CAPTURE(confidence);
      CAPTURE(klass);
      Store store = MustOpenInMemory();
      Tenant tenant = MustTenant(store);
      MustSet(tenant, R"({"namespaces":{"card":{"class":")" +
                          std::string(klass) + R"(","confidence":)" +
                          std::to_string(confidence) + "}}}");
      const CustomerId first =
          Owner(tenant, "1", {{"authUserId", "a"}, {"card", "c-1"}}, "one");
      // Another source: another record.
      const CustomerId second = Owner(tenant, "2", {{"card", "c-1"}}, "two");
      if (std::string_view(klass) != "ephemeral") {
        CHECK((first == second) == attaches);
      }
      CheckSound(store);
    }
  }
}

TEST_CASE("tenant settings: the class decides what conflicts") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustSet(tenant, R"({"namespaces":{"card":{"class":"shareable",)"
                  R"("confidence":95},"seat":{}}})");
  const CustomerId ada = Owner(tenant, "1", {{"seat", "s-1"}, {"card", "c-1"}});
  // A second card is fine, a second seat is not.
  CHECK(Owner(tenant, "2", {{"seat", "s-1"}, {"card", "c-2"}}) == ada);
  CHECK(Find(tenant, "card", "c-2") == ada);
  CHECK(Owner(tenant, "3", {{"seat", "s-2"}, {"card", "c-2"}}) != ada);
  CheckSound(store);
}

TEST_CASE("tenant settings: namespaces that nobody named are withheld") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const CustomerId ada = Owner(tenant, "1", {{"loyalty", "1"}});
  CHECK(ada != 0);
  MustSet(tenant, R"({"other_namespaces":"withhold"})");
  CHECK(Owner(tenant, "2", {{"loyalty", "1"}}) == 0);
  const CustomerId eve =
      Owner(tenant, "3", {{"loyalty", "1"}, {"authUserId", "e"}});
  CHECK(eve != ada);
  Result<CustomerId> found = tenant.FindCustomer({"loyalty", "1"});
  CHECK_CODE(found, kInvalidArgument);
  CHECK(found.status().message() ==
        "loyalty: not a namespace that the tenant has set");
  MustSet(tenant, "{}");
  CHECK(Find(tenant, "loyalty", "1") == ada);
  CheckSound(store);
}

TEST_CASE("tenant settings: aliases are one namespace") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustSet(tenant, R"({"namespaces":{"card":{"fold_case":true,)"
                  R"("aliases":["Card No"]}}})");
  const CustomerId ada = Owner(tenant, "1", {{"Card No", "Ab-1"}});
  CHECK(Owner(tenant, "2", {{"card", "aB-1"}}, "other") == ada);
  CHECK(Find(tenant, "card", "AB-1") == ada);
  Result<Customer> customer = tenant.GetCustomer(ada);
  REQUIRE_OK(customer);
  CHECK(customer->records[1].matched_by == "card");
  CheckSound(store);
}

TEST_CASE("tenant settings: two tenants, each with her own") {
  Store store = MustOpenInMemory(InRegion("ZA"));
  Tenant golf = MustTenant(store, "golf");
  Tenant spa = MustTenant(store, "spa");
  MustSet(golf, R"({"email":{"domains":{"b.c":{"strip_tags":true}}}})");
  MustSet(spa, R"({"phone":{"region":"GB"},"blocked":{"*":["desk"]}})");
  for (Tenant* tenant : {&golf, &spa}) {
    Owner(*tenant, "1", {{"email", "ada@b.c"}});
    Owner(*tenant, "2", {{"phone", "020 7946 0018"}});
    Owner(*tenant, "3", {{"authUserId", "Desk"}});
  }
  CHECK(Find(golf, "email", "ada+x@b.c") == Find(golf, "email", "ada@b.c"));
  CHECK(Find(spa, "email", "ada+x@b.c") == 0);
  CHECK(Find(golf, "phone", "+442079460018") == 0);
  CHECK(Find(spa, "phone", "+442079460018") != 0);
  CHECK(Find(golf, "authUserId", "Desk") != 0);
  CHECK(Find(spa, "authUserId", "Desk") == 0);
  CheckSound(store);
}

TEST_CASE("tenant settings: a region for each source") {
  Store store = MustOpenInMemory(InRegion("ZA"));
  Tenant tenant = MustTenant(store);
  MustSet(tenant, R"({"phone":{"regions":{"crm-de":"DE"}}})");
  const CustomerId here = Owner(tenant, "1", {{"phone", "030 901820"}}, "crm");
  const CustomerId there =
      Owner(tenant, "2", {{"phone", "030 901820"}}, "crm-de");
  CHECK(Find(tenant, "phone", "+4930901820") == there);
  CHECK(here != there);
  CheckSound(store);
}

// Six spellings of one number, in four countries.
TEST_CASE("tenant settings: spellings of phone numbers") {
  struct Country {
    const char* region;
    const char* wrong;  // A region in which the national forms are not hers.
    std::vector<const char*> spellings;  // Those before the blank are national.
    size_t national;
  };
  const std::vector<Country> countries = {
      {"ZA",
       "US",
       {"082 123 4567", "(082) 123-4567", "0821234567", "+27 82 123 4567",
        "+27821234567", "+27 (0)82 123 4567"},
       3},
      {"GB",
       "US",
       {"020 7946 0018", "(020) 79460018", "02079460018", "+44 20 7946 0018",
        "+442079460018", "+44 (0)20 7946 0018"},
       3},
      {"US",
       "DE",
       {"(415) 555-2671", "415.555.2671", "1 415 555 2671", "+1 415-555-2671",
        "+14155552671", "tel:+1-415-555-2671"},
       3},
      {"DE",
       "ZA",
       {"030 901820", "(030) 90 18 20", "030/901820", "+49 30 901820",
        "+4930901820", "+49 (0)30 901820"},
       3}};
  for (const Country& country : countries) {
    CAPTURE(country.region);
    Store store = MustOpenInMemory();
    Tenant right = MustTenant(store, "right");
    Tenant wrong = MustTenant(store, "wrong");
    Tenant refusing = MustTenant(store, "refusing");
    const auto phone = [](const char* region) {
      return R"({"phone":{"region":")" + std::string(region) + R"("}})";
    };
    MustSet(right, phone(country.region));
    MustSet(wrong, phone(country.wrong));
    MustSet(refusing, R"({"phone":{"refuse_national":true}})");
    int id = 0;
    for (const char* spelling : country.spellings) {
      CAPTURE(spelling);
      const std::string name = std::to_string(id++);
      const bool national = static_cast<size_t>(id) <= country.national;
      CHECK(Owner(right, name, {{"phone", spelling}}) == 1);
      const CustomerId other = Owner(wrong, name, {{"phone", spelling}});
      if (!national) {
        CHECK(Find(wrong, "phone", country.spellings.back()) == other);
      } else if (other != 0) {
        // Whoever it is, nobody of this country.
        CHECK(Find(wrong, "phone", country.spellings.back()) == 0);
      }
      CHECK((Owner(refusing, name, {{"phone", spelling}}) == 0) == national);
    }
    CheckSound(store);
  }
}

constexpr const char* kChanges[] = {
    R"({"email":{"domains":{"b.c":{"strip_tags":true}}}})",
    R"({"namespaces":{"email":{"class":"exclusive","confidence":100,)"
    R"("priority":7}}})",
    R"({"namespaces":{"card":{"class":"shareable","confidence":95,)"
    R"("fold_case":true,"aliases":["Card"]}}})",
    R"({"blocked":{"email":["p1@b.c"],"*":["card-2"]}})",
    R"({"other_namespaces":"withhold"})",
    R"({"namespaces":{"sclMemberId":{"class":"ephemeral"}}})",
    R"({"phone":{"region":"GB"},"rules":{"attach_bar":50,"merge_bar":90}})",
    "{}"};

// One event with a bit of everything.
Event Mixed(const std::string& id, int n) {
  Event event = MakeEvent(
      id, {{"email", "P" + std::to_string(n % 5) + "+t" +
                         std::to_string(n % 3) + "@b.c"},
           {n % 2 == 0 ? "card" : "Card", "Card-" + std::to_string(n % 4)},
           {"sclMemberId", std::to_string(100 + n % 6)},
           {"phone", "020 7946 00" + std::to_string(10 + n % 3)}});
  if (n % 3 == 0) event.identifiers.erase(event.identifiers.begin() + 2);
  event.source = n % 4 == 0 ? "web" : "scl";
  return event;
}

TEST_CASE("tenant settings: they count from their place in the log on") {
  Scratch scratch;
  const std::string path = scratch / "store";
  std::string before;
  {
    Store store = MustOpen(path, InRegion("ZA"));
    Tenant tenant = MustTenant(store);
    Tenant other = MustTenant(store, "other");
    int n = 0;
    for (const char* json : kChanges) {
      MustSet(tenant, json);
      for (int i = 0; i < 12; ++i, ++n) {
        MustAppendOne(tenant, Mixed("e" + std::to_string(n), n));
        MustAppendOne(other, Mixed("e" + std::to_string(n), n));
      }
      if (n % 24 == 0) REQUIRE_OK(store.Flush());
    }
    MustSet(tenant, kChanges[0]);
    before = Everything(tenant) + Everything(other) + Settings(tenant);
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }
  const auto same = [&](Store store) {
    Tenant tenant = MustTenant(store);
    CHECK(Everything(tenant) + Everything(MustTenant(store, "other")) +
              Settings(tenant) ==
          before);
    CHECK(Find(tenant, "email", "p0+whatever@b.c") ==
          Find(tenant, "email", "p0@b.c"));
    CheckSound(store);
    REQUIRE_OK(store.Close());
  };
  same(MustOpen(path));
  std::filesystem::remove_all(path + "/views");
  same(MustOpen(path));
  same(MustOpen(path));
}

TEST_CASE("tenant settings: a crash loses none that were answered") {
  Scratch scratch;
  Store store = MustOpen(scratch / "store");
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, Mixed("1", 1));
  MustSet(tenant, kChanges[2]);
  MustAppendOne(tenant, Mixed("2", 2));
  // As after a crash: nothing is closed.
  REQUIRE_OK(store.Sync());
  REQUIRE_OK(store.Checkpoint(scratch / "copy"));
  StoreOptions options = Quick();
  options.key_file = store.key_file();
  Store copy = MustOpen(scratch / "copy", options);
  Tenant again = MustTenant(copy);
  CHECK(Settings(again) == Settings(tenant));
  CHECK(Everything(again) == Everything(tenant));
  CheckSound(copy);
}

TEST_CASE("tenant settings: a snapshot keeps those of its position") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustSet(tenant, R"({"namespaces":{"card":{"fold_case":true}}})");
  const CustomerId ada = Owner(tenant, "1", {{"card", "AB"}});
  Result<Snapshot> snapshot = tenant.GetSnapshot();
  REQUIRE_OK(snapshot);
  MustSet(tenant, "{}");
  CHECK(snapshot->FindCustomer({"card", "Ab"}).value() == ada);
  CHECK(Find(tenant, "card", "Ab") == 0);
  CHECK(Find(tenant, "card", "ab") == ada);
}

TEST_CASE("tenant settings: conditions use those of the moment") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustSet(tenant, R"({"namespaces":{"card":{"fold_case":true}}})");
  Owner(tenant, "1", {{"card", "AB"}});
  AppendOptions options;
  options.conditions = {Condition::NoCustomer({"card", "aB"})};
  CHECK_CODE(tenant.Append(MakeEvent("2", {}), options), kConflict);
  MustSet(tenant, "{}");
  REQUIRE_OK(tenant.Append(MakeEvent("2", {}), options));
}

TEST_CASE("tenant settings: values that cannot be identifiers") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustSet(tenant, R"({"namespaces":{"card":{}},)"
                  R"("blocked":{"card":["front desk"]}})");
  int id = 0;
  const auto owner = [&](std::string value) {
    return Owner(tenant, std::to_string(id++), {{"card", std::move(value)}});
  };
  for (const char* value : {" ", "null", "00000000-0000-0000-0000-000000000000",
                            "[object Object]", "Front Desk", "a\x01z"}) {
    CAPTURE(value);
    CHECK(owner(value) == 0);
  }
  CHECK(owner("front desks") != 0);
  // What is no event at all.
  const Position head = store.GetStats()->head;
  const auto refuse = [&](std::string name, std::string value) {
    return tenant.Append(MakeEvent("bad", {{name, value}})).status();
  };
  CHECK_CODE(refuse("card", std::string(257, 'x')), kTooLarge);
  CHECK(refuse("card", std::string(257, 'x')).message().find("256") !=
        std::string_view::npos);
  CHECK_FALSE(refuse("card", "a\xff").ok());
  CHECK_FALSE(refuse(std::string(65, 'n'), "1").ok());
  CHECK_FALSE(refuse("n\xff", "1").ok());
  CHECK(store.GetStats()->head == head);
  CheckSound(store);
}

TEST_CASE("tenant settings: changed while others append") {
  Scratch scratch;
  StoreOptions options = InRegion("ZA");
  options.background_threads = 1;
  Store store = MustOpen(scratch / "store", options);
  Tenant tenant = MustTenant(store);
  std::atomic<bool> failed{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Tenant mine = tenant;
      for (int n = 0; n < 200; ++n) {
        std::vector<Event> events;
        for (int i = 0; i < 3; ++i) {
          events.push_back(Mixed(std::to_string(t) + "-" + std::to_string(n) +
                                     "-" + std::to_string(i),
                                 n * 3 + i + t));
        }
        // A new namespace now and then: its name has to come into the log.
        events[0].identifiers.push_back(
            {"ns" + std::to_string(n % 50), std::to_string(n)});
        if (!mine.Append(events).ok()) failed = true;
      }
    });
  }
  threads.emplace_back([&] {
    Tenant mine = tenant;
    for (int n = 0; n < 60; ++n) {
      std::string json(kChanges[n % std::size(kChanges)]);
      if (n % 3 == 0) {
        json = R"({"namespaces":{"c)" + std::to_string(n) +
               R"(":{"aliases":["card","ns)" + std::to_string(n) + R"("]}}})";
      }
      if (!mine.SetIdentitySettings(json).ok()) failed = true;
    }
  });
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(failed);
  CHECK(store.GetStats()->events == 2400);
  CheckSound(store);
  const std::string before = Everything(tenant);
  REQUIRE_OK(store.Close());
  Store again = MustOpen(scratch / "store");
  CHECK(Everything(MustTenant(again)) == before);
  REQUIRE_OK(again.Close());
  std::filesystem::remove_all(scratch / "store/views");
  Store rebuilt = MustOpen(scratch / "store");
  CHECK(Everything(MustTenant(rebuilt)) == before);
  CheckSound(rebuilt);
}

}  // namespace
}  // namespace crm
