// Rows of comma-separated text (RFC 4180), and the cells that come out of JSON.

#ifndef CRM_INGEST_CSV_WRITER_H_
#define CRM_INGEST_CSV_WRITER_H_

#include <string>
#include <string_view>

#include "crm/status.h"

namespace crm::ingest {

// One row after the other; one thread.
class CsvWriter final {
 public:
  // `formula_safe`: see EventExportOptions.
  explicit CsvWriter(bool formula_safe) : formula_safe_(formula_safe) {}

  void Cell(std::string_view text);
  // A JSON value: strings are text, null and nothing are empty.
  void JsonCell(std::string_view token);
  // Ends the row; the answer is valid until the next cell.
  const std::string& EndRow();

 private:
  const bool formula_safe_;
  bool begun_ = false;
  bool ended_ = false;
  std::string row_;
};

// The value at a path such as "/address/city" in an object; empty: there is
// none. `path` has passed CheckJsonPath.
std::string_view FindInJson(std::string_view object, std::string_view path);
// kInvalidArgument: not "/" and names with "/" between.
Status CheckJsonPath(std::string_view path);

}  // namespace crm::ingest

#endif  // CRM_INGEST_CSV_WRITER_H_
