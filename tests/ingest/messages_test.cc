// How messages of other systems lie in a file.

#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

std::string Track(int number) {
  return R"({"messageId":"m)" + std::to_string(number) +
         R"(","type":"track","event":"x","userId":"u)" +
         std::to_string(number % 10) + "\"}";
}

std::string Joined(int first, int count, const std::string& between) {
  std::string text;
  for (int i = first; i < first + count; ++i) {
    if (i > first) text += between;
    text += Track(i);
  }
  return text;
}

TEST_CASE("messages: lines, arrays, batches and objects over several lines") {
  const Folder folder;
  const ImportOptions options = OptionsOf(ImportFormat::kSegment);
  const std::string list = Joined(0, 30, ",\n");
  std::string spread = Joined(0, 30, "\n");
  for (size_t at = 0; (at = spread.find(",\"", at)) != std::string::npos;) {
    spread.replace(at, 1, "\n,\n\n");
    at += 4;
  }
  const std::string files[] = {
      Joined(0, 30, "\n"),
      "[" + list + "]",
      "{\"batch\":[" + Joined(0, 10, ",") + "]}\n" + Joined(10, 10, "\n") +
          "\n{\"batch\":[]}\n{\"sentAt\":\"2026-01-01T00:00:00Z\",\"batch\":[" +
          Joined(20, 10, ",") + "]}\n",
      "{\n  \"batch\": [\n" + list + "\n]\n}\n",
      "[{\"batch\":[" + list + "]}]",
      spread,
  };
  for (const std::string& file : files) {
    Shop shop;
    CHECK(Sums(shop.MustImport(folder.Write("a", file), options)) ==
          "30/30/0/0/10/0");
    CHECK(Sums(shop.MustImport(folder.Write("a.gz", Gzip(file)), options)) ==
          "30/0/30/0/0/0");
  }
}

TEST_CASE("messages: what a batch says of all of them") {
  const std::string text = Imported(
      ImportFormat::kSegment,
      R"({"writeKey":"k","sentAt":"2020-01-01T00:00:01Z","context":{"ip":1.0},)"
      R"("batch":[{"messageId":"a","type":"track","event":"x","userId":"u",)"
      R"("originalTimestamp":"2020-01-01T00:00:00Z","receivedAt":)"
      R"("2026-01-01T00:00:01Z"}]})");
  CHECK(text ==
        R"({"id":"a","type":"x","version":"1.0","timestamp":)"
        R"("2026-01-01T00:00:00.000000Z","tenantId":"default","source":"site",)"
        R"("identity":{"authUserId":"u"},"payload":{},"metadata":{"type":)"
        R"("track","originalTimestamp":"2020-01-01T00:00:00Z","receivedAt":)"
        R"("2026-01-01T00:00:01Z","batch":{"context":{"ip":1.0}}}})"
        "\n");
}

TEST_CASE("messages: bad ones of a batch are found by their line") {
  CHECK(Imported(ImportFormat::kSegment,
                 "\n{\n\"batch\":\n[\n{\"type\":1},\n\n7,,\n\"x\"\n{}]}") ==
        "5 INVALID_ARGUMENT: type: not a string (message 1 of its batch)\n"
        "7 MALFORMED: event: not a JSON object (message 2 of its batch)\n"
        "7 MALFORMED: array: an element is missing (message 3 of its batch)\n"
        "8 MALFORMED: event: not a JSON object (message 4 of its batch)\n"
        "9 MALFORMED: array: no comma before this element (message 5 of its "
        "batch)\n");
  // A bad line does not take the next ones with it.
  CHECK(Imported(ImportFormat::kSegment,
                 "{\"type\":\n" + Track(1) + "\n{\"batch\":[\n")
            .find("\"id\":\"m1\"") != std::string::npos);
}

TEST_CASE("messages: ids that are made count equal messages only") {
  const Folder folder;
  Shop shop;
  // A messageId further in is none.
  const std::string without = R"({"type":"track","event":"x","userId":"u",)"
                              R"("properties":{"messageId":"m"}})";
  const std::string null =
      R"({"type":"track","event":"x","userId":"u","messageId":null})";
  const std::string path = folder.Write(
      "a", without + "\n" + null + "\n" + without + "\n" + null + "\n" +
               Track(1) + "\n{\"batch\":[" + without + "]}\n");
  const ImportOptions options = OptionsOf(ImportFormat::kSegment);
  CHECK(Sums(shop.MustImport(path, options)) == "6/6/0/0/2/0");
  CHECK(Sums(shop.MustImport(path, options)) == "6/0/6/0/0/0");
}

