#include "benchmarks/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace crm::bench {

Stream::Stream(Stream&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      lines_(other.lines_),
      offsets_(std::move(other.offsets_)) {}

Stream::~Stream() {
  if (file_ >= 0) close(file_);
}

Result<Stream> Stream::Open(const std::string& path) {
  Stream stream;
  stream.file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (stream.file_ < 0) return Status(StatusCode::kIoError, "no " + path);
  std::vector<char> buffer(1 << 20);
  uint64_t offset = 0;
  stream.offsets_.push_back(0);
  for (;;) {
    const ssize_t got = read(stream.file_, buffer.data(), buffer.size());
    if (got < 0) return Status(StatusCode::kIoError, "cannot read " + path);
    if (got == 0) break;
    const char* const begin = buffer.data();
    const char* const end = begin + got;
    for (const char* at = begin; at < end; ++at) {
      at = static_cast<const char*>(
          std::memchr(at, '\n', static_cast<size_t>(end - at)));
      if (at == nullptr) break;
      if (++stream.lines_ % kStep != 0) continue;
      stream.offsets_.push_back(offset + static_cast<uint64_t>(at - begin) + 1);
    }
    offset += static_cast<uint64_t>(got);
  }
  if (stream.offsets_.back() != offset) stream.offsets_.push_back(offset);
  return stream;
}

Status Stream::Read(uint64_t first, size_t count, std::string* buffer,
                    std::vector<std::string_view>* views) const {
  views->clear();
  const size_t from = std::min<size_t>(first / kStep, offsets_.size() - 1);
  const size_t until =
      std::min<size_t>(from + count / kStep, offsets_.size() - 1);
  const size_t size = offsets_[until] - offsets_[from];
  buffer->resize(size);
  size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(file_, buffer->data() + done, size - done,
                              static_cast<off_t>(offsets_[from] + done));
    if (got <= 0) return Status(StatusCode::kIoError, "cannot read input");
    done += static_cast<size_t>(got);
  }
  std::string_view rest(*buffer);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    views->push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return Status::Ok();
}

}  // namespace crm::bench
