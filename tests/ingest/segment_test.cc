// Messages of the Segment specification.

#include <string>
#include <utility>

#include "fixture.h"
#include "ingest/message_mapper.h"

namespace crm::ingest {
namespace {

std::string Segment(std::string_view content) {
  return Imported(ImportFormat::kSegment, content);
}

// A message of known id and time with other members behind.
std::string Message(const std::string& members) {
  return R"({"messageId":"m","timestamp":"2026-01-02T03:04:05.678Z",)"
         R"("userId":"u",)" +
         members + "}";
}

// What that is as an event.
std::string EventOf(const std::string& type, const std::string& payload,
                    const std::string& metadata) {
  return R"({"id":"m","type":")" + type +
         R"(","version":"1.0","timestamp":"2026-01-02T03:04:05.678Z",)"
         R"("tenantId":"default","source":"site","identity":{"authUserId":)"
         R"("u"},"payload":)" +
         payload + R"(,"metadata":)" + metadata + "}\n";
}

TEST_CASE("segment: a track message") {
  CHECK(
      Segment(Message(
          R"("type":"track","event":"Report Run","properties":{"n":1.50})")) ==
      EventOf("Report Run", R"({"n":1.50})", R"({"type":"track"})"));
  CHECK(Segment(Message(R"("type":"track","event":"x")")) ==
        EventOf("x", "{}", R"({"type":"track"})"));
  CHECK(Segment(Message(R"("type":"track","event":"x","properties":{ })")) ==
        EventOf("x", "{}", R"({"type":"track"})"));
}

TEST_CASE("segment: semantic events have the names of libcrm, and their own") {
  CHECK(Segment(Message(R"("type":"track","event":"Order Completed",)"
                        R"("properties":{"total":27.50})")) ==
        EventOf("OrderPlaced", R"({"total":27.50})",
                R"({"type":"track","event":"Order Completed"})"));
  const std::pair<const char*, const char*> names[] = {
      {"Product Viewed", "ProductViewed"},
      {"Product Added", "ItemAddedToCart"},
      {"Products Searched", "SearchPerformed"},
      {"Checkout Started", "CheckoutStarted"},
      {"Checkout Step Completed", "CheckoutStepCompleted"},
      {"Order Completed", "OrderPlaced"},
      {"Order Refunded", "RefundCompleted"},
      {"Email Bounced", "MessageFailed"},
      {"Push Notification Bounced", "MessageFailed"},
  };
  for (const auto& [theirs, ours] : names) CHECK(OwnNameOf(theirs) == ours);
  for (const char* other : {"", "A", "order completed", "Email Opened", "Zz"}) {
    CHECK(OwnNameOf(other).empty());
  }
}

TEST_CASE("segment: identify gives traits to the profile") {
  const Folder folder;
  Shop shop;
  shop.MustImport(
      folder.Write("a", Message(R"("type":"identify","traits":{"email":)"
                                R"("Ada@Example.com","phone":"+27821234567",)"
                                R"("plan":"gold","logins":5},"context":{"ip":)"
                                R"("1.2.3.4"})")),
      OptionsOf(ImportFormat::kSegment));
  const Result<CustomerId> ada =
      shop.tenant().FindCustomer({"email", "ada@example.com"});
  REQUIRE(ada.ok());
  CHECK(*shop.tenant().FindCustomer({"authUserId", "u"}) == *ada);
  const Result<Profile> profile = shop.tenant().GetProfile(*ada);
  REQUIRE(profile.ok());
  std::string traits;
  for (const Trait& trait : profile->traits) {
    traits += trait.name + "=" + trait.value + " ";
  }
  CHECK(traits ==
        "email=\"Ada@Example.com\" logins=5 phoneNumber=\"+27821234567\" "
        "plan=\"gold\" ");
}

TEST_CASE("segment: traits that a message brings along are the person's") {
  const std::string context =
      R"("context":{"traits":{"plan":"gold"},"consent":)"
      R"({"categoryPreferences":{"Ads":false}}})";
  CHECK(Segment(Message(R"("type":"track","event":"x","properties":{"n":1},)" +
                        context)) ==
        EventOf("x", R"({"n":1,"traits":{"plan":"gold"}})",
                R"({"type":"track",)" + context + "}"));
  // Properties have the first right to the name.
  CHECK(Segment(Message(R"("type":"track","event":"x",)"
                        R"("properties":{"traits":2},)" +
                        context)) ==
        EventOf("x", R"({"traits":2})", R"({"type":"track",)" + context + "}"));
}

