// Memory runs out in every call of every function of crm.h: the C program
// every_function is run again and again, and each time one allocation of one of
// its calls fails. The call answers CRM_OUT_OF_MEMORY, or as ever, and then so
// does all that follows; and what such a call has left on disk is sound when
// the store is opened again.
//
// Each run is a process of its own, made before there was any store: what it
// leaves behind goes with it.

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "every_function.h"
#include "failing_memory.h"

namespace crm {
namespace {

// How a run ended.
enum : int {
  kRanOut = 0,       // The call was told that there is no memory.
  kSurvived = 40,    // An allocation failed, and nobody had to be told.
  kNotReached = 41,  // The call has fewer allocations,
  kNoSuchCall = 42,  // the part fewer calls.
  kWrong = 43,       // See stderr.
};

// What fails: the n-th allocation of the n-th call, both from 1 on.
struct Point {
  uint64_t call = 0;
  uint64_t allocation = 0;
};

// Of this process.
Point point;
uint64_t calls = 0;
bool counting = false;
bool fired = false;

// The call that was made last, for the parent to read.
constexpr size_t kNameBytes = 256;
char* NameOfCall() {
  static char* const name =
      static_cast<char*>(mmap(nullptr, kNameBytes, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return name;
}

// What a child says when it ends as it should not.
[[noreturn]] void Wrong(const char* what, crm_status status) {
  std::fprintf(stderr, "%s: %s: %s\n", NameOfCall(), what,
               crm_status_name(status));
  _exit(kWrong);
}

}  // namespace
}  // namespace crm

extern "C" void before_call(void) {
  using namespace crm;  // NOLINT: of this file.
  if (!counting || ++calls != point.call) return;
  FailAllocation(point.allocation, Failing::kOnce);
}

extern "C" crm_status after_call(crm_status status, const char* call) {
  using namespace crm;  // NOLINT: of this file.
  if (!counting || calls != point.call || fired) return status;
  fired = StopFailing();
  std::snprintf(NameOfCall(), kNameBytes, "%s: %s", crm_status_name(status),
                call);
  if (!fired) _exit(kNotReached);
  // Whether it is the right answer is seen by whoever called.
  if (status != CRM_OUT_OF_MEMORY) return status;
  if (crm_error_code(error) != CRM_OUT_OF_MEMORY) {
    Wrong("the error is another", crm_error_code(error));
  }
  _exit(kRanOut);
}

namespace crm {
namespace {

struct Part {
  const char* name;
  void (*run)(crm_store* store, const char* folder);
  bool opens_store = true;
};

// One run, in a child. Never returns.
[[noreturn]] void RunPart(const Part& part, const std::string& folder) {
  if (chdir(folder.c_str()) != 0) _exit(kWrong);
  crm_store* const store =
      part.opens_store ? open_store(folder.c_str()) : nullptr;
  counting = true;
  part.run(store, folder.c_str());
  _exit(fired ? kSurvived : kNoSuchCall);
}

// A store that a run left as it lay, opened as by the next process.
[[noreturn]] void CheckStore(const std::string& folder) {
  crm_store* store = nullptr;
  crm_verify_report* report = nullptr;
  std::string path = folder + "/store";
  crm_status status =
      crm_store_open(crm_slice_of(path.c_str()), nullptr, &store, &error);
  if (status != CRM_OK) Wrong(crm_error_message(error), status);
  status = crm_store_verify(store, nullptr, &report, &error);
  if (status != CRM_OK) Wrong(crm_error_message(error), status);
  if (crm_verify_report_read(report)->findings_total != 0) {
    Wrong("the store has findings", status);
  }
  _exit(0);
}

// How `child` ended: its exit code, or the signal that ended it, as a negative.
int EndOf(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// A new folder; these are thousands of stores, so where no disk is waited for.
std::string NewFolder() {
  for (std::string folder :
       {"/dev/shm/crm-memory-XXXXXX", "/tmp/crm-memory-XXXXXX"}) {
    if (mkdtemp(folder.data()) != nullptr) return folder;
  }
  return "";
}

// Runs `part` with memory that runs out at `at`.
int RunUntil(const Part& part, Point at) {
  const std::string folder = NewFolder();
  REQUIRE(!folder.empty());
  std::fflush(nullptr);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    point = at;
    RunPart(part, folder);
  }
  int end = EndOf(child);
  if (end == kRanOut && part.opens_store) {
    const pid_t checker = fork();
    REQUIRE(checker >= 0);
    if (checker == 0) CheckStore(folder);
    end = EndOf(checker);
  }
  std::filesystem::remove_all(folder);
  return end;
}

// Which allocation of a call comes after the `nth`; 0: none. All of them with
// CRM_TEST_ALL_POINTS, else the first and a later one.
uint64_t Next(uint64_t call, uint64_t nth) {
  if (std::getenv("CRM_TEST_ALL_POINTS") != nullptr) return nth + 1;
  return nth == 1 ? 2 + call * 37 % 97 : 0;
}

// All calls of `part`, and the allocations of each.
void Sweep(const Part& part) {
  INFO(std::string(part.name));
  // Once for all children: the memory they share, a look at the modules.
  NameOfCall()[0] = '\0';
  FailAllocation(1, Failing::kOnce);
  StopFailing();
  uint64_t ran_out = 0;
  for (uint64_t call = 1;; ++call) {
    for (uint64_t nth = 1; nth != 0; nth = Next(call, nth)) {
      const int end = RunUntil(part, {call, nth});
      if (end == kNoSuchCall) {
        CHECK(ran_out > 0);
        return;
      }
      if (end == kNotReached) break;
      INFO("call ", call, ", allocation ", nth, ": ",
           std::string(NameOfCall()));
      CHECK((end == kRanOut || end == kSurvived));
      if (end == kRanOut) ++ran_out;
    }
  }
}

TEST_CASE("memory: every call that opens or closes a store") {
  Sweep({"opening", [](crm_store*, const char* folder) { opening(folder); },
         false});
}

TEST_CASE("memory: every call with providers of keys") {
  Sweep({"key providers",
         [](crm_store*, const char* folder) { key_providers(folder); }, false});
}

TEST_CASE("memory: every call with records of no store") {
  Sweep(
      {"records", [](crm_store*, const char*) { records_in_memory(); }, false});
}

TEST_CASE("memory: every call of a tenant's life") {
  Sweep({"golf club", golf_club});
}

TEST_CASE("memory: every call about who is who") {
  Sweep(
      {"who is who", [](crm_store* store, const char*) { who_is_who(store); }});
}

TEST_CASE("memory: every call about consent") {
  Sweep({"consent", [](crm_store* store, const char*) { consent(store); }});
}

TEST_CASE("memory: every call about erasing, holds and backups") {
  Sweep({"erasures", [](crm_store* store, const char*) { erasures(store); }});
}

TEST_CASE("memory: every call about a person's own data") {
  Sweep({"person exports",
         [](crm_store* store, const char*) { person_exports(store); }});
}

TEST_CASE("memory: every command") {
  Sweep({"commands", [](crm_store* store, const char*) { commands(store); }});
}

TEST_CASE("memory: every call about the ledger") { Sweep({"ledger", ledger}); }

}  // namespace
}  // namespace crm
