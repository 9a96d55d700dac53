#include "ingest/csv_writer.h"

#include "ingest/json_members.h"
#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

// What spreadsheets take for the beginning of a formula, also when blanks that
// they drop stand before it.
bool LooksLikeFormula(std::string_view text) {
  if (text.empty() || IsJsonNumber(text)) return false;
  return std::string_view("=+-@\t\r").find(text.front()) !=
         std::string_view::npos;
}

// "~1" is "/" and "~0" is "~", as in JSON pointers.
std::string Unescaped(std::string_view part) {
  std::string name;
  for (size_t i = 0; i < part.size(); ++i) {
    const bool escape = part[i] == '~' && i + 1 < part.size() &&
                        (part[i + 1] == '0' || part[i + 1] == '1');
    name.push_back(!escape ? part[i] : part[i + 1] == '0' ? '~' : '/');
    if (escape) ++i;
  }
  return name;
}

}  // namespace

void CsvWriter::Cell(std::string_view text) {
  if (ended_) {
    row_.clear();
    begun_ = false;
    ended_ = false;
  }
  if (begun_) row_.push_back(',');
  begun_ = true;
  const bool formula = formula_safe_ && LooksLikeFormula(text);
  const bool quoted = formula ||
                      text.find_first_of(",\"\r\n") != std::string_view::npos ||
                      text.starts_with(' ') || text.ends_with(' ');
  if (!quoted) {
    row_.append(text);
    return;
  }
  row_.push_back('"');
  if (formula) row_.push_back('\'');
  for (const char c : text) {
    if (c == '"') row_.push_back('"');
    row_.push_back(c);
  }
  row_.push_back('"');
}

void CsvWriter::JsonCell(std::string_view token) {
  if (token == "null") token = {};
  if (token.starts_with('"')) {
    Cell(TextOfJson(token));
  } else {
    Cell(token);
  }
}

const std::string& CsvWriter::EndRow() {
  // A row of one empty cell must not look like no row.
  if (row_.empty()) row_ = "\"\"";
  row_.append("\r\n");
  ended_ = true;
  return row_;
}

std::string_view FindInJson(std::string_view object, std::string_view path) {
  JsonMembers members;
  while (!path.empty()) {
    if (!object.starts_with('{') || !members.Split(object).ok()) return {};
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    object = members.Peek(Unescaped(part));
  }
  return object;
}

Status CheckJsonPath(std::string_view path) {
  if (path.size() > 1 && path.front() == '/' && path.size() <= 512) {
    return Status::Ok();
  }
  return Status(StatusCode::kInvalidArgument,
                "columns: a path is / and names with / between, of up to 512 "
                "bytes");
}

}  // namespace crm::ingest
