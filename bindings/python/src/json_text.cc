#include "bindings/python/src/json_text.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include "bindings/python/src/errors.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/text.h"
#include "crm/event.h"

namespace crm::python {
namespace {

// Types of the standard library that are written as text. Never released.
struct KnownTypes {
  PyObject* decimal;
  PyObject* uuid;
  PyObject* date;
  PyObject* loads;
};

const KnownTypes& Known() {
  // Not by a static initialiser: an import lets other threads run, and one
  // that comes here would wait for it with the interpreter's lock in its hand.
  static const KnownTypes* known = nullptr;
  if (known == nullptr) {
    const auto find = [](const char* module, const char* name) {
      return py::object(py::module_::import(module).attr(name)).release().ptr();
    };
    const KnownTypes found = {find("decimal", "Decimal"), find("uuid", "UUID"),
                              find("datetime", "date"), find("json", "loads")};
    if (known == nullptr) known = new KnownTypes(found);
  }
  return *known;
}

constexpr std::array<bool, 256> MakeEscaped() {
  std::array<bool, 256> escaped{};
  for (size_t i = 0; i < 0x20; ++i) escaped[i] = true;
  escaped['"'] = true;
  escaped['\\'] = true;
  return escaped;
}
constexpr std::array<bool, 256> kEscaped = MakeEscaped();

void WriteText(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!kEscaped[byte]) continue;
    out->append(text.substr(done, i - done));
    done = i + 1;
    if (byte == '"' || byte == '\\') {
      out->push_back('\\');
      out->push_back(text[i]);
    } else {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out->append(escape);
    }
  }
  out->append(text.substr(done));
  out->push_back('"');
}

void WriteQuoted(py::handle value, std::string* out) {
  const py::object text =
      py::reinterpret_steal<py::object>(PyObject_Str(value.ptr()));
  if (!text) throw py::error_already_set();
  WriteText(Utf8(text), out);
}

// Not as its class writes it, which may be one that adds a currency.
void WriteDecimal(py::handle value, std::string* out) {
  if (!value.attr("is_finite")().cast<bool>()) {
    RaiseInput("a Decimal that JSON cannot hold: NaN or an infinity");
  }
  const py::object text = py::handle(Known().decimal).attr("__str__")(value);
  out->append(Utf8(text));
}

void WriteInt(PyObject* value, std::string* out) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow == 0) {
    char text[24];
    out->append(text, static_cast<size_t>(
                          std::snprintf(text, sizeof(text), "%lld", number)));
    return;
  }
  // Not by str(): a subclass may write itself otherwise, by code of its own.
  const py::object held = py::reinterpret_borrow<py::object>(value);
  const py::object plain =
      py::reinterpret_steal<py::object>(PyNumber_Long(value));
  if (!plain) throw py::error_already_set();
  const py::object text =
      py::reinterpret_steal<py::object>(PyObject_Str(plain.ptr()));
  if (!text) {
    // More digits than the interpreter writes.
    PyErr_Clear();
    Raise(Status(StatusCode::kTooLarge, "a number of too many digits"));
  }
  out->append(Utf8(text));
}

void WriteFloat(double value, std::string* out) {
  if (!std::isfinite(value)) {
    RaiseInput("a float that JSON cannot hold: NaN or an infinity");
  }
  const std::unique_ptr<char, decltype(&PyMem_Free)> text(
      PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, nullptr),
      &PyMem_Free);
  if (text == nullptr) throw py::error_already_set();
  out->append(text.get());
}

void WriteValue(PyObject* value, size_t depth, std::string* out);

void CheckDepth(size_t depth) {
  if (depth > kMaxJsonDepth) {
    Raise(Status(StatusCode::kTooLarge,
                 "deeper than " + std::to_string(kMaxJsonDepth) + " levels"));
  }
}

