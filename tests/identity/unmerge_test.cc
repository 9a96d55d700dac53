// A merge that was undone has never been: every answer is that of a log
// without it, whichever merge it was. And what cannot be undone or merged
// changes nothing.

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <random>

#include "store/fixture.h"

namespace crm {
namespace {

constexpr size_t kPeople = 8;

Identifier MemberOf(size_t person) {
  return {"club_" + std::to_string(person), "m"};
}
Identifier MailOf(size_t person) {
  return {"email", std::to_string(person) + "@club.org"};
}

// What happens, in order. A merge by an event is an event that names two.
struct Op {
  enum class Kind { kEvent, kMergeByEvent, kMergeByHand, kHousehold };
  Kind kind = Kind::kEvent;
  Event event;
  CustomerId a = 0;  // Who are one by it; who make a household.
  CustomerId b = 0;
  size_t one = 0;  // And the persons of a merge.
  size_t two = 0;
};

// One store that lives through operations.
class Life {
 public:
  explicit Life(bool on_disk)
      : on_disk_(on_disk),
        store_(on_disk ? MustOpen(scratch_ / "s") : MustOpenInMemory()),
        tenant_(MustTenant(*store_)) {}

  Tenant& tenant() { return *tenant_; }
  Store& store() { return *store_; }

  void Append(const Event& event) {
    const EventOutcome outcome = MustAppendOne(*tenant_, event);
    names_[outcome.position] = event.id;
    for (const Identifier& identifier : event.identifiers) {
      identifiers_.push_back(identifier);
    }
  }
  // Opened anew, maybe without views.
  void Reopen(bool views_lost) {
    if (!on_disk_) return;
    tenant_.reset();
    REQUIRE_OK(store_->Close());
    store_.reset();
    if (views_lost) std::filesystem::remove_all(scratch_ / "s/views");
    store_.emplace(MustOpen(scratch_ / "s"));
    tenant_.emplace(MustTenant(*store_));
  }
  // All answers, with names of events for positions. Records of a customer are
  // a set.
  std::string Answers(bool contested) const;

 private:
  std::string Name(Position position) const {
    const auto found = names_.find(position);
    return found == names_.end() ? "choice" : found->second;
  }
  void Tell(const Snapshot& snapshot, CustomerId id, std::string* text) const;

  Scratch scratch_;
  const bool on_disk_;
  std::optional<Store> store_;
  std::optional<Tenant> tenant_;
  std::map<Position, std::string> names_;
  std::vector<Identifier> identifiers_;
};

void Life::Tell(const Snapshot& snapshot, CustomerId id,
                std::string* text) const {
  Result<Customer> customer = snapshot.GetCustomer(id);
  REQUIRE_OK(customer);
  *text += std::to_string(id) + " is " + std::to_string(customer->id) + ", " +
           std::to_string(customer->events) + " events; once";
  for (const CustomerId retired : customer->retired) {
    *text += " " + std::to_string(retired);
  }
  *text += "\n";
  std::sort(customer->records.begin(), customer->records.end(),
            [](const CustomerRecord& a, const CustomerRecord& b) {
              return a.record < b.record;
            });
  for (const CustomerRecord& record : customer->records) {
    *text += "  record " + std::to_string(record.record) + " " + record.source +
             " " + std::to_string(record.events) + " at " +
             Name(record.linked_at) + " by " + record.matched_by + " " +
             std::to_string(record.confidence) + " with " +
             std::to_string(record.linked_to) + "\n";
  }
  const Result<Profile> profile = snapshot.GetProfile(id);
  REQUIRE_OK(profile);
  *text += "  " + std::to_string(profile->events) + " events\n";
  for (const Trait& trait : profile->traits) {
    *text += "  " + trait.name + "=" + trait.value + " by " + trait.source +
             " in " + Name(trait.position) + "\n";
  }
  TimelineQuery query;
  query.limit = 1000;
  const Result<TimelinePage> page = snapshot.GetTimeline(id, query);
  REQUIRE_OK(page);
  *text += "  timeline of " + std::to_string(page->total);
  for (const TimelineEntry& entry : page->entries) *text += " " + entry.id;
  ReplayQuery replay;
  replay.customer = id;
  *text += "\n  log";
  for (const Position position : Positions(snapshot.Replay(replay))) {
    *text += " " + Name(position);
  }
  *text += "\n";
}

std::string Life::Answers(bool contested) const {
  const Result<Snapshot> snapshot = tenant_->GetSnapshot();
  REQUIRE_OK(snapshot);
  const TenantStats stats = *snapshot->GetStats();
  std::string text = std::to_string(stats.events) + " events, " +
                     std::to_string(stats.customers) + " customers, last " +
                     std::to_string(stats.last_customer) + ", " +
                     std::to_string(stats.records) + " records, " +
                     std::to_string(stats.unattributed) + " of nobody, " +
                     std::to_string(stats.open_reviews) + " questions";
  if (contested) text += ", " + std::to_string(stats.contested) + " contested";
  text += "\n";
  for (CustomerId id = 1; id <= stats.last_customer; ++id) {
    Tell(*snapshot, id, &text);
  }
  for (const Identifier& identifier : identifiers_) {
    const Result<CustomerId> owner = tenant_->FindCustomer(identifier);
    text += identifier.name_space + "=" + identifier.value + " " +
            (owner.ok() ? std::to_string(*owner) : owner.status().ToString()) +
            "\n";
  }
  const Result<std::vector<Household>> households = tenant_->ListHouseholds();
  REQUIRE_OK(households);
  for (const Household& household : *households) {
    text += "household " + std::to_string(household.id);
    for (const HouseholdMember& member : household.members) {
      text += " " + std::to_string(member.customer) + "/" +
              std::to_string(member.record);
    }
    text += "\n";
  }
  return text;
}

// The first lines that differ; empty: none.
std::string Difference(const std::string& a, const std::string& b) {
  if (a == b) return {};
  size_t begin = 0;
  for (size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i) {
    if (a[i] == '\n') begin = i + 1;
  }
  return a.substr(begin, a.find('\n', begin) - begin) + " / " +
         b.substr(begin, b.find('\n', begin) - begin);
}

// Operations of one seed. Every event names one person, but for merges.
class Author {
 public:
  explicit Author(uint32_t seed) : random_(seed) {}

