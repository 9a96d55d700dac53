// Appending: atomic requests, outcomes, what is stored beside the events.

#include "store/fixture.h"

namespace crm {
namespace {

bool Mentions(const Status& status, std::string_view text) {
  return status.message().find(text) != std::string_view::npos;
}

// What a request that is refused must not change.
std::string Footprint(const Store& store) {
  const Result<StoreStats> stats = store.GetStats();
  REQUIRE_OK(stats);
  std::string text = std::to_string(stats->head);
  for (const TenantStats& tenant : stats->tenants) {
    text += " " + tenant.tenant + " " + std::to_string(tenant.events) + " " +
            std::to_string(tenant.customers) + " " +
            std::to_string(tenant.records) + " " +
            std::to_string(tenant.unattributed) + " " +
            std::to_string(tenant.contested);
  }
  return text;
}

Event BadEvent() {
  Event event = MemberEvent("bad", 1);
  event.payload = "[1]";
  return event;
}

TEST_CASE("an event is answered with its place, record and customer") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const AppendResult first = MustAppend(
      tenant, {MemberEvent("a", 1), MemberEvent("b", 2), MemberEvent("c", 1)});
  CHECK(first.appended == 3);
  CHECK(first.customers_created == 2);
  CHECK(first.duplicates + first.rejected + first.unattributed == 0);
  const EventOutcome& a = first.events[0];
  const EventOutcome& c = first.events[2];
  CHECK(a.outcome == Outcome::kAppended);
  CHECK(a.new_record);
  CHECK(a.new_customer);
  CHECK(a.confidence == 100);
  CHECK(a.matched_by.empty());
  CHECK(a.revision == 0);
  CHECK(c.customer == a.customer);
  CHECK(c.record == a.record);
  CHECK(c.revision == 1);
  CHECK(!c.new_record);
  CHECK(!c.new_customer);
  CHECK(c.confidence == 100);
  CHECK(c.matched_by == "sclMemberId");
  CHECK(first.events[1].customer != a.customer);
  CHECK(first.position == c.position);
  CHECK(a.position < first.events[1].position);
  CHECK(first.events[1].position < c.position);
  CHECK(store.GetStats()->head == c.position);
}

TEST_CASE("one bad event fails the whole request and is named") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, MemberEvent("before", 1));
  const std::string before = Footprint(store);
  const std::string content = Everything(tenant);
  Event fresh = MemberEvent("fresh", 2);
  fresh.type = "never.seen";
  fresh.source = "nobody";
  const std::vector<Event> request{fresh, MemberEvent("b", 3), BadEvent()};
  const Result<AppendResult> result = tenant.Append(request);
  CHECK_CODE(result, kInvalidArgument);
  CHECK(Mentions(result.status(), "event 2"));
  CHECK(Mentions(result.status(), "payload"));
  CHECK(Footprint(store) == before);
  CHECK(Everything(tenant) == content);
  CHECK_CODE(tenant.FindCustomer({"sclMemberId", "m-2"}), kNotFound);
  // What was refused may come again.
  CHECK(MustAppendOne(tenant, fresh).outcome == Outcome::kAppended);
}

TEST_CASE("with partial the good events go in and the bad are reported") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, MemberEvent("taken", 1));
  AppendOptions options;
  options.partial = true;
  Event other = MemberEvent("taken", 9);
  const AppendResult result =
      MustAppend(tenant,
                 {MemberEvent("a", 1), BadEvent(), other,
                  MemberEvent("taken", 1), MemberEvent("a", 1)},
                 options);
  CHECK(result.appended == 1);
  CHECK(result.duplicates == 2);
  CHECK(result.rejected == 2);
  CHECK(result.events[0].outcome == Outcome::kAppended);
  CHECK(result.events[1].outcome == Outcome::kInvalid);
  CHECK_CODE(result.events[1].status, kInvalidArgument);
  CHECK(result.events[2].outcome == Outcome::kConflict);
  CHECK_CODE(result.events[2].status, kIdConflict);
  CHECK(result.events[3].outcome == Outcome::kDuplicate);
  CHECK(result.events[4].outcome == Outcome::kDuplicate);
  CHECK(result.events[4].position == result.events[0].position);
  CHECK_CODE(tenant.FindCustomer({"sclMemberId", "m-9"}), kNotFound);
}

