// One snapshot over everything, while a writer goes on; and many writers.

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "store/fixture.h"

namespace crm {
namespace {

// Cross-source events of `customers` people who share e-mail addresses.
std::vector<Event> SomeEvents(int first, int count, int customers) {
  std::vector<Event> events;
  for (int i = first; i < first + count; ++i) {
    const std::string who = std::to_string(i % customers);
    Event event = MakeEvent("e" + std::to_string(i),
                            {{"email", "p" + who + "@example.com"}});
    event.source = i % 3 == 0 ? "shop" : "scl";
    event.type = i % 4 == 0 ? "crm.profile.updated" : "visited";
    event.payload = "{\"visits\":" + std::to_string(i) + "}";
    event.occurred_at = At(int64_t{i} * 1000);
    events.push_back(std::move(event));
  }
  return events;
}

void TestIsolation(StoreOptions options, const std::string& path) {
  options.checkpoint_records = 1000;
  Store store =
      path.empty() ? MustOpenInMemory(options) : MustOpen(path, options);
  Tenant tenant = MustTenant(store);
  MustAppend(tenant, SomeEvents(0, 700, 40));
  REQUIRE_OK(store.Flush());
  MustAppend(tenant, SomeEvents(700, 150, 50));
  const Result<Snapshot> old = tenant.GetSnapshot();
  REQUIRE_OK(old);
  const std::string before = Everything(*old);
  CHECK_CODE(old->FindCustomer({"email", "p60@example.com"}), kNotFound);
  std::vector<std::pair<Snapshot, std::string>> between;
  for (int i = 0; i < 12; ++i) {
    MustAppend(tenant, SomeEvents(850 + i * 400, 400, 70));
    if (i % 4 == 1) {
      Result<Snapshot> snapshot = tenant.GetSnapshot();
      REQUIRE_OK(snapshot);
      std::string text = Everything(*snapshot);
      between.emplace_back(*std::move(snapshot), std::move(text));
    }
    if (i % 3 == 2) REQUIRE_OK(store.Flush());
    REQUIRE_OK(store.Maintain(std::chrono::milliseconds(1)));
  }
  CHECK(Everything(*old) == before);
  CHECK_CODE(old->FindCustomer({"email", "p60@example.com"}), kNotFound);
  CHECK_CODE(old->GetProfile(51), kNotFound);
  CHECK_CODE(old->GetCustomer(51), kNotFound);
  CHECK_CODE(old->GetTimeline(51, {}), kNotFound);
  CHECK_CODE(tenant.GetProfile(51), kOk);
  CHECK(old->GetStats()->events == 850);
  for (const auto& [snapshot, text] : between) {
    CHECK(Everything(snapshot) == text);
  }
}

TEST_CASE("a snapshot answers the same while a writer goes on: in memory") {
  TestIsolation(Quick(), "");
}

TEST_CASE("a snapshot answers the same while a writer goes on: on disk") {
  const Scratch scratch;
  TestIsolation(Quick(), scratch / "s");
  StoreOptions options = Quick();
  options.background_threads = 1;
  options.resident_bytes = size_t{16} << 20;
  TestIsolation(options, scratch / "t");
}

TEST_CASE("a snapshot answers the same while threads write and check") {
  StoreOptions options = Quick();
  options.background_threads = 1;
  options.checkpoint_records = 1000;
  Store store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(store);
  MustAppend(tenant, SomeEvents(0, 300, 20));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 300; i < 8000 && !stop.load(); i += 100) {
      MustAppend(tenant, SomeEvents(i, 100, 30));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  for (int round = 0; round < 6; ++round) {
    const Result<Snapshot> snapshot = tenant.GetSnapshot();
    REQUIRE_OK(snapshot);
    const std::string first = Everything(*snapshot);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const bool same = Everything(*snapshot) == first;
    CHECK(same);
  }
  stop.store(true);
  writer.join();
  CheckSound(store);
}

// One thread's share of appends; what it was told.
void AppendSome(Tenant tenant, int thread, int count,
                std::vector<EventOutcome>* outcomes) {
  std::mt19937 random(static_cast<uint32_t>(thread));
  for (int i = 0; i < count;) {
    std::vector<Event> request;
    for (size_t n = 1 + random() % 4; n > 0; --n, ++i) {
      request.push_back(
          MemberEvent(std::to_string(thread) + "/" + std::to_string(i),
                      static_cast<int>(random() % 50)));
      request.back().source = "s" + std::to_string(random() % 3);
    }
    const Result<AppendResult> result = tenant.Append(request);
    if (!result.ok()) return;  // The counts will tell.
    for (size_t n = 0; n < request.size(); ++n) {
      outcomes->push_back(result->events[n]);
      // A read after an acknowledgement sees it.
      const Result<Customer> customer =
          tenant.GetCustomer(result->events[n].customer);
      if (!customer.ok() || customer->version < result->events[n].position) {
        outcomes->clear();
        return;
      }
    }
  }
}

TEST_CASE("many threads append: places are dense, nothing is lost") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.background_threads = 1;
  options.checkpoint_records = 1000;
  constexpr int kThreads = 8;
  constexpr int kEach = 600;
  std::vector<std::vector<EventOutcome>> told(kThreads);
  std::string everything;
  {
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back(AppendSome, tenant, i, kEach,
                           &told[static_cast<size_t>(i)]);
    }
    for (std::thread& thread : threads) thread.join();
    const Result<StoreStats> stats = store.GetStats();
    uint64_t sum = 0;
    for (const auto& outcomes : told) {
      CHECK(outcomes.size() >= kEach);
      sum += outcomes.size();
    }
    CHECK(stats->events == sum);
    CHECK(stats->head == stats->events + stats->derived);
    CHECK(stats->records == 150);
    everything = Everything(tenant);
    CheckSound(store);
  }
  std::map<Position, const EventOutcome*> by_position;
  for (const auto& outcomes : told) {
    Position last = 0;
    for (const EventOutcome& outcome : outcomes) {
      CHECK(outcome.position > last);  // What was answered first is before.
      last = outcome.position;
      CHECK(by_position.emplace(outcome.position, &outcome).second);
    }
  }
  std::map<RecordId, uint64_t> revisions;
  for (const auto& [position, outcome] : by_position) {
    CHECK(outcome->revision == revisions[outcome->record]++);
  }
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store);
  const bool same = Everything(tenant) == everything;
  CHECK(same);
  Result<EventCursor> cursor = tenant.Replay({});
  EventView event;
  auto next = by_position.begin();
  while (*cursor->Next(&event)) {
    REQUIRE(next != by_position.end());
    CHECK(event.position == next->first);
    CHECK(event.record == next->second->record);
    ++next;
  }
  CHECK(next == by_position.end());
}

