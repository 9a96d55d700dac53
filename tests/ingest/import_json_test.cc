#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

TEST_CASE("one event a line") {
  const Folder folder;
  Shop shop;
  const std::string path = folder.Write(
      "a.ndjson", "\xef\xbb\xbf" + Events(1, 5, 2) + "\n" + Events(6, 5, 2));
  CHECK(Sums(shop.MustImport(path)) == "10/10/0/0/2/1");
  CHECK(Sums(shop.MustImport(path)) == "10/0/10/0/0/0");
  CHECK(shop.Events().size() == 10);
}

TEST_CASE("an array of events") {
  const Folder folder;
  Shop lines;
  const std::string text = Events(1, 2000, 30);
  lines.MustImport(folder.Write("a.ndjson", text));
  std::string array = text;
  std::replace(array.begin(), array.end(), '\n', ',');
  array.back() = '\n';
  Shop elements;
  const std::string path = folder.Write("a.json", "[\n" + array + "]\n");
  CHECK(Sums(elements.MustImport(path)) == "2000/2000/0/0/30/285");
  std::vector<std::string> a = lines.Ids();
  std::vector<std::string> b = elements.Ids();
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  CHECK(a == b);
}

TEST_CASE("bad rows are reported and the rest is imported") {
  const Folder folder;
  Shop shop;
  const std::string path = folder.Write(
      "a.ndjson",
      Events(1, 2, 2) + "nonsense\n" + "{\"type\":\"t\",\"source\":\"s\"}\n\n" +
          std::string(kMaxEventBytes + 1, 'x') + "\n" + Events(3, 2, 2) +
          "{\"id\":\"e1\",\"type\":\"other\",\"source\":\"web\"}");
  ImportOptions options;
  std::vector<uint64_t> lines;
  options.on_rejected = [&](const RejectedRow& row) {
    lines.push_back(row.line);
  };
  options.max_rejected = 2;
  const ImportReport report = shop.MustImport(path, options);
  CHECK(Sums(report) == "8/4/0/4/2/0");
  CHECK(lines == std::vector<uint64_t>{3, 4, 6, 9});
  REQUIRE(report.rejected_rows.size() == 2);
  CHECK(report.rejected_rows[0].line == 3);
  CHECK(report.rejected_rows[0].code == StatusCode::kMalformed);
  CHECK(report.rejected_rows[0].message.find("nonsense") == std::string::npos);
  CHECK(report.rejected_rows[1].code == StatusCode::kInvalidArgument);
}

TEST_CASE("damage of an array is a bad row") {
  const Folder folder;
  Shop shop;
  const ImportReport report = shop.MustImport(folder.Write(
      "a.json", "[{\"id\":\"1\",\"type\":\"t\",\"source\":\"s\"},,\n{\"id\""));
  CHECK(Sums(report) == "3/1/0/2/0/1");
  CHECK(report.rejected_rows[0].message == "array: an element is missing");
  CHECK(report.rejected_rows[1].line == 2);
}

TEST_CASE("nothing comes of an empty file") {
  const Folder folder;
  Shop shop;
  CHECK(Sums(shop.MustImport(folder.Write("a", ""))) == "0/0/0/0/0/0");
  CHECK(Sums(shop.MustImport(folder.Write("b", "\n \n"))) == "0/0/0/0/0/0");
  CHECK(Sums(shop.MustImport(folder.Write("c", "[]"))) == "0/0/0/0/0/0");
  CHECK(Sums(shop.MustImport(folder.Write("d", Gzip("")))) == "0/0/0/0/0/0");
}

TEST_CASE("gzip, also in several streams") {
  const Folder folder;
  Shop shop;
  const std::string path =
      folder.Write("a.gz", Gzip(Events(1, 700, 9)) + Gzip(Events(701, 700, 9)));
  CHECK(Sums(shop.MustImport(path)) == "1400/1400/0/0/9/200");
}

TEST_CASE("what a damaged gzip file has before the damage is imported") {
  const Folder folder;
  Shop shop;
  std::string gzip = Gzip(Events(1, 20000, 9));
  gzip.resize(gzip.size() / 2);
  Result<ImportReport> report = shop.Import(folder.Write("a.gz", gzip));
  CHECK(report.status().code() == StatusCode::kMalformed);
  CHECK(shop.Events().size() > 1000);
  report = shop.Import(folder.Write("b.gz", "\x1f\x8b nonsense"));
  CHECK(report.status().code() == StatusCode::kMalformed);
}

