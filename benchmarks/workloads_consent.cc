// May she be written to? Decisions beside a look-up in RocksDB alone, and acts
// beside plain events.

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

constexpr size_t kRequest = 500;
constexpr uint64_t kChecks = 200'000;
constexpr const char* kPurposes[] = {"marketing", "analytics", "essential",
                                     "news", "partners"};
constexpr ConsentChannel kChannels[] = {
    ConsentChannel::kEmail, ConsentChannel::kSms, ConsentChannel::kPush};
constexpr int kAddresses = 2;
constexpr int64_t kStart = 1'767'225'600'000'000;  // 2026-01-01

Timestamp At(int64_t us) { return Timestamp(std::chrono::microseconds(us)); }

// Events of people, `acts` each, in requests.
class Writer final {
 public:
  explicit Writer(const Tenant& tenant) : tenant_(tenant) {}

  Status Add(uint64_t person, int act, bool is_act) {
    Event& event = events_.emplace_back();
    event.id = std::to_string(person) + "-" + std::to_string(act);
    event.type = is_act ? "crm.consent.recorded" : "scl.member.updated";
    event.source = "scl";
    event.occurred_at = At(kStart + act);
    const std::string who = std::to_string(person);
    event.identifiers = {{"authUserId", "account-" + who},
                         {"email", "person" + who + "@example.com"}};
    const int place = act % 30;
    const std::string address =
        place % kAddresses == 0 ? "" : "other" + who + "@example.com";
    event.payload = std::string(R"({"act":"grant","purpose":")") +
                    kPurposes[place % 5] + R"(","channel":")" +
                    std::string(ConsentChannelName(kChannels[place / 5 % 3])) +
                    (address.empty() || place / 5 % 3 != 0
                         ? "\""
                         : R"(","address":")" + address + '"') +
                    R"(,"method":"web-form","policyVersion":)" +
                    std::to_string(place) + "}";
    return events_.size() < kRequest ? Status::Ok() : Flush();
  }
  Status Flush() {
    AppendOptions options;
    options.durability = Durability::kOs;
    const Result<AppendResult> result = tenant_.Append(events_, options);
    events_.clear();
    return result.ok() ? Status::Ok() : result.status();
  }

 private:
  Tenant tenant_;
  std::vector<Event> events_;
};

Status MeasureChecks(const std::string& path, uint64_t people, int acts,
                     Figures* figures) {
  RemovePath(path);
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  Status status =
      tenant->SetConsentSettings(R"({"purposes":{"news":{},"partners":{}}})");
  Writer writer(*tenant);
  for (uint64_t n = 0; status.ok() && n < people; ++n) {
    for (int act = 0; status.ok() && act < acts; ++act) {
      status = writer.Add(n, act, true);
    }
  }
  if (status.ok()) status = writer.Flush();
  if (!status.ok()) return status;
  examples::Random random(17);
  std::vector<double> times;
  times.reserve(kChecks);
  ConsentQuestion question;
  question.at = At(kStart + 1'000'000);
  uint64_t allowed = 0;
  for (uint64_t i = 0; i < people + 2 * kChecks; ++i) {
    // Everybody once, then at random: the first half of that warms.
    question.customer = i < people ? i + 1 : random.Below(people) + 1;
    question.purpose = kPurposes[random.Below(2)];
    question.channel = ConsentChannel::kEmail;
    const StopWatch watch;
    const Result<ConsentDecision> decision = tenant->CheckConsent(question);
    const double seconds = watch.seconds();
    if (!decision.ok()) return decision.status();
    allowed += decision->verdict == Verdict::kAllow && decision->act_count > 0;
    if (i >= people + kChecks) times.push_back(seconds * 1e9);
  }
  if (allowed < people / 2) {
    return Status(StatusCode::kInternal, "few were allowed");
  }
  std::sort(times.begin(), times.end());
  (*figures)["p50_ns"] = times[times.size() / 2];
  (*figures)["p99_ns"] = times[times.size() / 100 * 99];
  return store->Close();
}

