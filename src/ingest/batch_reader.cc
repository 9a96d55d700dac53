#include "ingest/batch_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "crm/event.h"
#include "ingest/ascii.h"
#include "ingest/json_members.h"

namespace crm::ingest {
namespace {

constexpr size_t kReadBytes = size_t{128} << 10;
// How far the start of a file is searched for a sign of JSON.
constexpr size_t kDetectBytes = size_t{64} << 10;

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

// Whether the first object of `text` goes on in the line after its first one.
bool SpansLines(std::string_view text) {
  const size_t end = text.find('\n');
  if (!text.starts_with('{') || end == std::string_view::npos) return false;
  JsonMembers members;
  if (members.Split(text.substr(0, end)).ok()) return false;
  // A bad line among good ones is followed by one that begins an object.
  const size_t next = text.find_first_not_of(" \t\r\n", end);
  return next != std::string_view::npos && text[next] != '{';
}

// Whether lines end with a carriage return alone, as of old Macs.
bool EndsWithReturns(std::string_view text) {
  if (!text.starts_with('{')) return false;
  const size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos || end + 1 == text.size()) return false;
  return text[end] == '\r' && text[end + 1] != '\n';
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
  if (!converter_.has_value()) {
    Result<size_t> n = source_->Read(buffer->Space(kReadBytes), kReadBytes);
    if (!n.ok()) return n.status();
    buffer->Commit(*n);
    at_end_ = *n == 0;
    return Status::Ok();
  }
  raw_.resize(kReadBytes);
  converted_.clear();
  while (converted_.empty() && !at_end_) {
    Result<size_t> n = source_->Read(raw_.data(), raw_.size());
    if (!n.ok()) return n.status();
    at_end_ = *n == 0;
    converter_->Append(std::string_view(raw_).substr(0, *n), &converted_);
    if (at_end_) converter_->Finish(&converted_);
  }
  buffer->Append(converted_);
  return Status::Ok();
}

Status BatchReader::Start() {
  Status status = ChooseEncoding();
  if (!status.ok()) return status;
  while (!at_end_ && carry_.size() < kDetectBytes) {
    status = Fill(&carry_);
    if (!status.ok()) return status;
  }
  if (!options_.text.has_value()) return ChooseJsonScanner();
  scanner_ = NewTextScanner(*options_.text);
  return options_.header ? ReadHeader() : Status::Ok();
}

Status BatchReader::ChooseEncoding() {
  constexpr size_t kMarkBytes = 3;
  while (!at_end_ && carry_.size() < kMarkBytes) {
    Status status = Fill(&carry_);
    if (!status.ok()) return status;
  }
  const ByteOrderMark mark = FindByteOrderMark(carry_.view());
  TextEncoding encoding = options_.encoding;
  const bool marked = mark.encoding != TextEncoding::kDefault;
  const bool utf16 =
      marked && encoding == TextEncoding::kUtf16 && mark.size == 2;
  if (marked && !utf16 && mark.encoding != encoding) {
    return Status(StatusCode::kInvalidArgument,
                  "encoding: the file begins with the byte order mark of " +
                      std::string(NameOfEncoding(mark.encoding)) +
                      ", which is not " +
                      std::string(NameOfEncoding(encoding)) +
                      ": say so with the encoding");
  }
  if (utf16) encoding = mark.encoding;
  if (encoding == TextEncoding::kUtf16 && carry_.size() > 0) {
    return Status(StatusCode::kInvalidArgument,
                  "encoding: utf-16 needs a byte order mark, which this file "
                  "lacks: say utf-16le or utf-16be");
  }
  // Text in an 8-bit set is converted field by field.
  const bool later = IsEightBit(encoding) ? options_.text.has_value()
                                          : encoding == TextEncoding::kUtf8;
  const std::string start(carry_.view().substr(mark.size));
  carry_.Clear();
  if (later || encoding == TextEncoding::kUtf16) {
    carry_.Append(start);
    return Status::Ok();
  }
  converter_.emplace(encoding);
  converter_->Append(start, &converted_);
  if (at_end_) converter_->Finish(&converted_);
  carry_.Append(converted_);
  return Status::Ok();
}

Status BatchReader::ChooseJsonScanner() {
  std::string_view start = carry_.view();
  while (!start.empty() && IsBlank(start.front())) start.remove_prefix(1);
  if (start.starts_with('[')) {
    scanner_ = NewArrayScanner();
    return Status::Ok();
  }
  if (EndsWithReturns(start)) {
    TextFraming lines;
    scanner_ = NewTextScanner(lines);
    return Status::Ok();
  }
  if (options_.messages) {
    scanner_ = SpansLines(start) ? NewObjectScanner() : NewLineScanner();
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
  if (scanner_->scanned() > kMaxEventBytes + 1 && !scanner_->Recover()) {
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

RowScanner::Step BatchReader::NextRow(RowBatch* batch, Row* row) {
  if (opened_.has_value()) {
    const std::string_view array =
        std::string_view(opened_->text)
            .substr(opened_->elements, opened_->size);
    const RowScanner::Step step = opened_->scanner->Next(array, true, row);
    if (step == RowScanner::Step::kRow) {
      row->begin += opened_->begin + opened_->elements;
      row->line += opened_->line - 1;
      row->shared = opened_->shared_index;
      row->element = ++opened_->given;
      return step;
    }
    // Nothing of a batch object without messages is kept.
    const bool used = !batch->rows.empty() &&
                      batch->rows.back().shared == opened_->shared_index;
    if (!used) batch->shared.pop_back();
    opened_.reset();
  }
  return scanner_->Next(batch->buffer.view(), at_end_, row);
}

bool BatchReader::HasId(std::string_view row) const {
  if (options_.id_member.empty() ||
      row.find(options_.id_member) == std::string_view::npos) {
    return false;
  }
  JsonMembers members;
  return members.Split(row).ok() && !members.Peek(options_.id_member).empty();
}

bool BatchReader::OpenObject(RowBatch* batch, const Row& row) {
  if (row.problem != RowProblem::kNone || row.shared != 0) return false;
  const std::string_view text = batch->Text(row);
  if (text.find("\"batch\"") == std::string_view::npos) return false;
  JsonMembers members;
  if (!members.Split(text).ok()) return false;
  // A message may have a member of that name as well.
  if (members.Has("type") || members.Has("event")) return false;
  const std::string_view array = members.Take("batch");
  if (!members.ok() || !array.starts_with('[')) return false;
  OpenedObject& opened = opened_.emplace();
  opened.text = text;
  opened.begin = row.begin;
  opened.elements = static_cast<size_t>(array.data() - text.data());
  opened.size = array.size();
  const auto lines = std::count(text.data(), array.data(), '\n');
  opened.line = row.line + static_cast<uint64_t>(lines);
  opened.shared = "{";
  members.AppendRest(&opened.shared);
  opened.shared.push_back('}');
  batch->shared.push_back(opened.shared);
  opened.shared_index = static_cast<uint32_t>(batch->shared.size());
  opened.scanner = NewArrayScanner();
  return true;
}

Result<bool> BatchReader::Next(RowBatch* batch) {
  Buffer& buffer = batch->buffer;
  batch->rows.clear();
  batch->shared.clear();
  buffer.Clear();
  // The text of a batch object that is not done lies in front of the rest.
  if (opened_.has_value()) {
    opened_->begin = 0;
    buffer.Append(opened_->text);
    batch->shared.push_back(opened_->shared);
    opened_->shared_index = 1;
  }
  const size_t front = buffer.size();
  const size_t done = scanner_->begin();
  buffer.Append(carry_.view().substr(done));
  carry_.Clear();
  scanner_->Rebase(done - front);

  size_t bytes = 0;
  Row row;
  while (batch->rows.size() < kBatchRows && bytes < kBatchBytes) {
    const RowScanner::Step step = NextRow(batch, &row);
    if (step == RowScanner::Step::kEnd) break;
    if (step == RowScanner::Step::kMore) {
      MakeRoom(batch);
      Status status = Fill(&buffer);
      if (!status.ok()) return status;
      continue;
    }
    if (options_.batches && OpenObject(batch, row)) continue;
    // A row that is too large has lost its bytes, but perhaps just now.
    bytes += row.problem == RowProblem::kTooLarge ? kMaxEventBytes : row.size;
    if (options_.hash_rows && row.problem == RowProblem::kNone &&
        !HasId(batch->Text(row))) {
      row.hash = HashContent(buffer.view().substr(row.begin, row.size));
      if (options_.number_rows) {
        row.occurrence = occurrences_.Count(row.hash);
      }
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
