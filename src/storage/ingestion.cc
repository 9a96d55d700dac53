// Sorted rows, written beside the database and taken in all at once.

#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <utility>

#include "storage/database_impl.h"

namespace crm {
namespace {

constexpr uint32_t kRowsBetween = 1024;

// One family's file.
struct FamilyWriter {
  std::string path;
  std::unique_ptr<rocksdb::SstFileWriter> writer;
};

rocksdb::IngestExternalFileOptions HowToIngest() {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.failed_move_fall_back_to_copy = true;
  options.snapshot_consistency = true;
  options.allow_global_seqno = true;
  // The files stay as they were written, so that the checksums do, too.
  options.write_global_seqno = false;
  options.verify_file_checksum = false;
  return options;
}

}  // namespace

struct Ingestion::Impl {
  explicit Impl(Database::Impl* database_impl)
      : database(database_impl), writers(database_impl->handles.size()) {}

  Database::Impl* database;
  std::vector<FamilyWriter> writers;  // By family; empty: no rows yet.
  uint64_t bytes = 0;
  std::function<void()> between;
  uint32_t rows = 0;
  Status broken;  // Of the first call that failed.

  void CountRow() {
    if (++rows % kRowsBetween == 0 && between) between();
  }
  Result<rocksdb::SstFileWriter*> WriterFor(size_t family);
  Status Finish(std::vector<rocksdb::IngestExternalFileArg>* arguments);
  void Discard();
};

Result<rocksdb::SstFileWriter*> Ingestion::Impl::WriterFor(size_t family) {
  if (family >= writers.size()) {
    return Status(StatusCode::kInternal, "no such family");
  }
  FamilyWriter& entry = writers[family];
  if (entry.writer != nullptr) return entry.writer.get();
  entry.path = database->path + "/" +
               std::to_string(database->next_ingestion.fetch_add(1)) +
               std::string(kIngestSuffix);
  const rocksdb::Options options(database->db_options,
                                 database->family_options[family]);
  entry.writer = std::make_unique<rocksdb::SstFileWriter>(
      rocksdb::EnvOptions(database->db_options), options,
      database->handle(family), /*invalidate_page_cache=*/false);
  Status status =
      FromRocks(entry.writer->Open(entry.path), "cannot write " + entry.path);
  if (!status.ok()) return status;
  return entry.writer.get();
}

Status Ingestion::Impl::Finish(
    std::vector<rocksdb::IngestExternalFileArg>* arguments) {
  for (size_t family = 0; family < writers.size(); ++family) {
    FamilyWriter& entry = writers[family];
    if (entry.writer == nullptr) continue;
    rocksdb::ExternalSstFileInfo info;
    Status status =
        FromRocks(entry.writer->Finish(&info), "cannot write " + entry.path);
    if (!status.ok()) return status;
    rocksdb::IngestExternalFileArg argument;
    argument.column_family = database->handle(family);
    argument.external_files = {entry.path};
    argument.options = HowToIngest();
    argument.files_checksums = {info.file_checksum};
    argument.files_checksum_func_names = {info.file_checksum_func_name};
    arguments->push_back(std::move(argument));
  }
  return Status::Ok();
}

// Removes what RocksDB did not take over. What cannot be removed now goes when
// the database is opened next.
void Ingestion::Impl::Discard() {
  for (FamilyWriter& entry : writers) {
    if (entry.writer == nullptr) continue;
    entry.writer.reset();
    if (database->disk->Exists(entry.path)) {
      static_cast<void>(database->disk->Remove(entry.path));
    }
  }
  bytes = 0;
}

Ingestion::Ingestion(Database& database)
    : impl_(std::make_unique<Impl>(&database.impl())) {}

Ingestion::~Ingestion() { impl_->Discard(); }

void Ingestion::set_between(std::function<void()> between) {
  impl_->between = std::move(between);
}

Status Ingestion::Put(size_t family, std::string_view key,
                      std::string_view value) {
  if (!impl_->broken.ok()) return impl_->broken;
  impl_->broken = Guarded([&] {
    Result<rocksdb::SstFileWriter*> writer = impl_->WriterFor(family);
    if (!writer.ok()) return writer.status();
    return FromRocks((*writer)->Put(AsSlice(key), AsSlice(value)),
                     "cannot write " + impl_->writers[family].path);
  });
  impl_->bytes += key.size() + value.size();
  impl_->CountRow();
  return impl_->broken;
}

Status Ingestion::Delete(size_t family, std::string_view key) {
  if (!impl_->broken.ok()) return impl_->broken;
  impl_->broken = Guarded([&] {
    Result<rocksdb::SstFileWriter*> writer = impl_->WriterFor(family);
    if (!writer.ok()) return writer.status();
    return FromRocks((*writer)->Delete(AsSlice(key)),
                     "cannot write " + impl_->writers[family].path);
  });
  impl_->bytes += key.size();
  impl_->CountRow();
  return impl_->broken;
}

Status Ingestion::Commit() {
  if (!impl_->broken.ok()) return impl_->broken;
  Status status = impl_->database->CheckNotFailed();
  if (!status.ok()) return status;
  status = Guarded([&] {
    std::vector<rocksdb::IngestExternalFileArg> arguments;
    Status finished = impl_->Finish(&arguments);
    if (!finished.ok() || arguments.empty()) return finished;
    return FromRocks(impl_->database->db->IngestExternalFiles(arguments),
                     "cannot ingest into " + impl_->database->path);
  });
  impl_->broken = status.ok()
                      ? Status(StatusCode::kInternal, "ingestion used twice")
                      : status;
  impl_->Discard();
  return status;
}

uint64_t Ingestion::bytes() const { return impl_->bytes; }

}  // namespace crm