TEST_CASE("segment: page and screen") {
  CHECK(Segment(Message(R"("type":"page","name":"Home","category":"Docs",)"
                        R"("properties":{"url":"u","name":"Own"})")) ==
        EventOf("PageViewed", R"({"category":"Docs","url":"u","name":"Own"})",
                R"({"type":"page","name":"Home"})"));
  CHECK(Segment(Message(R"("type":"screen","name":"Home")")) ==
        EventOf("screen", R"({"name":"Home"})", R"({"type":"screen"})"));
}

TEST_CASE("segment: the traits of a group are not the person's") {
  CHECK(Segment(Message(R"("type":"group","groupId":"g","traits":{"name":)"
                        R"("Initech"})")) ==
        EventOf("group", R"({"groupId":"g","group":{"name":"Initech"}})",
                R"({"type":"group"})"));
}

TEST_CASE("segment: alias keeps the id before, and joins nobody") {
  CHECK(Segment(Message(R"("type":"alias","previousId":"before")")) ==
        EventOf("alias", R"({"previousId":"before"})", R"({"type":"alias"})"));
}

TEST_CASE("segment: nothing of a message is lost, and no number changes") {
  CHECK(Segment(Message(
            R"("type":"track","event":"x","channel":"web","version":2.0,)"
            R"("z":[1.10,{"b":1e5,"a":null}],"integrations":{"All":true},)"
            R"("receivedAt":"2026-01-02T03:04:06Z","own":9007199254740993)")) ==
        EventOf("x", "{}",
                R"({"type":"track","channel":"web","version":2.0,)"
                R"("z":[1.10,{"b":1e5,"a":null}],"integrations":{"All":true},)"
                R"("receivedAt":"2026-01-02T03:04:06Z",)"
                R"("own":9007199254740993})"));
}

TEST_CASE("segment: whose message it is") {
  const auto identity = [](const std::string& members) {
    const std::string text = Segment(
        R"({"messageId":"m","type":"track","event":"x",)" + members + "}");
    const size_t begin = text.find("\"identity\":");
    if (begin == std::string::npos) return text;
    return text.substr(begin + 11, text.find(",\"payload\"") - begin - 11);
  };
  CHECK(identity(R"("userId":17)") == R"({"authUserId":17})");
  CHECK(identity(R"("userId":null,"anonymousId":"a")") ==
        R"({"anonymousId":"a"})");
  CHECK(identity(R"("userId":"u","anonymousId":"a","context":{"device":)"
                 R"({"id":"d"},"traits":{"email":"e@x.org","phone":5}})") ==
        R"({"authUserId":"u","anonymousId":"a","email":"e@x.org",)"
        R"("deviceId":"d"})");
  CHECK(identity(R"("userId":"","anonymousId":null)") ==
        "1 INVALID_ARGUMENT: userId: missing, and so is anonymousId\n");
  CHECK(identity(R"("userId":["u"])") ==
        "1 INVALID_ARGUMENT: userId: neither a string nor a number\n");
  CHECK(identity(R"("userId":"u","userId":"v")") ==
        "1 MALFORMED: event: a key is there twice\n");
  CHECK(identity(R"("userId":")" + std::string(257, 'u') + "\"") ==
        "1 TOO_LARGE: userId: over 256 bytes\n");
}

// The time of the event that has these times.
std::string TimeOf(const std::string& members) {
  const std::string text =
      Segment(R"({"messageId":"m","type":"track","event":"x","userId":"u",)" +
              members + "}");
  const size_t begin = text.find("\"timestamp\":");
  if (begin == std::string::npos) return text;
  return text.substr(begin + 13, text.find('"', begin + 13) - begin - 13);
}

TEST_CASE("segment: the time is corrected by the clocks of both ends") {
  // The timestamp, where there is one, is corrected already.
  CHECK(TimeOf(R"("timestamp":"2026-01-01T00:00:00+02:00","originalTimestamp":)"
               R"("2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:00:00Z",)"
               R"("receivedAt":"2026-05-05T00:00:00Z")") ==
        "2026-01-01T00:00:00+02:00");
  // A clock that is years behind: sent 1.5 s after it happened.
  CHECK(TimeOf(R"("originalTimestamp":"2001-01-01T00:00:00.000Z","sentAt":)"
               R"("2001-01-01T00:00:01.500Z","receivedAt":)"
               R"("2026-05-05T12:00:00.25Z")") ==
        "2026-05-05T11:59:58.750000Z");
  // One that is ahead.
  CHECK(
      TimeOf(R"("originalTimestamp":"2040-01-01T00:00:00Z","sentAt":)"
             R"("2040-01-01T00:01:00Z","receivedAt":"2026-05-05T12:00:00Z")") ==
      "2026-05-05T11:59:00.000000Z");
  CHECK(TimeOf(R"("originalTimestamp":"2025-01-01T00:00:00Z","receivedAt":)"
               R"("2026-05-05T12:00:00Z")") == "2025-01-01T00:00:00Z");
  CHECK(TimeOf(R"("timestamp":null,"receivedAt":"2026-05-05T12:00:00Z",)"
               R"("sentAt":"2026-05-04T12:00:00Z")") == "2026-05-05T12:00:00Z");
  CHECK(TimeOf(R"("sentAt":"2026-05-04T12:00:00Z")") == "2026-05-04T12:00:00Z");
}

