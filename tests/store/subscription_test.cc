// Subscriptions: order, filters, shares, checkpoints, waiting, lag.

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "store/fixture.h"

namespace crm {
namespace {

using std::chrono::milliseconds;
using Kind = Message::Kind;

Subscription MustSubscribe(Tenant& tenant,
                           const SubscriptionOptions& options = {}) {
  Result<Subscription> subscription = tenant.Subscribe(options);
  REQUIRE_OK(subscription);
  return *std::move(subscription);
}

SubscriptionOptions Named(std::string name) {
  SubscriptionOptions options;
  options.name = std::move(name);
  return options;
}

// The next message; "e<id>", "checkpoint", "caught up" or "nothing".
std::string NextText(Subscription& subscription, Message* message) {
  const Result<bool> got = subscription.Next(message, milliseconds(0));
  REQUIRE_OK(got);
  if (!*got) return "nothing";
  if (message->kind == Kind::kCheckpoint) return "checkpoint";
  if (message->kind == Kind::kCaughtUp) return "caught up";
  return std::string(message->event.id);
}

std::string NextText(Subscription& subscription) {
  Message message;
  return NextText(subscription, &message);
}

// Ids of the events up to the next time that nothing is there.
std::vector<std::string> Drain(Subscription& subscription) {
  std::vector<std::string> ids;
  Message message;
  while (true) {
    const Result<bool> got = subscription.Next(&message, milliseconds(0));
    REQUIRE_OK(got);
    if (!*got) return ids;
    if (message.kind == Kind::kEvent) ids.emplace_back(message.event.id);
  }
}

using Ids = std::vector<std::string>;

TEST_CASE("a subscription catches up, says so, and follows") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppend(tenant, {MemberEvent("a", 1), MemberEvent("b", 2)});
  Subscription subscription = MustSubscribe(tenant);
  Message message;
  CHECK(NextText(subscription, &message) == "a");
  CHECK(message.event.customer == 1);
  CHECK(message.event.type == "scl.booking.made");
  CHECK(message.event.opened);
  CHECK(message.position == message.event.position);
  CHECK(subscription.position() == message.position);
  CHECK(NextText(subscription) == "b");
  CHECK(NextText(subscription) == "caught up");
  CHECK(NextText(subscription) == "nothing");
  MustAppendOne(tenant, MemberEvent("c", 1));
  CHECK(NextText(subscription) == "c");
  CHECK(NextText(subscription, &message) == "caught up");
  CHECK(message.position == store.GetStats()->head);
  CHECK(message.event.id.empty());
  CHECK(NextText(subscription) == "nothing");
}

TEST_CASE("an empty store is caught up at once") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Subscription subscription = MustSubscribe(tenant);
  CHECK(NextText(subscription) == "caught up");
  CHECK(NextText(subscription) == "nothing");
}

TEST_CASE("it gives what a replay gives, over checkpoints and the tail") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Tenant other = MustTenant(store, "other");
  Subscription live = MustSubscribe(tenant);
  Ids seen;
  for (int round = 0; round < 4; ++round) {
    Fill(tenant, "r" + std::to_string(round) + "-", 1700, 40);
    Fill(other, "o" + std::to_string(round) + "-", 300, 4);
    if (round % 2 == 0) REQUIRE_OK(store.Flush());
    const Ids some = Drain(live);
    seen.insert(seen.end(), some.begin(), some.end());
  }
  Ids expected;
  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  while (true) {
    const Result<bool> more = cursor->Next(&event);
    REQUIRE_OK(more);
    if (!*more) break;
    expected.emplace_back(event.id);
  }
  CHECK(expected.size() == 6800);
  CHECK(seen == expected);
  Subscription late = MustSubscribe(tenant);
  CHECK(Drain(late) == expected);
}

