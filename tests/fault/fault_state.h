// What FaultyDisk remembers: which point fails, and what was synced.

#ifndef CRM_TESTS_FAULT_FAULT_STATE_H_
#define CRM_TESTS_FAULT_FAULT_STATE_H_

#include <rocksdb/io_status.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "crm/status.h"
#include "fault/faulty_disk.h"

namespace crm {

// One inode: hard links share it.
struct FaultFile {
  uint64_t bytes = 0;
  uint64_t synced_bytes = 0;
  struct Overwrite {
    uint64_t offset;
    std::string old_bytes;
  };
  // Writes in place since the last sync, oldest first.
  std::vector<Overwrite> overwrites;
};

// Thread-safe.
class FaultState final {
 public:
  enum class Kind { kWrite, kSync, kCreate, kMetadata };

  // --- Faults ---
  rocksdb::IOStatus Point(Kind kind);
  // No point: fails only while the power is off.
  rocksdb::IOStatus CheckPower() const;
  uint64_t points() const;
  void FailAt(uint64_t point, FaultyDisk::Style style);
  bool Failed() const;
  bool PowerLost() const;
  void Reset();

  // --- What happened to files; paths as RocksDB gives them ---
  std::shared_ptr<FaultFile> Created(const std::string& path);
  void CreatedDirectory(const std::string& path);
  // A file that is opened again; `bytes` is its size.
  std::shared_ptr<FaultFile> Opened(const std::string& path, uint64_t bytes);
  // `replaced` is what `to` held before.
  void Renamed(const std::string& from, const std::string& to,
               std::optional<std::string> replaced);
  void Linked(const std::string& from, const std::string& to);
  void Deleted(const std::string& path);
  void Appended(FaultFile* file, uint64_t bytes);
  void Resized(FaultFile* file, uint64_t bytes);
  void Overwritten(FaultFile* file, uint64_t offset, uint64_t bytes,
                   std::string old_bytes);
  uint64_t BytesOf(const FaultFile& file) const;
  // A sync that began when the file had `bytes` bytes is done.
  void Synced(FaultFile* file, uint64_t bytes);
  void SyncedDirectory(const std::string& path);

  Status DropUnsynced();

 private:
  struct Change {
    enum class What { kCreate, kCreateDirectory, kRename };
    What what;
    std::string path;
    std::string from;                     // kRename.
    std::optional<std::string> replaced;  // kRename.
  };

  Status DropData();
  Status Undo(const Change& change);

  mutable std::mutex mutex_;
  uint64_t points_ = 0;
  uint64_t fail_at_ = 0;
  FaultyDisk::Style style_ = FaultyDisk::Style::kOnce;
  bool power_lost_ = false;
  std::map<std::string, std::shared_ptr<FaultFile>> files_;
  // Changes of directories that were not synced since, oldest first.
  std::vector<Change> changes_;
};

}  // namespace crm

#endif  // CRM_TESTS_FAULT_FAULT_STATE_H_
