// Store::DropTenant and ListTenants: what goes, what stays, what is refused
// from then on, and that no restore brings a tenant back.

#include <filesystem>
#include <fstream>
#include <iterator>

#include "crm/backup.h"
#include "crm/export.h"
#include "crm/ledger.h"
#include "crm/tenants.h"
#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

constexpr char kGone[] = "golf-club";
constexpr char kStays[] = "spa";

// Two tenants that have the same people, and all that leaves rows behind:
// merges, consents, definitions, holds that were released, offsets, checkpoints
// of a subscription, an erasure, events of nobody.
void FillTenant(Store& store, const char* name) {
  Tenant tenant = MustTenant(store, name);
  REQUIRE_OK(tenant.RegisterSchema({.type = "OrderPlaced",
                                    .version = "1.0",
                                    .json = R"({"type":"object"})"}));
  REQUIRE_OK(tenant.SetConsentSettings("{}"));
  for (int i = 0; i < 30; ++i) {
    const std::string number = std::to_string(i);
    Event event =
        MakeEvent("e" + number,
                  {{"sclMemberId", "m-" + number},
                   {"email", "p" + number + "@golf.example"}},
                  "{\"traits\":{\"name\":\"canary " + number + "\"}}");
    event.occurred_at = At(i);
    MustAppendOne(tenant, event, {.offset = HostOffset{"host", number}});
  }
  MustAppendOne(tenant, MakeEvent("nobody", {}));
  REQUIRE_OK(tenant.Merge(1, 2, {.by = "desk", .why = "seen", .force = true}));
  ConsentAct act;
  act.customer = 3;
  act.purpose = "marketing";
  act.channel = ConsentChannel::kEmail;
  act.action = ConsentAction::kWithdraw;
  REQUIRE_OK(tenant.RecordConsent(act));
  REQUIRE_OK(tenant.Erase(5));
  const auto hold = tenant.PlaceHold(6);
  REQUIRE_OK(hold);
  REQUIRE_OK(tenant.ReleaseHold(*hold));
  REQUIRE_OK(tenant.Subscribe({.name = "reader"}));
}

class Town {
 public:
  Town() {
    options.key_file = scratch / "s.key";
    options.clock = clock;
    options.compress_blocks = false;
    options.log = log.Callback();
    store = std::make_unique<Store>(MustOpen(scratch / "s", options));
    FillTenant(*store, kGone);
    FillTenant(*store, kStays);
    before = Everything(MustTenant(*store, kStays));
  }

  TenantDrop MustDrop() {
    const auto drop = store->DropTenant(
        kGone, {.confirm = true, .by = "desk", .why = "contract ended"});
    REQUIRE_OK(drop);
    return *drop;
  }
  void Close() {
    REQUIRE_OK(store->Close());
    store.reset();
  }
  void Reopen(const std::string& path) {
    if (store != nullptr) Close();
    store = std::make_unique<Store>(MustOpen(path, options));
  }
  // The one is gone for everybody, and the other is as it was.
  void Check() {
    CHECK(store->TenantNames() == std::vector<std::string>{kStays});
    CHECK_CODE(store->Tenant(kGone), kErased);
    const auto all = store->ListTenants();
    REQUIRE_OK(all);
    REQUIRE(all->size() == 2);
    CHECK((*all)[0].name == kGone);
    CHECK((*all)[0].dropped_position > 0);
    CHECK((*all)[0].dropped_by == "desk");
    CHECK((*all)[0].dropped_why == "contract ended");
    CHECK((*all)[0].customers == 0);
    CHECK((*all)[0].events > 30);
    CHECK((*all)[1].dropped_position == 0);
    CHECK((*all)[1].customers == 28);
    Tenant stays = MustTenant(*store, kStays);
    CHECK(Everything(stays) == before);
    const auto stats = store->GetStats();
    REQUIRE_OK(stats);
    CHECK(stats->head == stats->events + stats->derived);
    CHECK(stats->customers == 28);
    REQUIRE(stats->tenants.size() == 1);
    // The ledger of the other, and the chain of all.
    const auto ledger = stays.VerifyLedger();
    REQUIRE_OK(ledger);
    CHECK(ledger->sound());
    CheckSound(*store);
  }

