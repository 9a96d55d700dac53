#include "crash/worker.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "crm/ingest.h"

namespace crm::crash {
namespace {

constexpr uint64_t kBuildRequest = 500;
constexpr uint64_t kMaxRequest = 10;

class Worker {
 public:
  Worker(const Plan& plan, const Oracle& oracle)
      : plan_(plan), oracle_(oracle), next_(oracle.next_number()) {}

  [[noreturn]] void Run();

 private:
  void Open();
  void Build();
  // One request of one to kMaxRequest events; of new numbers.
  void AppendSome(uint64_t random);
  // False: the store answers an error.
  void AppendRange(uint32_t tenant, uint64_t first, uint64_t count,
                   Durability durability);
  // What the kill left undecided is sent once more.
  void Retry();
  void Append();
  void Checkpoint(uint64_t round);
  void FillPool(uint32_t tenant);
  void Import(uint64_t file);
  void Begin(Phase phase) {
    Send(plan_.pipe, {.kind = Message::Kind::kBegin, .phase = phase});
  }
  void End(Phase phase) {
    Send(plan_.pipe, {.kind = Message::Kind::kEnd, .phase = phase});
  }

  const Plan& plan_;
  const Oracle& oracle_;
  std::atomic<uint64_t> next_;
  std::vector<Store> store_;  // At most one.
};

void Worker::Open() {
  StoreOptions options;
  options.create_if_missing = plan_.work == Plan::Work::kBuild;
  options.background_threads = static_cast<int>(Mix(plan_.seed) % 2);
  options.checkpoint_records = 5'000 + Mix(plan_.seed + 1) % 20'000;
  options.log = [](LogLevel level, std::string_view text) {
    if (level != LogLevel::kError) return;
    std::fprintf(stderr, "store: %.*s\n", static_cast<int>(text.size()),
                 text.data());
  };
  if (plan_.work == Plan::Work::kBuild) options.checkpoint_records = 100'000;
  const bool rebuild = plan_.phase == Phase::kRebuild;
  if (rebuild) Begin(Phase::kRebuild);
  Result<Store> store = Store::Open(plan_.directory + "/store", options);
  if (!store.ok()) Fail("open: " + store.status().ToString());
  if (rebuild) End(Phase::kRebuild);
  store_.push_back(std::move(store).value());
}

void Worker::AppendRange(uint32_t tenant, uint64_t first, uint64_t count,
                         Durability durability) {
  std::vector<Event> events;
  for (uint64_t i = 0; i < count; ++i) events.push_back(EventOf(first + i));
  Result<Tenant> opened = store_[0].Tenant(TenantName(tenant));
  if (!opened.ok()) Fail("open tenant: " + opened.status().ToString());
  Send(plan_.pipe, {.kind = Message::Kind::kIntent,
                    .count = static_cast<uint16_t>(count),
                    .tenant = tenant,
                    .number = first});
  Result<AppendResult> result =
      opened->Append(events, {.durability = durability});
  if (!result.ok()) Fail("append: " + result.status().ToString());
  std::vector<Message> acks;
  for (uint64_t i = 0; i < count; ++i) {
    acks.push_back({.kind = Message::Kind::kAck,
                    .tenant = tenant,
                    .number = first + i,
                    .position = result->events[i].position});
    // One write of a pipe is atomic up to 4,096 bytes.
    if (acks.size() < 128 && i + 1 < count) continue;
    Send(plan_.pipe, acks);
    acks.clear();
  }
}

void Worker::AppendSome(uint64_t random) {
  const uint64_t count = 1 + random % kMaxRequest;
  AppendRange(static_cast<uint32_t>(random / 64 % kTenants),
              next_.fetch_add(count), count,
              random / 1024 % 4 == 0 ? Durability::kSync : Durability::kOs);
}

void Worker::Build() {
  while (next_.load() < plan_.base_events) {
    const uint64_t first = next_.fetch_add(kBuildRequest);
    AppendRange(static_cast<uint32_t>(first / kBuildRequest % kTenants), first,
                kBuildRequest, Durability::kOs);
  }
}

void Worker::Retry() {
  for (const auto& [first, intent] : oracle_.intents()) {
    if (intent.acknowledged < intent.count) {
      AppendRange(intent.tenant, first, intent.count, Durability::kSync);
    }
  }
}

// Two threads, so that requests meet in one group.
void Worker::Append() {
  Begin(Phase::kAppend);
  std::thread other([this] {
    for (uint64_t round = 0;; ++round) AppendSome(Mix(plan_.seed ^ ~round));
  });
  for (uint64_t round = 0;; ++round) AppendSome(Mix(plan_.seed ^ round));
  other.join();
}

void Worker::Checkpoint(uint64_t round) {
  for (int i = 0; i < 25; ++i) AppendSome(Mix(plan_.seed + 100 * round + i));
  Begin(Phase::kCheckpoint);
  Status status = store_[0].Flush();
  if (!status.ok()) Fail("flush: " + status.ToString());
  End(Phase::kCheckpoint);
  Result<bool> more = store_[0].Maintain(std::chrono::milliseconds(1));
  if (!more.ok()) Fail("maintain: " + more.status().ToString());
}

// The first customer of a tenant has all keys of the pool made.
void Worker::FillPool(uint32_t tenant) {
  const uint64_t first = next_.fetch_add(2);
  Begin(Phase::kPool);
  AppendRange(tenant, first, 2, Durability::kSync);
  End(Phase::kPool);
}

void Worker::Import(uint64_t file) {
  const std::string path =
      plan_.directory + "/import-" + std::to_string(file) + ".ndjson";
  if (!std::filesystem::exists(path)) {
    const uint64_t first = kFirstImported + file * kEventsPerFile;
    std::ofstream out(path + ".new");
    for (uint64_t i = 0; i < kEventsPerFile; ++i) {
      const Event event = EventOf(first + i);
      out << R"({"id":")" << event.id << R"(","type":")" << event.type
          << R"(","version":"1.0","timestamp":)"
          << event.occurred_at->time_since_epoch().count() / 1000
          << R"(,"tenantId":"imports","source":"crash","identity":{)";
      for (size_t j = 0; j < event.identifiers.size(); ++j) {
        out << (j > 0 ? "," : "") << '"' << event.identifiers[j].name_space
            << R"(":")" << event.identifiers[j].value << '"';
      }
      out << R"(},"payload":)" << event.payload << "}\n";
    }
    out.close();
    std::filesystem::rename(path + ".new", path);
  }
  Result<Tenant> tenant = store_[0].Tenant(TenantName(kImportTenant));
  if (!tenant.ok()) Fail("open tenant: " + tenant.status().ToString());
  Begin(Phase::kImport);
  Result<ImportReport> report = ImportFile(
      *tenant, path,
      {.durability = Mix(file) % 2 == 0 ? Durability::kOs : Durability::kSync});
  if (!report.ok()) Fail("import: " + report.status().ToString());
  if (report->read != kEventsPerFile || report->rejected != 0 ||
      report->appended + report->duplicates != kEventsPerFile) {
    Fail("import: the sums are wrong");
  }
  Send(plan_.pipe, {.kind = Message::Kind::kImported, .number = file});
  End(Phase::kImport);
  std::filesystem::remove(path);
}

