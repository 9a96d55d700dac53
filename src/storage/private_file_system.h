// The machine's file system, with every file 0600 and every directory 0700
// from the moment it is made, whatever the umask of the process is.

#ifndef CRM_STORAGE_PRIVATE_FILE_SYSTEM_H_
#define CRM_STORAGE_PRIVATE_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <memory>

namespace crm {

std::shared_ptr<rocksdb::FileSystem> NewPrivateFileSystem(
    std::shared_ptr<rocksdb::FileSystem> base);

}  // namespace crm

#endif  // CRM_STORAGE_PRIVATE_FILE_SYSTEM_H_
