// Imports of public data sets, whose sums are known. They are not part of the
// source: without $CRM_TEST_DATA or ../shared/data the test is skipped.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "fixture.h"

namespace crm::ingest {
namespace {

// The folder of data sets, or empty.
std::string DataFolder() {
  const char* named = std::getenv("CRM_TEST_DATA");
  std::string folder = named == nullptr ? "" : named;
  if (folder.empty()) folder = CRM_SOURCE_DIR "/../shared/data";
  return std::filesystem::is_directory(folder) ? folder : "";
}

// Path of a data set; empty, with a message, when it is not there.
std::string Find(const std::string& name) {
  const std::string folder = DataFolder();
  const std::string path = folder + "/" + name;
  if (!folder.empty() && std::filesystem::exists(path)) return path;
  MESSAGE("skipped: " << name << " is neither in $CRM_TEST_DATA nor in "
                      << "../shared/data");
  return "";
}

ImportOptions WithMap(const std::string& name) {
  Result<ImportMap> map =
      ImportMap::FromFile(CRM_SOURCE_DIR "/examples/maps/" + name);
  REQUIRE_MESSAGE(map.ok(), map.status().ToString());
  ImportOptions options;
  options.map = *std::move(map);
  return options;
}

// The number behind `name` in a payload, in thousandths; exact.
int64_t Thousandths(std::string_view payload, std::string_view name) {
  const size_t at = payload.find(name);
  REQUIRE(at != std::string_view::npos);
  std::string_view text = payload.substr(at + name.size());
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int64_t value = 0;
  int digits = -1;
  for (char c : text) {
    if (c == '.') {
      digits = 0;
    } else if (c >= '0' && c <= '9') {
      value = value * 10 + (c - '0');
      if (digits >= 0) ++digits;
    } else {
      break;
    }
  }
  REQUIRE(digits <= 3);
  for (int i = digits < 0 ? 0 : digits; i < 3; ++i) value *= 10;
  return negative ? -value : value;
}

// Calls `take` with every payload.
template <typename Take>
void ForEachPayload(Shop* shop, Take take) {
  Result<EventCursor> cursor = shop->tenant().Replay(ReplayQuery());
  REQUIRE(cursor.ok());
  EventView event;
  for (;;) {
    const Result<bool> found = cursor->Next(&event);
    REQUIRE(found.ok());
    if (!*found) return;
    take(event.payload);
  }
}

TEST_CASE("CDNOW: every purchase, to the cent") {
  const std::string path = Find("cdnow/CDNOW_master.txt");
  if (path.empty()) return;
  Shop shop;
  ImportOptions options = WithMap("cdnow.json");
  options.dry_run = true;
  CHECK(Sums(shop.MustImport(path, options)) == "69659/69659/0/0/23570/0");
  options.dry_run = false;
  CHECK(Sums(shop.MustImport(path, options)) == "69659/69659/0/0/23570/0");
  CHECK(Sums(shop.MustImport(path, options)) == "69659/0/69659/0/0/0");
  int64_t sum = 0;
  ForEachPayload(&shop, [&sum](std::string_view payload) {
    sum += Thousandths(payload, "\"amount\":");
  });
  CHECK(sum == 2'500'315'630);
}

TEST_CASE("Online Retail: every line, to a tenth of a penny") {
  const std::string path = Find("online-retail/online_retail.csv.gz");
  if (path.empty()) return;
  Shop shop;
  const ImportOptions options = WithMap("online-retail.json");
  CHECK(Sums(shop.MustImport(path, options)) ==
        "541909/541909/0/0/4372/135080");
  int64_t sum = 0;
  ForEachPayload(&shop, [&sum](std::string_view payload) {
    sum += Thousandths(payload, "\"quantity\":") / 1000 *
           Thousandths(payload, "\"price\":");
  });
  CHECK(sum == 9'747'747'934);
}

// "LINE: MESSAGE" of every bad row.
std::vector<std::string> Reasons(const ImportReport& report) {
  std::vector<std::string> reasons;
  for (const RejectedRow& row : report.rejected_rows) {
    reasons.push_back(std::to_string(row.line) + ": " + row.message);
  }
  return reasons;
}

TEST_CASE("Segment: its specification's messages, each or why not") {
  const std::string path = Find("segment-spec/messages.ndjson");
  if (path.empty()) return;
  Shop shop;
  const ImportOptions options = OptionsOf(ImportFormat::kSegment);
  const ImportReport report = shop.MustImport(path, options);
  CHECK(Sums(report) == "32/27/0/5/4/0");
  const std::string nobody = ": userId: missing, and so is anonymousId";
  CHECK(Reasons(report) ==
        std::vector<std::string>{
            "13: messageId: taken by other content in the same request",
            "14" + nobody, "29" + nobody, "30" + nobody, "31" + nobody});
  CHECK(report.rejected_rows[0].code == StatusCode::kIdConflict);
  // All but two have no time, and so that of the import.
  int imported = 0;
  Result<EventCursor> cursor = shop.tenant().Replay(ReplayQuery());
  EventView event;
  while (*cursor->Next(&event)) {
    if (event.occurred_at == event.recorded_at) ++imported;
  }
  CHECK(imported == 25);
  CHECK(Sums(shop.MustImport(path, options)) == "32/0/27/5/0/0");
}

TEST_CASE("FEBRL: people as contacts, blanks taken off, nothing refused") {
  const std::string path = Find("febrl/dataset1.csv");
  if (path.empty()) return;
  Shop shop;
  const ImportOptions options = OptionsOf(R"({
    "kind": "contacts", "format": "csv", "trim": true,
    "contact": {
      "source": "febrl",
      "identity": {"recId": {"column": "rec_id"}},
      "traits": {"firstName": {"column": "given_name"},
                 "lastName": {"column": "surname"},
                 "postalCode": {"column": "postcode",
                                "policy": "fill_empty"}},
      "ignore": ["soc_sec_id"]}})");
  CHECK(Sums(shop.MustImport(path, options)) == "1000/1000/0/0/1000/0");
  CHECK(Sums(shop.MustImport(path, options)) == "1000/0/1000/0/0/0");
  for (const std::string& event : shop.Events()) {
    CHECK(event.find("soc_sec_id") == std::string::npos);
    CHECK(event.find("\" ") == std::string::npos);
  }
}

TEST_CASE("Segment: what is no message is refused, and does no harm") {
  const std::string folder = Find("segment-spec/malformed");
  if (folder.empty()) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    for (const ImportFormat format :
         {ImportFormat::kSegment, ImportFormat::kCloudEvents,
          ImportFormat::kPostHog}) {
      Shop shop;
      const ImportReport report =
          shop.MustImport(entry.path().string(), OptionsOf(format));
      CHECK(report.read > 0);
      CHECK(report.rejected == report.read);
      CHECK(report.rejected_rows.size() == report.read);
      uint64_t line = 0;
      for (const RejectedRow& row : report.rejected_rows) {
        CHECK(row.code == StatusCode::kMalformed);
        CHECK(row.reason == RejectReason::kBadJson);
        CHECK(row.message.starts_with("event: not "));
        CHECK(row.line > line);
        line = row.line;
      }
    }
  }
  const std::string fragments = Find("segment-spec/fragments.ndjson");
  if (fragments.empty()) return;
  for (const ImportFormat format :
       {ImportFormat::kSegment, ImportFormat::kCloudEvents,
        ImportFormat::kPostHog}) {
    Shop shop;
    const ImportReport report = shop.MustImport(fragments, OptionsOf(format));
    CHECK(Sums(report) == "39/0/0/39/0/0");
  }
}

TEST_CASE("Segment: its messages in the wrong format, each with a reason") {
  const std::string path = Find("segment-spec/messages.ndjson");
  if (path.empty()) return;
  const std::pair<ImportFormat, const char*> reasons[] = {
      {ImportFormat::kNative, "id: "},
      {ImportFormat::kCloudEvents, "specversion: missing"},
      {ImportFormat::kPostHog, "distinct_id: missing"}};
  for (const auto& [format, reason] : reasons) {
    Shop shop;
    const ImportReport report = shop.MustImport(path, OptionsOf(format));
    CHECK(Sums(report) == "32/0/0/32/0/0");
    for (const RejectedRow& row : report.rejected_rows) {
      CHECK(row.message.starts_with(reason));
    }
  }
}

}  // namespace
}  // namespace crm::ingest
