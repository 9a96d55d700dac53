// Rows of an Arrow stream as events: see crm/arrow.h.

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "crm/arrow.h"
#include "ingest/guarded.h"
#include "ingest/json_members.h"
#include "ingest/json_text.h"
#include "ingest/message_mapper.h"

namespace crm {
namespace {

using ingest::Guarded;

// What becomes of a column.
enum class Use : uint8_t { kNeeded, kText, kTime, kObject, kPassed };

struct Known {
  std::string_view column;
  std::string_view member;  // Of the event's JSON.
  Use use;
};
constexpr std::array<Known, 15> kKnown = {{
    {"id", "id", Use::kNeeded},
    {"type", "type", Use::kNeeded},
    {"version", "version", Use::kText},
    {"occurred_at", "timestamp", Use::kTime},
    {"correlation_id", "correlationId", Use::kText},
    {"causation_id", "causationId", Use::kText},
    {"source", "source", Use::kNeeded},
    {"identity", "identity", Use::kObject},
    {"payload", "payload", Use::kObject},
    {"metadata", "metadata", Use::kObject},
    {"position", "", Use::kPassed},
    {"recorded_at", "", Use::kPassed},
    {"record", "", Use::kPassed},
    {"customer", "", Use::kPassed},
    {"revision", "", Use::kPassed},
}};

Status Wrong(std::string_view column, const std::string& what) {
  return Status(StatusCode::kInvalidArgument,
                "column " + std::string(column) + ": " + what);
}

// How the texts of an array lie in its buffers.
enum class Layout : uint8_t { kNone, kNull, kUtf8, kLargeUtf8, kView };

Layout LayoutOf(std::string_view format) {
  if (format == "n") return Layout::kNull;
  if (format == "u") return Layout::kUtf8;
  if (format == "U") return Layout::kLargeUtf8;
  return format == "vu" ? Layout::kView : Layout::kNone;
}

bool IsNull(const ArrowArray& array, int64_t at) {
  if (array.null_count == 0 || array.n_buffers == 0) return false;
  const auto* const bits = static_cast<const uint8_t*>(array.buffers[0]);
  return bits != nullptr && (bits[at / 8] >> (at % 8) & 1) == 0;
}

// REQUIRES: `at` counts from the start of the buffers, and is not null.
template <typename Offset>
std::string_view BetweenOffsets(const ArrowArray& array, int64_t at) {
  const auto* const offsets = static_cast<const Offset*>(array.buffers[1]);
  const auto* const bytes = static_cast<const char*>(array.buffers[2]);
  const auto begin = static_cast<size_t>(offsets[at]);
  return {bytes + begin, static_cast<size_t>(offsets[at + 1]) - begin};
}

// Views of 16 bytes: the size, then up to 12 bytes of text, or its first four,
// the number of a buffer, and where it begins there.
std::string_view OfView(const ArrowArray& array, int64_t at) {
  const char* const view = static_cast<const char*>(array.buffers[1]) + at * 16;
  int32_t size = 0;
  std::memcpy(&size, view, sizeof(size));
  if (size <= 12) return {view + 4, static_cast<size_t>(size)};
  int32_t buffer = 0;
  int32_t begin = 0;
  std::memcpy(&buffer, view + 8, sizeof(buffer));
  std::memcpy(&begin, view + 12, sizeof(begin));
  return {static_cast<const char*>(array.buffers[2 + buffer]) + begin,
          static_cast<size_t>(size)};
}

// Null: no text there.
std::optional<std::string_view> TextAt(const ArrowArray& array, Layout layout,
                                       int64_t row) {
  if (layout == Layout::kNull) return std::nullopt;
  const int64_t at = array.offset + row;
  if (IsNull(array, at)) return std::nullopt;
  if (layout == Layout::kUtf8) return BetweenOffsets<int32_t>(array, at);
  if (layout == Layout::kLargeUtf8) return BetweenOffsets<int64_t>(array, at);
  return OfView(array, at);
}

template <typename Integer>
int64_t IntegerAt(const ArrowArray& array, int64_t at) {
  return static_cast<int64_t>(
      static_cast<const Integer*>(array.buffers[1])[at]);
}

// The number of a row's text in the dictionary of its column.
int64_t IndexAt(const ArrowArray& array, char format, int64_t at) {
  switch (format) {
    case 'c':
      return IntegerAt<int8_t>(array, at);
    case 'C':
      return IntegerAt<uint8_t>(array, at);
    case 's':
      return IntegerAt<int16_t>(array, at);
    case 'S':
      return IntegerAt<uint16_t>(array, at);
    case 'i':
      return IntegerAt<int32_t>(array, at);
    case 'I':
      return IntegerAt<uint32_t>(array, at);
    default:  // 'l' and 'L': no dictionary has more than fit.
      return IntegerAt<int64_t>(array, at);
  }
}

constexpr int64_t kMicroseconds = 1'000'000;
// The years 1 to 9999, which is what the text of an event can say.
constexpr int64_t kFirstUs = -62'135'596'800 * kMicroseconds;
constexpr int64_t kEndUs = 253'402'300'800 * kMicroseconds;

// How many of a timestamp's units make a second; 0: it is none.
int64_t UnitsOf(std::string_view format) {
  if (format.size() < 4 || !format.starts_with("ts") || format[3] != ':') {
    return 0;
  }
  switch (format[2]) {
    case 's':
      return 1;
    case 'm':
      return 1'000;
    case 'u':
      return kMicroseconds;
    default:
      return format[2] == 'n' ? 1'000'000'000 : 0;
  }
}

// False: finer than a microsecond, or no number of them fits.
bool ToMicroseconds(int64_t value, int64_t units, int64_t* us) {
  if (units > kMicroseconds) {
    const int64_t finer = units / kMicroseconds;
    *us = value / finer;
    return value % finer == 0;
  }
  return !__builtin_mul_overflow(value, kMicroseconds / units, us);
}

struct RowColumn {
  const Known* known = nullptr;
  int64_t child = 0;
  Layout layout = Layout::kNone;  // Of the dictionary, when there is one.
  char index = '\0';              // Of the numbers of a dictionary.
  int64_t units = 0;              // Of a timestamp; 0: text.
};

Status ReadType(const ArrowSchema& schema, RowColumn* column) {
  const std::string_view format = schema.format;
  const std::string_view name = column->known->column;
  if (column->known->use == Use::kTime && format.starts_with("ts")) {
    column->units = UnitsOf(format);
    if (column->units != 0 && format.size() > 4) return Status::Ok();
    return Wrong(name, "a timestamp needs a time zone, such as UTC");
  }
  const bool numbered = schema.dictionary != nullptr;
  if (numbered) {
    const bool number =
        format.size() == 1 &&
        std::string_view("cCsSiIlL").find(format[0]) != std::string_view::npos;
    if (!number) return Wrong(name, "is a dictionary of another kind");
    column->index = format[0];
  }
  column->layout = LayoutOf(numbered ? schema.dictionary->format : format);
  if (column->layout != Layout::kNone) return Status::Ok();
  const bool time = column->known->use == Use::kTime;
  return Wrong(name, time ? "must be a timestamp with a time zone, or text"
                          : "must be text");
}

const Known* FindKnown(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.column == name) return &known;
  }
  return nullptr;
}

