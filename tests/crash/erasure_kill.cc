// Kills a process at every step of an erasure, of a redaction and of a drop of
// a tenant, by SIGKILL at a write, a sync or a change of a name, and proves
// that whoever opens the store next comes to the same end as if nobody had
// died.
//
//   erasure_kill_test [all]
//
// Without `all` every ninth point, from another one on in each run. Everything
// that touches a store runs in a child: the parent, who is never killed, has no
// threads and so may fork.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "crm/store.h"
#include "fault/faulty_disk.h"

namespace crm::crash {
namespace {

namespace fs = std::filesystem;

constexpr int kPeople = 8;
constexpr char kClub[] = "club";
constexpr char kSpa[] = "spa";

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "erasure_kill: %s\n", what.c_str());
  _exit(1);
}

template <typename T>
T Must(Result<T> result, const char* what) {
  if (!result.ok()) Fail(std::string(what) + ": " + result.status().ToString());
  return std::move(result).value();
}

void Must(const Status& status, const char* what) {
  if (!status.ok()) Fail(std::string(what) + ": " + status.ToString());
}

class StillClock final : public Clock {
 public:
  Timestamp Now() override {
    return Timestamp(std::chrono::microseconds(1767225600000000));
  }
};

Store MustOpen(const std::string& folder, std::shared_ptr<Disk> disk) {
  StoreOptions options;
  options.create_if_missing = true;
  options.background_threads = 0;
  options.key_file = folder + "/key";
  options.clock = std::make_shared<StillClock>();
  return Must(Store::OpenOn(folder + "/store", options, std::move(disk)),
              "open");
}

// What is killed: done once it returns true before anything is done.
struct Deed {
  const char* name;
  std::function<Status(Store&)> run;
  std::function<bool(Store&)> is_begun;
};

bool IsErased(Store& store) {
  for (const ErasureReport& one :
       Must(Must(store.Tenant(kClub), "tenant").ListErasures(), "erasures")) {
    if (one.customer == 3) return true;
  }
  return false;
}

Status Erase(Store& store, ErasureMode mode) {
  Tenant tenant = Must(store.Tenant(kClub), "tenant");
  return tenant.Erase(3, {.mode = mode, .confirm = true}).status();
}

// The first event of customer 4, whom nobody erases.
Position ToBeRedacted(Store& store) {
  Tenant tenant = Must(store.Tenant(kClub), "tenant");
  EventCursor cursor = Must(tenant.Replay({.customer = 4}), "replay");
  EventView event;
  if (!Must(cursor.Next(&event), "next")) Fail("no event to redact");
  return event.redacted ? 0 : event.position;
}

const Deed kDeeds[] = {
    {"shred", [](Store& store) { return Erase(store, ErasureMode::kShred); },
     &IsErased},
    {"anonymise",
     [](Store& store) { return Erase(store, ErasureMode::kAnonymise); },
     &IsErased},
    {"hard", [](Store& store) { return Erase(store, ErasureMode::kHard); },
     &IsErased},
    {"redact",
     [](Store& store) {
       Tenant tenant = Must(store.Tenant(kClub), "tenant");
       return tenant.Redact(ToBeRedacted(store), {.why = "health"}).status();
     },
     [](Store& store) { return ToBeRedacted(store) == 0; }},
    {"drop",
     [](Store& store) {
       return store.DropTenant(kClub, {.confirm = true, .why = "left"})
           .status();
     },
     [](Store& store) {
       return store.Tenant(kClub).status().code() == StatusCode::kErased;
     }},
};

// Nine who were anonymised: whoever comes next makes events of nobody.
void AnonymiseNine(Tenant& tenant) {
  for (int i = 0; i < 9; ++i) {
    Event event;
    event.id = "n-" + std::to_string(i);
    event.type = "scl.member.updated";
    event.source = "scl";
    event.identifiers = {{"sclMemberId", event.id}};
    const AppendResult result = Must(tenant.Append(event), "append");
    ErasureOptions options;
    options.mode = ErasureMode::kAnonymise;
    Must(tenant.Erase(result.events[0].customer, options), "anonymise");
  }
}

void Build(const std::string& folder) {
  Store store = MustOpen(folder, Disk::Machine());
  for (const char* name : {kClub, kSpa}) {
    Tenant tenant = Must(store.Tenant(name), "tenant");
    for (int i = 0; i < 3 * kPeople; ++i) {
      const std::string person = std::to_string(i % kPeople);
      Event event;
      event.id = "e-" + std::to_string(i);
      event.type = "scl.member.updated";
      event.source = "scl";
      event.identifiers = {{"sclMemberId", "m-" + person},
                           {"email", person + "@golf.example"}};
      event.payload = "{\"traits\":{\"n\":" + std::to_string(i) + "}}";
      Must(tenant.Append(event), "append");
    }
    Must(tenant.Merge(3, 5, {.by = "desk", .why = "seen", .force = true}),
         "merge");
    if (name != std::string_view(kClub)) continue;
    AnonymiseNine(tenant);
    Must(store.Flush(), "flush");
  }
  Must(store.Close(), "close");
}

