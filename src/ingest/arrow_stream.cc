#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/arrow.h"
#include "ingest/guarded.h"

namespace crm {
namespace {

using ingest::Guarded;

constexpr size_t kMaxRows = size_t{1} << 20;
constexpr size_t kMaxBytes = size_t{1} << 30;

// What a column holds decides its buffers.
enum class Kind : uint8_t { kNumber, kTime, kText };

struct Field {
  const char* name;
  Kind kind;
  bool nullable;
};
constexpr Field kFields[] = {
    {"position", Kind::kNumber, false},    {"type", Kind::kText, false},
    {"source", Kind::kText, false},        {"version", Kind::kText, false},
    {"occurred_at", Kind::kTime, false},   {"recorded_at", Kind::kTime, false},
    {"record", Kind::kNumber, true},       {"customer", Kind::kNumber, true},
    {"revision", Kind::kNumber, false},    {"id", Kind::kText, true},
    {"correlation_id", Kind::kText, true}, {"causation_id", Kind::kText, true},
    {"identity", Kind::kText, true},       {"payload", Kind::kText, true},
    {"metadata", Kind::kText, true},
};
constexpr size_t kColumns = std::size(kFields);

const char* FormatOf(Kind kind) {
  if (kind == Kind::kNumber) return "L";
  return kind == Kind::kTime ? "tsu:UTC" : "u";
}

// --- Schema ------------------------------------------------------------------

struct SchemaNode {
  std::array<ArrowSchema, kColumns> columns = {};
  std::array<ArrowSchema*, kColumns> children = {};
};

// A column's schema points at constants only.
void ReleaseColumnSchema(ArrowSchema* schema) { schema->release = nullptr; }

void ReleaseSchema(ArrowSchema* schema) {
  auto* const node = static_cast<SchemaNode*>(schema->private_data);
  for (ArrowSchema& column : node->columns) {
    if (column.release != nullptr) column.release(&column);
  }
  delete node;
  schema->release = nullptr;
}

void MakeSchema(ArrowSchema* out) {
  auto node = std::make_unique<SchemaNode>();
  for (size_t i = 0; i < kColumns; ++i) {
    ArrowSchema& column = node->columns[i];
    column.format = FormatOf(kFields[i].kind);
    column.name = kFields[i].name;
    column.flags = kFields[i].nullable ? ARROW_FLAG_NULLABLE : 0;
    column.release = ReleaseColumnSchema;
    node->children[i] = &column;
  }
  *out = ArrowSchema();
  out->format = "+s";
  out->name = "";
  out->n_children = kColumns;
  out->children = node->children.data();
  out->release = ReleaseSchema;
  out->private_data = node.release();
}

// --- Batch -------------------------------------------------------------------

// The buffers of one column. A consumer may take a column out of its batch, so
// each owns its own.
struct Column {
  std::vector<uint8_t> validity;  // Bits; empty: no value is null.
  std::vector<uint64_t> numbers;  // Times too: the same 64 bits.
  std::vector<int32_t> offsets;
  std::string bytes;
  int64_t length = 0;
  int64_t nulls = 0;
  std::array<const void*, 3> buffers = {};

  // REQUIRES: called once for each row, before its value.
  void Mark(bool valid) {
    const auto row = static_cast<size_t>(length++);
    if (!valid && nulls++ == 0) validity.assign(row / 8 + 1, 0xff);
    if (nulls == 0) return;
    if (row / 8 >= validity.size()) validity.push_back(0xff);
    if (!valid) validity[row / 8] &= static_cast<uint8_t>(~(1u << (row % 8)));
  }
  void AddNumber(uint64_t value, bool valid = true) {
    Mark(valid);
    numbers.push_back(value);
  }
  void AddText(std::string_view text, bool valid = true) {
    Mark(valid);
    if (offsets.empty()) offsets.push_back(0);
    if (valid) bytes += text;
    offsets.push_back(static_cast<int32_t>(bytes.size()));
  }
};

void ReleaseColumn(ArrowArray* array) {
  delete static_cast<Column*>(array->private_data);
  array->release = nullptr;
}

struct BatchNode {
  std::array<ArrowArray, kColumns> columns = {};
  std::array<ArrowArray*, kColumns> children = {};
  const void* validity = nullptr;  // No row is null.
};

void ReleaseBatch(ArrowArray* array) {
  auto* const node = static_cast<BatchNode*>(array->private_data);
  for (ArrowArray& column : node->columns) {
    if (column.release != nullptr) column.release(&column);
  }
  delete node;
  array->release = nullptr;
}

class Batch final {
 public:
  Batch() {
    for (auto& column : columns_) column = std::make_unique<Column>();
  }
  size_t rows() const { return rows_; }
  size_t bytes() const { return bytes_; }
  void Add(const EventView& event);
  // Leaves the batch empty.
  void MoveTo(ArrowArray* out);

 private:
  Column& Next() { return *columns_[next_++]; }
  void Number(uint64_t value) { Next().AddNumber(value); }
  void NumberUnlessZero(uint64_t value) { Next().AddNumber(value, value != 0); }
  void Time(Timestamp time) {
    Number(static_cast<uint64_t>(time.time_since_epoch().count()));
  }
  void Text(std::string_view text, bool valid = true) {
    Next().AddText(text, valid);
    bytes_ += text.size();
  }
  void TextUnlessEmpty(std::string_view text) { Text(text, !text.empty()); }

