// The decision: its order, its times, its regimes, and what merges do to it.

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "store/fixture.h"

namespace crm {
namespace {

using Action = ConsentAction;
using Channel = ConsentChannel;

Timestamp Utc(int year, unsigned month, unsigned day, int hour = 0,
              int minute = 0) {
  const auto days = std::chrono::sys_days(std::chrono::year_month_day(
      std::chrono::year(year), std::chrono::month(month),
      std::chrono::day(day)));
  return Timestamp(days) + std::chrono::hours(hour) +
         std::chrono::minutes(minute);
}

class SetClock final : public Clock {
 public:
  Timestamp Now() override { return now; }
  Timestamp now = Utc(2030, 1, 1);
};

struct World {
  World() {
    StoreOptions options = Quick();
    options.clock = clock;
    store.emplace(MustOpenInMemory(options));
    tenant.emplace(MustTenant(*store));
  }
  EventOutcome Record(Action action, Timestamp time,
                      const std::string& who = "ada@example.com",
                      const std::string& source = "shop") {
    act.action = action;
    act.occurred_at = time;
    act.source = source;
    act.identifiers = {{"email", who}};
    act.id = "act-" + std::to_string(++count);
    Result<EventOutcome> outcome = tenant->RecordConsent(act);
    REQUIRE_OK(outcome);
    return *outcome;
  }
  CustomerId Grant(Timestamp time, const std::string& who = "ada@example.com") {
    return Record(Action::kGrant, time, who).customer;
  }
  void Prefer(const std::string& payload,
              const std::string& who = "ada@example.com") {
    Event event =
        MakeEvent("p" + std::to_string(++count), {{"email", who}}, payload);
    event.type = "PreferencesUpdated";
    event.source = "shop";
    event.occurred_at = Utc(2025, 1, 1);
    MustAppendOne(*tenant, event);
  }
  ConsentDecision Check(CustomerId customer, Timestamp at) {
    ask.customer = customer;
    ask.at = at;
    const Result<ConsentDecision> decision = tenant->CheckConsent(ask);
    REQUIRE_OK(decision);
    return *decision;
  }
  void Set(std::string_view json) {
    REQUIRE_OK(tenant->SetConsentSettings(json));
  }

