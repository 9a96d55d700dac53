#include "export_fixture.h"

#include <chrono>
#include <memory>
#include <utility>

#include "ingest/export_lines.h"

namespace crm::ingest {
namespace {

// A clock that goes on by itself: a second for each look at it.
class Ticking final : public Clock {
 public:
  explicit Ticking(int64_t begin) : seconds_(begin) {}
  Timestamp Now() override {
    return Timestamp(std::chrono::seconds(seconds_++));
  }

 private:
  int64_t seconds_;
};

}  // namespace

Store NewStore(int64_t clock, const std::string& region) {
  StoreOptions options;
  options.clock = std::make_shared<Ticking>(clock);
  options.default_region = region;
  Result<Store> store = Store::OpenInMemory(options);
  REQUIRE_MESSAGE(store.ok(), store.status().ToString());
  return *std::move(store);
}

Tenant TenantOf(Store& store, std::string_view name) {
  Result<Tenant> tenant = store.Tenant(name);
  REQUIRE(tenant.ok());
  return *std::move(tenant);
}

void Append(Store& store, std::string_view tenant,
            const std::vector<std::string>& events, bool backfill) {
  std::vector<std::string_view> views(events.begin(), events.end());
  AppendOptions options;
  options.ignore_tenant = true;
  options.backfill = backfill;
  Result<AppendResult> result =
      TenantOf(store, tenant).AppendJson(views, options);
  REQUIRE_MESSAGE(result.ok(), result.status().ToString());
}

std::string Exported(Store& store, const StoreExportOptions& options) {
  std::string text;
  Result<StoreExportReport> report = ExportStore(
      store,
      [&](std::string_view piece) {
        text.append(piece);
        return Status::Ok();
      },
      options);
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CHECK(report->bytes == text.size());
  return text;
}

void CheckSame(const StoreImportReport& report) {
  for (const StoreDifference& difference : report.differences) {
    MESSAGE(difference.tenant << " line " << difference.line << ": "
                              << difference.what);
  }
  CHECK(report.identical());
  CHECK(report.differences_total == 0);
}

Status Refused(const std::string& text) {
  // Stays empty; never destroyed, since it would be so too late.
  static Store& store = *new Store(NewStore(1'700'000'000));
  Folder folder;
  Result<StoreImportReport> report =
      ImportStore(store, folder.Write("s", text));
  CHECK_FALSE(report.ok());
  CHECK(store.GetStats()->events == 0);
  CHECK(report.status().message().find("nothing was appended") !=
        std::string_view::npos);
  return report.status();
}

std::string Rewritten(const std::string& text, size_t line,
                      const std::function<void(std::string*)>& change) {
  CheckChain chain;
  std::string out;
  size_t n = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    std::string body = text.substr(at, end - at);
    body.resize(body.rfind(",\"check\":"));
    if (++n == line) change(&body);
    chain.Close(&body);
    out += body;
    at = end + 1;
  }
  return out;
}

void Replace(std::string* text, const std::string& from,
             const std::string& to) {
  const size_t at = text->find(from);
  REQUIRE(at != std::string::npos);
  text->replace(at, from.size(), to);
}

void CheckRefused(const std::string& text,
                  std::span<const LineChange> changes) {
  for (const LineChange& change : changes) {
    CAPTURE(change.from);
    CAPTURE(change.to);
    const Status status =
        Refused(Rewritten(text, change.line, [&](std::string* line) {
          Replace(line, change.from, change.to);
        }));
    CAPTURE(status.message());
    CHECK(status.code() == change.code);
    // The header speaks of the whole file.
    CHECK((change.line == 1 ||
           status.message().find("line ") != std::string_view::npos));
  }
}

}  // namespace crm::ingest
