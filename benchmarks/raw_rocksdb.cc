#include "benchmarks/raw_rocksdb.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>
#include <memory>
#include <vector>

#include "benchmarks/files.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

// Where every fsync is slow, fewer rounds have to do.
constexpr double kEnoughSeconds = 20;

// Else RocksDB leaves a LOG file in the store, which then does not know its
// own directory any more.
class NoLog final : public rocksdb::Logger {
 public:
  void Logv(const char*, va_list) override {}
};

// As src/storage/database_options.cc and OpenLog in src/store/open.cc have
// them for the log of a store. Keep RawPutsOptions in step.
rocksdb::Options LogOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.block_size = 16 << 10;
  table.block_cache = rocksdb::NewLRUCache(64 << 20);
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.create_if_missing = true;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 32 << 20;
  options.max_write_buffer_number = 3;
  options.compaction_style = rocksdb::kCompactionStyleLevel;
  options.level_compaction_dynamic_level_bytes = true;
  options.max_background_jobs = 2;
  options.allow_concurrent_memtable_write = false;
  options.enable_pipelined_write = false;
  options.max_total_wal_size = uint64_t{256} << 20;
  options.wal_bytes_per_sync = 1 << 20;
  options.bytes_per_sync = 1 << 20;
  options.writable_file_max_buffer_size = 64 << 10;
  options.max_open_files = -1;
  options.file_checksum_gen_factory =
      rocksdb::GetFileChecksumGenCrc32cFactory();
  options.track_and_verify_wals_in_manifest = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log = std::make_shared<NoLog>();
  return options;
}

Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) return Status::Ok();
  return Status(StatusCode::kIoError, "rocksdb: " + status.ToString());
}

Status OpenLog(const std::string& store, std::unique_ptr<rocksdb::DB>* log) {
  rocksdb::Options options = LogOptions();
  options.create_if_missing = false;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, store + "/log", &db);
  log->reset(db);
  return FromRocks(status);
}

rocksdb::ReadOptions Reading() {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.verify_checksums = true;
  return options;
}

// All values of a log, one after the other.
struct Values {
  std::string bytes;
  std::vector<size_t> ends;
};

Status LoadValues(const std::string& store, Values* values) {
  std::unique_ptr<rocksdb::DB> log;
  Status status = OpenLog(store, &log);
  if (!status.ok()) return status;
  const std::unique_ptr<rocksdb::Iterator> at(log->NewIterator(Reading()));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    values->bytes.append(at->value().data(), at->value().size());
    values->ends.push_back(values->bytes.size());
  }
  return FromRocks(at->status());
}

void PutBigEndian(uint64_t value, char* key) {
  for (int i = 7; i >= 0; --i) {
    key[i] = static_cast<char>(value & 0xFF);
    value >>= 8;
  }
}

Status PutAll(rocksdb::DB& db, const Values& values, size_t batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  rocksdb::WriteBatch writes;
  size_t begin = 0;
  for (size_t i = 0; i < values.ends.size(); ++i) {
    char key[8];
    PutBigEndian(i + 1, key);
    const rocksdb::Slice value(values.bytes.data() + begin,
                               values.ends[i] - begin);
    begin = values.ends[i];
    rocksdb::Status status = writes.Put({key, sizeof(key)}, value);
    if (status.ok() &&
        (writes.Count() == batch || i + 1 == values.ends.size())) {
      status = db.Write(options, &writes);
      writes.Clear();
    }
    if (!status.ok()) return FromRocks(status);
  }
  rocksdb::Status status = db.Flush(rocksdb::FlushOptions());
  if (status.ok()) status = db.Close();
  return FromRocks(status);
}

}  // namespace

std::string RawPutsOptions(size_t batch, bool sync) {
  return "one RocksDB put per log record, same values, one thread, batches "
         "of " +
         std::to_string(batch) + (sync ? ", sync=true" : ", sync=false") +
         "; flush and close timed; median of 3 (fewer when slow); keys 8 "
         "bytes; LZ4, blocks 16 "
         "KiB, memtable 32 MiB x 3, leveled with dynamic level bytes, "
         "wal_bytes_per_sync and bytes_per_sync 1 MiB, files written in "
         "pieces of 64 KiB, 2 background jobs, CRC32C file checksums, no "
         "filter";
}

