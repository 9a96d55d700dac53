#include "storage/guard_file_system.h"

#include <string>
#include <string_view>
#include <utility>

#include "storage/rocks_status.h"

namespace crm {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Flag = std::shared_ptr<Failure>;

IOStatus Note(IOStatus status, const Flag& failed) {
  if (!status.ok()) failed->Set(CodeOf(status));
  return status;
}

bool IsManifest(std::string_view path) {
  const size_t slash = path.find_last_of('/');
  return path.substr(slash + 1).starts_with("MANIFEST-");
}

class GuardedManifest final : public rocksdb::FSWritableFileWrapper {
 public:
  GuardedManifest(std::unique_ptr<rocksdb::FSWritableFile> file, Flag failed)
      : FSWritableFileWrapper(file.get()),
        file_(std::move(file)),
        failed_(std::move(failed)) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    return Note(target()->Append(data, options, debug), failed_);
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info,
                  IODebugContext* debug) override {
    return Note(target()->Append(data, options, info, debug), failed_);
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return Note(target()->Close(options, debug), failed_);
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return Note(target()->Flush(options, debug), failed_);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Note(target()->Sync(options, debug), failed_);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Note(target()->Fsync(options, debug), failed_);
  }

 private:
  std::unique_ptr<rocksdb::FSWritableFile> file_;
  Flag failed_;
};

class GuardedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  GuardedDirectory(std::unique_ptr<rocksdb::FSDirectory> directory, Flag failed)
      : FSDirectoryWrapper(std::move(directory)), failed_(std::move(failed)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Note(FSDirectoryWrapper::Fsync(options, debug), failed_);
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& how) override {
    return Note(FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how),
                failed_);
  }

 private:
  Flag failed_;
};

class GuardFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  GuardFileSystem(const std::shared_ptr<rocksdb::FileSystem>& base, Flag failed)
      : FileSystemWrapper(base), failed_(std::move(failed)) {}

  const char* Name() const override { return "crm.GuardFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    IOStatus status = target()->NewWritableFile(path, options, result, debug);
    if (status.ok() && IsManifest(path)) {
      *result = std::make_unique<GuardedManifest>(std::move(*result), failed_);
    }
    return status;
  }

  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* debug) override {
    IOStatus status = target()->NewDirectory(path, options, result, debug);
    if (status.ok()) {
      *result = std::make_unique<GuardedDirectory>(std::move(*result), failed_);
    }
    return status;
  }

  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions& options,
                      IODebugContext* debug) override {
    return Note(target()->RenameFile(from, to, options, debug), failed_);
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    if (failed_->happened()) return IOStatus::OK();
    return target()->DeleteFile(path, options, debug);
  }

 private:
  Flag failed_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> NewGuardFileSystem(
    const std::shared_ptr<rocksdb::FileSystem>& base,
    std::shared_ptr<Failure> failed) {
  return std::make_shared<GuardFileSystem>(base, std::move(failed));
}

}  // namespace crm
