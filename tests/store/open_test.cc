// Opening, making, closing: what a store says about itself and its directory.

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

bool Mentions(const Status& status, std::string_view text) {
  return status.message().find(text) != std::string_view::npos;
}

TEST_CASE("what was appended is there after close and open") {
  const Scratch scratch;
  std::string before;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    Fill(tenant, "e", 1200, 37);
    before = Everything(tenant);
    REQUIRE_OK(store.Close());
    CHECK_CODE(store.Close(), kOk);
  }
  StoreOptions options = Quick();
  options.create_if_missing = false;
  Store store = MustOpen(scratch / "s", options);
  CHECK(store.TenantNames() == std::vector<std::string>{"golf-club"});
  Tenant tenant = MustTenant(store);
  CHECK(Everything(tenant) == before);
  CHECK_CODE(tenant.Append(MemberEvent("e7", 7)), kIdConflict);
}

TEST_CASE("a store in memory answers and leaves nothing behind") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 600, 10);
  REQUIRE_OK(store.Flush());
  CHECK(store.GetStats()->events == 600);
  CHECK(store.key_file().empty());
  CheckSound(store);
  CHECK_CODE(store.Checkpoint("/nowhere"), kUnsupported);
  CHECK(!fs::exists("/store"));
}

TEST_CASE("there is no store") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.create_if_missing = false;
  CHECK_CODE(Store::Open(scratch / "s", options), kNotFound);
  CHECK(!fs::exists(scratch / "s"));
  fs::create_directory(scratch / "empty");
  chmod((scratch / "empty").c_str(), 0700);
  CHECK_CODE(Store::Open(scratch / "empty", options), kNotFound);
  CHECK(fs::is_empty(scratch / "empty"));
  CHECK_CODE(Store::Open("", Quick()), kInvalidArgument);
}

TEST_CASE("there is a store already") {
  const Scratch scratch;
  REQUIRE_OK(MustOpen(scratch / "s").Close());
  StoreOptions options = Quick();
  options.error_if_exists = true;
  CHECK_CODE(Store::Open(scratch / "s", options), kAlreadyExists);
  CHECK_CODE(Store::Open(scratch / "other", options), kOk);
}

TEST_CASE("an option out of range is named") {
  const auto refused = [](std::string_view name,
                          const std::function<void(StoreOptions&)>& change) {
    StoreOptions options = Quick();
    change(options);
    const Result<Store> store = Store::OpenInMemory(options);
    CHECK_CODE(store, kInvalidArgument);
    INFO(store.status().ToString());
    CHECK(Mentions(store.status(), name));
  };
  refused("background_threads", [](auto& o) { o.background_threads = 2; });
  refused("background_threads", [](auto& o) { o.background_threads = -1; });
  refused("checkpoint_bytes", [](auto& o) { o.checkpoint_bytes = 1000; });
  refused("checkpoint_bytes",
          [](auto& o) { o.checkpoint_bytes = (size_t{4} << 30) + 1; });
  refused("checkpoint_records", [](auto& o) { o.checkpoint_records = 999; });
  refused("checkpoint_records",
          [](auto& o) { o.checkpoint_records = 10'000'001; });
  refused("resident_bytes", [](auto& o) { o.resident_bytes = 1 << 20; });
  refused("block_cache_bytes", [](auto& o) { o.block_cache_bytes = 1; });
  refused("region", [](auto& o) { o.default_region = "XX"; });
  refused("seal", [](auto& o) { o.seal = false; });
}

TEST_CASE("the region is fixed when the store is made") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.default_region = "ZA";
  {
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store);
    MustAppendOne(tenant, MakeEvent("e", {{"phoneNumber", "082 123 4567"}}));
  }
  options.default_region = "US";
  CHECK_CODE(Store::Open(scratch / "s", options), kInvalidArgument);
  options.default_region = "";
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store);
  CHECK_CODE(tenant.FindCustomer({"phone", "+27821234567"}), kOk);
}

TEST_CASE("a second open in this process is refused and names the pid") {
  const Scratch scratch;
  Store store = MustOpen(scratch / "s");
  const Result<Store> second = Store::Open(scratch / "s", Quick());
  CHECK_CODE(second, kBusy);
  CHECK(Mentions(second.status(), std::to_string(getpid())));
  REQUIRE_OK(store.Close());
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kOk);
}

