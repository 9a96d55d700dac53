// Subscriptions: who is who, between the events.

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "store/fixture.h"

namespace crm {
namespace {

using std::chrono::milliseconds;
using Kind = Message::Kind;

// One step for each id that leads to another, as IdentityChange tells.
class Redirects {
 public:
  void Apply(const IdentityChange& change) {
    if (change.kind == IdentityChange::Kind::kMerged) {
      to_[change.from] = change.to;
    } else {
      to_.erase(change.to);
    }
  }
  CustomerId Follow(CustomerId id) const {
    for (size_t steps = 0; steps <= to_.size(); ++steps) {
      const auto found = to_.find(id);
      if (found == to_.end()) return id;
      id = found->second;
    }
    FAIL("a circle");
    return 0;
  }

 private:
  std::map<CustomerId, CustomerId> to_;
};

Subscription MustSubscribe(Tenant& tenant,
                           const SubscriptionOptions& options = {}) {
  Result<Subscription> subscription = tenant.Subscribe(options);
  REQUIRE_OK(subscription);
  return *std::move(subscription);
}

// "e1" for an event, "2>1" for a merge of 2 into 1, "1/2" for a split, "1x" for
// an erasure.
std::string Show(const Message& message) {
  const std::string from = std::to_string(message.change.from);
  const std::string to = std::to_string(message.change.to);
  switch (message.kind) {
    case Kind::kEvent:
      CHECK(message.change.from == 0);
      return std::string(message.event.id);
    case Kind::kMerged:
      CHECK(message.event.id.empty());
      return from + ">" + to;
    case Kind::kSplit:
      CHECK(message.event.id.empty());
      return from + "/" + to;
    case Kind::kErased:
      CHECK(message.event.id.empty());
      return from + "x";
    case Kind::kCheckpoint:
    case Kind::kCaughtUp:
      break;
  }
  CHECK(message.change.from == 0);
  return "";
}

using Texts = std::vector<std::string>;

Texts Drain(Subscription& subscription) {
  Texts texts;
  Message message;
  while (true) {
    const Result<bool> got = subscription.Next(&message, milliseconds(0));
    REQUIRE_OK(got);
    if (!*got) return texts;
    CHECK(message.position == subscription.position());
    const std::string text = Show(message);
    if (!text.empty()) texts.push_back(text);
  }
}

Event Named(const std::string& id, std::vector<Identifier> identifiers,
            const std::string& source = "web") {
  Event event = MakeEvent(id, std::move(identifiers));
  event.source = source;
  return event;
}

// 1 and 2 are two people until e3 names both.
void MeetInAnEvent(Tenant& tenant) {
  MustAppendOne(tenant, Named("e1", {{"sclMemberId", "1"}}));
  MustAppendOne(tenant, Named("e2", {{"email", "a@example.com"}}));
  MustAppendOne(
      tenant, Named("e3", {{"sclMemberId", "1"}, {"email", "a@example.com"}}));
}

TEST_CASE("a merge by an event comes before that event") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MeetInAnEvent(tenant);
  Subscription all = MustSubscribe(tenant);
  CHECK(Drain(all) == Texts{"e1", "e2", "2>1", "e3"});
  // It tells of a merge while it waits, too.
  MustAppendOne(tenant, Named("e4", {{"email", "b@example.com"}}));
  REQUIRE_OK(tenant.Merge(1, 3));
  CHECK(Drain(all) == Texts{"e4", "3>1"});
  const Result<Lag> lag = all.GetLag();
  REQUIRE_OK(lag);
  CHECK(lag->positions == 0);
}

TEST_CASE("filters, open parts and shares do not hide who is who") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MeetInAnEvent(tenant);
  SubscriptionOptions options;
  options.types = {"no.such.type"};
  options.sources = {"nowhere"};
  options.open_parts_only = true;
  Subscription narrow = MustSubscribe(tenant, options);
  CHECK(Drain(narrow) == Texts{"2>1"});
  options.skip_identity = true;
  Subscription deaf = MustSubscribe(tenant, options);
  CHECK(Drain(deaf).empty());
  CHECK(deaf.position() == narrow.position());
  size_t events = 0;
  for (uint32_t consumer = 0; consumer < 3; ++consumer) {
    SubscriptionOptions share;
    share.consumers = 3;
    share.consumer = consumer;
    Subscription one = MustSubscribe(tenant, share);
    const Texts texts = Drain(one);
    CHECK(std::count(texts.begin(), texts.end(), "2>1") == 1);
    events += texts.size() - 1;
  }
  CHECK(events == 3);
  // Nobody else's.
  Tenant other = MustTenant(store, "other");
  MustAppendOne(other, Named("f1", {{"email", "a@example.com"}}));
  Subscription theirs = MustSubscribe(other);
  CHECK(Drain(theirs) == Texts{"f1"});
}

