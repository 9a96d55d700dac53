#include "bindings/python/src/text.h"

#include "bindings/python/src/errors.h"

namespace crm::python {

std::string_view Utf8(py::handle str) {
  PyObject* const text = str.ptr();
  if (PyUnicode_IS_COMPACT_ASCII(text)) {
    return {static_cast<const char*>(PyUnicode_DATA(text)),
            static_cast<size_t>(PyUnicode_GET_LENGTH(text))};
  }
  Py_ssize_t size = 0;
  const char* const data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data == nullptr) {
    PyErr_Clear();
    Raise(Status(StatusCode::kMalformed,
                 "a str that is no Unicode text (a lone surrogate)"));
  }
  return {data, static_cast<size_t>(size)};
}

std::string TextOrBytes(py::handle object, const char* what) {
  if (PyUnicode_Check(object.ptr())) return std::string(Utf8(object));
  if (!PyBytes_Check(object.ptr())) {
    throw py::type_error(std::string(what) + " must be str or bytes");
  }
  return {PyBytes_AS_STRING(object.ptr()),
          static_cast<size_t>(PyBytes_GET_SIZE(object.ptr()))};
}

py::str MessageToPython(std::string_view text) {
  PyObject* const made = PyUnicode_DecodeUTF8(
      text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace");
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

}  // namespace crm::python
