// Events and profiles as files for others: Segment messages, CSV, NDJSON.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "crm/export.h"
#include "examples/event_generator.h"
#include "fixture.h"

namespace crm::ingest {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What is compared: id, type, time, payload, and the identifiers that the
// specification has a place for, by their names.
struct Said {
  std::string id;
  std::string type;
  Timestamp time;
  std::string payload;
  std::vector<std::string> identifiers;

  bool operator==(const Said&) const = default;
};

std::vector<std::string> PlacedIdentifiers(const EventView& view) {
  std::vector<std::string> out;
  if (view.identity.empty()) return out;
  Result<Event> event = EventFromJson(
      R"({"id":"i","type":"t","identity":)" + std::string(view.identity) + "}",
      nullptr);
  REQUIRE(event.ok());
  for (const Identifier& one : event->identifiers) {
    const std::string& name = one.name_space;
    if (name == "authUserId" || name == "anonymousId" || name == "email" ||
        name == "phoneNumber" || name == "deviceId") {
      out.push_back(name + "=" + one.value);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool HasUser(const std::vector<std::string>& identifiers) {
  return std::any_of(identifiers.begin(), identifiers.end(),
                     [](const std::string& one) {
                       return one.starts_with("authUserId=") ||
                              one.starts_with("anonymousId=");
                     });
}

std::vector<Said> AllSaid(Tenant& tenant) {
  std::vector<Said> all;
  Result<EventCursor> cursor = tenant.Replay({});
  REQUIRE(cursor.ok());
  EventView event;
  while (*cursor->Next(&event)) {
    all.push_back({std::string(event.id), std::string(event.type),
                   event.occurred_at, std::string(event.payload),
                   PlacedIdentifiers(event)});
  }
  return all;
}

EventExportReport MustExport(const Tenant& tenant, const std::string& path,
                             const EventExportOptions& options) {
  Result<EventExportReport> report = ExportEvents(tenant, path, options);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  return *report;
}

// Exports as Segment messages, imports them elsewhere, and compares.
void CheckSegmentRoundTrip(Shop* shop, size_t least_named) {
  Folder folder;
  const std::string path = folder.Path("messages.ndjson");
  const EventExportReport report =
      MustExport(shop->tenant(), path, {.format = ExportFormat::kSegment});
  Shop other;
  const ImportReport imported =
      other.MustImport(path, OptionsOf(ImportFormat::kSegment));
  for (const RejectedRow& row : imported.rejected_rows) {
    MESSAGE(row.line << ": " << row.message);
  }
  CHECK(imported.rejected == 0);
  CHECK(imported.appended == report.written);
  const std::vector<Said> before = AllSaid(shop->tenant());
  const std::vector<Said> after = AllSaid(other.tenant());
  CHECK(before.size() == report.written + report.left_out);
  size_t named = 0;
  size_t j = 0;
  for (const Said& said : before) {
    if (j == after.size() || after[j].id != said.id) continue;  // Left out.
    CHECK(after[j].type == said.type);
    CHECK(after[j].time == said.time);
    CHECK(after[j].payload == said.payload);
    if (HasUser(said.identifiers)) {
      CHECK(after[j].identifiers == said.identifiers);
      ++named;
    }
    ++j;
  }
  CHECK(j == after.size());
  CHECK(named + report.substituted == report.written);
  CHECK(named >= least_named);
}

TEST_CASE("segment export: a generated stream comes back") {
  Shop shop;
  examples::EventGenerator generator({.events = 2000, .customers = 60});
  std::string json;
  std::string lines;
  while (generator.Next(&json)) lines += json + "\n";
  Folder folder;
  shop.MustImport(folder.Write("stream", lines));
  CheckSegmentRoundTrip(&shop, 100);
}

TEST_CASE("segment export: each kind of message, and what none can say") {
  Shop shop;
  Folder folder;
  shop.MustImport(folder.Write("native", R"([
    {"id":"1","type":"identify","source":"s","timestamp":"2026-01-01T00:00:00Z",
     "identity":{"authUserId":"u","email":"a@b.c"},
     "payload":{"traits":{"email":"a@b.c","n":1.50}}},
    {"id":"2","type":"identify","source":"s","timestamp":"2026-01-01T00:00:00Z",
     "identity":{"authUserId":"u","email":"other@b.c"},
     "payload":{"traits":{"email":"a@b.c"}}},
    {"id":"3","type":"identify","source":"s","timestamp":"2026-01-01T00:00:00Z",
     "identity":{"authUserId":"u"},"payload":{"more":1}},
    {"id":"4","type":"group","source":"s","timestamp":"2026-01-01T00:00:00Z",
     "identity":{"authUserId":"u"},"payload":{"groupId":5,"group":{"x":null}}},
    {"id":"5","type":"group","source":"s","timestamp":"2026-01-01T00:00:00Z",
     "identity":{"authUserId":"u"},"payload":{"groupId":null}},
    {"id":"6","type":"alias","source":"s","timestamp":"2026-01-01T00:00:00Z",
     "identity":{"authUserId":"u"},"payload":{"previousId":"p"}},
    {"id":"7","type":"PageViewed","source":"s","identity":{"anonymousId":"a",
     "deviceId":"d","phoneNumber":"+27821234567"},
     "payload":{"name":"Home","url":"/"},"metadata":{"ip":"x"}},
    {"id":"8","type":"screen","source":"s","identity":{"anonymousId":"a"}},
    {"id":"9","type":"OrderPlaced","source":"s","timestamp":1700000000123,
     "identity":{"authUserId":17},"payload":{"a":1e400,"a2":"\u00e9\"\\"}},
    {"id":"10","type":"MessageFailed","source":"s",
     "identity":{"authUserId":"u"}},
    {"id":"11","type":"Order Completed","source":"s",
     "identity":{"authUserId":"u"}},
    {"id":"12","type":"t","source":"s"},
    {"id":"13","type":"t","source":"s","identity":{"sessionId":"s",
     "sclMemberId":10001,"email":"e@f.g","externalIds":{"till":"9"}}}])"));
  CheckSegmentRoundTrip(&shop, 10);
  const std::string path = folder.Path("m");
  const EventExportReport report =
      MustExport(shop.tenant(), path, {.format = ExportFormat::kSegment});
  CHECK(report.written == 11);
  CHECK(report.left_out == 2);
  CHECK(report.substituted == 1);
  const std::string text = ReadFile(path);
  for (const char* part :
       {R"("type":"identify","userId":"u",)", R"("type":"group",)",
        R"("type":"alias",)", R"("type":"page","anonymousId":"a",)",
        R"("event":"Order Completed")", R"("userId":"sclMemberId:10001")",
        R"({"id":"9","type":"till","collection":"users","encoding":"none"})"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("segment export: what came as Segment messages goes out as such") {
  const char* named = std::getenv("CRM_TEST_DATA");
  const std::string path =
      std::string(named == nullptr ? CRM_SOURCE_DIR "/../shared/data" : named) +
      "/segment-spec/messages.ndjson";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: segment-spec/messages.ndjson is not in CRM_TEST_DATA");
    return;
  }
  Shop shop;
  shop.MustImport(path, OptionsOf(ImportFormat::kSegment));
  CheckSegmentRoundTrip(&shop, 20);
}

TEST_CASE("native export: importing it again is nothing but duplicates") {
  Shop shop;
  Folder folder;
  shop.MustImport(folder.Write("a", Events(0, 100, 7)));
  const std::string path = folder.Path("out.ndjson.gz");
  CHECK(MustExport(shop.tenant(), path, {}).written == 100);
  CHECK(shop.MustImport(path).duplicates == 100);
  // One source, a few positions.
  EventExportOptions options;
  options.sources = {"none"};
  CHECK(MustExport(shop.tenant(), path, options).written == 0);
  options.sources = {};
  options.query.customer = 1;
  const uint64_t hers = MustExport(shop.tenant(), path, options).written;
  CHECK(hers > 0);
  CHECK(hers < 100);
}

TEST_CASE("csv export: quotes, paths, formulas") {
  Shop shop;
  Folder folder;
  shop.MustImport(folder.Write("a", R"([
    {"id":"=1+1","type":"t","source":"s","timestamp":"2026-01-02T03:04:05.5Z",
     "identity":{"email":"a@b.c"},
     "payload":{"a":{"b/c":"x,\"y\"\r\nz","n":-1.50,"l":[1, 2]},"e":"",
                "f":"@cmd","t":true,"nil":null,"g":"-x","h":"-5"}},
    {"id":"2","type":"t","source":"s"}])"));
  const std::string path = folder.Path("out.csv");
  EventExportOptions options;
  options.format = ExportFormat::kCsv;
  options.columns = {"id",
                     "occurred_at",
                     "customer",
                     "/payload/a/b~1c",
                     "/payload/a/n",
                     "/payload/a/l",
                     "/payload/e",
                     "/payload/f",
                     "/payload/t",
                     "/payload/nil",
                     "/payload/g",
                     "/payload/h",
                     "/identity/email",
                     "/metadata/x"};
  options.query.last = 100;
  MustExport(shop.tenant(), path, options);
  const std::string text = ReadFile(path);
  CHECK(text.find("id,occurred_at,customer,/payload/a/b~1c,") == 0);
  CHECK(text.find("\r\n=1+1,2026-01-02T03:04:05.500000Z,1,"
                  "\"x,\"\"y\"\"\r\nz\",-1.50,\"[1,2]\",,@cmd,true,,-x,-5,"
                  "a@b.c,\r\n") != std::string::npos);
  CHECK(text.ends_with(",,,,,,,,,,,\r\n"));
  options.formula_safe = true;
  MustExport(shop.tenant(), path, options);
  CHECK(ReadFile(path).find("\r\n\"'=1+1\",2026-01-02T03:04:05.500000Z,1,"
                            "\"x,\"\"y\"\"\r\nz\",-1.50,\"[1,2]\",,\"'@cmd\","
                            "true,,\"'-x\",-5,a@b.c,\r\n") !=
        std::string::npos);
  // The default has whole objects.
  MustExport(shop.tenant(), path, {.format = ExportFormat::kCsv});
  CHECK(ReadFile(path).starts_with(
      "position,id,type,source,version,occurred_at,recorded_at,customer,record,"
      "identity,payload\r\n"));
}

TEST_CASE("csv export: what a map reads back is what went out") {
  Shop shop;
  Folder folder;
  examples::Random random(3);
  static constexpr const char* kPieces[] = {
      "\"", ",", "\r\n", "\n", " ", "'", "=", "x", "\xc3\xa9", "\t"};
  std::string lines;
  for (int i = 0; i < 200; ++i) {
    std::string value;
    for (uint64_t n = random.Below(8); n > 0; --n) {
      value += kPieces[random.Below(std::size(kPieces))];
    }
    std::string escaped;
    for (const char c : value) {
      if (c == '"')
        escaped += "\\\"";
      else if (c == '\r')
        escaped += "\\r";
      else if (c == '\n')
        escaped += "\\n";
      else if (c == '\t')
        escaped += "\\t";
      else
        escaped += c;
    }
    lines += R"({"id":"e)" + std::to_string(i) +
             R"(","type":"t","source":"s","timestamp":"2026-01-02T03:04:05Z",)"
             R"("identity":{"customerId":"7"},"payload":{"v":")" +
             escaped + "\"}}\n";
  }
  shop.MustImport(folder.Write("a", lines));
  const std::string path = folder.Path("out.csv");
  EventExportOptions options;
  options.format = ExportFormat::kCsv;
  options.columns = {"id", "/payload/v"};
  MustExport(shop.tenant(), path, options);
  Shop other;
  const ImportReport report = other.MustImport(path, OptionsOf(R"({
      "format":"csv","columns":["id","/payload/v"],
      "event":{"id":{"column":"id"},"type":"t","source":"s",
               "identity":{"customerId":{"value":"7"}},
               "payload":{"v":{"column":"/payload/v"}}}})"));
  CHECK(report.rejected == 0);
  std::vector<Said> before = AllSaid(shop.tenant());
  std::vector<Said> after = AllSaid(other.tenant());
  REQUIRE(before.size() == after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].payload == R"({"v":""})") continue;  // Empty is absent.
    CHECK(before[i].payload == after[i].payload);
  }
}

TEST_CASE("csv export: profiles, one customer a row") {
  Shop shop;
  Folder folder;
  shop.MustImport(folder.Write("a", R"([
    {"id":"1","type":"CustomerCreated","source":"s",
     "timestamp":"2026-01-02T03:04:05Z","identity":{"email":"a@b.c"},
     "payload":{"traits":{"firstName":"Ada","age":36}}},
    {"id":"2","type":"t","source":"s","timestamp":"2026-01-03T00:00:00Z",
     "identity":{"email":"d@e.f"},"payload":{"traits":{"city":"=Paarl"}}}])"));
  const std::string path = folder.Path("people.csv");
  Result<ProfileExportReport> report = ExportProfiles(shop.tenant(), path);
  REQUIRE(report.ok());
  CHECK(report->written == 2);
  const std::string text = ReadFile(path);
  CHECK(text.starts_with("customer,version,events,first_seen,last_seen,"));
  CHECK(text.find("trait:age,trait:city,trait:email,trait:firstName\r\n") !=
        std::string::npos);
  CHECK(text.find(",36,,a@b.c,Ada\r\n") != std::string::npos);
  CHECK(text.find(",,=Paarl,d@e.f,\r\n") != std::string::npos);
  ProfileExportOptions options;
  options.columns = {"customer", "trait:city", "events"};
  options.formula_safe = true;
  REQUIRE(ExportProfiles(shop.tenant(), path, options).ok());
  CHECK(ReadFile(path) ==
        "customer,trait:city,events\r\n1,,1\r\n2,\"'=Paarl\",1\r\n");
}

TEST_CASE("event export: bad options change nothing") {
  Shop shop;
  Folder folder;
  const std::string path = folder.Path("out");
  EventExportOptions options;
  options.columns = {"id"};
  CHECK(ExportEvents(shop.tenant(), path, options).status().code() ==
        StatusCode::kInvalidArgument);
  options.format = ExportFormat::kCsv;
  for (const char* column : {"nonsense", "", "/payload", "/other/x", "/"}) {
    options.columns = {"id", column};
    CHECK(ExportEvents(shop.tenant(), path, options).status().code() ==
          StatusCode::kInvalidArgument);
    ProfileExportOptions people;
    people.columns = {column};
    CHECK(ExportProfiles(shop.tenant(), path, people).status().code() ==
          StatusCode::kInvalidArgument);
  }
  options = {};
  options.format = static_cast<ExportFormat>(9);
  CHECK_FALSE(ExportEvents(shop.tenant(), path, options).ok());
  options = {};
  options.query.customer = 99;
  CHECK(ExportEvents(shop.tenant(), path, options).status().code() ==
        StatusCode::kNotFound);
  options = {};
  options.progress = [](uint64_t, uint64_t) { return false; };
  CHECK(ExportEvents(shop.tenant(), path, options).status().code() ==
        StatusCode::kCancelled);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(path + ".tmp"));
}

}  // namespace
}  // namespace crm::ingest
