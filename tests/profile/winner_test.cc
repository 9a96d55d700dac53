// The value of a field is the one of the greatest (event time, source rank,
// event id): no matter in which order the events arrive.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <random>

#include "store/fixture.h"

namespace crm {
namespace {

Event Update(std::string id, std::string traits, int64_t at) {
  Event event = MemberEvent(std::move(id), 1);
  event.type = "scl.member.updated";
  event.payload = std::move(traits);
  event.occurred_at = At(at);
  return event;
}

// What a profile says, positions aside: those are the arrival's.
std::string Values(const Profile& profile) {
  std::string text =
      std::to_string(profile.events) + " " +
      std::to_string(profile.first_seen->time_since_epoch().count()) + " " +
      std::to_string(profile.last_seen->time_since_epoch().count());
  for (const Trait& trait : profile.traits) {
    text += " " + trait.name + "=" + trait.value + "@" +
            std::to_string(trait.occurred_at.time_since_epoch().count());
  }
  return text;
}

std::string ValuesAfter(const std::vector<Event>& events) {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (const Event& event : events) MustAppendOne(tenant, event);
  const Result<Profile> profile = tenant.GetProfile(1);
  REQUIRE_OK(profile);
  return Values(*profile);
}

std::vector<Event> RandomEvents(std::mt19937& random, int count) {
  const char* const fields[] = {"firstName", "tier", "city", "email"};
  const char* const values[] = {"\"a\"", "\"b\"", "null", "7", "{\"x\":[1]}"};
  std::vector<Event> events;
  for (int i = 0; i < count; ++i) {
    std::map<std::string, std::string> traits;
    for (const char* field : fields) {
      if (random() % 2 == 0) traits[field] = values[random() % 5];
    }
    std::string payload = "{";
    for (const auto& [name, value] : traits) {
      payload += (payload.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    // Few times, so that many are equal and the id decides.
    events.push_back(Update(
        "id-" + std::to_string(random() % 1000) + "-" + std::to_string(i),
        payload + "}", static_cast<int64_t>(random() % 3)));
  }
  return events;
}

TEST_CASE("every order of arrival gives the same profile") {
  const char* const given = std::getenv("CRM_TEST_SEED");
  const auto seed = static_cast<uint32_t>(
      given == nullptr ? 1 : std::strtoul(given, nullptr, 10));
  for (uint32_t round = seed; round < seed + 3; ++round) {
    CAPTURE(round);
    std::mt19937 random(round);
    const std::vector<Event> events = RandomEvents(random, 4);
    std::vector<size_t> order(events.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const std::string expected = ValuesAfter(events);
    do {
      std::vector<Event> arrived;
      for (const size_t index : order) arrived.push_back(events[index]);
      CHECK(ValuesAfter(arrived) == expected);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_CASE("many events in random orders, one request or many, checkpoints") {
  std::mt19937 random(5);
  std::vector<Event> events = RandomEvents(random, 60);
  const std::string expected = ValuesAfter(events);
  for (int round = 0; round < 8; ++round) {
    std::shuffle(events.begin(), events.end(), random);
    Store store = MustOpenInMemory();
    Tenant tenant = MustTenant(store);
    for (size_t i = 0; i < events.size();) {
      const size_t n = std::min(events.size() - i, 1 + random() % 9);
      MustAppend(tenant, {events.begin() + static_cast<ptrdiff_t>(i),
                          events.begin() + static_cast<ptrdiff_t>(i + n)});
      i += n;
      if (random() % 4 == 0) REQUIRE_OK(store.Flush());
    }
    CHECK(Values(*tenant.GetProfile(1)) == expected);
    CheckSound(store);
  }
}

TEST_CASE("the latest event wins, however late it is told") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, Update("a", R"({"tier":"gold","city":"Paris"})", 100));
  MustAppendOne(tenant, Update("b", R"({"tier":"silver","name":"Ada"})", 50));
  Profile profile = *tenant.GetProfile(1);
  CHECK(profile.Find("tier")->value == "\"gold\"");
  CHECK(profile.Find("name")->value == "\"Ada\"");
  CHECK(profile.Find("name")->occurred_at == At(50));
  CHECK(profile.Find("age") == nullptr);
  CHECK(profile.first_seen == At(50));
  CHECK(profile.last_seen == At(100));
  CHECK(profile.events == 2);
  const EventOutcome last =
      MustAppendOne(tenant, Update("c", R"({"tier":"bronze"})", 101));
  profile = *tenant.GetProfile(1);
  CHECK(profile.Find("tier")->value == "\"bronze\"");
  CHECK(profile.Find("tier")->position == last.position);
  CHECK(profile.Find("tier")->source == "scl");
  CHECK(profile.version == last.position);
  CHECK(std::is_sorted(
      profile.traits.begin(), profile.traits.end(),
      [](const Trait& a, const Trait& b) { return a.name < b.name; }));
}

TEST_CASE("null removes a trait, until something newer sets it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, Update("a", R"({"tier":"gold"})", 10));
  MustAppendOne(tenant, Update("b", R"({"tier":null})", 20));
  CHECK(tenant.GetProfile(1)->Find("tier") == nullptr);
  REQUIRE_OK(store.Flush());
  // Older than the removal: stays away.
  MustAppendOne(tenant, Update("c", R"({"tier":"silver"})", 15));
  CHECK(tenant.GetProfile(1)->Find("tier") == nullptr);
  MustAppendOne(tenant, Update("d", R"({"tier":"bronze"})", 25));
  CHECK(tenant.GetProfile(1)->Find("tier")->value == "\"bronze\"");
  // A removal that is told late removes nothing newer.
  MustAppendOne(tenant, Update("e", R"({"tier":null})", 24));
  CHECK(tenant.GetProfile(1)->Find("tier")->value == "\"bronze\"");
}

TEST_CASE("where traits come from") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Event visit = MakeEvent("a",
                          {{"sclMemberId", "m-1"},
                           {"email", "Ada@Example.com"},
                           {"phone", "+27821234567"}},
                          R"({"page":"/","traits":{"plan":"pro"}})");
  MustAppendOne(tenant, visit);
  Profile profile = *tenant.GetProfile(1);
  CHECK(profile.Find("email")->value == "\"Ada@Example.com\"");
  CHECK(profile.Find("phoneNumber")->value == "\"+27821234567\"");
  CHECK(profile.Find("plan")->value == "\"pro\"");
  CHECK(profile.Find("page") == nullptr);  // Not a profile event.
  Event renamed =
      Update("b", R"({"newFirstName":"Ada","oldFirstName":"A"})", 0);
  renamed.type = "CustomerNameUpdated";
  renamed.occurred_at.reset();
  MustAppendOne(tenant, renamed);
  profile = *tenant.GetProfile(1);
  CHECK(profile.Find("firstName")->value == "\"Ada\"");
  CHECK(profile.Find("newFirstName") == nullptr);
  CHECK(profile.Find("oldFirstName") == nullptr);
}

TEST_CASE("reading into one profile again leaves nothing of the last one") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, Update("a", R"({"tier":"gold","x":1,"y":2})", 1));
  Event other = MemberEvent("b", 2);
  other.occurred_at = At(9);
  MustAppendOne(tenant, other);
  Profile profile;
  REQUIRE_OK(tenant.GetProfile(1, &profile));
  CHECK(profile.traits.size() == 3);
  REQUIRE_OK(tenant.GetProfile(2, &profile));
  CHECK(profile.traits.empty());
  CHECK(profile.customer == 2);
  CHECK(profile.events == 1);
  CHECK(profile.first_seen == At(9));
  CHECK_CODE(tenant.GetProfile(3, &profile), kNotFound);
  CHECK(profile.events == 0);
  CHECK(!profile.first_seen.has_value());
}

}  // namespace
}  // namespace crm
