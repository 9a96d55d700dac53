// Tenant::MatchCustomers and ApplyMatches: merges and questions by what is
// known of customers.

#include "crm/match_customers.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crm/export.h"
#include "examples/person_generator.h"
#include "store/fixture.h"

namespace crm {
namespace {

using examples::PersonGenerator;
using examples::PersonRecord;

// The traits of a made-up record, as a club would send them.
std::string PayloadOf(const std::vector<std::string>& columns,
                      const PersonRecord& record) {
  static const std::map<std::string, std::string> kTraits = {
      {"given_name", "firstName"},
      {"surname", "lastName"},
      {"birth_date", "dateOfBirth"},
      {"sex", "gender"},
      {"phone", "phone"}};
  static const std::map<std::string, std::string> kAddress = {
      {"street", "street"},
      {"house_number", "houseNumber"},
      {"city", "city"},
      {"postcode", "postalCode"},
      {"country", "country"}};
  std::string traits;
  std::string address;
  const auto add = [](const std::string& name, const std::string& value,
                      std::string* out) {
    if (!out->empty()) *out += ",";
    *out += "\"" + name + "\":\"" + value + "\"";
  };
  for (size_t i = 0; i < columns.size(); ++i) {
    if (record.cells[i].empty()) continue;
    const auto trait = kTraits.find(columns[i]);
    if (trait != kTraits.end()) add(trait->second, record.cells[i], &traits);
    const auto part = kAddress.find(columns[i]);
    if (part != kAddress.end()) add(part->second, record.cells[i], &address);
  }
  if (!address.empty()) {
    traits += (traits.empty() ? "" : ",") + ("\"address\":{" + address + "}");
  }
  return "{" + traits + "}";
}

// A tenant whose customers are the records of made-up persons; each has an
// e-mail address of its own.
class Club {
 public:
  explicit Club(uint64_t persons = 120)
      : store_(MustOpenInMemory()), tenant_(MustTenant(store_)) {
    PersonGenerator generator({.persons = persons, .seed = 5});
    PersonRecord record;
    while (generator.Next(&record)) {
      const EventOutcome outcome =
          Say(record.id, PayloadOf(generator.columns(), record));
      person_of_[outcome.customer] = record.person;
    }
  }

  EventOutcome Say(const std::string& who, const std::string& payload,
                   std::vector<Identifier> more = {}) {
    more.push_back({"email", who + "@club.test"});
    Event event = MakeEvent("e" + who, std::move(more));
    event.type = "scl.member.updated";
    event.payload = payload;
    return MustAppendOne(tenant_, event);
  }
  MatchReport Match(bool dry_run = false) {
    MatchCustomersOptions options;
    options.dry_run = dry_run;
    options.by = "nightly";
    const Result<MatchReport> report = tenant_.MatchCustomers(options);
    REQUIRE_OK(report);
    return *report;
  }
  Store& store() { return store_; }
  Tenant& tenant() { return tenant_; }
  const std::map<CustomerId, uint64_t>& person_of() const { return person_of_; }
  Position head() { return store_.GetStats()->head; }
  CustomerId Now(CustomerId id) {
    const Result<Customer> customer = tenant_.GetCustomer(id);
    REQUIRE_OK(customer);
    return customer->id;
  }

