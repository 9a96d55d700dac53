// Choices by hand: merge, unmerge, assertions, questions, and what they answer.

#include <algorithm>
#include <filesystem>
#include <optional>

#include "store/fixture.h"

namespace crm {
namespace {

MergeOptions Desk() {
  MergeOptions options;
  options.by = "support desk";
  options.why = "she called";
  return options;
}

// A store on disk, because choices must outlive it.
class Shop {
 public:
  Shop() { Open(); }

  void Open() {
    store_.emplace(MustOpen(scratch_ / "s"));
    tenant_.emplace(MustTenant(*store_));
  }
  void Reopen(bool lose_views = false) {
    tenant_.reset();
    REQUIRE_OK(store_->Close());
    store_.reset();
    if (lose_views) std::filesystem::remove_all(scratch_ / "s/views");
    Open();
  }
  EventOutcome Say(std::string source, std::vector<Identifier> identifiers,
                   std::string payload = "{}") {
    Event event =
        MakeEvent("e" + std::to_string(++events_), std::move(identifiers));
    event.source = std::move(source);
    event.type = "scl.member.updated";
    event.payload = std::move(payload);
    return MustAppendOne(*tenant_, event);
  }
  void CheckSound() {
    const Result<VerifyReport> report = store_->Verify();
    REQUIRE_OK(report);
    INFO(Findings(*report));
    CHECK(report->sound());
  }
  Store& store() { return *store_; }
  Tenant& tenant() { return *tenant_; }

