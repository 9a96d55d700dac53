#include "storage/database.h"

#include <rocksdb/convenience.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "storage/database_impl.h"

namespace crm {
namespace {

rocksdb::ReadOptions ReadingAt(const DatabaseSnapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.verify_checksums = true;
  if (snapshot != nullptr) options.snapshot = snapshot->get();
  return options;
}

// Adds what waited for its family's handle to RocksDB's batch.
rocksdb::Status AddChanges(const Database::Impl& database, Batch::Impl& batch) {
  rocksdb::Slice rest(batch.bytes);
  rocksdb::Status status;
  for (const Batch::Impl::Change& change : batch.changes) {
    const rocksdb::Slice key(rest.data(), change.key_bytes);
    rest.remove_prefix(change.key_bytes);
    const rocksdb::Slice value(rest.data(), change.value_bytes);
    rest.remove_prefix(change.value_bytes);
    if (change.family >= database.handles.size()) {
      status = rocksdb::Status::InvalidArgument("no such family");
      break;
    }
    rocksdb::ColumnFamilyHandle* const family = database.handle(change.family);
    status = change.is_delete ? batch.batch.Delete(family, key)
                              : batch.batch.Put(family, key, value);
    if (!status.ok()) break;
  }
  batch.changes.clear();
  batch.bytes.clear();
  return status;
}

// Makes the log files and the name of a fresh checkpoint durable: 7.8.3 may
// leave a linked one unsynced.
Status SyncCopy(const std::string& directory, Disk& disk) {
  Result<std::vector<std::string>> names = disk.List(directory);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (!name.ends_with(".log")) continue;
    const std::string path = directory + "/" + name;
    std::unique_ptr<rocksdb::WritableFile> file;
    rocksdb::Status status =
        disk.env()->ReopenWritableFile(path, &file, rocksdb::EnvOptions());
    if (status.ok()) status = file->Sync();
    if (status.ok()) status = file->Close();
    if (!status.ok()) return FromRocks(status, "cannot sync " + path);
  }
  Status status = disk.SyncDirectory(directory);
  if (!status.ok() || disk.in_memory()) return status;
  return disk.SyncDirectory(ParentDirectory(directory));
}

// Of a compaction, before it gives up.
constexpr int kMostPasses = 10;

// The level of each file that may hold keys from `first` to `last` (empty: no
// bound), by its name.
std::map<std::string, int> LevelsWithin(const Database::Impl& database,
                                        size_t family, std::string_view first,
                                        std::string_view last) {
  rocksdb::ColumnFamilyMetaData metadata;
  database.db->GetColumnFamilyMetaData(database.handle(family), &metadata);
  std::map<std::string, int> levels;
  for (const rocksdb::LevelMetaData& level : metadata.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      const bool within = file.largestkey >= first &&
                          (last.empty() || file.smallestkey <= last);
      if (within) levels.emplace(file.name, level.level);
    }
  }
  return levels;
}

rocksdb::Status CompactOnce(const Database::Impl& database, size_t family,
                            std::string_view first, std::string_view last) {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction =
      rocksdb::BottommostLevelCompaction::kForce;
  const rocksdb::Slice from = AsSlice(first);
  const rocksdb::Slice to = AsSlice(last);
  rocksdb::Status status = database.db->CompactRange(
      options, database.handle(family), first.empty() ? nullptr : &from,
      last.empty() ? nullptr : &to);
  if (!status.ok()) return status;
  // Files that are no longer needed go now, on this thread, and not some time
  // later: callers compact to be rid of them.
  status = database.db->DisableFileDeletions();
  return status.ok() ? database.db->EnableFileDeletions(false) : status;
}

}  // namespace

// --- Batch -------------------------------------------------------------------

