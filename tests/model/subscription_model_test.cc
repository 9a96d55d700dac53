// Consumers beside appending threads, through re-opens and crashes, compared
// with the list of what was appended: every event exactly once behind the
// position that was acknowledged, in order; a customer always with the same
// consumer; all shares together are everything; nothing before it is
// acknowledged to its appender's store. The seed is printed when something
// differs and may be given as CRM_TEST_SEED.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <thread>

#include "store/fixture.h"

namespace crm {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

constexpr uint32_t kConsumers = 3;
constexpr int kAppenders = 2;

// What is known of an event, from the answer to its append.
struct Known {
  CustomerId customer;
  std::string type;
  std::string id;
};

// What one subscription saw, from Subscribe to its end.
struct Life {
  Position begin = 0;
  std::vector<Position> seen;
  // The last position that it spoke for, and what it acknowledged of it.
  Position reached = 0;
  Position acknowledged = 0;
};

// A consumer over all its lives. One thread at a time.
class Consumer {
 public:
  Consumer(SubscriptionOptions options, uint32_t seed)
      : options_(std::move(options)), random_(seed) {}

  // Lives until `stop`: reads, acknowledges now and then, and begins anew.
  void Run(Tenant tenant, const std::atomic<bool>& stop) {
    while (!stop.load()) LiveOnce(tenant, stop, false);
  }
  // Reads what is left.
  void Finish(Tenant tenant) {
    const std::atomic<bool> never{false};
    LiveOnce(tenant, never, true);
  }

  const SubscriptionOptions& options() const { return options_; }
  const std::vector<Life>& lives() const { return lives_; }
  const std::string& wrong() const { return wrong_; }

 private:
  void LiveOnce(Tenant& tenant, const std::atomic<bool>& stop, bool to_end) {
    Result<Subscription> subscription = tenant.Subscribe(options_);
    if (!subscription.ok()) return Fail(subscription.status().ToString());
    Life& life = lives_.emplace_back();
    life.begin = life.reached = life.acknowledged = subscription->position();
    const size_t events = 1 + random_() % 400;
    Message message;
    while ((to_end || life.seen.size() < events) && !stop.load()) {
      const Result<bool> got = subscription->Next(
          &message, milliseconds(to_end ? 0 : random_() % 20));
      if (!got.ok()) return Fail(got.status().ToString());
      if (!*got && to_end) break;
      if (*got) Take(message, tenant, &life);
      life.reached = subscription->position();
      if (random_() % 8 == 0) Acknowledge(*subscription, &life);
      if (!to_end && random_() % 200 == 0) break;
    }
  }

  void Take(const Message& message, const Tenant& tenant, Life* life) {
    if (message.kind != Message::Kind::kEvent) return;
    life->seen.push_back(message.position);
    const auto head = tenant.WaitForEvents(0, milliseconds(0));
    if (!head.ok() || *head < message.position) Fail("beyond the head");
    if (!message.event.opened || message.event.id.empty()) Fail("not opened");
  }

  // Any position up to where it is, also one of nobody's event.
  void Acknowledge(Subscription& subscription, Life* life) {
    const Position span = life->reached - life->acknowledged;
    const Position position =
        life->reached - (random_() % 2 == 0 ? 0 : random_() % (span + 1));
    const Status status = subscription.Acknowledge(position);
    if (!status.ok()) return Fail(status.ToString());
    life->acknowledged = std::max(life->acknowledged, position);
  }

  void Fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  const SubscriptionOptions options_;
  std::mt19937 random_;
  std::vector<Life> lives_;
  std::string wrong_;
};

class Model {
 public:
  explicit Model(uint32_t seed) : random_(seed) {
    options_ = Quick();
    options_.background_threads = static_cast<int>(seed % 2);
    options_.checkpoint_records = 1000;
    options_.key_file = scratch_ / "key";
    Open();
    for (uint32_t i = 0; i < kConsumers; ++i) {
      SubscriptionOptions options;
      options.name = "group";
      options.consumers = kConsumers;
      options.consumer = i;
      options.checkpoint_interval = 1 + random_() % 200;
      consumers_.push_back(std::make_unique<Consumer>(options, random_()));
    }
    SubscriptionOptions options;
    options.name = "some types";
    options.types = {"type-0", "type-2"};
    options.checkpoint_interval = 1 + random_() % 50;
    consumers_.push_back(std::make_unique<Consumer>(options, random_()));
  }

  void Run(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      Round();
      if (random_() % 3 == 0) {
        Crash();
      } else {
        REQUIRE_OK(store_->Close());
        Open();
      }
    }
    for (const auto& consumer : consumers_) {
      consumer->Finish(MustTenant(*store_, "a"));
    }
    Compare();
    CheckSound(*store_);
  }

 private:
  void Open() {
    const std::string path = scratch_ / ("s" + std::to_string(crashes_));
    store_ = std::make_unique<Store>(MustOpen(path, options_));
  }

