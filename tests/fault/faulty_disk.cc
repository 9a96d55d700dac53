#include "fault/faulty_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <utility>

#include "fault/fault_state.h"

namespace crm {
namespace {

using rocksdb::DataVerificationInfo;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Kind = FaultState::Kind;
using SharedState = std::shared_ptr<FaultState>;

class FaultyWritableFile final : public rocksdb::FSWritableFileWrapper {
 public:
  FaultyWritableFile(std::unique_ptr<rocksdb::FSWritableFile> file,
                     SharedState state, std::shared_ptr<FaultFile> inode)
      : FSWritableFileWrapper(file.get()),
        file_(std::move(file)),
        state_(std::move(state)),
        inode_(std::move(inode)) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    return Write(data.size(),
                 [&] { return target()->Append(data, options, debug); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const DataVerificationInfo& info,
                  IODebugContext* debug) override {
    return Write(data.size(),
                 [&] { return target()->Append(data, options, info, debug); });
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset,
                            const IOOptions& options,
                            IODebugContext* debug) override {
    return Write(data.size(), [&] {
      return target()->PositionedAppend(data, offset, options, debug);
    });
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset,
                            const IOOptions& options,
                            const DataVerificationInfo& info,
                            IODebugContext* debug) override {
    return Write(data.size(), [&] {
      return target()->PositionedAppend(data, offset, options, info, debug);
    });
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kWrite);
    if (status.ok()) status = target()->Truncate(size, options, debug);
    if (status.ok()) state_->Resized(inode_.get(), size);
    return status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Sync([&] { return target()->Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync([&] { return target()->Fsync(options, debug); });
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    IOStatus closed = target()->Close(options, debug);
    IOStatus power = state_->CheckPower();
    return power.ok() ? closed : power;
  }

 private:
  template <typename Work>
  IOStatus Write(uint64_t bytes, Work&& work) {
    IOStatus status = state_->Point(Kind::kWrite);
    if (status.ok()) status = work();
    if (status.ok()) state_->Appended(inode_.get(), bytes);
    return status;
  }
  template <typename Work>
  IOStatus Sync(Work&& work) {
    IOStatus status = state_->Point(Kind::kSync);
    const uint64_t bytes = state_->BytesOf(*inode_);
    if (status.ok()) status = work();
    if (status.ok()) state_->Synced(inode_.get(), bytes);
    return status;
  }

  std::unique_ptr<rocksdb::FSWritableFile> file_;
  SharedState state_;
  std::shared_ptr<FaultFile> inode_;
};

class FaultyRandomFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyRandomFile(std::unique_ptr<rocksdb::FSRandomRWFile> file,
                   SharedState state, std::shared_ptr<FaultFile> inode)
      : FSRandomRWFileOwnerWrapper(std::move(file)),
        state_(std::move(state)),
        inode_(std::move(inode)) {}

  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& options,
                 IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kWrite);
    if (!status.ok()) return status;
    std::string old(data.size(), '\0');
    Slice found;
    status =
        target()->Read(offset, old.size(), options, &found, old.data(), debug);
    if (!status.ok()) return status;
    status = target()->Write(offset, data, options, debug);
    if (!status.ok()) return status;
    state_->Overwritten(inode_.get(), offset, data.size(), found.ToString());
    return status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Sync([&] { return target()->Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync([&] { return target()->Fsync(options, debug); });
  }

 private:
  template <typename Work>
  IOStatus Sync(Work&& work) {
    IOStatus status = state_->Point(Kind::kSync);
    const uint64_t bytes = state_->BytesOf(*inode_);
    if (status.ok()) status = work();
    if (status.ok()) state_->Synced(inode_.get(), bytes);
    return status;
  }

  SharedState state_;
  std::shared_ptr<FaultFile> inode_;
};

class FaultyDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(std::unique_ptr<rocksdb::FSDirectory> directory,
                  SharedState state, std::string path)
      : FSDirectoryWrapper(std::move(directory)),
        state_(std::move(state)),
        path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kSync);
    if (status.ok()) status = FSDirectoryWrapper::Fsync(options, debug);
    if (status.ok()) state_->SyncedDirectory(path_);
    return status;
  }
  // A full sync, whatever the file system below could make of the hints.
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  SharedState state_;
  std::string path_;
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem(const std::shared_ptr<rocksdb::FileSystem>& base,
                   SharedState state)
      : FileSystemWrapper(base), state_(std::move(state)) {}

  const char* Name() const override { return "crm.FaultyFileSystem"; }

