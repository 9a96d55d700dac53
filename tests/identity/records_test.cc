// Whose event is it? Records, bars, guards, contested identifiers, walls.

#include <algorithm>
#include <map>
#include <random>

#include "store/fixture.h"

namespace crm {
namespace {

// One tenant; every event has its own id and names where it comes from.
class Club {
 public:
  Club() : store_(MustOpenInMemory()), tenant_(MustTenant(store_)) {}

  EventOutcome Say(std::string source, std::vector<Identifier> identifiers) {
    Event event =
        MakeEvent("e" + std::to_string(++events_), std::move(identifiers));
    event.source = std::move(source);
    return MustAppendOne(tenant_, event);
  }
  // 0: nobody.
  CustomerId Owner(const Identifier& identifier) {
    const Result<CustomerId> found = tenant_.FindCustomer(identifier);
    if (found.ok()) return *found;
    CHECK_CODE(found, kNotFound);
    return 0;
  }
  Store& store() { return store_; }
  Tenant& tenant() { return tenant_; }

 private:
  Store store_;
  Tenant tenant_;
  int events_ = 0;
};

const Identifier kMail{"email", "ada@example.com"};
const Identifier kPhone{"phoneNumber", "+27821234567"};

TEST_CASE("a record is what one source says about one best identifier") {
  Club club;
  const EventOutcome a = club.Say("scl", {{"sclMemberId", "1"}, kMail});
  // The best identifier decides, in whatever order they are named.
  CHECK(club.Say("scl", {kPhone, {"sclMemberId", "1"}}).record == a.record);
  CHECK(club.Say("scl", {{"sclMemberId", "2"}}).record != a.record);
  CHECK(club.Say("shop", {{"sclMemberId", "1"}}).record != a.record);
  // Exclusive before shareable before ephemeral, and authUserId first.
  const EventOutcome auth =
      club.Say("web", {{"sclMemberId", "7"}, {"authUserId", "u"}});
  CHECK(club.Say("web", {{"authUserId", "u"}}).record == auth.record);
  const EventOutcome mail =
      club.Say("web", {{"deviceId", "d"}, {"email", "new@example.com"}});
  CHECK(club.Say("web", {{"email", "NEW@example.com"}}).record == mail.record);
  CHECK(club.Say("web", {{"deviceId", "d"}}).record != mail.record);
}

TEST_CASE("events of a record stay with it, whatever else they name") {
  Club club;
  const EventOutcome ada = club.Say("scl", {{"sclMemberId", "1"}});
  const EventOutcome bob = club.Say("scl", {{"sclMemberId", "2"}, kMail});
  const EventOutcome both = club.Say("scl", {{"sclMemberId", "1"}, kMail});
  CHECK(both.record == ada.record);
  CHECK(both.customer == ada.customer);
  CHECK(both.confidence == 100);
  CHECK(both.matched_by == "sclMemberId");
  REQUIRE(both.withheld.size() == 1);
  CHECK(both.withheld[0].name_space == "email");
  CHECK(both.withheld[0].owner == bob.customer);
  CHECK(club.Owner(kMail) == bob.customer);
  CHECK(club.store().GetStats()->contested == 1);
}

TEST_CASE("a new record joins by exclusive id, e-mail or phone") {
  Club club;
  const EventOutcome ada =
      club.Say("scl", {{"sclMemberId", "1"}, kMail, kPhone});
  const EventOutcome member = club.Say("shop", {{"sclMemberId", "1"}});
  CHECK(member.customer == ada.customer);
  CHECK(member.confidence == 100);
  CHECK(member.new_record);
  CHECK(!member.new_customer);
  const EventOutcome mail = club.Say("web", {{"email", "ADA@example.com "}});
  CHECK(mail.customer == ada.customer);
  CHECK(mail.confidence == 95);
  CHECK(mail.matched_by == "email");
  const EventOutcome called = club.Say("sms", {{"phone", "+27 82 123 4567"}});
  CHECK(called.customer == ada.customer);
  CHECK(called.confidence == 85);
  CHECK(called.matched_by == "phoneNumber");
  const Result<Customer> customer = club.tenant().GetCustomer(ada.customer);
  REQUIRE_OK(customer);
  REQUIRE(customer->records.size() == 4);
  CHECK(customer->records[0].matched_by.empty());
  CHECK(customer->records[1].matched_by == "sclMemberId");
  CHECK(customer->records[2].matched_by == "email");
  CHECK(customer->records[2].confidence == 95);
  CHECK(customer->records[2].linked_at == mail.position);
  CHECK(customer->records[2].source == "web");
  CHECK(customer->records[3].matched_by == "phoneNumber");
  CHECK(customer->events == 4);
  CHECK(customer->version == called.position);
}

TEST_CASE("the surest match wins; the others are reported") {
  Club club;
  const EventOutcome mail = club.Say("a", {kMail});
  const EventOutcome phone = club.Say("a", {kPhone});
  REQUIRE(mail.customer != phone.customer);
  const EventOutcome both = club.Say("b", {kPhone, kMail});
  CHECK(both.customer == mail.customer);
  CHECK(both.confidence == 95);
  REQUIRE(both.withheld.size() == 1);
  CHECK(both.withheld[0].name_space == "phoneNumber");
  CHECK(both.withheld[0].owner == phone.customer);
}

TEST_CASE("a device leads to the first person, and ties no two together") {
  Club club;
  const Identifier device{"deviceId", "d"};
  const EventOutcome first = club.Say("web", {device});
  CHECK(first.new_customer);
  CHECK(club.Say("web", {device}).customer == first.customer);
  // Who is nothing but a device follows it.
  const EventOutcome elsewhere = club.Say("app", {device});
  CHECK(elsewhere.customer == first.customer);
  CHECK(elsewhere.confidence == 80);
  CHECK(elsewhere.matched_by == "deviceId");
  CHECK(elsewhere.withheld.empty());
  // The first person whom it names is who it was.
  const EventOutcome known = club.Say("app", {device, kMail});
  CHECK(known.new_record);
  CHECK(known.customer == first.customer);
  CHECK(club.Owner(kMail) == first.customer);
  // The second one is somebody else, which is no contest.
  const EventOutcome second = club.Say("app", {device, kPhone});
  CHECK(second.new_customer);
  REQUIRE(second.withheld.size() == 1);
  CHECK(second.withheld[0].name_space == "deviceId");
  CHECK(second.withheld[0].owner == first.customer);
  CHECK(second.withheld[0].reason == IdentityReason::kEphemeral);
  CHECK_FALSE(second.contested);
  CHECK(club.Owner(device) == first.customer);
  CHECK(club.store().GetStats()->contested == 0);
}

TEST_CASE("one e-mail address, two accounts: two people, and it is said") {
  Club club;
  const EventOutcome first = club.Say("auth", {{"authUserId", "u1"}, kMail});
  const EventOutcome second = club.Say("auth", {{"authUserId", "u2"}, kMail});
  CHECK(second.new_customer);
  CHECK(second.customer != first.customer);
  REQUIRE(second.withheld.size() == 1);
  CHECK(second.withheld[0].name_space == "email");
  CHECK(second.withheld[0].owner == first.customer);
  CHECK(club.Owner(kMail) == first.customer);
  CHECK(club.Owner({"authUserId", "u1"}) == first.customer);
  CHECK(club.Owner({"authUserId", "u2"}) == second.customer);
  CHECK(club.store().GetStats()->contested == 1);
  // The same by phone, and with the next source.
  const EventOutcome third = club.Say("shop", {{"authUserId", "u3"}, kPhone});
  CHECK(third.new_customer);
  CHECK(club.Owner(kPhone) == third.customer);
  CHECK(club.Say("shop", {{"authUserId", "u4"}, kPhone}).new_customer);
  // Another namespace is no second account.
  const EventOutcome member = club.Say("scl", {{"sclMemberId", "m"}, kMail});
  CHECK(member.customer == first.customer);
  // But now she has one there, too; and with a third who claims it, the address
  // leads to nobody any more.
  const EventOutcome last = club.Say("scl", {{"sclMemberId", "m2"}, kMail});
  CHECK(last.new_customer);
  REQUIRE(last.withheld.size() == 1);
  CHECK(last.withheld[0].reason == IdentityReason::kSharedValue);
  CHECK(last.withheld[0].owner == first.customer);
  CHECK(club.Owner(kMail) == 0);
}

TEST_CASE("a phone is seen when it is seen, also within one request") {
  // The log says the same of one request as of two.
  for (const bool together : {true, false}) {
    for (const bool dry : {false, true}) {
      if (dry && !together) continue;
      CAPTURE(together);
      Club club;
      Event first = MakeEvent("a", {kPhone});
      first.source = "sms";
      first.occurred_at = At(0);
      Event later = MakeEvent("b", {kPhone});
      later.occurred_at = At(0) + std::chrono::hours(24 * 600);
      AppendOptions options;
      if (dry) options.dry_run = NewDryRun();
      EventOutcome outcome;
      if (together) {
        outcome = MustAppend(club.tenant(), {first, later}, options).events[1];
      } else {
        MustAppendOne(club.tenant(), first);
        outcome = MustAppendOne(club.tenant(), later);
      }
      CHECK(outcome.new_customer);
      REQUIRE(outcome.withheld.size() == 1);
      CHECK(outcome.withheld[0].reason == IdentityReason::kRecycled);
      CHECK(outcome.reviews.size() == 1);
    }
  }
}

TEST_CASE("an identifier that is named twice is withheld once") {
  Club club;
  club.Say("scl", {{"sclMemberId", "1"}, kPhone});
  const EventOutcome second =
      club.Say("scl", {{"sclMemberId", "2"}, kPhone, {"mobile", kPhone.value}});
  CHECK(second.new_customer);
  REQUIRE(second.withheld.size() == 1);
  CHECK(second.withheld[0].name_space == "phoneNumber");
}

TEST_CASE("an exclusive match does not give her a second account either") {
  Club club;
  const EventOutcome ada =
      club.Say("scl", {{"authUserId", "u1"}, {"sclMemberId", "m1"}});
  const EventOutcome other =
      club.Say("web", {{"authUserId", "u2"}, {"sclMemberId", "m1"}});
  CHECK(other.new_customer);
  CHECK(other.customer != ada.customer);
  REQUIRE(other.withheld.size() == 1);
  CHECK(other.withheld[0].name_space == "sclMemberId");
  CHECK(other.withheld[0].owner == ada.customer);
  CHECK(club.Owner({"sclMemberId", "m1"}) == ada.customer);
  CHECK(club.Owner({"authUserId", "u2"}) == other.customer);
}

TEST_CASE("a second value of an exclusive namespace is nobody's, and said") {
  Club club;
  const EventOutcome ada =
      club.Say("scl", {{"authUserId", "u1"}, {"sclMemberId", "m1"}});
  const EventOutcome again =
      club.Say("scl", {{"authUserId", "u1"}, {"sclMemberId", "m2"}});
  CHECK(again.customer == ada.customer);
  REQUIRE(again.withheld.size() == 1);
  CHECK(again.withheld[0].name_space == "sclMemberId");
  CHECK(again.withheld[0].owner == 0);
  CHECK(club.Owner({"sclMemberId", "m2"}) == 0);
  CHECK(club.store().GetStats()->contested == 1);
  // Whoever comes with it alone is somebody else.
  CHECK(club.Say("scl", {{"sclMemberId", "m2"}}).new_customer);
}

TEST_CASE(
    "of two values of one exclusive namespace the first counts, and said") {
  Club club;
  const EventOutcome both = club.Say(
      "scl",
      {{"authUserId", "u1"}, {"sclMemberId", "m1"}, {"scl_member_id", "m2"}});
  CHECK(both.new_customer);
  REQUIRE(both.withheld.size() == 1);
  CHECK(both.withheld[0].name_space == "sclMemberId");
  CHECK(both.withheld[0].owner == 0);
  CHECK(club.Owner({"sclMemberId", "m1"}) == both.customer);
  CHECK(club.Owner({"sclMemberId", "m2"}) == 0);
  // The same value twice is one.
  const EventOutcome same = club.Say(
      "scl",
      {{"authUserId", "u9"}, {"sclMemberId", "m9"}, {"scl_member_id", "m9"}});
  CHECK(same.withheld.empty());
  CHECK(club.Owner({"sclMemberId", "m9"}) == same.customer);
  CheckSound(club.store());
}

TEST_CASE("the guard holds over checkpoints and opens") {
  const Scratch scratch;
  CustomerId first = 0;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    first = MustAppendOne(tenant, MakeEvent("a", {{"authUserId", "1"}, kMail}))
                .customer;
  }
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  Event event = MakeEvent("b", {{"authUserId", "2"}, kMail});
  event.source = "web";
  const EventOutcome second = MustAppendOne(tenant, event);
  CHECK(second.new_customer);
  CHECK(second.customer != first);
  REQUIRE(second.withheld.size() == 1);
  CHECK(second.withheld[0].owner == first);
  CheckSound(store);
}

TEST_CASE("values that name nobody are withheld") {
  Club club;
  for (const char* value : {"null", "anonymous", "000000", "n/a", "7777777"}) {
    const EventOutcome outcome = club.Say("scl", {{"authUserId", value}});
    INFO(value);
    CHECK(outcome.outcome == Outcome::kAppended);
    CHECK(outcome.customer == 0);
    CHECK_CODE(club.tenant().FindCustomer({"authUserId", value}), kDenied);
  }
  CHECK_CODE(club.tenant().FindCustomer({"email", "nobody"}), kInvalidArgument);
  // They do not keep the good ones from being used.
  const EventOutcome ada = club.Say("scl", {{"authUserId", "null"}, kMail});
  CHECK(club.Say("scl", {kMail, {"authUserId", "n/a"}}).record == ada.record);
  CHECK(club.store().GetStats()->unattributed == 5);
}

TEST_CASE("tenants are walls, whatever they have in common") {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Store together = MustOpenInMemory();
    Store alone[3] = {MustOpenInMemory(), MustOpenInMemory(),
                      MustOpenInMemory()};
    std::vector<Tenant> walled;
    std::vector<Tenant> lone;
    for (int i = 0; i < 3; ++i) {
      const std::string name = "tenant-" + std::to_string(i);
      walled.push_back(MustTenant(together, name));
      lone.push_back(MustTenant(alone[i], name));
    }
    for (int i = 0; i < 400; ++i) {
      const size_t t = random() % 3;
      Event event = MakeEvent("e" + std::to_string(random() % 300), {});
      event.source = "s" + std::to_string(random() % 2);
      event.identifiers = {
          {"email", std::to_string(random() % 20) + "@example.com"}};
      if (random() % 2 == 0) {
        event.identifiers.push_back(
            {"authUserId", std::to_string(random() % 20)});
      }
      event.occurred_at = At(i);
      AppendOptions options;
      options.partial = true;
      const EventOutcome a = MustAppendOne(walled[t], event, options);
      const EventOutcome b = MustAppendOne(lone[t], event, options);
      CHECK(a.outcome == b.outcome);
      CHECK(a.customer == b.customer);
      CHECK(a.record == b.record);
      CHECK(a.revision == b.revision);
      CHECK(a.withheld.size() == b.withheld.size());
      if (i == 200) REQUIRE_OK(together.Flush());
    }
    for (size_t t = 0; t < 3; ++t) {
      // Nothing of the others: the same as if there were none.
      CHECK(Walk(walled[t].Replay({})).size() ==
            Walk(lone[t].Replay({})).size());
      for (int i = 0; i < 20; ++i) {
        const Identifier mail{"email", std::to_string(i) + "@example.com"};
        const Result<CustomerId> a = walled[t].FindCustomer(mail);
        const Result<CustomerId> b = lone[t].FindCustomer(mail);
        CHECK(a.ok() == b.ok());
        if (a.ok() && b.ok()) CHECK(*a == *b);
      }
      const TenantStats stats = *walled[t].GetSnapshot()->GetStats();
      CHECK_CODE(walled[t].GetProfile(stats.last_customer + 1), kNotFound);
    }
    CheckSound(together);
  }
}

}  // namespace
}  // namespace crm
