#include "storage/rocks_status.h"

#include <rocksdb/status.h>

namespace crm {

StatusCode CodeOf(const rocksdb::Status& status) {
  if (status.IsNotFound() || status.IsPathNotFound()) {
    return StatusCode::kNotFound;
  }
  if (status.IsNoSpace()) return StatusCode::kNoSpace;
  if (status.IsMemoryLimit()) return StatusCode::kOutOfMemory;
  if (status.IsCorruption()) return StatusCode::kCorruption;
  if (status.IsIOError()) return StatusCode::kIoError;
  if (status.IsNotSupported()) return StatusCode::kUnsupported;
  if (status.IsBusy()) return StatusCode::kBusy;
  return StatusCode::kInternal;
}

std::string OneLine(std::string_view text) {
  constexpr size_t kMaxBytes = 400;
  std::string line(text.substr(0, kMaxBytes));
  for (char& c : line) {
    if (c < ' ' || c > '~') c = ' ';
  }
  return line;
}

Status FromRocks(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return Status::Ok();
  std::string message(what);
  message += ": ";
  message += OneLine(status.ToString());
  return Status(CodeOf(status), std::move(message));
}

}  // namespace crm
