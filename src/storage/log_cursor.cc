#include <utility>

#include "base/coding.h"
#include "storage/database_impl.h"

namespace crm {
namespace {

// A RocksDB iterator keeps old files and memtables alive for as long as it
// lives, so that a long walk uses many short ones.
constexpr uint64_t kRowsPerIterator = 65536;

std::string KeyOf(uint64_t position) {
  std::string key;
  PutBe64(&key, position);
  return key;
}

}  // namespace

struct LogCursor::Impl {
  const Database::Impl* database;
  size_t family;
  uint64_t next;       // The position that must come now.
  uint64_t remaining;  // Rows that must still come, `next` included.
  bool backward;
  uint64_t rows_left = 0;  // Until a new iterator.
  // Bounds of `rows`, which keeps slices of them.
  std::string bound;
  rocksdb::Slice bound_slice;
  std::unique_ptr<rocksdb::Iterator> rows;

  void Renew();
  Status Check() const;
};

void LogCursor::Impl::Renew() {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.readahead_size = 0;
  rows.reset();
  bound = KeyOf(backward ? next - remaining + 1 : next + remaining);
  bound_slice = bound;
  (backward ? options.iterate_lower_bound : options.iterate_upper_bound) =
      &bound_slice;
  rows.reset(database->db->NewIterator(options, database->handle(family)));
  if (backward) {
    rows->SeekForPrev(KeyOf(next));
  } else {
    rows->Seek(KeyOf(next));
  }
  rows_left = kRowsPerIterator;
}

// The row under the iterator must be `next`: only density proves that a walk
// forward has left nothing out.
Status LogCursor::Impl::Check() const {
  if (!rows->Valid() && !rows->status().ok()) {
    return FromRocks(rows->status(), "cannot read log record " +
                                         std::to_string(next) + " in " +
                                         database->path);
  }
  if (!rows->Valid() || AsView(rows->key()) != KeyOf(next)) {
    return Status(StatusCode::kCorruption,
                  "log record " + std::to_string(next) + " is missing in " +
                      database->path);
  }
  return Status::Ok();
}

LogCursor::LogCursor(const Database& database, size_t family, uint64_t first,
                     uint64_t last, bool backward)
    : impl_(new Impl{&database.impl(),
                     family,
                     backward ? last : first,
                     last < first ? 0 : last - first + 1,
                     backward,
                     0,
                     {},
                     {},
                     nullptr}) {}

LogCursor::~LogCursor() = default;
LogCursor::LogCursor(LogCursor&&) noexcept = default;
LogCursor& LogCursor::operator=(LogCursor&&) noexcept = default;

Result<bool> LogCursor::Next(uint64_t* position, std::string_view* value) {
  return Guarded([&]() -> Result<bool> {
    Impl& cursor = *impl_;
    if (cursor.remaining == 0) {
      cursor.rows.reset();
      return false;
    }
    if (cursor.rows_left == 0) {
      cursor.Renew();
    } else if (cursor.backward) {
      cursor.rows->Prev();
    } else {
      cursor.rows->Next();
    }
    Status status = cursor.Check();
    if (!status.ok()) {
      cursor.rows_left = 0;  // A further call reads the same row again.
      return status;
    }
    --cursor.rows_left;
    --cursor.remaining;
    *position = cursor.next;
    *value = AsView(cursor.rows->value());
    cursor.next += cursor.backward ? -1 : 1;
    return true;
  });
}

}  // namespace crm
