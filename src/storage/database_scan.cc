// Scans. Only backward ones can be believed: going forward, 7.8.3 may step
// over a damaged file and say that all is well.

#include "storage/database_impl.h"

namespace crm {
namespace {

using Visit = std::function<bool(std::string_view key, std::string_view value)>;

rocksdb::ReadOptions Scanning(const DatabaseSnapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.verify_checksums = true;
  if (snapshot != nullptr) options.snapshot = snapshot->get();
  return options;
}

}  // namespace

Status Database::ScanBackward(size_t family, std::string_view lower,
                              std::string_view upper, const Visit& visit,
                              const DatabaseSnapshot* snapshot) const {
  return Guarded([&] {
    rocksdb::ReadOptions options = Scanning(snapshot);
    const rocksdb::Slice bound = AsSlice(lower);
    if (!lower.empty()) options.iterate_lower_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> rows(
        impl_->db->NewIterator(options, impl_->handle(family)));
    if (upper.empty()) {
      rows->SeekToLast();
    } else {
      rows->SeekForPrev(AsSlice(upper));
      if (rows->Valid() && AsView(rows->key()) == upper) rows->Prev();
    }
    for (; rows->Valid(); rows->Prev()) {
      if (!visit(AsView(rows->key()), AsView(rows->value()))) {
        return Status::Ok();
      }
    }
    return FromRocks(rows->status(), "cannot read " + impl_->path);
  });
}

Status Database::ScanForwardUnproven(size_t family, std::string_view lower,
                                     std::string_view upper, const Visit& visit,
                                     const DatabaseSnapshot* snapshot) const {
  return Guarded([&] {
    rocksdb::ReadOptions options = Scanning(snapshot);
    const rocksdb::Slice bound = AsSlice(upper);
    if (!upper.empty()) options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> rows(
        impl_->db->NewIterator(options, impl_->handle(family)));
    for (rows->Seek(AsSlice(lower)); rows->Valid(); rows->Next()) {
      if (!visit(AsView(rows->key()), AsView(rows->value()))) {
        return Status::Ok();
      }
    }
    return FromRocks(rows->status(), "cannot read " + impl_->path);
  });
}

}  // namespace crm
