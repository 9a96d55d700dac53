// What comes in: every form of an act, what is refused, and what is read back.

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "store/fixture.h"

namespace crm {
namespace {

using Action = ConsentAction;
using Channel = ConsentChannel;

constexpr auto kDay = std::chrono::hours(24);

// A store whose clock stands at the end of January 2026.
struct World {
  World() {
    clock->Advance(30 * kDay);
    StoreOptions options = Quick();
    options.clock = clock;
    store.emplace(MustOpenInMemory(options));
    tenant.emplace(MustTenant(*store));
  }
  EventOutcome Append(const std::string& type, const std::string& payload,
                      Timestamp time, const std::string& who = "ada") {
    Event event = MakeEvent("e" + std::to_string(++count),
                            {{"email", who + "@example.com"}}, payload);
    event.type = type;
    event.occurred_at = time;
    return MustAppendOne(*tenant, event);
  }
  ConsentDecision Check(CustomerId customer, Channel channel = Channel::kEmail,
                        const std::string& purpose = "marketing") {
    ConsentQuestion question;
    question.customer = customer;
    question.purpose = purpose;
    question.channel = channel;
    question.at = clock->Now();
    const Result<ConsentDecision> decision = tenant->CheckConsent(question);
    REQUIRE_OK(decision);
    return *decision;
  }
  bool Allows(CustomerId customer, Channel channel = Channel::kEmail,
              const std::string& purpose = "marketing") {
    return Check(customer, channel, purpose).verdict == Verdict::kAllow;
  }
  ConsentAct Act(Action action) const {
    ConsentAct act;
    act.action = action;
    act.purpose = "marketing";
    act.channel = Channel::kEmail;
    act.identifiers = {{"email", "ada@example.com"}};
    return act;
  }

