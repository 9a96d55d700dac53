#include "privacy/key_rows.h"

#include <utility>

#include "base/coding.h"
#include "store/fixture.h"

namespace crm {
std::unique_ptr<Database> OpenKeys(const std::string& store) {
  DatabaseOptions options;
  constexpr FamilyKind kPoint = FamilyKind::kPoint;
  options.families = {{"default", kPoint},
                      {"records", kPoint},
                      {"months", kPoint},
                      {"buckets", kPoint},
                      {"erasures", kPoint}};
  options.must_exist = true;
  auto keys = Database::Open(store + "/keys", Disk::Machine(), options);
  REQUIRE_OK(keys);
  return *std::move(keys);
}

std::vector<std::string> StoredKeys(const std::string& store,
                                    std::string_view lower,
                                    std::string_view upper) {
  const auto keys = OpenKeys(store);
  std::vector<std::string> rows;
  for (size_t family = 0; family < 4; ++family) {
    REQUIRE_OK(keys->ScanBackward(
        family, lower, upper, [&](std::string_view, std::string_view value) {
          if (value.size() > 32) rows.emplace_back(value);
          return true;
        }));
  }
  return rows;
}

std::string StoredKey(const std::string& store, size_t family, uint64_t row) {
  const auto keys = OpenKeys(store);
  std::string key;
  PutBe32(&key, 1);
  PutBe64(&key, row);
  std::string value;
  const auto found = keys->Get(family, key, &value);
  REQUIRE_OK(found);
  REQUIRE(*found);
  return value;
}

}  // namespace crm
