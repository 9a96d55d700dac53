// Imports that are cut off and go on.

#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

// Rows of 40 customers, every tenth the same as one before, some of them bad,
// some of them nobody's.
std::string Rows(int count) {
  std::string text = "who,what\n";
  for (int i = 0; i < count; ++i) {
    const int n = i % 10 == 9 ? i - 9 : i;
    text += (n % 13 == 0 ? "" : "c" + std::to_string(n % 40)) + ",";
    text += n % 101 == 5 ? "bad" : std::to_string(n);
    text += "\n";
  }
  return text;
}

constexpr char kMap[] = R"({
  "format": "csv",
  "event": {"type": "t", "source": "s",
            "identity": {"customerId": {"column": "who"}},
            "payload": {"n": {"column": "what", "as": "integer"}}}})";

// Imports until the progress was reported `batches` times, then gives up.
void ImportPart(Shop* shop, const std::string& path, ImportOptions options,
                int batches) {
  int left = batches;
  options.progress = [&left](const ImportProgress&) { return --left > 0; };
  const Result<ImportReport> report = shop->Import(path, options);
  CHECK(report.status().code() == StatusCode::kCancelled);
}

std::vector<std::string> SortedIds(Shop* shop) {
  std::vector<std::string> ids = shop->Ids();
  std::sort(ids.begin(), ids.end());
  return ids;
}

void CheckResumed(const std::string& path, const ImportOptions& options,
                  const std::vector<int>& cuts) {
  Shop whole;
  const ImportReport expected = whole.MustImport(path, options);
  CHECK(expected.resumed_rows == 0);
  Shop shop;
  for (int batches : cuts) ImportPart(&shop, path, options, batches);
  const ImportReport report = shop.MustImport(path, options);
  CHECK(Sums(report) == Sums(expected));
  CHECK(report.resumed_rows > 0);
  CHECK(report.resumed_rows < report.read);
  CHECK(SortedIds(&shop) == SortedIds(&whole));
  // It is done: now everything is read again.
  const ImportReport again = shop.MustImport(path, options);
  CHECK(again.resumed_rows == 0);
  CHECK(again.appended == 0);
  CHECK(again.duplicates + again.rejected == expected.read);
}

TEST_CASE("an import that was cut off goes on, with the report of the whole") {
  const Folder folder;
  const std::string csv = folder.Write("a.csv", Rows(12000));
  const std::string json = folder.Write("a.ndjson", Events(1, 12000, 99));
  const std::string gzip = folder.Write("a.gz", Gzip(Events(1, 12000, 99)));
  for (int threads : {1, 2, 5}) {
    ImportOptions options = OptionsOf(kMap);
    options.threads = threads;
    CheckResumed(csv, options, {1});
    CheckResumed(csv, options, {5});
    CheckResumed(csv, options, {2, 1, 3, 4});
    options.map.reset();
    CheckResumed(json, options, {3, 3});
    CheckResumed(gzip, options, {10, 1});
  }
}

TEST_CASE("rows that repeat others under way at the time count once") {
  const Folder folder;
  std::string text;
  for (int i = 1; i < 12000; i += 700) {
    text += Events(i, 700, 99) + Events(std::max(1, i - 300), 600, 99);
  }
  const std::string path = folder.Write("a.ndjson", text);
  for (int threads : {1, 2, 8}) {
    ImportOptions options;
    options.threads = threads;
    CheckResumed(path, options, {1});
    CheckResumed(path, options, {7});
    CheckResumed(path, options, {3, 3, 3, 3});
  }
}

TEST_CASE("a dry run goes on as the real one would") {
  const Folder folder;
  const std::string path = folder.Write("a.csv", Rows(12000));
  ImportOptions options = OptionsOf(kMap);
  options.threads = 4;
  Shop whole;
  const std::string expected = Sums(whole.MustImport(path, options));
  Shop shop;
  ImportPart(&shop, path, options, 4);
  const size_t events = shop.Ids().size();
  options.dry_run = true;
  CHECK(Sums(shop.MustImport(path, options)) == expected);
  CHECK(shop.Ids().size() == events);
  options.dry_run = false;
  CHECK(Sums(shop.MustImport(path, options)) == expected);
}

TEST_CASE("the number of threads may change in between") {
  const Folder folder;
  const std::string path = folder.Write("a.csv", Rows(20000));
  ImportOptions options = OptionsOf(kMap);
  Shop whole;
  const std::string expected = Sums(whole.MustImport(path, options));
  Shop shop;
  for (int threads : {8, 1, 3, 16}) {
    options.threads = threads;
    ImportPart(&shop, path, options, 4);
  }
  options.threads = 2;
  CHECK(Sums(shop.MustImport(path, options)) == expected);
}

TEST_CASE("only the same import goes on") {
  const Folder folder;
  const std::string path = folder.Write("a.csv", Rows(12000));
  ImportOptions options = OptionsOf(kMap);
  options.threads = 1;
  Shop shop;
  ImportPart(&shop, path, options, 5);
  SUBCASE("another batch name") {
    options.batch = "b";
    const ImportReport report = shop.MustImport(path, options);
    CHECK(report.resumed_rows == 0);
    CHECK(report.duplicates == 0);
  }
  SUBCASE("a file that was continued") {
    const std::string longer = folder.Write("b.csv", Rows(12001));
    const ImportReport report = shop.MustImport(longer, options);
    CHECK(report.resumed_rows == 0);
    CHECK(report.duplicates > 0);
  }
  SUBCASE("the same bytes under another name") {
    const std::string moved = folder.Write("c.csv", Rows(12000));
    CHECK(shop.MustImport(moved, options).resumed_rows > 0);
  }
}

TEST_CASE("strict looks at all rows, also at those that are done") {
  const Folder folder;
  const std::string path = folder.Write("a.csv", Rows(12000));
  ImportOptions options = OptionsOf(kMap);
  Shop shop;
  ImportPart(&shop, path, options, 5);
  options.strict = true;
  CHECK(shop.Import(path, options).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("an import of duplicates alone, once done, stores nothing") {
  const Folder folder;
  const std::string path = folder.Write("a.ndjson", Events(1, 3000, 9));
  Shop shop;
  shop.MustImport(path);
  const Position head = shop.tenant().GetSnapshot()->position();
  shop.MustImport(path);
  CHECK(shop.tenant().GetSnapshot()->position() == head);
}

TEST_CASE("progress counts up to the whole file") {
  const Folder folder;
  const std::string text = Events(1, 3000, 9);
  const std::string path = folder.Write("a.ndjson", text);
  Shop shop;
  ImportOptions options;
  ImportProgress last;
  options.progress = [&last](const ImportProgress& progress) {
    CHECK(progress.read >= last.read);
    CHECK(progress.bytes >= last.bytes);
    last = progress;
    return true;
  };
  shop.MustImport(path, options);
  CHECK(last.read == 3000);
  CHECK(last.appended == 3000);
  CHECK(last.bytes == text.size());
  CHECK(last.total_bytes == text.size());
}

}  // namespace
}  // namespace crm::ingest