  std::shared_ptr<SetClock> clock = std::make_shared<SetClock>();
  std::optional<Store> store;
  std::optional<Tenant> tenant;
  ConsentAct act{.purpose = "marketing", .channel = Channel::kEmail};
  ConsentQuestion ask{.purpose = "marketing", .channel = Channel::kEmail};
  int count = 0;
};

TEST_CASE("unknown means no") {
  World world;
  CHECK(world.Check(7, Utc(2026, 1, 1)).rule == ConsentRule::kUnknownCustomer);
  const CustomerId ada =
      MustAppendOne(*world.tenant,
                    MakeEvent("e", {{"email", "ada@example.com"}}))
          .customer;
  const ConsentDecision decision = world.Check(ada, Utc(2026, 1, 1));
  CHECK(decision.verdict == Verdict::kDeny);
  CHECK(decision.rule == ConsentRule::kNoConsent);
  CHECK(decision.state == ConsentState::kUnknown);
  world.ask.purpose = "nonsense";
  CHECK(world.Check(ada, Utc(2026, 1, 1)).rule == ConsentRule::kUnknownPurpose);
  world.ask.purpose = "essential";
  CHECK(world.Check(ada, Utc(2026, 1, 1)).rule == ConsentRule::kLegalBasis);
  world.ask.channel = Channel::kAny;
  CHECK_CODE(world.tenant->CheckConsent(world.ask), kInvalidArgument);
}

TEST_CASE("two calendar years, and 29 February ends on the 28th") {
  World world;
  const CustomerId ada = world.Grant(Utc(2024, 2, 29, 12));
  CHECK(world.Check(ada, Utc(2026, 2, 28, 11, 59)).verdict == Verdict::kAllow);
  const ConsentDecision after = world.Check(ada, Utc(2026, 2, 28, 12));
  CHECK(after.rule == ConsentRule::kExpired);
  CHECK(after.state == ConsentState::kExpired);
  REQUIRE(after.act_count == 1);
  // After expiry a grant is possible, and renews.
  world.Grant(Utc(2026, 3, 1));
  CHECK(world.Check(ada, Utc(2027, 1, 1)).verdict == Verdict::kAllow);
  world.act.valid_until = Utc(2026, 5, 1);
  world.Grant(Utc(2026, 4, 1));
  CHECK(world.Check(ada, Utc(2026, 5, 1)).rule == ConsentRule::kExpired);
  // The tenant's own terms; the shortest of purpose and regime counts.
  world.act.valid_until.reset();
  world.Set(R"({"purposes":{"marketing":{"validityMonths":0}},
                "regimes":{"x":{"jurisdictions":["*"],"validityMonths":1}}})");
  world.Grant(Utc(2026, 12, 31));
  CHECK(world.Check(ada, Utc(2027, 1, 30)).verdict == Verdict::kAllow);
  CHECK(world.Check(ada, Utc(2027, 1, 31)).rule == ConsentRule::kExpired);
}

TEST_CASE("double opt-in: pending, confirmed, lapsed") {
  World world;
  const CustomerId ada = world.Record(Action::kPend, Utc(2026, 1, 1)).customer;
  CHECK(world.Check(ada, Utc(2026, 1, 2)).state == ConsentState::kPending);
  CHECK(world.Check(ada, Utc(2026, 1, 8)).state == ConsentState::kLapsed);
  CHECK(world.Check(ada, Utc(2026, 1, 8)).rule == ConsentRule::kPending);
  world.Record(Action::kConfirm, Utc(2026, 1, 3));
  CHECK(world.Check(ada, Utc(2026, 1, 8)).verdict == Verdict::kAllow);
  // Somebody who enters her address again takes nothing from her.
  world.Record(Action::kPend, Utc(2026, 1, 9));
  CHECK(world.Check(ada, Utc(2026, 1, 10)).verdict == Verdict::kAllow);
  // Where the purpose wants it, a plain grant is not enough.
  world.Set(R"({"purposes":{"marketing":{"optIn":"double"}}})");
  const CustomerId bob = world.Grant(Utc(2026, 1, 1), "bob@example.com");
  CHECK(world.Check(bob, Utc(2026, 1, 2)).state == ConsentState::kPending);
}

TEST_CASE("the order of the rules") {
  World world;
  const Timestamp now = Utc(2026, 6, 1);
  const CustomerId ada = world.Grant(Utc(2026, 1, 1));
  const auto rule = [&](MessageClass message_class) {
    world.ask.message_class = message_class;
    return world.Check(ada, now).rule;
  };
  const auto expect = [&](ConsentRule marketing, ConsentRule transactional,
                          ConsentRule legal) {
    CHECK(ConsentRuleName(rule(MessageClass::kMarketing)) ==
          ConsentRuleName(marketing));
    CHECK(ConsentRuleName(rule(MessageClass::kTransactional)) ==
          ConsentRuleName(transactional));
    CHECK(ConsentRuleName(rule(MessageClass::kLegal)) ==
          ConsentRuleName(legal));
  };
  const ConsentRule free = ConsentRule::kMessageClass;
  expect(ConsentRule::kConsent, free, free);
  world.Record(Action::kWithdraw, Utc(2026, 1, 2));
  expect(ConsentRule::kDenied, free, free);
  world.act.purpose = "";
  world.Record(Action::kObject, Utc(2026, 1, 3));
  expect(ConsentRule::kObjected, free, free);
  world.act.reason = "stop";
  world.Record(Action::kSuppress, Utc(2026, 1, 4));
  expect(ConsentRule::kSuppressed, free, free);
  world.act.reason = "hard-bounce";
  world.Record(Action::kSuppress, Utc(2026, 1, 5));
  const ConsentRule dead = ConsentRule::kUndeliverable;
  expect(dead, dead, dead);
  world.act.reason = "";
  world.Record(Action::kRestrict, Utc(2026, 1, 6));
  expect(ConsentRule::kRestricted, ConsentRule::kRestricted, dead);
  // Backwards again.
  world.Record(Action::kLiftRestriction, Utc(2026, 1, 7));
  world.Record(Action::kLiftSuppression, Utc(2026, 1, 8));
  world.Record(Action::kLiftObjection, Utc(2026, 1, 9));
  world.act.purpose = "marketing";
  world.Record(Action::kGrant, Utc(2026, 1, 10));
  expect(ConsentRule::kConsent, free, free);
}

TEST_CASE("transactional is a property of the template") {
  World world;
  world.Set(R"({"templates":{"receipt":{"class":"transactional"},
                             "sale":{"class":"marketing"}}})");
  const CustomerId ada =
      world.Record(Action::kWithdraw, Utc(2026, 1, 1)).customer;
  world.ask.template_name = "receipt";
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
  world.ask.template_name = "sale";
  world.ask.message_class = MessageClass::kTransactional;
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kDeny);
  world.ask.template_name = "urgent-marketing";
  CHECK_CODE(world.tenant->CheckConsent(world.ask), kNotFound);
  CHECK_CODE(ParseMessageClass("urgent-marketing"), kInvalidArgument);
}

