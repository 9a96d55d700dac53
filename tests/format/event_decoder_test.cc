#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/time_text.h"
#include "format/json.h"
#include "json_value.h"

namespace crm {
namespace {

using Hints = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kS1 =
    R"({"id":"e1","type":"scl.member.created","version":"1.0",)"
    R"("timestamp":"2026-02-02T09:15:00Z","correlationId":"c1",)"
    R"("causationId":"p1","tenantId":"golf","source":"scl",)"
    R"("identity":{"email":"a@b.c","phoneNumber":"+27821234567",)"
    R"("sclMemberId":4711,"externalIds":{"crm1":"x","n":7},"none":null,)"
    R"("deep":{"er":1},"ok":true},"payload":{"a":[1,{"b":"c"}]},)"
    R"("metadata":{"k":"v"},"schemaId":9})";

Hints HintsOf(const DecodedEvent& event) {
  Hints hints;
  for (const auto& hint : event.hints) {
    hints.emplace_back(hint.name_space, hint.value);
  }
  return hints;
}

std::string With(std::string_view members) {
  return "{\"id\":\"e\",\"type\":\"t\"" + std::string(members) + "}";
}

// "CODE: message", or OK.
std::string Answer(std::string_view json) {
  static EventDecoder decoder;
  DecodedEvent event;
  return decoder.Decode(json, &event).ToString();
}

TEST_CASE("decoder: the first shape") {
  EventDecoder decoder;
  DecodedEvent event;
  REQUIRE(decoder.Decode(kS1, &event).ok());
  CHECK(event.shape == EnvelopeShape::kCrm);
  CHECK(event.id == "e1");
  CHECK(event.type == "scl.member.created");
  CHECK(event.version == "1.0");
  CHECK(event.source == "scl");
  CHECK(event.tenant == "golf");
  CHECK(event.correlation_id == "c1");
  CHECK(event.causation_id == "p1");
  CHECK(event.has_time);
  CHECK(FormatTime(event.occurred_at) == "2026-02-02T09:15:00Z");
  CHECK(event.timestamp_text.empty());
  CHECK(event.payload == R"({"a":[1,{"b":"c"}]})");
  CHECK(event.metadata == R"({"k":"v"})");
  CHECK(event.extra == R"({"schemaId":9})");
  CHECK(event.identity.substr(0, 16) == R"({"email":"a@b.c")");
  CHECK(HintsOf(event) == Hints{{"email", "a@b.c"},
                                {"phoneNumber", "+27821234567"},
                                {"sclMemberId", "4711"},
                                {"crm1", "x"},
                                {"n", "7"},
                                {"ok", "true"}});
}

TEST_CASE("decoder: the least event") {
  EventDecoder decoder;
  DecodedEvent event;
  REQUIRE(decoder.Decode(kS1, &event).ok());  // Nothing of it may remain.
  REQUIRE(decoder.Decode(With(""), &event).ok());
  CHECK(event.id == "e");
  CHECK(event.version == "1.0");
  CHECK(event.source.empty());
  CHECK(event.tenant.empty());
  CHECK(event.correlation_id.empty());
  CHECK(event.causation_id.empty());
  CHECK_FALSE(event.has_time);
  CHECK(event.timestamp_text.empty());
  CHECK(event.identity.empty());
  CHECK(event.payload == "{}");
  CHECK(event.metadata.empty());
  CHECK(event.extra.empty());
  CHECK(event.hints.empty());
}

TEST_CASE("decoder: the domain shape") {
  EventDecoder decoder;
  DecodedEvent event;
  REQUIRE(
      decoder
          .Decode(R"({"eventType":"order.placed","eventId":"e2",)"
                  R"("timestamp":1770023700000,"aggregateId":"cust-\u0031",)"
                  R"("tenantId":"golf","payload":{"n":1},"source":"shop",)"
                  R"("identity":{"email":"a@b.c"},"id":"other"})",
                  &event)
          .ok());
  CHECK(event.shape == EnvelopeShape::kDomain);
  CHECK(event.id == "e2");
  CHECK(event.type == "order.placed");
  CHECK(event.source == "shop");
  CHECK(event.tenant == "golf");
  CHECK(FormatTime(event.occurred_at) == "2026-02-02T09:15:00Z");
  CHECK(event.timestamp_text == "1770023700000");
  CHECK(event.identity == R"({"aggregateId":"cust-\u0031","email":"a@b.c"})");
  CHECK(HintsOf(event) == Hints{{"aggregateId", "cust-1"}, {"email", "a@b.c"}});
  CHECK(event.payload == R"({"n":1})");
  CHECK(event.extra == R"({"source":"shop","id":"other"})");
}

TEST_CASE("decoder: the flat shape") {
  EventDecoder decoder;
  DecodedEvent event;
  REQUIRE(
      decoder
          .Decode(R"({"eventType":"order.placed","eventId":"e3",)"
                  R"("customerId":42,"timestamp":"2026-02-02T11:15:00+02:00",)"
                  R"("total":12.50,"lines":[{"sku":"a"}],"metadata":"mine",)"
                  R"("source":"shop","aggregateId":"o1","version":"2"})",
                  &event)
          .ok());
  CHECK(event.shape == EnvelopeShape::kFlat);
  CHECK(event.id == "e3");
  CHECK(event.source == "shop");
  CHECK(event.version == "2");
  CHECK(event.identity == R"({"customerId":42})");
  CHECK(HintsOf(event) == Hints{{"customerId", "42"}});
  CHECK(event.timestamp_text == R"("2026-02-02T11:15:00+02:00")");
  CHECK(event.payload ==
        R"({"total":12.50,"lines":[{"sku":"a"}],"aggregateId":"o1"})");
  CHECK(event.extra == R"({"metadata":"mine","source":"shop"})");
  CHECK(event.metadata.empty());
}

TEST_CASE("decoder: null is absent, and stays") {
  EventDecoder decoder;
  DecodedEvent event;
  const std::string text =
      With(R"(,"version":null,"timestamp":null,"source":null,"payload":null,)"
           R"("identity":null,"metadata":null,"eventType":null,"tenantId":"")");
  REQUIRE(decoder.Decode(text, &event).ok());
  CHECK(event.shape == EnvelopeShape::kCrm);
  CHECK(event.version == "1.0");
  CHECK(event.payload == "{}");
  CHECK(event.extra ==
        R"({"version":null,"timestamp":null,"source":null,"payload":null,)"
        R"("identity":null,"metadata":null,"eventType":null,"tenantId":""})");
}

TEST_CASE("decoder: blanks go, except in strings") {
  EventDecoder decoder;
  DecodedEvent event;
  REQUIRE(decoder
              .Decode(" {\n\t\"id\" : \"e 1\" , \"type\":\"t\",\r\n \"x\" : "
                      "[ 1 , \" \\\" \" ] , \"payload\" : { \"a b\" : 1.0 , "
                      "\"c\" : [ ] } , \"identity\":{ \"email\" : \" a@b.c \" "
                      "} , \"metadata\" : { } , \"y\" : null } \n",
                      &event)
              .ok());
  CHECK(event.id == "e 1");
  CHECK(event.payload == R"({"a b":1.0,"c":[]})");
  CHECK(event.identity == R"({"email":" a@b.c "})");
  CHECK(event.metadata == "{}");
  CHECK(event.extra == R"({"x":[1," \" "],"y":null})");
  CHECK(HintsOf(event) == Hints{{"email", " a@b.c "}});
}