TEST_CASE("messages: a member called batch is no batch") {
  const std::string text =
      Imported(ImportFormat::kSegment,
               R"({"type":"track","event":"x","userId":"u","batch":[1]})");
  CHECK(text.find(R"("batch":[1])") != std::string::npos);
  CHECK(Imported(ImportFormat::kCloudEvents, "{\"batch\":5}") ==
        "1 INVALID_ARGUMENT: specversion: missing\n");
}

TEST_CASE("messages: batches of any size, cut off and resumed") {
  const Folder folder;
  std::string file;
  for (int i = 0; i < 5; ++i) {
    file += "{\"batch\":[" + Joined(i * 1500, 1500, ",") + "," + Track(7) +
            ",{}]}\n" + Track(100'000 + i) + "\n";
  }
  const std::string path = folder.Write("a", file);
  ImportOptions options = OptionsOf(ImportFormat::kSegment);
  Shop whole;
  const ImportReport expected = whole.MustImport(path, options);
  CHECK(Sums(expected) == "7515/7505/5/5/10/0");
  Shop shop;
  for (int batches : {3, 6}) {
    int left = batches;
    options.progress = [&left](const ImportProgress&) { return --left > 0; };
    CHECK(shop.Import(path, options).status().code() == StatusCode::kCancelled);
  }
  options.progress = nullptr;
  const ImportReport report = shop.MustImport(path, options);
  CHECK(report.resumed_rows > 0);
  CHECK(Sums(report) == Sums(expected));
  std::vector<std::string> a = whole.Ids();
  std::vector<std::string> b = shop.Ids();
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  CHECK(a == b);
}

TEST_CASE("messages: dry run and strict as for all files") {
  const Folder folder;
  Shop shop;
  ImportOptions options = OptionsOf(ImportFormat::kSegment);
  const std::string path =
      folder.Write("a", "{\"batch\":[" + Track(1) + ",{}]}");
  options.dry_run = true;
  CHECK(Sums(shop.MustImport(path, options)) == "2/1/0/1/1/0");
  options.dry_run = false;
  options.strict = true;
  CHECK(shop.Import(path, options)
            .status()
            .message()
            .find("line 1 (type: missing (message 2 of its batch))") !=
        std::string_view::npos);
  CHECK(shop.Events().empty());
}

TEST_CASE("messages: options that do not go together") {
  const Folder folder;
  Shop shop;
  const std::string path = folder.Write("a", Track(1));
  ImportOptions options;
  options.format = ImportFormat::kSegment;
  CHECK(shop.Import(path, options).status().message() ==
        "source: messages of this format name none");
  options.source = "s";
  options.map = MapOf(R"({"format":"csv","event":{"type":"t","source":"s"}})");
  CHECK(shop.Import(path, options).status().message() ==
        "format: a map goes with the native format only");
  options.map.reset();
  options.format = static_cast<ImportFormat>(9);
  CHECK(shop.Import(path, options).status().code() ==
        StatusCode::kInvalidArgument);
  // Nothing is guessed: events are not messages, nor the other way round.
  CHECK(Imported(ImportFormat::kNative, Track(1)) ==
        "1 INVALID_ARGUMENT: id: missing\n");
  CHECK(
      Imported(ImportFormat::kSegment, R"({"id":"1","type":"t","source":"s"})")
          .starts_with("1 INVALID_ARGUMENT: type: not one of"));
}

TEST_CASE("types of events that mean the same have one name") {
  CHECK(CanonicalEventType("CustomerPreferencesUpdated") ==
        "PreferencesUpdated");
  CHECK(CanonicalEventType("EmailSent") == "MessageSent");
  for (const char* type : {"scl.member.created", "CustomerCreated",
                           "CustomerProfileCreatedEvent"}) {
    CHECK(CanonicalEventType(type) == "CustomerCreated");
  }
  for (const char* type : {"", "A", "emailsent", "order.placed", "zz"}) {
    CHECK(CanonicalEventType(type) == type);
  }
}

}  // namespace
}  // namespace crm::ingest
