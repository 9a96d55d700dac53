// The C library beside the C++ one that it stands on: what the face costs.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/append.h"
#include "benchmarks/bench.h"
#include "benchmarks/stores.h"
#include "crm.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

crm_slice Slice(std::string_view text) { return {text.data(), text.size()}; }

// A store through C, and the error of the last call that failed.
class CStore final {
 public:
  CStore() = default;
  ~CStore() {
    crm_tenant_free(tenant_);
    crm_store_close(store_, nullptr);
  }
  CStore(const CStore&) = delete;
  CStore& operator=(const CStore&) = delete;

  Status Took(crm_status status) {
    if (status >= 0) return Status::Ok();
    Status failed(static_cast<StatusCode>(status), crm_error_message(error_));
    crm_error_free(std::exchange(error_, nullptr));
    return failed;
  }
  // In memory when there is no path.
  Status Open(const std::string& path) {
    crm_store_options options = CRM_STORE_OPTIONS_INIT;
    options.durability = CRM_DURABILITY_OS;
    options.default_region = Slice("ZA");
    if (path.empty()) options.flags = CRM_STORE_NO_BACKGROUND_THREAD;
    Status status = Took(
        path.empty() ? crm_store_open_in_memory(&options, &store_, &error_)
                     : crm_store_open(Slice(path), &options, &store_, &error_));
    if (!status.ok()) return status;
    return Took(
        crm_tenant_open(store_, Slice(kTenant), nullptr, &tenant_, &error_));
  }
  crm_tenant* tenant() { return tenant_; }
  crm_error** error() { return &error_; }

 private:
  crm_store* store_ = nullptr;
  crm_tenant* tenant_ = nullptr;
  crm_error* error_ = nullptr;
};

// --- Replay ------------------------------------------------------------------

// Twice, as ReplayTwice of workloads_read.cc; the second pass counts.
Status ReplayInC(const std::string& path, Figures* figures) {
  CStore store;
  Status status = store.Open(path);
  if (!status.ok()) return status;
  for (int round = 0; round < 2; ++round) {
    const StopWatch watch;
    crm_event_cursor* cursor = nullptr;
    status = store.Took(
        crm_tenant_replay(store.tenant(), nullptr, &cursor, store.error()));
    if (!status.ok()) return status;
    crm_event_view event;
    crm_status more = CRM_OK;
    double events = 0;
    while ((more = crm_event_cursor_next(cursor, &event, store.error())) ==
           CRM_OK) {
      events += (event.flags & CRM_EVENT_VIEW_OPENED) != 0;
    }
    crm_event_cursor_free(cursor);
    status = store.Took(more);
    if (!status.ok()) return status;
    (*figures)["events"] = events;
    (*figures)["rate"] = events / watch.seconds();
  }
  return status;
}

Status ReplayInCpp(const std::string& path, Figures* figures) {
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  for (int round = 0; round < 2; ++round) {
    const StopWatch watch;
    Result<EventCursor> cursor = tenant->Replay({});
    if (!cursor.ok()) return cursor.status();
    EventView event;
    double events = 0;
    for (;;) {
      const Result<bool> more = cursor->Next(&event);
      if (!more.ok()) return more.status();
      if (!*more) break;
      events += event.opened;
    }
    (*figures)["rate"] = events / watch.seconds();
  }
  return store->Close();
}

Result<Timing> RunReplay(const Flags& flags, Results& results) {
  const Result<std::string> store = SharedStore(flags, Of1M100k());
  if (!store.ok()) return store.status();
  const Result<Figures> cpp =
      RunInChild([&](Figures* f) { return ReplayInCpp(*store, f); });
  if (!cpp.ok()) return cpp.status();
  const Result<Figures> c =
      RunInChild([&](Figures* f) { return ReplayInC(*store, f); });
  if (!c.ok()) return c.status();
  results.Ratio("capi/replay/1M_100k", c->at("rate"), "events/s",
                "the same through C++", cpp->at("rate"), 0.9);
  return Timing{c->at("events") / c->at("rate"), c->at("events")};
}

// --- Append ------------------------------------------------------------------

constexpr uint64_t kAppendEvents = 200'000;
constexpr uint64_t kAppendCustomers = 20'000;
constexpr size_t kBatch = 500;

std::vector<std::string> MakeLines(const Flags& flags) {
  examples::EventGenerator generator(
      {.events = Scaled(flags, kAppendEvents),
       .customers = std::max<uint64_t>(1, Scaled(flags, kAppendCustomers)),
       .shape = examples::StreamShape::kBench});
  std::vector<std::string> lines;
  std::string line;
  while (generator.Next(&line)) lines.push_back(line);
  return lines;
}

Status AppendInC(const std::vector<std::string>& lines, Figures* figures) {
  CStore store;
  Status status = store.Open("");
  if (!status.ok()) return status;
  const StopWatch watch;
  std::vector<crm_slice> batch;
  for (size_t at = 0; status.ok() && at < lines.size(); at += kBatch) {
    batch.clear();
    for (size_t i = at; i < std::min(at + kBatch, lines.size()); ++i) {
      batch.push_back(Slice(lines[i]));
    }
    crm_append_result* result = nullptr;
    status = store.Took(crm_tenant_append_json(store.tenant(), batch.data(),
                                               batch.size(), nullptr, &result,
                                               store.error()));
    crm_append_result_free(result);
  }
  (*figures)["rate"] = static_cast<double>(lines.size()) / watch.seconds();
  return status;
}

