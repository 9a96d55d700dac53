// What the tests of imports share: a folder for files, a store in memory.

#ifndef CRM_TESTS_INGEST_FIXTURE_H_
#define CRM_TESTS_INGEST_FIXTURE_H_

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "crm/ingest.h"
#include "crm/store.h"

namespace crm::ingest {

// A folder that is gone with this object.
class Folder final {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Writes a file and returns its path.
  std::string Write(const std::string& name, std::string_view content) const;
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string Gzip(std::string_view content);

// A store in memory with one tenant.
class Shop final {
 public:
  Shop();

  Result<ImportReport> Import(const std::string& path,
                              const ImportOptions& options = {});
  // As above; the test fails when that fails.
  ImportReport MustImport(const std::string& path,
                          const ImportOptions& options = {});
  // All events, as EventToJson writes them, by position.
  std::vector<std::string> Events();
  // Their ids.
  std::vector<std::string> Ids();
  // What is known about whom an email address belongs to: "name=value" each.
  std::vector<std::string> Traits(const std::string& email);
  Tenant& tenant() { return tenant_; }

 private:
  Store store_;
  Tenant tenant_;
};

// Fails the test when `json` is no map.
ImportMap MapOf(const std::string& json);
ImportOptions OptionsOf(const std::string& map);

// Of a source "site".
ImportOptions OptionsOf(ImportFormat format);

// What becomes of the rows of a file in a new store: a line for each event, as
// EventToJson writes it, then a line for each bad row, "LINE CODE: MESSAGE".
std::string Imported(ImportFormat format, std::string_view content);

// The bad rows of a report: "LINE REASON COLUMN" each.
std::vector<std::string> Reasons(const ImportReport& report);

// "read/appended/duplicates/rejected/customers_created/unattributed".
std::string Sums(const ImportReport& report);

// `count` NDJSON events, one a line, numbered from `first`, of
// `customers` customers.
std::string Events(int first, int count, int customers);

}  // namespace crm::ingest

#endif  // CRM_TESTS_INGEST_FIXTURE_H_