TEST_CASE("duplicates answer their first positions whatever the conditions") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const AppendResult first =
      MustAppend(tenant, {MemberEvent("a", 1), MemberEvent("b", 2)});
  const std::string before = Footprint(store);
  AppendOptions options;
  options.conditions = {Condition::NoCustomer({"sclMemberId", "m-1"})};
  const AppendResult again =
      MustAppend(tenant, {MemberEvent("b", 2), MemberEvent("a", 1)}, options);
  CHECK(again.duplicates == 2);
  CHECK(again.appended == 0);
  CHECK(again.events[0].outcome == Outcome::kDuplicate);
  CHECK(again.events[0].position == first.events[1].position);
  CHECK(again.events[1].position == first.events[0].position);
  CHECK(again.position == first.position);
  CHECK(Footprint(store) == before);
  // One that is new makes the conditions count.
  const std::vector<Event> mixed{MemberEvent("a", 1), MemberEvent("c", 1)};
  CHECK_CODE(tenant.Append(mixed, options), kConflict);
  CHECK(Footprint(store) == before);
}

TEST_CASE("an id is taken per tenant and source, for good") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Tenant other = MustTenant(store, "other");
  const EventOutcome first = MustAppendOne(tenant, MemberEvent("a", 1));
  Event changed = MemberEvent("a", 1);
  changed.payload = "{\"x\":1}";
  const Result<AppendResult> conflict = tenant.Append(changed);
  CHECK_CODE(conflict, kIdConflict);
  CHECK(Mentions(conflict.status(), std::to_string(first.position)));
  Event retyped = MemberEvent("a", 1);
  retyped.type = "other.type";
  CHECK_CODE(tenant.Append(retyped), kIdConflict);
  Event moved = MemberEvent("a", 1);
  moved.occurred_at = At(5);
  CHECK_CODE(tenant.Append(moved), kIdConflict);
  Event sourced = MemberEvent("a", 1);
  sourced.source = "teetime";
  CHECK(MustAppendOne(tenant, sourced).outcome == Outcome::kAppended);
  CHECK(MustAppendOne(other, MemberEvent("a", 1)).outcome ==
        Outcome::kAppended);
  // How it travelled is not what it says.
  Event rerouted = MemberEvent("a", 1);
  rerouted.correlation_id = "c-2";
  rerouted.metadata = "{\"attempt\":2}";
  CHECK(MustAppendOne(tenant, rerouted).outcome == Outcome::kDuplicate);
}

TEST_CASE("duplicates and conflicts are known after a checkpoint and open") {
  const Scratch scratch;
  std::vector<Position> first;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    for (int i = 0; i < 300; ++i) {
      first.push_back(
          MustAppendOne(tenant, MemberEvent("e" + std::to_string(i), i % 7))
              .position);
      if (i == 100 || i == 200) REQUIRE_OK(store.Flush());
    }
    for (int i = 0; i < 300; ++i) {
      CHECK(MustAppendOne(tenant, MemberEvent("e" + std::to_string(i), i % 7))
                .position == first[static_cast<size_t>(i)]);
    }
  }
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  for (int i = 0; i < 300; ++i) {
    const std::string id = "e" + std::to_string(i);
    const EventOutcome outcome = MustAppendOne(tenant, MemberEvent(id, i % 7));
    CHECK(outcome.outcome == Outcome::kDuplicate);
    CHECK(outcome.position == first[static_cast<size_t>(i)]);
    CHECK_CODE(tenant.Append(MemberEvent(id, 8)), kIdConflict);
  }
}

