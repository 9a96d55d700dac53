// Tenant.append_many: a stream of events, in batches.

#include <pybind11/stl.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bindings/python/src/append.h"
#include "bindings/python/src/append_options.h"
#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"
#include "crm/arrow.h"

namespace crm::python {
namespace {

constexpr size_t kMaxBatchBytes = size_t{8} << 20;
constexpr size_t kReadBytes = size_t{1} << 20;

constexpr char kDoc[] =
    "Appends many events, in batches of `batch_size`: an AppendSummary.\n\n"
    "source: NDJSON text (str, bytes, or a buffer such as an mmap); a file\n"
    "    object with NDJSON, binary (faster) or text; columns of Arrow (what\n"
    "    has __arrow_c_stream__: a pyarrow Table, a data frame, a replay); or\n"
    "    an iterable of events: dicts, JSON texts, Event. Blank lines are\n"
    "    skipped. Columns are those of a replay: id, type and source are\n"
    "    needed; occurred_at must have a time zone; identity, payload and\n"
    "    metadata are JSON text; any other column is an error.\n"
    "batch_size: events per request, 1 to 10,000.\n"
    "partial, backfill, durability, ignore_tenant, dry_run: as in append.\n"
    "max_rejected: so many RejectedEvent are kept (with `partial`).\n"
    "progress: a callable (done, total), after each batch; total is 0 when it\n"
    "    is not known. Returning False cancels (RetryableError, code\n"
    "    CANCELLED).\n"
    "on_batch: a callable (index of its first event, AppendResult).\n\n"
    "Each batch is a request of its own: when one raises, those before it\n"
    "stay. To repeat the whole call is safe: what is there counts as\n"
    "duplicate. An exception of the iterable passes through, and drops the\n"
    "batch that was being filled.";

struct ManyOptions {
  AppendOptions append;
  size_t batch_size = 500;
  size_t max_rejected = 1000;
  py::object on_batch;
  uint64_t total = 0;
};

class Feeder final {
 public:
  Feeder(TenantHandle& tenant, ManyOptions options, ProgressCaller progress)
      : tenant_(tenant),
        options_(std::move(options)),
        progress_(std::move(progress)) {}

  void Add(py::handle item);
  void AddLine(std::string_view line, bool copy);
  // The rows of a stream, which it takes.
  void AddStream(ArrowArrayStream* stream);
  // All lines of a text that outlives this.
  void AddText(std::string_view text);
  AppendSummary Finish();

 private:
  void FlushWhenFull() {
    if (batch_.size() >= options_.batch_size ||
        batch_.bytes() >= kMaxBatchBytes) {
      Flush();
    }
  }
  void Flush();
  void Reject(uint64_t index, StatusCode code, std::string message);

  TenantHandle& tenant_;
  const ManyOptions options_;
  ProgressCaller progress_;
  Batch batch_;
  AppendSummary summary_;
};

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void Feeder::Reject(uint64_t index, StatusCode code, std::string message) {
  ++summary_.rejected;
  if (summary_.rejected_events.size() < options_.max_rejected) {
    summary_.rejected_events.push_back({index, code, std::move(message)});
  }
}

void Feeder::Add(py::handle item) {
  if (batch_.Differs(item)) Flush();
  const uint64_t index = summary_.events;
  try {
    batch_.Add(item, index);
  } catch (py::error_already_set& error) {
    if (!options_.append.partial || !error.matches(TypeNamed("InputError"))) {
      const uint64_t first = batch_.size() > 0 ? batch_.index(0) : index;
      RaiseFor(
          index, error,
          "; nothing was appended from event " + std::to_string(first) + " on");
    }
    Reject(index, CodeOf(error).value_or(StatusCode::kInvalidArgument),
           py::str(error.value()));
  }
  ++summary_.events;
  FlushWhenFull();
}

void Feeder::AddLine(std::string_view line, bool copy) {
  if (IsBlank(line)) return;
  batch_.AddText(line, copy, summary_.events);
  ++summary_.events;
  FlushWhenFull();
}

void Feeder::AddText(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1);
    AddLine(text.substr(0, end + 1), false);
    text.remove_prefix(end + 1);
  }
}

