// Turns a row of text into an event, as the map says.

#ifndef CRM_INGEST_ROW_MAPPER_H_
#define CRM_INGEST_ROW_MAPPER_H_

#include <string>
#include <string_view>

#include "crm/event.h"
#include "crm/status.h"
#include "ingest/map.h"
#include "ingest/row_fields.h"
#include "ingest/row_scanner.h"

namespace crm::ingest {

// The id of a row that has none: made of its source, the name of the import's
// batch, its content and its number among equal rows.
std::string RowId(const Row& row, std::string_view source,
                  std::string_view batch);

// Used again for each row; one thread. `map`, `plan`, `source` and `batch`
// must outlive it.
class RowMapper final {
 public:
  RowMapper(const ImportMap::Impl& map, const ColumnPlan& plan,
            std::string_view source, std::string_view batch);

  // Fills `event`, whatever was in it. An error names the column and what is
  // wrong, never what it holds.
  Status Map(std::string_view text, const Row& row, Event* event);

 private:
  // The value of a column; empty also when the map counts it as empty.
  std::string_view Value(ColumnRef column) const;
  Status ColumnError(ColumnRef column, const std::string& what) const;

  Status SetType(Event* event);
  Status SetTime(Event* event);
  Status SetIdentity(Event* event);
  // `*present` false: it is to be left out.
  Status Text(const Expression& expression, std::string* out,
              bool* present) const;
  Status AppendObject(const Expression& object, std::string* out) const;
  Status AppendMember(const Member& member, bool first, std::string* out,
                      bool* present) const;
  Status AppendColumn(const Expression& expression, std::string_view value,
                      std::string* out) const;

  const ImportMap::Impl& map_;
  const ColumnPlan& plan_;
  const std::string_view source_;
  const std::string_view batch_;
  RowFields fields_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_ROW_MAPPER_H_
