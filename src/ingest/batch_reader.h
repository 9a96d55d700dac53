// Cuts a file into batches of rows.
//
// Where a batch ends depends on the content only, never on how many bytes a
// read happened to give: batch 17 of a file is the same in every run. Resuming
// an import rests on that.

#ifndef CRM_INGEST_BATCH_READER_H_
#define CRM_INGEST_BATCH_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "ingest/byte_source.h"
#include "ingest/encoding.h"
#include "ingest/occurrences.h"
#include "ingest/row_scanner.h"

namespace crm::ingest {

inline constexpr size_t kBatchRows = 512;
// A batch is full when its rows have at least this many bytes.
inline constexpr size_t kBatchBytes = size_t{2} << 20;

// Bytes that grow without being cleared first.
class Buffer final {
 public:
  std::string_view view() const { return {data_.get(), size_}; }
  size_t size() const { return size_; }
  void Clear() { size_ = 0; }
  void Append(std::string_view bytes);
  // At least `n` bytes to write to; Commit says how many were written.
  char* Space(size_t n);
  void Commit(size_t n) { size_ += n; }
  void Erase(size_t begin, size_t end);

 private:
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

struct RowBatch {
  uint64_t number = 0;  // 0-based.
  Buffer buffer;        // What the rows point into.
  std::vector<Row> rows;
  // What batch objects give to all of their messages: their other members.
  std::vector<std::string> shared;
  uint64_t bytes = 0;  // Of the file on disk, read when this was cut.

  std::string_view Text(const Row& row) const {
    return buffer.view().substr(row.begin, row.size);
  }
  // Empty: nothing.
  std::string_view Shared(const Row& row) const {
    return row.shared == 0 ? std::string_view() : shared[row.shared - 1];
  }
};

// A batch object whose elements are being given out.
struct OpenedObject {
  std::string text;
  std::string shared;
  size_t begin = 0;     // Of the text, in the buffer.
  size_t elements = 0;  // Where the array begins, in the text.
  size_t size = 0;      // Of the array.
  uint64_t line = 0;    // Of the array's beginning.
  uint32_t shared_index = 0;
  uint32_t given = 0;  // How many elements.
  std::unique_ptr<RowScanner> scanner;
};

// One thread at a time.
class BatchReader final {
 public:
  // `text`: absent for JSON, whose framing is found out. `header`: the first
  // row is not data.
  struct Options {
    std::optional<TextFraming> text;
    TextEncoding encoding = TextEncoding::kUtf8;  // Not kDefault.
    bool header = false;
    // Ids are made of rows.
    bool hash_rows = false;
    // Equal rows are different events: count them (see Row).
    bool number_rows = true;
    // JSON only: objects of another system, which may take several lines each.
    bool messages = false;
    // JSON only: `{"batch": [...]}` is as many rows as it has elements.
    bool batches = false;
    // Rows that have this member are not counted: they have an id. Empty: all
    // are. (What is counted takes memory.)
    std::string_view id_member = {};
  };

  BatchReader(ByteSource* source, const Options& options);

  // Reads the beginning: after it, header() is there. kMalformed or
  // kInvalidArgument when this cannot be what it should be.
  Status Start();
  // The next batch into `batch`; false: there is none.
  Result<bool> Next(RowBatch* batch);

  std::string_view header() const { return header_; }

 private:
  // Reads more, as UTF-8 (or as the 8-bit set that fields are in).
  Status Fill(Buffer* buffer);
  // Looks at the byte order mark; chooses how bytes are converted.
  Status ChooseEncoding();
  // Drops bytes that are no part of a row, before more are read.
  void MakeRoom(RowBatch* batch);
  Status ReadHeader();
  Status ChooseJsonScanner();
  // The row that comes next into `row`; kMore: not enough bytes yet.
  RowScanner::Step NextRow(RowBatch* batch, Row* row);
  bool HasId(std::string_view row) const;
  // True when `row` is a batch object: its elements come next.
  bool OpenObject(RowBatch* batch, const Row& row);

  ByteSource* const source_;
  const Options options_;
  std::unique_ptr<RowScanner> scanner_;
  Buffer carry_;  // Bytes read beyond the batch before.
  // Converts what is read; absent: nothing has to be.
  std::optional<Utf8Stream> converter_;
  std::string raw_;
  std::string converted_;

  std::optional<OpenedObject> opened_;
  std::string header_;
  Occurrences occurrences_;
  uint64_t next_number_ = 0;
  bool at_end_ = false;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_BATCH_READER_H_