TEST_CASE("filters look at type, source and backfill") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  SubscriptionOptions options;
  options.types = {"paid", "never heard of"};
  Subscription paid = MustSubscribe(tenant, options);
  options = {};
  options.sources = {"web"};
  Subscription web = MustSubscribe(tenant, options);
  options = {};
  options.skip_backfill = true;
  options.open_parts_only = true;
  Subscription fresh = MustSubscribe(tenant, options);
  Event event = MemberEvent("1", 1);
  MustAppendOne(tenant, event);
  event.id = "2";
  event.type = "paid";
  MustAppendOne(tenant, event);
  event.id = "3";
  event.source = "web";
  MustAppendOne(tenant, event, {.backfill = true});
  CHECK(Drain(paid) == Ids{"2", "3"});
  CHECK(Drain(web) == Ids{"3"});
  Message message;
  CHECK(NextText(fresh, &message).empty());  // Its id is sealed.
  CHECK_FALSE(message.event.opened);
  CHECK(message.event.type == "scl.booking.made");
  CHECK(NextText(fresh, &message).empty());
  CHECK(NextText(fresh, &message) == "caught up");
}

TEST_CASE("a narrow filter tells its progress, and may acknowledge it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 1000, 10);
  SubscriptionOptions options = Named("narrow");
  options.types = {"rare"};
  options.checkpoint_interval = 300;
  Message message;
  {
    Subscription subscription = MustSubscribe(tenant, options);
    for (const Position position : {300, 600, 900}) {
      CHECK(NextText(subscription, &message) == "checkpoint");
      CHECK(message.position == position);
    }
    REQUIRE_OK(subscription.Acknowledge(600));
    CHECK(NextText(subscription) == "caught up");
    CHECK(NextText(subscription) == "nothing");
    // Nothing is said about what is not for it, but the position moves.
    Fill(tenant, "f", 10, 1);
    CHECK(NextText(subscription) == "nothing");
    CHECK(subscription.position() == store.GetStats()->head);
    Event rare = MemberEvent("rare", 1);
    rare.type = "rare";
    MustAppendOne(tenant, rare);
    CHECK(NextText(subscription) == "rare");
  }
  Subscription again = MustSubscribe(tenant, options);
  CHECK(again.position() == 600);
  CHECK(again.acknowledged() == 600);
}

TEST_CASE("a deadline ends a long look at what is not wanted") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 9000, 10);
  SubscriptionOptions options;
  options.types = {"rare"};
  options.checkpoint_interval = 1'000'000;
  Subscription subscription = MustSubscribe(tenant, options);
  Message message;
  CHECK(NextText(subscription, &message) == "checkpoint");
  CHECK(message.position == 4096);
  CHECK(NextText(subscription, &message) == "checkpoint");
  CHECK(NextText(subscription, &message) == "caught up");
}

TEST_CASE("what was not acknowledged comes again, and nothing else") {
  Scratch scratch;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    Subscription subscription = MustSubscribe(tenant, Named("mailer"));
    for (const char* id : {"a", "b", "c", "d"}) {
      MustAppendOne(tenant, MemberEvent(id, 1));
    }
    Message message;
    CHECK(NextText(subscription) == "a");
    CHECK(NextText(subscription, &message) == "b");
    CHECK(NextText(subscription) == "c");
    REQUIRE_OK(subscription.Acknowledge(message.position, Durability::kSync));
    REQUIRE_OK(subscription.Acknowledge(message.position));
    REQUIRE_OK(subscription.Acknowledge(1, Durability::kSync));
    CHECK(subscription.acknowledged() == message.position);
    CHECK_CODE(subscription.Acknowledge(subscription.position() + 1),
               kInvalidArgument);
    REQUIRE_OK(store.Close());
    CHECK_CODE(subscription.Next(&message, milliseconds(0)),
               kFailedPrecondition);
    CHECK_CODE(subscription.Acknowledge(message.position), kFailedPrecondition);
    CHECK_CODE(subscription.GetLag(), kFailedPrecondition);
    subscription.Cancel();
  }
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  // Acknowledged for good: `after` does not move it.
  SubscriptionOptions options = Named("mailer");
  options.after = kFromNow;
  Subscription subscription = MustSubscribe(tenant, options);
  CHECK(Drain(subscription) == Ids{"c", "d"});
}

