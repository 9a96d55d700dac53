#include "storage/disk.h"

#include <rocksdb/env.h>
#include <sys/stat.h>

#include <utility>

#include "storage/private_file_system.h"
#include "storage/rocks_status.h"

namespace crm {
namespace {

// A symbolic link to a directory is no directory here: whoever empties a tree
// must not leave it.
bool IsRealDirectory(const Disk& disk, const std::string& path) {
  if (disk.in_memory()) {
    // RocksDB's memory does not tell empty directories from empty files.
    const Result<std::vector<std::string>> names = disk.List(path);
    return names.ok() && !names->empty();
  }
  struct stat info;
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

std::string ParentDirectory(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Disk::Disk(rocksdb::Env* env, std::shared_ptr<void> owner, bool in_memory)
    : env_(env), owner_(std::move(owner)), in_memory_(in_memory) {}

Disk::~Disk() = default;

std::shared_ptr<Disk> Disk::Machine() {
  // Never destroyed: RocksDB's background threads may outlive main().
  static const auto* const disk = [] {
    std::shared_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
        NewPrivateFileSystem(rocksdb::FileSystem::Default()));
    rocksdb::Env* raw = env.get();
    return new std::shared_ptr<Disk>(Over(raw, std::move(env), false));
  }();
  return *disk;
}

std::shared_ptr<Disk> Disk::Memory() {
  std::shared_ptr<rocksdb::Env> env(
      rocksdb::NewMemEnv(rocksdb::Env::Default()));
  rocksdb::Env* raw = env.get();
  return Over(raw, std::move(env), true);
}

std::shared_ptr<Disk> Disk::Over(rocksdb::Env* env, std::shared_ptr<void> owner,
                                 bool in_memory) {
  return std::shared_ptr<Disk>(new Disk(env, std::move(owner), in_memory));
}

bool Disk::Exists(const std::string& path) const {
  return env_->FileExists(path).ok();
}

Result<std::vector<std::string>> Disk::List(
    const std::string& directory) const {
  return Guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    Status status = FromRocks(env_->GetChildren(directory, &names),
                              "cannot list " + directory);
    if (!status.ok()) return status;
    std::erase_if(names, [](const std::string& name) {
      return name == "." || name == "..";
    });
    return names;
  });
}

Status Disk::MakeDirectory(const std::string& directory) {
  return Guarded([&] {
    const bool is_new = !Exists(directory);
    Status status = FromRocks(env_->CreateDirIfMissing(directory),
                              "cannot make directory " + directory);
    if (!status.ok() || !is_new || in_memory_) return status;
    return SyncDirectory(ParentDirectory(directory));
  });
}

Status Disk::CheckDirectory(const std::string& directory) const {
  if (in_memory_) return Status::Ok();
  struct stat info;
  if (lstat(directory.c_str(), &info) != 0) {
    return Status(StatusCode::kNotFound, "no directory " + directory);
  }
  if (S_ISLNK(info.st_mode)) {
    return Status(StatusCode::kInvalidArgument,
                  directory + " is a symbolic link");
  }
  if (!S_ISDIR(info.st_mode)) {
    return Status(StatusCode::kInvalidArgument,
                  directory + " is not a directory");
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Status(StatusCode::kInvalidArgument,
                  directory + " may be written to by other users");
  }
  return Status::Ok();
}

Result<std::string> Disk::ReadFile(const std::string& path) const {
  return Guarded([&]() -> Result<std::string> {
    std::string data;
    Status status = FromRocks(rocksdb::ReadFileToString(env_, path, &data),
                              "cannot read " + path);
    if (!status.ok()) return status;
    return data;
  });
}

Status Disk::WriteFile(const std::string& path, std::string_view data) {
  return Guarded([&] {
    const std::string temporary = path + ".tmp";
    Status status = FromRocks(
        rocksdb::WriteStringToFile(
            env_, rocksdb::Slice(data.data(), data.size()), temporary, true),
        "cannot write " + temporary);
    if (!status.ok()) return status;
    status = Rename(temporary, path);
    if (!status.ok()) return status;
    return SyncDirectory(ParentDirectory(path));
  });
}

Status Disk::Remove(const std::string& path) {
  return Guarded([&] {
    return FromRocks(env_->DeleteFile(path), "cannot remove " + path);
  });
}

Status Disk::RemoveTree(const std::string& directory) {
  if (!IsRealDirectory(*this, directory)) {
    Status status = Remove(directory);
    return status.code() == StatusCode::kNotFound ? Status::Ok() : status;
  }
  Result<std::vector<std::string>> names = List(directory);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    Status status = RemoveTree(directory + "/" + name);
    if (!status.ok()) return status;
  }
  return Guarded([&] {
    return FromRocks(env_->DeleteDir(directory), "cannot remove " + directory);
  });
}

Status Disk::Rename(const std::string& from, const std::string& to) {
  return Guarded([&] {
    return FromRocks(env_->RenameFile(from, to),
                     "cannot rename " + from + " to " + to);
  });
}

Status Disk::SyncDirectory(const std::string& directory) {
  return Guarded([&] {
    const std::string what = "cannot sync directory " + directory;
    std::unique_ptr<rocksdb::Directory> handle;
    Status status = FromRocks(env_->NewDirectory(directory, &handle), what);
    if (!status.ok()) return status;
    status = FromRocks(handle->Fsync(), what);
    const Status closed = FromRocks(handle->Close(), what);
    return status.ok() ? closed : status;
  });
}

uint64_t Disk::TreeBytes(const std::string& directory) const {
  Result<std::vector<std::string>> names = List(directory);
  if (!names.ok()) return 0;
  uint64_t total = 0;
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    uint64_t size = 0;
    if (IsRealDirectory(*this, path)) {
      total += TreeBytes(path);
    } else if (env_->GetFileSize(path, &size).ok()) {
      total += size;
    }
  }
  return total;
}

}  // namespace crm
