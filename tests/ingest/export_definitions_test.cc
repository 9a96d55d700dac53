// Exports of a store whose tenants have defined something, and the way back.

#include <doctest/doctest.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "export_fixture.h"

namespace crm::ingest {
namespace {

constexpr const char* kOrders[] = {"1.0", "2.0"};

std::string Order(int n, const std::string& payload, const char* version) {
  return R"({"type":"Order","id":"o)" + std::to_string(n) +
         R"(","source":"s","version":")" + version +
         R"(","identity":{"customerId":"c)" + std::to_string(n % 3) +
         R"("},"payload":)" + payload + "}";
}

void Register(Tenant tenant, const char* version, const std::string& json,
              Compatibility compatibility) {
  Result<SchemaInfo> info =
      tenant.RegisterSchema({.type = "Order",
                             .version = version,
                             .json = json,
                             .compatibility = compatibility});
  REQUIRE_MESSAGE(info.ok(), info.status().ToString());
}

// Two tenants with the same types. Events lie between all definitions, and
// each of the definitions counts for some of them.
void FillDefined(Store& store) {
  const std::string upcaster =
      R"({"type":"Order","from":"1.0","to":"2.0",)"
      R"("steps":[{"rename":"/traits/price","to":"/traits/amount"}]})";
  Tenant a = TenantOf(store, "a");
  Tenant b = TenantOf(store, "b \"B\"");
  // Before anything else; and something that stopped to count at once.
  REQUIRE(b.SetValidation("", Validation::kWarn).ok());
  REQUIRE(b.SetValidation("", Validation::kOff).ok());
  const std::string low = R"({"traits":{"price":-1}})";
  Append(store, "a", {Order(1, low, kOrders[0])});
  Register(a, kOrders[0],
           R"({"type" : "object", "properties":{"traits":)"
           R"({"properties":{"price":{"minimum":0,"x-personal":true}}}}})",
           Compatibility::kFull);
  Append(store, "a", {Order(2, low, kOrders[0])});
  REQUIRE(a.SetValidation("Order", Validation::kWarn).ok());
  Append(store, "a", {Order(3, low, kOrders[0])});
  Append(store, "b \"B\"", {Order(1, low, kOrders[0])});
  Append(store, "a", {Order(4, R"({"traits":{"price":4}})", kOrders[0])}, true);
  REQUIRE(a.RegisterUpcaster(upcaster).ok());
  REQUIRE(a.SetIdentitySettings(
               R"({"namespaces":{"customerId":{"fold_case":true}}})")
              .ok());
  Append(store, "a", {Order(5, R"({"traits":{"price":5}})", kOrders[0])}, true);
  Register(a, kOrders[1], R"({"required":["traits"]})", Compatibility::kNone);
  REQUIRE(a.SetValidation("", Validation::kEnforce).ok());
  REQUIRE(a.SetValidation("Order", Validation::kInherit).ok());
  REQUIRE(a.SetIdentitySettings("{}").ok());
  Append(store, "a", {Order(6, R"({"traits":{"amount":6}})", kOrders[1])});
  Register(b, kOrders[0], "true", Compatibility::kNone);
  REQUIRE(b.RegisterUpcaster(upcaster).ok());
  Append(store, "b \"B\"", {Order(2, R"({"traits":{"price":2}})", kOrders[0])});
  REQUIRE(b.SetValidation("Order", Validation::kEnforce).ok());  // The last.
}

size_t Lines(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1)) {
    ++n;
  }
  return n;
}