TEST_CASE("where it begins is kept from the first Subscribe on") {
  Scratch scratch;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    MustAppendOne(tenant, MemberEvent("old", 1));
    SubscriptionOptions options = Named("mailer");
    options.after = kFromNow;
    options.consumers = 2;
    Subscription subscription = MustSubscribe(tenant, options);
    for (int i = 0; i < 20; ++i) {
      MustAppendOne(tenant, MemberEvent("new" + std::to_string(i), i));
    }
  }
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  Ids all;
  for (const uint32_t consumer : {0, 1}) {
    SubscriptionOptions options = Named("mailer");
    options.after = kFromNow;
    options.consumers = 2;
    options.consumer = consumer;
    Subscription subscription = MustSubscribe(tenant, options);
    const Ids some = Drain(subscription);
    all.insert(all.end(), some.begin(), some.end());
  }
  CHECK(all.size() == 20);
}

TEST_CASE("it begins after a position, at the head, or is told of the end") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const Position first = MustAppendOne(tenant, MemberEvent("a", 1)).position;
  const Position head = MustAppendOne(tenant, MemberEvent("b", 1)).position;
  SubscriptionOptions options;
  options.after = first;
  Subscription behind = MustSubscribe(tenant, options);
  CHECK(Drain(behind) == Ids{"b"});
  options.after = head;
  Subscription at_head = MustSubscribe(tenant, options);
  CHECK(Drain(at_head).empty());
  options.after = head + 7;
  const Result<Subscription> beyond = tenant.Subscribe(options);
  CHECK_CODE(beyond, kRolledBack);
  const std::string text(beyond.status().message());
  CHECK(text.find(std::to_string(head + 7)) != std::string::npos);
  CHECK(text.find("ends at " + std::to_string(head)) != std::string::npos);
  CHECK_CODE(at_head.Acknowledge(head), kFailedPrecondition);  // No name.
}

TEST_CASE("options that cannot be are refused") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  SubscriptionOptions options = Named(std::string(129, 'n'));
  CHECK_CODE(tenant.Subscribe(options), kTooLarge);
  CHECK_CODE(tenant.Subscribe(Named("a\nb")), kInvalidArgument);
  options = {};
  options.consumers = 0;
  CHECK_CODE(tenant.Subscribe(options), kInvalidArgument);
  options.consumers = kMaxConsumers + 1;
  CHECK_CODE(tenant.Subscribe(options), kInvalidArgument);
  options.consumers = options.consumer = 3;
  CHECK_CODE(tenant.Subscribe(options), kInvalidArgument);
  options = {};
  options.checkpoint_interval = 0;
  CHECK_CODE(tenant.Subscribe(options), kInvalidArgument);
  options = {};
  options.types = {""};
  CHECK_CODE(tenant.Subscribe(options), kInvalidArgument);
  options = {};
  options.sources = {std::string(129, 's')};
  CHECK_CODE(tenant.Subscribe(options), kTooLarge);
  CHECK(tenant.ListSubscriptions()->empty());
}

TEST_CASE("a name has one subscription a consumer, and is dropped when idle") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Tenant other = MustTenant(store, "other");
  SubscriptionOptions options = Named("mailer");
  options.consumers = 3;
  {
    Subscription first = MustSubscribe(tenant, options);
    CHECK_CODE(tenant.Subscribe(options), kBusy);
    Subscription elsewhere = MustSubscribe(other, options);
    options.consumer = 2;
    Subscription third = MustSubscribe(tenant, options);
    options.consumers = 4;
    options.consumer = 1;
    CHECK_CODE(tenant.Subscribe(options), kConflict);
    options.consumers = 3;
    CHECK_CODE(tenant.DropSubscription("mailer"), kBusy);
    Result<std::vector<SubscriptionInfo>> list = tenant.ListSubscriptions();
    REQUIRE_OK(list);
    REQUIRE(list->size() == 3);
    CHECK((*list)[0].live);
    CHECK_FALSE((*list)[1].live);
    CHECK((*list)[2].live);
    // A moved one is the same one.
    const Subscription moved = std::move(third);
    CHECK_CODE(tenant.DropSubscription("mailer"), kBusy);
  }
  REQUIRE_OK(tenant.DropSubscription("mailer"));
  CHECK_CODE(tenant.DropSubscription("mailer"), kNotFound);
  CHECK(tenant.ListSubscriptions()->empty());
  CHECK(other.ListSubscriptions()->size() == 3);
  MustSubscribe(tenant, options);
}

