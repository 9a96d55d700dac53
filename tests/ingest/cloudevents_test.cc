// CloudEvents 1.0.

#include <string>

#include "fixture.h"

namespace crm::ingest {
namespace {

std::string CloudEvents(std::string_view content) {
  return Imported(ImportFormat::kCloudEvents, content);
}

std::string Message(const std::string& members) {
  return R"({"specversion":"1.0","id":"m","source":"/shop","type":"org.x.y",)"
         R"("time":"2026-01-02T03:04:05Z")" +
         members + "}";
}

std::string EventOf(const std::string& identity, const std::string& payload,
                    const std::string& metadata) {
  return R"({"id":"m","type":"org.x.y","version":"1.0","timestamp":)"
         R"("2026-01-02T03:04:05Z","tenantId":"default","source":"/shop",)" +
         identity + R"("payload":)" + payload + R"(,"metadata":)" + metadata +
         "}\n";
}

TEST_CASE("cloudevents: all members have a place") {
  CHECK(CloudEvents(
            Message(R"(,"subject":"c-1","datacontenttype":"application/json",)"
                    R"("dataschema":"urn:s","traceparent":"00-1","n":5,"data":)"
                    R"({"b":1.50,"a":[1]})")) ==
        EventOf(R"("identity":{"customerId":"c-1"},)", R"({"b":1.50,"a":[1]})",
                R"({"specversion":"1.0","datacontenttype":"application/json",)"
                R"("dataschema":"urn:s","traceparent":"00-1","n":5})"));
}

TEST_CASE("cloudevents: data of every kind") {
  const std::string metadata = R"({"specversion":"1.0"})";
  CHECK(CloudEvents(Message("")) == EventOf("", "{}", metadata));
  CHECK(CloudEvents(Message(R"(,"data":"text")")) ==
        EventOf("", R"({"data":"text"})", metadata));
  CHECK(CloudEvents(Message(R"(,"data":[1.0,2])")) ==
        EventOf("", R"({"data":[1.0,2]})", metadata));
  CHECK(CloudEvents(Message(R"(,"data":false)")) ==
        EventOf("", R"({"data":false})", metadata));
  CHECK(CloudEvents(Message(R"(,"data":null)")) ==
        EventOf("", "{}", R"({"specversion":"1.0","data":null})"));
  CHECK(CloudEvents(Message(R"(,"data_base64":"AQI=")")) ==
        EventOf("", R"({"data_base64":"AQI="})", metadata));
}

TEST_CASE("cloudevents: a batch is an array") {
  const Folder folder;
  Shop shop;
  const std::string other =
      R"({"specversion":"1.0","id":"n","source":"/shop","type":"t"})";
  const std::string path = folder.Write(
      "a.json.gz",
      Gzip("[" + Message("") + ",\n" + other + "," + Message("") + "]"));
  ImportOptions options;
  options.format = ImportFormat::kCloudEvents;
  CHECK(Sums(shop.MustImport(path, options)) == "3/2/1/0/0/2");
  // The same id of another source is another event.
  const std::string elsewhere = folder.Write(
      "b", R"({"specversion":"1.0","id":"n","source":"/x","type":"t"})");
  CHECK(Sums(shop.MustImport(elsewhere, options)) == "1/1/0/0/0/1");
}

TEST_CASE("cloudevents: what is wrong with a message") {
  CHECK(CloudEvents(R"({"id":"m","source":"s","type":"t"})") ==
        "1 INVALID_ARGUMENT: specversion: missing\n");
  CHECK(CloudEvents(
            R"({"specversion":"0.3","id":"m","source":"s","type":"t"})") ==
        "1 INVALID_ARGUMENT: specversion: not \"1.0\"\n");
  CHECK(
      CloudEvents(R"({"specversion":1.0,"id":"m","source":"s","type":"t"})") ==
      "1 INVALID_ARGUMENT: specversion: not \"1.0\"\n");
  CHECK(CloudEvents(R"({"specversion":"1.0","source":"s","type":"t"})") ==
        "1 INVALID_ARGUMENT: id: missing\n");
  CHECK(CloudEvents(R"({"specversion":"1.0","id":"m","type":"t"})") ==
        "1 INVALID_ARGUMENT: source: missing\n");
  CHECK(CloudEvents(R"({"specversion":"1.0","id":"m","source":"s"})") ==
        "1 INVALID_ARGUMENT: type: missing\n");
  CHECK(CloudEvents(R"({"specversion":"1.0","id":"m","source":"s","type":"t",)"
                    R"("time":"noon"})")
            .starts_with("1 MALFORMED: time: "));
  CHECK(CloudEvents(Message(R"(,"subject":5)")) ==
        "1 INVALID_ARGUMENT: subject: not a string\n");
  CHECK(CloudEvents(Message(R"(,"data":1,"data_base64":"AQI=")")) ==
        "1 INVALID_ARGUMENT: data: is there, and data_base64 as well\n");
}

}  // namespace
}  // namespace crm::ingest
