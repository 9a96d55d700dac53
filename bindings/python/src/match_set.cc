// crm.MatchSet: records from dicts and columns.

#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/python/src/match.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

// What of a record becomes a value: where it lies, and as what it counts.
struct Column {
  py::object key;
  MatchField field = MatchField::kOther;
  uint8_t slot = 0;
  std::string name_space = {};  // Not empty: an exclusive identifier instead.
};

[[noreturn]] void RaiseType(const std::string& name) {
  throw py::type_error(name +
                       ": must be text, a number, a date, a list or None");
}

// What stands for "nothing" in tables: None, a float that is not a number, and
// the like of pandas.
bool IsMissing(py::handle value) {
  if (value.is_none()) return true;
  if (PyUnicode_Check(value.ptr())) return false;
  const std::string type = Py_TYPE(value.ptr())->tp_name;
  if (type == "NAType" || type == "NaTType") return true;
  return PyFloat_Check(value.ptr()) != 0 &&
         PyFloat_AS_DOUBLE(value.ptr()) != PyFloat_AS_DOUBLE(value.ptr());
}

bool IsDate(py::handle value) {
  return py::isinstance(value, py::module_::import("datetime").attr("date"));
}

// One cell. Whole numbers count as their digits, since many tables keep
// postcodes so; other floats are no value of a person.
std::string CellText(py::handle value, const std::string& name) {
  if (PyUnicode_Check(value.ptr())) return std::string(Utf8(value));
  if (IsDate(value)) {
    // A datetime says the day, too.
    return std::string(Utf8(value.attr("strftime")("%Y-%m-%d")));
  }
  if (PyFloat_Check(value.ptr())) {
    const double number = PyFloat_AS_DOUBLE(value.ptr());
    if (py::cast<bool>(value.attr("is_integer")()) && number < 1e15 &&
        number > -1e15) {
      return std::to_string(static_cast<int64_t>(number));
    }
    RaiseType(name);
  }
  if (!PyBool_Check(value.ptr()) && PyIndex_Check(value.ptr())) {
    const auto whole =
        py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
    if (!whole) throw py::error_already_set();
    return std::string(Utf8(py::str(whole)));
  }
  RaiseType(name);
}

bool IsList(py::handle value) {
  return PyList_Check(value.ptr()) != 0 || PyTuple_Check(value.ptr()) != 0;
}

void AddCell(const Column& column, py::handle value, MatchRecord* record) {
  if (IsMissing(value)) return;
  if (!column.name_space.empty()) {
    record->exclusive.emplace_back(column.name_space,
                                   CellText(value, column.name_space));
    return;
  }
  const std::string name(MatchFieldName(column.field));
  if (!IsList(value)) {
    record->values.push_back(
        {column.field, CellText(value, name), column.slot});
    return;
  }
  // Of `other` the place in the list is the slot.
  uint8_t slot = column.slot;
  for (const py::handle one : value) {
    if (slot > 3) RaiseInput("other: has at most 4 values");
    if (!IsMissing(one)) {
      record->values.push_back({column.field, CellText(one, name), slot});
    }
    if (column.field == MatchField::kOther) ++slot;
  }
}

Column FieldColumn(py::handle name, py::object key, uint8_t slot = 0) {
  return {std::move(key), EnumFromPython("MatchField", kMatchFields, name),
          slot};
}

Column ExclusiveColumn(py::handle name, py::object key) {
  if (!PyUnicode_Check(name.ptr())) {
    throw py::type_error("exclusive: must hold names");
  }
  Column column{std::move(key)};
  column.name_space = Utf8(name);
  if (column.name_space.empty()) RaiseInput("exclusive: an empty name");
  return column;
}

// What `fields` says: a name of a field to a key, or to several.
void ReadFields(const py::dict& fields, std::vector<Column>* columns) {
  for (const auto& [name, keys] : fields) {
    if (!IsList(keys)) {
      columns->push_back(
          FieldColumn(name, py::reinterpret_borrow<py::object>(keys)));
      continue;
    }
    uint8_t slot = 0;
    for (const py::handle key : keys) {
      if (slot > 3) RaiseInput("fields.other: has at most 4 keys");
      Column column =
          FieldColumn(name, py::reinterpret_borrow<py::object>(key), slot);
      if (column.field == MatchField::kOther) {
        ++slot;
      }
      columns->push_back(std::move(column));
    }
  }
}