TEST_CASE("decoder: canonical times leave no text behind") {
  EventDecoder decoder;
  DecodedEvent event;
  const std::string kept[] = {
      "2026-02-02T09:15:00.000Z",    "2026-02-02T09:15:00.120000Z",
      "2026-02-02T09:15:00.1Z",      "2026-02-02t09:15:00Z",
      "2026-02-02 09:15:00Z",        "2026-02-02T09:15:00z",
      "2026-02-02T09:15:00+00:00",   "2026-02-02T09:15:00.123456000Z",
      "2026-02-02T09:15:00.000000Z", "2026-02-02T09:15:00.00Z"};
  for (const std::string& text : kept) {
    const std::string token = "\"" + text + "\"";
    REQUIRE(decoder.Decode(With(",\"timestamp\":" + token), &event).ok());
    CHECK(event.timestamp_text == token);
  }
  const std::string dropped[] = {
      "2026-02-02T09:15:00Z", "2026-02-02T09:15:00.120Z",
      "2026-02-02T09:15:00.000001Z", "2026-02-02T09:15:00.100100Z"};
  for (const std::string& text : dropped) {
    REQUIRE(
        decoder.Decode(With(",\"timestamp\":\"" + text + "\""), &event).ok());
    CHECK(event.timestamp_text.empty());
    CHECK(FormatTime(event.occurred_at) == text);
  }
  REQUIRE(
      decoder
          .Decode(With(",\"timestamp\":\"2026-02-02T09:15:00\\u005a\""), &event)
          .ok());
  CHECK(event.timestamp_text == "\"2026-02-02T09:15:00\\u005a\"");
}

