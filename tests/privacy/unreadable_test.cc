// StoreOptions::allow_unreadable: a store without its keys shows open parts,
// says what it could not check, and takes nothing.

#include <filesystem>
#include <fstream>
#include <iterator>

#include "crm/backup.h"
#include "crm/export.h"
#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

// A store whose keys are to be lost.
class Lost {
 public:
  Lost() {
    options.key_file = scratch / "s.key";
    Store store = MustOpen(path, options);
    Tenant tenant = MustTenant(store);
    for (int i = 0; i < 20; ++i) {
      Event event = MemberEvent("e" + std::to_string(i), i % 10);
      event.occurred_at = At(i * 3'600'000'000);
      if (i % 2 == 1) event.type = "OrderPlaced";
      MustAppendOne(tenant, event);
    }
    REQUIRE_OK(
        tenant.Merge(1, 2, {.by = "desk", .why = "seen", .force = true}));
    REQUIRE_OK(tenant.Erase(3));
    open_parts = Walk(tenant.Replay({.open_parts_only = true}));
    head = store.GetStats()->head;
    REQUIRE_OK(BackupStore(store, scratch / "data"));
    REQUIRE_OK(store.Close());
  }
  StoreOptions Allowed() const {
    StoreOptions own = options;
    own.create_if_missing = false;
    own.allow_unreadable = true;
    return own;
  }

  const Scratch scratch;
  const std::string path = scratch / "s";
  StoreOptions options = Quick();
  std::vector<std::string> open_parts;
  Position head = 0;
};

void CheckUnreadable(Store& store, const Lost& lost) {
  CHECK(store.unreadable());
  CHECK(store.TenantNames() == std::vector<std::string>{"golf-club"});
  const auto tenants = store.ListTenants();
  REQUIRE_OK(tenants);
  CHECK((*tenants)[0].events == 20);
  const auto stats = store.GetStats();
  REQUIRE_OK(stats);
  CHECK(stats->head == lost.head);
  Tenant tenant = MustTenant(store);
  // Positions, types and times.
  CHECK(Walk(tenant.Replay({.open_parts_only = true})) == lost.open_parts);
  CHECK(Positions(tenant.Replay({.types = {"OrderPlaced"}})).size() == 10);
  CHECK(
      Positions(tenant.Replay({.from = At(0), .until = At(10 * 3'600'000'000)}))
          .size() == 10);
  CHECK(Positions(tenant.Replay({.order = ReplayQuery::Order::kOccurredAt,
                                 .backward = true}))
            .size() == 20);
  auto cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  while (*cursor->Next(&event)) {
    CHECK(event.unreadable);
    CHECK_FALSE(event.opened);
    CHECK(event.id.empty());
    CHECK(event.payload.empty());
    CHECK_FALSE(event.type.empty());
  }
  // What needs a key says that there is none.
  CHECK_CODE(tenant.GetProfile(1), kKeyMissing);
  CHECK_CODE(tenant.GetCustomer(1), kKeyMissing);
  CHECK_CODE(tenant.FindCustomer({"sclMemberId", "1"}), kKeyMissing);
  CHECK_CODE(tenant.GetTimeline(1, {}), kKeyMissing);
  CHECK_CODE(tenant.Replay({.customer = 1}), kKeyMissing);
  CHECK_CODE(tenant.Replay({.record = 1}), kKeyMissing);
  CHECK_CODE(tenant.CheckConsent({}), kKeyMissing);
  CHECK_CODE(ExportStore(store, [](std::string_view) { return Status::Ok(); }),
             kKeyMissing);
  // Nothing is taken.
  CHECK_CODE(tenant.Append(MemberEvent("new", 1)), kReadOnly);
  CHECK_CODE(store.Tenant("another"), kReadOnly);
  CHECK_CODE(tenant.Merge(1, 3), kKeyMissing);
  CHECK_CODE(tenant.Erase(1), kKeyMissing);
  CHECK_CODE(store.DropTenant("golf-club", {.confirm = true}), kKeyMissing);
  CHECK_CODE(store.RotateKeys(), kKeyMissing);
  CHECK_CODE(store.Checkpoint(lost.scratch / "copy"), kKeyMissing);
  REQUIRE_OK(store.Flush());
  REQUIRE_OK(store.Sync());
  REQUIRE_OK(store.Maintain(std::chrono::milliseconds(1)));
  const auto report = store.Verify();
  REQUIRE_OK(report);
  CHECK(report->sound());
  CHECK(report->log_records == lost.head);
  CHECK(report->unreadable >= 20);
  CHECK(report->view_rows == 0);
  CHECK(store.GetStats()->head == lost.head);
}

TEST_CASE("without keys a store is refused, and the error says what helps") {
  Lost lost;
  fs::rename(lost.path + "/keys", lost.scratch / "keys");
  StoreOptions options = lost.options;
  options.create_if_missing = false;
  const auto refused = Store::Open(lost.path, options);
  CHECK_CODE(refused, kKeyMissing);
  CHECK(refused.status().message().find("allow_unreadable") !=
        std::string_view::npos);
  fs::rename(lost.scratch / "keys", lost.path + "/keys");
  fs::rename(lost.scratch / "s.key", lost.scratch / "elsewhere.key");
  CHECK_CODE(Store::Open(lost.path, options), kKeyMissing);
}

TEST_CASE("allow_unreadable shows open parts, whatever of the keys is lost") {
  Lost lost;
  // Both, the key file alone, the keys alone; and a key file that is not its.
  for (const int what : {0, 1, 2, 3}) {
    CAPTURE(what);
    const bool keys = what == 0 || what == 2;
    if (keys) fs::rename(lost.path + "/keys", lost.scratch / "keys");
    if (what != 2) {
      fs::rename(lost.scratch / "s.key", lost.scratch / "elsewhere.key");
    }
    if (what == 3) {
      StoreOptions options = lost.options;
      REQUIRE_OK(Store::Open(lost.scratch / "stranger", options));
    }
    {
      Store store = MustOpen(lost.path, lost.Allowed());
      CheckUnreadable(store, lost);
      REQUIRE_OK(store.Close());
    }
    if (keys) fs::rename(lost.scratch / "keys", lost.path + "/keys");
    if (what != 2) {
      fs::rename(lost.scratch / "elsewhere.key", lost.scratch / "s.key");
    }
  }
  // Nothing was lost by looking.
  Store store = MustOpen(lost.path, lost.options);
  CHECK_FALSE(store.unreadable());
  REQUIRE_OK(MustTenant(store).GetProfile(1));
  CheckSound(store);
}

TEST_CASE("allow_unreadable does nothing where the keys are there") {
  Lost lost;
  Store store = MustOpen(lost.path, lost.Allowed());
  CHECK_FALSE(store.unreadable());
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, MemberEvent("new", 1));
  CheckSound(store);
}

TEST_CASE("a damaged store is not opened without keys instead") {
  Lost lost;
  std::ofstream(lost.path + "/STORE", std::ios::binary) << "nonsense";
  CHECK_CODE(Store::Open(lost.path, lost.Allowed()), kCorruption);
}

TEST_CASE("a changed byte of the log is found without keys, too") {
  Lost lost;
  fs::remove_all(lost.path + "/keys");
  for (const auto& entry : fs::directory_iterator(lost.path + "/log")) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(entry.path()) / 3));
    file.put('\x5a');
  }
  auto store = Store::Open(lost.path, lost.Allowed());
  if (!store.ok()) {
    CHECK_CODE(store, kCorruption);
    return;
  }
  const auto report = store->Verify();
  REQUIRE_OK(report);
  CHECK_FALSE(report->sound());
}

TEST_CASE("a restore without keys shows open parts, if that is allowed") {
  Lost lost;
  const std::string path = lost.scratch / "restored";
  const auto refused =
      RestoreStore(lost.scratch / "data", "", path, lost.options);
  CHECK_CODE(refused, kKeyMissing);
  CHECK(refused.status().message().find("allow_unreadable") !=
        std::string_view::npos);
  CHECK_FALSE(fs::exists(path));
  const auto report =
      RestoreStore(lost.scratch / "data", "", path, lost.Allowed());
  REQUIRE_OK(report);
  CHECK(report->head == lost.head);
  CHECK_FALSE(fs::exists(path + "/keys"));
  {
    Store store = MustOpen(path, lost.Allowed());
    CheckUnreadable(store, lost);
    REQUIRE_OK(store.Close());
  }
  StoreOptions options = lost.options;
  options.create_if_missing = false;
  CHECK_CODE(Store::Open(path, options), kKeyMissing);
}

}  // namespace
}  // namespace crm