std::string DumpTenant(Tenant& tenant) {
  std::string text;
  const Snapshot snapshot = Must(tenant.GetSnapshot(), "snapshot");
  const TenantStats stats = Must(snapshot.GetStats(), "stats");
  for (CustomerId id = 1; id <= stats.last_customer; ++id) {
    const Result<Profile> profile = snapshot.GetProfile(id);
    text += "customer " + std::to_string(id) + " " +
            std::string(StatusCodeName(profile.status().code()));
    if (profile.ok()) {
      text += " " + std::to_string(profile->events);
      for (const Trait& trait : profile->traits) {
        text += " " + trait.name + "=" + trait.value;
      }
    }
    text += "\n";
  }
  EventCursor cursor = Must(snapshot.Replay({}), "replay");
  EventView event;
  while (Must(cursor.Next(&event), "next")) {
    text += std::to_string(event.position) + " " + std::string(event.type) +
            " " + std::string(event.payload) +
            (event.opened ? "" : " not opened") +
            (event.redacted ? " redacted\n" : "\n");
  }
  for (const ErasureReport& one : Must(tenant.ListErasures(), "erasures")) {
    if (!one.complete || one.certificate.empty()) Fail("it is not complete");
    text += "erased " + std::to_string(one.customer) + " at " +
            std::to_string(one.position) + "\n";
  }
  return text;
}

// All that a host can see, once it is proved to be sound.
std::string Dump(Store& store) {
  std::string text;
  for (const TenantEntry& entry : Must(store.ListTenants(), "tenants")) {
    text += entry.name + " " + std::to_string(entry.events) + " " +
            std::to_string(entry.customers) + " " + entry.dropped_why + "\n";
    if (entry.dropped_position != 0) continue;
    Tenant tenant = Must(store.Tenant(entry.name), "tenant");
    text += DumpTenant(tenant);
  }
  const VerifyReport report = Must(store.Verify(), "verify");
  if (!report.sound()) Fail("not sound: " + report.findings[0].detail);
  return text;
}

// Opens what was left, does the deed where it never was begun, and writes what
// can be seen; twice, since nothing may be left to be done.
void Resume(const std::string& folder, const Deed& deed) {
  std::string first;
  for (int i = 0; i < 2; ++i) {
    Store store = MustOpen(folder, Disk::Machine());
    if (!deed.is_begun(store)) Must(deed.run(store), deed.name);
    const std::string text = Dump(store);
    Must(store.Close(), "close");
    if (i == 1 && text != first) Fail("the second open differs");
    first = text;
  }
  std::ofstream(folder + "/dump", std::ios::binary) << first;
}

// Runs `work` in a process of its own; how that ended.
int InChild(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child < 0) Fail("fork");
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) Fail("waitpid");
  return status;
}

bool Ended(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Does the deed; dies at the point (0: at none). Writes how many there were.
void RunAndDie(const std::string& folder, const Deed& deed, uint64_t point) {
  FaultyDisk faulty;
  Store store = MustOpen(folder, faulty.disk());
  faulty.Reset();
  if (point > 0) faulty.FailAt(point, FaultyDisk::Style::kKill);
  Must(deed.run(store), deed.name);
  std::ofstream(folder + "/points") << faulty.points();
  // Close has points as well.
  Must(store.Close(), "close");
}

class Trials {
 public:
  Trials(std::string folder, bool all) : folder_(std::move(folder)), all_(all) {
    if (!Ended(InChild([&] { Build(Base()); }))) Fail("the base was not built");
  }

  bool Run(const Deed& deed) {
    Begin();
    if (!Ended(InChild([&] { RunAndDie(Work(), deed, 0); }))) return false;
    const uint64_t points = std::stoull(ReadFile(Work() + "/points"));
    if (!Ended(InChild([&] { Resume(Work(), deed); }))) return false;
    const std::string expected = ReadFile(Work() + "/dump");
    const uint64_t step = all_ ? 1 : 9;
    uint64_t kills = 0;
    for (uint64_t point = 1 + static_cast<uint64_t>(getpid()) % step;
         point <= points; point += step) {
      Begin();
      const int status = InChild([&] { RunAndDie(Work(), deed, point); });
      const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
      if (!killed && !Ended(status)) return false;
      kills += killed ? 1 : 0;
      if (!Ended(InChild([&] { Resume(Work(), deed); })) ||
          ReadFile(Work() + "/dump") != expected) {
        std::fprintf(stderr, "%s, killed at point %lu of %lu: another end\n",
                     deed.name, point, points);
        return false;
      }
    }
    std::printf("%s: %lu points, %lu kills, one end\n", deed.name, points,
                kills);
    return kills > 0;
  }

 private:
  std::string Base() const { return folder_ + "/base"; }
  std::string Work() const { return folder_ + "/work"; }
  void Begin() const {
    fs::remove_all(Work());
    fs::copy(Base(), Work(), fs::copy_options::recursive);
  }

  const std::string folder_;
  const bool all_;
};

int Main(bool all) {
  const bool fast = access("/dev/shm", W_OK) == 0;
  const fs::path parent = fast ? "/dev/shm" : fs::temp_directory_path();
  std::string folder = parent / "crm-kill-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 2;
  fs::create_directory(folder + "/base");
  fs::permissions(folder + "/base", fs::perms::owner_all);
  Trials trials(folder, all);
  for (const Deed& deed : kDeeds) {
    if (trials.Run(deed)) continue;
    std::fprintf(stderr, "FAILED: %s; the store is left in %s\n", deed.name,
                 folder.c_str());
    return 1;
  }
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace crm::crash

int main(int argc, char** argv) {
  return crm::crash::Main(argc > 1 && std::string_view(argv[1]) == "all");
}