TEST_CASE("decoder: times as milliseconds") {
  EventDecoder decoder;
  DecodedEvent event;
  REQUIRE(decoder.Decode(With(",\"timestamp\":-2208988800000"), &event).ok());
  CHECK(FormatTime(event.occurred_at) == "1900-01-01T00:00:00Z");
  REQUIRE(decoder.Decode(With(",\"timestamp\":7258118399999"), &event).ok());
  CHECK(event.timestamp_text == "7258118399999");
  for (const char* bad :
       {"-2208988800001", "7258118400000", "99999999999999999999999",
        "-99999999999999999999999", "1.5", "1e12", "true", "{}", "[]"}) {
    CHECK(Answer(With(",\"timestamp\":" + std::string(bad)))
              .find("INVALID_ARGUMENT: timestamp: ") == 0);
  }
  CHECK(Answer(With(",\"timestamp\":\"soon\"")) ==
        "MALFORMED: timestamp: not a time: no date YYYY-MM-DD");
}

TEST_CASE("decoder: what is missing or of the wrong type is named") {
  CHECK(Answer("{}") == "INVALID_ARGUMENT: id: missing");
  CHECK(Answer(R"({"type":"t"})") == "INVALID_ARGUMENT: id: missing");
  CHECK(Answer(R"({"id":null,"type":"t"})") == "INVALID_ARGUMENT: id: missing");
  CHECK(Answer(R"({"id":"","type":"t"})") == "INVALID_ARGUMENT: id: missing");
  CHECK(Answer(R"({"id":"e"})") == "INVALID_ARGUMENT: type: missing");
  CHECK(Answer(R"({"eventType":"t"})") == "INVALID_ARGUMENT: id: missing");
  CHECK(Answer(R"({"eventType":"t","id":"e","payload":{}})") ==
        "INVALID_ARGUMENT: id: missing");
  CHECK(Answer(R"({"id":7,"type":"t"})") ==
        "INVALID_ARGUMENT: id: not a string");
  CHECK(Answer(R"({"eventType":7,"eventId":"e"})") ==
        "INVALID_ARGUMENT: type: not a string");
  for (const char* name :
       {"version", "source", "tenantId", "correlationId", "causationId"}) {
    const std::string key = name;
    CHECK(Answer(With(",\"" + key + "\":7")) ==
          "INVALID_ARGUMENT: " + key + ": not a string");
    CHECK(Answer(With(",\"" + key + "\":\"a\\u0001\"")) ==
          "INVALID_ARGUMENT: " + key + ": has a control character");
  }
  for (const char* name : {"identity", "payload", "metadata"}) {
    const std::string key = name;
    for (const char* value : {"7", "[]", "\"{}\"", "true"}) {
      CHECK(Answer(With(",\"" + key + "\":" + value)) ==
            "INVALID_ARGUMENT: " + key + ": not an object");
    }
  }
  CHECK(Answer(R"({"eventType":"t","eventId":"e","customerId":{}})") ==
        "INVALID_ARGUMENT: customerId: neither a string nor a number");
  CHECK(Answer(R"({"eventType":"t","eventId":"e","payload":{},)"
               R"("identity":{"aggregateId":"a"}})") ==
        "INVALID_ARGUMENT: identity: has the member that belongs beside it");
}