TEST_CASE("segment: times that are none are refused by name") {
  CHECK(TimeOf(R"("timestamp":"yesterday")")
            .starts_with("1 MALFORMED: timestamp: "));
  CHECK(TimeOf(R"("originalTimestamp":"2026-01-01T00:00:00Z","sentAt":"soon",)"
               R"("receivedAt":"2026-05-05T12:00:00Z")") ==
        "1 INVALID_ARGUMENT: sentAt: not a time\n");
  CHECK(TimeOf(R"("receivedAt":{"at":1})") ==
        "1 INVALID_ARGUMENT: receivedAt: not a time\n");
  CHECK(
      TimeOf(R"("originalTimestamp":"1900-01-01T00:00:00Z","sentAt":)"
             R"("2199-01-01T00:00:00Z","receivedAt":"1950-01-01T00:00:00Z")") ==
      "1 INVALID_ARGUMENT: timestamp: receivedAt - (sentAt - "
      "originalTimestamp) is not from 1900 up to 2199\n");
}

TEST_CASE("segment: without any time it is the import's, and it stays so") {
  const Folder folder;
  Shop shop;
  const ImportOptions options = OptionsOf(ImportFormat::kSegment);
  const std::string path =
      folder.Write("a", R"({"type":"track","event":"x","userId":"u"})"
                        "\n"
                        R"({"type":"track","event":"x","userId":"u"})");
  CHECK(Sums(shop.MustImport(path, options)) == "2/2/0/0/1/0");
  const std::vector<std::string> before = shop.Events();
  CHECK(Sums(shop.MustImport(path, options)) == "2/0/2/0/0/0");
  CHECK(shop.Events() == before);
  Result<EventCursor> cursor = shop.tenant().Replay(ReplayQuery());
  EventView event;
  while (*cursor->Next(&event)) CHECK(event.occurred_at == event.recorded_at);
}

TEST_CASE("segment: what is wrong with a message") {
  CHECK(Segment(Message(R"("action":"track")")) ==
        "1 INVALID_ARGUMENT: type: missing\n");
  CHECK(Segment(Message(R"("type":"Track")")) ==
        "1 INVALID_ARGUMENT: type: not one of identify, track, page, screen, "
        "group and alias\n");
  CHECK(Segment(Message(R"("type":"track")")) ==
        "1 INVALID_ARGUMENT: event: missing\n");
  CHECK(Segment(Message(R"("type":"track","event":["x"])")) ==
        "1 INVALID_ARGUMENT: event: not a string\n");
  CHECK(Segment(Message(R"("type":"track","event":")" + std::string(129, 'x') +
                        "\"")) == "1 TOO_LARGE: event: over 128 bytes\n");
  CHECK(Segment(Message(R"("type":"page","properties":[])")) ==
        "1 INVALID_ARGUMENT: properties: not an object\n");
  CHECK(Segment(Message(R"("type":"group")")) ==
        "1 INVALID_ARGUMENT: groupId: missing\n");
  CHECK(Segment(Message(R"("type":"alias")")) ==
        "1 INVALID_ARGUMENT: previousId: missing\n");
  CHECK(Segment(R"({"messageId":7,"type":"track","event":"x","userId":"u"})") ==
        "1 INVALID_ARGUMENT: messageId: not a string\n");
  CHECK(Segment("{\"type\":\"track\",\"event\":\"x\",\"userId\":\"u\",}")
            .starts_with("1 MALFORMED: event: not JSON"));
  CHECK(Segment("{\"type\":\"track\",\"event\":\"x\",\"userId\":\"u\","
                "\"properties\":{\"a\":tru}}")
            .starts_with("1 MALFORMED: event: not JSON"));
}

TEST_CASE("segment: one messageId twice") {
  const std::string message = Message(R"("type":"track","event":"x")");
  const Folder folder;
  Shop shop;
  const ImportOptions options = OptionsOf(ImportFormat::kSegment);
  CHECK(Sums(shop.MustImport(folder.Write("a", message + "\n" + message),
                             options)) == "2/1/1/0/1/0");
  const ImportReport report = shop.MustImport(
      folder.Write("b", Message(R"("type":"track","event":"y")")), options);
  REQUIRE(report.rejected_rows.size() == 1);
  CHECK(report.rejected_rows[0].message.starts_with("messageId: "));
}

}  // namespace
}  // namespace crm::ingest
