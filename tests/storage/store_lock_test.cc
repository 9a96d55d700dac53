#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "storage/disk.h"
#include "storage/scratch.h"

namespace crm {
namespace {

std::string InUseBy(pid_t pid) {
  return "store is in use by process " + std::to_string(pid);
}

TEST_CASE("one owner in a process") {
  const Scratch scratch;
  const auto disk = Disk::Machine();
  {
    const auto first = StoreLock::Take(scratch.path(), *disk);
    REQUIRE_OK(first);
    const auto second = StoreLock::Take(scratch.path() + "/.", *disk);
    CHECK_CODE(second, kBusy);
    CHECK(second.status().message() == InUseBy(getpid()));
  }
  CHECK_CODE(StoreLock::Take(scratch.path(), *disk), kOk);
}

TEST_CASE("one owner on a machine") {
  const Scratch scratch;
  const auto disk = Disk::Machine();
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = StoreLock::Take(scratch.path(), *disk);
    const char answer = lock.ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  REQUIRE(read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  const auto refused = StoreLock::Take(scratch.path(), *disk);
  CHECK_CODE(refused, kBusy);
  CHECK(refused.status().message() == InUseBy(child));

  // The kernel lets go of the lock of a process that dies, however it dies.
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK_CODE(StoreLock::Take(scratch.path(), *disk), kOk);
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("a forked child does not give the lock away") {
  const Scratch scratch;
  const auto disk = Disk::Machine();
  auto lock = StoreLock::Take(scratch.path(), *disk);
  REQUIRE_OK(lock);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    lock->reset();
    _exit(StoreLock::Take(scratch.path(), *disk).ok() ? 1 : 0);
  }
  int outcome = 0;
  REQUIRE(waitpid(child, &outcome, 0) == child);
  CHECK(WIFEXITED(outcome));
  CHECK(WEXITSTATUS(outcome) == 0);
}

TEST_CASE("the lock file must be a file") {
  const Scratch scratch;
  const auto disk = Disk::Machine();
  WriteBytes(scratch / "victim", "precious");
  std::filesystem::create_symlink(scratch / "victim", scratch / "LOCK");
  CHECK_CODE(StoreLock::Take(scratch.path(), *disk), kIoError);
  CHECK(ReadBytes(scratch / "victim") == "precious");
  CHECK_CODE(StoreLock::Take(scratch / "none", *disk), kIoError);
}

TEST_CASE("stores in memory need no lock") {
  const auto disk = Disk::Memory();
  CHECK_CODE(StoreLock::Take("/a", *disk), kOk);
}

}  // namespace
}  // namespace crm