std::string RawIteratorOptions() {
  return "RocksDB iterator over the same log, verify_checksums=true, block "
         "cache 64 MiB, second pass";
}

Status RawPuts(const std::string& store, const std::string& directory,
               size_t batch, bool sync, Figures* figures) {
  Values values;
  Status status = LoadValues(store, &values);
  if (!status.ok()) return status;
  const auto records = static_cast<double>(values.ends.size());
  std::vector<double> rates;
  const StopWatch all_rounds;
  for (int round = 0; round < 3; ++round) {
    if (all_rounds.seconds() > kEnoughSeconds) break;
    RemovePath(directory);
    SettleDisk();
    rocksdb::DB* raw = nullptr;
    status = FromRocks(rocksdb::DB::Open(LogOptions(), directory, &raw));
    const std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) return status;
    const StopWatch watch;
    status = PutAll(*db, values, batch, sync);
    if (!status.ok()) return status;
    rates.push_back(records / watch.seconds());
  }
  RemovePath(directory);
  std::sort(rates.begin(), rates.end());
  (*figures)["records"] = records;
  (*figures)["value_bytes"] = static_cast<double>(values.bytes.size());
  (*figures)["rate"] = rates[rates.size() / 2];
  return Status::Ok();
}

Status RawIterate(const std::string& store, Figures* figures) {
  std::unique_ptr<rocksdb::DB> log;
  Status status = OpenLog(store, &log);
  for (int pass = 0; status.ok() && pass < 2; ++pass) {
    double records = 0;
    uint64_t bytes = 0;
    const StopWatch watch;
    const std::unique_ptr<rocksdb::Iterator> at(log->NewIterator(Reading()));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      bytes += at->value().size();
      records += 1;
    }
    status = FromRocks(at->status());
    (*figures)["records"] = records;
    (*figures)["value_bytes"] = static_cast<double>(bytes);
    (*figures)["rate"] = records / watch.seconds();
  }
  return status;
}

namespace {

// Twenty bytes that are the same for the same number.
std::string KeyOf(uint64_t number) {
  examples::Random random(number);
  std::string key;
  for (int i = 0; i < 20; ++i) key += static_cast<char>(random.Next());
  return key;
}

Status FillRows(rocksdb::DB* db, uint64_t rows) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  rocksdb::WriteBatch batch;
  for (uint64_t i = 0; i < rows; ++i) {
    batch.Put(KeyOf(i), "sixsix");
    if (batch.Count() < 1000 && i + 1 < rows) continue;
    const rocksdb::Status status = db->Write(options, &batch);
    if (!status.ok()) return FromRocks(status);
    batch.Clear();
  }
  return FromRocks(db->CompactRange({}, nullptr, nullptr));
}

}  // namespace

std::string RawGetsOptions() {
  return "RocksDB Get, warm: 20-byte keys, Bloom 10 bits, block cache 512 MiB";
}

Status RawGets(const std::string& directory, uint64_t rows, uint64_t gets,
               Figures* figures) {
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_cache = rocksdb::NewLRUCache(512 << 20);
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.info_log = std::make_shared<NoLog>();
  rocksdb::DB* opened = nullptr;
  Status status = FromRocks(rocksdb::DB::Open(options, directory, &opened));
  const std::unique_ptr<rocksdb::DB> db(opened);
  if (status.ok()) status = FillRows(db.get(), rows);
  examples::Random random(11);
  std::vector<double> times;
  std::string value;
  for (uint64_t i = 0; status.ok() && i < 2 * gets; ++i) {
    const std::string key = KeyOf(random.Below(rows));
    const StopWatch watch;
    status = FromRocks(db->Get({}, key, &value));
    if (i >= gets) times.push_back(watch.seconds() * 1e9);
  }
  if (!status.ok()) return status;
  const auto middle = times.begin() + static_cast<ptrdiff_t>(gets / 2);
  std::nth_element(times.begin(), middle, times.end());
  (*figures)["get_ns"] = *middle;
  return Status::Ok();
}

}  // namespace crm::bench