TEST_CASE("decoder: limits are exact") {
  const auto text = [](size_t size) { return std::string(size, 'x'); };
  const std::pair<const char*, size_t> strings[] = {{"version", 32},
                                                    {"source", 128},
                                                    {"tenantId", 128},
                                                    {"correlationId", 256},
                                                    {"causationId", 256}};
  for (const auto& [name, limit] : strings) {
    const std::string key = ",\"" + std::string(name) + "\":\"";
    CHECK(Answer(With(key + text(limit) + "\"")) == "OK");
    CHECK(Answer(With(key + text(limit + 1) + "\"")) ==
          "TOO_LARGE: " + std::string(name) + ": over " +
              std::to_string(limit) + " bytes");
  }
  const auto id = [&](size_t size) {
    return Answer("{\"id\":\"" + text(size) + "\",\"type\":\"t\"}");
  };
  CHECK(id(256) == "OK");
  CHECK(id(257) == "TOO_LARGE: id: over 256 bytes");
  const auto type = [&](size_t size) {
    return Answer("{\"id\":\"e\",\"type\":\"" + text(size) + "\"}");
  };
  CHECK(type(128) == "OK");
  CHECK(type(129) == "TOO_LARGE: type: over 128 bytes");
  for (const char* name : {"payload", "metadata"}) {
    const std::string begin = ",\"" + std::string(name) + "\":{\"a\":\"";
    const size_t rest = kMaxPayloadBytes - 8;
    CHECK(Answer(With(begin + text(rest) + "\"}")) == "OK");
    CHECK(Answer(With(begin + text(rest + 1) + "\"}")) ==
          "TOO_LARGE: " + std::string(name) + ": over 262144 bytes");
    // Blanks do not count.
    CHECK(Answer(With(begin + text(rest) + "\"     }")) == "OK");
  }
  const std::string event = With("");
  CHECK(Answer(event + std::string(kMaxEventBytes - event.size(), ' ')) ==
        "OK");
  CHECK(Answer(event + std::string(kMaxEventBytes - event.size() + 1, ' ')) ==
        "TOO_LARGE: event: over 1048576 bytes");
}

TEST_CASE("decoder: limits of the identity") {
  const auto members = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      text += "\"id" + std::to_string(i) + "\":\"v\"";
    }
    return ",\"identity\":{" + text + "}";
  };
  CHECK(Answer(With(members(32))) == "OK");
  CHECK(Answer(With(members(33))) ==
        "TOO_LARGE: identity: over 32 identifiers");
  const std::string long_name(65, 'n');
  CHECK(Answer(With(",\"identity\":{\"" + long_name + "\":1}")) ==
        "TOO_LARGE: identity namespace: over 64 bytes");
  CHECK(Answer(With(",\"identity\":{\"\":1}")) ==
        "INVALID_ARGUMENT: identity namespace: missing");
  CHECK(Answer(With(",\"identity\":{\"email\":\"" + std::string(257, 'v') +
                    "\"}")) == "TOO_LARGE: identity.email: over 256 bytes");
  CHECK(Answer(With(",\"identity\":{\"email\":\"" + std::string(256, 'v') +
                    "\"}")) == "OK");
}