TEST_CASE("policies that are too old ask for consent anew") {
  World world;
  world.Set(R"({"policies":{"privacy":{"versions":{"2":{"language":"en"},
                "3":{"language":"en"}}}},
                "purposes":{"marketing":{"minPolicyVersion":3}}})");
  world.act.policy = "privacy";
  world.act.policy_version = 2;
  const CustomerId ada = world.Grant(Utc(2026, 1, 1));
  CHECK(world.Check(ada, Utc(2026, 2, 1)).rule == ConsentRule::kOldPolicy);
  world.act.policy_version = 3;
  world.Grant(Utc(2026, 1, 2));
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
  world.act.policy_version = 4;
  CHECK_CODE(world.tenant->RecordConsent(world.act), kInvalidArgument);
}

TEST_CASE("GPC: for purposes that sell, in its regime, until told and asked") {
  World world;
  world.Set(R"({"purposes":{"marketing":{"saleOrShare":true}}})");
  world.act.jurisdiction = "US-CA";
  const CustomerId ada = world.Grant(Utc(2026, 1, 1));
  world.ask.channel = Channel::kEmail;
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
  world.act.purpose = "";
  world.act.channel = Channel::kAny;
  world.Record(Action::kSignal, Utc(2026, 1, 2));
  const ConsentDecision decision = world.Check(ada, Utc(2026, 2, 1));
  CHECK(decision.rule == ConsentRule::kOptOutOfSale);
  CHECK(decision.regime == "ccpa");
  world.ask.jurisdiction = "DE";
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
  world.ask.jurisdiction = "";
  // A grant alone does not outweigh it; one after a notice does.
  world.act.purpose = "marketing";
  world.act.channel = Channel::kEmail;
  world.Grant(Utc(2026, 1, 3));
  CHECK(world.Check(ada, Utc(2026, 2, 1)).rule == ConsentRule::kOptOutOfSale);
  world.act.conflict_notice = true;
  world.Grant(Utc(2026, 1, 4));
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
}

TEST_CASE("soft opt-in where a regime has it, opt-out where a tenant says so") {
  World world;
  world.act.legal_basis = "soft-opt-in";
  world.act.jurisdiction = "DE";
  const CustomerId ada = world.Grant(Utc(2026, 1, 1));
  const ConsentDecision soft = world.Check(ada, Utc(2026, 2, 1));
  CHECK(soft.rule == ConsentRule::kSoftOptIn);
  CHECK(soft.one_click);
  world.ask.jurisdiction = "US-CA";
  CHECK(world.Check(ada, Utc(2026, 2, 1)).rule == ConsentRule::kNoConsent);
  world.Set(R"({"regimes":{"can-spam":{"jurisdictions":["US"],
                "oneClick":true,"optOutChannels":["email"]}}})");
  const ConsentDecision open = world.Check(ada, Utc(2026, 2, 1));
  CHECK(open.rule == ConsentRule::kOptOutChannel);
  CHECK(open.regime == "can-spam");
  world.act.method = "one-click";
  world.Record(Action::kWithdraw, Utc(2026, 1, 5));
  CHECK(world.Check(ada, Utc(2026, 2, 1)).rule == ConsentRule::kDenied);
}

