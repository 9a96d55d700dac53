// Database: the one wrapper around RocksDB. It fixes the options that avoid
// the known hazards of 7.8.3 and offers only what is safe with them: point
// reads, atomic batches, atomic ingestion of sorted rows over all families,
// and the cursors of cursor.h. There is no plain forward scan.

#ifndef CRM_STORAGE_DATABASE_H_
#define CRM_STORAGE_DATABASE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/options.h"
#include "crm/status.h"
#include "storage/disk.h"

namespace crm {

// How a family's rows come and are read.
enum class FamilyKind : uint8_t {
  kLog,     // Monotone keys: leveled, 16 KB blocks, LZ4, no Bloom filter.
  kPoint,   // Random keys, point reads: leveled, Bloom filter, whole keys.
  kHashed,  // As kPoint, for keys that are hashes: not compressed.
  kSealed,  // As kPoint, for sealed values: not compressed, universal.
  kPacked,  // Packed blocks read in runs: universal, LZ4 off (sealed bytes).
};

struct FamilySpec {
  std::string name;
  FamilyKind kind = FamilyKind::kPoint;
};

// Memory shared by the databases of a store.
class BlockCache;
std::shared_ptr<BlockCache> NewBlockCache(size_t bytes);

struct DatabaseOptions {
  std::vector<FamilySpec> families;  // The first is RocksDB's default family.
  std::shared_ptr<BlockCache> cache;
  size_t memtable_bytes = size_t{32} << 20;
  // Off: block compression off everywhere, so that tests can read the files.
  bool compress = true;
  // Refuse to make a database where there is none (kNotFound).
  bool must_exist = false;
  LogCallback log;
};

// Changes to one database, applied at once. One thread at a time.
class Batch final {
 public:
  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  void Put(size_t family, std::string_view key, std::string_view value);
  void Delete(size_t family, std::string_view key);
  void Clear();
  size_t bytes() const;
  size_t count() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// A pinned state of one database. Release before the database closes.
class DatabaseSnapshot;

class Database final {
 public:
  static Result<std::unique_ptr<Database>> Open(const std::string& path,
                                                std::shared_ptr<Disk> disk,
                                                const DatabaseOptions& options);
  // Closes. REQUIRES: no cursor, ingestion or snapshot is alive.
  ~Database();

  const std::string& path() const;
  size_t family_count() const;

  // With `sync`, the write-ahead log is on the disk when this returns, up to
  // and including everything written before. An empty batch with `sync` makes
  // what is there durable. kNoSpace, kIoError, kCorruption; after a failure
  // every later write fails with kReadOnly.
  Status Write(Batch& batch, bool sync);

  // False: not there. kCorruption, kIoError. Reads the latest state, or that
  // of `snapshot`.
  Result<bool> Get(size_t family, std::string_view key, std::string* value,
                   const DatabaseSnapshot* snapshot = nullptr) const;
  // values[i] and found[i] for keys[i]; sizes must agree.
  Status MultiGet(size_t family, std::span<const std::string_view> keys,
                  std::span<std::string> values, std::span<bool> found,
                  const DatabaseSnapshot* snapshot = nullptr) const;

  std::shared_ptr<const DatabaseSnapshot> GetSnapshot() const;

  // Rows of a family by keys, newest state or snapshot. `lower` inclusive,
  // `upper` exclusive (empty: no bound). Always runs backwards, because only
  // then does 7.8.3 report a damaged file; `visit` sees descending keys and
  // returns false to stop. kCorruption when anything could not be read.
  Status ScanBackward(size_t family, std::string_view lower,
                      std::string_view upper,
                      const std::function<bool(std::string_view key,
                                               std::string_view value)>& visit,
                      const DatabaseSnapshot* snapshot = nullptr) const;
  // Forward, for callers that can prove completeness themselves (dense keys,
  // stored counts) or that only warm a cache.
  Status ScanForwardUnproven(
      size_t family, std::string_view lower, std::string_view upper,
      const std::function<bool(std::string_view key, std::string_view value)>&
          visit,
      const DatabaseSnapshot* snapshot = nullptr) const;

  // Writes memtables to files. Compact also rewrites every file, or those that
  // hold keys from `first` to `last`, both included.
  Status FlushMemtables();
  Status Compact(size_t family);
  Status Compact(size_t family, std::string_view first, std::string_view last);
  // Flushes, then rewrites the files that hold keys from `first` to `last`, so
  // that what was replaced or deleted there is gone. For rows that cannot be
  // made again: the files are read before, and kCorruption is the answer when
  // one is damaged, because 7.8.3 would quietly leave its rows out.
  Status Purge(size_t family, std::string_view first, std::string_view last);
  // Shows what every table file on the disk holds of these keys (ascending);
  // `in_use` false: it is kept for somebody who still reads it, and nobody
  // else. `*files`: grows by how many there were.
  Status LookIntoFiles(
      size_t family, std::span<const std::string> keys,
      const std::function<void(std::string_view key, std::string_view value,
                               bool in_use)>& show,
      uint64_t* files) const;
  // Merges runs of many small files; cheap when there are none. Opening does
  // it, too.
  Status MergeSmallFiles();
  // Reads every block of every file and checks it.
  Status VerifyFiles() const;
  // A copy in `directory` (made; must not exist), hard links where possible.
  Status CopyTo(const std::string& directory) const;
  uint64_t FileBytes() const;
  // True after a failed write.
  bool failed() const;

  struct Impl;
  Impl& impl() { return *impl_; }
  const Impl& impl() const { return *impl_; }

 private:
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Sorted rows for many families that appear all at once or not at all: one
// SST file per family, one atomic ingestion. For a database whose families
// never see a memtable write. Files stay in the page cache. Rows of a family
// must come in ascending key order, families in any order, interleaved or not.
class Ingestion final {
 public:
  explicit Ingestion(Database& database);
  ~Ingestion();  // Uncommitted: removes its files.
  // Called every so many rows: what must not wait until all are written.
  void set_between(std::function<void()> between);
  Status Put(size_t family, std::string_view key, std::string_view value);
  Status Delete(size_t family, std::string_view key);
  // Nothing added: Ok without doing anything.
  Status Commit();
  uint64_t bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Walks the log family: 8-byte big-endian keys, dense. Forward (proved by
// density: a hole is kCorruption and names the position) or backward. Reads
// what is there when it is made; makes a new RocksDB iterator every 64 Ki rows.
// One thread at a time.
class LogCursor final {
 public:
  // Positions first..last, both included; REQUIRES 1 <= first, last <= head.
  LogCursor(const Database& database, size_t family, uint64_t first,
            uint64_t last, bool backward);
  ~LogCursor();
  LogCursor(LogCursor&&) noexcept;
  LogCursor& operator=(LogCursor&&) noexcept;

  // False at the end. Views are valid until the next call.
  Result<bool> Next(uint64_t* position, std::string_view* value);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm

#endif  // CRM_STORAGE_DATABASE_H_
