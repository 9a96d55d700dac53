// Exports of a whole store, and the way back.

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "crm/export.h"
#include "crm/ingest.h"
#include "crm/store.h"
#include "examples/event_generator.h"
#include "export_fixture.h"

namespace crm::ingest {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A generated stream over two tenants, appended in requests of all sizes,
// every third of them as backfill.
void Fill(Store& store, uint64_t seed, uint64_t events,
          examples::StreamShape shape) {
  examples::EventGenerator generator(
      {.events = events, .customers = 60, .seed = seed, .shape = shape});
  examples::Random random(seed);
  std::string json;
  std::vector<std::string> request;
  bool more = generator.Next(&json);
  for (uint64_t n = 0; more; ++n) {
    request.clear();
    for (uint64_t i = random.Below(9) + 1; i > 0 && more; --i) {
      request.push_back(json);
      more = generator.Next(&json);
    }
    Append(store, n % 4 == 3 ? "zweiter \"Club\"" : "golf-club", request,
           n % 3 == 0);
  }
}

// An event without a time and one that belongs to nobody.
void FillOddities(Store& store) {
  Append(store, "golf-club",
         {R"({"id":"no-time","type":"t","source":"s",)"
          R"("identity":{"email":"Ada@Example.com"}})",
          R"({"id":"nobody","type":"t","source":"s","payload":{"n":1e400}})",
          R"({"eventType":"F","eventId":"flat","customerId":7,"source":"s",)"
          R"("tenantId":"other","timestamp":1700000000000,"own":[1,2.50]})",
          R"({"eventType":"D","eventId":"dom","aggregateId":"A-1",)"
          R"("source":"s","payload":{"b":1,"a":null}})"});
}

TEST_CASE("store export: a store comes back as it was, whatever its shapes") {
  using examples::StreamShape;
  uint64_t seed = 1;
  for (const StreamShape shape : {StreamShape::kMixed, StreamShape::kCrm,
                                  StreamShape::kDomain, StreamShape::kFlat}) {
    CAPTURE(seed);
    Store first = NewStore(1'700'000'000);
    Fill(first, seed++, 1500, shape);
    FillOddities(first);
    const std::string text = Exported(first);
    Folder folder;
    const std::string path = folder.Write("store.ndjson", text);
    // Its clock is another one, before and after.
    for (const int64_t clock : {1'500'000'000, 1'900'000'000}) {
      Store second = NewStore(clock);
      Result<StoreImportReport> report = ImportStore(second, path);
      REQUIRE_MESSAGE(report.ok(), report.status().ToString());
      CheckSame(*report);
      CHECK(Exported(second) == text);
      Result<VerifyReport> verified = second.Verify();
      REQUIRE(verified.ok());
      CHECK(verified->sound());
    }
  }
}

TEST_CASE("store export: numbers of customers and times are kept") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 7, 400, examples::StreamShape::kMixed);
  FillOddities(first);
  Folder folder;
  const std::string path = folder.Write("s", Exported(first));
  Store second = NewStore(1'900'000'000);
  REQUIRE(ImportStore(second, path).ok());
  for (const char* name : {"golf-club", "zweiter \"Club\""}) {
    Result<EventCursor> a = TenantOf(first, name).Replay({});
    Result<EventCursor> b = TenantOf(second, name).Replay({});
    REQUIRE(a.ok());
    REQUIRE(b.ok());
    EventView x;
    EventView y;
    while (*a->Next(&x)) {
      REQUIRE(*b->Next(&y));
      CHECK(x.id == y.id);
      CHECK(x.customer == y.customer);
      CHECK(x.record == y.record);
      CHECK(x.recorded_at == y.recorded_at);
      CHECK(x.occurred_at == y.occurred_at);
      CHECK(x.timed == y.timed);
      CHECK(x.backfill == y.backfill);
      CHECK(x.shape == y.shape);
      CHECK(EventToJson(x, "") == EventToJson(y, ""));
    }
    CHECK_FALSE(*b->Next(&y));
  }
}

TEST_CASE("store export: events that are appended again are duplicates") {
  Store first = NewStore(1'700'000'000);
  FillOddities(first);
  Folder folder;
  const std::string path = folder.Write("s", Exported(first));
  Store second = NewStore(1'900'000'000);
  REQUIRE(ImportStore(second, path).ok());
  const uint64_t before = second.GetStats()->events;
  FillOddities(second);
  CHECK(second.GetStats()->events == before);
  // What comes now is recorded by the clock again.
  Append(second, "golf-club", {R"({"id":"new","type":"t","source":"s"})"});
  Result<EventCursor> cursor =
      TenantOf(second, "golf-club").Replay({.backward = true});
  EventView event;
  REQUIRE(*cursor->Next(&event));
  CHECK(event.recorded_at >= Timestamp(std::chrono::seconds(1'900'000'000)));
}

TEST_CASE("store export: one tenant alone has the checksums it had") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 3, 600, examples::StreamShape::kMixed);
  Result<StoreExportReport> all = ChecksumStore(first);
  REQUIRE(all.ok());
  REQUIRE(all->tenants.size() == 2);
  for (const TenantExport& tenant : all->tenants) {
    const std::string text = Exported(first, {.tenant = tenant.tenant});
    Folder folder;
    const std::string path = folder.Write("s", text);
    Store second = NewStore(1'700'000'000);
    Result<StoreImportReport> report = ImportStore(second, path);
    REQUIRE(report.ok());
    CheckSame(*report);
    REQUIRE(report->tenants.size() == 1);
    CHECK(report->tenants[0].checksums == tenant.checksums);
    CHECK(report->tenants[0].checksums.size() == 9);
  }
  CHECK(ChecksumStore(first, {.tenant = "none"}).status().code() ==
        StatusCode::kNotFound);
}

TEST_CASE("store export: each projection has a checksum that notices") {
  Store first = NewStore(1'700'000'000);
  Append(first, "t",
         {R"({"id":"1","type":"t","source":"s","timestamp":)"
          R"("2026-01-01T00:00:00Z","identity":{"email":"a@b.c"},)"
          R"("payload":{"traits":{"x":1}}})"});
  Store second = NewStore(1'700'000'000);
  Append(second, "t",
         {R"({"id":"1","type":"t","source":"s","timestamp":)"
          R"("2026-01-01T00:00:01Z","identity":{"email":"a@b.d",)"
          R"("phoneNumber":"+27821234567"},)"
          R"("payload":{"traits":{"x":2}}})"});
  Append(second, "t", {R"({"id":"2","type":"t","source":"s"})"});
  Result<StoreExportReport> a = ChecksumStore(first);
  Result<StoreExportReport> b = ChecksumStore(second);
  for (size_t i = 0; i < 9; ++i) {
    const ProjectionChecksum& one = a->tenants[0].checksums[i];
    const ProjectionChecksum& other = b->tenants[0].checksums[i];
    CAPTURE(one.projection);
    CHECK(one.projection == other.projection);
    CHECK(one.checksum.size() == 32);
    CHECK((one.checksum != other.checksum || one.projection == "identity" ||
           one.projection == "definitions" || one.projection == "choices"));
  }
}

TEST_CASE("store export: identifiers that name nobody are no error") {
  Store first = NewStore(1'700'000'000);
  Append(first, "t",
         {R"({"id":"1","type":"t","source":"s","identity":)"
          R"({"authUserId":"0","email":"null","phoneNumber":"1",)"
          R"("sessionId":"undefined"}})"});
  Folder folder;
  const std::string path = folder.Write("s", Exported(first));
  Store second = NewStore(1'700'000'000);
  Result<StoreImportReport> report = ImportStore(second, path);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CheckSame(*report);
}

TEST_CASE("store export: empty stores and empty tenants") {
  Store first = NewStore(1'700'000'000, "");
  Folder folder;
  Store second = NewStore(1'700'000'000, "");
  CHECK(ImportStore(second, folder.Write("a", Exported(first))).ok());
  TenantOf(first, "quiet");
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("b", Exported(first)));
  REQUIRE(report.ok());
  CHECK(report->identical());
  CHECK(second.TenantNames() == std::vector<std::string>{"quiet"});
}

TEST_CASE("store export: files, plain and gzip, are their owner's alone") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 5, 300, examples::StreamShape::kMixed);
  const std::string text = Exported(first);
  Folder folder;
  for (const char* name : {"s.ndjson", "s.ndjson.gz"}) {
    const std::string path = folder.Path(name);
    for (int twice = 0; twice < 2; ++twice) {  // It takes the old one's place.
      Result<StoreExportReport> report = ExportStore(first, path);
      REQUIRE_MESSAGE(report.ok(), report.status().ToString());
      CHECK(report->bytes == text.size());
    }
    struct stat info = {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(::stat((path + ".tmp").c_str(), &info) != 0);
    Store second = NewStore(1'700'000'000);
    Result<StoreImportReport> report = ImportStore(second, path);
    REQUIRE(report.ok());
    CheckSame(*report);
  }
  CHECK(ReadFile(folder.Path("s.ndjson")) == text);
  CHECK(ReadFile(folder.Path("s.ndjson.gz")).size() < text.size() / 3);
}

TEST_CASE("store export: an error or a cancel leaves no file") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 5, 50, examples::StreamShape::kMixed);
  Folder folder;
  const std::string path = folder.Path("s");
  StoreExportOptions options;
  options.progress = [](uint64_t, uint64_t) { return false; };
  CHECK(ExportStore(first, path, options).status().code() ==
        StatusCode::kCancelled);
  CHECK(ExportStore(first, path, {.tenant = "none"}).status().code() ==
        StatusCode::kNotFound);
  struct stat info = {};
  CHECK(::stat(path.c_str(), &info) != 0);
  CHECK(::stat((path + ".tmp").c_str(), &info) != 0);
  CHECK(ExportStore(first, folder.Path("no/such")).status().code() ==
        StatusCode::kIoError);
  CHECK(ExportStore(first, "").status().code() == StatusCode::kInvalidArgument);
  const Status full(StatusCode::kNoSpace, "full");
  CHECK(ExportStore(first, [&](std::string_view) { return full; })
            .status()
            .code() == StatusCode::kNoSpace);
}

// --- Damaged files -----------------------------------------------------------

TEST_CASE("store import: a file that was cut anywhere is refused") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 11, 30, examples::StreamShape::kMixed);
  const std::string text = Exported(first);
  for (size_t size = 0; size < text.size(); size += 131) {
    CAPTURE(size);
    const Status status = Refused(text.substr(0, size));
    CHECK(status.code() == StatusCode::kMalformed);
    CHECK(status.message().find("line ") != std::string_view::npos);
  }
  // The last lines, whole.
  for (size_t end = text.size(); end > 0;) {
    end = text.rfind('\n', end - 2) + 1;
    CHECK(Refused(text.substr(0, end)).code() == StatusCode::kMalformed);
    if (end < text.size() / 2) break;
  }
}

TEST_CASE("store import: a changed byte is found on its line") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 12, 20, examples::StreamShape::kMixed);
  const std::string text = Exported(first);
  uint64_t line = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      continue;
    }
    if (i % 53 != 0) continue;
    std::string changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    const Status status = Refused(changed);
    CAPTURE(status.message());
    CHECK(status.code() == StatusCode::kMalformed);
    CHECK(status.message().starts_with("line " + std::to_string(line) + ": "));
  }
}

TEST_CASE("store import: lines that are missing, moved or added are found") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 13, 20, examples::StreamShape::kMixed);
  const std::string text = Exported(first);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  const auto joined = [&] {
    std::string all;
    for (const std::string& line : lines) all += line;
    return all;
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::vector<std::string> kept = lines;
    lines.erase(lines.begin() + static_cast<ptrdiff_t>(i));
    CHECK(Refused(joined()).code() == StatusCode::kMalformed);
    lines = kept;
    lines.insert(lines.begin() + static_cast<ptrdiff_t>(i), kept[i]);
    CHECK(Refused(joined()).code() == StatusCode::kMalformed);
    lines = kept;
    if (i + 1 < lines.size()) {
      std::swap(lines[i], lines[i + 1]);
      CHECK(Refused(joined()).code() == StatusCode::kMalformed);
    }
    lines = kept;
  }
}

