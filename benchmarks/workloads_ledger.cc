// The ledger: what an act of consent costs beside a plain event, how fast all
// of it is verified, and how long a proof takes.

#include <algorithm>
#include <string>
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
constexpr uint64_t kSingles = 20'000;
constexpr uint64_t kProofs = 20'000;

Event ActOf(uint64_t n, uint64_t people, std::string_view type) {
  Event event;
  event.id = std::string(type) + std::to_string(n);
  event.type = type;
  event.source = "web";
  event.identifiers = {{"authUserId", "account-" + std::to_string(n % people)}};
  event.payload =
      R"({"purpose":"marketing","channel":"email","method":"web-form",)"
      R"("policyVersion":"2026-01","ipAddress":"192.0.2.7","granted":true})";
  return event;
}

// `count` events of a type, so many to a request; the seconds that it took.
Result<double> AppendAll(Tenant& tenant, uint64_t first, uint64_t count,
                         uint64_t people, size_t request,
                         std::string_view type) {
  AppendOptions options;
  options.durability = Durability::kOs;
  std::vector<Event> events;
  double seconds = 0;
  for (uint64_t n = first; n < first + count; ++n) {
    events.push_back(ActOf(n, people, type));
    if (events.size() < request && n + 1 < first + count) continue;
    const StopWatch watch;
    const Result<AppendResult> result = tenant.Append(events, options);
    seconds += watch.seconds();
    if (!result.ok()) return result.status();
    events.clear();
  }
  return seconds;
}

// The two kinds in turns, so that what else the machine does meets both.
Status MeasureAppends(Tenant& tenant, uint64_t people, size_t request,
                      uint64_t count, const std::string& name, uint64_t* first,
                      Figures* figures) {
  constexpr uint64_t kTurns = 20;
  double plain = 0;
  double acts = 0;
  for (uint64_t turn = 0; turn < kTurns; ++turn) {
    Result<double> one = AppendAll(tenant, *first, count / kTurns, people,
                                   request, "page.viewed");
    if (!one.ok()) return one.status();
    plain += *one;
    one = AppendAll(tenant, *first, count / kTurns, people, request,
                    "ConsentGranted");
    if (!one.ok()) return one.status();
    acts += *one;
    *first += count / kTurns;
  }
  const auto each = 1e9 / static_cast<double>(count / kTurns * kTurns);
  (*figures)[name + "_plain_ns"] = plain * each;
  (*figures)[name + "_act_ns"] = acts * each;
  return Status::Ok();
}

Status MeasureVerify(const Tenant& tenant, bool open, const std::string& name,
                     Figures* figures) {
  LedgerVerifyOptions options;
  options.open = open;
  const StopWatch watch;
  const Result<VerifyReport> report = tenant.VerifyLedger(options);
  if (!report.ok()) return report.status();
  if (!report->sound()) {
    return Status(StatusCode::kInternal, "the ledger is not sound");
  }
  (*figures)[name + "_seconds"] = watch.seconds();
  (*figures)["records"] = static_cast<double>(report->log_records);
  return Status::Ok();
}

Status MeasureProofs(const Tenant& tenant, Figures* figures) {
  const Result<LedgerHead> head = tenant.GetLedgerHead();
  if (!head.ok()) return head.status();
  examples::Random random(5);
  std::vector<double> times;
  for (uint64_t i = 0; i < kProofs; ++i) {
    const uint64_t n = random.Below(head->size);
    const StopWatch watch;
    const Result<InclusionProof> proof = tenant.ProveInclusion(
        {.source = "web", .id = "ConsentGranted" + std::to_string(n)});
    times.push_back(watch.seconds() * 1e6);
    if (!proof.ok()) return proof.status();
    if (i % 1000 == 0 && !VerifyInclusion(*proof).ok()) {
      return Status(StatusCode::kInternal, "a proof that shows nothing");
    }
  }
  std::sort(times.begin(), times.end());
  (*figures)["prove_p50_us"] = times[times.size() / 2];
  (*figures)["prove_p99_us"] = times[times.size() * 99 / 100];
  (*figures)["size"] = static_cast<double>(head->size);
  return Status::Ok();
}

Status Measure(const std::string& path, uint64_t acts, Figures* figures) {
  RemovePath(path);
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  {
    Result<Tenant> opened = store->Tenant(kTenant);
    if (!opened.ok()) return opened.status();
    Tenant tenant = *opened;
    const uint64_t people = std::max<uint64_t>(100, acts / 10);
    uint64_t first = 0;
    Status status = MeasureAppends(tenant, people, kRequest, acts / 2, "many",
                                   &first, figures);
    if (status.ok()) {
      status = MeasureAppends(tenant, people, 1, std::min(kSingles, acts / 4),
                              "one", &first, figures);
    }
    if (status.ok() && first < acts) {
      status = AppendAll(tenant, first, acts - first, people, kRequest,
                         "ConsentGranted")
                   .status();
    }
    if (status.ok()) status = store->Flush();
    if (status.ok()) status = MeasureProofs(tenant, figures);
    if (status.ok()) status = MeasureVerify(tenant, false, "verify", figures);
    if (status.ok()) status = MeasureVerify(tenant, true, "open", figures);
    if (!status.ok()) return status;
  }
  return store->Close();
}

void AddRatio(const std::string& name, const Figures& figures,
              const std::string& figure, Results& results) {
  Measurement append;
  append.name = name;
  append.value = figures.at(figure + "_act_ns");
  append.unit = "ns";
  append.comparator = "an event of another type, the same payload";
  append.comparator_value = figures.at(figure + "_plain_ns");
  append.kind = Goal::kAtMost;
  append.goal = 1.5;
  results.Add(append);
}

Result<Timing> RunLedger(const Flags& flags, Results& results) {
  const std::string path = ScratchPath(flags, "store_ledger");
  const uint64_t acts = std::max<uint64_t>(1000, Scaled(flags, 1'000'000));
  const Result<Figures> figures =
      RunInChild([&](Figures* child) { return Measure(path, acts, child); });
  RemovePath(path);
  if (!figures.ok()) return figures.status();
  AddRatio("ledger/append", *figures, "many", results);
  AddRatio("ledger/append_single", *figures, "one", results);
  const double records = figures->at("records");
  results.AtLeast("ledger/verify", records / figures->at("verify_seconds"),
                  "records/s", 400'000);
  results.Plain("ledger/verify_open", records / figures->at("open_seconds"),
                "records/s");
  results.AtMost("ledger/prove/p50", figures->at("prove_p50_us"), "us", 1000);
  results.Plain("ledger/prove/p99", figures->at("prove_p99_us"), "us");
  return Timing{figures->at("verify_seconds"), records};
}

}  // namespace

std::vector<Workload> LedgerWorkloads() {
  return {{"ledger",
           "a ledger of 1 M acts: appended beside plain events, verified, "
           "proved",
           false, RunLedger}};
}

}  // namespace crm::bench
