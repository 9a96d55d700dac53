// Keeps the number of a log's files low.
//
// Every open flushes what it replays, and files of ever rising keys sink to
// the last level as they are. A store that is opened for a few records at a
// time would gather thousands of tiny files, and each of them costs every
// later open some 30 microseconds.

#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>

#include "storage/database_impl.h"

namespace crm {
namespace {

constexpr size_t kFewFiles = 32;
constexpr uint64_t kSmallFileBytes = uint64_t{1} << 20;

// A compaction reads forward, and may thus step over damage: only files that
// were read and found sound may be merged.
bool AllSound(const Database::Impl& database, size_t family,
              const std::vector<std::string>& names) {
  const rocksdb::Options options(database.db_options,
                                 database.family_options[family]);
  for (const std::string& name : names) {
    rocksdb::SstFileReader reader(options);
    if (!reader.Open(database.path + name).ok()) return false;
    if (!reader.VerifyChecksum().ok()) return false;
  }
  return true;
}

}  // namespace

Status MergeSmallLogFiles(const Database::Impl& database, size_t family) {
  rocksdb::ColumnFamilyMetaData metadata;
  database.db->GetColumnFamilyMetaData(database.handle(family), &metadata);
  const rocksdb::LevelMetaData& last = metadata.levels.back();
  std::vector<std::string> names;
  for (auto file = last.files.rbegin();
       file != last.files.rend() && file->size < kSmallFileBytes; ++file) {
    names.push_back(file->name);
  }
  if (names.size() < kFewFiles || !AllSound(database, family, names)) {
    return Status::Ok();
  }
  rocksdb::CompactionOptions options;
  options.compression = database.family_options[family].compression;
  const rocksdb::Status merged = database.db->CompactFiles(
      options, database.handle(family), names, last.level);
  // Nothing depends on it, unless the attempt has left the database failed.
  if (!database.failed->load()) return Status::Ok();
  return FromRocks(merged, "cannot merge files of " + database.path);
}

}  // namespace crm