 private:
  Store store_;
  Tenant tenant_;
  std::map<CustomerId, uint64_t> person_of_;
};

constexpr char kAda[] =
    R"({"firstName":"Ada","lastName":"Zubizarreta","dateOfBirth":"1961-04-09",)"
    R"("gender":"F","address":{"street":"Long Street","houseNumber":"12",)"
    R"("city":"Paarl","postalCode":"76461"},"phone":"+27825551234"})";

TEST_CASE("match customers: looks first, then merges the right ones, once") {
  Club club;
  const Position before = club.head();
  const MatchReport would = club.Match(true);
  CHECK(club.head() == before);
  CHECK(would.position == 0);
  CHECK(would.merged > 5);

  const MatchReport report = club.Match();
  CHECK(report.merged == would.merged);
  CHECK(report.asked == would.asked);
  CHECK(report.records == would.records);
  CHECK(report.position == club.head());
  // Whom it merged is one person.
  uint64_t wrong = 0;
  std::map<CustomerId, std::set<uint64_t>> persons;
  for (const auto& [customer, person] : club.person_of()) {
    persons[club.Now(customer)].insert(person);
  }
  for (const auto& [customer, of] : persons) wrong += of.size() - 1;
  CHECK(wrong == 0);
  CHECK(persons.size() == club.person_of().size() - report.merged);

  const Position after = club.head();
  const MatchReport again = club.Match();
  CHECK(again.merged == 0);
  CHECK(again.asked == 0);
  CHECK(again.known == report.asked);
  CHECK(club.head() == after);
  const Result<VerifyReport> sound = club.store().Verify();
  REQUIRE_OK(sound);
  CHECK(sound->sound());
}

TEST_CASE("match customers: a merge says how sure it was, and can be undone") {
  Club club;
  const CustomerId one = club.Say("ada1", kAda).customer;
  const CustomerId two = club.Say("ada2", kAda).customer;
  REQUIRE(one != two);
  club.Match();
  REQUIRE(club.Now(two) == club.Now(one));
  const Result<IdentityHistory> how = club.tenant().How(one);
  REQUIRE_OK(how);
  const IdentityStep& step = how->steps.back();
  CHECK(step.kind == IdentityStep::Kind::kMerged);
  CHECK(step.weight >= 12);
  CHECK(step.confidence == 99);
  CHECK(step.by == "nightly");
  CHECK(how->text.find("by a match of") != std::string::npos);
  const Result<IdentityExplanation> why = club.tenant().Why(one, two);
  REQUIRE_OK(why);
  REQUIRE(why->evidence.size() == 1);
  CHECK(why->evidence[0].weight == step.weight);

  // A re-resolve keeps it.
  ReResolveOptions anew;
  anew.dry_run = false;
  const Result<ReResolveReport> resolved = club.tenant().ReResolve(anew);
  REQUIRE_OK(resolved);
  CHECK(resolved->records_moved == 0);

  UnmergeTarget target;
  target.merge = step.position;
  REQUIRE_OK(club.tenant().Unmerge(target));
  CHECK(club.Now(one) != club.Now(two));
  // What somebody took apart stays apart.
  CHECK(club.Match().merged == 0);
  CHECK(club.Now(one) != club.Now(two));
}

TEST_CASE("match customers: guards hold") {
  Club club;
  // Two accounts; contradicting persons cannot weigh so much.
  const CustomerId one =
      club.Say("ada1", kAda, {{"authUserId", "a-1"}}).customer;
  const CustomerId two =
      club.Say("ada2", kAda, {{"authUserId", "a-2"}}).customer;
  const MatchReport report = club.Match();
  CHECK(club.Now(one) != club.Now(two));
  CHECK(report.asked > 0);
  ReviewQuery query;
  query.customer = one;
  const Result<std::vector<Review>> reviews = club.tenant().ListReviews(query);
  REQUIRE_OK(reviews);
  REQUIRE(reviews->size() == 1);
  CHECK((*reviews)[0].reason == IdentityReason::kExclusiveConflict);
  CHECK((*reviews)[0].weight >= 12);
  // An answer is obeyed.
  REQUIRE_OK(club.tenant().AnswerReview((*reviews)[0].position,
                                        ReviewAnswer::kDifferent));
  const MatchReport again = club.Match();
  CHECK(again.asked == 0);
  CHECK(again.merged == 0);
}

TEST_CASE(
    "match customers: settings, brakes and questions that were dismissed") {
  Club club;
  REQUIRE_OK(club.tenant().SetIdentitySettings(
      R"({"rules":{"automatic_merges":false}})"));
  const MatchReport asked = club.Match(true);
  CHECK(asked.merged == 0);
  CHECK(asked.asked > 20);

  REQUIRE_OK(club.tenant().SetIdentitySettings(
      R"({"rules":{"merges_per_minute":5}})"));
  const MatchReport some = club.Match();
  CHECK(some.merged == 5);
  CHECK(some.left > 0);
  REQUIRE_OK(club.tenant().SetIdentitySettings("{}"));
  CHECK(club.Match().merged == some.left);

  ReviewQuery query;
  const Result<std::vector<Review>> reviews = club.tenant().ListReviews(query);
  REQUIRE_OK(reviews);
  REQUIRE(!reviews->empty());
  for (const Review& review : *reviews) {
    CHECK(review.reason != IdentityReason::kNone);
    REQUIRE_OK(
        club.tenant().AnswerReview(review.position, ReviewAnswer::kDismiss));
  }
  const MatchReport after = club.Match();
  CHECK(after.asked == 0);
  CHECK(after.merged == 0);
}

TEST_CASE(
    "match customers: traits under other names, and options that are none") {
  Club club;
  const char other[] =
      R"({"vorname":"Ada","name2":"Zubizarreta","geb":"1961-04-09T00:00:00Z",)"
      R"("wohnort":{"ort":"Paarl","plz":"76461"},"handy":["0"]})";
  const CustomerId one = club.Say("ada1", other).customer;
  const CustomerId two = club.Say("ada2", other).customer;
  MatchCustomersOptions options;
  options.dry_run = false;
  options.fields = R"({"given_name":["x","vorname"],"surname":"name2",
    "birth_date":"geb","city":"wohnort.ort","postcode":"wohnort.plz",
    "phone":"handy"})";
  options.threads = 2;
  const Result<MatchReport> report = club.tenant().MatchCustomers(options);
  REQUIRE_OK(report);
  CHECK(report->records == 2);
  CHECK(club.Now(one) == club.Now(two));

