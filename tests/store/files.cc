#include "store/files.h"

#include <fstream>
#include <iterator>

namespace crm {

namespace fs = std::filesystem;

void ForEachFile(
    const std::string& directory,
    const std::function<void(const fs::path&, const std::string&)>& use) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    use(entry.path(), std::string(std::istreambuf_iterator<char>(in), {}));
  }
}

std::string AllBytes(const std::string& directory) {
  std::string all;
  ForEachFile(directory,
              [&](const fs::path&, const std::string& bytes) { all += bytes; });
  return all;
}

size_t FilesWith(const std::string& directory, std::string_view bytes) {
  size_t files = 0;
  ForEachFile(directory, [&](const fs::path&, const std::string& all) {
    if (all.find(bytes) != std::string::npos) ++files;
  });
  return files;
}

}  // namespace crm
