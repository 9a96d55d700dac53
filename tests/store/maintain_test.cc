// Maintenance, durability, copies of a store, and what a store says meanwhile.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>

#include "store/fixture.h"

namespace crm {
namespace {

TEST_CASE("Maintain writes a checkpoint when one is due") {
  StoreOptions options = Quick();
  options.checkpoint_records = 1000;
  Store store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(store);
  Fill(tenant, "a", 900, 10);
  REQUIRE_OK(store.Maintain(std::chrono::milliseconds(10)));
  CHECK(store.GetStats()->checkpoint == 0);
  Fill(tenant, "b", 200, 10);
  const Result<bool> more = store.Maintain(std::chrono::milliseconds(10));
  REQUIRE_OK(more);
  CHECK(!*more);
  CHECK(store.GetStats()->checkpoint == store.GetStats()->head);
}

TEST_CASE("an append lends a hand when nobody maintains") {
  StoreOptions options = Quick();
  options.checkpoint_records = 1000;
  Store store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(store);
  Fill(tenant, "a", 8000, 10);
  const Result<StoreStats> stats = store.GetStats();
  REQUIRE_OK(stats);
  CHECK(stats->checkpoint > 0);
  CHECK(stats->head - stats->checkpoint < 5 * options.checkpoint_records);
}

TEST_CASE("the maintenance thread writes checkpoints by itself") {
  StoreOptions options = Quick();
  options.background_threads = 1;
  options.checkpoint_records = 1000;
  Store store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(store);
  Fill(tenant, "a", 2000, 10);
  for (int i = 0; i < 1000 && store.GetStats()->checkpoint < 1000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(store.GetStats()->checkpoint >= 1000);
}

TEST_CASE("Flush brings the views up to the head") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (int i = 0; i < 3; ++i) {
    Fill(tenant, "f" + std::to_string(i), 50, 5);
    REQUIRE_OK(store.Flush());
    CHECK(store.GetStats()->checkpoint == store.GetStats()->head);
  }
  REQUIRE_OK(store.Flush());
  CheckSound(store);
}

// Appends in a child that dies without closing; what was answered is there.
void TestKill(Durability durability, bool sync_each) {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.durability = durability;
  int answers[2];
  REQUIRE(pipe(answers) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Result<Store> store = Store::Open(scratch / "s", options);
    if (!store.ok()) _exit(1);
    Result<Tenant> tenant = store->Tenant("golf-club");
    if (!tenant.ok()) _exit(1);
    for (int i = 0; i < 40; ++i) {
      const Result<AppendResult> result =
          tenant->Append(MemberEvent("e" + std::to_string(i), i % 3));
      if (!result.ok() || (sync_each && !store->Sync().ok())) _exit(1);
      const Position position = result->position;
      if (write(answers[1], &position, sizeof position) != sizeof position) {
        _exit(1);
      }
    }
    kill(getpid(), SIGKILL);
  }
  close(answers[1]);
  std::vector<Position> told;
  Position position = 0;
  while (read(answers[0], &position, sizeof position) == sizeof position) {
    told.push_back(position);
  }
  close(answers[0]);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  REQUIRE(told.size() == 40);
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store);
  CHECK(Positions(tenant.Replay({})) == told);
  CheckSound(store);
}

TEST_CASE("what was acknowledged survives the death of the process") {
  TestKill(Durability::kSync, false);
  TestKill(Durability::kOs, false);
  TestKill(Durability::kOs, true);
}

TEST_CASE("a request may ask for another durability than the store's") {
  const Scratch scratch;
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  AppendOptions options;
  options.durability = Durability::kSync;
  MustAppendOne(tenant, MemberEvent("a", 1), options);
  options.durability = Durability::kOs;
  MustAppendOne(tenant, MemberEvent("b", 1), options);
  CHECK_CODE(store.Sync(), kOk);
  CHECK(store.GetStats()->events == 2);
}

// --- Copies ------------------------------------------------------------------

TEST_CASE("a copy opens beside the store and says the same") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.key_file = scratch / "shared.key";
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store);
  Tenant other = MustTenant(store, "other");
  Fill(tenant, "a", 1500, 20);
  Fill(other, "a", 50, 20);
  REQUIRE_OK(store.Flush());
  AppendOptions offset;
  offset.offset = HostOffset{"topic", "9"};
  MustAppendOne(tenant, MemberEvent("tail", 3), offset);
  const std::string content = Everything(tenant);
  const std::string other_content = Everything(other);
  REQUIRE_OK(store.Checkpoint(scratch / "copy"));
  CHECK_CODE(store.Checkpoint(scratch / "copy"), kAlreadyExists);
  MustAppendOne(tenant, MemberEvent("later", 3));
  {
    Store copy = MustOpen(scratch / "copy", options);
    Tenant copied = MustTenant(copy);
    Tenant copied_other = MustTenant(copy, "other");
    CHECK(Everything(copied) == content);
    CHECK(Everything(copied_other) == other_content);
    CHECK(*copied.GetOffset("topic") == "9");
    CheckSound(copy);
    // Both go their own ways from here.
    Fill(copied, "b", 300, 30);
    REQUIRE_OK(copy.Flush());
    CheckSound(copy);
  }
  CHECK(store.GetStats()->events == 1552);
  Fill(tenant, "c", 300, 30);
  REQUIRE_OK(store.Flush());
  CheckSound(store);
}

