#include "bindings/python/src/errors.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

thread_local int calls_under_way = 0;
thread_local std::exception_ptr kept;

// Threads that have given the lock away in a call of ours.
std::atomic<int> without_lock = 0;
std::atomic<bool> at_exit = false;
std::atomic<bool> exit_waited = false;
std::atomic<pid_t> exit_thread = 0;

}  // namespace

py::handle TypeNamed(const char* name) {
  // Never released: it is needed until the interpreter is gone. Not by a
  // static initialiser, as an import lets other threads run.
  static PyObject* types = nullptr;
  if (types == nullptr) {
    types = py::module_::import("crm._types").release().ptr();
  }
  // The module keeps it alive.
  return py::handle(types).attr(name).cast<py::object>().release().dec_ref();
}

void Raise(const Status& status) {
  const std::exception_ptr cause = CallbackErrors::Take();
  const py::object error = TypeNamed("make_error")(
      static_cast<int>(status.code()), MessageToPython(status.message()));
  if (cause != nullptr) {
    try {
      std::rethrow_exception(cause);
    } catch (py::error_already_set& raised) {
      // Ctrl-C, or the end of the program.
      if (!raised.matches(PyExc_Exception)) throw;
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

std::optional<StatusCode> CodeOf(const py::error_already_set& error) {
  if (!error.matches(TypeNamed("Error"))) return std::nullopt;
  try {
    const py::object code = TypeNamed("StatusCode")(error.value().attr("code"));
    const auto known = static_cast<StatusCode>(code.cast<int>());
    if (known != StatusCode::kOk) return known;
  } catch (const std::exception&) {
    // A subclass without a code, or with one that is none.
  }
  return std::nullopt;
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

// --- The lock ----------------------------------------------------------------

bool AtExit() { return at_exit.load(); }

void BeginExit() {
  exit_thread.store(gettid());
  at_exit.store(true);
  // One is the caller. Who waits for something else than a store, as in
  // AppendOrder, may never come back.
  for (int i = 0; i < 2000 && without_lock.load() > 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  exit_waited.store(true);
}

void ForgetOtherThreads() { without_lock.store(0); }

Released::Released() : state_(nullptr) {
  if (AtExit()) return;
  without_lock.fetch_add(1);
  state_ = PyEval_SaveThread();
}

Released::~Released() {
  if (state_ == nullptr) return;
  // Too late: the process ends without this thread.
  while (exit_waited.load() && gettid() != exit_thread.load()) pause();
  PyEval_RestoreThread(state_);
  without_lock.fetch_sub(1);
}

}  // namespace crm::python