// All columns but that of the id. Without `fields` the keys are the names of
// fields themselves.
std::vector<Column> ReadColumns(py::handle keys, py::handle id,
                                const std::optional<py::dict>& fields,
                                const py::iterable& exclusive) {
  std::vector<Column> columns;
  if (PyUnicode_Check(exclusive.ptr())) {
    throw py::type_error("exclusive: must be several names, not one text");
  }
  const py::set others(exclusive);
  for (const py::handle name : others) {
    columns.push_back(
        ExclusiveColumn(name, py::reinterpret_borrow<py::object>(name)));
  }
  if (fields.has_value()) {
    ReadFields(*fields, &columns);
    return columns;
  }
  for (const py::handle key : keys) {
    if (key.equal(id) || others.contains(key)) continue;
    columns.push_back(
        FieldColumn(key, py::reinterpret_borrow<py::object>(key)));
  }
  return columns;
}

py::str IdOf(py::handle id) {
  if (PyUnicode_Check(id.ptr())) return py::reinterpret_borrow<py::str>(id);
  if (IsMissing(id)) RaiseInput("id: is missing");
  const std::string text = CellText(id, "id");
  return py::str(text);
}

void CheckIdle(const MatchSetObject& self) {
  if (self.readers == 0) return;
  Raise(Status(StatusCode::kFailedPrecondition,
               "match set: a call is reading it; add before or afterwards"));
}

size_t AddOne(MatchSetObject& self, const MatchRecord& record) {
  CheckIdle(self);
  Check(self.set.Add(record));
  return self.set.size() - 1;
}

// The same of one of many: what is wrong, and where.
void AddNext(MatchSetObject& self, const MatchRecord& record, size_t index) {
  CheckIdle(self);
  const Status status = self.set.Add(record);
  if (status.ok()) return;
  Raise(Status(status.code(), "record " + std::to_string(index) + ": " +
                                  std::string(status.message())));
}

size_t Add(MatchSetObject& self, py::handle id, const py::dict& values,
           const std::optional<py::dict>& exclusive) {
  MatchRecord record;
  record.id = Utf8(IdOf(id));
  for (const auto& [name, value] : values) {
    AddCell(FieldColumn(name, py::none()), value, &record);
  }
  if (exclusive.has_value()) {
    for (const auto& [name, value] : *exclusive) {
      AddCell(ExclusiveColumn(name, py::none()), value, &record);
    }
  }
  return AddOne(self, record);
}

size_t AddMany(MatchSetObject& self, const py::iterable& records, py::handle id,
               const std::optional<py::dict>& fields,
               const py::iterable& exclusive) {
  // It may be one that can be read once only.
  const py::iterable names = PyUnicode_Check(exclusive.ptr())
                                 ? exclusive
                                 : py::iterable(py::tuple(exclusive));
  std::vector<Column> columns;
  if (fields.has_value()) columns = ReadColumns({}, id, fields, names);
  size_t index = 0;
  for (const py::handle each : records) {
    if (!PyDict_Check(each.ptr())) {
      throw py::type_error("records: must be dicts");
    }
    const auto from = py::reinterpret_borrow<py::dict>(each);
    if (!fields.has_value()) columns = ReadColumns(from, id, fields, names);
    if (!from.contains(id)) {
      RaiseInput("record " + std::to_string(index) + ": has no id");
    }
    MatchRecord record;
    record.id = Utf8(IdOf(from[id]));
    for (const Column& column : columns) {
      if (from.contains(column.key)) {
        AddCell(column, from[column.key], &record);
      }
    }
    AddNext(self, record, index++);
  }
  return index;
}

py::iterator ColumnAt(const py::object& columns, py::handle key) {
  return py::iter(columns[key]);
}