void Feeder::AddStream(ArrowArrayStream* stream) {
  Result<ArrowEvents> rows = ArrowEvents::Open(stream);
  Check(rows.status());
  for (;;) {
    std::string_view json;
    const Result<bool> more = rows->Next(&json);
    if (more.ok() && !*more) return;
    if (more.ok()) {
      AddLine(json, true);
    } else if (options_.append.partial &&
               more.status().code() == StatusCode::kMalformed) {
      Reject(summary_.events++, more.status().code(),
             std::string(more.status().message()));
    } else {
      Raise(more.status());
    }
  }
}

void Feeder::Flush() {
  if (batch_.size() == 0) return;
  Check(tenant_.box()->CheckUsable());
  const Result<AppendResult> result = Unlocked(
      [&] { return batch_.Append(tenant_.tenant(), options_.append); });
  const uint64_t first = batch_.index(0);
  if (!result.ok()) {
    Raise(Status(result.status().code(),
                 "in the batch from event " + std::to_string(first) +
                     " on: " + std::string(result.status().message())));
  }
  ++summary_.batches;
  summary_.appended += result->appended;
  summary_.duplicates += result->duplicates;
  summary_.erased += result->erased;
  summary_.customers_created += result->customers_created;
  summary_.unattributed += result->unattributed;
  summary_.position = result->position;
  if (result->rejected > 0) {
    for (size_t i = 0; i < result->events.size(); ++i) {
      const Status& status = result->events[i].status;
      if (status.ok()) continue;
      Reject(batch_.index(i), status.code(), std::string(status.message()));
    }
  }
  batch_.Clear();
  if (!options_.on_batch.is_none()) {
    options_.on_batch(first, AppendRecord(*result));
  }
  if (!progress_(summary_.events, options_.total)) {
    progress_.Rethrow();
    Raise(Status(StatusCode::kCancelled, "cancelled by progress; " +
                                             std::to_string(summary_.events) +
                                             " events are done"));
  }
}

AppendSummary Feeder::Finish() {
  Flush();
  return std::move(summary_);
}

// --- Sources -----------------------------------------------------------------

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

// Feeds lines of pieces of text that do not end where lines do.
class LineFeeder final {
 public:
  explicit LineFeeder(Feeder& feeder) : feeder_(feeder) {}

  void Add(std::string_view piece) {
    if (!begun_ && !piece.empty()) piece = WithoutByteOrderMark(piece);
    begun_ = begun_ || !piece.empty();
    while (!piece.empty()) {
      const size_t end = piece.find('\n');
      if (end == std::string_view::npos) break;
      if (rest_.empty()) {
        feeder_.AddLine(piece.substr(0, end), true);
      } else {
        rest_.append(piece.substr(0, end));
        feeder_.AddLine(rest_, true);
        rest_.clear();
      }
      piece.remove_prefix(end + 1);
    }
    rest_.append(piece);
    if (rest_.size() > 4 * kMaxEventBytes) {
      Raise(Status(StatusCode::kTooLarge,
                   "a line of over " + std::to_string(4 * kMaxEventBytes) +
                       " bytes; is the file NDJSON?"));
    }
  }
  void Finish() { feeder_.AddLine(rest_, true); }

 private:
  Feeder& feeder_;
  std::string rest_;
  bool begun_ = false;
};

void FeedFile(py::handle file, Feeder& feeder) {
  LineFeeder lines(feeder);
  const py::object read = file.attr("read");
  for (;;) {
    const py::object piece = read(kReadBytes);
    std::string_view text;
    if (PyBytes_Check(piece.ptr())) {
      text = {PyBytes_AS_STRING(piece.ptr()),
              static_cast<size_t>(PyBytes_GET_SIZE(piece.ptr()))};
    } else if (PyUnicode_Check(piece.ptr())) {
      text = Utf8(piece);
    } else {
      throw py::type_error("source: read() must give bytes or str");
    }
    if (text.empty()) break;
    lines.Add(text);
  }
  lines.Finish();
}