StoreOptions MemoryOptions() {
  return {.durability = Durability::kOs,
          .background_threads = 0,
          .default_region = "ZA"};
}

Status AppendInCpp(const std::vector<std::string>& lines, Figures* figures) {
  Result<Store> store = Store::OpenInMemory(MemoryOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  const StopWatch watch;
  std::vector<std::string_view> batch;
  for (size_t at = 0; at < lines.size(); at += kBatch) {
    const size_t end = std::min(at + kBatch, lines.size());
    batch.assign(lines.begin() + static_cast<std::ptrdiff_t>(at),
                 lines.begin() + static_cast<std::ptrdiff_t>(end));
    const Result<AppendResult> result = tenant->AppendJson(batch);
    if (!result.ok()) return result.status();
  }
  (*figures)["rate"] = static_cast<double>(lines.size()) / watch.seconds();
  return Status::Ok();
}

Result<Timing> RunAppend(const Flags& flags, Results& results) {
  const std::vector<std::string> lines = MakeLines(flags);
  // Three times each, in turn; the best of each counts.
  double rates[2] = {0, 0};
  for (int round = 0; round < 6; ++round) {
    const bool in_c = round % 2 == 1;
    const Result<Figures> f = RunInChild([&](Figures* child) {
      return in_c ? AppendInC(lines, child) : AppendInCpp(lines, child);
    });
    if (!f.ok()) return f.status();
    rates[in_c] = std::max(rates[in_c], f->at("rate"));
  }
  results.Ratio("capi/append_json", rates[1], "events/s",
                "the same through C++, in memory, one thread, best of 3",
                rates[0], 0.95);
  const auto events = static_cast<double>(lines.size());
  return Timing{events / rates[1], events};
}

// --- Calls -------------------------------------------------------------------

constexpr int kCalls = 300'000;
constexpr int kRounds = 7;

// Nanoseconds for one call, the median of some rounds.
template <typename Call>
double TimeOf(const Call& call) {
  std::array<double, kRounds> rounds{};
  for (double& round : rounds) {
    const StopWatch watch;
    for (int i = 0; i < kCalls; ++i) call();
    round = watch.seconds() * 1e9 / kCalls;
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[kRounds / 2];
}

// One customer, asked for again and again: everything is in the cache, so
// that what is left is the way there.
constexpr std::string_view kEvent =
    R"({"id":"1","type":"scl.member.created","source":"scl",)"
    R"("identity":{"email":"ada@example.com"},"payload":{"firstName":"Ada"}})";

Status TimeCallsInCpp(Figures* figures) {
  Result<Store> store = Store::OpenInMemory(MemoryOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  const std::string_view event = kEvent;
  const Result<AppendResult> result = tenant->AppendJson({&event, 1});
  if (!result.ok()) return result.status();
  Profile profile;
  bool well = true;
  (*figures)["profile"] =
      TimeOf([&] { well &= tenant->GetProfile(1, &profile).ok(); });
  (*figures)["wait"] = TimeOf(
      [&] { well &= tenant->WaitForEvents(0, std::chrono::seconds(0)).ok(); });
  if (well) return Status::Ok();
  return Status(StatusCode::kInternal, "a call failed");
}

Status TimeCallsInC(Figures* figures) {
  CStore store;
  Status status = store.Open("");
  if (!status.ok()) return status;
  const crm_slice event = Slice(kEvent);
  status = store.Took(crm_tenant_append_json(store.tenant(), &event, 1, nullptr,
                                             nullptr, store.error()));
  if (!status.ok()) return status;
  crm_profile* profile = nullptr;
  status = store.Took(crm_profile_new(&profile, store.error()));
  if (!status.ok()) return status;
  bool well = true;
  uint64_t head = 0;
  (*figures)["profile"] = TimeOf([&] {
    well &= crm_tenant_read_profile(store.tenant(), 1, nullptr, profile,
                                    store.error()) == CRM_OK;
  });
  (*figures)["wait"] = TimeOf([&] {
    well &= crm_tenant_wait_for_events(store.tenant(), 0, 0, nullptr, &head,
                                       store.error()) == CRM_OK;
  });
  crm_profile_free(profile);
  if (well) return Status::Ok();
  return Status(StatusCode::kInternal, "a call failed");
}

Result<Timing> RunCalls(const Flags&, Results& results) {
  const Result<Figures> cpp = RunInChild(TimeCallsInCpp);
  if (!cpp.ok()) return cpp.status();
  const Result<Figures> c = RunInChild(TimeCallsInC);
  if (!c.ok()) return c.status();
  for (const std::string call : {"profile", "wait"}) {
    results.Plain("capi/call/" + call, c->at(call), "ns");
    results.AtMost("capi/call/" + call + "/overhead",
                   c->at(call) - cpp->at(call), "ns", 50);
  }
  return Timing{c->at("profile") * kCalls / 1e9, kCalls};
}

}  // namespace

std::vector<Workload> CapiWorkloads() {
  return {
      {"capi/replay/1M_100k", "the whole log through C", false, RunReplay},
      {"capi/append_json", "batches of 500 through C, in memory", false,
       RunAppend},
      {"capi/call", "what a cheap call through C costs more", false, RunCalls}};
}

}  // namespace crm::bench