TEST_CASE("store import: what this version does not know is not left out") {
  Store first = NewStore(1'700'000'000);
  for (const char* id : {"1", "2", "3"}) {
    Append(first, "t",
           {R"({"id":")" + std::string(id) + R"(","type":"t","source":"s"})"});
  }
  const std::string text = Exported(first);
  const LineChange changes[] = {
      {1, R"("definitions":0)", R"("definitions":1)", StatusCode::kMalformed},
      {1, R"("version":1)", R"("version":2)", StatusCode::kFormatTooNew},
      {1, "libcrm-export", "other-export", StatusCode::kMalformed},
      {1, R"("ZA")", R"("GB")", StatusCode::kInvalidArgument},
      {1, R"("events":3)", R"("events":4)", StatusCode::kMalformed},
      {1, R"("events":3)", R"("events":2)", StatusCode::kMalformed},
      {1, R"("events":3)", R"("events":"3")", StatusCode::kMalformed},
      {2, R"("kind":"tenant")", R"("kind":"definition")",
       StatusCode::kMalformed},
      {3, R"("kind":"event")", R"("kind":"definition")",
       StatusCode::kMalformed},
      {3, R"("kind":"event")", R"("kind":"novel")", StatusCode::kMalformed},
      {3, R"("n":1)", R"("n":2)", StatusCode::kMalformed},
      {4, R"(recorded_at":"2023)", R"(recorded_at":"2022)",
       StatusCode::kMalformed},
      {4, R"(recorded_at":"2023)", R"(recorded_at":"x)",
       StatusCode::kMalformed},
      {5, R"("tenant":"t")", R"("tenant":"u")", StatusCode::kMalformed},
      {6, R"("log":)", R"("logbook":)", StatusCode::kUnsupported},
      {6, R"("kind":"checksums")", R"("kind":"definition")",
       StatusCode::kMalformed},
      {7, R"("events":3)", R"("events":4)", StatusCode::kMalformed},
      {7, R"("definitions":0)", R"("definitions":1)", StatusCode::kMalformed},
  };
  CheckRefused(text, changes);
}

TEST_CASE("store import: another answer than the exported store's is told") {
  Store first = NewStore(1'700'000'000);
  Fill(first, 15, 12, examples::StreamShape::kCrm);
  const std::string text = Rewritten(Exported(first), 4, [](std::string* line) {
    Replace(line, "\"customer\":1", "\"customer\":5");
  });
  Folder folder;
  Store second = NewStore(1'700'000'000);
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("s", text));
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CHECK_FALSE(report->identical());
  REQUIRE(report->differences_total == 1);
  CHECK(report->differences[0].line == 4);
  CHECK(report->differences[0].what == "customer");
}

TEST_CASE("store import: an erased event is left out, counted, not hidden") {
  Store first = NewStore(1'700'000'000);
  Append(first, "t",
         {R"({"id":"1","type":"t","source":"s"})",
          R"({"id":"2","type":"t","source":"s"})"});
  const std::string text = Rewritten(
      Rewritten(Exported(first), 3,
                [](std::string* line) {
                  Replace(line, "\"kind\":\"event\"", "\"kind\":\"erased\"");
                  line->resize(line->find(",\"event\":"));
                  *line += R"(,"type":"t","version":"1.0","occurred_at":)"
                           R"("2023-11-14T22:13:20Z")";
                }),
      6,
      [](std::string* line) { Replace(line, "\"erased\":0", "\"erased\":1"); });
  Folder folder;
  Store second = NewStore(1'700'000'000);
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("s", text));
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CHECK(report->erased == 1);
  CHECK(report->events == 1);
  CHECK_FALSE(report->identical());
}

TEST_CASE("append: recorded_at is restored, and never goes backward") {
  Store store = NewStore(1'700'000'000);
  Tenant tenant = TenantOf(store, "t");
  const auto at = [](int64_t s) { return Timestamp(std::chrono::seconds(s)); };
  const std::string_view events[] = {R"({"id":"1","type":"t","source":"s"})",
                                     R"({"id":"2","type":"t","source":"s"})"};
  AppendOptions options;
  for (const std::vector<Timestamp>& times : {std::vector<Timestamp>{at(5)},
                                              {at(6), at(5)},
                                              {at(5), at(1LL << 40)},
                                              {at(1), at(2), at(3)}}) {
    options.recorded_at = times;
    CHECK(tenant.AppendJson(events, options).status().code() ==
          StatusCode::kInvalidArgument);
  }
  options.recorded_at = {at(1'000), at(1'000'000)};
  REQUIRE(tenant.AppendJson(events, options).ok());
  // Nothing of a request that goes back is appended.
  const std::string_view later[] = {R"({"id":"3","type":"t","source":"s"})"};
  options.recorded_at = {at(999'999)};
  CHECK(tenant.AppendJson(later, options).status().code() ==
        StatusCode::kFailedPrecondition);
  options.recorded_at = {at(1'900'000'000)};
  REQUIRE(tenant.AppendJson(later, options).ok());
  // The clock is behind now.
  REQUIRE(tenant
              .AppendJson(std::vector<std::string_view>{
                  R"({"id":"4","type":"t","source":"s"})"})
              .ok());
  Result<EventCursor> cursor = tenant.Replay({});
  EventView event;
  for (const int64_t want :
       {1'000LL, 1'000'000LL, 1'900'000'000LL, 1'900'000'000LL}) {
    REQUIRE(*cursor->Next(&event));
    CHECK(event.recorded_at == at(want));
    CHECK(event.occurred_at == at(want));
    CHECK_FALSE(event.timed);
  }
}

TEST_CASE("store export: public data comes back") {
  const char* named = std::getenv("CRM_TEST_DATA");
  const std::string data =
      named == nullptr ? CRM_SOURCE_DIR "/../shared/data" : named;
  const std::string path = data + "/cdnow/CDNOW_sample.txt";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: cdnow/CDNOW_sample.txt is not in CRM_TEST_DATA");
    return;
  }
  Store first = NewStore(1'700'000'000);
  Tenant shop = TenantOf(first, "shop");
  ImportOptions options;
  options.map = MapOf(R"({"format":"fixed","whitespace":true,
      "columns":["a","customer","date","n","dollars"],
      "event":{"type":"OrderPlaced","source":"cdnow",
      "occurred_at":{"column":"date","format":"%Y%m%d"},
      "identity":{"customerId":{"column":"customer"}},
      "payload":{"amount":{"column":"dollars","as":"number"}}}})");
  Result<ImportReport> imported = ImportFile(shop, path, options);
  REQUIRE(imported.ok());
  CHECK(imported->appended == 6919);
  shop = TenantOf(first, "messages");
  options = OptionsOf(ImportFormat::kSegment);
  REQUIRE(
      ImportFile(shop, data + "/segment-spec/messages.ndjson", options).ok());
  const std::string text = Exported(first);
  Folder folder;
  Store second = NewStore(1'800'000'000);
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("s", text));
  REQUIRE(report.ok());
  CheckSame(*report);
  CHECK(Exported(second) == text);
}

}  // namespace
}  // namespace crm::ingest
