#include "bindings/python/src/define.h"

#include <cstring>
#include <string_view>

namespace crm::python {
namespace {

// Two ways to call a function of pybind11: that of its versions before 3.1,
// and that of those since.
using TupleCall = PyObject* (*)(PyObject*, PyObject*, PyObject*);
using VectorCall = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t,
                                 PyObject*);
// What pybind11 put there; the same function for all.
TupleCall tuple_call = nullptr;
VectorCall vector_call = nullptr;

// Takes "Invoked with: ..." off the error being raised.
void ShortenTypeError() {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  const py::object text =
      py::reinterpret_steal<py::object>(PyObject_Str(value));
  const char* const data = text ? PyUnicode_AsUTF8(text.ptr()) : nullptr;
  const char* const end =
      data == nullptr ? nullptr : std::strstr(data, "\nInvoked with: ");
  if (end == nullptr) {
    PyErr_Clear();
    PyErr_Restore(type, value, trace);
    return;
  }
  std::string_view shorter(data, static_cast<size_t>(end - data));
  while (shorter.ends_with('\n')) shorter.remove_suffix(1);
  PyErr_SetString(PyExc_TypeError, std::string(shorter).c_str());
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
}

PyObject* Shortened(PyObject* result) {
  if (result == nullptr && PyErr_ExceptionMatches(PyExc_TypeError) != 0) {
    ShortenTypeError();
  }
  return result;
}

PyObject* CallByTuple(PyObject* self, PyObject* arguments, PyObject* keywords) {
  return Shortened(tuple_call(self, arguments, keywords));
}

PyObject* CallByVector(PyObject* self, PyObject* const* arguments,
                       Py_ssize_t count, PyObject* keywords) {
  return Shortened(vector_call(self, arguments, count, keywords));
}

// Puts `ours` in the place of pybind11's function, which goes to `*theirs`.
// By way of a pointer to any function, as CPython's own tables do.
template <typename Call>
void Replace(PyMethodDef* method, Call ours, Call* theirs) {
  const auto present =
      reinterpret_cast<Call>(reinterpret_cast<void (*)()>(method->ml_meth));
  if (present == ours) return;
  *theirs = present;
  method->ml_meth =
      reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(ours));
}

}  // namespace

Signature::Signature(const char* name, bool with_self)
    : text_(std::string(name) + "(") {
  if (with_self) AddName("self");
}

void Signature::AddName(const std::string& name) {
  if (!first_) text_ += ", ";
  first_ = false;
  text_ += name;
}

void Signature::Add(const py::arg& argument) { AddName(argument.name); }

void Signature::Add(const py::arg_v& argument) {
  AddName(std::string(argument.name) + "=" +
          std::string(py::str(py::repr(argument.value))));
}

std::string Signature::Text(const char* doc) const {
  return text_ + ")\n--\n\n" + doc;
}

void KeepArgumentsOutOfErrors(py::handle function) {
  const py::handle plain = py::detail::get_function(function);
  if (!plain || PyCFunction_Check(plain.ptr()) == 0) return;
  PyMethodDef* const method =
      reinterpret_cast<PyCFunctionObject*>(plain.ptr())->m_ml;
  if (method->ml_flags == (METH_VARARGS | METH_KEYWORDS)) {
    Replace<TupleCall>(method, &CallByTuple, &tuple_call);
  } else if (method->ml_flags == (METH_FASTCALL | METH_KEYWORDS)) {
    Replace<VectorCall>(method, &CallByVector, &vector_call);
  }
}

void FinishClass(py::object type, const char* instead_of_pickling) {
  type.attr("__module__") = "crm";
  const std::string name = py::str(type.attr("__name__"));
  const std::string message =
      "a crm." + name + " cannot be pickled; " + instead_of_pickling;
  const auto refuse = [message](py::object) -> py::object {
    throw py::type_error(message);
  };
  const std::string text = DocOf("__reduce__", true, "");
  type.attr("__reduce__") = py::cpp_function(refuse, py::name("__reduce__"),
                                             py::is_method(type), text.c_str());
}

py::str RecordRepr(py::handle record, const std::vector<std::string>& fields) {
  std::string text = py::str(py::type::handle_of(record).attr("__name__"));
  text += "(";
  for (const std::string& field : fields) {
    if (text.back() != '(') text += ", ";
    text += field + "=" +
            std::string(py::str(py::repr(record.attr(field.c_str()))));
  }
  return py::str(text + ")");
}

py::dict RecordDict(py::handle record, const std::vector<std::string>& fields) {
  py::dict result;
  for (const std::string& field : fields) {
    result[field.c_str()] = record.attr(field.c_str());
  }
  return result;
}

py::ssize_t RecordHash(py::handle record,
                       const std::vector<std::string>& fields) {
  py::tuple values(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    values[i] = record.attr(fields[i].c_str());
  }
  return py::hash(values);
}

bool RecordsEqual(py::handle left, py::handle right,
                  const std::vector<std::string>& fields) {
  for (const std::string& field : fields) {
    const char* const name = field.c_str();
    if (!left.attr(name).equal(right.attr(name))) return false;
  }
  return true;
}

py::object MemberOf(const char* enumeration, const char* member) {
  return py::object(TypeNamed(enumeration).attr(member));
}

}  // namespace crm::python
