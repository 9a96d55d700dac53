#include "ingest/export_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace crm::ingest {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;

Status SystemError(const std::string& what) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT;
  return Status(full ? StatusCode::kNoSpace : StatusCode::kIoError,
                what + ": " + std::generic_category().message(error));
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// So that the new name is there after a power cut, too.
Status SyncFolder(const std::string& path) {
  const std::string folder = FolderOf(path);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError(folder);
  Status status;
  if (::fsync(fd) != 0) status = SystemError(folder);
  ::close(fd);
  return status;
}

}  // namespace

struct ExportFile::Deflater {
  z_stream stream = {};
  bool ready = false;
  std::string out = std::string(kBufferBytes, '\0');

  ~Deflater() {
    if (ready) deflateEnd(&stream);
  }
};

ExportFile::ExportFile(std::string path, int fd)
    : path_(std::move(path)), fd_(fd) {
  buffer_.reserve(kBufferBytes + 4096);
}

ExportFile::~ExportFile() {
  if (path_.empty() || fd_ < 0) return;
  ::close(fd_);
  ::unlink((path_ + ".tmp").c_str());
}

Result<std::unique_ptr<ExportFile>> ExportFile::Create(
    const std::string& path) {
  if (path.empty()) {
    return Status(StatusCode::kInvalidArgument, "file: no name given");
  }
  if (path == "-") {
    return std::unique_ptr<ExportFile>(new ExportFile("", STDOUT_FILENO));
  }
  const std::string temporary = path + ".tmp";
  ::unlink(temporary.c_str());  // Of an export that was killed.
  const int fd = ::open(temporary.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                        S_IRUSR | S_IWUSR);
  if (fd < 0) return SystemError(temporary);
  std::unique_ptr<ExportFile> file(new ExportFile(path, fd));
  if (path.ends_with(".gz")) {
    file->deflater_ = std::make_unique<Deflater>();
    // 16: a gzip header, without name and time, so that equal content gives
    // equal files.
    if (deflateInit2(&file->deflater_->stream, Z_DEFAULT_COMPRESSION,
                     Z_DEFLATED, MAX_WBITS + 16, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      return Status(StatusCode::kOutOfMemory, "gzip: out of memory");
    }
    file->deflater_->ready = true;
  }
  return file;
}

Status ExportFile::WriteRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return SystemError(path_.empty() ? "standard output" : path_ + ".tmp");
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return Status::Ok();
}

Status ExportFile::Deflate(std::string_view text, bool finish) {
  z_stream& stream = deflater_->stream;
  std::string& out = deflater_->out;
  // Zlib does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int code = deflate(&stream, finish ? Z_FINISH : Z_NO_FLUSH);
    if (code == Z_STREAM_ERROR) {
      return Status(StatusCode::kInternal, "gzip: an unexpected error");
    }
    const size_t size = out.size() - stream.avail_out;
    Status status = WriteRaw(std::string_view(out).substr(0, size));
    if (!status.ok()) return status;
    if (finish ? code == Z_STREAM_END : stream.avail_out > 0) return status;
  }
}

Status ExportFile::FlushBuffer() {
  Status status =
      deflater_ != nullptr ? Deflate(buffer_, false) : WriteRaw(buffer_);
  buffer_.clear();
  return status;
}

Status ExportFile::Write(std::string_view text) {
  buffer_.append(text);
  return buffer_.size() < kBufferBytes ? Status::Ok() : FlushBuffer();
}

Status ExportFile::Finish() {
  Status status = FlushBuffer();
  if (status.ok() && deflater_ != nullptr) status = Deflate({}, true);
  if (path_.empty() || !status.ok()) return status;
  const std::string temporary = path_ + ".tmp";
  if (::fsync(fd_) != 0) return SystemError(temporary);
  const int closed = ::close(fd_);
  fd_ = -1;
  if (closed != 0) status = SystemError(temporary);
  if (status.ok() && ::rename(temporary.c_str(), path_.c_str()) != 0) {
    status = SystemError(path_);
  }
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return SyncFolder(path_);
}

}  // namespace crm::ingest
