// What a Python program lends to a store: clock, keys, log, progress.
//
// All of them take the interpreter's lock when they are called, from whatever
// thread, and when they are released. `borrower` is the store to which they are
// lent: see CallbackScope.

#ifndef CRM_BINDINGS_PYTHON_SRC_CALLBACKS_H_
#define CRM_BINDINGS_PYTHON_SRC_CALLBACKS_H_

#include <pybind11/pybind11.h>

#include <chrono>
#include <functional>
#include <memory>

#include "bindings/python/src/errors.h"
#include "crm/options.h"
#include "crm/store.h"

namespace crm::python {

// A Python object that C++ may copy and release without the lock.
std::shared_ptr<py::object> Share(py::object object);

// `callable` gives an aware datetime. When it fails, that is reported as
// unraisable and the time stands still.
std::shared_ptr<Clock> ClockFromPython(py::object callable, uint64_t borrower);
// An object with wrap and unwrap, or one of our own.
std::shared_ptr<KeyProvider> KeyProviderFromPython(py::object provider,
                                                   uint64_t borrower);
LogCallback LogFromPython(py::object callable, uint64_t borrower);

// Tells a Python callable how far a long call is, and whether the call was
// interrupted (Ctrl-C), also without a callable.
class ProgressCaller final {
 public:
  explicit ProgressCaller(py::object callable)
      : callable_(std::move(callable)) {}

  // For a call without the lock. False: stop; then Rethrow raises.
  bool operator()(uint64_t done, uint64_t total);
  // Calls with what `make` gives. False: stop.
  bool Call(const std::function<py::object()>& make);
  bool failed() const { return raised_ != nullptr; }
  // Raises what was raised meanwhile, if anything. With the lock.
  void Rethrow();

 private:
  const py::object callable_;
  std::exception_ptr raised_;
  std::chrono::steady_clock::time_point looked_ = {};
};

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_CALLBACKS_H_
