// A customer's profile is what her records say together: the same as if all
// her events had been folded into one state, in whatever order, however they
// are spread over records.

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <map>
#include <numeric>
#include <random>
#include <thread>

#include "base/hash.h"
#include "format/profile_state.h"
#include "store/fixture.h"

namespace crm {
namespace {

constexpr std::array<const char*, 4> kSources = {"app", "scl", "shop", "web"};

// An event, and what it says of traits: value (empty: unset), default or not.
struct Told {
  Event event;
  std::map<std::string, std::pair<std::string, bool>> traits;
  Position position = 0;
};

std::string EmailOf(int person) {
  return "p" + std::to_string(person) + "@example.com";
}

// By source, and with or without the member number: up to eight records, all
// of them of the person with this e-mail address.
Event OfRecord(std::string id, size_t source, bool member, int person = 1) {
  Event event = MakeEvent(std::move(id), {{"email", EmailOf(person)}});
  if (member) {
    event.identifiers.push_back({"sclMemberId", std::to_string(person)});
  }
  event.source = kSources[source];
  event.type = "form.filled";
  return event;
}

Told RandomTold(std::mt19937& random, int number, int person) {
  const char* const names[] = {"city", "name", "tier", "zip"};
  const char* const values[] = {"\"a\"", "\"b\"", "null", "7", "{\"x\":[1]}"};
  Told told;
  told.event = OfRecord(std::to_string(person) + "-" + std::to_string(number),
                        number == 0 ? 1 : random() % kSources.size(),
                        number == 0 || random() % 2 == 0, person);
  // Few times, so that many are equal and the id decides.
  told.event.occurred_at = At(static_cast<int64_t>(random() % 4));
  told.traits["email"] = {"\"" + EmailOf(person) + "\"", false};
  std::string said;
  std::string defaults;
  const auto add = [](std::string* to, const char* name, const char* value) {
    *to += (to->empty() ? "\"" : ",\"") + std::string(name) + "\":" + value;
  };
  for (const char* name : names) {
    const char* const value = values[random() % 5];
    const bool unset = std::string_view(value) == "null";
    const uint32_t kind = random() % 4;
    if (kind == 0) {
      add(&said, name, value);
      told.traits[name] = {unset ? "" : value, false};
    } else if (kind == 1) {
      add(&defaults, name, value);
      if (!unset) told.traits[name] = {value, true};
    }
  }
  told.event.payload =
      "{\"traits\":{" + said + "},\"defaultTraits\":{" + defaults + "}}";
  return told;
}

std::string ToText(uint64_t events, int64_t first, int64_t last) {
  return std::to_string(events) + " " + std::to_string(first) + " " +
         std::to_string(last);
}

std::string ToText(std::string_view name, std::string_view value, int64_t at,
                   std::string_view source, Position position) {
  return "\n" + std::string(name) + "=" + std::string(value) + " " +
         std::to_string(at) + " " + std::string(source) + " " +
         std::to_string(position);
}

int64_t Us(Timestamp time) { return time.time_since_epoch().count(); }

std::string ToText(const Profile& profile) {
  std::string text =
      ToText(profile.events, Us(*profile.first_seen), Us(*profile.last_seen));
  for (const Trait& trait : profile.traits) {
    text += ToText(trait.name, trait.value, Us(trait.occurred_at), trait.source,
                   trait.position);
  }
  return text;
}

// The oracle: one state that everything is folded into.
std::string Folded(const std::vector<Told>& all) {
  ProfileFolder folder;
  std::string state;
  for (const Told& told : all) {
    std::vector<TraitUpdate> updates;
    for (const auto& [name, said] : told.traits) {
      updates.push_back({name, said.first, said.second});
    }
    const auto source =
        std::find(kSources.begin(), kSources.end(), told.event.source);
    const TraitOrigin origin{
        Us(*told.event.occurred_at), StableHash64(told.event.id), told.position,
        static_cast<uint32_t>(source - kSources.begin()), 0};
    std::string after;
    REQUIRE(folder.Fold(state, origin, updates, &after));
    state = after;
  }
  ProfileView view;
  REQUIRE(view.Parse(state));
  std::string text = ToText(view.events(), view.first_seen(), view.last_seen());
  for (const TraitEntry& trait : view.traits()) {
    if (trait.value_size == 0) continue;
    text += ToText(view.NameOf(trait), view.ValueOf(trait), trait.occurred_at,
                   kSources[trait.source], trait.position);
  }
  return text;
}

TEST_CASE("records read together say what one state of all events says") {
  std::mt19937 random(20);
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (int person = 1; person <= 100; ++person) {
    CAPTURE(person);
    const auto id = static_cast<CustomerId>(person);
    std::vector<Told> all;
    std::vector<std::pair<Snapshot, std::string>> kept;
    const int count = 2 + static_cast<int>(random() % 30);
    for (int i = 0; i < count; ++i) {
      all.push_back(RandomTold(random, i, person));
      const EventOutcome outcome = MustAppendOne(tenant, all.back().event);
      REQUIRE(outcome.customer == id);
      all.back().position = outcome.position;
      if (random() % 16 == 0) REQUIRE_OK(store.Flush());
      if (random() % 8 == 0) {
        kept.emplace_back(*tenant.GetSnapshot(), Folded(all));
      }
    }
    const Position newest = all.back().position;
    for (int order = 0; order < 5; ++order) {
      const Result<Profile> profile = tenant.GetProfile(id);
      REQUIRE_OK(profile);
      CHECK(ToText(*profile) == Folded(all));
      CHECK(profile->version == newest);
      CHECK(profile->customer == id);
      std::shuffle(all.begin(), all.end(), random);
    }
    for (const auto& [snapshot, expected] : kept) {
      CHECK(ToText(*snapshot.GetProfile(id)) == expected);
    }
  }
  CheckSound(store);
}

TEST_CASE("the same words at the same time: those that came first stay") {
  // One id in two sources: nothing of what decides differs.
  for (const bool is_default : {false, true}) {
    std::vector<Told> all;
    Store store = MustOpenInMemory();
    Tenant tenant = MustTenant(store);
    // The record that is linked first is not the first to say it.
    for (const size_t source : {1, 3, 0, 1}) {
      Told told;
      told.event =
          OfRecord(all.empty() ? "first" : "same", source, source == 1);
      told.event.occurred_at = At(5);
      told.traits["email"] = {"\"" + EmailOf(1) + "\"", false};
      if (!all.empty()) {
        told.event.payload = std::string("{\"") +
                             (is_default ? "defaultTraits" : "traits") +
                             "\":{\"city\":\"c\"}}";
        told.traits["city"] = {"\"c\"", is_default};
      }
      told.position = MustAppendOne(tenant, told.event).position;
      all.push_back(std::move(told));
    }
    CHECK(tenant.GetProfile(1)->Find("city")->source == "web");
    CHECK(tenant.GetCustomer(1)->records.size() == 3);
    CHECK(ToText(*tenant.GetProfile(1)) == Folded(all));
  }
}

TEST_CASE("profiles of several records outlive a close and lost views") {
  const Scratch scratch;
  std::mt19937 random(21);
  std::vector<Told> all;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    for (int i = 0; i < 50; ++i) {
      all.push_back(RandomTold(random, i, 1));
      all.back().position = MustAppendOne(tenant, all.back().event).position;
    }
    REQUIRE_OK(store.Close());
  }
  for (int round = 0; round < 2; ++round) {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    CHECK(ToText(*tenant.GetProfile(1)) == Folded(all));
    REQUIRE_OK(store.Close());
    std::filesystem::remove_all(scratch / "s/views");
  }
}

TEST_CASE("each record has 1,000 traits") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (const size_t source : {1, 3}) {
    for (int part = 0; part < 12; ++part) {
      Event event = OfRecord(std::to_string(part), source, source == 1);
      std::string traits;
      for (int i = 0; i < 100; ++i) {
        traits += (i == 0 ? "\"" : ",\"") + std::string(kSources[source]) +
                  std::to_string(part * 100 + i) + "\":1";
      }
      event.payload = "{\"traits\":{" + traits + "}}";
      MustAppendOne(tenant, event);
    }
  }
  const Profile profile = *tenant.GetProfile(1);
  const auto of_web = std::count_if(
      profile.traits.begin(), profile.traits.end(),
      [](const Trait& trait) { return trait.name.starts_with("web"); });
  const auto of_scl = std::count_if(
      profile.traits.begin(), profile.traits.end(),
      [](const Trait& trait) { return trait.name.starts_with("scl"); });
  // The e-mail address is one of the first event's.
  CHECK(of_web >= 1000);
  CHECK(of_web < 1100);
  CHECK(of_scl >= 1000);
  CHECK(of_scl < 1100);
}