Result<Timing> RunCheck(const Flags& flags, Results& results) {
  const std::string path = ScratchPath(flags, "store_consent");
  const uint64_t people =
      std::max<uint64_t>(1000, static_cast<uint64_t>(1'000'000 * flags.scale));
  const Result<Figures> few = RunInChild(
      [&](Figures* child) { return MeasureChecks(path, people, 1, child); });
  if (!few.ok()) return few.status();
  const Result<Figures> many = RunInChild([&](Figures* child) {
    return MeasureChecks(path, people / 10, 30, child);
  });
  RemovePath(path);
  if (!many.ok()) return many.status();
  const Result<Figures> raw = RunInChild(
      [&](Figures* child) { return RawGets(path, people, kChecks, child); });
  RemovePath(path);
  if (!raw.ok()) return raw.status();
  Measurement check;
  check.name = "consent/check/p50";
  check.value = few->at("p50_ns");
  check.unit = "ns";
  check.comparator = RawGetsOptions();
  check.comparator_value = raw->at("get_ns");
  check.kind = Goal::kAtMost;
  check.goal = 1;
  results.Add(check);
  results.AtMost("consent/check/p99", few->at("p99_ns"), "ns", 3000);
  results.AtMost("consent/check_30_acts/p50", many->at("p50_ns"), "ns", 500);
  results.AtMost("consent/check_30_acts/p99", many->at("p99_ns"), "ns", 3000);
  return Timing{few->at("p50_ns") * 1e-9 * static_cast<double>(kChecks),
                static_cast<double>(kChecks)};
}

Status MeasureAppends(const std::string& path, uint64_t people, bool is_act,
                      Figures* figures) {
  RemovePath(path);
  Result<Store> store = Store::Open(path, MakeOptions());
  if (!store.ok()) return store.status();
  Result<Tenant> tenant = store->Tenant(kTenant);
  if (!tenant.ok()) return tenant.status();
  Writer writer(*tenant);
  constexpr int kEach = 6;
  const StopWatch watch;
  Status status;
  for (int act = 0; status.ok() && act < kEach; ++act) {
    for (uint64_t n = 0; status.ok() && n < people; ++n) {
      status = writer.Add(n, act, is_act);
    }
  }
  if (status.ok()) status = writer.Flush();
  if (!status.ok()) return status;
  (*figures)["ns"] =
      watch.seconds() * 1e9 / (static_cast<double>(people) * kEach);
  return store->Close();
}

Result<Timing> RunAppend(const Flags& flags, Results& results) {
  const std::string path = ScratchPath(flags, "store_acts");
  const uint64_t people =
      std::max<uint64_t>(1000, static_cast<uint64_t>(100'000 * flags.scale));
  const Result<Figures> plain = RunInChild([&](Figures* child) {
    return MeasureAppends(path, people, false, child);
  });
  if (!plain.ok()) return plain.status();
  const Result<Figures> acts = RunInChild([&](Figures* child) {
    return MeasureAppends(path, people, true, child);
  });
  RemovePath(path);
  if (!acts.ok()) return acts.status();
  Measurement append;
  append.name = "consent/append";
  append.value = acts->at("ns");
  append.unit = "ns";
  append.comparator = "the same events of a type that is no act";
  append.comparator_value = plain->at("ns");
  append.kind = Goal::kAtMost;
  append.goal = 1.5;
  results.Add(append);
  return Timing{acts->at("ns") * 1e-9, 1};
}

}  // namespace

std::vector<Workload> ConsentWorkloads() {
  return {{"consent/check",
           "decisions about random customers of 1 M, beside a Get of RocksDB",
           false, RunCheck},
          {"consent/append", "acts beside plain events", false, RunAppend}};
}

}  // namespace crm::bench
