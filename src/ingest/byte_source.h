// The bytes of the file to import: plain or gzip (told by the first bytes), a
// file or standard input.

#ifndef CRM_INGEST_BYTE_SOURCE_H_
#define CRM_INGEST_BYTE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "crm/status.h"
#include "ingest/content_hash.h"

namespace crm::ingest {

// One thread at a time.
class ByteSource final {
 public:
  // "-" is standard input. kNotFound, kInvalidArgument (a directory),
  // kIoError.
  static Result<std::unique_ptr<ByteSource>> Open(const std::string& path);
  ~ByteSource();

  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Reads up to `size` bytes of content to `out`; 0: the end. kMalformed:
  // damaged gzip; kIoError.
  Result<size_t> Read(char* out, size_t size);

  // Bytes taken from the file so far, and its size (zero: unknown).
  uint64_t bytes() const { return bytes_; }
  uint64_t total_bytes() const { return total_bytes_; }

  // Tells this file from others: made of its size and its first and last
  // 64 KiB. None when it cannot be read twice (pipes).
  Result<std::optional<ContentHash>> Fingerprint() const;

 private:
  struct Inflater;

  ByteSource(int fd, bool owned);
  Result<size_t> ReadRaw(char* out, size_t size);
  Status FillRaw();
  Result<size_t> ReadInflated(char* out, size_t size);

  const int fd_;
  const bool owned_;
  bool seekable_ = false;
  bool started_ = false;
  uint64_t bytes_ = 0;
  uint64_t total_bytes_ = 0;
  // Bytes read from the file and not yet given out or inflated.
  std::unique_ptr<char[]> raw_;
  size_t raw_begin_ = 0;
  size_t raw_end_ = 0;
  std::unique_ptr<Inflater> inflater_;  // Null: plain.
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_BYTE_SOURCE_H_
