#include "storage/row_cursor.h"

#include "storage/database_impl.h"

namespace crm {

struct RowCursor::Impl {
  const Database::Impl* database;
  std::unique_ptr<rocksdb::Iterator> rows;
  bool started = false;
};

RowCursor::RowCursor(const Database& database, size_t family)
    : impl_(std::make_unique<Impl>()) {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.verify_checksums = true;
  options.fill_cache = false;
  impl_->database = &database.impl();
  impl_->rows.reset(
      database.impl().db->NewIterator(options, database.impl().handle(family)));
}

RowCursor::~RowCursor() = default;

Result<bool> RowCursor::Next(std::string_view* key, std::string_view* value) {
  if (impl_->started) {
    impl_->rows->Prev();
  } else {
    impl_->rows->SeekToLast();
    impl_->started = true;
  }
  if (!impl_->rows->Valid()) {
    Status status = FromRocks(impl_->rows->status(),
                              "cannot read " + impl_->database->path);
    if (!status.ok()) return status;
    return false;
  }
  *key = AsView(impl_->rows->key());
  *value = AsView(impl_->rows->value());
  return true;
}

}  // namespace crm