TEST_CASE("frequency and categories of the seeds") {
  World world;
  world.act.channel = Channel::kAny;
  const CustomerId ada = world.Grant(Utc(2026, 1, 1));
  world.ask.last_sent = Utc(2026, 2, 1);
  // Weekly is the default; from exactly a week on.
  ConsentDecision decision = world.Check(ada, Utc(2026, 2, 7, 23));
  CHECK(decision.rule == ConsentRule::kFrequency);
  CHECK(decision.until == Utc(2026, 2, 8));
  CHECK(world.Check(ada, Utc(2026, 2, 8)).verdict == Verdict::kAllow);
  world.Prefer(R"({"emailFrequency":"daily","categories":["golf"]})");
  CHECK(world.Check(ada, Utc(2026, 2, 2)).verdict == Verdict::kAllow);
  world.ask.channel = Channel::kPush;
  CHECK(world.Check(ada, Utc(2026, 2, 1, 0, 59)).until == Utc(2026, 2, 1, 1));
  world.ask.last_sent.reset();
  world.ask.category = "golf";
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
  world.ask.category = "wine";
  CHECK(world.Check(ada, Utc(2026, 2, 1)).rule == ConsentRule::kCategory);
  // What a contract needs is not held back (A73).
  world.ask.last_sent = Utc(2026, 2, 1);
  world.ask.message_class = MessageClass::kTransactional;
  CHECK(world.Check(ada, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
}

// --- Quiet hours -------------------------------------------------------------

// Quiet from 22 to 6 in the customer's zone.
constexpr const char* kNight = R"({"regimes":{"house":{"jurisdictions":["*"],
  "sendWindows":{"channels":["any"],"zones":[],"windows":[{"days":["mon","tue",
  "wed","thu","fri","sat","sun"],"from":"06:00","until":"22:00"}]}}}})";

struct Night : World {
  explicit Night(const std::string& zone, const char* settings = kNight) {
    Set(settings);
    ada = Grant(Utc(2025, 6, 1));
    if (!zone.empty()) Prefer(R"({"timezone":")" + zone + R"("})");
  }
  CustomerId ada = 0;
};

TEST_CASE("due at half past five, it goes at six") {
  Night night("Europe/Berlin");
  const ConsentDecision decision =
      night.Check(night.ada, Utc(2026, 1, 10, 4, 30));
  CHECK(decision.verdict == Verdict::kDefer);
  CHECK(decision.rule == ConsentRule::kQuietHours);
  CHECK(decision.until == Utc(2026, 1, 10, 5));
  CHECK(night.Check(night.ada, decision.until).verdict == Verdict::kAllow);
}

TEST_CASE(
    "windows are half open: their first minute is in, their last is out") {
  Night night("UTC");
  CHECK(night.Check(night.ada, Utc(2026, 1, 10, 6)).verdict == Verdict::kAllow);
  CHECK(night.Check(night.ada, Utc(2026, 1, 10, 21, 59)).verdict ==
        Verdict::kAllow);
  CHECK(night.Check(night.ada, Utc(2026, 1, 10, 22)).until ==
        Utc(2026, 1, 11, 6));
  // Midnight is night.
  CHECK(night.Check(night.ada, Utc(2026, 1, 11, 0)).verdict == Verdict::kDefer);
}

TEST_CASE("windows that go past midnight") {
  Night night("UTC", R"({"regimes":{"late":{"jurisdictions":["*"],
    "sendWindows":{"channels":["email"],"windows":[{"days":["fri"],
    "from":"22:00","until":"02:00"}]}}}})");
  // 2026-01-09 is a Friday.
  CHECK(night.Check(night.ada, Utc(2026, 1, 9, 23)).verdict == Verdict::kAllow);
  CHECK(night.Check(night.ada, Utc(2026, 1, 10, 1, 59)).verdict ==
        Verdict::kAllow);
  CHECK(night.Check(night.ada, Utc(2026, 1, 10, 2)).until ==
        Utc(2026, 1, 16, 22));
  CHECK(night.Check(night.ada, Utc(2026, 1, 9, 1)).until ==
        Utc(2026, 1, 9, 22));
}

TEST_CASE("the wall that she sees counts, in summer and in winter") {
  Night night("America/New_York");
  // 06:00 is 11:00 in winter and 10:00 in summer.
  CHECK(night.Check(night.ada, Utc(2026, 1, 10, 10, 59)).until ==
        Utc(2026, 1, 10, 11));
  CHECK(night.Check(night.ada, Utc(2026, 7, 10, 9, 59)).until ==
        Utc(2026, 7, 10, 10));
}

