// Defining methods and records so that Python's own tools understand them.

#ifndef CRM_BINDINGS_PYTHON_SRC_DEFINE_H_
#define CRM_BINDINGS_PYTHON_SRC_DEFINE_H_

#include <pybind11/pybind11.h>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bindings/python/src/errors.h"

namespace crm::python {

// Builds "name(self, a, *, b=1)\n--\n\n" from what pybind11 is told, which
// inspect.signature and help() read.
class Signature final {
 public:
  Signature(const char* name, bool with_self);

  void Add(const py::arg& argument);
  void Add(const py::arg_v& argument);
  void Add(const py::kw_only&) { AddName("*"); }
  template <typename Other>
  void Add(const Other&) {}

  std::string Text(const char* doc) const;

 private:
  void AddName(const std::string& name);
  std::string text_;
  bool first_ = true;
};

template <typename... Extra>
std::string DocOf(const char* name, bool with_self, const char* doc,
                  const Extra&... extra) {
  Signature signature(name, with_self);
  (signature.Add(extra), ...);
  return signature.Text(doc);
}

// pybind11 writes all arguments into the text of its TypeError; they may be
// personal data. After this the text says which types were wanted, no more.
void KeepArgumentsOutOfErrors(py::handle function);

template <typename Class, typename Function, typename... Extra>
void Def(Class& in, const char* name, Function&& function, const char* doc,
         const Extra&... extra) {
  const std::string text = DocOf(name, true, doc, extra...);
  in.def(name, std::forward<Function>(function), text.c_str(), extra...);
  KeepArgumentsOutOfErrors(in.attr(name));
}

// A function of the module.
template <typename Function, typename... Extra>
void DefFunction(py::module_& in, const char* name, Function&& function,
                 const char* doc, const Extra&... extra) {
  const std::string text = DocOf(name, false, doc, extra...);
  in.def(name, std::forward<Function>(function), text.c_str(), extra...);
  KeepArgumentsOutOfErrors(in.attr(name));
}

template <typename Class, typename Function, typename... Extra>
void DefStatic(Class& in, const char* name, Function&& function,
               const char* doc, const Extra&... extra) {
  const std::string text = DocOf(name, false, doc, extra...);
  in.def_static(name, std::forward<Function>(function), text.c_str(), extra...);
  KeepArgumentsOutOfErrors(in.attr(name));
}

// A constructor: `make` is a function that gives the object.
template <typename Class, typename Make, typename... Extra>
void DefInit(Class& in, Make&& make, const char* doc, const Extra&... extra) {
  const std::string text = DocOf("__init__", true, doc, extra...);
  in.def(py::init(std::forward<Make>(make)), text.c_str(), extra...);
  KeepArgumentsOutOfErrors(in.attr("__init__"));
}

// Gives a class the name under which users know it, and refuses to pickle it,
// saying what to do instead.
void FinishClass(py::object type, const char* instead_of_pickling);

// --- Records -----------------------------------------------------------------

// The sum of what a class of records has in common: they cannot be changed,
// show themselves, and are equal when all their fields are.
py::str RecordRepr(py::handle record, const std::vector<std::string>& fields);
py::dict RecordDict(py::handle record, const std::vector<std::string>& fields);
py::ssize_t RecordHash(py::handle record,
                       const std::vector<std::string>& fields);
bool RecordsEqual(py::handle left, py::handle right,
                  const std::vector<std::string>& fields);
py::object MemberOf(const char* enumeration, const char* member);

template <typename T>
class RecordClass final {
 public:
  RecordClass(py::module_& module, const char* name, const char* doc)
      : type_(module, name, doc, py::is_final()) {}

  template <typename Value>
  RecordClass& Field(const char* name, Value T::*member, const char* doc) {
    return Computed(
        name, [member](const T& record) { return record.*member; }, doc);
  }

  // A field whose value is made when it is looked at.
  template <typename Get>
  RecordClass& Computed(const char* name, Get get, const char* doc) {
    fields_.push_back(name);
    type_.def_property_readonly(name, get, doc);
    return *this;
  }

  // A property that says again what fields say: not part of the repr.
  template <typename Get>
  RecordClass& Derived(const char* name, Get get, const char* doc) {
    type_.def_property_readonly(name, get, doc);
    return *this;
  }

  // A method.
  template <typename Function, typename... Extra>
  RecordClass& Method(const char* name, Function function, const char* doc,
                      const Extra&... extra) {
    Def(type_, name, function, doc, extra...);
    return *this;
  }

  py::class_<T>& Finish() {
    const auto fields = fields_;
    Def(
        type_, "to_dict",
        [fields](py::object self) { return RecordDict(self, fields); },
        "The fields as a dict, for pandas or json; records in it stay "
        "records.");
    Def(
        type_, "__repr__",
        [fields](py::object self) { return RecordRepr(self, fields); }, "");
    Def(
        type_, "__eq__",
        [fields](py::object self, py::object other) -> py::object {
          if (!py::isinstance<T>(other)) {
            return py::reinterpret_borrow<py::object>(Py_NotImplemented);
          }
          return py::bool_(RecordsEqual(self, other, fields));
        },
        "", py::arg("other"));
    Def(
        type_, "__hash__",
        [fields](py::object self) { return RecordHash(self, fields); }, "");
    FinishClass(type_, "pickle what to_dict() gives");
    return type_;
  }

 private:
  py::class_<T> type_;
  std::vector<std::string> fields_;
};

// The value of a Python enumeration for one of C++, by its place in a table.
template <typename Enum>
struct EnumName {
  Enum value;
  const char* name;
};

template <typename Enum, size_t kCount>
py::object EnumToPython(const char* enumeration,
                        const EnumName<Enum> (&names)[kCount], Enum value) {
  for (const auto& known : names) {
    if (known.value == value) return MemberOf(enumeration, known.name);
  }
  return py::none();
}

// From a member or its string. Raises InputError.
template <typename Enum, size_t kCount>
Enum EnumFromPython(const char* enumeration,
                    const EnumName<Enum> (&names)[kCount], py::handle object) {
  if (PyUnicode_Check(object.ptr())) {
    for (const auto& known : names) {
      if (object.equal(MemberOf(enumeration, known.name))) return known.value;
    }
  }
  std::string message = std::string("not a member of crm.") + enumeration + ":";
  for (const auto& known : names) {
    message += " " + std::string(py::str(MemberOf(enumeration, known.name)));
  }
  RaiseInput(message);
}

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_DEFINE_H_
