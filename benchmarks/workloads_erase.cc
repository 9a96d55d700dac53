// Erasing one customer of a million: after how long nobody can read her any
// more, and after how long her keys are in no file.

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/child.h"
#include "benchmarks/files.h"
#include "crm/store.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

constexpr size_t kRequest = 500;
constexpr int kErasures = 20;

Status AppendPeople(Tenant& tenant, uint64_t people) {
  AppendOptions options;
  options.durability = Durability::kOs;
  std::vector<Event> events;
  for (uint64_t n = 0; n < people; ++n) {
    Event& event = events.emplace_back();
    event.id = std::to_string(n);
    event.type = "scl.member.updated";
    event.source = "scl";
    event.identifiers = {{"authUserId", "account-" + std::to_string(n)}};
    event.payload = R"({"traits":{"firstName":"Ada","city":"George"}})";
    if (events.size() < kRequest && n + 1 < people) continue;
    const Result<AppendResult> result = tenant.Append(events, options);
    if (!result.ok()) return result.status();
    events.clear();
  }
  return Status::Ok();
}

// Reads her through a snapshot from before, which nothing but the want of her
// key can stop.
class Reader final {
 public:
  Reader(Snapshot snapshot, RecordId record)
      : thread_([this, from = std::move(snapshot), record] {
          ReplayQuery query;
          query.record = record;
          while (from.Replay(query).status().code() != StatusCode::kErased) {
            if (stop_.load()) return;
          }
          seconds_ = watch_.seconds();
        }) {}
  // Since this was made; 0: she could be read to the end.
  double Finish() {
    stop_.store(true);
    thread_.join();
    return seconds_;
  }

 private:
  const StopWatch watch_;
  std::atomic<bool> stop_{false};
  double seconds_ = 0;
  std::thread thread_;
};

Status EraseOne(Tenant& tenant, CustomerId customer, double* unreadable,
                double* gone) {
  Result<Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  const Result<Customer> her = snapshot->GetCustomer(customer);
  if (!her.ok()) return her.status();
  Reader reader(*std::move(snapshot), her->records[0].record);
  const StopWatch watch;
  const Result<ErasureReport> report = tenant.Erase(customer);
  *gone = watch.seconds();
  *unreadable = reader.Finish();
  if (!report.ok()) return report.status();
  if (!report->complete || *unreadable == 0) {
    return Status(StatusCode::kInternal, "an erasure that is not complete");
  }
  return Status::Ok();
}

Status Measure(const std::string& path, uint64_t people, Figures* figures) {
  RemovePath(path);
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  Status status = AppendPeople(*tenant, people);
  if (status.ok()) status = store->Flush();
  examples::Random random(23);
  double unreadable = 0;
  double gone = 0;
  double all = 0;
  for (int i = 0; status.ok() && i < kErasures; ++i) {
    double one = 0;
    double files = 0;
    const CustomerId customer = random.Below(people) + 1;
    if (!tenant->GetCustomer(customer).ok()) continue;  // Was met before.
    status = EraseOne(*tenant, customer, &one, &files);
    unreadable = std::max(unreadable, one);
    gone = std::max(gone, files);
    all += files;
  }
  if (!status.ok()) return status;
  (*figures)["unreadable_ms"] = unreadable * 1e3;
  (*figures)["gone_seconds"] = gone;
  (*figures)["seconds"] = all;
  return store->Close();
}

Result<Timing> RunShred(const Flags& flags, Results& results) {
  const std::string path = ScratchPath(flags, "store_erase");
  const uint64_t people = std::max<uint64_t>(1000, Scaled(flags, 1'000'000));
  const Result<Figures> figures =
      RunInChild([&](Figures* child) { return Measure(path, people, child); });
  RemovePath(path);
  if (!figures.ok()) return figures.status();
  // The slowest of all.
  results.AtMost("erase/shred/unreadable", figures->at("unreadable_ms"), "ms",
                 100);
  results.AtMost("erase/shred/keys_gone_from_files",
                 figures->at("gone_seconds"), "s", 60);
  return Timing{figures->at("seconds"), kErasures};
}

}  // namespace

std::vector<Workload> EraseWorkloads() {
  return {{"erase/shred",
           "single customers of 1 M erased: until nobody can read them, and "
           "until their keys are in no file",
           false, RunShred}};
}

}  // namespace crm::bench
