// Events as columns: the PyCapsule interface of Apache Arrow
// (https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html).

#include "crm/arrow.h"

#include <memory>
#include <utility>

#include "bindings/python/src/define.h"
#include "bindings/python/src/reading.h"

namespace crm::python {
namespace {

// The name that the interface prescribes.
constexpr char kCapsule[] = "arrow_array_stream";

constexpr char kDoc[] =
    "The events as columns, for pyarrow, Polars, DuckDB and others:\n\n"
    "    table = pyarrow.table(tenant.replay())\n"
    "    frame = polars.DataFrame(tenant.replay())\n\n"
    "A capsule with an ArrowArrayStream. Columns: position, type, source,\n"
    "version, occurred_at, recorded_at, record, customer, revision, id,\n"
    "correlation_id, causation_id, identity, payload, metadata; these last\n"
    "three are JSON text. Null: unattributed, not opened, or none.\n\n"
    "The cursor may not have been read from, and then only a stream reads it.\n"
    "Closing the store or the cursor is an error of the stream.\n\n"
    "requested_schema: not looked at, as the interface allows.\n"
    "Raises InputError: the cursor was read from already.";

void EndCapsule(PyObject* capsule) {
  auto* const stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, kCapsule));
  if (stream == nullptr) return PyErr_Clear();
  // Null: somebody has taken it out.
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

}  // namespace

void DefineArrow(py::class_<CursorHandle>& type) {
  Def(
      type, "__arrow_c_stream__",
      [](CursorHandle& self, py::object) {
        auto stream = std::make_unique<ArrowArrayStream>();
        Check(EventsToArrow(self.All(), {}, stream.get()));
        PyObject* const capsule =
            PyCapsule_New(stream.get(), kCapsule, EndCapsule);
        if (capsule == nullptr) {
          stream->release(stream.get());
          throw py::error_already_set();
        }
        static_cast<void>(stream.release());
        return py::reinterpret_steal<py::object>(capsule);
      },
      kDoc, py::arg("requested_schema") = py::none());
}

}  // namespace crm::python