  // A copy of a folder, in the place of what was there.
  void Copy(const std::string& from, const std::string& to) const {
    fs::remove_all(scratch / to);
    fs::copy(scratch / from, scratch / to, fs::copy_options::recursive);
  }

  const Scratch scratch;
  LogLines log;
  std::shared_ptr<StillClock> clock = std::make_shared<StillClock>();
  StoreOptions options = Quick();
  std::unique_ptr<Store> store;
  std::string before;
};

std::string Written(Store& store, const StoreExportOptions& options) {
  std::string text;
  REQUIRE_OK(ExportStore(
      store,
      [&](std::string_view more) {
        text += more;
        return Status::Ok();
      },
      options));
  return text;
}

TEST_CASE("tenant list: names with counts, in the order of their making") {
  Town town;
  const auto all = town.store->ListTenants();
  REQUIRE_OK(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[0].name == kGone);
  CHECK((*all)[1].name == kStays);
  const auto stats = MustTenant(*town.store, kGone).GetSnapshot()->GetStats();
  REQUIRE_OK(stats);
  CHECK((*all)[0].events == stats->events);
  CHECK((*all)[0].customers == 28);
  // One of them is what the consent desk says.
  CHECK((*all)[0].records == 31);
  CHECK((*all)[0].dropped_position == 0);
  CHECK((*all)[0].dropped_why.empty());
}

TEST_CASE("drop: a dry run says what would go, and changes nothing") {
  Town town;
  const std::string all = Written(*town.store, {});
  const auto plan = town.store->DropTenant(kGone, {.dry_run = true});
  REQUIRE_OK(plan);
  CHECK(plan->tenant == kGone);
  CHECK(plan->position == 0);
  CHECK(plan->customers == 28);
  CHECK(plan->records == 31);
  CHECK(plan->events > 30);
  // Made ahead, too; of months and buckets; the erased one is gone already.
  CHECK(plan->keys > 30);
  CHECK(plan->holds == 0);
  CHECK(Written(*town.store, {}) == all);
}

TEST_CASE("drop: what must not be dropped is not, and the error says why") {
  Town town;
  const auto unsure = town.store->DropTenant(kGone);
  CHECK_CODE(unsure, kFailedPrecondition);
  CHECK(unsure.status().message().find("confirm") != std::string_view::npos);
  CHECK_CODE(town.store->DropTenant("nowhere", {.confirm = true}), kNotFound);
  CHECK_CODE(town.store->DropTenant("", {.confirm = true}), kInvalidArgument);
  CHECK_CODE(town.store->DropTenant(
                 kGone, {.confirm = true, .why = std::string(257, 'x')}),
             kTooLarge);
  Tenant gone = MustTenant(*town.store, kGone);
  const auto hold = gone.PlaceHold(7);
  REQUIRE_OK(hold);
  const auto held = town.store->DropTenant(kGone, {.confirm = true});
  CHECK_CODE(held, kFailedPrecondition);
  CHECK(held.status().message().find("1 legal hold") != std::string_view::npos);
  CHECK(town.store->DropTenant(kGone, {.dry_run = true})->holds == 1);
  REQUIRE_OK(gone.GetProfile(1));
  REQUIRE_OK(gone.ReleaseHold(*hold));
  town.MustDrop();
  CHECK_CODE(town.store->DropTenant(kGone, {.confirm = true}), kErased);
}

