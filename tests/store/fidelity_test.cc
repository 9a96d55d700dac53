// What goes in as JSON comes out as the same JSON values: numbers to the
// letter, key order, unknown members, in all three shapes.

#include <random>

#include "format/json_value.h"
#include "store/fixture.h"

namespace crm {
namespace {

constexpr std::string_view kNumbers =
    R"({"z":0.001,"a":1e400,"m":18446744073709551616,"n":-0,"q":1.0E+2,)"
    R"("money":9747747.934,"deep":[{"b":1,"a":[2.50,{"x":null}]}]})";

std::string Crm(const std::string& id) {
  return R"({"id":")" + id +
         R"(","type":"scl.booking.made","version":"1.2",)"
         R"("timestamp":"2026-03-01T10:00:00+02:00","correlationId":"c",)"
         R"("causationId":"d","tenantId":"t","source":"scl",)"
         R"("identity":{"sclMemberId":17,"email":"ada@example.com"},)"
         R"("payload":)" +
         std::string(kNumbers) +
         R"(,"metadata":{"ip":"10.0.0.1","n":1e400},)"
         R"("unknown":{"k":[0.001]},"another":18446744073709551616})";
}

std::string Domain(const std::string& id) {
  return R"({"eventType":"CustomerCreated","eventId":")" + id +
         R"(","timestamp":1772352000123,"aggregateId":"agg-1",)"
         R"("tenantId":"t","payload":)" +
         std::string(kNumbers) + R"(,"strange":[1e400,{"b":2,"a":1}]})";
}

std::string Flat(const std::string& id) {
  return R"({"eventType":"OrderPlaced","eventId":")" + id +
         R"(","customerId":4711,"timestamp":"2026-03-01T10:00:00.5Z",)"
         R"("total":0.001,"huge":1e400,"big":18446744073709551616,)"
         R"("lines":[{"sku":"x","qty":1.0}],"status":null})";
}

// The text of a member, so that the order of its keys can be compared.
std::string MemberText(const std::string& json, const std::string& name) {
  const size_t begin = json.find("\"" + name + "\":");
  REQUIRE(begin != std::string::npos);
  return json.substr(begin, kNumbers.size() + name.size() + 3);
}

TEST_CASE("three shapes come back as they came in") {
  const Scratch scratch;
  StoreOptions options = Quick();
  std::vector<std::string> given;
  {
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store, "t");
    AppendOptions append;
    for (int i = 0; i < 600; ++i) {  // Enough to train dictionaries.
      const std::string id = "e" + std::to_string(i);
      given.push_back(i % 3 == 0   ? Crm(id)
                      : i % 3 == 1 ? Domain(id)
                                   : Flat(id));
      if (i % 3 != 0) given.back().insert(1, "\"source\":\"shop\",");
      const std::string_view text = given.back();
      REQUIRE_OK(tenant.AppendJson({&text, 1}, append));
      if (i == 400) REQUIRE_OK(store.Flush());
    }
  }
  Store store = MustOpen(scratch / "s", options);
  Tenant tenant = MustTenant(store, "t");
  for (const auto order :
       {ReplayQuery::Order::kPosition, ReplayQuery::Order::kOccurredAt}) {
    ReplayQuery query;
    query.order = order;
    Result<EventCursor> cursor = tenant.Replay(query);
    REQUIRE_OK(cursor);
    EventView event;
    size_t count = 0;
    while (*cursor->Next(&event)) {
      const auto index =
          static_cast<size_t>(std::stoul(std::string(event.id.substr(1))));
      const std::string back = EventToJson(event, "t");
      CHECK(ParseJson(back) == ParseJson(given[index]));
      if (index % 3 != 2) {
        CHECK(MemberText(back, "payload") ==
              MemberText(given[index], "payload"));
      }
      ++count;
    }
    CHECK(count == given.size());
  }
  // And what was exported is known when it is imported.
  Result<EventCursor> cursor = tenant.Replay({});
  EventView event;
  while (*cursor->Next(&event)) {
    const std::string back = EventToJson(event, "t");
    const std::string_view text = back;
    const Result<AppendResult> again = tenant.AppendJson({&text, 1});
    REQUIRE_OK(again);
    CHECK(again->duplicates == 1);
  }
}

TEST_CASE("random payloads come back as they came in") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store, "t");
  std::mt19937 random(11);
  std::vector<std::string> given;
  for (int i = 0; i < 300; ++i) {
    std::string payload = RandomObject(random, 4);
    if (!ParseJson(payload).has_value()) continue;  // A key twice.
    Event event = MemberEvent("e" + std::to_string(i), i % 5);
    event.payload = payload;
    event.type = i % 2 == 0 ? "crm.profile.updated" : "visited";
    const Result<AppendResult> result = tenant.Append(event);
    if (!result.ok()) continue;  // Of values that no event may have.
    given.push_back(std::move(payload));
  }
  CHECK(given.size() > 100);
  REQUIRE_OK(store.Flush());
  Result<EventCursor> cursor = tenant.Replay({});
  EventView event;
  size_t index = 0;
  while (*cursor->Next(&event)) {
    REQUIRE(index < given.size());
    CHECK(ParseJson(event.payload) == ParseJson(given[index++]));
  }
  CHECK(index == given.size());
}

}  // namespace
}  // namespace crm