TEST_CASE("files that cannot be imported") {
  const Folder folder;
  Shop shop;
  CHECK(shop.Import(folder.Path("none")).status().code() ==
        StatusCode::kNotFound);
  CHECK(shop.Import(folder.Path("")).status().code() ==
        StatusCode::kInvalidArgument);
  const std::string csv = folder.Write("a.csv", "a,b\n1,2\n");
  const Status status = shop.Import(csv).status();
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(status.message().find("need a map") != std::string_view::npos);
  CHECK(shop.Import(folder.Write("u", "\xff\xfe{")).status().code() ==
        StatusCode::kInvalidArgument);
  ImportOptions options;
  options.threads = 0;
  CHECK(shop.Import(csv, options).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("events that name no source get that of the import") {
  const Folder folder;
  Shop shop;
  const std::string path = folder.Write(
      "a.ndjson",
      "{\"id\":\"1\",\"type\":\"t\"}\n"
      " { }\n"
      "{\"id\":\"2\",\"type\":\"t\",\"source\":\"own\"}\n"
      "{\"id\":\"3\",\"type\":\"t\",\"payload\":{\"source\":\"x\"}}\n"
      "{\"eventId\":\"4\",\"eventType\":\"t\",\"timestamp\":"
      "\"2026-01-01T00:00:00Z\",\"customerId\":\"9\",\"n\":1}\n");
  CHECK(Sums(shop.MustImport(path)) == "5/1/0/4/0/1");
  ImportOptions options;
  options.source = "given";
  CHECK(Sums(shop.MustImport(path, options)) == "5/3/1/1/1/2");
  std::vector<std::string> sources;
  Result<EventCursor> cursor = shop.tenant().Replay(ReplayQuery());
  REQUIRE(cursor.ok());
  EventView event;
  while (*cursor->Next(&event)) sources.emplace_back(event.source);
  CHECK(sources == std::vector<std::string>{"own", "given", "given", "given"});
}

TEST_CASE("strict imports all or nothing") {
  const Folder folder;
  Shop shop;
  ImportOptions options;
  options.strict = true;
  const std::string bad =
      folder.Write("bad.ndjson", Events(1, 600, 5) + "nonsense\n{}\n");
  const Status status = shop.Import(bad, options).status();
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(status.message().find("bad rows: 2") != std::string_view::npos);
  CHECK(status.message().find("line 601") != std::string_view::npos);
  CHECK(shop.Events().empty());
  const std::string good = folder.Write("good.ndjson", Events(1, 600, 5));
  CHECK(Sums(shop.MustImport(good, options)) == "600/600/0/0/5/85");
  // That its rows are there already is not wrong with a file.
  CHECK(Sums(shop.MustImport(good, options)) == "600/0/600/0/0/0");
}

TEST_CASE("a dry run counts what the real one does, and writes nothing") {
  const Folder folder;
  Shop shop;
  shop.MustImport(folder.Write("before.ndjson", Events(1, 300, 7)));
  // Old ones, new ones, new ones that repeat, bad ones.
  const std::string path = folder.Write(
      "a.ndjson", Events(200, 2000, 40) + "bad\n" + Events(1500, 1000, 50));
  ImportOptions options;
  options.dry_run = true;
  options.threads = 4;
  const std::string expected = Sums(shop.MustImport(path, options));
  CHECK(shop.Events().size() == 300);
  options.dry_run = false;
  CHECK(Sums(shop.MustImport(path, options)) == expected);
  options.dry_run = true;
  const ImportReport again = shop.MustImport(path, options);
  CHECK(again.appended == 0);
  CHECK(again.duplicates + again.rejected == 3001);
}

TEST_CASE("events of another tenant are rejected unless told otherwise") {
  const Folder folder;
  Shop shop;
  const std::string path = folder.Write(
      "a.ndjson",
      "{\"id\":\"1\",\"type\":\"t\",\"source\":\"s\",\"tenantId\":\"x\"}\n"
      "{\"id\":\"2\",\"type\":\"t\",\"source\":\"s\",\"tenantId\":\"default\"}"
      "\n");
  ImportOptions options;
  options.dry_run = true;
  CHECK(shop.MustImport(path, options).rejected == 1);
  options.dry_run = false;
  options.ignore_tenant = true;
  CHECK(shop.MustImport(path, options).appended == 2);
}

}  // namespace
}  // namespace crm::ingest