TEST_CASE("drop: from then on every handle answers so, and names the tenant") {
  Town town;
  Tenant gone = MustTenant(*town.store, kGone);
  const auto snapshot = gone.GetSnapshot();
  REQUIRE_OK(snapshot);
  auto reader = gone.Subscribe({.name = "reader"});
  REQUIRE_OK(reader);
  const TenantDrop drop = town.MustDrop();
  CHECK(drop.position > 0);
  CHECK(drop.customers == 28);
  CHECK(drop.at == town.clock->Now());
  const auto late = gone.Append(MemberEvent("late", 99));
  CHECK_CODE(late, kErased);
  CHECK(late.status().message().find(kGone) != std::string_view::npos);
  CHECK_CODE(gone.AppendJson(std::vector<std::string_view>{"{}"}), kErased);
  CHECK_CODE(gone.GetProfile(1), kErased);
  CHECK_CODE(gone.GetCustomer(1), kErased);
  CHECK_CODE(gone.FindCustomer({"sclMemberId", "m-1"}), kErased);
  CHECK_CODE(gone.GetTimeline(1, {}), kErased);
  CHECK_CODE(gone.Replay({}), kErased);
  CHECK_CODE(gone.GetOffset("host"), kErased);
  CHECK_CODE(gone.Merge(3, 4), kErased);
  CHECK_CODE(gone.Erase(3), kErased);
  CHECK_CODE(gone.Retain(Timestamp(), {}), kErased);
  CHECK_CODE(gone.ChangeHousehold({.join = {{3}}}), kErased);
  CHECK_CODE(gone.ListHouseholds({}), kErased);
  CHECK_CODE(gone.MatchHouseholds({}), kErased);
  CHECK_CODE(gone.SetConsentSettings("{}"), kErased);
  CHECK_CODE(gone.ListSchemas(), kErased);
  CHECK_CODE(gone.GetLedgerHead(), kErased);
  CHECK_CODE(gone.ListSubscriptions(), kErased);
  CHECK_CODE(snapshot->GetProfile(1), kErased);
  CHECK_CODE(snapshot->GetStats(), kErased);
  Message message;
  CHECK_CODE(reader->Next(&message, std::chrono::milliseconds(0)), kErased);
  CHECK_CODE(reader->Acknowledge(1), kErased);
  REQUIRE_OK(MustTenant(*town.store, kStays).GetProfile(1));
}

TEST_CASE("drop: the other tenant and the log are as sound as before") {
  Town town;
  town.MustDrop();
  town.Check();
  town.Reopen(town.scratch / "s");
  town.Check();
  // Made anew from the log.
  town.Close();
  fs::remove_all(town.scratch / "s/views");
  town.Reopen(town.scratch / "s");
  town.Check();
  // And it goes on: others append, new ones come, keys are rotated.
  Tenant stays = MustTenant(*town.store, kStays);
  MustAppendOne(stays, MemberEvent("more", 99));
  Tenant third = MustTenant(*town.store, "third");
  MustAppendOne(third, MemberEvent("first", 1));
  REQUIRE_OK(town.store->RotateKeys());
  CHECK_CODE(town.store->Tenant(kGone), kErased);
  town.Reopen(town.scratch / "s");
  CHECK_CODE(town.store->Tenant(kGone), kErased);
  CHECK(town.store->TenantNames().size() == 2);
  CheckSound(*town.store);
}

TEST_CASE("drop: nothing of the tenant is in an export, a walk or the views") {
  Town town;
  const std::string only = Written(*town.store, {.tenant = kStays});
  const std::string its = Written(*town.store, {.tenant = kGone});
  CHECK(its.find("canary") != std::string::npos);
  town.MustDrop();
  // All that there is now is the other one.
  CHECK(Written(*town.store, {}) == only);
  StoreExportOptions options;
  options.tenant = kGone;
  CHECK_CODE(
      ExportStore(
          *town.store, [](std::string_view) { return Status::Ok(); }, options),
      kNotFound);
  const auto snapshot = town.store->GetSnapshot();
  REQUIRE_OK(snapshot);
  CHECK(snapshot->tenants() == std::vector<std::string>{kStays});
  CHECK_CODE(snapshot->Tenant(kGone), kNotFound);
}