TEST_CASE("a clock put forward skips the start of a window") {
  Night night("Europe/Berlin", R"({"regimes":{"gap":{"jurisdictions":["*"],
    "sendWindows":{"channels":["email"],"windows":[{"days":["sun"],
    "from":"02:30","until":"05:00"}]}}}})");
  // 2026-03-29: 02:00 becomes 03:00, which is 01:00 UTC.
  CHECK(night.Check(night.ada, Utc(2026, 3, 29, 0, 30)).until ==
        Utc(2026, 3, 29, 1));
  Night lost("Europe/Berlin", R"({"regimes":{"gap":{"jurisdictions":["*"],
    "sendWindows":{"channels":["email"],"windows":[{"days":["sun"],
    "from":"02:00","until":"03:00"}]}}}})");
  // The whole window is not there that day.
  CHECK(lost.Check(lost.ada, Utc(2026, 3, 29, 0, 30)).until ==
        Utc(2026, 4, 5, 0));
}

TEST_CASE("a clock put back gives an hour twice, and it is open twice") {
  Night night("Europe/Berlin", R"({"regimes":{"fold":{"jurisdictions":["*"],
    "sendWindows":{"channels":["email"],"windows":[{"days":["sun"],
    "from":"02:00","until":"03:00"}]}}}})");
  // 2026-10-25: 02:00 to 03:00 is 00:00 to 01:00 UTC, and again until 02:00.
  CHECK(night.Check(night.ada, Utc(2026, 10, 24, 23)).until ==
        Utc(2026, 10, 25, 0));
  CHECK(night.Check(night.ada, Utc(2026, 10, 25, 0, 30)).verdict ==
        Verdict::kAllow);
  CHECK(night.Check(night.ada, Utc(2026, 10, 25, 1, 30)).verdict ==
        Verdict::kAllow);
  CHECK(night.Check(night.ada, Utc(2026, 10, 25, 2)).verdict ==
        Verdict::kDefer);
}

TEST_CASE("no zone: hold, or all that are plausible; never just send") {
  Night nowhere("");
  CHECK(nowhere.Check(nowhere.ada, Utc(2026, 1, 10, 12)).rule ==
        ConsentRule::kNoTimeZone);
  Night nonsense("Mars/Olympus");
  CHECK(nonsense.Check(nonsense.ada, Utc(2026, 1, 10, 12)).rule ==
        ConsentRule::kNoTimeZone);
  // TCPA: 8 to 21 in New York and in Honolulu is 18 to 2 UTC in winter.
  World world;
  world.act.channel = world.ask.channel = Channel::kSms;
  world.ask.jurisdiction = "US";
  const CustomerId ada = world.Grant(Utc(2026, 1, 1));
  CHECK(world.Check(ada, Utc(2026, 1, 10, 17, 59)).until ==
        Utc(2026, 1, 10, 18));
  CHECK(world.Check(ada, Utc(2026, 1, 11, 1, 59)).verdict == Verdict::kAllow);
  CHECK(world.Check(ada, Utc(2026, 1, 11, 2)).until == Utc(2026, 1, 11, 18));
  world.ask.channel = Channel::kEmail;
  world.act.channel = Channel::kEmail;
  world.Grant(Utc(2026, 1, 1));
  CHECK(world.Check(ada, Utc(2026, 1, 10, 3)).verdict == Verdict::kAllow);
}

TEST_CASE("South Africa: no Sundays, no holidays, Saturdays until one") {
  World world;
  world.Set(R"({"regimes":{"popia":{"jurisdictions":["ZA"],"sendWindows":{
    "channels":["email"],"zones":["Africa/Johannesburg"],"windows":[
    {"days":["mon","tue","wed","thu","fri"],"from":"08:00","until":"20:00"},
    {"days":["sat"],"from":"09:00","until":"13:00"}],
    "closed":["2026-12-25"]}}}})");
  world.ask.jurisdiction = "ZA";
  const CustomerId ada = world.Grant(Utc(2026, 1, 1));
  // Johannesburg is at +02:00. Thursday evening, Christmas on Friday.
  CHECK(world.Check(ada, Utc(2026, 12, 24, 18)).until == Utc(2026, 12, 26, 7));
  // From Saturday at one to Monday at eight.
  CHECK(world.Check(ada, Utc(2026, 12, 26, 11)).until == Utc(2026, 12, 28, 6));
  world.ask.message_class = MessageClass::kTransactional;
  CHECK(world.Check(ada, Utc(2026, 12, 25, 11)).verdict == Verdict::kAllow);
}

