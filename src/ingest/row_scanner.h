// Finds where rows begin and end in a stream of bytes, without copying and
// without understanding more of them than that takes.

#ifndef CRM_INGEST_ROW_SCANNER_H_
#define CRM_INGEST_ROW_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "ingest/content_hash.h"

namespace crm::ingest {

// What is wrong with a row before anybody looked into it.
enum class RowProblem : uint8_t {
  kNone,
  kTooLarge,
  kBadQuotes,       // CSV: a quote that is never closed, or text behind one.
  kMissingElement,  // JSON array: two commas, or one at the end.
  kMissingComma,    // JSON array: this element follows without a comma.
  kArrayCut,        // JSON array: the file ends inside it.
  kAfterArray,      // JSON array: something follows it.
};

struct Row {
  size_t begin = 0;  // Offset in the buffer that was scanned.
  size_t size = 0;
  uint64_t line = 0;  // 1-based, where the row begins.
  RowProblem problem = RowProblem::kNone;
  // How many equal rows the file has before this one; set by BatchReader
  // when ids are made of it, with the hash of the row.
  uint32_t occurrence = 0;
  // One more than the index in RowBatch::shared of what its batch object gives
  // it; 0: it is in none.
  uint32_t shared = 0;
  uint32_t element = 0;  // 1-based, of its batch object.
  ContentHash hash;
};

// Base of the scanners: one for each way to frame rows. A scanner remembers
// where it stands, so a row that is longer than the buffer is scanned once.
//
// Protocol: call Next with all bytes from begin() on; kMore asks for more
// bytes behind them; Rebase tells how many bytes in front were dropped.
class RowScanner {
 public:
  enum class Step { kRow, kMore, kEnd };

  virtual ~RowScanner() = default;

  // `at_end`: nothing will follow `data`. Rows of blanks are passed over.
  virtual Step Next(std::string_view data, bool at_end, Row* row) = 0;

  // Where the row that is being scanned begins: bytes before it are done.
  size_t begin() const { return begin_; }
  // Bytes of it that were looked at.
  size_t scanned() const { return pos_ - begin_; }
  void Rebase(size_t dropped) {
    begin_ -= dropped;
    pos_ -= dropped;
  }
  // When the row that is being scanned gets too large: whether it can be ended
  // earlier, with what is wrong with it. Then Next will return it.
  virtual bool Recover() { return false; }
  // Gives up the bytes of the row that is being scanned: it is too large. It
  // will be returned, empty, when its end is found.
  void DropScanned() {
    too_large_ = true;
    begin_ = pos_;
  }

 protected:
  // Fills `row` with [begin_, end) and begins the next one at pos_.
  void Emit(size_t end, RowProblem problem, Row* row);

  size_t begin_ = 0;
  size_t pos_ = 0;
  uint64_t line_ = 1;      // Of pos_.
  uint64_t row_line_ = 1;  // Of begin_.
  bool too_large_ = false;
};

// One JSON value a line; lines end with LF or CRLF.
std::unique_ptr<RowScanner> NewLineScanner();
// JSON objects, each of any number of lines.
std::unique_ptr<RowScanner> NewObjectScanner();
// The elements of one JSON array.
std::unique_ptr<RowScanner> NewArrayScanner();

// Lines of text that end with LF, CRLF or CR. With a quote character, a field
// that begins with it may hold line ends and delimiters.
//
// A row whose quotes are broken (text behind a closing quote; a quote that is
// never closed) ends with its first line, so that the rows behind it are found
// again. Lines that follow it and hold a quote inside a field are taken for
// the rest of it, and are bad as well: nothing is read out of the middle of a
// damaged row.
struct TextFraming {
  char delimiter = ',';
  char quote = '\0';  // None.
  bool trim = false;  // Blanks may stand between delimiter and quote.
  uint64_t skip_lines = 0;
};
std::unique_ptr<RowScanner> NewTextScanner(const TextFraming& framing);

}  // namespace crm::ingest

#endif  // CRM_INGEST_ROW_SCANNER_H_