void FeedBuffer(py::handle source, Feeder& feeder) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(source.ptr(), &buffer, PyBUF_SIMPLE) != 0) {
    throw py::error_already_set();
  }
  const std::unique_ptr<Py_buffer, decltype(&PyBuffer_Release)> release(
      &buffer, &PyBuffer_Release);
  const std::string_view text(static_cast<const char*>(buffer.buf),
                              static_cast<size_t>(buffer.len));
  if (PyBytes_Check(source.ptr())) {
    feeder.AddText(WithoutByteOrderMark(text));
    return;
  }
  // Another thread may change it while a batch is on its way, also what is
  // read-only to us: a view of a bytearray, a mapped file.
  LineFeeder lines(feeder);
  for (size_t at = 0; at < text.size(); at += kReadBytes) {
    lines.Add(text.substr(at, kReadBytes));
  }
  lines.Finish();
}

void FeedStream(py::handle source, Feeder& feeder) {
  const py::object capsule = source.attr("__arrow_c_stream__")();
  auto* const stream = static_cast<ArrowArrayStream*>(
      PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw py::error_already_set();
  feeder.AddStream(stream);
}

// As in a list of the lines of a file.
bool IsBlankLine(py::handle item) {
  Py_ssize_t size = 0;
  const char* data = nullptr;
  if (PyUnicode_Check(item.ptr())) {
    data = PyUnicode_AsUTF8AndSize(item.ptr(), &size);
    // Feeder::Add says what is wrong with it.
    if (data == nullptr) PyErr_Clear();
  } else if (PyBytes_Check(item.ptr())) {
    data = PyBytes_AS_STRING(item.ptr());
    size = PyBytes_GET_SIZE(item.ptr());
  }
  return data != nullptr && IsBlank({data, static_cast<size_t>(size)});
}

void Feed(py::handle source, Feeder& feeder) {
  if (PyUnicode_Check(source.ptr())) {
    feeder.AddText(WithoutByteOrderMark(Utf8(source)));
  } else if (PyObject_CheckBuffer(source.ptr()) != 0) {
    FeedBuffer(source, feeder);
  } else if (py::hasattr(source, "__arrow_c_stream__")) {
    FeedStream(source, feeder);
  } else if (py::hasattr(source, "read")) {
    FeedFile(source, feeder);
  } else if (PyDict_Check(source.ptr()) || py::isinstance<Event>(source)) {
    throw py::type_error("source: must be several events; append takes one");
  } else {
    for (const py::handle item : py::iter(source)) {
      if (!IsBlankLine(item)) feeder.Add(item);
    }
  }
}

uint64_t LengthOf(py::handle source) {
  if (!PyList_Check(source.ptr()) && !PyTuple_Check(source.ptr())) return 0;
  return static_cast<uint64_t>(PySequence_Fast_GET_SIZE(source.ptr()));
}

}  // namespace

void DefineAppendMany(py::class_<TenantHandle>& type) {
  Def(
      type, "append_many",
      [](TenantHandle& self, py::object source, size_t batch_size, bool partial,
         bool backfill, py::object durability, bool ignore_tenant,
         std::optional<DryRunHandle> dry_run, size_t max_rejected,
         py::object progress, py::object on_batch) {
        if (batch_size < 1 || batch_size > kMaxRequestEvents) {
          RaiseInput("batch_size: must be from 1 to " +
                     std::to_string(kMaxRequestEvents));
        }
        Feeder feeder(
            self,
            {.append = MakeAppendOptions(self, partial, backfill, durability,
                                         ignore_tenant, dry_run),
             .batch_size = batch_size,
             .max_rejected = max_rejected,
             .on_batch = std::move(on_batch),
             .total = LengthOf(source)},
            ProgressCaller(std::move(progress)));
        Feed(source, feeder);
        return feeder.Finish();
      },
      kDoc, py::arg("source"), py::kw_only(), py::arg("batch_size") = 500,
      py::arg("partial") = false, py::arg("backfill") = false,
      py::arg("durability") = py::none(), py::arg("ignore_tenant") = false,
      py::arg("dry_run") = py::none(), py::arg("max_rejected") = 1000,
      py::arg("progress") = py::none(), py::arg("on_batch") = py::none());
}

}  // namespace crm::python
