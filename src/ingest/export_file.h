// A file that is written whole or not at all: PATH.tmp, synced, then renamed.
// Plain, gzip when the name ends in .gz, or standard output ("-").

#ifndef CRM_INGEST_EXPORT_FILE_H_
#define CRM_INGEST_EXPORT_FILE_H_

#include <memory>
#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm::ingest {

// Of an export whose callback for the progress said so.
inline Status ExportCancelled() {
  return Status(StatusCode::kCancelled, "export: cancelled by the caller");
}

// One thread at a time.
class ExportFile final {
 public:
  // kInvalidArgument (no name), kIoError.
  static Result<std::unique_ptr<ExportFile>> Create(const std::string& path);
  // Not finished: removes what was written.
  ~ExportFile();

  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  // kIoError, kNoSpace.
  Status Write(std::string_view text);
  // Puts the file in its place.
  Status Finish();

 private:
  struct Deflater;

  ExportFile(std::string path, int fd);
  Status WriteRaw(std::string_view bytes);
  Status Deflate(std::string_view text, bool finish);
  Status FlushBuffer();

  const std::string path_;  // Empty: standard output.
  int fd_;
  std::string buffer_;
  std::unique_ptr<Deflater> deflater_;  // Null: plain.
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_EXPORT_FILE_H_
