// Single calls on a small store in memory.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/bench.h"
#include "crm/store.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

using examples::EventGenerator;
using examples::Random;
using examples::StreamShape;

constexpr uint64_t kEvents = 20'000;
constexpr uint64_t kCustomers = 2'000;

// Made at the first use, never closed: the process ends with it.
struct SmallStore {
  Result<Store> store = Status(StatusCode::kNotFound, "not opened");
  Result<Tenant> tenant = Status(StatusCode::kNotFound, "not opened");
  uint64_t customers = 0;
  std::string email;  // Of some customer.
};

SmallStore* MakeSmallStore() {
  auto* const small = new SmallStore;
  small->store = Store::OpenInMemory({.create_if_missing = true,
                                      .background_threads = 0,
                                      .default_region = "ZA"});
  if (!small->store.ok()) return small;
  Result<Tenant> tenant = small->store->Tenant("default");
  if (!tenant.ok()) return small;
  EventGenerator generator({.events = kEvents,
                            .customers = kCustomers,
                            .shape = StreamShape::kBench});
  std::string json;
  while (generator.Next(&json)) {
    const std::string_view view = json;
    const Result<AppendResult> result = tenant->AppendJson({&view, 1});
    if (!result.ok()) return small;
    small->customers += result->customers_created;
    const size_t at = json.find("\"email\":\"") + 9;
    small->email = json.substr(at, json.find('"', at) - at);
  }
  small->tenant = std::move(tenant);
  return small;
}

const Tenant* TheTenant(benchmark::State& state, uint64_t* customers,
                        std::string* email) {
  static SmallStore* const small = MakeSmallStore();
  if (!small->tenant.ok()) {
    state.SkipWithError("no store in memory");
    return nullptr;
  }
  *customers = small->customers;
  *email = small->email;
  return &*small->tenant;
}

// Calls `call(tenant, random customer, email)`, which says whether it went
// well.
template <typename Call>
void Loop(benchmark::State& state, const Call& call) {
  uint64_t customers = 0;
  std::string email;
  const Tenant* const tenant = TheTenant(state, &customers, &email);
  if (tenant == nullptr) return;
  Random random(3);
  for (auto _ : state) {
    if (!call(*tenant, 1 + random.Below(customers), email)) {
      state.SkipWithError("a call failed");
      return;
    }
  }
}

void GetProfile(benchmark::State& state) {
  Profile profile;
  Loop(state,
       [&](const Tenant& tenant, CustomerId customer, const std::string&) {
         return tenant.GetProfile(customer, &profile).ok();
       });
}

void GetCustomer(benchmark::State& state) {
  Loop(state,
       [](const Tenant& tenant, CustomerId customer, const std::string&) {
         return tenant.GetCustomer(customer).ok();
       });
}

void FindCustomer(benchmark::State& state) {
  Loop(state, [](const Tenant& tenant, CustomerId, const std::string& email) {
    return tenant.FindCustomer({"email", email}).ok();
  });
}

void GetTimeline(benchmark::State& state) {
  Loop(state,
       [](const Tenant& tenant, CustomerId customer, const std::string&) {
         return tenant.GetTimeline(customer, {.limit = 10}).ok();
       });
}

void ReadJson(benchmark::State& state) {
  EventGenerator generator(
      {.events = 1, .customers = 1, .shape = StreamShape::kBench});
  std::string json;
  generator.Next(&json);
  for (auto _ : state) {
    if (!EventFromJson(json, nullptr).ok()) {
      state.SkipWithError("not an event");
    }
  }
}

void AppendOne(benchmark::State& state) {
  Result<Store> store = Store::OpenInMemory({.default_region = "ZA"});
  Result<Tenant> tenant =
      store.ok() ? store->Tenant("default") : Result<Tenant>(store.status());
  if (!tenant.ok()) {
    state.SkipWithError("no store in memory");
    return;
  }
  EventGenerator generator({.events = 100'000'000,
                            .customers = kCustomers,
                            .shape = StreamShape::kBench});
  std::vector<std::string> lines(1000);
  size_t next = lines.size();
  for (auto _ : state) {
    if (next == lines.size()) {
      state.PauseTiming();
      for (std::string& line : lines) generator.Next(&line);
      next = 0;
      state.ResumeTiming();
    }
    const std::string_view view = lines[next++];
    if (!tenant->AppendJson({&view, 1}).ok()) {
      state.SkipWithError("cannot append");
      return;
    }
  }
}

}  // namespace

void RegisterSmallBenchmarks() {
  benchmark::RegisterBenchmark("small/event_from_json", ReadJson);
  benchmark::RegisterBenchmark("small/append_one", AppendOne);
  benchmark::RegisterBenchmark("small/get_profile", GetProfile);
  benchmark::RegisterBenchmark("small/get_customer", GetCustomer);
  benchmark::RegisterBenchmark("small/find_customer", FindCustomer);
  benchmark::RegisterBenchmark("small/get_timeline_of_10", GetTimeline);
}

}  // namespace crm::bench