TEST_CASE("a copy to a place that cannot be leaves nothing behind") {
  const Scratch scratch;
  Store store = MustOpen(scratch / "s");
  CHECK(!store.Checkpoint(scratch / "no/such/parent").ok());
  CHECK(!std::filesystem::exists(scratch / "no"));
  Tenant tenant = MustTenant(store);
  CHECK_CODE(tenant.Append(MemberEvent("a", 1)), kOk);
}

TEST_CASE("copies that are made while threads append and flush are sound") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.background_threads = 1;
  options.checkpoint_records = 1000;
  options.key_file = scratch / "shared.key";
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store);
  Fill(tenant, "x", 100, 100);
  std::atomic<bool> stop{false};
  std::atomic<bool> failed{false};
  std::thread writer([&] {
    for (int i = 0; i < 8000 && !stop.load(); i += 20) {
      // New customers, so that new keys are made all the time.
      std::vector<Event> events;
      for (int n = i; n < i + 20; ++n) {
        events.push_back(MemberEvent("w" + std::to_string(n), 1000 + n));
      }
      if (!tenant.Append(events).ok()) failed.store(true);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::thread flusher([&] {
    while (!stop.load()) {
      if (!store.Flush().ok()) failed.store(true);
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  for (int i = 0; i < 6; ++i) {
    const std::string path = scratch / ("copy" + std::to_string(i));
    const Status status = store.Checkpoint(path);
    CHECK_CODE(status, kOk);
    if (!status.ok()) continue;
    Result<Store> copy = Store::Open(path, options);
    CHECK_CODE(copy, kOk);
    if (!copy.ok()) continue;
    const Result<VerifyReport> report = copy->Verify();
    CHECK_CODE(report, kOk);
    if (report.ok()) CHECK_MESSAGE(report->sound(), Findings(*report));
  }
  stop.store(true);
  writer.join();
  flusher.join();
  CHECK(!failed.load());
}

TEST_CASE("the log callback hears of a rebuild, and of nobody's data") {
  const Scratch scratch;
  LogLines lines;
  StoreOptions options = Quick();
  options.log = lines.Callback();
  for (int round = 0; round < 3; ++round) {
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store);
    for (int i = 0; i < 50; ++i) {
      Event event =
          MakeEvent("secret-id-" + std::to_string(round * 50 + i),
                    {{"email", "secret" + std::to_string(i) + "@example.com"}},
                    "{\"name\":\"secret-name\"}");
      event.type = "crm.profile.updated";
      MustAppendOne(tenant, event);
    }
    REQUIRE_OK(store.Flush());
    CheckSound(store);
    REQUIRE_OK(store.Close());
    // Views whose newest file is gone are built anew, and that is said.
    std::filesystem::remove(scratch / "s/views/CURRENT");
  }
  CHECK(lines.Text().find("views") != std::string::npos);
  CHECK(lines.Text().find("secret") == std::string::npos);
}

TEST_CASE("a store that cannot be closed says so in the log") {
  LogLines lines;
  StoreOptions options = Quick();
  options.log = lines.Callback();
  std::optional<Store> store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(*store);
  MustAppendOne(tenant, MemberEvent("a", 1));
  std::optional<Snapshot> snapshot = *tenant.GetSnapshot();
  store.reset();
  CHECK(lines.Text().find("still open") != std::string::npos);
  CHECK_CODE(snapshot->GetProfile(1), kOk);
  snapshot.reset();
}

}  // namespace
}  // namespace crm