// --- Several records ---------------------------------------------------------

TEST_CASE("a denial on one address denies the channel of the customer") {
  World world;
  world.Grant(Utc(2026, 1, 1), "a@example.com");
  const CustomerId a = *world.tenant->FindCustomer({"email", "a@example.com"});
  world.Record(Action::kWithdraw, Utc(2026, 1, 2), "b@example.com");
  const CustomerId b = *world.tenant->FindCustomer({"email", "b@example.com"});
  CHECK(world.Check(a, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
  const auto merged = world.tenant->Merge(a, b);
  REQUIRE_OK(merged);
  CHECK(world.Check(a, Utc(2026, 2, 1)).rule == ConsentRule::kDenied);
  // A newer grant for another address does not lift it, and that is shown.
  world.Grant(Utc(2026, 1, 3), "a@example.com");
  ConsentDecision decision = world.Check(a, Utc(2026, 2, 1));
  CHECK(decision.rule == ConsentRule::kDenied);
  CHECK(decision.contested);
  // Of the same address by another source: only when it is confirmed.
  world.Record(Action::kGrant, Utc(2026, 1, 4), "b@example.com", "web");
  CHECK(world.Check(a, Utc(2026, 2, 1)).rule == ConsentRule::kDenied);
  world.Record(Action::kConfirm, Utc(2026, 1, 5), "b@example.com", "web");
  CHECK(world.Check(a, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
}

TEST_CASE("unmerge: grants go with the address, restrictions stay with both") {
  World world;
  const CustomerId a = world.Grant(Utc(2026, 1, 1), "a@example.com");
  const CustomerId b = world.Grant(Utc(2026, 1, 1), "b@example.com");
  const auto merged = world.tenant->Merge(a, b, {.keep = a});
  REQUIRE_OK(merged);
  world.act.purpose = "";
  const Position objected =
      world.Record(Action::kObject, Utc(2026, 1, 2), "a@example.com").position;
  world.act.purpose = "analytics";
  world.act.address = "b@example.com";
  world.Record(Action::kGrant, Utc(2026, 1, 3), "a@example.com");
  REQUIRE_OK(world.tenant->Unmerge({.merge = merged->position}));
  for (const CustomerId each : {a, b}) {
    const ConsentDecision decision = world.Check(each, Utc(2026, 2, 1));
    CHECK(decision.rule == ConsentRule::kObjected);
    CHECK(decision.acts[0] == objected);
  }
  const auto history = world.tenant->GetConsentHistory(b);
  REQUIRE_OK(history);
  CHECK(std::count_if(history->begin(), history->end(),
                      [](const ConsentEntry& e) { return e.shared; }) == 2);
  // Each lifts it for herself; the grant for b's address is b's by now.
  world.act.address = "";
  world.act.purpose = "";
  world.Record(Action::kLiftObjection, Utc(2026, 1, 4), "b@example.com");
  world.ask.purpose = "analytics";
  CHECK(world.Check(b, Utc(2026, 2, 1)).verdict == Verdict::kAllow);
  CHECK(world.Check(a, Utc(2026, 2, 1)).rule == ConsentRule::kObjected);
  world.Record(Action::kLiftObjection, Utc(2026, 1, 4), "a@example.com");
  CHECK(world.Check(a, Utc(2026, 2, 1)).rule == ConsentRule::kNoConsent);
}

TEST_CASE("looking back: true then, and known then") {
  World world;
  world.clock->now = Utc(2026, 3, 1);
  const EventOutcome grant = world.Record(Action::kGrant, Utc(2026, 1, 1));
  world.clock->now = Utc(2026, 4, 1);
  world.Record(Action::kWithdraw, Utc(2026, 2, 1));
  const CustomerId ada = grant.customer;
  CHECK(world.Check(ada, Utc(2026, 4, 2)).rule == ConsentRule::kDenied);
  world.ask.as_of = Utc(2026, 1, 15);
  CHECK(world.Check(ada, Utc(2026, 1, 15)).verdict == Verdict::kAllow);
  world.ask.as_of = Utc(2026, 2, 15);
  CHECK(world.Check(ada, Utc(2026, 2, 15)).verdict == Verdict::kDeny);
  // When it was sent, the withdrawal was not known yet.
  world.ask.known_at = grant.position;
  CHECK(world.Check(ada, Utc(2026, 2, 15)).verdict == Verdict::kAllow);
  CHECK(world.tenant->GetConsentHistory(ada, {.known_at = grant.position})
            ->size() == 1);
}

TEST_CASE("who consents: exactly those whom a check allows") {
  World world;
  for (int i = 0; i < 30; ++i) {
    const std::string who = "p" + std::to_string(i) + "@example.com";
    const CustomerId customer = world.Grant(Utc(2026, 1, 1), who);
    if (i % 3 == 0) world.Record(Action::kWithdraw, Utc(2026, 1, 2), who);
    CHECK(customer == static_cast<CustomerId>(i + 1));
  }
  ConsentListQuery query;
  query.purpose = "marketing";
  query.at = Utc(2026, 2, 1);
  query.limit = 7;
  std::vector<CustomerId> all;
  do {
    const auto page = world.tenant->ListConsents(query);
    REQUIRE_OK(page);
    CHECK(page->customers.size() <= 7);
    all.insert(all.end(), page->customers.begin(), page->customers.end());
    query.after = page->next;
  } while (query.after != 0);
  CHECK(all.size() == 20);
  for (const CustomerId customer : all) {
    CHECK(world.Check(customer, query.at).verdict == Verdict::kAllow);
  }
  query.purpose = "nonsense";
  CHECK_CODE(world.tenant->ListConsents(query), kInvalidArgument);
  query.limit = 0;
  CHECK_CODE(world.tenant->ListConsents(query), kInvalidArgument);
}

// The published fields: Kantara 1.1 has eleven that are required; those of
// ISO/IEC TS 27560 as the guide of the W3C's vocabulary lists them.
constexpr const char* kKantaraFields[] = {"version",
                                          "jurisdiction",
                                          "consentTimestamp",
                                          "collectionMethod",
                                          "consentReceiptID",
                                          "piiPrincipalId",
                                          "piiControllers",
                                          "policyUrl",
                                          "services",
                                          "sensitive",
                                          "spiCat",
                                          "language",
                                          "piiController",
                                          "onBehalf",
                                          "contact",
                                          "address",
                                          "email",
                                          "phone",
                                          "piiControllerUrl",
                                          "service",
                                          "purposes",
                                          "purpose",
                                          "purposeCategory",
                                          "consentType",
                                          "piiCategory",
                                          "primaryPurpose",
                                          "termination",
                                          "thirdPartyDisclosure",
                                          "thirdPartyName"};
constexpr const char* kIsoFields[] = {
    "schema_version",    "record_id",
    "pii_principal_id",  "privacy_notice",
    "language",          "purpose",
    "purpose_type",      "lawful_basis",
    "services",          "storage_locations",
    "retention_period",  "recipient_third_parties",
    "withdrawal_method", "jurisdiction",
    "collection_method", "sensitive_pii_category",
    "pii_controllers",   "party_id",
    "party_name",        "party_address",
    "party_email",       "party_url",
    "party_phone",       "party_role",
    "party_contact",     "party_type",
    "event_time",        "validity_duration",
    "entity_id",         "event_type",
    "event_state"};
// A tenant who has filled her registers.
constexpr const char* kRegisters =
    R"({"parties":{"club":{"legalName":"Golf Club","role":"controller",
    "address":"1 Fairway","email":"privacy@club.example","phone":"+27",
    "url":"https://club.example","contact":"Data office"}},
    "policies":{"privacy":{"versions":{"2":{"url":"https://club.example/2",
    "language":"en","hash":"abc"}}}},
    "purposes":{"marketing":{"kind":"marketing","controller":"club",
    "services":["newsletter"],"retention":"P2Y","piiCategories":["contact"],
    "storageLocations":["ZA"],"recipients":["Mailer Ltd"],"primary":true,
    "text":{"en":"News"},"termination":"by link","withdrawalMethod":"link"}}})";