void WriteDict(PyObject* dict, size_t depth, std::string* out) {
  CheckDepth(depth);
  // Values may run Python code (a tzinfo): hold what is being walked over.
  const py::object held = py::reinterpret_borrow<py::object>(dict);
  out->push_back('{');
  const size_t begin = out->size();
  const Py_ssize_t size = PyDict_Size(dict);
  Py_ssize_t at = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(dict, &at, &key, &value) != 0) {
    if (!PyUnicode_Check(key)) {
      RaiseInput(std::string("a dict key must be a str, not ") +
                 Py_TYPE(key)->tp_name);
    }
    if (out->size() != begin) out->push_back(',');
    WriteText(Utf8(key), out);
    out->push_back(':');
    WriteValue(value, depth + 1, out);
    if (PyDict_Size(dict) != size) {
      RaiseInput("a dict that changed while it was read");
    }
  }
  out->push_back('}');
}

void WriteList(PyObject* list, size_t depth, std::string* out) {
  CheckDepth(depth);
  const py::object held = py::reinterpret_borrow<py::object>(list);
  out->push_back('[');
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i) {
    if (i > 0) out->push_back(',');
    WriteValue(PySequence_Fast_GET_ITEM(list, i), depth + 1, out);
  }
  out->push_back(']');
}

// It has an index, too, and would be 0 or 1.
bool IsNumpyBool(PyObject* value) {
  const std::string_view name = Py_TYPE(value)->tp_name;
  return name == "numpy.bool_" || name == "numpy.bool";
}

void WriteOther(PyObject* value, std::string* out) {
  const KnownTypes& known = Known();
  const py::object held = py::reinterpret_borrow<py::object>(value);
  if (PyObject_TypeCheck(value,
                         reinterpret_cast<PyTypeObject*>(known.decimal))) {
    WriteDecimal(held, out);
  } else if (IsDatetime(held)) {
    WriteText(InstantText(InstantFromPython(held)), out);
  } else if (PyObject_TypeCheck(value,
                                reinterpret_cast<PyTypeObject*>(known.date)) ||
             PyObject_TypeCheck(value,
                                reinterpret_cast<PyTypeObject*>(known.uuid))) {
    WriteQuoted(held, out);
  } else if (IsNumpyBool(value)) {
    out->append(PyObject_IsTrue(value) == 1 ? "true" : "false");
  } else if (PyIndex_Check(value)) {
    const py::object number =
        py::reinterpret_steal<py::object>(PyNumber_Index(value));
    if (!number) throw py::error_already_set();
    WriteInt(number.ptr(), out);
  } else {
    RaiseInput(std::string("JSON has no place for a value of type ") +
               Py_TYPE(value)->tp_name);
  }
}

// `depth` is that of a container at this place; the outermost is 1.
void WriteValue(PyObject* value, size_t depth, std::string* out) {
  if (PyUnicode_Check(value)) {
    WriteText(Utf8(value), out);
  } else if (value == Py_None) {
    out->append("null");
  } else if (PyBool_Check(value)) {
    out->append(value == Py_True ? "true" : "false");
  } else if (PyLong_Check(value)) {
    WriteInt(value, out);
  } else if (PyFloat_Check(value)) {
    WriteFloat(PyFloat_AS_DOUBLE(value), out);
  } else if (PyDict_Check(value)) {
    WriteDict(value, depth, out);
  } else if (PyList_Check(value) || PyTuple_Check(value)) {
    WriteList(value, depth, out);
  } else {
    WriteOther(value, out);
  }
}

}  // namespace

void WriteJson(py::handle value, std::string* out) {
  WriteValue(value.ptr(), 1, out);
}

py::object ParseJson(std::string_view text) {
  if (text.empty()) return py::none();
  return py::handle(Known().loads)(py::str(text.data(), text.size()));
}

std::string JsonFromPython(py::handle object, const char* what) {
  if (PyUnicode_Check(object.ptr()) || PyBytes_Check(object.ptr())) {
    return TextOrBytes(object, what);
  }
  if (!PyDict_Check(object.ptr())) {
    throw py::type_error(std::string(what) + ": must be a dict, str or bytes");
  }
  std::string json;
  WriteJson(object, &json);
  return json;
}

}  // namespace crm::python
