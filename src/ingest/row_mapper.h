// Turns a row into an event, as the map says.

#ifndef CRM_INGEST_ROW_MAPPER_H_
#define CRM_INGEST_ROW_MAPPER_H_

#include <string>
#include <string_view>

#include "crm/event.h"
#include "crm/status.h"
#include "ingest/map.h"
#include "ingest/row_values.h"

namespace crm::ingest {

// Used again for each row; one thread. `map`, `plan`, `source` and `batch`
// must outlive it.
class RowMapper final {
 public:
  RowMapper(const ImportMap::Impl& map, TextEncoding encoding,
            const ColumnPlan& plan, std::string_view source,
            std::string_view batch);

  // Fills `event`, whatever was in it. An error names the column and what is
  // wrong, never what it holds; see issue().
  Status Map(std::string_view text, const Row& row, Event* event);

  const RowIssue& issue() const { return values_.issue(); }
  // The column that a field of the event ("identity.email") was made of;
  // empty: of none.
  std::string ColumnOf(std::string_view field) const;

 private:
  Status SetType(Event* event);
  Status SetIdentity(Event* event);

  const ImportMap::Impl& map_;
  const std::string_view source_;
  const std::string_view batch_;
  RowValues values_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_ROW_MAPPER_H_
