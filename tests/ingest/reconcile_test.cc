// Reconciling files with a store.

#include "crm/reconcile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

std::string EventLine(const std::string& id, const std::string& who,
                      const std::string& type = "t",
                      const std::string& source = "s", int n = 1) {
  return R"({"id":")" + id + R"(","type":")" + type + R"(","source":")" +
         source + R"(","timestamp":"2026-01-02T03:04:05Z","identity":)" +
         R"({"customerId":")" + who + R"("},"payload":{"n":)" +
         std::to_string(n) + "}}\n";
}

ReconcileReport Reconciled(Shop* shop, const std::string& path,
                           const ImportOptions& import = {},
                           const ReconcileOptions& options = {}) {
  Result<ReconcileReport> report =
      ReconcileFile(shop->tenant(), path, import, options);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CHECK(report->total.file == report->total.found + report->total.missing +
                                  report->total.conflicting);
  return *std::move(report);
}

TEST_CASE("reconcile: before and after an import, as often as one likes") {
  Folder folder;
  Shop shop;
  const std::string path = folder.Write("a.ndjson", Events(0, 500, 20));
  const ReconcileReport before = Reconciled(&shop, path);
  CHECK_FALSE(before.same());
  CHECK(before.total.file == 500);
  CHECK(before.total.missing == 500);
  CHECK(before.total.stored == 0);
  CHECK(before.new_customers == 20);
  CHECK(before.differences_total == 500);
  CHECK(shop.Events().empty());
  for (int again = 0; again < 3; ++again) {
    const ImportReport imported = shop.MustImport(path);
    CHECK(imported.appended == (again == 0 ? 500 : 0));
    const ReconcileReport after = Reconciled(&shop, path);
    CHECK(after.same());
    CHECK(after.total.found == 500);
    CHECK(after.total.stored == 500);
    CHECK(after.customers_total == 0);
    CHECK(after.new_customers == 0);
  }
}

TEST_CASE("reconcile: each kind of difference, by source, type and customer") {
  Folder folder;
  Shop shop;
  shop.MustImport(folder.Write(
      "old", EventLine("1", "ada") + EventLine("2", "ada") +
                 EventLine("3", "bob") + EventLine("4", "bob", "u") +
                 EventLine("5", "eve", "t", "other")));
  const std::string path = folder.Write(
      "new", EventLine("1", "ada") + EventLine("1", "ada") +
                 EventLine("2", "ada", "t", "s", 99) + EventLine("6", "bob") +
                 EventLine("7", "new") + "{\n");
  const ReconcileReport report = Reconciled(&shop, path);
  CHECK(report.read == 6);
  CHECK(report.repeated == 1);
  CHECK(report.rejected == 1);
  // The other source is not looked at.
  REQUIRE(report.counts.size() == 2);
  CHECK(report.counts[0] == ReconcileCount{"s", "t", 4, 3, 1, 2, 1, 1});
  CHECK(report.counts[1] == ReconcileCount{"s", "u", 0, 1, 0, 0, 0, 1});
  CHECK(report.new_customers == 1);
  REQUIRE(report.customers.size() == 2);
  CHECK(report.customers[0].customer == 1);
  CHECK(report.customers[0].file == 2);
  CHECK(report.customers[0].found == 1);
  CHECK(report.customers[0].stored == 2);
  CHECK(report.customers[1].customer == 2);
  CHECK(report.customers[1].file == 1);
  CHECK(report.customers[1].found == 0);
  CHECK(report.customers[1].stored == 2);

  std::vector<std::string> seen;
  for (const ReconcileDifference& one : report.differences) {
    seen.push_back(std::to_string(static_cast<int>(one.kind)) + " " +
                   std::to_string(one.line) + " " + one.type + " " +
                   std::to_string(one.customer));
    CHECK((one.position != 0) == (one.kind == ReconcileKind::kConflict ||
                                  one.kind == ReconcileKind::kExtra));
  }
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<std::string>{"1 4 t 2", "1 5 t 0", "2 3 t 0",
                                         "3 0 t 2", "3 0 u 2", "4 6  0"});
  CHECK(report.differences_total == 6);

  const ReconcileReport part =
      Reconciled(&shop, path, {}, {.partial = true, .max_listed = 1});
  CHECK(part.differences_total == 4);
  CHECK(part.differences.size() == 1);
  CHECK(part.customers.size() == 1);
  CHECK(part.total.extra == 2);
  // Nothing was written by all this.
  CHECK(shop.Events().size() == 5);
}

TEST_CASE("reconcile: a part of a source is no difference when said so") {
  Folder folder;
  Shop shop;
  const std::string first = folder.Write("a", Events(0, 50, 5));
  const std::string second = folder.Write("b", Events(50, 50, 5));
  shop.MustImport(first);
  shop.MustImport(second);
  CHECK_FALSE(Reconciled(&shop, first).same());
  CHECK(Reconciled(&shop, first, {}, {.partial = true}).same());
  CHECK(Reconciled(&shop, second, {}, {.partial = true}).same());
}

TEST_CASE("reconcile: maps, formats, rows without ids, an interrupted import") {
  Folder folder;
  Shop shop;
  const ImportOptions csv = OptionsOf(
      R"({"format":"csv","event":{"type":"bought","source":"till",
          "occurred_at":{"column":"at","format":"%Y-%m-%d"},
          "identity":{"customerId":{"column":"who"}},
          "payload":{"price":{"column":"price","as":"number"}}}})");
  const std::string path = folder.Write("a.csv",
                                        "who,at,price\n1,2026-01-01,2.50\n"
                                        "1,2026-01-01,2.50\n2,2026-01-02,3\n");
  Result<ReconcileReport> before = ReconcileFile(shop.tenant(), path, csv);
  if (!before.ok()) {
    FAIL(before.status().ToString());
  }
  CHECK(before->total.missing == 3);
  shop.MustImport(path, csv);
  CHECK(Reconciled(&shop, path, csv).same());

  const ImportOptions segment = OptionsOf(ImportFormat::kSegment);
  const std::string messages =
      folder.Write("m", R"({"type":"track","event":"x","userId":"u"})"
                        "\n"
                        R"({"type":"track","event":"x","userId":"u"})");
  shop.MustImport(messages, segment);
  const ReconcileReport report = Reconciled(&shop, messages, segment);
  CHECK(report.same());
  CHECK(report.total.found == 2);
  CHECK(ReconcileFile(shop.tenant(), folder.Path("none")).status().code() ==
        StatusCode::kNotFound);
}

}  // namespace
}  // namespace crm::ingest
