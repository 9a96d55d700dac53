// Text: Python str to UTF-8 and back.

#ifndef CRM_BINDINGS_PYTHON_SRC_TEXT_H_
#define CRM_BINDINGS_PYTHON_SRC_TEXT_H_

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>

namespace crm::python {

// The UTF-8 of a str, which keeps it. Raises InputError for a str with lone
// surrogates. REQUIRES: a str.
std::string_view Utf8(pybind11::handle str);
// A copy of a str as UTF-8, or of bytes as they are. Raises TypeError for
// anything else, naming `what`.
std::string TextOrBytes(pybind11::handle object, const char* what);

// A str from text that may hold names of files: what is not UTF-8 is escaped.
pybind11::str MessageToPython(std::string_view text);

// As a parameter: a str. Not bytes, which pybind11 takes for a std::string.
class Text : public std::string {
 public:
  using std::string::string;
};

}  // namespace crm::python

template <>
struct pybind11::detail::type_caster<crm::python::Text> {
  PYBIND11_TYPE_CASTER(crm::python::Text, const_name("str"));

  bool load(handle source, bool) {
    if (PyUnicode_Check(source.ptr()) == 0) return false;
    value.assign(crm::python::Utf8(source));
    return true;
  }
};

#endif  // CRM_BINDINGS_PYTHON_SRC_TEXT_H_
