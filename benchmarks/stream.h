// A file of NDJSON, read by any number of threads a batch of lines at a time.
//
// The file is read, not mapped: mapped pages would count as memory of the
// store that is measured.

#ifndef CRM_BENCHMARKS_STREAM_H_
#define CRM_BENCHMARKS_STREAM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"

namespace crm::bench {

// Batches are whole multiples of this many lines.
inline constexpr size_t kStep = 100;

class Stream final {
 public:
  // Reads the file once, which also brings it into the page cache.
  static Result<Stream> Open(const std::string& path);

  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&&) = delete;
  ~Stream();

  uint64_t lines() const { return lines_; }

  // Up to `count` lines from line `first` on; both are multiples of kStep.
  // The views lie in `buffer`. Thread-safe.
  Status Read(uint64_t first, size_t count, std::string* buffer,
              std::vector<std::string_view>* views) const;

 private:
  Stream() = default;

  int file_ = -1;
  uint64_t lines_ = 0;
  std::vector<uint64_t> offsets_;  // Of every kStep-th line, and the end.
};

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_STREAM_H_
