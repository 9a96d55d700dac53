// The law that makes an erasure work: what a replay of the log gives without
// her keys is what erasing made of the rows. Verify holds the two against each
// other, row by row of every room; here after random histories of people who
// share addresses and devices, say what may be sent to them, are merged, taken
// apart, resolved anew, erased, forgotten in part, and come back.

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

#include "store/fixture.h"

namespace crm {
namespace {

class History {
 public:
  History(Store& store, StillClock& clock, uint32_t seed)
      : store_(store),
        clock_(clock),
        tenant_(MustTenant(store)),
        random_(seed) {
    REQUIRE_OK(tenant_.SetPrivacySettings(
        R"({"retention":{"types":{"visited":1},"days":2}})"));
  }

  void Step() {
    const uint32_t what = Below(100);
    clock_.Advance(std::chrono::seconds(1));
    if (what < 62) {
      AppendSome();
    } else if (what < 70) {
      Merge();
    } else if (what < 78) {
      Unmerge();
    } else if (what < 80) {
      REQUIRE_OK(tenant_.ReResolve());
    } else if (what < 82) {
      REQUIRE_OK(store_.Flush());
    } else if (what < 88) {
      Redact();
    } else if (what < 91) {
      Retain();
    } else if (what < 93) {
      House();
    } else {
      Erase();
    }
  }

  Tenant& tenant() { return tenant_; }
  uint64_t erased() const { return erased_.size(); }
  uint64_t refused() const { return refused_; }
  uint64_t redacted() const { return redacted_; }
  uint64_t expired() const { return expired_; }
  uint64_t acts() const { return acts_; }

  // What was erased stays so, whatever came after it.
  void CheckErased() {
    for (const CustomerId customer : erased_) {
      CHECK_CODE(tenant_.GetProfile(customer), kErased);
      CHECK_CODE(tenant_.GetCustomer(customer), kErased);
      CHECK_CODE(tenant_.GetTimeline(customer, {}), kErased);
    }
  }

 private:
  uint32_t Below(uint32_t end) { return random_() % end; }
  CustomerId Somebody() {
    const auto stats = tenant_.GetSnapshot()->GetStats();
    REQUIRE_OK(stats);
    return stats->last_customer == 0
               ? 0
               : 1 + Below(static_cast<uint32_t>(stats->last_customer));
  }

  void AppendSome() {
    std::vector<Event> events;
    for (uint32_t i = 0; i <= Below(6); ++i) {
      const uint32_t who = Below(12);
      Event event = MakeEvent("e" + std::to_string(next_++), {});
      event.source = Below(2) == 0 ? "shop" : "club";
      if (Below(3) == 0) {
        event.identifiers.push_back({"authUserId", "u" + std::to_string(who)});
      }
      // Some addresses are those of a family, one is everybody's.
      const uint32_t kind = Below(8);
      if (kind < 4) {
        event.identifiers.push_back({"email", Address(who)});
      } else if (kind < 6) {
        event.identifiers.push_back({"email", Address(100 + who / 3)});
      } else if (kind < 7) {
        event.identifiers.push_back({"email", Address(200)});
      }
      if (Below(3) == 0) {
        event.identifiers.push_back(
            {"phoneNumber", "+2782000" + std::to_string(1000 + who)});
      }
      if (Below(4) == 0) {
        event.identifiers.push_back({"deviceId", "d" + std::to_string(who)});
      }
      event.type = Below(2) == 0 ? "crm.profile.updated" : "visited";
      event.payload = "{\"traits\":{\"n" + std::to_string(Below(3)) + "\":\"" +
                      std::to_string(next_) + "\",\"firstName\":\"N" +
                      std::to_string(who % 5) + "\",\"dateOfBirth\":\"19" +
                      std::to_string(50 + who) + "-01-01\"}}";
      if (Below(4) == 0) MakeAct(who, &event);
      // Before and after whatever was erased so far.
      if (Below(3) != 0) {
        event.occurred_at =
            clock_.Now() - std::chrono::microseconds(Below(100'000'000));
      }
      // And some for a retention.
      if (Below(5) == 0) {
        event.occurred_at = clock_.Now() - std::chrono::hours(Below(24 * 5));
      }
      events.push_back(std::move(event));
    }
    AppendOptions options;
    options.partial = true;
    options.backfill = Below(10) == 0;
    refused_ += MustAppend(tenant_, events, options).erased;
  }

