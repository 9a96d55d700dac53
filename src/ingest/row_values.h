// The values of a row's columns, as the expressions of a map want them.

#ifndef CRM_INGEST_ROW_VALUES_H_
#define CRM_INGEST_ROW_VALUES_H_

#include <optional>
#include <string>
#include <string_view>

#include "crm/status.h"
#include "crm/types.h"
#include "ingest/map.h"
#include "ingest/row_fields.h"
#include "ingest/row_scanner.h"

namespace crm::ingest {

// What is wrong with a row, beside the status that says it in words.
struct RowIssue {
  RejectReason reason = RejectReason::kNone;
  std::string column;
};

// Used again for each row; one thread. `map` and `plan` must outlive it.
//
// Whatever is not ok leaves in issue() which column and why; messages name the
// column, never what it holds.
class RowValues final {
 public:
  RowValues(const ImportMap::Impl& map, TextEncoding encoding,
            const ColumnPlan& plan);

  // Cuts a row; its values live until the next one.
  Status Split(std::string_view text, const Row& row);

  // The value of a column or a field; empty also when the map counts it as
  // empty.
  std::string_view Value(ColumnRef column) const;
  std::string_view FieldValue(size_t field) const;

  // `*present` false: it is to be left out.
  Status Text(const Expression& expression, std::string* out, bool* present);
  // Absent only when the rule does not require it.
  Status Time(const TimeRule& rule, std::optional<Timestamp>* out);
  Status AppendObject(const Expression& object, std::string* out);
  // Appends `"name":value`, with a comma unless it is the first.
  Status AppendMember(const Member& member, bool first, std::string* out,
                      bool* present);
  Status AppendColumn(const Expression& expression, std::string_view value,
                      std::string* out);

  Status ColumnError(ColumnRef column, RejectReason reason,
                     const std::string& what);
  // What errors call a column.
  std::string NameOf(ColumnRef column) const;
  const RowIssue& issue() const { return issue_; }

 private:
  // What the expression makes of its column's value.
  std::string_view Stripped(const Expression& expression) const;
  Status AppendJson(const Expression& expression, std::string_view value,
                    std::string* out);

  const ImportMap::Impl& map_;
  const ColumnPlan& plan_;
  RowFields fields_;
  RowIssue issue_;
};

// The id of a row that has none: made of its source, the name of the import's
// batch, its content and its number among equal rows.
std::string RowId(const Row& row, std::string_view source,
                  std::string_view batch);

}  // namespace crm::ingest

#endif  // CRM_INGEST_ROW_VALUES_H_