void Worker::Run() {
  Open();
  if (plan_.work == Plan::Work::kBuild) Build();
  if (plan_.work == Plan::Work::kUntilKilled) {
    CheckNews(store_[0], oracle_, plan_.seed, plan_.pipe);
    Retry();
  } else if (plan_.work == Plan::Work::kVerify) {
    CheckNews(store_[0], oracle_, plan_.seed, plan_.pipe);
    CheckAll(store_[0], oracle_);
  }
  if (plan_.work != Plan::Work::kUntilKilled) {
    Status status = store_[0].Close();
    if (!status.ok()) Fail("close: " + status.ToString());
    // Not exit: what the driver had before the fork is not ours to destroy.
    _exit(0);
  }
  for (uint64_t round = 0;; ++round) {
    switch (plan_.phase) {
      case Phase::kCheckpoint:
        Checkpoint(round);
        break;
      case Phase::kPool:
        FillPool(oracle_.next_tenant() + static_cast<uint32_t>(round));
        break;
      case Phase::kImport:
        Import(oracle_.imported_files() + round);
        break;
      default:
        Append();
    }
  }
}

}  // namespace

void Fail(const std::string& what) {
  std::fprintf(stderr, "worker: %s\n", what.c_str());
  std::fflush(stderr);
  _exit(1);
}

void RunWorker(const Plan& plan, const Oracle& oracle) {
  Worker(plan, oracle).Run();
}

}  // namespace crm::crash
