// What PostHog's capture endpoint takes.

#include <string>

#include "fixture.h"

namespace crm::ingest {
namespace {

std::string PostHog(std::string_view content) {
  return Imported(ImportFormat::kPostHog, content);
}

std::string Message(const std::string& members) {
  return R"({"uuid":"m","timestamp":"2026-01-02T03:04:05Z",)" + members + "}";
}

std::string EventOf(const std::string& type, const std::string& identity,
                    const std::string& payload, const std::string& metadata) {
  return R"({"id":"m","type":")" + type +
         R"(","version":"1.0","timestamp":"2026-01-02T03:04:05Z",)"
         R"("tenantId":"default","source":"site","identity":)" +
         identity + R"(,"payload":)" + payload + metadata + "}\n";
}

TEST_CASE("posthog: an event") {
  CHECK(PostHog(Message(R"("api_key":"k","event":"bought","distinct_id":"u",)"
                        R"("properties":{"price":1.50,"$lib":"web"},)"
                        R"("offset":12)")) ==
        EventOf("bought", R"({"authUserId":"u"})",
                R"({"price":1.50,"$lib":"web"})",
                R"(,"metadata":{"offset":12})"));
  CHECK(PostHog(
            Message(R"("event":"$pageview","properties":{"distinct_id":7})")) ==
        EventOf("PageViewed", R"({"authUserId":7})", R"({"distinct_id":7})",
                R"(,"metadata":{"event":"$pageview"})"));
}

TEST_CASE("posthog: a distinct id of nobody is an anonymous one") {
  CHECK(PostHog(Message(R"("event":"x","distinct_id":"a","properties":)"
                        R"({"$device_id":"a"})")) ==
        EventOf("x", R"({"anonymousId":"a","deviceId":"a"})",
                R"({"$device_id":"a"})", ""));
  CHECK(PostHog(Message(R"("event":"x","distinct_id":"a","properties":)"
                        R"({"$is_identified":false})")) ==
        EventOf("x", R"({"anonymousId":"a"})", R"({"$is_identified":false})",
                ""));
}

TEST_CASE("posthog: any event may say something about the person") {
  CHECK(PostHog(Message(R"("event":"x","distinct_id":"u","properties":)"
                        R"({"a":1,"$set":{"plan":"gold"},)"
                        R"("$set_once":{"first":1}})")) ==
        EventOf("x", R"({"authUserId":"u"})",
                R"({"a":1,"$set":{"plan":"gold"},"$set_once":{"first":1},)"
                R"("traits":{"plan":"gold"},"defaultTraits":{"first":1}})",
                ""));
  // The sender's own properties of that name have the first right to it.
  CHECK(PostHog(Message(R"("event":"x","distinct_id":"u","properties":)"
                        R"({"traits":7},"$set":{"plan":"gold"})")) ==
        EventOf("x", R"({"authUserId":"u"})", R"({"traits":7})",
                R"(,"metadata":{"$set":{"plan":"gold"}})"));
}

TEST_CASE("posthog: identify gives traits, the rest stays") {
  CHECK(PostHog(Message(R"("event":"$identify","distinct_id":"u","properties":)"
                        R"({"$set":{"plan":"gold"},"$set_once":{"first":1},)"
                        R"("$anon_distinct_id":"a"})")) ==
        EventOf("identify", R"({"authUserId":"u","anonymousId":"a"})",
                R"({"traits":{"plan":"gold"},"defaultTraits":{"first":1}})",
                R"(,"metadata":{"properties":{"$anon_distinct_id":"a"},)"
                R"("event":"$identify"})"));
  CHECK(PostHog(Message(R"("event":"$create_alias","distinct_id":"u",)"
                        R"("properties":{"alias":"b"})")) ==
        EventOf("alias", R"({"authUserId":"u"})", R"({"alias":"b"})",
                R"(,"metadata":{"event":"$create_alias"})"));
}

TEST_CASE("posthog: a batch") {
  const Folder folder;
  Shop shop;
  const std::string path = folder.Write(
      "a",
      R"({"api_key":"k","historical_migration":true,"batch":[)" +
          Message(R"("event":"x","distinct_id":"u")") + "," +
          R"({"event":"x","distinct_id":"u","properties":{"$insert_id":"i"}},)"
          R"({"event":"x","distinct_id":"u"},{"event":"x","distinct_id":"u"},)"
          R"({"event":"x"}]})");
  const ImportReport report =
      shop.MustImport(path, OptionsOf(ImportFormat::kPostHog));
  CHECK(Sums(report) == "5/4/0/1/1/0");
  CHECK(report.rejected_rows[0].message ==
        "distinct_id: missing (message 5 of its batch)");
  CHECK(shop.Ids()[1] == "i");
  CHECK(shop.Ids()[2] != shop.Ids()[3]);
  CHECK(shop.Events()[0].ends_with(
      R"("metadata":{"batch":{"historical_migration":true}}})"));
}

TEST_CASE("posthog: what is wrong with a message") {
  CHECK(PostHog(Message(R"("distinct_id":"u")")) ==
        "1 INVALID_ARGUMENT: event: missing\n");
  CHECK(PostHog(Message(R"("event":"x","distinct_id":{"u":1})")) ==
        "1 INVALID_ARGUMENT: distinct_id: neither a string nor a number\n");
  CHECK(PostHog(Message(R"("event":"x","distinct_id":"u","properties":1)")) ==
        "1 INVALID_ARGUMENT: properties: not an object\n");
  CHECK(PostHog(R"({"uuid":5,"event":"x","distinct_id":"u"})") ==
        "1 INVALID_ARGUMENT: uuid: not a string\n");
  CHECK(PostHog(R"({"type":"track","event":"x","userId":"u"})") ==
        "1 INVALID_ARGUMENT: distinct_id: missing\n");
}

}  // namespace
}  // namespace crm::ingest
