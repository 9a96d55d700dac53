// Schemas, upcasters and validation of a tenant: what appends and readers see
// of them, and that they outlive a reopen, a crash and the views.

#include <algorithm>
#include <filesystem>
#include <thread>

#include "crm/schema.h"
#include "store/fixture.h"

namespace crm {
namespace {

constexpr char kOrder[] = R"({
  "type": "object", "required": ["price"],
  "properties": {
    "price": {"type": "number", "minimum": 0},
    "note": {"type": "string", "maxLength": 4, "x-personal": true}}})";

// CHECKLIST A12, with the value of B14: nobody knows the legal basis of old
// consents, so that it is marked as unknown.
constexpr char kConsent[] = R"({
  "type": "ConsentGranted", "from": "1", "to": "2", "steps": [
    {"default": "/gdprContext/legalBasis", "value": "unknown"},
    {"rename": "/purposeCode", "to": "/purpose"}]})";

Event Order(std::string id, std::string payload, int customer = 1) {
  Event event = MemberEvent(std::move(id), customer);
  event.type = "OrderPlaced";
  event.payload = std::move(payload);
  return event;
}

Event Consent(std::string id, std::string version, std::string payload) {
  Event event = MemberEvent(std::move(id), 1);
  event.type = "ConsentGranted";
  event.version = std::move(version);
  event.payload = std::move(payload);
  return event;
}

SchemaInfo MustRegister(Tenant& tenant, const std::string& json,
                        const std::string& version = "1.0",
                        Compatibility compatibility = Compatibility::kNone) {
  Result<SchemaInfo> info =
      tenant.RegisterSchema({"OrderPlaced", version, json, compatibility});
  REQUIRE_OK(info);
  return *std::move(info);
}

std::string MessageOf(const Status& status) {
  return std::string(status.message());
}

template <typename T>
T Must(Result<T> result) {
  REQUIRE_OK(result);
  return *std::move(result);
}

// Everything that a tenant has defined, and all that can be read of her.
std::string All(const Tenant& tenant) {
  std::string text;
  const auto line = [&](const auto&... parts) {
    ((text += parts, text += ' '), ...);
    text += '\n';
  };
  for (const SchemaInfo& info : Must(tenant.ListSchemas())) {
    if (info.catalogue) continue;
    line(info.type, info.version, info.json, std::to_string(info.position));
  }
  for (const UpcasterInfo& info : Must(tenant.ListUpcasters())) {
    line(info.type, info.from, info.to, info.json,
         std::to_string(info.position));
  }
  for (const ValidationRule& rule : Must(tenant.GetValidation())) {
    line(rule.type, std::to_string(static_cast<int>(rule.mode)),
         std::to_string(rule.position));
  }
  const Result<Snapshot> snapshot = tenant.GetSnapshot();
  REQUIRE_OK(snapshot);
  line(std::to_string(snapshot->GetStats()->schema_warnings));
  for (const std::string& walked :
       Walk(snapshot->Replay({.as_appended = true}))) {
    line(walked);
  }
  return text + Everything(*snapshot);
}

// Every kind of definition, with events before, between and behind them.
void DefineMuch(Tenant& tenant) {
  MustAppendOne(tenant, Order("o-0", R"({"price":-1})"));
  MustRegister(tenant, kOrder);
  REQUIRE_OK(tenant.SetValidation("", Validation::kWarn));
  REQUIRE_OK(tenant.SetValidation("OrderPlaced", Validation::kEnforce));
  MustAppendOne(tenant, Order("o-1", R"({"price":1})"));
  MustAppendOne(tenant, MemberEvent("b-1", 2));  // No schema: a warning.
  Event updated = MemberEvent("u-1", 1);
  updated.type = "scl.member.updated";
  updated.version = "1";
  updated.payload = R"({"givenName":"Ada","age":36})";
  MustAppendOne(tenant, updated);
  REQUIRE_OK(tenant.RegisterUpcaster(
      R"({"type":"scl.member.updated","from":"1","to":"2",
          "steps":[{"rename":"/givenName","to":"/firstName"}]})"));
  updated.id = "u-2";
  updated.payload = R"({"givenName":"Grace","age":37})";
  MustAppendOne(tenant, updated);
  REQUIRE_OK(tenant.RegisterUpcaster(kConsent));
  MustAppendOne(tenant, Consent("c-1", "1", R"({"purposeCode":"news"})"));
}