TEST_CASE("one id from many threads is appended once") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  std::atomic<int> appended{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, tenant]() mutable {
      for (int n = 0; n < 200; ++n) {
        const Result<AppendResult> result =
            tenant.Append(MemberEvent("e" + std::to_string(n), n));
        if (result.ok() && result->appended == 1) ++appended;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(appended.load() == 200);
  CHECK(store.GetStats()->events == 200);
  CHECK(store.GetStats()->customers == 200);
}

TEST_CASE("WaitForEvents wakes up, or gives up in time") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const Position head = MustAppendOne(tenant, MemberEvent("a", 1)).position;
  CHECK(*tenant.WaitForEvents(head, std::chrono::milliseconds(5)) == head);
  CHECK(*tenant.WaitForEvents(0, std::chrono::hours(1)) == head);
  std::thread writer([tenant]() mutable {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    MustAppendOne(tenant, MemberEvent("b", 1));
  });
  const Result<Position> woken =
      tenant.WaitForEvents(head, std::chrono::milliseconds::max());
  REQUIRE_OK(woken);
  CHECK(*woken > head);
  writer.join();
}

TEST_CASE("a store closes at once although somebody waits for events") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const Position head = MustAppendOne(tenant, MemberEvent("a", 1)).position;
  std::atomic<bool> waiting{false};
  std::thread waiter([&, tenant] {
    waiting.store(true);
    const Result<Position> woken =
        tenant.WaitForEvents(head, std::chrono::minutes(1));
    (void)woken;  // Its own head, or that the store is closed.
  });
  while (!waiting.load()) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto before = std::chrono::steady_clock::now();
  CHECK_CODE(store.Close(), kOk);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(30));
  waiter.join();
}

}  // namespace
}  // namespace crm