TEST_CASE("a second open in another process is refused and names the pid") {
  const Scratch scratch;
  REQUIRE_OK(MustOpen(scratch / "s").Close());
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const Result<Store> store = Store::Open(scratch / "s", Quick());
    const char answer = store.ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  REQUIRE(read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  const Result<Store> second = Store::Open(scratch / "s", Quick());
  CHECK_CODE(second, kBusy);
  CHECK(Mentions(second.status(), std::to_string(child)));
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kOk);
}

TEST_CASE("without its key a store does not open and says which file") {
  const Scratch scratch;
  {
    Store store = MustOpen(scratch / "s");
    CHECK(store.key_file() == scratch / "s.key");
    Tenant tenant = MustTenant(store);
    Fill(tenant, "e", 10, 2);
  }
  fs::rename(scratch / "s.key", scratch / "away");
  const Result<Store> missing = Store::Open(scratch / "s", Quick());
  CHECK_CODE(missing, kKeyMissing);
  CHECK(Mentions(missing.status(), scratch / "s.key"));
  CHECK(!fs::exists(scratch / "s.key"));

  StoreOptions options = Quick();
  options.key_file = scratch / "away";
  CHECK_CODE(Store::Open(scratch / "s", options), kOk);
}

TEST_CASE("with another key a store does not open") {
  const Scratch scratch;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    Fill(tenant, "e", 10, 2);
  }
  std::ofstream(scratch / "s.key", std::ios::trunc) << std::string(32, 'x');
  const Result<Store> wrong = Store::Open(scratch / "s", Quick());
  REQUIRE(!wrong.ok());
  INFO(wrong.status().ToString());
  CHECK((wrong.status().code() == StatusCode::kCorruption ||
         wrong.status().code() == StatusCode::kKeyMissing));
  CHECK(Mentions(wrong.status(), "key"));

  chmod((scratch / "s.key").c_str(), 0644);
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kInvalidArgument);
  StoreOptions options = Quick();
  options.key_file = scratch / "s/inside";
  CHECK_CODE(Store::Open(scratch / "s", options), kInvalidArgument);
}

TEST_CASE("a directory of somebody else is left alone") {
  const Scratch scratch;
  fs::create_directory(scratch / "photos");
  chmod((scratch / "photos").c_str(), 0700);
  std::ofstream(scratch / "photos/cat.jpg") << "cat";
  const Result<Store> store = Store::Open(scratch / "photos", Quick());
  CHECK_CODE(store, kInvalidArgument);
  CHECK(Mentions(store.status(), "photos"));
  CHECK(std::distance(fs::directory_iterator(scratch / "photos"), {}) == 1);

  std::ofstream(scratch / "file") << "x";
  CHECK(!Store::Open(scratch / "file", Quick()).ok());
  fs::create_directory(scratch / "open");
  chmod((scratch / "open").c_str(), 0777);
  CHECK_CODE(Store::Open(scratch / "open", Quick()), kInvalidArgument);
}

TEST_CASE("files are for their owner only") {
  const Scratch scratch;
  const mode_t old = umask(0);
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 600, 10);
  REQUIRE_OK(store.Flush());
  REQUIRE_OK(store.Checkpoint(scratch / "copy"));
  umask(old);
  int files = 0;
  const auto check = [&](const fs::path& path) {
    struct stat info = {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    INFO(path.string());
    CHECK((info.st_mode & 0777) == (S_ISDIR(info.st_mode) ? 0700 : 0600));
    ++files;
  };
  for (const char* root : {"s", "copy"}) {
    check(scratch / root);
    for (const auto& entry : fs::recursive_directory_iterator(scratch / root)) {
      check(entry.path());
    }
  }
  check(scratch / "s.key");
  CHECK(files > 20);
}

TEST_CASE("deleted views come back") {
  const Scratch scratch;
  std::string before;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    Fill(tenant, "e", 2500, 37);
    before = Everything(tenant);
  }
  fs::remove_all(scratch / "s/views");
  for (const int threads : {0, 1}) {
    StoreOptions options = Quick();
    options.background_threads = threads;
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store);
    CHECK(Everything(tenant) == before);
    CheckSound(store);
    REQUIRE_OK(store.Close());
    fs::remove_all(scratch / "s/views");
  }
}