  std::shared_ptr<StillClock> clock = std::make_shared<StillClock>();
  std::optional<Store> store;
  std::optional<Tenant> tenant;
  int count = 0;
};

TEST_CASE("the events of the seeds are acts") {
  World world;
  const CustomerId ada =
      world
          .Append("ConsentGranted",
                  R"({"purpose":"analytics","channel":"email"})", At(1))
          .customer;
  CHECK(world.Allows(ada, Channel::kEmail, "analytics"));
  CHECK_FALSE(world.Allows(ada));  // Another purpose.
  CHECK_FALSE(world.Allows(ada, Channel::kSms, "analytics"));
  world.Append("ConsentRevoked", R"({"purpose":"analytics","channel":"email"})",
               At(2));
  CHECK(world.Check(ada, Channel::kEmail, "analytics").state ==
        ConsentState::kWithdrawn);
  // Of one channel, for marketing.
  world.Append("ConsentUpdatedEvent",
               R"({"consentType":"EMAIL","status":"GRANTED"})", At(3));
  CHECK(world.Allows(ada));
  world.Append("ConsentUpdated", R"({"consentType":"EMAIL","status":"???"})",
               At(4));
  CHECK(world.Check(ada).state == ConsentState::kInvalidated);
  world.Append("messaging.consent.updated",
               R"({"channel":"sms","status":"granted"})", At(5));
  CHECK(world.Allows(ada, Channel::kSms));
}

TEST_CASE("opt-in flags: those of the list, by event time, and opt-outs too") {
  World world;
  const CustomerId ada =
      world
          .Append("contactPreference.updated",
                  R"({"emailOptIn":true,"smsOptIn":true,"evilOptIn":true})",
                  At(10))
          .customer;
  CHECK(world.Allows(ada));
  CHECK(world.Allows(ada, Channel::kSms));
  CHECK_FALSE(world.Allows(ada, Channel::kPush));
  world.Append("messaging.contactPreference.updated", R"({"smsOptIn":false})",
               At(20));
  CHECK_FALSE(world.Allows(ada, Channel::kSms));
  // What comes late and is older changes nothing.
  world.Append("contactPreference.updated", R"({"smsOptIn":true})", At(15));
  CHECK_FALSE(world.Allows(ada, Channel::kSms));
}

TEST_CASE("a late, older grant does not revive what was withdrawn") {
  World world;
  const std::string payload = R"({"purpose":"marketing","channel":"email"})";
  const CustomerId ada =
      world.Append("ConsentRevoked", payload, At(100)).customer;
  world.Append("ConsentGranted", payload, At(50));
  CHECK(world.Check(ada).rule == ConsentRule::kDenied);
  world.Append("ConsentGranted", payload, At(100));  // On a tie no wins.
  CHECK(world.Check(ada).rule == ConsentRule::kDenied);
  world.Append("ConsentGranted", payload, At(101));
  CHECK(world.Check(ada).rule == ConsentRule::kConsent);
}

TEST_CASE("acts come in any order, and the decisions are the same") {
  struct Said {
    std::string type, payload;
    int64_t time;
  };
  const std::string email = R"({"purpose":"marketing","channel":"email"})";
  std::vector<Said> said = {
      {"ConsentGranted", email, 1},
      {"ConsentRevoked", email, 2},
      {"ConsentGranted", R"({"purpose":"marketing","channel":"any"})", 3},
      {"contactPreference.updated", R"({"smsOptIn":false})", 4},
      {"PreferencesUpdated", R"({"emailFrequency":"daily"})", 5},
      {"PreferencesUpdated", R"({"categories":["golf","wine"]})", 6},
      {"PreferencesUpdated", R"({"categories":["golf"]})", 7},
      {"message.bounced", R"({"channel":"sms","errorType":"hard"})", 8}};
  std::string first;
  std::mt19937 random(1);
  for (int order = 0; order < 60; ++order) {
    World world;
    CustomerId ada = 0;
    for (const Said& one : said) {
      ada = world.Append(one.type, one.payload, At(one.time)).customer;
    }
    std::string answers;
    for (int channel = 2; channel <= 8; ++channel) {
      const ConsentDecision decision =
          world.Check(ada, static_cast<Channel>(channel));
      answers += std::string(VerdictName(decision.verdict)) +
                 std::string(ConsentRuleName(decision.rule)) + " ";
    }
    const auto preferences = world.tenant->GetPreferences(ada);
    REQUIRE_OK(preferences);
    answers += preferences->email_frequency;
    for (const std::string& category : preferences->categories) {
      answers += " " + category;
    }
    if (order == 0) first = answers;
    CHECK(answers == first);
    std::shuffle(said.begin(), said.end(), random);
  }
}

TEST_CASE("bounces, complaints and STOP are no consent, and undo none") {
  World world;
  const CustomerId ada =
      world
          .Append("ConsentGranted",
                  R"({"purpose":"marketing","channel":"email"})", At(1))
          .customer;
  // A full mailbox comes back.
  world.Append("message.bounced",
               R"({"channel":"email","errorType":"mailbox_full"})", At(2));
  CHECK(world.Allows(ada));
  world.Append("message.complained", R"({"channel":"email"})", At(3));
  CHECK(world.Check(ada).rule == ConsentRule::kSuppressed);
  ConsentAct lift = world.Act(Action::kLiftSuppression);
  lift.purpose = "";
  REQUIRE_OK(world.tenant->RecordConsent(lift));
  CHECK(world.Allows(ada));
  world.Append("CustomerEmailInvalidated",
               R"({"email":"ada@example.com","reason":"mx"})",
               world.clock->Now() + std::chrono::seconds(1));
  CHECK(world.Check(ada).rule == ConsentRule::kUndeliverable);
}

TEST_CASE("an address is suppressed for everybody who has it") {
  World world;
  ConsentAct bounce = world.Act(Action::kSuppress);
  bounce.purpose = "";
  bounce.reason = "hard-bounce";
  bounce.identifiers = {{"customerId", "list-cleaner"}};
  bounce.address = "bob@example.com";
  REQUIRE_OK(world.tenant->RecordConsent(bounce));
  const CustomerId bob =
      world
          .Append("ConsentGranted",
                  R"({"purpose":"marketing","channel":"email"})", At(1), "bob")
          .customer;
  CHECK(world.Check(bob).rule == ConsentRule::kUndeliverable);
  ConsentQuestion receipt;
  receipt.customer = bob;
  receipt.channel = Channel::kEmail;
  receipt.message_class = MessageClass::kTransactional;
  receipt.address = "BOB@example.com";
  receipt.at = world.clock->Now();
  CHECK(world.tenant->CheckConsent(receipt)->rule ==
        ConsentRule::kUndeliverable);
  receipt.address = "bob@other.example.com";
  CHECK(world.tenant->CheckConsent(receipt)->verdict == Verdict::kAllow);
}

TEST_CASE("what is wrong with an act is said, and nothing is written") {
  World world;
  Tenant other = MustTenant(*world.store, "other");
  const EventOutcome first = world.Append("booking.made", "{}", At(1));
  const Position head =
      *world.tenant->WaitForEvents(0, std::chrono::milliseconds(0));
  const auto refused = [&](ConsentAct act, StatusCode code,
                           std::string_view word) {
    const auto outcome = world.tenant->RecordConsent(act);
    CHECK(StatusCodeName(outcome.status().code()) == StatusCodeName(code));
    CHECK(outcome.status().message().find(word) != std::string_view::npos);
  };
  ConsentAct act = world.Act(Action::kGrant);
  act.purpose = "marketting";
  refused(act, StatusCode::kInvalidArgument, "purpose");
  act = world.Act(Action::kGrant);
  act.purpose = "";
  refused(act, StatusCode::kInvalidArgument, "purpose");
  act = world.Act(Action::kGrant);
  act.channel = static_cast<Channel>(77);
  refused(act, StatusCode::kInvalidArgument, "channel");
  act = world.Act(Action::kGrant);
  act.occurred_at = world.clock->Now() + std::chrono::minutes(6);
  refused(act, StatusCode::kInvalidArgument, "occurred_at");
  act = world.Act(Action::kGrant);
  act.valid_until = world.clock->Now() - std::chrono::minutes(1);
  refused(act, StatusCode::kInvalidArgument, "valid_until");
  act = world.Act(Action::kGrant);
  act.policy = "privacy";
  refused(act, StatusCode::kInvalidArgument, "policy");
  act = world.Act(Action::kGrant);
  act.controller = "nobody";
  refused(act, StatusCode::kInvalidArgument, "controller");
  act = world.Act(Action::kGrant);
  act.jurisdiction = "Germany";
  refused(act, StatusCode::kInvalidArgument, "jurisdiction");
  act = world.Act(Action::kGrant);
  act.identifiers.clear();
  refused(act, StatusCode::kInvalidArgument, "identifiers");
  act.customer = 99;
  refused(act, StatusCode::kNotFound, "99");
  act = world.Act(Action::kGrant);
  act.address = "no address";
  refused(act, StatusCode::kInvalidArgument, "address");
  act = world.Act(Action::kSuppress);
  act.reason = "because";
  refused(act, StatusCode::kInvalidArgument, "reason");
  act = world.Act(Action::kGrant);
  act.evidence = std::string(5000, 'x');
  refused(act, StatusCode::kTooLarge, "evidence");
  act = world.Act(Action::kGrant);
  act.identifiers = {{"email", "eve@example.com"}};
  act.customer = first.customer;
  refused(act, StatusCode::kConflict, "customer");
  // Another tenant's ids are nobody's.
  act = world.Act(Action::kWithdraw);
  act.identifiers.clear();
  act.customer = first.customer;
  CHECK_CODE(other.RecordConsent(act), kNotFound);
  CHECK(*world.tenant->WaitForEvents(0, std::chrono::milliseconds(0)) == head);
}

TEST_CASE("a withdrawal is never refused for its time") {
  World world;
  const CustomerId ada =
      world.tenant->RecordConsent(world.Act(Action::kGrant))->customer;
  CHECK(world.Allows(ada));
  ConsentAct act = world.Act(Action::kWithdraw);
  act.occurred_at = world.clock->Now() + 300 * kDay;
  REQUIRE_OK(world.tenant->RecordConsent(act));
  // It counts from when it was recorded, not from when it claims.
  CHECK(world.Check(ada).rule == ConsentRule::kDenied);
  const auto history = world.tenant->GetConsentHistory(ada);
  REQUIRE_OK(history);
  REQUIRE(history->size() == 2);
  CHECK(history->back().clamped);
  CHECK(history->back().effective_at == world.clock->Now());
}

TEST_CASE("the same act twice is one; a second grant is a renewal") {
  World world;
  ConsentAct act = world.Act(Action::kGrant);
  act.id = "form-1";
  act.occurred_at = At(5);
  REQUIRE_OK(world.tenant->RecordConsent(act));
  const auto again = world.tenant->RecordConsent(act);
  REQUIRE_OK(again);
  CHECK(again->outcome == Outcome::kDuplicate);
  act.id = "form-2";
  act.occurred_at = At(6);
  const auto renewal = world.tenant->RecordConsent(act);
  REQUIRE_OK(renewal);
  const auto history = world.tenant->GetConsentHistory(renewal->customer);
  REQUIRE_OK(history);
  REQUIRE(history->size() == 2);
  CHECK_FALSE((*history)[0].renewed);
  CHECK((*history)[0].superseded);
  CHECK((*history)[1].renewed);
  CHECK((*history)[1].state == ConsentState::kGiven);
  CHECK((*history)[1].event_id == "form-2");
}

TEST_CASE("an act can name a customer instead of how she is called") {
  World world;
  const EventOutcome made = world.Append("booking.made", "{}", At(1));
  ConsentAct act = world.Act(Action::kGrant);
  act.identifiers.clear();
  act.customer = made.customer;
  const auto outcome = world.tenant->RecordConsent(act);
  REQUIRE_OK(outcome);
  CHECK(outcome->customer == made.customer);
  CHECK(world.Allows(made.customer));
}

TEST_CASE("preferences: the latest of each field; not set is not refused") {
  World world;
  const CustomerId ada =
      world
          .Append("ConsentGranted",
                  R"({"purpose":"marketing","channel":"any"})", At(1))
          .customer;
  const auto none = world.tenant->GetPreferences(ada);
  REQUIRE_OK(none);
  CHECK(none->email_frequency.empty());
  CHECK_FALSE(none->has_categories);
  CHECK(world.Allows(ada));
  world.Append("PreferencesUpdated",
               R"({"preferences":{"timezone":"Europe/Berlin",
                   "emailFrequency":"never","categories":[]}})",
               At(10));
  world.Append("CustomerPreferencesUpdated",
               R"({"emailFrequency":"daily","timezone":"Asia/Tokyo"})", At(5));
  const auto set = world.tenant->GetPreferences(ada);
  REQUIRE_OK(set);
  CHECK(set->email_frequency == "never");
  CHECK(set->time_zone == "Europe/Berlin");
  CHECK(set->has_categories);
  CHECK(set->categories.empty());
  CHECK(world.Check(ada).rule == ConsentRule::kNever);
  CHECK(world.Allows(ada, Channel::kPush));
  world.Append("PreferencesUpdated",
               R"({"emailFrequency":null,"pushEnabled":false,
                   "smsForPromotions":false})",
               At(20));
  CHECK(world.Allows(ada));
  CHECK(world.Check(ada, Channel::kPush).rule == ConsentRule::kNever);
  CHECK(world.Check(ada, Channel::kSms).rule == ConsentRule::kNever);
}