TEST_CASE("store export: definitions come back, at their places") {
  Store first = NewStore(1'700'000'000);
  FillDefined(first);
  const std::string text = Exported(first);
  CHECK(Lines(text, R"({"kind":"definition")") == 13);
  CHECK(Lines(text, R"("definition":"identity")") == 2);
  CHECK(Lines(text, R"("definitions":13,)") == 2);
  CHECK(Lines(text, R"("warned":true)") == 1);
  Folder folder;
  const std::string path = folder.Write("s", text);
  Store second = NewStore(1'900'000'000);
  Result<StoreImportReport> report = ImportStore(second, path);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CheckSame(*report);
  CHECK(Exported(second) == text);
  Result<VerifyReport> verified = second.Verify();
  REQUIRE(verified.ok());
  CHECK(verified->sound());
  // They are in use.
  Tenant a = TenantOf(second, "a");
  CHECK(a.GetSnapshot()->GetStats()->schema_warnings == 1);
  const std::string bad[] = {Order(7, "{}", kOrders[1])};
  const std::vector<std::string_view> views(std::begin(bad), std::end(bad));
  Result<AppendResult> refused = a.AppendJson(views, {.partial = true});
  REQUIRE(refused.ok());
  CHECK(refused->events[0].outcome == Outcome::kInvalid);
  Result<SchemaInfo> schema = a.GetSchema("Order", kOrders[0]);
  REQUIRE(schema.ok());
  CHECK(schema->compatibility == Compatibility::kFull);
  CHECK(schema->json == TenantOf(first, "a").GetSchema("Order", "1.0")->json);
  CHECK(a.ListUpcasters()->size() == 1);
  CHECK(a.GetValidation()->size() == 1);
  CHECK(TenantOf(second, "b \"B\"").GetValidation()->size() == 2);
  // Upcasters count for profiles from their place on: 4 came before.
  Result<EventCursor> cursor = a.Replay({});
  EventView event;
  std::vector<std::string> reached;
  while (*cursor->Next(&event)) reached.emplace_back(event.version);
  CHECK(reached ==
        std::vector<std::string>{"2.0", "2.0", "2.0", "2.0", "2.0", "2.0"});
}

TEST_CASE("store export: settings of consent come back") {
  Store first = NewStore(1'700'000'000);
  Tenant a = TenantOf(first, "a");
  REQUIRE(a.SetConsentSettings(R"({"pendingDays": 3})").ok());
  ConsentAct act;
  act.purpose = "marketing";
  act.identifiers = {{"email", "ada@example.com"}};
  REQUIRE(a.RecordConsent(act).ok());
  const std::string text = Exported(first);
  CHECK(Lines(text, R"("definition":"consent")") == 1);
  Folder folder;
  Store second = NewStore(1'900'000'000);
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("s", text));
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CheckSame(*report);
  CHECK(Exported(second) == text);
  CHECK(*TenantOf(second, "a").GetConsentSettings() == *a.GetConsentSettings());
}

TEST_CASE("store export: one tenant's definitions, and none of another's") {
  Store first = NewStore(1'700'000'000);
  FillDefined(first);
  const std::string text = Exported(first, {.tenant = "a"});
  CHECK(Lines(text, R"({"kind":"definition")") == 8);
  CHECK(Lines(text, R"("definitions":8,)") == 2);
  Folder folder;
  Store second = NewStore(1'700'000'000);
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("s", text));
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CheckSame(*report);
  CHECK(Exported(second) == text);
}

TEST_CASE("store export: definitions without any event") {
  Store first = NewStore(1'700'000'000);
  REQUIRE(TenantOf(first, "t").SetValidation("x", Validation::kWarn).ok());
  const std::string text = Exported(first, {.views = false});
  Folder folder;
  const std::string path = folder.Write("s", text);
  Store second = NewStore(1'700'000'000);
  Result<StoreImportReport> report = ImportStore(second, path);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CheckSame(*report);
  CHECK(report->tenants[0].checksums.size() == 3);
  CHECK(Exported(second, {.views = false}) == text);
  // It is not empty any more, though it has no events.
  CHECK(ImportStore(second, path).status().code() ==
        StatusCode::kFailedPrecondition);
  // Nor is one in which the same was said and taken back.
  Store third = NewStore(1'700'000'000);
  REQUIRE(TenantOf(third, "t").SetValidation("x", Validation::kWarn).ok());
  REQUIRE(TenantOf(third, "t").SetValidation("x", Validation::kInherit).ok());
  CHECK(ImportStore(third, path).status().code() ==
        StatusCode::kFailedPrecondition);
}

TEST_CASE("store export: the checksum of definitions notices their place") {
  std::vector<std::string> sums;
  for (const bool before : {true, false}) {
    Store store = NewStore(1'700'000'000);
    Tenant tenant = TenantOf(store, "t");
    if (before) Register(tenant, "1.0", "{}", Compatibility::kNone);
    Append(store, "t", {R"({"id":"1","type":"t","source":"s"})"});
    if (!before) Register(tenant, "1.0", "{}", Compatibility::kNone);
    Result<StoreExportReport> all = ChecksumStore(store);
    REQUIRE(all.ok());
    CHECK(all->tenants[0].checksums[1].projection == "definitions");
    sums.push_back(all->tenants[0].checksums[1].checksum);
  }
  CHECK(sums[0] != sums[1]);
}

TEST_CASE("store import: a definition that was changed is refused") {
  Store first = NewStore(1'700'000'000);
  Tenant tenant = TenantOf(first, "t");
  Append(first, "t", {R"({"id":"1","type":"t","source":"s"})"});
  Register(tenant, "1.0", R"({"minProperties":1})", Compatibility::kNone);
  REQUIRE(tenant
              .RegisterUpcaster(R"({"type":"Order","from":"0.9","to":"1.0",)"
                                R"("steps":[{"remove":"/x"}]})")
              .ok());
  REQUIRE(tenant.SetValidation("", Validation::kWarn).ok());
  const std::string text = Exported(first);
  // Without its check being made right: by its line.
  std::string changed = text;
  Replace(&changed, R"("minProperties":1)", R"("minProperties":2)");
  const Status tampered = Refused(changed);
  CHECK(tampered.code() == StatusCode::kMalformed);
  CHECK(tampered.message().starts_with("line 4: its check is wrong"));
  const LineChange changes[] = {
      {1, R"("definitions":3)", R"("definitions":2)", StatusCode::kMalformed},
      {1, R"("definitions":3)", R"("definitions":4)", StatusCode::kMalformed},
      {4, R"("definition":"schema")", R"("definition":"novel")",
       StatusCode::kUnsupported},
      {4, R"("version":)", R"("own":1,"version":)", StatusCode::kUnsupported},
      {4, R"("version":"1.0",)", "", StatusCode::kMalformed},
      {4, R"("compatibility":"none")", R"("compatibility":"some")",
       StatusCode::kMalformed},
      {4, R"("after":1)", R"("after":0)", StatusCode::kMalformed},
      {4, R"("tenant":"t")", R"("tenant":"u")", StatusCode::kMalformed},
      {4, R"({"minProperties":1})", "null", StatusCode::kMalformed},
      {4, "minProperties", "novelKeyword", StatusCode::kInvalidArgument},
      {5, R"("remove")", R"("rewrite")", StatusCode::kInvalidArgument},
      {5, R"("upcaster":{)", R"("upcaster":1,"x":{)", StatusCode::kMalformed},
      {6, R"("mode":"warn")", R"("mode":"shout")", StatusCode::kMalformed},
      {6, R"("mode":"warn")", R"("mode":"inherit")",
       StatusCode::kInvalidArgument},
      {8, R"("definitions":3)", R"("definitions":4)", StatusCode::kMalformed},
  };
  CheckRefused(text, changes);
}

}  // namespace
}  // namespace crm::ingest
