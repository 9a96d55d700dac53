#include "storage/private_file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace crm {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

IOStatus IoFailed(const std::string& path, int error) {
  if (error == ENOSPC) return IOStatus::NoSpace(path, strerror(error));
  if (error == ENOENT) return IOStatus::PathNotFound(path, strerror(error));
  return IOStatus::IOError(path, strerror(error));
}

// Makes `path` with mode 0600 before RocksDB opens it, so that there is no
// moment at which others may read it. A symbolic link is refused.
IOStatus Prepare(const std::string& path) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return IoFailed(path, errno);
  struct stat info;
  int error = 0;
  if (fstat(fd, &info) != 0) {
    error = errno;
  } else if ((info.st_mode & 0777) != 0600 && fchmod(fd, 0600) != 0) {
    error = errno;
  }
  close(fd);
  return error == 0 ? IOStatus::OK() : IoFailed(path, error);
}

class PrivateFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;

  const char* Name() const override { return "crm.PrivateFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    IOStatus status = Prepare(path);
    if (!status.ok()) return status;
    return target()->NewWritableFile(path, options, result, debug);
  }

  IOStatus ReopenWritableFile(const std::string& path,
                              const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* debug) override {
    IOStatus status = Prepare(path);
    if (!status.ok()) return status;
    return target()->ReopenWritableFile(path, options, result, debug);
  }

  IOStatus NewLogger(const std::string& path, const IOOptions& options,
                     std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext* debug) override {
    IOStatus status = Prepare(path);
    if (!status.ok()) return status;
    return target()->NewLogger(path, options, result, debug);
  }

  IOStatus LockFile(const std::string& path, const IOOptions& options,
                    rocksdb::FileLock** lock, IODebugContext* debug) override {
    IOStatus status = Prepare(path);
    if (!status.ok()) return status;
    return target()->LockFile(path, options, lock, debug);
  }

  IOStatus CreateDir(const std::string& path, const IOOptions&,
                     IODebugContext*) override {
    if (mkdir(path.c_str(), 0700) != 0) return IoFailed(path, errno);
    return IOStatus::OK();
  }

  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&,
                              IODebugContext*) override {
    if (mkdir(path.c_str(), 0700) == 0) return IOStatus::OK();
    const int error = errno;
    struct stat info;
    if (error == EEXIST && stat(path.c_str(), &info) == 0 &&
        S_ISDIR(info.st_mode)) {
      return IOStatus::OK();
    }
    return IoFailed(path, error);
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> NewPrivateFileSystem(
    std::shared_ptr<rocksdb::FileSystem> base) {
  return std::make_shared<PrivateFileSystem>(std::move(base));
}

}  // namespace crm