// In the order of kKnown; without those that are not there.
using Columns = std::array<std::optional<RowColumn>, kKnown.size()>;

Status ReadColumns(const ArrowSchema& schema, Columns* columns) {
  if (schema.format == nullptr || std::string_view(schema.format) != "+s") {
    return Status(StatusCode::kInvalidArgument,
                  "stream: must be one of structs, a column each member");
  }
  for (int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema& child = *schema.children[i];
    const std::string_view name = child.name == nullptr ? "" : child.name;
    RowColumn column{.known = FindKnown(name), .child = i};
    if (column.known == nullptr) {
      return Wrong(name, "is no column of an event; see crm/arrow.h");
    }
    std::optional<RowColumn>& slot =
        (*columns)[static_cast<size_t>(column.known - kKnown.data())];
    if (slot.has_value()) return Wrong(name, "is there twice");
    if (column.known->use != Use::kPassed) {
      Status status = ReadType(child, &column);
      if (!status.ok()) return status;
    }
    slot = column;
  }
  for (size_t i = 0; i < kKnown.size(); ++i) {
    if (kKnown[i].use == Use::kNeeded && !(*columns)[i].has_value()) {
      return Wrong(kKnown[i].column, "is missing");
    }
  }
  return Status::Ok();
}

}  // namespace

struct ArrowEvents::Impl {
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    ReleaseBatch();
    if (stream.release != nullptr) stream.release(&stream);
  }

  void ReleaseBatch() {
    if (batch.release != nullptr) batch.release(&batch);
    batch = ArrowArray();
  }
  Status StreamError(int code);
  Status ReadSchema();
  // The next array with a row; false: the end.
  Result<bool> NextBatch();
  Status RowError(std::string_view column, const char* what) const;
  std::optional<std::string_view> Text(const RowColumn& column) const;
  Status AppendTimestamp(const RowColumn& column);
  Status AppendColumn(const RowColumn& column);
  Result<bool> Next(std::string_view* out);

  ArrowArrayStream stream = {};
  Columns columns;
  ArrowArray batch = {};
  int64_t row = 0;  // The next of the batch.
  uint64_t rows = 0;
  std::string json;
  ingest::JsonMembers members;
};

