#include "cli/read_text.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

namespace crm::cli {

constexpr size_t kMaxTextBytes = size_t{16} << 20;

Result<std::string> ReadText(const std::string& name) {
  std::ifstream file;
  if (name != "-") {
    file.open(name, std::ios::binary);
    if (!file.is_open()) {
      return Status(
          errno == ENOENT ? StatusCode::kNotFound : StatusCode::kIoError,
          name + ": " + std::strerror(errno));
    }
  }
  std::istream& in = name == "-" ? std::cin : static_cast<std::istream&>(file);
  std::string text(kMaxTextBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (in.bad()) return Status(StatusCode::kIoError, name + ": cannot be read");
  if (text.size() > kMaxTextBytes) {
    return Status(StatusCode::kTooLarge, name + ": more than 16 MiB");
  }
  return text;
}

}  // namespace crm::cli
