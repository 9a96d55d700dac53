// The options that keep RocksDB 7.8.3 away from its known defects. Each of
// these lines is there for a reason; the reasons that cannot be guessed are
// written beside them.

#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/table_properties.h>

#include <cstdarg>
#include <cstdio>
#include <utility>

#include "base/give_way.h"
#include "storage/database_impl.h"

namespace crm {
namespace {

// RocksDB's own messages, warnings and worse, to the host. There is no LOG
// file in a store.
class HostLogger final : public rocksdb::Logger {
 public:
  explicit HostLogger(LogCallback log)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(std::move(log)) {}

  void Logv(const char*, va_list) override {}

  void Logv(const rocksdb::InfoLogLevel level, const char* format,
            va_list arguments) override {
    if (log_ == nullptr || level < rocksdb::InfoLogLevel::WARN_LEVEL ||
        level >= rocksdb::InfoLogLevel::HEADER_LEVEL) {
      return;
    }
    char text[512];
    vsnprintf(text, sizeof(text), format, arguments);
    try {
      // What RocksDB calls a warning is mostly news about itself.
      log_(level == rocksdb::InfoLogLevel::WARN_LEVEL ? LogLevel::kInfo
                                                      : LogLevel::kError,
           "rocksdb: " + OneLine(text));
    } catch (...) {
      // A message that cannot be delivered is not worth a store.
      return;
    }
  }

 private:
  LogCallback log_;
};

// Makes a failure in the background final: RocksDB would resume by itself and
// go on as if nothing had been lost.
class FailureListener final : public rocksdb::EventListener {
 public:
  explicit FailureListener(std::shared_ptr<Failure> failed)
      : failed_(std::move(failed)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason,
                         rocksdb::Status* error) override {
    if (error != nullptr && !error->ok()) failed_->Set(CodeOf(*error));
  }

  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

 private:
  std::shared_ptr<Failure> failed_;
};

// Collects nothing: it is asked about every row of a file that is written, by
// the thread that writes it, RocksDB's own ones included.
class GiveWayRows final : public rocksdb::TablePropertiesCollector {
 public:
  rocksdb::Status AddUserKey(const rocksdb::Slice&, const rocksdb::Slice& value,
                             rocksdb::EntryType, rocksdb::SequenceNumber,
                             uint64_t) override {
    give_way_.Step(1 + value.size() / kBytesOfRow);
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties*) override {
    return rocksdb::Status::OK();
  }
  rocksdb::UserCollectedProperties GetReadableProperties() const override {
    return {};
  }
  const char* Name() const override { return "crm.give_way"; }

 private:
  static constexpr size_t kBytesOfRow = 256;

  GiveWay give_way_;
};

class GiveWayFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(
      rocksdb::TablePropertiesCollectorFactory::Context) override {
    return new GiveWayRows();
  }
  const char* Name() const override { return "crm.give_way"; }
};

rocksdb::BlockBasedTableOptions MakeTableOptions(FamilyKind kind,
                                                 const BlockCache& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.block_cache = cache.cache();
  const bool points = kind != FamilyKind::kLog && kind != FamilyKind::kPacked;
  table.block_size = points ? 8 << 10 : 16 << 10;
  table.whole_key_filtering = true;
  if (kind != FamilyKind::kLog) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  }
  return table;
}

}  // namespace

std::shared_ptr<BlockCache> NewBlockCache(size_t bytes) {
  return std::make_shared<BlockCache>(bytes);
}

rocksdb::DBOptions MakeDbOptions(const DatabaseOptions& options,
                                 rocksdb::Env* env,
                                 std::shared_ptr<Failure> failed) {
  rocksdb::DBOptions db;
  db.env = env;
  db.create_if_missing = !options.must_exist;
  db.create_missing_column_families = true;

  // Recovery. Flushing what was replayed is on purpose: a log file that stays
  // would never be fsynced again, although later ones build on it.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.avoid_flush_during_recovery = false;
  db.track_and_verify_wals_in_manifest = true;
  db.best_efforts_recovery = false;
  db.recycle_log_file_num = 0;
  db.WAL_ttl_seconds = 0;
  db.WAL_size_limit_MB = 0;
  db.wal_compression = rocksdb::kNoCompression;
  db.manual_wal_flush = false;
  db.max_total_wal_size = uint64_t{256} << 20;
  db.atomic_flush = false;

  // Damage.
  db.paranoid_checks = true;
  db.max_open_files = -1;  // A missing or short file then fails the open.
  db.max_file_opening_threads = 4;
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  db.max_bgerror_resume_count = 0;
  db.listeners.push_back(std::make_shared<FailureListener>(std::move(failed)));

  // What may be seen from outside.
  db.allow_data_in_errors = false;
  db.info_log = std::make_shared<HostLogger>(options.log);
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.keep_log_file_num = 1;
  db.db_host_id = "";  // Else the machine's name is in every file.
  db.write_dbid_to_manifest = false;

  // Work. One sequencer writes, so that nothing is gained by concurrency.
  db.max_background_jobs = 2;
  db.enable_pipelined_write = false;
  db.unordered_write = false;
  db.two_write_queues = false;
  db.allow_concurrent_memtable_write = false;
  db.compaction_readahead_size = 2 << 20;
  // Writing goes on in the background, so that an fsync finds little to do.
  db.wal_bytes_per_sync = 1 << 20;
  db.bytes_per_sync = 1 << 20;
  // A write of a megabyte holds its processor for milliseconds.
  db.writable_file_max_buffer_size = 64 << 10;
  // Manifests hold the keys at the edges of files that are long gone.
  db.max_manifest_file_size = 4 << 20;
  db.manifest_preallocation_size = 64 << 10;

  // Timers make opening and closing slow.
  db.statistics = nullptr;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.persist_stats_to_disk = false;
  db.skip_stats_update_on_db_open = true;
  return db;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(FamilyKind kind,
                                               const DatabaseOptions& options,
                                               const BlockCache& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(MakeTableOptions(kind, cache)));
  family.write_buffer_size = options.memtable_bytes;
  family.max_write_buffer_number = 3;
  family.force_consistency_checks = true;
  family.table_properties_collector_factories.push_back(
      std::make_shared<GiveWayFactory>());
  family.ttl = 0;
  family.periodic_compaction_seconds = 0;
  // No other compression at the bottom: a file of another compression could
  // not move down a level, and would be rewritten instead.
  const bool sealed =
      kind == FamilyKind::kPacked || kind == FamilyKind::kSealed;
  const bool compress =
      options.compress && !sealed && kind != FamilyKind::kHashed;
  family.compression =
      compress ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  family.bottommost_compression = rocksdb::kDisableCompressionOption;
  if (sealed) {
    family.compaction_style = rocksdb::kCompactionStyleUniversal;
    family.compaction_options_universal.size_ratio = 10;
    family.compaction_options_universal.allow_trivial_move = true;
    family.level0_file_num_compaction_trigger = 6;
  } else {
    family.compaction_style = rocksdb::kCompactionStyleLevel;
    family.level_compaction_dynamic_level_bytes = true;
  }
  return family;
}

}  // namespace crm