  const auto refused = [&](auto change) {
    MatchCustomersOptions bad;
    change(bad);
    return club.tenant().MatchCustomers(bad).status().code();
  };
  CHECK(refused([](auto& o) { o.fields = R"({"nose":"x"})"; }) ==
        StatusCode::kInvalidArgument);
  CHECK(refused([](auto& o) { o.fields = R"({"city":[]})"; }) ==
        StatusCode::kInvalidArgument);
  CHECK(refused([](auto& o) { o.fields = "[]"; }) ==
        StatusCode::kInvalidArgument);
  CHECK(refused([](auto& o) { o.fields = "{"; }) == StatusCode::kMalformed);
  CHECK(refused([](auto& o) { o.threads = 0; }) ==
        StatusCode::kInvalidArgument);
  CHECK(refused([](auto& o) { o.merge_weight = NAN; }) ==
        StatusCode::kInvalidArgument);
  CHECK(refused([](auto& o) { o.by = std::string(300, 'x'); }) ==
        StatusCode::kTooLarge);
  const Position head = club.head();
  CHECK(refused([](auto& o) {
          o.dry_run = false;
          o.progress = [](const MatchProgress& at) {
            return at.step != "score";
          };
        }) == StatusCode::kCancelled);
  CHECK(club.head() == head);
  CHECK(MatchCustomersOptions().fields.empty());
  MatchCustomersOptions spelled;
  spelled.fields = DefaultMatchFields();
  const Result<MatchReport> same = club.tenant().MatchCustomers(spelled);
  REQUIRE_OK(same);
  CHECK(same->merged == club.Match(true).merged);
}

TEST_CASE("apply matches: what another matcher decided, behind the guards") {
  Club club(5);
  const EventOutcome one = club.Say("ada1", kAda);
  const EventOutcome two = club.Say("ada2", kAda);
  const EventOutcome three = club.Say("ada3", kAda, {{"authUserId", "a"}});
  const EventOutcome four = club.Say("ada4", kAda, {{"authUserId", "b"}});
  const auto apply = [&](std::vector<CustomerMatch> matches,
                         const MergeOptions& options = {}) {
    return club.tenant().ApplyMatches(matches, options);
  };
  const Position before = club.head();
  CHECK(apply({{one.record, one.record, 13}}).status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(apply({{one.record, two.record, NAN}}).status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(
      apply({{one.record, two.record, 13}}, {.force = true}).status().code() ==
      StatusCode::kInvalidArgument);
  CHECK(apply({{one.record, two.record, 13}, {one.record, 4711, 13}})
            .status()
            .code() == StatusCode::kNotFound);
  CHECK(club.head() == before);
  const Result<MatchReport> dry =
      apply({{one.record, two.record, 13}}, {.dry_run = true});
  REQUIRE_OK(dry);
  CHECK(dry->merged == 1);
  CHECK(club.head() == before);

  const Result<MatchReport> report =
      apply({{one.record, two.record, 13.25},
             {one.record, two.record, 12},  // One already.
             {three.record, four.record, 20},
             {two.record, three.record, 5, IdentityReason::kWeakMatch}});
  REQUIRE_OK(report);
  CHECK(report->merged == 1);
  CHECK(report->asked == 2);
  CHECK(report->position == club.head());
  CHECK(club.Now(two.customer) == one.customer);
  CHECK(club.Now(four.customer) != club.Now(three.customer));
}

TEST_CASE("match customers: an export carries merges and questions") {
  Club club;
  const MatchReport report = club.Match();
  REQUIRE(report.merged > 0);
  REQUIRE(report.asked > 0);
  const Scratch scratch;
  const std::string file = scratch / "store.ndjson";
  REQUIRE_OK(ExportStore(club.store(), file));
  Store other = MustOpenInMemory();
  const Result<StoreImportReport> imported = ImportStore(other, file);
  REQUIRE_OK(imported);
  CHECK(imported->differences.empty());
  Tenant tenant = MustTenant(other);
  for (const auto& [customer, person] : club.person_of()) {
    const Result<Customer> now = tenant.GetCustomer(customer);
    REQUIRE_OK(now);
    CHECK(now->id == club.Now(customer));
  }
  const auto questions = [](const Tenant& of) {
    const Result<std::vector<Review>> open = of.ListReviews();
    REQUIRE_OK(open);
    return open->size();
  };
  CHECK(questions(tenant) == questions(club.tenant()));
}

}  // namespace
}  // namespace crm