TEST_CASE("drop: a tenant that was never used can go, too") {
  Town town;
  REQUIRE_OK(town.store->Tenant("empty"));
  const auto drop = town.store->DropTenant("empty", {.confirm = true});
  REQUIRE_OK(drop);
  CHECK(drop->events == 0);
  CHECK_CODE(town.store->Tenant("empty"), kErased);
  CheckSound(*town.store);
}

TEST_CASE("an export of one tenant is that tenant again in an empty store") {
  Town town;
  const std::string file = town.scratch / "club.ndjson.gz";
  REQUIRE_OK(ExportStore(*town.store, file, {.tenant = kGone}));
  const auto sums = ChecksumStore(*town.store, {.tenant = kGone});
  REQUIRE_OK(sums);
  StoreOptions options = Quick();
  options.clock = town.clock;
  Store other = MustOpen(town.scratch / "other", options);
  const auto imported = ImportStore(other, file);
  REQUIRE_OK(imported);
  CHECK(other.TenantNames() == std::vector<std::string>{kGone});
  const auto same = ChecksumStore(other, {});
  REQUIRE_OK(same);
  REQUIRE(same->tenants.size() == 1);
  REQUIRE(sums->tenants.size() == 1);
  // The person who was erased is in neither; what is left of her events cannot
  // be made again.
  CHECK(sums->tenants[0].checksums.size() == same->tenants[0].checksums.size());
  CheckSound(other);
}

TEST_CASE("an export of one tenant whose people are all there is identical") {
  const Scratch scratch;
  Store store = MustOpen(scratch / "s");
  for (const char* name : {"a", "b"}) {
    Tenant tenant = MustTenant(store, name);
    Fill(tenant, name, 200, 20);
    REQUIRE_OK(
        tenant.Merge(3, 4, {.by = "desk", .why = "seen", .force = true}));
  }
  const std::string file = scratch / "b.ndjson";
  REQUIRE_OK(ExportStore(store, file, {.tenant = "b"}));
  Store other = MustOpen(scratch / "other");
  const auto imported = ImportStore(other, file);
  REQUIRE_OK(imported);
  CHECK(imported->identical());
  CHECK(Written(other, {}) == Written(store, {.tenant = "b"}));
}

TEST_CASE("a backup from before a drop does not bring the tenant back") {
  Town town;
  REQUIRE_OK(BackupStore(*town.store, town.scratch / "data"));
  REQUIRE_OK(BackupKeys(*town.store, town.scratch / "old-keys"));
  town.MustDrop();
  REQUIRE_OK(BackupKeys(*town.store, town.scratch / "keys"));
  town.Close();
  for (const char* keys : {"keys", "s"}) {
    CAPTURE(keys);
    const std::string path = town.scratch / (std::string("from-") + keys);
    REQUIRE_OK(RestoreStore(town.scratch / "data", town.scratch / keys, path,
                            town.options));
    town.Reopen(path);
    town.Check();
  }
  CHECK(town.log.Text().find("dropped again") != std::string::npos);
  town.Close();
  // With older keys it is there, and goes again.
  REQUIRE_OK(RestoreStore(town.scratch / "data", town.scratch / "old-keys",
                          town.scratch / "older", town.options));
  town.Reopen(town.scratch / "older");
  CHECK(town.store->TenantNames().size() == 2);
  town.MustDrop();
  town.Check();
}

TEST_CASE("an older log beside the keys of today does not bring it back") {
  Town town;
  town.Close();
  town.Copy("s", "older");
  town.Reopen(town.scratch / "s");
  town.MustDrop();
  town.Close();
  // With its views, and what they say of the tenant.
  town.Copy("s/keys", "older/keys");
  town.Reopen(town.scratch / "older");
  town.Check();
  REQUIRE_OK(town.store->Close());
}

TEST_CASE("keys from before a drop beside the log of today are destroyed") {
  Town town;
  town.Close();
  town.Copy("s/keys", "old-keys");
  town.Reopen(town.scratch / "s");
  town.MustDrop();
  town.Close();
  town.Copy("old-keys", "s/keys");
  town.Reopen(town.scratch / "s");
  town.Check();
}

}  // namespace
}  // namespace crm