TEST_CASE("schema: registered once, found, listed, and a wall around it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const SchemaInfo info = MustRegister(tenant, kOrder);
  CHECK(info.position > 0);
  CHECK(info.latest);
  CHECK_FALSE(info.catalogue);
  CHECK(info.json ==
        R"({"type":"object","required":["price"],"properties":{"price":)"
        R"({"type":"number","minimum":0},"note":{"type":"string",)"
        R"("maxLength":4,"x-personal":true}}})");
  const auto price =
      std::find_if(info.fields.begin(), info.fields.end(),
                   [](const auto& field) { return field.pointer == "/price"; });
  REQUIRE(price != info.fields.end());
  CHECK(price->required);
  CHECK_FALSE(price->personal);
  CHECK(price->types == std::vector<std::string>{"number"});
  const Position head = store.GetStats()->head;
  CHECK(MustRegister(tenant, kOrder).position == info.position);
  CHECK(store.GetStats()->head == head);
  CHECK_CODE(tenant.RegisterSchema({"OrderPlaced", "1.0", "{}"}),
             kAlreadyExists);
  CHECK_CODE(tenant.GetSchema("OrderPlaced", "9"), kNotFound);
  CHECK_CODE(tenant.GetSchema("NobodyKnows"), kNotFound);
  CHECK(tenant.GetSchema("OrderPlaced")->version == "1.0");

  Tenant other = MustTenant(store, "tennis-club");
  const Result<SchemaInfo> theirs = other.GetSchema("OrderPlaced");
  CHECK((!theirs.ok() || theirs->catalogue));
}

TEST_CASE("schema: the next version must be compatible") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustRegister(tenant, kOrder);
  const std::string stricter =
      R"({"type":"object","required":["price"],
          "properties":{"price":{"type":"number","minimum":5}}})";
  const Result<SchemaInfo> refused =
      tenant.RegisterSchema({"OrderPlaced", "1.1", stricter});
  CHECK_CODE(refused, kConflict);
  CHECK(MessageOf(refused.status()).find("minimum") != std::string::npos);
  CHECK_CODE(tenant.GetSchema("OrderPlaced", "1.1"), kNotFound);
  MustRegister(tenant, stricter, "1.1", Compatibility::kNone);
  CHECK(tenant.GetSchema("OrderPlaced")->version == "1.1");
  CHECK_FALSE(tenant.GetSchema("OrderPlaced", "1.0")->latest);
}

TEST_CASE("schema: what is no schema changes nothing") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const Position head = store.GetStats()->head;
  CHECK_CODE(tenant.RegisterSchema({"", "1", "{}"}), kInvalidArgument);
  CHECK_CODE(tenant.RegisterSchema({"t", "", "{}"}), kInvalidArgument);
  CHECK_CODE(tenant.RegisterSchema({"t", "1", "{"}), kMalformed);
  CHECK_CODE(tenant.RegisterSchema({"t", "1", R"({"typ":"object"})"}),
             kInvalidArgument);
  CHECK_CODE(tenant.RegisterSchema(
                 {"t", "1", std::string(kMaxDefinitionBytes + 1, ' ')}),
             kTooLarge);
  CHECK_CODE(tenant.RegisterUpcaster("{}"), kInvalidArgument);
  CHECK_CODE(tenant.SetValidation("", Validation::kInherit), kInvalidArgument);
  CHECK(store.GetStats()->head == head);
  CHECK(tenant.GetValidation()->size() == 1);
}

TEST_CASE("catalogue: there without registration, replaced by one's own") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const auto listed = [&](const std::string& type) {
    std::vector<bool> found;
    for (const SchemaInfo& info : Must(tenant.ListSchemas())) {
      if (info.type == type) found.push_back(info.catalogue);
    }
    return found;
  };
  const std::vector<SchemaInfo> all = Must(tenant.ListSchemas());
  REQUIRE_FALSE(all.empty());
  const std::string type = all[0].type;
  CHECK(listed(type) == std::vector<bool>{true});
  REQUIRE_OK(tenant.RegisterSchema({type, "7", R"({"type":"object"})"}));
  CHECK(listed(type) == std::vector<bool>{false});
  CHECK(tenant.GetSchema(type)->version == "7");
}

