// A row of CSV or fixed-width text, cut into its fields.

#ifndef CRM_INGEST_ROW_FIELDS_H_
#define CRM_INGEST_ROW_FIELDS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "ingest/map.h"

namespace crm::ingest {

// Used again for each row; the fields of a row live until the next Split. One
// thread.
class RowFields final {
 public:
  explicit RowFields(const ImportMap::Impl& map) : map_(map) {}

  // kMalformed: the row cannot be cut; says at which field.
  Status Split(std::string_view row);

  size_t size() const { return fields_.size(); }
  std::string_view operator[](size_t i) const { return fields_[i]; }

 private:
  Status SplitCsv(std::string_view row);
  // Reads a field in quotes; `*pos` is behind the opening one.
  Status ReadQuoted(std::string_view row, size_t* pos);
  void SplitAtBlanks(std::string_view row);
  Status SplitSlices(std::string_view row);
  Status Decode();

  const ImportMap::Impl& map_;
  std::vector<std::string_view> fields_;
  // Fields with doubled quotes, and fields in UTF-8 that were not. Reserved
  // for the largest case first: views into them stay good.
  std::string unquoted_;
  std::string decoded_;
};

// Without blanks and tabs at both ends.
std::string_view Trim(std::string_view text);

// Which field of the rows each used column of the map is.
struct ColumnPlan {
  std::vector<size_t> field_of;  // By ColumnRef.
  size_t fields = 0;             // Of a row.
};

// `header` is the header row, when the map says that there is one.
// kInvalidArgument: the header lacks a column or differs from the map's.
Result<ColumnPlan> PlanColumns(const ImportMap::Impl& map,
                               std::string_view header);

}  // namespace crm::ingest

#endif  // CRM_INGEST_ROW_FIELDS_H_
