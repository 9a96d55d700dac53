// A file system that deletes nothing once something went wrong.
//
// When writing the manifest fails, RocksDB 7.8.3 takes it that the change did
// not happen and removes the new files; it may even remove the newest sound
// manifest. But a record whose fsync failed can be in the file all the same,
// and the next open then misses what it names. So: after the first failure
// that leaves the state of the directory unknown, files stay. The next open
// knows what is needed, and removes the rest.

#ifndef CRM_STORAGE_GUARD_FILE_SYSTEM_H_
#define CRM_STORAGE_GUARD_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <memory>

#include "base/failure.h"

namespace crm {

// Marks `*failed` when a write or sync of a manifest, a rename or the sync of a
// directory fails; obeys it, whoever has set it.
std::shared_ptr<rocksdb::FileSystem> NewGuardFileSystem(
    const std::shared_ptr<rocksdb::FileSystem>& base,
    std::shared_ptr<Failure> failed);

}  // namespace crm

#endif  // CRM_STORAGE_GUARD_FILE_SYSTEM_H_
