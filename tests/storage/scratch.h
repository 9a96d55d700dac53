// What the tests of this folder share: a directory that goes with its owner,
// and checks that print the status that was not expected.

#ifndef CRM_TESTS_STORAGE_SCRATCH_H_
#define CRM_TESTS_STORAGE_SCRATCH_H_

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "storage/database.h"

namespace crm {

inline const Status& StatusOf(const Status& status) { return status; }
template <typename T>
const Status& StatusOf(const Result<T>& result) {
  return result.status();
}

#define REQUIRE_OK(expression)              \
  do {                                      \
    const auto& crm_outcome = (expression); \
    INFO(StatusOf(crm_outcome).ToString()); \
    REQUIRE(StatusOf(crm_outcome).ok());    \
  } while (false)

#define CHECK_CODE(expression, expected)                  \
  do {                                                    \
    const auto& crm_outcome = (expression);               \
    INFO(StatusOf(crm_outcome).ToString());               \
    CHECK(StatusCodeName(StatusOf(crm_outcome).code()) == \
          StatusCodeName(StatusCode::expected));          \
  } while (false)

class Scratch final {
 public:
  // kFast: where a sync costs nothing, if there is such a place. For tests
  // that bring their own idea of what a sync is.
  enum Where { kDisk, kFast };

  explicit Scratch(Where where = kDisk) {
    const bool fast = where == kFast && access("/dev/shm", W_OK) == 0;
    const std::filesystem::path parent =
        fast ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string name = parent / "crm-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

inline std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline void WriteBytes(const std::string& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  REQUIRE(out.flush());
}

inline void FlipBit(const std::string& path, size_t offset) {
  std::string bytes = ReadBytes(path);
  REQUIRE(offset < bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ 0x10);
  WriteBytes(path, bytes);
}

// Paths of the files of `directory` whose names begin or end so; sorted.
inline std::vector<std::string> FilesLike(const std::string& directory,
                                          std::string_view part) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(part) || name.ends_with(part)) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

inline std::string LogKey(uint64_t position) {
  std::string key;
  PutBe64(&key, position);
  return key;
}

// One log family and one of points. Small memtables, because the space of log
// files is reserved by their size.
inline DatabaseOptions TwoFamilies() {
  DatabaseOptions options;
  options.memtable_bytes = size_t{1} << 20;
  options.families = {{"events", FamilyKind::kLog},
                      {"ops", FamilyKind::kPoint}};
  return options;
}

inline DatabaseOptions ThreeViews() {
  DatabaseOptions options;
  options.memtable_bytes = size_t{1} << 20;
  options.families = {{"states", FamilyKind::kPoint},
                      {"timeline", FamilyKind::kPacked},
                      {"names", FamilyKind::kPoint}};
  return options;
}

inline std::unique_ptr<Database> MustOpen(const std::string& path,
                                          std::shared_ptr<Disk> disk,
                                          const DatabaseOptions& options) {
  auto database = Database::Open(path, std::move(disk), options);
  REQUIRE_OK(database);
  return std::move(*database);
}

inline std::unique_ptr<Database> MustOpen(const std::string& path,
                                          const DatabaseOptions& options) {
  return MustOpen(path, Disk::Machine(), options);
}

inline std::string MustGet(const Database& database, size_t family,
                           std::string_view key,
                           const DatabaseSnapshot* snapshot = nullptr) {
  std::string value;
  const Result<bool> found = database.Get(family, key, &value, snapshot);
  REQUIRE_OK(found);
  return *found ? value : "(absent)";
}

using Rows = std::vector<std::pair<std::string, std::string>>;

inline Rows MustScan(const Database& database, size_t family,
                     std::string_view lower = {}, std::string_view upper = {},
                     const DatabaseSnapshot* snapshot = nullptr) {
  Rows rows;
  REQUIRE_OK(database.ScanBackward(
      family, lower, upper,
      [&](std::string_view key, std::string_view value) {
        rows.emplace_back(key, value);
        return true;
      },
      snapshot));
  return rows;
}

}  // namespace crm

#endif  // CRM_TESTS_STORAGE_SCRATCH_H_
