#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

constexpr char kOrders[] = R"({
  "format": "csv",
  "event": {
    "type": {"when": [{"column": "no", "starts_with": "C", "then": "cancel"},
                      {"column": "kind", "equals": "gift", "then": "gift"}],
             "else": "order"},
    "source": "till",
    "occurred_at": {"column": "day", "format": "%Y-%m-%d"},
    "identity": {"customerId": {"column": "who", "strip_suffix": ".0"}},
    "payload": {
      "no": {"column": "no", "empty": "reject"},
      "price": {"column": "price", "as": "number"},
      "note": {"column": "kind", "empty": "null"},
      "till": {"object": {"place": {"value": "door"}}}
    }
  }
})";

constexpr char kHeader[] = "no,kind,day,who,price\n";

// The payloads, in order.
std::vector<std::string> Payloads(Shop* shop) {
  std::vector<std::string> payloads;
  Result<EventCursor> cursor = shop->tenant().Replay(ReplayQuery());
  REQUIRE(cursor.ok());
  EventView event;
  while (*cursor->Next(&event)) payloads.emplace_back(event.payload);
  return payloads;
}

TEST_CASE("rows of CSV become events as the map says") {
  const Folder folder;
  Shop shop;
  const std::string path =
      folder.Write("a.csv", std::string(kHeader) +
                                "1,gift,2026-02-03,17.0,0.001\r\n"
                                "C2,\"a \"\"b\"\",\nc\",2026-02-04,17,12.00\r\n"
                                "3,,2026-02-05,,\r\n");
  CHECK(Sums(shop.MustImport(path, OptionsOf(kOrders))) == "3/3/0/0/1/1");
  Result<EventCursor> cursor = shop.tenant().Replay(ReplayQuery());
  EventView event;
  REQUIRE(*cursor->Next(&event));
  CHECK(event.type == "gift");
  CHECK(event.source == "till");
  CHECK(event.customer == 1);
  CHECK(event.occurred_at.time_since_epoch().count() == 1770076800000000);
  CHECK(event.payload ==
        R"({"no":"1","price":0.001,"note":"gift","till":{"place":"door"}})");
  REQUIRE(*cursor->Next(&event));
  CHECK(event.type == "cancel");
  CHECK(event.customer == 1);
  CHECK(event.payload == R"({"no":"C2","price":12.00,"note":"a \"b\",\nc",)"
                         R"("till":{"place":"door"}})");
  REQUIRE(*cursor->Next(&event));
  CHECK(event.record == 0);
  CHECK(event.payload == R"({"no":"3","note":null,"till":{"place":"door"}})");
}

TEST_CASE("rows that do not fit are reported with their line") {
  const Folder folder;
  Shop shop;
  const std::string path =
      folder.Write("a.csv", std::string(kHeader) +
                                "1,x,2026-02-03,1,1\n"
                                "2,x,2026-02-03,1\n"
                                "3,\"x\ny\"z,2026-02-03,1,1\n"
                                "4,x,03.02.2026,1,1\n"
                                "5,x,2026-02-03,1,1.2.3\n"
                                ",x,2026-02-03,1,1\n"
                                "7,x,2026-02-03,1,1\n"
                                "8,\"x,2026-02-03,1,1\n");
  const ImportReport report = shop.MustImport(path, OptionsOf(kOrders));
  CHECK(Sums(report) == "9/2/0/7/1/0");
  std::vector<std::string> shown;
  for (const RejectedRow& row : report.rejected_rows) {
    shown.push_back(std::to_string(row.line) + " " + row.message);
  }
  CHECK(shown == std::vector<std::string>{
                     "3 the row has 4 fields, 5 are expected",
                     "4 field 2: the quote is never closed",
                     "5 field 1: a quote inside it, behind a row with broken "
                     "quotes",
                     "6 column \"day\": does not match the date format at %Y",
                     "7 column \"price\": is no number",
                     "8 column \"no\": is empty",
                     "10 field 2: the quote is never closed"});
}

TEST_CASE(
    "importing twice changes nothing, equal rows are events of their own") {
  const Folder folder;
  Shop shop;
  const std::string row = "1,x,2026-02-03,1,5\n";
  const std::string path =
      folder.Write("a.csv", kHeader + row + row + "2,x,2026-02-03,1,5\n" + row);
  ImportOptions options = OptionsOf(kOrders);
  CHECK(Sums(shop.MustImport(path, options)) == "4/4/0/0/1/0");
  CHECK(Sums(shop.MustImport(path, options)) == "4/0/4/0/0/0");
  // The same rows with other line ends, in another order, and one more.
  std::string other = "2,x,2026-02-03,1,5\r\n1,x,2026-02-03,1,5\r\n";
  for (int i = 0; i < 3; ++i) other += "1,x,2026-02-03,1,5\r\n";
  const std::string moved = folder.Write("b.csv", kHeader + other);
  CHECK(Sums(shop.MustImport(moved, options)) == "5/1/4/0/0/0");
  options.batch = "shop two";
  CHECK(Sums(shop.MustImport(path, options)) == "4/4/0/0/0/0");
  CHECK(Sums(shop.MustImport(path, options)) == "4/0/4/0/0/0");
}

TEST_CASE("the id of a row never changes") {
  const Folder folder;
  Shop shop;
  const std::string path = folder.Write("a.csv", std::string(kHeader) +
                                                     "1,x,2026-02-03,1,5\n"
                                                     "1,x,2026-02-03,1,5\n");
  shop.MustImport(path, OptionsOf(kOrders));
  CHECK(shop.Ids() ==
        std::vector<std::string>{"8fd3aad8cbd71849e9a29fc22edae7c7",
                                 "7c96f21effc9f137dbd336332af8f81b"});
}