// Every request says one number through two records: whoever reads a profile
// while it is appended must find the two equal.
TEST_CASE("a profile of two records is of one position, also at the head") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, OfRecord("first", 1, true));
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> read{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      Profile profile;
      while (!stop) {
        const bool ok = tenant.GetProfile(1, &profile).ok();
        const Trait* const a = profile.Find("app");
        const Trait* const b = profile.Find("web");
        const bool whole = (a == nullptr) == (b == nullptr) &&
                           (a == nullptr || a->value == b->value) &&
                           profile.events % 2 == 1;
        if (!ok || !whole) ++torn;
        ++read;
      }
    });
  }
  for (int i = 0; i < 3000 || read < 3000; ++i) {
    std::vector<Event> both;
    for (const size_t source : {0, 3}) {
      Event event = OfRecord(std::to_string(i), source, false);
      event.payload =
          "{\"traits\":{\"" + event.source + "\":" + std::to_string(i) + "}}";
      event.occurred_at = At(i);
      both.push_back(std::move(event));
    }
    MustAppend(tenant, both);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(torn == 0);
}

// The same while a customer of one record gets her second one.
TEST_CASE("a second record and the first one's event are seen together") {
  constexpr int kPeople = 3000;
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (int person = 1; person <= kPeople; ++person) {
    MustAppendOne(tenant,
                  OfRecord("a" + std::to_string(person), 1, true, person));
  }
  std::atomic<CustomerId> current{1};
  std::atomic<int> torn{0};
  std::thread reader([&] {
    Profile profile;
    for (CustomerId id = 1; id <= kPeople; id = current) {
      const bool ok = tenant.GetProfile(id, &profile).ok();
      if (!ok || profile.events == 2) ++torn;
    }
  });
  for (int person = 1; person <= kPeople; ++person) {
    current = static_cast<CustomerId>(person);
    const std::string number = std::to_string(person);
    MustAppend(tenant, {OfRecord("b" + number, 1, true, person),
                        OfRecord("c" + number, 3, false, person)});
  }
  current = kPeople + 1;
  reader.join();
  CHECK(torn == 0);
  CHECK(tenant.GetProfile(kPeople)->events == 3);
}

}  // namespace
}  // namespace crm