Batch::Batch() : impl_(std::make_unique<Impl>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

void Batch::Put(size_t family, std::string_view key, std::string_view value) {
  if (family == 0) {
    // Fails only for keys or values of 4 GiB.
    impl_->batch.Put(AsSlice(key), AsSlice(value)).PermitUncheckedError();
    return;
  }
  impl_->changes.push_back({family, false, key.size(), value.size()});
  impl_->bytes += key;
  impl_->bytes += value;
}

void Batch::Delete(size_t family, std::string_view key) {
  if (family == 0) {
    impl_->batch.Delete(AsSlice(key)).PermitUncheckedError();
    return;
  }
  impl_->changes.push_back({family, true, key.size(), 0});
  impl_->bytes += key;
}

void Batch::Clear() {
  impl_->batch.Clear();
  impl_->changes.clear();
  impl_->bytes.clear();
}

size_t Batch::bytes() const {
  return impl_->batch.GetDataSize() + impl_->bytes.size();
}

size_t Batch::count() const {
  return impl_->batch.Count() + impl_->changes.size();
}

// --- Database ----------------------------------------------------------------

Database::Impl::~Impl() {
  if (db == nullptr) return;
  rocksdb::CancelAllBackgroundWork(db.get(), true);
  for (rocksdb::ColumnFamilyHandle* family : handles) {
    db->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  // Nothing is lost when this fails: what was acknowledged is in the log.
  db->Close().PermitUncheckedError();
}

Status Database::Impl::CheckNotFailed() const {
  return failed->Check("an earlier write to " + path +
                       " failed; reopen the store");
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

const std::string& Database::path() const { return impl_->path; }
size_t Database::family_count() const { return impl_->handles.size(); }
bool Database::failed() const { return impl_->failed->happened(); }

Status Database::Write(Batch& batch, bool sync) {
  Status status = impl_->CheckNotFailed();
  if (!status.ok()) return status;
  if (batch.count() == 0 && !sync) return Status::Ok();
  status = Guarded([&] {
    rocksdb::WriteOptions options;
    options.sync = sync;
    rocksdb::Status written;
    if (batch.count() == 0) {
      // Not SyncWAL(): it makes 7.8.3 take a sound log for damaged later.
      rocksdb::WriteBatch mark;
      written = mark.PutLogData("sync");
      if (written.ok()) written = impl_->db->Write(options, &mark);
    } else {
      written = AddChanges(*impl_, batch.impl());
      if (written.ok()) {
        written = impl_->db->Write(options, &batch.impl().batch);
      }
    }
    return FromRocks(written, "cannot write to " + impl_->path);
  });
  if (!status.ok()) impl_->failed->Set(status.code());
  return status;
}

Result<bool> Database::Get(size_t family, std::string_view key,
                           std::string* value,
                           const DatabaseSnapshot* snapshot) const {
  return Guarded([&]() -> Result<bool> {
    const rocksdb::Status status = impl_->db->Get(
        ReadingAt(snapshot), impl_->handle(family), AsSlice(key), value);
    if (status.ok()) return true;
    if (status.IsNotFound()) return false;
    return FromRocks(status, "cannot read " + impl_->path);
  });
}

Status Database::MultiGet(size_t family, std::span<const std::string_view> keys,
                          std::span<std::string> values, std::span<bool> found,
                          const DatabaseSnapshot* snapshot) const {
  if (values.size() != keys.size() || found.size() != keys.size()) {
    return Status(StatusCode::kInternal, "MultiGet: sizes differ");
  }
  return Guarded([&] {
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (std::string_view key : keys) slices.push_back(AsSlice(key));
    std::vector<rocksdb::PinnableSlice> results(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    impl_->db->MultiGet(ReadingAt(snapshot), impl_->handle(family),
                        slices.size(), slices.data(), results.data(),
                        statuses.data());
    for (size_t i = 0; i < keys.size(); ++i) {
      found[i] = statuses[i].ok();
      if (found[i]) {
        values[i].assign(results[i].data(), results[i].size());
      } else if (!statuses[i].IsNotFound()) {
        return FromRocks(statuses[i], "cannot read " + impl_->path);
      }
    }
    return Status::Ok();
  });
}

std::shared_ptr<const DatabaseSnapshot> Database::GetSnapshot() const {
  return std::make_shared<const DatabaseSnapshot>(impl_->db.get());
}

Status Database::FlushMemtables() {
  Status status = impl_->CheckNotFailed();
  if (!status.ok()) return status;
  return Guarded([&] {
    return FromRocks(impl_->db->Flush(rocksdb::FlushOptions(), impl_->handles),
                     "cannot flush " + impl_->path);
  });
}

Status Database::Compact(size_t family) { return Compact(family, {}, {}); }

Status Database::Compact(size_t family, std::string_view first,
                         std::string_view last) {
  Status status = impl_->CheckNotFailed();
  if (!status.ok()) return status;
  return Guarded([&] {
    const std::string what = "cannot compact " + impl_->path;
    std::map<std::string, int> before =
        LevelsWithin(*impl_, family, first, last);
    // 7.8.3 decides which levels are to be rewritten, then waits for what runs
    // in the background. If that has moved files down as they are, even two
    // that hold versions of one row, they are on a level that is passed over.
    for (int times = 0; times < kMostPasses; ++times) {
      const rocksdb::Status compacted =
          CompactOnce(*impl_, family, first, last);
      if (!compacted.ok()) return FromRocks(compacted, what);
      std::map<std::string, int> after =
          LevelsWithin(*impl_, family, first, last);
      const bool moved =
          std::any_of(after.begin(), after.end(), [&](auto& now) {
            const auto was = before.find(now.first);
            return was != before.end() && was->second != now.second;
          });
      // One that stays where it was holds no key of these.
      if (!moved) return Status::Ok();
      before = std::move(after);
    }
    return Status(StatusCode::kBusy,
                  what + ": files are moved again and again meanwhile");
  });
}

Status Database::MergeSmallFiles() {
  return Guarded([&] {
    for (size_t family = 0; family < impl_->handles.size(); ++family) {
      Status status = crm::MergeSmallFiles(*impl_, family);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  });
}

Status Database::VerifyFiles() const {
  return Guarded([&] {
    // Whole files against the checksums in the manifest, which also finds a
    // sound file of the wrong content; then each block.
    const std::string what = "damaged file in " + impl_->path;
    const rocksdb::ReadOptions options = ReadingAt(nullptr);
    Status status = FromRocks(impl_->db->VerifyFileChecksums(options), what);
    if (!status.ok()) return status;
    return FromRocks(impl_->db->VerifyChecksum(options), what);
  });
}

Status Database::CopyTo(const std::string& directory) const {
  if (impl_->disk->Exists(directory)) {
    return Status(StatusCode::kAlreadyExists, directory + " is there already");
  }
  return Guarded([&] {
    const std::string what = "cannot copy " + impl_->path + " to " + directory;
    rocksdb::Checkpoint* raw = nullptr;
    rocksdb::Status made = rocksdb::Checkpoint::Create(impl_->db.get(), &raw);
    if (!made.ok()) return FromRocks(made, what);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
    // Memtables first: the copy then needs no log.
    made = checkpoint->CreateCheckpoint(directory, /*log_size_for_flush=*/0);
    if (!made.ok()) return FromRocks(made, what);
    return SyncCopy(directory, *impl_->disk);
  });
}

uint64_t Database::FileBytes() const {
  return impl_->disk->TreeBytes(impl_->path);
}

}  // namespace crm
