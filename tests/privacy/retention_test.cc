// Tenant::Retain: what goes, what stays, and that nobody sees half of it.

#include <filesystem>
#include <optional>
#include <thread>

#include "crm/commands.h"
#include "crm/export.h"
#include "crm/tenants.h"
#include "store/fixture.h"

namespace crm {
namespace {

constexpr std::chrono::hours kDay(24);
constexpr const char* kNinety = R"({"retention":{"days":90}})";

class Club {
 public:
  Club() : store(MustOpenInMemory(Options())), tenant(MustTenant(store)) {}
  explicit Club(const std::string& path)
      : store(MustOpen(path, Options())), tenant(MustTenant(store)) {}

  StoreOptions Options() const {
    StoreOptions options = Quick();
    options.clock = clock;
    return options;
  }
  Timestamp Now() const { return clock->Now(); }
  EventOutcome Add(const std::string& id, const std::string& type, int days_ago,
                   std::vector<Identifier> identifiers,
                   const std::string& payload = "{}") {
    Event event = MakeEvent(id, std::move(identifiers), payload);
    event.type = type;
    event.occurred_at = Now() - days_ago * kDay;
    return MustAppendOne(tenant, event);
  }
  // Ada: an old profile, an old order, a new one; an act; nobody's page view.
  void Fill() {
    const Identifier email{"email", "ada@x.example"};
    ada =
        Add("p-1", "crm.profile.updated", 200, {{"sclMemberId", "m-1"}, email},
            R"({"traits":{"name":"Ada","plan":"gold"}})")
            .customer;
    Add("p-2", "crm.profile.updated", 150, {email},
        R"({"traits":{"name":"Ada L"},"defaultTraits":{"tier":"basic"}})");
    Add("o-1", "OrderPlaced", 120, {email}, R"({"orderId":"1","note":"x"})");
    Add("c-1", "ConsentGranted", 120, {email},
        R"({"purpose":"marketing","channel":"email"})");
    Add("v-1", "PageViewed", 110, {}, R"({"url":"https://x.example/"})");
    Add("o-2", "OrderPlaced", 10, {email}, R"({"orderId":"2"})");
    Add("p-3", "crm.profile.updated", 5, {email},
        R"({"traits":{"plan":"silver"}})");
  }
  RetentionReport MustRetain(const RetainOptions& options = {}) {
    Result<RetentionReport> report = tenant.Retain(Now(), options);
    REQUIRE_OK(report);
    return *std::move(report);
  }

  std::shared_ptr<StillClock> clock = std::make_shared<StillClock>();
  Store store;
  Tenant tenant;
  CustomerId ada = 0;
};

// What events have made: who is who, traits with their sources, counts by type
// and times. Without payloads.
std::string StateOf(const Tenant& tenant) {
  std::string out;
  const auto snapshot = tenant.GetSnapshot();
  REQUIRE_OK(snapshot);
  const auto stats = snapshot->GetStats();
  REQUIRE_OK(stats);
  out += std::to_string(stats->events) + " events, " +
         std::to_string(stats->unattributed) + " of nobody\n";
  for (CustomerId id = 1; id <= stats->last_customer; ++id) {
    const auto customer = tenant.GetCustomer(id);
    out += std::to_string(id) + ": ";
    if (!customer.ok()) {
      out += std::string(StatusCodeName(customer.status().code())) + "\n";
      continue;
    }
    out += std::to_string(customer->id);
    for (const auto& record : customer->records) {
      out += " r" + std::to_string(record.record) + "/" +
             std::to_string(record.events) + "/" + record.matched_by;
    }
    const auto profile = tenant.GetProfile(id);
    REQUIRE_OK(profile);
    for (const Trait& trait : profile->traits) {
      out += "\n  " + trait.name + "=" + trait.value + " " + trait.source +
             " " + std::to_string(trait.occurred_at.time_since_epoch().count());
    }
    TimelineQuery query;
    query.limit = 1000;
    const auto page = tenant.GetTimeline(id, query);
    REQUIRE_OK(page);
    for (const TimelineEntry& entry : page->entries) {
      out += "\n  " + entry.type + " " +
             std::to_string(entry.occurred_at.time_since_epoch().count());
    }
    out += "\n";
  }
  return out;
}

// Types, by position; `erased` of the others are not there either.
std::vector<std::string> Expired(const Tenant& tenant, uint64_t erased = 0) {
  std::vector<std::string> types;
  auto cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  while (*cursor->Next(&event)) {
    if (!event.expired) {
      erased -= event.opened ? 0 : 1;
      continue;
    }
    CHECK_FALSE(event.opened);
    CHECK(event.payload.empty());
    types.emplace_back(event.type);
  }
  CHECK(erased == 0);
  return types;
}

TEST_CASE("a dry run counts what is too old, and changes nothing") {
  Club club;
  club.Fill();
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  const std::string before = Everything(club.tenant);
  const RetentionReport plan = club.MustRetain({.dry_run = true});
  CHECK(plan.position == 0);
  CHECK(plan.events == 4);
  CHECK(plan.held == 0);
  CHECK_FALSE(plan.more);
  REQUIRE(plan.types.size() == 3);
  CHECK(plan.types[0].type == "OrderPlaced");
  CHECK(plan.types[0].events == 1);
  CHECK(plan.types[0].customers == 1);
  CHECK(plan.types[0].bytes > 20);
  CHECK(plan.types[0].before == club.Now() - 90 * kDay);
  CHECK(plan.types[1].type == "PageViewed");
  CHECK(plan.types[1].customers == 0);
  CHECK(plan.types[2].events == 2);
  CHECK(Everything(club.tenant) == before);
  CHECK(Expired(club.tenant).empty());
}

TEST_CASE("what is too old says nothing any more, and has made what it made") {
  const Scratch scratch;
  Club club(scratch / "s");
  club.Fill();
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  const std::string state = StateOf(club.tenant);
  ConsentQuestion question;
  question.customer = club.ada;
  question.purpose = "marketing";
  question.channel = ConsentChannel::kEmail;
  question.at = club.Now() - 100 * kDay;
  CHECK(club.tenant.CheckConsent(question)->verdict == Verdict::kAllow);
  const RetentionReport done = club.MustRetain({.by = "nightly"});
  CHECK(done.events == 4);
  CHECK(done.position > 0);
  CHECK(StateOf(club.tenant) == state);
  CHECK(Expired(club.tenant) ==
        std::vector<std::string>{"crm.profile.updated", "crm.profile.updated",
                                 "OrderPlaced", "PageViewed"});
  // Acts are kept, and can be asked for as of any time.
  CHECK(club.tenant.CheckConsent(question)->verdict == Verdict::kAllow);
  REQUIRE(club.tenant.GetConsentHistory(club.ada)->size() == 1);
  const auto page = club.tenant.GetTimeline(club.ada, {});
  REQUIRE_OK(page);
  CHECK(page->total == 6);
  for (const TimelineEntry& entry : page->entries) {
    CHECK(entry.expired == (entry.occurred_at < club.Now() - 90 * kDay &&
                            entry.type != "ConsentGranted"));
    CHECK(entry.opened == !entry.expired);
    CHECK(entry.payload.empty() == entry.expired);
  }
  CheckSound(club.store);
  // Nothing is left to do.
  CHECK(club.MustRetain().events == 0);
  const std::string all = Everything(club.tenant);
  REQUIRE_OK(club.store.Close());
  for (const bool rebuilt : {false, true}) {
    CAPTURE(rebuilt);
    if (rebuilt) std::filesystem::remove_all(scratch / "s/views");
    Club again(scratch / "s");
    CHECK(Everything(again.tenant) == all);
    CHECK(StateOf(again.tenant) == state);
    CheckSound(again.store);
    REQUIRE_OK(again.store.Close());
  }
}

TEST_CASE("what comes late is folded as if nothing had gone") {
  Club club;
  club.Fill();
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  club.MustRetain();
  const Identifier email{"email", "ada@x.example"};
  // Older than the value that an expired event has won, and newer.
  club.Add("l-1", "crm.profile.updated", 160, {email},
           R"({"traits":{"name":"Older","city":"Rome"}})");
  CHECK(club.tenant.GetProfile(club.ada)->Find("name")->value == "\"Ada L\"");
  CHECK(club.tenant.GetProfile(club.ada)->Find("city")->value == "\"Rome\"");
  club.Add("l-2", "crm.profile.updated", 140, {email},
           R"({"traits":{"name":"Newer"}})");
  CHECK(club.tenant.GetProfile(club.ada)->Find("name")->value == "\"Newer\"");
  CHECK(club.MustRetain().events == 2);
  CHECK(club.tenant.GetProfile(club.ada)->Find("name")->value == "\"Newer\"");
  // An id stays taken.
  Event again = MakeEvent("o-1", {email});
  CHECK(MustAppend(club.tenant, {again}, {.partial = true}).appended == 0);
  CheckSound(club.store);
}

TEST_CASE("rules: the type, its longest beginning, its category, all others") {
  Club club;
  auto add = [&, n = 0](const char* type, int days) mutable {
    club.Add("e" + std::to_string(n++), type, days, {{"sclMemberId", "m"}});
  };
  for (const int days : {10, 40, 100, 400}) {
    add("OrderPlaced", days);
    add("shop.page.viewed", days);
    add("shop.search", days);
    add("PageViewed", days);
    add("CustomerPreferencesUpdated", days);  // An act, by its other name.
  }
  REQUIRE_OK(club.tenant.SetPrivacySettings(
      R"({"retention":{"types":{"shop.*":30,"shop.page.*":300},)"
      R"("categories":{"browsing":50},"days":365}})"));
  const RetentionReport done = club.MustRetain();
  std::string counts;
  for (const RetainedType& type : done.types) {
    counts += type.type + ":" + std::to_string(type.events) + " ";
  }
  CHECK(counts ==
        "OrderPlaced:1 PageViewed:2 shop.page.viewed:1 shop.search:3 ");
  const std::string whole = *club.tenant.GetPrivacySettings();
  CHECK(whole.find(R"("retention":{"types":{"shop.*":30,"shop.page.*":300},)"
                   R"("categories":{"browsing":50},"days":365})") !=
        std::string::npos);
  CheckSound(club.store);
}

TEST_CASE("what is held is passed over, and goes after the release") {
  Club club;
  club.Fill();
  const CustomerId ben =
      club.Add("b-1", "OrderPlaced", 100, {{"sclMemberId", "m-2"}}).customer;
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  const auto hold = club.tenant.PlaceHold(club.ada, {.categories = {"orders"}});
  REQUIRE_OK(hold);
  const RetentionReport done = club.MustRetain();
  CHECK(done.events == 4);
  CHECK(done.held == 1);
  REQUIRE(done.types[0].type == "OrderPlaced");
  CHECK(done.types[0].events == 1);
  CHECK(done.types[0].held == 1);
  CHECK(done.types[0].customers == 1);
  CheckSound(club.store);
  // Of everything, and of whoever is one with her.
  REQUIRE_OK(
      club.tenant.Merge(club.ada, ben, {.by = "t", .why = "t", .force = true}));
  CHECK(club.MustRetain().held == 1);
  REQUIRE_OK(club.tenant.ReleaseHold(*hold));
  CHECK(club.MustRetain().events == 1);
  CheckSound(club.store);
}

TEST_CASE("in steps: max_events, the oldest in the log first") {
  Club club;
  club.Fill();
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  RetentionReport step = club.MustRetain({.max_events = 3});
  CHECK(step.events == 3);
  CHECK(step.more);
  CHECK(Expired(club.tenant).size() == 3);
  CheckSound(club.store);
  step = club.MustRetain({.max_events = 3});
  CHECK(step.events == 1);
  CHECK_FALSE(step.more);
}

TEST_CASE("cut off: nobody sees half of it, and the next open does the rest") {
  const Scratch scratch;
  std::string state;
  {
    Club club(scratch / "s");
    club.Fill();
    for (int i = 0; i < 3000; ++i) {
      club.Add("x" + std::to_string(i), "visited", 100 + i % 50,
               {{"sclMemberId", "m-" + std::to_string(i % 40)}},
               R"({"traits":{"n":)" + std::to_string(i) + "}}");
    }
    REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
    state = StateOf(club.tenant);
    // Before the mark: nothing has changed.
    RetainOptions options;
    options.progress = [](uint64_t, uint64_t) { return false; };
    CHECK_CODE(club.tenant.Retain(club.Now(), options), kCancelled);
    const bool nothing = Expired(club.tenant).empty();
    uint64_t calls = 0;
    options.progress = [&](uint64_t done, uint64_t total) {
      return done <= total / 2 || ++calls < 2;
    };
    if (nothing) {
      CHECK_CODE(club.tenant.Retain(club.Now(), options), kCancelled);
    }
    CHECK(Expired(club.tenant).size() == 3004);
    CHECK(StateOf(club.tenant) == state);
    REQUIRE_OK(club.store.Close());
  }
  for (const bool rebuilt : {false, true}) {
    if (rebuilt) std::filesystem::remove_all(scratch / "s/views");
    Club club(scratch / "s");
    CHECK(Expired(club.tenant).size() == 3004);
    CHECK(StateOf(club.tenant) == state);
    CheckSound(club.store);
    CHECK(club.MustRetain({.dry_run = true}).events == 0);
    REQUIRE_OK(club.store.Close());
  }
}

TEST_CASE(
    "an erasure takes what was carried; a redaction has nothing to take") {
  const Scratch scratch;
  std::string all;
  {
    Club club(scratch / "s");
    club.Fill();
    REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
    club.MustRetain();
    CHECK_CODE(club.tenant.Redact(1), kNotFound);
    auto cursor = club.tenant.Replay({});
    EventView event;
    REQUIRE(*cursor->Next(&event));
    const Position first = event.position;
    { const auto gone = std::move(*cursor); }
    CHECK_CODE(club.tenant.Redact(first), kFailedPrecondition);
    ErasureOptions options;
    options.confirm = true;
    REQUIRE_OK(club.tenant.Erase(club.ada, options));
    CHECK_CODE(club.tenant.GetProfile(club.ada), kErased);
    CheckSound(club.store);
    all = Everything(club.tenant);
    REQUIRE_OK(club.store.Close());
  }
  std::filesystem::remove_all(scratch / "s/views");
  Club club(scratch / "s");
  CHECK(Everything(club.tenant) == all);
  CheckSound(club.store);
}

TEST_CASE("a tenant who is dropped in the middle of a retention stops nobody") {
  const Scratch scratch;
  {
    Club club(scratch / "s");
    Tenant other = MustTenant(club.store, "spa");
    club.Fill();
    const CustomerId ben =
        club.Add("b-1", "visited", 1, {{"sclMemberId", "m-2"}}).customer;
    // Into a file.
    REQUIRE_OK(club.tenant.Erase(ben, {.mode = ErasureMode::kHard}));
    REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
    REQUIRE_OK(other.SetPrivacySettings(kNinety));
    std::optional<EventCursor> cursor = *club.tenant.Replay({});
    EventView event;
    REQUIRE(*cursor->Next(&event));
    CHECK_CODE(club.tenant.Retain(club.Now()), kBusy);
    REQUIRE_OK(club.store.DropTenant("golf-club", {.confirm = true}));
    cursor.reset();
    // The mark says what is to be done, and nobody can read it any more.
    REQUIRE_OK(club.store.Maintain(std::chrono::seconds(1)));
    REQUIRE_OK(other.Retain(club.Now()));
    CheckSound(club.store);
  }
  Store store = MustOpen(scratch / "s");
  CHECK(store.TenantNames() == std::vector<std::string>{"spa"});
  CheckSound(store);
}

TEST_CASE("a cursor that keeps an old file delays the proof, no more") {
  const Scratch scratch;
  Club club(scratch / "s");
  club.Fill();
  const CustomerId ben =
      club.Add("b-1", "visited", 1, {{"sclMemberId", "m-2"}}).customer;
  // Into a file.
  REQUIRE_OK(club.tenant.Erase(ben, {.mode = ErasureMode::kHard}));
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  std::optional<EventCursor> cursor = *club.tenant.Replay({});
  EventView event;
  REQUIRE(*cursor->Next(&event));
  CHECK_CODE(club.tenant.Retain(club.Now()), kBusy);
  CHECK(Expired(club.tenant, 1).size() == 4);
  CheckSound(club.store);
  // More of it goes meanwhile.
  club.Add("x-1", "visited", 100, {{"sclMemberId", "m-3"}});
  CHECK_CODE(club.tenant.Retain(club.Now()), kOk);
  CHECK(Expired(club.tenant, 1).size() == 5);
  cursor.reset();
  REQUIRE_OK(club.store.Maintain(std::chrono::seconds(1)));
  CHECK(club.MustRetain().events == 0);
  CheckSound(club.store);
}

TEST_CASE("who becomes one with somebody who is held, is held at the mark") {
  Club club;
  club.Fill();
  const CustomerId ben =
      club.Add("b-1", "OrderPlaced", 100, {{"sclMemberId", "m-2"}}).customer;
  for (int i = 0; i < 9000; ++i) {
    club.Add("x" + std::to_string(i), "visited", 1, {{"sclMemberId", "m-9"}});
  }
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  REQUIRE_OK(club.tenant.PlaceHold(club.ada));
  RetainOptions options;
  bool merged = false;
  // While it counts.
  options.progress = [&](uint64_t, uint64_t) {
    if (merged) return true;
    merged = true;
    std::thread([&] {
      REQUIRE_OK(club.tenant.Merge(club.ada, ben,
                                   {.by = "t", .why = "t", .force = true}));
    }).join();
    return true;
  };
  const RetentionReport done = club.MustRetain(options);
  CHECK(merged);
  CHECK(done.events == 1);  // Nobody's.
  CHECK(done.held == 4);
  CHECK(Expired(club.tenant) == std::vector<std::string>{"PageViewed"});
}

TEST_CASE("accounts are changed, and calls told apart, when events expired") {
  Club club;
  Registration form;
  form.email = "eve@x.example";
  form.first_name = "Eve";
  form.terms_accepted = true;
  CommandCall call;
  call.id = "call-1";
  call.source = "web";
  call.at = club.Now() - 100 * kDay;
  const auto eve = club.tenant.RegisterCustomer(form, call);
  REQUIRE_OK(eve);
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  CHECK(club.MustRetain().events > 0);
  const auto again = club.tenant.RegisterCustomer(form, call);
  REQUIRE_OK(again);
  CHECK(again->repeated);
  CHECK(again->customer == eve->customer);
  EmailUpdate change;
  change.email = "eve@y.example";
  call.id = "call-2";
  call.at = club.Now();
  const auto changed = club.tenant.UpdateEmail(eve->customer, change, call);
  REQUIRE_OK(changed);
  CHECK(changed->customer == eve->customer);
  // Of somebody all of whose events have expired.
  const CustomerId ben =
      club.Add("b-1", "visited", 100, {{"email", "ben@x.example"}}).customer;
  CHECK(club.MustRetain().events == 1);
  ConsentAct objection;
  objection.action = ConsentAction::kObject;
  objection.customer = ben;
  REQUIRE_OK(club.tenant.RecordConsent(objection));
  CHECK(club.tenant.GetConsentHistory(ben)->size() == 1);
  const auto found = club.tenant.FindCustomer({"email", "eve@y.example"});
  REQUIRE_OK(found);
  CHECK(*found == eve->customer);
  CheckSound(club.store);
}

TEST_CASE("of one instant the same event wins, whatever has expired") {
  const Scratch scratch;
  std::string state;
  {
    Club club(scratch / "s");
    for (int i = 0; i < 40; ++i) {
      const std::string id = std::to_string(i);
      const Identifier member{"sclMemberId", "m-" + id};
      club.Add("a" + id, "EmailVerificationRequested", 100, {member});
      club.Add("b" + id, "CustomerEmailUpdated", 100, {member});
      club.Add("c" + id, "EmailVerified", 100, {member});
    }
    REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
    state = StateOf(club.tenant);
    CHECK(club.MustRetain().events == 120);
    CHECK(StateOf(club.tenant) == state);
    CheckSound(club.store);
    REQUIRE_OK(club.store.Close());
  }
  std::filesystem::remove_all(scratch / "s/views");
  Club club(scratch / "s");
  CHECK(StateOf(club.tenant) == state);
}

TEST_CASE("what is wrong is said, and changes nothing") {
  Club club;
  club.Fill();
  CHECK_CODE(club.tenant.Retain(club.Now()), kFailedPrecondition);
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  CHECK_CODE(club.tenant.Retain(club.Now() + kDay), kInvalidArgument);
  CHECK_CODE(club.tenant.Retain(Timestamp::min()), kInvalidArgument);
  CHECK_CODE(club.tenant.Retain(club.Now(), {.by = std::string(300, 'x')}),
             kTooLarge);
  for (const auto& [json, place] :
       {std::pair(R"({"retention":90})", "/retention"),
        std::pair(R"({"retention":{"days":0}})", "/retention/days"),
        std::pair(R"({"retention":{"days":36501}})", "/retention/days"),
        std::pair(R"({"retention":{"days":"9"}})", "/retention/days"),
        std::pair(R"({"retention":{"types":[]}})", "/retention/types"),
        std::pair(R"({"retention":{"types":{"a*b":1}}})", "/retention/types"),
        std::pair(R"({"retention":{"categories":{"food":1}}})",
                  "/retention/categories/food"),
        std::pair(R"({"retention":{"hours":1}})", "/retention/hours")}) {
    CAPTURE(json);
    const Status status = club.tenant.SetPrivacySettings(json);
    CHECK_CODE(status, kInvalidArgument);
    CHECK(status.message().find(place) != std::string_view::npos);
  }
  CHECK(Expired(club.tenant).empty());
}

TEST_CASE("an export has what has expired as it has what was erased") {
  const Scratch scratch;
  Club club;
  club.Fill();
  REQUIRE_OK(club.tenant.SetPrivacySettings(kNinety));
  club.MustRetain();
  const auto report = ExportStore(club.store, scratch / "e");
  REQUIRE_OK(report);
  CHECK(report->erased == 4);
  Club copy;
  const auto import = ImportStore(copy.store, scratch / "e");
  REQUIRE_OK(import);
  CHECK(import->events == 3);
  CHECK(import->erased == 4);
}

}  // namespace
}  // namespace crm
