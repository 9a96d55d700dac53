// The law of retention: a store that forgets what events say, and one that does
// not, say the same of everybody, whatever happens before and after; and what
// Verify makes of the log is what is there. Over random histories of people who
// share addresses, are merged, taken apart, resolved anew, held, erased, who
// say what may be sent to them, and of whom more comes late.

#include <algorithm>
#include <filesystem>
#include <random>

#include "store/fixture.h"

namespace crm {
namespace {

constexpr std::chrono::hours kDay(24);

// One of the two stores.
class Side {
 public:
  Side(const std::string& path, bool forgets)
      : forgets_(forgets), store_(MustOpen(path, Options())) {
    tenant_ = std::make_unique<Tenant>(MustTenant(store_));
    // Of both, so that positions are the same up to the first mark.
    REQUIRE_OK(tenant_->SetPrivacySettings(
        R"({"retention":{"types":{"visited":20},"days":50}})"));
  }

  Tenant& tenant() { return *tenant_; }
  Store& store() { return store_; }
  StillClock& clock() { return *clock_; }
  bool forgets() const { return forgets_; }

 private:
  StoreOptions Options() const {
    StoreOptions options = Quick();
    options.clock = clock_;
    return options;
  }

  const bool forgets_;
  std::shared_ptr<StillClock> clock_ = std::make_shared<StillClock>();
  Store store_;
  std::unique_ptr<Tenant> tenant_;
};

// What she allows now, and did forty days ago; and how often she said so.
std::string Allowed(Tenant& tenant, CustomerId id) {
  ConsentQuestion question;
  question.customer = id;
  question.purpose = "marketing";
  question.channel = ConsentChannel::kEmail;
  std::string out;
  for (const int days : {0, 40}) {
    question.at = At(0) + 400 * kDay;
    if (days != 0) question.as_of = At(0) + 60 * kDay - days * kDay;
    const auto decision = tenant.CheckConsent(question);
    REQUIRE_OK(decision);
    out += std::string(ConsentRuleName(decision->rule)) + " ";
  }
  const auto history = tenant.GetConsentHistory(id);
  REQUIRE_OK(history);
  return out + std::to_string(history->size());
}

// What both must agree on: no positions, which count marks, and no payloads.
std::string Known(Tenant& tenant) {
  std::string out;
  const auto stats = tenant.GetSnapshot()->GetStats();
  REQUIRE_OK(stats);
  for (const uint64_t number :
       {stats->events, stats->customers, stats->records, stats->unattributed,
        stats->contested, stats->open_reviews, stats->erased_customers}) {
    out += std::to_string(number) + " ";
  }
  for (CustomerId id = 1; id <= stats->last_customer; ++id) {
    const auto customer = tenant.GetCustomer(id);
    out += "\n" + std::to_string(id) + ": " +
           std::string(StatusCodeName(customer.status().code()));
    if (!customer.ok()) continue;
    out += " " + std::to_string(customer->id);
    for (const auto& record : customer->records) {
      out += " " + std::to_string(record.record) + "/" +
             std::to_string(record.events) + "/" + record.matched_by + "/" +
             std::to_string(record.linked_to);
    }
    const auto profile = tenant.GetProfile(id);
    REQUIRE_OK(profile);
    out += "\n " + std::to_string(profile->events) + " " +
           std::to_string(profile->first_seen->time_since_epoch().count()) +
           " " + std::to_string(profile->last_seen->time_since_epoch().count());
    for (const Trait& trait : profile->traits) {
      out += "\n " + trait.name + "=" + trait.value + " " + trait.source + " " +
             std::to_string(trait.occurred_at.time_since_epoch().count());
    }
    TimelineQuery query;
    query.limit = 1000;
    const auto page = tenant.GetTimeline(id, query);
    REQUIRE_OK(page);
    for (const TimelineEntry& entry : page->entries) out += " " + entry.type;
    out += "\n " + Allowed(tenant, id);
  }
  return out;
}

class Pair {
 public:
  Pair(const std::string& path, uint32_t seed)
      : path_(path),
        sides_{Side(path + "-a", true), Side(path + "-b", false)},
        random_(seed) {}

