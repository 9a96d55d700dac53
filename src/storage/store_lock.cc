#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

#include "base/mutex.h"
#include "storage/disk.h"
#include "storage/rocks_status.h"

namespace crm {
namespace {

// The stores open in this process, by canonical path. Some network file
// systems turn flock into a lock of the whole process, which a second open in
// the same process would pass.
class Registry final {
 public:
  static Registry& Get() {
    static Registry* const registry = new Registry;
    return *registry;
  }

  // 0 when `path` was free and is now taken, else the owner's pid.
  pid_t Take(const std::string& path) {
    MutexLock guard(mutex_);
    const auto [entry, inserted] = owners_.emplace(path, getpid());
    return inserted ? 0 : entry->second;
  }

  void Release(const std::string& path) {
    MutexLock guard(mutex_);
    owners_.erase(path);
  }

 private:
  Mutex mutex_;
  std::map<std::string, pid_t> owners_ CRM_GUARDED_BY(mutex_);
};

Status InUse(int64_t pid) {
  if (pid <= 0) {
    return Status(StatusCode::kBusy, "store is in use by another process");
  }
  return Status(StatusCode::kBusy,
                "store is in use by process " + std::to_string(pid));
}

Status Failed(const std::string& what, int error) {
  const StatusCode code =
      error == ENOSPC ? StatusCode::kNoSpace : StatusCode::kIoError;
  return Status(code, what + ": " + strerror(error));
}

int64_t ReadPid(int fd) {
  char text[24] = {};
  if (pread(fd, text, sizeof(text) - 1, 0) <= 0) return 0;
  return strtoll(text, nullptr, 10);
}

Status WritePid(int fd, const std::string& path) {
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) !=
                                   static_cast<ssize_t>(text.size())) {
    return Failed("cannot write " + path, errno);
  }
  return Status::Ok();
}

// Gives the descriptor of the locked file.
Result<int> LockFile(const std::string& path) {
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Failed("cannot open " + path, errno);
  Status status;
  if (fchmod(fd, 0600) != 0) {
    status = Failed("cannot open " + path, errno);
  } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    status = error == EWOULDBLOCK ? InUse(ReadPid(fd))
                                  : Failed("cannot lock " + path, error);
  } else {
    status = WritePid(fd, path);
  }
  if (status.ok()) return fd;
  close(fd);
  return status;
}

}  // namespace

struct StoreLock::Impl {
  std::string canonical;
  int fd = -1;
};

StoreLock::StoreLock(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<StoreLock>> StoreLock::Take(const std::string& directory,
                                                   Disk& disk) {
  auto impl = std::make_unique<Impl>();
  if (disk.in_memory()) {
    return std::unique_ptr<StoreLock>(new StoreLock(std::move(impl)));
  }
  char resolved[PATH_MAX];
  if (realpath(directory.c_str(), resolved) == nullptr) {
    return Failed("cannot open " + directory, errno);
  }
  const std::string canonical = resolved;
  if (const pid_t owner = Registry::Get().Take(canonical); owner != 0) {
    return InUse(owner);
  }
  Result<int> fd = LockFile(canonical + "/LOCK");
  if (!fd.ok()) {
    Registry::Get().Release(canonical);
    return fd.status();
  }
  impl->canonical = canonical;
  impl->fd = *fd;
  return std::unique_ptr<StoreLock>(new StoreLock(std::move(impl)));
}

StoreLock::~StoreLock() {
  if (impl_->fd < 0) return;
  // Closed, not unlocked: in a forked child this is a copy of the parent's
  // descriptor, and LOCK_UN would give away the parent's lock. The file stays:
  // removing it would let two processes lock two files of one name.
  close(impl_->fd);
  Registry::Get().Release(impl_->canonical);
}

}  // namespace crm
