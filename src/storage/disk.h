// Disk: where files lie. One for the machine's file system, one that lives in
// memory, and (in tests) one that fails on demand. Everything that libcrm
// reads or writes goes through one Disk, RocksDB's files included.

#ifndef CRM_STORAGE_DISK_H_
#define CRM_STORAGE_DISK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace crm {

// What comes before the last slash; "." when there is none.
std::string ParentDirectory(const std::string& path);

// Thread-safe.
class Disk {
 public:
  // The machine's: files 0600, directories 0700.
  static std::shared_ptr<Disk> Machine();
  // A fresh, empty one in memory.
  static std::shared_ptr<Disk> Memory();
  // Over any rocksdb::Env (kept alive by `owner`): for fault injection.
  static std::shared_ptr<Disk> Over(rocksdb::Env* env,
                                    std::shared_ptr<void> owner,
                                    bool in_memory);

  ~Disk();
  rocksdb::Env* env() const { return env_; }
  bool in_memory() const { return in_memory_; }

  bool Exists(const std::string& path) const;
  // Names without "." and "..". kNotFound, kIoError.
  Result<std::vector<std::string>> List(const std::string& directory) const;
  // Makes one directory, mode 0700, and syncs its parent; fine when it is
  // there.
  Status MakeDirectory(const std::string& directory);
  // Refuses (kInvalidArgument) a symbolic link, a file, and a directory that
  // others may write to. Machine disks only; Ok on others.
  Status CheckDirectory(const std::string& directory) const;
  // Whole small files. Write: to a temporary name, fsync, rename, fsync of
  // the directory.
  Result<std::string> ReadFile(const std::string& path) const;
  Status WriteFile(const std::string& path, std::string_view data);
  Status Remove(const std::string& path);
  // With everything below it; fine when it is not there.
  Status RemoveTree(const std::string& directory);
  Status Rename(const std::string& from, const std::string& to);
  Status SyncDirectory(const std::string& directory);
  // Bytes of all files below.
  uint64_t TreeBytes(const std::string& directory) const;

 private:
  Disk(rocksdb::Env* env, std::shared_ptr<void> owner, bool in_memory);
  rocksdb::Env* env_;
  std::shared_ptr<void> owner_;
  bool in_memory_;
};

// The lock that makes one process the owner of a store: an flock on
// `<directory>/LOCK` which holds the pid, plus a registry of the stores open
// in this process. kBusy names the owner's pid. Released when it goes.
class StoreLock final {
 public:
  static Result<std::unique_ptr<StoreLock>> Take(const std::string& directory,
                                                 Disk& disk);
  ~StoreLock();

 private:
  struct Impl;
  explicit StoreLock(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What the last durable head was, written beside the log: the loss of the
// newest log file cannot be seen otherwise. Two slots of 4 KiB, written in
// turn, each with a checksum; a torn write costs one slot, never both.
struct Anchor {
  uint64_t generation = 0;
  uint64_t head = 0;
  std::string chain;  // 32 bytes.
};

class AnchorFile final {
 public:
  // Reads the newer sound slot. No file: a zero anchor. Both slots damaged:
  // kCorruption.
  static Result<std::unique_ptr<AnchorFile>> Open(const std::string& path,
                                                  Disk& disk);
  ~AnchorFile();
  const Anchor& last() const;
  // Durable when it returns. Sets generation itself.
  Status Write(uint64_t head, std::string_view chain);

 private:
  struct Impl;
  explicit AnchorFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm

#endif  // CRM_STORAGE_DISK_H_
