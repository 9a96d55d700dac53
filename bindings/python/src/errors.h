// From crm::Status to Python exceptions, and calls without the interpreter's
// lock.

#ifndef CRM_BINDINGS_PYTHON_SRC_ERRORS_H_
#define CRM_BINDINGS_PYTHON_SRC_ERRORS_H_

#include <pybind11/pybind11.h>

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "crm/status.h"

namespace crm::python {

namespace py = pybind11;

// What crm/_types.py defines, looked up once.
py::handle TypeNamed(const char* name);

// Raises the exception for a status that is not ok, with what a callback of
// this call raised as its cause. REQUIRES: the lock is held.
[[noreturn]] void Raise(const Status& status);
[[noreturn]] void RaiseInput(const std::string& message);
void Check(const Status& status);

// What a crm.Error says that happened; nothing for other exceptions, and when
// it says nothing that could be.
std::optional<StatusCode> CodeOf(const py::error_already_set& error);

template <typename T>
T Take(Result<T> result) {
  if (!result.ok()) Raise(result.status());
  return *std::move(result);
}

// What a callback raised inside a call that this thread makes without the
// lock. Thread safety: each thread has its own.
class CallbackErrors {
 public:
  // Keeps the exception being handled for the call under way. Without one it
  // is reported as unraisable. REQUIRES: in a catch block, the lock is held.
  static void Keep(py::error_already_set& error, const char* where);
  // The exception that was kept, once.
  static std::exception_ptr Take();

  class Scope {
   public:
    Scope();
    ~Scope();
  };
};

// The interpreter is going: callbacks may not be called or released any more,
// and the lock is not given away.
bool AtExit();
// From now on AtExit(). Waits, not for ever, until every call that other
// threads make without the lock has it again: whoever wants it afterwards
// would be stopped by the interpreter in the middle of C++. REQUIRES: not the
// lock.
void BeginExit();
// In a forked child there are no other threads.
void ForgetOtherThreads();

// Gives the interpreter's lock away, and takes it again in the end.
class Released final {
 public:
  Released();
  ~Released();
  Released(const Released&) = delete;
  Released& operator=(const Released&) = delete;

 private:
  PyThreadState* state_;
};

// Runs `call` without the lock. Every call that can touch a store goes
// through here: it may wait for the disk, for another thread, or for a
// callback that needs the lock. `call` must not touch a Python object.
template <typename Call>
auto Unlocked(Call&& call) {
  CallbackErrors::Scope scope;
  Released released;
  return call();
}

// The same for a destructor, which may run with the lock or without.
template <typename Call>
void UnlockedForSure(Call&& call) {
  if (PyGILState_Check() == 0) {
    call();
    return;
  }
  Released released;
  call();
}

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_ERRORS_H_
