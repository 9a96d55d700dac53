// Walks over the rows of a family from the last to the first: backward,
// because only then does RocksDB 7.8.3 report a damaged file.

#ifndef CRM_STORAGE_ROW_CURSOR_H_
#define CRM_STORAGE_ROW_CURSOR_H_

#include <memory>
#include <string_view>

#include "crm/status.h"
#include "storage/database.h"

namespace crm {

// One thread at a time. Must go before the database does.
class RowCursor final {
 public:
  RowCursor(const Database& database, size_t family);
  ~RowCursor();
  // False at the end. Views are valid until the next call. kCorruption.
  Result<bool> Next(std::string_view* key, std::string_view* value);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm

#endif  // CRM_STORAGE_ROW_CURSOR_H_
