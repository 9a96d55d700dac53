// What the tests of a whole store's exports share.

#ifndef CRM_TESTS_INGEST_EXPORT_FIXTURE_H_
#define CRM_TESTS_INGEST_EXPORT_FIXTURE_H_

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/export.h"
#include "crm/store.h"
#include "fixture.h"

namespace crm::ingest {

// In memory; its clock begins at so many seconds, and goes on by one for each
// look at it.
Store NewStore(int64_t clock, const std::string& region = "ZA");
Tenant TenantOf(Store& store, std::string_view name);
void Append(Store& store, std::string_view tenant,
            const std::vector<std::string>& events, bool backfill = false);

std::string Exported(Store& store, const StoreExportOptions& options = {});
// The test fails where the store imported is not the one exported.
void CheckSame(const StoreImportReport& report);
// The import of `text` is refused, and the store has no event after it.
Status Refused(const std::string& text);

// `text` with one line made another, and all checks right again.
std::string Rewritten(const std::string& text, size_t line,
                      const std::function<void(std::string*)>& change);
// The test fails where `from` is not in it.
void Replace(std::string* text, const std::string& from, const std::string& to);

struct LineChange {
  size_t line;
  std::string from;
  std::string to;
  StatusCode code;
};
// The import of `text` with any one of the changes is refused with its code.
void CheckRefused(const std::string& text, std::span<const LineChange> changes);

}  // namespace crm::ingest

#endif  // CRM_TESTS_INGEST_EXPORT_FIXTURE_H_
