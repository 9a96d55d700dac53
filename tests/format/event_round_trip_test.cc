// Whatever an event came in with, it goes out with.

#include <doctest/doctest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "base/time_text.h"
#include "format/json.h"
#include "json_value.h"

namespace crm {
namespace {

EventView ViewOf(const DecodedEvent& event) {
  EventView view;
  view.type = event.type;
  view.source = event.source.empty() ? "host" : event.source;
  view.version = event.version;
  view.occurred_at = event.has_time ? event.occurred_at
                                    : ParseTime("2026-01-01T00:00:00Z").value();
  view.shape = event.shape;
  view.opened = true;
  view.id = event.id;
  view.correlation_id = event.correlation_id;
  view.causation_id = event.causation_id;
  view.identity = event.identity;
  view.payload = event.payload;
  view.metadata = event.metadata;
  view.extra = event.extra;
  view.timestamp_text = event.timestamp_text;
  return view;
}

JsonValue StringValue(std::string_view text) {
  JsonValue value;
  value.kind = '"';
  value.text = text;
  return value;
}

// What a writer adds (see AppendEventJson).
void AddDefaults(const DecodedEvent& event, JsonValue* expected) {
  auto& members = expected->members;
  members.try_emplace("timestamp", StringValue("2026-01-01T00:00:00Z"));
  if (event.shape != EnvelopeShape::kFlat) {
    members.try_emplace("tenantId", StringValue("tenant"));
  }
  if (event.shape != EnvelopeShape::kCrm) return;
  members.try_emplace("version", StringValue("1.0"));
  members.try_emplace("source", StringValue("host"));
  members.try_emplace("payload", JsonValue{'{', {}, {}, {}});
}

void CheckRoundTrip(const std::string& json) {
  CAPTURE(json);
  static EventDecoder decoder;
  DecodedEvent event;
  const Status status = decoder.Decode(json, &event);
  REQUIRE_MESSAGE(status.ok(), status.ToString());
  const std::string tenant(event.tenant.empty() ? "tenant" : event.tenant);
  std::string out;
  AppendEventJson(ViewOf(event), tenant, &out);
  JsonValue expected = ParseJson(json).value();
  AddDefaults(event, &expected);
  const std::optional<JsonValue> written = ParseJson(out);
  REQUIRE_MESSAGE(written.has_value(), out);
  CHECK_MESSAGE(*written == expected, out);
  CHECK(out.find('\n') == std::string::npos);
  // What was written is read as the same event.
  EventDecoder second;
  DecodedEvent again;
  REQUIRE(second.Decode(out, &again).ok());
  CHECK(again.shape == event.shape);
  CHECK(again.id == event.id);
  CHECK(again.payload == event.payload);
  CHECK(again.identity == event.identity);
  CHECK(again.metadata == event.metadata);
}

// A member of the envelope that may be absent, null or empty.
void AddOptional(std::mt19937& random, const std::string& name,
                 const std::string& value, std::vector<std::string>* members) {
  static const std::string kNothing[] = {"null", "\"\""};
  const size_t choice = random() % 8;
  if (choice < 3) return;
  const bool text = value[0] == '"';
  members->push_back("\"" + name + "\":" +
                     (choice == 3           ? kNothing[0]
                      : choice == 4 && text ? kNothing[1]
                                            : value));
}

std::string RandomTime(std::mt19937& random) {
  static const std::string kTimes[] = {"\"2026-02-02T09:15:00Z\"",
                                       "\"2026-02-02T09:15:00.000Z\"",
                                       "\"2026-02-02 11:15:00+02:00\"",
                                       "\"1969-12-31T23:59:59.999999Z\"",
                                       "\"2026-02-02T09:15:00\\u005A\"",
                                       "1770023700000",
                                       "-1",
                                       "-0"};
  return kTimes[random() % 8];
}

std::string RandomIdentity(std::mt19937& random) {
  static const std::string kIdentities[] = {
      "{}", R"({"email":"a@b.c"})",
      R"({ "email" : "a@b.c" , "sclMemberId" : 18446744073709551616 })",
      R"({"phoneNumber":"+27821234567","externalIds":{"x":"1","y":null}})",
      R"({"deep":{"er":[1, 2]},"none":null,"em\u0061il":"\u00fc@b.c"})"};
  return kIdentities[random() % 5];
}

std::string Join(std::mt19937& random, std::vector<std::string> members) {
  std::shuffle(members.begin(), members.end(), random);
  std::string text = RandomBlanks(random) + "{";
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) text += ',';
    text += RandomBlanks(random) + members[i] + RandomBlanks(random);
  }
  return text + "}" + RandomBlanks(random);
}