TEST_CASE("acts fit their schema where every event must have one") {
  World world;
  REQUIRE_OK(world.tenant->SetValidation("", Validation::kEnforce));
  ConsentAct act = world.Act(Action::kGrant);
  act.policy_version = 3;
  act.valid_until = world.clock->Now() + std::chrono::hours(1);
  act.confirmed = true;
  act.evidence = "form 7";
  const auto outcome = world.tenant->RecordConsent(act);
  REQUIRE_OK(outcome);
  CHECK(world.Allows(outcome->customer));
  world.Append("message.unsubscribed", R"({"messageId":"m"})", At(1));
  CHECK(world.Check(outcome->customer).rule == ConsentRule::kSuppressed);
}

TEST_CASE("deactivating is not a withdrawal") {
  World world;
  const CustomerId ada =
      world
          .Append("ConsentGranted",
                  R"({"purpose":"marketing","channel":"email"})", At(1))
          .customer;
  world.Append("CustomerDeactivated", R"({"reason":"other"})", At(2));
  // It suspends, and takes nothing back.
  CHECK(world.Check(ada).verdict == Verdict::kDeny);
  CHECK(world.Check(ada).rule == ConsentRule::kDeactivated);
  CHECK(world.Check(ada).act_count == 1);
  CHECK(world.tenant->GetConsentHistory(ada)->size() == 1);
  world.Append("CustomerReactivated", "{}", At(4));
  CHECK(world.Allows(ada));
  // A late deactivation from before says nothing of today.
  world.Append("CustomerDeactivated", R"({"reason":"fraud"})", At(3));
  CHECK(world.Allows(ada));
}

