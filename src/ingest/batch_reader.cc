#include "ingest/batch_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "crm/event.h"

namespace crm::ingest {
namespace {

constexpr size_t kReadBytes = size_t{128} << 10;
// How far the start of a file is searched for a sign of JSON.
constexpr size_t kDetectBytes = size_t{64} << 10;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Whether a line of `text` begins with a brace, and so may be an event.
bool HasObjectLine(std::string_view text) {
  bool at_start = true;
  for (char c : text) {
    if (c == '\n') {
      at_start = true;
    } else if (at_start && !IsBlank(c)) {
      if (c == '{') return true;
      at_start = false;
    }
  }
  return false;
}

}  // namespace

void Buffer::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(Space(bytes.size()), bytes.data(), bytes.size());
  Commit(bytes.size());
}

void Buffer::Erase(size_t begin, size_t end) {
  if (end < size_) {
    std::memmove(data_.get() + begin, data_.get() + end, size_ - end);
  }
  size_ -= end - begin;
}

char* Buffer::Space(size_t n) {
  if (capacity_ - size_ < n) {
    const size_t capacity = std::max(size_ + n, capacity_ * 2);
    std::unique_ptr<char[]> data(new char[capacity]);
    if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
    data_ = std::move(data);
    capacity_ = capacity;
  }
  return data_.get() + size_;
}

BatchReader::BatchReader(ByteSource* source, const Options& options)
    : source_(source), options_(options) {}

Status BatchReader::Fill(Buffer* buffer) {
  Result<size_t> n = source_->Read(buffer->Space(kReadBytes), kReadBytes);
  if (!n.ok()) return n.status();
  buffer->Commit(*n);
  at_end_ = *n == 0;
  return Status::Ok();
}

Status BatchReader::Start() {
  while (!at_end_ && carry_.size() < kDetectBytes) {
    Status status = Fill(&carry_);
    if (!status.ok()) return status;
  }
  Status status = CheckStart();
  if (!status.ok()) return status;
  if (!options_.text.has_value()) return ChooseJsonScanner();
  scanner_ = NewTextScanner(*options_.text);
  return options_.header ? ReadHeader() : Status::Ok();
}

Status BatchReader::CheckStart() {
  const std::string_view start = carry_.view();
  if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) {
    return Status(StatusCode::kUnsupported,
                  "the file is UTF-16: convert it to UTF-8 first");
  }
  if (start.starts_with("\xef\xbb\xbf")) {
    Buffer rest;
    rest.Append(start.substr(3));
    carry_ = std::move(rest);
  }
  return Status::Ok();
}

Status BatchReader::ChooseJsonScanner() {
  std::string_view start = carry_.view();
  while (!start.empty() && IsBlank(start.front())) start.remove_prefix(1);
  if (start.starts_with('[')) {
    scanner_ = NewArrayScanner();
    return Status::Ok();
  }
  if (!start.empty() && !HasObjectLine(start)) {
    return Status(StatusCode::kInvalidArgument,
                  "the file is not JSON (neither an array of events nor one "
                  "event a line); CSV and fixed-width text need a map");
  }
  scanner_ = NewLineScanner();
  return Status::Ok();
}

Status BatchReader::ReadHeader() {
  Row row;
  for (;;) {
    const RowScanner::Step step = scanner_->Next(carry_.view(), at_end_, &row);
    if (step == RowScanner::Step::kRow) break;
    if (step == RowScanner::Step::kEnd) return Status::Ok();
    if (carry_.size() > kMaxEventBytes) {
      return Status(StatusCode::kTooLarge,
                    "header: longer than 1048576 bytes (a quote that is "
                    "never closed?)");
    }
    Status status = Fill(&carry_);
    if (!status.ok()) return status;
  }
  if (row.problem != RowProblem::kNone) {
    return Status(StatusCode::kMalformed, "header: a quote is never closed");
  }
  header_ = std::string(carry_.view().substr(row.begin, row.size));
  return Status::Ok();
}

void BatchReader::MakeRoom(RowBatch* batch) {
  Buffer& buffer = batch->buffer;
  // One byte more: the line feed behind a carriage return may be missing yet.
  if (scanner_->scanned() > kMaxEventBytes + 1) {
    buffer.Erase(scanner_->begin(), buffer.size());
    scanner_->DropScanned();
    scanner_->Rebase(scanner_->begin() - buffer.size());
  }
  // Blank lines are no rows, but there may be any number of them.
  size_t used = 0;
  if (!batch->rows.empty()) {
    used = batch->rows.back().begin + batch->rows.back().size;
  }
  const size_t begin = scanner_->begin();
  if (begin - used > kReadBytes) {
    buffer.Erase(used, begin);
    scanner_->Rebase(begin - used);
  }
}

Result<bool> BatchReader::Next(RowBatch* batch) {
  Buffer& buffer = batch->buffer;
  batch->rows.clear();
  buffer.Clear();
  const size_t done = scanner_->begin();
  buffer.Append(carry_.view().substr(done));
  carry_.Clear();
  scanner_->Rebase(done);

  size_t bytes = 0;
  Row row;
  while (batch->rows.size() < kBatchRows && bytes < kBatchBytes) {
    const RowScanner::Step step = scanner_->Next(buffer.view(), at_end_, &row);
    if (step == RowScanner::Step::kEnd) break;
    if (step == RowScanner::Step::kMore) {
      MakeRoom(batch);
      Status status = Fill(&buffer);
      if (!status.ok()) return status;
      continue;
    }
    // A row that is too large has lost its bytes, but perhaps just now.
    bytes += row.problem == RowProblem::kTooLarge ? kMaxEventBytes : row.size;
    if (options_.number_rows && row.problem == RowProblem::kNone) {
      row.hash = HashContent(buffer.view().substr(row.begin, row.size));
      row.occurrence = occurrences_.Count(row.hash);
    }
    batch->rows.push_back(row);
  }
  carry_.Append(buffer.view().substr(scanner_->begin()));
  scanner_->Rebase(scanner_->begin());
  batch->bytes = source_->bytes();
  batch->number = next_number_;
  if (batch->rows.empty()) return false;
  ++next_number_;
  return true;
}

}  // namespace crm::ingest