TEST_CASE("enforce: what does not fit is refused, by index, field and limit") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustRegister(tenant, kOrder);
  REQUIRE_OK(tenant.SetValidation("", Validation::kEnforce));
  const std::vector<Event> events = {Order("a", R"({"price":1})"),
                                     Order("b", R"({"price":-5})")};
  const Position head = store.GetStats()->head;
  const auto refused = tenant.Append(events);
  CHECK_CODE(refused, kInvalidArgument);
  const std::string message = MessageOf(refused.status());
  CHECK(message.starts_with("event 1: payload/price: "));
  CHECK(message.find("0") != std::string::npos);
  CHECK(message.ends_with("(schema OrderPlaced 1.0)"));
  CHECK(store.GetStats()->head == head);

  const AppendResult some = MustAppend(tenant, events, {.partial = true});
  CHECK(some.appended == 1);
  CHECK(some.rejected == 1);
  CHECK(some.events[1].outcome == Outcome::kInvalid);
  CHECK(MessageOf(some.events[1].status).starts_with("payload/price: "));

  SUBCASE("a personal value is not repeated") {
    const auto personal =
        tenant.Append(Order("c", R"({"price":1,"note":"Lovelace"})"));
    CHECK_CODE(personal, kInvalidArgument);
    CHECK(MessageOf(personal.status()).find("Lovelace") == std::string::npos);
    CHECK(MessageOf(personal.status()).find("/note") != std::string::npos);
  }
  SUBCASE("a type that nobody has defined is refused, and said (A13)") {
    const auto unknown = tenant.Append(MemberEvent("d", 1));
    CHECK_CODE(unknown, kInvalidArgument);
    CHECK(MessageOf(unknown.status()) ==
          "event 0: type: no schema of scl.booking.made");
    REQUIRE_OK(tenant.SetValidation("scl.booking.made", Validation::kOff));
    CHECK(MustAppendOne(tenant, MemberEvent("d", 1)).warning.ok());
    REQUIRE_OK(tenant.SetValidation("scl.booking.made", Validation::kInherit));
    CHECK_CODE(tenant.Append(MemberEvent("e", 1)), kInvalidArgument);
  }
  SUBCASE("a dry run refuses the same") {
    const auto dry =
        tenant.Append(Order("f", R"({"price":-1})"), {.dry_run = NewDryRun()});
    CHECK_CODE(dry, kInvalidArgument);
  }
  SUBCASE("JSON events are checked alike") {
    const std::string_view json =
        R"({"id":"j","type":"OrderPlaced","source":"s","payload":{}})";
    const auto missing = tenant.AppendJson(std::span(&json, 1));
    CHECK_CODE(missing, kInvalidArgument);
    CHECK(MessageOf(missing.status()).find("/price") != std::string::npos);
  }
}

TEST_CASE("enforce: what is there already stays a duplicate") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const Position position =
      MustAppendOne(tenant, Order("a", R"({"price":-5})")).position;
  MustRegister(tenant, kOrder);
  REQUIRE_OK(tenant.SetValidation("", Validation::kEnforce));
  const EventOutcome again =
      MustAppendOne(tenant, Order("a", R"({"price":-5})"));
  CHECK(again.outcome == Outcome::kDuplicate);
  CHECK(again.position == position);
  CHECK_CODE(tenant.Append(Order("a", R"({"price":-6})")), kIdConflict);
}

TEST_CASE("warn: it is appended, said and counted") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustRegister(tenant, kOrder);
  REQUIRE_OK(tenant.SetValidation("", Validation::kWarn));
  const AppendResult result =
      MustAppend(tenant, {Order("a", R"({"price":-5})"),
                          Order("b", R"({"price":5})"), MemberEvent("c", 1)});
  CHECK(result.appended == 3);
  CHECK(MessageOf(result.events[0].warning).starts_with("payload/price: "));
  CHECK(result.events[0].status.ok());
  CHECK(result.events[1].warning.ok());
  CHECK_FALSE(result.events[2].warning.ok());
  CHECK(store.GetStats()->tenants[0].schema_warnings == 2);
  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  for (const bool warned : {true, false, true}) {
    REQUIRE(*cursor->Next(&event));
    CHECK(event.warned == warned);
  }
}

