#include "damage/trial.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include "fault/small_store.h"

namespace crm::damage {
namespace {

StoreOptions Quiet() {
  StoreOptions options;
  options.background_threads = 0;
  return options;
}

bool Done(const Status& status) {
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok();
}

Status Append(Store& store, uint64_t first, uint64_t last) {
  uint64_t appended = 0;
  uint64_t duplicates = 0;
  return AppendNumbers(store, first, last - first + 1, 25, Durability::kSync,
                       &appended, &duplicates);
}

// Codes that say "this store is damaged", as opposed to a wrong answer.
bool SaysDamage(const Status& status) {
  switch (status.code()) {
    case StatusCode::kCorruption:
    case StatusCode::kRolledBack:
    case StatusCode::kFormatTooNew:
    case StatusCode::kKeyMissing:
    case StatusCode::kInvalidArgument:  // A key file that is none.
    case StatusCode::kIoError:
      return !status.message().empty();
    default:
      return false;
  }
}

// The first line that differs; these texts hold no real person's data.
std::string Difference(const std::string& have, const std::string& want) {
  const size_t size = std::min(have.size(), want.size());
  size_t at = 0;
  while (at < size && have[at] == want[at]) ++at;
  const size_t begin = want.rfind('\n', at == 0 ? 0 : at - 1) + 1;
  return "have '" + have.substr(begin, 90) + "', want '" +
         want.substr(begin, 90) + "'";
}

Verdict JudgeError(const Status& status, const char* doing, std::string* why) {
  *why = std::string(doing) + ": " + status.ToString();
  return SaysDamage(status) ? Verdict::kReported : Verdict::kSilent;
}

Verdict JudgeOpen(Store& store, const std::string& answers, uint64_t events,
                  std::string* why) {
  std::string text;
  Status status = Describe(store, events, &text);
  if (!status.ok()) return JudgeError(status, "read", why);
  if (text != answers) {
    *why = "answers differ: " + Difference(text, answers);
    return Verdict::kSilent;
  }
  uint64_t appended = 0;
  uint64_t duplicates = 0;
  status = AppendNumbers(store, 1, events, 500, Durability::kSync, &appended,
                         &duplicates);
  if (!status.ok()) return JudgeError(status, "append", why);
  if (appended != 0 || duplicates != events) {
    *why = std::to_string(appended) + " events are appended again";
    return Verdict::kSilent;
  }
  Result<VerifyReport> report = store.Verify();
  if (!report.ok()) return JudgeError(report.status(), "verify", why);
  if (!report->sound()) {
    *why = "verify: " + report->findings[0].room + ": " +
           report->findings[0].detail;
    return Verdict::kReported;
  }
  // It takes new events, too.
  status = Append(store, events + 1, events + 50);
  if (status.ok()) status = store.Close();
  if (!status.ok()) return JudgeError(status, "append", why);
  return Verdict::kRight;
}

}  // namespace

const char* VerdictName(Verdict verdict) {
  constexpr const char* kNames[] = {"refused",  "right",  "repaired",
                                    "reported", "SILENT", "CRASHED"};
  return kNames[static_cast<size_t>(verdict)];
}

bool BuildStale(const std::string& root) {
  StoreOptions options = Quiet();
  options.create_if_missing = true;
  Result<Store> store = Store::Open(root + "/store", options);
  if (!store.ok()) return Done(store.status());
  return Done(Append(*store, 1, 700)) && Done(store->Flush()) &&
         Done(Append(*store, 701, kStaleEvents)) && Done(store->Close());
}

bool BuildClosed(const std::string& root) {
  for (uint64_t first = kStaleEvents + 1; first <= kClosedEvents;
       first += 550) {
    Result<Store> store = Store::Open(root + "/store", Quiet());
    if (!store.ok()) return Done(store.status());
    const uint64_t last = std::min(first + 549, kClosedEvents);
    if (!Done(Append(*store, first, last)) || !Done(store->Close())) {
      return false;
    }
  }
  return true;
}

bool BuildCrashed(const std::string& root) {
  Result<Store> store = Store::Open(root + "/store", Quiet());
  if (!store.ok()) return Done(store.status());
  const bool done =
      Done(Append(*store, kClosedEvents + 1, 2800)) && Done(store->Flush()) &&
      Done(Append(*store, 2801, kCrashedEvents)) && Done(store->Sync());
  // Nobody closes it: the process ends.
  new Store(std::move(store).value());
  return done;
}

bool WriteAnswers(const std::string& root, uint64_t events) {
  Result<Store> store = Store::Open(root + "/store", Quiet());
  if (!store.ok()) return Done(store.status());
  std::string text;
  if (!Done(Describe(*store, events, &text))) return false;
  std::ofstream out(root + "/answers", std::ios::binary);
  out << text;
  return static_cast<bool>(out.flush());
}

Verdict Judge(const std::string& root, const std::string& answers,
              uint64_t events, std::string* why) {
  StoreOptions options = Quiet();
  bool rebuilt = false;
  options.log = [&rebuilt](LogLevel, std::string_view message) {
    rebuilt |= message.find("built anew") != std::string_view::npos;
  };
  Result<Store> store = Store::Open(root + "/store", options);
  if (!store.ok()) {
    *why = store.status().ToString();
    return SaysDamage(store.status()) ? Verdict::kRefused : Verdict::kSilent;
  }
  const Verdict verdict = JudgeOpen(*store, answers, events, why);
  return verdict == Verdict::kRight && rebuilt ? Verdict::kRepaired : verdict;
}

}  // namespace crm::damage