  // Of any kind, on any channel, about an address of hers or of somebody's.
  void MakeAct(uint32_t who, Event* event) {
    constexpr ConsentAction kActions[] = {
        ConsentAction::kGrant,    ConsentAction::kConfirm,
        ConsentAction::kPend,     ConsentAction::kWithdraw,
        ConsentAction::kRefuse,   ConsentAction::kRevoke,
        ConsentAction::kObject,   ConsentAction::kLiftObjection,
        ConsentAction::kRestrict, ConsentAction::kLiftRestriction,
        ConsentAction::kSuppress, ConsentAction::kLiftSuppression,
        ConsentAction::kSignal};
    constexpr const char* kChannels[] = {"email", "sms", "any"};
    event->type = "crm.consent.recorded";
    event->payload = R"({"act":")";
    event->payload += ConsentActionName(kActions[Below(std::size(kActions))]);
    event->payload += R"(","channel":")";
    event->payload += kChannels[Below(3)];
    event->payload += '"';
    if (Below(3) != 0) {
      event->payload += R"(,"purpose":"p)" + std::to_string(Below(3)) + '"';
    }
    if (Below(2) == 0) {
      event->payload += R"(,"address":")" + Address(Below(2) * 100 + who) + '"';
    }
    if (Below(3) == 0) event->payload += R"(,"confirmed":true)";
    if (Below(3) == 0) event->payload += R"(,"reason":"complaint")";
    event->payload += '}';
    ++acts_;
  }

  void Retain() {
    const auto report = tenant_.Retain(clock_.Now(), {.max_events = Below(30)});
    REQUIRE_OK(report);
    expired_ += report->events;
  }

  static std::string Address(uint32_t number) {
    return "a" + std::to_string(number) + "@golf.example";
  }

  void Merge() {
    MergeOptions options;
    options.by = "test";
    options.why = "a history";
    options.force = Below(2) == 0;
    (void)tenant_.Merge(Somebody(), Somebody(), options).ok();
  }

  void Unmerge() {
    UnmergeTarget target;
    const CustomerId customer = Somebody();
    const auto known = tenant_.GetCustomer(customer);
    if (Below(2) == 0 || !known.ok() || known->records.size() < 2) {
      target.customer = customer;
    } else {
      target.records = {known->records[Below(2)].record};
    }
    (void)tenant_.Unmerge(target).ok();
  }

  // By hand, and found.
  void House() {
    HouseholdMatchOptions options;
    options.dry_run = false;
    options.min_evidence = 1;
    if (Below(3) == 0) REQUIRE_OK(tenant_.MatchHouseholds(options));
    HouseholdChange change;
    change.household = Below(4);
    change.join = {{Somebody()}, {Somebody()}};
    if (change.household != 0) change.leave = {Somebody()};
    (void)tenant_.ChangeHousehold(change).ok();
  }

  void Redact() {
    const auto snapshot = tenant_.GetSnapshot();
    REQUIRE_OK(snapshot);
    const Position event =
        1 + Below(static_cast<uint32_t>(snapshot->position()));
    const auto plan = tenant_.Redact(event, {.dry_run = true});
    const auto done = tenant_.Redact(event, {.why = "a history"});
    CAPTURE(std::string(done.status().message()));
    CHECK(StatusCodeName(plan.status().code()) ==
          StatusCodeName(done.status().code()));
    if (!done.ok()) return;
    CHECK(plan->bytes == done->bytes);
    CHECK(plan->customer == done->customer);
    ++redacted_;
  }

  void Erase() {
    const CustomerId customer = Somebody();
    ErasureOptions options;
    options.confirm = true;
    options.dry_run = true;
    if (Below(3) == 0) options.mode = ErasureMode::kHard;
    const auto plan = tenant_.Erase(customer, options);
    options.dry_run = false;
    const auto erased = tenant_.Erase(customer, options);
    CAPTURE(std::string(erased.status().message()));
    CHECK(StatusCodeName(plan.status().code()) ==
          StatusCodeName(erased.status().code()));
    if (!erased.ok()) return;
    CHECK(plan->records == erased->records);
    CHECK(plan->events == erased->events);
    CHECK(plan->fenced == erased->fenced);
    erased_.insert(erased->customer);
  }

  Store& store_;
  StillClock& clock_;
  Tenant tenant_;
  std::mt19937 random_;
  uint64_t next_ = 0;
  uint64_t refused_ = 0;
  uint64_t redacted_ = 0;
  uint64_t expired_ = 0;
  uint64_t acts_ = 0;
  std::set<CustomerId> erased_;
};

struct Counts {
  uint64_t erased = 0;
  uint64_t refused = 0;
  uint64_t redacted = 0;
  uint64_t expired = 0;
  uint64_t acts = 0;
};

void RunHistory(uint32_t seed, Counts* counts) {
  CAPTURE(seed);
  const Scratch scratch;
  std::string before;
  {
    const auto clock = std::make_shared<StillClock>();
    StoreOptions options = Quick();
    options.clock = clock;
    Store store = MustOpen(scratch / "s", options);
    History history(store, *clock, seed);
    for (int step = 0; step < 120; ++step) {
      history.Step();
      if (step % 40 == 39) {
        CheckSound(store);
        history.CheckErased();
      }
    }
    counts->erased += history.erased();
    counts->refused += history.refused();
    counts->redacted += history.redacted();
    counts->expired += history.expired();
    counts->acts += history.acts();
    before = Everything(history.tenant());
    REQUIRE_OK(store.Close());
  }
  // As it was, from the rows on disk; and from the log alone.
  for (const bool rebuilt : {false, true}) {
    CAPTURE(rebuilt);
    if (rebuilt) std::filesystem::remove_all(scratch / "s/views");
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    CHECK(Everything(tenant) == before);
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }
}

TEST_CASE("a replay without her keys gives what erasing made of the rows") {
  Counts counts;
  for (uint32_t seed = 1; seed <= 25; ++seed) RunHistory(seed, &counts);
  MESSAGE(counts.erased << " people erased, " << counts.refused
                        << " late events refused, " << counts.redacted
                        << " events redacted, " << counts.expired
                        << " expired, " << counts.acts << " acts of consent");
  CHECK(counts.redacted > 30);
  CHECK(counts.erased > 100);
  CHECK(counts.refused > 10);
  CHECK(counts.expired > 100);
  CHECK(counts.acts > 1000);
}

}  // namespace
}  // namespace crm
