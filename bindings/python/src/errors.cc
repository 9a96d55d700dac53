#include "bindings/python/src/errors.h"

namespace crm::python {
namespace {

thread_local int calls_under_way = 0;
thread_local std::exception_ptr kept;

}  // namespace

py::handle TypeNamed(const char* name) {
  // Never released: it is needed until the interpreter is gone.
  static PyObject* const types =
      py::module_::import("crm._types").release().ptr();
  // The module keeps it alive.
  return py::handle(types).attr(name).cast<py::object>().release().dec_ref();
}

void Raise(const Status& status) {
  const std::exception_ptr cause = CallbackErrors::Take();
  const py::object error = TypeNamed("make_error")(
      static_cast<int>(status.code()), std::string(status.message()));
  if (cause != nullptr) {
    try {
      std::rethrow_exception(cause);
    } catch (py::error_already_set& raised) {
      PyException_SetCause(error.ptr(), raised.value().inc_ref().ptr());
    }
  }
  PyErr_SetObject(py::type::handle_of(error).ptr(), error.ptr());
  throw py::error_already_set();
}

void RaiseInput(const std::string& message) {
  Raise(Status(StatusCode::kInvalidArgument, message));
}

void Check(const Status& status) {
  if (!status.ok()) Raise(status);
}

void CallbackErrors::Keep(py::error_already_set& error, const char* where) {
  if (calls_under_way > 0) {
    kept = std::current_exception();
  } else {
    error.discard_as_unraisable(where);
  }
}

std::exception_ptr CallbackErrors::Take() { return std::exchange(kept, {}); }

CallbackErrors::Scope::Scope() {
  kept = nullptr;
  ++calls_under_way;
}

CallbackErrors::Scope::~Scope() { --calls_under_way; }

}  // namespace crm::python
