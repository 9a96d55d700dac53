// Files out: a whole store, beside a replay of the same events.

#include <string>
#include <string_view>
#include <utility>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/stores.h"
#include "crm/export.h"

namespace crm::bench {
namespace {

// What an export has to read, in any case.
Status ReplayAll(Store& store, Figures* figures) {
  Result<Tenant> tenant = store.Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  const StopWatch watch;
  Result<EventCursor> cursor = tenant->Replay({});
  if (!cursor.ok()) return cursor.status();
  EventView event;
  double events = 0;
  for (;;) {
    const Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) break;
    events += 1;
  }
  (*figures)["replay"] = events / watch.seconds();
  return Status::Ok();
}

// To nowhere, so that the disk is not measured.
Status ExportAll(Store& store, bool views, const std::string& name,
                 Figures* figures) {
  const StopWatch watch;
  StoreExportOptions options;
  options.views = views;
  Result<StoreExportReport> report = ExportStore(
      store, [](std::string_view) { return Status::Ok(); }, options);
  if (!report.ok()) return report.status();
  const double seconds = watch.seconds();
  (*figures)["events"] = static_cast<double>(report->events);
  (*figures)[name] = static_cast<double>(report->events) / seconds;
  (*figures)[name + "_mb"] = static_cast<double>(report->bytes) / 1e6 / seconds;
  return Status::Ok();
}

Status Measure(const std::string& path, Figures* figures) {
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  // The first pass warms blocks and keys.
  Status status = ReplayAll(*store, figures);
  if (status.ok()) status = ReplayAll(*store, figures);
  if (status.ok()) status = ExportAll(*store, false, "log", figures);
  if (status.ok()) status = ExportAll(*store, true, "views", figures);
  return status.ok() ? store->Close() : status;
}

Result<Timing> RunExport(const Flags& flags, Results& results) {
  const Result<std::string> store = SharedStore(flags, Of1M100k());
  if (!store.ok()) return store.status();
  const Result<Figures> figures =
      RunInChild([&](Figures* f) { return Measure(*store, f); });
  if (!figures.ok()) return figures.status();
  results.Ratio("export/store/1M_100k/log", figures->at("log"), "events/s",
                "replay, opened, warm", figures->at("replay"), 0.4);
  results.Plain("export/store/1M_100k/log_text", figures->at("log_mb"), "MB/s");
  results.Ratio("export/store/1M_100k/views", figures->at("views"), "events/s",
                "replay, opened, warm", figures->at("replay"), 0.1);
  return Timing{figures->at("events") / figures->at("log"),
                figures->at("events")};
}

}  // namespace

std::vector<Workload> ExportWorkloads() {
  return {{"export/store/1M_100k", "a whole store as NDJSON, to nowhere", false,
           RunExport}};
}

}  // namespace crm::bench
