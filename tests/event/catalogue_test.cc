// The catalogue: every event of the sources is there, each of its fields is
// said to be personal or not, and what is generated for demonstrations fits.

#include "event/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <new>
#include <set>
#include <string>

#include "event/schema.h"
#include "examples/event_generator.h"
#include "format/json.h"
#include "format/json_tree.h"

namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

// Not inlined, or the compiler takes the pair for one that does not match.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace crm {
namespace {

constexpr std::string_view kListed[] = {"CustomerCreated",
                                        "ConsentGranted",
                                        "EmailVerificationRequested",
                                        "CustomerEmailUpdated",
                                        "CustomerNameUpdated",
                                        "CustomerPhoneUpdated",
                                        "CustomerAddressUpdated",
                                        "CustomerDeactivated",
                                        "CustomerDataDeletionRequested",
                                        "CustomerDataDeleted",
                                        "CustomerEmailInvalidated",
                                        "EmailVerified",
                                        "CustomerProfileCreatedEvent",
                                        "CustomerProfileUpdatedEvent",
                                        "CustomerMergedEvent",
                                        "ConsentUpdatedEvent",
                                        "LeadCreatedEvent",
                                        "ServiceOrderCreatedEvent",
                                        "ContractActivatedEvent",
                                        "ConsentRevoked",
                                        "PreferencesUpdated",
                                        "CartCreated",
                                        "ItemAddedToCart",
                                        "CartAbandoned",
                                        "OrderPlaced",
                                        "OrderConfirmed",
                                        "OrderShipped",
                                        "OrderDelivered",
                                        "PaymentInitiated",
                                        "PaymentSucceeded",
                                        "PaymentFailed",
                                        "RefundInitiated",
                                        "RefundCompleted",
                                        "PageViewed",
                                        "ProductViewed",
                                        "SearchPerformed",
                                        "ProductCompared",
                                        "ReviewRead",
                                        "VideoWatched",
                                        "CheckoutStarted",
                                        "CheckoutStepCompleted",
                                        "CheckoutAbandoned",
                                        "CustomerSegmentAdded",
                                        "ProductAffinityDetected",
                                        "EmailSent",
                                        "MessageSent",
                                        "MessageFailed",
                                        "ThirdPartyIntegrationSynced",
                                        "crm.profile.created",
                                        "crm.profile.updated",
                                        "crm.profile.merged",
                                        "crm.segment.entered",
                                        "crm.segment.exited",
                                        "crm.churn.risk.changed"};

// How many the services' own events are.
const std::map<std::string, size_t> kServices = {
    {"scl.", 8},     {"teetime.", 10}, {"contact", 3},
    {"message.", 8}, {"consent.", 1},  {"campaign.", 1}};

Schema Compiled(std::string_view json) {
  Result<Schema> schema = Schema::Compile(json);
  INFO(std::string(json));
  INFO(schema.status().ToString());
  REQUIRE(schema.ok());
  return std::move(schema).value();
}

// Calls leaf(pointer, schema) for each field that holds no others.
template <typename F>
void ForEachLeaf(const JsonTree& schema, const std::string& pointer, F&& leaf) {
  bool inner = false;
  if (const JsonTree* properties = schema.Find("properties")) {
    inner = true;
    for (size_t i = 0; i < properties->keys.size(); ++i) {
      ForEachLeaf(properties->elements[i], pointer + "/" + properties->keys[i],
                  leaf);
    }
  }
  if (const JsonTree* items = schema.Find("items")) {
    inner = true;
    ForEachLeaf(*items, pointer + "/*", leaf);
  }
  if (!inner) leaf(pointer, schema);
}

TEST_CASE("catalogue: every type is there, in order, and compiles") {
  const auto& all = CatalogueSchemas();
  CHECK(std::is_sorted(
      all.begin(), all.end(),
      [](const auto& a, const auto& b) { return a.type < b.type; }));
  std::set<std::string_view> types;
  for (const CatalogueSchema& entry : all) {
    INFO(std::string(entry.type));
    CHECK(types.insert(entry.type).second);
    CHECK(entry.version == "1.0");
    Compiled(entry.json);
    CHECK(FindCatalogueSchema(entry.type)->json == entry.json);
  }
  for (const std::string_view type : kListed) {
    INFO(std::string(type));
    CHECK(types.count(type) == 1);
  }
  for (const auto& [prefix, count] : kServices) {
    INFO(prefix);
    CHECK(static_cast<size_t>(std::count_if(
              types.begin(), types.end(), [&](std::string_view type) {
                return type.substr(0, prefix.size()) == prefix;
              })) == count);
  }
  CHECK(FindCatalogueSchema("Unheard") == nullptr);
  CHECK(CanonicalType("Unheard").empty());
}

TEST_CASE("catalogue: each leaf is said to be personal or not") {
  const std::set<std::string> always = {
      "email",        "newEmail",    "oldEmail",    "firstName", "lastName",
      "newFirstName", "phone",       "phoneNumber", "newPhone",  "ipAddress",
      "userAgent",    "dateOfBirth", "street",      "city",      "postalCode",
      "notes",        "query",       "sessionId",   "signedBy",  "customerId",
      "errorMessage", "pageUrl",     "referrer",    "url"};
  for (const CatalogueSchema& entry : CatalogueSchemas()) {
    const Result<JsonTree> tree = ParseJsonTree(entry.json, 32, "schema");
    REQUIRE(tree.ok());
    const Schema schema = Compiled(entry.json);
    ForEachLeaf(
        *tree, "", [&](const std::string& pointer, const JsonTree& leaf) {
          INFO(std::string(entry.type), " ", pointer);
          const JsonTree* personal = leaf.Find("x-personal");
          REQUIRE(personal != nullptr);
          const std::string name = pointer.substr(pointer.rfind('/') + 1);
          if (always.count(name) > 0)
            CHECK(personal->Is(JsonTree::Kind::kTrue));
          if (pointer.find('*') == std::string::npos) {
            CHECK(schema.IsPersonal(pointer) ==
                  personal->Is(JsonTree::Kind::kTrue));
          }
        });
    CHECK(schema.IsPersonal("/somethingElse"));
    for (const SchemaField& field : schema.Fields()) {
      CHECK(field.pointer.front() == '/');
    }
  }
}

TEST_CASE("catalogue: closed lists of the sources") {
  const auto valid = [](std::string_view type, std::string_view payload) {
    return Compiled(FindCatalogueSchema(type)->json).Validate(payload, nullptr);
  };
  CHECK(valid("ConsentGranted", R"({"purpose":"marketing","channel":"sms"})"));
  CHECK_FALSE(valid("ConsentGranted", R"({"purpose":"sale","channel":"sms"})"));
  CHECK_FALSE(valid("ConsentGranted", R"({"purpose":"marketing"})"));
  CHECK(valid("RefundInitiated",
              R"({"orderId":"O-1","refundId":7,"amount":1.5,
                  "reason":"other","refundType":"partial","items":["a"]})"));
  CHECK_FALSE(valid("RefundInitiated",
                    R"({"orderId":"O-1","refundId":7,"amount":-1})"));
  CHECK(valid("CustomerDeactivated", R"({"reason":"fraud","notes":null})"));
  CHECK_FALSE(valid("CustomerDeactivated", R"({"reason":"bored"})"));
  CHECK_FALSE(valid("CustomerCreated", R"({"email":"no address"})"));
  CHECK(valid("PreferencesUpdated",
              R"({"preferences":{"emailFrequency":"daily"}})"));
  CHECK_FALSE(valid("PreferencesUpdated",
                    R"({"preferences":{"emailFrequency":"hourly"}})"));
  CHECK(valid("OrderPlaced",
              R"({"orderId":"O","items":[{"productId":"p","quantity":2}],
                  "total":0,"giftNote":"unknown fields are allowed"})"));
}

TEST_CASE("catalogue: aliases lead to types") {
  const auto& aliases = CatalogueAliases();
  CHECK(std::is_sorted(
      aliases.begin(), aliases.end(),
      [](const auto& a, const auto& b) { return a.alias < b.alias; }));
  for (const CatalogueAlias& alias : aliases) {
    INFO(std::string(alias.alias));
    REQUIRE(FindCatalogueSchema(alias.type) != nullptr);
    CHECK(CanonicalType(alias.alias) == alias.type);
    CHECK(CanonicalType(alias.type) == alias.type);
    REQUIRE(FindCatalogueSchema(alias.alias) != nullptr);
  }
  CHECK(CanonicalType("CustomerPreferencesUpdated") == "PreferencesUpdated");
  CHECK(CanonicalType("EmailSent") == "MessageSent");
  CHECK(FindCatalogueSchema("EmailSent")->type == "EmailSent");
  CHECK(FindCatalogueSchema("member.status.changed")->type ==
        "scl.member.status.changed");
}

TEST_CASE("catalogue: what the generator makes is valid") {
  std::map<std::string, Schema> schemas;
  std::set<std::string> own;  // Of the made-up shop, in no source.
  for (const auto shape :
       {examples::StreamShape::kMixed, examples::StreamShape::kCrm}) {
    examples::EventGenerator generator(
        {.events = 20'000, .customers = 500, .seed = 3, .shape = shape});
    EventDecoder decoder;
    DecodedEvent event;
    std::string json;
    while (generator.Next(&json)) {
      REQUIRE(decoder.Decode(json, &event).ok());
      const CatalogueSchema* entry = FindCatalogueSchema(event.type);
      if (entry == nullptr) {
        own.emplace(event.type);
        continue;
      }
      auto found = schemas.find(std::string(event.type));
      if (found == schemas.end()) {
        found = schemas.emplace(std::string(event.type), Compiled(entry->json))
                    .first;
      }
      SchemaViolation violation;
      const uint64_t before = allocations;
      const bool valid = found->second.Validate(event.payload, &violation);
      CHECK(allocations == before);  // What is valid costs no memory.
      INFO(std::string(event.type), " ", std::string(event.payload), " ",
           violation.path, " ", violation.message);
      REQUIRE(valid);
    }
  }
  CHECK(schemas.size() >= 35);
  CHECK(own == std::set<std::string>{"shop.price.published"});
}

}  // namespace
}  // namespace crm