TEST_CASE("decoder: depth counts the event itself") {
  const auto nested = [](size_t levels, const char* open, const char* close) {
    std::string text;
    for (size_t i = 0; i < levels; ++i) text += open;
    text += "1";
    for (size_t i = 0; i < levels; ++i) text += close;
    return text;
  };
  // The event is one level, the payload another.
  const std::string arrays = ",\"payload\":{\"a\":";
  CHECK(Answer(With(arrays + nested(30, "[", "]") + "}")) == "OK");
  CHECK(Answer(With(arrays + nested(31, "[", "]") + "}")) ==
        "TOO_LARGE: payload: over 32 levels deep");
  CHECK(Answer(With(",\"payload\":" + nested(31, "{\"a\":", "}"))) == "OK");
  CHECK(Answer(With(",\"identity\":" + nested(32, "{\"a\":", "}"))) ==
        "TOO_LARGE: identity: over 32 levels deep");
  CHECK(Answer(With(",\"x\":" + nested(32, "[", "]"))) ==
        "TOO_LARGE: event: over 32 levels deep");
  CHECK(Answer(With(",\"x\":" + std::string(900'000, '['))) ==
        "TOO_LARGE: event: over 32 levels deep");
}

TEST_CASE("decoder: a key may be there once") {
  CHECK(Answer(R"({"id":"e","type":"t","id":"f"})") ==
        "MALFORMED: event: a key is there twice");
  CHECK(Answer(R"({"id":"e","type":"t","\u0069d":"f"})") ==
        "MALFORMED: event: a key is there twice");
  CHECK(Answer(With(R"(,"payload":{"a":{"b":1,"c":2,"b":3}})")) ==
        "MALFORMED: payload: a key is there twice");
  CHECK(Answer(With(R"(,"payload":{"a\n":1,"a\u000a":2})")) ==
        "MALFORMED: payload: a key is there twice");
  CHECK(Answer(With(R"(,"payload":{"":1,"":2})")) ==
        "MALFORMED: payload: a key is there twice");
  CHECK(Answer(With(R"(,"identity":{"email":"a","email":"a"})")) ==
        "MALFORMED: identity: a key is there twice");
  CHECK(Answer(With(R"(,"payload":{"a":{"b":1},"c":{"b":1},"b":[{"b":1}]})")) ==
        "OK");
}

TEST_CASE("decoder: duplicate keys are found in objects of any size") {
  for (const size_t count : {2, 31, 32, 33, 34, 64, 500, 20'000}) {
    std::string object;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) object += ',';
      object += "\"k" + std::to_string(i) + "\":0";
    }
    CHECK(Answer(With(",\"payload\":{" + object + "}")) == "OK");
    for (const size_t twice : {size_t{0}, count / 2, count - 1}) {
      CHECK(Answer(With(",\"payload\":{" + object + ",\"k" +
                        std::to_string(twice) + "\":1}")) ==
            "MALFORMED: payload: a key is there twice");
    }
  }
}

TEST_CASE("decoder: not JSON") {
  for (const char* text :
       {"", " ", "[]", "null", "\"e\"", "\xef\xbb\xbf{}", "{\"id\"",
        "{\"id\":\"e\",\"type\":\"t\"}x", "{\"id\":\"e\",\"type\":\"t\"}{}",
        "{\"id\":\"e\",\"type\":\"t\",}", "{\"id\":\"e\" \"type\":\"t\"}",
        "{\"id\":\"e\",\"type\":\"t\",\"x\":1 2}",
        "{\"id\":\"e\",\"type\":\"t\",\"x\":tr ue}",
        "{\"id\":\"e\",\"type\":\"t\",\"x\":\"\xc3\"}",
        "{\"id\":\"e\",\"type\":\"t\",\"x\":\"\\ud83d\"}",
        "{\"id\":\"e\",\"type\":\"t\",\"x\":\"\n\"}",
        "{\"id\":\"e\",\"type\":\"t\",\"x\":01}"}) {
    CAPTURE(text);
    CHECK(Answer(text).find("MALFORMED: event: ") == 0);
  }
  CHECK(Answer(With(",\"payload\":{\"a\":secret}")) ==
        "MALFORMED: payload: not JSON at byte 36");
  CHECK(Answer(std::string_view("{\"id\":\"e\"\0,\"type\":\"t\"}", 21))
            .find("MALFORMED") == 0);
}

TEST_CASE("decoder: no prefix of an event is an event") {
  for (size_t size = 0; size < kS1.size(); ++size) {
    // In a block of its own size, so that reading on would be noticed.
    const std::string prefix(kS1.substr(0, size));
    CHECK(Answer(prefix).find("MALFORMED") == 0);
  }
}

TEST_CASE("decoder: damage is judged as the other parser judges it") {
  std::mt19937 random(6);
  static constexpr std::string_view kBytes = "{}[]\",:\\u0e-.1 \n\xc3\xed tn";
  size_t accepted = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string text(kS1);
    for (size_t i = 1 + random() % 2; i > 0; --i) {
      const size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random() % 3);
      }
    }
    const bool valid = ParseJson(text).has_value();
    const std::string answer = Answer(text);
    accepted += answer == "OK" ? 1 : 0;
    if (!valid) CHECK(answer.find("MALFORMED") == 0);
    if (valid && answer.find("MALFORMED: timestamp") != 0) {
      CHECK(answer.find("MALFORMED") == std::string::npos);
    }
  }
  CHECK(accepted > 1000);
}

