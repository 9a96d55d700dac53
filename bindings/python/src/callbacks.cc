#include "bindings/python/src/callbacks.h"

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "bindings/python/src/handles.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/key_providers.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

// For what nobody can catch. Ctrl-C comes again when the call is over.
void Discard(py::error_already_set& error, const char* where) {
  if (error.matches(PyExc_KeyboardInterrupt)) {
    PyErr_SetInterrupt();
  } else {
    error.discard_as_unraisable(where);
  }
}

class PythonClock final : public Clock {
 public:
  PythonClock(py::object callable, uint64_t borrower)
      : borrower_(borrower), callable_(Share(std::move(callable))) {}

  Timestamp Now() override {
    if (AtExit()) return last_;
    const CallbackScope scope(borrower_, CallbackScope::Refuses::kCalls);
    py::gil_scoped_acquire acquire;
    try {
      const py::object now = (*callable_)();
      if (!IsDatetime(now)) {
        throw py::type_error("clock: must give a datetime");
      }
      last_ = InstantFromPython(now);
    } catch (py::error_already_set& error) {
      Discard(error, "the clock of a crm.Store");
    } catch (const py::builtin_exception& error) {
      error.set_error();
      PyErr_WriteUnraisable(callable_->ptr());
    }
    return last_;
  }

 private:
  const uint64_t borrower_;
  const std::shared_ptr<py::object> callable_;
  // Until the clock has worked once: the system's time. Under the lock.
  Timestamp last_ = SystemClock()->Now();
};

class PythonKeyProvider final : public KeyProvider {
 public:
  PythonKeyProvider(py::object provider, uint64_t borrower)
      : borrower_(borrower), provider_(Share(std::move(provider))) {}

  Result<std::string> Wrap(std::string_view tenant,
                           std::string_view key) override {
    return Call("wrap", tenant, key);
  }
  Result<std::string> Unwrap(std::string_view tenant,
                             std::string_view wrapped) override {
    return Call("unwrap", tenant, wrapped);
  }
  Status BeginRotation() override { return Tell("begin_rotation"); }
  Status EndRotation() override { return Tell("end_rotation"); }

 private:
  // A method that need not be there, and gives nothing.
  Status Tell(const char* method) {
    if (AtExit()) {
      return Status(StatusCode::kFailedPrecondition,
                    "key provider: the interpreter is gone");
    }
    const CallbackScope scope(borrower_, CallbackScope::Refuses::kCalls);
    py::gil_scoped_acquire acquire;
    if (!py::hasattr(*provider_, method)) return KeyProvider::BeginRotation();
    try {
      provider_->attr(method)();
      return Status();
    } catch (py::error_already_set& error) {
      return Failed(method, error);
    }
  }

  Result<std::string> Call(const char* method, std::string_view tenant,
                           std::string_view bytes) {
    if (AtExit()) {
      return Status(StatusCode::kFailedPrecondition,
                    "key provider: the interpreter is gone");
    }
    const CallbackScope scope(borrower_, CallbackScope::Refuses::kCalls);
    py::gil_scoped_acquire acquire;
    try {
      const py::object result =
          provider_->attr(method)(py::str(tenant.data(), tenant.size()),
                                  py::bytes(bytes.data(), bytes.size()));
      if (!PyBytes_Check(result.ptr())) {
        return Status(
            StatusCode::kInvalidArgument,
            std::string("key provider: ") + method + " must give bytes");
      }
      return std::string(py::reinterpret_borrow<py::bytes>(result));
    } catch (py::error_already_set& error) {
      return Failed(method, error);
    }
  }

  // The text of the exception stays out of ours: it may say too much. It is
  // the cause of what the call raises.
  static Status Failed(const char* method, py::error_already_set& error) {
    const StatusCode code = CodeOf(error).value_or(StatusCode::kKeyMissing);
    const std::string_view type =
        reinterpret_cast<PyTypeObject*>(error.type().ptr())->tp_name;
    CallbackErrors::Keep(error, "the key provider of a crm.Store");
    return Status(code, std::string("key provider: ") + method + " raised " +
                            std::string(type.substr(type.rfind('.') + 1)));
  }

  const uint64_t borrower_;
  const std::shared_ptr<py::object> provider_;
};

py::object LevelToPython(LogLevel level) {
  const char* const name = level == LogLevel::kInfo      ? "INFO"
                           : level == LogLevel::kWarning ? "WARNING"
                                                         : "ERROR";
  return py::object(TypeNamed("LogLevel").attr(name));
}

}  // namespace

std::shared_ptr<py::object> Share(py::object object) {
  const uint64_t generation = ForkGeneration();
  return std::shared_ptr<py::object>(
      new py::object(std::move(object)), [generation](py::object* shared) {
        // Without an interpreter there is nothing to give it back to.
        if (AtExit() || generation != ForkGeneration()) return;
        py::gil_scoped_acquire acquire;
        delete shared;
      });
}

std::shared_ptr<Clock> ClockFromPython(py::object callable, uint64_t borrower) {
  if (callable.is_none()) return nullptr;
  if (PyCallable_Check(callable.ptr()) == 0) {
    throw py::type_error("clock: must be callable");
  }
  return std::make_shared<PythonClock>(std::move(callable), borrower);
}

std::shared_ptr<KeyProvider> KeyProviderFromPython(py::object provider,
                                                   uint64_t borrower) {
  if (provider.is_none()) return nullptr;
  if (auto own = OwnKeyProvider(provider)) return own;
  if (!py::hasattr(provider, "wrap") || !py::hasattr(provider, "unwrap")) {
    throw py::type_error("key_provider: must have the methods wrap and unwrap");
  }
  return std::make_shared<PythonKeyProvider>(std::move(provider), borrower);
}

LogCallback LogFromPython(py::object callable, uint64_t borrower) {
  if (callable.is_none()) return nullptr;
  if (PyCallable_Check(callable.ptr()) == 0) {
    throw py::type_error("log: must be callable");
  }
  return [shared = Share(std::move(callable)), borrower](
             LogLevel level, std::string_view message) {
    if (AtExit()) return;
    const CallbackScope scope(borrower, CallbackScope::Refuses::kCalls);
    py::gil_scoped_acquire acquire;
    try {
      (*shared)(LevelToPython(level), MessageToPython(message));
    } catch (py::error_already_set& error) {
      Discard(error, "the log callback of a crm.Store");
    }
  };
}

bool ProgressCaller::operator()(uint64_t done, uint64_t total) {
  return Call([&]() -> py::object { return py::make_tuple(done, total); });
}

bool ProgressCaller::Call(const std::function<py::object()>& make) {
  if (raised_ != nullptr) return false;
  if (callable_.is_none()) {
    // Only looks for Ctrl-C, and not too often.
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < std::chrono::milliseconds(50)) return true;
    looked_ = now;
  }
  py::gil_scoped_acquire acquire;
  try {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (callable_.is_none()) return true;
    const py::object arguments = make();
    const py::object answer = PyTuple_Check(arguments.ptr())
                                  ? callable_(*py::tuple(arguments))
                                  : callable_(arguments);
    // None, as of a function that says nothing, goes on.
    return answer.ptr() != Py_False;
  } catch (const std::exception&) {
    // Not `...`: the end of a thread passes through here.
    raised_ = std::current_exception();
    return false;
  }
}

void ProgressCaller::Rethrow() {
  if (raised_ != nullptr) std::rethrow_exception(std::exchange(raised_, {}));
}

}  // namespace crm::python
