// Subscriptions on a log that was set back, or is damaged.

#include <chrono>

#include "base/coding.h"
#include "storage/database.h"
#include "store/fixture.h"

namespace crm {
namespace {

using std::chrono::milliseconds;

constexpr size_t kEvents = 0;
constexpr size_t kOps = 1;

std::unique_ptr<Database> OpenLog(const std::string& store) {
  DatabaseOptions options;
  options.memtable_bytes = size_t{1} << 20;
  options.must_exist = true;
  options.families = {{"default", FamilyKind::kLog},
                      {"ops", FamilyKind::kPoint}};
  auto database = Database::Open(store + "/log", Disk::Machine(), options);
  REQUIRE_OK(database);
  return *std::move(database);
}

// Writes `value` over the one checkpoint of the store.
void PutCheckpoint(const std::string& store, std::string_view value) {
  std::unique_ptr<Database> log = OpenLog(store);
  std::string key;
  REQUIRE_OK(log->ScanBackward(kOps, "subscription/", "subscription0",
                               [&](std::string_view k, std::string_view) {
                                 key.assign(k);
                                 return false;
                               }));
  REQUIRE(!key.empty());
  Batch batch;
  batch.Put(kOps, key, value);
  REQUIRE_OK(log->Write(batch, true));
}

std::string Checkpoint(Position position, uint64_t fingerprint) {
  std::string value("\1", 1);
  PutBe32(&value, 1);
  PutBe64(&value, position);
  PutBe64(&value, fingerprint);
  return value;
}

SubscriptionOptions Mailer() {
  SubscriptionOptions options;
  options.name = "mailer";
  return options;
}

// Reads everything. Returns how many events there were.
size_t Drain(Subscription& subscription) {
  Message message;
  size_t events = 0;
  while (true) {
    const Result<bool> got = subscription.Next(&message, milliseconds(0));
    REQUIRE_OK(got);
    if (!*got) return events;
    if (message.kind == Message::Kind::kEvent) ++events;
  }
}

// A closed store with ten events, of which "mailer" has acknowledged all.
Position MakeStore(const std::string& path) {
  Store store = MustOpen(path);
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 10, 3);
  Result<Subscription> subscription = tenant.Subscribe(Mailer());
  REQUIRE_OK(subscription);
  CHECK(Drain(*subscription) == 10);
  REQUIRE_OK(subscription->Acknowledge(subscription->position()));
  const Position head = store.GetStats()->head;
  REQUIRE_OK(store.Close());
  return head;
}

TEST_CASE("a checkpoint beyond the head is told, with both positions") {
  Scratch scratch;
  const Position head = MakeStore(scratch / "s");
  PutCheckpoint(scratch / "s", Checkpoint(head + 40, 7));
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  const Result<Subscription> refused = tenant.Subscribe(Mailer());
  CHECK_CODE(refused, kRolledBack);
  const std::string text(refused.status().message());
  CHECK(text.find("mailer") != std::string::npos);
  CHECK(text.find(std::to_string(head + 40)) != std::string::npos);
  CHECK(text.find("ends at " + std::to_string(head)) != std::string::npos);
  const auto list = tenant.ListSubscriptions();
  REQUIRE_OK(list);
  REQUIRE(list->size() == 1);
  CHECK((*list)[0].rolled_back);
  CHECK((*list)[0].position == head + 40);
  // The way on.
  REQUIRE_OK(tenant.DropSubscription("mailer"));
  SubscriptionOptions options = Mailer();
  options.after = head - 2;
  Result<Subscription> subscription = tenant.Subscribe(options);
  REQUIRE_OK(subscription);
  CHECK(Drain(*subscription) == 2);
}

TEST_CASE("a log that was set back and has grown again is told, too") {
  Scratch scratch;
  const Position head = MakeStore(scratch / "s");
  PutCheckpoint(scratch / "s", Checkpoint(head - 1, 7));
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  CHECK_CODE(tenant.Subscribe(Mailer()), kRolledBack);
  CHECK((*tenant.ListSubscriptions())[0].rolled_back);
  REQUIRE_OK(tenant.DropSubscription("mailer"));
  REQUIRE_OK(tenant.Subscribe(Mailer()));
}

TEST_CASE("a malformed checkpoint is damage, and can be dropped by hand only") {
  Scratch scratch;
  MakeStore(scratch / "s");
  PutCheckpoint(scratch / "s", "nonsense");
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  CHECK_CODE(tenant.Subscribe(Mailer()), kCorruption);
  CHECK_CODE(tenant.ListSubscriptions(), kCorruption);
  SubscriptionOptions unnamed;
  REQUIRE_OK(tenant.Subscribe(unnamed));
}

TEST_CASE("a missing record is told after all before it, and can be passed") {
  Scratch scratch;
  const Position head = MakeStore(scratch / "s");
  {
    std::unique_ptr<Database> log = OpenLog(scratch / "s");
    std::string key;
    PutBe64(&key, head - 3);
    Batch batch;
    batch.Delete(kEvents, key);
    REQUIRE_OK(log->Write(batch, true));
  }
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  Result<Subscription> subscription = tenant.Subscribe({});
  REQUIRE_OK(subscription);
  Message message;
  for (int i = 0; i < 6; ++i) {
    REQUIRE_OK(subscription->Next(&message, milliseconds(0)));
  }
  for (int i = 0; i < 2; ++i) {
    const Result<bool> damaged = subscription->Next(&message, milliseconds(0));
    CHECK_CODE(damaged, kCorruption);
    CHECK(damaged.status().message().find(std::to_string(head - 3)) !=
          std::string_view::npos);
  }
  CHECK(subscription->position() == head - 4);
  SubscriptionOptions options;
  options.after = head - 3;
  Result<Subscription> behind = tenant.Subscribe(options);
  REQUIRE_OK(behind);
  CHECK(Drain(*behind) == 3);
}

TEST_CASE("an event that does not open is told, again and again") {
  Scratch scratch;
  const Position head = MakeStore(scratch / "s");
  {
    std::unique_ptr<Database> log = OpenLog(scratch / "s");
    std::string key;
    PutBe64(&key, head - 1);
    std::string value;
    REQUIRE(*log->Get(kEvents, key, &value));
    value.back() ^= 1;  // Of the tag: this one ends no batch.
    Batch batch;
    batch.Put(kEvents, key, value);
    REQUIRE_OK(log->Write(batch, true));
  }
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  SubscriptionOptions options;
  options.after = head - 3;
  Result<Subscription> subscription = tenant.Subscribe(options);
  REQUIRE_OK(subscription);
  Message message;
  REQUIRE_OK(subscription->Next(&message, milliseconds(0)));
  for (int i = 0; i < 2; ++i) {
    CHECK_CODE(subscription->Next(&message, milliseconds(0)), kCorruption);
    CHECK(message.event.id.empty());
  }
  // Its open part is sound.
  options.open_parts_only = true;
  Result<Subscription> open = tenant.Subscribe(options);
  REQUIRE_OK(open);
  CHECK(Drain(*open) == 3);
}

}  // namespace
}  // namespace crm
