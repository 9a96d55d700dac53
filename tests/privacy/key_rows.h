// What the tests of destroyed keys share: the rows of keys/ as they are stored.

#ifndef CRM_TESTS_PRIVACY_KEY_ROWS_H_
#define CRM_TESTS_PRIVACY_KEY_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/database.h"

namespace crm {

// Families of keys/.
constexpr size_t kRecordKeys = 1;
constexpr size_t kBucketKeys = 3;

// keys/ of the store in this folder, which must not be open.
std::unique_ptr<Database> OpenKeys(const std::string& store);
// All wrapped keys whose rows lie in [lower, upper); an empty end is open.
std::vector<std::string> StoredKeys(const std::string& store,
                                    std::string_view lower = {},
                                    std::string_view upper = {});
// One row of the first tenant.
std::string StoredKey(const std::string& store, size_t family, uint64_t row);

}  // namespace crm

#endif  // CRM_TESTS_PRIVACY_KEY_ROWS_H_