TEST_CASE("acts survive closing, and views made anew decide the same") {
  Scratch scratch;
  CustomerId ada = 0;
  {
    Store store = MustOpen(scratch / "store");
    Tenant tenant = MustTenant(store);
    REQUIRE_OK(tenant.SetConsentSettings(R"({"pendingDays":3})"));
    Event event = MakeEvent("g", {{"email", "ada@example.com"}},
                            R"({"purpose":"marketing","channel":"email"})");
    event.type = "ConsentGranted";
    ada = MustAppendOne(tenant, event).customer;
    REQUIRE_OK(store.Close());
  }
  for (const bool rebuild : {false, true}) {
    if (rebuild) {
      REQUIRE(std::system(("rm -r " + (scratch / "store/views")).c_str()) == 0);
    }
    Store store = MustOpen(scratch / "store");
    Tenant tenant = MustTenant(store);
    ConsentQuestion question;
    question.customer = ada;
    question.purpose = "marketing";
    question.channel = Channel::kEmail;
    question.at = SystemClock()->Now();
    const auto decision = tenant.CheckConsent(question);
    REQUIRE_OK(decision);
    CHECK(decision->verdict == Verdict::kAllow);
    const auto settings = tenant.GetConsentSettings();
    REQUIRE_OK(settings);
    CHECK(settings->find("\"pendingDays\":3") != std::string::npos);
    const auto report = store.Verify();
    REQUIRE_OK(report);
    CHECK(report->sound());
  }
}

}  // namespace
}  // namespace crm
