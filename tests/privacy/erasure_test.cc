// Tenant::Erase: what goes, what stays, what comes later, and what is refused.

#include <filesystem>

#include "store/fixture.h"

namespace crm {
namespace {

// Ada has two records, a merged id and some events; Ben shares an address with
// her; Cy is somebody else.
class Club {
 public:
  Club() {
    StoreOptions options = Quick();
    options.clock = clock;
    store = std::make_unique<Store>(MustOpenInMemory(options));
    Start();
  }
  explicit Club(const std::string& path) {
    StoreOptions options = Quick();
    options.clock = clock;
    store = std::make_unique<Store>(MustOpen(path, options));
    Start();
  }

  Event EventOf(const std::string& id, std::vector<Identifier> identifiers,
                const std::string& name, int64_t seconds) {
    Event event = MakeEvent(id, std::move(identifiers),
                            "{\"traits\":{\"name\":\"" + name + "\"}}");
    event.occurred_at = clock->Now() + std::chrono::seconds(seconds);
    return event;
  }
  Event Ada(const std::string& id, int64_t seconds = 0) {
    return EventOf(id, {{"sclMemberId", "m-ada"}, {"email", "ada@x.example"}},
                   "Ada", seconds);
  }
  ErasureReport MustErase(CustomerId customer, bool confirm = false) {
    ErasureOptions options;
    options.by = "privacy desk";
    options.why = "gdpr-request";
    options.confirm = confirm;
    Result<ErasureReport> report = tenant->Erase(customer, options);
    REQUIRE_OK(report);
    return *std::move(report);
  }
  void Later(int64_t seconds) { clock->Advance(std::chrono::seconds(seconds)); }

  std::shared_ptr<StillClock> clock = std::make_shared<StillClock>();
  std::unique_ptr<Store> store;
  std::unique_ptr<Tenant> tenant;
  CustomerId ada = 0;
  CustomerId ada_too = 0;  // Merged into her.
  CustomerId ben = 0;
  CustomerId cy = 0;