  // --- Reading ---
  IOStatus NewSequentialFile(const std::string& path,
                             const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* debug) override {
    IOStatus status = state_->CheckPower();
    if (!status.ok()) return status;
    return target()->NewSequentialFile(path, options, result, debug);
  }
  IOStatus NewRandomAccessFile(
      const std::string& path, const FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
      IODebugContext* debug) override {
    IOStatus status = state_->CheckPower();
    if (!status.ok()) return status;
    return target()->NewRandomAccessFile(path, options, result, debug);
  }
  IOStatus LockFile(const std::string& path, const IOOptions& options,
                    rocksdb::FileLock** lock, IODebugContext* debug) override {
    IOStatus status = state_->CheckPower();
    if (!status.ok()) return status;
    return target()->LockFile(path, options, lock, debug);
  }

  // --- Files that are written ---
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kCreate);
    if (!status.ok()) return status;
    status = target()->NewWritableFile(path, options, result, debug);
    if (!status.ok()) return status;
    *result = std::make_unique<FaultyWritableFile>(std::move(*result), state_,
                                                   state_->Created(path));
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& path,
                              const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* debug) override {
    uint64_t bytes = 0;
    if (!target()->GetFileSize(path, IOOptions(), &bytes, debug).ok()) {
      return NewWritableFile(path, options, result, debug);
    }
    IOStatus status = state_->CheckPower();
    if (!status.ok()) return status;
    status = target()->ReopenWritableFile(path, options, result, debug);
    if (!status.ok()) return status;
    *result = std::make_unique<FaultyWritableFile>(std::move(*result), state_,
                                                   state_->Opened(path, bytes));
    return status;
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&,
                             const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*,
                             IODebugContext*) override {
    return IOStatus::NotSupported("log files are never used twice");
  }
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                           IODebugContext* debug) override {
    IOStatus status = state_->CheckPower();
    if (!status.ok()) return status;
    uint64_t bytes = 0;
    status = target()->GetFileSize(path, IOOptions(), &bytes, debug);
    if (!status.ok()) return status;
    status = target()->NewRandomRWFile(path, options, result, debug);
    if (!status.ok()) return status;
    *result = std::make_unique<FaultyRandomFile>(std::move(*result), state_,
                                                 state_->Opened(path, bytes));
    return status;
  }

  // --- Names ---
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* debug) override {
    IOStatus status = state_->CheckPower();
    if (!status.ok()) return status;
    status = target()->NewDirectory(path, options, result, debug);
    if (!status.ok()) return status;
    *result =
        std::make_unique<FaultyDirectory>(std::move(*result), state_, path);
    return status;
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kMetadata);
    if (status.ok()) status = target()->DeleteFile(path, options, debug);
    if (status.ok()) state_->Deleted(path);
    return status;
  }
  IOStatus Truncate(const std::string& path, size_t size,
                    const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kWrite);
    if (status.ok()) status = target()->Truncate(path, size, options, debug);
    if (status.ok()) state_->Resized(state_->Opened(path, size).get(), size);
    return status;
  }
  IOStatus CreateDir(const std::string& path, const IOOptions& options,
                     IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kCreate);
    if (status.ok()) status = target()->CreateDir(path, options, debug);
    if (status.ok()) state_->CreatedDirectory(path);
    return status;
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options,
                              IODebugContext* debug) override {
    if (target()->FileExists(path, options, debug).ok()) {
      IOStatus status = state_->CheckPower();
      if (!status.ok()) return status;
      return target()->CreateDirIfMissing(path, options, debug);
    }
    return CreateDir(path, options, debug);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions& options,
                     IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kMetadata);
    if (!status.ok()) return status;
    return target()->DeleteDir(path, options, debug);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kMetadata);
    if (!status.ok()) return status;
    std::optional<std::string> replaced;
    std::string old;
    if (rocksdb::ReadFileToString(target(), to, &old).ok()) {
      replaced = std::move(old);
    }
    status = target()->RenameFile(from, to, options, debug);
    if (status.ok()) state_->Renamed(from, to, std::move(replaced));
    return status;
  }
  IOStatus LinkFile(const std::string& from, const std::string& to,
                    const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = state_->Point(Kind::kMetadata);
    if (status.ok()) status = target()->LinkFile(from, to, options, debug);
    if (status.ok()) state_->Linked(from, to);
    return status;
  }

 private:
  SharedState state_;
};

}  // namespace

FaultyDisk::FaultyDisk() : state_(std::make_shared<FaultState>()) {
  std::shared_ptr<rocksdb::Env> env =
      rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(
          Disk::Machine()->env()->GetFileSystem(), state_));
  rocksdb::Env* raw = env.get();
  disk_ = Disk::Over(raw, std::move(env), /*in_memory=*/false);
}

FaultyDisk::~FaultyDisk() = default;

uint64_t FaultyDisk::points() const { return state_->points(); }
void FaultyDisk::FailAt(uint64_t point, Style style) {
  state_->FailAt(point, style);
}
bool FaultyDisk::Failed() const { return state_->Failed(); }
bool FaultyDisk::PowerLost() const { return state_->PowerLost(); }
Status FaultyDisk::DropUnsynced() { return state_->DropUnsynced(); }
void FaultyDisk::Reset() { state_->Reset(); }

}  // namespace crm