bool HasField(const std::string& json, const std::string& field) {
  return json.find("\"" + field + "\":") != std::string::npos;
}

TEST_CASE("a receipt has all fields, and makes nothing up") {
  World world;
  world.Set(kRegisters);
  world.act.policy = "privacy";
  world.act.policy_version = 2;
  world.act.jurisdiction = "ZA";
  world.act.method = "web-form";
  const EventOutcome made = world.Record(Action::kGrant, Utc(2026, 1, 1));
  const auto receipt = [&](ReceiptFormat format) {
    const auto json =
        world.tenant->GetConsentReceipt(made.customer, made.position, format);
    REQUIRE_OK(json);
    CHECK(json->find("ada@example.com") == std::string::npos);
    return *json;
  };
  const std::string kantara = receipt(ReceiptFormat::kKantara);
  for (const char* field : kKantaraFields) {
    INFO(field);
    CHECK(HasField(kantara, field));
  }
  CHECK(kantara.find("\"consentTimestamp\":1767225600") != std::string::npos);
  CHECK(kantara.find("unknown") == std::string::npos);
  const std::string iso = receipt(ReceiptFormat::kIso27560);
  for (const char* field : kIsoFields) {
    INFO(field);
    CHECK(HasField(iso, field));
  }
  CHECK(iso.find("\"event_state\":\"given\"") != std::string::npos);
  // What nobody said is unknown.
  CHECK(iso.find("\"validity_duration\":\"unknown\"") != std::string::npos);
  CHECK_CODE(world.tenant->GetConsentReceipt(made.customer, 1,
                                             ReceiptFormat::kKantara),
             kNotFound);
}