TEST_CASE("names that begin alike are told apart") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (const char* name : {"mail", "mailer", "mai", "mail b"}) {
    MustSubscribe(tenant, Named(name));
  }
  REQUIRE_OK(tenant.DropSubscription("mail"));
  Ids names;
  const Result<std::vector<SubscriptionInfo>> list = tenant.ListSubscriptions();
  REQUIRE_OK(list);
  for (const SubscriptionInfo& info : *list) {
    names.push_back(info.name);
  }
  CHECK(names == Ids{"mai", "mail b", "mailer"});
}

TEST_CASE("shares: each event once, a customer with one consumer, for good") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "e", 3000, 200);
  std::vector<Event> nobodys;
  for (int i = 0; i < 200; ++i) {
    nobodys.push_back(MakeEvent("n" + std::to_string(i), {}));
  }
  MustAppend(tenant, nobodys);
  std::map<CustomerId, uint32_t> owners;
  std::set<std::string> seen;
  std::vector<size_t> counts;
  for (uint32_t consumer = 0; consumer < 4; ++consumer) {
    SubscriptionOptions options;
    options.consumers = 4;
    options.consumer = consumer;
    Subscription subscription = MustSubscribe(tenant, options);
    Message message;
    size_t count = 0;
    while (*subscription.Next(&message, milliseconds(0))) {
      if (message.kind != Kind::kEvent) continue;
      ++count;
      CHECK(seen.insert(std::string(message.event.id)).second);
      if (message.event.customer == 0) continue;
      const auto owner = owners.emplace(message.event.customer, consumer).first;
      CHECK(owner->second == consumer);
    }
    counts.push_back(count);
  }
  CHECK(seen.size() == 3200);
  for (const size_t count : counts) CHECK(count > 300);
  // The promise of the format: these do not change.
  const std::vector<uint32_t> first = {owners[1], owners[2], owners[3],
                                       owners[4], owners[5], owners[6]};
  CHECK(first == std::vector<uint32_t>{2, 3, 0, 2, 1, 1});
}

TEST_CASE("lag counts positions, events and time") {
  auto clock = std::make_shared<StillClock>();
  StoreOptions options = Quick();
  options.clock = clock;
  Store store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(store);
  Tenant other = MustTenant(store, "other");
  Subscription subscription = MustSubscribe(tenant, Named("mailer"));
  CHECK(subscription.GetLag()->events == 0);
  CHECK_FALSE(subscription.GetLag()->oldest.has_value());
  const Timestamp begin = clock->Now();
  for (int i = 0; i < 10; ++i) {
    Event event = MemberEvent(std::to_string(i), i % 3);
    event.type = "type-" + std::to_string(i % 4);
    MustAppendOne(tenant, event);
    if (i % 2 == 0) MustAppendOne(other, event);
    clock->Advance(std::chrono::seconds(1));
    if (i == 3 || i == 7) REQUIRE_OK(store.Flush());
  }
  const Position head = store.GetStats()->head;
  Lag lag = *subscription.GetLag();
  CHECK(lag.positions == head - subscription.position());
  CHECK(lag.events == 10);
  CHECK(lag.time == std::chrono::seconds(9));
  CHECK(lag.oldest == begin);
  Message message;
  for (int seen = 1; seen <= 10; ++seen) {
    REQUIRE_OK(subscription.Next(&message, milliseconds(0)));
    lag = *subscription.GetLag();
    CHECK(lag.events == 10 - seen);
    CHECK(lag.positions == head - message.position);
    // Every other one is followed by one of the other tenant, as old as it.
    CHECK(lag.time ==
          std::chrono::seconds(seen == 10 ? 0 : 9 - (seen - seen % 2)));
  }
  CHECK((*tenant.ListSubscriptions())[0].lag.events == 10);
  REQUIRE_OK(subscription.Acknowledge(message.position));
  CHECK((*tenant.ListSubscriptions())[0].lag.events == 0);
  CHECK((*tenant.ListSubscriptions())[0].position == message.position);
}

