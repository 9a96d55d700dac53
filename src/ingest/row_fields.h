// A row of CSV, fixed-width text or foreign JSON, cut into its fields.

#ifndef CRM_INGEST_ROW_FIELDS_H_
#define CRM_INGEST_ROW_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crm/status.h"
#include "ingest/json_pointer.h"
#include "ingest/map.h"

namespace crm::ingest {

// Used again for each row; the fields of a row live until the next Split. One
// thread.
class RowFields final {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  // `encoding`: that of the rows; not kDefault and, because that is converted
  // before rows are found, nothing of UTF-16.
  RowFields(const ImportMap::Impl& map, TextEncoding encoding);

  // Not ok: the row cannot be cut, or holds bytes that do not fit the
  // encoding; see reason() and field(). `strict_quotes`: a quote inside a
  // field is an error (the row is near a damaged one).
  Status Split(std::string_view row, bool strict_quotes = false);

  size_t size() const { return fields_.size(); }
  std::string_view operator[](size_t i) const { return fields_[i]; }
  // Of JSON, whose fields are the used columns: the token; empty: absent.
  std::string_view Token(size_t i) const { return pointers_.tokens()[i]; }

  // What was wrong with the last row, and in which field; kNone: in none.
  RejectReason reason() const { return reason_; }
  size_t field() const { return field_; }

 private:
  Status Fail(size_t field, RejectReason reason, const std::string& what);
  Status SplitCsv(std::string_view row, bool strict_quotes);
  // Reads a field in quotes; `*pos` is behind the opening one.
  Status ReadQuoted(std::string_view row, size_t* pos);
  void SplitAtBlanks(std::string_view row);
  Status SplitSlices(std::string_view row);
  Status SplitJson(std::string_view row);
  Status Decode();

  const ImportMap::Impl& map_;
  const TextEncoding encoding_;
  std::vector<std::string_view> fields_;
  RejectReason reason_ = RejectReason::kNone;
  size_t field_ = kNone;
  JsonPointers pointers_;
  // Fields with doubled quotes, and fields in UTF-8 that were not. Reserved
  // for the largest case first: views into them stay good.
  std::string unquoted_;
  std::string decoded_;
};

// Without blanks and tabs at both ends.
std::string_view Trim(std::string_view text);

// Whether `text` is UTF-8.
bool IsUtf8Text(std::string_view text);

// Which field of the rows each used column of the map is.
struct ColumnPlan {
  // By ColumnRef; RowFields::kNone: the file has no such column.
  std::vector<size_t> field_of;
  size_t fields = 0;  // Of a row.
  // A row may have more: nothing says how many there are.
  bool open_ended = false;
  // What errors call each field; empty: its number is all there is.
  std::vector<std::string> names;
  // Of contacts: columns that the map does not mention, with their fields.
  std::vector<std::pair<std::string, size_t>> others;
};

// What errors call a field.
std::string NameOfField(const ColumnPlan& plan, size_t field);

// `header` is the header row, when the map says that there is one.
// kInvalidArgument: the header lacks columns (all are named), has one twice or
// differs from the map's.
Result<ColumnPlan> PlanColumns(const ImportMap::Impl& map,
                               TextEncoding encoding, std::string_view header);

}  // namespace crm::ingest

#endif  // CRM_INGEST_ROW_FIELDS_H_