  // As if the process had been killed: a copy of the files as they are, while
  // the store is open and at rest.
  void Crash() {
    const std::string before = scratch_ / ("s" + std::to_string(crashes_));
    ++crashes_;
    const std::string after = scratch_ / ("s" + std::to_string(crashes_));
    fs::copy(before, after, fs::copy_options::recursive);
    store_.reset();
    fs::remove_all(before);
    Open();
  }

  void Round() {
    const Tenant a = MustTenant(*store_, "a");
    const Tenant b = MustTenant(*store_, "b");
    std::atomic<bool> stop{false};
    std::vector<std::thread> readers;
    for (const auto& consumer : consumers_) {
      readers.emplace_back([&] { consumer->Run(a, stop); });
    }
    std::vector<std::thread> appenders;
    for (int i = 0; i < kAppenders; ++i) {
      const uint32_t seed = random_();
      appenders.emplace_back([=, this] { AppendSome(a, b, seed); });
    }
    if (random_() % 2 == 0) REQUIRE_OK(store_->Flush());
    for (std::thread& thread : appenders) thread.join();
    std::this_thread::sleep_for(milliseconds(random_() % 10));
    stop.store(true);
    for (std::thread& thread : readers) thread.join();
  }

  void AppendSome(Tenant a, Tenant b, uint32_t seed) {
    std::mt19937 random(seed);
    for (int request = 0; request < 60; ++request) {
      std::vector<Event> events(1 + random() % 12);
      for (Event& event : events) {
        event = MakeEvent("e" + std::to_string(ids_.fetch_add(1)), {});
        if (random() % 10 != 0) {
          event.identifiers = {
              {"sclMemberId", "m" + std::to_string(random() % 40)}};
        }
        event.type = "type-" + std::to_string(random() % 4);
      }
      const bool of_b = random() % 4 == 0;
      const Result<AppendResult> result = (of_b ? b : a).Append(events);
      std::lock_guard<std::mutex> lock(mutex_);
      if (!result.ok()) {
        append_failed_ = result.status().ToString();
        return;
      }
      if (of_b) continue;
      for (size_t i = 0; i < events.size(); ++i) {
        const EventOutcome& outcome = result->events[i];
        known_[outcome.position] = {outcome.customer, events[i].type,
                                    events[i].id};
      }
    }
  }

  void Compare() {
    REQUIRE(append_failed_ == "");
    std::map<Position, uint32_t> shares;
    std::map<CustomerId, uint32_t> owners;
    for (uint32_t i = 0; i < kConsumers; ++i) {
      for (const Life& life : consumers_[i]->lives()) {
        for (const Position position : life.seen) {
          REQUIRE(known_.count(position) == 1);
          CHECK(shares.emplace(position, i).first->second == i);
          const CustomerId customer = known_[position].customer;
          if (customer == 0) continue;
          CHECK(owners.emplace(customer, i).first->second == i);
        }
      }
    }
    CHECK(shares.size() == known_.size());
    for (uint32_t i = 0; i < consumers_.size(); ++i) {
      std::vector<Position> wanted;
      for (const auto& [position, event] : known_) {
        const bool is_wanted =
            i < kConsumers ? shares[position] == i
                           : event.type == "type-0" || event.type == "type-2";
        if (is_wanted) wanted.push_back(position);
      }
      CompareLives(*consumers_[i], wanted);
    }
  }

  // Each life begins where the one before was acknowledged, and sees what is
  // wanted from there to where it came, each once, in order.
  static void CompareLives(const Consumer& consumer,
                           const std::vector<Position>& wanted) {
    REQUIRE(consumer.wrong() == "");
    Position begin = 0;
    for (const Life& life : consumer.lives()) {
      CHECK(life.begin == begin);
      const auto from =
          std::upper_bound(wanted.begin(), wanted.end(), life.begin);
      const auto to =
          std::upper_bound(wanted.begin(), wanted.end(), life.reached);
      CHECK(life.seen == std::vector<Position>(from, to));
      begin = life.acknowledged;
    }
    CHECK(consumer.lives().back().reached >=
          (wanted.empty() ? 0 : wanted.back()));
  }

  Scratch scratch_;
  std::mt19937 random_;
  StoreOptions options_;
  std::unique_ptr<Store> store_;
  int crashes_ = 0;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::atomic<uint64_t> ids_{0};
  std::mutex mutex_;
  std::map<Position, Known> known_;  // Of tenant a. Guarded by mutex_.
  std::string append_failed_;        // Guarded by mutex_.
};

TEST_CASE("no event is skipped or seen twice") {
  const char* const given = std::getenv("CRM_TEST_SEED");
  if (given != nullptr) {
    Model(static_cast<uint32_t>(std::strtoul(given, nullptr, 10))).Run(8);
    return;
  }
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    INFO("CRM_TEST_SEED=" << seed);
    Model(seed).Run(8);
  }
}

}  // namespace
}  // namespace crm