TEST_CASE("check: says all that is wrong, and appends nothing") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustRegister(tenant, kOrder);
  const Position head = store.GetStats()->head;
  const auto found = tenant.CheckPayload("OrderPlaced", "",
                                         R"({"price":"x","note":"too long"})");
  REQUIRE_OK(found);
  CHECK(found->size() == 2);
  CHECK(tenant.CheckPayload("OrderPlaced", "1.0", R"({"price":1})")->empty());
  CHECK_CODE(tenant.CheckPayload("OrderPlaced", "", "[]"), kInvalidArgument);
  CHECK_CODE(tenant.CheckPayload("OrderPlaced", "", "{"), kMalformed);
  CHECK_CODE(tenant.CheckPayload("NobodyKnows", "", "{}"), kNotFound);
  CHECK(store.GetStats()->head == head);
}

TEST_CASE("check: an old event fits the schema that its upcasters lead to") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  REQUIRE_OK(tenant.RegisterSchema(
      {"ConsentGranted", "2", R"({"required":["purpose","gdprContext"]})"}));
  REQUIRE_OK(tenant.SetValidation("ConsentGranted", Validation::kEnforce));
  const Event old = Consent("c-1", "1", R"({"purposeCode":"news"})");
  CHECK_CODE(tenant.Append(old), kInvalidArgument);
  REQUIRE_OK(tenant.RegisterUpcaster(kConsent));
  CHECK(MustAppendOne(tenant, old).outcome == Outcome::kAppended);
}

TEST_CASE("upcaster: every read sees the newest version (A12, B14)") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const std::string given = R"({"purposeCode":"news","weight":1.50})";
  const EventOutcome old = MustAppendOne(tenant, Consent("c-1", "1", given));
  const Result<Snapshot> before = tenant.GetSnapshot();
  const Result<UpcasterInfo> info = tenant.RegisterUpcaster(kConsent);
  REQUIRE_OK(info);
  CHECK(tenant.RegisterUpcaster(kConsent)->position == info->position);
  const std::string upcast = R"({"purpose":"news","weight":1.50,"gdprContext":)"
                             R"({"legalBasis":"unknown"}})";

  for (const ReplayQuery& query :
       {ReplayQuery{}, ReplayQuery{.customer = old.customer},
        ReplayQuery{.record = old.record},
        ReplayQuery{.types = {"ConsentGranted"}}}) {
    Result<EventCursor> cursor = tenant.Replay(query);
    REQUIRE_OK(cursor);
    EventView event;
    REQUIRE(*cursor->Next(&event));
    CHECK(event.version == "2");
    CHECK(event.upcast_from == "1");
    CHECK(event.payload == upcast);
    CHECK(EventToJson(event, "t").find(R"("version":"2")") !=
          std::string::npos);

    ReplayQuery raw = query;
    raw.as_appended = true;
    Result<EventCursor> as_appended = tenant.Replay(raw);
    REQUIRE_OK(as_appended);
    REQUIRE(*as_appended->Next(&event));
    CHECK(event.version == "1");
    CHECK(event.upcast_from.empty());
    CHECK(event.payload == given);
  }
  CHECK(tenant.GetTimeline(old.customer, {})->entries[0].payload == upcast);
  CHECK(tenant.GetTimeline(old.customer, {})->entries[0].version == "2");
  const TimelineQuery raw = {.as_appended = true};
  CHECK(tenant.GetTimeline(old.customer, raw)->entries[0].payload == given);
  // A snapshot sees the definitions of its own position.
  Result<EventCursor> earlier = before->Replay({});
  REQUIRE_OK(earlier);
  EventView event;
  REQUIRE(*earlier->Next(&event));
  CHECK(event.payload == given);
}

TEST_CASE("upcaster: an event that names its version twice is not doubled") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  const std::string_view json =
      R"({"eventType":"ConsentGranted","eventId":"d-1","aggregateId":"7",)"
      R"("source":"s","version":"1.0","timestamp":"2026-01-01T00:00:00Z",)"
      R"("tenantId":)"
      R"("golf-club","payload":{"a":1}})";
  REQUIRE_OK(tenant.AppendJson(std::span(&json, 1)));
  REQUIRE_OK(tenant.RegisterUpcaster(
      R"({"type":"ConsentGranted","from":"1.0","to":"2.0",
          "steps":[{"rename":"/a","to":"/b"}]})"));
  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  REQUIRE(*cursor->Next(&event));
  const std::string line = EventToJson(event, "golf-club");
  INFO(line);
  CHECK(line.find(R"("version":"2.0")") != std::string::npos);
  CHECK(line.find(R"("version":"1.0")") == std::string::npos);
  CHECK(line.find(R"("payload":{"b":1})") != std::string::npos);
}