TEST_CASE("decoder: errors never repeat a value") {
  for (const char* members :
       {",\"identity\":{\"email\":\"SECRET\",\"email\":\"SECRET\"}",
        ",\"payload\":{\"SECRET\":SECRET}", ",\"timestamp\":\"SECRET\"",
        ",\"source\":\"SECRET\\u0000\"", ",\"metadata\":\"SECRET\"",
        ",\"SECRET\":\"\\ud800SECRET\""}) {
    const std::string answer = Answer(With(members));
    CHECK(answer != "OK");
    CHECK(answer.find("SECRET") == std::string::npos);
  }
}

// Where the public sample data lie; empty when they are not there.
std::filesystem::path DataFolder() {
  const char* const given = std::getenv("CRM_TEST_DATA");
  const std::filesystem::path folder =
      given != nullptr && *given != '\0'
          ? std::filesystem::path(given)
          : std::filesystem::path(CRM_SOURCE_DIR) / "../shared/data";
  return std::filesystem::exists(folder) ? folder : std::filesystem::path();
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST_CASE("decoder: published samples that are not JSON are refused") {
  const std::filesystem::path folder = DataFolder() / "segment-spec";
  if (!std::filesystem::exists(folder / "malformed")) {
    MESSAGE("skipped: segment-spec/malformed is not in CRM_TEST_DATA");
    return;
  }
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder / "malformed")) {
    CAPTURE(entry.path().filename().string());
    CHECK(Answer(ReadFile(entry.path())).find("MALFORMED: event: ") == 0);
    ++files;
  }
  CHECK(files == 11);
}

TEST_CASE("decoder: published samples that are JSON parse") {
  const std::filesystem::path file =
      DataFolder() / "segment-spec" / "messages.ndjson";
  if (!std::filesystem::exists(file)) {
    MESSAGE("skipped: segment-spec/messages.ndjson is not in CRM_TEST_DATA");
    return;
  }
  std::ifstream lines(file);
  std::string line;
  size_t count = 0;
  while (std::getline(lines, line)) {
    CAPTURE(count);
    CHECK(ForEachMember(line, [](auto, auto) { return true; }).ok());
    // As the payload of an event.
    CHECK(Answer(With(",\"payload\":" + line)) == "OK");
    ++count;
  }
  CHECK(count == 32);
}

}  // namespace
}  // namespace crm