TEST_CASE("a log that was taken away is not a new store") {
  const Scratch scratch;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    Fill(tenant, "e", 100, 3);
  }
  fs::rename(scratch / "s/STORE", scratch / "STORE");
  const Result<Store> headless = Store::Open(scratch / "s", Quick());
  REQUIRE(!headless.ok());
  INFO(headless.status().ToString());
  CHECK(headless.status().remedy() == Remedy::kUnrecoverable);
  fs::rename(scratch / "STORE", scratch / "s/STORE");
  fs::rename(scratch / "s/log", scratch / "log");
  CHECK(!Store::Open(scratch / "s", Quick()).ok());
  fs::remove_all(scratch / "s/log");
  fs::rename(scratch / "log", scratch / "s/log");
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kOk);
}

TEST_CASE("handles of a closed store say so") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 10, 2);
  REQUIRE_OK(store.Close());
  Profile profile;
  CHECK_CODE(tenant.Append(MemberEvent("x", 1)), kFailedPrecondition);
  CHECK_CODE(tenant.AppendJson({}), kFailedPrecondition);
  CHECK_CODE(tenant.GetOffset("o"), kFailedPrecondition);
  CHECK_CODE(tenant.GetSnapshot(), kFailedPrecondition);
  CHECK_CODE(tenant.Replay({}), kFailedPrecondition);
  CHECK_CODE(tenant.FindCustomer({"sclMemberId", "m-1"}), kFailedPrecondition);
  CHECK_CODE(tenant.GetCustomer(1), kFailedPrecondition);
  CHECK_CODE(tenant.GetProfile(1), kFailedPrecondition);
  CHECK_CODE(tenant.GetProfile(1, &profile), kFailedPrecondition);
  CHECK_CODE(tenant.GetTimeline(1, {}), kFailedPrecondition);
  CHECK_CODE(tenant.WaitForEvents(0, std::chrono::milliseconds(0)),
             kFailedPrecondition);
  CHECK(tenant.name() == "golf-club");
  CHECK_CODE(store.Tenant("other"), kFailedPrecondition);
  CHECK_CODE(store.Sync(), kFailedPrecondition);
  CHECK_CODE(store.Flush(), kFailedPrecondition);
  CHECK_CODE(store.Maintain(std::chrono::milliseconds(1)), kFailedPrecondition);
  CHECK_CODE(store.Checkpoint("/tmp/none"), kFailedPrecondition);
  CHECK_CODE(store.Verify(), kFailedPrecondition);
  CHECK_CODE(store.GetStats(), kFailedPrecondition);
}

TEST_CASE("a store with open cursors or snapshots is not closed") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 10, 2);
  {
    Result<EventCursor> cursor = tenant.Replay({});
    REQUIRE_OK(cursor);
    CHECK_CODE(store.Close(), kFailedPrecondition);
    EventView event;
    CHECK(*cursor->Next(&event));
  }
  {
    Result<Snapshot> snapshot = tenant.GetSnapshot();
    REQUIRE_OK(snapshot);
    CHECK_CODE(store.Close(), kFailedPrecondition);
    CHECK_CODE(snapshot->GetProfile(1), kOk);
  }
  CHECK_CODE(tenant.Append(MemberEvent("x", 1)), kOk);
  CHECK_CODE(store.Close(), kOk);
}

TEST_CASE("names of tenants are checked") {
  Store store = MustOpenInMemory();
  CHECK_CODE(store.Tenant(""), kInvalidArgument);
  CHECK_CODE(store.Tenant("a\nb"), kInvalidArgument);
  CHECK_CODE(store.Tenant("\xff"), kInvalidArgument);
  CHECK(!store.Tenant(std::string(129, 'a')).ok());
  CHECK(store.TenantNames().empty());
  CHECK_CODE(store.Tenant(std::string(128, 'a')), kOk);
  CHECK_CODE(store.Tenant("b"), kOk);
  CHECK(store.TenantNames().size() == 2);
}

}  // namespace
}  // namespace crm