Status ArrowEvents::Impl::StreamError(int code) {
  const char* const text = stream.get_last_error(&stream);
  std::string message = "stream: ";
  message += text == nullptr ? std::strerror(code) : text;
  return Status(
      code == ENOMEM ? StatusCode::kOutOfMemory : StatusCode::kIoError,
      std::move(message));
}

Status ArrowEvents::Impl::ReadSchema() {
  ArrowSchema schema = {};
  const int code = stream.get_schema(&stream, &schema);
  if (code != 0) return StreamError(code);
  Status status = ReadColumns(schema, &columns);
  if (schema.release != nullptr) schema.release(&schema);
  return status;
}

Result<bool> ArrowEvents::Impl::NextBatch() {
  while (row >= batch.length) {
    ReleaseBatch();
    row = 0;
    const int code = stream.get_next(&stream, &batch);
    if (code != 0) return StreamError(code);
    if (batch.release == nullptr) return false;
  }
  return true;
}

Status ArrowEvents::Impl::RowError(std::string_view column,
                                   const char* what) const {
  std::string message = "row " + std::to_string(rows - 1);
  if (!column.empty()) message += ", column " + std::string(column);
  return Status(StatusCode::kMalformed, message + ": " + what);
}

// REQUIRES: not a timestamp. `row` is the one behind.
std::optional<std::string_view> ArrowEvents::Impl::Text(
    const RowColumn& column) const {
  const ArrowArray& array = *batch.children[column.child];
  const int64_t at = batch.offset + row - 1;
  if (column.index == '\0') return TextAt(array, column.layout, at);
  if (IsNull(array, array.offset + at)) return std::nullopt;
  const int64_t index = IndexAt(array, column.index, array.offset + at);
  return TextAt(*array.dictionary, column.layout, index);
}

Status ArrowEvents::Impl::AppendTimestamp(const RowColumn& column) {
  const ArrowArray& array = *batch.children[column.child];
  const int64_t at = array.offset + batch.offset + row - 1;
  if (IsNull(array, at)) return Status::Ok();
  int64_t us = 0;
  if (!ToMicroseconds(IntegerAt<int64_t>(array, at), column.units, &us)) {
    return RowError(column.known->column,
                    "is finer than a microsecond, or out of range");
  }
  if (us < kFirstUs || us >= kEndUs) {
    return RowError(column.known->column, "is not in the years 1 to 9999");
  }
  const Timestamp time{std::chrono::microseconds(us)};
  ingest::AppendMember(column.known->member, ingest::TimeToken(time), &json);
  return Status::Ok();
}

Status ArrowEvents::Impl::AppendColumn(const RowColumn& column) {
  const Known& known = *column.known;
  if (column.units != 0) return AppendTimestamp(column);
  const std::optional<std::string_view> text = Text(column);
  if (!text.has_value()) {
    if (known.use != Use::kNeeded) return Status::Ok();
    return RowError(known.column, "is null");
  }
  if (known.use == Use::kObject) {
    // What is more than one object would become members of the event.
    if (!members.Split(*text).ok()) {
      return RowError(known.column, "is not a JSON object");
    }
    ingest::AppendMember(known.member, *text, &json);
    return Status::Ok();
  }
  std::string token;
  ingest::AppendJsonString(*text, &token);
  ingest::AppendMember(known.member, token, &json);
  return Status::Ok();
}

Result<bool> ArrowEvents::Impl::Next(std::string_view* out) {
  Result<bool> more = NextBatch();
  if (!more.ok() || !*more) return more;
  ++row;
  ++rows;
  if (IsNull(batch, batch.offset + row - 1)) return RowError("", "is null");
  json.assign(1, '{');
  for (const std::optional<RowColumn>& column : columns) {
    if (!column.has_value() || column->known->use == Use::kPassed) continue;
    Status status = AppendColumn(*column);
    if (!status.ok()) return status;
  }
  json.push_back('}');
  *out = json;
  return true;
}

ArrowEvents::ArrowEvents(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArrowEvents::ArrowEvents(ArrowEvents&&) noexcept = default;
ArrowEvents& ArrowEvents::operator=(ArrowEvents&&) noexcept = default;
ArrowEvents::~ArrowEvents() = default;

Result<ArrowEvents> ArrowEvents::Open(ArrowArrayStream* stream) {
  if (stream == nullptr || stream->release == nullptr) {
    return Status(StatusCode::kInvalidArgument,
                  "stream: is null, or was released");
  }
  auto impl = std::make_unique<Impl>();
  impl->stream = std::exchange(*stream, ArrowArrayStream());
  Status status = Guarded([&] { return impl->ReadSchema(); });
  if (!status.ok()) return status;
  return ArrowEvents(std::move(impl));
}

Result<bool> ArrowEvents::Next(std::string_view* json) {
  return Guarded([&] { return impl_->Next(json); });
}

uint64_t ArrowEvents::rows() const { return impl_->rows; }

}  // namespace crm
