// Memory runs out while other threads wait, and in threads of libcrm's own:
// everybody is told, nothing hangs or ends the process, and what was
// acknowledged is there when the store is opened again.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "failing_memory.h"
#include "fixture.h"

namespace crm {
namespace {

using Clock = std::chrono::steady_clock;

// Looks at fewer and fewer of the later allocations, or at all of them.
uint64_t Next(uint64_t nth) {
  return nth + 1 +
         (std::getenv("CRM_TEST_ALL_POINTS") != nullptr ? 0 : nth / 2);
}

// Events of the store at `path`, which must be sound.
uint64_t EventsOf(const std::string& path) {
  OwnedStore store;
  REQUIRE_STATUS_OK(crm_store_open(Slice(path), nullptr, store.out(), error));
  OwnedProof report;
  REQUIRE_STATUS_OK(
      crm_store_verify(store.get(), nullptr, report.out(), error));
  CHECK(crm_verify_report_read(report.get())->findings_total == 0);
  OwnedStats stats;
  REQUIRE_STATUS_OK(
      crm_store_get_stats(store.get(), nullptr, stats.out(), error));
  return crm_store_stats_read(stats.get())->events;
}

// The clock is read by the thread that leads a group, before it decides. There
// it lets the others come, and then has its memory run out.
struct Leader {
  uint64_t nth = 0;
  std::atomic<bool> armed{false};
  std::atomic<bool> leads{false};
};

int32_t RunOut(void* user_data, int64_t* now_us) {
  Leader& leader = *static_cast<Leader*>(user_data);
  *now_us = 1'767'225'600'000'000;
  if (leader.armed.exchange(false)) {
    leader.leads.store(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    FailAllocation(leader.nth, Failing::kOnce);
  }
  return 0;
}

crm_status AppendNamed(crm_tenant* tenant, const std::string& id) {
  const std::string json = EventJson(id, id + "@example.com", "type-" + id);
  const crm_slice event = Slice(json);
  return crm_tenant_append_json(tenant, &event, 1, nullptr, nullptr, nullptr);
}

// Appends from several threads, of which the first leads and runs out of
// memory. Whether it did.
bool AppendTogether(crm_tenant* tenant, Leader* leader,
                    std::array<crm_status, 4>* answers) {
  bool fired = false;
  leader->leads.store(false);
  leader->armed.store(true);
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    (*answers)[0] = AppendNamed(tenant, "leader");
    fired = StopFailing();
  });
  for (size_t i = 1; i < answers->size(); ++i) {
    threads.emplace_back([&, i] {
      while (!leader->leads.load()) std::this_thread::yield();
      (*answers)[i] = AppendNamed(tenant, "other" + std::to_string(i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  return fired;
}

TEST_CASE("memory: none is left waiting when the leader of a group has none") {
  bool fired = true;
  for (uint64_t nth = 1; fired; nth = Next(nth)) {
    INFO("allocation ", nth);
    Folder folder;
    const std::string path = folder / "store";
    Leader leader;
    leader.nth = nth;
    crm_store_options options = CRM_STORE_OPTIONS_INIT;
    options.flags =
        CRM_STORE_NO_BACKGROUND_THREAD | CRM_STORE_CREATE_IF_MISSING;
    options.durability = CRM_DURABILITY_OS;
    options.clock = RunOut;
    options.clock_user_data = &leader;
    OwnedStore store;
    OwnedTenant tenant;
    REQUIRE_STATUS_OK(
        crm_store_open(Slice(path), &options, store.out(), error));
    REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("club"), nullptr,
                                      tenant.out(), error));
    REQUIRE(AppendNamed(tenant.get(), "before") == CRM_OK);
    std::array<crm_status, 4> answers{};
    fired = AppendTogether(tenant.get(), &leader, &answers);
    uint64_t acknowledged = 1;
    bool lost = false;
    for (const crm_status answer : answers) {
      INFO(std::string(crm_status_name(answer)));
      acknowledged += answer == CRM_OK ? 1 : 0;
      lost = lost || answer == CRM_OUT_OF_MEMORY;
      CHECK((answer == CRM_OK || answer == CRM_OUT_OF_MEMORY ||
             answer == CRM_READ_ONLY));
    }
    CHECK(lost == fired);
    CHECK(AppendNamed(tenant.get(), "after") ==
          (lost ? crm_status{CRM_READ_ONLY} : crm_status{CRM_OK}));
    tenant.Free();
    store.Free();
    CHECK(EventsOf(path) >= acknowledged);
  }
}

TEST_CASE("memory: the maintenance thread has none, and the process lives") {
  constexpr size_t kEvents = 1200;
  std::vector<std::string> json;
  std::vector<crm_slice> events;
  for (size_t i = 0; i < kEvents; ++i) {
    const std::string id = std::to_string(i);
    json.push_back(EventJson(id, id + "@example.com"));
  }
  for (const std::string& text : json) events.push_back(Slice(text));
  bool fired = true;
  for (uint64_t nth = 1; fired; nth = Next(nth)) {
    INFO("allocation ", nth);
    Folder folder;
    const std::string path = folder / "store";
    crm_store_options options = CRM_STORE_OPTIONS_INIT;
    options.flags = CRM_STORE_CREATE_IF_MISSING;
    options.durability = CRM_DURABILITY_OS;
    options.checkpoint_records = 1000;
    OwnedStore store;
    OwnedTenant tenant;
    REQUIRE_STATUS_OK(
        crm_store_open(Slice(path), &options, store.out(), error));
    REQUIRE_STATUS_OK(crm_tenant_open(store.get(), Slice("club"), nullptr,
                                      tenant.out(), error));
    FailElsewhere(nth);
    const crm_status appended = crm_tenant_append_json(
        tenant.get(), events.data(), kEvents, nullptr, nullptr, nullptr);
    // The thread may have run out before.
    CHECK((appended == CRM_OK ||
           (appended == CRM_READ_ONLY && HasFailedElsewhere())));
    // Until it has run out, or done its work.
    const Clock::time_point end = Clock::now() + std::chrono::seconds(5);
    uint64_t checkpoint = 0;
    while (!HasFailedElsewhere() && checkpoint == 0 && Clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      OwnedStats stats;
      REQUIRE_STATUS_OK(
          crm_store_get_stats(store.get(), nullptr, stats.out(), error));
      checkpoint = crm_store_stats_read(stats.get())->checkpoint;
    }
    fired = HasFailedElsewhere();
    tenant.Free();
    store.Free();
    StopFailingElsewhere();
    CHECK(EventsOf(path) == (appended == CRM_OK ? kEvents : 0));
  }
}

struct Counted {
  int destroyed = 0;
};
void Destroy(void* user_data) { ++static_cast<Counted*>(user_data)->destroyed; }
int32_t Drop(void*, int32_t, crm_slice) { return 0; }
int32_t Go(void*, uint64_t, uint64_t) { return 0; }

int32_t Midnight(void*, int64_t* now_us) {
  *now_us = 0;
  return 0;
}

// A store that is opened, unless `flags` are refused.
void DestroyInAnyCase(uint32_t flags) {
  bool fired = true;
  for (uint64_t nth = 1; fired; nth = Next(nth)) {
    INFO("allocation ", nth);
    Counted counts[4];
    crm_store_options options = CRM_STORE_OPTIONS_INIT;
    options.flags = flags;
    options.clock = Midnight;
    options.clock_user_data = &counts[0];
    options.clock_destroy = Destroy;
    options.log = Drop;
    options.log_user_data = &counts[1];
    options.log_destroy = Destroy;
    crm_verify_options proof = CRM_VERIFY_OPTIONS_INIT;
    proof.progress = Go;
    proof.user_data = &counts[2];
    proof.destroy = Destroy;
    crm_import_options import = CRM_IMPORT_OPTIONS_INIT;
    import.user_data = &counts[3];
    import.destroy = Destroy;
    OwnedProof report;
    crm_store* store = nullptr;
    FailAllocation(nth, Failing::kOnce);
    crm_store_open_in_memory(&options, &store, nullptr);
    if (crm_store_close(store, nullptr) != CRM_OUT_OF_MEMORY) store = nullptr;
    crm_store_verify(nullptr, &proof, report.out(), nullptr);
    crm_tenant_import_file(nullptr, {nullptr, 0}, &import, nullptr, nullptr);
    fired = StopFailing();
    CHECK(crm_store_close(store, nullptr) == CRM_OK);
    for (const Counted& count : counts) CHECK(count.destroyed == 1);
  }
}

TEST_CASE("memory: what a callback was given is destroyed, with or without") {
  DestroyInAnyCase(CRM_STORE_NO_BACKGROUND_THREAD);
  DestroyInAnyCase(1u << 31);
}

TEST_CASE("memory: a cursor that ran out leaves no event out") {
  Club club;
  for (int i = 0; i < 20; ++i) {
    AppendOne(club.tenant.get(), EventJson(std::to_string(i), "a@example.com"));
  }
  bool fired = true;
  for (uint64_t nth = 1; fired; ++nth) {
    INFO("allocation ", nth);
    OwnedCursor cursor;
    crm_replay_query query = CRM_REPLAY_QUERY_INIT;
    query.order = nth % 2 == 0 ? CRM_ORDER_POSITION : CRM_ORDER_OCCURRED_AT;
    REQUIRE_STATUS_OK(
        crm_tenant_replay(club.tenant.get(), &query, cursor.out(), error));
    crm_event_view event = {};
    int seen = 0;
    crm_status status = CRM_OK;
    FailAllocation(nth, Failing::kOnce);
    while ((status = crm_event_cursor_next(cursor.get(), &event, nullptr)) ==
           CRM_OK) {
      ++seen;
    }
    fired = StopFailing();
    CHECK(event.position == 0);
    CHECK(event.id.data == nullptr);
    if (!fired) {
      CHECK(status == CRM_DONE);
      CHECK(seen == 20);
      continue;
    }
    CHECK(status == CRM_OUT_OF_MEMORY);
    CHECK_STATUS(crm_event_cursor_next(cursor.get(), &event, error),
                 CRM_FAILED_PRECONDITION);
  }
}

}  // namespace
}  // namespace crm
