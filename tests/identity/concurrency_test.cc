// Who is who when many threads say it at once: as if they had said it one
// after the other, in the order of the log.

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

#include "store/fixture.h"

namespace crm {
namespace {

constexpr int kThreads = 8;
constexpr int kRequests = 150;

std::vector<Identifier> Pool() {
  std::vector<Identifier> pool;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    pool.push_back({"authUserId", "u" + number});
    pool.push_back({"sclMemberId", "m" + number});
    pool.push_back({"pos", "p" + number});
    pool.push_back({"email", number + "@club.org"});
    pool.push_back({"phoneNumber", "+278212345" + std::to_string(10 + i)});
    pool.push_back({"deviceId", "d" + number});
  }
  return pool;
}

Event RandomEvent(std::mt19937& random, const std::vector<Identifier>& pool,
                  const std::string& id) {
  Event event = MakeEvent(id, {});
  event.source = "s" + std::to_string(random() % 4);
  // Long enough for phone numbers to be somebody else's.
  event.occurred_at = At(0) + std::chrono::hours(random() % 20'000);
  std::set<std::string> used;
  for (size_t n = 1 + random() % 3; n > 0; --n) {
    const Identifier& identifier = pool[random() % pool.size()];
    if (!used.insert(identifier.name_space).second) continue;
    event.identifiers.push_back(identifier);
  }
  const std::string name(1, static_cast<char>('A' + random() % 3));
  event.payload = "{\"traits\":{\"firstName\":\"" + name + name + name +
                  "\",\"dateOfBirth\":\"19" +
                  std::to_string(50 + random() % 3 * 15) + "-0" +
                  std::to_string(1 + random() % 9) + "-11\"}}";
  return event;
}

// All threads at once, each with events of its own.
void AppendAtOnce(Store& store, uint32_t seed) {
  const std::vector<Identifier> pool = Pool();
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(seed * 100 + static_cast<uint32_t>(t));
      Result<Tenant> tenant = store.Tenant("golf-club");
      for (int i = 0; i < kRequests; ++i) {
        std::vector<Event> events;
        for (size_t n = 1 + random() % 3; n > 0; --n) {
          events.push_back(RandomEvent(random, pool,
                                       std::to_string(t) + "-" +
                                           std::to_string(i) + "-" +
                                           std::to_string(n)));
        }
        if (!tenant.ok() || !tenant->Append(events).ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
}

// Who is who, without positions: those are the log's.
std::string WhoIsWho(const Tenant& tenant) {
  const Result<Snapshot> snapshot = tenant.GetSnapshot();
  REQUIRE_OK(snapshot);
  const TenantStats stats = *snapshot->GetStats();
  std::string text = std::to_string(stats.events) + " events " +
                     std::to_string(stats.customers) + " customers " +
                     std::to_string(stats.records) + " records " +
                     std::to_string(stats.contested) + " contested " +
                     std::to_string(stats.open_reviews) + " questions\n";
  for (CustomerId id = 1; id <= stats.last_customer; ++id) {
    const Result<Customer> customer = snapshot->GetCustomer(id);
    REQUIRE_OK(customer);
    text += std::to_string(id) + " is " + std::to_string(customer->id) + ":";
    for (const CustomerRecord& record : customer->records) {
      text += " " + std::to_string(record.record) + "/" +
              std::to_string(record.events) + "/" + record.matched_by + "/" +
              std::to_string(record.linked_to);
    }
    const Result<Profile> profile = snapshot->GetProfile(id);
    REQUIRE_OK(profile);
    for (const Trait& trait : profile->traits) {
      text += " " + trait.name + "=" + trait.value;
    }
    text += "\n";
  }
  for (const Identifier& identifier : Pool()) {
    const Result<CustomerId> owner = snapshot->FindCustomer(identifier);
    text += identifier.value + " " +
            (owner.ok() ? std::to_string(*owner) : owner.status().ToString()) +
            "\n";
    // An owner is somebody who is there, and not one who was merged away.
    if (owner.ok()) CHECK(snapshot->GetCustomer(*owner)->id == *owner);
  }
  return text;
}

// The log's events once more, one request each, in the log's order.
std::string OneAfterTheOther(const Tenant& tenant) {
  Store store = MustOpenInMemory();
  Tenant other = MustTenant(store);
  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView view;
  for (Result<bool> more = cursor->Next(&view); *more;
       more = cursor->Next(&view)) {
    REQUIRE_OK(more);
    const Result<Event> event =
        EventFromJson(EventToJson(view, "", true), nullptr);
    REQUIRE_OK(event);
    const EventOutcome outcome = MustAppendOne(other, *event);
    CHECK(outcome.record == view.record);
    CHECK(outcome.customer == view.customer);
  }
  return WhoIsWho(other);
}

TEST_CASE("defect f, B51: two threads find nobody, and both begin a customer") {
  for (uint32_t seed = 1; seed <= 2; ++seed) {
    CAPTURE(seed);
    const Scratch scratch;
    StoreOptions options = Quick();
    options.background_threads = 1;
    options.checkpoint_records = 1000;
    std::string live;
    {
      Store store = MustOpen(scratch / "s", options);
      AppendAtOnce(store, seed);
      Tenant tenant = MustTenant(store);
      live = WhoIsWho(tenant);
      CHECK(OneAfterTheOther(tenant) == live);
      const TenantStats stats = *tenant.GetSnapshot()->GetStats();
      // Something did happen.
      CHECK(stats.customers < stats.last_customer);
      CHECK(stats.open_reviews > 0);
      CheckSound(store);
    }
    for (const bool views_lost : {false, true}) {
      if (views_lost) std::filesystem::remove_all(scratch / "s/views");
      Store store = MustOpen(scratch / "s", options);
      Tenant tenant = MustTenant(store);
      CHECK(WhoIsWho(tenant) == live);
      CheckSound(store);
    }
  }
}

TEST_CASE("one new e-mail address from eight threads is one customer") {
  Store store = MustOpenInMemory();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Result<Tenant> tenant = store.Tenant("golf-club");
      for (int i = 0; tenant.ok() && i < 200; ++i) {
        Event event = MakeEvent(std::to_string(t) + "-" + std::to_string(i),
                                {{"email", std::to_string(i) + "@club.org"}});
        event.source = "s" + std::to_string(t);
        static_cast<void>(tenant->Append(event));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const StoreStats stats = *store.GetStats();
  CHECK(stats.events == 200 * kThreads);
  CHECK(stats.records == 200 * kThreads);
  CHECK(stats.customers == 200);
}

}  // namespace
}  // namespace crm
