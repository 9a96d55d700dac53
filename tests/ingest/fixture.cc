#include "fixture.h"

#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>

namespace crm::ingest {
namespace {

Store OpenStore() {
  Result<Store> store = Store::OpenInMemory();
  REQUIRE_MESSAGE(store.ok(), store.status().ToString());
  return *std::move(store);
}

Tenant OpenTenant(Store* store) {
  Result<Tenant> tenant = store->Tenant("default");
  REQUIRE_MESSAGE(tenant.ok(), tenant.status().ToString());
  return *std::move(tenant);
}

}  // namespace

Folder::Folder() {
  static std::atomic<int> number{0};
  path_ = (std::filesystem::temp_directory_path() /
           ("crm-ingest-" + std::to_string(::getpid()) + "-" +
            std::to_string(++number)))
              .string();
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::Write(const std::string& name,
                          std::string_view content) const {
  std::ofstream file(Path(name), std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  REQUIRE(file.good());
  return Path(name);
}

std::string Gzip(std::string_view content) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, content.size()) + 64, '\0');
  std::string in(content);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Shop::Shop() : store_(OpenStore()), tenant_(OpenTenant(&store_)) {}

Result<ImportReport> Shop::Import(const std::string& path,
                                  const ImportOptions& options) {
  return ImportFile(tenant_, path, options);
}

ImportReport Shop::MustImport(const std::string& path,
                              const ImportOptions& options) {
  Result<ImportReport> report = Import(path, options);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  return *std::move(report);
}

std::vector<std::string> Shop::Events() {
  std::vector<std::string> events;
  Result<EventCursor> cursor = tenant_.Replay(ReplayQuery());
  REQUIRE(cursor.ok());
  EventView event;
  for (;;) {
    const Result<bool> found = cursor->Next(&event);
    REQUIRE(found.ok());
    if (!*found) return events;
    events.push_back(EventToJson(event, "default"));
  }
}

std::vector<std::string> Shop::Ids() {
  std::vector<std::string> ids;
  Result<EventCursor> cursor = tenant_.Replay(ReplayQuery());
  REQUIRE(cursor.ok());
  EventView event;
  for (;;) {
    const Result<bool> found = cursor->Next(&event);
    REQUIRE(found.ok());
    if (!*found) return ids;
    ids.emplace_back(event.id);
  }
}

std::vector<std::string> Shop::Traits(const std::string& email) {
  const Result<CustomerId> customer =
      tenant_.FindCustomer({.name_space = "email", .value = email});
  REQUIRE_MESSAGE(customer.ok(), customer.status().ToString());
  const Result<Profile> profile = tenant_.GetProfile(*customer);
  REQUIRE_MESSAGE(profile.ok(), profile.status().ToString());
  std::vector<std::string> traits;
  for (const Trait& trait : profile->traits) {
    traits.push_back(trait.name + "=" + trait.value);
  }
  return traits;
}

ImportMap MapOf(const std::string& json) {
  Result<ImportMap> map = ImportMap::FromJson(json);
  REQUIRE_MESSAGE(map.ok(), map.status().ToString());
  return *std::move(map);
}

ImportOptions OptionsOf(const std::string& map) {
  ImportOptions options;
  options.map = MapOf(map);
  return options;
}

ImportOptions OptionsOf(ImportFormat format) {
  ImportOptions options;
  options.format = format;
  options.source = "site";
  return options;
}

std::string Imported(ImportFormat format, std::string_view content) {
  const Folder folder;
  Shop shop;
  const ImportReport report =
      shop.MustImport(folder.Write("messages", content), OptionsOf(format));
  std::string text;
  for (const std::string& event : shop.Events()) text += event + "\n";
  for (const RejectedRow& row : report.rejected_rows) {
    text += std::to_string(row.line) + " " +
            std::string(StatusCodeName(row.code)) + ": " + row.message + "\n";
  }
  return text;
}

std::vector<std::string> Reasons(const ImportReport& report) {
  std::vector<std::string> reasons;
  for (const RejectedRow& row : report.rejected_rows) {
    reasons.push_back(std::to_string(row.line) + " " +
                      std::string(RejectReasonName(row.reason)) + " " +
                      row.column);
  }
  return reasons;
}

std::string Sums(const ImportReport& report) {
  return std::to_string(report.read) + "/" + std::to_string(report.appended) +
         "/" + std::to_string(report.duplicates) + "/" +
         std::to_string(report.rejected) + "/" +
         std::to_string(report.customers_created) + "/" +
         std::to_string(report.unattributed);
}

std::string Events(int first, int count, int customers) {
  std::string text;
  for (int i = first; i < first + count; ++i) {
    text += R"({"id":"e)" + std::to_string(i) +
            R"(","type":"visit","source":"web","timestamp":)"
            R"("2026-01-01T00:00:00Z")";
    if (i % 7 != 0) {
      text += R"(,"identity":{"customerId":"c)" +
              std::to_string(i % customers) + "\"}";
    }
    text += R"(,"payload":{"n":)" + std::to_string(i) + "}}\n";
  }
  return text;
}

}  // namespace crm::ingest