TEST_CASE("a file that was continued adds what is new") {
  const Folder folder;
  Shop shop;
  std::string text = kHeader;
  for (int i = 0; i < 3000; ++i) {
    text += std::to_string(i % 500) + ",x,2026-02-03," +
            std::to_string(i % 90) + ",5\n";
  }
  const ImportOptions options = OptionsOf(kOrders);
  CHECK(shop.MustImport(folder.Write("a.csv", text), options).appended == 3000);
  for (int i = 0; i < 10; ++i) text += "1,x,2026-02-03,1,5\n";
  const ImportReport report =
      shop.MustImport(folder.Write("a.csv", text), options);
  CHECK(Sums(report) == "3010/10/3000/0/0/0");
}

TEST_CASE("the header has to fit the map") {
  const Folder folder;
  Shop shop;
  const auto message = [&](const std::string& text, const std::string& map) {
    return std::string(shop.Import(folder.Write("a.csv", text), OptionsOf(map))
                           .status()
                           .message());
  };
  CHECK(message("no,kind\n1,2\n", kOrders) ==
        "header: has no column \"day\", \"who\", \"price\"");
  CHECK(message("no,no,kind,day,who,price\n", kOrders) ==
        "header: has two columns \"no\"");
  CHECK(message("a,c\n", R"({"format":"csv","columns":["a","b"],
      "event":{"type":"t","source":"s"}})") ==
        "header: is not what \"columns\" of the map says");
  CHECK(message("\"a,c\n", R"({"format":"csv",
      "event":{"type":"t","source":"s"}})") ==
        "header: a quote is never closed");
  CHECK(message("a\n1\n", R"({"format":"csv","event":{"type":"t"}})") ==
        "source: neither the map nor the options name one");
  CHECK(message("", kOrders).empty());
  CHECK(message(kHeader, kOrders).empty());
}

TEST_CASE("other delimiters, no header, lines to skip, latin letters") {
  const Folder folder;
  Shop shop;
  const std::string map = R"({
    "format": "csv", "delimiter": ";", "quote": "'", "header": false,
    "skip_lines": 2, "columns": ["id", "name"], "encoding": "latin-1",
    "trim": true, "nulls": ["NULL"],
    "event": {"type": "t", "source": "s", "id": {"column": "id"},
              "payload": {"name": {"column": "name"}}}})";
  const std::string path = folder.Write(
      "a.csv", "made by 'x\n\n1; Jos\xe9 \n2 ; 'a;''b' \n3;NULL\n;x\n");
  const ImportReport report = shop.MustImport(path, OptionsOf(map));
  CHECK(Sums(report) == "4/3/0/1/0/3");
  CHECK(report.rejected_rows[0].line == 6);
  CHECK(report.rejected_rows[0].message == "column \"id\": is empty");
  CHECK(Payloads(&shop) ==
        std::vector<std::string>{"{\"name\":\"Jos\xc3\xa9\"}",
                                 "{\"name\":\"a;'b\"}", "{}"});
  CHECK(shop.Ids() == std::vector<std::string>{"1", "2", "3"});
}

TEST_CASE("columns of fixed width") {
  const Folder folder;
  Shop shop;
  const std::string map = R"({
    "format": "fixed",
    "columns": [{"name": "who", "start": 0, "width": 4},
                {"name": "amount", "start": 4, "width": 6},
                {"name": "note", "start": 11}],
    "event": {"type": "t", "source": "s",
              "identity": {"customerId": {"column": "who"}},
              "payload": {"amount": {"column": "amount", "as": "number"},
                          "note": {"column": "note"}}}})";
  const std::string path = folder.Write(
      "a.txt", "0001  1.50 first one \r\n0002 12.00\r\n0001 12.0\r\n");
  const ImportReport report = shop.MustImport(path, OptionsOf(map));
  CHECK(Sums(report) == "3/2/0/1/2/0");
  CHECK(report.rejected_rows[0].message == "field 2: the line ends inside it");
  CHECK(Payloads(&shop) ==
        std::vector<std::string>{R"({"amount":1.50,"note":"first one"})",
                                 R"({"amount":12.00})"});
}

TEST_CASE("values are read as the map says, or rejected") {
  const Folder folder;
  Shop shop;
  const std::string map = R"({
    "format": "csv", "header": false, "columns": ["i", "b", "j", "n"],
    "delimiter": "|", "quote": "",
    "event": {"type": "t", "source": "s", "payload": {
      "i": {"column": "i", "as": "integer"},
      "b": {"column": "b", "as": "boolean"},
      "j": {"column": "j", "as": "json"},
      "n": {"column": "n", "as": "number", "normalise": true}}}})";
  const std::string path = folder.Write("a.txt",
                                        " 7 |Yes|{\"a\": [1]}|+007.50\n"
                                        "7.5|||\n"
                                        "|maybe||\n"
                                        "||1,\"x\":2|\n"
                                        "|||1,5\n"
                                        "|0|\"q\"|\n");
  const ImportReport report = shop.MustImport(path, OptionsOf(map));
  CHECK(Sums(report) == "6/2/0/4/0/2");
  CHECK(report.rejected_rows[0].message == "column \"i\": is no integer");
  CHECK(report.rejected_rows[1].message == "column \"b\": is no boolean");
  CHECK(report.rejected_rows[2].message == "column \"j\": is no JSON value");
  CHECK(report.rejected_rows[3].message == "column \"n\": is no number");
  CHECK(Payloads(&shop) ==
        std::vector<std::string>{R"({"i":7,"b":true,"j":{"a":[1]},"n":7.50})",
                                 R"({"b":false,"j":"q"})"});
}

}  // namespace
}  // namespace crm::ingest
