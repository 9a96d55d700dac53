// Replay: by position, record, customer, type and event time, both ways, over
// checkpoints and the tail, compared with a plain list. And the timeline.

#include <algorithm>
#include <functional>
#include <random>
#include <tuple>

#include "store/fixture.h"

namespace crm {
namespace {

struct Known {
  Position position;
  RecordId record;
  CustomerId customer;
  std::string type;
  Timestamp time;
};

// Events of two tenants with late and equal times; three checkpoints, then a
// tail. What the first tenant got is also kept in a list.
class History {
 public:
  History() : store_(MustOpenInMemory()), tenant_(MustTenant(store_)) {
    Tenant other = MustTenant(store_, "other");
    std::mt19937 random(7);
    const char* const types[] = {"booked", "paid", "played"};
    for (int i = 0; i < 1200; ++i) {
      Event event =
          MemberEvent("e" + std::to_string(i), static_cast<int>(random() % 9));
      event.type = types[random() % 3];
      event.source = random() % 2 == 0 ? "scl" : "teetime";
      const auto half_hours = static_cast<int64_t>(random() % 40);
      event.occurred_at = At(half_hours * 1'800'000'000);
      if (i == 600) event.type = "once";
      const EventOutcome outcome = MustAppendOne(tenant_, event);
      known_.push_back({outcome.position, outcome.record, outcome.customer,
                        event.type, *event.occurred_at});
      if (i % 5 == 0) MustAppendOne(other, event);
      if (i % 300 == 299 && i < 1000) REQUIRE_OK(store_.Flush());
    }
  }

  const Tenant& tenant() const { return tenant_; }
  Store& store() { return store_; }
  const std::vector<Known>& known() const { return known_; }

  // Runs the query and compares with the list, forward and backward.
  void Check(ReplayQuery query) {
    std::vector<Known> expected;
    for (const Known& event : known_) {
      if (Matches(query, event)) expected.push_back(event);
    }
    if (query.order == ReplayQuery::Order::kOccurredAt) {
      std::stable_sort(
          expected.begin(), expected.end(),
          [](const Known& a, const Known& b) { return a.time < b.time; });
    }
    std::vector<Position> positions;
    for (const Known& event : expected) positions.push_back(event.position);
    CHECK(Positions(tenant_.Replay(query)) == positions);
    query.backward = true;
    std::reverse(positions.begin(), positions.end());
    CHECK(Positions(tenant_.Replay(query)) == positions);
    query.open_parts_only = true;
    CHECK(Positions(tenant_.Replay(query)) == positions);
  }

 private:
  static bool Matches(const ReplayQuery& query, const Known& event) {
    if (event.position < query.first) return false;
    if (query.last != 0 && event.position > query.last) return false;
    if (query.from.has_value() && event.time < *query.from) return false;
    if (query.until.has_value() && event.time >= *query.until) return false;
    if (query.record != 0 && event.record != query.record) return false;
    if (query.customer != 0 && event.customer != query.customer) return false;
    return query.types.empty() ||
           std::find(query.types.begin(), query.types.end(), event.type) !=
               query.types.end();
  }

  Store store_;
  Tenant tenant_;
  std::vector<Known> known_;
};

TEST_CASE("replays give exactly what matches, in both orders") {
  History history;
  const Position middle = history.known()[700].position;
  std::vector<ReplayQuery> bounds(4);
  bounds[1].first = middle;
  bounds[2].last = middle;
  bounds[3].first = middle - 300;
  bounds[3].last = middle + 450;
  std::vector<ReplayQuery> queries;
  for (const ReplayQuery& bound : bounds) {
    queries.push_back(bound);
    for (const std::vector<std::string>& types :
         std::vector<std::vector<std::string>>{{"paid"},
                                               {"booked", "played"},
                                               {"once"},
                                               {"unheard"},
                                               {"once", "unheard"}}) {
      queries.push_back(bound);
      queries.back().types = types;
    }
    queries.push_back(bound);
    queries.back().from = At(7'200'000'000);
    queries.push_back(bound);
    queries.back().until = At(1'800'000'001);
    queries.push_back(bound);
    queries.back().from = At(3'600'000'000);
    queries.back().until = At(3'600'000'000);
  }
  for (ReplayQuery query : queries) {
    for (const auto order :
         {ReplayQuery::Order::kPosition, ReplayQuery::Order::kOccurredAt}) {
      query.order = order;
      query.record = query.customer = 0;
      history.Check(query);
      query.record = history.known()[3].record;
      history.Check(query);
      query.record = 0;
      query.customer = history.known()[3].customer;
      history.Check(query);
    }
  }
}

TEST_CASE("a query that names nobody or too much is refused") {
  History history;
  const Tenant& tenant = history.tenant();
  ReplayQuery query;
  query.customer = 1000;
  CHECK_CODE(tenant.Replay(query), kNotFound);
  query.customer = 0;
  query.record = 1000;
  CHECK_CODE(tenant.Replay(query), kNotFound);
  query.record = 1;
  query.customer = 1;
  CHECK_CODE(tenant.Replay(query), kInvalidArgument);
  query = ReplayQuery();
  query.last = Position{1} << 60;
  CHECK(Positions(tenant.Replay(query)).size() == history.known().size());
  query.first = Position{1} << 60;
  CHECK(Positions(tenant.Replay(query)).empty());
  query.first = 0;
  query.last = 0;
  CHECK(Positions(tenant.Replay(query)).size() == history.known().size());
}

TEST_CASE("revisions of a record are dense, from zero") {
  History history;
  for (RecordId record = 1;; ++record) {
    ReplayQuery query;
    query.record = record;
    Result<EventCursor> cursor = history.tenant().Replay(query);
    if (!cursor.ok()) {
      CHECK(record > 9);
      break;
    }
    uint64_t revision = 0;
    EventView event;
    while (*cursor->Next(&event)) CHECK(event.revision == revision++);
    CHECK(revision > 0);
  }
}

TEST_CASE("open parts only: nothing personal, everything else") {
  History history;
  ReplayQuery query;
  query.open_parts_only = true;
  Result<EventCursor> cursor = history.tenant().Replay(query);
  REQUIRE_OK(cursor);
  EventView event;
  size_t index = 0;
  while (*cursor->Next(&event)) {
    const Known& known = history.known()[index++];
    CHECK(event.type == known.type);
    CHECK(event.customer == known.customer);
    CHECK(event.record == known.record);
    CHECK(!event.opened);
    CHECK(event.id.empty());
    CHECK(event.payload.empty());
    CHECK(event.identity.empty());
  }
  CHECK(index == history.known().size());
}

// --- Timeline ----------------------------------------------------------------

std::vector<Position> AllPages(const Tenant& tenant, CustomerId customer,
                               TimelineQuery query,
                               const std::function<void()>& between) {
  std::vector<Position> positions;
  while (true) {
    const Result<TimelinePage> page = tenant.GetTimeline(customer, query);
    REQUIRE_OK(page);
    CHECK(page->entries.size() <= query.limit);
    for (const TimelineEntry& entry : page->entries) {
      positions.push_back(entry.position);
    }
    if (page->next.empty()) return positions;
    CHECK(page->entries.size() == query.limit);
    query.cursor = page->next;
    between();
  }
}

TEST_CASE("timeline pages are newest first, filtered, and add up") {
  History history;
  const CustomerId customer = history.known()[0].customer;
  for (const bool oldest_first : {false, true}) {
    for (const bool filtered : {false, true}) {
      TimelineQuery query;
      query.oldest_first = oldest_first;
      query.limit = 7;
      if (filtered) {
        query.types = {"paid", "once"};
        query.from = At(3'600'000'000);
        query.until = At(36'000'000'000);
      }
      std::vector<std::pair<Timestamp, Position>> expected;
      for (const Known& event : history.known()) {
        if (event.customer != customer) continue;
        if (filtered &&
            (event.type == "booked" || event.type == "played" ||
             event.time < *query.from || event.time >= *query.until)) {
          continue;
        }
        expected.emplace_back(event.time, event.position);
      }
      std::sort(expected.begin(), expected.end());
      if (!oldest_first) std::reverse(expected.begin(), expected.end());
      std::vector<Position> positions;
      for (const auto& entry : expected) positions.push_back(entry.second);
      CHECK(AllPages(history.tenant(), customer, query, [] {}) == positions);
      CHECK(history.tenant().GetTimeline(customer, query)->total ==
            positions.size());
    }
  }
}

TEST_CASE("events that arrive while one turns pages shift nothing") {
  History history;
  Tenant tenant = MustTenant(history.store());
  const Known& ada = history.known()[0];
  TimelineQuery query;
  query.limit = 10;
  const std::vector<Position> before =
      AllPages(tenant, ada.customer, query, [] {});
  int arrived = 0;
  const Result<Customer> customer = tenant.GetCustomer(ada.customer);
  REQUIRE_OK(customer);
  const std::vector<Position> after =
      AllPages(tenant, ada.customer, query, [&] {
        // Newer than everything, so on a page that was turned already.
        Event event = MakeEvent("n" + std::to_string(arrived++), {});
        for (int i = 0; i < 9; ++i) {
          event.identifiers = {{"sclMemberId", "m-" + std::to_string(i)}};
          if (*tenant.FindCustomer(event.identifiers[0]) == ada.customer) {
            break;
          }
        }
        event.occurred_at = At(int64_t{1} << 45);
        CHECK(MustAppendOne(tenant, event).customer == ada.customer);
        if (arrived % 3 == 0) REQUIRE_OK(history.store().Flush());
      });
  CHECK(arrived > 5);
  CHECK(after == before);
}

TEST_CASE("what a timeline refuses") {
  History history;
  const Tenant& tenant = history.tenant();
  TimelineQuery query;
  query.limit = 0;
  CHECK_CODE(tenant.GetTimeline(1, query), kInvalidArgument);
  query.limit = 1001;
  CHECK_CODE(tenant.GetTimeline(1, query), kInvalidArgument);
  query.limit = 1000;
  CHECK_CODE(tenant.GetTimeline(1, query), kOk);
  CHECK_CODE(tenant.GetTimeline(0, query), kNotFound);
  CHECK_CODE(tenant.GetTimeline(1000, query), kNotFound);
  query.limit = 1;
  const std::string next = tenant.GetTimeline(1, query)->next;
  for (const std::string& bad :
       {std::string("x"), std::string("n"), next + "0", next + "00",
        next.substr(0, next.size() - 2), std::string("nzz")}) {
    query.cursor = bad;
    INFO(bad);
    CHECK_CODE(tenant.GetTimeline(1, query), kInvalidArgument);
  }
  query.cursor = next;
  query.oldest_first = true;
  CHECK_CODE(tenant.GetTimeline(1, query), kInvalidArgument);
}

TEST_CASE("a timeline shows what happened") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  Event event = MemberEvent("a", 1);
  event.payload = "{\"fee\":0.001}";
  event.occurred_at = At(3);
  const EventOutcome outcome = MustAppendOne(tenant, event);
  for (int round = 0; round < 2; ++round) {
    const Result<TimelinePage> page = tenant.GetTimeline(1, {});
    REQUIRE_OK(page);
    REQUIRE(page->entries.size() == 1);
    const TimelineEntry& entry = page->entries[0];
    CHECK(entry.position == outcome.position);
    CHECK(entry.record == outcome.record);
    CHECK(entry.occurred_at == At(3));
    CHECK(entry.type == event.type);
    CHECK(entry.source == event.source);
    CHECK(entry.opened);
    CHECK(entry.id == "a");
    CHECK(entry.payload == event.payload);
    CHECK(page->next.empty());
    CHECK(page->total == 1);
    REQUIRE_OK(store.Flush());
  }
}

}  // namespace
}  // namespace crm
