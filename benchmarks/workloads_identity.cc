// Who is it? Looking identifiers up, beside a look-up in RocksDB alone.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/files.h"
#include "benchmarks/raw_rocksdb.h"
#include "crm/store.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

constexpr uint64_t kIdentifiersOfOne = 2;
constexpr size_t kRequest = 500;
constexpr uint64_t kLookups = 200'000;
constexpr uint64_t kHot = 1'000;

std::string Account(uint64_t n) { return "account-" + std::to_string(n); }

Status WritePeople(const Tenant& opened, uint64_t people) {
  Tenant tenant = opened;
  std::vector<Event> events;
  for (uint64_t n = 0; n < people; ++n) {
    Event event;
    event.id = "e" + std::to_string(n);
    event.type = "scl.member.created";
    event.source = "scl";
    event.identifiers = {
        {"authUserId", Account(n)},
        {"email", "person" + std::to_string(n) + "@example.com"}};
    events.push_back(std::move(event));
    if (events.size() < kRequest && n + 1 < people) continue;
    AppendOptions options;
    options.durability = Durability::kOs;
    const Result<AppendResult> result = tenant.Append(events, options);
    if (!result.ok()) return result.status();
    events.clear();
  }
  return Status::Ok();
}

// Half of `kLookups` calls take no longer than this, in nanoseconds.
Result<double> MedianLookup(const Tenant& tenant, uint64_t people) {
  examples::Random random(11);
  std::vector<double> times;
  times.reserve(kLookups);
  Identifier identifier{"authUserId", {}};
  for (uint64_t i = 0; i < 2 * kLookups; ++i) {
    identifier.value = Account(random.Below(people));
    const StopWatch watch;
    const Result<LookupResult> found = tenant.Lookup({&identifier, 1});
    const double seconds = watch.seconds();
    if (!found.ok()) return found.status();
    // The first half warms.
    if (i >= kLookups) times.push_back(seconds * 1e9);
  }
  std::nth_element(times.begin(), times.begin() + kLookups / 2, times.end());
  return times[kLookups / 2];
}

Status MeasureLookups(const std::string& path, uint64_t people,
                      Figures* figures) {
  RemovePath(path);
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Status status = Status::Ok();
  {
    Result<Tenant> tenant = store->Tenant(kTenant);
    if (!tenant.ok()) return tenant.status();
    status = WritePeople(*tenant, people);
    if (status.ok()) status = store->Flush();
    if (!status.ok()) return status;
    const Result<double> all = MedianLookup(*tenant, people);
    if (!all.ok()) return all.status();
    const Result<double> hot = MedianLookup(*tenant, kHot);
    if (!hot.ok()) return hot.status();
    (*figures)["all_ns"] = *all;
    (*figures)["hot_ns"] = *hot;
  }
  return store->Close();
}

Result<Timing> RunLookup(const Flags& flags, Results& results) {
  const uint64_t people =
      std::max<uint64_t>(kHot, static_cast<uint64_t>(1'000'000 * flags.scale));
  const std::string path = ScratchPath(flags, "store_lookup");
  const Result<Figures> ours = RunInChild(
      [&](Figures* child) { return MeasureLookups(path, people, child); });
  RemovePath(path);
  if (!ours.ok()) return ours.status();
  const Result<Figures> raw = RunInChild([&](Figures* child) {
    return RawGets(path, people * kIdentifiersOfOne, kLookups, child);
  });
  RemovePath(path);
  if (!raw.ok()) return raw.status();
  Measurement lookup;
  lookup.name = "identity/lookup/p50";
  lookup.value = ours->at("all_ns");
  lookup.unit = "ns";
  lookup.comparator = RawGetsOptions();
  lookup.comparator_value = raw->at("get_ns");
  lookup.kind = Goal::kAtMost;
  lookup.goal = 1.5;
  results.Add(lookup);
  results.AtMost("identity/lookup_hot/p50", ours->at("hot_ns"), "ns", 1000);
  return Timing{ours->at("all_ns") * 1e-9 * static_cast<double>(kLookups),
                static_cast<double>(kLookups)};
}

}  // namespace

std::vector<Workload> IdentityWorkloads() {
  return {{"identity/lookup",
           "one identifier of 2 M, warm, beside a Get of RocksDB", false,
           RunLookup}};
}

}  // namespace crm::bench