 private:
  Scratch scratch_;
  std::optional<Store> store_;
  std::optional<Tenant> tenant_;
  int events_ = 0;
};

std::string NameOf(Tenant& tenant, CustomerId customer) {
  const Result<Profile> profile = tenant.GetProfile(customer);
  REQUIRE_OK(profile);
  const Trait* name = profile->Find("firstName");
  return name == nullptr ? std::string() : name->value;
}

TEST_CASE("two customers become one by hand, and two again") {
  Shop shop;
  const CustomerId ada =
      shop.Say("scl", {{"sclMemberId", "1"}}, R"({"firstName":"Ada"})")
          .customer;
  const CustomerId bo =
      shop.Say("web", {{"email", "bo@example.com"}}, R"({"firstName":"Bo"})")
          .customer;
  const std::string before = Everything(shop.tenant());
  const Result<MergeResult> merged = shop.tenant().Merge(ada, bo, Desk());
  REQUIRE_OK(merged);
  CHECK(merged->customer == ada);
  CHECK(merged->retired == bo);
  for (int round = 0; round < 3; ++round) {
    INFO("round " << round);
    const Result<Customer> one = shop.tenant().GetCustomer(bo);
    REQUIRE_OK(one);
    CHECK(one->id == ada);
    CHECK(one->records.size() == 2);
    CHECK(one->retired == std::vector<CustomerId>{bo});
    CHECK(one->version == merged->position);
    CHECK(NameOf(shop.tenant(), bo) == "\"Bo\"");  // The later event.
    CHECK(*shop.tenant().FindCustomer({"email", "bo@example.com"}) == ada);
    const Result<TimelinePage> page = shop.tenant().GetTimeline(bo, {});
    REQUIRE_OK(page);
    CHECK(page->total == 2);
    CHECK(shop.store().GetStats()->customers == 1);
    shop.CheckSound();
    shop.Reopen(round == 1);
  }
  UnmergeTarget target;
  target.merge = merged->position;
  const Result<UnmergeResult> undone = shop.tenant().Unmerge(target, Desk());
  REQUIRE_OK(undone);
  REQUIRE(undone->parts.size() == 2);
  CHECK(undone->parts[0].customer == ada);
  CHECK(undone->parts[1].customer == bo);
  CHECK(!undone->parts[1].is_new);
  CHECK(NameOf(shop.tenant(), ada) == "\"Ada\"");
  CHECK(NameOf(shop.tenant(), bo) == "\"Bo\"");
  CHECK(shop.tenant().GetCustomer(bo)->id == bo);
  CHECK(*shop.tenant().FindCustomer({"email", "bo@example.com"}) == bo);
  CHECK_CODE(shop.tenant().Unmerge(target, Desk()), kFailedPrecondition);
  shop.CheckSound();
  shop.Reopen(true);
  shop.CheckSound();
  // What they have in common from now on links them no more.
  const EventOutcome both =
      shop.Say("web", {{"sclMemberId", "1"}, {"email", "bo@example.com"}});
  CHECK(both.merged.empty());
  REQUIRE(both.withheld.size() == 1);
  CHECK(both.withheld[0].reason == IdentityReason::kCannotLink);
  const Result<IdentityExplanation> why = shop.tenant().Why(ada, bo);
  REQUIRE_OK(why);
  CHECK(!why->together());
  CHECK(why->text.find("said not to be the same") != std::string::npos);
  CHECK(before != Everything(shop.tenant()));
}

TEST_CASE("a merge by an event is undone, the first of three as well") {
  Shop shop;
  const auto mail = [](int n) {
    return Identifier{"email", "m" + std::to_string(n) + "@example.com"};
  };
  std::vector<CustomerId> ids;
  for (int n = 0; n < 4; ++n) {
    ids.push_back(shop.Say("s" + std::to_string(n), {mail(n)}).customer);
  }
  std::vector<Position> merges;
  for (int n = 1; n < 4; ++n) {
    Event event = MakeEvent("m" + std::to_string(n), {mail(0)});
    event.source = "s0";
    event.identifiers = {mail(0)};
    // A second address of the first one: by an account that names both.
    const EventOutcome known =
        shop.Say("web" + std::to_string(n),
                 {{"deviceId", "d" + std::to_string(n)}, mail(n)});
    CHECK(known.customer == ids[static_cast<size_t>(n)]);
    const Result<MergeResult> merged =
        shop.tenant().Merge(ids[0], ids[static_cast<size_t>(n)], Desk());
    REQUIRE_OK(merged);
    merges.push_back(merged->position);
  }
  CHECK(shop.tenant().GetCustomer(ids[3])->records.size() == 7);
  UnmergeTarget target;
  target.merge = merges[0];
  const Result<UnmergeResult> undone = shop.tenant().Unmerge(target, Desk());
  REQUIRE_OK(undone);
  REQUIRE(undone->parts.size() == 2);
  CHECK(undone->parts[1].customer == ids[1]);
  CHECK(shop.tenant().GetCustomer(ids[3])->id == ids[0]);
  CHECK(shop.tenant().GetCustomer(ids[0])->records.size() == 5);
  shop.CheckSound();
  UnmergeTarget all;
  all.customer = ids[3];
  const Result<UnmergeResult> apart = shop.tenant().Unmerge(all, Desk());
  REQUIRE_OK(apart);
  CHECK(apart->parts.size() == 3);
  for (const CustomerId id : ids) {
    CHECK(shop.tenant().GetCustomer(id)->id == id);
  }
  CHECK(shop.store().GetStats()->customers == 4);
  shop.CheckSound();
}

TEST_CASE("some records become a customer of their own") {
  Shop shop;
  const Identifier mail{"email", "a@example.com"};
  const EventOutcome a = shop.Say("a", {mail});
  const EventOutcome b = shop.Say("b", {mail});
  const EventOutcome c = shop.Say("c", {mail});
  UnmergeTarget target;
  target.records = {c.record, b.record};
  MergeOptions dry = Desk();
  dry.dry_run = true;
  const Position head = shop.store().GetStats()->head;
  const Result<UnmergeResult> would = shop.tenant().Unmerge(target, dry);
  REQUIRE_OK(would);
  CHECK(would->position == 0);
  CHECK(would->parts.size() == 2);
  CHECK(shop.store().GetStats()->head == head);
  const Result<UnmergeResult> split = shop.tenant().Unmerge(target, Desk());
  REQUIRE_OK(split);
  REQUIRE(split->parts.size() == 2);
  CHECK(split->parts[0].customer == a.customer);
  CHECK(split->parts[1].is_new);
  CHECK(split->parts[1].records == std::vector<RecordId>{b.record, c.record});
  CHECK(shop.Say("b", {mail}).customer == split->parts[1].customer);
  CHECK(*shop.tenant().FindCustomer(mail) == a.customer);
  shop.CheckSound();
  shop.Reopen(true);
  shop.CheckSound();
  const Result<IdentityChanges> changes =
      shop.tenant().GetIdentityChanges(0, 100);
  REQUIRE_OK(changes);
  REQUIRE(changes->changes.size() == 1);
  CHECK(changes->changes[0].kind == IdentityChange::Kind::kSplit);
  CHECK(changes->changes[0].to == split->parts[1].customer);
}

TEST_CASE("a question is put, listed, answered, and not put again") {
  Shop shop;
  const Identifier mail{"email", "family@example.com"};
  const EventOutcome a = shop.Say("app", {{"authUserId", "1"}, mail});
  const EventOutcome b = shop.Say("app", {{"authUserId", "2"}, mail});
  CHECK(a.customer != b.customer);
  REQUIRE(b.reviews.size() == 1);
  Result<std::vector<Review>> reviews = shop.tenant().ListReviews();
  REQUIRE_OK(reviews);
  REQUIRE(reviews->size() == 1);
  CHECK((*reviews)[0].position == b.reviews[0]);
  CHECK((*reviews)[0].reason == IdentityReason::kExclusiveConflict);
  CHECK((*reviews)[0].name_space == "email");
  shop.Reopen(true);
  // The same is not asked twice.
  CHECK(shop.Say("app", {{"authUserId", "2"}, mail}).reviews.empty());
  CHECK_CODE(shop.tenant().AnswerReview((*reviews)[0].position,
                                        ReviewAnswer::kSame, Desk()),
             kConflict);
  CHECK_CODE(shop.tenant().AnswerReview(1, ReviewAnswer::kSame, Desk()),
             kNotFound);
  REQUIRE_OK(shop.tenant().AnswerReview((*reviews)[0].position,
                                        ReviewAnswer::kDifferent, Desk()));
  CHECK_CODE(shop.tenant().AnswerReview((*reviews)[0].position,
                                        ReviewAnswer::kDifferent, Desk()),
             kFailedPrecondition);
  reviews = shop.tenant().ListReviews();
  REQUIRE_OK(reviews);
  CHECK(reviews->empty());
  CHECK(shop.store().GetStats()->tenants[0].open_reviews == 0);
  const Result<std::vector<Assertion>> said =
      shop.tenant().ListAssertions(a.customer);
  REQUIRE_OK(said);
  REQUIRE(said->size() == 1);
  CHECK((*said)[0].kind == Assertion::Kind::kCannotLink);
  shop.CheckSound();
}

TEST_CASE("what cannot be chosen changes nothing, and says why") {
  Shop shop;
  const EventOutcome a = shop.Say("app", {{"authUserId", "1"}});
  const EventOutcome b = shop.Say("app", {{"authUserId", "2"}});
  const Position head = shop.store().GetStats()->head;
  Tenant& tenant = shop.tenant();
  CHECK_CODE(tenant.Merge(a.customer, a.customer), kInvalidArgument);
  CHECK_CODE(tenant.Merge(a.customer, 99), kNotFound);
  CHECK_CODE(tenant.Merge(a.customer, b.customer), kConflict);
  MergeOptions force;
  force.force = true;
  CHECK_CODE(tenant.Merge(a.customer, b.customer, force), kInvalidArgument);
  MergeOptions wordy = Desk();
  wordy.why = std::string(257, 'x');
  CHECK_CODE(tenant.Merge(a.customer, b.customer, wordy), kTooLarge);
  CHECK_CODE(tenant.Unmerge({}), kInvalidArgument);
  UnmergeTarget target;
  target.customer = a.customer;
  CHECK_CODE(tenant.Unmerge(target), kFailedPrecondition);
  target = {};
  target.merge = a.position;
  CHECK_CODE(tenant.Unmerge(target), kNotFound);
  target = {};
  target.records = {a.record, b.record};
  CHECK_CODE(tenant.Unmerge(target), kInvalidArgument);
  target.records = {a.record};
  CHECK_CODE(tenant.Unmerge(target), kInvalidArgument);
  CHECK_CODE(
      tenant.AddAssertion(Assertion::Kind::kCannotLink, a.record, a.record),
      kInvalidArgument);
  CHECK_CODE(tenant.AddAssertion(Assertion::Kind::kCannotLink, a.record, 77),
             kNotFound);
  CHECK_CODE(tenant.RetractAssertion(a.record, b.record), kNotFound);
  CHECK_CODE(tenant.WhyNot(a.customer, a.customer), kFailedPrecondition);
  CHECK(shop.store().GetStats()->head == head);
  // By force, with a name to it; and all of it comes back.
  force = Desk();
  force.force = true;
  const Result<MergeResult> merged =
      tenant.Merge(a.customer, b.customer, force);
  REQUIRE_OK(merged);
  shop.CheckSound();
  target = {};
  target.merge = merged->position;
  REQUIRE_OK(tenant.Unmerge(target, Desk()));
  CHECK(*tenant.FindCustomer({"authUserId", "2"}) == b.customer);
  shop.CheckSound();
}

struct Line {
  const char* source;
  std::vector<Identifier> identifiers;
};

// Two accounts on one device, an address that two of them name, and a phone
// that is enough to attach and not to merge.
std::vector<Line> Lines() {
  return {
      {"web", {{"deviceId", "d"}}},
      {"web", {{"authUserId", "1"}, {"deviceId", "d"}}},
      {"web", {{"authUserId", "2"}, {"deviceId", "d"}}},
      {"shop", {{"email", "a@example.com"}, {"phoneNumber", "+27821234567"}}},
      {"desk", {{"email", "b@example.com"}, {"phoneNumber", "+27821234567"}}},
      {"app", {{"authUserId", "1"}, {"email", "a@example.com"}}},
  };
}

TEST_CASE("re-resolving gives the same people in every order of arrival") {
  const std::vector<Line> lines = Lines();
  std::vector<size_t> order = {0, 1, 2, 3, 4, 5};
  std::string expected;
  uint64_t moved = 0;  // Some order came out otherwise at first.
  int turn = 0;
  do {
    if (turn++ % 5 != 0) continue;  // A fifth of them is enough.
    Store store = MustOpenInMemory();
    Tenant tenant = MustTenant(store);
    std::vector<RecordId> record_of(lines.size());
    for (const size_t line : order) {
      Event event =
          MakeEvent("e" + std::to_string(line), lines[line].identifiers);
      event.source = lines[line].source;
      event.occurred_at = At(static_cast<int64_t>(line) * 1'000'000);
      record_of[line] = MustAppendOne(tenant, event).record;
    }
    ReResolveOptions options;
    const Position head = store.GetStats()->head;
    const Result<ReResolveReport> dry = tenant.ReResolve(options);
    REQUIRE_OK(dry);
    CHECK(store.GetStats()->head == head);
    options.dry_run = false;
    const Result<ReResolveReport> report = tenant.ReResolve(options);
    REQUIRE_OK(report);
    CHECK(report->customers_after == dry->customers_after);
    CHECK(report->records_moved == dry->records_moved);
    moved += report->records_moved;
    CHECK(store.GetStats()->customers == report->customers_after);
    // Who is together, by line.
    std::string partition;
    for (size_t a = 0; a < lines.size(); ++a) {
      for (size_t b = 0; b < a; ++b) {
        const auto customer = [&](size_t line) {
          CustomerId found = 0;
          for (CustomerId id = 1; id <= 6 && found == 0; ++id) {
            const Result<Customer> known = tenant.GetCustomer(id);
            if (!known.ok()) continue;
            for (const CustomerRecord& record : known->records) {
              if (record.record == record_of[line]) found = known->id;
            }
          }
          return found;
        };
        partition += customer(a) == customer(b) ? '1' : '0';
      }
    }
    if (expected.empty()) expected = partition;
    CHECK(partition == expected);
    const Result<ReResolveReport> again = tenant.ReResolve(options);
    REQUIRE_OK(again);
    CHECK(again->records_moved == 0);
    CHECK(again->position == 0);
  } while (std::next_permutation(order.begin(), order.end()) && order[0] < 2);
  CHECK(!expected.empty());
  CHECK(moved > 0);
}

ReResolveReport MustReResolve(Tenant& tenant) {
  ReResolveOptions options;
  options.dry_run = false;
  options.by = "nightly";
  const Result<ReResolveReport> report = tenant.ReResolve(options);
  REQUIRE_OK(report);
  return *report;
}

TEST_CASE("re-resolving: a value stayed shared when it no longer was") {
  Shop shop;
  const Identifier address{"email", "office@club.org"};
  const CustomerId first =
      shop.Say("scl", {{"sclMemberId", "1"}, address}).customer;
  shop.Say("scl", {{"sclMemberId", "2"}, address});
  shop.Say("scl", {{"sclMemberId", "3"}, address});
  CHECK_CODE(shop.tenant().FindCustomer(address), kNotFound);
  CHECK(MustReResolve(shop.tenant()).position == 0);
  REQUIRE_OK(
      shop.tenant().SetIdentitySettings(R"({"rules":{"shared_after":0}})"));
  const ReResolveReport anew = MustReResolve(shop.tenant());
  CHECK(anew.position != 0);
  CHECK(anew.records_moved == 0);
  const Result<CustomerId> found = shop.tenant().FindCustomer(address);
  REQUIRE_OK(found);
  CHECK(*found == first);
  CHECK(shop.Say("news", {address}).customer == first);
  shop.CheckSound();
  // And it turns shared again.
  REQUIRE_OK(shop.tenant().SetIdentitySettings("{}"));
  CHECK(MustReResolve(shop.tenant()).position != 0);
  CHECK_CODE(shop.tenant().FindCustomer(address), kNotFound);
  CHECK(MustReResolve(shop.tenant()).position == 0);
  shop.Reopen(true);
  CHECK_CODE(shop.tenant().FindCustomer(address), kNotFound);
  shop.CheckSound();
}

TEST_CASE("re-resolving: a phone number was as old as its first event") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const Identifier phone{"phone", "+27821234567"};
  int day = 0;
  const auto say = [&](std::string source, std::vector<Identifier> hints) {
    Event event = MakeEvent("d" + std::to_string(day), std::move(hints));
    event.source = std::move(source);
    event.occurred_at = At(int64_t{day} * 24 * 3600 * 1'000'000);
    return MustAppendOne(tenant, event).customer;
  };
  const CustomerId ada = say("sms", {phone, {"email", "ada@club.org"}});
  for (day = 100; day <= 900; day += 100) {
    CHECK(say("sms", {phone, {"email", "ada@club.org"}}) == ada);
  }
  CHECK(say("web", {phone}) == ada);
  day = 2000;
  CHECK(say("till", {phone}) != ada);
  CHECK(MustReResolve(tenant).position == 0);
}

TEST_CASE("re-resolving: a merge by hand could not be undone afterwards") {
  Shop shop;
  const auto said = [&](const char* source, std::vector<Identifier> hints,
                        int64_t second) {
    Event event = MakeEvent(source, std::move(hints));
    event.source = source;
    event.occurred_at = At(second * 1'000'000);
    return MustAppendOne(shop.tenant(), event);
  };
  // Came in another order than it happened in, so that rows are rewritten.
  const CustomerId mail = said("c", {{"email", "ada@club.org"}}, 30).customer;
  const EventOutcome member = said("b", {{"sclMemberId", "2"}}, 20);
  const EventOutcome first =
      said("a", {{"sclMemberId", "1"}, {"email", "ada@club.org"}}, 10);
  said("d", {{"sclMemberId", "2"}, {"phone", "+27821234567"}}, 5);
  REQUIRE(first.customer == mail);
  MergeOptions force = Desk();
  force.force = true;
  const Result<MergeResult> merged =
      shop.tenant().Merge(mail, member.customer, force);
  REQUIRE_OK(merged);
  CHECK(MustReResolve(shop.tenant()).position != 0);
  CHECK(MustReResolve(shop.tenant()).position == 0);
  const Result<IdentityHistory> how = shop.tenant().How(merged->customer);
  REQUIRE_OK(how);
  const auto step = std::find_if(how->steps.begin(), how->steps.end(),
                                 [&](const IdentityStep& one) {
                                   return one.position == merged->position;
                                 });
  REQUIRE(step != how->steps.end());
  CHECK(step->by == "support desk");
  UnmergeTarget target;
  target.merge = merged->position;
  const Result<UnmergeResult> undone = shop.tenant().Unmerge(target, Desk());
  REQUIRE_OK(undone);
  CHECK(undone->parts.size() == 2);
  shop.CheckSound();
}

}  // namespace
}  // namespace crm