  Event NewEvent(std::vector<Identifier> identifiers) {
    Event event =
        MakeEvent("e" + std::to_string(++events_), std::move(identifiers));
    event.source = "s" + std::to_string(Pick(3));
    event.occurred_at =
        At(static_cast<int64_t>(Pick(1'000'000)) * 64 + events_ % 64);
    event.payload = "{\"traits\":{\"t" + std::to_string(Pick(4)) +
                    "\":" + std::to_string(events_) + "}}";
    return event;
  }
  // Says who a person is, for the first time.
  Event Begin(size_t person) {
    std::vector<Identifier> names = {MemberOf(person)};
    if (Pick(3) > 0) names.push_back(MailOf(person));
    return NewEvent(std::move(names));
  }
  Event Continue(size_t person) {
    std::vector<Identifier> names = {Pick(2) == 0 ? MemberOf(person)
                                                  : MailOf(person)};
    const std::string fresh = std::to_string(++fresh_);
    if (Pick(4) == 0) names.push_back({"deviceId", "d" + fresh});
    if (Pick(8) == 0) names.push_back({"till_" + fresh, "t"});
    // One account in all, so that any two may be one.
    if (person == account_ && Pick(2) == 0) {
      names.push_back({"authUserId", "u"});
    }
    return NewEvent(std::move(names));
  }
  size_t Pick(size_t n) { return random_() % n; }

