// Arrow: events as columns, for programs that compute with columns.
//
// Gives what a cursor walks over by the C stream interface of Apache Arrow
// (https://arrow.apache.org/docs/format/CStreamInterface.html), which pyarrow,
// pandas, Polars, DuckDB and many others read without a copy. libcrm needs no
// Arrow library for it, and neither does this header.
//
//   crm::Result<crm::EventCursor> events = tenant.Replay({.types = {"order"}});
//   ArrowArrayStream stream;
//   crm::Status status = crm::EventsToArrow(*std::move(events), {}, &stream);
//
// The columns, one row for each event:
//
//   position        uint64
//   type            utf8
//   source          utf8
//   version         utf8
//   occurred_at     timestamp[us, UTC]
//   recorded_at     timestamp[us, UTC]
//   record          uint64, null: unattributed
//   customer        uint64, null: unattributed
//   revision        uint64
//   id              utf8, null: not opened (see EventView::opened)
//   correlation_id  utf8, null: none, or not opened
//   causation_id    utf8, the same
//   identity        utf8, a JSON object; the same
//   payload         utf8, a JSON object; null: not opened
//   metadata        utf8, a JSON object; null: none, or not opened
//
// Columns may be added behind these.

#ifndef CRM_INCLUDE_ARROW_H_
#define CRM_INCLUDE_ARROW_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "crm/event.h"
#include "crm/status.h"

// As Arrow gives them, guards included: whoever comes first defines them.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

extern "C" {

// What a column is.
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

// The values of a column.
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

}  // extern "C"

#endif  // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

extern "C" {

// Arrays of one schema, one after the other. Zero, or a number of errno.
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

}  // extern "C"

#endif  // ARROW_C_STREAM_INTERFACE

namespace crm {

// How many events a batch holds.
struct ArrowOptions {
  // At most so many, 1 to 1,048,576.
  size_t batch_rows = 65'536;
  // A batch ends behind the event with which its texts reach so many bytes,
  // 1 to 1,073,741,824.
  size_t batch_bytes = size_t{16} << 20;
};

// True with the next event in `*event`, false at the end; as EventCursor::Next.
using EventSource = std::function<Result<bool>(EventView* event)>;

// Makes `*out` a stream of what the cursor walks over, from where it stands.
// The stream owns the cursor: release it (out->release(out)) before the store
// is closed. What fails on the way, for example a damaged log, is the stream's
// error: get_next answers EIO (ENOMEM, EINVAL) and get_last_error the text of
// the Status; nothing more comes then. Batches that were given live on by
// themselves. One thread at a time.
//
// Errors: kInvalidArgument (options; `out` is null). `*out` is then empty.
Status EventsToArrow(EventCursor cursor, const ArrowOptions& options,
                     ArrowArrayStream* out);
// The same of anything that gives events. `next` is called in the thread that
// asks the stream, and destroyed with it.
Status EventsToArrow(EventSource next, const ArrowOptions& options,
                     ArrowArrayStream* out);

// The other way: the rows of a stream as events, for Tenant::AppendJson.
//
//   crm::Result<crm::ArrowEvents> rows = crm::ArrowEvents::Open(&stream);
//   for (std::string_view json;;) {
//     crm::Result<bool> more = rows->Next(&json);
//     if (!more.ok() || !*more) break;
//     batch.emplace_back(json);
//   }
//
// Columns are found by their names: those that EventsToArrow writes, so that
// what it gave can be appended elsewhere.
//
//   id, type, source                       text; needed, and never null
//   occurred_at                            timestamp of any unit with a time
//                                          zone (its values are UTC), or text
//                                          as in an event; null: no time
//   version, correlation_id, causation_id  text; null: none
//   identity, payload, metadata            text, a JSON object; null: none
//
// position, recorded_at, record, customer and revision are passed over: an
// append makes its own. Any other column is an error, because nobody would see
// that it was lost. Text is utf8, large_utf8 or utf8_view, dictionaries of
// these, or a column of type null.
//
// One thread at a time.
class ArrowEvents final {
 public:
  // Takes the stream: `*stream` is released already when this returns, and what
  // it was is released with this. What it says is believed, as the interface
  // asks: a stream from somebody who lies is not safe to read.
  // kInvalidArgument: it is null or released, is no struct of columns, or a
  // column is missing, there twice, unknown, or of another type. kIoError: the
  // stream's own error, with its text; kOutOfMemory if that is ENOMEM.
  static Result<ArrowEvents> Open(ArrowArrayStream* stream);
  ArrowEvents(ArrowEvents&&) noexcept;
  ArrowEvents& operator=(ArrowEvents&&) noexcept;
  ~ArrowEvents();

  // The next row as the JSON text of an event, in the shape
  // EnvelopeShape::kCrm; valid until the next call. False: the end. What is in
  // the columns is checked when it is appended, but for what would make another
  // event of it.
  //
  // kMalformed: a row is null, one of the columns that are needed is, a member
  // is no JSON object, or a time is finer than a microsecond or out of range;
  // it names row (from 0) and column, and the next call goes on behind the row.
  // kIoError, kOutOfMemory: the stream's own error; it comes again.
  Result<bool> Next(std::string_view* json);
  // How many rows Next has passed.
  uint64_t rows() const;

 private:
  struct Impl;
  explicit ArrowEvents(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm

#endif  // CRM_INCLUDE_ARROW_H_
