// Getting rid of what was replaced or deleted, and proof that it is gone.

#include <absl/cleanup/cleanup.h>
#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/database_impl.h"

namespace crm {
namespace {

constexpr std::string_view kTableSuffix = ".sst";

}  // namespace

bool AllSound(const Database::Impl& database, size_t family,
              const std::vector<std::string>& names) {
  const rocksdb::Options options(database.db_options,
                                 database.family_options[family]);
  for (const std::string& name : names) {
    const std::string path = database.path + name;
    rocksdb::SstFileReader reader(options);
    const bool sound = reader.Open(path).ok() && reader.VerifyChecksum().ok();
    // One that a compaction has replaced meanwhile is nobody's any more.
    if (!sound && database.disk->Exists(path)) return false;
  }
  return true;
}

Status Database::Purge(size_t family, std::string_view first,
                       std::string_view last) {
  Status status = FlushMemtables();
  if (!status.ok()) return status;
  // Files of the upper levels may reach far beyond `last`.
  rocksdb::ColumnFamilyMetaData metadata;
  impl_->db->GetColumnFamilyMetaData(impl_->handle(family), &metadata);
  std::vector<std::string> names;
  for (const rocksdb::LevelMetaData& level : metadata.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      if (file.largestkey >= first) names.push_back(file.name);
    }
  }
  const bool sound = Guarded([&] {
                       return AllSound(*impl_, family, names)
                                  ? Status::Ok()
                                  : Status(StatusCode::kCorruption, "");
                     }).ok();
  if (!sound) {
    return Status(StatusCode::kCorruption,
                  "damaged file in " + impl_->path +
                      ": nothing can be removed before it is repaired");
  }
  return Compact(family, first, last);
}

Status Database::LookIntoFiles(
    size_t family, std::span<const std::string> keys,
    const std::function<void(std::string_view key, std::string_view value,
                             bool in_use)>& show,
    uint64_t* files) const {
  // A file that is being written would look damaged.
  const rocksdb::Status paused = impl_->db->PauseBackgroundWork();
  if (!paused.ok()) return FromRocks(paused, "cannot pause " + impl_->path);
  const absl::Cleanup go_on = [this] {
    impl_->db->ContinueBackgroundWork().PermitUncheckedError();
  };
  Result<std::vector<std::string>> names = impl_->disk->List(impl_->path);
  if (!names.ok()) return std::move(names).status();
  return Guarded([&] {
    const rocksdb::Options options(impl_->db_options,
                                   impl_->family_options[family]);
    rocksdb::ReadOptions reading;
    reading.verify_checksums = true;
    std::vector<rocksdb::LiveFileMetaData> live;
    impl_->db->GetLiveFilesMetaData(&live);
    for (const std::string& name : *names) {
      if (!name.ends_with(kTableSuffix)) continue;
      const std::string path = impl_->path + "/" + name;
      rocksdb::SstFileReader reader(options);
      rocksdb::Status opened = reader.Open(path);
      // It may have gone meanwhile: nobody needed it any more.
      if (!opened.ok() && !impl_->disk->Exists(path)) continue;
      if (!opened.ok()) return FromRocks(opened, "cannot read " + path);
      ++*files;
      const bool in_use = std::any_of(
          live.begin(), live.end(),
          [&](const auto& file) { return file.name.ends_with("/" + name); });
      const std::unique_ptr<rocksdb::Iterator> rows(
          reader.NewIterator(reading));
      for (auto key = keys.begin(); key != keys.end();) {
        rows->Seek(AsSlice(*key));
        if (!rows->status().ok()) {
          return FromRocks(rows->status(), "cannot read " + path);
        }
        if (!rows->Valid()) break;
        const std::string_view found = AsView(rows->key());
        if (found == *key) {
          show(*key++, AsView(rows->value()), in_use);
        } else {
          key = std::lower_bound(key, keys.end(), found);
        }
      }
    }
    return Status::Ok();
  });
}

}  // namespace crm