 private:
  std::mt19937 random_;
  int events_ = 0;
  int fresh_ = 0;
  size_t account_ = 3;
};

void Do(const Op& op, Life* life) {
  if (op.kind == Op::Kind::kHousehold) {
    HouseholdChange change;
    change.join = {{op.a}, {op.b}};
    REQUIRE_OK(life->tenant().ChangeHousehold(change));
    return;
  }
  if (op.kind == Op::Kind::kMergeByHand) {
    const Result<MergeResult> merged = life->tenant().Merge(op.a, op.b);
    REQUIRE_OK(merged);
    return;
  }
  life->Append(op.event);
}

// The same, but without the merge.
void DoWithout(const Op& op, Life* life) {
  if (op.kind == Op::Kind::kMergeByHand) return;
  // As they are without it.
  const auto now = [&](size_t person) {
    const Result<CustomerId> id = life->tenant().FindCustomer(MemberOf(person));
    REQUIRE_OK(id);
    return life->tenant().GetCustomer(*id);
  };
  const Result<Customer> a = now(op.one);
  const Result<Customer> b = now(op.two);
  REQUIRE_OK(a);
  REQUIRE_OK(b);
  REQUIRE_OK(life->tenant().AddAssertion(Assertion::Kind::kCannotLink,
                                         a->records[0].record,
                                         b->records[0].record));
  life->Append(op.event);
}

// A life with merges, told while it is lived; and where its merges lie.
struct Story {
  std::vector<Op> ops;
  std::vector<size_t> merges;       // Indexes of ops ...
  std::vector<Position> positions;  // ... and the merges' own.
};

// Two people who are not one yet; false: there are none.
bool PickTwo(Author& author, Life* life, size_t* one, size_t* two) {
  for (int n = 0; n < 20; ++n) {
    *one = author.Pick(kPeople);
    *two = author.Pick(kPeople);
    const Result<CustomerId> a = life->tenant().FindCustomer(MemberOf(*one));
    const Result<CustomerId> b = life->tenant().FindCustomer(MemberOf(*two));
    if (a.ok() && b.ok() && *a != *b) return true;
  }
  return false;
}

void MergeSome(Author& author, Life* life, Story* story) {
  size_t one = 0;
  size_t two = 0;
  if (!PickTwo(author, life, &one, &two)) return;
  Op op;
  Position position = 0;
  op.a = *life->tenant().FindCustomer(MemberOf(one));
  op.b = *life->tenant().FindCustomer(MemberOf(two));
  op.one = one;
  op.two = two;
  if (author.Pick(2) == 0) {
    op.kind = Op::Kind::kMergeByHand;
    const Result<MergeResult> merged = life->tenant().Merge(op.a, op.b);
    REQUIRE_OK(merged);
    position = merged->position;
  } else {
    op.kind = Op::Kind::kMergeByEvent;
    op.event = author.NewEvent({MemberOf(one), MemberOf(two)});
    const Position before = life->store().GetStats()->head;
    life->Append(op.event);
    const Result<IdentityChanges> changes =
        life->tenant().GetIdentityChanges(before);
    REQUIRE_OK(changes);
    REQUIRE(changes->changes.size() == 1);
    position = changes->changes[0].position;
  }
  story->merges.push_back(story->ops.size());
  story->positions.push_back(position);
  story->ops.push_back(std::move(op));
}

Story Live(Author& author, Life* life) {
  Story story;
  const auto append = [&](Event event) {
    Op op;
    op.event = std::move(event);
    Do(op, life);
    story.ops.push_back(std::move(op));
  };
  for (size_t person = 0; person < kPeople; ++person) {
    append(author.Begin(person));
  }
  // Five people have five addresses: no limit is met.
  const size_t merges = 1 + author.Pick(4);
  while (story.merges.size() < merges) {
    for (size_t n = author.Pick(8); n > 0; --n) {
      append(author.Continue(author.Pick(kPeople)));
    }
    MergeSome(author, life, &story);
    Op home;  // By ids of which some are retired.
    home.kind = Op::Kind::kHousehold;
    home.a = 1 + author.Pick(kPeople);
    home.b = 1 + author.Pick(kPeople);
    Do(home, life);
    story.ops.push_back(home);
  }
  for (size_t n = author.Pick(10); n > 0; --n) {
    append(author.Continue(author.Pick(kPeople)));
  }
  return story;
}

void TestSeed(uint32_t seed) {
  CAPTURE(seed);
  Author author(seed);
  Life life(seed % 8 == 0);
  const Story story = Live(author, &life);
  const std::string merged = life.Answers(false);
  const size_t undone = author.Pick(story.merges.size());
  const Op& op = story.ops[story.merges[undone]];
  CAPTURE(undone);
  UnmergeTarget target;
  target.merge = story.positions[undone];
  MergeOptions options;
  options.dry_run = true;
  const Position head = life.store().GetStats()->head;
  const Result<UnmergeResult> dry = life.tenant().Unmerge(target, options);
  REQUIRE_OK(dry);
  CHECK(life.store().GetStats()->head == head);
  CHECK(life.Answers(false) == merged);
  const Result<UnmergeResult> result = life.tenant().Unmerge(target);
  REQUIRE_OK(result);
  REQUIRE(result->parts.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(dry->parts[i].customer == result->parts[i].customer);
    CHECK(dry->parts[i].records == result->parts[i].records);
  }

  const bool by_hand = op.kind == Op::Kind::kMergeByHand;
  Life without(false);
  for (size_t i = 0; i < story.ops.size(); ++i) {
    const bool is_undone = i == story.merges[undone];
    is_undone ? DoWithout(story.ops[i], &without) : Do(story.ops[i], &without);
  }
  CHECK(Difference(life.Answers(by_hand), without.Answers(by_hand)) == "");
  CheckSound(life.store());
  for (const bool views_lost : {false, true}) {
    life.Reopen(views_lost);
    CHECK(Difference(life.Answers(by_hand), without.Answers(by_hand)) == "");
  }
  // It cannot be undone twice.
  CHECK_CODE(life.tenant().Unmerge(target), kFailedPrecondition);
  // Again: only by force, because a cannot-link was left.
  const CustomerId a = result->parts[0].customer;
  const CustomerId b = result->parts[1].customer;
  CHECK_CODE(life.tenant().Merge(a, b), kConflict);
  options = MergeOptions();
  options.force = true;
  options.by = "desk";
  options.why = "it is she";
  const Result<MergeResult> again = life.tenant().Merge(a, b, options);
  REQUIRE_OK(again);
  target.merge = again->position;
  REQUIRE_OK(life.tenant().Unmerge(target));
  CHECK(Difference(life.Answers(by_hand), without.Answers(by_hand)) == "");
  CheckSound(life.store());
}

TEST_CASE("after unmerge all is as if the merge had not been") {
  for (uint32_t seed = 1; seed <= 40; ++seed) TestSeed(seed);
}

// All of a story but one of its merges.
void LiveWithout(const Story& story, size_t undone, Life* life) {
  for (size_t i = 0; i < story.ops.size(); ++i) {
    const bool is_undone = i == story.merges[undone];
    is_undone ? DoWithout(story.ops[i], life) : Do(story.ops[i], life);
  }
}

// The records of one side, named, instead of the merge.
void TestSide(uint32_t seed) {
  CAPTURE(seed);
  Author author(seed);
  Life life(seed % 8 == 0);
  const Story story = Live(author, &life);
  const size_t undone = author.Pick(story.merges.size());
  UnmergeTarget target;
  target.merge = story.positions[undone];
  MergeOptions dry;
  dry.dry_run = true;
  const Result<UnmergeResult> sides = life.tenant().Unmerge(target, dry);
  REQUIRE_OK(sides);
  target.merge = 0;
  target.records = sides->parts[author.Pick(2)].records;
  REQUIRE_OK(life.tenant().Unmerge(target));
  Life without(false);
  LiveWithout(story, undone, &without);
  const bool by_hand =
      story.ops[story.merges[undone]].kind == Op::Kind::kMergeByHand;
  CHECK(Difference(life.Answers(by_hand), without.Answers(by_hand)) == "");
  CheckSound(life.store());
  for (const bool views_lost : {false, true}) {
    life.Reopen(views_lost);
    CHECK(Difference(life.Answers(by_hand), without.Answers(by_hand)) == "");
  }
}

// Everything that a customer was merged of, at once.
void TestWhole(uint32_t seed) {
  CAPTURE(seed);
  Author author(seed);
  Life life(false);
  const Story story = Live(author, &life);
  const Op& any = story.ops[story.merges[author.Pick(story.merges.size())]];
  UnmergeTarget target;
  target.customer = any.a;
  const Result<Customer> whole = life.tenant().GetCustomer(any.a);
  REQUIRE_OK(whole);
  const Result<UnmergeResult> result = life.tenant().Unmerge(target);
  REQUIRE_OK(result);
  CHECK(result->parts.size() == whole->retired.size() + 1);
  Life without(false);
  bool by_hand = true;
  for (size_t i = 0; i < story.ops.size(); ++i) {
    const Op& op = story.ops[i];
    const bool merges =
        op.kind == Op::Kind::kMergeByHand || op.kind == Op::Kind::kMergeByEvent;
    const bool hers =
        op.a == whole->id ||
        std::count(whole->retired.begin(), whole->retired.end(), op.a) > 0;
    if (merges && hers) {
      by_hand &= op.kind == Op::Kind::kMergeByHand;
      DoWithout(op, &without);
    } else {
      Do(op, &without);
    }
  }
  CHECK(Difference(life.Answers(by_hand), without.Answers(by_hand)) == "");
  CheckSound(life.store());
}

// A part in the middle: she goes, and those who were one through her stay one.
void TestMiddle(uint32_t seed) {
  CAPTURE(seed);
  Author author(seed);
  Life life(false);
  // Three and more, by hand, each with the one before or the first one.
  std::vector<Op> ops;
  const auto append = [&](Event event) {
    Op op;
    op.event = std::move(event);
    ops.push_back(std::move(op));
  };
  for (size_t person = 0; person < kPeople; ++person) {
    append(author.Begin(person));
  }
  const size_t many = 3 + author.Pick(3);
  for (size_t person = 1; person < many; ++person) {
    for (size_t n = author.Pick(4); n > 0; --n) {
      append(author.Continue(author.Pick(kPeople)));
    }
    Op op;
    op.kind = Op::Kind::kMergeByHand;
    op.one = author.Pick(person);
    op.two = person;
    ops.push_back(op);
  }
  for (size_t n = author.Pick(6); n > 0; --n) {
    append(author.Continue(author.Pick(kPeople)));
  }
  // A person is the customer of her number, from 1, whoever she leads to.
  const size_t middle = author.Pick(many);
  Life without(false);
  std::vector<size_t> near;  // Those who were tied to her, one of each group.
  for (Op& op : ops) {
    op.a = op.one + 1;
    op.b = op.two + 1;
    Do(op, &life);
    if (op.kind != Op::Kind::kMergeByHand) {
      Do(op, &without);
      continue;
    }
    const bool at_one = op.one == middle;
    if (!at_one && op.two != middle) {
      Do(op, &without);
      continue;
    }
    const size_t other = at_one ? op.two : op.one;
    if (!near.empty()) {
      REQUIRE_OK(without.tenant().Merge(near.front() + 1, other + 1));
    }
    near.push_back(other);
  }
  const Result<Customer> hers = without.tenant().GetCustomer(middle + 1);
  REQUIRE_OK(hers);
  UnmergeTarget target;
  for (const CustomerRecord& record : hers->records) {
    target.records.push_back(record.record);
  }
  REQUIRE_OK(life.tenant().Unmerge(target));
  CHECK(Difference(life.Answers(true), without.Answers(true)) == "");
  CheckSound(life.store());
}

TEST_CASE("after a part was taken out all is as if it had never been in") {
  for (uint32_t seed = 101; seed <= 108; ++seed) TestSide(seed);
  for (uint32_t seed = 201; seed <= 208; ++seed) TestWhole(seed);
  for (uint32_t seed = 301; seed <= 308; ++seed) TestMiddle(seed);
}

void CheckAssertionErrors(Tenant& tenant, Tenant& other) {
  using Kind = Assertion::Kind;
  CHECK_CODE(tenant.AddAssertion(Kind::kCannotLink, 1, 1), kInvalidArgument);
  CHECK_CODE(tenant.AddAssertion(Kind::kCannotLink, 1, 99), kNotFound);
  CHECK_CODE(tenant.AddAssertion(Kind::kCannotLink, 1, 3), kFailedPrecondition);
  CHECK_CODE(tenant.AddAssertion(Kind::kMustLink, 1, 2), kConflict);
  CHECK_CODE(tenant.AddAssertion(Kind::kMustLink, 2, 4), kConflict);
  CHECK_CODE(tenant.RetractAssertion(1, 2), kNotFound);
  CHECK_CODE(other.AddAssertion(Kind::kCannotLink, 1, 2), kNotFound);
  // The same again is no change.
  CHECK_CODE(tenant.AddAssertion(Kind::kCannotLink, 4, 2), kOk);
}

TEST_CASE("what cannot be merged or undone says why, and changes nothing") {
  Life life(false);
  Tenant& tenant = life.tenant();
  Tenant other = MustTenant(life.store(), "other-club");
  MustAppendOne(other, MakeEvent("x", {{"sclMemberId", "x"}}));
  life.Append(MakeEvent("a", {{"authUserId", "u1"}}));
  life.Append(MakeEvent("b", {{"authUserId", "u2"}}));
  life.Append(MakeEvent("c", {{"email", "c@club.org"}}));
  life.Append(MakeEvent("d", {{"pos", "d"}}));
  const Result<MergeResult> merged = tenant.Merge(1, 3);
  REQUIRE_OK(merged);
  CHECK(merged->customer == 1);
  CHECK(merged->retired == 3);
  REQUIRE_OK(tenant.AddAssertion(Assertion::Kind::kCannotLink, 2, 4));
  const std::string before = Everything(tenant);
  const Position head = life.store().GetStats()->head;
  const auto unmerge = [&](Position merge, CustomerId customer,
                           std::vector<RecordId> records) {
    return tenant.Unmerge({merge, customer, std::move(records)});
  };
  MergeOptions force;
  force.force = true;
  SUBCASE("merge") {
    CHECK_CODE(tenant.Merge(1, 1), kInvalidArgument);
    CHECK_CODE(tenant.Merge(1, 3), kInvalidArgument);  // They are one.
    CHECK_CODE(tenant.Merge(1, 5), kNotFound);
    CHECK_CODE(tenant.Merge(0, 1), kNotFound);
    CHECK_CODE(other.Merge(1, 2), kNotFound);
    CHECK_CODE(tenant.Merge(1, 2), kConflict);  // Two accounts.
    CHECK_CODE(tenant.Merge(3, 2), kConflict);  // The same by a retired id.
    CHECK_CODE(tenant.Merge(2, 4), kConflict);  // A cannot-link.
    CHECK_CODE(tenant.Merge(1, 2, force), kInvalidArgument);  // No by, no why.
    MergeOptions options;
    options.keep = 2;
    CHECK_CODE(tenant.Merge(1, 4, options), kInvalidArgument);
    options.keep = 0;
    options.why = std::string(257, 'x');
    CHECK_CODE(tenant.Merge(1, 4, options), kTooLarge);
  }
  SUBCASE("unmerge") {
    CHECK_CODE(unmerge(0, 0, {}), kInvalidArgument);
    CHECK_CODE(unmerge(merged->position, 1, {}), kInvalidArgument);
    CHECK_CODE(unmerge(1'000'000, 0, {}), kNotFound);
    CHECK_CODE(unmerge(1, 0, {}), kNotFound);  // Not a merge.
    CHECK_CODE(unmerge(0, 99, {}), kNotFound);
    CHECK_CODE(unmerge(0, 2, {}), kFailedPrecondition);   // Never merged.
    CHECK_CODE(unmerge(0, 0, {1, 2}), kInvalidArgument);  // Of two customers.
    CHECK_CODE(unmerge(0, 0, {2}), kInvalidArgument);     // All of hers.
    CHECK_CODE(unmerge(0, 0, {99}), kNotFound);
    CHECK_CODE(other.Unmerge({merged->position, 0, {}}), kNotFound);
  }
  SUBCASE("assertions") { CheckAssertionErrors(tenant, other); }
  SUBCASE("reviews") {
    CHECK_CODE(tenant.AnswerReview(1, ReviewAnswer::kSame), kNotFound);
    CHECK_CODE(tenant.AnswerReview(head + 9, ReviewAnswer::kSame), kNotFound);
    CHECK_CODE(tenant.ListReviews({0, 0}), kInvalidArgument);
    CHECK_CODE(tenant.ListReviews({0, 1001}), kInvalidArgument);
  }
  CHECK(life.store().GetStats()->head == head);
  CHECK(Everything(tenant) == before);
  CheckSound(life.store());
}

TEST_CASE("what was said to be two people stays two") {
  Life life(false);
  Tenant& tenant = life.tenant();
  life.Append(MakeEvent("a", {{"authUserId", "u"}}));
  life.Append(MakeEvent("b", {{"sclMemberId", "m"}}));
  REQUIRE_OK(tenant.AddAssertion(Assertion::Kind::kCannotLink, 1, 2));
  const EventOutcome both = MustAppendOne(
      tenant, MakeEvent("c", {{"authUserId", "u"}, {"sclMemberId", "m"}}));
  CHECK(both.customer == 1);
  CHECK(both.merged.empty());
  CHECK(both.reviews.empty());
  REQUIRE(both.withheld.size() == 1);
  CHECK(both.withheld[0].reason == IdentityReason::kCannotLink);
  CHECK(both.withheld[0].owner == 2);
  REQUIRE_OK(tenant.RetractAssertion(2, 1));
  CHECK(MustAppendOne(
            tenant, MakeEvent("d", {{"authUserId", "u"}, {"sclMemberId", "m"}}))
            .merged.size() == 1);
  CheckSound(life.store());
}

}  // namespace
}  // namespace crm
