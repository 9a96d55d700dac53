// RocksDB's words for what happened, in libcrm's.

#ifndef CRM_STORAGE_ROCKS_STATUS_H_
#define CRM_STORAGE_ROCKS_STATUS_H_

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include "crm/status.h"

namespace rocksdb {
class Status;
}  // namespace rocksdb

namespace crm {

// Of a status that is not Ok.
StatusCode CodeOf(const rocksdb::Status& status);

// Ok stays Ok. The message is `what`, then RocksDB's text on one line.
Status FromRocks(const rocksdb::Status& status, std::string_view what);

// `text` on one line of printable characters, at most 400 bytes.
std::string OneLine(std::string_view text);

// Runs `work`, which gives a Status or a Result. RocksDB may throw
// std::bad_alloc from any call, and std::system_error where it begins a thread:
// nothing may get past the storage layer.
template <typename Work>
auto Guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kOutOfMemory, "out of memory in storage");
  } catch (const std::system_error& error) {
    // Most likely it has no thread to give.
    return Status(StatusCode::kIoError,
                  "the operating system refused: " + error.code().message());
  } catch (const std::exception&) {
    return Status(StatusCode::kInternal, "unexpected exception in storage");
  }
}

}  // namespace crm

#endif  // CRM_STORAGE_ROCKS_STATUS_H_