  void Step() {
    const uint32_t what = Below(100);
    for (Side& side : sides_) side.clock().Advance(6 * std::chrono::hours(1));
    if (what < 66) {
      AppendSome();
    } else if (what < 74) {
      Merge();
    } else if (what < 82) {
      Unmerge();
    } else if (what < 85) {
      for (Side& side : sides_) REQUIRE_OK(side.tenant().ReResolve());
    } else if (what < 88) {
      REQUIRE_OK(sides_[Below(2)].store().Flush());
    } else if (what < 91) {
      Erase();
    } else if (what < 94) {
      Hold();
    } else {
      Retain();
    }
  }

  void Compare() {
    CHECK(Known(sides_[0].tenant()) == Known(sides_[1].tenant()));
    CheckSound(sides_[0].store());
  }
  uint64_t expired() const { return expired_; }
  uint64_t held() const { return held_; }

  // The one that forgets, opened again, and made anew from its log.
  void Reopen(const std::string& known) {
    for (const bool rebuilt : {false, true}) {
      CAPTURE(rebuilt);
      if (rebuilt) std::filesystem::remove_all(path_ + "-a/views");
      Store store = MustOpen(path_ + "-a");
      Tenant tenant = MustTenant(store);
      CHECK(Known(tenant) == known);
      CheckSound(store);
      REQUIRE_OK(store.Close());
    }
  }
  std::string Finish() {
    const std::string known = Known(sides_[0].tenant());
    for (Side& side : sides_) REQUIRE_OK(side.store().Close());
    return known;
  }

 private:
  uint32_t Below(uint32_t end) { return random_() % end; }
  CustomerId Somebody() {
    const auto stats = sides_[0].tenant().GetSnapshot()->GetStats();
    REQUIRE_OK(stats);
    return stats->last_customer == 0
               ? 0
               : 1 + Below(static_cast<uint32_t>(stats->last_customer));
  }

  void AppendSome() {
    std::vector<Event> events;
    for (uint32_t i = 0; i <= Below(6); ++i) events.push_back(MakeOne());
    AppendOptions options;
    options.partial = true;
    const AppendResult one = MustAppend(sides_[0].tenant(), events, options);
    const AppendResult two = MustAppend(sides_[1].tenant(), events, options);
    CHECK(one.appended == two.appended);
    CHECK(one.erased == two.erased);
  }