TEST_CASE("upcasters: chains, and what cannot be one") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustAppendOne(tenant, Consent("c-1", "1", R"({"purposeCode":"news"})"));
  MustAppendOne(tenant, Consent("c-2", "1", R"({"purpose":1,"x":1})"));
  REQUIRE_OK(tenant.RegisterUpcaster(kConsent));
  REQUIRE_OK(tenant.RegisterUpcaster(
      R"({"type":"ConsentGranted","from":"2","to":"3",
          "steps":[{"rename":"/purpose","to":"/why"}]})"));
  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  REQUIRE(*cursor->Next(&event));
  CHECK(event.version == "3");
  CHECK(event.payload.find(R"("why":"news")") != std::string_view::npos);
  CHECK_CODE(tenant.RegisterUpcaster(
                 R"({"type":"ConsentGranted","from":"2","to":"4",
                     "steps":[]})"),
             kAlreadyExists);
  CHECK_CODE(tenant.RegisterUpcaster(
                 R"({"type":"ConsentGranted","from":"3","to":"1",
                     "steps":[]})"),
             kConflict);
  CHECK(tenant.ListUpcasters()->size() == 2);
}

TEST_CASE("profile: an event counts as the upcasters of its time made it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  DefineMuch(tenant);
  const Profile profile = Must(tenant.GetProfile(1));
  // u-1 came before the upcaster, u-2 behind it.
  REQUIRE(profile.Find("givenName") != nullptr);
  CHECK(profile.Find("givenName")->value == R"("Ada")");
  REQUIRE(profile.Find("firstName") != nullptr);
  CHECK(profile.Find("firstName")->value == R"("Grace")");
}

TEST_CASE("definitions outlive a reopen, a crash, and their views") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  std::string before;
  {
    Store store = MustOpen(path);
    Tenant tenant = MustTenant(store);
    DefineMuch(tenant);
    before = All(tenant);
    // As a crash leaves it: nothing but the log.
    REQUIRE_OK(store.Sync());
    std::filesystem::copy(path, scratch / "crashed",
                          std::filesystem::copy_options::recursive);
    std::filesystem::copy_file(path + ".key", scratch / "crashed.key");
    REQUIRE_OK(store.Checkpoint(scratch / "copy"));
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }
  std::filesystem::remove(scratch / "crashed/LOCK");
  const auto check = [&](const std::string& directory) {
    INFO(directory);
    StoreOptions options = Quick();
    options.create_if_missing = false;
    options.key_file = path + ".key";
    Store store = MustOpen(directory, options);
    Tenant tenant = MustTenant(store);
    CHECK(All(tenant) == before);
    CheckSound(store);
    CHECK_CODE(tenant.Append(Order("late", R"({"price":-1})")),
               kInvalidArgument);
    REQUIRE_OK(store.Close());
  };
  check(scratch / "crashed");
  check(scratch / "copy");
  check(path);
  std::filesystem::remove_all(path + "/views");
  check(path);
}

TEST_CASE("a definition counts for all that is decided behind it") {
  Store store = MustOpenInMemory();
  Tenant tenant = MustTenant(store);
  MustRegister(tenant, kOrder);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; !stop.load() && i < 100'000; ++i) {
        const std::string id = std::to_string(thread) + "-" + std::to_string(i);
        const auto result = tenant.Append(Order(id, R"({"price":-1})", thread));
        (void)result;
      }
    });
  }
  // What was prepared before a rule and decided after it obeys the rule.
  std::vector<std::pair<Position, Position>> closed;
  for (int round = 0; round < 20; ++round) {
    REQUIRE_OK(tenant.SetValidation("OrderPlaced", Validation::kEnforce));
    const Position from = tenant.GetValidation()->at(1).position;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE_OK(tenant.SetValidation("OrderPlaced", Validation::kOff));
    closed.emplace_back(from, tenant.GetValidation()->at(1).position);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  for (const Position position : Positions(tenant.Replay({}))) {
    for (const auto& [from, until] : closed) {
      CHECK((position < from || position > until));
    }
  }
}

}  // namespace
}  // namespace crm
