// Who is it? Looking identifiers up, beside a look-up in RocksDB alone.

#include <algorithm>
#include <chrono>
#include <functional>
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
constexpr uint64_t kResolved = 200'000;
constexpr uint64_t kCold = 20'000;

std::string Account(uint64_t n) { return "account-" + std::to_string(n); }

std::vector<Identifier> HintsOf(uint64_t n) {
  return {{"authUserId", Account(n)},
          {"email", "person" + std::to_string(n) + "@example.com"}};
}

// `count` events, each of the person that `next` names.
Status AppendEvents(const Tenant& opened, const std::string& prefix,
                    uint64_t count, bool with_hints,
                    const std::function<uint64_t(uint64_t)>& next) {
  Tenant tenant = opened;
  std::vector<Event> events;
  for (uint64_t n = 0; n < count; ++n) {
    Event event;
    event.id = prefix + std::to_string(n);
    event.type = "scl.member.created";
    event.source = "scl";
    if (with_hints) event.identifiers = HintsOf(next(n));
    events.push_back(std::move(event));
    if (events.size() < kRequest && n + 1 < count) continue;
    AppendOptions options;
    options.durability = Durability::kOs;
    const Result<AppendResult> result = tenant.Append(events, options);
    if (!result.ok()) return result.status();
    events.clear();
  }
  return Status::Ok();
}

Status WritePeople(const Tenant& tenant, uint64_t people) {
  return AppendEvents(tenant, "e", people, true, [](uint64_t n) { return n; });
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

// Nanoseconds that looking up all hints of an event takes, in the middle.
Result<double> MedianHints(const Tenant& tenant, uint64_t people,
                           uint64_t count, examples::Random& random) {
  std::vector<double> times;
  times.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::vector<Identifier> hints = HintsOf(random.Below(people));
    const StopWatch watch;
    for (const Identifier& hint : hints) {
      const Result<LookupResult> found = tenant.Lookup({&hint, 1});
      if (!found.ok()) return found.status();
    }
    times.push_back(watch.seconds() * 1e9);
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2,
                   times.end());
  return times[times.size() / 2];
}

// Microseconds for each event of known people, or the same of nobody.
Status TimeAppends(Store& store, const Tenant& tenant, uint64_t people,
                   bool with_hints, Figures* figures) {
  const std::string name = with_hints ? "known" : "nobody";
  examples::Random random(13);
  const Result<StoreStats> before = store.GetStats();
  if (!before.ok()) return before.status();
  const StopWatch watch;
  Status status = AppendEvents(tenant, name, kResolved, with_hints,
                               [&](uint64_t) { return random.Below(people); });
  const double seconds = watch.seconds();
  if (!status.ok()) return status;
  const Result<StoreStats> after = store.GetStats();
  if (!after.ok()) return after.status();
  const auto events = static_cast<double>(kResolved);
  (*figures)[name + "_us"] = seconds * 1e6 / events;
  (*figures)[name + "_stages_us"] =
      static_cast<double>(after->prepare_ns - before->prepare_ns +
                          after->sequence_ns - before->sequence_ns) /
      1000 / events;
  return status;
}

Status MeasureResolve(const std::string& path, uint64_t people,
                      Figures* figures) {
  RemovePath(path);
  {
    Result<Store> store = Store::Open(path, MakeOptions());
    if (!store.ok()) return store.status();
    {
      Result<Tenant> tenant = store->Tenant(kTenant);
      if (!tenant.ok()) return tenant.status();
      Status status = WritePeople(*tenant, people);
      if (status.ok()) status = store->Flush();
      for (const bool with_hints : {true, false}) {
        if (!status.ok()) return status;
        status = TimeAppends(*store, *tenant, people, with_hints, figures);
      }
      if (!status.ok()) return status;
      examples::Random random(17);
      const Result<double> resident =
          MedianHints(*tenant, people, kResolved, random);
      if (!resident.ok()) return resident.status();
      (*figures)["resident_ns"] = *resident;
    }
    Status closed = store->Close();
    if (!closed.ok()) return closed;
  }
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  {
    Result<Tenant> tenant = store->Tenant(kTenant);
    if (!tenant.ok()) return tenant.status();
    examples::Random random(19);
    const Result<double> cold = MedianHints(*tenant, people, kCold, random);
    if (!cold.ok()) return cold.status();
    (*figures)["cold_ns"] = *cold;
  }
  return store->Close();
}

Result<Timing> RunResolve(const Flags& flags, Results& results) {
  const uint64_t people =
      std::max<uint64_t>(kHot, static_cast<uint64_t>(1'000'000 * flags.scale));
  const std::string path = ScratchPath(flags, "store_resolve");
  const Result<Figures> ours = RunInChild(
      [&](Figures* child) { return MeasureResolve(path, people, child); });
  RemovePath(path);
  if (!ours.ok()) return ours.status();
  const double append = ours->at("known_us");
  Measurement resolve;
  resolve.name = "identity/resolve/resident";
  resolve.value = ours->at("resident_ns") / 1000;
  resolve.unit = "us/event";
  resolve.comparator = "appending the same events, one thread";
  resolve.comparator_value = append;
  resolve.kind = Goal::kAtMost;
  resolve.goal = 0.25;
  results.Add(resolve);
  results.Plain("identity/resolve/cold", ours->at("cold_ns") / 1000,
                "us/event");
  results.Plain("identity/resolve/of_a_person",
                ours->at("known_stages_us") - ours->at("nobody_stages_us"),
                "us/event");
  return Timing{append * 1e-6 * static_cast<double>(kResolved),
                static_cast<double>(kResolved)};
}

}  // namespace

std::vector<Workload> IdentityWorkloads() {
  return {{"identity/lookup",
           "one identifier of 2 M, warm, beside a Get of RocksDB", false,
           RunLookup},
          {"identity/resolve",
           "all hints of an event, beside appending it; resident and cold",
           false, RunResolve}};
}

}  // namespace crm::bench