 private:
  void Start() {
    tenant = std::make_unique<Tenant>(MustTenant(*store));
    ada = MustAppendOne(*tenant, Ada("a-1", -100)).customer;
    MustAppendOne(*tenant, Ada("a-2", -90));
    ada_too = MustAppendOne(*tenant, EventOf("a-3",
                                             {{"teetimePlayerId", "t-ada"},
                                              {"phoneNumber", "+27821111111"}},
                                             "Ada L", -80))
                  .customer;
    ben = MustAppendOne(*tenant, EventOf("b-1",
                                         {{"sclMemberId", "m-ben"},
                                          {"email", "ada@x.example"}},
                                         "Ben", -70))
              .customer;
    cy = MustAppendOne(*tenant,
                       EventOf("c-1", {{"sclMemberId", "m-cy"}}, "Cy", -60))
             .customer;
    REQUIRE_OK(tenant->Merge(ada, ada_too));
    Later(1);
  }
};

bool Mentions(const std::vector<std::string>& lines, const char* text) {
  for (const std::string& line : lines) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("a dry run says what would go, and changes nothing") {
  Club club;
  const std::string before = Everything(*club.tenant);
  ErasureOptions options;
  options.dry_run = true;
  const auto plan = club.tenant->Erase(club.ada, options);
  REQUIRE_OK(plan);
  CHECK(plan->request.empty());
  CHECK(plan->position == 0);
  CHECK_FALSE(plan->complete);
  CHECK(plan->customer == club.ada);
  CHECK(plan->records == std::vector<RecordId>{1, 2});
  CHECK(plan->retired == std::vector<CustomerId>{club.ada_too});
  CHECK(plan->events == 3);
  CHECK(plan->identifiers == 4);
  CHECK(plan->bytes > 100);
  // Two records, two accounts, a phone number; Ben named the address, too.
  CHECK(plan->fenced == 5);
  CHECK(plan->doubtful.empty());
  CHECK(plan->certificate.empty());
  CHECK(Everything(*club.tenant) == before);
  CHECK(club.tenant->ListErasures()->empty());
  REQUIRE_OK(club.tenant->GetProfile(club.ada));
}

TEST_CASE("an erased customer is found by nothing and nobody") {
  const Scratch scratch;
  Club club(scratch / "s");
  const auto old = club.tenant->GetSnapshot();
  REQUIRE_OK(old);
  const ErasureReport report = club.MustErase(club.ada_too);  // Leads to her.
  CHECK(report.customer == club.ada);
  CHECK(report.complete);
  CHECK(report.request.size() == 32);
  for (const CustomerId id : {club.ada, club.ada_too}) {
    CHECK_CODE(club.tenant->GetProfile(id), kErased);
    CHECK_CODE(club.tenant->GetCustomer(id), kErased);
    CHECK_CODE(club.tenant->GetTimeline(id, {}), kErased);
    CHECK_CODE(club.tenant->How(id), kErased);
    CHECK_CODE(club.tenant->Why(id, club.cy), kErased);
    CHECK_CODE(club.tenant->Merge(id, club.cy), kErased);
    CHECK_CODE(club.tenant->Unmerge({.customer = id}), kErased);
    CHECK_CODE(club.tenant->ListAssertions(id), kErased);
    CHECK_CODE(club.tenant->Erase(id), kErased);
    CHECK_CODE(club.tenant->Replay({.customer = id}), kErased);
    // Also by a snapshot that is older.
    CHECK_CODE(old->GetProfile(id), kErased);
    CHECK_CODE(old->GetTimeline(id, {}), kErased);
  }
  CHECK_CODE(club.tenant->AddAssertion(Assertion::Kind::kCannotLink, 1, 3),
             kErased);
  CHECK_CODE(club.tenant->Replay({.record = 1}), kErased);
  for (const Identifier& identifier :
       {Identifier{"sclMemberId", "m-ada"},
        Identifier{"email", "ada@x.example"},
        Identifier{"teetimePlayerId", "t-ada"},
        Identifier{"phoneNumber", "+27821111111"}}) {
    CHECK_CODE(club.tenant->FindCustomer(identifier), kNotFound);
    CHECK_CODE(club.tenant->Lookup(std::vector<Identifier>{identifier}),
               kNotFound);
  }
  const auto stats = club.store->GetStats();
  REQUIRE_OK(stats);
  CHECK(stats->customers == 2);
  CHECK(stats->events == 5);
  CHECK(stats->tenants[0].erased_customers == 1);
  // The others are as they were; of her events the open part is there.
  CHECK(club.tenant->GetProfile(club.ben)->Find("name")->value == "\"Ben\"");
  CHECK(club.tenant->GetProfile(club.cy)->Find("name")->value == "\"Cy\"");
  const auto lines = Walk(club.tenant->Replay({}));
  CHECK(lines.size() == 5);
  CHECK_FALSE(Mentions(lines, "Ada"));
  CHECK_FALSE(Mentions(lines, "m-ada"));
  CHECK(Mentions(lines, "Ben"));
}

TEST_CASE("an erasure holds when the views are made anew") {
  const Scratch scratch;
  std::string before;
  {
    Club club(scratch / "s");
    club.MustErase(club.ada);
    CheckSound(*club.store);
    before = Everything(*club.tenant);
    REQUIRE_OK(club.store->Close());
  }
  std::filesystem::remove_all(scratch / "s/views");
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  CHECK(Everything(tenant) == before);
  CheckSound(store);
  const auto erasures = tenant.ListErasures();
  REQUIRE_OK(erasures);
  REQUIRE(erasures->size() == 1);
  CHECK((*erasures)[0].complete);
  CHECK((*erasures)[0].why == "gdpr-request");
  CHECK_FALSE((*erasures)[0].certificate.empty());
}

TEST_CASE("an event from before the erasure is refused and counted") {
  const Scratch scratch;
  {
    Club club(scratch / "s");
    club.MustErase(club.ada);
    club.Later(10);
    // By her record, her account under another source, and her phone alone.
    std::vector<Event> late = {club.Ada("late-1", -20), club.Ada("late-2", -20),
                               club.Ada("late-3", -20)};
    late[1].source = "shop";
    late[2].identifiers = {{"phoneNumber", "+27821111111"}};
    CHECK_CODE(club.tenant->Append(late), kErased);
    AppendOptions options;
    options.partial = true;
    late.push_back(club.EventOf("c-2", {{"sclMemberId", "m-cy"}}, "Cy", -20));
    const AppendResult result = MustAppend(*club.tenant, late, options);
    CHECK(result.appended == 1);
    CHECK(result.rejected == 3);
    CHECK(result.erased == 3);
    CHECK(result.events[0].outcome == Outcome::kErased);
    CHECK_CODE(result.events[1].status, kErased);
    CHECK(result.events[3].customer == club.cy);
    // What was there is a duplicate, as ever.
    CHECK(MustAppendOne(*club.tenant, club.Ada("a-1", -111)).outcome ==
          Outcome::kDuplicate);
    // A dry run says the same and counts nothing.
    const auto would = club.tenant->WhatIf(club.Ada("late-4", -20));
    CHECK_CODE(would, kErased);
    CHECK(club.store->GetStats()->tenants[0].refused_events == 4);
    CheckSound(*club.store);
    REQUIRE_OK(club.store->Close());
  }
  Store store = MustOpen(scratch / "s");
  CHECK(store.GetStats()->tenants[0].refused_events == 4);
}

TEST_CASE("who comes back is a new customer") {
  Club club;
  club.MustErase(club.ada);
  club.Later(10);
  const EventOutcome back = MustAppendOne(*club.tenant, club.Ada("new-1"));
  CHECK(back.new_customer);
  CHECK(back.new_record);
  CHECK(back.customer > club.cy);
  CHECK(*club.tenant->FindCustomer({"sclMemberId", "m-ada"}) == back.customer);
  const auto profile = club.tenant->GetProfile(back.customer);
  REQUIRE_OK(profile);
  CHECK(profile->events == 1);
  // What she did before is hers no more.
  CHECK_CODE(club.tenant->Append(club.Ada("late-1", -20)), kErased);
  // And may be erased again, under another request.
  CHECK(club.MustErase(back.customer).records ==
        std::vector<RecordId>{back.record});
  CHECK(club.tenant->ListErasures()->size() == 2);
  CheckSound(*club.store);
}

TEST_CASE("who comes back is not written to until she grants it anew") {
  Club club;
  REQUIRE_OK(club.tenant->SetConsentSettings(
      R"({"purposes":{"club-news":{"legalBasis":"legitimate-interest",)"
      R"("assessment":"A-1"}}})"));
  const auto dee = [&](const std::string& id) {
    return MustAppendOne(
               *club.tenant,
               club.EventOf(id, {{"email", "dee@x.example"}}, "Dee", 0))
        .customer;
  };
  const auto decide = [&](CustomerId customer, MessageClass message_class) {
    ConsentQuestion question;
    question.customer = customer;
    question.purpose = "club-news";
    question.channel = ConsentChannel::kEmail;
    question.message_class = message_class;
    question.at = club.clock->Now();
    const ConsentDecision anywhere = *club.tenant->CheckConsent(question);
    question.address = "dee@x.example";
    const ConsentDecision there = *club.tenant->CheckConsent(question);
    // Whether or not the question names it.
    CHECK(ConsentRuleName(anywhere.rule) == ConsentRuleName(there.rule));
    return there;
  };
  const CustomerId before = dee("d-1");
  CHECK(decide(before, MessageClass::kMarketing).verdict == Verdict::kAllow);
  club.MustErase(before);
  club.Later(10);
  const CustomerId back = dee("d-2");
  CHECK(back != before);
  CHECK(decide(back, MessageClass::kMarketing).rule ==
        ConsentRule::kSuppressed);
  CHECK(decide(back, MessageClass::kTransactional).verdict == Verdict::kAllow);
  ConsentAct grant;
  grant.purpose = "club-news";
  grant.channel = ConsentChannel::kEmail;
  grant.identifiers = {{"email", "dee@x.example"}};
  REQUIRE_OK(club.tenant->RecordConsent(grant));
  CHECK(decide(back, MessageClass::kMarketing).verdict == Verdict::kAllow);
  CheckSound(*club.store);
}

TEST_CASE("an address that somebody else has, too, is not fenced") {
  Club club;
  club.MustErase(club.ada);
  club.Later(10);
  const EventOutcome late = MustAppendOne(
      *club.tenant,
      club.EventOf("b-2",
                   {{"sclMemberId", "m-ben"}, {"email", "ada@x.example"}},
                   "Ben", -20));
  CHECK(late.customer == club.ben);
  CHECK(*club.tenant->FindCustomer({"email", "ada@x.example"}) == club.ben);
}

TEST_CASE("a late event that names the account of somebody alive is hers") {
  Club club;
  club.MustErase(club.ada);
  club.Later(10);
  const EventOutcome late = MustAppendOne(
      *club.tenant,
      club.EventOf("c-2",
                   {{"sclMemberId", "m-cy"}, {"phoneNumber", "+27821111111"}},
                   "Cy", -20));
  CHECK(late.customer == club.cy);
}

TEST_CASE("two accounts need to be confirmed") {
  Club club;
  MergeOptions by_hand;
  by_hand.by = "desk";
  by_hand.why = "asked";
  by_hand.force = true;
  REQUIRE_OK(club.tenant->Merge(club.ben, club.cy, by_hand));
  ErasureOptions options;
  options.dry_run = true;
  const auto plan = club.tenant->Erase(club.ben, options);
  REQUIRE_OK(plan);
  CHECK(plan->doubtful == std::vector<std::string>{"sclMemberId"});
  const auto refused = club.tenant->Erase(club.ben);
  CHECK_CODE(refused, kFailedPrecondition);
  CHECK(refused.status().message().find("sclMemberId") != std::string::npos);
  REQUIRE_OK(club.tenant->GetProfile(club.ben));
  club.MustErase(club.ben, true);
  CHECK_CODE(club.tenant->GetProfile(club.cy), kErased);
}

TEST_CASE("what cannot be erased changes nothing") {
  Club club;
  const std::string before = Everything(*club.tenant);
  CHECK_CODE(club.tenant->Erase(0), kNotFound);
  CHECK_CODE(club.tenant->Erase(99), kNotFound);
  ErasureOptions options;
  options.why = std::string(257, 'x');
  CHECK_CODE(club.tenant->Erase(club.ada, options), kTooLarge);
  options.why = "a\nb";
  CHECK_CODE(club.tenant->Erase(club.ada, options), kInvalidArgument);
  options = ErasureOptions();
  options.mode = static_cast<ErasureMode>(9);
  CHECK_CODE(club.tenant->Erase(club.ada, options), kInvalidArgument);
  CHECK(Everything(*club.tenant) == before);
  CHECK(club.tenant->ListErasures()->empty());
}

TEST_CASE("subscriptions and the feed of identity tell an erasure") {
  Club club;
  auto subscription = club.tenant->Subscribe({.name = "s"});
  REQUIRE_OK(subscription);
  Message message;
  do {
    REQUIRE(*subscription->Next(&message, std::chrono::seconds(5)));
  } while (message.kind != Message::Kind::kCaughtUp);
  const ErasureReport report = club.MustErase(club.ada);
  REQUIRE(*subscription->Next(&message, std::chrono::seconds(5)));
  CHECK(message.kind == Message::Kind::kErased);
  CHECK(message.position == report.position);
  CHECK(message.change.kind == IdentityChange::Kind::kErased);
  CHECK(message.change.from == club.ada);
  CHECK(message.change.to == 0);
  CHECK(message.change.records == report.records);
  const auto changes = club.tenant->GetIdentityChanges(report.position - 1);
  REQUIRE_OK(changes);
  REQUIRE(changes->changes.size() == 1);
  CHECK(changes->changes[0].kind == IdentityChange::Kind::kErased);
  CHECK(changes->changes[0].position == report.position);
}

TEST_CASE("a question about somebody who was erased is not put any more") {
  Club club;
  REQUIRE(club.tenant->ListReviews()->size() == 1);
  club.MustErase(club.ada);
  CHECK(club.tenant->ListReviews()->empty());
}

TEST_CASE("re-resolving leaves the erased alone") {
  Club club;
  club.MustErase(club.ada);
  const auto report = club.tenant->ReResolve();
  REQUIRE_OK(report);
  CHECK(report->changes.empty());
  CHECK_CODE(club.tenant->GetProfile(club.ada), kErased);
  CheckSound(*club.store);
}

TEST_CASE("an erasure in one tenant is none in another") {
  Club club;
  Tenant other = MustTenant(*club.store, "other");
  const EventOutcome theirs = MustAppendOne(other, club.Ada("a-1", -100));
  club.MustErase(club.ada);
  REQUIRE_OK(other.GetProfile(theirs.customer));
  MustAppendOne(other, club.Ada("a-2", -50));
  CHECK(other.ListErasures()->empty());
}

// A copy of the store from before the erasure, as a backup would keep it.
void CopyStore(const std::string& from, const std::string& to, bool keys) {
  namespace fs = std::filesystem;
  fs::create_directory(to);
  fs::permissions(to, fs::perms::owner_all);
  fs::copy(from + "/log", to + "/log", fs::copy_options::recursive);
  fs::copy_file(from + "/STORE", to + "/STORE");
  if (keys) fs::copy(from + "/keys", to + "/keys", fs::copy_options::recursive);
}

TEST_CASE("an older log beside the keys of today does not bring her back") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.key_file = scratch / "s.key";
  CustomerId ada = 0;
  CustomerId cy = 0;
  std::string request;
  {
    Club club(scratch / "s");
    ada = club.ada;
    cy = club.cy;
    REQUIRE_OK(club.store->Close());
  }
  CopyStore(scratch / "s", scratch / "back", false);
  const auto clock = std::make_shared<StillClock>();
  clock->Advance(std::chrono::seconds(10));
  options.clock = clock;
  {
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store);
    // Somebody who came after the backup, erased as well; then Ada.
    Fill(tenant, "later", 3, 3);
    REQUIRE_OK(tenant.Erase(6));
    const auto erased = tenant.Erase(ada);
    REQUIRE_OK(erased);
    request = erased->request;
    REQUIRE_OK(store.Close());
  }
  std::filesystem::copy(scratch / "s/keys", scratch / "back/keys",
                        std::filesystem::copy_options::recursive);
  for (int opens = 0; opens < 2; ++opens) {
    CAPTURE(opens);
    Store store = MustOpen(scratch / "back", options);
    Tenant tenant = MustTenant(store);
    CHECK_CODE(tenant.GetProfile(ada), kErased);
    if (opens == 0) {
      CHECK_CODE(tenant.FindCustomer({"sclMemberId", "m-ada"}), kNotFound);
    }
    REQUIRE_OK(tenant.GetProfile(cy));
    const auto erasures = tenant.ListErasures();
    REQUIRE_OK(erasures);
    REQUIRE(erasures->size() == 2);
    CHECK((*erasures)[1].request == request);
    CHECK((*erasures)[1].complete);
    REQUIRE_OK(VerifyCertificate((*erasures)[1].certificate));
    CheckSound(store);
    if (opens == 0) {
      Event late = MakeEvent("late", {{"sclMemberId", "m-ada"}});
      late.occurred_at = At(5'000'000);
      CHECK_CODE(tenant.Append(late), kErased);
      // Numbers that were given are not given again.
      late.id = "back";
      late.occurred_at = At(20'000'000);
      const EventOutcome back = MustAppendOne(tenant, late);
      CHECK(back.customer > 6);
      CHECK(back.record > 6);
    }
    REQUIRE_OK(store.Close());
  }
}

TEST_CASE("a certificate is applied where keys and log are older than it") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.key_file = scratch / "s.key";
  std::string certificate;
  CustomerId ada = 0;
  CustomerId ada_too = 0;
  {
    Club club(scratch / "s");
    ada = club.ada;
    ada_too = club.ada_too;
    REQUIRE_OK(club.store->Close());
  }
  CopyStore(scratch / "s", scratch / "back", true);
  {
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store);
    const auto erased = tenant.Erase(ada);
    REQUIRE_OK(erased);
    certificate = erased->certificate;
    REQUIRE_OK(store.Close());
  }
  Store store = MustOpen(scratch / "back", options);
  Tenant tenant = MustTenant(store);
  REQUIRE_OK(tenant.GetProfile(ada));
  // Taken apart meanwhile: each of the two is named whole.
  REQUIRE_OK(tenant.Unmerge({.customer = ada}));
  const auto again = tenant.ApplyCertificate(certificate);
  REQUIRE_OK(again);
  CHECK(again->complete);
  CHECK(again->records == std::vector<RecordId>{1, 2});
  CHECK_CODE(tenant.GetProfile(ada), kErased);
  CHECK_CODE(tenant.GetProfile(ada_too), kErased);
  CHECK_CODE(tenant.FindCustomer({"teetimePlayerId", "t-ada"}), kNotFound);
  CHECK(again->events == 3);
  CHECK(again->fenced == 5);
  CheckSound(store);
  const auto twice = tenant.ApplyCertificate(certificate);
  REQUIRE_OK(twice);
  CHECK(twice->position == again->position);
  CHECK(tenant.ListErasures()->size() == 1);
}

TEST_CASE("a certificate does not erase who was joined with her since") {
  const Scratch scratch;
  StoreOptions options = Quick();
  options.key_file = scratch / "s.key";
  std::string certificate;
  CustomerId ada = 0;
  CustomerId cy = 0;
  {
    Club club(scratch / "s");
    ada = club.ada;
    cy = club.cy;
    REQUIRE_OK(club.store->Close());
  }
  CopyStore(scratch / "s", scratch / "back", true);
  {
    Store store = MustOpen(scratch / "s", options);
    certificate = MustTenant(store).Erase(ada)->certificate;
    REQUIRE_OK(store.Close());
  }
  Store store = MustOpen(scratch / "back", options);
  Tenant tenant = MustTenant(store);
  MergeOptions by_hand;
  by_hand.by = "desk";
  by_hand.why = "a mistake";
  by_hand.force = true;
  REQUIRE_OK(tenant.Merge(ada, cy, by_hand));
  const std::string before = Everything(tenant);
  CHECK_CODE(tenant.ApplyCertificate(certificate), kConflict);
  CHECK(Everything(tenant) == before);
}

}  // namespace
}  // namespace crm
