// Conditions: each kind where it holds, where it does not, and at its edge.
// And dry runs, which decide the same and write nothing.

#include "store/fixture.h"

namespace crm {
namespace {

class Club {
 public:
  Club() : store_(MustOpenInMemory()), tenant_(MustTenant(store_)) {}

  Tenant& tenant() { return tenant_; }
  Store& store() { return store_; }

  EventOutcome Book(int customer, std::string type = "booked") {
    Event event = MemberEvent("e" + std::to_string(++events_), customer);
    event.type = std::move(type);
    return MustAppendOne(tenant_, event);
  }

  // Whether a request on these conditions goes through.
  bool Holds(const std::vector<Condition>& conditions) {
    AppendOptions options;
    options.conditions = conditions;
    const Result<AppendResult> result =
        tenant_.Append(MakeEvent("c" + std::to_string(++events_), {}), options);
    if (result.ok()) return true;
    CHECK_CODE(result, kConflict);
    return false;
  }

 private:
  Store store_;
  Tenant tenant_;
  int events_ = 0;
};

const Identifier kAda{"sclMemberId", "m-1"};
const Identifier kNobody{"sclMemberId", "m-9"};

TEST_CASE("the customer exists or does not") {
  Club club;
  CHECK(club.Holds({Condition::NoCustomer(kAda)}));
  CHECK(!club.Holds({Condition::CustomerExists(kAda)}));
  club.Book(1);
  for (int round = 0; round < 2; ++round) {
    CHECK(!club.Holds({Condition::NoCustomer(kAda)}));
    CHECK(club.Holds({Condition::CustomerExists(kAda)}));
    CHECK(!club.Holds({Condition::IdentifierAbsent(kAda)}));
    CHECK(club.Holds({Condition::IdentifierAbsent(kNobody)}));
    CHECK(club.Holds({Condition::NoCustomer(kNobody)}));
    CHECK(!club.Holds({Condition::CustomerExists(kNobody)}));
    REQUIRE_OK(club.store().Flush());
  }
}

TEST_CASE("the customer's version is exactly this") {
  Club club;
  const EventOutcome first = club.Book(1);
  CHECK(
      club.Holds({Condition::CustomerVersion(first.customer, first.position)}));
  CHECK(!club.Holds(
      {Condition::CustomerVersion(first.customer, first.position - 1)}));
  const EventOutcome second = club.Book(1);
  CHECK(!club.Holds(
      {Condition::CustomerVersion(first.customer, first.position)}));
  CHECK(club.Holds(
      {Condition::CustomerVersion(first.customer, second.position)}));
  club.Book(2);  // Somebody else's event does not concern her.
  CHECK(club.Holds(
      {Condition::CustomerVersion(first.customer, second.position)}));
  CHECK(club.tenant().GetCustomer(first.customer)->version == second.position);
  Condition by_name = Condition::CustomerVersion(0, second.position);
  by_name.identifier = kAda;
  CHECK(club.Holds({by_name}));
}

TEST_CASE("no event of a type since a version") {
  Club club;
  const EventOutcome booked = club.Book(1, "booked");
  const EventOutcome paid = club.Book(1, "paid");
  for (int round = 0; round < 2; ++round) {
    CHECK(club.Holds(
        {Condition::NoEventSince(booked.customer, "booked", booked.position)}));
    CHECK(!club.Holds({Condition::NoEventSince(booked.customer, "booked",
                                               booked.position - 1)}));
    CHECK(!club.Holds(
        {Condition::NoEventSince(booked.customer, "paid", booked.position)}));
    CHECK(club.Holds(
        {Condition::NoEventSince(booked.customer, "paid", paid.position)}));
    CHECK(club.Holds({Condition::NoEventSince(booked.customer, "unheard", 0)}));
    REQUIRE_OK(club.store().Flush());
  }
  // Of any of her records.
  Event other = MakeEvent("o", {kAda});
  other.source = "teetime";
  other.type = "played";
  const EventOutcome played = MustAppendOne(club.tenant(), other);
  REQUIRE(played.customer == booked.customer);
  REQUIRE(played.record != booked.record);
  CHECK(!club.Holds(
      {Condition::NoEventSince(booked.customer, "played", paid.position)}));
}

TEST_CASE("all conditions must hold, and the one that fails is named") {
  Club club;
  club.Book(1);
  AppendOptions options;
  options.conditions = {Condition::CustomerExists(kAda),
                        Condition::CustomerExists(kNobody)};
  const Result<AppendResult> result =
      club.tenant().Append(MakeEvent("x", {}), options);
  CHECK_CODE(result, kConflict);
  CHECK(result.status().message().find("condition 1") !=
        std::string_view::npos);
  options.partial = true;
  CHECK_CODE(club.tenant().Append(MakeEvent("x", {}), options), kConflict);
  options.conditions.pop_back();
  CHECK_CODE(club.tenant().Append(MakeEvent("x", {}), options), kOk);
  options.conditions = {Condition::NoCustomer({"email", "no-address"})};
  CHECK_CODE(club.tenant().Append(MakeEvent("y", {}), options),
             kInvalidArgument);
}

TEST_CASE("what a customer of another tenant has counts for nothing") {
  Club club;
  club.Book(1);
  Tenant other = MustTenant(club.store(), "other");
  AppendOptions options;
  options.conditions = {Condition::IdentifierAbsent(kAda)};
  CHECK_CODE(other.Append(MakeEvent("x", {}), options), kOk);
  options.conditions = {Condition::CustomerVersion(1, 1)};
  CHECK_CODE(other.Append(MakeEvent("y", {}), options), kConflict);
}

// --- Dry runs ----------------------------------------------------------------

std::string Sums(const AppendResult& result) {
  std::string text = std::to_string(result.appended) + "/" +
                     std::to_string(result.duplicates) + "/" +
                     std::to_string(result.rejected) + "/" +
                     std::to_string(result.customers_created) + "/" +
                     std::to_string(result.unattributed);
  for (const EventOutcome& event : result.events) {
    text += " " + std::to_string(static_cast<int>(event.outcome)) + "," +
            std::to_string(event.record) + "," +
            std::to_string(event.customer) + "," +
            std::to_string(event.revision) + "," +
            std::to_string(event.confidence) + "," +
            std::to_string(event.withheld.size()) +
            (event.new_record ? "r" : "") + (event.new_customer ? "c" : "");
  }
  return text;
}

std::vector<std::vector<Event>> SomeRequests() {
  std::vector<std::vector<Event>> requests;
  for (int i = 0; i < 40; ++i) {
    std::vector<Event> request;
    for (int j = 0; j < 5; ++j) {
      const int n = i * 3 + j;  // Two of five come again in the next one.
      const std::string number = std::to_string(n);
      Event event = MakeEvent("e" + number, {});
      event.source = n % 2 == 0 ? "scl" : "teetime";
      event.identifiers = {{"email", "p" + std::to_string(n % 11) + "@x.org"}};
      if (n % 3 == 0) {
        event.identifiers.push_back({"authUserId", std::to_string(n % 17)});
      }
      if (n % 13 == 0) event.identifiers.clear();
      if (n % 19 == 0) event.payload = "7";
      request.push_back(std::move(event));
    }
    request.push_back(request[1]);
    requests.push_back(std::move(request));
  }
  return requests;
}

TEST_CASE("a dry run says what the real run will do, and writes nothing") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Fill(tenant, "old", 10, 3);
  const Position head = store.GetStats()->head;
  const std::string before = Everything(tenant);
  AppendOptions dry;
  dry.partial = true;
  dry.dry_run = NewDryRun();
  AppendOptions real;
  real.partial = true;
  std::vector<std::string> expected;
  for (const std::vector<Event>& request : SomeRequests()) {
    const AppendResult result = MustAppend(tenant, request, dry);
    for (const EventOutcome& event : result.events) {
      CHECK(event.position == 0);
    }
    expected.push_back(Sums(result));
  }
  CHECK(store.GetStats()->head == head);
  CHECK(Everything(tenant) == before);
  CHECK(store.GetStats()->derived + store.GetStats()->events == head);
  size_t next = 0;
  for (const std::vector<Event>& request : SomeRequests()) {
    CHECK(Sums(MustAppend(tenant, request, real)) == expected[next++]);
  }
}

TEST_CASE("a dry run without partial refuses as the real run does") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, MemberEvent("a", 1));
  AppendOptions dry;
  dry.dry_run = NewDryRun();
  CHECK_CODE(tenant.Append(MemberEvent("a", 2), dry), kIdConflict);
  CHECK(MustAppendOne(tenant, MemberEvent("b", 2), dry).outcome ==
        Outcome::kAppended);
  CHECK(MustAppendOne(tenant, MemberEvent("b", 2), dry).outcome ==
        Outcome::kDuplicate);
  CHECK_CODE(tenant.Append(MemberEvent("b", 3), dry), kIdConflict);
  dry.conditions = {Condition::NoCustomer({"sclMemberId", "m-2"})};
  CHECK_CODE(tenant.Append(MemberEvent("c", 2), dry), kConflict);
  dry.conditions = {Condition::CustomerExists({"sclMemberId", "m-2"})};
  CHECK_CODE(tenant.Append(MemberEvent("c", 2), dry), kOk);
  CHECK_CODE(tenant.FindCustomer({"sclMemberId", "m-2"}), kNotFound);
  dry.offset = HostOffset{"o", "1"};
  CHECK_CODE(tenant.Append(MemberEvent("d", 2), dry), kOk);
  CHECK_CODE(tenant.GetOffset("o"), kNotFound);
}

TEST_CASE("a dry run sees its own events when it is asked for none since") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const EventOutcome first = MustAppendOne(tenant, MemberEvent("a", 1));
  AppendOptions dry;
  dry.dry_run = NewDryRun();
  MustAppendOne(tenant, MemberEvent("b", 1), dry);
  dry.conditions = {Condition::NoEventSince(first.customer, "scl.booking.made",
                                            first.position)};
  CHECK_CODE(tenant.Append(MemberEvent("c", 1), dry), kConflict);
}

}  // namespace
}  // namespace crm