  std::array<std::unique_ptr<Column>, kColumns> columns_;
  size_t next_ = 0;
  size_t rows_ = 0;
  size_t bytes_ = 0;
};

// In the order of kFields.
void Batch::Add(const EventView& event) {
  next_ = 0;
  Number(event.position);
  Text(event.type);
  Text(event.source);
  Text(event.version);
  Time(event.occurred_at);
  Time(event.recorded_at);
  NumberUnlessZero(event.record);
  NumberUnlessZero(event.customer);
  Number(event.revision);
  Text(event.id, event.opened);
  TextUnlessEmpty(event.correlation_id);
  TextUnlessEmpty(event.causation_id);
  TextUnlessEmpty(event.identity);
  Text(event.payload, event.opened);
  TextUnlessEmpty(event.metadata);
  ++rows_;
}

void Batch::MoveTo(ArrowArray* out) {
  auto node = std::make_unique<BatchNode>();
  for (size_t i = 0; i < kColumns; ++i) {
    Column& column = *columns_[i];
    const bool is_text = kFields[i].kind == Kind::kText;
    column.buffers[0] =
        column.validity.empty() ? nullptr : column.validity.data();
    column.buffers[1] = is_text
                            ? static_cast<const void*>(column.offsets.data())
                            : column.numbers.data();
    column.buffers[2] = column.bytes.data();
    ArrowArray& array = node->columns[i];
    array.length = column.length;
    array.null_count = column.nulls;
    array.n_buffers = is_text ? 3 : 2;
    array.buffers = column.buffers.data();
    array.release = ReleaseColumn;
    array.private_data = columns_[i].release();
    node->children[i] = &array;
  }
  *out = ArrowArray();
  out->length = static_cast<int64_t>(rows_);
  out->n_buffers = 1;
  out->buffers = &node->validity;
  out->n_children = kColumns;
  out->children = node->children.data();
  out->release = ReleaseBatch;
  out->private_data = node.release();
}

// --- Stream ------------------------------------------------------------------

struct Stream {
  EventSource next;
  ArrowOptions options;
  bool at_end = false;
  Status broken;
  std::string error;
};

int ErrnoOf(const Status& status) {
  if (status.code() == StatusCode::kOutOfMemory) return ENOMEM;
  return status.remedy() == Remedy::kFixInput ? EINVAL : EIO;
}

Stream& StreamOf(ArrowArrayStream* stream) {
  return *static_cast<Stream*>(stream->private_data);
}

int Fail(Stream& stream, Status status) {
  stream.broken = std::move(status);
  const Status told = Guarded([&] {
    stream.error = stream.broken.ToString();
    return Status::Ok();
  });
  if (!told.ok()) stream.error.clear();
  return ErrnoOf(stream.broken);
}

int GetSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  const Status status = Guarded([&] {
    MakeSchema(out);
    return Status::Ok();
  });
  return status.ok() ? 0 : Fail(StreamOf(stream), status);
}

Status FillBatch(Stream& stream, Batch* batch) {
  while (batch->rows() < stream.options.batch_rows &&
         batch->bytes() < stream.options.batch_bytes) {
    EventView event;
    const Result<bool> more = stream.next(&event);
    if (!more.ok()) return more.status();
    if (!*more) {
      stream.at_end = true;
      return Status::Ok();
    }
    batch->Add(event);
  }
  return Status::Ok();
}

int GetNext(ArrowArrayStream* from, ArrowArray* out) {
  Stream& stream = StreamOf(from);
  *out = ArrowArray();
  if (!stream.broken.ok()) return ErrnoOf(stream.broken);
  if (stream.at_end) return 0;
  const Status status = Guarded([&]() -> Status {
    Batch batch;
    Status filled = FillBatch(stream, &batch);
    if (filled.ok() && batch.rows() > 0) batch.MoveTo(out);
    return filled;
  });
  return status.ok() ? 0 : Fail(stream, status);
}

const char* GetLastError(ArrowArrayStream* from) {
  const Stream& stream = StreamOf(from);
  if (stream.broken.ok()) return nullptr;
  return stream.error.empty() ? "out of memory" : stream.error.c_str();
}

void ReleaseStream(ArrowArrayStream* stream) {
  delete static_cast<Stream*>(stream->private_data);
  stream->release = nullptr;
}

Status CheckOptions(const ArrowOptions& options) {
  if (options.batch_rows < 1 || options.batch_rows > kMaxRows) {
    return Status(StatusCode::kInvalidArgument,
                  "batch_rows: must be 1 to " + std::to_string(kMaxRows));
  }
  if (options.batch_bytes < 1 || options.batch_bytes > kMaxBytes) {
    return Status(StatusCode::kInvalidArgument,
                  "batch_bytes: must be 1 to " + std::to_string(kMaxBytes));
  }
  return Status::Ok();
}

}  // namespace

Status EventsToArrow(EventSource next, const ArrowOptions& options,
                     ArrowArrayStream* out) {
  if (out == nullptr) {
    return Status(StatusCode::kInvalidArgument, "out: is null");
  }
  *out = ArrowArrayStream();
  Status status = CheckOptions(options);
  if (!status.ok()) return status;
  auto stream = std::make_unique<Stream>();
  stream->next = std::move(next);
  stream->options = options;
  out->get_schema = GetSchema;
  out->get_next = GetNext;
  out->get_last_error = GetLastError;
  out->release = ReleaseStream;
  out->private_data = stream.release();
  return Status::Ok();
}

Status EventsToArrow(EventCursor cursor, const ArrowOptions& options,
                     ArrowArrayStream* out) {
  // A std::function must be able to be copied.
  auto held = std::make_shared<EventCursor>(std::move(cursor));
  return EventsToArrow([held](EventView* event) { return held->Next(event); },
                       options, out);
}

}  // namespace crm