TEST_CASE("changes of one choice are done with together, or come again") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  for (int i = 1; i <= 4; ++i) {
    const std::string n = std::to_string(i);
    MustAppendOne(tenant, Named("e" + n, {{"email", n + "@example.com"}}));
  }
  for (CustomerId other = 2; other <= 4; ++other) {
    REQUIRE_OK(tenant.Merge(1, other));
  }
  SubscriptionOptions options;
  options.name = "crm";
  options.after = kFromNow;
  std::optional<Subscription> subscription(MustSubscribe(tenant, options));
  const Position before = subscription->position();
  UnmergeTarget target;
  target.customer = 1;
  const Result<UnmergeResult> split = tenant.Unmerge(target, {});
  REQUIRE_OK(split);
  Message message;
  for (int round = 0; round < 3; ++round) {
    // The first two of three: what can be acknowledged does not include them.
    int seen = 0;
    while (seen < 2) {
      const Result<bool> got = subscription->Next(&message, milliseconds(0));
      REQUIRE_OK(got);
      REQUIRE(*got);
      if (message.kind != Kind::kSplit) continue;
      ++seen;
      CHECK(message.change.position == split->position);
      CHECK(message.change.records.size() == 1);
      CHECK(message.position == split->position - 1);
      CHECK_CODE(subscription->Acknowledge(split->position), kInvalidArgument);
      REQUIRE_OK(subscription->Acknowledge(message.position));
    }
    subscription.reset();
    subscription.emplace(MustSubscribe(tenant, options));
    CHECK(subscription->position() == split->position - 1);
  }
  CHECK(before < split->position);
  CHECK(Drain(*subscription) == Texts{"1/2", "1/3", "1/4"});
  CHECK(subscription->position() >= split->position);
  REQUIRE_OK(subscription->Acknowledge(split->position));
  subscription.reset();
  subscription.emplace(MustSubscribe(tenant, options));
  CHECK(Drain(*subscription).empty());
}

// Merges, by hand and by events, and unmerges of all kinds, at random.
class Chooser {
 public:
  Chooser(Tenant tenant, uint32_t seed)
      : tenant_(std::move(tenant)), random_(seed) {}

  void Step() {
    const uint32_t what = random_() % 10;
    if (what < 5 || customers_ < 3) {
      Append();
    } else if (what < 8) {
      MergeOptions force;
      force.force = true;
      force.by = "test";
      force.why = "chance";
      (void)tenant_.Merge(Any(), Any(), force);
    } else {
      Unmerge();
    }
  }

 private:
  CustomerId Any() { return random_() % customers_ + 1; }
  std::string Value(uint32_t of) { return std::to_string(random_() % of); }

  void Append() {
    std::vector<Identifier> identifiers = {
        {"email", Value(60) + "@example.com"}};
    if (random_() % 2 == 0) identifiers.push_back({"sclMemberId", Value(40)});
    const EventOutcome outcome = MustAppendOne(
        tenant_,
        Named("e" + std::to_string(++events_), identifiers, "s" + Value(3)));
    customers_ = std::max(customers_, outcome.customer);
  }
  void Unmerge() {
    const Result<Customer> customer = tenant_.GetCustomer(Any());
    REQUIRE_OK(customer);
    UnmergeTarget target;
    if (random_() % 2 == 0) {
      target.customer = customer->id;
    } else {
      for (const CustomerRecord& record : customer->records) {
        if (random_() % 2 == 0) target.records.push_back(record.record);
      }
    }
    const Result<UnmergeResult> result = tenant_.Unmerge(target, {});
    if (!result.ok()) return;  // Nothing to take apart.
    for (const UnmergedPart& part : result->parts) {
      customers_ = std::max(customers_, part.customer);
    }
  }

  Tenant tenant_;
  std::mt19937 random_;
  CustomerId customers_ = 0;
  int events_ = 0;
};

TEST_CASE("a table that follows the changes leads where the store leads") {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Store store = MustOpenInMemory();
    Tenant tenant = MustTenant(store);
    std::atomic<bool> done{false};
    std::thread writer([&] {
      Chooser chooser(tenant, seed);
      for (int i = 0; i < 150; ++i) chooser.Step();
      done.store(true);
    });
    // A consumer that dies now and then, and acknowledges when it likes.
    std::mt19937 random(seed * 7);
    Redirects table;
    SubscriptionOptions options;
    options.name = "table";
    std::optional<Subscription> feed(MustSubscribe(tenant, options));
    Message message;
    size_t changes = 0;
    while (true) {
      const bool last = done.load();
      const Result<bool> got = feed->Next(&message, milliseconds(1));
      REQUIRE_OK(got);
      if (!*got && last) break;
      if (!*got) continue;
      if (message.kind == Kind::kMerged || message.kind == Kind::kSplit) {
        table.Apply(message.change);
        ++changes;
      }
      if (random() % 5 == 0) REQUIRE_OK(feed->Acknowledge(message.position));
      if (random() % 20 != 0) continue;
      feed.reset();
      feed.emplace(MustSubscribe(tenant, options));
    }
    writer.join();
    CHECK(changes > 10);
    const Result<TenantStats> stats = tenant.GetSnapshot()->GetStats();
    REQUIRE_OK(stats);
    Redirects paged;
    Position after = 0;
    while (true) {
      const Result<IdentityChanges> page = tenant.GetIdentityChanges(after, 3);
      REQUIRE_OK(page);
      for (const IdentityChange& change : page->changes) paged.Apply(change);
      if (page->position == after) break;
      after = page->position;
    }
    for (CustomerId id = 1; id <= stats->last_customer; ++id) {
      const Result<Customer> customer = tenant.GetCustomer(id);
      REQUIRE_OK(customer);
      CHECK(table.Follow(id) == customer->id);
      CHECK(paged.Follow(id) == customer->id);
    }
  }
}

}  // namespace
}  // namespace crm