  Event MakeOne() {
    const uint32_t who = Below(10);
    Event event = MakeEvent("e" + std::to_string(next_++), {});
    event.source = Below(2) == 0 ? "shop" : "club";
    if (Below(3) == 0) {
      event.identifiers.push_back({"authUserId", "u" + std::to_string(who)});
    }
    const uint32_t kind = Below(8);
    if (kind < 5) {
      event.identifiers.push_back(
          {"email", "a" + std::to_string(kind < 4 ? who : 100 + who / 3) +
                        "@golf.example"});
    }
    if (Below(4) == 0) {
      event.identifiers.push_back({"deviceId", "d" + std::to_string(who)});
    }
    event.type = Below(2) == 0 ? "crm.profile.updated" : "visited";
    const std::string number = std::to_string(next_);
    event.payload = R"({"traits":{"n)" + std::to_string(Below(4)) + R"(":")" +
                    number + R"(","firstName":"N)" + std::to_string(who % 5) +
                    R"("},"defaultTraits":{"d)" + std::to_string(Below(2)) +
                    R"(":)" + number + "}}";
    if (Below(8) == 0) event.payload = R"({"traits":{"n1":null}})";
    if (Below(8) == 0) SayOtherwise(&event);
    // Mostly in order; some come very late.
    event.occurred_at =
        sides_[0].clock().Now() -
        std::chrono::hours(Below(6) == 0 ? Below(24 * 90) : Below(12));
    return event;
  }

  // Types that set a trait, and acts of consent.
  void SayOtherwise(Event* event) {
    constexpr const char* kTypes[] = {"EmailVerified", "CustomerEmailUpdated",
                                      "EmailVerificationRequested",
                                      "ConsentGranted", "ConsentRevoked"};
    const uint32_t type = Below(5);
    event->type = kTypes[type];
    event->payload =
        type < 3 ? "{}" : R"({"purpose":"marketing","channel":"email"})";
  }

  template <typename Call>
  void Both(Call call) {
    const Status one = call(sides_[0].tenant());
    const Status two = call(sides_[1].tenant());
    CHECK(StatusCodeName(one.code()) == StatusCodeName(two.code()));
  }

  void Merge() {
    const CustomerId a = Somebody();
    const CustomerId b = Somebody();
    MergeOptions options;
    options.by = "test";
    options.why = "a history";
    options.force = Below(2) == 0;
    Both([&](Tenant& of) { return of.Merge(a, b, options).status(); });
  }

  void Unmerge() {
    UnmergeTarget target;
    const CustomerId customer = Somebody();
    const auto known = sides_[0].tenant().GetCustomer(customer);
    if (Below(2) == 0 || !known.ok() || known->records.size() < 2) {
      target.customer = customer;
    } else {
      target.records = {known->records[Below(2)].record};
    }
    Both([&](Tenant& of) { return of.Unmerge(target).status(); });
  }

  void Erase() {
    const CustomerId customer = Somebody();
    ErasureOptions options;
    options.confirm = true;
    Both([&](Tenant& of) { return of.Erase(customer, options).status(); });
  }

  // Nobody is held for long.
  void Hold() {
    const CustomerId customer = Somebody();
    HoldOptions options;
    if (Below(2) == 0) options.categories = {"profile"};
    std::vector<HoldId> placed;
    Both([&](Tenant& of) {
      const auto hold = of.PlaceHold(customer, options);
      if (hold.ok()) placed.push_back(*hold);
      return hold.status();
    });
    if (!placed.empty()) holds_.push_back(placed[0]);
    while (holds_.size() > 2 || Below(2) == 0) {
      if (holds_.empty()) return;
      const HoldId hold = holds_.front();
      holds_.erase(holds_.begin());
      Both([&](Tenant& of) { return of.ReleaseHold(hold).status(); });
    }
  }

  void Retain() {
    RetainOptions options;
    options.max_events = Below(3) == 0 ? 1 + Below(40) : 0;
    const Timestamp as_of =
        sides_[0].clock().Now() - std::chrono::hours(Below(24 * 10));
    const std::string before = Known(sides_[0].tenant());
    options.dry_run = true;
    const auto plan = sides_[0].tenant().Retain(as_of, options);
    REQUIRE_OK(plan);
    options.dry_run = false;
    const auto report = sides_[0].tenant().Retain(as_of, options);
    REQUIRE_OK(report);
    CHECK(Shown(*plan) == Shown(*report));
    expired_ += report->events;
    held_ += report->held;
    CHECK(Known(sides_[0].tenant()) == before);
  }

  static std::string Shown(const RetentionReport& report) {
    std::string out;
    for (const uint64_t number : {report.last, report.events, report.bytes,
                                  report.held, uint64_t{report.more}}) {
      out += std::to_string(number) + " ";
    }
    for (const RetainedType& type : report.types) {
      out += type.type;
      for (const uint64_t number :
           {type.events, type.bytes, type.customers, type.held}) {
        out += " " + std::to_string(number);
      }
    }
    return out;
  }

  const std::string path_;
  std::array<Side, 2> sides_;
  std::mt19937 random_;
  std::vector<HoldId> holds_;
  uint64_t next_ = 0;
  uint64_t expired_ = 0;
  uint64_t held_ = 0;
};

TEST_CASE("who forgets what events said knows what they have made") {
  uint64_t expired = 0;
  uint64_t held = 0;
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const Scratch scratch;
    Pair pair(scratch / "s", seed);
    for (int step = 1; step <= 180; ++step) {
      pair.Step();
      if (step % 60 == 0) pair.Compare();
    }
    expired += pair.expired();
    held += pair.held();
    pair.Reopen(pair.Finish());
  }
  MESSAGE(expired << " events expired, " << held << " were held");
  CHECK(expired > 400);
  CHECK(held > 20);
}

}  // namespace
}  // namespace crm
