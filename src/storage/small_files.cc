// Keeps the number of files low.
//
// Files of ever rising keys do not overlap, so that RocksDB moves them down as
// they are and never merges them. A store that is opened, or flushed, for a
// few records at a time would gather thousands of tiny files: each of them
// costs every later open some 30 microseconds and a file descriptor.

#include <rocksdb/metadata.h>

#include "storage/database_impl.h"

namespace crm {
namespace {

constexpr size_t kFewFiles = 32;
constexpr uint64_t kSmallFileBytes = uint64_t{1} << 20;

Status Merge(const Database::Impl& database, size_t family,
             const std::vector<std::string>& names, int level) {
  if (!AllSound(database, family, names)) return Status::Ok();
  rocksdb::CompactionOptions options;
  options.compression = database.family_options[family].compression;
  const rocksdb::Status merged =
      database.db->CompactFiles(options, database.handle(family), names, level);
  // Nothing depends on it, unless the attempt has left the database failed.
  if (!database.failed->happened()) return Status::Ok();
  return FromRocks(merged, "cannot merge files of " + database.path);
}

}  // namespace

Status MergeSmallFiles(const Database::Impl& database, size_t family) {
  rocksdb::ColumnFamilyMetaData metadata;
  database.db->GetColumnFamilyMetaData(database.handle(family), &metadata);
  for (const rocksdb::LevelMetaData& level : metadata.levels) {
    if (level.level == 0) continue;
    // Runs of neighbours: RocksDB rewrites whatever lies between two files.
    std::vector<std::string> run;
    for (size_t i = 0; i <= level.files.size(); ++i) {
      if (i < level.files.size() && level.files[i].size < kSmallFileBytes) {
        run.push_back(level.files[i].name);
        continue;
      }
      if (run.size() >= kFewFiles) {
        Status status = Merge(database, family, run, level.level);
        if (!status.ok()) return status;
      }
      run.clear();
    }
  }
  return Status::Ok();
}

}  // namespace crm
