// Foreign JSON into events by a map whose columns are JSON pointers; files
// without a header; and what a header that does not fit is told.

#include <string>
#include <vector>

#include "fixture.h"
#include "ingest/json_pointer.h"

namespace crm::ingest {
namespace {

using Lines = std::vector<std::string>;

constexpr char kOrders[] = R"({
  "format": "json",
  "event": {
    "type": "OrderPlaced", "source": "shop",
    "id": {"column": "/order/id"},
    "occurred_at": {"column": "/order/at", "format": "%Y-%m-%dT%H:%M:%S%z"},
    "identity": {"email": {"column": ["/buyer/email", "email"]},
                 "customerId": {"column": "/buyer/no"}},
    "payload": {
      "total": {"column": "/order/total", "as": "number"},
      "first": {"column": "/order/items/0/sku"},
      "items": {"column": "/order/items"},
      "paid": {"column": "/order/paid"}}}})";

std::string Payloads(Shop& shop) {
  std::string text;
  for (const std::string& event : shop.Events()) {
    text += event.substr(event.find("\"payload\":") + 10) + "\n";
  }
  return text;
}

TEST_CASE("pointers find members, elements and escapes") {
  JsonPointers pointers;
  for (const char* name : {"a", "/b/c", "/b/d/1", "/~1~0", "", "/b/d/9", "/b/x",
                           "/a/0", "/n", "/"}) {
    pointers.Add({name});
  }
  pointers.Add({"/none", "/b/c"});
  const std::string row =
      R"({"a":"A\n","b":{"c":1.50,"d":[0, {"e":[]}]},"/~":true,"n":null,)"
      R"("":"e"})";
  pointers.Read(row);
  CHECK(pointers.texts() ==
        std::vector<std::string>{"A\n", "1.50", "{\"e\":[]}", "true", row, "",
                                 "", "", "", "e", "1.50"});
  CHECK(pointers.tokens()[0] == "\"A\\n\"");
}

TEST_CASE("nested JSON becomes events, values to the letter") {
  const Folder folder;
  const std::string one =
      R"({"order":{"id":7,"at":"2026-01-02T03:04:05Z","total":"12.50",)"
      R"("items":[{"sku":"a","n":1e2}],"paid":true},)"
      R"("buyer":{"email":"ada@example.com","no":4711},"x":[1,{"y":2}]})";
  const std::string two =
      R"({"order":{"id":"8","at":"2026-01-02T03:04:05Z","total":0.001},)"
      R"("email":"bob@example.com"})";
  const std::string want =
      "{\"total\":12.50,\"first\":\"a\",\"items\":[{\"sku\":\"a\","
      "\"n\":1e2}],\"paid\":true}}\n{\"total\":0.001}}\n";
  std::string spread = one;
  spread.insert(1, "\n  ");
  for (const std::string& file :
       {one + "\n" + two + "\n", "[" + one + ",\n" + two + "]",
        spread + "\n" + two}) {
    Shop shop;
    const ImportReport report =
        shop.MustImport(folder.Write("o.json", file), OptionsOf(kOrders));
    CHECK(Sums(report) == "2/2/0/0/2/0");
    CHECK(Payloads(shop) == want);
    CHECK(shop.Ids() == Lines{"7", "8"});
  }
}

TEST_CASE("bad rows of nested JSON") {
  const Folder folder;
  Shop shop;
  const ImportReport report = shop.MustImport(
      folder.Write("o.json",
                   "{\"order\":{\"id\":1,\"at\":\"today\"}}\n"
                   "{\"order\":{\"at\":\"2026-01-02T03:04:05Z\"}}\n"
                   "{\"order\":{\"id\":[1],\"at\":\"2026-01-02T03:04:05Z\"}}\n"
                   "{\"order\":{\"id\":4,\"at\":\"2026-01-02T03:04:05Z\","
                   "\"total\":\"much\"}}\n"
                   "{\"order\":\n"
                   "{\"x\":\"\xff\"}\n"),
      OptionsOf(kOrders));
  CHECK(Reasons(report) ==
        Lines{"1 BAD_DATE /order/at", "2 MISSING_REQUIRED /order/id",
              "3 INVALID_VALUE /order/id", "4 BAD_NUMBER /order/total",
              "5 BAD_JSON ", "6 BAD_ENCODING "});
}

TEST_CASE("a file without a header is read by numbers of columns") {
  const Folder folder;
  Shop shop;
  const ImportReport report = shop.MustImport(
      folder.Write("a.csv", "1,x,Ada\n2,y\n3,z,Eve,more\n"), OptionsOf(R"({
        "format": "csv", "header": false,
        "event": {"type": "t", "source": "s", "id": {"column": 1},
                  "payload": {"name": {"column": 3}}}})"));
  CHECK(shop.Ids() == Lines{"1", "3"});
  CHECK(Reasons(report) == Lines{"2 TOO_FEW_COLUMNS "});
}

TEST_CASE("a header that lacks columns is refused, and all are named") {
  const Folder folder;
  Shop shop;
  const auto refusal = [&](const std::string& text) {
    return std::string(shop.Import(folder.Write("a.csv", text), OptionsOf(R"({
          "format": "csv",
          "event": {"type": "t", "source": "s",
                    "payload": {"a": {"column": "a"},
                                "b": {"column": ["b", "B"]},
                                "c": {"column": "c", "optional": true},
                                "d": {"column": 3}}}})"))
                           .status()
                           .message());
  };
  CHECK(refusal("x,y,z\n1,2,3\n") == "header: has no column \"a\", \"b\"");
  CHECK(refusal("a,B\n1,2\n") == "header: has no column \"3\"");
  CHECK(refusal("a,b,b\n1,2,3\n") == "header: has two columns \"b\"");
  CHECK(refusal("a,B,z\n1,2,3\n").empty());
}

TEST_CASE("equal rows are one event where the map says so") {
  const Folder folder;
  Shop shop;
  const std::string map = R"({
    "format": "csv", "equal_rows": "same",
    "event": {"type": "t", "source": "s"}})";
  const ImportReport report =
      shop.MustImport(folder.Write("a.csv", "a\n1\n1\n2\n"), OptionsOf(map));
  CHECK(Sums(report) == "3/2/1/0/0/2");
}

TEST_CASE("broken quotes in a cell of JSON: the next row is found") {
  const Folder folder;
  Shop shop;
  const ImportReport report =
      shop.MustImport(folder.Write("a.csv",
                                   "id,data\n"
                                   "1,\"{\"\"ok\"\":1}\"\n"
                                   "2,\"{\"bad\":1}\"\n"
                                   "3,\"{\"\"open\"\":1}\n"
                                   "4,\"{\"\"ok\"\":2}\"\n"
                                   "5,{}\n"
                                   "6,\"{\"\"open\"\":1}\n"),
                      OptionsOf(R"({
        "format": "csv",
        "event": {"type": "t", "source": "s", "id": {"column": "id"},
                  "payload": {"d": {"column": "data", "as": "json"}}}})"));
  CHECK(shop.Ids() == Lines{"1", "4", "5"});
  CHECK(Reasons(report) ==
        Lines{"3 BAD_QUOTES data", "4 BAD_QUOTES data", "7 BAD_QUOTES data"});
}

}  // namespace
}  // namespace crm::ingest
