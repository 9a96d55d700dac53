// Default traits fill what is empty: the order of arrival does not matter, and
// whatever anybody says counts more.

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <random>

#include "store/fixture.h"

namespace crm {
namespace {

Event Say(const std::string& id, const std::string& payload, int64_t at) {
  Event event = MemberEvent(id, 1);
  event.type = "contact.imported";
  event.payload = payload;
  event.occurred_at = At(at);
  return event;
}

std::string Value(const std::vector<Event>& events, const char* name) {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (const Event& event : events) MustAppendOne(tenant, event);
  const Result<Profile> profile = tenant.GetProfile(1);
  REQUIRE_OK(profile);
  const Trait* trait = profile->Find(name);
  return trait == nullptr ? std::string("none") : trait->value;
}

TEST_CASE("a default counts only where nobody says anything else") {
  const Event early = Say("1", R"({"defaultTraits":{"city":"a"}})", 10);
  const Event late = Say("2", R"({"defaultTraits":{"city":"b"}})", 20);
  const Event said = Say("3", R"({"traits":{"city":"c"}})", 5);
  const Event unsaid = Say("4", R"({"traits":{"city":null}})", 15);
  CHECK(Value({early}, "city") == "\"a\"");
  CHECK(Value({early, late}, "city") == "\"a\"");
  CHECK(Value({late, early}, "city") == "\"a\"");
  CHECK(Value({late, said}, "city") == "\"c\"");
  CHECK(Value({said, late, early}, "city") == "\"c\"");
  CHECK(Value({early, unsaid}, "city") == "none");
  CHECK(Value({unsaid, early}, "city") == "none");
}

TEST_CASE("what an event says counts more than its own default") {
  CHECK(Value({Say("1",
                   R"({"defaultTraits":{"city":"d","x":null},)"
                   R"("traits":{"city":"t"}})",
                   1)},
              "city") == "\"t\"");
  CHECK(Value({Say("1", R"({"defaultTraits":{"x":null}})", 1)}, "x") == "none");
  // Of a profile event, the object is no trait itself.
  Event event = Say("1", R"({"defaultTraits":{"city":"d"}})", 1);
  event.type = "CustomerUpdated";
  CHECK(Value({event}, "defaultTraits") == "none");
  CHECK(Value({event}, "city") == "\"d\"");
}

// The winner by its definition.
std::string Expected(const std::vector<Event>& events,
                     const std::vector<bool>& is_default,
                     const std::vector<std::string>& values) {
  std::optional<size_t> best;
  for (size_t i = 0; i < events.size(); ++i) {
    if (!best.has_value()) {
      best = i;
    } else if (is_default[i] != is_default[*best]) {
      if (is_default[*best]) best = i;
    } else if ((*events[i].occurred_at < *events[*best].occurred_at) ==
               is_default[i]) {
      best = i;
    }
  }
  return values[*best] == "null" ? "none" : values[*best];
}

TEST_CASE("defaults and values give the same in every order") {
  std::mt19937 random(4711);
  for (int round = 0; round < 40; ++round) {
    std::vector<Event> events;
    std::vector<bool> is_default;
    std::vector<std::string> values;
    const size_t count = 2 + random() % 4;
    for (size_t i = 0; i < count; ++i) {
      is_default.push_back(random() % 2 == 0);
      values.push_back(!is_default.back() && random() % 3 == 0
                           ? "null"
                           : std::to_string(random() % 3));
      const std::string object = is_default.back() ? "defaultTraits" : "traits";
      // Times differ: what breaks ties is the hash of the id.
      events.push_back(Say("e" + std::to_string(i),
                           "{\"" + object + "\":{\"n\":" + values.back() + "}}",
                           static_cast<int64_t>(random() % 100 * 10 + i)));
    }
    const std::string expected = Expected(events, is_default, values);
    for (int order = 0; order < 4; ++order) {
      std::vector<Event> shuffled = events;
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      CHECK(Value(shuffled, "n") == expected);
    }
  }
}

}  // namespace
}  // namespace crm