TEST_CASE("the host's offset goes with the events, also with duplicates") {
  const Scratch scratch;
  {
    Store store = MustOpen(scratch / "s");
    Tenant tenant = MustTenant(store);
    Tenant other = MustTenant(store, "other");
    AppendOptions options;
    options.offset = HostOffset{"topic/3", "17"};
    CHECK_CODE(tenant.GetOffset("topic/3"), kNotFound);
    MustAppendOne(tenant, MemberEvent("a", 1), options);
    CHECK(*tenant.GetOffset("topic/3") == "17");
    options.offset->value = "18";
    CHECK(MustAppendOne(tenant, MemberEvent("a", 1), options).outcome ==
          Outcome::kDuplicate);
    CHECK(*tenant.GetOffset("topic/3") == "18");
    options.offset->value = "19";
    MustAppend(tenant, {}, options);
    CHECK(*tenant.GetOffset("topic/3") == "19");
    options.offset->value = "20";
    CHECK(!tenant.Append(BadEvent(), options).ok());
    CHECK(*tenant.GetOffset("topic/3") == "19");
    options.conditions = {Condition::NoCustomer({"sclMemberId", "m-1"})};
    CHECK(!tenant.Append(MemberEvent("b", 1), options).ok());
    CHECK(*tenant.GetOffset("topic/3") == "19");
    CHECK_CODE(other.GetOffset("topic/3"), kNotFound);
    CHECK_CODE(tenant.GetOffset("topic/4"), kNotFound);
    options.offset = HostOffset{"", "x"};
    CHECK_CODE(tenant.Append(MemberEvent("c", 1), options), kInvalidArgument);
    options.offset = HostOffset{"n", std::string(1025, 'x')};
    CHECK_CODE(tenant.Append(MemberEvent("c", 1), options), kTooLarge);
  }
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  CHECK(*tenant.GetOffset("topic/3") == "19");
}

TEST_CASE("all that an event carries comes back") {
  const auto clock = std::make_shared<StillClock>();
  StoreOptions store_options = Quick();
  store_options.clock = clock;
  Store store = MustOpenInMemory(store_options);
  Tenant tenant = MustTenant(store);
  Event event = MemberEvent("a", 1);
  event.version = "2.1";
  event.correlation_id = "corr";
  event.causation_id = "cause";
  event.occurred_at = At(-5'000'001);
  event.payload = "{\"b\":0.001,\"a\":18446744073709551616}";
  event.metadata = "{\"ip\":\"10.0.0.1\"}";
  AppendOptions options;
  options.backfill = true;
  MustAppendOne(tenant, event, options);
  Event bare = MemberEvent("b", 1);
  clock->Advance(std::chrono::seconds(1));
  MustAppendOne(tenant, bare);

  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView view;
  REQUIRE(*cursor->Next(&view));
  CHECK(view.id == "a");
  CHECK(view.type == "scl.booking.made");
  CHECK(view.source == "scl");
  CHECK(view.version == "2.1");
  CHECK(view.correlation_id == "corr");
  CHECK(view.causation_id == "cause");
  CHECK(view.occurred_at == At(-5'000'001));
  CHECK(view.recorded_at == At(0));
  CHECK(view.backfill);
  CHECK(view.opened);
  CHECK(view.payload == event.payload);
  CHECK(view.metadata == event.metadata);
  CHECK(view.identity == "{\"sclMemberId\":\"m-1\"}");
  REQUIRE(*cursor->Next(&view));
  CHECK(view.occurred_at == At(1'000'000));
  CHECK(view.recorded_at == At(1'000'000));
  CHECK(view.version == "1.0");
  CHECK(!view.backfill);
  CHECK(view.metadata.empty());
  CHECK(!*cursor->Next(&view));
}

TEST_CASE("recorded_at does not run backwards with the clock") {
  const auto clock = std::make_shared<StillClock>();
  StoreOptions options = Quick();
  options.clock = clock;
  Store store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, MemberEvent("a", 1));
  clock->Advance(std::chrono::hours(-1));
  MustAppendOne(tenant, MemberEvent("b", 1));
  Result<EventCursor> cursor = tenant.Replay({});
  EventView view;
  while (*cursor->Next(&view)) CHECK(view.recorded_at == At(0));
}