TEST_CASE("settings that are wrong change nothing, and say where") {
  World world;
  const std::string before = *world.tenant->GetConsentSettings();
  const auto refused = [&](std::string_view json, std::string_view word,
                           StatusCode code = StatusCode::kInvalidArgument) {
    const Status status = world.tenant->SetConsentSettings(json);
    CHECK(StatusCodeName(status.code()) == StatusCodeName(code));
    INFO(status.ToString());
    CHECK(status.message().find(word) != std::string_view::npos);
  };
  refused("{", "", StatusCode::kMalformed);
  refused("[]", "object");
  refused(R"({"porpoises":{}})", "/porpoises");
  refused(R"({"purposes":{"x":{"legalBasis":"whim"}}})",
          "/purposes/x/legalBasis");
  refused(R"({"purposes":{"x":{"legalBasis":"legitimate-interest"}}})",
          "/purposes/x/assessment");
  refused(R"({"purposes":{"x":{"controller":"nobody"}}})",
          "/purposes/x/controller");
  refused(R"({"purposes":{"any":{}}})", "/purposes/any");
  refused(R"({"policies":{"p":{"versions":{"one":{}}}}})",
          "/policies/p/versions/one");
  refused(R"({"templates":{"t":{"class":"urgent-marketing"}}})",
          "/templates/t/class");
  refused(R"({"regimes":{"r":{"jurisdictions":["Germany"]}}})",
          "/regimes/r/jurisdictions");
  refused(R"({"regimes":{"r":{"jurisdictions":["DE"],"sendWindows":{
             "channels":["email"],"zones":["Mars/Olympus"],"windows":[
             {"days":["mon"],"from":"08:00","until":"09:00"}]}}}})",
          "/regimes/r/sendWindows/zones");
  refused(R"({"regimes":{"r":{"jurisdictions":["DE"],"sendWindows":{
             "channels":["email"],"windows":[
             {"days":["mon"],"from":"8:00","until":"09:00"}]}}}})",
          "/windows/0/from");
  refused(R"({"pendingDays":-1})", "/pendingDays");
  CHECK(*world.tenant->GetConsentSettings() == before);
  // What is shown is taken back, and is no change.
  REQUIRE_OK(world.tenant->SetConsentSettings(before));
  CHECK(*world.tenant->GetConsentSettings() == before);
  REQUIRE_OK(world.tenant->SetConsentSettings(
      R"({"purposes":{"analytics":null,"news":{}}})"));
  const std::string after = *world.tenant->GetConsentSettings();
  CHECK(after.find("\"analytics\"") == std::string::npos);
  CHECK(after.find("\"news\"") != std::string::npos);
  CHECK(after.find("\"marketing\"") != std::string::npos);
}

}  // namespace
}  // namespace crm