std::string RandomEvent(std::mt19937& random, EnvelopeShape shape) {
  const bool crm = shape == EnvelopeShape::kCrm;
  std::vector<std::string> members;
  members.push_back(crm ? R"("id":"e\u0031")" : R"("eventId":"e/1")");
  members.push_back(crm ? R"("type":"a.b")" : R"("eventType":"a.b")");
  const auto optional = [&](const std::string& name, const std::string& value) {
    AddOptional(random, name, value, &members);
  };
  AddOptional(random, "version", random() % 2 == 0 ? "\"1.0\"" : "\"2.0\"",
              &members);
  const size_t choice = random() % 4;
  if (choice > 0) {
    members.push_back("\"timestamp\":" +
                      (choice == 1 ? "null" : RandomTime(random)));
  }
  optional("correlationId", "\"c\\/\"");
  optional("causationId", "\"d\"");
  optional("tenantId", "\"golf\"");
  optional("source", "\"scl\"");
  optional("identity", RandomIdentity(random));
  optional("metadata", RandomObject(random, 2));
  if (shape != EnvelopeShape::kFlat) {
    if (crm) {
      optional("payload", RandomObject(random, 3));
    } else {
      members.push_back("\"payload\":" + RandomObject(random, 3));
    }
  }
  const std::string subject = random() % 2 == 0 ? "\"s\\u0031\"" : "42";
  if (shape == EnvelopeShape::kDomain) optional("aggregateId", subject);
  if (shape == EnvelopeShape::kFlat) optional("customerId", subject);
  for (size_t i = random() % 4; i > 0; --i) {
    members.push_back("\"field" + std::to_string(i) +
                      "\":" + RandomValue(random, 3));
  }
  return Join(random, std::move(members));
}

TEST_CASE("round trip: random events of all shapes") {
  std::mt19937 random(7);
  for (int round = 0; round < 6000; ++round) {
    CheckRoundTrip(RandomEvent(random, EnvelopeShape::kCrm));
    CheckRoundTrip(RandomEvent(random, EnvelopeShape::kDomain));
    CheckRoundTrip(RandomEvent(random, EnvelopeShape::kFlat));
  }
}

TEST_CASE("round trip: members of other shapes, and names in disguise") {
  for (const char* json :
       {R"({"id":"e","type":"t","eventId":"x","aggregateId":1,"customerId":2})",
        R"({"eventType":"t","eventId":"e","payload":{},"id":"i","type":7})",
        R"({"eventType":"t","eventId":"e","id":"i","type":[],"aggregateId":1})",
        R"({"eventType":"t","eventId":"e","payload":null,"aggregateId":"a"})",
        R"({"eventType":"t","eventId":"e","metadata":5,"identity":"x",)"
        R"("version":3,"source":{},"correlationId":[],"tenantId":0})",
        R"({"eventType":"t","eventId":"e","customerId":"","identity":{}})",
        R"({"eventType":"t","eventId":"e","customerId":"c",)"
        R"("identity":{"email":"e"},"metadata":{}})",
        R"({"\u0069d":"e","typ\u0065":"t","\u0070ayload":{"\u0061":1}})",
        R"({"id":"e","type":"t","identity":{"aggregateId":1,"email":"e"}})",
        R"({"id":"e","type":"t","payload":{},"metadata":{},"identity":{}})"}) {
    CheckRoundTrip(json);
  }
}

TEST_CASE("round trip: the usual order of members is kept to the byte") {
  for (const char* json :
       {R"({"id":"e","type":"t","version":"1.0",)"
        R"("timestamp":"2026-02-02T09:15:00Z","correlationId":"c",)"
        R"("causationId":"d","tenantId":"golf","source":"scl",)"
        R"("identity":{"email":"a@b.c"},"payload":{"a":1.50},)"
        R"("metadata":{"b":[]},"schemaId":7})",
        R"({"eventType":"t","eventId":"e","aggregateId":"a",)"
        R"("timestamp":1770023700000,"tenantId":"golf","payload":{"a":1}})",
        R"({"eventType":"t","eventId":"e","customerId":"c",)"
        R"("timestamp":"2026-02-02T09:15:00Z","total":1.50,"x":null})"}) {
    EventDecoder decoder;
    DecodedEvent event;
    REQUIRE(decoder.Decode(json, &event).ok());
    CHECK(EventToJson(ViewOf(event), "golf") == json);
  }
}

TEST_CASE("round trip: an event that cannot be opened shows its open part") {
  EventView view;
  view.type = "t";
  view.source = "scl";
  view.version = "1.0";
  view.occurred_at = ParseTime("2026-02-02T09:15:00Z").value();
  CHECK(EventToJson(view, "golf") ==
        R"({"type":"t","version":"1.0","timestamp":"2026-02-02T09:15:00Z",)"
        R"("tenantId":"golf","source":"scl"})");
  view.shape = EnvelopeShape::kFlat;
  CHECK(EventToJson(view, "golf") ==
        R"({"eventType":"t","timestamp":"2026-02-02T09:15:00Z"})");
}

TEST_CASE("round trip: blanks make no difference") {
  std::mt19937 random(8);
  for (int round = 0; round < 3000; ++round) {
    const std::string spaced = RandomEvent(random, EnvelopeShape::kCrm);
    EventDecoder first;
    DecodedEvent one;
    REQUIRE(first.Decode(spaced, &one).ok());
    const std::string text = EventToJson(ViewOf(one), "golf");
    EventDecoder second;
    DecodedEvent two;
    REQUIRE(second.Decode(text, &two).ok());
    CHECK(EventToJson(ViewOf(two), "golf") == text);
    CHECK(one.payload == two.payload);
    CHECK(one.hints.size() == two.hints.size());
  }
}

}  // namespace
}  // namespace crm
