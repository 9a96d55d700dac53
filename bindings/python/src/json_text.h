// Python objects to JSON text and back.
//
// Dicts are written straight from C++, several times faster than json.dumps,
// and without loss: a Decimal keeps its digits, an int all of its own.

#ifndef CRM_BINDINGS_PYTHON_SRC_JSON_TEXT_H_
#define CRM_BINDINGS_PYTHON_SRC_JSON_TEXT_H_

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>

namespace crm::python {

// Appends `value` to `*out`: dict with str keys, list, tuple, str, bool, int,
// float, None, Decimal, aware datetime, date, UUID, and whatever has
// __index__. Raises InputError for anything else (it names the type, never
// the value), for NaN and infinities, and beyond kMaxJsonDepth.
void WriteJson(pybind11::handle value, std::string* out);

// JSON that a call takes as text, bytes or a dict; TypeError names `what`.
std::string JsonFromPython(pybind11::handle object, const char* what);

// json.loads. None for empty text.
pybind11::object ParseJson(std::string_view text);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_JSON_TEXT_H_
