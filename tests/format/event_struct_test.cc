#include <doctest/doctest.h>

#include <ostream>
#include <string>

#include "base/time_text.h"
#include "format/json.h"

namespace crm {
namespace {

Event Sample() {
  Event event;
  event.id = "e\"1";
  event.type = "scl.member.created";
  event.source = "scl";
  event.version = "2.1";
  event.occurred_at = ParseTime("2026-02-02T09:15:00.5Z").value();
  event.correlation_id = "c";
  event.causation_id = "d";
  event.identifiers = {{"email", "\xc3\xbc\\@b.c"}, {"phoneNumber", "+27"}};
  event.payload = " { \"a\" : [ 1e400 , \" x \" ] }\n";
  event.metadata = "{ }";
  return event;
}

std::string Answer(const Event& event) {
  EventDecoder decoder;
  DecodedEvent decoded;
  return decoder.Decode(event, &decoded).ToString();
}

TEST_CASE("struct: becomes what JSON would have become") {
  EventDecoder decoder;
  DecodedEvent event;
  REQUIRE(decoder.Decode(Sample(), &event).ok());
  CHECK(event.shape == EnvelopeShape::kCrm);
  CHECK(event.id == "e\"1");
  CHECK(event.type == "scl.member.created");
  CHECK(event.source == "scl");
  CHECK(event.version == "2.1");
  CHECK(event.correlation_id == "c");
  CHECK(event.causation_id == "d");
  CHECK(event.tenant.empty());
  CHECK(FormatTime(event.occurred_at) == "2026-02-02T09:15:00.500Z");
  CHECK(event.timestamp_text.empty());
  CHECK(event.identity ==
        "{\"email\":\"\xc3\xbc\\\\@b.c\",\"phoneNumber\":\"+27\"}");
  CHECK(event.payload == R"({"a":[1e400," x "]})");
  CHECK(event.metadata == "{}");
  CHECK(event.extra.empty());
  REQUIRE(event.hints.size() == 2);
  CHECK(event.hints[0].name_space == "email");
  CHECK(event.hints[0].value == "\xc3\xbc\\@b.c");
}

TEST_CASE("struct: without what is optional") {
  Event event;
  event.id = "e";
  event.type = "t";
  EventDecoder decoder;
  DecodedEvent decoded;
  REQUIRE(decoder.Decode(event, &decoded).ok());
  CHECK_FALSE(decoded.has_time);
  CHECK(decoded.identity.empty());
  CHECK(decoded.metadata.empty());
  CHECK(decoded.payload == "{}");
  CHECK(decoded.version == "1.0");
  CHECK(decoded.source.empty());
  CHECK(decoded.extra.empty());
}

TEST_CASE("struct: JSON members cannot reach beyond themselves") {
  for (const char* payload :
       {"{},\"tenantId\":\"other\"", "{\"a\":1},\"x\":{}", "{}{}", "{} {}", "",
        " ", "[]", "1", "null", "\"{}\"", "{", "}", "{\"a\":\"", "{}}",
        "{},\"payload\":{}", "\v{}"}) {
    CAPTURE(payload);
    Event event = Sample();
    event.payload = payload;
    CHECK(Answer(event) != "OK");
    event = Sample();
    if (*payload == '\0') continue;
    event.metadata = payload;
    CHECK(Answer(event) != "OK");
  }
  Event event = Sample();
  event.payload = "{\"a\":\"";
  event.metadata = "\"}";
  CHECK(Answer(event) != "OK");
  event.id = "e\",\"type\":\"other";
  event.payload = "{}";
  event.metadata = "";
  CHECK(Answer(event) == "OK");
}

TEST_CASE("struct: the same rules as for JSON") {
  const auto with = [](auto&& change) {
    Event event = Sample();
    change(&event);
    return Answer(event);
  };
  CHECK(with([](Event* e) { e->id.clear(); }) ==
        "INVALID_ARGUMENT: id: missing");
  CHECK(with([](Event* e) { e->type.clear(); }) ==
        "INVALID_ARGUMENT: type: missing");
  CHECK(with([](Event* e) { e->id = "a\nb"; }) ==
        "INVALID_ARGUMENT: id: has a control character");
  CHECK(with([](Event* e) { e->id = "\xff"; }) ==
        "MALFORMED: event: not UTF-8");
  CHECK(with([](Event* e) { e->version.assign(33, 'v'); }) ==
        "TOO_LARGE: version: over 32 bytes");
  CHECK(with([](Event* e) { e->source.assign(129, 'v'); }) ==
        "TOO_LARGE: source: over 128 bytes");
  CHECK(with([](Event* e) {
          e->identifiers.push_back({"email", "x"});
        }) == "MALFORMED: identity: a key is there twice");
  CHECK(with([](Event* e) {
          e->identifiers.push_back({"", "x"});
        }) == "INVALID_ARGUMENT: identity namespace: missing");
  CHECK(with([](Event* e) {
          e->identifiers.push_back({"a", std::string(257, 'x')});
        }) == "TOO_LARGE: identity.a: over 256 bytes");
  CHECK(with([](Event* e) { e->identifiers.resize(33); }) ==
        "TOO_LARGE: identity: over 32 identifiers");
  CHECK(with([](Event* e) { e->payload = "{\"a\":secret}"; }) ==
        "MALFORMED: payload: not JSON");
  CHECK(with([](Event* e) { e->payload = "{\"a\":1,\"a\":1}"; }) ==
        "MALFORMED: payload: a key is there twice");
  CHECK(with([](Event* e) {
          e->payload = "{\"a\":\"" + std::string(kMaxPayloadBytes, 'x') + "\"}";
        }) == "TOO_LARGE: payload: over 262144 bytes");
  CHECK(with([](Event* e) { e->payload.assign(kMaxEventBytes + 1, 'x'); }) ==
        "TOO_LARGE: payload: over 262144 bytes");
  CHECK(with([](Event* e) {
          e->occurred_at = Timestamp(std::chrono::microseconds(kEndTimeUs));
        }) == "INVALID_ARGUMENT: occurred_at: not from 1900 up to 2199");
}

TEST_CASE("struct: from JSON and back") {
  std::string tenant = "old";
  const Result<Event> event = EventFromJson(
      R"({"eventType":"t","eventId":"e","customerId":"c","tenantId":"golf",)"
      R"("timestamp":"2026-02-02T09:15:00Z","total":1.50})",
      &tenant);
  REQUIRE(event.ok());
  CHECK(tenant == "golf");
  CHECK(event->id == "e");
  CHECK(event->type == "t");
  CHECK(event->identifiers == std::vector<Identifier>{{"customerId", "c"}});
  CHECK(event->payload == R"({"total":1.50})");
  CHECK(event->occurred_at.has_value());
  CHECK(Answer(*event) == "OK");
  CHECK(EventFromJson("{}", nullptr).status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(EventFromJson(R"({"id":"e","type":"t"})", nullptr).ok());
}

}  // namespace
}  // namespace crm
