#include "ingest/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace crm::ingest {
namespace {

constexpr size_t kRawBytes = size_t{256} << 10;
constexpr size_t kFingerprintBytes = size_t{64} << 10;

Status SystemError(int error, const std::string& what) {
  const StatusCode code =
      error == ENOENT ? StatusCode::kNotFound : StatusCode::kIoError;
  return Status(code, what + ": " + std::generic_category().message(error));
}

}  // namespace

// A gzip file may hold several streams, one after the other.
struct ByteSource::Inflater {
  z_stream stream = {};
  bool ready = false;
  bool between_streams = false;

  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
};

ByteSource::ByteSource(int fd, bool owned) : fd_(fd), owned_(owned) {}

ByteSource::~ByteSource() {
  if (owned_) ::close(fd_);
}

Result<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  if (path.empty()) {
    return Status(StatusCode::kInvalidArgument, "file: no name given");
  }
  const bool is_stdin = path == "-";
  int fd = STDIN_FILENO;
  if (!is_stdin) {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return SystemError(errno, path);
  }
  std::unique_ptr<ByteSource> source(new ByteSource(fd, !is_stdin));
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return SystemError(errno, path);
  if (S_ISDIR(info.st_mode)) {
    return Status(StatusCode::kInvalidArgument, path + ": is a directory");
  }
  if (S_ISREG(info.st_mode) && !is_stdin) {
    source->seekable_ = true;
    source->total_bytes_ = static_cast<uint64_t>(info.st_size);
  }
  return source;
}

Result<size_t> ByteSource::ReadRaw(char* out, size_t size) {
  for (;;) {
    const ssize_t n = ::read(fd_, out, size);
    if (n >= 0) {
      bytes_ += static_cast<uint64_t>(n);
      return static_cast<size_t>(n);
    }
    if (errno != EINTR) return SystemError(errno, "reading the file");
  }
}

Status ByteSource::FillRaw() {
  if (raw_ == nullptr) raw_.reset(new char[kRawBytes]);
  Result<size_t> n = ReadRaw(raw_.get(), kRawBytes);
  if (!n.ok()) return n.status();
  raw_begin_ = 0;
  raw_end_ = *n;
  return Status::Ok();
}

Result<size_t> ByteSource::Read(char* out, size_t size) {
  if (!started_) {
    Status status = FillRaw();
    if (!status.ok()) return status;
    // A pipe may give one byte at first; the magic number has two.
    while (raw_end_ == 1) {
      Result<size_t> n = ReadRaw(raw_.get() + 1, kRawBytes - 1);
      if (!n.ok()) return n.status();
      if (*n == 0) break;
      raw_end_ += *n;
    }
    started_ = true;
    if (raw_end_ >= 2 && raw_[0] == '\x1f' && raw_[1] == '\x8b') {
      inflater_ = std::make_unique<Inflater>();
      // 15: the largest window; 16: expect a gzip header.
      if (inflateInit2(&inflater_->stream, 15 + 16) != Z_OK) {
        return Status(StatusCode::kOutOfMemory, "no memory to unpack gzip");
      }
      inflater_->ready = true;
    }
  }
  if (inflater_ != nullptr) return ReadInflated(out, size);
  if (raw_begin_ == raw_end_) return ReadRaw(out, size);
  const size_t n = std::min(size, raw_end_ - raw_begin_);
  std::memcpy(out, raw_.get() + raw_begin_, n);
  raw_begin_ += n;
  return n;
}

Result<size_t> ByteSource::ReadInflated(char* out, size_t size) {
  z_stream& stream = inflater_->stream;
  stream.next_out = reinterpret_cast<Bytef*>(out);
  stream.avail_out = static_cast<uInt>(size);
  while (stream.avail_out == size) {
    if (raw_begin_ == raw_end_) {
      Status status = FillRaw();
      if (!status.ok()) return status;
      if (raw_end_ == 0) {
        if (inflater_->between_streams) return size_t{0};
        return Status(StatusCode::kMalformed,
                      "gzip: the file ends too soon (cut off?)");
      }
    }
    if (inflater_->between_streams) {
      // Some writers pad the end with zeroes.
      if (raw_[raw_begin_] == '\0') {
        ++raw_begin_;
        continue;
      }
      if (inflateReset(&stream) != Z_OK) {
        return Status(StatusCode::kInternal, "gzip: cannot start again");
      }
      inflater_->between_streams = false;
    }
    stream.next_in = reinterpret_cast<Bytef*>(raw_.get() + raw_begin_);
    stream.avail_in = static_cast<uInt>(raw_end_ - raw_begin_);
    const int code = inflate(&stream, Z_NO_FLUSH);
    raw_begin_ = raw_end_ - stream.avail_in;
    if (code == Z_STREAM_END) {
      inflater_->between_streams = true;
    } else if (code == Z_MEM_ERROR) {
      return Status(StatusCode::kOutOfMemory, "no memory to unpack gzip");
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return Status(StatusCode::kMalformed, "gzip: the file is damaged");
    }
  }
  return size - stream.avail_out;
}

Result<std::optional<ContentHash>> ByteSource::Fingerprint() const {
  if (!seekable_) return std::optional<ContentHash>();
  std::string text;
  AppendNumber(total_bytes_, &text);
  const uint64_t length = std::min<uint64_t>(total_bytes_, kFingerprintBytes);
  for (uint64_t from : {uint64_t{0}, total_bytes_ - length}) {
    std::string part(length, '\0');
    size_t done = 0;
    while (done < part.size()) {
      const ssize_t n = ::pread(fd_, part.data() + done, part.size() - done,
                                static_cast<off_t>(from + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return SystemError(errno, "reading the file");
      if (n == 0) break;  // It shrank meanwhile: the import will see.
      done += static_cast<size_t>(n);
    }
    part.resize(done);
    AppendPart(part, &text);
  }
  return std::optional<ContentHash>(HashContent(text));
}

}  // namespace crm::ingest
