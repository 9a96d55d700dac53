// What is in the files of a store, for tests that look for bytes in them.

#ifndef CRM_TESTS_STORE_FILES_H_
#define CRM_TESTS_STORE_FILES_H_

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace crm {

// Every file below this folder, with all that is in it.
void ForEachFile(const std::string& directory,
                 const std::function<void(const std::filesystem::path& path,
                                          const std::string& bytes)>& use);
// All of them, one behind the other.
std::string AllBytes(const std::string& directory);
// In how many of them the bytes are.
size_t FilesWith(const std::string& directory, std::string_view bytes);

}  // namespace crm

#endif  // CRM_TESTS_STORE_FILES_H_
