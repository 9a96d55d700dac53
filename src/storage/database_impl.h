// What lies behind Database: shared by the files of this folder that talk to
// RocksDB, included by nobody else.

#ifndef CRM_STORAGE_DATABASE_IMPL_H_
#define CRM_STORAGE_DATABASE_IMPL_H_

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "storage/database.h"
#include "storage/rocks_status.h"

namespace crm {

class BlockCache final {
 public:
  explicit BlockCache(size_t bytes) : cache_(rocksdb::NewLRUCache(bytes)) {}
  const std::shared_ptr<rocksdb::Cache>& cache() const { return cache_; }

 private:
  std::shared_ptr<rocksdb::Cache> cache_;
};

class DatabaseSnapshot final {
 public:
  explicit DatabaseSnapshot(rocksdb::DB* db)
      : db_(db), snapshot_(db->GetSnapshot()) {}
  ~DatabaseSnapshot() { db_->ReleaseSnapshot(snapshot_); }
  DatabaseSnapshot(const DatabaseSnapshot&) = delete;
  DatabaseSnapshot& operator=(const DatabaseSnapshot&) = delete;
  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB* db_;
  const rocksdb::Snapshot* snapshot_;
};

// Rows of the first family, which is the busy one, go straight into RocksDB's
// batch; the others wait, because only the database knows their handles. Rows
// of different families do not touch, so that their order is free.
struct Batch::Impl {
  struct Change {
    size_t family;
    bool is_delete;
    size_t key_bytes;
    size_t value_bytes;
  };
  rocksdb::WriteBatch batch;
  std::vector<Change> changes;
  std::string bytes;  // Key and value of each change, one after the other.
};

struct Database::Impl {
  std::string path;
  std::shared_ptr<Disk> disk;
  std::shared_ptr<BlockCache> cache;
  // The disk's, but see guard_file_system.h.
  std::unique_ptr<rocksdb::Env> env;
  rocksdb::DBOptions db_options;
  // By family.
  std::vector<rocksdb::ColumnFamilyOptions> family_options;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::unique_ptr<rocksdb::DB> db;
  // Shared with the listener, which lives as long as RocksDB likes.
  std::shared_ptr<Failure> failed;
  std::atomic<uint64_t> next_ingestion{1};

  ~Impl();
  Status CheckNotFailed() const;
  rocksdb::ColumnFamilyHandle* handle(size_t family) const {
    return handles[family];
  }
};

// The end of the names of files that wait for ingestion.
inline constexpr std::string_view kIngestSuffix = ".ingest";

rocksdb::DBOptions MakeDbOptions(const DatabaseOptions& options,
                                 rocksdb::Env* env,
                                 std::shared_ptr<Failure> failed);
rocksdb::ColumnFamilyOptions MakeFamilyOptions(FamilyKind kind,
                                               const DatabaseOptions& options,
                                               const BlockCache& cache);

// Forgets what an earlier, interrupted ingestion left in `path` and says
// whether a database is there. kCorruption when the directory holds what no
// database leaves there.
Result<bool> InspectDirectory(const std::string& path, Disk& disk);

// Whether these files can be read from end to end. A compaction reads forward,
// and may thus step over damage: only what was found sound may be merged.
bool AllSound(const Database::Impl& database, size_t family,
              const std::vector<std::string>& names);

// Merges the newest files of a log family when they are many and small.
Status MergeSmallFiles(const Database::Impl& database, size_t family);

inline rocksdb::Slice AsSlice(std::string_view text) {
  return rocksdb::Slice(text.data(), text.size());
}
inline std::string_view AsView(const rocksdb::Slice& slice) {
  return std::string_view(slice.data(), slice.size());
}

}  // namespace crm

#endif  // CRM_STORAGE_DATABASE_IMPL_H_