// --- Waiting -----------------------------------------------------------------

TEST_CASE("Next waits as long as it was told, and no longer") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Subscription subscription = MustSubscribe(tenant);
  CHECK(NextText(subscription) == "caught up");
  Message message;
  for (const int wait : {0, 30, 120}) {
    const auto start = std::chrono::steady_clock::now();
    const Result<bool> got = subscription.Next(&message, milliseconds(wait));
    const auto took = std::chrono::steady_clock::now() - start;
    REQUIRE_OK(got);
    CHECK_FALSE(*got);
    CHECK(took >= milliseconds(wait));
    CHECK(took < milliseconds(wait + 2000));  // A busy machine is slow.
  }
  CHECK_FALSE(*subscription.Next(&message, milliseconds(-5)));
}

TEST_CASE("an append wakes who waits") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Subscription subscription = MustSubscribe(tenant);
  CHECK(NextText(subscription) == "caught up");
  std::thread appender([&] {
    std::this_thread::sleep_for(milliseconds(20));
    MustAppendOne(tenant, MemberEvent("a", 1));
  });
  Message message;
  const Result<bool> got = subscription.Next(&message, milliseconds::max());
  appender.join();
  REQUIRE_OK(got);
  CHECK(*got);
  CHECK(message.event.id == "a");
}

TEST_CASE("Cancel wakes who waits, for good") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Subscription subscription = MustSubscribe(tenant, Named("mailer"));
  CHECK(NextText(subscription) == "caught up");
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(20));
    subscription.Cancel();
  });
  Message message;
  CHECK_CODE(subscription.Next(&message, std::chrono::hours(1)), kCancelled);
  canceller.join();
  MustAppendOne(tenant, MemberEvent("a", 1));
  CHECK_CODE(subscription.Next(&message, milliseconds(0)), kCancelled);
  REQUIRE_OK(subscription.Acknowledge(subscription.position()));
}

TEST_CASE("Close wakes who waits; a Close that is refused does not") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, MemberEvent("a", 1));
  Subscription subscription = MustSubscribe(tenant);
  CHECK(Drain(subscription) == Ids{"a"});
  Status closed;
  {
    Result<EventCursor> cursor = tenant.Replay({});
    REQUIRE_OK(cursor);
    std::thread refused([&] {
      std::this_thread::sleep_for(milliseconds(20));
      closed = store.Close();
    });
    Message message;
    const Result<bool> got = subscription.Next(&message, milliseconds(100));
    refused.join();
    REQUIRE_OK(got);
    CHECK_FALSE(*got);
    CHECK_CODE(closed, kFailedPrecondition);
  }
  std::thread closer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    closed = store.Close();
  });
  Message message;
  CHECK_CODE(subscription.Next(&message, std::chrono::hours(1)),
             kFailedPrecondition);
  closer.join();
  REQUIRE_OK(closed);
}

TEST_CASE("many wait at once, each for its own") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  constexpr int kThreads = 8;
  constexpr size_t kEvents = 200;
  std::vector<Ids> seen(kThreads);
  std::vector<std::thread> threads;
  for (Ids& ids : seen) {
    threads.emplace_back([&tenant, &ids] {
      Result<Subscription> subscription = tenant.Subscribe();
      Message message;
      while (ids.size() < kEvents) {
        const Result<bool> got =
            subscription->Next(&message, std::chrono::minutes(5));
        if (!got.ok() || !*got) return;
        if (message.kind == Kind::kEvent) ids.emplace_back(message.event.id);
      }
    });
  }
  Ids expected;
  for (size_t i = 0; i < kEvents; ++i) {
    expected.push_back("e" + std::to_string(i));
    MustAppendOne(tenant, MemberEvent(expected.back(), 1));
  }
  for (std::thread& thread : threads) thread.join();
  for (const Ids& ids : seen) CHECK(ids == expected);
}

}  // namespace
}  // namespace crm