TEST_CASE("events without a person are kept and counted") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const AppendResult result = MustAppend(
      tenant, {MakeEvent("a", {}), MakeEvent("b", {{"email", "no-address"}}),
               MemberEvent("c", 1)});
  CHECK(result.unattributed == 2);
  CHECK(result.appended == 3);
  CHECK(result.events[0].customer == 0);
  CHECK(result.events[0].record == 0);
  CHECK(result.events[0].outcome == Outcome::kAppended);
  CHECK(store.GetStats()->unattributed == 2);
  CHECK(store.GetStats()->customers == 1);
  REQUIRE_OK(store.Flush());
  CHECK(Walk(tenant.Replay({})).size() == 3);
  CheckSound(store);
}

TEST_CASE("limits of a request") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const std::vector<Event> many(kMaxRequestEvents + 1, MemberEvent("a", 1));
  CHECK_CODE(tenant.Append(many), kTooLarge);
  Event heavy = MemberEvent("h", 1);
  heavy.payload = "{\"x\":\"" + std::string(200 * 1024, 'x') + "\"}";
  const std::vector<Event> heavies(400, heavy);
  CHECK_CODE(tenant.Append(heavies), kTooLarge);
  Event crowd = MakeEvent("i", {});
  for (size_t i = 0; i <= kMaxIdentifiers; ++i) {
    crowd.identifiers.push_back({"n" + std::to_string(i), "v"});
  }
  CHECK_CODE(tenant.Append(crowd), kTooLarge);
  CHECK(store.GetStats()->events == 0);
  const Result<AppendResult> none = tenant.Append(std::span<const Event>());
  REQUIRE_OK(none);
  CHECK(none->events.empty());
  CHECK(none->position == store.GetStats()->head);
}

TEST_CASE("the tenant that JSON names must be this one") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const std::string_view mine =
      R"({"id":"a","type":"t","source":"s","tenantId":"golf-club"})";
  const std::string_view none = R"({"id":"b","type":"t","source":"s"})";
  const std::string_view foreign =
      R"({"id":"c","type":"t","source":"s","tenantId":"other"})";
  CHECK_CODE(tenant.AppendJson({{mine, none}}), kOk);
  CHECK_CODE(tenant.AppendJson({{foreign}}), kInvalidArgument);
  AppendOptions options;
  options.ignore_tenant = true;
  CHECK_CODE(tenant.AppendJson({{foreign}}, options), kOk);
  CHECK_CODE(tenant.AppendJson({{"{\"id\":"}}), kMalformed);
  CHECK(store.GetStats()->events == 3);
}

TEST_CASE("no error text holds what an event says of a person") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const std::string secret = "lovelace@analytical.example";
  MustAppendOne(tenant, MakeEvent(secret, {{"email", secret}}));
  std::vector<Event> bad(6, MakeEvent(secret, {{"email", secret}}));
  bad[0].payload = "{\"x\":" + secret + "}";
  bad[1].payload = "\"" + secret + "\"";
  bad[2].identifiers.push_back({"crm", std::string(300, 'x') + secret});
  bad[3].metadata = secret;
  bad[4].type = "other";
  bad[5].occurred_at = At(int64_t{1} << 60);
  for (const Event& event : bad) {
    const Result<AppendResult> result = tenant.Append(event);
    REQUIRE(!result.ok());
    INFO(result.status().ToString());
    CHECK(!Mentions(result.status(), "lovelace"));
    CHECK(!Mentions(result.status(), "analytical"));
  }
  const Result<CustomerId> found =
      tenant.FindCustomer({"email", "not the address of lovelace"});
  CHECK_CODE(found, kInvalidArgument);
  CHECK(!Mentions(found.status(), "lovelace"));
}

}  // namespace
}  // namespace crm