size_t AddColumns(MatchSetObject& self, const py::object& from, py::object id,
                  const std::optional<py::dict>& fields,
                  const py::iterable& exclusive) {
  if (!py::hasattr(from, "keys")) {
    throw py::type_error("columns: must be a dict, or a table like one");
  }
  const std::vector<Column> columns =
      ReadColumns(from.attr("keys")(), id, fields, exclusive);
  std::vector<py::iterator> cells;
  for (const Column& column : columns) {
    cells.push_back(ColumnAt(from, column.key));
  }
  size_t index = 0;
  for (const py::handle each : from[id]) {
    MatchRecord record;
    record.id = Utf8(IdOf(each));
    for (size_t i = 0; i < columns.size(); ++i) {
      if (cells[i] == py::iterator::sentinel()) {
        RaiseInput("columns: are not of one length");
      }
      AddCell(columns[i], *cells[i], &record);
      ++cells[i];
    }
    AddNext(self, record, index++);
  }
  for (const py::iterator& rest : cells) {
    if (rest != py::iterator::sentinel()) {
      RaiseInput("columns: are not of one length");
    }
  }
  return index;
}

constexpr char kAddDoc[] =
    "Adds one record and gives its number.\n\n"
    "id: unique in the set: text, or a whole number.\n"
    "values: a dict from names of MatchField to text, whole numbers, dates, "
    "or\n"
    "    lists of them. None, and what tables have for it, is a missing "
    "value.\n"
    "    A list of \"other\" has at most four, and compares place by place.\n"
    "exclusive: a dict of identifiers of which a person has one only, such as\n"
    "    an account number: records that differ in one are never put "
    "together.\n"
    "\n"
    "Raises InputError, which names the field and never the value, and\n"
    "ConflictError: the set has this id.";

constexpr char kAddManyDoc[] =
    "Adds records from dicts, and gives how many. What cannot be added ends\n"
    "it; the error names its number, and those before it were added.\n\n"
    "id: the key of the id.\n"
    "fields: a dict from names of MatchField to the key of each, or a list of\n"
    "    keys; what it does not name is left out. None: the keys are the "
    "names\n"
    "    of fields themselves, and any other is an InputError.\n"
    "exclusive: keys of exclusive identifiers.";

constexpr char kAddColumnsDoc[] =
    "The same from columns of one length: a dict of lists, or a table that\n"
    "gives them by name, such as a DataFrame of pandas.";

}  // namespace

void DefineMatchSet(py::module_& module) {
  py::class_<MatchSetObject> type(
      module, "MatchSet",
      "Records of persons, to train a model on and to link. They have "
      "numbers,\n"
      "from 0 on, in the order in which they were added.\n\n"
      "Any thread; nothing can be added while another call reads it.",
      py::is_final());
  DefInit(
      type, [] { return std::make_unique<MatchSetObject>(); }, "An empty set.");
  Def(type, "add", &Add, kAddDoc, py::arg("id"), py::arg("values"),
      py::kw_only(), py::arg("exclusive") = py::none());
  Def(type, "add_many", &AddMany, kAddManyDoc, py::arg("records"),
      py::kw_only(), py::arg("id") = "id", py::arg("fields") = py::none(),
      py::arg("exclusive") = py::tuple());
  Def(type, "add_columns", &AddColumns, kAddColumnsDoc, py::arg("columns"),
      py::kw_only(), py::arg("id") = "id", py::arg("fields") = py::none(),
      py::arg("exclusive") = py::tuple());
  Def(
      type, "id",
      [](const MatchSetObject& self, size_t number) {
        if (number >= self.set.size()) {
          RaiseInput("number: no record of the set has it");
        }
        return py::str(std::string(self.set.id(number)));
      },
      "The id of a record.", py::arg("number"));
  Def(
      type, "find",
      [](const MatchSetObject& self, const Text& id) {
        return Take(self.set.Find(id));
      },
      "The number of the record with this id. Raises NotFoundError.",
      py::arg("id"));
  Def(
      type, "__len__",
      [](const MatchSetObject& self) { return self.set.size(); }, "");
  Def(
      type, "__contains__",
      [](const MatchSetObject& self, const Text& id) {
        return self.set.Find(id).ok();
      },
      "", py::arg("id"));
  FinishClass(type, "keep the records it was made of");
}

}  // namespace crm::python
